import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { pino } from 'pino';
import {
  BaseDuckDBManager, Cached, Column, Table, all, avg, count, rowNumber, sql, withContext, type ManagerOptions, type QueryEvent, type Repository,
} from '@mysingle/database'; // prettier-ignore
import { openBeside } from './support/beside.js';
import { startChild } from './support/child.js';
import { failure } from './support/failure.js';
import { gate } from './support/gate.js';
import { listen, listeners, spans, type Listening } from './support/listening.js';
import { openManager, scratchFolder, scratchPath } from './support/scratch.js';
import { until } from './support/until.js';

@Table('told_trades')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
  @Column('double') price!: number;
}

@Table('told_keys')
class Pair {
  @Column('integer', { primaryKey: true }) a!: number;
  @Column('integer', { primaryKey: true }) b!: number;
}

@Cached('1h')
@Table('told_kept')
class Kept {
  @Column('integer', { primaryKey: true }) id!: number;
}

const trade = (id: number, symbol = 'A') => ({ id, symbol, price: id / 2 });
const ENTITIES = [Trade, Pair, Kept];
const SECRET = 'hunter2';

describe('the query channel', () => {
  let db: BaseDuckDBManager;
  let trades: Repository<Trade>;
  let told: Listening;

  const open = async (options: ManagerOptions = {}): Promise<void> => {
    db = await openManager({ entities: ENTITIES, ...options });
    trades = db.repository(Trade);
    await trades.insertMany([1, 2, 3].map((id) => trade(id)));
    told = listen(db);
  };

  beforeEach(() => open());
  afterEach(() => {
    told[Symbol.dispose]();
    expect(listeners()).to.deep.equal([]);
  });

  type Case = readonly [
    operation: string,
    run: () => unknown,
    text: RegExp | undefined,
    rows: number,
    table?: string | null,
  ];
  const many = (from: number, length: number): Trade[] => Array.from({ length }, (_row, n) => trade(from + n));
  const each = async (rows: AsyncIterable<unknown>): Promise<void> => {
    for await (const row of rows) expect(row).to.be.an('object');
  };
  const CASES: readonly Case[] = [
    ['insert', () => trades.insert(trade(9)), /^INSERT INTO "told_trades" .* RETURNING/, 1],
    ['insertMany', () => trades.insertMany(many(10, 5)), /^INSERT INTO "told_trades"/, 5],
    ['insertMany', () => trades.insertMany(many(10, 200)), undefined, 200],
    ['insertMany', () => trades.insertMany(many(2, 5), { onConflict: 'ignore' }), /ON CONFLICT DO NOTHING$/, 3],
    ['upsert', () => trades.upsert(trade(1, 'B')), /ON CONFLICT \("id"\) DO UPDATE/, 1],
    ['upsert', () => trades.upsert([trade(1, 'B'), trade(4)]), /FROM temp\.\S+ .*ON CONFLICT/, 2],
    ['update', () => trades.update({ symbol: 'A' }, { price: 1 }), /^UPDATE "told_trades"/, 3],
    ['update', () => trades.update({ symbol: 'Z' }, { price: 1 }), /^UPDATE "told_trades"/, 0],
    ['delete', () => trades.delete(all()), /^DELETE FROM "told_trades"/, 3],
    ['findById', () => trades.findById(2), /WHERE "id" = \$1 LIMIT 1$/, 1],
    ['findById', () => trades.findById(99), /WHERE "id" = \$1 LIMIT 1$/, 0],
    ['findById', () => db.repository(Pair).findById({ a: 1, b: 1 }), /"a" = \$1 AND "b" = \$2/, 0, 'main.told_keys'],
    ['findById', () => db.repository(Kept).findById(1), /WHERE "id" = \$1/, 0, 'main.told_kept'],
    ['find', () => trades.find({ where: { symbol: 'A' } }), /WHERE "symbol" = \$1/, 3],
    ['findOne', () => trades.findOne({ where: { id: 2 } }), /LIMIT 1$/, 1],
    ['findOneOrFail', () => trades.findOneOrFail({ where: { id: 2 } }), /LIMIT 1$/, 1],
    ['findPage', () => trades.findPage({ limit: 2 }), /LIMIT 3$/, 3],
    ['findColumns', () => trades.findColumns({ select: ['price'] }), /^SELECT "price"/, 3],
    ['count', () => trades.count(), /^SELECT count/, 1],
    ['exists', () => trades.exists({ id: 1 }), /^SELECT .*EXISTS/i, 1],
    ['distinct', () => trades.distinct(['symbol']), /DISTINCT/, 1],
    ['sample', () => trades.sample({ rows: 2 }), /SAMPLE/i, 2],
    ['summarize', () => trades.summarize({ select: ['price'] }), /SUMMARIZE/, 1],
    ['aggregate', () => trades.aggregate({ groupBy: ['symbol'], select: { mean: avg('price'), n: count() } }), /GROUP BY/, 1],
    ['latestBy', () => trades.latestBy(['symbol'], { orderBy: 'id' }), /QUALIFY/, 1],
    ['window', () => trades.window({ orderBy: { id: 'asc' }, select: { n: rowNumber() } }), /OVER/, 3],
    ['explain', () => trades.explain(), /^EXPLAIN/, 1],
    ['stream', () => each(trades.stream()), /^SELECT .* FROM "told_trades"$/, 3],
    ['streamColumns', () => each(trades.streamColumns({ select: ['id'] })), /^SELECT "id"/, 3],
    ['exportTo', () => trades.exportTo(join(scratchFolder(), 'a.parquet')), /^COPY/, 3],
    ['query', () => db.query(sql`select * from ${Trade}`), /^select \* from/, 3, null],
    ['queryOne', () => db.queryOne(sql`select 1 as x`), /^select 1/, 1, null],
    ['execute', () => db.execute(sql`update told_trades set price = ${5} where id < ${3}`), /^update told_trades set price = \$1/, 2, null],
    ['execute', () => db.execute(sql`create table other (id integer)`), /^create table/, 0, null],
    ['stream', () => each(db.stream(sql`select * from range(5000)`)), /^select \* from range/, 5000, null],
    ['exportTo', () => db.exportTo(sql`select 1 as x`, join(scratchFolder(), 'b.csv')), /^COPY/, 1, null],
    ['storeCacheData', () => db.storeCacheData('k', [1]), /^INSERT INTO "cache_data"/, 1, null],
  ]; // prettier-ignore

  for (const [index, [operation, run, text, rows, table = 'main.told_trades']] of CASES.entries())
    it(`tells ${operation} once, with what it asked for and how many rows it came to (${index})`, async () => {
      await run();
      expect(told.own().map((event) => [event.operation, event.rows])).to.deep.equal([[operation, rows]]);
      const [event] = told.own() as [QueryEvent];
      if (text === undefined) expect(event.sql).to.equal(undefined);
      else expect(event.sql).to.match(text);
      const entity = ENTITIES.find((known) =>
        table?.endsWith({ Trade: 'trades', Pair: 'keys', Kept: 'kept' }[known.name] ?? '-'),
      );
      expect([event.table, event.entity]).to.deep.equal([table ?? undefined, entity?.name]);
      expect([event.manager, event.database, event.mode]).to.deep.equal(['default', ':memory:', 'memory']);
      expect(event.parameterCount).to.equal(new Set(event.sql?.match(/\$\d+/g)).size);
      expect([event.batch, event.correlationIds, event.error, event.cacheKey === undefined]).to.deep.equal([1, undefined, undefined, table !== 'main.told_kept']); // prettier-ignore
      // the steps of the library are told as what they are: of the same call
      for (const step of told.queries) expect(step.operation).to.equal(operation);
    });

  it('tells importFrom once', async () => {
    const path = join(scratchFolder(), 'in.parquet');
    await trades.exportTo(path);
    await trades.delete(all());
    told.clear();
    await trades.importFrom(path);
    expect(told.own().map(({ operation, rows, entity }) => [operation, rows, entity])).to.deep.equal([['importFrom', 3, 'Trade']]); // prettier-ignore
  });

  it('tells of one and the same object at its start, with what is known by then, and at its end', async () => {
    told[Symbol.dispose]();
    const known: unknown[] = [];
    told = listen(db, (part, event) => {
      const { rows, durationMs, error } = event as QueryEvent;
      known.push([part, rows, durationMs !== undefined, error?.type]);
    });
    await trades.find();
    await failure(trades.insert(trade(1)), 'E_UNIQUE');
    expect(known).to.deep.equal([
      ['query:start', undefined, false, undefined],
      ['query:end', undefined, false, undefined],
      ['query:asyncStart', 3, true, undefined],
      ['query:asyncEnd', 3, true, undefined],
      ['query:start', undefined, false, undefined],
      ['query:end', undefined, false, undefined],
      ['query:error', undefined, true, 'E_UNIQUE'],
      ['query:asyncStart', undefined, true, 'E_UNIQUE'],
      ['query:asyncEnd', undefined, true, 'E_UNIQUE'],
    ]);
    expect(new Set(told.parts.map(([, event]) => event)).size).to.equal(2);
  });

  it('tells no value: not one that was bound, not in an error, and nothing that a user could send', async () => {
    await db.execute(sql`create table names (name varchar primary key)`);
    await db.query(sql`select ${SECRET} as x`);
    await db.execute(sql`insert into names values (${SECRET})`);
    await failure(db.execute(sql`insert into names values (${SECRET})`), 'E_UNIQUE');
    await failure(db.query(sql`select ${SECRET}::integer as x`), 'E_CONVERSION');
    await trades.find({ where: { symbol: SECRET } });
    await failure(trades.insert({ ...trade(4), price: SECRET as never }));
    await db.transaction(async () => Promise.reject(new TypeError(SECRET))).catch(() => {});
    await db.cache.getOrLoad(`user:${SECRET}`, { ttl: '1h' }, async () => SECRET);
    await db.cache.getOrLoad(`user:${SECRET}`, { ttl: '1h' }, async () => SECRET);
    await db.cache.invalidate({ tags: [SECRET] });
    const text = JSON.stringify([told.queries, told.transactions, told.loads, told.cache]);
    expect(text).to.include('"E_UNIQUE"').and.include('"TypeError"').and.include('"hit"');
    expect(text).to.not.include(SECRET);
  });

  it('has the manager itself, which nothing writes down', async () => {
    await trades.find();
    const [event] = told.queries as [QueryEvent];
    expect(event.owner).to.equal(db);
    expect(Object.keys(event)).to.include('manager').and.not.include('owner');
  });

  it('goes by the clock of the log', async () => {
    told[Symbol.dispose]();
    const lines: { msg: string; duration_ms: number }[] = [];
    await open({
      logger: pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) }),
    });
    lines.length = 0;
    await trades.find();
    await each(trades.stream());
    await trades.findById(1);
    await failure(trades.insert(trade(1)), 'E_UNIQUE');
    await db.transaction(() => trades.count());
    const logged = lines.filter(({ msg }) => msg.startsWith('Query')).map(({ duration_ms }) => duration_ms);
    expect(logged).to.have.length(5);
    expect(logged).to.deep.equal(told.queries.map(({ durationMs = 0 }) => Math.round(durationMs * 100) / 100));
  });

  it('is beside a line of the log for a bulk load too, at its level', async () => {
    const load = (from: number): Promise<unknown> => trades.insertMany(many(from, 200));
    for (const [slowQuery, level, line] of [['1h', 'debug', 'Query executed'], ['1ms', 'warn', 'Slow query']] as const) {
      told[Symbol.dispose]();
      const lines: Record<string, unknown>[] = [];
      const logger = pino({ level }, { write: (text: string) => void lines.push(JSON.parse(text) as never) });
      await open({ logger, slowQuery });
      lines.length = 0;
      // one that takes its time: what it reads comes late
      await trades.insertMany((async function* () {
        for (const row of many(10, 200)) yield row;
        await sleep(5);
      })());
      const [event] = told.own() as [QueryEvent];
      const loads = lines.filter(({ sql: text, msg }) => text === undefined && msg === line);
      expect(loads.map(({ table, row_count, duration_ms, operation }) => [table, row_count, duration_ms, operation])).to.deep.equal([['told_trades', 200, Math.round((event.durationMs ?? 0) * 100) / 100, 'load']]);
      if (level === 'warn') continue;
      lines.length = 0;
      await failure(load(10), 'E_UNIQUE');
      expect(lines.filter(({ msg }) => msg === 'Query failed').map(({ table, error_type }) => [table, error_type])).to.deep.equal([['told_trades', 'E_UNIQUE']]);
    }
  }); // prettier-ignore

  it('says when it was asked for, and how long it waited for a connection', async () => {
    told[Symbol.dispose]();
    await open({ pool: { size: 1 } });
    const [held, here] = [gate(), gate()];
    const lent = db.withConnection(async () => {
      here.open();
      await held.passed;
    });
    await here.passed;
    const before = performance.now();
    const waiting = [trades.find(), trades.findById(1), each(trades.stream()), db.transaction(() => trades.count())];
    await sleep(20);
    const released = performance.now();
    held.open();
    await Promise.all([...waiting, lent]);
    for (const event of [...told.queries.filter(({ inTransaction }) => !inTransaction), ...told.transactions]) {
      expect(event.startedAt).to.be.within(before, released);
      expect(event.waitMs).to.be.at.least(released - event.startedAt - 0.001);
      expect(event.startedAt + (event.waitMs ?? 0) + (event.durationMs ?? 0)).to.be.at.most(performance.now());
    }
    expect(told.queries.map(({ operation }) => operation)).to.have.members(['find', 'findById', 'stream', 'count']);
  });

  it('tells of whoever waited for a connection in vain', async () => {
    told[Symbol.dispose]();
    await open({ pool: { size: 2, acquireTimeout: '20ms' } });
    const held = gate();
    const lent = [1, 2].map(() => db.withConnection(() => held.passed));
    await until(() => db.health().pool.busy === 2);
    const calls = [trades.find(), trades.findById(1), trades.insert(trade(8)), each(trades.stream()), db.transaction(async () => {})];
    await Promise.all(calls.map((call) => failure(call, 'E_TIMEOUT')));
    held.open();
    await Promise.all(lent);
    expect(told.queries.map(({ operation, error, durationMs, rows }) => [operation, error?.type, durationMs, rows ?? 0])).to.have.deep.members(
      ['find', 'findById', 'insert', 'stream'].map((operation) => [operation, 'E_TIMEOUT', 0, 0]),
    );
    for (const { waitMs } of told.queries) expect(waitMs).to.be.at.least(19);
    expect(told.transactions.map(({ error, outcome, durationMs }) => [error?.type, outcome, durationMs])).to.deep.equal([['E_TIMEOUT', undefined, 0]]); // prettier-ignore
  }); // prettier-ignore

  it('tells of whoever left before there was a connection, by a timeout or a signal of his own', async () => {
    told[Symbol.dispose]();
    await open({ pool: { size: 2 } });
    const held = gate();
    const lent = [1, 2].map(() => db.withConnection(() => held.passed));
    await until(() => db.health().pool.busy === 2);
    const signal = AbortSignal.timeout(20);
    const calls = [
      failure(trades.find({ timeout: '20ms' }), 'E_TIMEOUT'),
      failure(trades.findById(1, { timeout: '20ms' }), 'E_TIMEOUT'),
      failure(trades.insert(trade(8), { signal }), 'E_ABORTED'),
    ];
    await Promise.all(calls);
    held.open();
    await Promise.all(lent);
    await trades.findById(1);
    expect(told.queries.map(({ operation, error, durationMs, batch }) => [operation, error?.type, (durationMs ?? 0) > 0, batch])).to.have.deep.members([
      ['find', 'E_TIMEOUT', false, 1],
      ['findById', 'E_TIMEOUT', false, 1],
      ['insert', 'E_ABORTED', false, 1],
      ['findById', undefined, true, 1],
    ]);
  }); // prettier-ignore

  it('tells once of whoever left before those failed whom he waited with, and these at once', async () => {
    told[Symbol.dispose]();
    await open({ pool: { size: 2, acquireTimeout: '100ms' } });
    const held = gate();
    const lent = [1, 2].map(() => db.withConnection(() => held.passed));
    await until(() => db.health().pool.busy === 2);
    const [find, insert] = [(n: number, options?: object) => trades.findById(n, options), (n: number, options?: object) => trades.insert(trade(n), options)];
    for (const call of [find, insert]) {
      told.clear();
      const leaving = failure(call(8, { signal: AbortSignal.timeout(5) }), 'E_ABORTED');
      const others = [9, 10, 11].map((n) => failure(Promise.resolve().then(() => call(n)), 'E_TIMEOUT'));
      await Promise.all([leaving, ...others]);
      expect(told.queries.map(({ error, batch }) => [error?.type, batch])).to.deep.equal([['E_ABORTED', 1], ['E_TIMEOUT', 3]]);
      told.clear();
      // nobody is left whom the failure would be told of
      await failure(call(8, { signal: AbortSignal.timeout(5) }), 'E_ABORTED');
      await until(() => db.health().pool.waiting === 0);
      await sleep(1);
      expect(told.queries.map(({ error, batch }) => [error?.type, batch])).to.deep.equal([['E_ABORTED', 1]]);
    }
    held.open();
    await Promise.all(lent);
  }); // prettier-ignore

  it('tells of what was stopped, by a signal, a timeout, and close()', async () => {
    const slow = sql`select sleep_ms(60000) as x`;
    const controller = new AbortController();
    const aborted = db.query(slow, { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await failure(aborted, 'E_ABORTED');
    await failure(db.query(slow, { timeout: '20ms' }), 'E_TIMEOUT');
    await failure(each(db.stream(slow, { timeout: '20ms' })), 'E_TIMEOUT');
    const closing = db.query(slow);
    await until(() => told.parts.filter(([part]) => part === 'query:start').length === 4);
    await Promise.all([db.close(), failure(closing)]);
    await failure(db.query(sql`select 1 as x`), 'E_CLOSED');
    expect(told.queries.map(({ error }) => error?.type)).to.deep.equal([
      'E_ABORTED',
      'E_TIMEOUT',
      'E_TIMEOUT',
      'E_ABORTED',
    ]);
  });

  it('tells what callers of one turn share as one statement for so many, with their ids', async () => {
    const ids = (id: string): Promise<unknown> => withContext({ correlationId: id, userId: 'u' }, () => trades.findById(1));
    await Promise.all([ids('a'), ids('b'), trades.findById(2)]);
    await withContext({ correlationId: 'c' }, () => Promise.all([trades.findById(1), trades.findById(2)]));
    await Promise.all([ids('d'), ids('d')]);
    expect(told.queries.map(({ batch, ids: shared, correlationIds, rows }) => [batch, shared, correlationIds, rows])).to.deep.equal([
      [3, undefined, ['a', 'b'], 2],
      [2, { correlationId: 'c' }, undefined, 2],
      [2, { correlationId: 'd', userId: 'u' }, undefined, 1],
    ]);
  }); // prettier-ignore

  it('tells a commit that inserts share, and each attempt to find the row that is to blame', async () => {
    const settled = await Promise.allSettled([trade(11), trade(1), trade(12)].map((row) => trades.insert(row)));
    expect(settled.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(told.queries.map(({ batch, rows, error }) => [batch, rows, error?.type])).to.deep.equal([
      [3, undefined, 'E_UNIQUE'],
      [1, 1, undefined],
      [2, undefined, 'E_UNIQUE'],
      [1, undefined, 'E_UNIQUE'],
      [1, 1, undefined],
    ]);
  });

  it('tells of a stream at its end, also where its reader leaves, and within a transaction', async () => {
    for await (const row of db.stream(sql`select * from range(100000)`)) if (row) break;
    await db.transaction(() => each(trades.stream()));
    let given = 0;
    const late = sql`select case when i = 900000 then error('x') else i end as x from range(1000000) t(i)`;
    await failure(async () => {
      for await (const row of db.stream(late)) if (row) given += 1;
    });
    const [left, within, failed] = told.queries as [QueryEvent, QueryEvent, QueryEvent];
    expect(told.queries).to.have.length(3);
    expect([left.rows, left.error]).to.deep.equal([2048, undefined]);
    expect([within.rows, within.inTransaction]).to.deep.equal([3, true]);
    expect(failed.error?.type).to.equal('E_QUERY');
    expect(failed.rows).to.equal(given);
  });

  it('tells of a stream as what it is, whatever it is a part of', async () => {
    const readAll = async (): Promise<void> => {
      await each(trades.stream());
      await each(trades.streamColumns({ select: ['id'] }));
      await each(db.stream(sql`select 1 as x`));
    };
    async function* source(): AsyncGenerator<Trade> {
      for await (const { id } of trades.stream()) yield trade(id + 100);
    }
    const [entity, table] = ['Trade', 'main.told_trades'];
    const three = [['stream', entity, table], ['streamColumns', entity, table], ['stream', undefined, undefined]]; // prettier-ignore
    const streams = (): unknown[] =>
      told.own().filter(({ sql: text }) => text?.startsWith('SELECT') || text?.startsWith('select')).map((event) => [event.operation, event.entity, event.table]); // prettier-ignore
    await db.transaction(readAll);
    expect(streams()).to.deep.equal(three);
    told.clear();
    await db.cache.getOrLoad('k', { ttl: '1h' }, readAll);
    expect(streams()).to.deep.equal(three);
    told.clear();
    const after = gate();
    await db.transaction(() => db.afterCommit(() => readAll().finally(after.open)));
    await after.passed;
    expect(streams()).to.deep.equal(three);
    told.clear();
    await trades.insertMany(source());
    expect(streams()).to.deep.equal([['stream', entity, table]]);
  });

  for (const [how, code] of [['a timeout', 'E_TIMEOUT'], ['a signal', 'E_ABORTED'], ['close()', 'E_CLOSED']] as const) {
    const stopped = async (read: (rows: AsyncIterableIterator<unknown>) => Promise<void>): Promise<void> => {
      const controller = new AbortController();
      const options = { 'a timeout': { timeout: '300ms' }, 'a signal': { signal: controller.signal }, 'close()': {} }[how];
      const rows = db.stream(sql`select * from range(100000)`, options as object);
      await rows.next();
      controller.abort();
      if (how === 'close()') await db.close();
      await read(rows);
    }; // prettier-ignore
    const ends = (): unknown[] => told.queries.map(({ error, rows }) => [error?.type, rows]);

    it(`tells that ${how} has ended a stream between two chunks, though nobody reads on`, async () => {
      await stopped(() => until(() => told.queries.length > 0));
      expect(ends()).to.deep.equal([[code, 2048]]);
    });

    it(`tells once that ${how} has ended a stream, when it is read on`, async () => {
      await stopped(async (rows) => {
        await until(() => told.queries.length > 0);
        await failure(each(rows), code);
      });
      expect(ends()).to.deep.equal([[code, 2048]]);
    });
  } // prettier-ignore

  it('tells that a timeout has ended a stream within a transaction that goes on', async () => {
    await db.transaction(async () => {
      const rows = trades.stream({ timeout: '300ms' });
      await rows.next();
      await until(() => told.queries.length > 0);
    });
    expect(told.queries.map(({ error, rows, inTransaction }) => [error?.type, rows, inTransaction])).to.deep.equal([['E_TIMEOUT', 3, true]]); // prettier-ignore
  });

  it('is beside one log line for each stream, however it ends', async () => {
    told[Symbol.dispose]();
    const lines: Record<string, unknown>[] = [];
    await open({
      logger: pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) }),
    });
    lines.length = 0;
    const rows = sql`select * from range(100000)`;
    for await (const row of db.stream(rows)) if (row) break;
    await withContext({ correlationId: 'c' }, async () => {
      const read = db.stream(rows, { timeout: '300ms' });
      await read.next();
    });
    await until(() => told.queries.length === 2);
    await failure(async () => {
      for await (const row of db.stream(rows, { timeout: '300ms' })) if (row) await sleep(10);
    }, 'E_TIMEOUT');
    expect(lines.map((line) => [line['msg'], line['row_count'], line['error_type'], line['correlation_id']])).to.deep.equal([
      ['Query executed', 2048, undefined, undefined],
      ['Query failed', undefined, 'E_TIMEOUT', 'c'],
      ['Query failed', undefined, 'E_TIMEOUT', undefined],
    ]);
    expect(lines.map(({ duration_ms }) => duration_ms)).to.deep.equal(
      told.queries.map(({ durationMs = 0 }) => Math.round(durationMs * 100) / 100),
    );
  }); // prettier-ignore

  it('tells managers apart, of whatever name, while both are at work', async () => {
    const other = await openManager({ entities: ENTITIES, name: 'other' });
    using elsewhere = listen(other);
    const twin = await openManager({ entities: ENTITIES });
    using twinned = listen(twin);
    const work = (manager: BaseDuckDBManager, times: number): Promise<unknown> =>
      Promise.all(Array.from({ length: times }, (_each, n) => manager.repository(Trade).find({ limit: n + 1 })));
    await Promise.all([work(db, 20), work(other, 7), work(twin, 3), work(db, 5)]);
    expect([told.queries.length, elsewhere.queries.length, twinned.queries.length]).to.deep.equal([25, 7, 3]);
    expect(elsewhere.queries.every(({ manager }) => manager === 'other')).to.equal(true);
  });

  it('tells of work on a side file as of any other, once for each statement', async () => {
    told[Symbol.dispose]();
    const beside = await openBeside([], { entities: ENTITIES });
    told = listen(beside.db);
    const own = beside.db.repository(Trade);
    await own.insert(trade(1));
    await own.insertMany([trade(2), trade(3)]);
    await own.find();
    expect(told.own().map(({ operation, mode, rows }) => [operation, mode, rows])).to.deep.equal([['insert', 'fallback', 1], ['insertMany', 'fallback', 2], ['find', 'fallback', 3]]); // prettier-ignore
    await beside.free();
    told.clear();
    await own.count();
    expect(told.queries.map(({ mode }) => mode)).to.deep.equal(['file']);
  });
});

