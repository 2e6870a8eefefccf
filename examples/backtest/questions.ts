// Twelve questions of a backtesting service, each one typed call. The first two are those that the Python module's users ask.
import { BaseDuckDBManager } from '@mysingle/database';
import { argMax, at, avg, count, gt, lag, lte, max, median, min, oneOf, or, quantile, rank, sql, stddev, sum, timeBucket } from '@mysingle/database'; // prettier-ignore
import { BacktestResult, PriceBar } from './entities.js';
import { ALICE, loadPrices, runGrid } from './grid.js';
import { pricesOf } from './strategy.js';

await using db = await BaseDuckDBManager.open({
  path: ':memory:',
  entities: [BacktestResult, PriceBar],
  logger: false,
});
await loadPrices(db);
const [results, bars] = [db.repository(BacktestResult), db.repository(PriceBar)];
await runGrid(db, pricesOf(await bars.find({ orderBy: { day: 'asc' }, select: ['day', 'close'] })), () => {});

const percent = (share: number | null): string => (share === null ? '-' : `${(share * 100).toFixed(1)}%`);
const fixed = (value: number | null): string => value?.toFixed(2) ?? '-';
const iso = (day: Date | null): string => day?.toISOString().slice(0, 10) ?? '-';

console.log('1. Which strategies have the best mean return, with a Sharpe ratio worth showing?');
const top = await results.aggregate({
  groupBy: ['strategyId'],
  select: { runs: count(), avgReturn: avg('totalReturn'), avgSharpe: avg('sharpeRatio'), last: max('createdAt') },
  having: { avgSharpe: gt(0.5) },
  orderBy: { avgReturn: 'desc' },
  limit: 3,
});
for (const each of top)
  console.log(` ${each.strategyId}: ${percent(each.avgReturn)}, Sharpe ${fixed(each.avgSharpe)}, of ${each.runs}`);

console.log('2. How has a user done?');
const [alice] = await results.aggregate({
  where: { userId: ALICE.userId },
  select: { runs: count(), mean: avg('totalReturn'), best: max('totalReturn'), worst: min('totalReturn') },
});
console.log(` ${alice.runs} backtests: ${percent(alice.mean)}, from ${percent(alice.worst)} to ${percent(alice.best)}`);

console.log('3. How are the returns of each user spread?');
const spread = await results.aggregate({
  groupBy: ['userId'],
  select: { p10: quantile('totalReturn', 0.1), mid: median('totalReturn'), p90: quantile('totalReturn', 0.9), sigma: stddev('totalReturn') }, // prettier-ignore
  orderBy: { userId: 'asc' },
});
for (const each of spread)
  console.log(` ${each.userId}: ${percent(each.p10)} ${percent(each.mid)} ${percent(each.p90)}, sigma ${fixed(each.sigma)}`); // prettier-ignore

console.log('4. Which strategy was the best of each user, and what did it risk?');
for (const each of await results.latestBy(['userId'], { orderBy: { totalReturn: 'desc' } }))
  console.log(
    ` ${each.userId}: ${each.strategyId}, ${percent(each.totalReturn)}, fell by ${percent(each.maxDrawdown)}`,
  );

console.log('5. What share of backtests made money, by user and in total?');
const shares = await results.aggregate({
  groupBy: ['userId'],
  rollup: true,
  select: { all: count(), won: count().filter({ totalReturn: gt(0) }) },
  orderBy: { userId: { dir: 'asc', nulls: 'last' } },
});
for (const { userId, all, won } of shares) console.log(` ${userId ?? 'all'}: ${percent(won / all)}`);

console.log('6. Which backtests began with a trade that won more than a fifth?');
const lucky = await results.find({
  where: { trades: at(0, at('profit', gt(0.2))), userId: oneOf(['alice', 'bob']) },
  select: ['userId', 'strategyId', 'totalReturn'],
  orderBy: [{ totalReturn: 'desc' }, { strategyId: 'asc' }, { userId: 'asc' }],
  limit: 2,
});
for (const each of lucky) console.log(` ${each.userId}, ${each.strategyId}: ${percent(each.totalReturn)}`);

console.log('7. How many are outright bad: great falls, or a loss in spite of all?');
console.log(` ${await results.count(or({ maxDrawdown: gt(0.45) }, { totalReturn: lte(-0.4) }))}`);

console.log('8. Who shows the second page of a leader board?');
const order = { orderBy: { totalReturn: 'desc' }, select: ['userId', 'strategyId', 'totalReturn'], limit: 3 } as const;
const first = await results.findPage(order);
const second = await results.findPage({ ...order, after: first.next as string });
console.log(` ${second.rows.map((row) => `${row.strategyId} of ${row.userId}`).join(', ')}`);

console.log('9. What were the busiest weeks of the market?');
const weeks = await bars.aggregate({
  groupBy: { week: timeBucket('7d', 'day') },
  select: { low: min('low'), high: max('high'), busiest: argMax('day', 'volume'), volume: sum('volume') },
  orderBy: { volume: 'desc' },
  limit: 2,
});
for (const each of weeks)
  console.log(` ${iso(each.week)}: ${each.low} to ${each.high}, busiest on ${iso(each.busiest)}`);

console.log('10. On which days did the market move most, and from where?');
const days = await bars.window({
  orderBy: { day: 'asc' },
  select: { day: 'day', close: 'close', before: lag('close') },
  where: { day: gt(new Date('2008-10-01')) },
  qualify: sql`abs(close - lag(close) over (order by day)) > 250`,
});
for (const each of days) console.log(` ${iso(each.day)}: ${each.before} to ${each.close}`);

console.log('11. How does each user rank the windows that all of them tested?');
const ranks = await results.window({
  partitionBy: ['userId'],
  orderBy: { totalReturn: 'desc' },
  select: { userId: 'userId', strategyId: 'strategyId', place: rank() },
  qualify: { place: lte(1) },
});
console.log(` ${ranks.map((row) => `${row.userId} ${row.strategyId}`).join(', ')}`);

console.log('12. Is a low price of the market a good time to begin? In SQL, where that is the better word.');
const corr = await db.queryOne<{ r: number }>(sql`
  select corr(r.total_return, b.close::double) as r
  from ${BacktestResult} r join ${PriceBar} b on b.day = r.start_date`);
console.log(` correlation of the return with the first close: ${fixed(corr?.r ?? null)}`);
