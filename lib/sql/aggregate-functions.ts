// The aggregates that `aggregate` takes: functions that name them, frozen. Not here: which column they fit
// (aggregate-types.ts), their SQL (aggregate.ts).
import { DatabaseError } from '../errors.js';
import type { Fragment } from '../fragment.js';
import type { Combination } from './operator.js';

export type AggregateName =
  | 'count' | 'countDistinct' | 'sum' | 'avg' | 'min' | 'max' | 'median' | 'quantile' | 'stddev'
  | 'first' | 'last' | 'argMin' | 'argMax' | 'collect'; // prettier-ignore

declare const FILTER: unique symbol;

/** What `filter` was given, on the type level: the condition, and the properties that it names. */
export type FilterOf<W> = W extends Combination<never> | Fragment
  ? { readonly where: W; readonly keys: never }
  : {
      readonly where: { -readonly [K in keyof W]: W[K] extends readonly (infer I)[] ? I[] : W[K] };
      readonly keys: keyof W;
    };

/**
 * An aggregate of a column, made by its function. `K` is the property, `B` the one it is ordered by, `F` its filter.
 *
 * @example const mean: Aggregate<'avg', 'price', never> = avg('price');
 */
export class Aggregate<
  N extends AggregateName = AggregateName,
  K extends string = string,
  B extends string = string,
  F = never,
> {
  /** type-level only */
  declare readonly [FILTER]?: F;

  /** @internal */
  constructor(
    /** @internal */
    readonly name: N,
    /** @internal */
    readonly property: K | undefined,
    /** @internal */
    readonly by: B | undefined,
    /** @internal */
    readonly quantile: number | undefined,
    /** @internal */
    readonly where?: unknown,
  ) {
    Object.freeze(this);
  }

  /**
   * The same aggregate over the rows alone that match; the other aggregates still see all of them. What `and or not` combine is
   * checked when it runs.
   *
   * @throws DatabaseError `E_QUERY` where it has a filter already: combine the conditions with `and()`
   * @example await trades.aggregate({ select: { bought: sum('qty').filter({ side: 'buy' }), big: count().filter({ qty: gte(1000) }) } });
   * // sum("qty") FILTER (WHERE "side" = $1)
   */
  filter<const W extends object>(where: W): Aggregate<N, K, B, FilterOf<W>> {
    if (this.where !== undefined)
      throw new DatabaseError(
        'E_QUERY',
        `${this.name}: it has a filter already. Combine the conditions with and(...).`,
      );
    if (typeof where !== 'object' || where === null)
      throw new DatabaseError('E_QUERY', `${this.name}: filter takes conditions, such as { side: 'buy' }.`);
    return new Aggregate(this.name, this.property, this.by, this.quantile, where);
  }
}

const aggregate = <N extends AggregateName, K extends string, B extends string = never>(
  name: N,
  property?: K,
  by?: B,
  q?: number,
): Aggregate<N, K, B> => new Aggregate(name, property, by, q);

/**
 * Rows, or rows where the property is not NULL. A number; beyond 2^53 it is an error.
 *
 * @example await trades.aggregate({ groupBy: ['symbol'], select: { trades: count(), atVenue: count('venue') } });
 */
export const count = <const K extends string = never>(property?: K): Aggregate<'count', K, never> =>
  aggregate('count', property);
/**
 * Different values, NULL not counted.
 *
 * @example const [{ symbols }] = await trades.aggregate({ select: { symbols: countDistinct('symbol') } });
 */
export const countDistinct = <const K extends string>(property: K): Aggregate<'countDistinct', K, never> =>
  aggregate('countDistinct', property);
/**
 * The sum, in the type of the column: exact text for decimals, bigint for bigints, a number (or an error) for integers.
 *
 * @example await trades.aggregate({ groupBy: ['symbol'], select: { shares: sum('qty'), paid: sum('price') } });
 * // { symbol: string; shares: number | null; paid: string | null }[]
 */
export const sum = <const K extends string>(property: K): Aggregate<'sum', K, never> => aggregate('sum', property);
/**
 * The mean, as a number; of decimals that of their exact sum, and an error where that is beyond 38 digits.
 *
 * @example await results.aggregate({ groupBy: ['strategyId'], select: { mean: avg('totalReturn') } });
 */
export const avg = <const K extends string>(property: K): Aggregate<'avg', K, never> => aggregate('avg', property);
/**
 * The smallest value, in the type of the column.
 *
 * @example const [{ since }] = await trades.aggregate({ select: { since: min('at') } }); // Date | null
 */
