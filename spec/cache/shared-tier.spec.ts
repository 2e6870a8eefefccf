import { expect } from 'chai';
import { Keyv } from 'keyv';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { Column, Table, type BaseDuckDBManager, type ManagerOptions } from '@mysingle/database';
import { StoredValue } from '../../lib/cache/stored-value.js';
import { holdFile, startChild, type Child } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';
import { until } from '../support/until.js';

@Table('shared_price')
class Price {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('double') price!: number;
}

const hour = { ttl: '1h' } as const;

/** A manager on a store, as a process of its own would have it: memory serves nothing for longer than a moment. */
const sharing = (path: string, store: unknown, more: Partial<ManagerOptions> = {}): Promise<BaseDuckDBManager> =>
  openManager({ path, entities: [Price], cache: { store: store as Keyv, localTtl: '1ms' }, ...more });

/** A count that tells how often it was really counted. */
function counter(db: BaseDuckDBManager): { read: () => Promise<number>; loads: () => number } {
  let loads = 0;
  const load = async (): Promise<number> => {
    loads += 1;
    return db.repository(Price).count();
  };
  return { read: () => db.cache.getOrLoad('count', hour, load), loads: () => loads };
}

/** When what was kept has come to the store. */
const kept = (store: Map<string, unknown>, key: string): Promise<unknown> =>
  until(() => [...store.keys()].some((each) => each.endsWith(`:e:${key}`)));

const passed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Another process that works beside the file, and has written there. */
const writerBeside = (path: string): Promise<Child> =>
  startChild(`
    import { BaseDuckDBManager, sql } from '@mysingle/database';
    const db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, logger: false });
    await db.execute(sql\`create table if not exists shared_price (id integer primary key, price double not null)\`);
    await db.execute(sql\`insert into shared_price values (2, 2)\`);
    console.log('ready');
    setInterval(() => db.mode, 1000);
  `);

