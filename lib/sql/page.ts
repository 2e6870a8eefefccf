// The SELECT of one page by keyset: rows beyond a place in a total order. Not here: how a place travels (reading/cursor.ts).
import { quote } from '../entity/identifier.js';
import type { As } from '../entity/property-type.js';
import type { ColumnKey } from '../entity/row.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS } from '../limit.js';
import { readingsOf, rowsInto, type Rows } from './include.js';
import {
  columnOf,
  directionSql,
  knownOptions,
  limitInto,
  orderKeys,
  resolverOf,
  type FindOptions,
  type NoInclude,
  type OrderKey,
} from './select.js';
import { SqlBuilder, type Statement } from './statement.js';
import { whereInto } from './where.js';

/** What `findPage` takes. */
export interface FindPageOptions<E, K extends ColumnKey<E> = ColumnKey<E>, I = NoInclude> extends Omit<
  FindOptions<E, K, I>,
  'limit' | 'offset'
> {
  /** rows of a page; default 50 */
  readonly limit?: number;
  /** the page behind this cursor: `next` of the page before it */
  readonly after?: string | undefined;
  /** the page before this cursor: `previous` of the page behind it. Its rows are in the same order */
  readonly before?: string | undefined;
}

const PAGE_OPTIONS = ['where', 'select', 'include', 'orderBy', 'limit', 'after', 'before', 'cache', ...CALL_OPTIONS];

/** One key of a total order. */
export interface SortKey {
  readonly column: Column;
  readonly dir: 'asc' | 'desc';
  readonly nulls: 'first' | 'last';
  /** how its value is read so that nothing of it is lost */
  readonly as: As | undefined;
}

/** A place in an order: between two rows. */
export interface Place {
  /** of the row that it is beside, by key; null for NULL */
  readonly values: readonly unknown[];
  /** whether that row itself is on the side that is asked for */
  readonly inclusive: boolean;
}

/** Which rows of an order. */
export interface PageOf {
  readonly keys: readonly SortKey[];
  readonly place: Place | undefined;
  readonly backwards: boolean;
  readonly limit: number;
}

const DEFAULT_LIMIT = 50;

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

/** @throws DatabaseError `E_QUERY` for options that are none */
export function pageLimit(options: object): number {
  knownOptions(options, PAGE_OPTIONS, 'findPage');
  const { limit = DEFAULT_LIMIT, after, before } = options as FindPageOptions<never>;
  if (!Number.isSafeInteger(limit) || limit < 1) fail('findPage: limit is a whole number from 1.');
  if (after !== undefined && before !== undefined) fail('findPage: give after or before, not both.');
  return limit;
}

/**
 * The keys that put all rows of an entity in one order: what was asked for, and the primary key behind it.
 *
 * @throws DatabaseError `E_QUERY` for a column without an order, and where no key tells two rows apart
 */
export function sortKeysOf(entity: EntitySchema, orderBy: unknown): readonly SortKey[] {
  const keys: SortKey[] = [];
  const add = (column: Column, dir: OrderKey['dir'], nulls: OrderKey['nulls']): void => {
    // what stands there before has decided
    if (keys.some((key) => key.column === column)) return;
    if (!isOrdered(column))
      fail(`findPage: ${entity.className}.${column.property} is ${column.type.name}, which has no order for pages.`);
    keys.push({ column, dir, nulls: nulls ?? 'last', as: exactReading(column) });
  };
  for (const { key, dir, nulls } of orderKeys(orderBy)) add(columnOf(entity, key), dir, nulls);
  for (const column of entity.primaryKey) add(column, 'asc', undefined);
  if (entity.primaryKey.length === 0 && !isTotal(entity, new Set(keys.map(({ column }) => column))))
    fail(
      `findPage: ${entity.className} has no primary key, so order by a unique key without nullable columns: pages of rows that nothing tells apart would lose some of them.`,
    );
  return keys;
}

function isTotal({ columns, indexes }: EntitySchema, keys: ReadonlySet<Column>): boolean {
  const unique = [
    ...columns.filter((column) => column.unique).map((column) => [column]),
    ...indexes.filter((index) => index.unique).map((index) => index.columns),
  ];
  return unique.some((key) => key.every((column) => !column.nullable && keys.has(column)));
}

