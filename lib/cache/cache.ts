// Remembering what loads gave, for as long as it holds: what users call. Not here: who may be given what, and loads
// (read-through.ts), what is kept and where (shared-cache.ts), how values look (stored-value.ts), what is asked (cached.ts, repository.ts).
import { afterCommitOf } from '../engine/after-commit.js';
import type { Database } from '../engine/database.js';
import type { Engine } from '../engine/engine.js';
import { closedError } from '../engine/pool.js';
import type { EntityClass } from '../entity/row.js';
import { schemaOf } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS, limited, type CallOptions, type Limit } from '../limit.js';
import type { Log } from '../log.js';
import { knownOptions } from '../sql/select.js';
import { explain, type CacheExplanation } from './explanation.js';
import { MISS, NEAR, ReadThrough, knownOf } from './read-through.js';
import { SharedCache, type CacheOptions, type Kept } from './shared-cache.js';
import { StoredValue } from './stored-value.js';
import { CacheTelling } from './telling.js';
import { checkedTags, termsOf, type CacheEntryOptions, type Terms } from './terms.js';

/** Counts of a cache, for metrics. */
export interface CacheStats {
  /** answered without a load */
  readonly hits: number;
  /** of these, after their ttl, by `grace` */
  readonly stale: number;
  /** of the hits, answered by the table or the shared store */
  readonly tierHits: number;
  /** loads that ran because nothing was kept; calls that go past the cache are not counted */
  readonly loads: number;
  /** callers that waited for a load of another one */
  readonly joined: number;
  /** values kept in the process now */
  readonly entries: number;
  /** their size, with their keys, tags and what they depend on, in bytes, estimated */
  readonly bytes: number;
  /** values that memory had no room for */
  readonly evicted: number;
  /** values that the table or the store does not have yet */
  readonly pending: number;
}

/** What a load is given. */
export interface LoadCall {
  /** aborts when nobody waits for the load any more */
  readonly signal: AbortSignal;
}

/** What ends by `invalidate`. */
export interface Invalidation {
  /** values that were kept with one of these names */
  readonly tags?: readonly string[];
  /** values that were read of one of these entities */
  readonly entities?: readonly EntityClass[];
}

const ENTRY_OPTIONS = ['ttl', 'grace', 'negativeTtl', 'tags', 'dependsOn'];
const LOAD_OPTIONS = [...ENTRY_OPTIONS, ...CALL_OPTIONS];

const shared = new WeakMap<Database, Promise<SharedCache>>();

/**
 * The cache as one manager uses it: shared by all managers of a database, seen through this one's transactions. It is `manager.cache`.
 *
 * @example const rates = await db.cache.getOrLoad('rates', { ttl: '5m', grace: '1h', tags: ['fx'] }, ({ signal }) => fetchRates(signal));
 */
export class Cache {
  readonly #others: (() => Promise<number>)[] = [];
  readonly #telling: CacheTelling;
  readonly #through: ReadThrough;

  private constructor(
    private readonly engine: Engine,
    private readonly state: SharedCache,
    private readonly enabled: boolean,
  ) {
    this.#telling = new CacheTelling(engine);
    this.#through = new ReadThrough(engine, state, enabled, this.#telling);
  }

  /** @internal @param options undefined: as it is, or by default; false: none for this manager, whose writes count all the same */
  static async open(
    engine: Engine,
    options: CacheOptions | false | undefined,
    log: Log,
    now?: () => number,
  ): Promise<Cache> {
    const { database } = engine;
    const wanted = options === false ? undefined : options;
    const known = shared.get(database);
    const opening = known ?? SharedCache.open(database, wanted, log, now ?? Date.now);
    if (known === undefined) shared.set(database, opening);
    const state = await opening;
    if (known !== undefined && wanted !== undefined) state.configure(wanted);
    if (now !== undefined && state.now !== now)
      throw new DatabaseError(
        'E_CONFIG',
        'clock: managers of one database share its cache, and another one has opened it by another clock. Give both the same, or leave it out here.',
      );
    return new Cache(engine, state, options !== false);
  }

