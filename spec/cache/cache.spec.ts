import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, gt, sql, type BaseDuckDBManager, type Cache, type Fragment } from '@mysingle/database';
import { Cache as SharedCache } from '../../lib/cache/cache.js';
import type { CacheOptions } from '../../lib/cache/shared-cache.js';
import { withinContext } from '../../lib/context.js';
import { Engine } from '../../lib/engine/engine.js';
import { acquireDatabase } from '../../lib/engine/registry.js';
import { resolveOptions } from '../../lib/options.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

@Table('cached_price')
class Price {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('double') price!: number;
}

@Table('cached_other')
class Other {
  @Column('integer', { primaryKey: true }) id!: number;
}

const entities = [Price, Other];
const hour = { ttl: '1h' } as const;

/** The cache of a file with a clock of the test's; managers opened on the file meanwhile share it. */
async function clocked(
  path = scratchPath(),
  options: CacheOptions = {},
): Promise<{ cache: Cache; clock: { now: number }; path: string; close: () => Promise<void> }> {
  const clock = { now: 1_000_000 };
  const { database, log } = resolveOptions({ path, logger: false });
  const lease = await acquireDatabase(database);
  const engine = new Engine(lease.database, log, 1000);
  const cache = await SharedCache.open(engine, options, log, () => clock.now);
  return { cache, clock, path, close: () => engine.close().then(() => lease.release()) };
}

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

function gate(): { open: () => void; passed: Promise<void> } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

describe('the cache in time', () => {
  it('holds a value up to its TTL by the clock, and not at it', async () => {
    const { cache, clock, close } = await clocked();
    let loads = 0;
    const read = (): Promise<number> => cache.getOrLoad('k', { ttl: '10ms' }, () => (loads += 1));
    expect([await read(), await read()]).to.deep.equal([1, 1]);
    clock.now += 9;
    expect(await read()).to.equal(1);
    clock.now += 1;
    expect(await read()).to.equal(2);
    expect(cache.stats()).to.deep.equal({ hits: 2, loads: 2, joined: 0, entries: 1 });
    await close();
  });

  it('keeps null and undefined by negativeTtl alone', async () => {
    const { cache, clock, close } = await clocked();
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
    await close();
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
    const { cache, clock, close } = await clocked();
    expect(await cache.get('a')).to.equal(undefined);
    await cache.set('a', { n: 1n }, { ttl: '10ms' });
    await cache.set('b', null, hour);
    await cache.set(' state', 'not the state of the table', hour);
    expect([await cache.get('a'), await cache.get('b')]).to.deep.equal([{ n: 1n }, null]);
    await cache.delete('b');
    expect(await cache.get('b')).to.equal(undefined);
    clock.now += 10;
    expect(await cache.get('a')).to.equal(undefined);
    expect(await cache.purge()).to.equal(1);
    await cache.set('c', 1, hour);
    await cache.clear();
    expect([await cache.get('c'), cache.stats().entries]).to.deep.equal([undefined, 0]);
    await failure(() => cache.set('f', () => 1, hour), 'E_UNSUPPORTED');
    await close();
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
    const { cache, clock, close } = await clocked();
    await cache.set('a', 1, { ttl: '10ms' });
    await cache.set('b', 1, hour);
    clock.now += 10;
    await cache.purge();
    expect(cache.stats().entries).to.equal(1);
    await close();
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

  it('believes nothing of its table after a write to it failed, nor does the next start', async () => {
    const path = scratchPath();
    const db = await openManager({ path, cache: { maxEntries: 1 } });
    await db.cache.set('k', 'old', hour);
    await db.cache.set('other', 1, hour);
    expect(await db.cache.get('k')).to.equal('old');
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
    const { read, loads } = counter(db);
    await read();
    await db.cache.set('mine', 1, hour);
    await db.repository(Other).insert({ id: 1 });
    await db.query(sql`select * from ${Price}`);
    await db.withConnection((c) => c.run('insert into cached_other values (2)'), { writes: [Other] });
    await db.storeCacheData('k', 1);
    expect([await read(), loads(), await db.cache.get('mine')]).to.deep.equal([0, 1, 1]);
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
    await first.cache.set('short', 1, { ttl: '10ms' });
    await first.cache.set('long', 1, hour);
    await first.close();
    const second = await clocked(first.path);
    second.clock.now += 10;
    expect([await second.cache.get('short'), await second.cache.get('long')]).to.deep.equal([undefined, 1]);
    await second.close();
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
