import { expect } from 'chai';
import { describe, it } from 'mocha';
import { checkedHours, checkedKey, checkedOnError, jsonOf } from '../../lib/cache/data-checks.js';
import { failure } from '../support/failure.js';

describe('what the cache calls are given', () => {
  it('is a key of Unicode text', async () => {
    for (const key of ['k', ' ', 'a\0b', '\uFEFF', '\u{1F600}', 'x'.repeat(1 << 20)])
      expect(checkedKey(key)).to.equal(key);
    // both would be U+FFFD to DuckDB
    for (const key of ['\uD800', 'a\uDFFF', '', 5, null, undefined]) await failure(() => checkedKey(key), 'E_CONFIG');
  });

  it("is onError 'return' or 'throw'", async () => {
    expect([undefined, 'return', 'throw'].map(checkedOnError)).to.deep.equal(['return', 'return', 'throw']);
    for (const [given, shown] of [['raise', '"raise"'], [true, 'true'], [{}, 'an object'], [5n, '5'], [null, 'null']] as const)
      expect((await failure(() => checkedOnError(given), 'E_CONFIG')).message).to.equal(
        `onError is 'return' or 'throw', got ${shown}.`,
      );
  }); // prettier-ignore

  it('is a number of hours from 0, from the option or CACHE_TTL_HOURS', async () => {
    expect([0, 1 / 3, 168, 1e308].map(checkedHours)).to.deep.equal([0, 1 / 3, 168, 1e308]);
    for (const [hours, shown] of [[-1, '-1'], [Number.NaN, 'NaN'], [Infinity, 'Infinity'], ['5', '"5"'], [5n, '5'], [true, 'true']] as const)
      expect((await failure(() => checkedHours(hours), 'E_CONFIG')).message).to.equal(
        `ttlHours is a number of hours from 0, got ${shown}.`,
      );
    try {
      for (const [text, hours] of [['', 24], ['  ', 24], ['0', 0], [' 1.5 ', 1.5]] as const) {
        process.env['CACHE_TTL_HOURS'] = text;
        expect([checkedHours(undefined), checkedHours(7)]).to.deep.equal([hours, 7]);
      }
      for (const text of ['abc', '-1', 'Infinity', '24h', '1,5']) {
        process.env['CACHE_TTL_HOURS'] = text;
        expect((await failure(() => checkedHours(undefined), 'E_CONFIG')).message).to.equal(
          `The variable CACHE_TTL_HOURS is a number of hours from 0, got "${text}".`,
        );
      }
    } finally {
      delete process.env['CACHE_TTL_HOURS'];
    }
    expect(checkedHours(undefined)).to.equal(24);
  }); // prettier-ignore

  it('is data that has JSON', async () => {
    class Point {
      constructor(readonly x: number) {}
    }
    const values: readonly [unknown, string][] = [
      [undefined, 'null'],
      [Number.NaN, 'null'],
      [5n, '5'],
      [2n ** 64n, '"18446744073709551616"'],
      [new Date(0), '"1970-01-01T00:00:00.000Z"'],
      [new Map([['a', 1]]), '{"a":1}'],
      [new Point(1), '{"x":1}'],
      [{ toJSON: () => undefined }, 'null'],
      ['\u{1F600}', '"\u{1F600}"'],
      // escaped, it is text about a surrogate
      ['\\ud800', '"\\\\ud800"'],
      ['\\\\ud800', '"\\\\\\\\ud800"'],
    ];
    for (const [value, json] of values) expect(jsonOf(value)).to.equal(json);
    for (const value of ['\uD800', ['\\\uD800'], { '\uDFFF': 1 }, '\\\\\uDBFF'])
      expect((await failure(() => jsonOf(value), 'E_CONVERSION')).message).to.include('lone surrogate');
  });

  it('is no data that is nested too deeply, throws when it is read, or leads back to itself', async () => {
    const deep: unknown = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);
    expect((await failure(() => jsonOf(deep), 'E_UNSUPPORTED')).message).to.match(/nested too deeply/);
    // what JSON.stringify says of more than a string can hold
    for (const [thrown, why] of [['Invalid string length', 'it is too large'], ['mine', 'RangeError: mine']] as const) {
      const throwing = { toJSON: (): never => { throw new RangeError(thrown); } };
      expect((await failure(() => jsonOf(throwing), 'E_CONVERSION')).message).to.equal(`The data has no JSON: ${why}.`);
    }
    const cause = new TypeError('not now');
    const throwing = {
      get x(): number {
        throw cause;
      },
    };
    const error = await failure(() => jsonOf(throwing), 'E_CONVERSION');
    expect(error.message).to.equal('The data has no JSON: TypeError: not now.');
    expect(error.cause).to.equal(cause);
    await failure(() => jsonOf(() => 1), 'E_CONVERSION');
  }); // prettier-ignore
});
