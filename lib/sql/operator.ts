// The operators of conditions: functions that only code can call, so that data never becomes one. Types and runtime side
// by side. Not here: the SQL they make (where.ts).
import type { ColumnKey } from '../entity/row.js';
import type { Unmarked } from '../entity/property-type.js';
import { DatabaseError } from '../errors.js';
import type { Fragment } from '../fragment.js';

export type OperatorKind =
  | 'eq'
  | 'ne'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'between'
  | 'oneOf'
  | 'noneOf'
  | 'like'
  | 'ilike'
  | 'startsWith'
  | 'endsWith'
  | 'contains'
  | 'isNull'
  | 'isNotNull'
  | 'has'
  | 'hasAny'
  | 'hasAll'
  | 'at'
  | 'not'
  | 'and'
  | 'or';

declare const OPERAND: unique symbol;
declare const ENTITY: unique symbol;

/**
 * A condition on one column, made by an operator function. `V` is the type of the column it may stand on.
 *
 * @example const dear: Operator<number> = gt(100);
 */
export class Operator<V = unknown> {
  /** type-level only */
  declare readonly [OPERAND]?: V;

  /** @internal */
  constructor(
    /** @internal */
    readonly kind: OperatorKind,
    /** @internal */
    readonly operands: readonly unknown[],
  ) {
    Object.freeze(this);
  }
}

/** Several conditions combined by `and`, `or`, `not`; or `all()`. */
export class Combination<E = unknown> {
  /** type-level only: a condition fits every entity that has the columns it names */
  declare readonly [ENTITY]?: (entity: E) => void;

  constructor(
    readonly kind: 'and' | 'or' | 'not' | 'all',
    readonly parts: readonly unknown[],
  ) {
    Object.freeze(this);
  }
}

declare const KEY: unique symbol;
declare const CONDITION: unique symbol;

/** A condition on one part of a column, on the type level: its key, and what stands on it. */
export interface Part<K, C> {
  readonly [KEY]: K;
  readonly [CONDITION]: C;
}

/** What may stand on a column of type `V`: a value, an operator, and null where the column is nullable. */
export type Condition<V> = V | Operator<V | PartsOf<V>>;

type Scalar = string | number | bigint | boolean;

/** The parts that a value of type `V` has. What JSON is not known to have is found by a path. */
export type PartsOf<V> = unknown extends V
  ? Part<string | number, unknown>
  : V extends Scalar | Date | Uint8Array | null | undefined
    ? never
    : V extends readonly (infer I)[]
      ? Part<number, Condition<I | null>> | Part<`$${string}`, Condition<Scalar | Scalar[] | null>>
      : V extends ReadonlyMap<infer K, infer I>
        ? Part<K, Condition<I | null>>
        : V extends { readonly tag: infer T extends string; readonly value: infer X }
          ? PartsOfUnion<T, X>
          : | { [K in keyof V & string]: Part<K, Condition<V[K] | null>> }[keyof V & string]
            | Part<`$${string}`, Condition<Scalar | Scalar[] | null>>;

/** A member of a union by its tag; of a struct that happens to have members of these names, the members. */
type PartsOfUnion<T extends string, X> = string extends T
  ? Part<'tag', Condition<string | null>> | Part<'value', Condition<X | null>>
  : Part<T, Condition<X | null>>;

/** Conditions on columns, all of which must hold. */
export type ColumnConditions<E> = { [K in ColumnKey<E>]?: Condition<Unmarked<E[K & keyof E]>> };

/**
 * Which rows: conditions by column, combinations, or a `sql` fragment. A comparison with NULL is false, and `ne`,
 * `noneOf` and `not` are exact complements: `ne(1)` finds the NULLs.
 */
export type Where<E> = ColumnConditions<E> | Combination<E> | Fragment;

type Ordered = number | bigint | string | Date;

const operator = <V>(kind: OperatorKind, ...operands: readonly unknown[]): Operator<V> =>
  new Operator<V>(kind, operands);

/**
 * Equal; the same as the bare value. `eq(null)` is `isNull()`.
 *
 * @example await trades.find({ where: { side: eq('buy') } }); // the same as { side: 'buy' }
 */
