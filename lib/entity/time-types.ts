// Types of dates, times and intervals. Not here: their text (time-text.ts).
import {
  DATE,
  DuckDBDateValue,
  DuckDBIntervalValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  INTERVAL,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TIMESTAMP_S,
  TIMETZ,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { fixedWriter } from '../vector/fixed-writer.js';
import { numberWriter } from '../vector/number-writer.js';
import { put64, putThousandfold, wide, wideWriter, type Wide } from '../vector/wide-integer.js';
import { Misfit, misfit } from './misfit.js';
import type { As, Interval } from './property-type.js';
import type { Scalar } from './sql-type.js';
import {
  DAY_MICROS,
  INFINITE_COUNT,
  infinitySign,
  parseDate,
  parseTime,
  parseTimeTz,
  parseTimestamp,
} from './time-text.js';

const MICROS = 1_000_000n as const;
const NANOS = 1_000_000_000n;
const MAX_MICROS = INFINITE_COUNT - 1n;
/** below this DuckDB stores a timestamp and can do nothing with it */
const MIN_MICROS = -9_223_372_022_400_000_000n;
const I64 = 2n ** 63n;
const MIN_NANOS = -9_223_286_400_000_000_000n; // 1677-09-22: DuckDB holds less, but cannot cast or print it

/** Types that a Date stands for: an instant, counted in `unit` micros. */
function instant(
  duckdb: DuckDBType,
  unit: 1n | 1000n | 1_000_000n,
  zoned: boolean,
  make: (count: bigint) => DuckDBValue,
): Scalar {
  const part = (): never => {
    throw new Misfit(`holds whole ${unit === MICROS ? 'seconds' : 'milliseconds'}, got a part of one`);
  };
  const count = (value: unknown, as: As): bigint => {
    const infinite = infiniteCount(value);
    if (infinite !== undefined && typeof value === as) return infinite;
    const micros = microsOf(value, as, zoned);
    if (micros > MAX_MICROS || micros < MIN_MICROS) throw new Misfit('is outside the range of timestamps');
    return micros % unit === 0n ? micros / unit : part();
  };
  // every Date is within the range of timestamps
  const milliseconds = (value: unknown): number => {
    const ms = validDate(value);
    return unit === MICROS && ms % 1000 !== 0 ? part() : ms;
  };
  const put =
    unit === 1n
      ? putThousandfold
      : (memory: Wide, index: number, ms: number) => put64(memory, index, unit === MICROS ? ms / 1000 : ms);
  return {
    duckdb,
    family: 'time',
    as: ['bigint', 'string'],
    encode: (value, as) => make(as === undefined ? (BigInt(milliseconds(value)) * 1000n) / unit : count(value, as)),
    writer: (as) =>
      as === undefined
        ? fixedWriter<Wide>({
            width: 8,
            views: wide,
            put: (memory, index, value) => put(memory, index, milliseconds(value)),
          })
        : wideWriter((value) => count(value, as)),
  };
}

/** As text or as a count, an instant may be infinite. */
function infiniteCount(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value === INFINITE_COUNT || value === -INFINITE_COUNT ? value : undefined;
  const sign = typeof value === 'string' ? infinitySign(value) : 0;
  return sign === 0 ? undefined : BigInt(sign) * INFINITE_COUNT;
}

function microsOf(value: unknown, as: As, zoned: boolean): bigint {
  if (as === 'bigint') return typeof value === 'bigint' ? value : misfit('microseconds as a bigint', value);
  return typeof value === 'string' ? parseTimestamp(value, MICROS, zoned) : misfit('a date and time as text', value);
}

function validDate(value: unknown): number {
  const ms = value instanceof Date ? value.getTime() : Number.NaN;
  return Number.isNaN(ms) ? misfit('a valid Date', value) : ms;
}

function daysOf(value: unknown, as: As | undefined): number {
  if (as === 'string') return typeof value === 'string' ? parseDate(value) : misfit('a date as text', value);
  const days = validDate(value) / 86_400_000;
  if (!Number.isInteger(days)) throw new Misfit('expects a Date at UTC midnight, got one with a time of day');
  return days;
}

function nanosOf(value: unknown, as: As | undefined): bigint {
  const infinite = infiniteCount(value);
  // the kind of value must be the declared one all the same
  if (infinite !== undefined && (typeof value === 'bigint') === (as === 'bigint')) return infinite;
  const nanos =
    as === 'bigint'
      ? typeof value === 'bigint'
        ? value
        : misfit('nanoseconds as a bigint', value)
      : typeof value === 'string'
        ? parseTimestamp(value, NANOS, false)
        : misfit('a date and time as text', value);
  if (nanos > I64 - 2n || nanos < MIN_NANOS)
    throw new Misfit('is outside the range of timestamp_ns (years 1677 to 2262)');
  return nanos;
}

function timeMicros(value: unknown, as: As | undefined): bigint {
  if (as !== 'bigint') return typeof value === 'string' ? parseTime(value) : misfit('a time as text', value);
  if (typeof value !== 'bigint') return misfit('microseconds as a bigint', value);
  if (value < 0n || value > DAY_MICROS) throw new Misfit('holds the microseconds of one day, got more or less');
  return value;
}

function zonedTime(value: unknown, as: As | undefined): DuckDBTimeTZValue {
  if (as === 'bigint') return DuckDBTimeTZValue.fromMicrosAndOffset(timeMicros(value, as), 0);
  const { micros, offset } =
    typeof value === 'string' ? parseTimeTz(value) : misfit('a time with its offset as text', value);
  if (Math.abs(offset) > DuckDBTimeTZValue.MaxOffset)
    throw new Misfit('holds offsets up to 15:59:59, got a larger one');
  return DuckDBTimeTZValue.fromMicrosAndOffset(micros, offset);
}

const int32 = (value: unknown): value is number => typeof value === 'number' && (value | 0) === value;

function parts(value: unknown): Interval {
  const { months, days, micros, ...rest } = Object(value) as Record<string, unknown>;
  if (!int32(months) || !int32(days) || typeof micros !== 'bigint' || Object.keys(rest).length > 0) {
    return misfit('{ months, days, micros } with whole months and days and micros as a bigint', value);
  }
  if (micros >= I64 || micros < -I64) throw new Misfit('holds 64 bits of micros, got more');
  return { months, days, micros };
}

export const TIMES = {
  date: {
    duckdb: DATE,
    family: 'time',
    as: ['string'],
    encode: (value, as) => new DuckDBDateValue(daysOf(value, as)),
    writer: (as) => numberWriter(Int32Array, (value) => daysOf(value, as), false),
  },
  timestamp: instant(TIMESTAMP, 1n, false, (count) => new DuckDBTimestampValue(count)),
  timestamp_s: instant(TIMESTAMP_S, MICROS, false, (count) => new DuckDBTimestampSecondsValue(count)),
  timestamp_ms: instant(TIMESTAMP_MS, 1000n, false, (count) => new DuckDBTimestampMillisecondsValue(count)),
  timestamptz: instant(TIMESTAMPTZ, 1n, true, (count) => new DuckDBTimestampTZValue(count)),
  timestamp_ns: {
    duckdb: TIMESTAMP_NS,
    family: 'time',
    as: ['bigint'],
    encode: (value, as) => new DuckDBTimestampNanosecondsValue(nanosOf(value, as)),
    writer: (as) => wideWriter((value) => nanosOf(value, as)),
  },
  time: {
    duckdb: TIME,
    family: 'time',
    as: ['bigint'],
    encode: (value, as) => new DuckDBTimeValue(timeMicros(value, as)),
    writer: (as) => wideWriter((value) => timeMicros(value, as)),
  },
  timetz: {
    duckdb: TIMETZ,
    family: 'time',
    as: ['bigint'],
    encode: zonedTime,
    writer: (as) => wideWriter((value) => zonedTime(value, as).bits),
  },
  interval: {
    duckdb: INTERVAL,
    family: 'other',
    indexable: false,
    encode(value) {
      const { months, days, micros } = parts(value);
      return new DuckDBIntervalValue(months, days, micros);
    },
    writer: () =>
      fixedWriter<Wide>({
        width: 16,
        views: wide,
        put({ halves, wholes }, index, value) {
          const { months, days, micros } = parts(value);
          halves[index * 4] = months;
          halves[index * 4 + 1] = days;
          wholes[index * 2 + 1] = micros;
        },
      }),
  },
} as const satisfies Record<string, Scalar>;
