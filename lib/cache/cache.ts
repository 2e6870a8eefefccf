// Remembering what loads gave, for as long as it holds, as one manager sees it through its transactions. Not here: what is
// kept and where (shared-cache.ts, table.ts), how values look (values.ts), what is asked (cached.ts, repository.ts).
import { createHash } from 'node:crypto';
import { ReadSet, context, withinContext } from '../context.js';
import { durationMs, type Duration } from '../duration.js';
import type { Database } from '../engine/database.js';
import type { Engine } from '../engine/engine.js';
import { closedError } from '../engine/pool.js';
import type { EntityClass } from '../entity/row.js';
import { schemaOf } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import type { Log } from '../log.js';
import { knownOptions } from '../sql/select.js';
import { SharedCache, type CacheOptions, type Loaded } from './shared-cache.js';
import type { Entry } from './table.js';
import { UnknownEntity, encodeValue } from './values.js';

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
