// The tier that outlives the process: the table of the cache, written in batches behind the callers' backs. Not here: its SQL
// (table.ts).
import { Entry } from './entry.js';
import { Seldom } from './seldom.js';
import type { CacheTable, Written } from './table.js';
import type { Tier, TierStats } from './tier.js';
import { StoredValue, type Entities } from './stored-value.js';
import { UnknownEntity } from './values.js';

/** How long a value may wait for others to be written with. */
const LINGER_MS = 50;
/** What is written by one statement. */
const BATCH = 200;
/** Of how many rows hits are remembered until they are written; otherwise that is done with each purge. */
const COUNTED = 10_000;
/** What may wait at most, in bytes of memory; beyond it values are dropped, and what they replace is deleted. */
const WAITING_BYTES = 64 * 1024 * 1024;
/** How long the table is left alone after a failure; twice as long after each further one. */
const REST_MS = 10_000;
const LONGEST_REST_MS = 600_000;

export interface TableTierOptions {
  readonly table: CacheTable;
  readonly entities: Entities;
  /** asked each time: a manager that comes later may be the first to say it */
  readonly maxBytes: () => number;
  readonly now: () => number;
  /** whether nothing of this was written since the tick */
  readonly holds: (dependencies: readonly string[], tick: number) => boolean;
  readonly failed: (error: unknown) => void;
}

/** What waits to be written: an entry, or that there is to be none. */
type Waiting = Map<string, Entry | undefined>;

export class TableTier implements Tier {
  readonly name = 'table';
  #waiting: Waiting = new Map();
  #waitingBytes = 0;
  /** what is being written now */
  #writing: Waiting | undefined;
  #work: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #hits = new Map<string, number>();
  /** bytes written since the table was last kept within its bounds */
  #grown = Infinity;
  /** a write failed: rows may be older than what was set or deleted since, so none is believed until all are gone */
  #distrusted = false;
  /** how often all was to be forgotten; until that is done the table says what was before */
  #clears = 0;
  #clearing = 0;
  #restUntil = 0;
  #restMs = REST_MS;

  /** of rows that cannot be read, and values that have no text */
  readonly #seldom: Seldom;

  constructor(private readonly options: TableTierOptions) {
    this.#seldom = new Seldom(options.failed, options.now);
  }

