import { Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CACHE_MANAGER, CacheModule, type Cache as NestCache } from '@nestjs/cache-manager';
import { keyvApiTests, keyvIteratorTests, keyvNamespaceTest, keyvValueTests } from '@keyv/test-suite';
import { createCache } from 'cache-manager';
import { Cacheable } from 'cacheable';
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { pino } from 'pino';
import { BaseDuckDBManager, Column, Table, keyvStore, sql, type KeyvStore as Store } from '@mysingle/database';
import { KeyvStore } from '../../lib/cache/keyv-store.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

@Table('kept_in_keyv')
class Kept {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('decimal(9,2)') price!: string;
}

interface Row {
  key: string;
  value: string;
  bytes: bigint;
  created_at: Date;
  expires_at: Date | null;
}

const rowsOf = (db: BaseDuckDBManager, table = 'mysingle_keyv'): Promise<Row[]> =>
  db.query<Row>(table === 'mysingle_keyv' ? sql`select * from mysingle_keyv order by key` : sql`select * from other_keyv order by key`); // prettier-ignore
const keysOf = async (db: BaseDuckDBManager): Promise<string[]> => (await rowsOf(db)).map(({ key }) => key);

/** Keyv's suite is written for vitest: what it asks of it, in chai. Of its cases none is left out, and none is changed. */
function forKeyvSuite(): never {
  const asked = (value: unknown): Record<string, (other?: unknown) => void> => ({
    toBe: (other) => expect(Object.is(value, other), `${String(value)} is ${String(other)}`).to.equal(true),
    toEqual: (other) => expect(value).to.deep.equal(other),
    toBeTruthy: () => expect(value).to.be.ok,
    toBeFalsy: () => expect(value).to.be.not.ok,
    toBeUndefined: () => expect(value).to.equal(undefined),
    toBeDefined: () => expect(value).to.not.equal(undefined),
    toBeNull: () => expect(value).to.equal(null),
  });
  return {
    beforeEach,
    afterEach,
    it: (name: string, run: (t: unknown) => unknown) =>
      it(name, async () => {
        let [count, planned]: [number, number | undefined] = [0, undefined];
        const counted = (value: unknown): unknown => {
          count += 1;
          return asked(value);
        };
        await run({ expect: Object.assign(counted, { assertions: (number: number) => (planned = number) }) });
        if (planned !== undefined) expect(count).to.equal(planned);
      }),
  } as never;
}

