// Filling the database: real prices out of a CSV file, and a result for every strategy that every user tests.
import { fileURLToPath } from 'node:url';
import { type BaseDuckDBManager, type Insert, type InsertManyOptions, all, sql } from '@mysingle/database';
import { BacktestResult, PriceBar } from './entities.js';
import { type Period, type Prices, movingAverageCrossover } from './strategy.js';

/** Someone who tests strategies, over the years they care about. */
export interface User {
  readonly userId: string;
  readonly from: string;
  readonly to: string;
}

export const ALICE: User = { userId: 'alice', from: '2000-01-01', to: '2020-12-31' };
export const USERS: readonly User[] = [
  ALICE,
  { userId: 'bob', from: '2000-01-01', to: '2009-12-31' },
  { userId: 'carol', from: '2010-01-01', to: '2020-12-31' },
  { userId: 'dave', from: '2015-01-01', to: '2020-12-31' },
];

interface Windows {
  readonly fast: number;
  readonly slow: number;
}

/** Fast averages over 5 to 100 days, each with slower ones up to 250. */
export const WINDOWS: readonly Windows[] = range(5, 100).flatMap((fast) =>
  range(fast + 5, 250).map((slow) => ({ fast, slow })),
);

function range(from: number, to: number, step = 5): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_item, index) => from + index * step);
}

/** DuckDB reads the CSV file by itself, as the types we ask for; the rows go in as they come. */
export async function loadPrices(db: BaseDuckDBManager): Promise<number> {
  const file = fileURLToPath(new URL('../data/sp500-2000.csv', import.meta.resolve('vega-datasets')));
  const bars = await db.query<PriceBar>(sql`
    select date as day, open, high, low, close, volume
    from read_csv(${file}, types = {
      'date': 'DATE', 'open': 'DECIMAL(12,6)', 'high': 'DECIMAL(12,6)', 'low': 'DECIMAL(12,6)',
      'close': 'DECIMAL(12,6)', 'volume': 'BIGINT'
    })`);
  return db.repository(PriceBar).insertMany(bars);
}

/** Tests every pair of windows for every user. Old results leave and new ones arrive in one transaction. */
export async function runGrid(
  db: BaseDuckDBManager,
  prices: Prices,
  onProgress: NonNullable<InsertManyOptions['onProgress']>,
): Promise<{ backtests: number; trades: number }> {
  const results = db.repository(BacktestResult);
  let trades = 0;
  function* rows(): Generator<Insert<BacktestResult>> {
    for (const user of USERS) {
      for (const windows of WINDOWS) {
        const row = resultOf(prices, user, windows);
        trades += row.trades.length;
        yield row;
      }
    }
  }
  const backtests = await db.transaction(async () => {
    await results.delete(all());
    return results.insertMany(rows(), { onProgress });
  });
  return { backtests, trades };
}

/** One backtest as a row; its id and time are made when it is stored. */
export function resultOf(prices: Prices, user: User, { fast, slow }: Windows): Insert<BacktestResult> {
  const period = periodOf(prices, user);
  return {
    strategyId: `sma-${fast}-${slow}`,
    userId: user.userId,
    startDate: prices.days[period.from] as Date,
    endDate: prices.days[period.to] as Date,
    ...movingAverageCrossover(prices, fast, slow, period),
  };
}

/** The trading days within a user's years. */
export function periodOf({ days }: Prices, { from, to }: User): Period {
  const [first, last] = [new Date(from), new Date(to)];
  return { from: days.findIndex((day) => day >= first), to: days.findLastIndex((day) => day <= last) };
}
