// Others see a commit of DuckDB's before it tells of it. Nobody who has seen it may then get the cached value from before it.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Cached, Column, Table, keyvStore, sql, type BaseDuckDBManager } from '@mysingle/database';
import { startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';
import { until } from '../support/until.js';

@Cached('1h')
@Table('window_row')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
}

const ENTITIES = [Row];
const WRITES = 60;
const hour = { ttl: '1h' } as const;

const WAYS: Record<string, (db: BaseDuckDBManager, id: number) => Promise<unknown>> = {
  insert: (db, id) => db.repository(Row).insert({ id }),
  insertMany: (db, id) => db.repository(Row).insertMany([{ id }]),
  execute: (db, id) => db.execute(sql`insert into ${Row} values (${id})`),
  'query with RETURNING': (db, id) => db.query(sql`insert into ${Row} values (${id}) returning id`),
  transaction: (db, id) => db.transaction(() => db.repository(Row).insert({ id })),
  withConnection: (db, id) => db.withConnection((c) => c.run(`insert into window_row values (${id})`)),
  'withConnection that says what it writes': (db, id) => db.withConnection((c) => c.run(`insert into window_row values (${id})`), { writes: [Row] }),
  duckdbConn: (db, id) => db.duckdbConn.run(`insert into window_row values (${id})`),
  'duckdbConn, prepared': async (db, id) => (await db.duckdbConn.prepare(`insert into window_row values (${id})`)).run(),
  'duckdbConn, a transaction of its own': async ({ duckdbConn }, id) => {
    for (const step of ['begin', `insert into window_row values (${id})`, 'commit']) await duckdbConn.run(step);
  },
}; // prettier-ignore

describe('a commit that others see before it is told', () => {
  for (const [way, write] of Object.entries(WAYS)) {
    it(`is not followed by a value from before it: ${way}`, async () => {
      const db = await openManager({ path: scratchPath(), entities: ENTITIES });
      const rows = db.repository(Row);
      const ways = [
        (): Promise<number> => rows.count(),
        (): Promise<number> => db.cache.getOrLoad('count', hour, () => rows.count(undefined, { cache: false })),
      ];
      const state = { writing: true };
      const readers = ways.map(async (cached) => {
        const late: string[] = [];
        while (state.writing) {
          const seen = await rows.count(undefined, { cache: false });
          const given = await cached();
          if (given < seen) late.push(`${given} after ${seen}`);
        }
        return late;
      });
      for (let id = 1; id <= WRITES; id += 1) await write(db, id);
      state.writing = false;
      expect(await Promise.all(readers)).to.deep.equal([[], []]);
      expect(await Promise.all(ways.map((cached) => cached()))).to.deep.equal([WRITES, WRITES]);
    });
  }

  it('is not followed by one of a table of Keyv', async () => {
    const db = await openManager({ path: scratchPath() });
    const store = keyvStore(db, { table: 'window_keyv' });
    await store.set('0', 'x');
    const count = async (): Promise<number> =>
      (await db.queryOne<{ n: number }>(sql`select count(*)::int as n from window_keyv`))?.n ?? 0;
    const state = { writing: true };
    const late: string[] = [];
    const reading = (async () => {
      while (state.writing) {
        const seen = await count();
        const given = await db.cache.getOrLoad('count', hour, count);
        if (given < seen) late.push(`${given} after ${seen}`);
      }
    })();
    for (let id = 1; id <= WRITES; id += 1) await store.set(String(id), 'x');
    state.writing = false;
    await reading;
    expect([late, await db.cache.getOrLoad('count', hour, count)]).to.deep.equal([[], WRITES + 1]);
  });

  it('is not followed by one where a side file is applied beneath', async () => {
    const path = scratchPath();
    const db = await openManager({ path, entities: ENTITIES });
    const count = (): Promise<number> => db.repository(Row).count(undefined, { cache: false });
    const cached = (): Promise<number> => db.cache.getOrLoad('count', hour, count);
    // more than are applied in one commit
    await using writer = await startChild(`
      import { BaseDuckDBManager, sql } from '@mysingle/database';
      const db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, logger: false });
      await db.execute(sql\`create table if not exists window_row (id integer primary key)\`);
      for (let id = 0; id < 300; id += 1) await db.execute(sql\`insert into window_row values (\${id})\`);
      console.log('ready');
      setInterval(() => db.mode, 1000);
    `);
    expect(await cached()).to.equal(0);
    await writer.kill();
    const late: string[] = [];
    for (let seen = 0; seen < 300;) {
      seen = await count();
      const given = await cached();
      if (given < seen) late.push(`${given} after ${seen}`);
    }
    expect(late).to.deep.equal([]);
  });

  /** Whether the value is loaded or given, while `write` runs and after it. */
  async function around(write: (db: BaseDuckDBManager, signal: AbortSignal) => Promise<unknown>): Promise<unknown[]> {
    const db = await openManager({ entities: ENTITIES });
    await db.repository(Row).insert({ id: 1 });
    let loads = 0;
    const read = (): Promise<number> =>
      db.cache.getOrLoad('k', hour, () => ((loads += 1), db.repository(Row).count(undefined, { cache: false })));
    const reason = async (): Promise<string> => (await db.cache.explain('k')).reason;
    const seen: unknown[] = [];
    await read();
    const stop = new AbortController();
    const writing = write(db, stop.signal);
    await until(async () => (await reason()) === 'committing');
    for (let time = 0; time < 2; time += 1) seen.push(await read(), loads, await reason());
    stop.abort();
    await failure(writing);
    seen.push(await reason(), await read(), loads, await reason());
    return seen;
  }

  /** A row that takes an age of the universe to be made. */
  const endless = sql`select 2 from range(10000000) a, range(10000000) b having sum(a.range + b.range) > 0`;

  it('keeps what was read of its tables from being given or kept, and ends it where it was interrupted', async () => {
    const execute = (db: BaseDuckDBManager, signal: AbortSignal): Promise<unknown> =>
      db.execute(sql`insert into ${Row} ${endless}`, { signal });
    expect(await around(execute)).to.deep.equal([1, 2, 'committing', 1, 3, 'committing', 'written', 1, 4, 'fresh']);
  });

  it('leaves what was read of its tables as it was where it failed', async () => {
    const db = await openManager({ path: scratchPath(), entities: ENTITIES });
    const rows = db.repository(Row);
    await rows.insertMany([{ id: 1 }, { id: 2 }]);
    let loads = 0;
    const read = (): Promise<number> => db.cache.getOrLoad('k', hour, () => ((loads += 1), rows.count()));
    expect(await read()).to.equal(2);
    await failure(rows.insert({ id: 1 }), 'E_UNIQUE');
    await failure(rows.insertMany([{ id: 3 }, { id: 1 }]), 'E_UNIQUE');
    await failure(db.execute(sql`insert into ${Row} select 'x'`), 'E_CONVERSION');
    await failure(db.execute(sql`insert into window_row values (1)`), 'E_UNIQUE');
    const own = async (): Promise<void> => {
      await rows.insert({ id: 4 });
      throw new Error('mine');
    };
    expect(String(await db.transaction(own).catch((error: unknown) => error))).to.equal('Error: mine');
    // two that delete one row: the second is refused, and what it did is undone
    await failure(
      Promise.all([1, 2].map(() => db.transaction(async () => { await rows.insert({ id: 5 }); await rows.delete({ id: 5 }); await rows.insert({ id: 1 }); }))),
    ); // prettier-ignore
    expect([await read(), loads, (await db.cache.explain('k')).reason]).to.deep.equal([2, 1, 'fresh']);
  });
});