  /** @internal classes whose instances may be stored */
  know(entities: readonly EntityClass[]): void {
    this.state.know(entities);
  }

  /** @internal */
  claim(name: string, owner: unknown, method: unknown): void {
    this.state.claim(name, owner, method);
  }

  /** @internal The value that memory has and the caller may see, at once; else `MISS`. */
  hit(key: string): unknown {
    return this.#through.hit(key);
  }

  /** @internal What `getOrLoad` does. @param limit ends this caller's wait */
  loadThrough(
    key: string,
    terms: Terms,
    load: (work: Limit | undefined) => Promise<unknown>,
    limit?: Limit,
  ): Promise<unknown> {
    return this.#through.loadThrough(key, terms, load, limit);
  }

  /**
   * The value under `key`, loaded where there is none that still holds. One load per key runs at a time; what it reads is
   * recorded, and a write to it ends the value when it commits. A failed load is not kept, and reaches every waiter.
   * Values come back as they went in: changing one does not change the cached one.
   *
   * `signal` and `timeout` end the wait of this caller alone; the load goes on for the others, and when nobody waits for it any
   * more its own signal, which `load` is given, aborts.
   *
   * @param options `ttl`, `grace`, `negativeTtl`, `tags`, `dependsOn`, `signal`, `timeout`
   * @throws DatabaseError `E_UNSUPPORTED` for values the cache has no form for, `E_CONFIG` for a time that is no duration,
   *   `E_ABORTED`, `E_TIMEOUT`, and whatever `load` throws
   * @example const vix = await db.cache.getOrLoad('vix', { ttl: '5m' }, () => prices.findOne({ where: { symbol: 'VIX' } }));
   */
  getOrLoad<T>(
    key: string,
    options: CacheEntryOptions & CallOptions,
    load: (call: LoadCall) => T | Promise<T>,
  ): Promise<T> {
    // whatever is wrong with the options is said where they are read
    if (typeof (options as typeof options | undefined)?.ttl === 'string' && options.signal === undefined) {
      const value = this.hit(key);
      if (value !== MISS) return Promise.resolve(value as T);
    }
    return this.#getOrLoad(key, options, load) as Promise<T>;
  }

