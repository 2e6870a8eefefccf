// The cache of one database, whoever uses it in this process: what is kept in memory and in the tier behind it, what is loading
// now, and who may use which name. Not here: who asks, and within which transaction (cache.ts).
import { LRUCache } from 'lru-cache';
import { durationMs, type Duration } from '../duration.js';
import type { Database } from '../engine/database.js';
import type { EntityClass } from '../entity/row.js';
import { schemaOf } from '../entity/schema.js';
import { DatabaseError, loggable } from '../errors.js';
import type { Log } from '../log.js';
import { Entry, type EntryFields, type State } from './entry.js';
import { Flights } from './flights.js';
import { SharedTier } from './shared-tier.js';
import { loggableOfStore } from './store-calls.js';
import type { KeyvLike } from './store-tier.js';
import { CACHE_TABLE, CacheTable } from './table.js';
import { TableTier } from './table-tier.js';
import type { Tier } from './tier.js';
import type { Entities } from './stored-value.js';

/** A value as of some moment, without the time of its reading. */
export type Kept = readonly [key: string, fields: Omit<EntryFields, 'tick'>];

/** Options of the cache of a manager. */
export interface CacheOptions {
  /** values kept in the process; default 10000 */
  readonly maxEntries?: number;
  /** their size altogether, with their keys, tags and what they depend on, in bytes, estimated; default 64 MiB */
  readonly maxBytes?: number;
  /** size of the values in the table of the database, in bytes of their text; beyond it the oldest are deleted. Default 1 GiB */
  readonly maxTableBytes?: number;
  /**
   * a store of Keyv's kind (a `Keyv`, or an adapter such as `KeyvRedis`) in the place of the table, which processes share. Writes of
   * this process end what it holds for all of them; what others have ended is served from the memory of this one for `localTtl` at
   * most. What was read of tables is shared only by processes that have the file itself open, one after another or all `readOnly`
   */
  readonly store?: KeyvLike;
  /** what keys in the store begin with; default by the machine and the path of the file, so that two databases never mix */
  readonly namespace?: string;
  /** with a store: how long memory serves a value before it asks the store again; default `'5s'` */
  readonly localTtl?: Duration;
  /** how long an answer of the store is waited for; default `'500ms'` */
  readonly storeTimeout?: Duration;
  /** how long data of `storeCacheData` is kept that is not stored anew, whatever `ttlHours` says; default `'30d'` */
  readonly retention?: Duration;
  /**
   * default true: what is kept is written to the table or the store some 50 ms later, and within `grace` a refresh runs behind the
   * answer. With false a call waits for both, and gives what it would have given: for tests, which then need no pauses
   */
  readonly background?: boolean;
}

/** The durations among the options, where they are not given. */
export const CACHE_TIMES = { localTtl: '5s', storeTimeout: '500ms', retention: '30d' } as const;

const MEBIBYTE = 1024 * 1024;
const DEFAULTS = { maxEntries: 10_000, maxBytes: 64 * MEBIBYTE, maxTableBytes: 1024 * MEBIBYTE };

/** How often what is over is deleted. Nobody ever gets it in any case; this frees its room. */
const PURGE_EVERY_MS = 300_000;

export class SharedCache {
  #memory: LRUCache<string, Entry>;
  readonly flights = new Flights();
  readonly #entities = new Map<string, EntityClass>();
  readonly #owners = new Map<string, { readonly owner: unknown; readonly method: unknown }>();
  #options: CacheOptions | undefined;
  #tier: Tier | undefined;
  /** how often a value was set or forgotten by hand: what was looked for meanwhile may be of before */
  #changes = 0;
  readonly #purging: NodeJS.Timeout;
  readonly stats = { hits: 0, loads: 0, joined: 0, stale: 0, tierHits: 0, evicted: 0 };

