// What types of dates and times take and refuse, value by value and in writers of many, which are two ways of one rule.
import type { DuckDBValue } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Misfit } from '../../lib/entity/misfit.js';
import type { As } from '../../lib/entity/property-type.js';
import { scalarType, type SqlType } from '../../lib/entity/types.js';
import { WrittenColumn } from '../support/vector.js';

const INFINITE = 2n ** 63n - 1n;
const DAY_MS = 864e5;

/** The text of what both ways make of a value, or the words with which both refuse it. */
function both(name: string, value: unknown, as?: As): string {
  const type = scalarType(name) as SqlType;
  const attempt = (work: () => DuckDBValue): DuckDBValue | Misfit => {
    try {
      return work();
    } catch (error) {
      if (error instanceof Misfit) return error;
      throw error;
    }
  };
  const single = attempt(() => type.encode(value, as));
  const column = new WrittenColumn(type.duckdb, type.writer(as));
  const many = attempt(() => column.write([value, null, value])[2] as DuckDBValue);
  const message = `${name} ${as} ${String(value)}`;
  if (single instanceof Misfit) expect((many as Misfit).message, message).to.equal(single.message);
  else expect(many, message).to.deep.equal(single);
  return single instanceof Misfit ? `Misfit: ${single.message}` : String(single);
}

/** What DuckDB counts for a value. */
const countOf = (name: string, value: unknown, as?: As): unknown => Object.values((scalarType(name) as SqlType).encode(value, as) as object)[0]; // prettier-ignore

const refused = (name: string, as: As | undefined, values: readonly unknown[]): void => {
  for (const value of values) expect(both(name, value, as), `${name} ${as}`).to.match(/^Misfit: /);
};

describe('instants', () => {
  it('take every Date there is, exactly in their unit, before 1970 too', () => {
    for (const ms of [0, 1, -1, 999, -999, 1_700_000_000_123, 8.64e15, -8.64e15]) {
      const date = new Date(ms);
      const type = (name: string): DuckDBValue => (scalarType(name) as SqlType).encode(date);
      both('timestamp', date);
      both('timestamptz', date);
      both('timestamp_ms', date);
      expect((type('timestamp') as { micros: bigint }).micros).to.equal(BigInt(ms) * 1000n);
      expect((type('timestamptz') as { micros: bigint }).micros).to.equal(BigInt(ms) * 1000n);
      expect((type('timestamp_ms') as { millis: bigint }).millis).to.equal(BigInt(ms));
      if (ms % 1000 !== 0) refused('timestamp_s', undefined, [date]);
      else expect([both('timestamp_s', date), (type('timestamp_s') as { seconds: bigint }).seconds * 1000n]).to.include(BigInt(ms)); // prettier-ignore
    }
    for (const name of ['timestamp', 'timestamptz', 'timestamp_ms', 'timestamp_s'])
      refused(name, undefined, [new Date(Number.NaN), 0, 0n, '1970-01-01', Infinity, {}]);
  });

  it('as bigint are microseconds, as text what they say; a part of the unit is refused, and what is beyond the range', () => {
    const least = -9_223_372_022_400_000_000n;
    for (const name of ['timestamp', 'timestamptz']) {
      for (const micros of [0n, -1n, least, INFINITE - 1n, INFINITE, -INFINITE]) expect(both(name, micros, 'bigint')).not.to.match(/^Misfit/); // prettier-ignore
      refused(name, 'bigint', [least - 1n, -INFINITE - 1n, INFINITE + 1n, 0, new Date(0), 'infinity', '0']);
    }
    for (const [name, unit] of [
      ['timestamp_ms', 1000n],
      ['timestamp_s', 1_000_000n],
    ] as const) {
      expect(both(name, -unit, 'bigint')).not.to.match(/^Misfit/);
      expect(both(name, 1n, 'bigint')).to.equal(`Misfit: holds whole ${unit === 1000n ? 'milliseconds' : 'seconds'}, got a part of one`); // prettier-ignore
      expect([both(name, -INFINITE, 'bigint').slice(0, 6) === 'Misfit', countOf(name, -INFINITE, 'bigint')]).to.deep.equal([false, -INFINITE]); // prettier-ignore
    }
    for (const [name, text, stored] of [
      ['timestamp', '2024-02-29 23:59:59.999999', '2024-02-29 23:59:59.999999'],
      ['timestamp', 'infinity', 'infinity'],
      ['timestamp_s', '1969-12-31 23:59:59', '1969-12-31 23:59:59'],
      ['timestamp_ms', '2024-02-29 00:00:00.001', '2024-02-29 00:00:00.001'],
    ] as const)
      expect(both(name, text, 'string')).to.equal(stored);
    refused('timestamp', 'string', ['2023-02-29 00:00:00', 'x', '', new Date(0), 0n, '2024-01-01 00:00:00.0000001']);
    refused('timestamp_s', 'string', ['1970-01-01 00:00:00.5']);
  });
});

