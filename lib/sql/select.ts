// SELECT over one entity: find, count, exists. Not here: aggregates.
import { quote } from '../entity/identifier.js';
import { describe } from '../entity/misfit.js';
import { readingOf } from '../entity/related.js';
import type { ColumnKey } from '../entity/row.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { DatabaseError, type ErrorCode } from '../errors.js';
import { CALL_OPTIONS, type CallOptions } from '../limit.js';
import type { Where } from './operator.js';
import { SqlBuilder, type Statement } from './statement.js';
import { comparable, type Operand, type Resolve } from './operand.js';
import { whereInto } from './where.js';

/** A direction, or one with where NULLs go (DuckDB's default is last). */
export type Direction = 'asc' | 'desc' | { readonly dir: 'asc' | 'desc'; readonly nulls: 'first' | 'last' };

/** Keys in their order of weight; several objects where the order of keys should be plain to see. */
export type OrderBy<K extends string> =
  { readonly [P in K]?: Direction } | readonly { readonly [P in K]?: Direction }[];

/** Nothing is included. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- no key at all is what it says
export type NoInclude = Record<never, never>;

/** What `find` takes. */
export interface FindOptions<E, K extends ColumnKey<E> = ColumnKey<E>, I = NoInclude> extends CallOptions {
  /** which rows; default all */
  readonly where?: Where<E>;
  /** only these properties; default all */
  readonly select?: readonly K[];
  /** rows of other entities that are related to these, each by `many` or `one` */
  readonly include?: I;
  /** their order; default any, which may change from call to call */
  readonly orderBy?: OrderBy<ColumnKey<E>>;
  /** at most this many rows; default all */
  readonly limit?: number;
  /** after skipping this many; default none */
  readonly offset?: number;
  /** `false` goes to the database even where the entity is `@Cached` */
  readonly cache?: boolean;
}

export const FIND_OPTIONS = ['where', 'select', 'include', 'orderBy', 'limit', 'offset', 'cache', ...CALL_OPTIONS];

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

/** Refuses options that do not exist, which would otherwise be ignored in silence. */
export function knownOptions(
  options: object,
  known: readonly string[],
  what: string,
  code: ErrorCode = 'E_QUERY',
): void {
  const refuse = (why: string): never => {
    throw new DatabaseError(code, why);
  };
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    refuse(`${what} takes an object of options.`);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) refuse(`${what} has no option '${unknown}'. Options: ${known.join(', ')}.`);
}

export function columnOf(entity: EntitySchema, property: unknown): Column {
  const column = typeof property === 'string' ? entity.byProperty.get(property) : undefined;
  return (
    column ??
    fail(
      `${entity.className} has no column ${typeof property === 'string' ? JSON.stringify(property) : describe(property)}. Columns: ${[...entity.byProperty.keys()].join(', ')}.`,
    )
  );
}

/** A column that rows are grouped or put in order by. */
export function comparedColumn(entity: EntitySchema, property: unknown, what = 'orderBy'): Column {
  const column = columnOf(entity, property);
  comparable(what, operandOf(entity, column));
  return column;
}

/** Columns of an entity as operands of conditions. */
export function resolverOf(entity: EntitySchema): Resolve {
  return (property) => operandOf(entity, columnOf(entity, property));
}

export function operandOf(entity: EntitySchema, column: Column): Operand {
  const { property, type, as } = column;
  return { label: `${entity.className}.${property}`, property, sql: quote(column.name), type, as };
}

/** The columns that `select` names, or all; its order, each once. */
export function selectedColumns(entity: EntitySchema, select: unknown): readonly Column[] {
  if (select === undefined) return entity.columns;
  if (!Array.isArray(select) || select.length === 0) return fail('select is a list of at least one property.');
  return [...new Set(select as readonly unknown[])].map((property) => columnOf(entity, property));
}

/** Rows with nothing that is related to them. */
export function selectStatement(
  entity: EntitySchema,
  columns: readonly Column[],
  options: FindOptions<never>,
): Statement {
  knownOptions(options, FIND_OPTIONS, 'find');
  const builder = new SqlBuilder().add('SELECT ');
  builder.list(columns, (column) => builder.add(quote(column.name)));
  builder.add(' FROM ').table(entity);
  whereInto(builder, options.where, resolverOf(entity));
  orderInto(builder, options.orderBy, (property) => quote(comparedColumn(entity, property).name));
  return limitInto(builder, options.limit, options.offset).reading(columns.map(readingOf));
}

export function countStatement(entity: EntitySchema, where: unknown): Statement {
  const builder = new SqlBuilder().add('SELECT count(*) FROM ').table(entity);
  return whereInto(builder, where, resolverOf(entity)).reading(['number']);
}

export function existsStatement(entity: EntitySchema, where: unknown): Statement {
  const builder = new SqlBuilder().add('SELECT EXISTS (SELECT 1 FROM ').table(entity);
  return whereInto(builder, where, resolverOf(entity)).add(')').reading();
}

/** One key of an order as it was asked for. */
export interface OrderKey {
  readonly key: string;
  readonly dir: 'asc' | 'desc';
  readonly nulls: 'first' | 'last' | undefined;
}

/** The keys of an `orderBy`, in their order of weight. */
export function orderKeys(orderBy: unknown): readonly OrderKey[] {
  if (orderBy === undefined) return [];
  if (typeof orderBy !== 'object' || orderBy === null)
    return fail("orderBy is an object such as { createdAt: 'desc' }, or a list of them.");
  return (Array.isArray(orderBy) ? (orderBy as readonly object[]) : [orderBy])
    .flatMap((part) => Object.entries(part))
    .map(([key, direction]: [string, unknown]) => ({ key, ...directionOf(key, direction) }));
}

function directionOf(key: string, direction: unknown): Omit<OrderKey, 'key'> {
  const { dir, nulls } = (
    typeof direction === 'object' && direction !== null ? direction : { dir: direction, nulls: undefined }
  ) as {
    dir: unknown;
    nulls: unknown;
  };
  if ((dir !== 'asc' && dir !== 'desc') || (nulls !== undefined && nulls !== 'first' && nulls !== 'last')) {
    return fail(`orderBy ${key}: the direction is 'asc', 'desc' or { dir: 'asc' | 'desc', nulls: 'first' | 'last' }.`);
  }
  return { dir, nulls };
}

/** Appends ORDER BY; `expression` turns a key into SQL, or throws. */
export function orderInto(builder: SqlBuilder, orderBy: unknown, expression: (key: string) => string): void {
  const keys = orderKeys(orderBy);
  if (keys.length === 0) return;
  builder
    .add(' ORDER BY ')
    .list(keys, ({ key, dir, nulls }) => builder.add(expression(key) + directionSql(dir, nulls)));
}

export function directionSql(dir: OrderKey['dir'], nulls: OrderKey['nulls']): string {
  return ` ${dir.toUpperCase()}${nulls === undefined ? '' : ` NULLS ${nulls.toUpperCase()}`}`;
}

/** Appends LIMIT and OFFSET. The numbers are checked, so they stand in the text. */
export function limitInto(builder: SqlBuilder, limit: unknown, offset: unknown): SqlBuilder {
  if (limit !== undefined) builder.add(` LIMIT ${wholeNumber('limit', limit)}`);
  if (offset !== undefined) builder.add(` OFFSET ${wholeNumber('offset', offset)}`);
  return builder;
}

export function wholeNumber(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    fail(`${name} is a whole number from 0, got ${describe(value)}.`);
  return value;
}
