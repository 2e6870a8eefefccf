// Values through memory, the tier behind it, and one load for each key: which of them a caller may be given, and what a load has read.
// Not here: what users call (cache.ts), what is kept and where (shared-cache.ts).
import { ReadSet, context, withinContext, withinSharedContext } from '../context.js';
import { Timed, cacheLoads, queries, traced } from '../diagnostics.js';
import type { Engine } from '../engine/engine.js';
import { loggable } from '../errors.js';
import type { Limit } from '../limit.js';
import { EVERYTHING } from '../sql/statement.js';
import type { Entry, EntryFields } from './entry.js';
import type { Flight, Loaded } from './flights.js';
import { loggableKey } from './loggable-key.js';
import type { SharedCache } from './shared-cache.js';
import { StoredValue } from './stored-value.js';
import type { CacheTelling, Hit, TracedLoad } from './telling.js';
import type { Terms } from './terms.js';

/** Not a value that anybody keeps. */
export const MISS = Symbol('miss');

/** Of a value that memory has. */
export const NEAR: Hit = { tier: 'memory', stale: false, joined: false };
const NEAR_STALE: Hit = { ...NEAR, stale: true };

/** What a load of it depends on, whatever it reads. */
export const knownOf = ({ dependsOn = [], tags }: Terms): readonly string[] => [...dependsOn, ...tags];

/** The way to a value, as one manager goes it: through its transactions, by what it may see. */
export class ReadThrough {
  constructor(
    private readonly engine: Engine,
    private readonly state: SharedCache,
    private readonly enabled: boolean,
    private readonly telling: CacheTelling,
  ) {}

  /**
   * The value that memory has and the caller may see, at once; else `MISS`. Every answered call comes this way: nothing
   * here waits, and whatever need not be looked at is not.
   */
  hit(key: string): unknown {
    if (!this.enabled || this.engine.closed) return MISS;
    const { state, engine } = this;
    const entry = state.fresh(key);
    if (entry === undefined) return MISS;
    const { reads, transactions } = context();
    if (transactions !== undefined && !this.sees(entry)) return MISS;
    reads?.add(engine.database, entry.dependencies);
    entry.hits += 1;
    state.stats.hits += 1;
    this.#tellHit(key, NEAR);
    return entry.value.copy();
  }

  /**
   * Whether the caller may have it: a transaction keeps seeing the database as it was when it began, and from its first write on
   * it alone knows what is there.
   */
  sees(entry: { readonly dependencies: readonly string[] }): boolean {
    const { transaction, database } = this.engine;
    if (transaction === undefined) return true;
    return !transaction.hasWritten && database.clock.holds(entry.dependencies, transaction.beganAt);
  }