describe('the transaction channel', () => {
  it('tells each attempt, how it came out, and how many statements it was', async () => {
    const db = await openManager({ entities: ENTITIES });
    using told = listen(db);
    const trades = db.repository(Trade);
    await db.transaction(async () => {
      await trades.insert(trade(1));
      // a part of the same
      await db.transaction(() => trades.count());
    });
    await db.transaction(() => trades.count(), { readOnly: true });
    await db.transaction(async () => {
      await trades.insert(trade(2));
      throw new RangeError('no');
    }).catch(() => {}); // prettier-ignore
    await failure(
      db.transaction(async () => {
        await trades.insert(trade(1)).catch(() => {});
      }),
      'E_TX_ABORTED',
    );
    const [began, go] = [gate(), gate()];
    const overtaken = db.transaction(
      async () => {
        await trades.find();
        began.open();
        await go.passed;
        await trades.update({ id: 1 }, { price: 9 });
      },
      { retries: 3 },
    );
    await began.passed;
    await trades.update({ id: 1 }, { price: 5 });
    go.open();
    await overtaken;
    const seen = told.transactions
      .filter(({ operation }) => operation === 'transaction')
      .map((t) => [t.attempt, t.retries, t.readOnly, t.outcome, t.statements, t.error?.type]);
    expect(seen).to.deep.equal([
      [1, 0, false, 'commit', 2, undefined],
      [1, 0, true, 'commit', 1, undefined],
      [1, 0, false, 'rollback', 1, 'RangeError'],
      [1, 0, false, 'rollback', 1, 'E_TX_ABORTED'],
      [1, 3, false, 'conflict', 2, 'E_CONFLICT'],
      [2, 3, false, 'commit', 2, undefined],
    ]);
    for (const { durationMs, waitMs } of told.transactions) expect([durationMs, waitMs]).to.not.include(undefined);
  });
});

