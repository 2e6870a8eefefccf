import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { BaseDuckDBManager, Column, Table, sql, type EntityClass, type Generated } from '@mysingle/database';
import { openManagers } from '../lib/cache/source.js';
import { failure } from './support/failure.js';
import { openManager, scratchFolder, scratchPath } from './support/scratch.js';

@Table('manager_row')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('decimal(9,2)', { default: '1.50' }) price!: Generated<string>;
}

const silent = { logger: false } as const;
const entities: EntityClass[] = [Row];

/** A manager whose createTables() does what a test says. */
class Own extends BaseDuckDBManager {
  hook: (self: Own) => Promise<void> = () => Promise.resolve();
  runs = 0;
  protected override async createTables(): Promise<void> {
    this.runs += 1;
    await this.hook(this);
  }
}

describe('a manager', () => {
  it('opens by open(), by connect(), or by its first use', async () => {
    const path = join(scratchFolder(), 'new', 'folder', 'x.duckdb');
    await using opened = await BaseDuckDBManager.open({ path, ...silent });
    expect([opened.mode, opened.dbPath, existsSync(path)]).to.deep.equal(['file', path, true]);
    await using lazy = new BaseDuckDBManager({ path: ':memory:', entities, ...silent });
    expect(lazy.health().status).to.equal('closed');
    expect(await lazy.repository(Row).count()).to.equal(0);
    expect(lazy.mode).to.equal('memory');
    await using own = await Own.open({ path: ':memory:', ...silent });
    expect([own instanceof Own, own.runs]).to.deep.equal([true, 1]);
    await using one = new Own(':memory:');
    expect(one.name).to.equal('default');
  });

  it('connects once, however often and however many at once ask', async () => {
    const own = new Own({ path: scratchPath(), ...silent });
    const all = await Promise.all([own.connect(), own.connect(), own.ensureConnected(), own.query(sql`select 1 as n`)]);
    expect([all[0] === own, all[1] === own, all[3], own.runs]).to.deep.equal([true, true, [{ n: 1 }], 1]);
    await own.connect();
    expect(own.runs).to.equal(1);
    await own.close();
  });

  it('is E_CLOSED after close(), in every way to use it, and of use again after connect()', async () => {
    const path = scratchPath();
    const db = await openManager({ path, entities });
    const rows = db.repository(Row);
    await rows.insert({ id: 1 });
    const { cache } = db;
    await Promise.all([db.close(), db.close()]);
    await db.close();
    const uses: (() => unknown)[] = [
      () => db.mode, () => db.cache, () => db.duckdbConn, () => db.ensureConnected(), () => db.query(sql`select 1`), () => db.execute(sql`select 1`),
      () => db.transaction(() => 1), () => db.withConnection(() => 1), () => rows.find(), () => rows.insert({ id: 2 }), () => rows.insertMany([]),
      () => db.createCacheTable('c'), () => db.storeCacheData('k', 1), () => db.getCacheData('k'),
    ]; // prettier-ignore
    for (const use of uses) expect((await failure(use, 'E_CLOSED')).message).to.equal('The manager is closed. Call connect() to use it again.'); // prettier-ignore
    await failure(
      cache.getOrLoad('k', { ttl: '1h' }, () => rows.count()),
      'E_CLOSED',
    );
    expect([db.connection, db.health().status, db.health().mode]).to.deep.equal([null, 'closed', undefined]);
    await db.connect();
    expect([await rows.count(), db.repository(Row) === rows, db.connection !== null]).to.deep.equal([1, true, true]);
    const closing = db.close();
    await failure(db.query(sql`select 1`), 'E_CLOSED');
    await db.connect(); // asked for while it closes
    await closing;
    expect(await rows.count()).to.equal(1);
  });

  it('is in the end what the last of close() and connect() asked for, in whatever order they come', async () => {
    const db = await openManager({ path: scratchPath() });
    const first = db.close();
    const again = db.connect();
    await Promise.all([first, again, db.close()]);
    await failure(db.query(sql`select 1`), 'E_CLOSED');
    expect([db.health().status, openManagers.has(db)]).to.deep.equal(['closed', false]);
    await Promise.all([db.connect(), db.close(), db.close(), db.connect(), db.query(sql`select 1`)]);
    expect(db.health().status).to.equal('ok');
    const used = [db.close(), db.connect(), db.query(sql`select 1 as n`)] as const;
    expect((await Promise.all(used))[2]).to.deep.equal([{ n: 1 }]);
    await db.close();
    expect([db.health().status, openManagers.has(db)]).to.deep.equal(['closed', false]);
  });

  it('says before connect() that it is not connected', async () => {
    const db = new BaseDuckDBManager({ path: ':memory:', ...silent });
    for (const use of [() => db.mode, () => db.duckdbConn, () => db.cache])
      expect((await failure(use, 'E_CLOSED')).message).to.equal('The manager is not connected yet. Call connect() first.'); // prettier-ignore
    expect(db.connection).to.equal(null);
    await db.close();
  });

  it('closes at the end of `await using`, also after an error', async () => {
    let kept: BaseDuckDBManager | undefined;
    const work = async (): Promise<void> => {
      await using db = await BaseDuckDBManager.open({ path: ':memory:', ...silent });
      kept = db;
      throw new Error('mine');
    };
    expect(await work().catch((error: Error) => error.message)).to.equal('mine');
    expect(kept?.health().status).to.equal('closed');
  });

  it('tells its health', async () => {
    const db = await openManager({ pool: { size: 2 } });
    expect(db.health()).to.deep.equal({ status: 'ok', mode: 'memory', dbPath: ':memory:', problem: undefined, pool: { size: 2, busy: 0, waiting: 0 }, pending: 0, conflicts: 0 }); // prettier-ignore
    await db.transaction(() => expect(db.health().pool.busy).to.equal(1));
    expect(db.health().pool.busy).to.equal(0);
  });

  it('opens a file for reading alone: no hook, no writes', async () => {
    const path = scratchPath();
    await (await openManager({ path, entities })).close();
    const db = await Own.open({ path, entities, readOnly: true, ...silent });
    expect([db.mode, db.runs, await db.repository(Row).count()]).to.deep.equal(['readonly', 0, 0]);
    await failure(db.repository(Row).insert({ id: 1 }), 'E_READ_ONLY');
    await db.close();
  });
});