  #tellHit(key: string, how: Hit): void {
    if (this.state.log.enabled('cacheHit'))
      this.state.log('cacheHit', { cache_key: loggableKey(key), operation: 'get_cache', joined: how.joined });
    this.telling.hit(key, how);
  }

  /** What was given by the tier behind the memory, or by a load, maybe another caller's. */
  #howGiven({ hit, stale = false }: Loaded, joined: boolean): Hit | undefined {
    return hit || joined ? { tier: hit ? this.state.tierName : undefined, stale, joined } : undefined;
  }

  /**
   * The value under `key`, loaded where there is none that still holds.
   *
   * @param load is given what stops it
   * @param limit ends this caller's wait
   */
  async loadThrough(
    key: string,
    terms: Terms,
    load: (work: Limit | undefined) => Promise<unknown>,
    limit?: Limit,
  ): Promise<unknown> {
    const { transaction, database } = this.engine;
    if (!this.enabled || transaction?.hasWritten) return this.#past(key, terms, load, limit);
    const { stats } = this.state;
    const { clock } = database;
    const askedAt = clock.tick;
    // what others see of a write that is being committed now, this caller may have seen, too
    let unsure = clock.committing;
    // what a transaction sees is its own, of whatever database: nobody else may join it
    const alone = (context().transactions?.size ?? 0) > 0;
    for (;;) {
      const near = this.state.inMemory(key);
      if (near !== undefined && this.sees(near)) {
        const stale = this.state.now() >= near.expiresAt;
        if (!stale) return this.give(key, near, NEAR);
        if (transaction === undefined) return this.#serveStale(key, near, NEAR_STALE, terms, load);
      }
      const known = alone ? undefined : this.#joinable(key);
      const reads = context().reads;
      // a load that asks for its own key, or for one that waits for it, would wait for ever
      if (known !== undefined && reads?.isAwaitedBy(known.reads)) return this.#past(key, terms, load, limit);
      if (known === undefined) {
        const loaded = await this.#start(key, terms, load, reads, !alone).wait(limit);
        const how = this.#howGiven(loaded, false);
        return loaded.stale ? this.#serveStale(key, loaded, how, terms, load) : this.give(key, loaded, how);
      }
      stats.joined += 1;
      this.telling.did('join', key);
      // it began before a write that this caller came after: what it comes to is of no use here
      const overtaken = (read: Iterable<string>, at: number): boolean =>
        (unsure || at < askedAt) && !clock.holds(read, at);
      try {
        const loaded = await known.wait(limit);
        if (!overtaken(loaded.dependencies, loaded.tick)) {
          const how = this.#howGiven(loaded, true);
          return loaded.stale ? this.#serveStale(key, loaded, how, terms, load) : this.give(key, loaded, how);
        }
      } catch (error) {
        if (limit?.reason !== undefined || !overtaken(known.reads.of(database), known.tick)) throw error;
      } finally {
        // also what it read of other databases, which no entry tells
        reads?.addAll(known.reads);
      }
      unsure = false;
    }
  }

  /** The load of a key that is under way, unless a write has overtaken it already. */
  #joinable(key: string): Flight | undefined {
    const { clock } = this.engine.database;
    const flight = this.state.flights.of(key);
    const overtaken = flight !== undefined && clock.wroteSince(flight.reads.of(this.engine.database), flight.tick);
    return overtaken ? undefined : flight;
  }

  /** A load that nobody keeps. Where it is a part of one that is kept, what stands for its reads stands for them there, too. */
  async #past(
    key: string,
    terms: Terms,
    load: (work: Limit | undefined) => Promise<unknown>,
    limit: Limit | undefined,
  ): Promise<unknown> {
    const outer = context().reads;
    const reads = outer && this.#readsFor(terms, outer);
    reads?.add(this.engine.database, knownOf(terms));
    const around = reads === undefined ? {} : { reads };
    // where there is no cache, nothing is told of one
    if (!this.enabled) return withinContext(around, () => load(limit));
    this.telling.did('miss', key);
    const event = this.telling.load(key, false);
    const told = async (): Promise<unknown> => {
      const started = performance.now();
      const known = queries.hasSubscribers ? { ...around, cacheKey: loggableKey(key) } : around;
      const value = await withinContext(known, () => load(limit));
      const durationMs = performance.now() - started;
      Timed.took(event, durationMs, { stored: false });
      this.#logLoaded(key, durationMs, false);
      return value;
    };
    return event === undefined ? told() : traced(cacheLoads, event, told);
  }

  #readsFor(terms: Terms, outer: ReadSet | undefined): ReadSet {
    return new ReadSet(outer, terms.dependsOn === undefined ? undefined : EVERYTHING);
  }

  #start(
    key: string,
    terms: Terms,
    load: (work: Limit | undefined) => Promise<unknown>,
    parent: ReadSet | undefined,
    joinable: boolean,
    refresh = false,
  ): Flight {
    const reads = this.#readsFor(terms, parent);
    // before anything is read: a load that fails has depended on it, too
    reads.add(this.engine.database, knownOf(terms));
    return this.state.flights.start(key, reads, this.engine.tick, joinable, (flight) =>
      this.#load(key, terms, flight, load, refresh),
    );
  }

  /** Gives what is there, and has one refresh run behind. */
  #serveStale(
    key: string,
    entry: Entry | Loaded,
    how: Hit | undefined,
    terms: Terms,
    load: (work: Limit | undefined) => Promise<unknown>,
  ): unknown {
    this.state.stats.stale += 1;
    const { reads } = context();
    const flight = this.state.flights.of(key) ?? this.#refresh(key, terms, load);
    const value = this.give(key, entry, how);
    // a refresh that asks for its own key, or for one that waits for it, would wait for ever
    if (this.state.background || reads?.isAwaitedBy(flight.reads)) return value;
    const given = (): unknown => value;
    // how it failed is told by who has started it
    return flight.wait(undefined).then(given, given);
  }

  /** It is nobody's: what it reads is not read for the caller, and nobody who joins it and leaves stops it. */
  #refresh(key: string, terms: Terms, load: (work: Limit | undefined) => Promise<unknown>): Flight {
    const { log, call } = context();
    const start = (): Flight => {
      const flight = this.#start(key, terms, load, undefined, true, true);
      flight
        .wait(undefined)
        .catch((error: unknown) =>
          this.state.log('cacheRefreshFailed', { cache_key: loggableKey(key), ...loggable(error) }),
        );
      return flight;
    };
    return withinSharedContext(log, start, call);
  }

  /** What was kept or forgotten just now is so behind the memory, too, where that is waited for. */
  async #settle(): Promise<void> {
    if (!this.state.background) await this.state.flush();
  }

  /** @param how undefined where the caller has loaded it */
  give(key: string, given: Entry | Loaded, how: Hit | undefined): unknown {
    context().reads?.add(this.engine.database, given.dependencies);
    if (how !== undefined) {
      this.state.stats.hits += 1;
      if ('hits' in given) given.hits += 1;
      this.#tellHit(key, how);
    }
    return given.value.copy();
  }

  async #load(
    key: string,
    terms: Terms,
    flight: Flight,
    load: (work: Limit | undefined) => Promise<unknown>,
    refresh: boolean,
  ): Promise<Loaded> {
    const found = await this.#find(key, knownOf(terms), flight, refresh);
    if (found !== undefined) return found;
    if (!refresh) this.telling.did('miss', key);
    const event = this.telling.load(key, refresh);
    const run = (): Promise<Loaded> => this.#loadAnew(key, terms, flight, load, refresh, event);
    return event === undefined ? run() : traced(cacheLoads, event, run);
  }

  async #loadAnew(
    key: string,
    terms: Terms,
    flight: Flight,
    load: (work: Limit | undefined) => Promise<unknown>,
    refresh: boolean,
    event: TracedLoad | undefined,
  ): Promise<Loaded> {
    const { state, engine } = this;
    const { database } = engine;
    const { reads } = flight;
    const mark = state.mark();
    const { tick } = engine;
    flight.tick = tick;
    const started = performance.now();
    state.stats.loads += 1;
    const around = queries.hasSubscribers ? { reads, cacheKey: loggableKey(key) } : { reads };
    const value = await withinContext(around, () => load(flight.work));
    const dependencies = [...reads.of(database)];
    const stored = StoredValue.of(value ?? null, terms.asIs);
    const keepMs = value === null || value === undefined ? terms.negativeTtlMs : terms.ttlMs;
    // another database's writes are not seen by this one's clock
    const keep =
      keepMs !== undefined &&
      !flight.dropped &&
      !flight.abandoned &&
      !reads.readsBeyond(database) &&
      !engine.transaction?.hasWritten;
    const kept = keep && state.store(key, this.fields(stored, dependencies, tick, keepMs, terms.graceMs), mark);
    if (kept) this.telling.did('store', key);
    // there is nothing any more, and what there was is not to be served on
    else if (!keep && refresh && keepMs === undefined && !flight.dropped) state.forget(key);
    const durationMs = performance.now() - started;
    Timed.took(event, durationMs, { stored: kept });
    await this.#settle();
    this.#logLoaded(key, durationMs, kept);
    return { value: stored, dependencies, tick, hit: false };
  }

  #logLoaded(key: string, durationMs: number, stored: boolean): void {
    const { log } = this.state;
    if (!log.enabled('cacheLoaded')) return;
    log('cacheLoaded', {
      cache_key: loggableKey(key),
      operation: 'get_cache',
      duration_ms: Math.round(durationMs * 100) / 100,
      stored,
    });
  }

  /**
   * What the tier behind has. In a transaction nothing is loaded behind it, so that what is over is of no use; nor is it to a
   * refresh, which is there because of it.
   */
  async #find(key: string, about: readonly string[], flight: Flight, refresh: boolean): Promise<Loaded | undefined> {
    const { state, engine } = this;
    const found = await state.find(key, about, () => !flight.dropped);
    if (found === undefined || !this.sees(found)) return undefined;
    const stale = state.stateOf(found) === 'stale';
    if (stale && (refresh || engine.transaction !== undefined)) return undefined;
    if (!refresh) {
      state.stats.tierHits += 1;
      found.hits += 1;
    }
    const { value, dependencies, tick } = found;
    return { value, dependencies, tick, hit: true, stale };
  }

  fields(
    value: StoredValue,
    dependencies: readonly string[],
    tick: number,
    keepMs: number,
    graceMs: number,
  ): EntryFields {
    const createdAt = this.state.now();
    const expiresAt = createdAt + keepMs;
    return { value, dependencies, tick, createdAt, expiresAt, graceUntil: expiresAt + graceMs };
  }
}
