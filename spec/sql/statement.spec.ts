import { INTEGER } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table } from '@mysingle/database';
import { schemaOf } from '../../lib/entity/schema.js';
import { SqlBuilder, tableName } from '../../lib/sql/statement.js';

@Table('T"x', { schema: 's.y' })
class Odd {
  @Column('integer') n!: number;
}

describe('SqlBuilder', () => {
  it('numbers parameters in their order and notes the tables', () => {
    const build = (): SqlBuilder =>
      new SqlBuilder()
        .add('a ')
        .parameter(5, INTEGER)
        .add(' ')
        .table(schemaOf(Odd))
        .list([1, 2], () => builderOf.parameter(6, INTEGER));
    const builderOf = new SqlBuilder();
    expect(build().reading()).to.deep.equal({
      text: 'a $1 "s.y"."T""x", ',
      parameters: [{ value: 5, type: INTEGER }],
      reads: ['s.y.t"x'],
      writes: [],
    });
    expect(builderOf.writing('t', ['number'])).to.deep.equal({
      text: '$1$2',
      parameters: [
        { value: 6, type: INTEGER },
        { value: 6, type: INTEGER },
      ],
      reads: [],
      writes: ['t'],
      as: ['number'],
    });
  });

  it('quotes names with their schema', () => {
    expect([tableName({ schema: undefined, table: 'at' }), tableName({ schema: 'a"b', table: 'c.d' })]).to.deep.equal([
      '"at"',
      '"a""b"."c.d"',
    ]);
  });
});
