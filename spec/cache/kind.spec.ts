import { expect } from 'chai';
import { describe, it } from 'mocha';
import { bytesOf, isImmutable, kindOf, propertiesOf, schemaOfInstance } from '../../lib/cache/kind.js';
import { Quote } from '../support/kept-arbitraries.js';

describe('the kind of a value', () => {
  const kinds: [unknown[], string][] = [
    [['', 'x', 0, 1.5, -5e-324, true, false, null], 'json'],
    [[NaN, Infinity, -Infinity, -0], 'number'],
    [[0n], 'bigint'],
    [[undefined], 'undefined'],
    [[new Date(NaN)], 'date'],
    [[[], [undefined]], 'list'],
    [[new Map()], 'map'],
    [[new Set()], 'set'],
    [[Buffer.alloc(0), new Uint8Array(), new Float64Array(), new BigUint64Array()], 'bytes'],
    [[new Quote(), Object.create(Quote.prototype)], 'entity'],
    [[{}, Object.create(null), { constructor: Quote }], 'object'],
    [[() => 1, Symbol('s'), /x/, new Error('x'), new DataView(new ArrayBuffer(1)), new ArrayBuffer(1), Object(1), new WeakMap(), { [Symbol('s')]: 1 }], 'none'],
    [[class extends Date {}, class extends Array {}, class extends Map {}, class extends Uint8Array {}, class extends Quote {}].map((Own: new () => object) => new Own()), 'none'],
    [[Date, Array, Map, Set, Uint8Array, Buffer].map((type) => Object.create(type.prototype as object) as object), 'none'],
  ]; // prettier-ignore
  for (const [values, kind] of kinds)
    it(`is '${kind}' of such as have it`, () => {
      expect(values.map(kindOf)).to.deep.equal(values.map(() => kind));
    });

  it('is that of something immutable or not', () => {
    for (const [values, kind] of kinds) {
      for (const value of values)
        expect(isImmutable(value), kind).to.equal(['json', 'number', 'bigint', 'undefined'].includes(kind));
    }
  });

  it('tells the columns of an instance in their order, and then what else it has', () => {
    const part = Object.assign(Object.create(Quote.prototype) as object, { more: 1, note: null, id: 2 });
    expect(propertiesOf(schemaOfInstance(part), part)).to.deep.equal(['id', 'note', 'more']);
  });

  it('sees the bytes of a view, and not what is beside them', () => {
    expect([...bytesOf(new Uint8Array(Uint8Array.of(1, 2, 3, 4).buffer, 1, 2))]).to.deep.equal([2, 3]);
  });
});
