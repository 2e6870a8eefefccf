import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, gt, keyvStore, now, sql, uuid7, withContext, type BaseDuckDBManager, type Cache, type Fragment, type Generated } from '@mysingle/database'; // prettier-ignore
import { context, withinContext } from '../../lib/context.js';
import { clocked } from '../support/clocked.js';
import { failure } from '../support/failure.js';
import { gate } from '../support/gate.js';
import { openManager, scratchPath } from '../support/scratch.js';
import { until } from '../support/until.js';

@Table('cached_price')
class Price {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('double') price!: number;
}

@Table('cached_other')
class Other {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('cached_third')
class Third {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('cached_stamped')
class Stamped {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('integer') v!: number;
  @Column('timestamptz', { default: now() }) at!: Generated<Date>;
}

const entities = [Price, Other];
const hour = { ttl: '1h' } as const;

/** A cached count of prices, that tells how often it really counted. */
function counter(db: BaseDuckDBManager, key = 'count'): { read: () => Promise<number>; loads: () => number } {
  let loads = 0;
  const prices = db.repository(Price);
  const load = async (): Promise<number> => {
    loads += 1;
    return prices.count();
  };
  return { read: () => db.cache.getOrLoad(key, hour, load), loads: () => loads };
}

/** Runs `work` outside of the transaction of the caller. */
function beyond<T>(work: () => Promise<T>): Promise<T> {
  return withinContext({ transactions: new Map() }, work);
}

describe('the cache in time', () => {
  it('holds a value up to its TTL by the clock, and not at it', async () => {
    const {
      db: { cache },
      clock,
    } = await clocked();
    let loads = 0;
    const read = (): Promise<number> => cache.getOrLoad('k', { ttl: '10ms' }, () => (loads += 1));
    expect([await read(), await read()]).to.deep.equal([1, 1]);
    clock.now += 9;
    expect(await read()).to.equal(1);
    clock.now += 1;
    expect(await read()).to.equal(2);
    expect(cache.stats()).to.include({ hits: 2, loads: 2, joined: 0, entries: 1 });
  });

  it('keeps null and undefined by negativeTtl alone', async () => {
    const {
      db: { cache },
      clock,
    } = await clocked();
    let loads = 0;
    for (const nothing of [null, undefined]) {
      loads = 0;
      const load = (): unknown => ((loads += 1), nothing);
      await cache.getOrLoad(`plain ${nothing}`, hour, load);
      await cache.getOrLoad(`plain ${nothing}`, hour, load);
      expect(loads).to.equal(2);
      const negative = { ttl: '1h', negativeTtl: '5ms' } as const;
      for (let time = 0; time < 2; time += 1)
        expect(await cache.getOrLoad(`negative ${nothing}`, negative, load)).to.equal(null);
      expect(loads).to.equal(3);
      clock.now += 5;
      await cache.getOrLoad(`negative ${nothing}`, negative, load);
      expect(loads).to.equal(4);
    }
  });

  it('refuses times that are none', async () => {
    const { cache } = await openManager();
    // @ts-expect-error a number has no unit
    const bare = cache.getOrLoad('k', { ttl: 5 }, () => 1);
    expect((await failure(bare, 'E_CONFIG')).message).to.match(/^ttl: 5 is not a duration/);
    // @ts-expect-error the same
    const negative = cache.getOrLoad('k', { ttl: '5m', negativeTtl: 1 }, () => 1);
    expect((await failure(negative, 'E_CONFIG')).message).to.match(/^negativeTtl: 1 is not a duration/);
    await failure(() => cache.set('k', 1, { ttl: '-5m' }), 'E_CONFIG');
  });

  it('loads once for 1,000 callers who come at once, and for as many who fail together', async () => {
    const { cache } = await openManager();
    const { open, passed } = gate();
    let loads = 0;
    const all = Array.from({ length: 1000 }, () =>
      cache.getOrLoad('k', hour, async () => {
        loads += 1;
        await passed;
        return { n: loads };
      }),
    );
    open();
    const values = await Promise.all(all);
    expect([loads, new Set(values).size]).to.deep.equal([1, 1000]); // nobody shares an object with another
    expect(cache.stats()).to.include({ loads: 1, joined: 999 });
    const failing = Array.from({ length: 1000 }, () =>
      cache.getOrLoad('bad', hour, () => Promise.reject(new Error(`failure ${(loads += 1)}`))),
    );
    const outcomes = await Promise.allSettled(failing);
    expect(new Set(outcomes.map((each) => String((each as PromiseRejectedResult).reason)))).to.deep.equal(
      new Set(['Error: failure 2']),
    );
    expect(await cache.getOrLoad('bad', hour, () => 'recovered')).to.equal('recovered');
  });

  it('gives copies: changing one changes no other', async () => {
    const { cache } = await openManager();
    const made = { list: [1], at: new Date(0), map: new Map([['a', { n: 1 }]]) };
    const read = (): Promise<typeof made> => cache.getOrLoad('k', hour, () => made);
    const first = await read();
    first.list.push(2);
    first.at.setTime(5);
    first.map.set('a', { n: 2 });
    made.list.push(3);
    expect(await read()).to.deep.equal({ list: [1], at: new Date(0), map: new Map([['a', { n: 1 }]]) });
  });

  it('fails a load whose value has no form, each time, without keeping anything', async () => {
    const { cache } = await openManager();
    for (let time = 0; time < 2; time += 1)
      await failure(
        cache.getOrLoad('k', hour, () => ({ f: () => 1 })),
        'E_UNSUPPORTED',
      );
    expect(cache.stats()).to.include({ loads: 2, entries: 0 });
  });

  it('lets a load ask for its own key: it gets a load of its own, not a wait without end', async () => {
    const { cache } = await openManager();
    let depth = 0;
    const read = (): Promise<number> => cache.getOrLoad('k', hour, async () => ((depth += 1) < 3 ? read() : depth));
    expect(await read()).to.equal(3);
    depth = 0;
    expect([await read(), depth]).to.deep.equal([3, 0]);
  });

  it('gets, sets, deletes, clears and purges by hand', async () => {
    const {
      db: { cache },
      clock,
    } = await clocked();
    expect(await cache.get('a')).to.equal(undefined);
    await cache.set('a', { n: 1n }, { ttl: '10ms' });
    await cache.set('b', null, hour);
    await cache.set(' state', 'not the state of the table', hour);
    expect([await cache.get('a'), await cache.get('b')]).to.deep.equal([{ n: 1n }, null]);
    await cache.delete('b');
    expect(await cache.get('b')).to.equal(undefined);
    await cache.flush();
    clock.now += 10;
    expect(await cache.get('a')).to.equal(undefined);
    expect(await cache.purge()).to.equal(1);
    await cache.set('c', 1, hour);
    await cache.clear();
    expect([await cache.get('c'), cache.stats().entries]).to.deep.equal([undefined, 0]);
    await failure(() => cache.set('f', () => 1, hour), 'E_UNSUPPORTED');
  });

  it('does not keep what was deleted, or cleared, while it was loading', async () => {
    const { cache } = await openManager();
    const forgets: (() => Promise<void>)[] = [() => cache.delete('k'), () => cache.clear()];
    for (const forget of forgets) {
      const [begun, go] = [gate(), gate()];
      const old = cache.getOrLoad('k', hour, async () => {
        begun.open();
        await go.passed;
        return 'old';
      });
      await begun.passed;
      await forget();
      expect(await cache.getOrLoad('k', hour, () => 'new')).to.equal('new');
      go.open();
      expect(await old).to.equal('old');
      expect(await cache.get('k')).to.equal('new');
      await cache.delete('k');
    }
  });

  it('forgets at a clear also what somebody just finds in its table', async () => {
    const { cache } = await openManager({ cache: { maxEntries: 1 } });
    const orders: ((clear: () => Promise<void>, find: () => Promise<unknown>) => Promise<unknown>[])[] = [
      (clear, find) => [find(), clear()],
      (clear, find) => [clear(), find()],
    ];
    for (const written of [true, false]) {
      for (const order of orders) {
        await cache.set('k', 'old', hour);
        await cache.set('other', 1, hour); // in place of it in memory
        const writing = cache.flush();
        if (written) await writing;
        await Promise.all(order(() => cache.clear(), () => cache.get('k'))); // prettier-ignore
        expect(await cache.get('k')).to.equal(undefined);
      }
    }
  });

  it('replaces what was there also by a value that the commit itself ends', async () => {
    const db = await openManager({ entities });
    await db.cache.set('k', 'old', hour);
    await db.transaction(async () => {
      await db.cache.set('k', 'new', { ...hour, dependsOn: [Price] });
      await db.repository(Price).insert({ id: 1, price: 1 });
    });
    expect(await db.cache.get('k')).to.equal(undefined);
  });

  it('keeps what was set over what was still loading', async () => {
    const { cache } = await openManager();
    const [begun, go] = [gate(), gate()];
    const old = cache.getOrLoad('k', hour, async () => {
      begun.open();
      await go.passed;
      return 'old';
    });
    await begun.passed;
    await cache.set('k', 'new', hour);
    go.open();
    await old;
    expect(await cache.get('k')).to.equal('new');
  });

  it('frees the memory of what ran out when it purges', async () => {
    const {
      db: { cache },
      clock,
    } = await clocked();
    await cache.set('a', 1, { ttl: '10ms' });
    await cache.set('b', 1, hour);
    clock.now += 10;
    await cache.purge();
    expect(cache.stats().entries).to.equal(1);
  });

  it('rejects, and does not throw, what it refuses', async () => {
    const { cache } = await openManager();
    for (const wrong of [
      () => cache.set('k', 1, { ttl: '5 min' as never }),
      () => cache.invalidate({ entities: [Date] }),
    ])
      // prettier-ignore
      expect(await wrong().catch((error: unknown) => error)).to.be.instanceOf(Error);
  });

  it('is E_CLOSED with its manager, to whoever has kept hold of it', async () => {
    const { db } = await clocked();
    const { cache } = db;
    const calls = [
      () => cache.get('k'), () => cache.set('k', 1, hour), () => cache.delete('k'), () => cache.getOrLoad('k', hour, () => 1), () => cache.getOrSet('k', 1, hour),
      () => cache.invalidate({ tags: ['t'] }), () => cache.explain('k'), () => cache.clear(), () => cache.purge(), () => cache.flush(),
    ]; // prettier-ignore
    await db.close();
    for (const call of calls) await failure(call(), 'E_CLOSED');
  });

  it('believes nothing of its table after a write to it failed, nor does the next start', async () => {
    const path = scratchPath();
    const db = await openManager({ path, cache: { maxEntries: 1 } });
    await db.cache.set('k', 'old', hour);
    await db.cache.set('other', 1, hour);
    expect(await db.cache.get('k')).to.equal('old');
    await db.cache.flush();
    await db.execute(sql`alter table mysingle_cache rename column bytes to size`);
    await db.cache.set('k', 'new', hour);
    await db.cache.set('other', 2, hour);
    await db.cache.purge(); // behind both
    await db.execute(sql`alter table mysingle_cache rename column size to bytes`);
    expect(await db.cache.get('k')).to.equal(undefined);
    await db.close();
    expect(await (await openManager({ path })).cache.get('k')).to.equal(undefined);
  });

  it('stays within its bounds, the least used first to go', async () => {
    const { cache } = await openManager({ cache: { maxEntries: 2 } });
    for (const key of ['a', 'b', 'c']) await cache.set(key, key, hour);
    expect(cache.stats().entries).to.equal(2);
    const small = await openManager({ cache: { maxBytes: 1000 } });
    await small.cache.set('fits', 'x'.repeat(100), hour);
    await small.cache.set('does not', 'x'.repeat(1000), hour);
    expect(small.cache.stats().entries).to.equal(1);
    // what memory has no room for is in the table
    expect([await cache.get('a'), await small.cache.get('does not')]).to.deep.equal(['a', 'x'.repeat(1000)]);
  });

  it('is left out where cache is false, though writes of such a manager still count', async () => {
    const path = scratchPath();
    const [on, off] = [await openManager({ path, entities }), await openManager({ path, entities, cache: false })];
    const [cached, plain] = [counter(on), counter(off)];
    expect([await cached.read(), await plain.read(), await plain.read()]).to.deep.equal([0, 0, 0]);
    expect(plain.loads()).to.equal(2);
    await off.cache.set('k', 1, hour);
    expect(await off.cache.get('k')).to.equal(undefined);
    await off.repository(Price).insert({ id: 1, price: 1 });
    expect([await cached.read(), cached.loads()]).to.deep.equal([1, 2]);
  });
});

describe('the cache under writes', () => {
  const writes: [string, (db: BaseDuckDBManager) => Promise<unknown>][] = [
    ['insert', (db) => db.repository(Price).insert({ id: 2, price: 1 })],
    ['insertMany', (db) => db.repository(Price).insertMany([{ id: 2, price: 1 }])],
    ['insertMany over a stage', (db) => db.repository(Price).insertMany([{ id: 2, price: 1 }], { onConflict: 'ignore' })], // prettier-ignore
    ['upsert', (db) => db.repository(Price).upsert({ id: 1, price: 9 })],
    ['upsert of many', (db) => db.repository(Price).upsert([{ id: 1, price: 9 }])],
    ['update', (db) => db.repository(Price).update({ id: 1 }, { price: 9 })],
    ['delete', (db) => db.repository(Price).delete({ id: 1 })],
    ['execute', (db) => db.execute(sql`update ${Price} set price = 9`)],
    ['query with RETURNING', (db) => db.query(sql`insert into ${Price} values (2, 1) returning id`)],
    ['withConnection', (db) => db.withConnection((c) => c.run('update cached_price set price = 9'))],
    ['withConnection that says what it writes', (db) => db.withConnection((c) => c.run('update cached_price set price = 9'), { writes: [Price] })], // prettier-ignore
    ['withConnection that fails after its write', (db) => db.withConnection(async (c) => { await c.run('delete from cached_price'); throw new Error('late'); }).catch(() => {})], // prettier-ignore
    ['duckdbConn, by statements taken apart', (db) => db.duckdbConn.extractStatements('update cached_price set price = 9').then((all) => all.prepare(0)).then((prepared) => prepared.run())], // prettier-ignore
    ['duckdbConn', (db) => db.duckdbConn.run('update cached_price set price = 9')],
    ['a transaction', (db) => db.transaction(() => db.repository(Price).insert({ id: 2, price: 1 }))],
    [
      'CREATE OR REPLACE',
      (db) => db.execute(sql`create or replace table cached_price as select 5 as id, 5.0::double as price`),
    ],
    ['invalidate', (db) => db.cache.invalidate({ entities: [Price] })],
  ];
  for (const [what, write] of writes) {
    it(`ends what was read from the table by ${what}, and from no other`, async () => {
      const db = await openManager({ entities });
      await db.repository(Price).insert({ id: 1, price: 1 });
      const loads = { price: 0, raw: 0 };
      const price = (): Promise<object[]> =>
        db.cache.getOrLoad('price', hour, () => ((loads.price += 1), db.repository(Price).find()));
      const raw = (): Promise<object[]> =>
        db.cache.getOrLoad('raw', hour, () => ((loads.raw += 1), db.query(sql`select * from cached_price`)));
      await Promise.all([price(), raw()]);
      await Promise.all([price(), raw()]);
      expect(loads).to.deep.equal({ price: 1, raw: 1 });
      await write(db);
      expect(await price()).to.deep.equal(await db.repository(Price).find());
      expect(await raw()).to.deep.equal(await db.query(sql`select * from cached_price`));
      expect(loads).to.deep.equal({ price: 2, raw: 2 });
    });
  }

  it('keeps what was read from another table, and what depends on none', async () => {
    const db = await openManager({ entities });
    // what makes a table ends everything
    await db.createCacheTable('cache_data');
    const { read, loads } = counter(db);
    await read();
    await db.cache.set('mine', 1, hour);
    await db.repository(Other).insert({ id: 1 });
    await db.query(sql`select * from ${Price}`);
    await db.withConnection((c) => c.run('insert into cached_other values (2)'), { writes: [Other] });
    await db.storeCacheData('k', 1);
    expect([await read(), loads(), await db.cache.get('mine')]).to.deep.equal([0, 1, 1]);
  });

  it('ends what was read of sequences where a query takes a number, and no value of tables', async () => {
    const db = await openManager({ entities });
    await db.execute(sql`create sequence ids`);
    const { read, loads } = counter(db);
    const last = (): Promise<unknown> =>
      db.cache.getOrLoad('last', hour, () => db.query(sql`select last_value::int as n from duckdb_sequences()`));
    const seen: unknown[] = [];
    for (const within of [false, true]) {
      await Promise.all([read(), last()]);
      const take = (): Promise<unknown> => db.query(sql`select nextval('ids')`);
      await (within ? db.transaction(take) : take());
      await read();
      seen.push(await last());
    }
    expect([seen, loads()]).to.deep.equal([[[{ n: 1 }], [{ n: 2 }]], 1]);
  });

  it('passes what a cached call inside another one read up to the outer one, also from a hit', async () => {
    const db = await openManager({ entities });
    const inner = counter(db, 'inner');
    let outers = 0;
    const outer = (): Promise<string> =>
      db.cache.getOrLoad('outer', hour, async () => ((outers += 1), `n=${await inner.read()}`));
    await inner.read();
    expect([await outer(), await outer(), outers]).to.deep.equal(['n=0', 'n=0', 1]);
    await db.repository(Price).insert({ id: 1, price: 1 });
    expect([await outer(), outers]).to.deep.equal(['n=1', 2]);
  });

  it('ends values exactly at the commit: not before, and not after a rollback', async () => {
    const db = await openManager({ entities });
    const prices = db.repository(Price);
    const { read, loads } = counter(db);
    await read();
    const [written, seen] = [gate(), gate()];
    const transaction = db.transaction(async () => {
      await prices.insert({ id: 1, price: 1 });
      // inside, the database answers, and what it says stays inside
      expect([await read(), await read(), await db.cache.get('count')]).to.deep.equal([1, 1, undefined]);
      written.open();
      await seen.passed;
    });
    await written.passed;
    expect([await read(), loads()]).to.deep.equal([0, 3]);
    seen.open();
    await transaction;
    expect([await read(), loads()]).to.deep.equal([1, 4]);
    const rolledBack = db.transaction(async () => {
      await prices.insert({ id: 2, price: 1 });
      await read();
      throw new Error('no');
    });
    await rolledBack.catch(() => {});
    expect([await read(), loads()]).to.deep.equal([1, 5]); // the fifth was inside
  });

  it('neither stores a load that a commit crossed, nor hands it to those who came after the commit', async () => {
    const db = await openManager({ entities });
    const [read, go] = [gate(), gate()];
    const slow = db.cache.getOrLoad('k', hour, async () => {
      const n = await db.repository(Price).count();
      read.open();
      await go.passed;
      return n;
    });
    await read.passed;
    await db.repository(Price).insert({ id: 1, price: 1 });
    const after = db.cache.getOrLoad('k', hour, () => db.repository(Price).count());
    await new Promise(setImmediate);
    go.open();
    expect([await slow, await after]).to.deep.equal([0, 1]);
    expect(await db.cache.get('k')).to.equal(1);
  });

  it('answers a transaction that only reads as of its beginning, from the cache where that holds', async () => {
    const db = await openManager({ entities });
    const { read, loads } = counter(db);
    await read();
    await db.transaction(async () => {
      expect([await read(), loads()]).to.deep.equal([0, 1]);
      await db.repository(Price).exists(); // from here on, DuckDB shows the transaction this state
      const outside = gate();
      setTimeout(outside.open, 1);
      await outside.passed;
      expect([await read(), loads()]).to.deep.equal([0, 1]);
    });
  });

  it('does not show a transaction what was written after it began', async () => {
    const db = await openManager({ entities });
    const { read } = counter(db);
    const [begun, changed] = [gate(), gate()];
    const inside = db.transaction(async () => {
      const before = await db.repository(Price).count();
      begun.open();
      await changed.passed;
      return [before, await read()];
    });
    await begun.passed;
    await db.repository(Price).insert({ id: 1, price: 1 });
    expect(await read()).to.equal(1);
    changed.open();
    expect(await inside).to.deep.equal([0, 0]);
    expect(await read()).to.equal(1); // and its older view was not kept for others
  });

  it('keeps what was set, and what was read of nothing, over every write', async () => {
    const { cache, execute, duckdbConn } = await openManager().then((db) => ({ cache: db.cache, execute: (text: Fragment) => db.execute(text), duckdbConn: db.duckdbConn })); // prettier-ignore
    await cache.set('k', 1, hour);
    await execute(sql`create table t (n integer)`);
    await duckdbConn.run('insert into t values (1)');
    expect(await cache.get('k')).to.equal(1);
    const read = (): Promise<unknown> =>
      cache.getOrLoad('raw', hour, async () => (await duckdbConn.runAndReadAll('select sum(n)::int from t')).getRows());
    expect(await read()).to.deep.equal([[1]]);
    await execute(sql`insert into t values (1)`);
    expect(await read()).to.deep.equal([[2]]);
  });

  it('ends what was read while a statement of duckdbConn was begun and not done', async () => {
    const db = await openManager({ entities });
    await db.repository(Price).insert({ id: 1, price: 1 });
    const { read } = counter(db);
    const pending = await db.duckdbConn.start('insert into cached_price values (2, 2)');
    expect(await read()).to.equal(1);
    await pending.getResult();
    expect(await read()).to.equal(2);
  });

  it('is told of a write whose RETURNING cannot be read: it is committed all the same', async () => {
    const db = await openManager({ entities });
    await db.repository(Price).insert({ id: 1, price: 1 });
    const { read, loads } = counter(db);
    expect(await read()).to.equal(1);
    const insert = sql`insert into ${Price} values (2, 2) returning 1 as twice, 2 as twice`;
    await failure(db.query(insert), 'E_QUERY');
    expect([await read(), loads()]).to.deep.equal([2, 2]);
  });

  it('gives a transaction by key what it sees, and nothing from later', async () => {
    const db = await openManager({ entities });
    const { read } = counter(db);
    await read();
    await db.transaction(async () => {
      await db.query(sql`select 1`);
      await beyond(async () => {
        await db.repository(Price).insert({ id: 1, price: 1 });
        expect(await read()).to.equal(1);
      });
      expect(await db.cache.get('count')).to.equal(undefined);
      await beyond(() => db.cache.set('free', 1, hour));
      expect(await db.cache.get('free')).to.equal(1);
    });
    expect(await db.cache.get('count')).to.equal(1);
  });

  it('is one for two managers of one file', async () => {
    const path = scratchPath();
    const [a, b] = [await openManager({ path, entities }), await openManager({ path, entities })];
    const [one, two] = [counter(a), counter(b)];
    expect([await one.read(), await two.read(), two.loads()]).to.deep.equal([0, 0, 0]);
    await b.repository(Price).insert({ id: 1, price: 1 });
    expect([await one.read(), await two.read()]).to.deep.equal([1, 1]);
  });

  it('keeps nothing that was read from two databases, of which one cannot see the writes of the other', async () => {
    const [a, b] = [await openManager({ entities }), await openManager({ entities })];
    let loads = 0;
    const both = (): Promise<number> =>
      a.cache.getOrLoad('both', hour, async () => {
        loads += 1;
        return (await a.repository(Price).count()) + (await b.repository(Price).count());
      });
    await both();
    await b.repository(Price).insert({ id: 1, price: 1 });
    expect([await both(), loads]).to.deep.equal([1, 2]);
  });

  it('keeps nothing that joined a load that read another database', async () => {
    const [one, two] = [await openManager({ entities }), await openManager({ entities })];
    const [begun, go] = [gate(), gate()];
    const inner = (): Promise<number> =>
      one.cache.getOrLoad('inner', hour, async () => {
        begun.open();
        await go.passed;
        return two.repository(Price).count();
      });
    const outer = (): Promise<number> => one.cache.getOrLoad('outer', hour, inner);
    const first = inner();
    await begun.passed;
    const joined = outer();
    go.open();
    expect(await Promise.all([first, joined])).to.deep.equal([0, 0]);
    await two.repository(Price).insert({ id: 1, price: 1 });
    expect(await outer()).to.equal(1);
  });

  it('never serves a number that a finished write has changed, whatever happens at once', async () => {
    const seed = Date.now() % 100_000;
    let state = seed;
    const random = (n: number): number => (state = (state * 48_271) % 2_147_483_647) % n;
    const db = await openManager({ entities });
    const prices = db.repository(Price);
    await prices.insert({ id: 1, price: 0 });
    let committed = 0;
    const read = (): Promise<number> =>
      db.cache.getOrLoad('p', hour, async () => {
        const price = (await prices.findById(1))?.price ?? -1;
        for (let wait = random(3); wait > 0; wait -= 1) await new Promise(setImmediate);
        return price;
      });
    const writer = async (): Promise<void> => {
      for (let n = 1; n <= 60; n += 1) {
        const rollsBack = random(4) === 0;
        const work = db.transaction(async () => {
          await prices.update({ id: 1 }, { price: n });
          if (random(2) === 0) await read();
          if (rollsBack) throw new Error('no');
        });
        await work.catch(() => {});
        if (!rollsBack) committed = n;
      }
    };
    const reader = async (): Promise<void> => {
      for (let n = 0; n < 100; n += 1) {
        const atLeast = committed;
        const value = await read();
        if (value < atLeast) throw new Error(`stale: ${value} after ${atLeast} was committed; seed ${seed}`);
      }
    };
    await Promise.all([writer(), reader(), reader(), reader()]);
    expect(await read(), `seed ${seed}`).to.equal(committed);
  });
});

describe('the cache over a restart', () => {
  const restart = async (path: string): Promise<BaseDuckDBManager> => openManager({ path, entities });

  it('keeps what still holds when the manager closes and opens again, instances too', async () => {
    const path = scratchPath();
    const first = await restart(path);
    await first.repository(Price).insert({ id: 1, price: 1 });
    const rows = (db: BaseDuckDBManager, load: () => Promise<Price[]>): Promise<Price[]> =>
      db.cache.getOrLoad('rows', hour, load);
    await rows(first, () => first.repository(Price).find({ where: { id: gt(0) } }));
    await counter(first).read();
    await first.repository(Other).insert({ id: 1 });
    await first.close();
    const second = await restart(path);
    const [row] = await rows(second, () => Promise.reject(new Error('asked again')));
    expect(row)
      .to.be.instanceOf(Price)
      .and.deep.equal(Object.assign(new Price(), { id: 1, price: 1 }));
    await second.repository(Price).insert({ id: 2, price: 1 });
    await second.close(); // written, and not read again before the close
    const third = await restart(path);
    const again = counter(third);
    expect([await again.read(), again.loads()]).to.deep.equal([2, 1]);
  });

  it('does not keep what ran out meanwhile', async () => {
    const first = await clocked();
    await first.db.cache.set('short', 1, { ttl: '10ms' });
    await first.db.cache.set('long', 1, hour);
    await first.db.close();
    const second = await clocked({ path: first.path });
    second.clock.now += 10;
    expect([await second.db.cache.get('short'), await second.db.cache.get('long')]).to.deep.equal([undefined, 1]);
  });

  /** A process that caches, then writes without reading again, then says so; and ends by what `end` does. */
  async function otherProcess(path: string, end: 'kill' | 'close'): Promise<void> {
    const lib = new URL('../../lib/index.js', import.meta.url).href;
    const script = `
      import { BaseDuckDBManager, sql } from ${JSON.stringify(lib)};
      const db = await BaseDuckDBManager.open({ path: process.argv[1], logger: false });
      await db.execute(sql\`create table if not exists t (n integer)\`);
      const count = () => db.cache.getOrLoad('n', { ttl: '1h' }, async () => (await db.query(sql\`select count(*)::int as n from t\`))[0].n);
      const n = await count();
      await db.cache.set('pad', 1, { ttl: '1h' });
      await new Promise((resolve) => setTimeout(resolve, 50));
      await db.execute(sql\`insert into t values (1)\`);
      ${end === 'close' ? 'await count(); await db.close();' : ''}
      console.log('wrote after ' + n);
      ${end === 'kill' ? 'setInterval(() => {}, 1000);' : ''}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    if (end === 'kill') child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  it('keeps the values of a process that closed, and none of one that was killed after a write', async () => {
    const path = scratchPath();
    const count = async (): Promise<[number, number]> => {
      const db = await openManager({ path });
      let loads = 0;
      const n = await db.cache.getOrLoad('n', hour, async () => {
        loads += 1;
        return (await db.query<{ n: number }>(sql`select count(*)::int as n from t`))[0]?.n ?? -1;
      });
      await db.close();
      return [n, loads];
    };
    await otherProcess(path, 'close');
    expect(await count()).to.deep.equal([1, 0]);
    await otherProcess(path, 'kill');
    expect(await count()).to.deep.equal([2, 1]);
  });

  it('works in memory alone where the file is read-only', async () => {
    const path = scratchPath();
    await (await restart(path)).close();
    const db = await openManager({ path, entities, readOnly: true });
    const { read, loads } = counter(db);
    expect([await read(), await read(), loads(), await db.cache.purge()]).to.deep.equal([0, 0, 1, 0]);
    await db.cache.clear();
    await read();
    expect(loads()).to.equal(2);
  });
});

describe('the grace of a value', () => {
  const graced = { ttl: '10ms', grace: '1h' } as const;

  /** A value that counts its loads, and fails or waits where it is told to. */
  function counted(cache: Cache): { read: () => Promise<number>; state: { loads: number; fails: boolean; wait?: Promise<void> } } {
    const state: { loads: number; fails: boolean; wait?: Promise<void> } = { loads: 0, fails: false };
    const load = async (): Promise<number> => {
      const n = (state.loads += 1);
      await state.wait;
      if (state.fails) throw new Error(`load ${n} failed`);
      return n;
    };
    return { read: () => cache.getOrLoad('k', graced, load), state };
  } // prettier-ignore

  it('gives what is over at once, while exactly one refresh runs', async () => {
    const { db, clock } = await clocked();
    const { read, state } = counted(db.cache);
    expect(await read()).to.equal(1);
    clock.now += 10;
    const { open, passed } = gate();
    state.wait = passed;
    // were any of these to wait for the load, none would come back
    expect(await Promise.all(Array.from({ length: 50 }, read))).to.deep.equal(Array.from({ length: 50 }, () => 1));
    await until(() => state.loads > 1);
    expect([await read(), state.loads, db.cache.stats().stale]).to.deep.equal([1, 2, 51]);
    open();
    await untilFresh(db.cache);
    expect([await read(), state.loads]).to.deep.equal([2, 2]);
    expect(db.cache.stats()).to.include({ loads: 2, joined: 0 });
  });

  /** Until the refresh has come to its end. */
  const untilFresh = async (cache: Cache): Promise<void> => {
    while ((await cache.explain('k')).loading) await new Promise(setImmediate);
  };

  it('lasts over a restart, where the table has what is over', async () => {
    const first = await clocked();
    expect(await counted(first.db.cache).read()).to.equal(1);
    await first.db.close();
    first.clock.now += 10;
    const { db } = await clocked({ path: first.path }, first.clock);
    const { read, state } = counted(db.cache);
    state.loads = 10;
    const { open, passed } = gate();
    state.wait = passed;
    expect(await Promise.all([read(), read(), read()])).to.deep.equal([1, 1, 1]);
    await until(() => state.loads > 10);
    expect([await read(), state.loads]).to.deep.equal([1, 11]);
    open();
    await untilFresh(db.cache);
    expect([await read(), state.loads]).to.deep.equal([11, 11]);
    expect(db.cache.stats()).to.include({ stale: 4, loads: 1 });
  });

  it('goes on while refreshes fail, each with a warning, and ends by the clock: then callers get the error', async () => {
    const { db, clock, said } = await clocked();
    const { read, state } = counted(db.cache);
    await read();
    state.fails = true;
    clock.now += 10;
    for (let time = 0; time < 3; time += 1) {
      expect(await read()).to.equal(1);
      await untilFresh(db.cache);
    }
    expect(state.loads).to.equal(4);
    const warnings = said();
    expect(warnings.map(({ level, msg, cache_key, error_type }) => [level, msg, cache_key, error_type])).to.deep.equal(
      Array.from({ length: 3 }, () => [40, 'Cache refresh failed', 'k', 'Error']),
    );
    clock.now += 3_600_000 - 1;
    expect(await read()).to.equal(1);
    await untilFresh(db.cache);
    clock.now += 1;
    expect(String(await read().catch((error: unknown) => error))).to.equal('Error: load 6 failed');
  });

  it('never serves what a write has ended, nor what was deleted, nor what is over to a transaction', async () => {
    const { db, clock } = await clocked({ entities });
    const read = (): Promise<number> => db.cache.getOrLoad('n', graced, () => db.repository(Price).count());
    expect(await read()).to.equal(0);
    clock.now += 10;
    await db.repository(Price).insert({ id: 1, price: 1 });
    expect(await read()).to.equal(1);
    const { read: other, state } = counted(db.cache);
    await other();
    clock.now += 10;
    expect(await db.transaction(other)).to.equal(2);
    clock.now += 10;
    await db.cache.delete('k');
    expect([await other(), state.loads]).to.deep.equal([3, 3]);
    expect(db.cache.stats().stale).to.equal(0);
  });

  it('is refreshed to the end, though one who joined the refresh has left', async () => {
    const { db, clock, said } = await clocked();
    const { read, state } = counted(db.cache);
    await read();
    clock.now += 10;
    const { open, passed } = gate();
    state.wait = passed;
    await read();
    await until(() => state.loads > 1);
    clock.now += 3_600_000;
    const stop = new AbortController();
    const joined = db.cache.getOrLoad('k', { ...graced, signal: stop.signal }, () => 0);
    stop.abort();
    await failure(joined, 'E_ABORTED');
    open();
    await untilFresh(db.cache);
    expect([await read(), state.loads, said()]).to.deep.equal([2, 2, []]);
  });

  it('ends where a refresh finds that there is nothing any more, unless null is kept, too', async () => {
    const { db, clock } = await clocked({ entities });
    for (const [key, negativeTtl] of [
      ['none', undefined],
      ['null', '1h'],
    ] as const) {
      let value: number | null = 1;
      const options = negativeTtl === undefined ? graced : { ...graced, negativeTtl };
      const read = (): Promise<number | null> => db.cache.getOrLoad(key, options, () => value);
      await read();
      clock.now += 10;
      value = null;
      expect(await read()).to.equal(1);
      await until(async () => !(await db.cache.explain(key)).loading);
      expect((await db.cache.explain(key)).reason).to.equal(negativeTtl === undefined ? 'absent' : 'fresh');
      value = 2;
      expect(await read()).to.equal(negativeTtl === undefined ? 2 : null);
    }
  });

  it('is not for what was ended by a write in an earlier session', async () => {
    const first = await clocked({ entities });
    await first.db.cache.getOrLoad('n', graced, () => first.db.repository(Price).count());
    await first.db.cache.flush();
    await first.db.repository(Price).insert({ id: 1, price: 1 });
    await first.db.close();
    first.clock.now += 10;
    const { db } = await clocked({ entities, path: first.path }, first.clock);
    expect(await db.cache.getOrLoad('n', graced, () => db.repository(Price).count())).to.equal(1);
  });

  it('refreshes under the ids of the caller, outside of his transaction, and apart from what he reads', async () => {
    const [{ db, clock, said }, other] = [await clocked({ entities }), await openManager({ entities })];
    const seen: unknown[] = [];
    const read = (): Promise<number> =>
      db.cache.getOrLoad('k', graced, () => {
        const { log, transactions, reads } = context();
        seen.push([log?.correlationId, transactions?.size ?? 0, reads?.parent === undefined]);
        if (seen.length === 2) throw new Error('no');
        return db.repository(Price).count();
      });
    await read();
    clock.now += 10;
    let outers = 0;
    const outer = (): Promise<number> => db.cache.getOrLoad('outer', hour, async () => ((outers += 1), await read()));
    const inTransaction = (): Promise<number> => other.transaction(outer);
    await withContext({ correlationId: 'c-1' }, inTransaction);
    await untilFresh(db.cache);
    expect(seen).to.deep.equal([[undefined, 0, true], ['c-1', 0, true]]); // prettier-ignore
    expect(said().map(({ msg, correlation_id }) => [msg, correlation_id])).to.deep.equal([
      ['Cache refresh failed', 'c-1'],
    ]);
    // what the stale value was read of is read for the outer one
    await outer();
    await db.repository(Price).insert({ id: 1, price: 1 });
    expect([await outer(), outers]).to.deep.equal([1, 2]);
  });
});

describe('what is done to the cache by hand, in a transaction', () => {
  const noSuch = new Error('rolled back');

  /** Each with what it does to the value 1 that is there. */
  const deeds: Readonly<Record<string, { run: (db: BaseDuckDBManager) => Promise<void>; left: unknown }>> = {
    set: { run: ({ cache }) => cache.set('k', 2, hour), left: 2 },
    delete: { run: ({ cache }) => cache.delete('k'), left: undefined },
    'invalidate by a tag': { run: ({ cache }) => cache.invalidate({ tags: ['t'] }), left: undefined },
    'invalidate by an entity': { run: ({ cache }) => cache.invalidate({ entities: [Price] }), left: undefined },
  };
  for (const [what, { run, left }] of Object.entries(deeds)) {
    it(`${what}: counts exactly from the commit on, as nothing where it is rolled back, and at once outside`, async () => {
      const db = await openManager({ entities });
      const put = (): Promise<void> => db.cache.set('k', 1, { ...hour, tags: ['t'], dependsOn: [Price] });
      await put();
      const within = async (fails: boolean): Promise<void> => {
        await run(db);
        expect(await beyond(() => db.cache.get('k'))).to.equal(1);
        await db.transaction(() => beyond(async () => expect(await db.cache.get('k')).to.equal(1)));
        if (fails) throw noSuch;
      };
      expect(await db.transaction(() => within(true)).catch((error: unknown) => error)).to.equal(noSuch);
      expect(await db.cache.get('k')).to.equal(1);
      await db.transaction(() => within(false));
      expect(await db.cache.get('k')).to.equal(left);
      await put();
      await run(db);
      expect(await db.cache.get('k')).to.equal(left);
      await db.cache.flush();
      await db.cache.set('other', 1, hour); // memory has nothing to do with it
      expect(await db.cache.get('k')).to.equal(left);
    });
  }

  it('takes effect in its order, and with its commit at once: nobody sees the one without the other', async () => {
    const db = await openManager({ entities });
    const prices = db.repository(Price);
    const count = (): Promise<number> => db.cache.getOrLoad('n', { ...hour, tags: ['t'] }, () => prices.count());
    const seen: unknown[] = [];
    await count();
    await db.transaction(async () => {
      await db.cache.set('k', 1, hour);
      await db.cache.delete('k');
      await db.cache.set('k', 2, hour);
      await prices.insert({ id: 1, price: 1 });
      await db.cache.invalidate({ tags: ['t'] });
      expect(await beyond(count)).to.equal(0);
      await db.afterCommit(async () => seen.push(await db.cache.get('k'), await count()));
    });
    expect([seen, await db.cache.get('k'), await count()]).to.deep.equal([[2, 1], 2, 1]);
  });

  it('drops a load that is under way when the transaction that deletes its key commits', async () => {
    const { cache, db } = await openManager().then((manager) => ({ cache: manager.cache, db: manager }));
    const [begun, go] = [gate(), gate()];
    const old = cache.getOrLoad('k', hour, async () => (begun.open(), await go.passed, 'old'));
    await begun.passed;
    await db.transaction(() => cache.delete('k'));
    go.open();
    expect([await old, await cache.get('k')]).to.deep.equal(['old', undefined]);
  });

  it('makes of a set nothing where what it depends on was written behind it, before the commit', async () => {
    const db = await openManager({ entities });
    await db.transaction(async () => {
      await db.cache.set('k', 1, { ...hour, dependsOn: [Price] });
      await beyond(() => db.repository(Price).insert({ id: 1, price: 1 }));
    });
    expect(await db.cache.get('k')).to.equal(undefined);
  });
});

describe('what a value depends on', () => {
  const raw = (db: BaseDuckDBManager): Promise<number> =>
    db.withConnection(async (connection) => Number((await connection.runAndReadAll('select count(*) from cached_price')).getRows()[0]?.[0]), { writes: [] }); // prettier-ignore
  const told = async (db: BaseDuckDBManager, key = 'k'): Promise<object> => {
    const { tables, tags, reason } = await db.cache.explain(key);
    return { tables, tags, reason };
  };

  it('is, for a value that was set, what it was said to be', async () => {
    const db = await openManager({ entities });
    await db.cache.set('k', 1, { ...hour, dependsOn: [Price], tags: ['t'] });
    await db.repository(Other).insert({ id: 1 });
    await db.cache.invalidate({ tags: ['other'], entities: [Other] });
    expect([await db.cache.get('k'), await told(db)]).to.deep.equal([1, { tables: ['main.cached_price'], tags: ['t'], reason: 'fresh' }]); // prettier-ignore
    await db.repository(Price).insert({ id: 1, price: 1 });
    expect([await db.cache.get('k'), await told(db)]).to.deep.equal([undefined, { tables: ['main.cached_price'], tags: ['t'], reason: 'written' }]); // prettier-ignore
  });

  it('is everything where its load reads what nobody can know, unless it is said what stands for that', async () => {
    const db = await openManager({ entities: [...entities, Third] });
    const load = async (): Promise<number> => (await db.repository(Other).count()) + (await raw(db));
    await db.cache.getOrLoad('unknown', hour, load);
    await db.cache.getOrLoad('none', { ...hour, dependsOn: [] }, load);
    await db.cache.getOrLoad('price', { ...hour, dependsOn: [Price] }, load);
    const other = 'main.cached_other';
    expect((await db.cache.explain('unknown')).tables).to.have.members([other, '*']);
    expect((await db.cache.explain('none')).tables).to.deep.equal([other]);
    expect((await db.cache.explain('price')).tables).to.have.members([other, 'main.cached_price']);
    const states = (): Promise<string[]> => Promise.all(['unknown', 'none', 'price'].map(async (key) => (await db.cache.explain(key)).reason)); // prettier-ignore
    await db.repository(Third).insert({ id: 1 });
    expect(await states()).to.deep.equal(['written', 'fresh', 'fresh']);
    await db.repository(Price).insert({ id: 1, price: 1 });
    expect(await states()).to.deep.equal(['written', 'fresh', 'written']);
    await db.repository(Other).insert({ id: 1 });
    expect(await states()).to.deep.equal(['written', 'written', 'written']);
  });

  it('is passed up by what is cached within: tables, tags, and what stands for the unknown', async () => {
    const db = await openManager({ entities });
    const inner = (): Promise<number> =>
      db.cache.getOrLoad('inner', { ...hour, tags: ['i'], dependsOn: [Price] }, () => raw(db));
    const outer = (key: string): Promise<number> =>
      db.cache.getOrLoad(key, { ...hour, tags: ['o'] }, async () => (await inner()) + (await db.repository(Other).count())); // prettier-ignore
    for (const key of ['loaded', 'hit']) {
      await outer(key);
      const { tables, tags } = await db.cache.explain(key);
      expect(tables).to.have.members(['main.cached_price', 'main.cached_other']);
      expect(tags).to.have.members(['i', 'o']);
    }
    expect((await db.cache.explain('inner')).tags).to.deep.equal(['i']);
    await db.cache.invalidate({ tags: ['o'] });
    expect([await db.cache.get('loaded'), await db.cache.get('inner')]).to.deep.equal([undefined, 0]);
    await outer('loaded');
    await db.cache.invalidate({ tags: ['i'] });
    expect([await db.cache.get('loaded'), await db.cache.get('inner')]).to.deep.equal([undefined, undefined]);
  });

  it('is passed up also by what goes past the cache', async () => {
    const path = scratchPath();
    const [on, off] = [await openManager({ path, entities }), await openManager({ path, entities, cache: false })];
    const terms = { ...hour, tags: ['i'], dependsOn: [Price] };
    const within = (load: () => Promise<number>): Promise<number> => on.cache.getOrLoad('outer', hour, load);
    await within(() => off.cache.getOrLoad('inner', terms, () => raw(off)));
    expect(await told(on, 'outer')).to.deep.equal({ tables: ['main.cached_price'], tags: ['i'], reason: 'fresh' });
    await on.cache.delete('outer');
    await within(() =>
      on.transaction(async () => {
        await on.cache.invalidate({ tags: ['another'] }); // as good as a write
        return on.cache.getOrLoad('inner', terms, () => 0);
      }),
    );
    const { tables, tags } = await on.cache.explain('outer');
    expect({ tables, tags }).to.deep.equal({ tables: ['main.cached_price'], tags: ['i'] });
  });

  it('may be a tag that is named as a table is, or as everything: it is a tag all the same', async () => {
    const db = await openManager({ entities });
    await db.cache.set('k', 1, { ...hour, tags: ['main.cached_price', '*', 'tag:x'] });
    await db.repository(Price).insert({ id: 1, price: 1 });
    await db.withConnection((connection) => connection.run('select 1'));
    expect(await db.cache.get('k')).to.equal(1);
    await db.cache.invalidate({ tags: ['*'] });
    expect(await db.cache.get('k')).to.equal(undefined);
  });

  it('holds over a restart, its tags too', async () => {
    const path = scratchPath();
    const first = await openManager({ path, entities });
    for (const key of ['a', 'b']) await first.cache.set(key, key, { ...hour, tags: [key] });
    await first.close();
    const second = await openManager({ path, entities });
    await second.cache.invalidate({ tags: ['a'] });
    expect([await second.cache.get('a'), await second.cache.get('b')]).to.deep.equal([undefined, 'b']);
  });
});

describe('getOrSet', () => {
  it('keeps and gives a value where there is none, and gives what there is', async () => {
    const { cache } = await openManager();
    const made = { list: [1] };
    const first = await cache.getOrSet('k', made, hour);
    expect([first === made, first]).to.deep.equal([false, made]);
    expect(await cache.getOrSet('k', { list: [2] }, hour)).to.deep.equal({ list: [1] });
    expect(await cache.getOrSet('f', ({ signal }) => signal.aborted, hour)).to.equal(false);
    expect(await cache.getOrSet('f', () => Promise.reject(new Error('not asked')), hour)).to.equal(false);
    expect(await cache.getOrSet('null', null, hour)).to.equal(null);
    expect(cache.stats()).to.include({ loads: 3, hits: 2, entries: 2 });
  });

  it('has the options of getOrLoad', async () => {
    const { cache } = await openManager();
    await cache.getOrSet('k', 1, { ...hour, tags: ['t'] });
    await cache.invalidate({ tags: ['t'] });
    expect(await cache.getOrSet('k', 2, hour)).to.equal(2);
    await failure(cache.getOrSet('other', 2, { ttl: 'soon' as never }), 'E_CONFIG');
    await failure(cache.getOrSet('other', 2, { ...hour, until: 1 } as never), 'E_CONFIG');
  });
});

describe('stats of the cache', () => {
  it('count hits, those by the table, loads, joined and stale ones, and what is kept, waits, and was evicted', async () => {
    const { db, clock, path } = await clocked({ cache: { maxEntries: 3 } });
    const none = { hits: 0, stale: 0, tierHits: 0, loads: 0, joined: 0, entries: 0, bytes: 0, evicted: 0, pending: 0 };
    expect(db.cache.stats()).to.deep.equal(none);
    const read = (key: string): Promise<string> => db.cache.getOrLoad(key, { ttl: '10ms', grace: '1h' }, () => key);
    await Promise.all([read('a'), read('a'), read('a')]);
    expect(db.cache.stats()).to.include({ loads: 1, joined: 2, hits: 2, entries: 1, pending: 1 });
    await read('a');
    await db.cache.get('a');
    await db.cache.get('none');
    expect(db.cache.stats()).to.include({ loads: 1, hits: 4, tierHits: 0 });
    expect(db.cache.stats().bytes).to.be.greaterThan(0);
    await db.cache.flush();
    expect(db.cache.stats().pending).to.equal(0);
    for (const key of ['b', 'c', 'd']) await read(key);
    expect(db.cache.stats()).to.include({ loads: 4, entries: 3, evicted: 1, tierHits: 0 });
    await read('a'); // of the table
    expect(db.cache.stats()).to.include({ loads: 4, hits: 5, tierHits: 1, evicted: 2 });
    await db.cache.get('b');
    expect(db.cache.stats()).to.include({ hits: 6, tierHits: 2 });
    clock.now += 10;
    await read('b');
    expect(db.cache.stats()).to.include({ stale: 1, hits: 7 });
    while ((await db.cache.explain('b')).loading) await new Promise(setImmediate);
    expect(db.cache.stats()).to.include({ stale: 1, hits: 7, tierHits: 2, loads: 5, joined: 2 });
    // one for all managers of a file
    expect((await openManager({ path })).cache.stats()).to.deep.equal(db.cache.stats());
  });

  it('leave out what goes past the cache', async () => {
    const { cache } = await openManager({ cache: false });
    await cache.getOrLoad('k', hour, () => 1);
    expect(cache.stats()).to.include({ loads: 0, hits: 0, entries: 0 });
  });
});

describe('a cache with background: false', () => {
  const background = false;
  const rows = async (db: BaseDuckDBManager): Promise<unknown[]> =>
    (await db.query<{ key: string }>(sql`select key from mysingle_cache where key <> '' order by key`)).map(
      ({ key }) => key,
    );

  it('has in its table what a call has kept, set or deleted, as soon as the call is done', async () => {
    const { db } = await clocked({ entities, cache: { background } });
    const { cache } = db;
    await counter(db).read();
    expect(await rows(db)).to.deep.equal(['count']);
    await cache.set('b', 1, hour);
    expect(await rows(db)).to.deep.equal(['b', 'count']);
    await cache.delete('b');
    expect([await rows(db), cache.stats().pending]).to.deep.equal([['count'], 0]);
    await db.transaction(async () => {
      await cache.set('c', 1, hour);
      await counter(db, 'within').read();
    });
    expect(await rows(db)).to.deep.equal(['c', 'count', 'within']);
  });

  it('gives what is over by grace, and has refreshed it by then', async () => {
    const { db, clock, said } = await clocked({ cache: { background } });
    let loads = 0;
    const read = (fail = false): Promise<number> =>
      db.cache.getOrLoad('k', { ttl: '1s', grace: '1h' }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (fail) throw new Error('gone');
        return (loads += 1);
      });
    expect(await read()).to.equal(1);
    clock.now += 1000;
    expect([await Promise.all([read(), read()]), loads, await read()]).to.deep.equal([[1, 1], 2, 2]);
    clock.now += 1000;
    said();
    expect(await read(true)).to.equal(2);
    expect(said().map(({ msg }) => msg)).to.deep.equal(['Cache refresh failed']);
  });

  it('does not wait for a refresh that waits for it', async () => {
    const { db, clock } = await clocked({ cache: { background } });
    const terms = { ttl: '1s', grace: '1h' } as const;
    let round = 0;
    const self = (): Promise<string> =>
      db.cache.getOrLoad('self', terms, async () => (round === 0 ? 'old' : `new of ${await self()}`));
    const one = (): Promise<string> =>
      db.cache.getOrLoad('one', terms, async () => (round === 0 ? 'old' : `one of ${await two()}`));
    const two = (): Promise<string> =>
      db.cache.getOrLoad('two', terms, async () => (round === 0 ? 'old' : `two of ${await one()}`));
    await Promise.all([self(), one(), two()]);
    clock.now += 1000;
    round = 1;
    expect(await Promise.all([self(), one(), two()])).to.deep.equal(['old', 'old', 'old']);
    expect(await self()).to.equal('new of old');
  });

  it('waits for a store, too', async () => {
    const held = new Map<string, unknown>();
    const slowly = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
    const store = {
      get: async (key: string) => held.get(key),
      set: async (key: string, value: string) => slowly().then(() => held.set(key, value)),
      delete: async (key: string) => held.delete(key),
    };
    const { db } = await clocked({ cache: { background, store } });
    await db.cache.getOrLoad('loaded', hour, () => 1);
    expect([...held.keys()].some((key) => key.includes('loaded'))).to.equal(true);
    await db.cache.set('given', 1, hour);
    expect([...held.keys()].some((key) => key.includes('given'))).to.equal(true);
  });
});

describe('the clock of a manager', () => {
  it('is that of its cache, its cached data, its Keyv stores, and of the rows that it inserts', async () => {
    const clock = { ms: Date.UTC(2020, 0, 1), now: () => clock.ms };
    const db = await openManager({ entities: [Stamped], clock });
    const { cache } = db;
    await cache.set('k', 1, hour);
    await db.storeCacheData('k', [1]);
    const store = keyvStore(db);
    await store.set('k', 'v', 60_000);
    const first = await db.repository(Stamped).insert({ v: 1 });
    clock.ms += 59_999;
    expect([await cache.get('k'), await db.getCacheData('k', { ttlHours: 1 / 60 }), await store.get('k')]).to.deep.equal([1, [1], 'v']); // prettier-ignore
    clock.ms += 1;
    expect([await db.getCacheData('k', { ttlHours: 1 / 60 }), await store.get('k')]).to.deep.equal([null, undefined]);
    clock.ms += 3_540_000;
    expect(await cache.get('k')).to.equal(undefined);
    await db.repository(Stamped).insertMany([{ v: 2 }, { v: 3 }]);
    const rows = await db.repository(Stamped).find({ orderBy: { id: 'asc' } });
    expect(rows.map(({ v, at }) => [v, at.toISOString()])).to.deep.equal([
      [1, '2020-01-01T00:00:00.000Z'],
      [2, '2020-01-01T01:00:00.000Z'],
      [3, '2020-01-01T01:00:00.000Z'],
    ]);
    expect(rows[0]).to.deep.equal(first);
    clock.ms = Number.NaN;
    expect((await failure(() => db.repository(Stamped).insert({ v: 4 }), 'E_CONFIG')).message).to.contain('gave NaN');
    clock.ms = 0;
  });

  it('is one for all managers of a file, where they say it', async () => {
    const path = scratchPath();
    const [clock, other] = [{ now: () => 1 }, { now: () => 2 }];
    await openManager({ path, clock });
    await openManager({ path, clock });
    await openManager({ path });
    expect((await failure(() => openManager({ path, clock: other }), 'E_CONFIG')).message).to.contain('clock: ');
  });
});
