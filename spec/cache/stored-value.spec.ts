import * as fc from 'fast-check';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table } from '@mysingle/database';
import { StoredValue } from '../../lib/cache/stored-value.js';
import { UnknownEntity, decodeValue, encodeValue } from '../../lib/cache/values.js';
import { difference } from '../support/exact.js';
import { Quote, entities, keptValues, spoil } from '../support/kept-arbitraries.js';
import { hold } from '../support/property.js';

@Table('stored_account')
class Account {
  #name = '';
  @Column('integer') id!: number;
  @Column('varchar') get name(): string {
    return this.#name;
  }
  set name(value: string) {
    this.#name = value;
  }
}

const same = (actual: unknown, expected: unknown, what: string): void => {
  const found = difference(actual, expected);
  if (found !== undefined) throw new Error(`${what}: ${found}`);
};

const quote = (id: number): Quote => Object.assign(new Quote(), { id, at: new Date(id), note: null });

describe('a stored value', () => {
  it('comes back as it went in, as often as it is asked for and through its text, whatever is done to what was given', async () => {
    await hold(
      // two values that are the same: one is given and spoilt, the other tells what it was
      fc.asyncProperty(fc.clone(keptValues(3), 2), async ([given, wanted]) => {
        const stored = StoredValue.of(given);
        spoil(given);
        same(stored.copy(), wanted, 'a copy');
        const text = stored.text();
        same(stored.text(), text, 'its text again');
        const back = StoredValue.fromText(text, entities);
        for (const [what, each] of [
          ['of the value', stored],
          ['of its text', back],
        ] as const) {
          const [one, two] = [each.copy(), each.copy()];
          spoil(one);
          same(two, wanted, `another copy ${what}`);
          spoil(two);
          same(each.copy(), wanted, `a copy ${what} after two were spoilt`);
        }
        same(back.text(), text, 'the text of its text');
        same(back.bytes, stored.bytes, 'the size of its text');
        same(encodeValue(wanted), text, 'encodeValue');
        same(decodeValue(text, entities), wanted, 'decodeValue');
      }),
      1500,
    );
  });

  it('is given as it is where nobody can change it', () => {
    for (const value of ['x', 1, -0, NaN, true, 5n, null, undefined])
      expect(Object.is(StoredValue.of(value).copy(), value), String(value)).to.equal(true);
  });

  it('makes what occurs twice two, and what has no item undefined', () => {
    const shared = { at: new Date(1) };
    const [one, two] = StoredValue.of([shared, shared]).copy() as object[];
    expect([one, two]).to.deep.equal([shared, shared]);
    expect(one === two || one === shared).to.equal(false);
    const list = [shared];
    const twice = StoredValue.of({ a: list, b: new Map([[1, list]]) }).copy() as {
      a: unknown;
      b: Map<number, unknown>;
    };
    expect(twice).to.deep.equal({ a: list, b: new Map([[1, list]]) });
    expect(twice.a === twice.b.get(1)).to.equal(false);
    // oxlint-disable-next-line no-sparse-arrays
    expect(Object.entries(StoredValue.of([1, , 3]).copy() as object)).to.deep.equal([['0', 1], ['1', undefined], ['2', 3]]); // prettier-ignore
    expect(Object.getPrototypeOf(StoredValue.of(Object.create(null)).copy())).to.equal(Object.prototype);
  });

  it('constructs whole rows, with what else they have, and gives rows of some columns these alone', () => {
    const more = Object.assign(quote(1), { rank: [1] });
    const part = Object.assign(Object.create(Quote.prototype) as Quote, { id: 3 });
    for (const value of [more, [more, Object.assign(quote(2), { rank: [2] })], [quote(1), more]]) {
      const copy = StoredValue.of(value).copy();
      expect(copy).to.deep.equal(value);
      for (const each of [copy].flat() as Quote[]) expect(each.secret()).to.equal(42);
    }
    const [back] = StoredValue.of([part]).copy() as Quote[];
    expect([back instanceof Quote, Object.entries(back as object)]).to.deep.equal([true, [['id', 3]]]);
    expect(() => back?.secret()).to.throw(TypeError);
  });

  it('sets columns that are accessors by their setters, within an instance that was constructed', () => {
    const account = (id: number, more: object): Account => Object.assign(new Account(), { id, name: `n${id}` }, more);
    for (const value of [account(1, {}), [account(1, {}), account(2, {})], [account(1, { x: [1] }), account(2, {})]]) {
      const copies = [StoredValue.of(value).copy()].flat() as Account[];
      expect(copies).to.deep.equal([value].flat());
      expect(copies.map(({ name }) => name)).to.deep.equal([value].flat().map(({ name }) => name));
    }
  });

  it('grows with what is in it', () => {
    const size = (value: unknown): number => StoredValue.of(value).bytes;
    for (const value of [null, undefined, 0, '', true]) expect(size(value)).to.be.within(1, 64);
    expect(size('x'.repeat(1000))).to.be.within(2000, 2100);
    expect(size(Array.from({ length: 1000 }, (_each, index) => index))).to.be.within(8000, 9000);
    expect(size(new Uint8Array(1000))).to.be.within(1000, 1200);
    expect(size(new Map([['k', new Uint8Array(1000)]]))).to.be.within(1100, 1400);
    expect(size({ a: [{ b: 'x'.repeat(500) }] })).to.be.within(1000, 1400);
    expect(size([1, 2, 3].map(quote))).to.be.greaterThan(size([1, 2].map(quote)));
  });
});

