import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table } from '@mysingle/database';
import { entityOf, instantiate } from '../../lib/entity/instance.js';
import { schemaOf } from '../../lib/entity/schema.js';

let constructed = 0;

@Table('things')
class Thing {
  @Column('integer') id!: number;
  @Column('varchar') name = 'initial';
  extra = 1;
  #own = 5;
  constructor() {
    constructed += 1;
  }
  own(): number {
    return this.#own;
  }
}

describe('instantiate', () => {
  it('constructs a whole row, so that initializers and private fields are there', () => {
    const before = constructed;
    const thing = instantiate(schemaOf(Thing), ['id', 'name'], (index) => [7, 'given'][index]) as Thing;
    expect(thing).to.be.instanceOf(Thing);
    expect(Object.assign({}, thing)).to.deep.equal({ id: 7, name: 'given', extra: 1 });
    expect(thing.own()).to.equal(5);
    expect(constructed).to.equal(before + 1);
    expect(entityOf(thing)).to.equal(Thing);
    expect(entityOf(Object.create(null) as object)).to.equal(undefined);
  });

  it('gives a row of some columns these alone', () => {
    const before = constructed;
    const part = instantiate(schemaOf(Thing), ['name'], () => 'x');
    expect(part).to.be.instanceOf(Thing);
    expect(Object.assign({}, part)).to.deep.equal({ name: 'x' });
    expect(constructed).to.equal(before);
  });
});
