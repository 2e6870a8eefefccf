import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { sql, type BaseDuckDBManager } from '@mysingle/database';
import { DataCache } from '../../lib/cache/data-cache.js';
import { takeData } from '../../lib/cache/data-checks.js';
import { Engine } from '../../lib/engine/engine.js';
import { acquireDatabase } from '../../lib/engine/registry.js';
import { resolveOptions } from '../../lib/options.js';
import { openBeside } from '../support/beside.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

type Line = Record<string, unknown>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The cache calls on a file with a clock of the test's, beside a manager that can be asked by SQL. */
async function clocked(retentionMs = 30 * DAY): Promise<{
  data: DataCache;
  engine: Engine;
  clock: { now: number };
  db: BaseDuckDBManager;
  purges: () => Line[];
  keys: (table?: string) => Promise<string[]>;
  close: () => Promise<void>;
}> {
  const clock = { now: Date.UTC(2026, 0, 1) };
  const path = scratchPath();
  const lines: Line[] = [];
  const logger = pino(
    { level: 'debug', base: null, timestamp: false, messageKey: 'event' },
    { write: (line: string) => void lines.push(JSON.parse(line) as Line) },
  );
  const { database, log } = resolveOptions({ path, logger });
  const lease = await acquireDatabase(database);
  const engine = new Engine(lease.database, log, 1000);
  const data = new DataCache(engine, log, retentionMs, () => clock.now);
  const db = await openManager({ path });
  return {
    data,
    engine,
    clock,
    db,
    purges: () => lines.splice(0).filter(({ event }) => /retention/.test(String(event))),
    keys: async (table = 'cache_data') => {
      // what was stored last waits behind whatever is being deleted
      await data.store('now', takeData(0), { tableName: table });
      const rows = await db.duckdbConn.runAndReadAll(`select cache_key from "${table}" where cache_key <> 'now' order by 1`);
      return rows.getRowsJson().map(([key]) => key as string);
    },
    close: () => engine.close().then(() => lease.release()),
  };
} // prettier-ignore