describe('the channels of the cache', () => {
  const seen = (told: Listening): unknown[] =>
    told.cache.map(({ type, key, tier, stale, joined }) => [
      type,
      key,
      ...(type === 'hit' ? [tier, ...(stale ? ['stale'] : []), ...(joined ? ['joined'] : [])] : []),
    ]);

  it('tell each miss with its load, each hit with who has answered, and what ends values', async () => {
    const db = await openManager({ entities: ENTITIES });
    using told = listen(db);
    const load = (): Promise<number> => db.repository(Trade).count();
    await db.cache.getOrLoad('n', { ttl: '1h', tags: ['t'] }, load);
    await db.cache.getOrLoad('n', { ttl: '1h' }, load);
    await db.cache.getOrLoad('n', { ttl: '1h', timeout: '1h' }, load);
    expect(await db.cache.get('n')).to.equal(0);
    expect(await db.cache.get('m')).to.equal(undefined);
    await db.cache.set('m', 1, { ttl: '1h' });
    await db.cache.delete('m');
    await db.cache.invalidate({ tags: ['t'] });
    expect(await db.cache.get('n')).to.equal(undefined);
    await db.cache.clear();
    const hit = ['hit', 'n', 'memory'];
    expect(seen(told)).to.deep.equal([
      ['miss', 'n'], ['store', 'n'], hit, hit, hit, ['miss', 'm'], ['store', 'm'], ['delete', 'm'], ['invalidate', undefined], ['miss', 'n'], ['clear', undefined],
    ]); // prettier-ignore
    expect(told.loads.map(({ key, refresh, stored, error }) => [key, refresh, stored, error])).to.deep.equal([
      ['n', false, true, undefined],
    ]);
    const [load1] = told.loads;
    expect(load1?.durationMs).to.be.at.least(told.queries[0]?.durationMs as number);
    expect(told.queries.map(({ operation, cacheKey }) => [operation, cacheKey])).to.deep.equal([['count', 'n']]);
  });

  it('tell of entities that are cached, under the names that logs have for keys', async () => {
    const db = await openManager({ entities: ENTITIES });
    using told = listen(db);
    await db.repository(Kept).find({ where: { id: 7 } });
    await db.repository(Kept).find({ where: { id: 7 } });
    const key = told.loads[0]?.key;
    expect(key).to.match(/^Kept#[0-9a-f]{12}$/);
    expect(seen(told)).to.deep.equal([['miss', key], ['store', key], ['hit', key, 'memory']]); // prettier-ignore
    expect(told.queries.map(({ operation, entity, cacheKey }) => [operation, entity, cacheKey])).to.deep.equal([['find', 'Kept', key]]); // prettier-ignore
  });

  it('tell who waits for the load of another one, and of a load that fails', async () => {
    const db = await openManager();
    using told = listen(db);
    const go = gate();
    const load = async (): Promise<number> => {
      await go.passed;
      return 1;
    };
    const both = [1, 2].map(() => db.cache.getOrLoad('k', { ttl: '1h' }, load));
    go.open();
    await Promise.all(both);
    await db.cache.getOrLoad('bad', { ttl: '1h' }, () => Promise.reject(new RangeError(SECRET))).catch(() => {});
    await db.cache.getOrLoad('none', { ttl: '1h' }, () => null);
    expect(seen(told)).to.deep.equal([
      // memory is asked at once, and the table behind it before it is a miss
      ['join', 'k'], ['miss', 'k'], ['store', 'k'], ['hit', 'k', undefined, 'joined'], ['miss', 'bad'], ['miss', 'none'],
    ]); // prettier-ignore
    expect(told.loads.map(({ key, stored, error }) => [key, stored, error])).to.deep.equal([
      ['k', true, undefined],
      ['bad', undefined, { type: 'RangeError', message: 'an unexpected error' }],
      ['none', false, undefined],
    ]);
    for (const { durationMs, waitMs } of told.loads) expect([waitMs, (durationMs ?? 0) > 0]).to.deep.equal([0, true]);
  });

  it('tell of a load that nobody keeps, for it is past the cache', async () => {
    const db = await openManager({ entities: ENTITIES });
    const trades = db.repository(Trade);
    await db.cache.set('k', 7, { ttl: '1h' });
    using told = listen(db);
    await db.transaction(async () => {
      await trades.insert(trade(1));
      expect(await db.cache.getOrLoad('k', { ttl: '1h' }, () => trades.count())).to.equal(1);
      await db.cache.getOrLoad('k', { ttl: '1h' }, () => Promise.reject(new RangeError())).catch(() => {});
    });
    expect(seen(told)).to.deep.equal([['miss', 'k'], ['miss', 'k']]); // prettier-ignore
    expect(told.loads.map(({ key, stored, error }) => [key, stored, error?.type])).to.deep.equal([['k', false, undefined], ['k', undefined, 'RangeError']]); // prettier-ignore
    expect(told.queries.map(({ operation, cacheKey }) => [operation, cacheKey])).to.deep.equal([['insert', undefined], ['count', 'k']]); // prettier-ignore
    const off = await openManager({ cache: false });
    using silent = listen(off);
    await off.cache.getOrLoad('k', { ttl: '1h' }, () => 1);
    expect([silent.loads, silent.cache]).to.deep.equal([[], []]);
  });

  it('have beside them a line that says the same of a load', async () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
    const db = await openManager({ entities: ENTITIES, logger });
    using told = listen(db);
    const go = gate();
    const overtaken = db.cache.getOrLoad('k', { ttl: '1h' }, async () => {
      await db.repository(Trade).count();
      await go.passed;
    });
    await until(() => told.queries.length === 1);
    await db.cache.delete('k');
    go.open();
    await overtaken;
    await db.cache.getOrLoad('l', { ttl: '1h' }, async () => {
      await db.repository(Trade).count();
      await db.repository(Trade).insert(trade(1));
      return 1;
    });
    await db.transaction(async () => {
      await db.repository(Trade).insert(trade(2));
      await db.cache.getOrLoad('m', { ttl: '1h' }, () => 1);
    });
    expect(told.loads.map(({ key, stored }) => [key, stored])).to.deep.equal([['k', false], ['l', false], ['m', false]]); // prettier-ignore
    const logged = lines.filter(({ msg }) => msg === 'Cache miss');
    expect(logged.map((line) => [line['cache_key'], line['stored']])).to.deep.equal([['k', false], ['l', false], ['m', false]]); // prettier-ignore
  });

  it('tell a stale value and its refresh, the table after a restart, and what memory had no room for', async () => {
    const path = scratchPath();
    const first = await openManager({ path, cache: { maxEntries: 1 } });
    const options = { ttl: '1ms', grace: '1h' } as const;
    await first.cache.getOrLoad('a', options, () => 1);
    await first.cache.getOrLoad('b', { ttl: '1h' }, () => 1);
    await first.close();
    const db = await openManager({ path, cache: { maxEntries: 1 } });
    using told = listen();
    await db.cache.getOrLoad('b', { ttl: '1h' }, () => 2);
    expect(await db.cache.getOrLoad('a', options, () => 2)).to.equal(1);
    await until(() => told.loads.length === 1);
    expect(seen(told).filter((each) => each?.[0 as never] !== 'evict')).to.deep.equal([['hit', 'b', 'table'], ['hit', 'a', 'table', 'stale'], ['store', 'a']]); // prettier-ignore
    const [evicted] = told.cache.filter(({ type }) => type === 'evict');
    expect([evicted?.key, evicted?.manager, evicted?.owner, evicted?.database]).to.deep.equal(['b', undefined, undefined, path]); // prettier-ignore
    expect(told.loads.map(({ key, refresh, stored }) => [key, refresh, stored])).to.deep.equal([['a', true, true]]);
  });

  it('tell within a transaction what it does at its commit, and nothing of it after a rollback', async () => {
    const db = await openManager();
    using told = listen(db);
    await db.transaction(async () => {
      await db.cache.set('k', 1, { ttl: '1h' });
      await db.cache.delete('l');
      await db.cache.invalidate({ tags: ['t'] });
      expect(told.cache).to.deep.equal([]);
    });
    expect(seen(told)).to.deep.equal([['store', 'k'], ['delete', 'l'], ['invalidate', undefined]]); // prettier-ignore
    told.clear();
    await db.transaction(async () => {
      await db.cache.set('k', 2, { ttl: '1h' });
      throw new RangeError();
    }).catch(() => {}); // prettier-ignore
    expect(told.cache).to.deep.equal([]);
  });

  it('tell of a store that fails', async () => {
    const broken = (): Promise<never> =>
      Promise.reject(Object.assign(new Error(`refused: ${SECRET}`), { code: 'ECONNREFUSED' }));
    const store = { get: broken, set: broken, delete: broken };
    using told = listen();
    const db = await openManager({ cache: { store } });
    expect(await db.cache.getOrLoad('k', { ttl: '1h' }, () => 1)).to.equal(1);
    await until(() => told.cache.some(({ type }) => type === 'tierFailure'));
    const failed = told.cache.find(({ type }) => type === 'tierFailure');
    expect([failed?.tier, failed?.error, failed?.manager]).to.deep.equal(['store', { type: 'Error', message: 'the store failed: ECONNREFUSED' }, undefined]); // prettier-ignore
  });
});

