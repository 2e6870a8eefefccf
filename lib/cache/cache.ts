// Remembering what loads gave, for as long as it holds: by time, and by what was written since. Not here: how values look
// (values.ts), where they are kept over restarts (table.ts), what is asked (cached.ts, repository.ts).
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ReadSet, context, withinContext } from '../context.js';
import { durationMs, type Duration } from '../duration.js';
import type { Database } from '../engine/database.js';
import type { Engine } from '../engine/engine.js';
import { closedError } from '../engine/pool.js';
import type { EntityClass } from '../entity/row.js';
import { schemaOf } from '../entity/schema.js';
import { DatabaseError, loggable } from '../errors.js';
import type { Log } from '../log.js';
import { knownOptions } from '../sql/select.js';
import { CacheTable, type Entry } from './table.js';
import { UnknownEntity, decodeValue, encodeValue } from './values.js';

/** Options of the cache of a manager. */
export interface CacheOptions {
  /** values kept in the process; default 10000 */
  readonly maxEntries?: number;
  /** their size altogether, in bytes of their stored text; default 64 MiB */
  readonly maxBytes?: number;
}

/** Options of a cached value. */
export interface CacheEntryOptions {
  /** how long it holds at most */
  readonly ttl: Duration;
  /** how long the answer null (or undefined) is kept; default: it is not */
  readonly negativeTtl?: Duration;
}

export interface CacheStats {
  /** answered without a load */
  readonly hits: number;
  /** loads that ran because nothing was kept; calls that go past the cache are not counted */
  readonly loads: number;
  /** callers that waited for a load of another one */
  readonly joined: number;
  /** values kept in the process now */
  readonly entries: number;
}

interface Flight {
  readonly result: Promise<Loaded>;
  /** what its load has read so far; a load that asks for its own key is found by it */
  readonly reads: ReadSet;
}

/** A read of one key that is under way, from the table or by a load. */
interface Pending {
  readonly key: string;
  /** the key was deleted meanwhile: what comes of it may not be kept */
  dropped: boolean;
}

interface Loaded extends Pick<Entry, 'text' | 'tables' | 'tick'> {
  /** answered from a tier, not by a load */
  readonly hit: boolean;
}

/** The cache of one database, whoever uses it in this process. */
class SharedCache {
  readonly #memory: LRUCache<string, Entry>;
  readonly #flights = new Map<string, Flight>();
  readonly #entities = new Map<string, EntityClass>();
  readonly #owners = new Map<string, { readonly owner: unknown; readonly method: unknown }>();
  readonly #pending = new Set<Pending>();
  #table: CacheTable | undefined;
  /** a write to the table failed: its rows may be older than what was set or deleted since, so none is believed any more */
  #distrusted = false;
  #writing: Promise<void> = Promise.resolve();
  stats = { hits: 0, loads: 0, joined: 0 };

