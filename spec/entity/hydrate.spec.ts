import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table } from '@mysingle/database';
import { hydrateOf, plainHydrate, type Hydrate } from '../../lib/entity/hydrate.js';
import { schemaOf } from '../../lib/entity/schema.js';

let constructed = 0;

@Table('hydrate_thing')
class Thing {
  @Column('integer') id!: number;
  @Column('varchar') 'it\'s "quoted"\n\u2028' = 'initial';
  extra = 1;
  #own = 5;
  constructor() {
    constructed += 1;
  }
  own(): number {
    return this.#own;
  }
}

@Table('hydrate_account')
class Account {
  #name = '';
  @Column('integer') id!: number;
  extra = 1;
  @Column('varchar') get name(): string {
    return this.#name;
  }
  set name(value: string) {
    this.#name = `set: ${value}`;
  }
}

const QUOTED = 'it\'s "quoted"\n\u2028';
const rowsOf = (hydrate: Hydrate, columns: readonly ArrayLike<unknown>[], count: number): object[] => {
  const rows: object[] = [];
  hydrate(columns, count, rows);
  return rows;
};

describe('hydrateOf', () => {
  it('makes whole rows by the constructor, behind those that are there, of arrays and memory, in any order', () => {
    const before = constructed;
    const rows: object[] = ['first' as never];
    hydrateOf(schemaOf(Thing), [QUOTED, 'id'])([['a', 'b', 'not asked for'], Int32Array.of(7, 8, 9)], 2, rows);
    expect(rows.map((row) => Object.assign({}, row)).slice(1)).to.deep.equal([
      { id: 7, [QUOTED]: 'a', extra: 1 },
      { id: 8, [QUOTED]: 'b', extra: 1 },
    ]);
    expect([rows[0], (rows[1] as Thing).own(), constructed - before]).to.deep.equal(['first', 5, 2]);
  });

  it('makes rows of some columns of these alone, as instances that no constructor has seen', () => {
    const before = constructed;
    const [row] = rowsOf(hydrateOf(schemaOf(Thing), [QUOTED]), [['x']], 1);
    expect(row).to.be.instanceOf(Thing);
    expect([Object.entries(row as object), constructed - before]).to.deep.equal([[[QUOTED, 'x']], 0]);
    expect(rowsOf(hydrateOf(schemaOf(Thing), ['id']), [[1]], 0)).to.deep.equal([]);
  });

  it('constructs rows of some columns, too, where a value lives in a private field', () => {
    // as the schema of a class says that has an `accessor`, which only standard decorators can decorate
    const schema = { ...schemaOf(Account), accessors: true };
    const [row] = rowsOf(hydrateOf(schema, ['name']), [['x']], 1) as Account[];
    expect([row?.name, Object.assign({}, row).extra]).to.deep.equal(['set: x', 1]);
  });

  it('sets what else an instance has behind its columns, whatever it is called, and constructs whole rows all the same', () => {
    const before = constructed;
    const names = ['id', QUOTED, 'extra', '__proto__', 'a\0b'];
    const [whole] = rowsOf(hydrateOf(schemaOf(Thing), names), [[7], ['a'], [2], [{ x: 1 }], [3]], 1) as Thing[];
    expect([whole?.own(), whole?.extra, constructed - before]).to.deep.equal([5, 2, 1]);
    expect(whole).to.be.instanceOf(Thing).and.to.have.own.property('__proto__').that.deep.equals({ x: 1 });
    // as many as there are columns, but not these
    const [part] = rowsOf(hydrateOf(schemaOf(Thing), ['id', 'extra']), [[7], [2]], 1);
    expect([Object.entries(part as object), constructed - before]).to.deep.equal([[['id', 7], ['extra', 2]], 1]); // prettier-ignore
  });

  it('makes a function once for a class and its properties, and does not keep them without end', () => {
    const schema = schemaOf(Thing);
    expect(hydrateOf(schema, ['id'])).to.equal(hydrateOf(schema, ['id']));
    expect(hydrateOf(schema, ['id'])).not.to.equal(hydrateOf(schema, ['id', QUOTED]));
    expect(hydrateOf(schema, ['id'])).not.to.equal(hydrateOf(schemaOf(Account), ['id']));
    const first = plainHydrate(['n']);
    expect(plainHydrate(['n'])).to.equal(first);
    for (let index = 0; index < 250; index += 1) plainHydrate([`n${index}`]);
    expect(plainHydrate(['n'])).not.to.equal(first);
    expect(rowsOf(first, [[1]], 1)).to.deep.equal([{ n: 1 }]);
    // names that would be one when joined
    expect(rowsOf(plainHydrate(['a', 'b']), [[1], [2]], 1)).to.deep.equal([{ a: 1, b: 2 }]);
    expect(rowsOf(plainHydrate(['a\0b']), [[1]], 1)).to.deep.equal([{ 'a\0b': 1 }]);
    expect(rowsOf(plainHydrate([]), [], 1)).to.deep.equal([{}]);
    expect(rowsOf(plainHydrate(['']), [[1]], 1)).to.deep.equal([{ '': 1 }]);
  });
});

describe('plainHydrate', () => {
  it('makes plain objects with these own keys, whatever they are called', () => {
    const names = ['b', '__proto__', 'constructor', QUOTED, '', '${x}', '`', '\\', '1', 'c0', 'columns', 'rows', 'i'];
    const [row] = rowsOf(plainHydrate(names), names.map((_name, index) => [index]), 1); // prettier-ignore
    // V8 has keys that are numbers first
    const wanted = names.map((name, index): [string, number] => [name, index]).toSorted(([a], [b]) => Number(b === '1') - Number(a === '1')); // prettier-ignore
    expect(Object.entries(row as object)).to.deep.equal(wanted);
    expect(Object.getPrototypeOf(row)).to.equal(Object.prototype);
  });
});
