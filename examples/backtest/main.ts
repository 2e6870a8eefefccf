// A small backtesting service on real prices: `npm run example`, and once more to see its cache survive the restart.
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { BaseDuckDBManager, isDatabaseError, pathFromEnv } from '@mysingle/database';
import { pino } from 'pino';
import { BacktestResult, PriceBar } from './entities.js';
import { ALICE, USERS, WINDOWS, loadPrices, periodOf, resultOf, runGrid } from './grid.js';
import { progressBar } from './progress.js';
import { LEAST_SHARPE, StrategyService, UserService } from './services.js';
import { buyAndHold, isoDay, pricesOf } from './strategy.js';
import { ms, percent, ratio, table, whole } from './table.js';

const { fresh } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } }).values;
const path = pathFromEnv('BACKTEST_DB_PATH', 'data/backtests.duckdb');
const logFile = join(dirname(path), 'backtests.log');

async function main(db: BaseDuckDBManager): Promise<void> {
  const bars = db.repository(PriceBar);
  const results = db.repository(BacktestResult);
  const strategies = new StrategyService();
  const users = new UserService();

  if (!(await bars.exists())) await loadPrices(db);
  const prices = pricesOf(await bars.find({ select: ['day', 'close'], orderBy: { day: 'asc' } }));
  const { days } = prices;
  console.log(`S&P 500: ${whole(days.length)} trading days, ${isoDay(days[0])} to ${isoDay(days.at(-1))}`);

  const kept = fresh ? 0 : await results.count();
  if (kept > 0) console.log(`${whole(kept)} backtests are there from an earlier run`);
  else {
    const started = performance.now();
    const bar = progressBar('backtesting', USERS.length * WINDOWS.length);
    const { backtests, trades } = await runGrid(db, prices, (rows) => bar.update(rows));
    bar.end();
    const took = ms(performance.now() - started);
    console.log(`${whole(backtests)} backtests (${WINDOWS.length} crossovers, ${USERS.length} users) run and stored,`);
    console.log(`with ${whole(trades)} trades, in ${took}`);
  }

  console.log('\nThe same questions twice, by methods that are @Cached');
  const top = await ask(db, 'topStrategies(5)', () => strategies.topStrategies(5));
  await ask(db, 'topStrategies(5)', () => strategies.topStrategies(5));
  const alice = await ask(db, "statistics('alice')", () => users.statistics('alice'));
  await ask(db, "statistics('alice')", () => users.statistics('alice'));

  console.log(`\nTop strategies by mean return, of those with a mean Sharpe ratio above ${LEAST_SHARPE}`);
  console.log(
    table(
      ['strategy', 'backtests', 'return', 'Sharpe'],
      top.map((row) => [row.strategyId, whole(row.backtestCount), percent(row.avgReturn), ratio(row.avgSharpe)]),
    ),
  );
  console.log(`\nAlice, who tests ${isoDay(days[0])} to ${isoDay(days.at(-1))} (no costs, no interest)`);
  console.log(
    table(
      ['backtests', 'mean', 'best', 'worst', 'Sharpe', 'buy and hold'],
      [
        [
          whole(alice?.totalBacktests),
          percent(alice?.avgReturn),
          percent(alice?.bestReturn),
          percent(alice?.worstReturn),
          ratio(alice?.avgSharpe),
          percent(buyAndHold(prices, periodOf(prices, ALICE))),
        ],
      ],
    ),
  );

  console.log('\nAlice tests one more: the write ends the answers it changes');
  const one = await results.insert(resultOf(prices, ALICE, { fast: 42, slow: 107 }));
  console.log(`  stored ${one.strategyId}, ${percent(one.totalReturn)} in ${one.trades.length} trades`);
  const after = await ask(db, "statistics('alice')", () => users.statistics('alice'));
  await ask(db, 'topStrategies(5)', () => strategies.topStrategies(5));
  console.log(`  her backtests: ${whole(alice?.totalBacktests)} before, ${whole(after?.totalBacktests)} now`);
}

/** Calls, and tells from the cache's own counts whether that ran a query, and how long it took. */
async function ask<T>(db: BaseDuckDBManager, question: string, call: () => Promise<T>): Promise<T> {
  const before = db.cache.stats();
  const started = performance.now();
  const answer = await call();
  const took = ms(performance.now() - started);
  const missed = db.cache.stats().loads > before.loads;
  // nothing is in the process yet, and still there was no query: the answer is from the file
  const survived = !missed && before.loads === 0 && before.hits === 0;
  console.log(
    `  ${question.padEnd(20)}  ${missed ? 'miss' : 'hit '}  ${took.padStart(8)}${survived ? '  kept in the file by the last run' : ''}`,
  );
  return answer;
}

function whatNext(): void {
  console.log('\nNext');
  console.log(
    table(
      ['try', 'to see'],
      [
        ['npm run example', 'the cache survive the restart'],
        ['npm run example -- --fresh', 'all backtests run anew'],
        [`duckdb ${path}`, 'the data, in the DuckDB shell: from backtest_results;'],
        ['node dist/examples/quick-start.js', 'the library in 30 lines; more examples beside it'],
        [`cat ${logFile}`, 'what was logged'],
      ],
    ),
  );
}

const logger = pino(pino.destination({ dest: logFile, mkdir: true }));
try {
  await using db = await BaseDuckDBManager.open({
    path,
    entities: [PriceBar, BacktestResult],
    onLocked: 'error',
    logger,
  });
  await main(db);
} catch (error) {
  if (!isDatabaseError(error, 'E_LOCKED')) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
if (process.exitCode === undefined) whatNext();