describe('the retention of the cache calls', () => {
  it('ends what was not stored anew for as long, and that is told', async () => {
    const { data, clock, purges, keys, close } = await clocked();
    await data.store('old', takeData(1));
    await data.store('renewed', takeData(1));
    clock.now += 20 * DAY;
    await data.store('renewed', takeData(2));
    clock.now += 10 * DAY;
    await data.store('new', takeData(1));
    expect(await keys()).to.deep.equal(['new', 'old', 'renewed']); // not older than 30 days, but as old
    expect(purges()).to.deep.equal([]);
    clock.now += HOUR;
    await data.store('new', takeData(1));
    expect(await keys()).to.deep.equal(['new', 'renewed']);
    expect(purges()).to.deep.equal([
      { level: 20, table_name: 'cache_data', deleted: 1, operation: 'purge_cache', event: 'Cache rows past their retention deleted' },
    ]); // prettier-ignore
    expect(await data.get('renewed', { ttlHours: 24 * 365 })).to.equal(2);
    await close();
  });

  it('is looked after at the first store of a manager, and then once an hour, also where the clock goes back', async () => {
    const { data, engine, clock, keys, close } = await clocked(DAY);
    const age = (key: string): Promise<unknown> =>
      engine.run({ text: `UPDATE cache_data SET updated_at = '2020-01-01' WHERE cache_key = '${key}'`, parameters: [], reads: [], writes: ['main.cache_data'] }); // prettier-ignore
    await data.store('a', takeData(1));
    await keys();
    await age('a');
    clock.now += HOUR - 1;
    expect(await keys()).to.deep.equal(['a']);
    clock.now += 1;
    await data.store('b', takeData(1));
    expect(await keys()).to.deep.equal(['b']);
    await age('b');
    clock.now -= HOUR;
    await data.store('c', takeData(1));
    expect(await keys()).to.deep.equal(['c']);
    // another one, that has not stored yet
    await age('c');
    const silent = resolveOptions({ path: ':memory:', logger: false }).log;
    const second = new DataCache(engine, silent, DAY, () => clock.now);
    await second.store('d', takeData(1));
    await second.store('d', takeData(1));
    expect(await keys()).to.deep.equal(['d']);
    await close();
  });

  it('is looked after on demand, in the tables that this manager made or stored to, and in no other', async () => {
    const { data, clock, db, close } = await clocked(HOUR);
    await db.createCacheTable('of_others');
    await db.storeCacheData('k', 1, { tableName: 'of_others' });
    await db.execute(sql`create table users_own as select 'x' as cache_key, timestamptz '2000-01-01' as updated_at`);
    await data.create('made');
    await data.store('k', takeData(1), { tableName: 'Stored' });
    await data.store('k', takeData(1), { tableName: 'made' });
    await data.get('k', { tableName: 'of_others' });
    await data.store('k', takeData(1), { tableName: 'users_own' });
    expect(await data.purge()).to.equal(0);
    clock.now = Date.now() + DAY;
    expect(await data.purge()).to.equal(2);
    expect(await data.purge()).to.equal(0);
    for (const tableName of ['of_others', 'users_own'])
      expect((await db.duckdbConn.run(`from ${tableName}`)).rowCount, tableName).to.equal(1);
    await close();
    await failure(data.purge(), 'E_CLOSED');
  });

  it('spares the table of somebody else that has taken the place of one', async () => {
    const { data, clock, db, purges, close } = await clocked(HOUR);
    await data.store('k', takeData(1));
    await db.execute(sql`drop table cache_data`);
    expect(await data.purge()).to.equal(0);
    expect(purges()).to.deep.equal([]);
    await db.execute(sql`create table cache_data as select 'k' as cache_key, timestamptz '2000-01-01' as updated_at`);
    clock.now += DAY;
    expect(await data.purge()).to.equal(0);
    expect(purges().map((line) => [line['level'], line['error_type']])).to.deep.equal([[40, 'E_CONFIG']]);
    expect(await db.query(sql`select cache_key from cache_data`)).to.deep.equal([{ cache_key: 'k' }]);
    await close();
  });

  it('fails no store: that it cannot be kept is a warning', async () => {
    const { data, clock, db, purges, keys, close } = await clocked(HOUR);
    await data.store('kept', takeData(1));
    await keys();
    await db.execute(sql`create table notes (cached uuid references cache_data (id))`);
    await db.execute(sql`insert into notes select id from cache_data where cache_key = 'kept'`);
    clock.now += DAY;
    expect(await data.store('new', takeData(1))).to.equal(true);
    expect(await keys()).to.deep.equal(['kept', 'new']);
    expect(purges()).to.deep.equal([
      { level: 40, table_name: 'cache_data', error: 'a foreign key constraint failed', error_type: 'E_FOREIGN_KEY', event: 'Failed to delete cache rows past their retention' },
    ]); // prettier-ignore
    expect(await data.purge()).to.equal(0);
    await close();
  });

  it('is not looked after in a transaction, which may be rolled back', async () => {
    const { data, engine, clock, keys, close } = await clocked(HOUR);
    await data.store('old', takeData(1));
    await keys();
    clock.now += DAY;
    const rolledBack = engine.transact(async () => {
      expect(await data.store('new', takeData(1))).to.equal(true);
      expect(await data.purge()).to.equal(0);
      expect(await data.store('k', takeData(1), { tableName: 'gone' })).to.equal(true);
      expect(await data.get('old', { ttlHours: 99 })).to.equal(1);
      throw new Error('no');
    });
    expect(await rolledBack.catch((error: unknown) => (error as Error).message)).to.equal('no');
    expect(await data.get('old', { ttlHours: 99 })).to.equal(1);
    expect(await data.purge()).to.equal(2); // 'old' and 'now'
    await close();
  });

  it('is an option of the manager, also of one without a cache; and not looked after beside a locked file', async () => {
    const seed = [
      `create table cache_data (id uuid primary key default uuid(), cache_key varchar not null, data_json json not null,
        created_at timestamptz not null, updated_at timestamptz not null)`,
      `insert into cache_data select uuid(), 'k' || n, '1', now() - to_hours(n), now() - to_hours(n) from range(1, 4) t(n)`,
    ];
    const { db, path, free } = await openBeside(seed, { cache: { retention: '90m' } });
    await db.storeCacheData('k', 1);
    await free();
    const count = async (): Promise<unknown> => (await db.query(sql`select count(*)::int as n from cache_data`))[0];
    expect(await count()).to.deep.equal({ n: 4 });
    await db.close();
    const again = await openManager({ path, cache: { retention: '90m' } });
    await again.storeCacheData('k', 1);
    await again.storeCacheData('k', 1);
    expect(await again.query(sql`select cache_key from cache_data order by 1`)).to.deep.equal([
      { cache_key: 'k' },
      { cache_key: 'k1' },
    ]);
    const uncached = await openManager({ path, cache: false });
    expect(await uncached.storeCacheData('k', 1, { onError: 'throw' })).to.equal(true);
  });

  it('is an option of the manager, and looked after by db.cache.purge()', async () => {
    const db = await openManager({ path: scratchPath(), cache: { retention: '10m' } });
    await db.storeCacheData('old', 1);
    await db.storeCacheData('new', 1);
    await db.execute(sql`update cache_data set updated_at = updated_at - interval 11 minutes where cache_key = 'old'`);
    expect(await db.getCacheData('old')).to.equal(1);
    expect([await db.cache.purge(), await db.cache.purge()]).to.deep.equal([1, 0]);
    expect([await db.getCacheData('old'), await db.getCacheData('new')]).to.deep.equal([null, 1]);
  });
});
