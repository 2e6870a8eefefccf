import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table } from '@mysingle/database';
import { Batch } from '../lib/batch.js';
import { schemaOf } from '../lib/entity/schema.js';

@Table('batch_row')
class Row {
  @Column('integer') n!: number;
  @Column('varchar', { nullable: true }) s!: string | null;
}

describe('Batch', () => {
  it('has room of its own for each column, and says rows as objects, without what is missing', () => {
    const batch = new Batch(schemaOf(Row).columns, 3);
    expect(batch.own.map((column) => column.length)).to.deep.equal([3, 3]);
    expect(batch.own[0]).not.to.equal(batch.own[1]);
    Object.assign(batch.own[0] as unknown[], [1, 2]);
    Object.assign(batch.own[1] as unknown[], [null, undefined]);
    expect([batch.row(0), batch.row(1)]).to.deep.equal([{ n: 1, s: null }, { n: 2 }]);
    // memory of somebody else in its place
    batch.columns[0] = Int32Array.of(7, 8);
    expect([batch.row(1), batch.own[0]?.[1]]).to.deep.equal([{ n: 8 }, 2]);
  });

  it('is empty again for the rows that follow, whose numbers go on', () => {
    const batch = new Batch(schemaOf(Row).columns, 3);
    for (const count of [3, 2]) {
      batch.count = count;
      batch.missing[1] = 1;
      batch.next();
      expect([batch.count, [...batch.missing]]).to.deep.equal([0, [0, 0]]);
    }
    expect(batch.position).to.equal(5);
  });
});
