import { expect } from 'chai';
import { Keyv } from 'keyv';
import { describe, it } from 'mocha';
import { keyvStore, sql, type BaseDuckDBManager, type Fragment } from '@mysingle/database';
import { Creation } from '../../lib/engine/creation.js';
import { openManager, scratchPath } from '../support/scratch.js';

const raw = (text: string): Fragment => sql(Object.assign([text], { raw: [text] }));

/** Whether values end that depend on a table that nothing here has to do with, and what a query gives, cached and not. */
async function around(db: BaseDuckDBManager, query: string, write: () => Promise<unknown>): Promise<unknown[]> {
  const direct = (): Promise<unknown> => db.query(raw(query)).catch(() => 'missing');
  const cached = (): Promise<unknown> => db.cache.getOrLoad('answer', { ttl: '1h' }, direct);
  const apart = (): Promise<unknown> => db.cache.getOrLoad('apart', { ttl: '1h' }, () => db.query(sql`from apart`));
  await cached();
  await apart();
  await write();
  const { reason } = await db.cache.explain('apart');
  return [reason, await cached(), await direct()];
}

const count = (of: string): string => `select count(*) as n from ${of}`;

/** What makes something, before it, and what tells of it. */
const CASES: readonly (readonly [sql: string, query: string, before?: readonly string[]])[] = [
  ['create table if not exists made (n integer)', count('duckdb_tables()')],
  ['create table if not exists made as select 1 as n', 'from made'],
  ['create table if not exists s.t as select 9 as n', 'from s.v', ['create table t as select 1 as n', 'create schema s', 'create view s.v as from t']],
  ['create unique index if not exists made on apart (n)', count('duckdb_indexes()')],
  // the same name in another schema is another index
  ['create index if not exists made on s.t (n)', count('duckdb_indexes()'), ['create schema s', 'create table s.t as select 1 as n', 'create index made on apart (n)']],
  ['CREATE SEQUENCE IF NOT EXISTS made', count('duckdb_sequences()')],
  ['create schema if not exists made;', count('duckdb_schemas()')],
  ['create view if not exists made as select 1 as n', 'from made'],
  ["create type if not exists made as enum ('a')", "select enum_range(null::made) as all"],
  ['create macro if not exists made() as 1', 'select made() as one'],
  ['create function if not exists upper(x) as 1', "select upper('a') as up"],
]; // prettier-ignore

const WAYS: Record<string, (db: BaseDuckDBManager, text: string) => Promise<unknown>> = {
  execute: (db, text) => db.execute(raw(text)),
  transaction: (db, text) => db.transaction(() => db.execute(raw(text))),
  duckdbConn: (db, text) => db.duckdbConn.run(text),
  'duckdbConn, read': (db, text) => db.duckdbConn.runAndReadAll(text),
};

describe('CREATE ... IF NOT EXISTS', () => {
  for (const [way, run] of Object.entries(WAYS))
    it(`ends everything where something was missing, and nothing where it was there: ${way}`, async () => {
      for (const [text, query, before = []] of CASES) {
        // what the cache keeps of its own would make its table at any time
        const db = await openManager({ cache: { background: false } });
        for (const each of ['create table apart as select 1 as n', ...before]) await db.execute(raw(each));
        const [reason, cached, direct] = await around(db, query, () => run(db, text));
        expect([reason, cached], text).to.deep.equal(['written', direct]);
        const [then] = await around(db, query, () => run(db, text));
        expect(then, text).to.equal('fresh');
        await db.close();
      }
    });

  it('ends everything where a table of the cache calls or of Keyv is made by its first use', async () => {
    const path = scratchPath();
    const uses: Record<string, (db: BaseDuckDBManager) => Promise<unknown>> = {
      createCacheTable: (db) => db.createCacheTable('first'),
      storeCacheData: (db) => db.storeCacheData('k', 1, { tableName: 'second' }),
      'storeCacheData in a transaction': (db) =>
        db.transaction(() => db.storeCacheData('k', 1, { tableName: 'third' })),
      keyv: (db) => new Keyv({ store: keyvStore(db, { table: 'fourth' }) }).set('k', 1),
    };
    // the cache tells nobody of its own table
    const of = count("duckdb_tables() where table_name <> 'mysingle_cache'");
    for (const expected of ['written', 'fresh']) {
      const db = await openManager({ path });
      await db.execute(sql`create table if not exists apart as select 1 as n`);
      for (const [name, use] of Object.entries(uses)) {
        const [reason, cached, direct] = await around(db, of, () => use(db));
        expect([reason, cached], `${name} ${expected}`).to.deep.equal([expected, direct]);
      }
      await db.close();
    }
    // an index that is missing is made
    const db = await openManager({ path });
    await db.execute(sql`drop index first_updated_at_idx`);
    const [reason] = await around(db, count('duckdb_indexes()'), () => db.createCacheTable('first'));
    expect(reason).to.equal('written');
  });

  it('is nothing else, and not one of several', () => {
    expect(Creation.of(' CREATE TABLE IF NOT EXISTS t (n integer);')).to.be.instanceOf(Creation);
    for (const text of ['create table t (n integer)', 'create temp table if not exists t (n int)', 'create table if not exists t (n int); drop table u'])
      expect(Creation.of(text), text).to.equal(undefined); // prettier-ignore
  });
});
