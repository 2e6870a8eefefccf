// ASOF joins of two entities: each row with the latest (or next) row of another table, as of its time. Types and SQL. Not here:
// how the pairs are read (reading/as-of.ts).
import { durationMs, type Duration } from '../duration.js';
import { quote } from '../entity/identifier.js';
import { describe } from '../entity/misfit.js';
import type { Unmarked } from '../entity/property-type.js';
import { readingOf } from '../entity/related.js';
import type { ColumnKey, Selected } from '../entity/row.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS, type CallOptions } from '../limit.js';
import type { Where } from './operator.js';
import { parameterOf } from './parameter.js';
import {
  columnOf,
  comparedColumn,
  knownOptions,
  limitInto,
  orderInto,
  resolverOf,
  selectedColumns,
  type OrderBy,
} from './select.js';
import { SqlBuilder, type Statement } from './statement.js';
import { whereInto } from './where.js';

/** What kind of values a property has, so far as two of them can be compared. */
type Kind<V> = [V] extends [Date]
  ? 'date'
  : [V] extends [number]
    ? 'number'
    : [V] extends [bigint]
      ? 'bigint'
      : [V] extends [string]
        ? 'string'
        : [V] extends [boolean]
          ? 'boolean'
          : 'other';
type KindAt<E, K> = K extends keyof E ? Kind<NonNullable<Unmarked<E[K]>>> : never;

/** The properties of one kind. By kind, and not pair by pair: the compiler has to look at each property once. */
type OfKind<E, D> = { [K in ColumnKey<E>]: KindAt<E, K> extends D ? K : never }[ColumnKey<E>];
/** The properties of `O` of the kind that `K` of `E` is. */
type Alike<E, K, O> = OfKind<O, Exclude<KindAt<E, K>, 'other'>>;
/** The properties that both have, of one kind, which is one of `D`. */
type Shared<E, O, D = unknown> = {
  [K in OfKind<E, D>]: K extends Alike<E, K, O> ? K : never;
}[OfKind<E, D>];
type Orders = 'date' | 'number' | 'bigint' | 'string';

/** What `asOf` takes. `K` and `P` are what is selected of the two, `I` is `inner`. */
export interface AsOfOptions<
  E,
  O,
  K extends ColumnKey<E>,
  P extends ColumnKey<O>,
  I extends boolean,
> extends CallOptions {
  /** the property by which one row is before another, of one kind in both: its name, or both names */
  readonly on:
    Shared<E, O, Orders> | { [D in Orders]: { readonly left: OfKind<E, D>; readonly right: OfKind<O, D> } }[Orders];
  /** properties that must be equal: names that both have, or `{ left: right }`. NULL equals nothing. Default none */
  readonly by?: readonly Shared<E, O>[] | { readonly [L in ColumnKey<E>]?: Alike<E, L, O> };
  /**
   * `'backward'` (default): the last row of the other that is not after this one; `'forward'`: the first that is not before it.
   * Of several with the same `on` it is any one.
   */
  readonly direction?: 'backward' | 'forward';
  /** how far away a match may be, that far included: a duration for times, a number for numbers; default any distance */
  readonly tolerance?: Duration | number | bigint;
  /** which rows of this entity */
  readonly where?: Where<E>;
  /** which rows of the other may match */
  readonly otherWhere?: Where<O>;
  /** only these properties of this entity; default all */
  readonly select?: readonly K[];
  /** only these properties of the other; default all */
  readonly otherSelect?: readonly P[];
  /** `true` leaves out rows without a match; default `false`: their `right` is null */
  readonly inner?: I;
  /** by properties of this entity */
  readonly orderBy?: OrderBy<ColumnKey<E>>;
  /** at most this many rows */
  readonly limit?: number;
  /** after skipping this many */
  readonly offset?: number;
  /** `false` goes to the database even where the entity is `@Cached` */
  readonly cache?: boolean;
}

/** A row with its match in the other table. */
export interface AsOfRow<E, O, K, P, I> {
  /** the row of this entity */
  left: [K] extends [never] ? E : Selected<E, K>;
  /** its match; null where there is none, which `inner` leaves out */
  right: ([P] extends [never] ? O : Selected<O, P>) | (I extends true ? never : null);
}