describe('createTables()', () => {
  it('runs at each connect, after the entities, and may use everything of its manager', async () => {
    const own = new Own({ path: scratchPath(), entities, ...silent });
    own.hook = async (self) => {
      await self.connect(); // is done, as far as the hook is concerned
      await self.ensureConnected();
      await self.execute(sql`create table if not exists mine (n integer)`);
      await self.duckdbConn.run('create index if not exists mine_n on mine (n)');
      await self.createCacheTable('market_cache');
      await self.transaction(() => self.repository(Row).upsert({ id: self.runs }));
      await self.withConnection((connection) => connection.run('insert into mine values (1)'));
      await self.storeCacheData('k', self.runs);
    };
    await own.connect();
    await own.close();
    await own.connect();
    expect(await own.query(sql`select (select count(*)::int from mine) as mine, (select count(*)::int from ${Row}) as rows`)).to.deep.equal([{ mine: 2, rows: 2 }]); // prettier-ignore
    expect(await own.getCacheData('k')).to.equal(2);
    await own.close();
  });

  it('fails the connect for everybody who waits when it throws, and may succeed the next time', async () => {
    const path = scratchPath();
    const own = new Own({ path, ...silent });
    const mine = new RangeError('no tables today');
    own.hook = () => Promise.reject(mine);
    for (const connect of [own.connect(), own.query(sql`select 1`)] as Promise<unknown>[]) {
      const error: unknown = await connect.catch((caught: unknown) => caught);
      expect(error).to.equal(mine);
    }
    expect([own.connection, openManagers.has(own)]).to.deep.equal([null, false]);
    own.hook = () => Promise.resolve();
    await own.connect();
    expect(own.mode).to.equal('file');
    await own.close();
  });

  it('cannot close the manager that waits for it', async () => {
    const own = new Own({ path: ':memory:', ...silent });
    own.hook = (self) => self.close();
    expect((await failure(own.connect(), 'E_CONFIG')).message).to.equal('createTables() cannot close the manager that it is opening.'); // prettier-ignore
  });
});

describe('raw SQL', () => {
  it('gives rows decoded by column type', async () => {
    const db = await openManager({ entities });
    expect(await db.query(sql`select 1 as i, 2::bigint as b, 1.50::decimal(9,2) as d, 'x' as t, null as n, date '2026-01-01' as day, '{"a":[1]}'::json as j, [1, 2] as l, {x: 1} as s, ${new Date(5)} as at, count(*) as c from range(3)`)).to.deep.equal([
      { i: 1, b: 2n, d: '1.50', t: 'x', n: null, day: new Date('2026-01-01'), j: { a: [1] }, l: [1, 2], s: { x: 1 }, at: new Date(5), c: 3n },
    ]); // prettier-ignore
    expect(await db.query(sql`select 1 as n where false`)).to.deep.equal([]);
    const [odd] = await db.query(sql`select 1 as "constructor", 2 as "a b", 3 as "__proto__"`);
    expect(Object.entries(odd ?? {})).to.deep.equal([['constructor', 1], ['a b', 2], ['__proto__', 3]]); // prettier-ignore
    expect((await failure(db.query(sql`select 1 as n, 2 as n`), 'E_QUERY')).message).to.include('are named "n"');
  });

  it('counts the rows that execute() changed, also with RETURNING', async () => {
    const db = await openManager({ entities });
    const counts = [
      sql`insert into ${Row} values (1, 1), (2, 2)`, sql`insert into ${Row} values (3, 3), (4, 4) returning id`, sql`update ${Row} set price = 0 where id > 1 returning *`,
      sql`update ${Row} set price = 0 where false`, sql`delete from ${Row} where false returning id`, sql`delete from ${Row}`, sql`select 1`, sql`create table t (n integer)`,
    ]; // prettier-ignore
    const changed: number[] = [];
    for (const statement of counts) changed.push(await db.execute(statement));
    expect(changed).to.deep.equal([2, 2, 3, 0, 0, 4, 0, 0]);
  });

  it('gives one row by queryOne, or null, and no one of several', async () => {
    const db = await openManager({ entities });
    expect(await db.queryOne<{ n: bigint }>(sql`select count(*) as n from ${Row}`)).to.deep.equal({ n: 0n });
    expect(await db.queryOne(sql`select id from ${Row}`)).to.equal(null);
    await db.repository(Row).insertMany([{ id: 1, price: '1' }, { id: 2, price: '2' }]); // prettier-ignore
    const { message } = await failure(db.queryOne(sql`select id from ${Row}`), 'E_QUERY');
    expect(message).to.equal('queryOne: the statement gave 2 rows. Add a condition or LIMIT 1, or use query().');
    expect(await db.queryOne(sql`select id from ${Row} where id = ${2}`, { timeout: '1m' })).to.deep.equal({ id: 2 });
  });

  it('is refused as a string, as several statements, and when it is wrong', async () => {
    const db = await openManager({ entities });
    for (const run of [db.query.bind(db), db.queryOne.bind(db), db.execute.bind(db)] as ((
      text: never,
    ) => Promise<unknown>)[]) {
      expect((await failure(run('delete from x' as never), 'E_QUERY')).message).to.include('not as a string, into which values get pasted'); // prettier-ignore
      await failure(run({ strings: ['select 1'], values: [] } as never), 'E_QUERY');
      await failure(run(undefined as never), 'E_QUERY');
      await failure(run(sql`select 1; select 2` as never), 'E_QUERY');
      await failure(run(sql`selec 1` as never), 'E_QUERY');
    }
  });
});

