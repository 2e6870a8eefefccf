// Aggregates over one entity: the functions, the types of their results, and the SQL. Not here: windows and joins.
import type { DuckDBDecimalType } from '@duckdb/node-api';
import { identifierProblem, quote, quoteLiteral } from '../entity/identifier.js';
import { durationMs, type Duration } from '../duration.js';
import type { ColumnKey } from '../entity/row.js';
import type { As, Unmarked } from '../entity/property-type.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { decimalType, scalarType, type Family, type SqlType } from '../entity/types.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS, type CallOptions } from '../limit.js';
import type { Where } from './operator.js';
import { columnOf, knownOptions, limitInto, orderInto, resolverOf, type OrderBy } from './select.js';
import { SqlBuilder, type Statement } from './statement.js';
import type { Operand } from './operand.js';
import { whereInto } from './where.js';

type AggregateName =
  | 'count' | 'countDistinct' | 'sum' | 'avg' | 'min' | 'max' | 'median' | 'quantile' | 'stddev'
  | 'first' | 'last' | 'argMin' | 'argMax' | 'collect'; // prettier-ignore

/** An aggregate of a column, made by its function. `K` is the property, `B` the one it is ordered by. */
export class Aggregate<N extends AggregateName = AggregateName, K extends string = string, B extends string = string> {
  constructor(
    readonly name: N,
    readonly property: K | undefined,
    readonly by: B | undefined,
    readonly quantile: number | undefined,
  ) {
    Object.freeze(this);
  }
}

const aggregate = <N extends AggregateName, K extends string, B extends string = never>(
  name: N,
  property?: K,
  by?: B,
  q?: number,
): Aggregate<N, K, B> => new Aggregate(name, property, by, q);

/** Rows, or rows where the property is not NULL. A number; beyond 2^53 it is an error. */
export const count = <const K extends string = never>(property?: K): Aggregate<'count', K, never> =>
  aggregate('count', property);
/** Different values, NULL not counted. */
export const countDistinct = <const K extends string>(property: K): Aggregate<'countDistinct', K, never> =>
  aggregate('countDistinct', property);
/** The sum, in the type of the column: exact text for decimals, bigint for bigints, a number (or an error) for integers. */
export const sum = <const K extends string>(property: K): Aggregate<'sum', K, never> => aggregate('sum', property);
/** The mean, as a number. */
export const avg = <const K extends string>(property: K): Aggregate<'avg', K, never> => aggregate('avg', property);
/** The smallest value, in the type of the column. */
export const min = <const K extends string>(property: K): Aggregate<'min', K, never> => aggregate('min', property);
/** The largest value, in the type of the column. */
export const max = <const K extends string>(property: K): Aggregate<'max', K, never> => aggregate('max', property);
/** The median, as a number. */
export const median = <const K extends string>(property: K): Aggregate<'median', K, never> =>
  aggregate('median', property);
/** The continuous quantile, `q` from 0 to 1, as a number. */
export const quantile = <const K extends string>(property: K, q: number): Aggregate<'quantile', K, never> =>
  aggregate<'quantile', K>('quantile', property, undefined, q);
/** The sample standard deviation, as a number; null for fewer than two values. */
export const stddev = <const K extends string>(property: K): Aggregate<'stddev', K, never> =>
  aggregate('stddev', property);
/** The first value, by the order of `by` where given, else as stored. */
export const first = <const K extends string, const B extends string = never>(
  property: K,
  by?: B,
): Aggregate<'first', K, B> => aggregate('first', property, by);
/** The last value, by the order of `by` where given, else as stored. */
export const last = <const K extends string, const B extends string = never>(
  property: K,
  by?: B,
): Aggregate<'last', K, B> => aggregate('last', property, by);
/** The value of `property` in the row where `by` is smallest. */
export const argMin = <const K extends string, const B extends string>(property: K, by: B): Aggregate<'argMin', K, B> =>
  aggregate('argMin', property, by);
/** The value of `property` in the row where `by` is largest. */
export const argMax = <const K extends string, const B extends string>(property: K, by: B): Aggregate<'argMax', K, B> =>
  aggregate('argMax', property, by);
