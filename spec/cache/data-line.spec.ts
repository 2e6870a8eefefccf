import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { sql, withContext, type BaseDuckDBManager, type ManagerOptions } from '@mysingle/database';
import { openBeside } from '../support/beside.js';
import { openManager, scratchPath } from '../support/scratch.js';

/** The statements that stored something, with how many rows. */
async function storing(
  options: ManagerOptions = {},
): Promise<{ db: BaseDuckDBManager; stored: () => Record<string, unknown>[] }> {
  const lines: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'debug', base: null },
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const db = await openManager({ logger, ...options });
  return { db, stored: () => lines.splice(0).filter(({ sql: text }) => String(text).startsWith('INSERT INTO')) };
}

describe('stores that wait together', () => {
  for (const where of ['memory', 'file'])
    it(`are few statements: 1,000 keys in ${where}, each hearing that it was stored`, async () => {
      const { db, stored } = await storing(where === 'file' ? { path: scratchPath() } : {});
      await db.createCacheTable('cache_data');
      const all = Array.from({ length: 1000 }, (_each, n) => db.storeCacheData(`k${n}`, { n }));
      expect(new Set(await Promise.all(all))).to.deep.equal(new Set([true]));
      expect(stored().length).to.be.at.most(3);
      const rows = await db.query(sql`select count(*)::int as n, sum((data_json->>'n')::int)::int as total from cache_data`);
      expect(rows).to.deep.equal([{ n: 1000, total: 499_500 }]);
    }); // prettier-ignore

  it('are stored in their order, so that of one key the last counts', async () => {
    const { db } = await storing();
    const all = Array.from({ length: 200 }, (_each, n) => db.storeCacheData(n % 2 === 0 ? 'even' : 'odd', n));
    expect(new Set(await Promise.all(all))).to.deep.equal(new Set([true]));
    expect([await db.getCacheData('even'), await db.getCacheData('odd')]).to.deep.equal([198, 199]);
    expect(await db.query(sql`select count(*)::int as n from cache_data`)).to.deep.equal([{ n: 2 }]);
  });

  it('keep any key and text exactly', async () => {
    const { db } = await storing();
    const keys = ['a', 'a\0b', 'a\0', '\uFEFFa', 'é', 'e\u0301', '\uFFFD', "'", '"', '\\', '\u{1F600}', 'x'.repeat(1 << 20), 'x'.repeat((1 << 20) + 1)]; // prettier-ignore
    expect(await Promise.all(keys.map((key) => db.storeCacheData(key, { key })))).to.not.include(false);
    for (const key of keys) expect(await db.getCacheData(key)).to.deep.equal({ key });
    expect(await db.query(sql`select count(*)::int as n from cache_data`)).to.deep.equal([{ n: keys.length }]);
  });

  it('do not share their failure, where one of them is to blame', async () => {
    const { db, stored } = await storing({ path: scratchPath() });
    // a row that DuckDB refuses, as it would one that is too large
    await db.execute(sql`create table cache_data (id uuid primary key default uuid(), cache_key varchar not null check (cache_key <> 'bad'),
      data_json json not null, created_at timestamptz not null, updated_at timestamptz not null)`);
    await db.storeCacheData('z', 0);
    stored();
    const keys = ['a', 'bad', 'b', 'c'];
    const outcomes = await Promise.all(keys.map((key) => db.storeCacheData(key, key)));
    expect(stored()).to.not.be.empty;
    expect(outcomes).to.deep.equal([true, false, true, true]);
    expect(await Promise.all(keys.map((key) => db.getCacheData(key)))).to.deep.equal(['a', null, 'b', 'c']);
  });

  it('have their own ids on their lines, and no one’s on the statement that they share', async () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
    const db = await openManager({ logger });
    await db.createCacheTable('cache_data');
    lines.length = 0;
    await Promise.all(
      ['x', 'y', 'z'].map((id) => withContext({ requestId: id }, () => db.storeCacheData(id, id))),
    );
    const told = lines.filter(({ msg }) => msg === 'Cache data stored successfully');
    expect(told.map((line) => [line['cache_key'], line['request_id']])).to.deep.equal([['x', 'x'], ['y', 'y'], ['z', 'z']]);
    const shared = lines.filter(({ sql: text }) => /unnest/.test(String(text)));
    expect(shared).to.have.length(1);
    expect(shared[0]).to.not.have.property('request_id');
    lines.length = 0;
    await withContext({ requestId: 'alone' }, () => db.storeCacheData('k', 1));
    expect(lines.find(({ sql: text }) => String(text).startsWith('INSERT'))).to.have.property('request_id', 'alone');
  }); // prettier-ignore

  it('get along with those of another manager of the file', async () => {
    const path = scratchPath();
    const [one, other] = [await openManager({ path }), await openManager({ path })];
    const all = Array.from({ length: 200 }, (_each, n) => (n % 2 === 0 ? one : other).storeCacheData('k', n));
    expect(new Set(await Promise.all(all))).to.deep.equal(new Set([true]));
    expect(await one.query(sql`select count(*)::int as n from cache_data`)).to.deep.equal([{ n: 1 }]);
  });

  it('come to the database one by one, where another process holds it', async () => {
    const { db, free } = await openBeside();
    const keys = ['a', '\uFEFFb', 'c\0', '\u{1F600}'];
    expect(await Promise.all(keys.map((key) => db.storeCacheData(key, [key])))).to.not.include(false);
    await free();
    for (const key of keys) expect(await db.getCacheData(key, { onError: 'throw' })).to.deep.equal([key]);
    expect(db.health().conflicts).to.equal(0);
  });
});
