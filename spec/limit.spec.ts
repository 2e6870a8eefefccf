import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  BaseDuckDBManager,
  Cached,
  Column,
  Table,
  count,
  sql,
  type CallOptions,
  type Fragment,
  type Repository,
} from '@mysingle/database';
import { DatabaseError } from '../lib/errors.js';
import { Limit } from '../lib/limit.js';
import { failure } from './support/failure.js';
import { gate } from './support/gate.js';
import { openManager, scratchPath } from './support/scratch.js';
import { until } from './support/until.js';

@Table('items')
class Item {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') n!: number;
}

@Cached('5m')
@Table('kept')
class Kept {
  @Column('integer', { primaryKey: true }) id!: number;
}

/** True after an age of the universe. */
const endless = sql`(select sum(a.range + b.range) from range(10000000) a, range(10000000) b) is not null`;

type Call = (db: BaseDuckDBManager, items: Repository<Item>, options: CallOptions, where: Fragment) => Promise<unknown>;

/** Every call that takes a limit; those with a condition can be made to run for ever. */
const CALLS: Readonly<Record<string, Call>> = {
  find: (_db, items, options, where) => items.find({ where, ...options }),
  findOne: (_db, items, options, where) => items.findOne({ where, ...options }),
  findOneOrFail: (_db, items, options, where) => items.findOneOrFail({ where, ...options }),
  count: (_db, items, options, where) => items.count(where, options),
  exists: (_db, items, options, where) => items.exists(where, options),
  aggregate: (_db, items, options, where) => items.aggregate({ select: { n: count() }, where, ...options }),
  update: (_db, items, options, where) => items.update(where, { n: 1 }, options),
  delete: (_db, items, options, where) => items.delete(where, options),
  query: (db, _items, options, where) => db.query(sql`select * from items where ${where}`, options),
  execute: (db, _items, options, where) => db.execute(sql`update items set n = 1 where ${where}`, options),
  stream: async (db, _items, options, where) => {
    for await (const row of db.stream(sql`select * from items where ${where}`, options)) expect(row).to.equal('none');
  },
  'repository.stream': async (_db, items, options, where) => {
    for await (const row of items.stream({ where, ...options })) expect(row).to.equal('none');
  },
  transaction: (db, items, options, where) => db.transaction(() => items.count(where), options),
  withConnection: (db, _items, options) =>
    db.withConnection(
      (connection) => connection.run('select sum(a.range + b.range) from range(10000000) a, range(10000000) b'),
      options,
    ),
};

const WAITING: Readonly<Record<string, Call>> = {
  ...CALLS,
  insert: (_db, items, options) => items.insert({ id: 9, n: 9 }, options),
  insertMany: (_db, items, options) => items.insertMany([{ id: 9, n: 9 }], options),
  upsert: (_db, items, options) => items.upsert({ id: 9, n: 9 }, options),
  findById: (_db, items, options) => items.findById(1, options),
};

async function open(
  options: { queryTimeout?: '250ms' } = {},
): Promise<{ db: BaseDuckDBManager; items: Repository<Item> }> {
  const db = await openManager({ path: scratchPath(), entities: [Item, Kept], pool: { size: 1 }, ...options });
  const items = db.repository(Item);
  await items.insertMany([{ id: 1, n: 0 }, { id: 2, n: 0 }], { timeout: '1m' }); // prettier-ignore
  return { db, items };
}

async function usable(db: BaseDuckDBManager, items: Repository<Item>): Promise<void> {
  expect((await items.find({ orderBy: { id: 'asc' }, timeout: '1m' })).map(({ id, n }) => [id, n])).to.deep.equal([[1, 0], [2, 0]]); // prettier-ignore
  expect(await db.transaction(() => items.update({ id: 1 }, { n: 0 }, { timeout: '1m' }))).to.equal(1);
  expect(db.health().pool).to.deep.equal({ size: 1, busy: 0, waiting: 0 });
}