/** All values as a list, by the order of `by` where given. */
export const collect = <const K extends string, const B extends string = never>(
  property: K,
  by?: B,
): Aggregate<'collect', K, B> => aggregate('collect', property, by);

/** A group key: the start of the bucket that a time falls into. */
export class TimeBucket<K extends string = string> {
  constructor(
    readonly width: Duration,
    readonly property: K,
  ) {
    if (durationMs(width, 'timeBucket') < 0.001)
      throw new DatabaseError('E_CONFIG', `timeBucket: the width is at least a microsecond, got '${width}'.`);
    Object.freeze(this);
  }
}

/**
 * Groups by stretches of time, each named by its start (UTC).
 *
 * @throws DatabaseError `E_CONFIG` for a width that is no duration
 * @example groupBy: { hour: timeBucket('1h', 'createdAt') }
 */
export const timeBucket = <const K extends string>(width: Duration, property: K): TimeBucket<K> =>
  new TimeBucket(width, property);

type KeyOf<E, V> = { [K in ColumnKey<E>]: NonNullable<Unmarked<E[K & keyof E]>> extends V ? K : never }[ColumnKey<E>];
type Numeric<E> = KeyOf<E, number | bigint | string>;
type Sortable<E> = KeyOf<E, number | bigint | string | Date | boolean>;
type Value<E, K> = K extends keyof E ? NonNullable<Unmarked<E[K]>> : never;

/** The aggregates that an entity's columns allow. */
export type AggregateOf<E> =
  | Aggregate<
      'count' | 'countDistinct' | 'first' | 'last' | 'collect' | 'argMin' | 'argMax',
      ColumnKey<E>,
      ColumnKey<E>
    >
  | Aggregate<'sum' | 'avg' | 'median' | 'quantile' | 'stddev', Numeric<E>, never>
  | Aggregate<'min' | 'max', Sortable<E>, never>;

/** What an aggregate gives. All but counts may be null: over no rows, or over NULLs alone. */
export type AggregateValue<E, A> =
  A extends Aggregate<infer N, infer K>
    ? N extends 'count' | 'countDistinct'
      ? number
      : N extends 'avg' | 'median' | 'quantile' | 'stddev'
        ? number | null
        : N extends 'collect'
          ? Unmarked<E[K & keyof E]>[] | null
          : Value<E, K> | null
    : never;

/** What `groupBy` takes: properties, or names for properties and time buckets. */
export type GroupBy<E> =
  readonly ColumnKey<E>[] | Readonly<Record<string, ColumnKey<E> | TimeBucket<KeyOf<E, Date | string>>>>;

type Grouped<E, G> = G extends readonly (infer K)[]
  ? { [P in K & keyof E]: Unmarked<E[P]> }
  : {
      -readonly [P in keyof G]: G[P] extends TimeBucket<infer K>
        ? Unmarked<E[K & keyof E]>
        : Unmarked<E[G[P] & keyof E]>;
    };

type Flat<T> = { [K in keyof T]: T[K] } & {};

/** One row of an aggregate: its group keys and its aggregates. */
export type AggregateRow<E, G, A> = Flat<Grouped<E, G> & { -readonly [K in keyof A]: AggregateValue<E, A[K]> }>;

type KeysOfGroup<G> = G extends readonly (infer K)[] ? K : keyof G;

/** What `aggregate` takes. */
export interface AggregateOptions<E, G, A> extends CallOptions {
  readonly groupBy?: G;
  readonly select: A;
  readonly where?: Where<E>;
  /** conditions on the aggregates, by their names in `select` */
  readonly having?: Where<{ [K in keyof A]: AggregateValue<E, A[K]> }>;
  readonly orderBy?: OrderBy<(KeysOfGroup<NoInfer<G>> | keyof A) & string>;
  readonly limit?: number;
  readonly offset?: number;
  /** `false` goes to the database even where the entity is `@Cached` */
  readonly cache?: boolean;
}

/** What `aggregate` takes for one row over everything: nothing that groups, and nothing that could leave the row out. */
export type TotalOptions<E, A> = Omit<
  AggregateOptions<E, readonly [], A>,
  'groupBy' | 'having' | 'limit' | 'offset'
