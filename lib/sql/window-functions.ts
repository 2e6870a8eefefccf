// What a window computes for each row of the rows around it: functions that name it, frozen. Not here: its SQL and types (window.ts).
import { describe } from '../entity/misfit.js';
import { DatabaseError } from '../errors.js';

type OfRows = 'lag' | 'lead' | 'firstValue' | 'lastValue' | 'runningSum' | 'movingAvg' | 'movingSum' | 'movingMin' | 'movingMax'; // prettier-ignore
type OfPlaces = 'rowNumber' | 'rank' | 'denseRank' | 'percentRank';
export type WindowName = OfRows | OfPlaces;

/**
 * What is computed over a window, made by its function. `K` is the property.
 *
 * @example const before: WindowItem<'lag', 'close'> = lag('close');
 */
export class WindowItem<N extends WindowName = WindowName, K extends string = string> {
  /** @internal */
  constructor(
    /** @internal */
    readonly name: N,
    /** @internal */
    readonly property?: K,
    /** @internal how many rows away, or how many rows together */
    readonly rows?: number,
  ) {
    if (rows !== undefined && (!Number.isSafeInteger(rows) || rows < 1))
      throw new DatabaseError('E_QUERY', `${name}: the number of rows is whole, from 1, got ${describe(rows)}.`);
    Object.freeze(this);
  }
}

/**
 * The value of the row before, or `rows` before (default 1); null where there is none.
 *
 * @throws DatabaseError `E_QUERY` where `rows` is no whole number from 1
 * @example await prices.window({ orderBy: { day: 'asc' }, select: { day: 'day', before: lag('close') } });
 * // lag("close", 1) OVER (...)
 */
export const lag = <const K extends string>(property: K, rows = 1): WindowItem<'lag', K> =>
  new WindowItem('lag', property, rows);
/**
 * The value of the next row, or `rows` on (default 1); null where there is none.
 *
 * @throws DatabaseError `E_QUERY` where `rows` is no whole number from 1
 * @example await prices.window({ orderBy: { day: 'asc' }, select: { day: 'day', after: lead('close', 5) } });
 */
export const lead = <const K extends string>(property: K, rows = 1): WindowItem<'lead', K> =>
  new WindowItem('lead', property, rows);
/**
 * The value of the first row of the partition.
 *
 * @example await prices.window({ partitionBy: ['symbol'], orderBy: { day: 'asc' }, select: { close: 'close', base: firstValue('close') } });
 */
export const firstValue = <const K extends string>(property: K): WindowItem<'firstValue', K> =>
  new WindowItem('firstValue', property);
/**
 * The value of the last row of the partition.
 *
 * @example await prices.window({ partitionBy: ['symbol'], orderBy: { day: 'asc' }, select: { close: 'close', today: lastValue('close') } });
 */
export const lastValue = <const K extends string>(property: K): WindowItem<'lastValue', K> =>
  new WindowItem('lastValue', property);
/**
 * The sum from the first row of the partition to this one, in the type of `sum`.
 *
 * @example await trades.window({ orderBy: { at: 'asc' }, select: { at: 'at', position: runningSum('qty') } });
 */
export const runningSum = <const K extends string>(property: K): WindowItem<'runningSum', K> =>
  new WindowItem('runningSum', property);
/**
 * The mean of the last `rows` rows, this one included, as a number; of fewer at the start of a partition.
 *
 * @throws DatabaseError `E_QUERY` where `rows` is no whole number from 1
 * @example await prices.window({ orderBy: { day: 'asc' }, select: { day: 'day', mean: movingAvg('close', 20) } });
 * // avg("close") OVER (... ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
 */
export const movingAvg = <const K extends string>(property: K, rows: number): WindowItem<'movingAvg', K> =>
  new WindowItem('movingAvg', property, rows);
/**
 * The sum of the last `rows` rows, this one included, in the type of `sum`; of fewer at the start of a partition.
 *
 * @throws DatabaseError `E_QUERY` where `rows` is no whole number from 1
 * @example await trades.window({ orderBy: { at: 'asc' }, select: { at: 'at', last100: movingSum('qty', 100) } });
 */
export const movingSum = <const K extends string>(property: K, rows: number): WindowItem<'movingSum', K> =>
  new WindowItem('movingSum', property, rows);
/**
 * The smallest value of the last `rows` rows, this one included.
 *
 * @throws DatabaseError `E_QUERY` where `rows` is no whole number from 1
 * @example await prices.window({ orderBy: { day: 'asc' }, select: { day: 'day', low: movingMin('close', 252) } });
 */
export const movingMin = <const K extends string>(property: K, rows: number): WindowItem<'movingMin', K> =>
  new WindowItem('movingMin', property, rows);
/**
 * The largest value of the last `rows` rows, this one included.
 *
 * @throws DatabaseError `E_QUERY` where `rows` is no whole number from 1
 * @example await prices.window({ orderBy: { day: 'asc' }, select: { day: 'day', high: movingMax('close', 252) } });
 */
export const movingMax = <const K extends string>(property: K, rows: number): WindowItem<'movingMax', K> =>
  new WindowItem('movingMax', property, rows);
/**
 * The place of the row in its partition, from 1; each once: of equals the primary key decides.
 *
 * @example await prices.window({ partitionBy: ['symbol'], orderBy: { day: 'asc' }, select: { day: 'day', n: rowNumber() } });
 */
export const rowNumber = (): WindowItem<'rowNumber', never> => new WindowItem('rowNumber');
/**
 * The rank of the row in its partition, from 1: equals share one, and the next is as many places on.
 *
 * @example
 * await results.window({
 *   partitionBy: ['userId'], orderBy: { totalReturn: 'desc' }, select: { id: 'id', rank: rank() }, qualify: { rank: lte(3) },
 * });
 */
export const rank = (): WindowItem<'rank', never> => new WindowItem('rank');
/**
 * The rank without gaps behind equals.
 *
 * @example await results.window({ orderBy: { sharpe: 'desc' }, select: { id: 'id', place: denseRank() } });
 */
export const denseRank = (): WindowItem<'denseRank', never> => new WindowItem('denseRank');
/**
 * The rank as a share, from 0 to 1: `(rank - 1) / (rows - 1)`.
 *
 * @example await results.window({ orderBy: { totalReturn: 'asc' }, select: { id: 'id', share: percentRank() } });
 */
export const percentRank = (): WindowItem<'percentRank', never> => new WindowItem('percentRank');