export function eq<const V extends Scalar>(value: V): Operator<V>;
export function eq<V>(value: V): Operator<V>;
export function eq<V>(value: V): Operator<V> {
  return operator('eq', value);
}
/**
 * Not equal, the exact complement of `eq`: finds NULLs too.
 *
 * @example await trades.count({ venue: ne('XNAS') }); // counts the rows without a venue, too
 */
export function ne<const V extends Scalar>(value: V): Operator<V>;
export function ne<V>(value: V): Operator<V>;
export function ne<V>(value: V): Operator<V> {
  return operator('ne', value);
}
/**
 * Greater; false for NULL.
 *
 * @example await trades.find({ where: { qty: gt(100) } }); // WHERE "qty" > $1
 */
export const gt = <V extends Ordered>(value: V): Operator<V> => operator('gt', value);
/**
 * Greater or equal; false for NULL.
 *
 * @example await trades.find({ where: { at: gte(new Date('2026-01-01')) } });
 */
export const gte = <V extends Ordered>(value: V): Operator<V> => operator('gte', value);
/**
 * Less; false for NULL.
 *
 * @example await trades.find({ where: { price: lt('12.50') } }); // a decimal is text, and compared as a number
 */
export const lt = <V extends Ordered>(value: V): Operator<V> => operator('lt', value);
/**
 * Less or equal; false for NULL.
 *
 * @example await trades.find({ where: { qty: and(gte(10), lte(20)) } });
 */
export const lte = <V extends Ordered>(value: V): Operator<V> => operator('lte', value);
/**
 * From `low` to `high`, both included.
 *
 * @example await bars.find({ where: { day: between(new Date('2026-01-01'), new Date('2026-01-31')) } });
 */
export const between = <V extends Ordered>(low: V, high: V): Operator<V> => operator('between', low, high);
/**
 * One of the values, of which there may be none or very many: they travel as one parameter.
 *
 * @example await trades.find({ where: { symbol: oneOf(['AAPL', 'MSFT']) } }); // of [] nothing matches
 */
export function oneOf<const V extends Scalar>(values: readonly V[]): Operator<V>;
export function oneOf<V>(values: readonly V[]): Operator<V>;
export function oneOf<V>(values: readonly V[]): Operator<V> {
  return operator('oneOf', values);
}
/**
 * The exact complement of `oneOf`: finds NULLs too.
 *
 * @example await trades.find({ where: { venue: noneOf(['XNAS', 'XNYS']) } }); // also rows without a venue
 */
export function noneOf<const V extends Scalar>(values: readonly V[]): Operator<V>;
export function noneOf<V>(values: readonly V[]): Operator<V>;
export function noneOf<V>(values: readonly V[]): Operator<V> {
  return operator('noneOf', values);
}
/**
 * SQL LIKE: `%` any text, `_` one character, `\%` `\_` `\\` these characters themselves.
 *
 * @example await trades.find({ where: { symbol: like('A_P%') } });
 */
export const like = (pattern: string): Operator<string> => operator('like', pattern);
/**
 * LIKE without regard to case.
 *
 * @example await strategies.find({ where: { name: ilike('%momentum%') } });
 */
export const ilike = (pattern: string): Operator<string> => operator('ilike', pattern);
/**
 * Begins with this text, taken literally.
 *
 * @example await strategies.find({ where: { name: startsWith('sma-') } });
 */
export const startsWith = (text: string): Operator<string> => operator('startsWith', text);
/**
 * Ends with this text, taken literally.
 *
 * @example await strategies.find({ where: { name: endsWith('_v2') } }); // the _ is a _ and no wildcard
 */
export const endsWith = (text: string): Operator<string> => operator('endsWith', text);
/**
 * Holds this text, taken literally.
 *
 * @example await strategies.find({ where: { name: contains('50%') } });
 */
export const contains = (text: string): Operator<string> => operator('contains', text);
/**
 * No value; the same as `eq(null)`.
 *
 * @example await strategies.find({ where: { retiredOn: isNull() } });
 */
export const isNull = (): Operator<null> => operator('isNull');
/**
 * Some value; the same as `ne(null)`.
 *
 * @example await strategies.find({ where: { retiredOn: isNotNull() } });
 */
