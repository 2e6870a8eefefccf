import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Cached, Column, Table, sql, type BaseDuckDBManager, type Cache, type LoadCall } from '@mysingle/database';
import { Flights, type Loaded } from '../../lib/cache/flights.js';
import { StoredValue } from '../../lib/cache/stored-value.js';
import { ReadSet, withinContext } from '../../lib/context.js';
import { DatabaseError } from '../../lib/errors.js';
import { Limit } from '../../lib/limit.js';
import { failure } from '../support/failure.js';
import { gate } from '../support/gate.js';
import { openManager } from '../support/scratch.js';
import { until } from '../support/until.js';

@Cached('1h')
@Table('flights_row')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
}

const hour = { ttl: '1h' } as const;

/** True after an age of the universe. */
const endless = sql`(select sum(a.range + b.range) from range(10000000) a, range(10000000) b) is not null`;

const landed = (n: number): Loaded => ({ value: StoredValue.of(n), dependencies: [], tick: 0, hit: false });

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
};

/** Runs `work` outside of the transaction of the caller. */
const beyond = <T>(work: () => Promise<T>): Promise<T> => withinContext({ transactions: new Map() }, work);

/** Loads of one key that stand still until they are told to go on, or until nobody waits for them. */
function standing(cache: Cache): {
  readonly read: (options?: { signal?: AbortSignal; timeout?: '1ms' }) => Promise<number>;
  readonly signals: AbortSignal[];
  readonly go: () => void;
} {
  const signals: AbortSignal[] = [];
  const { open, passed } = gate();
  const load = async ({ signal }: LoadCall): Promise<number> => {
    const n = signals.push(signal);
    await passed;
    return n;
  };
  return { read: (options = {}) => cache.getOrLoad('k', { ...hour, ...options }, load), signals, go: open };
}

describe('flights', () => {
  it('are one for each key, from their start to their landing', async () => {
    const flights = new Flights();
    const { open, passed } = gate();
    const flight = flights.start('k', new ReadSet(), 0, true, () => passed.then(() => landed(1)));
    expect([flights.of('k'), flights.of('other')]).to.deep.equal([flight, undefined]);
    const waiting = Promise.all([flight.wait(undefined), flight.wait(new Limit())]);
    open();
    expect((await waiting).map(({ value }) => value.copy())).to.deep.equal([1, 1]);
    expect(flights.of('k')).to.equal(undefined);
  });

  it('of a transaction are joined by nobody, and dropped with the others', async () => {
    const flights = new Flights();
    const { open, passed } = gate();
    const own = flights.start('k', new ReadSet(), 0, false, () => passed.then(() => landed(1)));
    expect(flights.of('k')).to.equal(undefined);
    const shared = flights.start('k', new ReadSet(), 0, true, () => passed.then(() => landed(2)));
    const other = flights.start('other', new ReadSet(), 0, true, () => passed.then(() => landed(3)));
    expect(flights.of('k')).to.equal(shared);
    flights.drop('k');
    expect([flights.of('k'), own.dropped, shared.dropped, other.dropped]).to.deep.equal([undefined, true, true, false]);
    flights.drop();
    expect([flights.of('other'), other.dropped]).to.deep.equal([undefined, true]);
    open();
    await Promise.all([own.result, shared.result, other.result]);
  });

  it('that were dropped do not take with them the one that came in their place', async () => {
    const flights = new Flights();
    const { open, passed } = gate();
    const old = flights.start('k', new ReadSet(), 0, true, () => passed.then(() => landed(1)));
    flights.drop('k');
    const next = flights.start('k', new ReadSet(), 0, true, () => new Promise(() => {}));
    open();
    await old.result;
    expect(flights.of('k')).to.equal(next);
    flights.drop('k');
    expect(next.dropped).to.equal(true);
  });

  it('leave no error unhandled where whoever waited has left', async () => {
    const flights = new Flights();
    const unhandled: unknown[] = [];
    const hear = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', hear);
    flights.start('nobody', new ReadSet(), 0, true, () => Promise.reject(new Error('unheard')));
    await turns();
    process.off('unhandledRejection', hear);
    expect([unhandled, flights.of('nobody')]).to.deep.equal([[], undefined]);
    const limit = new Limit();
    const flight = flights.start('k', new ReadSet(), 0, true, ({ work }) => work.race(new Promise(() => {})));
    const waiting = flight.wait(limit);
    limit.stop(new DatabaseError('E_ABORTED', 'enough'));
    expect((await failure(waiting, 'E_ABORTED')).message).to.equal('enough');
    await failure(flight.result, 'E_ABORTED');
  });
});

