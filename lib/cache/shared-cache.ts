// The cache of one database, whoever uses it in this process: what is kept in memory and in the table, what is loading now,
// and who may use which name. Not here: who asks, and within which transaction (cache.ts).
import { LRUCache } from 'lru-cache';
import type { ReadSet } from '../context.js';
import type { Database } from '../engine/database.js';
import type { EntityClass } from '../entity/row.js';
import { schemaOf } from '../entity/schema.js';
import { DatabaseError, loggable } from '../errors.js';
import type { Log } from '../log.js';
import { CacheTable, type Entry } from './table.js';
import { UnknownEntity, decodeValue } from './values.js';

/** Options of the cache of a manager. */
export interface CacheOptions {
  /** values kept in the process; default 10000 */
  readonly maxEntries?: number;
  /** their size altogether, in bytes of their stored text; default 64 MiB */
  readonly maxBytes?: number;
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

export interface Loaded extends Pick<Entry, 'text' | 'tables' | 'tick'> {
  /** answered from a tier, not by a load */
  readonly hit: boolean;
}

/** The cache of one database, whoever uses it in this process. */
export class SharedCache {
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
