// The tier that processes share: a Keyv store in the place of the table. It believes what was read of tables only where it can know
// of every write to them. Not here: versions, and how a store fails (store-tier.ts).
import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isTag, tagged } from '../engine/clock.js';
import type { Database } from '../engine/database.js';
import { MEMORY } from '../engine/path.js';
import { EVERYTHING } from '../sql/statement.js';
import { Entry } from './entry.js';
import { Seldom } from './seldom.js';
import { StoredValue, type Entities } from './stored-value.js';
import { StoreTier, type KeyvLike } from './store-tier.js';
import { CacheTable } from './table.js';
import type { Tier, TierStats } from './tier.js';
import { UnknownEntity } from './values.js';

export interface SharedTierOptions {
  readonly database: Database;
  readonly store: KeyvLike;
  /** undefined: by the machine and the path of the file */
  readonly namespace: string | undefined;
  readonly timeoutMs: number;
  /** how long memory may serve what it has without asking the store again */
  readonly trustMs: number;
  readonly entities: Entities;
  readonly now: () => number;
  readonly failed: (error: unknown) => void;
}

/** Two files never share values, and no two databases in memory do. */
function namespaceOf({ path, mode }: Database): string {
  if (path === MEMORY || mode === 'memory') return `mysingle:${randomUUID()}`;
  return `mysingle:${createHash('sha256').update(`${hostname()}\0${path}`).digest('hex').slice(0, 24)}`;
}

export class SharedTier implements Tier {
  readonly name = 'store';
  readonly trustMs: number;
  readonly #store: StoreTier;
  /** tells the next session how this one ended; none in read-only mode */
  #state: CacheTable | undefined;
  /** whether every write to the tables is known to whoever shares the store: not while another process may write them */
  #knowsTables = false;
  /** what was done last about each key that is on its way to the store */
  readonly #latest = new Map<string, symbol>();
  /** on their way to the store */
  readonly #keeping = new Set<Promise<void>>();
  readonly #forget: (() => void)[] = [];
  readonly #seldom: Seldom;

  private constructor(private readonly options: SharedTierOptions) {
    const { database, store, namespace, timeoutMs, now, failed, trustMs } = options;
    this.trustMs = trustMs;
    this.#seldom = new Seldom(failed, now);
    this.#store = new StoreTier({
      store,
      namespace: namespace ?? namespaceOf(database),
      timeoutMs,
      now,
      warn: failed,
      database,
    });
    this.#forget.push(database.clock.watch((what) => this.#store.wrote(what)));
  }

  static async open(options: SharedTierOptions): Promise<SharedTier> {
    const tier = new SharedTier(options);
    try {
      await tier.#begin();
    } catch (error) {
      tier.#stop();
      throw error;
    }
    return tier;
  }

  async #begin(): Promise<void> {
    const { database } = this.options;
    switch (database.mode) {
      case 'memory':
        this.#knowsTables = database.path === MEMORY;
        return;
      case 'readonly': {
        // nobody writes the file while this is open
        const end = await CacheTable.lastEnd(database);
        this.#knowsTables = isToken(end) && end === (await this.#store.readSession());
        return;
      }
      case 'file':
        return this.#own();
      case 'fallback': {
        const arrived = (): void => void this.#own().catch(this.options.failed);
        database.arrivals.add(arrived);
        this.#forget.push(() => void database.arrivals.delete(arrived));
      }
    }
  }

  /** From here on only this process writes the tables. What was written since the store last heard of it ends everything. */
  async #own(): Promise<void> {
    const { database } = this.options;
    this.#state ??= await CacheTable.open(database);
    const { ended } = this.#state;
    await this.#state.create();
    // nobody will look after its rows
    await this.#state.clear();
    if (!isToken(ended) || ended !== (await this.#store.readSession())) this.#store.wrote([EVERYTHING]);
    this.#knowsTables = true;
  }

  get stats(): TierStats {
    return { pending: 0 };
  }

  learn(tables: readonly string[]): void {
    void this.#store.learn(tables);
  }

  mark(): number {
    return this.#store.mark();
  }

  async find(key: string, about: readonly string[]): Promise<Entry | undefined> {
    const { database, entities, now } = this.options;
    const { tick } = database.clock;
    const [found] = await Promise.all([this.#store.find(key), this.#store.learn(about)]);
    if (found === undefined || (found.tables.length > 0 && !this.#knowsTables)) return undefined;
    const { text, tables, tags, createdAt, expiresAt, graceUntil } = found;
    try {
      return new Entry({
        value: StoredValue.fromText(text, entities),
        dependencies: [...tables, ...tags.map(tagged)],
        tick,
        createdAt,
        expiresAt,
        graceUntil,
        trustedUntil: now() + this.trustMs,
      });
    } catch (error) {
      // of a class that is not among the entities here: as if it were not there
      if (!(error instanceof UnknownEntity)) this.#store.garbled(error);
      return undefined;
    }
  }

  keep(key: string, entry: Entry, mark: number | undefined): void {
    if (!this.#knowsTables && !entry.dependencies.every(isTag)) return;
    const turn = Symbol(key);
    this.#latest.set(key, turn);
    const keeping = this.#keep(key, entry, mark, () => this.#latest.get(key) === turn).finally(() => {
      this.#keeping.delete(keeping);
      if (this.#latest.get(key) === turn) this.#latest.delete(key);
    });
    this.#keeping.add(keeping);
  }

  async #keep(key: string, entry: Entry, mark: number | undefined, latest: () => boolean): Promise<void> {
    if (mark === undefined) {
      // what is given by hand is as of now: what it depends on may be heard of here for the first time
      await this.#store.learn(entry.dependencies);
      if (!latest()) return;
    }
    const text = this.#textOf(entry);
    // what stood there before is replaced all the same
    if (text === undefined) return this.#store.forget(key);
    const { clock } = this.options.database;
    const { tables, tags, createdAt, expiresAt, graceUntil } = entry;
    const stored = { text, tables, tags, createdAt, expiresAt, graceUntil };
    const still = (): boolean => latest() && clock.holds(entry.dependencies, entry.tick);
    await this.#store.keep(key, stored, mark ?? this.#store.mark(), still);
  }

  /** A value that is too large for a text stays in memory alone. */
  #textOf(entry: Entry): string | undefined {
    try {
      return entry.value.text();
    } catch (error) {
      this.#seldom.warn(error);
      return undefined;
    }
  }

  forget(key: string): void {
    this.#latest.delete(key);
    this.#store.forget(key);
  }

  async clear(): Promise<void> {
    this.#latest.clear();
    this.#store.clear();
  }

  async purge(): Promise<number> {
    return 0;
  }

  left(): void {}

  async flush(): Promise<void> {
    await Promise.all(this.#keeping);
  }

  #stop(): void {
    for (const forget of this.#forget.splice(0)) forget();
  }

  async close(): Promise<void> {
    this.#stop();
    const state = this.#state;
    try {
      const token = randomUUID();
      const told = (await this.#store.close()) && state !== undefined && (await this.#store.writeSession(token));
      await state?.close(told ? token : '');
    } catch (error) {
      this.options.failed(error);
    }
  }
}

/** What a session says at its end where every write of it is known in the store. */
const isToken = (end: string | undefined): end is string => end !== undefined && end !== '';