export const min = <const K extends string>(property: K): Aggregate<'min', K, never> => aggregate('min', property);
/**
 * The largest value, in the type of the column.
 *
 * @example const [{ dearest }] = await trades.aggregate({ select: { dearest: max('price') } }); // string | null
 */
export const max = <const K extends string>(property: K): Aggregate<'max', K, never> => aggregate('max', property);
/**
 * The median, as a number.
 *
 * @example await results.aggregate({ groupBy: ['userId'], select: { middle: median('totalReturn') } });
 */
export const median = <const K extends string>(property: K): Aggregate<'median', K, never> =>
  aggregate('median', property);
/**
 * The continuous quantile, `q` from 0 to 1, as a number.
 *
 * @example await results.aggregate({ groupBy: ['userId'], select: { worst5: quantile('totalReturn', 0.05) } });
 */
export const quantile = <const K extends string>(property: K, q: number): Aggregate<'quantile', K, never> =>
  aggregate<'quantile', K>('quantile', property, undefined, q);
/**
 * The sample standard deviation, as a number; null for fewer than two values.
 *
 * @example await results.aggregate({ groupBy: ['strategyId'], select: { risk: stddev('totalReturn') } });
 */
export const stddev = <const K extends string>(property: K): Aggregate<'stddev', K, never> =>
  aggregate('stddev', property);
/**
 * The first value, by the order of `by` where given (rows where that is NULL come last; of equals the primary key decides), else
 * as stored. Of files, which have no such order, it is of any row then; views need `by`.
 *
 * @example await trades.aggregate({ groupBy: ['symbol'], select: { open: first('price', 'at') } });
 */
export const first = <const K extends string, const B extends string = never>(
  property: K,
  by?: B,
): Aggregate<'first', K, B> => aggregate('first', property, by);
/**
 * The last value, by the order of `by` where given (rows where that is NULL come first; of equals the primary key decides), else
 * as stored. Of files, which have no such order, it is of any row then; views need `by`.
 *
 * @example await trades.aggregate({ groupBy: ['symbol'], select: { close: last('price', 'at') } });
 */
export const last = <const K extends string, const B extends string = never>(
  property: K,
  by?: B,
): Aggregate<'last', K, B> => aggregate('last', property, by);
/**
 * The value of `property` in the row where `by` is smallest, also where that value is NULL. Of equals any row wins: `first` and `last`
 * go by the primary key then. Rows where `by` is NULL do not count.
 *
 * @example await trades.aggregate({ groupBy: ['symbol'], select: { cheapestId: argMin('id', 'price') } });
 */
export const argMin = <const K extends string, const B extends string>(property: K, by: B): Aggregate<'argMin', K, B> =>
  aggregate('argMin', property, by);
/**
 * The value of `property` in the row where `by` is largest, also where that value is NULL. Of equals any row wins: `first` and `last`
 * go by the primary key then. Rows where `by` is NULL do not count.
 *
 * @example await trades.aggregate({ groupBy: ['symbol'], select: { dearestId: argMax('id', 'price') } });
 */
export const argMax = <const K extends string, const B extends string>(property: K, by: B): Aggregate<'argMax', K, B> =>
  aggregate('argMax', property, by);
/**
 * All values as a list, by the order of `by` where given, and of the primary key among equals.
 *
 * @throws DatabaseError `E_UNSUPPORTED` when it is run, for a column with `as`: the compiler sees the type of its values alone
 * @example await trades.aggregate({ groupBy: ['symbol'], select: { prices: collect('price', 'at') } }); // prices: string[]
 */
export const collect = <const K extends string, const B extends string = never>(
  property: K,
  by?: B,
): Aggregate<'collect', K, B> => aggregate('collect', property, by);

/**
 * Whether a row is a total, made by `grouping`.
 *
 * @example const isTotal: Grouping<'strategyId'> = grouping('strategyId');
 */
export class Grouping<K extends string = string> {
  /** @internal */
  constructor(
    /** the name of the group key */
    readonly key: K,
  ) {
    Object.freeze(this);
  }
}

/**
 * With `rollup: true`: true where the row is a total over all values of this group key, whose null is no value of a row then.
 *
 * @param key the name of a group key
 * @example
 * await results.aggregate({
 *   groupBy: ['strategyId'], select: { total: grouping('strategyId'), runs: count() }, rollup: true,
 * });
 */
export const grouping = <const K extends string>(key: K): Grouping<K> => new Grouping(key);
