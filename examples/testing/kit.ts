// What @mysingle/database/testing has for tests: time, rows, snapshots, logs, and failures, in the hands of the test.
import { isDatabaseError } from '@mysingle/database';
import { createTestManager, factory, failingTier, manualClock, recordLogs, seed } from '@mysingle/database/testing';
import { MarketManager, Ranking, Run, Strategy } from './market.js';

// a database for this test alone, which is gone at the end of its scope
const clock = manualClock('2026-03-02T09:30:00Z');
await using db = await createTestManager({ entities: [Strategy, Run], clock });

// rows: what the test is about is said, the rest is filled in; whatever the order, parents come first
await seed(db, [
  [
    Run,
    [
      { strategyId: 1, totalReturn: 0.1 },
      { strategyId: 2, totalReturn: 0.3 },
    ],
  ],
  [Strategy, [{ name: 'momentum' }, {}]], // their sequence gives 1 and 2
]);
console.log(await db.repository(Strategy).find({ orderBy: { id: 'asc' } }));

// one kind of row, as often as is wanted: the same each time
const runs = factory(Run, { strategyId: 1 });
console.log(runs.row(), runs.row({ totalReturn: -0.5 }));
console.log(runs.rows(2, (n) => ({ totalReturn: n / 100 })).map((row) => row.totalReturn));
const run = await runs.insert(db, { totalReturn: 0.2 });
console.log(run instanceof Run, run.createdAt.toISOString());

// time: it stands still until the test moves it
const ranking = new Ranking(db.repository(Run));
await ranking.best();
clock.advance('9m');
await ranking.best();
console.log('asked within the ttl:', ranking.asked);
clock.advance('2m');
await ranking.best(); // by its grace: the old answer, and the new one is there when the call is done
console.log('asked after it:', ranking.asked);

// what is kept is in the table as soon as the call is done, and nothing else runs behind the test's back
console.log('waiting to be written:', db.cache.stats().pending);

// back to a moment, as often as is wanted: rows, schema, sequences, the cache
const seeded = await db.snapshot();
for (const name of ['first test', 'second test']) {
  const { id } = await db.repository(Strategy).insert({ name });
  await db.repository(Run).delete({ strategyId: 2 });
  console.log(name, 'has', await db.repository(Run).count(), 'runs, and makes strategy', id);
  await seeded.restore();
}
console.log('again:', await db.repository(Run).count());

// a tier that fails on command: the service goes on, and the log has one warning
const tier = failingTier();
const logs = recordLogs();
await using shared = await createTestManager({ cache: { store: tier }, logger: logs.logger, clock });
tier.fail('error', { of: 'set' });
console.log(await shared.cache.getOrLoad('rate', { ttl: '1h' }, () => 1.085));
console.log(await shared.cache.getOrLoad('rate', { ttl: '1h' }, () => -1));
console.log(logs.of({ from: 'warning' }));

// the lines of the Python module, to be asserted on
await using market = await createTestManager({ manager: MarketManager, logger: logs.logger });
await market.keep('AAPL', [{ price: 1 }, { price: 2 }]);
const [line] = logs.of('Cache data stored successfully');
console.log(line?.level, line?.['cache_key'], line?.['data_count']);

// mistakes of a test are told by name
const missing = await seed(db, [[Run, [{ totalReturn: 1 }]]]).catch((error: unknown) => error);
if (isDatabaseError(missing, 'E_CONFIG')) console.log(missing.message);