describe('a load that several wait for', () => {
  it('goes on for the others where one of them stops, by signal or by timeout', async () => {
    const { cache } = await openManager();
    const { read, signals, go } = standing(cache);
    const stop = new AbortController();
    const first = read({ signal: stop.signal });
    const second = read();
    const third = read({ timeout: '1ms' });
    await failure(third, 'E_TIMEOUT');
    stop.abort(new Error('mine'));
    const { cause } = await failure(first, 'E_ABORTED');
    expect(String(cause)).to.equal('Error: mine');
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false]);
    go();
    expect([await second, await read()]).to.deep.equal([1, 1]);
    expect(cache.stats()).to.include({ loads: 1, joined: 2, entries: 1 });
  });

  it('is told when the last of them has gone, with the reason, and a newcomer has a load of his own', async () => {
    const { cache } = await openManager();
    const { read, signals, go } = standing(cache);
    const [one, two] = [new AbortController(), new AbortController()];
    const left = [read({ signal: one.signal }), read({ signal: two.signal })];
    const outcomes = Promise.allSettled(left);
    await until(() => signals.length === 1);
    one.abort();
    await turns();
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([false]);
    two.abort('why');
    expect(signals.map(({ aborted }) => aborted)).to.deep.equal([true]);
    expect(signals[0]?.reason).to.include({ code: 'E_ABORTED', cause: 'why' });
    expect((await outcomes).map((each) => (each as PromiseRejectedResult).reason.code)).to.deep.equal(['E_ABORTED', 'E_ABORTED']); // prettier-ignore
    const newcomer = read();
    await until(() => signals.length === 2);
    expect([signals[1]?.aborted, (await cache.explain('k')).loading]).to.deep.equal([false, true]);
    go();
    expect(await newcomer).to.equal(2);
    expect(cache.stats()).to.include({ loads: 2, joined: 1 });
  });

  it('is not begun for a signal that has stopped before, nor is a value given for it', async () => {
    const { cache } = await openManager();
    await cache.set('k', 1, hour);
    await failure(cache.getOrLoad('k', { ...hour, signal: AbortSignal.abort() }, () => 2), 'E_ABORTED'); // prettier-ignore
    await failure(cache.getOrLoad('none', { ...hour, signal: AbortSignal.abort() }, () => 2), 'E_ABORTED'); // prettier-ignore
    expect(cache.stats().loads).to.equal(0);
  });

  it('fails for all of them alike, and leaves nothing behind', async () => {
    const { cache } = await openManager();
    const { open, passed } = gate();
    const load = async (): Promise<never> => {
      await passed;
      throw new Error('bad');
    };
    const all = Array.from({ length: 5 }, () => cache.getOrLoad('k', hour, load));
    open();
    const reasons = (await Promise.allSettled(all)).map((each) => (each as PromiseRejectedResult).reason as unknown);
    expect(new Set(reasons).size).to.equal(1);
    expect([cache.stats().entries, await cache.get('k')]).to.deep.equal([0, undefined]);
    expect(await cache.explain('k')).to.deep.equal({ state: 'miss', reason: 'absent', loading: false });
    expect(await cache.getOrLoad('k', hour, () => 'good')).to.equal('good');
  });

  it('is joined by nobody who came after a commit behind its beginning, and still by those before', async () => {
    const db = await openManager({ entities: [Row] });
    const [begun, go] = [gate(), gate()];
    let loads = 0;
    const load = async (): Promise<number> => {
      loads += 1;
      const n = await db.repository(Row).count(undefined, { cache: false });
      begun.open();
      await go.passed;
      return n;
    };
    const before = [db.cache.getOrLoad('k', hour, load), db.cache.getOrLoad('k', hour, load)];
    await begun.passed;
    await db.repository(Row).insert({ id: 1 });
    const after = Array.from({ length: 3 }, () => db.cache.getOrLoad('k', hour, load));
    const stop = new AbortController();
    const gone = db.cache.getOrLoad('k', { ...hour, signal: stop.signal }, load);
    stop.abort();
    await failure(gone, 'E_ABORTED');
    go.open();
    expect([await Promise.all(before), await Promise.all(after), loads]).to.deep.equal([[0, 0], [1, 1, 1], 2]); // prettier-ignore
  });

  it('is neither waited for nor heard of, once a write has overtaken it, by those who came after that', async () => {
    const db = await openManager({ entities: [Row] });
    const [begun, go] = [gate(), gate()];
    const slow = db.cache.getOrLoad('k', hour, async () => {
      await db.repository(Row).count(undefined, { cache: false });
      begun.open();
      await go.passed;
      throw new Error('of before');
    });
    const failed = slow.catch(String);
    await begun.passed;
    await db.repository(Row).insert({ id: 1 });
    // were it to wait for what was overtaken, this would hang
    expect(await db.cache.getOrLoad('k', hour, () => db.repository(Row).count())).to.equal(1);
    go.open();
    expect([await failed, await db.cache.get('k')]).to.deep.equal(['Error: of before', 1]);
  });

  it('gives its error to nobody who joined it after a write that it reads of only then', async () => {
    const db = await openManager({ entities: [Row] });
    const [begun, go] = [gate(), gate()];
    let loads = 0;
    const load = async (): Promise<number> => {
      if ((loads += 1) > 1) return db.repository(Row).count();
      begun.open();
      await go.passed;
      await db.repository(Row).count(undefined, { cache: false });
      throw new Error('of before');
    };
    const before = db.cache.getOrLoad('k', hour, load).catch(String);
    await begun.passed;
    await db.repository(Row).insert({ id: 1 });
    const after = db.cache.getOrLoad('k', hour, load);
    go.open();
    expect([await before, await after, loads, db.cache.stats().joined]).to.deep.equal(['Error: of before', 1, 2, 1]);
  });

  it('is not kept where all who waited had left: another may have given something since', async () => {
    const { cache } = await openManager();
    const { read, signals, go } = standing(cache);
    const stop = new AbortController();
    const left = read({ signal: stop.signal });
    await until(() => signals.length === 1);
    stop.abort();
    await failure(left, 'E_ABORTED');
    go();
    await turns();
    expect([signals.length, await cache.get('k'), (await cache.explain('k')).reason]).to.deep.equal([1, undefined, 'absent']); // prettier-ignore
    expect(await read()).to.equal(2);
  });

  it('is not joined by a transaction, which sees less, nor is the load of a transaction joined', async () => {
    const db = await openManager({ entities: [Row] });
    const [begun, go] = [gate(), gate()];
    let loads = 0;
    const read = (key: string, wait?: Promise<void>): Promise<number> =>
      db.cache.getOrLoad(key, hour, async () => {
        loads += 1;
        const n = await db.repository(Row).count(undefined, { cache: false });
        begun.open();
        await wait;
        return n;
      });
    await db.transaction(async () => {
      await db.repository(Row).count(undefined, { cache: false });
      await beyond(() => db.repository(Row).insert({ id: 1 }));
      const outside = beyond(() => read('k', go.passed));
      await begun.passed;
      // were it to join, it would wait for what opens only behind it
      expect([await read('k'), loads]).to.deep.equal([0, 2]);
      go.open();
      expect(await outside).to.equal(1);
      const [inside, waits] = [read('other', turns()), beyond(() => read('other'))];
      expect([await waits, await inside, loads]).to.deep.equal([1, 0, 4]);
    });
    expect([await db.cache.get('k'), await db.cache.get('other'), db.cache.stats().joined]).to.deep.equal([1, 1, 0]);
  });

  it('is joined after a commit to what it does not read', async () => {
    const db = await openManager({ entities: [Row] });
    const { read, signals, go } = standing(db.cache);
    const first = read();
    await until(() => signals.length === 1);
    await db.repository(Row).insert({ id: 1 });
    const second = read();
    go();
    expect([await first, await second, signals.length]).to.deep.equal([1, 1, 1]);
  });
});