describe('the text of a stored value', () => {
  it('of many objects of one shape has their names once, and bare items', () => {
    const text = StoredValue.of([1, 2].map((id) => ({ id, at: new Date(id), n: BigInt(id) ** 80n, x: [id] }))).text();
    expect(text).to.equal(
      `{"$":["rows",null,null,2,["id","at","n","x"],[[1,2],{"$":["d",[1,2]]},{"$":["i",[1,"${2n ** 80n}"]]},{"$":["x",[[1],[2]]]}]]}`,
    );
    expect(StoredValue.of([{ a: 1 }]).text()).to.equal('[{"a":1}]');
    expect(StoredValue.of({ a: [1, 'x', null], b: { c: true } }).text()).to.equal('{"a":[1,"x",null],"b":{"c":true}}');
    expect(StoredValue.of([new Date(0), null, new Date(NaN)]).text()).to.equal('{"$":["list",{"$":["d",[0,null,"NaN"]]}]}'); // prettier-ignore
  });

  it('is not believed where it is no such text, or of a class that is not there', () => {
    const texts = ['', '{', '{"$":1}', '{"$":[]}', '{"$":["?",1]}', '{"$":["toString",1]}', '{"$":["m",[[1,2]]]}', '{"$":["e","Q","q",[["id",1]]]}', '{"$":["o",[["a",1]]]}',
      '{"$":["rows",null,null,2,["a"],[[1]]]}', '{"$":["rows",null,null,1,["a"],[[1],[2]]]}', '{"$":["rows",null,null,1,["a"],[5]]}', '{"$":["map",[1],[1,2]]}', '{"$":["list",{"$":["?",[1]]}]}',
      '{"$":["rows",null,null,1,[5],[[1]]]}', '{"$":["rows",null,null,1,["a"],[[{"b":1}]]]}', '{"$":["set",[[]]]}', '{"$":["i","x"]}', '{"$":["t","Date",""]}', '{"$":["b",{}]}', '[{"$":["list",{"$":["i",["x"]]}]}]', '{"a":[{"$":["one","Quote","elsewhere",1,["id"],[[1]]]}]}']; // prettier-ignore
    for (const text of texts) expect(() => StoredValue.fromText(text, entities), text).to.throw();
    for (const value of [quote(1), [quote(1)], { a: new Map([[1, quote(1)]]) }])
      expect(() => StoredValue.fromText(StoredValue.of(value).text(), () => undefined)).to.throw(UnknownEntity, 'Quote'); // prettier-ignore
  });
});