  private constructor(
    private readonly database: Database,
    readonly log: Log,
    readonly now: () => number,
  ) {
    this.#memory = this.#memoryOf({});
    this.#purging = setInterval(() => void this.purge(), PURGE_EVERY_MS).unref();
    database.beforeClose.push(() => this.#close());
  }

  static async open(
    database: Database,
    options: CacheOptions | undefined,
    log: Log,
    now: () => number,
  ): Promise<SharedCache> {
    const cache = new SharedCache(database, log, now);
    if (options !== undefined) cache.configure(options);
    await cache.#openTier();
    return cache;
  }

  /**
   * The first manager that says how the cache is to be says it for all.
   *
   * @throws DatabaseError `E_CONFIG` for another that wants it otherwise
   */
  configure(options: CacheOptions): void {
    if (this.#options === undefined && (this.#tier === undefined || options.store === undefined)) {
      this.#options = options;
      this.#memory = this.#memoryOf(options);
      return;
    }
    for (const name of Object.keys(options) as (keyof CacheOptions)[]) {
      if (name === 'retention' || options[name] === this.#options?.[name]) continue;
      throw new DatabaseError(
        'E_CONFIG',
        `cache.${name}: managers of one database share its cache, and another one has opened it ${inWords(this.#options?.[name])}. Give both the same, or leave it out here.`,
      );
    }
  }

  #memoryOf({ maxEntries = DEFAULTS.maxEntries, maxBytes = DEFAULTS.maxBytes }: CacheOptions): LRUCache<string, Entry> {
    return new LRUCache<string, Entry>({
      max: maxEntries,
      maxSize: maxBytes,
      sizeCalculation: (entry, key) => entry.sizeUnder(key),
      dispose: (entry, key, reason) => {
        if (reason !== 'evict') return;
        this.stats.evicted += 1;
        this.#tier?.left(key, entry);
      },
    });
  }

  async #openTier(): Promise<void> {
    try {
      this.#tier = await (this.#options?.store === undefined
        ? this.#tableTier()
        : this.#sharedTier(this.#options.store));
    } catch (error) {
      this.#tierFailed(error);
    }
  }

