// Relations of an entity as a query asks for them: the functions, and the types of rows with what is related to them.
// Not here: which foreign key it is, and the SQL (include.ts).
import type { ColumnKey, EntityClass, Selected } from '../entity/row.js';
import { isEntity, schemaOf } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import type { Where } from './operator.js';
import { knownOptions, type NoInclude, type OrderBy } from './select.js';

declare const TYPES: unique symbol;
declare const BY: unique symbol;

/**
 * Rows of another entity that belong to a row, made by `many` or `one`.
 *
 * @example await strategies.find({ include: { trades: many(Trade) } }); // Relation<'many', Trade>
 */
export class Relation<
  N extends 'many' | 'one' = 'many' | 'one',
  C extends object = object,
  K = unknown,
  I = unknown,
  B = unknown,
> {
  /** type-level only: what is selected and included of the entity */
  declare readonly [TYPES]?: readonly [K, I];
  /** type-level only: the property that refers */
  declare readonly [BY]?: B;

  /** @internal */
  constructor(
    /** `'many'` or `'one'` */
    readonly kind: N,
    /** the class of the related rows */
    readonly entity: EntityClass<C>,
    /** what was asked of them */
    readonly options: {
      readonly where?: unknown;
      readonly select?: unknown;
      readonly orderBy?: unknown;
      readonly limit?: unknown;
      readonly by?: unknown;
      readonly include?: unknown;
    },
  ) {
    Object.freeze(this);
  }
}

/** Relations by the name of the property that they are to have: any that is no column. */
export type Include<E> = {
  // no more than this of a Relation: what stands here the compiler would take for what `many` and `one` are asked to give
  readonly [name: string]: { readonly kind: 'many' | 'one'; readonly [BY]?: ColumnKey<E> };
} & { readonly [P in ColumnKey<E>]?: never };

type RelatedTo<E, R> =
  R extends Relation<infer N, infer C, infer K, infer I, infer B>
    ? N extends 'many'
      ? RowOf<C, K, I>[]
      : RowOf<C, K, I> | ([B] extends [never] ? null : null extends E[B & keyof E] ? null : never)
    : never;

/** A row of an entity: whole or of what is selected, with what is included. */
export type RowOf<E, K, I> = [keyof I] extends [never]
  ? [K] extends [never]
    ? E
    : Selected<E, K>
  : ([K] extends [never] ? E : Selected<E, K>) & { -readonly [P in keyof I]: RelatedTo<E, I[P]> };

/** Options of `many`. */
export interface ManyOptions<C, K, I> {
  /** of the related rows, only those */
  readonly where?: Where<C>;
  /** only these properties; default all */
  readonly select?: readonly K[];
  /** default: any order */
  readonly orderBy?: OrderBy<ColumnKey<C>>;
  /** at most this many for each row */
  readonly limit?: number;
  /** the property of the related entity that refers to this one; needed where there are several */
  readonly by?: ColumnKey<C>;
  /** what is related to the related rows */
  readonly include?: I;
}

/** Options of `one`, beside `by`: the property of this entity that refers to the other one; needed where there are several. */
export interface OneOptions<K, I> {
  /** only these properties; default all */
  readonly select?: readonly K[];
  /** what is related to the related row */
  readonly include?: I;
}

const MANY_OPTIONS = ['where', 'select', 'orderBy', 'limit', 'by', 'include'];
const ONE_OPTIONS = ['select', 'by', 'include'];

function relation<N extends 'many' | 'one'>(kind: N, entity: unknown, options: object, known: string[]): Relation<N> {
  if (!isEntity(entity)) throw new DatabaseError('E_QUERY', `${kind} takes an entity class: ${kind}(Trade).`);
  knownOptions(options, known, `${kind}(${schemaOf(entity).className})`);
  return new Relation(kind, entity, options);
}

/**
 * In `include`: the rows of another entity that refer to each row by a foreign key (`references` of `@Column`).
 *
 * @throws DatabaseError `E_QUERY` for what is no entity, and for unknown options
 * @example await strategies.find({ include: { trades: many(Trade, { orderBy: { at: 'desc' }, limit: 5 }) } });
 */
export function many<C extends object, const K extends ColumnKey<C> = never, const I extends Include<C> = NoInclude>(
  entity: EntityClass<C>,
  options: ManyOptions<C, K, I> = {},
): Relation<'many', C, K, I, never> {
  return relation('many', entity, options, MANY_OPTIONS) as never;
}

/**
 * In `include`: the row of another entity that each row refers to by a foreign key (`references` of `@Column`). Without `by` its
 * type is nullable, since the compiler cannot tell which column it is; with it, it is nullable where the column is.
 *
 * @throws DatabaseError `E_QUERY` for what is no entity, and for unknown options
 * @example await trades.find({ include: { strategy: one(Strategy, { by: 'strategyId' }) } }); // (Trade & { strategy: Strategy })[]
 */
export function one<
  C extends object,
  const B extends string,
  const K extends ColumnKey<C> = never,
  const I extends Include<C> = NoInclude,
>(entity: EntityClass<C>, options: OneOptions<K, I> & { readonly by: B }): Relation<'one', C, K, I, B>;
export function one<C extends object, const K extends ColumnKey<C> = never, const I extends Include<C> = NoInclude>(
  entity: EntityClass<C>,
  options?: OneOptions<K, I>,
): Relation<'one', C, K, I, never>;
export function one(entity: EntityClass, options: object = {}): unknown {
  return relation('one', entity, options, ONE_OPTIONS);
}
