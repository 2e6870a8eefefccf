// Windows over one entity: types and SQL. Not here: the functions (window-functions.ts), how the rows are read (reading/).
import { quote } from '../entity/identifier.js';
import type { Unmarked } from '../entity/property-type.js';
import { readingOf } from '../entity/related.js';
import type { ColumnKey } from '../entity/row.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { scalarType, type SqlType } from '../entity/types.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS, type CallOptions } from '../limit.js';
import type { Flat, NumericKey, SortableKey, ValueOf } from './aggregate-types.js';
import { DOUBLE, realSql, sumOperand } from './aggregate.js';
import { decided, groupColumns } from './latest.js';
import type { Where } from './operator.js';
import { checkNames, finder, type ResultColumn } from './result-column.js';
import { columnOf, knownOptions, limitInto, operandOf, orderInto, resolverOf, type OrderBy } from './select.js';
import { SqlBuilder, type Statement } from './statement.js';
import { comparable, type Operand } from './operand.js';
import { whereInto } from './where.js';
import { WindowItem, type WindowName } from './window-functions.js';

type OfPlace = 'rowNumber' | 'rank' | 'denseRank' | 'percentRank';

/** What an entity's columns allow in `select` of `window`. */
export type WindowOf<E> =
  | ColumnKey<E>
  | WindowItem<'lag' | 'lead' | 'firstValue' | 'lastValue', ColumnKey<E>>
  | WindowItem<'runningSum' | 'movingSum' | 'movingAvg', NumericKey<E>>
  | WindowItem<'movingMin' | 'movingMax', SortableKey<E>>
  | WindowItem<OfPlace, never>;

type WindowValue<E, S> =
  S extends WindowItem<infer N, infer K>
    ? N extends OfPlace
      ? number
      : N extends 'movingAvg'
        ? number | null
        : N extends 'firstValue' | 'lastValue'
          ? Unmarked<E[K & keyof E]>
          : ValueOf<E, K> | null
    : Unmarked<E[S & keyof E]>;

/** One row of a window. */
export type WindowRow<E, S> = Flat<{ -readonly [K in keyof S]: WindowValue<E, S[K]> }>;

/** What `window` takes. */
export interface WindowOptions<E, S> extends CallOptions {
  /** rows with the same values of these make up one window; default all rows are one */
  readonly partitionBy?: readonly ColumnKey<E>[];
  /** the order within a window; of equals the primary key decides, except for ranks, which they share */
  readonly orderBy: OrderBy<ColumnKey<E>>;
  /** names for properties, and for what is computed over the window */
  readonly select: S;
  /** which rows there are; they alone are in the window */
  readonly where?: Where<E>;
  /** which rows of the result stay, by the names in `select`: a condition on what was computed */
  readonly qualify?: Where<WindowRow<E, S>>;
  /** the order of the result, by the names in `select`; default `partitionBy` and then `orderBy` */
  readonly sort?: OrderBy<keyof S & string>;
  /** at most this many rows */
  readonly limit?: number;
  /** after skipping this many */
  readonly offset?: number;
  /** `false` goes to the database even where the entity is `@Cached` */
  readonly cache?: boolean;
}

const OPTIONS = ['partitionBy', 'orderBy', 'select', 'where', 'qualify', 'sort', 'limit', 'offset', 'cache', ...CALL_OPTIONS]; // prettier-ignore
const BIGINT = scalarType('bigint') as SqlType;

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