describe('signal and timeout', () => {
  it('put one listener on a signal, however many calls have it, and stop them all', async () => {
    const { db, items } = await open();
    const stop = new AbortController();
    const calls = Array.from({ length: 30 }, () => failure(() => items.count(endless, { signal: stop.signal }), 'E_ABORTED')); // prettier-ignore
    await until(() => getEventListeners(stop.signal, 'abort').length > 0);
    expect(getEventListeners(stop.signal, 'abort')).to.have.lengthOf(1);
    stop.abort();
    expect(await Promise.all(calls)).to.have.lengthOf(30);
    await usable(db, items);
  });

  for (const [name, call] of Object.entries(CALLS))
    it(`stop ${name} while DuckDB runs, and leave the manager usable`, async () => {
      const { db, items } = await open();
      const error = await failure(() => call(db, items, { timeout: '30ms' }, endless), 'E_TIMEOUT');
      expect(error.details).to.deep.include({ timeoutMs: 30 });
      expect(error.message).to.match(/^(find|[a-zA-Z]+) was stopped by its timeout of 30 ms\. .* longer timeout\.$/);
      await usable(db, items);
      const stop = new AbortController();
      const reason = new Error('the request has gone');
      setTimeout(() => stop.abort(reason), 30);
      const aborted = await failure(() => call(db, items, { signal: stop.signal }, endless), 'E_ABORTED');
      expect([aborted.cause, aborted.message.endsWith('was stopped by its signal.')]).to.deep.equal([reason, true]);
      expect(getEventListeners(stop.signal, 'abort')).to.have.lengthOf(0);
      await usable(db, items);
    });

  for (const [name, call] of Object.entries(WAITING))
    it(`stop ${name} while it waits for a connection, and run nothing where they have stopped before`, async () => {
      const { db, items } = await open();
      let letGo = (): void => {};
      const held = new Promise<void>((resolve) => (letGo = resolve));
      const holder = db.withConnection(() => held);
      await until(() => db.health().pool.busy === 1);
      await failure(() => call(db, items, { timeout: '20ms' }, sql`true`), 'E_TIMEOUT');
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 20);
      await failure(() => call(db, items, { signal: stop.signal }, sql`true`), 'E_ABORTED');
      expect(db.health().pool.waiting).to.equal(0);
      letGo();
      await holder;
      await failure(() => call(db, items, { signal: AbortSignal.abort() }, sql`true`), 'E_ABORTED');
      await failure(() => call(db, items, { timeout: '0ms' }, sql`true`), 'E_TIMEOUT');
      await usable(db, items);
    });

  for (const [name, call] of Object.entries(CALLS).filter(([each]) => each !== 'withConnection'))
    it(`${name}: the manager's queryTimeout is for each statement, and a timeout of the call takes its place`, async () => {
      const { db, items } = await open({ queryTimeout: '250ms' });
      const { message, details } = await failure(() => call(db, items, {}, endless), 'E_TIMEOUT');
      expect(message).to.contain("the manager's queryTimeout of 250 ms. Raise it, or give this call a timeout");
      expect(details).to.deep.include({ timeoutMs: 250 });
      await usable(db, items);
      if (name !== 'transaction') {
        const other = await failure(() => call(db, items, { timeout: '60ms' }, endless), 'E_TIMEOUT');
        expect(other.details['timeoutMs']).to.equal(60);
      }
    });

  it('counts the queryTimeout from the start of the statement, not while it waits', async () => {
    const { db, items } = await open({ queryTimeout: '250ms' });
    let letGo = (): void => {};
    const holder = db.withConnection(() => new Promise<void>((resolve) => (letGo = resolve)));
    await until(() => db.health().pool.busy === 1);
    const late = items.count();
    setTimeout(() => letGo(), 400);
    expect(await late).to.equal(2);
    await holder;
  });

  it('refuse what is no signal and no duration, and unknown options', async () => {
    const { db, items } = await open();
    for (const options of [{ signal: {} }, { signal: 'x' }, { timeout: 5 }, { timeout: '5' }] as never[])
      for (const call of Object.values(WAITING)) await failure(() => call(db, items, options, sql`true`), 'E_CONFIG');
    for (const call of Object.values(WAITING))
      expect((await failure(() => call(db, items, { timout: '1s' } as object, sql`true`))).message).to.contain(
        "'timout'",
      );
    await usable(db, items);
  });

  it('end one wait for a cached load, and leave the load to the others', async () => {
    const { db } = await open();
    const kept = db.repository(Kept);
    await kept.insert({ id: 1 });
    let letGo = (): void => {};
    const holder = db.withConnection(() => new Promise<void>((resolve) => (letGo = resolve)), { writes: [] });
    await until(() => db.health().pool.busy === 1);
    const stop = new AbortController();
    const stopped = [
      failure(kept.count({}, { timeout: '20ms' }), 'E_TIMEOUT'),
      failure(kept.count({}, { signal: stop.signal }), 'E_ABORTED'),
    ];
    const patient = kept.count({});
    stop.abort();
    await Promise.all(stopped);
    letGo();
    await holder;
    expect([await patient, db.cache.stats().loads]).to.deep.equal([1, 1]);
  });

  it('stop insertMany while its source hangs, whose return() is called, and leave nothing', async () => {
    const { db, items } = await open();
    for (const onConflict of ['error', 'update'] as const) {
      let opened = 0;
      let returned = 0;
      const hanging = (hangs = (): void => {}): AsyncIterable<{ id: number; n: number }> => {
        let id = 10;
        return {
          [Symbol.asyncIterator]: () => {
            opened += 1;
            return {
              next: () => {
                if (id < 5000) return Promise.resolve({ done: false, value: { id: (id += 1), n: 0 } });
                hangs();
                return new Promise(() => {});
              },
              return: () => {
                returned += 1;
                return new Promise(() => {});
              },
            };
          },
        };
      };
      const stop = new AbortController();
      const aborted = items.insertMany(
        hanging(() => stop.abort()),
        { onConflict, signal: stop.signal },
      );
      await failure(aborted, 'E_ABORTED');
      expect([opened, returned]).to.deep.equal([1, 1]);
      await failure(items.insertMany(hanging(), { onConflict, timeout: '50ms' }), 'E_TIMEOUT');
      await failure(
        db.transaction(() => items.insertMany(hanging(), { onConflict }), { timeout: '50ms' }),
        'E_TIMEOUT',
      );
      await failure(
        db.transaction(() => items.insertMany(hanging(), { onConflict, timeout: '50ms' })),
        'E_TIMEOUT',
      );
      // a machine that is busy may let a timeout pass before its source is opened
      expect(returned).to.equal(opened);
      await usable(db, items);
    }
    async function* throwing(): AsyncGenerator<{ id: number; n: number }> {
      for (let id = 10; id < 5000; id += 1) yield { id, n: 0 };
      throw new RangeError('the source');
    }
    const thrown: unknown = await items.insertMany(throwing(), { timeout: '10s' }).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(RangeError);
    await usable(db, items);
  });

  it('stop an insertMany of rows that are all there', async () => {
    const { db, items } = await open();
    const rows = Array.from({ length: 3_000_000 }, (_row, id) => ({ id: id + 10, n: 0 }));
    await failure(items.insertMany(rows, { timeout: '20ms' }), 'E_TIMEOUT');
    await usable(db, items);
  });

  it('end a transaction whatever its function does, and refuse what that still asks for', async () => {
    const { db, items } = await open();
    const seen: unknown[] = [];
    const over = gate();
    const hung = db.transaction(
      async () => {
        await items.update({ id: 1 }, { n: 5 });
        await over.passed;
        seen.push((await failure(items.count(), 'E_TX_ABORTED')).message);
      },
      { timeout: '300ms' },
    );
    expect((await failure(hung, 'E_TIMEOUT')).message).to.contain('transaction was stopped by its timeout of 300 ms');
    over.open();
    await usable(db, items);
    await until(() => seen.length > 0);
    const stop = new AbortController();
    const never = db.transaction(
      async () => {
        await items.delete({ id: 1 });
        stop.abort('gone');
        await new Promise(() => {});
      },
      { signal: stop.signal },
    );
    expect((await failure(never, 'E_ABORTED')).cause).to.equal('gone');
    await usable(db, items);
    // caught inside, it ends the transaction all the same
    const caught = db.transaction(() => items.count(endless).catch(() => 0), { timeout: '30ms' });
    await failure(caught, 'E_TIMEOUT');
    await usable(db, items);
  });

  it('fail the transaction around a statement, or a nested call, that they stop', async () => {
    const { db, items } = await open();
    const statement = db.transaction(async () => {
      await items.update({ id: 1 }, { n: 5 });
      await items.count(endless, { timeout: '30ms' }).catch(() => 0);
    });
    expect((await failure(statement, 'E_TX_ABORTED')).message).to.contain('count was stopped by its timeout of 30 ms');
    await usable(db, items);
    const nested = db.transaction(async () => {
      await items.update({ id: 1 }, { n: 5 });
      await db.transaction(() => items.count(endless), { timeout: '30ms' });
    });
    await failure(nested, 'E_TIMEOUT');
    await usable(db, items);
  });

  it('take a lent connection back, in a transaction and outside', async () => {
    const { db, items } = await open();
    for (const around of [
      (work: () => Promise<unknown>) => work(),
      (work: () => Promise<unknown>) => db.transaction(work),
    ]) {
      let late: Promise<unknown> = Promise.resolve();
      let settle = (): void => {};
      const over = new Promise<void>((resolve) => (settle = resolve));
      const lent = around(() =>
        db.withConnection(
          async (connection) => {
            await connection.run('update items set n = 7');
            late = over.then(() => connection.run('update items set n = 8')).catch((error: unknown) => error);
            await connection.run('begin').catch(() => {});
            await new Promise(() => {});
          },
          { timeout: '300ms' },
        ),
      );
      await failure(lent, 'E_TIMEOUT');
      settle();
      expect(await late).to.include({ code: 'E_TIMEOUT' });
      await items.update({ n: 7 }, { n: 0 });
      await usable(db, items);
    }
  });
});

