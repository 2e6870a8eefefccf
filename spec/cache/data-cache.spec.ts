import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { sql, type BaseDuckDBManager, type ManagerOptions } from '@mysingle/database';
import { withinContext } from '../../lib/context.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

type Line = Record<string, unknown>;

/** A manager with its log lines of the cache calls, without what pino adds. */
async function logged(options: ManagerOptions = {}): Promise<{ db: BaseDuckDBManager; lines: () => Line[] }> {
  const lines: Line[] = [];
  const logger = pino(
    { level: 'debug', base: null, timestamp: false, messageKey: 'event', formatters: { level: (level) => ({ level }) } },
    { write: (line: string) => void lines.push(JSON.parse(line) as Line) },
  ); // prettier-ignore
  const db = await openManager({ logger, ...options });
  return { db, lines: () => lines.splice(0).filter(({ event }) => /ache /.test(String(event))) };
}

const age = (db: BaseDuckDBManager, hours: number): Promise<number> =>
  db.execute(sql`update cache_data set updated_at = updated_at - to_microseconds(${hours * 3_600_000_000}::BIGINT)`);

describe('storeCacheData and getCacheData', () => {
  it('store, give back and replace, with the events of the Python module', async () => {
    const { db, lines } = await logged();
    expect(await db.getCacheData('k')).to.equal(null);
    expect(await db.storeCacheData('k', [{ at: new Date(0), n: 5n }, 2])).to.equal(true);
    expect(await db.getCacheData('k')).to.deep.equal([{ at: '1970-01-01T00:00:00.000Z', n: 5 }, 2]);
    expect(await db.storeCacheData('k', { only: 1 })).to.equal(true);
    expect(await db.getCacheData<{ only: number }>('k', { ttlHours: 1 })).to.deep.equal({ only: 1 });
    const about = { cache_key: 'k', table_name: 'cache_data' };
    const stored = { level: 'info', ...about, operation: 'store_cache', event: 'Cache data stored successfully' };
    const retrieved = { level: 'debug', ...about, operation: 'get_cache', event: 'Cache data retrieved successfully' };
    expect(lines()).to.deep.equal([
      { level: 'debug', ...about, ttl_hours: 24, reason: 'no_table', event: 'Cache data not found or expired' },
      { level: 'debug', table_name: 'cache_data', indexes: ['cache_key', 'updated_at'], operation: 'create_table', event: 'Cache table created successfully' },
      { ...stored, data_count: 2 },
      { ...retrieved, data_count: 2, ttl_hours: 24 },
      { ...stored, data_count: 1 },
      { ...retrieved, data_count: 1, ttl_hours: 1 },
    ]); // prettier-ignore
    const rows = await db.query<{ cache_key: string; kept: boolean; id: string }>(
      sql`select cache_key, created_at <= updated_at as kept, id from cache_data`,
    );
    expect(rows).to.have.length(1);
    expect(rows[0]).to.include({ cache_key: 'k', kept: true });
  });

  it('store what is given as it is at the call, whatever its owner does with it then', async () => {
    const { db, lines } = await logged();
    const options = { tableName: 'cache_data' };
    for (const state of ['a new table', 'a known one']) {
      const data: unknown[] = [state];
      const storing = db.storeCacheData('k', data, options);
      data.push(() => 'no data at all');
      options.tableName = 'elsewhere';
      expect(await storing).to.equal(true);
      expect(await db.getCacheData('k')).to.deep.equal([state]);
      options.tableName = 'cache_data';
    }
    expect(lines().flatMap(({ data_count }) => data_count ?? [])).to.deep.equal([1, 1, 1, 1]);
    const cycle: Record<string, unknown> = {};
    cycle['me'] = cycle;
    const failing = db.storeCacheData('k', cycle, { onError: 'throw' });
    delete cycle['me'];
    await failure(failing, 'E_CONVERSION');
  });

  it('let the reader say how old is too old: by ttlHours, CACHE_TTL_HOURS, or 24', async () => {
    const { db, lines } = await logged();
    await db.storeCacheData('k', 1);
    await age(db, 23.9);
    expect(await db.getCacheData('k')).to.equal(1);
    await age(db, 0.2);
    expect(await db.getCacheData('k')).to.equal(null);
    expect(lines().at(-1)).to.deep.equal({ level: 'debug', cache_key: 'k', table_name: 'cache_data', ttl_hours: 24, reason: 'not_found_or_expired', event: 'Cache data not found or expired' }); // prettier-ignore
    expect(await db.getCacheData('k', { ttlHours: 25 })).to.equal(1);
    expect(await db.getCacheData('k', { ttlHours: 0 })).to.equal(null);
    process.env['CACHE_TTL_HOURS'] = '24.2';
    try {
      expect(await db.getCacheData('k')).to.equal(1);
      process.env['CACHE_TTL_HOURS'] = 'a day';
      expect((await failure(db.getCacheData('k'), 'E_CONFIG')).message).to.include('got "a day"');
    } finally {
      delete process.env['CACHE_TTL_HOURS'];
    }
    for (const ttlHours of [-1, Number.NaN, Infinity, '5' as never])
      await failure(db.getCacheData('k', { ttlHours }), 'E_CONFIG');
    await db.storeCacheData('k', 2); // a replaced entry is young again
    expect(await db.getCacheData('k')).to.equal(2);
  });

  it('take a number of hours beyond all times as for ever', async () => {
    const db = await openManager({ cache: { retention: '100000d' } });
    await db.storeCacheData('k', 1);
    await age(db, 100_000);
    expect(await db.getCacheData('k', { ttlHours: Number.MAX_SAFE_INTEGER })).to.equal(1);
  });

  it('give false and null for a failure, logged as an error, which a miss is not', async () => {
    const { db, lines } = await logged();
    const cycle: Record<string, unknown> = {};
    cycle['me'] = cycle;
    expect(await db.storeCacheData('k', cycle)).to.equal(false);
    await db.execute(sql`create table odd (cache_key varchar)`);
    expect(await db.getCacheData('k', { tableName: 'odd' })).to.equal(null);
    expect(await db.storeCacheData('k', 1, { tableName: 'odd' })).to.equal(false);
    const error =
      'Table "odd" is no cache table: it has the columns cache_key VARCHAR, and a cache table has id UUID, cache_key VARCHAR, data_json JSON, ' +
      'created_at TIMESTAMP WITH TIME ZONE, updated_at TIMESTAMP WITH TIME ZONE. Give another tableName, or drop it, and it is made anew.';
    expect(lines()).to.deep.equal([
      { level: 'error', cache_key: 'k', table_name: 'cache_data', error: 'a value does not fit its type', error_type: 'E_CONVERSION', event: 'Failed to store cache data' },
      { level: 'error', cache_key: 'k', table_name: 'odd', error, error_type: 'E_CONFIG', event: 'Failed to retrieve cache data' },
      { level: 'error', table_name: 'odd', error, error_type: 'E_CONFIG', event: 'Failed to create cache table' },
      { level: 'error', cache_key: 'k', table_name: 'odd', error, error_type: 'E_CONFIG', event: 'Failed to store cache data' },
    ]); // prettier-ignore
  });

  it('take any name and key as a name and a key', async () => {
    const { db } = await logged();
    const names = ['a"; drop table cache_data; --', "it's", 'sélect', 'Select', ' x '];
    for (const tableName of names) {
      for (const key of ["'; drop table cache_data; --", '%', '\u{1F600}', '$1', ' '])
        expect(await db.storeCacheData(key, { key }, { tableName })).to.equal(true);
      expect(await db.getCacheData('%', { tableName })).to.deep.equal({ key: '%' });
      expect(await db.getCacheData('_', { tableName })).to.equal(null);
    }
    for (const tableName of ['', ' ', 'a\0b', 5 as never]) {
      await failure(db.storeCacheData('k', 1, { tableName }), 'E_CONFIG');
      await failure(db.getCacheData('k', { tableName }), 'E_CONFIG');
      await failure(db.createCacheTable(tableName), 'E_CONFIG');
    }
    for (const key of ['', null as never, 5 as never]) {
      await failure(db.storeCacheData(key, 1), 'E_CONFIG');
      await failure(db.getCacheData(key), 'E_CONFIG');
    }
  });

  it('keep what JSON has a form for', async () => {
    const { db } = await logged();
    for (const value of [null, 0, '', false, [], {}, 'NULL', '\u0000', { a: { b: [null] } }]) {
      expect(await db.storeCacheData('k', value)).to.equal(true);
      expect(await db.getCacheData('k')).to.deep.equal(value);
    }
  });

  it('succeed also when many store one key at once, into a table that is not there yet', async () => {
    const { db } = await logged({ path: scratchPath() });
    const stored = await Promise.all(Array.from({ length: 50 }, (_each, n) => db.storeCacheData('k', n)));
    expect(stored).to.deep.equal(stored.map(() => true));
    expect(await db.query(sql`select count(*)::int as n from cache_data`)).to.deep.equal([{ n: 1 }]);
    expect(await db.getCacheData('k')).to.equal(49);
  });

  it('belong to the transaction they are called in, and neither fails it nor waits for others', async () => {
    const { db } = await logged();
    const all = Array.from({ length: 6 }, (_each, n) =>
      db.transaction(async () => {
        const missed = await db.getCacheData('k', { tableName: `t${n}` });
        return [missed, await db.storeCacheData('k', n, { tableName: `t${n}` })];
      }),
    );
    await db.storeCacheData('k', 0);
    expect(await Promise.all(all)).to.deep.equal(all.map(() => [null, true]));
    const rolledBack = db.transaction(async () => {
      await db.storeCacheData('k', 1, { tableName: 'gone' });
      throw new Error('no');
    });
    await rolledBack.catch(() => {});
    expect(await db.getCacheData('k', { tableName: 'gone' })).to.equal(null);
    expect(await db.storeCacheData('k', 2, { tableName: 'gone' })).to.equal(true);
    expect(await db.getCacheData('k', { tableName: 'gone' })).to.equal(2);
  });

  it('make a table that somebody dropped anew, after one store that fails', async () => {
    const { db } = await logged();
    await db.storeCacheData('k', 1);
    const drop = (): Promise<number> => db.execute(sql`drop table cache_data`);
    await drop();
    expect([await db.storeCacheData('k', 2), await db.storeCacheData('k', 3)]).to.deep.equal([false, true]);
    await drop();
    expect([await db.getCacheData('k'), await db.storeCacheData('k', 4)]).to.deep.equal([null, true]);
  });

  it('survive a restart, and are E_CLOSED after close()', async () => {
    const path = scratchPath();
    const first = await logged({ path });
    await first.db.createCacheTable('mine');
    await first.db.createCacheTable('mine');
    await first.db.storeCacheData('k', { n: 1 }, { tableName: 'mine' });
    await first.db.close();
    first.lines();
    await failure(first.db.storeCacheData('k', 1), 'E_CLOSED');
    await failure(first.db.getCacheData('k'), 'E_CLOSED');
    await failure(first.db.createCacheTable('mine'), 'E_CLOSED');
    expect(first.lines()).to.deep.equal([
      { level: 'warn', table_name: 'mine', event: 'Cannot create cache table - no connection' },
    ]);
    const second = await logged({ path });
    expect(await second.db.getCacheData('k', { tableName: 'mine' })).to.deep.equal({ n: 1 });
    expect(await second.db.query(sql`select index_name as name, is_unique as one from duckdb_indexes() where table_name = 'mine' order by 1`)).to.deep.equal([
      { name: 'mine_cache_key_idx', one: true },
      { name: 'mine_updated_at_idx', one: false },
    ]); // prettier-ignore
  });

  it('throw with onError what they would have logged alone, and log it all the same', async () => {
    const { db, lines } = await logged();
    await db.execute(sql`create table odd (cache_key varchar)`);
    await db.execute(sql`create view seen as select 1 as x`);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const thrown = { onError: 'throw' } as const;
    expect((await failure(db.storeCacheData('k', cycle, thrown), 'E_CONVERSION')).message).to.equal(
      '$[0] leads back to itself: a cycle has no JSON.',
    );
    for (const [tableName, named] of [['ODD', 'Table "ODD" is no cache table: .*'], ['seen', '"seen" is a view, and no cache table\\.']] as const) {
      for (const call of [
        () => db.storeCacheData('k', 1, { tableName, ...thrown }),
        () => db.getCacheData('k', { tableName, ...thrown }),
        () => db.createCacheTable(tableName),
      ]) {
        const { message, details } = await failure(call, 'E_CONFIG');
        expect(message).to.match(new RegExp(`^${named} Give another tableName, or drop`));
        expect(details).to.deep.equal({ table: tableName });
      }
    }
    expect(lines().filter(({ level }) => level === 'error')).to.have.length(1 + 2 * 4);
    // a miss is no failure
    expect(await db.getCacheData('none', thrown)).to.equal(null);
    expect(await db.storeCacheData('k', 1, thrown)).to.equal(true);
    expect(await db.getCacheData('k', thrown)).to.equal(1);
    for (const onError of ['raise', true, null]) {
      await failure(db.storeCacheData('k', 1, { onError } as never), 'E_CONFIG');
      await failure(db.getCacheData('k', { onError } as never), 'E_CONFIG');
    }
    expect(await db.query(sql`from odd`)).to.deep.equal([]);
    expect(await db.query(sql`select index_name from duckdb_indexes() where table_name = 'odd'`)).to.deep.equal([]);
  }); // prettier-ignore

  it('say that a database can only be read', async () => {
    const path = scratchPath();
    const writing = await openManager({ path });
    await writing.storeCacheData('k', 1);
    await writing.close();
    const { db, lines } = await logged({ path, readOnly: true });
    expect(await db.getCacheData('k')).to.equal(1);
    expect(await db.storeCacheData('k', 2)).to.equal(false);
    expect(lines().at(-1)).to.include({ event: 'Failed to store cache data', error_type: 'E_READ_ONLY' });
    await failure(db.storeCacheData('k', 2, { onError: 'throw' }), 'E_READ_ONLY');
    expect(await db.getCacheData('k', { tableName: 'none', onError: 'throw' })).to.equal(null);
  });

  it('tell tables apart as DuckDB does: by letters, not by the case of ASCII ones', async () => {
    const { db } = await logged();
    const names = ['main', 'select', 'É', 'é', '\u212A', 'k', 'ß', 'ss', 'data.csv', 'main.cache_data', '日本', 'x'.repeat(3000)];
    for (const tableName of names) {
      expect(await db.getCacheData('k', { tableName, onError: 'throw' })).to.equal(null);
      expect(await db.storeCacheData('k', tableName, { tableName, onError: 'throw' })).to.equal(true);
    }
    for (const tableName of names) expect(await db.getCacheData('k', { tableName })).to.equal(tableName);
    await db.storeCacheData('k', 'other', { tableName: 'MAIN' });
    expect(await db.getCacheData('k', { tableName: 'main' })).to.equal('other');
    for (const tableName of ['mysingle_cache', 'MySingle_Conflicts', 'mysingle_fallback'])
      await failure(db.storeCacheData('k', 1, { tableName }), 'E_CONFIG');
  }); // prettier-ignore

  it('fail no transaction for data, or a table, that cannot be; nor by a table made since it began', async () => {
    const { db } = await logged();
    await db.execute(sql`create table odd (n integer)`);
    const results = await db.transaction(async () => {
      await db.query(sql`from odd`);
      await withinContext({ transactions: new Map() }, () => db.storeCacheData('k', 1, { tableName: 'later' }));
      return [
        await db.storeCacheData('k', '\uD800'),
        await db.storeCacheData('k', 1, { tableName: 'odd' }),
        await db.getCacheData('k', { tableName: 'odd' }),
        await db.getCacheData('k', { tableName: 'later' }),
        await db.storeCacheData('k', 1),
        await db.storeCacheData('k', 2),
        await db.getCacheData('k'),
      ];
    });
    expect(results).to.deep.equal([false, false, null, null, true, true, 2]);
    expect(await db.getCacheData('k')).to.equal(2);
    expect(await db.getCacheData('k', { tableName: 'later' })).to.equal(1);
  });
});