export function windowStatement(
  entity: EntitySchema,
  options: object,
): { statement: Statement; names: readonly string[] } {
  knownOptions(options, OPTIONS, 'window');
  const { partitionBy = [], orderBy, select, where, qualify, sort, limit, offset } = options as Record<string, unknown>;
  if (typeof select !== 'object' || select === null || Array.isArray(select))
    return fail("window: select names what each row has, such as { day: 'day', prev: lag('close') }.");
  const partition = groupColumns(entity, partitionBy, 'window: partitionBy');
  const order = decided(entity, orderBy, 'window', partition);
  const columns = Object.entries(select).map(([name, given]: [string, unknown]): ResultColumn => ({ name, given, operand: operandFor(entity, name, given) })); // prettier-ignore
  if (columns.length === 0) fail('window: select at least one property or function.');
  checkNames('window', columns.map(({ name }) => name)); // prettier-ignore
  const own = (property: string): string => ownName(entity, columnOf(entity, property));

  const builder = new SqlBuilder().add('SELECT ');
  builder.list(columns, ({ name, operand }) => builder.add(`${operand.sql} AS ${quote(name)}`));
  builder.add(' FROM ').table(entity);
  // files have no name of their own, and one of a column would be taken for a struct
  if (entity.from !== undefined) builder.add(` AS ${quote(entity.table)}`);
  whereInto(builder, where, resolverOf(entity));
  const groups = partition.map((column) => ownName(entity, column)).join(', ');
  const inOrder = (keys: readonly object[]): string => builder.aside(() => orderInto(builder, keys, own));
  const windows = [
    [ROWS, order.decided],
    [PLACES, order.given],
  ] as const;
  const used = windows.filter(([name]) => columns.some(({ given }) => windowOf(given) === name));
  if (used.length > 0) builder.add(' WINDOW ');
  const within = groups === '' ? '' : `PARTITION BY ${groups}`;
  builder.list(used, ([name, keys]) => builder.add(`${name} AS (${`${within}${inOrder(keys)}`.trimStart()})`));
  whereInto(builder, qualify, finder('qualify', columns), 'QUALIFY');
  if (sort === undefined) {
    const byOrder = inOrder(order.decided);
    builder.add(groups === '' ? byOrder : byOrder.replace(' ORDER BY ', ` ORDER BY ${groups}, `));
  } else orderInto(builder, sort, (name) => quote((comparable('window: sort', finder('sort', columns)(name)), name)));
  const statement = limitInto(builder, limit, offset).reading(columns.map(({ operand }) => readingOf(operand)));
  return { statement, names: columns.map(({ name }) => name) };
}

// names with a #, as no column of a result that is quoted here is taken for
const ROWS = '"#rows"';
const PLACES = '"#places"';

/** The window that something is computed over: ranks are shared by equals, all else tells them apart. */
const windowOf = (given: unknown): string | undefined =>
  given instanceof WindowItem ? (Object.hasOwn(PLACE_FUNCTIONS, given.name) ? PLACES : ROWS) : undefined;

/** With its table: a bare name could mean a column of the result, which may be called the same. */
const ownName = (entity: EntitySchema, column: Column): string => `${quote(entity.table)}.${quote(column.name)}`;

const PLACE_FUNCTIONS: Partial<Record<WindowName, string>> = { rank: 'rank', denseRank: 'dense_rank', percentRank: 'percent_rank' }; // prettier-ignore
const VALUE_FUNCTIONS: Partial<Record<WindowName, string>> = { lag: 'lag', lead: 'lead', firstValue: 'first_value', lastValue: 'last_value' }; // prettier-ignore
const EXTREMES: Partial<Record<WindowName, string>> = { movingMin: 'min', movingMax: 'max' };

function operandFor(entity: EntitySchema, label: string, given: unknown): Operand {
  if (!(given instanceof WindowItem)) {
    if (typeof given !== 'string')
      return fail(`window: '${label}' is no property and no function. Write 'close', lag('close'), rank() ...`);
    const column = columnOf(entity, given);
    return { ...operandOf(entity, column), sql: ownName(entity, column) };
  }
  const { name, property, rows } = given as WindowItem;
  const place = PLACE_FUNCTIONS[name];
  if (name === 'rowNumber') return { label, sql: `row_number() OVER ${ROWS}`, type: BIGINT, as: 'number' };
  if (place !== undefined) {
    const share = name === 'percentRank';
    return { label, sql: `${place}() OVER ${PLACES}`, type: share ? DOUBLE : BIGINT, as: share ? undefined : 'number' };
  }
  const column = columnOf(entity, property);
  const own = { ...operandOf(entity, column), sql: ownName(entity, column) };
  const value = VALUE_FUNCTIONS[name];
  if (value !== undefined) {
    const away = rows === undefined ? '' : `, ${rows}`;
    const over = name === 'lastValue' ? `(${ROWS} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)` : ROWS;
    return { ...own, label, sql: `${value}(${own.sql}${away}) OVER ${over}` };
  }
  const frame = rows === undefined ? 'ROWS UNBOUNDED PRECEDING' : `ROWS BETWEEN ${rows - 1} PRECEDING AND CURRENT ROW`;
  const over = (operand: Operand): Operand => ({ ...operand, label, sql: `${operand.sql} OVER (${ROWS} ${frame})` });
  const extreme = EXTREMES[name];
  if (extreme !== undefined) {
    return over({ ...own, sql: `${extreme}(${comparable(`window: ${name}`, own).sql})` });
  }
  if (name === 'movingAvg') return over({ label, sql: `avg(${realSql('window', name, own)})`, type: DOUBLE, as: undefined }); // prettier-ignore
  return over(sumOperand('window', own, name));
}