describe('timestamp_ns', () => {
  it('takes text and bigint of its years, and infinity', () => {
    const least = -9_223_286_400_000_000_000n;
    for (const nanos of [least, -1n, 0n, INFINITE - 1n, INFINITE, -INFINITE]) expect(both('timestamp_ns', nanos, 'bigint')).not.to.match(/^Misfit/); // prettier-ignore
    expect(both('timestamp_ns', '1969-12-31 23:59:59.999999999')).to.equal('1969-12-31 23:59:59.999999999');
    both('timestamp_ns', '-infinity');
    expect(countOf('timestamp_ns', '-infinity')).to.equal(-INFINITE);
    refused('timestamp_ns', 'bigint', [least - 1n, 'infinity', 0, INFINITE + 1n]);
    refused('timestamp_ns', undefined, ['1600-01-01 00:00:00', '2263-01-01 00:00:00', 0n, INFINITE, new Date(0)]);
  });
});

describe('dates', () => {
  it('take a Date at midnight in UTC, or text', () => {
    for (const days of [0, -1, 19_782, 1e8, -1e8]) {
      both('date', new Date(days * DAY_MS));
      expect(((scalarType('date') as SqlType).encode(new Date(days * DAY_MS)) as { days: number }).days).to.equal(days); // prettier-ignore
    }
    expect(both('date', new Date(1))).to.equal('Misfit: expects a Date at UTC midnight, got one with a time of day');
    expect(both('date', '2024-02-29', 'string')).to.equal('2024-02-29');
    for (const [text, days] of [
      ['infinity', 2 ** 31 - 1],
      ['-infinity', 1 - 2 ** 31],
    ] as const) {
      both('date', text, 'string');
      expect(countOf('date', text, 'string')).to.equal(days);
    }
    refused('date', 'string', ['2023-02-29', 'x', new Date(0), 5]);
    refused('date', undefined, ['2024-02-29', 0, new Date(Number.NaN)]);
  });
});

describe('times and intervals', () => {
  it('take the microseconds of one day, with an offset or without', () => {
    expect([both('time', '23:59:59.999999'), both('time', '24:00:00')]).to.deep.equal(['23:59:59.999999', '24:00:00']);
    expect([both('time', 86_400_000_000n, 'bigint'), both('time', 0n, 'bigint')]).to.deep.equal(['24:00:00', '00:00:00']); // prettier-ignore
    refused('time', 'bigint', [-1n, 86_400_000_001n, 0, '00:00:00']);
    refused('time', undefined, ['24:00:01', '12', 0n]);
    for (const text of ['12:00:00+09:00', '00:00:00-15:59:59', '12:00:00.000001+15:59:59']) expect(both('timetz', text)).not.to.match(/^Misfit/); // prettier-ignore
    refused('timetz', undefined, ['12:00:00+16:00', '12:00:00', 0n, '25:00:00+00']);
    expect(both('timetz', 1n, 'bigint')).to.match(/^00:00:00\.000001\+00/);
    refused('timetz', 'bigint', [-1n, '12:00:00+00', 86_400_000_001n]);
  });

  it('take months, days and micros, each within its bits, and nothing else', () => {
    const least = -(2 ** 31);
    for (const interval of [
      { months: least, days: 2 ** 31 - 1, micros: -(2n ** 63n) },
      { months: 0, days: -1, micros: INFINITE },
    ])
      // prettier-ignore
      expect((both('interval', interval), (scalarType('interval') as SqlType).encode(interval))).to.include(interval);
    const zero = { months: 0, days: 0, micros: 0n };
    refused('interval', undefined, [{ ...zero, micros: 2n ** 63n }, { ...zero, micros: -(2n ** 63n) - 1n }, { ...zero, months: 2 ** 31 }, { ...zero, days: 0.5 }, { ...zero, micros: 0 }, { ...zero, years: 1 }, { months: 0, days: 0 }, '1 day', 5, []]); // prettier-ignore
  });
});