  async #getOrLoad(
    key: string,
    options: CacheEntryOptions & CallOptions,
    load: (call: LoadCall) => unknown,
  ): Promise<unknown> {
    this.#refuse(key);
    knownOptions(options, LOAD_OPTIONS, 'getOrLoad', 'E_CONFIG');
    if (typeof load !== 'function')
      throw new DatabaseError('E_CONFIG', 'getOrLoad takes a function that loads the value.');
    const terms = termsOf(options);
    return limited(options, 'getOrLoad', undefined, undefined, (limit) =>
      this.loadThrough(key, terms, async (work) => load(callOf(work)), limit),
    );
  }

  /**
   * The value under `key`; where there is none that still holds, this one is kept and given. A function is called for it, as by
   * `getOrLoad`.
   *
   * @throws DatabaseError as `getOrLoad`
   * @example const limits = await db.cache.getOrSet('limits', { maxOrders: 100 }, { ttl: '1d' });
   */
  getOrSet<T>(
    key: string,
    value: T | ((call: LoadCall) => T | Promise<T>),
    options: CacheEntryOptions & CallOptions,
  ): Promise<T> {
    const load = typeof value === 'function' ? (value as (call: LoadCall) => T | Promise<T>) : (): T => value;
    return this.getOrLoad(key, options, load);
  }

  #refuseIfClosed(): void {
    if (this.engine.closed) throw closedError();
  }

  #refuse(key: unknown): void {
    this.#refuseIfClosed();
    if (typeof key !== 'string' || key === '' || !key.isWellFormed()) {
      throw new DatabaseError('E_CONFIG', 'The key of a cached value is a string of Unicode text that is not empty.');
    }
  }

  /**
   * The value under `key`, or undefined where there is none that still holds, and always in a transaction that has written.
   *
   * @throws DatabaseError `E_CONFIG` for a key that is no text, `E_CLOSED`
   * @example const seen = (await db.cache.get('seen')) as Date | undefined;
   */
  async get(key: string): Promise<unknown> {
    this.#refuse(key);
    const near = this.hit(key);
    if (near !== MISS) return near;
    if (!this.enabled || this.engine.transaction?.hasWritten) return undefined;
    const entry = await this.state.find(key, [], () => true);
    if (entry === undefined || !this.#through.sees(entry) || this.state.stateOf(entry) !== 'fresh') {
      this.#telling.did('miss', key);
      return undefined;
    }
    this.state.stats.tierHits += 1;
    return this.#through.give(key, entry, { ...NEAR, tier: this.state.tierName });
  }

  /**
   * Keeps a value that was read of no table, in place of what is there or still loading. Inside a transaction that happens when it
   * commits.
   *
   * @param options `ttl`, `grace`, `tags`; `dependsOn`: entities whose writes end it
   * @throws DatabaseError `E_UNSUPPORTED` for values the cache has no form for, `E_CONFIG` for a ttl that is no duration
   * @example await db.cache.set('rates', rates, { ttl: '1h', tags: ['rates'] });
   */
  async set(key: string, value: unknown, options: Omit<CacheEntryOptions, 'negativeTtl'>): Promise<void> {
    this.#refuse(key);
    knownOptions(options, ENTRY_OPTIONS.filter((name) => name !== 'negativeTtl'), 'set', 'E_CONFIG'); // prettier-ignore
    const terms = termsOf(options);
    const stored = StoredValue.of(value);
    if (!this.enabled) return;
    const { clock } = this.engine.database;
    // a write after this call ends it, also where it takes effect only at the commit behind that write
    const { tick } = clock;
    const dependencies = knownOf(terms);
    await this.#atCommit(() => {
      const kept = this.state.set(key, this.#through.fields(stored, dependencies, tick, terms.ttlMs, terms.graceMs));
      if (kept) this.#telling.did('store', key);
    });
  }

  /** At once, or when the transaction of the caller commits. */
  async #atCommit(effect: () => void): Promise<void> {
    const { transaction } = this.engine;
    if (transaction === undefined) effect();
    else transaction.whenCommitted(effect);
    if (this.state.background) return;
    if (transaction === undefined) await this.state.flush();
    else await afterCommitOf(transaction, () => this.state.flush());
  }

  /**
   * Forgets one value, in the process and behind it; a load of it that is under way is not kept. Inside a transaction that happens
   * when it commits.
   *
   * @throws DatabaseError `E_CONFIG` for a key that is no text, `E_CLOSED`
   * @example await db.cache.delete('rates');
   */
  async delete(key: string): Promise<void> {
    this.#refuse(key);
    await this.#atCommit(() => {
      this.state.delete(key);
      this.#telling.did('delete', key);
    });
  }

  /**
   * Ends every value that was kept with one of these tags, or read of one of these entities, as a write to them would: exactly when
   * the transaction of the caller commits, where there is one. Loads that are under way are not kept.
   *
   * @throws DatabaseError `E_CONFIG` for tags that are none, `E_DECLARATION` for a class that is no entity
   * @example await db.cache.invalidate({ tags: [`user:${id}`] });
   * @example await db.cache.invalidate({ entities: [Trade] }); // another program has written trades
   */
  async invalidate(what: Invalidation): Promise<void> {
    this.#refuseIfClosed();
    knownOptions(what, ['tags', 'entities'], 'invalidate', 'E_CONFIG');
    if (what.entities !== undefined && !Array.isArray(what.entities))
      throw new DatabaseError('E_CONFIG', 'invalidate: entities is an array of entity classes.');
    const ended = [
      ...checkedTags(what.tags, 'invalidate: '),
      ...(what.entities ?? []).map((entity) => schemaOf(entity).id),
    ];
    const { transaction, database } = this.engine;
    if (transaction === undefined) database.clock.wrote(ended);
    else transaction.invalidates(ended);
    await this.#atCommit(() => this.#telling.did('invalidate'));
  }

  /**
   * Forgets everything, in the process and behind it; loads that are under way are not kept. Also inside a transaction at once.
   *
   * @throws DatabaseError `E_CLOSED`
   * @example await db.cache.clear(); // after a deploy that changed what a cached method gives
   */
  async clear(): Promise<void> {
    this.#refuseIfClosed();
    await this.state.clear();
    this.#telling.did('clear');
  }

  /** @internal what `purge` does, too. @param purge gives the number of rows that it deleted */
  alsoPurge(purge: () => Promise<number>): void {
    this.#others.push(purge);
  }

  /**
   * Deletes what no longer holds, in the process and in the table, and rows of `storeCacheData` beyond `cache.retention`. Nobody ever
   * gets it in any case; this frees its room. It is done by itself every five minutes and at close, and for the tables of
   * `storeCacheData` every hour that they are stored to.
   *
   * @returns rows deleted
   * @throws DatabaseError `E_CLOSED`
   * @example const deleted = await db.cache.purge();
   */
  async purge(): Promise<number> {
    this.#refuseIfClosed();
    let purged = await this.state.purge();
    for (const purge of this.#others) purged += await purge();
    return purged;
  }

  /**
   * Waits until everything that was kept is written to the table; that is done by itself, some 50 ms later and at close.
   *
   * @throws DatabaseError `E_CLOSED`
   * @example await db.cache.flush(); // before another process is to find what is kept
   */
  async flush(): Promise<void> {
    this.#refuseIfClosed();
    await this.state.flush();
  }

  /**
   * Why a key would be answered from the cache now, or not. The key of a call of a `@Cached` method is its name, the entities of the
   * instance's repositories, and the arguments: `Class.method<main.trades>:[10,"a"]`. The table has them all in its column `key`.
   *
   * @throws DatabaseError `E_CONFIG` for a key that is no text, `E_CLOSED`
   * @example const { reason } = await db.cache.explain('vix'); // 'written'
   */
  async explain(key: string): Promise<CacheExplanation> {
    this.#refuse(key);
    const { state, engine } = this;
    const loading = state.flights.of(key) !== undefined;
    if (!this.enabled) return { state: 'miss', reason: 'disabled', loading };
    const { transaction, database } = engine;
    const near = state.peek(key);
    const entry = near ?? (await state.peekBehind(key));
    const tier = near === undefined ? state.tierName : 'memory';
    if (transaction?.hasWritten) return { state: 'miss', reason: 'transaction', loading };
    if (entry === undefined) return { state: 'miss', reason: 'absent', loading };
    return { ...explain(entry, tier, state, database.clock, transaction?.beganAt), loading };
  }

  /** @internal What is kept now that nothing has written to since `tick`. */
  kept(tick: number): readonly Kept[] {
    return this.state.kept(tick);
  }

  /** @internal Has kept this and nothing else, as of now. Before it waits for anything nobody finds anything else. */
  bringBack(kept: readonly Kept[]): Promise<void> {
    return this.state.bringBack(kept);
  }

  /**
   * Counts since the database was opened in this process, of all its managers together.
   *
   * @example const { hits, loads } = db.cache.stats();
   */
  stats(): CacheStats {
    const { stats, entries, bytes, pending } = this.state;
    return { ...stats, entries, bytes, pending };
  }
}

/** What stops a load, as a signal, made when it is asked for. */
function callOf(work: Limit | undefined): LoadCall {
  let signal: AbortSignal | undefined;
  return {
    get signal() {
      if (signal !== undefined) return signal;
      const controller = new AbortController();
      work?.onStop((reason) => controller.abort(reason));
      return (signal = controller.signal);
    },
  };
}
