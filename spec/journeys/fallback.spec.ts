// Another process holds the file: work goes on, nothing is lost, nothing is doubled, and all of it comes to the database.
import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  BaseDuckDBManager,
  Column,
  Index,
  Table,
  now,
  sequence,
  sql,
  uuid7,
  type Generated,
  type ManagerOptions,
} from '@mysingle/database';
import { holdFile, startChild } from '../support/child.js';
import { openManager, scratchPath } from '../support/scratch.js';
import { until } from '../support/until.js';

@Table('accounts')
class Account {
  @Column('varchar', { primaryKey: true }) name!: string;
  @Column('integer') balance!: number;
}

@Table('orders')
@Index(['symbol'])
class Order {
  @Column('bigint', { primaryKey: true, default: sequence() }) id!: Generated<bigint>;
  @Column('varchar', { unique: true }) symbol!: string;
  @Column('decimal(18,4)') price!: string;
  @Column('varchar', { nullable: true, references: () => [Account, 'name'] }) account!: string | null;
  @Column('timestamptz', { default: now() }) at!: Generated<Date>;
  @Column('uuid', { default: uuid7() }) token!: Generated<string>;
}

const ENTITIES = [Account, Order];

async function openLocked(options: ManagerOptions = {}): Promise<{
  db: BaseDuckDBManager;
  path: string;
  free: () => Promise<void>;
}> {
  const path = scratchPath();
  const seed = await BaseDuckDBManager.open({ path, entities: ENTITIES, logger: false });
  await seed.repository(Account).insertMany([
    { name: 'ada', balance: 100 },
    { name: 'bob', balance: 50 },
  ]);
  await seed.repository(Order).insert({ symbol: 'OLD', price: '1.5000', account: 'ada' });
  await seed.close();
  const holder = await holdFile(path);
  const db = await openManager({ path, entities: ENTITIES, ...options });
  return { db, path, free: () => holder.kill() };
}

async function arrived(db: BaseDuckDBManager, mode = 'file'): Promise<void> {
  for (let tries = 0; db.mode !== mode; tries += 1) {
    if (tries === 400) throw new Error(`still ${db.mode}: ${JSON.stringify(db.health())}`);
    await sleep(25);
  }
}

