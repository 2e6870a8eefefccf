import { expect } from 'chai';
import { describe, it } from 'mocha';
import { jsonText } from '../../lib/entity/json-text.js';
import { Misfit } from '../../lib/entity/misfit.js';

describe('json-text', () => {
  it('writes JSON as JSON.stringify does', () => {
    const proto = JSON.parse('{"__proto__":{"a":1}}') as unknown;
    for (const value of [
      null,
      0,
      'x',
      true,
      [],
      {},
      [1, [null]],
      { a: { b: 'ü' } },
      new Date(0),
      { a: undefined },
      { toJSON: () => [1] },
      proto,
    ])
      expect(jsonText(value)).to.equal(JSON.stringify(value));
  });

  it('refuses what JSON would lose without a word', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [Number.NaN, /no NaN/], [[-Infinity], /no infinity/], [{ a: 5n }, /no bigint/], [undefined, /undefined/], [[undefined], /undefined in a list/],
      [() => 1, /no function/], [{ s: Symbol('x') }, /no symbol/], [new Map(), /lose a Map/], [new Set(), /lose a Set/], [{ b: Uint8Array.of(1) }, /Uint8Array/],
      [Buffer.from('x'), /lose a Buffer/], [new ArrayBuffer(1), /ArrayBuffer/], [new Date(Number.NaN), /invalid Date/], [{ a: [new Date(Number.NaN)] }, /invalid Date/], [cycle, /cycle/],
      ['\ud800', /no lone surrogate/], [['a\udc00b'], /no lone surrogate/], [{ '\udfff': 1 }, /no lone surrogate/],
    ]; // prettier-ignore
    for (const [value, why] of cases) expect(() => jsonText(value)).to.throw(Misfit, why);
  });

  it('passes on what a toJSON throws', () => {
    const bad = { toJSON: () => { throw new RangeError('own'); } }; // prettier-ignore
    expect(() => jsonText(bad)).to.throw(RangeError, 'own');
  });

  it('is not disturbed by a getter that makes JSON of its own', () => {
    const value = {
      before: 'x'.repeat(50),
      get inner() {
        return jsonText({ other: 'y'.repeat(10) });
      },
      after: 1,
    };
    expect(jsonText(value)).to.equal(JSON.stringify(value));
  });
});
