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
  | 'not'
  | 'and'
  | 'or';

declare const OPERAND: unique symbol;
declare const ENTITY: unique symbol;

/** A condition on one column, made by an operator function. `V` is the type of the column it may stand on. */
export class Operator<V = unknown> {
  /** type-level only */
  declare readonly [OPERAND]?: V;

  constructor(
    readonly kind: OperatorKind,
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

/** What may stand on a column of type `V`: a value, an operator, and null where the column is nullable. */
export type Condition<V> = V | Operator<V>;

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

/** Equal; the same as the bare value. `eq(null)` is `isNull()`. */
export const eq = <V>(value: V): Operator<V> => operator('eq', value);
/** Not equal, the exact complement of `eq`: finds NULLs too. */
export const ne = <V>(value: V): Operator<V> => operator('ne', value);
/** Greater; false for NULL. */
export const gt = <V extends Ordered>(value: V): Operator<V> => operator('gt', value);
/** Greater or equal; false for NULL. */
export const gte = <V extends Ordered>(value: V): Operator<V> => operator('gte', value);
/** Less; false for NULL. */
export const lt = <V extends Ordered>(value: V): Operator<V> => operator('lt', value);
/** Less or equal; false for NULL. */
export const lte = <V extends Ordered>(value: V): Operator<V> => operator('lte', value);
/** From `low` to `high`, both included. */
export const between = <V extends Ordered>(low: V, high: V): Operator<V> => operator('between', low, high);
/** One of the values, of which there may be none or very many: they travel as one parameter. */
export const oneOf = <V>(values: readonly V[]): Operator<V> => operator('oneOf', values);
/** The exact complement of `oneOf`: finds NULLs too. */
export const noneOf = <V>(values: readonly V[]): Operator<V> => operator('noneOf', values);
/** SQL LIKE: `%` any text, `_` one character. */
export const like = (pattern: string): Operator<string> => operator('like', pattern);
/** LIKE without regard to case. */
export const ilike = (pattern: string): Operator<string> => operator('ilike', pattern);
/** Begins with this text, taken literally. */
export const startsWith = (text: string): Operator<string> => operator('startsWith', text);
/** Ends with this text, taken literally. */
export const endsWith = (text: string): Operator<string> => operator('endsWith', text);
/** Holds this text, taken literally. */
export const contains = (text: string): Operator<string> => operator('contains', text);
/** No value; the same as `eq(null)`. */
export const isNull = (): Operator<null> => operator('isNull');
/** Some value; the same as `ne(null)`. */
export const isNotNull = (): Operator<null> => operator('isNotNull');
/** The list holds the item. */
export const has = <I>(item: I): Operator<I[]> => operator('has', item);
/** The list holds at least one of the items. */
export const hasAny = <I>(items: readonly I[]): Operator<I[]> => operator('hasAny', items);
/** The list holds each of the items. */
export const hasAll = <I>(items: readonly I[]): Operator<I[]> => operator('hasAll', items);

function combine(kind: 'and' | 'or', parts: readonly unknown[]): never {
  if (parts.length === 0) throw new DatabaseError('E_QUERY', `${kind}() needs at least one condition.`);
  return (
    parts.every((part) => part instanceof Operator) ? new Operator(kind, parts) : new Combination(kind, parts)
  ) as never;
}

/** All of these hold: operators on one column, or conditions on several. */
export function and<V>(...operators: readonly [Operator<V>, ...Operator<V>[]]): Operator<V>;
export function and<E>(...conditions: readonly NoInfer<Where<E>>[]): Combination<E>;
export function and(...parts: readonly unknown[]): never {
  return combine('and', parts);
}

/** At least one of these holds: operators on one column, or conditions on several. */
export function or<V>(...operators: readonly [Operator<V>, ...Operator<V>[]]): Operator<V>;
export function or<E>(...conditions: readonly NoInfer<Where<E>>[]): Combination<E>;
export function or(...parts: readonly unknown[]): never {
  return combine('or', parts);
}

/** The exact complement, NULLs included: of an operator on one column, or of conditions. */
export function not<V>(condition: Operator<V>): Operator<V>;
export function not<E>(condition: NoInfer<Where<E>>): Combination<E>;
export function not(part: unknown): never {
  return (part instanceof Operator ? new Operator('not', [part]) : new Combination('not', [part])) as never;
}

/** Every row. An update or delete of every row must say so: an empty condition is refused there. */
export function all(): Combination {
  return new Combination('all', []);
}