const sideFiles = (path: string): string[] =>
  readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.fallback-`));

describe('while another process holds the file', () => {
  it('work goes on, and every kind of write is in the database afterwards, in order', async () => {
    const { db, path, free } = await openLocked();
    expect(db.mode).to.equal('fallback');
    expect(db.health()).to.deep.include({ status: 'degraded', mode: 'fallback', pending: 1, conflicts: 0 });
    const [accounts, orders] = [db.repository(Account), db.repository(Order)];

    const first = await orders.insert({ symbol: 'A', price: '10.0001', account: 'ada' });
    expect(first.id > 2n ** 52n, 'keys come from a range of their own').to.equal(true);
    expect(await orders.find()).to.deep.equal([first]);
    await orders.insertMany(
      Array.from({ length: 3000 }, (_row, n) => ({ symbol: `M${n}`, price: '1.0000', account: null })),
    );
    await orders.insertMany(
      [
        { symbol: 'A', price: '11.0000', account: null },
        { symbol: 'I', price: '2.0000', account: null },
      ],
      { onConflict: 'ignore' },
    );
    await accounts.upsert({ name: 'cyd', balance: 7 });
    await accounts.upsert([
      { name: 'cyd', balance: 8 },
      { name: 'dan', balance: 9 },
    ]);
    expect(await accounts.update({ name: 'ada' }, { balance: sql`balance + ${5}` }), 'rows of the side file').to.equal(
      0,
    );
    await db.transaction(async () => {
      await accounts.update({ name: 'bob' }, { balance: sql`balance * 2` });
      await orders.insert({ symbol: 'T', price: '3.0000', account: 'bob' });
    });
    await db
      .transaction(async () => {
        await orders.insert({ symbol: 'ROLLED BACK', price: '3.0000', account: null });
        throw new Error('no');
      })
      .catch(() => {});
    await orders.delete({ symbol: 'OLD' });
    await db.execute(sql`insert into accounts values ('eve', 1), ('fay', 2)`);
    const [raw] = await db.query<{ id: bigint }>(sql`insert into orders (symbol, price) values ('R', 4) returning id`);
    await db.execute(sql`create table notes (n integer default 3, noted timestamptz default now())`);
    await db.execute(sql`insert into notes (n) values (1)`);
    await db.withConnection(async (c) => {
      await c.run('insert into notes (n) values ($1), ($2)', [2, 3]);
      await c.run('begin');
      await c.run('update notes set n = n * 10');
      await c.run('commit');
      const prepared = await c.prepare('insert into notes (n) values ($1)');
      prepared.bindInteger(1, 77);
      await prepared.run();
    });
    await db.duckdbConn.run('insert into notes (n) values (99)');
    await db.storeCacheData('k', { a: 1 });
    await db.cache.set('direct', [1n], { ttl: '1h' });
    const notes = await db.query(sql`select * from notes order by n`);
    expect(sideFiles(path)).to.have.length.greaterThan(0);

    await free();
    await arrived(db);
    expect(db.health()).to.deep.include({ status: 'ok', mode: 'file', pending: 0, conflicts: 0 });
    expect(sideFiles(path)).to.deep.equal([]);
    expect(await accounts.find({ orderBy: { name: 'asc' } })).to.deep.equal(
      [
        ['ada', 105],
        ['bob', 100],
        ['cyd', 8],
        ['dan', 9],
        ['eve', 1],
        ['fay', 2],
      ].map(([name, balance]) => Object.assign(new Account(), { name, balance })),
    );
    expect(await orders.findById(first.id)).to.deep.equal(first);
    expect(await orders.count()).to.equal(1 + 3000 + 1 + 1 + 1);
    expect((await orders.findOneOrFail({ where: { symbol: 'R' } })).id).to.equal(raw?.id);
    expect(await orders.exists({ symbol: 'ROLLED BACK' })).to.equal(false);
    expect(await db.query(sql`select * from notes order by n`)).to.deep.equal(notes);
    expect(await db.getCacheData('k')).to.deep.equal({ a: 1 });
    expect(await db.cache.get('direct')).to.deep.equal([1n]);

    await orders.insert({ symbol: 'LATER', price: '1.0000', account: null });
    await db.close();
    const again = await openManager({ path, entities: ENTITIES });
    expect(await again.repository(Order).count()).to.equal(3005);
    expect(await again.cache.get('direct')).to.deep.equal([1n]);
    expect(await again.query(sql`select * from mysingle_fallback`)).to.deep.equal([]);
  });

  it('goes over to the database also under a load that never pauses', async () => {
    const { db, free } = await openLocked();
    const accounts = db.repository(Account);
    const stopped = new AbortController();
    let written = 0;
    const writers = Array.from({ length: 6 }, async (_each, writer) => {
      for (let n = 0; !stopped.signal.aborted; n += 1) {
        const rows = Array.from({ length: 1 + 70 * (n % 2) }, (_row, place) => ({
          name: `${writer}/${n}/${place}`,
          balance: n,
        }));
        const count = await (writer === 0 ? accounts.insertMany(rows) : accounts.upsert(rows));
        written += count;
      }
    });
    await sleep(300);
    await free();
    await arrived(db).finally(() => stopped.abort());
    await Promise.all(writers);
    expect(await accounts.count()).to.equal(2 + written);
  });

  it('a closed manager leaves its side file to the next start', async () => {
    const { db, path, free } = await openLocked();
    await db.repository(Account).insert({ name: 'zoe', balance: 1 });
    await db.close();
    expect(sideFiles(path)).to.have.length(1);
    await free();
    const again = await openManager({ path, entities: ENTITIES });
    expect(again.mode).to.equal('file');
    expect(await again.repository(Account).findById('zoe')).to.deep.equal(
      Object.assign(new Account(), { name: 'zoe', balance: 1 }),
    );
    expect(await again.query(sql`select * from mysingle_fallback`)).to.deep.equal([]);
    expect(sideFiles(path)).to.deep.equal([]);
  });

  it('leaves alone a side file that another process is just making, and clears away one that never came to be', async () => {
    const path = scratchPath();
    const [making, dead] = [`${path}.fallback-1-00000000000a`, `${path}.fallback-1-00000000000b`];
    await using maker = await holdFile(making);
    expect(maker.pid).to.be.greaterThan(0);
    // locked, and nothing in it: as it is between the two for a moment
    truncateSync(making, 0);
    writeFileSync(dead, '');
    await openManager({ path });
    expect(sideFiles(path)).to.include(basename(making)).and.not.include(basename(dead));
  });

  it('brings in, while it is open, what another process left beside it', async () => {
    const path = scratchPath();
    const db = await openManager({ path, entities: ENTITIES });
    const job = await startChild(`
      import { BaseDuckDBManager, sql } from '@mysingle/database';
      const db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, logger: false });
      await db.execute(sql\`create table if not exists accounts (name varchar primary key, balance integer not null)\`);
      await db.execute(sql\`insert into accounts values ('job', 42)\`);
      console.log(db.mode);
      await db.close();
    `);
    const { code, lines, stderr } = await job.ended;
    expect([code, lines], stderr).to.deep.equal([0, ['fallback']]);
    const accounts = db.repository(Account);
    for (let tries = 0; (await accounts.findById('job')) === null; tries += 1) {
      expect(tries, 'tries').to.be.below(300);
      await sleep(25);
    }
    expect(await accounts.findById('job')).to.include({ balance: 42 });
    expect(db.health().conflicts).to.equal(0);
  });

  it('leaves nothing behind where nothing was written', async () => {
    const { db, path } = await openLocked();
    await db.query(sql`select 1`);
    await db.close();
    expect(sideFiles(path)).to.deep.equal([]);
  });

  it('says where the database turns out to be another than its entities, and keeps what does not fit', async () => {
    const path = scratchPath();
    const holder = await startChild(`
      import { DuckDBInstance } from '@duckdb/node-api';
      const instance = await DuckDBInstance.create(${JSON.stringify(path)});
      const connection = await instance.connect();
      globalThis.held = [instance, connection]; // collected, they would let go of the file
      await connection.run('create table accounts (name varchar primary key, amount integer not null)');
      console.log('ready');
      setInterval(() => {}, 1000);
    `);
    const db = await openManager({ path, entities: [Account] });
    await db.repository(Account).insert({ name: 'ada', balance: 1 });
    await holder.kill();
    await arrived(db);
    await until(() => db.health().problem !== undefined);
    expect(db.health().problem).to.contain('The database differs from the entity classes');
    expect(db.health()).to.include({ status: 'degraded', mode: 'file', conflicts: 1 });
    expect((await db.query<{ code: string }>(sql`select code from mysingle_conflicts`))[0]?.code).to.equal('E_QUERY');
  });

  it('keeps what the database refuses, whole, with the reason', async () => {
    const { db, free } = await openLocked();
    const orders = db.repository(Order);
    await orders.insert({ symbol: 'OLD', price: '9.0000', account: null });
    await db.transaction(async () => {
      await orders.insert({ symbol: 'GOOD', price: '9.0000', account: null });
      await orders.insert({ symbol: 'BAD', price: '9.0000', account: 'nobody' });
    });
    await orders
      .insertMany(
        Array.from({ length: 100 }, (_row, n) => ({
          symbol: n === 50 ? 'OLD' : `B${n}`,
          price: '1.0000',
          account: null,
        })),
        { onConflict: 'error' },
      )
      .catch(() => {});
    await orders.insert({ symbol: 'FINE', price: '1.0000', account: 'ada' });
    await free();
    await arrived(db);
    expect(db.health().conflicts).to.equal(2);
    expect(await orders.find({ select: ['symbol'], orderBy: { symbol: 'asc' } })).to.deep.equal([
      { symbol: 'FINE' },
      { symbol: 'OLD' },
    ]);
    const kept = await db.query<{ code: string; reason: string; operations: { sql: string; parameters: string[] }[] }>(
      sql`select * from mysingle_conflicts order by seq`,
    );
    expect(kept.map(({ code }) => code)).to.deep.equal(['E_UNIQUE', 'E_FOREIGN_KEY']);
    expect(kept[1]?.operations).to.have.length(2);
    await db.execute(sql`delete from mysingle_conflicts where code = 'E_UNIQUE'`);
    expect(db.health().conflicts).to.equal(1);
    await db.transaction(() => db.execute(sql`delete from mysingle_conflicts`));
    expect(db.health().conflicts).to.equal(0);
  });
});
