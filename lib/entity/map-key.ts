// Which keys of a map DuckDB holds to be one. Not here: the map itself (built-types.ts).
import { DuckDBIntervalValue } from '@duckdb/node-api';
import { DAY_MICROS } from './time-text.js';

/**
 * A text that two encoded values of one type share where they are one key. Not their own text: in that `['a, b']` and `['a', 'b']`, or the
 * bytes `0` and `\x00`, are the same.
 */
export function mapKey(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  // -0 is 0
  if (typeof value === 'number') return String(value + 0);
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');
  if (value instanceof DuckDBIntervalValue) {
    // a month is 30 days of 24 hours where intervals are compared
    return String((BigInt(value.months) * 30n + BigInt(value.days)) * DAY_MICROS + value.micros);
  }
  return `{${Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}:${mapKey(part)}`).join(',')}}`; // prettier-ignore
}
