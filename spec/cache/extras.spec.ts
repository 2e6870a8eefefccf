import { expect } from 'chai';
import { describe, it } from 'mocha';
import { hasExtras } from '../../lib/cache/extras.js';
import { canonicalText } from '../../lib/cache/key.js';
import { StoredValue } from '../../lib/cache/stored-value.js';
import { failure } from '../support/failure.js';

/** Of each length from none over those that are looked at in another way. */
const LENGTHS = [0, 1, 500, 501, 502, 40_000];

/** Makes a value of so many items, or of none where it has none. */
const MAKE: readonly ((length: number) => object)[] = [
  () => new Date(0),
  () => new Map([[1, 2]]),
  () => new Set([1]),
  (length) => Array.from({ length }, (_each, n) => n * 1.5),
  (length) => Array.from({ length }, (_each, n) => ({ n, text: 'x' })),
  (length) => Array.from({ length }, () => new Date(0)),
  (length) => Buffer.alloc(length, 1),
  (length) => new Uint8Array(length),
  (length) => new Float64Array(length),
  (length) => new BigUint64Array(length),
];

const sparse = (length: number): unknown[] => {
  const list: unknown[] = [];
  list.length = length;
  if (length > 2) list[1] = 1;
  return list;
};

describe('properties besides what a value is made of', () => {
  it('are none of what nobody gave any, of whatever length and with holes', () => {
    for (const make of [...MAKE, sparse])
      for (const length of LENGTHS) expect(hasExtras(make(length)), `${make.toString()} of ${length}`).to.equal(false);
  });

  const names = ['x', '-1', '1.5', '01', '4294967295', '', ' 1', 'NaN'];
  it('are seen whatever they are called, and refused in keys and in values', async () => {
    for (const make of [...MAKE, sparse]) {
      for (const length of LENGTHS) {
        // a typed array takes names that look like numbers for places that it does not have
        for (const name of ArrayBuffer.isView(make(1)) ? ['x', '01', ''] : names)
          expect(hasExtras(Object.assign(make(length), { [name]: 1 })), `${name} on ${make.toString()} of ${length}`).to.equal(true);
        const value = Object.assign(make(length), { [Symbol('s')]: undefined });
        expect(hasExtras(value)).to.equal(true);
        const [inKey, inValue] = [await failure(() => canonicalText([{ a: value }], () => 'S.m'), 'E_UNSUPPORTED'), await failure(() => StoredValue.of([value]), 'E_UNSUPPORTED')];
        expect(inKey.message).to.match(/^S\.m: argument 1\.a is an? \w+ with properties of its own/);
        expect(inValue.message).to.match(/^\$\[0\] is an? \w+ with properties of its own/);
      }
    }
  }); // prettier-ignore

  it('are looked for without a call of anything of theirs', () => {
    let called = 0;
    const hostile = { get: (): unknown => (called += 1), enumerable: true };
    for (const length of LENGTHS) {
      const value = Object.defineProperties(Array.from({ length }, () => 1), { own: hostile, constructor: hostile });
      expect([hasExtras(value), called]).to.deep.equal([true, 0]);
    }
  }); // prettier-ignore

  it('are not those that a prototype has', () => {
    const { prototype } = Object;
    Object.defineProperty(prototype, 'polluted', { value: 1, enumerable: true, configurable: true });
    const seen: boolean[] = [];
    try {
      for (const make of MAKE) for (const length of LENGTHS) seen.push(hasExtras(make(length)));
    } finally {
      delete (prototype as { polluted?: number }).polluted;
    }
    expect(new Set(seen)).to.deep.equal(new Set([false]));
  });
});
