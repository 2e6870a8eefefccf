// The SQL types: one row per type with its DDL, its binding type, and how a property value becomes a DuckDB value.
// Not here: types that are built from others (built-types.ts), and reading (decode.ts).
import {
  BIGINT,
  BIT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBBitValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUUIDValue,
  FLOAT,
  HUGEINT,
  INTEGER,
  INTERVAL,
  SMALLINT,
  TIME,
  TIMESTAMP,
  TIMESTAMPTZ,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TIMESTAMP_S,
  TIMETZ,
  TINYINT,
  UBIGINT,
  UHUGEINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  UUID,
  VARCHAR,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { scaled } from './decimal-text.js';
import { Misfit, misfit } from './misfit.js';
import type { As, ScalarName } from './property-type.js';
import { DAY_MICROS, parseDate, parseTime, parseTimeTz, parseTimestamp } from './time-text.js';

/** What kind of values a type has, for operators and aggregates. */
export type Family = 'boolean' | 'integer' | 'bigint' | 'real' | 'decimal' | 'text' | 'time' | 'list' | 'other';

/** One SQL type, as columns and parameters use it. */
export interface SqlType {
  /** its name in declarations and messages */
  readonly name: string;
  /** its DDL; enums and nested enums are quoted */
  readonly ddl: string;
  /** its type in the binding, for parameters and chunks */
  readonly duckdb: DuckDBType;
  readonly family: Family;
  /** whether DuckDB can use it as a key or in an index */
  readonly indexable: boolean;
  /** the other property types it can be read and written as */
  readonly as: readonly As[];
  /** @throws Misfit when the type cannot hold the value exactly */
  encode(value: unknown, as?: As): DuckDBValue;
  /** items of a list or an array */
  readonly item?: SqlType;
  /** enums that must exist before a table uses this type */
  readonly enums: readonly EnumType[];
  /** JSON null and SQL NULL are two things for this type */
  readonly json?: true;
}

export interface EnumType {
  readonly name: string;
  readonly values: readonly string[];
}

type Row = Omit<SqlType, 'name' | 'enums' | 'ddl' | 'indexable' | 'as'> &
  Partial<Pick<SqlType, 'ddl' | 'indexable' | 'as'>>;

function integer(duckdb: DuckDBType, min: number, max: number): Row {
  return {
    duckdb,
    family: 'integer',
    encode(value) {
      if (typeof value !== 'number' || !Number.isInteger(value)) return misfit('an integer', value);
      if (value < min || value > max) throw new Misfit(`holds ${min} to ${max}, got an integer outside`);
      return value + 0;
    },
  };
}

function big(duckdb: DuckDBType, min: bigint, max: bigint): Row {
  return {
    duckdb,
    family: 'bigint',
    as: ['number'],
    encode(value, as) {
      if (typeof value === 'number') {
        if (!Number.isSafeInteger(value)) return misfit('a bigint or a safe integer', value);
      } else if (typeof value !== 'bigint' || (as === 'number' && !Number.isSafeInteger(Number(value))))
        return misfit(as === 'number' ? 'a safe integer' : 'a bigint', value);
      const exact = BigInt(value);
      if (exact < min || exact > max) throw new Misfit(`holds ${min} to ${max}, got an integer outside`);
      return exact;
    },
  };
}

function text(duckdb: DuckDBType, encode: (value: string) => DuckDBValue): Row {
  return {
    duckdb,
    family: 'text',
    encode: (value) => (typeof value === 'string' ? encode(value) : misfit('a string', value)),
  };
}

const MICROS = 1_000_000n;
const NANOS = 1_000_000_000n;
const MAX_MICROS = 2n ** 63n - 2n;
/** below this DuckDB stores a timestamp and can do nothing with it */
const MIN_MICROS = -9_223_372_022_400_000_000n;

/** Types that a Date stands for: an instant, counted in `unit` micros. */
function instant(duckdb: DuckDBType, unit: bigint, zoned: boolean, make: (count: bigint) => DuckDBValue): Row {
  return {
    duckdb,
    family: 'time',
    as: ['bigint', 'string'],
    encode(value, as) {
      const micros = instantMicros(value, as, zoned);
      if (micros > MAX_MICROS || micros < MIN_MICROS) throw new Misfit('is outside the range of timestamps');
      if (micros % unit !== 0n)
        throw new Misfit(`holds whole ${unit === MICROS ? 'seconds' : 'milliseconds'}, got a part of one`);
      return make(micros / unit);
    },
  };
}

function instantMicros(value: unknown, as: As | undefined, zoned: boolean): bigint {
  if (as === 'bigint') return typeof value === 'bigint' ? value : misfit('microseconds as a bigint', value);
  if (as === 'string')
    return typeof value === 'string' ? parseTimestamp(value, MICROS, zoned) : misfit('a date and time as text', value);
  return BigInt(validDate(value)) * 1000n;
}

function validDate(value: unknown): number {
  const ms = value instanceof Date ? value.getTime() : Number.NaN;
  return Number.isNaN(ms) ? misfit('a valid Date', value) : ms;
}

const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const FLOAT_MAX = 3.4028235677973366e38; // from here on, float32 rounds to infinity
const I64 = 2n ** 63n;
const I128 = 2n ** 127n;
const MIN_NANOS = -9_223_286_400_000_000_000n; // 1677-09-22: DuckDB holds less, but cannot cast or print it

const SCALARS: Readonly<Record<ScalarName, Row>> = {
  boolean: {
    duckdb: BOOLEAN,
    family: 'boolean',
    encode: (value) => (typeof value === 'boolean' ? value : misfit('a boolean', value)),
  },
  tinyint: integer(TINYINT, -128, 127),
  smallint: integer(SMALLINT, -32_768, 32_767),
  integer: integer(INTEGER, -2_147_483_648, 2_147_483_647),
  utinyint: integer(UTINYINT, 0, 255),
  usmallint: integer(USMALLINT, 0, 65_535),
  uinteger: integer(UINTEGER, 0, 4_294_967_295),
  bigint: big(BIGINT, -I64, I64 - 1n),
  ubigint: big(UBIGINT, 0n, 2n * I64 - 1n),
  hugeint: big(HUGEINT, -I128, I128 - 1n),
  uhugeint: big(UHUGEINT, 0n, 2n * I128 - 1n),
  float: {
    duckdb: FLOAT,
    family: 'real',
    encode(value) {
      if (typeof value !== 'number') return misfit('a number', value);
      if (Number.isFinite(value) && Math.abs(value) >= FLOAT_MAX)
        throw new Misfit('is outside the range of float; use double');
      return Math.fround(value);
    },
  },
  double: {
    duckdb: DOUBLE,
    family: 'real',
    encode: (value) => (typeof value === 'number' ? value : misfit('a number', value)),
  },
  varchar: text(VARCHAR, (value) => {
    if (!value.isWellFormed()) throw new Misfit('holds Unicode text, got a lone surrogate');
    if (value.startsWith('\u{feff}'))
      throw new Misfit('begins with U+FEFF, which the DuckDB binding drops when it reads');
    return value;
  }),
  uuid: text(UUID, (value) => {
    if (!UUID_TEXT.test(value)) throw new Misfit('expects a UUID as text, got another string');
    return DuckDBUUIDValue.fromUint128(BigInt(`0x${value.replaceAll('-', '')}`));
  }),
  bit: text(BIT, (value) => {
    if (!/^[01]+$/.test(value)) throw new Misfit("expects bits as text, such as '10101', got another string");
    return DuckDBBitValue.fromString(value);
  }),
  blob: {
    duckdb: BLOB,
    family: 'other',
    encode: (value) =>
      value instanceof Uint8Array ? new DuckDBBlobValue(Uint8Array.from(value)) : misfit('a Uint8Array', value),
  },
  date: {
    duckdb: DATE,
    family: 'time',
    as: ['string'],
    encode(value, as) {
      if (as === 'string')
        return new DuckDBDateValue(typeof value === 'string' ? parseDate(value) : misfit('a date as text', value));
      const days = validDate(value) / 86_400_000;
      if (!Number.isInteger(days)) throw new Misfit('expects a Date at UTC midnight, got one with a time of day');
      return new DuckDBDateValue(days);
    },
  },
  timestamp: instant(TIMESTAMP, 1n, false, (count) => new DuckDBTimestampValue(count)),
  timestamp_s: instant(TIMESTAMP_S, MICROS, false, (count) => new DuckDBTimestampSecondsValue(count)),
  timestamp_ms: instant(TIMESTAMP_MS, 1000n, false, (count) => new DuckDBTimestampMillisecondsValue(count)),
  timestamptz: instant(TIMESTAMPTZ, 1n, true, (count) => new DuckDBTimestampTZValue(count)),
  timestamp_ns: {
    duckdb: TIMESTAMP_NS,
    family: 'time',
    as: ['bigint'],
    encode(value, as) {
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
      return new DuckDBTimestampNanosecondsValue(nanos);
    },
  },
  time: {
    duckdb: TIME,
    family: 'time',
    as: ['bigint'],
    encode: (value, as) => new DuckDBTimeValue(timeMicros(value, as)),
  },
  timetz: {
    duckdb: TIMETZ,
    family: 'time',
    as: ['bigint'],
    encode(value, as) {
      if (as === 'bigint') return DuckDBTimeTZValue.fromMicrosAndOffset(timeMicros(value, as), 0);
      const { micros, offset } =
        typeof value === 'string' ? parseTimeTz(value) : misfit('a time with its offset as text', value);
      if (Math.abs(offset) > DuckDBTimeTZValue.MaxOffset)
        throw new Misfit('holds offsets up to 15:59:59, got a larger one');
      return DuckDBTimeTZValue.fromMicrosAndOffset(micros, offset);
    },
  },
  interval: {
    duckdb: INTERVAL,
    family: 'other',
    indexable: false,
    encode(value) {
      const { months, days, micros, ...rest } = Object(value) as Record<string, unknown>;
      if (!int32(months) || !int32(days) || typeof micros !== 'bigint' || Object.keys(rest).length > 0) {
        return misfit('{ months, days, micros } with whole months and days and micros as a bigint', value);
      }
      if (micros >= I64 || micros < -I64) throw new Misfit('holds 64 bits of micros, got more');
      return new DuckDBIntervalValue(months, days, micros);
    },
  },
};

const int32 = (value: unknown): value is number => typeof value === 'number' && (value | 0) === value;

function timeMicros(value: unknown, as: As | undefined): bigint {
  if (as !== 'bigint') return typeof value === 'string' ? parseTime(value) : misfit('a time as text', value);
  if (typeof value !== 'bigint') return misfit('microseconds as a bigint', value);
  if (value < 0n || value > DAY_MICROS) throw new Misfit('holds the microseconds of one day, got more or less');
  return value;
}

/** DDL names that differ from the declared name. */
const DDL_NAMES: Partial<Record<ScalarName, string>> = {
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  timetz: 'TIME WITH TIME ZONE',
};

const scalars = new Map<string, SqlType>(
  Object.entries(SCALARS).map(([name, row]) => [
    name,
    Object.freeze({
      indexable: true,
      as: [],
      ddl: DDL_NAMES[name as ScalarName] ?? name.toUpperCase(),
      enums: [],
      name,
      ...row,
    }),
  ]),
);

/** Names of all types that need no arguments. */
export const SCALAR_NAMES: readonly string[] = [...scalars.keys()];

export function scalarType(name: string): SqlType | undefined {
  return scalars.get(name);
}

/** `decimal(width,scale)`, exact, as text. */
export function decimalType(width: number, scale: number): SqlType {
  return Object.freeze({
    name: `decimal(${width},${scale})`,
    ddl: `DECIMAL(${width},${scale})`,
    duckdb: DECIMAL(width, scale),
    family: 'decimal',
    indexable: true,
    as: ['number'] as const,
    enums: [],
    encode(value: unknown, as?: As) {
      if (as === 'number') {
        if (typeof value !== 'number' || !Number.isFinite(value)) return misfit('a finite number', value);
        return new DuckDBDecimalValue(scaled(String(value), width, scale), width, scale);
      }
      if (typeof value !== 'string')
        return misfit("a decimal number as text, such as '12.50' (or declare as: 'number')", value);
      return new DuckDBDecimalValue(scaled(value, width, scale), width, scale);
    },
  });
}
