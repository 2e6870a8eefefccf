import { expect } from 'chai';
import { describe, it } from 'mocha';
import { keep } from '../../lib/cache/keep.js';
import { copyOf, encoded } from '../../lib/cache/kept.js';
import { Quote } from '../support/kept-arbitraries.js';

const quote = (id: number): Quote => Object.assign(new Quote(), { id, at: new Date(id), note: null });

const through = (value: unknown): unknown => copyOf(keep(value));

describe('keep', () => {
  it('does not take objects of different shapes for one', () => {
    const shapes: [unknown, unknown][] = [
      [{ a: 1, b: 2 }, { b: 2, a: 1 }],
      [{ a: 1 }, { a: 1, b: undefined }],
      [{ a: 1 }, { b: 1 }],
      [quote(1), Object.fromEntries(Object.entries(quote(1)))],
      [Object.fromEntries(Object.entries(quote(1))), quote(1)],
      [{ a: 1 }, null],
      [{ a: 1 }, [1]],
      [Object.assign(Object.create(Quote.prototype) as Quote, { id: 3 }), Object.defineProperty(Object.assign(Object.create(Quote.prototype) as Quote, { id: 3 }), 'note', { value: 'hidden' })],
    ]; // prettier-ignore
    for (const [index, pair] of shapes.entries()) {
      const copies = through(pair) as object[];
      for (const side of [0, 1]) {
        expect(Object.getPrototypeOf(copies[side] ?? Object.prototype)).to.equal(Object.getPrototypeOf(pair[side] ?? Object.prototype)); // prettier-ignore
        expect(Object.keys(copies[side] ?? {}), `pair ${index}`).to.deep.equal(index === 7 && side === 1 ? ['id', 'note'] : Object.keys(pair[side] ?? {})); // prettier-ignore
      }
    }
  });

  it('takes objects of one shape as rows, wherever they stand, and a single plain one as it is', () => {
    const isRows = (value: unknown): boolean => JSON.stringify(encoded(keep(value))).includes('["rows",');
    const two = [{ a: 1 }, { a: 2 }];
    for (const value of [two, [quote(1)], { in: [two] }, new Map([[1, two]]), new Map(two.entries()), new Set(two)])
      expect(isRows(value)).to.equal(true);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_each, n) => [`k${n}`, n]));
    for (const value of [[{ a: 1 }], [{}, {}], [many, many], quote(1)]) {
      expect(isRows(value)).to.equal(false);
      expect(through(value)).to.deep.equal(value);
    }
  });
});