describe('a store that is bound to the start of the channels', () => {
  it('makes what runs in a transaction or a cached load a child of it', async () => {
    const db = await openManager({ entities: ENTITIES });
    const trades = db.repository(Trade);
    class Service {
      constructor(readonly own: Repository<Trade>) {}
      @Cached('1h') async top(): Promise<number> {
        return db.transaction(async () => {
          await this.own.insert(trade(1));
          return this.own.count();
        });
      }
    }
    using traced = spans();
    await traced.store.run({ name: 'request', parent: undefined }, async () => {
      await new Service(trades).top();
      await trades.findById(1);
    });
    await trades.insertMany(Array.from({ length: 100 }, (_row, n) => trade(n + 10)));
    await db.query(sql`select 1 as x`);
    const load = traced.all[0]?.name as string;
    expect(load).to.match(/^load Service\.top#/);
    expect(traced.paths()).to.deep.equal([
      `${load} < request`,
      `transaction < ${load} < request`,
      `insert main.told_trades < transaction < ${load} < request`,
      `count main.told_trades < transaction < ${load} < request`,
      'findById main.told_trades < request',
      'insertMany',
      'insertMany main.told_trades < insertMany',
      'insertMany main.told_trades < insertMany',
      'query',
    ]);
    expect(traced.store.getStore()).to.equal(undefined);
  });

  it('finds a shared statement with the first of its callers, and one alone with its own, whoever ran before it', async () => {
    const db = await openManager({ entities: ENTITIES });
    const trades = db.repository(Trade);
    using traced = spans();
    const within = <T>(name: string, work: () => Promise<T>): Promise<T> =>
      traced.store.run({ name, parent: undefined }, work);
    // more than what runs at once: who comes later is run by those before
    const asked: Promise<unknown>[] = [];
    for (let n = 0; n < 6; n += 1) {
      asked.push(
        within(`reader ${n}`, () => trades.findById(n)),
        within(`writer ${n}`, () => trades.insert(trade(n))),
      );
      await new Promise((turn) => setImmediate(turn));
    }
    await Promise.all(asked);
    for (const [path, event] of traced.paths().map((each, index) => [each, traced.all[index]] as const))
      expect(path).to.match(
        /^(?:findById main\.told_trades < reader|insert main\.told_trades < writer) \d$/,
        event?.name,
      );
    const parents = traced.all.map(({ parent }) => parent?.name);
    expect(new Set(parents).size).to.equal(parents.length);
  });
});

describe('where nobody listens', () => {
  it('nothing is made to be told', async () => {
    let asked = 0;
    class Counting extends BaseDuckDBManager {
      override get name(): string {
        asked += 1;
        return super.name;
      }
    }
    const db = await Counting.open({ path: ':memory:', entities: ENTITIES, logger: false });
    const trades = db.repository(Trade);
    const work = async (): Promise<void> => {
      await trades.insert(trade(1));
      await Promise.all([trades.findById(1), trades.findById(2)]);
      await db.transaction(() => trades.find());
      await db.cache.getOrLoad('k', { ttl: '1h' }, () => trades.count());
      await db.cache.getOrLoad('k', { ttl: '1h' }, () => trades.count());
      for await (const { id } of trades.stream()) expect(id).to.equal(1);
      await trades.delete(all());
    };
    await work();
    expect(asked).to.equal(0);
    {
      using told = listen(db);
      await work();
      // each event asks for the name of its manager
      expect(told.queries.length + told.transactions.length + told.loads.length + told.cache.length).to.equal(asked);
      expect(asked).to.be.above(6);
    }
    const before = asked;
    await work();
    expect(asked).to.equal(before);
    await db.close();
  });

  it('and who begins to listen in the middle hears of the rest', async () => {
    const db = await openManager({ entities: ENTITIES });
    const go = gate();
    const running = db.transaction(async () => {
      await go.passed;
      return db.repository(Trade).count();
    });
    const found = db.repository(Trade).findById(1);
    using told = listen(db);
    go.open();
    await Promise.all([running, found]);
    expect(told.transactions).to.deep.equal([]);
    expect(told.queries.map(({ operation, inTransaction }) => [operation, inTransaction])).to.have.deep.members([['findById', false], ['count', true]]); // prettier-ignore
  });
});

describe('a hostile subscriber', () => {
  const SETUP = `
    import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
    import { AsyncLocalStorage } from 'node:async_hooks';
    import { BaseDuckDBManager, CACHE_CHANNEL, CACHE_LOAD_CHANNEL, QUERY_CHANNEL, TRANSACTION_CHANNEL, sql } from '@mysingle/database';
    const names = [QUERY_CHANNEL, TRANSACTION_CHANNEL, CACHE_LOAD_CHANNEL];
    const all = (listener) => {
      for (const name of names) for (const part of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) subscribe(\`tracing:\${name}:\${part}\`, listener);
      subscribe(CACHE_CHANNEL, listener);
    };
    const db = await BaseDuckDBManager.open({ path: ':memory:', logger: false });
    const work = async () => {
      const [{ x }] = await db.query(sql\`select 41 + 1 as x\`);
      const rows = [];
      for await (const { i } of db.stream(sql\`select i from range(3) t(i)\`)) rows.push(Number(i));
      const n = await db.transaction(async () => (await db.queryOne(sql\`select 7 as n\`)).n);
      const v = await db.cache.getOrLoad('k', { ttl: '1h' }, () => 5) + await db.cache.getOrLoad('k', { ttl: '1h' }, () => 6);
      const code = await db.query(sql\`select nothing\`).catch((error) => error.code);
      console.log(JSON.stringify([x, rows, n, v, code]));
    };
  `;
  const RIGHT = '[42,[0,1,2],7,10,"E_QUERY"]';
  const run = async (code: string): Promise<{ code: number | null; stderr: string; lines: readonly string[] }> => {
    const child = await startChild(`${SETUP}${code}`);
    return child.ended;
  };

  it('that throws harms no call; Node raises its error as uncaught', async () => {
    const { code, lines, stderr } = await run(`
      const seen = [];
      process.on('uncaughtException', (error) => seen.push(error.message));
      all(() => { throw new Error('mine'); });
      for (const name of names) tracingChannel(name).start.bindStore(new AsyncLocalStorage(), () => { throw new Error('my store'); });
      await work();
      await new Promise(setImmediate);
      console.log([...new Set(seen)].sort().join());
      await db.close();
    `);
    expect([lines, stderr, code]).to.deep.equal([[RIGHT, 'mine,my store'], '', 0]);
  });

  for (const [what, body] of [
    ['freezes what it is told', 'Object.freeze(event);'],
    [
      'makes its properties throw',
      'for (const key of Object.keys(event)) Object.defineProperty(event, key, { get() { throw new Error(key); }, set() { throw new Error(key); } });',
    ],
    ['writes into it', 'for (const key of Object.keys(event)) try { event[key] = null; } catch {}'],
    ['asks the database itself, and stops to listen', 'if (asked++ < 3) db.query(sql`select 1 as x`).catch(() => {});'],
  ] as const)
    // prettier-ignore
    it(`that ${what} harms no call`, async () => {
      const { code, lines, stderr } = await run(`
        let asked = 0;
        all((event) => { ${body} });
        await work();
        await db.close();
      `);
      expect([lines, stderr, code]).to.deep.equal([[RIGHT], '', 0]);
    });
});