/** The statement; its columns are those of the left, those of the right, and whether there is a match. */
export interface AsOf {
  readonly statement: Statement;
  readonly left: readonly Column[];
  /** its match, null where there is none; with `inner` there always is one */
  readonly right: readonly Column[];
}

const OPTIONS = ['on', 'by', 'direction', 'tolerance', 'where', 'otherWhere', 'select', 'otherSelect', 'inner', 'orderBy', 'limit', 'offset', 'cache', ...CALL_OPTIONS]; // prettier-ignore

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

type Pair = readonly [left: Column, right: Column];

export function asOfStatement(entity: EntitySchema, other: EntitySchema, options: object): AsOf {
  knownOptions(options, OPTIONS, 'asOf');
  const given = options as Record<string, unknown>;
  const { direction = 'backward', inner = false, tolerance } = given;
  if (direction !== 'backward' && direction !== 'forward') return fail("asOf: direction is 'backward' or 'forward'.");
  if (typeof inner !== 'boolean') return fail('asOf: inner is true or false.');
  const names = new Names(entity, other);
  const on = names.on(given['on']);
  const by = names.by(given['by']);
  const left = selectedColumns(entity, given['select']);
  const right = selectedColumns(other, given['otherSelect']);
  const side = (alias: string, { name }: Column): string => `${alias}.${quote(name)}`;

  const builder = new SqlBuilder().add('SELECT ');
  builder.list([...left.map((column) => side('l', column)), ...right.map((column) => side('r', column))], (sql) => builder.add(sql)); // prettier-ignore
  const near = builder.aside(() => tolerance !== undefined && toleranceInto(builder, on, tolerance, direction, names));
  // NULL never matches, so where it is NULL there is no match. On the left it is said too: beside `by`, DuckDB's join gives rows
  // whose time is NULL a match from some dozens of rows on. In ON it would make of the join, where LEFT, a loop over all pairs
  const matched = `${side('l', on[0])} IS NOT NULL AND ${side('r', on[1])} IS NOT NULL${near}`;
  builder.add(`, (${matched}) IS TRUE FROM `);
  tableInto(builder, entity, given['where'], 'l');
  builder.add(` ASOF ${inner ? '' : 'LEFT '}JOIN `);
  tableInto(builder, other, given['otherWhere'], 'r');
  const equal = by.map(([own, its]) => `${side('l', own)} = ${side('r', its)} AND `).join('');
  builder.add(` ON ${equal}${side('l', on[0])} ${direction === 'backward' ? '>=' : '<='} ${side('r', on[1])}`);
  if (inner) builder.add(` WHERE ${matched}`);
  orderInto(builder, given['orderBy'], (property) => side('l', comparedColumn(entity, property)));
  limitInto(builder, given['limit'], given['offset']);
  return { statement: builder.reading([...left, ...right].map(readingOf).concat(undefined)), left, right };
}

/** A table, or its rows that match: a fragment in the condition sees its own columns alone. */
function tableInto(builder: SqlBuilder, entity: EntitySchema, where: unknown, alias: string): void {
  const condition = builder.aside(() => whereInto(builder, where, resolverOf(entity)));
  builder.add(condition === '' ? '' : '(SELECT * FROM ').table(entity);
  builder.add(condition === '' ? ` AS ${alias}` : `${condition}) AS ${alias}`);
}

const INSTANT = /^(?:date|timestamp.*)$/;
const NUMBER = ['integer', 'bigint', 'real', 'decimal'];