describe('loads that ask for each other', () => {
  /** `a` asks for `b`, and `b` for `a`; the second time each is content. */
  function pair(cache: Cache): { ask: (key: string) => Promise<string>; asked: Record<string, number> } {
    const asked: Record<string, number> = { a: 0, b: 0 };
    const ask = (key: string): Promise<string> =>
      cache.getOrLoad(key, hour, async () => {
        const times = (asked[key] = (asked[key] ?? 0) + 1);
        await turns();
        return times > 1 ? `${key} alone` : `${key} of ${await ask(key === 'a' ? 'b' : 'a')}`;
      });
    return { ask, asked };
  }

  it('do not wait for themselves through another', async () => {
    const { cache } = await openManager();
    const { ask, asked } = pair(cache);
    expect(await ask('a')).to.equal('a of b of a alone');
    expect(asked).to.deep.equal({ a: 2, b: 1 });
  });

  it('do not wait for each other where both are under way', async () => {
    const { cache } = await openManager();
    const { ask } = pair(cache);
    const both = await Promise.all([ask('a'), ask('b')]);
    // whichever asks second has a load of the other for itself
    expect(both.map((each) => each.slice(0, 4))).to.deep.equal(['a of', 'b of']);
    expect(both.join()).to.include('alone');
  });

  it('do not wait in a ring of three', async () => {
    const { cache } = await openManager();
    const next: Record<string, string> = { a: 'b', b: 'c', c: 'a' };
    let loads = 0;
    const ask = (key: string): Promise<string> =>
      cache.getOrLoad(key, hour, async () => {
        loads += 1;
        await turns();
        return loads > 6 ? key : `${key}${await ask(next[key] as string)}`;
      });
    const all = await Promise.all(['a', 'b', 'c'].map(ask));
    expect(all.map((each) => each[0])).to.deep.equal(['a', 'b', 'c']);
  });

  it('end by the tags and tables of each other', async () => {
    const db = await openManager({ entities: [Row] });
    let [times, base] = [0, 'x'];
    const a = (): Promise<string> =>
      db.cache.getOrLoad('a', { ...hour, tags: ['a'] }, async () => ((times += 1) % 2 === 1 ? `a${await b()}` : base));
    const b = (): Promise<string> => db.cache.getOrLoad('b', hour, async () => `b${await a()}`);
    expect(await a()).to.equal('abx');
    // `b` was made of a load of `a` that nobody keeps
    expect((await db.cache.explain('b')).tags).to.deep.equal(['a']);
    base = 'y';
    await db.cache.invalidate({ tags: ['a'] });
    times = 1;
    expect(await b()).to.equal('by');
  });
});

