// Group keys that are made of a time: buckets and parts of a date, and their SQL. Not here: aggregates (aggregate.ts).
import { durationMs, type Duration } from '../duration.js';
import { quote } from '../entity/identifier.js';
import { describe } from '../entity/misfit.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { scalarType, type SqlType } from '../entity/types.js';
import { DatabaseError } from '../errors.js';
import { columnOf, operandOf } from './select.js';
import { comparable, type Operand } from './operand.js';

/** Buckets of the calendar, in months. */
const MONTHS = { month: 1, quarter: 3, year: 12 } as const;

/** How wide buckets are. */
export type BucketWidth = Duration | keyof typeof MONTHS;

/**
 * A group key: the start of the bucket that a time falls into.
 *
 * @example const hourly: TimeBucket<'at'> = timeBucket('1h', 'at');
 */
export class TimeBucket<K extends string = string> {
  /** @internal */
  constructor(
    /** how wide a bucket is */
    readonly width: BucketWidth,
    /** the property that holds the time */
    readonly property: K,
    /** where some bucket begins */
    readonly origin?: Date,
  ) {
    if (monthsOf(width) !== undefined) {
      if (origin !== undefined)
        throw new DatabaseError('E_CONFIG', `timeBucket: buckets of a ${width} begin with it, and take no origin.`);
    } else if (typeof width !== 'string' || !/^[\d.]+(?:ms|s|m|h|d)$/.test(width))
      throw new DatabaseError(
        'E_CONFIG',
        `timeBucket: ${typeof width === 'string' ? JSON.stringify(width) : describe(width)} is no width. Write a number with its unit: '30s', '5m', '1h', '1d' or '7d'; or 'month', 'quarter' or 'year'.`,
      );
    else if (durationMs(width as Duration, 'timeBucket') < 0.001)
      throw new DatabaseError('E_CONFIG', `timeBucket: the width is at least a microsecond, got '${width}'.`);
    if (origin !== undefined && !(origin instanceof Date && Number.isFinite(origin.getTime())))
      throw new DatabaseError('E_CONFIG', `timeBucket: the origin is a valid Date, got ${describe(origin)}.`);
    Object.freeze(this);
  }
}

const monthsOf = (width: unknown): number | undefined =>
  typeof width === 'string' && Object.hasOwn(MONTHS, width) ? MONTHS[width as keyof typeof MONTHS] : undefined;

/**
 * Groups by stretches of time, each named by its start (UTC).
 *
 * @param width a duration, or `'month'`, `'quarter'`, `'year'` of the calendar
 * @param options.origin where some bucket begins; default Monday, 2000-01-03, midnight UTC, so that weeks begin on Mondays
 * @throws DatabaseError `E_CONFIG` for a width that is no duration, and an origin that is no valid Date
 * @example await results.aggregate({ groupBy: { hour: timeBucket('1h', 'createdAt') }, select: { runs: count() } });
 * @example await prices.aggregate({ groupBy: { month: timeBucket('month', 'day') }, select: { mean: avg('close') } });
 * @example const session = timeBucket('1d', 'at', { origin: new Date('2026-01-01T21:00:00Z') });
 * await trades.aggregate({ groupBy: { session }, select: { shares: sum('qty') } });
 */
export const timeBucket = <const K extends string>(
  width: BucketWidth,
  property: K,
  options: { readonly origin?: Date } = {},
): TimeBucket<K> => new TimeBucket(width, property, options.origin);

/** Names of the parts of a date, and what they are to DuckDB. */
const PARTS = {
  year: 'year', quarter: 'quarter', month: 'month', week: 'week', isoyear: 'isoyear', day: 'day',
  dayOfWeek: 'dow', isoDayOfWeek: 'isodow', dayOfYear: 'doy', hour: 'hour', minute: 'minute', second: 'second',
} as const; // prettier-ignore
const OF_A_DAY: readonly string[] = ['hour', 'minute', 'second'];

/** A part of a date or time that rows can be grouped by. */
export type DatePartName = keyof typeof PARTS;

/**
 * A group key: a part of a date.
 *
 * @example const byMonth: DatePart<'at'> = datePart('month', 'at');
 */
export class DatePart<K extends string = string> {
  /** @internal */
  constructor(
    /** which part */
    readonly part: DatePartName,
    /** the property that holds the date */
    readonly property: K,
  ) {
    if (typeof part !== 'string' || !Object.hasOwn(PARTS, part))
      throw new DatabaseError('E_QUERY', `datePart: the part is one of ${Object.keys(PARTS).join(', ')}.`);
    Object.freeze(this);
  }
}

/**
 * Groups by a part of a date or timestamp, as a whole number in UTC. `week` is the ISO week (1 to 53) of the year `isoyear`;
 * `dayOfWeek` is 0 (Sunday) to 6, `isoDayOfWeek` 1 (Monday) to 7; `second` leaves fractions out. Null where the column is, and
 * where the date is infinite.
 *
 * @throws DatabaseError `E_QUERY` for another part
 * @example await results.aggregate({ groupBy: { month: datePart('month', 'createdAt') }, select: { runs: count() } });
 * // { month: number; runs: number }[]
 */