/** Of a blob and an interval DuckDB knows the order; json it would order by its text. */
function isOrdered({ type }: Column): boolean {
  if (type.json || type.family === 'list') return false;
  return type.family !== 'other' || type.name === 'blob' || type.name === 'interval';
}

/** A `Date` is of milliseconds and has fewer years, a number fewer digits. */
function exactReading({ type }: Column): As | undefined {
  // as a bigint it would lose its offset
  if (type.family !== 'time' || type.name === 'timetz') return undefined;
  return type.name === 'date' ? 'string' : 'bigint';
}

/** The rows of a page and one more, each with its keys between its columns and what is related; from the last one on where it goes backwards. */
export function pageStatement(rows: Rows, where: unknown, { keys, place, backwards, limit }: PageOf): Statement {
  const path = backwards ? keys.map(turned) : keys;
  const builder = new SqlBuilder();
  const order = (sql: (column: Column) => string): void =>
    void builder
      .add(' ORDER BY ')
      .list(path, ({ column, dir, nulls }) => builder.add(sql(column) + directionSql(dir, nulls)));
  const which = (): void => {
    if (place !== undefined) {
      builder.add(' WHERE ');
      new Beyond(builder, path, place).whole();
    }
    whereInto(builder, where, resolverOf(rows.entity), place === undefined ? 'WHERE' : 'AND');
    order(({ name }) => quote(name));
    limitInto(builder, limit + 1, undefined);
  };
  const more = keys.map(({ column }) => column);
  rowsInto(builder, rows, more, which, order);
  const [columns, related] = [rows.columns.length, readingsOf(rows)];
  return builder.reading([...related.slice(0, columns), ...keys.map((key) => key.as), ...related.slice(columns)]);
}

const turned = (key: SortKey): SortKey => ({
  ...key,
  dir: key.dir === 'asc' ? 'desc' : 'asc',
  nulls: key.nulls === 'first' ? 'last' : 'first',
});

/**
 * The condition for rows beyond a place: beyond it by the first key, or beside it there and beyond it by the others.
 * `k1 >= $1 AND (k1 > $2 OR (k1 = $3 AND k2 > $4))`: the first part says nothing new, but by it DuckDB skips what lies before.
 */
class Beyond {
  constructor(
    private readonly builder: SqlBuilder,
    private readonly keys: readonly SortKey[],
    private readonly place: Place,
  ) {}

  whole(): void {
    const [first] = this.keys as readonly [SortKey];
    if (this.keys.length > 1 && this.place.values[0] !== null && !nullsBeyond(first)) {
      this.#compared(0, first.dir === 'asc' ? '>=' : '<=');
      this.builder.add(' AND ');
    }
    this.#from(0);
  }

  #from(index: number): void {
    const { builder, place } = this;
    const key = this.keys[index] as SortKey;
    builder.add('(');
    if (place.values[index] === null)
      builder.add(key.nulls === 'first' ? `${quote(key.column.name)} IS NOT NULL` : 'FALSE');
    else {
      this.#compared(index, key.dir === 'asc' ? '>' : '<');
      if (nullsBeyond(key)) builder.add(` OR ${quote(key.column.name)} IS NULL`);
    }
    const last = index === this.keys.length - 1;
    if (!last || place.inclusive) {
      builder.add(' OR ');
      if (last) this.#beside(index);
      else {
        builder.add('(');
        this.#beside(index);
        builder.add(' AND ');
        this.#from(index + 1);
        builder.add(')');
      }
    }
    builder.add(')');
  }

  #beside(index: number): void {
    const { column } = this.keys[index] as SortKey;
    if (this.place.values[index] === null) this.builder.add(`${quote(column.name)} IS NULL`);
    else this.#compared(index, '=');
  }

  #compared(index: number, operator: string): void {
    const { column, as } = this.keys[index] as SortKey;
    this.builder.add(`${quote(column.name)} ${operator} `);
    this.builder.parameter(column.type.encode(this.place.values[index], as), column.type.duckdb);
  }
}

const nullsBeyond = (key: SortKey): boolean => key.column.nullable && key.nulls === 'last';