> & {
  readonly [K in 'groupBy' | 'having' | 'limit' | 'offset']?: never;
};

/** One column of the result. */
export interface AggregateColumn {
  readonly name: string;
  readonly operand: Operand;
}

const OPTIONS = ['groupBy', 'select', 'where', 'having', 'orderBy', 'limit', 'offset', 'cache', ...CALL_OPTIONS];
const NUMERIC: readonly Family[] = ['integer', 'bigint', 'real', 'decimal'];

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

const DOUBLE = scalarType('double') as SqlType;
const DAY_MS = 86_400_000;
const HUGEINT = scalarType('hugeint') as SqlType;

/** The columns of the result, group keys first. */
export function aggregateColumns(
  entity: EntitySchema,
  options: { groupBy?: unknown; select?: unknown },
): { keys: AggregateColumn[]; values: AggregateColumn[] } {
  const { groupBy = [], select } = options;
  if (typeof select !== 'object' || select === null || Array.isArray(select))
    return fail('aggregate: select names the aggregates, such as { runs: count() }.');
  if (typeof groupBy !== 'object' || groupBy === null)
    return fail(
      "aggregate: groupBy is a list of properties, or an object that names them, such as { hour: timeBucket('1h', 'at') }.",
    );
  const groups: [string, unknown][] = Array.isArray(groupBy)
    ? groupBy.map((property) => [String(property), property])
    : Object.entries(groupBy);
  const keys = groups.map(([name, key]) => ({ name, operand: groupOperand(entity, key) }));
  const values = Object.entries(select).map(([name, value]) => ({
    name,
    operand: aggregateOperand(entity, name, value),
  }));
  const all = [...keys, ...values].map((column) => column.name);
  const odd = all.find((name) => identifierProblem(name) !== undefined);
  if (odd !== undefined) fail(`aggregate: the name ${JSON.stringify(odd)} ${identifierProblem(odd)}. Choose another.`);
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice !== undefined) fail(`aggregate: '${twice}' is both a group key and an aggregate. Rename one.`);
  if (all.length === 0) fail('aggregate: select at least one aggregate, or group by something.');
  return { keys, values };
}

export function aggregateStatement(
  entity: EntitySchema,
  options: object,
): { statement: Statement; names: readonly string[] } {
  knownOptions(options, OPTIONS, 'aggregate');
  const { where, having, orderBy, limit, offset } = options as Record<string, unknown>;
  const { keys, values } = aggregateColumns(entity, options);
  const columns = [...keys, ...values];
  const find = (what: string, among: readonly AggregateColumn[]) => (name: string) =>
    (
      among.find((column) => column.name === name) ??
      fail(`${what}: there is no '${name}'. There is: ${among.map((column) => column.name).join(', ')}.`)
    ).operand;
  const builder = new SqlBuilder().add('SELECT ');
  builder.list(columns, ({ name, operand }) => builder.add(`${operand.sql} AS ${quote(name)}`));
  builder.add(' FROM ').table(entity);
  whereInto(builder, where, resolverOf(entity));
  if (keys.length > 0) builder.add(' GROUP BY ').list(keys, ({ operand }) => builder.add(operand.sql));
  // by expression and not by alias: an alias that is also a column would mean the column
  whereInto(builder, having, find('having', values), 'HAVING');
  orderInto(builder, orderBy, (name) => {
    const { sql } = find('orderBy', columns)(name);
    // and a bare column would mean the alias, were an aggregate named like it: a group key goes by its place
    const place = keys.findIndex((key) => key.name === name) + 1;
    return place === 0 ? sql : String(place);
  });
  const statement = limitInto(builder, limit, offset).reading(columns.map((column) => column.operand.as));
  return { statement, names: columns.map((column) => column.name) };
}

