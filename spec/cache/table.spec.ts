import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { Entry } from '../../lib/cache/entry.js';
import { StoredValue } from '../../lib/cache/stored-value.js';
import { CacheTable, type StoredEntry } from '../../lib/cache/table.js';
import { Database } from '../../lib/engine/database.js';
import { resolveOptions } from '../../lib/options.js';
import { Column, Table, sql } from '@mysingle/database';
import { openManager, scratchPath } from '../support/scratch.js';

const entry = (text: string, dependencies: string[] = [], tick = 0, expiresAt = 2_000): StoredEntry => ({
  text,
  dependencies,
  tick,
  createdAt: 1_000,
  expiresAt,
  graceUntil: expiresAt,
});

/** One entry in, by what is read back of it. */
const put = (table: CacheTable, key: string, { text, ...fields }: StoredEntry): Promise<void> =>
  table.write([[key, new Entry({ ...fields, value: StoredValue.fromText(text, () => undefined) }), text]], []);

const always = (): boolean => true;

async function database(path = scratchPath()): Promise<Database> {
  const made = await Database.create(resolveOptions({ path, logger: false }).database);
  await made.attach('file');
  return made;
}

@Table('beside_the_cache')
class Beside {
  @Column('integer', { primaryKey: true }) id!: number;
}

describe('the table of the cache', () => {
  it('is made by the first value, not by a look', async () => {
    const db = await database();
    const table = await CacheTable.open(db);
    const exists = async (): Promise<unknown> => {
      const connection = await db.connect();
      const { rowCount } = await connection.runAndReadAll(
        "select 1 from duckdb_tables() where table_name = 'mysingle_cache'",
      ).then((reader) => ({ rowCount: reader.currentRowCount })); // prettier-ignore
      connection.closeSync();
      return rowCount;
    };
    expect([await table.get('k'), await table.purge(0, always), await exists()]).to.deep.equal([undefined, 0, 0]);
    await table.write([], ['k']);
    await table.clear();
    await put(table, 'k', entry('1'));
    expect(await exists()).to.equal(1);
    await table.close('');
    await db.close();
  });

  it('gives back what was put, whatever is in keys and values, and the newest of one key', async () => {
    const db = await database();
    const table = await CacheTable.open(db);
    for (const key of ["'; drop table mysingle_cache; --", '"', '%', '\u{1F600}', ' '])
      await put(table, key, entry(JSON.stringify(key), ['main.a', "main.b'"], 7));
    expect(await table.get("'; drop table mysingle_cache; --")).to.deep.equal(
      entry(JSON.stringify("'; drop table mysingle_cache; --"), ['main.a', "main.b'"], 7),
    );
    expect((await table.get('%'))?.text).to.equal('"%"');
    await put(table, '%', entry('2', [], 8));
    expect(await table.get('%')).to.deep.equal(entry('2', [], 8));
    await table.write([], ['%']);
    expect(await table.get('%')).to.equal(undefined);
    await table.clear();
    expect(await table.get('"')).to.equal(undefined);
    await table.close('');
    await db.close();
  });

  it('purges what is over by the clock and what no longer holds', async () => {
    const db = await database();
    const table = await CacheTable.open(db);
    await put(table, 'over', entry('1', [], 5, 1_500));
    await put(table, 'written', entry('2', ['main.a'], 5));
    await put(table, 'good', entry('3', ['main.b'], 5));
    const seen: unknown[] = [];
    const purged = await table.purge(1_500, (tables, tick) => seen.push([tables, tick]) > 0 && tables[0] !== 'main.a');
    expect([purged, seen]).to.deep.equal([2, [[['main.a'], 5], [['main.b'], 5]]]); // prettier-ignore
    expect((await table.get('good'))?.text).to.equal('3');
    await table.close('');
    await db.close();
  });

  it('believes rows of an earlier session as of its own beginning, where that session closed', async () => {
    const path = scratchPath();
    for (const closes of [true, false]) {
      const db = await database(path);
      const table = await CacheTable.open(db);
      await put(table, 'k', entry('1', ['main.a'], 99));
      await (closes ? table.close('') : table.abandon());
      await db.close();
      const again = await database(path);
      const next = await CacheTable.open(again);
      expect(await next.get('k')).to.deep.equal(closes ? entry('1', ['main.a'], 0) : undefined);
      await next.close('');
      await again.close();
    }
  });

  it('of another shape costs a warning and nothing else, and stays as it is', async () => {
    const path = scratchPath();
    const foreign = await openManager({ path });
    await foreign.execute(sql`create table mysingle_cache (whose varchar)`);
    await foreign.execute(sql`insert into mysingle_cache values ('theirs')`);
    await foreign.close();
    const lines: { level: number; msg: string; table_name: string; error_type: string }[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
    const db = await openManager({ path, entities: [Beside], logger });
    const load = (): Promise<number> => db.repository(Beside).count();
    for (let time = 0; time < 2; time += 1) expect(await db.cache.getOrLoad('k', { ttl: '1h' }, load)).to.equal(0);
    await db.repository(Beside).insert({ id: 1 });
    expect(await db.cache.getOrLoad('k', { ttl: '1h' }, load)).to.equal(1);
    expect(await db.query(sql`select * from mysingle_cache`)).to.deep.equal([{ whose: 'theirs' }]);
    await db.close();
    const warnings = lines.filter(({ level }) => level > 30);
    expect(warnings.map(({ level, msg, table_name, error_type }) => ({ level, msg, table_name, error_type }))).to.deep.equal([
      { level: 40, msg: 'Cache tier failed', table_name: 'mysingle_cache', error_type: 'E_SCHEMA_DRIFT' },
    ]); // prettier-ignore
  });

  it('with a view in its place costs a warning that says so, and no write to what the view shows', async () => {
    const shapes = [
      'create view mysingle_cache as select 1 as whose',
      // as of an earlier version; and as it is
      'create view mysingle_cache as select key, value, tables, session, tick, expires_at from real_cache',
      'create view mysingle_cache as select * from real_cache',
    ];
    for (const shape of shapes) {
      const path = scratchPath();
      const foreign = await openManager({ path });
      await foreign.cache.set('k', 1, { ttl: '1h' });
      await foreign.cache.flush();
      await foreign.execute(sql`create table real_cache as select * from mysingle_cache`);
      await foreign.close();
      const without = await openManager({ path, cache: false });
      await without.execute(sql`drop table mysingle_cache`);
      await without.execute(sql.raw(shape));
      await without.close();
      const lines: { level: number; error: string }[] = [];
      const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
      const db = await openManager({ path, logger });
      await db.cache.set('k', 2, { ttl: '1h' });
      expect(await db.cache.get('k')).to.equal(2);
      const before = await db.query(sql`select * from real_cache order by key`);
      await db.close();
      expect(
        lines.filter(({ level }) => level > 30).map(({ error }) => error),
        shape,
      ).to.deep.equal([
        'mysingle_cache is a view, in the place of the table of the cache. Drop or rename it, and the cache lasts over restarts again.',
      ]);
      const after = await openManager({ path, cache: false });
      expect(await after.query(sql`select * from real_cache order by key`)).to.deep.equal(before);
    }
  });
});