  private constructor(
    private readonly database: Database,
    options: CacheOptions,
    readonly log: Log,
    readonly now: () => number,
  ) {
    this.#memory = new LRUCache({
      max: options.maxEntries ?? 10_000,
      maxSize: options.maxBytes ?? 64 * 1024 * 1024,
      sizeCalculation: (entry, key) => 2 * (entry.text.length + key.length) + 1,
    });
  }

  static async open(database: Database, options: CacheOptions, log: Log, now: () => number): Promise<SharedCache> {
    const cache = new SharedCache(database, options, log, now);
    if (database.mode !== 'readonly') {
      try {
        cache.#table = await CacheTable.open(database);
      } catch (error) {
        cache.#tierFailed(error);
      }
    }
    database.beforeClose.push(() => cache.#close());
    return cache;
  }

  get entries(): number {
    return this.#memory.size;
  }

  know(entities: readonly EntityClass[]): void {
    for (const entity of entities) {
      const { id, shape } = schemaOf(entity);
      this.#entities.set(`${id}#${shape}`, entity);
    }
  }

  /** Refuses a second class or method under a name that is taken: their values would be each other's. */
  claim(name: string, owner: unknown, method: unknown): void {
    const known = this.#owners.get(name);
    if (known === undefined) this.#owners.set(name, { owner, method });
    else if (known.owner !== owner || known.method !== method) {
      throw new DatabaseError(
        'E_DECLARATION',
        `@Cached: two ${known.owner === owner ? 'methods' : 'classes'} cache under the name '${name}'. Give one of them @Cached({ ttl, name: '...' }).`,
      );
    }
  }

  decode(text: string): unknown {
    return decodeValue(text, (className, table) => {
      const entity = this.#entities.get(table);
      return entity !== undefined && schemaOf(entity).className === className ? entity : undefined;
    });
  }

  holds(tables: readonly string[], tick: number): boolean {
    return this.database.clock.holds(tables, tick);
  }

  #lives(entry: Entry): boolean {
    return entry.expiresAt > this.now() && this.holds(entry.tables, entry.tick);
  }

  inMemory(key: string): Entry | undefined {
    const entry = this.#memory.get(key);
    if (entry === undefined || this.#lives(entry)) return entry;
    this.#memory.delete(key);
    return undefined;
  }

  async find(key: string): Promise<Entry | undefined> {
    const near = this.inMemory(key);
    const table = this.#table;
    if (near !== undefined || table === undefined) return near;
    try {
      await this.#writing;
      if (this.#distrusted) return undefined;
      const { value: far, dropped } = await this.pending(key, () => table.get(key));
      if (far === undefined || dropped || !this.#lives(far)) return undefined;
      this.decode(far.text);
      this.#memory.set(key, far);
      return far;
    } catch (error) {
      if (!(error instanceof UnknownEntity)) this.#tierFailed(error);
      return undefined;
    }
  }

  store(key: string, entry: Entry): void {
    if (!this.#lives(entry)) return;
    this.#memory.set(key, entry);
    this.#write((table) => table.put(key, entry, this.now()));
  }

  /** Runs `work`, and tells whether the key was deleted meanwhile. */
  async pending<T>(key: string, work: () => Promise<T>): Promise<{ value: T; dropped: boolean }> {
    const pending: Pending = { key, dropped: false };
    this.#pending.add(pending);
    try {
      const value = await work();
      return { value, dropped: pending.dropped };
    } finally {
      this.#pending.delete(pending);
    }
  }

  /** Whoever asks from here on neither gets nor joins what began before. */
  #drop(key?: string): void {
    for (const pending of this.#pending) if (key === undefined || pending.key === key) pending.dropped = true;
    if (key === undefined) this.#flights.clear();
    else this.#flights.delete(key);
  }

  set(key: string, entry: Entry): void {
    // a load that began before must not put its value over this one
    this.#drop(key);
    this.store(key, entry);
  }

  delete(key: string): void {
    this.#drop(key);
    this.#memory.delete(key);
    this.#write((table) => table.delete(key));
  }

  async clear(): Promise<void> {
    this.#drop();
    this.#memory.clear();
    this.#write((table) => table.clear());
    await this.#writing;
  }

  async purge(): Promise<number> {
    for (const [key, entry] of this.#memory.entries()) if (!this.#lives(entry)) this.#memory.delete(key);
    let purged = 0;
    this.#write(async (table) => {
      purged = await table.purge(this.now(), (tables, tick) => this.holds(tables, tick));
    });
    await this.#writing;
    return purged;
  }

  /** The one flight of a key, started where there is none. */
  fly(key: string, reads: ReadSet, load: () => Promise<Loaded>): { flight: Flight; joined: boolean } {
    const known = this.#flights.get(key);
    if (known !== undefined) return { flight: known, joined: true };
    const flight: Flight = {
      reads,
      result: load().finally(() => {
        if (this.#flights.get(key) === flight) this.#flights.delete(key);
      }),
    };
    this.#flights.set(key, flight);
    return { flight, joined: false };
  }

  /** Writes to the table one after another, behind the callers' backs: two at once would conflict. */
  #write(work: (table: CacheTable) => Promise<void>): void {
    const table = this.#table;
    if (table === undefined || this.#distrusted) return;
    this.#writing = this.#writing
      .then(() => (this.#distrusted ? undefined : work(table)))
      .catch((error: unknown) => {
        this.#distrusted = true;
        this.#tierFailed(error);
      });
  }

  #tierFailed(error: unknown): void {
    this.log('cacheTierFailed', { table_name: 'mysingle_cache', ...loggable(error) });
  }

  async #close(): Promise<void> {
    await this.#writing;
    try {
      // not closed in order, its rows count for nothing at the next start
      if (this.#distrusted) await this.#table?.abandon();
      else await this.#table?.close(this.now(), (tables, tick) => this.holds(tables, tick));
    } catch (error) {
      this.#tierFailed(error);
    }
    this.#table = undefined;
  }
}

/** A key holds arguments and bound values, which no log may show: its name, and enough to tell it from others. */
function loggableKey(key: string): string {
  const name = /^[\p{L}\p{N}_.$-]*/u.exec(key)?.[0] ?? '';
  return name === key ? key : `${name}#${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
}

function leadsTo(reads: ReadSet | undefined, ancestor: ReadSet): boolean {
  return reads !== undefined && (reads === ancestor || leadsTo(reads.parent, ancestor));
}

const shared = new WeakMap<Database, Promise<SharedCache>>();

/** The cache as one manager uses it: shared by all managers of a database, seen through this one's transactions. */
export class Cache {
  private constructor(
    private readonly engine: Engine,
    private readonly state: SharedCache,
    private readonly enabled: boolean,
  ) {}

  static async open(
    engine: Engine,
    options: CacheOptions | false,
    log: Log,
    now: () => number = Date.now,
  ): Promise<Cache> {
    const { database } = engine;
    let state = shared.get(database);
    if (state === undefined)
      shared.set(database, (state = SharedCache.open(database, options === false ? {} : options, log, now)));
    return new Cache(engine, await state, options !== false);
  }

  /** @internal classes whose instances may be stored */
  know(entities: readonly EntityClass[]): void {
    this.state.know(entities);
  }

  /** @internal */
  claim(name: string, owner: unknown, method: unknown): void {
    this.state.claim(name, owner, method);
  }

  /**
   * The value under `key`, loaded where there is none that still holds. One load per key runs at a time; what it reads is
   * recorded, and a write to it ends the value when it commits. A failed load is not kept, and reaches every waiter.
   * Values come back as they went in: changing one does not change the cached one.
   *
   * @throws DatabaseError `E_UNSUPPORTED` for values the cache has no form for, `E_CONFIG` for a time that is no duration, and
   *   whatever `load` throws
   * @example db.cache.getOrLoad('vix', { ttl: '5m' }, () => prices.findOne({ where: { symbol: 'VIX' } }))
   */
  async getOrLoad<T>(key: string, options: CacheEntryOptions, load: () => T | Promise<T>): Promise<T> {
    this.#refuse(key);
    knownOptions(options, ['ttl', 'negativeTtl'], 'getOrLoad', 'E_CONFIG');
    const ttlMs = durationMs(options.ttl, 'ttl');
    const negativeTtlMs =
      options.negativeTtl === undefined ? undefined : durationMs(options.negativeTtl, 'negativeTtl');
    return (await this.loadThrough(key, ttlMs, negativeTtlMs, async () => load())) as T;
  }

  /** @internal `getOrLoad` with times in ms */
  async loadThrough(
    key: string,
    ttlMs: number,
    negativeTtlMs: number | undefined,
    load: () => Promise<unknown>,
  ): Promise<unknown> {
    const { transaction, database } = this.engine;
    if (!this.enabled || transaction?.hasWritten) return load();
    const askedAt = database.clock.tick;
    for (;;) {
      const near = this.state.inMemory(key);
      if (near !== undefined && this.#visible(near)) return this.#give(key, { ...near, hit: true });
      const reads = new ReadSet(context().reads);
      const run = (): Promise<Loaded> => this.#load(key, ttlMs, negativeTtlMs, reads, load);
      // what a transaction sees is its own: nobody else may join it
      if (transaction !== undefined) return this.#give(key, await run());
      const { flight, joined } = this.state.fly(key, reads, run);
      // a load that asks for its own key would wait for itself
      if (joined && leadsTo(reads, flight.reads)) return load();
      if (joined) this.state.stats.joined += 1;
      const loaded = await flight.result;
      // also what it read of other databases, which no entry tells
      if (joined) context().reads?.addAll(flight.reads);
      // a load that began before a write that this caller came after: what it gave is of no use here
      if (joined && loaded.tick < askedAt && !this.state.holds(loaded.tables, loaded.tick)) continue;
      return this.#give(key, loaded, joined);
    }
  }

  /** Whether the caller sees what the entry was read from: a transaction keeps seeing the database as it was when it began. */
  #visible(entry: Entry): boolean {
    return this.state.holds(entry.tables, this.engine.tick);
  }

  #give(key: string, { text, tables, hit }: Loaded, joined = false): unknown {
    context().reads?.add(this.engine.database, tables);
    if (hit) {
      this.state.stats.hits += 1;
      if (this.state.log.enabled('cacheHit'))
        this.state.log('cacheHit', { cache_key: loggableKey(key), operation: 'get_cache', joined });
    }
    return this.#decode(text);
  }

  #decode(text: string): unknown {
    try {
      return this.state.decode(text);
    } catch (error) {
      if (!(error instanceof UnknownEntity)) throw error;
      throw new DatabaseError(
        'E_UNSUPPORTED',
        `A cached value holds an instance of ${error.message}, which is not among the entities of an open manager of this database. Add it to its entities.`,
        { cause: error },
      );
    }
  }

  #refuse(key: unknown): void {
    if (this.engine.closed) throw closedError();
    if (typeof key !== 'string' || key === '' || !key.isWellFormed()) {
      throw new DatabaseError('E_CONFIG', 'The key of a cached value is a string of Unicode text that is not empty.');
    }
  }

  async #load(
    key: string,
    ttlMs: number,
    negativeTtlMs: number | undefined,
    reads: ReadSet,
    load: () => Promise<unknown>,
  ): Promise<Loaded> {
    const { database } = this.engine;
    const found = await this.state.find(key);
    if (found !== undefined && this.#visible(found)) return { ...found, hit: true };
    const tick = this.engine.tick;
    const started = performance.now();
    this.state.stats.loads += 1;
    const { value, dropped } = await this.state.pending(key, () => withinContext({ reads }, load));
    const tables = [...reads.of(database)];
    const text = encodeValue(value ?? null);
    const keepMs = value === null || value === undefined ? negativeTtlMs : ttlMs;
    // another database's writes are not seen by this one's clock
    const keep =
      keepMs !== undefined && !dropped && !reads.readsBeyond(database) && !this.engine.transaction?.hasWritten;
    if (keep) this.state.store(key, { text, tables, tick, expiresAt: this.state.now() + keepMs });
    if (this.state.log.enabled('cacheLoaded')) {
      this.state.log('cacheLoaded', {
        cache_key: loggableKey(key),
        operation: 'get_cache',
        duration_ms: Math.round((performance.now() - started) * 100) / 100,
        stored: keep,
      });
    }
    return { text, tables, tick, hit: false };
  }

  /**
   * The value under `key`, or undefined where there is none that still holds, and always in a transaction that has written.
   *
   * @example const seen = (await db.cache.get('seen')) as Date | undefined;
   */
  async get(key: string): Promise<unknown> {
    this.#refuse(key);
    if (!this.enabled || this.engine.transaction?.hasWritten) return undefined;
    const entry = await this.state.find(key);
    return entry === undefined || !this.#visible(entry) ? undefined : this.#give(key, { ...entry, hit: true });
  }

  /**
   * Keeps a value that depends on no table, in place of what is there or still loading.
   *
   * @throws DatabaseError `E_UNSUPPORTED` for values the cache has no form for, `E_CONFIG` for a ttl that is no duration
   * @example await db.cache.set('rates', rates, { ttl: '1h' });
   */
  async set(key: string, value: unknown, options: Pick<CacheEntryOptions, 'ttl'>): Promise<void> {
    this.#refuse(key);
    knownOptions(options, ['ttl'], 'set', 'E_CONFIG');
    const expiresAt = this.state.now() + durationMs(options.ttl, 'ttl');
    if (!this.enabled) return;
    this.state.set(key, { text: encodeValue(value), tables: [], tick: this.engine.database.clock.tick, expiresAt });
  }

  /** Forgets one value, in the process and in the table; a load of it that is under way is not kept. */
  async delete(key: string): Promise<void> {
    this.#refuse(key);
    this.state.delete(key);
  }

  /**
   * Ends every value that was read from these entities, as a write to them would.
   *
   * @throws DatabaseError `E_DECLARATION` for a class that is no entity
   * @example await db.cache.invalidate({ entities: [Trade] }); // another program has written trades
   */
  async invalidate(what: { readonly entities: readonly EntityClass[] }): Promise<void> {
    this.engine.database.clock.wrote(what.entities.map((entity) => schemaOf(entity).id));
  }

  /** Forgets everything, in the process and in the table; loads that are under way are not kept. */
  clear(): Promise<void> {
    return this.state.clear();
  }

  /**
   * Deletes what no longer holds, in the process and in the table. Nobody ever gets it in any case; this frees its room.
   *
   * @returns rows deleted from the table
   */
  purge(): Promise<number> {
    return this.state.purge();
  }

  /** Counts since the database was opened in this process, of all its managers together. */
  stats(): CacheStats {
    return { ...this.state.stats, entries: this.state.entries };
  }
}