describe('a read of a @Cached entity', () => {
  const busy = (db: BaseDuckDBManager): number => db.health().pool.busy;

  it('is interrupted when its only waiter stops', async () => {
    const db = await openManager({ entities: [Row] });
    await db.repository(Row).insert({ id: 1 });
    const stop = new AbortController();
    const read = db.repository(Row).find({ where: endless, signal: stop.signal });
    await until(() => busy(db) === 1);
    stop.abort();
    await failure(read, 'E_ABORTED');
    // this waits for ever if the query goes on
    await until(() => busy(db) === 0);
    expect(db.cache.stats()).to.include({ loads: 1, entries: 0 });
    await failure(db.repository(Row).count(endless, { timeout: '5ms' }), 'E_TIMEOUT');
    await until(() => busy(db) === 0);
  });

  it('goes on when one of two stops, until the other does', async () => {
    const db = await openManager({ entities: [Row] });
    await db.repository(Row).insert({ id: 1 });
    const [one, two] = [new AbortController(), new AbortController()];
    const [first, second] = [one, two].map(({ signal }) => db.repository(Row).find({ where: endless, signal }));
    await until(() => db.cache.stats().joined === 1 && busy(db) === 1);
    one.abort();
    await failure(first as Promise<unknown>, 'E_ABORTED');
    await turns();
    expect(busy(db)).to.equal(1);
    two.abort();
    await failure(second as Promise<unknown>, 'E_ABORTED');
    await until(() => busy(db) === 0);
  });
});
