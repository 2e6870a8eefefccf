import {
  DuckDBBlobValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBStructValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mapKey } from '../../lib/entity/map-key.js';

const list = (...items: DuckDBValue[]): DuckDBListValue => new DuckDBListValue(items);

describe('map-key', () => {
  it('is one for what DuckDB holds to be one key', () => {
    for (const [one, other] of [
      [0, -0],
      [Number.NaN, Number.NaN],
      [list(0, null), list(-0, null)],
      [new DuckDBIntervalValue(1, 0, 0n), new DuckDBIntervalValue(0, 29, 86_400_000_000n)],
      [new DuckDBBlobValue(Uint8Array.of(9, 1).subarray(1)), new DuckDBBlobValue(Uint8Array.of(1))],
    ] as const)
      expect(mapKey(one)).to.equal(mapKey(other));
  });

  it('is another for what only looks the same', () => {
    for (const [one, other] of [
      ['1', 1],
      ['null', null],
      [list('a, b'), list('a', 'b')],
      [list('NULL'), list(null)],
      [new DuckDBBlobValue(Uint8Array.of(0)), new DuckDBBlobValue(Buffer.from('\\x00'))],
      [new DuckDBStructValue({ a: "x', 'b': 'y" }), new DuckDBStructValue({ a: 'x', b: 'y' })],
    ] as const)
      expect(mapKey(one)).to.not.equal(mapKey(other));
  });
});