function groupOperand(entity: EntitySchema, key: unknown): Operand {
  if (!(key instanceof TimeBucket)) return columnOperand(columnOf(entity, key), entity);
  const column = columnOf(entity, key.property);
  if (!/^(?:date|timestamp.*)$/.test(column.type.name))
    fail(`timeBucket: ${entity.className}.${column.property} is ${column.type.name}, not a date or timestamp.`);
  if (column.type.name === 'date' && durationMs(key.width) % DAY_MS !== 0)
    fail(
      `timeBucket: ${entity.className}.${column.property} is a date: buckets of '${key.width}' would begin within a day. Give whole days.`,
    );
  const width = `to_microseconds(${Math.round(durationMs(key.width) * 1000)})`;
  const bucket = `time_bucket(${width}, ${quote(column.name)})`;
  return {
    ...columnOperand(column, entity),
    sql: column.type.name === 'timestamptz' ? bucket : `CAST(${bucket} AS ${column.type.ddl})`,
  };
}

function columnOperand(column: Column, entity: EntitySchema): Operand {
  return { label: `${entity.className}.${column.property}`, sql: quote(column.name), type: column.type, as: column.as };
}

function aggregateOperand(entity: EntitySchema, alias: string, value: unknown): Operand {
  if (!(value instanceof Aggregate))
    return fail(`aggregate: '${alias}' is no aggregate. Write one of count(), sum('...'), avg('...') ...`);
  const { name, property, by, quantile: q } = value as Aggregate;
  if (property === undefined) {
    if (name !== 'count') fail(`aggregate: ${name} needs a property.`);
    return { label: alias, sql: 'count(*)', type: HUGEINT, as: 'number' };
  }
  const column = columnOf(entity, property);
  const order = by === undefined ? undefined : quote(columnOf(entity, by).name);
  const own = columnOperand(column, entity);
  const result = (sql: string, type: SqlType = own.type, as: As | undefined = own.as): Operand => ({
    label: alias,
    sql,
    type,
    as,
  });
  switch (name) {
    case 'count':
      return result(`count(${own.sql})`, HUGEINT, 'number');
    case 'countDistinct':
      return result(`count(DISTINCT ${own.sql})`, HUGEINT, 'number');
    case 'min':
    case 'max':
      return result(`${name}(${own.sql})`);
    case 'argMin':
    case 'argMax':
      return result(
        `${name === 'argMin' ? 'arg_min' : 'arg_max'}(${own.sql}, ${order ?? fail(`aggregate: ${name} needs the property to order by.`)})`,
      );
    case 'first':
    case 'last':
      return result(`${name}(${own.sql}${order === undefined ? '' : ` ORDER BY ${order}`})`);
    case 'collect':
      if (own.as !== undefined)
        fail(
          `aggregate: collect of ${own.label}, which is read as: '${own.as}', is not supported. Collect a column without 'as'.`,
        );
      return result(`list(${own.sql}${order === undefined ? '' : ` ORDER BY ${order}`})`);
    default:
  }
  const { family } = own.type;
  if (!NUMERIC.includes(family)) fail(`aggregate: ${name} of ${own.label} needs a number, and it is ${own.type.name}.`);
  if (name === 'sum') {
    // a sum is wider than its items
    if (family === 'integer') return result(`sum(${own.sql})`, HUGEINT, 'number');
    // DuckDB would sum it as a DOUBLE; what is too large for HUGEINT is an error, as every sum beyond it
    if (own.type.name === 'uhugeint') return result(`sum(CAST(${own.sql} AS HUGEINT))`, HUGEINT);
    if (family === 'bigint') return result(`sum(${own.sql})`, HUGEINT);
    if (family === 'decimal')
      return result(`sum(${own.sql})`, decimalType(38, (own.type.duckdb as DuckDBDecimalType).scale));
    return result(`sum(${own.sql})`);
  }
  const real = family === 'decimal' ? `CAST(${own.sql} AS DOUBLE)` : own.sql;
  if (name === 'quantile') {
    if (typeof q !== 'number' || !(q >= 0 && q <= 1)) fail('aggregate: quantile takes a number from 0 to 1.');
    return result(`quantile_cont(${real}, ${quoteLiteral(String(q))}::DOUBLE)`, DOUBLE, undefined);
  }
  return result(`${name === 'stddev' ? 'stddev_samp' : name}(${real})`, DOUBLE, undefined);
}
