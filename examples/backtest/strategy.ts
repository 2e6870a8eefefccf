// The strategy, without any database: hold the index while its fast moving average is above the slow one, else hold cash.
import type { Trade } from './entities.js';

/** Closing prices in the order of days. The prefix sums make a moving average two look-ups, whatever its window. */
export interface Prices {
  readonly days: readonly Date[];
  readonly closes: Float64Array;
  /** `sums[i]` is the sum of the first `i` closes */
  readonly sums: Float64Array;
}

export interface Backtest {
  readonly trades: Trade[];
  readonly totalReturn: number;
  /** per year, without interest; null when returns never vary */
  readonly sharpeRatio: number | null;
  readonly maxDrawdown: number;
}

/** A stretch of days, both ends included, as positions in `Prices`. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

const DAYS_A_YEAR = 252;

export function pricesOf(bars: readonly { readonly day: Date; readonly close: string }[]): Prices {
  const closes = Float64Array.from(bars, (bar) => Number(bar.close));
  const sums = new Float64Array(closes.length + 1);
  for (let i = 0; i < closes.length; i += 1) sums[i + 1] = at(sums, i) + at(closes, i);
  return { days: bars.map((bar) => bar.day), closes, sums };
}

/**
 * Decides at each close for the day that follows, so it never looks ahead. Trades cost nothing. Bars before the period
 * warm the averages up, where there are any.
 */
export function movingAverageCrossover(prices: Prices, fast: number, slow: number, period: Period): Backtest {
  const { closes, sums } = prices;
  const trades: Trade[] = [];
  let [equity, peak, maxDrawdown] = [1, 1, 0];
  let [sum, squares] = [0, 0];
  let boughtAt: number | undefined;
  for (let day = period.from; day <= period.to; day += 1) {
    if (day > period.from) {
      const daily = boughtAt === undefined ? 0 : at(closes, day) / at(closes, day - 1) - 1;
      equity *= 1 + daily;
      peak = Math.max(peak, equity);
      maxDrawdown = Math.max(maxDrawdown, 1 - equity / peak);
      sum += daily;
      squares += daily * daily;
    }
    const above = day + 1 >= slow && average(sums, day, fast) > average(sums, day, slow);
    const hold = above && day < period.to;
    if (hold && boughtAt === undefined) boughtAt = day;
    else if (!hold && boughtAt !== undefined) {
      trades.push(trade(prices, boughtAt, day));
      boughtAt = undefined;
    }
  }
  const days = period.to - period.from;
  const mean = sum / days;
  const deviation = Math.sqrt(Math.max(0, (squares - days * mean * mean) / (days - 1)));
  return {
    trades,
    totalReturn: equity - 1,
    sharpeRatio: deviation > 0 ? (mean / deviation) * Math.sqrt(DAYS_A_YEAR) : null,
    maxDrawdown,
  };
}

/** The return of buying at the first close and keeping it to the last. */
export function buyAndHold({ closes }: Prices, { from, to }: Period): number {
  return at(closes, to) / at(closes, from) - 1;
}

function trade({ days, closes }: Prices, buy: number, sell: number): Trade {
  const [buyPrice, sellPrice] = [at(closes, buy), at(closes, sell)];
  return { bought: isoDay(days[buy]), sold: isoDay(days[sell]), buyPrice, sellPrice, profit: sellPrice / buyPrice - 1 };
}

/** The mean of the last `window` closes. */
function average(sums: Float64Array, day: number, window: number): number {
  return (at(sums, day + 1) - at(sums, day + 1 - window)) / window;
}

const at = (values: Float64Array, index: number): number => values[index] ?? Number.NaN;

export const isoDay = (day: Date | undefined): string => day?.toISOString().slice(0, 10) ?? '';