describe('Limit', () => {
  const reason = (message: string): DatabaseError => new DatabaseError('E_ABORTED', message);

  it('stops once, with its parts', () => {
    const whole = new Limit();
    const part = new Limit([undefined, whole]);
    const heard: string[] = [];
    const off = part.onStop(({ message }) => heard.push(`off ${message}`));
    part.onStop(({ message }) => heard.push(message));
    off();
    whole.stop(reason('first'));
    whole.stop(reason('second'));
    part.onStop(({ message }) => heard.push(`late ${message}`));
    expect(heard).to.deep.equal(['first', 'late first']);
    expect(() => part.refuse()).to.throw('first');
    expect(new Limit([whole]).reason?.message).to.equal('first');
  });

  it('of several stops with the last of them, and never where one of them cannot', () => {
    const [one, other] = [new Limit(), new Limit([], 30)];
    const both = Limit.ofAll([one, other], 30);
    one.stop(new DatabaseError('E_ABORTED', 'one'));
    expect([both?.reason, both?.statementMs]).to.deep.equal([undefined, 30]);
    const last = new DatabaseError('E_TIMEOUT', 'the last');
    other.stop(last);
    expect(both?.reason).to.equal(last);
    expect(Limit.ofAll([one, undefined])).to.equal(undefined);
    expect(Limit.ofAll([one, undefined], 30)).to.include({ reason: undefined, statementMs: 30 });
  });

  it('hears no more of what it was a part of when it is disposed of', () => {
    const whole = new Limit();
    const part = new Limit([whole]);
    part.dispose();
    whole.stop(reason('late'));
    expect(part.reason).to.equal(undefined);
  });

  it('passes items on, and the end of the loop to their source', async () => {
    const events: string[] = [];
    async function* source(): AsyncGenerator<number> {
      try {
        yield* [1, 2, 3];
      } finally {
        await new Promise((resolve) => setTimeout(resolve, 5));
        events.push('closed');
      }
    }
    const limit = new Limit();
    for await (const item of limit.items(source())) {
      events.push(String(item));
      if (item === 2) break;
    }
    expect(events).to.deep.equal(['1', '2', 'closed']);
    for await (const item of limit.items(source())) events.push(String(item));
    expect(events.slice(3)).to.deep.equal(['1', '2', '3', 'closed']);
  });
});
