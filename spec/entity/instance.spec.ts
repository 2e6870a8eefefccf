import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table } from '@mysingle/database';
import { entityOf } from '../../lib/entity/instance.js';

@Table('things')
class Thing {
  @Column('integer') id!: number;
}

describe('entityOf', () => {
  it('tells the class of an instance, constructed or not', () => {
    expect(entityOf(new Thing())).to.equal(Thing);
    expect(entityOf(Object.create(Thing.prototype) as object)).to.equal(Thing);
    expect(entityOf({})).to.equal(Object);
    expect(entityOf(Object.create(null) as object)).to.equal(undefined);
  });
});