export const isNotNull = (): Operator<null> => operator('isNotNull');
/**
 * The list holds the item.
 *
 * @example await runs.find({ where: { tags: has('live') } });
 */
export const has = <I>(item: I): Operator<I[]> => operator('has', item);
/**
 * The list holds at least one of the items.
 *
 * @example await runs.find({ where: { tags: hasAny(['live', 'paper']) } });
 */
export const hasAny = <I>(items: readonly I[]): Operator<I[]> => operator('hasAny', items);
/**
 * The list holds each of the items.
 *
 * @example await runs.find({ where: { tags: hasAll(['live', 'eu']) } });
 */
export const hasAll = <I>(items: readonly I[]): Operator<I[]> => operator('hasAll', items);

/**
 * A condition on a part of a column: a member of a struct or union by its name, an item of a list by its index (from 0; negative from
 * the end), the value of a key of a map. Of JSON a key, an index, or a path from `$` on; what it has there is compared as
 * `JSON.parse` reads it, and another kind of value than the one asked for does not match. What is not there is NULL.
 *
 * @throws DatabaseError `E_QUERY` when the condition is used, for a part that the column cannot have
 * @example await runs.find({ where: { route: at('venue', 'XNAS'), equity: at(-1, gt(100)), notes: at('$.author.name', like('A%')) } });
 * // WHERE (struct_extract("route", 'venue') = $1 AND list_extract("equity", -1) > $2 AND ...)
 */
export function at<const K, V>(key: K, condition: Operator<V>): Operator<Part<K, Operator<V>>>;
export function at<const K, const C>(key: K, condition: C): Operator<Part<K, C>>;
export function at(key: unknown, condition: unknown): never {
  return operator('at', key, condition) as never;
}

type OperandOf<O> = O extends Operator<infer V> ? V : never;

function combine(kind: 'and' | 'or', parts: readonly unknown[]): never {
  if (parts.length === 0) throw new DatabaseError('E_QUERY', `${kind}() needs at least one condition.`);
  return (
    parts.every((part) => part instanceof Operator) ? new Operator(kind, parts) : new Combination(kind, parts)
  ) as never;
}

/**
 * All of these hold: operators on one column, or conditions on several.
 *
 * @example await trades.find({ where: and({ symbol: 'AAPL' }, or({ qty: gt(100) }, { venue: isNull() })) });
 */
export function and<V>(...operators: readonly [Operator<V>, ...Operator<V>[]]): Operator<V>;
export function and<const T extends readonly [Operator, ...Operator[]]>(
  ...operators: T
): Operator<OperandOf<T[number]>>;
export function and<E>(...conditions: readonly NoInfer<Where<E>>[]): Combination<E>;
export function and(...parts: readonly unknown[]): never {
  return combine('and', parts);
}

/**
 * At least one of these holds: operators on one column, or conditions on several.
 *
 * @example await trades.find({ where: { qty: or(lt(10), gt(1_000)) } });
 */
export function or<V>(...operators: readonly [Operator<V>, ...Operator<V>[]]): Operator<V>;
export function or<const T extends readonly [Operator, ...Operator[]]>(...operators: T): Operator<OperandOf<T[number]>>;
export function or<E>(...conditions: readonly NoInfer<Where<E>>[]): Combination<E>;
export function or(...parts: readonly unknown[]): never {
  return combine('or', parts);
}

/**
 * The exact complement, NULLs included: of an operator on one column, or of conditions.
 *
 * @example await trades.find({ where: { symbol: not(startsWith('A')) } });
 * @example await trades.find({ where: not({ symbol: 'AAPL', side: 'buy' }) });
 */
export function not<V>(condition: Operator<V>): Operator<V>;
export function not<E>(condition: NoInfer<Where<E>>): Combination<E>;
export function not(part: unknown): never {
  return (part instanceof Operator ? new Operator('not', [part]) : new Combination('not', [part])) as never;
}

/**
 * Every row. An update or delete of every row must say so: an empty condition is refused there.
 *
 * @example await trades.delete(all());
 */
export function all(): Combination {
  return new Combination('all', []);
}