  get stats(): TierStats {
    return { pending: this.#waiting.size + (this.#writing?.size ?? 0) };
  }

  mark(): number {
    return 0;
  }

  async find(key: string): Promise<Entry | undefined> {
    for (const waiting of [this.#waiting, this.#writing]) if (waiting?.has(key)) return waiting.get(key);
    if (this.#distrusted || this.#clearing > 0) return undefined;
    const clears = this.#clears;
    try {
      const stored = await this.options.table.get(key);
      if (stored === undefined || this.#distrusted || this.#clears !== clears) return undefined;
      // deleted or written anew meanwhile
      for (const waiting of [this.#waiting, this.#writing]) if (waiting?.has(key)) return waiting.get(key);
      return new Entry({ ...stored, value: StoredValue.fromText(stored.text, this.options.entities) });
    } catch (error) {
      // of a class that is not among the entities any more: as if it were not there
      if (!(error instanceof UnknownEntity)) this.#seldom.warn(error);
      return undefined;
    }
  }

  keep(key: string, entry: Entry): void {
    if (this.#resting()) return;
    this.#wait(key, entry);
    if (this.#waitingBytes > WAITING_BYTES) this.#wait(key, undefined);
  }

  forget(key: string): void {
    if (!this.#resting()) this.#wait(key, undefined);
  }

  #wait(key: string, entry: Entry | undefined): void {
    this.#waitingBytes += (entry?.sizeUnder(key) ?? 0) - (this.#waiting.get(key)?.sizeUnder(key) ?? 0);
    this.#waiting.set(key, entry);
    this.#hits.delete(key);
    if (this.#waiting.size >= BATCH) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), LINGER_MS).unref();
  }

  /** Nothing is written, and nothing believed, for a while after a failure. */
  #resting(): boolean {
    return this.#distrusted && this.options.now() < this.#restUntil;
  }

  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#next(() => this.#writeAll());
  }

  /** One after another: two writes at once would conflict. */
  #next(work: () => Promise<void>): Promise<void> {
    const run = async (): Promise<void> => {
      try {
        if (this.#distrusted) await this.#startAnew();
        if (!this.#distrusted) await work();
      } catch (error) {
        this.#failed(error);
      }
    };
    return (this.#work = this.#work.then(run));
  }

  async #writeAll(): Promise<void> {
    // what was kept after a clear that waits here is written behind it
    while (this.#waiting.size > 0 && this.#clearing === 0) {
      const batch = this.#take();
      this.#writing = batch;
      try {
        const entries: Written[] = [];
        const deleted: string[] = [];
        for (const [key, entry] of batch) {
          const text = entry === undefined || !this.#worthWriting(entry) ? undefined : this.#textOf(entry);
          if (entry === undefined || text === undefined) deleted.push(key);
          else entries.push([key, entry, text]);
        }
        await this.options.table.write(entries, deleted);
        for (const [, entry] of entries) this.#grown += entry.value.bytes;
      } finally {
        this.#writing = undefined;
      }
      if (this.#grown > this.options.maxBytes() / 8) await this.#keepWithinBounds();
    }
  }

  #worthWriting(entry: Entry): boolean {
    return entry.graceUntil > this.options.now() && this.options.holds(entry.dependencies, entry.tick);
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

  #take(): Waiting {
    if (this.#waiting.size <= BATCH) {
      const all = this.#waiting;
      this.#waiting = new Map();
      this.#waitingBytes = 0;
      return all;
    }
    const batch: Waiting = new Map();
    for (const [key, entry] of this.#waiting) {
      if (batch.size === BATCH) break;
      batch.set(key, entry);
      this.#waiting.delete(key);
      this.#waitingBytes -= entry?.sizeUnder(key) ?? 0;
    }
    return batch;
  }

  async #keepWithinBounds(): Promise<number> {
    const { table, now, holds, maxBytes } = this.options;
    this.#grown = 0;
    return table.purge(now(), holds, maxBytes());
  }

  #failed(error: unknown): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#hits.clear();
    this.#distrusted = true;
    this.#restUntil = this.options.now() + this.#restMs;
    this.#restMs = Math.min(LONGEST_REST_MS, this.#restMs * 2);
    this.options.failed(error);
  }

  /** After a failure: without any rows the table says nothing wrong. */
  async #startAnew(): Promise<void> {
    if (this.#resting()) return;
    await this.options.table.clear();
    this.#distrusted = false;
    this.#restMs = REST_MS;
  }

  async clear(): Promise<void> {
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.#hits.clear();
    // what is being written is deleted behind it
    this.#writing = undefined;
    this.#clears += 1;
    this.#clearing += 1;
    await this.#next(() => this.options.table.clear());
    this.#clearing -= 1;
  }

  async purge(): Promise<number> {
    let purged = 0;
    void this.flush();
    await this.#next(async () => {
      await this.#writeHits();
      purged = await this.#keepWithinBounds();
    });
    return purged;
  }

  left(key: string, entry: Entry): void {
    if (this.#waiting.has(key)) return;
    const hits = entry.takeHits();
    if (hits === 0) return;
    this.#hits.set(key, (this.#hits.get(key) ?? 0) + hits);
    if (this.#hits.size >= COUNTED) void this.#next(() => this.#writeHits());
  }

  async #writeHits(): Promise<void> {
    const hits = this.#hits;
    this.#hits = new Map();
    await this.options.table.count(hits);
  }

  /** Ends in order: what its own writes have ended is gone, so that the next session may believe the rest. */
  async close(entries: Iterable<readonly [string, Entry]>): Promise<void> {
    await this.flush();
    for (const [key, entry] of entries) this.left(key, entry);
    await this.purge();
    const { table } = this.options;
    try {
      if (this.#distrusted) await table.abandon();
      else await table.close('');
    } catch (error) {
      this.options.failed(error);
    }
  }
}