  async #tableTier(): Promise<Tier | undefined> {
    if (this.database.mode === 'readonly') return undefined;
    return new TableTier({
      table: await CacheTable.open(this.database),
      entities: this.entities,
      maxBytes: () => this.#options?.maxTableBytes ?? DEFAULTS.maxTableBytes,
      now: this.now,
      holds: (dependencies, tick) => this.database.clock.holds(dependencies, tick),
      failed: (error) => this.#tierFailed(error),
    });
  }

  #sharedTier(store: KeyvLike): Promise<Tier> {
    const { namespace, localTtl = CACHE_TIMES.localTtl, storeTimeout = CACHE_TIMES.storeTimeout } = this.#options ?? {};
    return SharedTier.open({
      database: this.database,
      store,
      namespace,
      timeoutMs: durationMs(storeTimeout),
      trustMs: durationMs(localTtl),
      entities: this.entities,
      now: this.now,
      failed: (error) => this.#tierFailed(error),
    });
  }

  /** Whether what is written and refreshed is so behind the callers' backs. */
  get background(): boolean {
    return this.#options?.background ?? true;
  }

  get entries(): number {
    return this.#memory.size;
  }

  get bytes(): number {
    return this.#memory.calculatedSize;
  }

  /** What the tier behind has not written yet. */
  get pending(): number {
    return this.#tier?.stats.pending ?? 0;
  }

  get tierName(): Tier['name'] | undefined {
    return this.#tier?.name;
  }

  know(entities: readonly EntityClass[]): void {
    for (const entity of entities) {
      const { id, shape } = schemaOf(entity);
      this.#entities.set(`${id}#${shape}`, entity);
    }
    this.#tier?.learn?.(entities.map((entity) => schemaOf(entity).id));
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

  readonly entities: Entities = (className, table) => {
    const entity = this.#entities.get(table);
    return entity !== undefined && schemaOf(entity).className === className ? entity : undefined;
  };

  stateOf(entry: Entry): State {
    return entry.stateAt(this.now(), this.database.clock);
  }

  /** What memory may serve without a second thought. */
  fresh(key: string): Entry | undefined {
    const entry = this.#memory.get(key);
    return entry !== undefined && this.now() < entry.freshUntil && entry.holds(this.database.clock) ? entry : undefined;
  }

  /** The same, and what is over but may be served while a new one is loaded. What nobody may have any more is forgotten. */
  inMemory(key: string): Entry | undefined {
    const entry = this.#memory.get(key);
    if (entry === undefined) return undefined;
    const state = this.stateOf(entry);
    // it may come to nothing
    if (state === 'unsure') return undefined;
    if (state !== 'expired' && state !== 'written' && this.now() < entry.trustedUntil) return entry;
    this.#memory.delete(key);
    return undefined;
  }

  /** The same without any effect, also where it is over. */
  peek(key: string): Entry | undefined {
    return this.#memory.peek(key);
  }

  mark(): number {
    return this.#tier?.mark() ?? 0;
  }

  /** What the tier behind has, unless nobody may have it any more. */
  async find(key: string, about: readonly string[], asked: () => boolean): Promise<Entry | undefined> {
    const changes = this.#changes;
    const entry = await this.#tier?.find(key, about);
    if (entry === undefined || !asked()) return undefined;
    const state = this.stateOf(entry);
    if (state !== 'fresh' && state !== 'stale') return undefined;
    if (this.#changes === changes) this.#memory.set(key, entry);
    return entry;
  }

  /** What the tier behind has, whatever its state. */
  async peekBehind(key: string): Promise<Entry | undefined> {
    return this.#tier?.find(key, []);
  }

  /** @returns whether it was kept: what has ended already is not */
  store(key: string, fields: EntryFields, mark?: number): boolean {
    const trustMs = this.#tier?.trustMs;
    const entry = new Entry(trustMs === undefined ? fields : { ...fields, trustedUntil: this.now() + trustMs });
    const state = this.stateOf(entry);
    if (state !== 'fresh' && state !== 'stale') return false;
    this.#memory.set(key, entry);
    this.#tier?.keep(key, entry, mark);
    return true;
  }

  set(key: string, fields: EntryFields): void {
    this.#changes += 1;
    // a load that began before must not put its value over this one
    this.flights.drop(key);
    this.#memory.delete(key);
    // what was there before is replaced all the same
    if (!this.store(key, fields)) this.#tier?.forget(key);
  }

  delete(key: string): void {
    this.flights.drop(key);
    this.forget(key);
  }

  /** The same, while a load of it goes on. */
  forget(key: string): void {
    this.#changes += 1;
    this.#memory.delete(key);
    this.#tier?.forget(key);
  }

  async clear(): Promise<void> {
    this.#changes += 1;
    this.flights.drop();
    this.#memory.clear();
    await this.#tier?.clear();
  }

  /** What memory has that nothing has written to since `tick`, the longest unused first. */
  kept(tick: number): readonly Kept[] {
    const { clock } = this.database;
    return [...this.#memory.entries()]
      .filter(([, entry]) => entry.holds(clock) && !clock.wroteSince(entry.dependencies, tick))
      .map(([key, { value, dependencies, createdAt, expiresAt, graceUntil }]): Kept => {
        return [key, { value, dependencies, createdAt, expiresAt, graceUntil }];
      })
      .toReversed();
  }

  /** Forgets all but this, which was read of a database that is now as it was then. */
  async bringBack(kept: readonly Kept[]): Promise<void> {
    const clearing = this.clear();
    const { tick } = this.database.clock;
    for (const [key, fields] of kept) this.store(key, { ...fields, tick });
    await clearing;
    await this.flush();
  }

  async purge(): Promise<number> {
    for (const [key, entry] of this.#memory.entries()) {
      this.#tier?.left(key, entry);
      const state = this.stateOf(entry);
      if (state === 'expired' || state === 'written') this.#memory.delete(key);
    }
    return (await this.#tier?.purge()) ?? 0;
  }

  flush(): Promise<void> {
    return this.#tier?.flush() ?? Promise.resolve();
  }

  #tierFailed(error: unknown): void {
    const about =
      this.#options?.store === undefined
        ? { table_name: CACHE_TABLE, ...loggable(error) }
        : { tier: 'store', ...loggableOfStore(error) };
    this.log('cacheTierFailed', about);
  }

  async #close(): Promise<void> {
    clearInterval(this.#purging);
    const tier = this.#tier;
    this.#tier = undefined;
    if (tier !== undefined) return tier.close(this.#memory.entries());
    if (this.database.mode === 'readonly') return;
    try {
      // nobody has looked after its rows: the next session must not believe them
      await CacheTable.distrust(this.database);
    } catch (error) {
      this.#tierFailed(error);
    }
  }
}

function inWords(option: unknown): string {
  if (option === undefined) return 'with the default';
  return typeof option === 'object' ? 'with another one' : `with ${JSON.stringify(option)}`;
}
