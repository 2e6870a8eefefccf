import { expect } from 'chai';
import { describe, it } from 'mocha';
import { snapshot } from '../lib/snapshot.js';
import { difference } from './support/exact.js';

class Point {
  constructor(
    public x: number,
    public inner: { n: number[] },
  ) {}
}

/** A value of each kind that a column takes, and what its owner may do to it afterwards. */
const CHANGES: readonly (readonly [() => object, (own: never) => unknown])[] = [
  [() => new Date(5), (date: Date) => date.setTime(6)],
  [() => [1, [2]], (list: [number, number[]]) => list[1].push(3)],
  [() => [1, 2], (list: number[]) => list.pop()],
  [() => Float64Array.of(1, -0), (array: Float64Array) => array.fill(9)],
  [() => BigInt64Array.of(1n), (array: BigInt64Array) => array.fill(9n)],
  [() => Uint8Array.of(1, 2, 3, 4).subarray(1, 3), (array: Uint8Array) => array.fill(9)],
  [() => Buffer.from('abc'), (array: Buffer) => array.fill(9)],
  [() => ({ a: { b: [new Date(5)] } }), (object: { a: { b: Date[] } }) => object.a.b[0]?.setTime(7)],
  [() => ({ a: 1 }), (object: { a?: number }) => delete object.a],
  [() => new Map<unknown, unknown>([['k', { v: 1 }]]), (map: Map<unknown, { v: number }>) => ((map.get('k') as { v: number }).v = 2)], // prettier-ignore
  [() => new Map([[{ k: 1 }, 1]]), (map: Map<{ k: number }, number>) => [...map.keys()].forEach((key) => (key.k = 2))],
  [() => new Point(1, { n: [1] }), (point: Point) => point.inner.n.push(2)],
  [() => ({ months: 1, days: 2, micros: 3n }), (interval: { days: number }) => (interval.days = 9)],
];

describe('snapshot', () => {
  it('keeps a property __proto__, and what cannot be copied as it is', () => {
    const value = JSON.parse('{"a":{"__proto__":{"x":1},"b":2}}') as object;
    expect(JSON.stringify(snapshot(value))).to.equal('{"a":{"__proto__":{"x":1},"b":2}}');
    for (const own of [Object(4), Object('x'), Object(true), new URL('http://a.b/'), { toJSON: () => 1 }])
      expect(snapshot(own)).to.equal(own);
  });

  it('is what the value was, of the same class, whatever becomes of the value', () => {
    for (const [make, change] of CHANGES) {
      const own = make();
      const copy = snapshot(own);
      expect(difference(copy, make())).to.equal(undefined);
      change(own as never);
      expect(difference(own, make())).to.be.a('string');
      expect(difference(copy, make())).to.equal(undefined);
    }
  });

  it('is the value itself where nobody can change it', () => {
    for (const value of [null, undefined, 0, -0, Number.NaN, 'text', true, 5n])
      expect(Object.is(snapshot(value), value)).to.equal(true);
    expect(Object.getPrototypeOf(snapshot(Object.create(null)))).to.equal(null);
    expect(snapshot([undefined, null])).to.deep.equal([undefined, null]);
    expect((snapshot(new Date(Number.NaN)) as Date).getTime()).to.be.NaN;
  });
});