export const datePart = <const K extends string>(part: DatePartName, property: K): DatePart<K> =>
  new DatePart(part, property);

const BIGINT = scalarType('bigint') as SqlType;
const MICROS_PER_DAY = 86_400_000_000;

/** The whole units, in microseconds, that a type of times can hold. */
const UNITS: Readonly<Record<string, readonly [micros: number, name: string]>> = {
  date: [MICROS_PER_DAY, 'days'],
  timestamp_s: [1_000_000, 'seconds'],
  timestamp_ms: [1000, 'milliseconds'],
};

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

/** Whether it is a point in time: not a time of day. */
export const isInstant = (column: Column): boolean => /^(?:date|timestamp.*)$/.test(column.type.name);

const widthMicros = (width: BucketWidth): number => Math.round(durationMs(width as Duration) * 1000);

/** Buckets as numbers: those that follow each other are `width` apart. */
export interface Scale {
  readonly width: number;
  /** the number of a bucket */
  of(bucket: string): string;
  /** the bucket of a number, in the type of the column */
  at(number: string): string;
}

export function scaleOf(column: Column, { width }: TimeBucket): Scale {
  const zoned = isZoned(column);
  const plain = (timestamp: string): string => `CAST(${timestamp} AS ${column.type.ddl})`;
  const months = monthsOf(width);
  if (months === undefined)
    return {
      width: widthMicros(width),
      of: (bucket) => `epoch_us(${bucket})`,
      at: (number) => (zoned ? `make_timestamptz(${number})` : plain(`make_timestamp(${number})`)),
    };
  const month = (number: string): string => `(DATE '1970-01-01' + to_months(CAST(${number} AS INTEGER)))`;
  return {
    width: months,
    of: (bucket) => `date_diff('month', DATE '1970-01-01', CAST(${bucket} AS DATE))`,
    at: (number) => (zoned ? `timezone('UTC', ${month(number)})` : plain(month(number))),
  };
}

/** A Date as SQL, to the microsecond; DuckDB's time zone is UTC here. */
export const instantSql = (date: Date, zoned: boolean): string =>
  `make_timestamp${zoned ? 'tz' : ''}(${BigInt(date.getTime()) * 1000n})`;

export const isZoned = (column: Column): boolean => column.type.name === 'timestamptz';

/** A group key as an operand of conditions and orders. */
export function groupOperand(entity: EntitySchema, key: unknown): Operand {
  if (key instanceof DatePart) return partOperand(entity, key);
  if (!(key instanceof TimeBucket)) return comparable('aggregate: groupBy', operandOf(entity, columnOf(entity, key)));
  const column = columnOf(entity, key.property);
  return { ...operandOf(entity, column), sql: bucketSql(entity, column, key, quote(column.name)) };
}

/** The start of the bucket that the time `sql` falls into, in the type of the column. */
export function bucketSql(entity: EntitySchema, column: Column, key: TimeBucket, sql: string): string {
  const label = `${entity.className}.${column.property}`;
  if (!isInstant(column)) fail(`timeBucket: ${label} is ${column.type.name}, not a date or timestamp.`);
  if (monthsOf(key.width) !== undefined) {
    const bucket = `date_trunc('${key.width}', ${sql})`;
    return isZoned(column) ? bucket : `CAST(${bucket} AS ${column.type.ddl})`;
  }
  const [unit, name] = UNITS[column.type.name] ?? [1, 'microseconds'];
  const micros = widthMicros(key.width);
  if (micros % unit !== 0)
    fail(
      `timeBucket: ${label} is a ${column.type.name}: buckets of '${key.width}' would begin within one of its units. Give whole ${name}.`,
    );
  if (key.origin !== undefined && (key.origin.getTime() * 1000) % unit !== 0)
    fail(`timeBucket: ${label} is a ${column.type.name}: its buckets begin at whole ${name}, and the origin does not.`);
  const origin = key.origin === undefined ? '' : `, ${instantSql(key.origin, isZoned(column))}`;
  const bucket = `time_bucket(to_microseconds(${micros}), ${sql}${origin})`;
  return isZoned(column) ? bucket : `CAST(${bucket} AS ${column.type.ddl})`;
}

function partOperand(entity: EntitySchema, { part, property }: DatePart): Operand {
  const column = columnOf(entity, property);
  const { label } = operandOf(entity, column);
  const ofDay = OF_A_DAY.includes(part);
  if (!(ofDay && column.type.name === 'time') && (!isInstant(column) || (ofDay && column.type.name === 'date')))
    fail(`datePart: ${label} is ${column.type.name}, which has no ${part}.`);
  return { label, sql: `date_part('${PARTS[part]}', ${quote(column.name)})`, type: BIGINT, as: 'number' };
}