/** Appends ` AND ...`: not further away than that. Of infinities there is no difference: where they are equal, they are near. */
function toleranceInto(
  builder: SqlBuilder,
  [left, right]: Pair,
  tolerance: unknown,
  direction: string,
  names: Names,
): void {
  const [later, earlier] = direction === 'backward' ? ([['l', left], ['r', right]] as const) : ([['r', right], ['l', left]] as const); // prettier-ignore
  const column = (side: readonly [string, Column]): string => `${side[0]}.${quote(side[1].name)}`;
  const equal = `${column(later)} = ${column(earlier)} OR `;
  const difference = (infinite: boolean, map: (sql: string) => string): void =>
    void builder.add(` AND (${infinite ? equal : ''}${map(column(later))} - ${map(column(earlier))} <= `);
  if (INSTANT.test(left.type.name)) {
    if (typeof tolerance !== 'string')
      return fail(`asOf: the tolerance between ${names.pair(left, right)} is a duration, such as '5m'.`);
    const nanos = left.type.name === 'timestamp_ns';
    // more than 292 years of nanoseconds are no bigint, and epoch_ns gives infinities a number, where epoch_us gives them none
    const finite = (sql: string): string => `CAST(CASE WHEN isfinite(${sql}) THEN epoch_ns(${sql}) END AS HUGEINT)`;
    difference(true, (sql) => (nanos ? finite(sql) : `epoch_us(${sql})`));
    const far = durationMs(tolerance as Duration, 'asOf: tolerance') * (nanos ? 1_000_000 : 1000);
    return void builder.add(`${BigInt(Math.round(far))})`);
  }
  if (!NUMBER.includes(left.type.family))
    return fail(`asOf: ${names.pair(left, right)} have no distance for a tolerance: they are no times and no numbers.`);
  if ((typeof tolerance !== 'number' && typeof tolerance !== 'bigint') || !(tolerance >= 0))
    return fail(
      `asOf: the tolerance between ${names.pair(left, right)} is a number from 0, got ${describe(tolerance)}.`,
    );
  // the difference of two integers may be wider than they are
  const wide = [left, right].every(({ type }) => ['integer', 'bigint'].includes(type.family) && type.name !== 'uhugeint'); // prettier-ignore
  const real = left.type.family === 'real' && right.type.family === 'real';
  difference(real, (sql) => (wide ? `CAST(${sql} AS HUGEINT)` : sql));
  const { value, type } = parameterOf(tolerance);
  builder.parameter(value, type);
  builder.add(')');
}

/** The properties of the two, paired. */
class Names {
  constructor(
    private readonly entity: EntitySchema,
    private readonly other: EntitySchema,
  ) {}

  pair(left: Column, right: Column): string {
    return `${this.entity.className}.${left.property} and ${this.other.className}.${right.property}`;
  }

  on(given: unknown): Pair {
    const object = typeof given === 'object' && given !== null;
    if (object) knownOptions(given, ['left', 'right'], 'asOf: on');
    const { left, right } = (object ? given : { left: given, right: given }) as Record<string, unknown>;
    if (left === undefined || right === undefined)
      return fail("asOf: on is a property that both have, such as 'at', or { left, right }.");
    const pair = this.#alike(left, right);
    const [{ type }] = pair;
    if (type.family === 'boolean') fail(`asOf: ${this.pair(...pair)} are ${type.name}, which has no before and after.`);
    return pair;
  }

  by(given: unknown = []): readonly Pair[] {
    if (Array.isArray(given)) return (given as readonly unknown[]).map((property) => this.#alike(property, property));
    if (typeof given === 'object' && given !== null)
      return Object.entries(given).map(([left, right]) => this.#alike(left, right));
    return fail("asOf: by is a list of properties that both have, such as ['symbol'], or { left: 'right' }.");
  }

  #alike(leftProperty: unknown, rightProperty: unknown): Pair {
    const left = columnOf(this.entity, leftProperty);
    const right = columnOf(this.other, rightProperty);
    const [a, b] = [kindOf(left), kindOf(right)];
    if (a === undefined || b === undefined)
      return fail(`asOf: ${this.pair(left, right)} cannot be compared: ${(a === undefined ? left : right).type.name}.`);
    if (a !== b || zoneless(left, right) || zoneless(right, left))
      fail(
        `asOf: ${this.pair(left, right)} are of two kinds: ${left.type.name} and ${right.type.name}. Compare like with like.`,
      );
    return [left, right];
  }
}

/** What DuckDB does not compare, though both are times. */
const zoneless = (one: Column, other: Column): boolean =>
  one.type.name === 'timestamptz' && ['timestamp_s', 'timestamp_ms'].includes(other.type.name);

/** What columns can be compared with without a conversion that may fail or lose. */
function kindOf({ type }: Column): string | undefined {
  if (type.json || type.family === 'list' || type.family === 'other') return undefined;
  if (NUMBER.includes(type.family)) return 'number';
  // nanoseconds are another range of years, which DuckDB does not compare with all of the others
  return INSTANT.test(type.name) && type.name !== 'timestamp_ns' ? 'instant' : type.name;
}