describe('a store for Keyv', () => {
  for (const [name, suite] of Object.entries({ keyvApiTests, keyvValueTests, keyvNamespaceTest, keyvIteratorTests })) {
    describe(`in Keyv's own suite (${name})`, () => {
      let db: BaseDuckDBManager;
      beforeEach(async () => {
        db = await openManager();
      });
      suite(forKeyvSuite(), Keyv, (() => keyvStore(db)) as never);
    });
  }

  it('is what Keyv takes, by its type', () => {
    expectTypeOf<Store>().toMatchTypeOf<KeyvStoreAdapter>();
    expectTypeOf<BaseDuckDBManager>().toMatchTypeOf<Parameters<typeof keyvStore>[0]>();
  });

  it('keeps texts as they stand, with their size and times, in a table that the first value makes', async () => {
    const db = await openManager();
    const keyv = new Keyv({ store: keyvStore(db) });
    const before = Date.now();
    expect([await keyv.get('a'), await keyv.delete('a'), await keyv.has('a')]).to.deep.equal([undefined, false, false]);
    await keyv.clear();
    expect(await db.query(sql`select 1 from duckdb_tables() where table_name = 'mysingle_keyv'`)).to.deep.equal([]);
    await keyv.set('a', 'ü');
    await keyv.set('b', 2, 60_000);
    const [a, b] = (await rowsOf(db)) as [Row, Row];
    expect([a.key, a.value, a.bytes, a.expires_at]).to.deep.equal(['keyv:a', '{"value":"ü"}', 14n, null]);
    expect(a.created_at.getTime()).to.be.within(before, Date.now());
    expect((b.expires_at as Date).getTime() - b.created_at.getTime()).to.be.within(59_000, 60_000);
    expect(JSON.parse(b.value)).to.include({ value: 2 });
  });

  it('keeps whatever the cache has a form for, and entities of its manager, when it is used bare', async () => {
    const db = await openManager({ entities: [Kept] });
    const store = keyvStore(db);
    const kept = Object.assign(new Kept(), { id: 1, price: '1.50' });
    const values = {
      date: new Date(5), big: 2n ** 70n, map: new Map([[1, new Set(['x'])]]), bytes: Buffer.from([0, 255]), kept, none: undefined,
      nil: null, text: '', marked: '$json:"x"', half: '\ud800', feff: '\ufeffx', nul: 'a\0b', nan: NaN, object: { $: 1 },
    }; // prettier-ignore
    await store.setMany(Object.entries(values).map(([key, value]) => ({ key, value })));
    expect(await store.getMany(Object.keys(values))).to.deep.equal(Object.values(values));
    for (const [key, value] of Object.entries(values)) expect(await store.get(key)).to.deep.equal(value);
    expect(await store.get('kept')).to.be.instanceOf(Kept);
    expect(await store.has('none')).to.equal(true);
    expect(
      (
        await failure(
          store.set('f', () => 1),
          'E_UNSUPPORTED',
        )
      ).message,
    ).to.include('which the cache has no form for');
    // one that cannot be kept keeps the others of its call back, and none of another call
    const [bad, good] = await Promise.allSettled([
      store.setMany([{ key: 'x', value: 1 }, { key: 'y', value: Symbol('y') }]),
      store.set('z', 1),
    ]); // prettier-ignore
    expect([bad.status, good.status]).to.deep.equal(['rejected', 'fulfilled']);
    expect(await store.hasMany(['x', 'y', 'z'])).to.deep.equal([false, false, true]);
  });

  it('takes any key, and values of a megabyte', async () => {
    const db = await openManager();
    const store = keyvStore(db);
    const keys = ["'; drop table mysingle_keyv; --", '"', '\0', 'a\0b', '\u{1F600}', '%', '_', '', ' ', '\ufeff', 'k'.repeat(1_000_000)]; // prettier-ignore
    await Promise.all(keys.map((key, index) => store.set(key, `value ${index}`)));
    expect(await store.getMany(keys)).to.deep.equal(keys.map((_key, index) => `value ${index}`));
    const seen: string[] = [];
    for await (const [key] of store.iterator()) seen.push(key);
    expect(new Set(seen)).to.deep.equal(new Set(keys));
    const large = '"\\\u{1F600}'.repeat(262_144);
    const keyv = new Keyv({ store });
    await keyv.set('large', large);
    expect((await keyv.get('large')) === large).to.equal(true);
    for (const key of keys) expect(await keyv.delete(key)).to.equal(false);
    store.namespace = undefined;
    expect(await Promise.all(keys.map((key) => store.delete(key)))).to.deep.equal(keys.map(() => true));
    for (const key of ['\ud800', 1 as never]) {
      for (const call of [() => store.get(key), () => store.set(key, 1), () => store.delete(key), () => store.has(key)])
        await failure(call, 'E_CONFIG');
    }
  });

  it('holds ten thousand keys, set at once, and gives them in the order of their keys', async () => {
    const db = await openManager();
    const keyv = new Keyv<number>({ store: keyvStore(db) });
    const keys = Array.from({ length: 10_000 }, (_key, index) => String(index).padStart(5, '0'));
    expect(new Set(await Promise.all(keys.map((key, index) => keyv.set(key, index))))).to.deep.equal(new Set([true]));
    expect(await keyv.getMany(keys)).to.deep.equal(keys.map((_key, index) => index));
    const seen: unknown[] = [];
    for await (const entry of keyv.iterator?.(undefined) ?? []) seen.push(entry);
    expect(seen).to.deep.equal(keys.map((key, index) => [key, index]));
    const many = await keyv.setMany(keys.slice(0, 3).map((key) => ({ key, value: 7 })));
    expect(many).to.deep.equal([true, true, true]);
    expect(await keyv.deleteMany(keys.slice(1))).to.equal(true);
    expect(await keysOf(db)).to.deep.equal(['keyv:00000']);
  });

  it('gives nothing from its end on, by its clock, and has none without a ttl', async () => {
    const db = await openManager();
    let now = 1_000_000;
    const store = new KeyvStore(db, {}, () => now);
    await store.set('short', 'a', 10);
    for (const [index, ttl] of [undefined, 0, null, Infinity, 1e300].entries()) await store.set(`long${index}`, 'b', ttl as never); // prettier-ignore
    await store.set('past', 'c', -5);
    now += 9;
    expect(await store.getMany(['short', 'past'])).to.deep.equal(['a', undefined]);
    now += 1;
    expect([await store.get('short'), await store.has('short'), await store.delete('short')]).to.deep.equal([undefined, false, false]); // prettier-ignore
    await store.set('short', 'd', 10);
    expect(await store.get('short')).to.equal('d');
    now += 1e12;
    const seen: string[] = [];
    for await (const [key] of store.iterator()) seen.push(key);
    expect(seen).to.deep.equal(['long0', 'long1', 'long2', 'long3', 'long4']);
    for (const ttl of [NaN, '5', {}]) await failure(store.set('bad', 1, ttl as never), 'E_CONFIG');
  });

  it('keeps namespaces apart, also where Keyv leaves that to it', async () => {
    const db = await openManager();
    const keyvs = ['a', 'a_', 'a%'].flatMap((namespace) => [new Keyv({ store: keyvStore(db), namespace })]);
    const bare = new Keyv({ store: keyvStore(db), namespace: 'bare', useKeyPrefix: false });
    for (const keyv of [...keyvs, bare]) await keyv.set('k', keyv.namespace);
    expect(await keysOf(db)).to.deep.equal(['a%:k', 'a:k', 'a_:k', 'bare:k']);
    expect(await Promise.all([...keyvs, bare].map((keyv) => keyv.get('k')))).to.deep.equal(['a', 'a_', 'a%', 'bare']);
    await (keyvs[1] as Keyv).clear();
    expect(await keysOf(db)).to.deep.equal(['a%:k', 'a:k', 'bare:k']);
    await bare.clear();
    expect(await keysOf(db)).to.deep.equal(['a%:k', 'a:k']);
    await keyvStore(db).clear();
    expect(await keysOf(db)).to.deep.equal([]);
  });

  it('has a table of another name, and refuses what is no name and no manager', async () => {
    const db = await openManager();
    await keyvStore(db, { table: 'other_keyv' }).set('k', 'v');
    await keyvStore(db, { table: 'Other_Keyv' }).set('l', 'w');
    expect((await rowsOf(db, 'other_keyv')).map(({ key }) => key)).to.deep.equal(['k', 'l']);
    for (const make of [
      () => keyvStore(db, { table: '' }),
      () => keyvStore(db, { table: 'mysingle_cache' }),
      () => keyvStore(db, { table: 'MySingle_Conflicts' }),
      () => keyvStore(db, { table: 'a\0b' }),
      () => keyvStore(db, { tabel: 'x' } as never),
      () => keyvStore({} as never),
      () => keyvStore(undefined as never),
    ])
      await failure(make, 'E_CONFIG');
    await keyvStore(db, { table: 'quo"te' }).set('k', 'v');
    await keyvStore(db, { table: 'MySingle_Keyv' }).set('m', 'v');
    expect(await keysOf(db)).to.deep.equal(['m']);
    expect(await db.query(sql`select value from "quo""te"`)).to.deep.equal([{ value: 'v' }]);
  });

  it('connects the manager, is closed with it, and is back with it', async () => {
    const path = scratchPath();
    const db = new BaseDuckDBManager({ path, logger: false });
    const keyv = new Keyv({ store: keyvStore(db), throwOnErrors: true });
    const unused = keyvStore(new BaseDuckDBManager({ path: scratchPath(), logger: false }));
    await unused.disconnect();
    keyv.on('error', () => {});
    await keyv.set('k', 1);
    await keyv.disconnect();
    expect(await keyv.get('k')).to.equal(1);
    const late = Array.from({ length: 500 }, (_set, index) => keyv.set(`late${index}`, index));
    await Promise.all(late);
    await db.close();
    for (const call of [() => keyv.get('k'), () => keyv.set('k', 2), () => keyv.delete('k'), () => keyv.clear()])
      await failure(call, 'E_CLOSED');
    await db.connect();
    expect(await keyv.get('k')).to.equal(1);
    expect(await keyv.get('late499')).to.equal(499);
    await db.close();
  });

  it("tells of a get that failed by an 'error' event, for Keyv itself takes it for a miss", async () => {
    const db = await openManager();
    const keyv = new Keyv({ store: keyvStore(db) });
    const errors: unknown[] = [];
    keyv.on('error', (error) => errors.push(error));
    await db.close();
    expect(await keyv.get('k')).to.equal(undefined);
    expect(errors.map((error) => (error as { code: string }).code)).to.deep.equal(['E_CLOSED']);
    expect(await keyv.set('k', 1)).to.equal(false);
    expect(errors.length).to.equal(2);
    await failure(keyvStore(db).get('k'), 'E_CLOSED');
  });

  it('is no part of the transaction it is used in', async () => {
    const db = await openManager();
    const keyv = new Keyv({ store: keyvStore(db) });
    await expectRejection(
      db.transaction(async () => {
        await keyv.set('k', 1);
        throw new Error('back');
      }),
    );
    expect(await keyv.get('k')).to.equal(1);
  });

  it('is read and written to the cache as any table is', async () => {
    const db = await openManager({});
    const store = keyvStore(db, { table: 'other_keyv' });
    const keyv = new Keyv({ store });
    await keyv.set('a', 'at first');
    await db.execute(sql`create view of_keyv as select value from other_keyv`);
    await db.execute(sql`create table beside_keyv as select 1 as n`);
    const list = async (): Promise<unknown> => (await store.iterator().next()).value;
    const loads: Record<string, () => Promise<unknown>> = {
      table: () => rowsOf(db, 'other_keyv').then((rows) => rows.map(({ value }) => value)),
      view: () => db.query(sql`select * from of_keyv order by all`),
      keyv: () => keyv.get('a'),
      get: () => store.getMany(['a', 'b']),
      has: () => store.hasMany(['a', 'b']),
      iterator: list,
      'with a table': async () => [await db.query(sql`select * from beside_keyv`), await keyv.get('a')],
      'a table alone': () => db.query(sql`select * from beside_keyv`),
    };
    const names = Object.keys(loads);
    const ended = async (): Promise<string[]> => {
      const reasons = await Promise.all(names.map(async (name) => (await db.cache.explain(name)).reason));
      return names.filter((_name, index) => reasons[index] !== 'fresh');
    };
    const cached = (): Promise<unknown[]> =>
      Promise.all(Object.entries(loads).map(([name, load]) => db.cache.getOrLoad(name, { ttl: '1h', negativeTtl: '1h' }, load))); // prettier-ignore
    const now = (): Promise<unknown[]> => Promise.all(Object.values(loads).map((load) => load()));
    const writes: (() => Promise<unknown>)[] = [
      () => keyv.set('a', 'then'),
      () => store.setMany([{ key: 'a', value: '1' }, { key: 'b', value: '2' }]),
      () => keyv.delete('b'),
      () => db.transaction(async () => {
        await keyv.set('a', 'of a transaction');
        throw new Error('rolled back');
      }).catch(() => {}),
      () => store.deleteMany(['a', 'b']),
      () => keyv.set('a', 'again'),
      () => store.clear(),
    ]; // prettier-ignore
    for (const write of writes) {
      await cached();
      expect(await ended()).to.deep.equal([]);
      await write();
      expect(await ended(), String(write)).to.deep.equal(names.slice(0, -1));
      expect(await cached()).to.deep.equal((await now()).map((value) => value ?? null));
    }
  });

  it('is no store for the cache of its own database, which would be told of each write to it by a write', async () => {
    const path = scratchPath();
    const logs: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => logs.push(line) });
    const other = new BaseDuckDBManager({ path, logger: false });
    const db = await openManager({ path, logger, cache: { store: new Keyv({ store: keyvStore(other) }) } });
    await db.execute(sql`create table t as select 1 as n`);
    expect(await db.cache.getOrLoad('k', { ttl: '1h' }, () => db.query(sql`from t`))).to.deep.equal([{ n: 1 }]);
    await db.cache.flush();
    expect(logs.map((line) => (JSON.parse(line) as { error: string }).error).join()).to.contain('in the same database');
    await other.close();
  });

  it('serves cache-manager', async () => {
    const db = await openManager();
    const cache = createCache({ stores: [new Keyv({ store: keyvStore(db) })] });
    await cache.set('k', { n: 1 }, 60_000);
    await cache.mset([{ key: 'a', value: 1 }, { key: 'b', value: 2 }]); // prettier-ignore
    expect([await cache.get('k'), await cache.mget(['a', 'b', 'c'])]).to.deep.equal([{ n: 1 }, [1, 2, undefined]]);
    let loads = 0;
    for (let call = 0; call < 2; call += 1) await cache.wrap('w', async () => (loads += 1), 60_000);
    expect([loads, await keysOf(db)]).to.deep.equal([1, ['keyv:a', 'keyv:b', 'keyv:k', 'keyv:w']]);
    await cache.del('a');
    expect(await keysOf(db)).to.deep.equal(['keyv:b', 'keyv:k', 'keyv:w']);
    await cache.clear();
    expect(await keysOf(db)).to.deep.equal([]);
  });

  it('serves cacheable, as its second layer', async () => {
    const db = await openManager();
    const first = new Cacheable({ secondary: keyvStore(db), ttl: '1h' });
    expect(await first.set('k', { n: 1 })).to.equal(true);
    expect(await first.getMany(['k', 'l'])).to.deep.equal([{ n: 1 }, undefined]);
    expect((await rowsOf(db)).map(({ value }) => (JSON.parse(value) as { value: unknown }).value)).to.deep.equal([{ n: 1 }]); // prettier-ignore
    // another one of the same rows, whose first layer is empty
    const second = new Cacheable({ secondary: keyvStore(db) });
    expect(await second.get('k')).to.deep.equal({ n: 1 });
    await second.delete('k');
    expect(await rowsOf(db)).to.deep.equal([]);
  });

  it('serves @nestjs/cache-manager', async () => {
    const db = await openManager();

    @Injectable()
    class Quotes {
      constructor(@Inject(CACHE_MANAGER) readonly cache: NestCache) {}
    }
    @Module({
      imports: [
        CacheModule.register({ stores: [new Keyv({ store: keyvStore(db), namespace: 'quotes' })], ttl: 60_000 }),
      ],
      providers: [Quotes],
    })
    class App {
      readonly name = 'app';
    }

    const app = await NestFactory.createApplicationContext(App, { logger: false });
    const { cache } = app.get(Quotes);
    await cache.set('AAPL', { price: '12.50' });
    expect(await cache.get('AAPL')).to.deep.equal({ price: '12.50' });
    const [row] = (await rowsOf(db)) as [Row];
    expect([row.key, row.expires_at !== null]).to.deep.equal(['quotes:AAPL', true]);
    await app.close();
    // it disconnects its stores; the manager is not theirs
    expect((await rowsOf(db)).length).to.equal(1);
  });
});

async function expectRejection(promise: Promise<unknown>): Promise<void> {
  expect(await promise.then(() => 'fulfilled', () => 'rejected')).to.equal('rejected'); // prettier-ignore
}