describe('the tier that processes share', () => {
  it('serves what an earlier process has left, and ends it by a write of its own', async () => {
    const [path, store] = [scratchPath(), new Map<string, unknown>()];
    const first = await sharing(path, store);
    await first.repository(Price).insert({ id: 1, price: 1 });
    const count = counter(first);
    // what it reads has to be known to the store before a load begins
    await until(async () => {
      await count.read();
      await passed();
      return [...store.keys()].some((each) => each.endsWith(':e:count'));
    });
    await first.close();

    const second = await sharing(path, store);
    const again = counter(second);
    expect([await again.read(), again.loads(), second.cache.stats().tierHits]).to.deep.equal([1, 0, 1]);
    expect(await second.cache.explain('count')).to.include({ state: 'hit', reason: 'fresh' });
    await second.repository(Price).insert({ id: 2, price: 2 });
    expect([await again.read(), again.loads()]).to.deep.equal([2, 1]);
    await second.close();

    const third = await sharing(path, store);
    expect(await counter(third).read()).to.equal(2);
  });

  it('believes nothing that was read of tables where somebody has written past the store', async () => {
    const [path, store] = [scratchPath(), new Map<string, unknown>()];
    const first = await sharing(path, store);
    await until(async () => {
      await counter(first).read();
      await passed();
      return [...store.keys()].some((each) => each.endsWith(':e:count'));
    });
    await first.cache.set('plain', 'of no table', hour);
    await kept(store, 'plain');
    await first.close();

    const without = await openManager({ path, entities: [Price] });
    await without.repository(Price).insert({ id: 1, price: 1 });
    await without.close();

    const second = await sharing(path, store);
    expect([await counter(second).read(), await second.cache.get('plain')]).to.deep.equal([1, 'of no table']);
    await second.close();
    // and the table of the database believes nothing of before either
    const third = await openManager({ path, entities: [Price] });
    expect(await counter(third).read()).to.equal(1);
  });

  for (const when of ['at open', 'at the end of close'])
    it(`believes nothing that was read of tables where a side file was applied ${when}`, async () => {
      const path = scratchPath();
      let ending = async (): Promise<void> => {};
      const store = new (class extends Map<string, unknown> {
        // what a session says at its end is the last that it does with the store
        override set(key: string, value: unknown): this {
          if (key.endsWith(':session')) return ending().then(() => super.set(key, value)) as unknown as this;
          return super.set(key, value);
        }
      })();
      const patient = { cache: { store: store as unknown as Keyv, localTtl: '1ms', storeTimeout: '1m' } } as const;
      const first = await sharing(path, store, patient);
      await first.repository(Price).insert({ id: 1, price: 1 });
      const keep = (): Promise<unknown> =>
        until(async () => {
          await counter(first).read();
          await passed();
          return [...store.keys()].some((each) => each.endsWith(':e:count'));
        });
      if (when === 'at open') {
        await keep();
        await first.close();
        await using holder = await holdFile(path);
        await (await writerBeside(path)).kill();
        await holder.kill();
      } else {
        await using writer = await writerBeside(path);
        await keep();
        ending = () => writer.kill();
        await first.close();
      }
      ending = async () => {};
      const second = await sharing(path, store, patient);
      const count = counter(second);
      expect([await count.read(), count.loads()]).to.deep.equal([2, 1]);
    });

  it('is shared by those who read a file alone, one after another', async () => {
    const [path, store] = [scratchPath(), new Map<string, unknown>()];
    const writer = await sharing(path, store);
    await writer.repository(Price).insert({ id: 1, price: 1 });
    await writer.close();
    const first = await sharing(path, store, { readOnly: true });
    await until(async () => {
      await counter(first).read();
      await passed();
      return [...store.keys()].some((each) => each.endsWith(':e:count'));
    });
    await first.close();
    const second = await sharing(path, store, { readOnly: true });
    const count = counter(second);
    expect([await count.read(), count.loads()]).to.deep.equal([1, 0]);
  });

  it('keeps two databases apart, whatever their keys, and lets a namespace join them', async () => {
    const store = new Map<string, unknown>();
    const [one, two] = [await sharing(scratchPath(), store), await sharing(scratchPath(), store)];
    await one.cache.set('k', 'one', hour);
    await kept(store, 'k');
    expect(await two.cache.get('k')).to.equal(undefined);
    const memory = await Promise.all([sharing(':memory:', store), sharing(':memory:', store)]);
    await memory[0].cache.set('m', 1, hour);
    await kept(store, 'm');
    expect(await memory[1].cache.get('m')).to.equal(undefined);

    const joined = (): Partial<ManagerOptions> => ({
      cache: { store, namespace: 'ours', localTtl: '1ms' },
    });
    const [left, right] = [
      await sharing(scratchPath(), store, joined()),
      await sharing(scratchPath(), store, joined()),
    ];
    await left.cache.set('k', { big: 1n, at: new Date(0) }, { ttl: '1h', tags: ['fx'] });
    await until(async () => (await right.cache.get('k')) !== undefined);
    expect(await right.cache.get('k')).to.deep.equal({ big: 1n, at: new Date(0) });
    await left.cache.invalidate({ tags: ['fx'] });
    expect(await left.cache.get('k')).to.equal(undefined);
    await until(async () => (await right.cache.get('k')) === undefined);
  });

  it('takes a Keyv as well as its adapters', async () => {
    const store = new Map<string, unknown>();
    const path = scratchPath();
    const first = await sharing(path, new Keyv({ store }));
    await first.cache.set('k', new Set([1, 2]), hour);
    await until(() => store.size > 2);
    await first.close();
    expect(await (await sharing(path, new Keyv({ store }))).cache.get('k')).to.deep.equal(new Set([1, 2]));
  });

  it('costs loads and a warning where the store fails, hangs or holds garbage', async () => {
    const hangs = new Promise<never>(() => {});
    const fails = (): never => {
      throw new Error('store is down');
    };
    const stores: Record<string, unknown> = {
      fails: { get: fails, set: fails, delete: fails },
      rejects: { get: async () => fails(), set: async () => fails(), delete: async () => fails() },
      hangs: { get: () => hangs, set: () => hangs, delete: () => hangs },
      garbage: { get: () => '{"$":["?"]}', set: () => true, delete: () => true },
    };
    for (const [what, store] of Object.entries(stores)) {
      const lines: { msg: string; tier?: string; error?: string }[] = [];
      const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
      const cache = { store: store as never, localTtl: '1ms', storeTimeout: '10ms' } as const;
      const db = await openManager({ path: scratchPath(), entities: [Price], cache, logger });
      const count = counter(db);
      expect(await count.read(), what).to.equal(0);
      await db.repository(Price).insert({ id: 1, price: 1 });
      await passed();
      expect(await count.read(), what).to.equal(1);
      await db.cache.set('k', 1, hour);
      await db.cache.delete('k');
      expect(await db.cache.get('k'), what).to.equal(undefined);
      await db.close();
      const said = {
        fails: 'the store failed',
        rejects: 'the store failed',
        hangs: 'The store of the cache has not answered for 10 ms.',
        garbage: 'Under keys of the cache there is something else in its store: another program writes there. Give cache.namespace a name of its own, or delete what is there.',
      }; // prettier-ignore
      expect(lines.map(({ msg, tier, error }) => [msg, tier, error]), what).to.deep.equal([['Cache tier failed', 'store', said[what as 'hangs']]]); // prettier-ignore
    }
  });

  it('leaves out a value that has no text, which memory keeps, and forgets what stood there', async () => {
    const store = new Map<string, unknown>();
    const lines: { msg: string; error: string }[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
    const cache = { store: store as never, namespace: 'n', localTtl: '1h' } as const;
    const db = await openManager({ path: scratchPath(), cache, logger });
    await db.cache.set('k', 'before', hour);
    await kept(store, 'k');
    const of = StoredValue.of.bind(StoredValue);
    const text = (): never => {
      throw new RangeError('Invalid string length');
    };
    StoredValue.of = (value) => Object.assign(of(value), { text });
    try {
      for (const value of ['large', 'larger']) await db.cache.set('k', value, hour);
    } finally {
      StoredValue.of = of;
    }
    await until(() => !store.has('n:e:k'));
    expect(await db.cache.get('k')).to.equal('larger');
    expect(lines.map(({ msg, error }) => [msg, error])).to.deep.equal([['Cache tier failed', 'the store failed']]);
    await db.cache.set('k', 'small', hour);
    await kept(store, 'k');
    expect(await db.cache.get('k')).to.equal('small');
  });

  it('gives nothing of a text that says no value, and says so once', async () => {
    const store = new Map<string, unknown>();
    const lines: { error: string }[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
    const cache = { store: store as never, namespace: 'n', localTtl: '1ms' } as const;
    const db = await openManager({ path: scratchPath(), cache, logger });
    await db.cache.set('k', 'mine', hour);
    await kept(store, 'k');
    const ours = JSON.parse(store.get('n:e:k') as string) as object;
    store.set('n:e:k', JSON.stringify({ ...ours, text: '{"$":["d' }));
    for (let time = 0; time < 5; time += 1) {
      await passed();
      expect(await db.cache.get('k')).to.equal(undefined);
    }
    expect(lines.map(({ error }) => error)).to.have.length(1);
  });

  it('is one for all managers of a database, and said by the one that opens it', async () => {
    const path = scratchPath();
    const store = new Map<string, unknown>();
    const first = await sharing(path, store);
    await failure(() => sharing(path, new Map()), 'E_CONFIG');
    await (await openManager({ path, entities: [Price] })).cache.set('k', 1, hour);
    await kept(store, 'k');
    await first.close();
    const plain = scratchPath();
    await openManager({ path: plain });
    expect((await failure(() => sharing(plain, store), 'E_CONFIG')).message).to.match(
      /^cache.store: managers of one database/,
    );
  });

  it('is refused where it is none, and where options are about one that is not there', async () => {
    for (const cache of [{ store: {} }, { store: 'redis://x' }, { namespace: 'x' }, { localTtl: '1s' }, { store: new Map(), localTtl: 5 }, { store: new Map(), namespace: '' }])
      await failure(() => openManager({ cache: cache as never }), 'E_CONFIG'); // prettier-ignore
  });
});