describe('withConnection', () => {
  it("tells DuckDB's errors as everywhere, outside and inside a transaction", async () => {
    const db = await openManager();
    const wrong = (): Promise<unknown> => db.withConnection((connection) => connection.run('select nope'));
    const outside = await failure(wrong, 'E_QUERY');
    const inside = await failure(db.transaction(wrong), 'E_QUERY');
    expect(inside.message)
      .to.equal(outside.message)
      .and.match(/^Binder Error: /);
  });

  it('lends a connection that comes back as it went, outside and inside a transaction', async () => {
    const db = await openManager({ entities, pool: { size: 1 } });
    const value = await db.withConnection(async (connection) => {
      await connection.run('begin');
      await connection.run('insert into manager_row values (1, 1)');
      return 'not committed';
    });
    expect([value, await db.repository(Row).count()]).to.deep.equal(['not committed', 0]);
    const work = db.transaction(async () => {
      await db.repository(Row).insert({ id: 2 });
      const seen = await db.withConnection((c) => c.runAndReadAll('select count(*)::int from manager_row'));
      expect(seen.getRows()).to.deep.equal([[1]]);
      await db.withConnection((c) => c.run('insert into manager_row values (3, 3)'), { writes: [Row] });
      throw new Error('no');
    });
    expect(await work.catch((error: Error) => error.message)).to.equal('no');
    expect(await db.repository(Row).count()).to.equal(0);
    const mine = new RangeError('mine');
    expect(await db.withConnection(() => Promise.reject(mine)).catch((error: unknown) => error)).to.equal(mine);
    await failure(
      db.withConnection(() => 1, {
        writes: [
          class {
            id = 1;
          },
        ],
      }),
      'E_DECLARATION',
    );
  });
});

describe('options that are no object', () => {
  it('are refused by name', async () => {
    const db = await openManager();
    for (const options of [null, 'x', 5])
      await failure(
        db.transaction(() => 1, options as never),
        'E_CONFIG',
      );
  });
});

describe('the calls of the Python module', () => {
  it('have their counterparts', async () => {
    const path = scratchPath();
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) });
    class Store extends BaseDuckDBManager {
      protected override async createTables(): Promise<void> {
        await this.createCacheTable('market');
      }
    }
    {
      await using db = new Store({ path, logger });
      await db.connect();
      await db.ensureConnected();
      const { duckdbConn, connection } = db;
      expect([db.dbPath, connection === duckdbConn]).to.deep.equal([path, true]);
      // calls that are not awaited keep their order
      void duckdbConn.run('create table t (n integer)');
      void duckdbConn.run('insert into t values (1), (2)');
      expect((await duckdbConn.runAndReadAll('select n from t order by n')).getRows()).to.deep.equal([[1], [2]]);
      expect(await db.storeCacheData('k', { at: new Date(0) }, { tableName: 'market' })).to.equal(true);
      expect(await db.getCacheData('k', { tableName: 'market', ttlHours: 1 })).to.deep.equal({ at: '1970-01-01T00:00:00.000Z' }); // prettier-ignore
      expect(db.toJsonSerializable({ at: new Date(0), n: 2n ** 64n, s: new Set([1]) })).to.deep.equal({ at: '1970-01-01T00:00:00.000Z', n: '18446744073709551616', s: [1] }); // prettier-ignore
    }
    expect(lines).to.deep.equal(['Connecting to DuckDB', 'DuckDB connected successfully', 'Cache data stored successfully', 'DuckDB connection closed']); // prettier-ignore
  });
});
