// The tier of the cache that processes share: values in a store of Keyv's kind, each with the versions of what it depends on,
// which stand in the store, too. A write changes them, and so ends the values. Not here: loads, and the clock of this process.
import { LRUCache } from 'lru-cache';
import { Backlog } from './backlog.js';
import {
  entryText,
  foreign,
  isForeign,
  readEntry,
  TOMBSTONE,
  type SharedEntry,
  type Versions,
} from './shared-entry.js';
import { Seldom } from './seldom.js';
import { StoreCalls, StoreFailure, type KeyvLike } from './store-calls.js';
import { ALL, freshVersion, readVersion, timeOf, versionsOf, versionsWrittenBy } from './version-names.js';

export type { KeyvLike } from './store-calls.js';
export type { SharedEntry } from './shared-entry.js';

export interface StoreTierOptions {
  readonly store: KeyvLike;
  /** what the keys begin with: one for each database */
  readonly namespace: string;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly warn: (error: unknown) => void;
  /** whose cache it is */
  readonly database?: object;
}

/** When a load began, in observations of versions. */
export type Mark = number;

/** How long a forgotten key says so, where it cannot be deleted. */
const TOMBSTONE_MS = 60_000;
const KNOWN_MOST = 10_000;

export class StoreTier {
  readonly #calls: StoreCalls;
  readonly #backlog: Backlog;
  /** the versions seen last, and the number of the observation that showed each first */
  readonly #known = new LRUCache<string, { readonly version: string; readonly since: number }>({ max: KNOWN_MOST });
  #observed = 0;
  /** of each call that is under way, what was written or forgotten meanwhile */
  readonly #watches = new Set<Set<string>>();
  /** keys that are being set or removed, until the store has come to an end with that */
  readonly #busy = new Map<string, Promise<void>>();
  /** of what is not ours */
  readonly #seldom: Seldom;
  #closed = false;

  constructor(private readonly options: StoreTierOptions) {
    this.#seldom = new Seldom(options.warn, options.now);
    const { store, timeoutMs, now, warn, database } = options;
    this.#calls = new StoreCalls(store, timeoutMs, now, warn, () => this.#backlog.again(), database);
    this.#backlog = new Backlog(ALL, {
      bump: (name) => this.#bump(name),
      remove: (key) => this.#remove(key),
      collapsed: () => this.#touch([ALL]),
    });
  }

  /**
   * Tables and tags that loads will read: a value can be kept only where the versions of all that it read were known before its
   * load began. What is not learned beforehand is known from the first load on. Settled when that is done, or cannot be.
   */
  async learn(deps: readonly string[]): Promise<void> {
    const names = versionsOf([...deps, '*']).filter((name) => !this.#known.has(name));
    if (this.#closed || this.#calls.resting('read') || names.length === 0) return;
    await this.#guarded(async (touched) => {
      await this.#versions(names, touched);
    });
  }

  /** Call when a load begins. */
  mark(): Mark {
    return this.#observed;
  }

  /** The value under a key, where nothing that it depends on has been written since its load began; never an error. */
  async find(key: string): Promise<SharedEntry | undefined> {
    if (this.#closed || this.#calls.resting('read') || this.#backlog.hasKey(key)) return undefined;
    return this.#guarded(async (touched) => {
      const value = await this.#calls.get(this.#entryKey(key));
      const found = readEntry(key, value);
      if (found === undefined && isForeign(key, value)) this.#seldom.warn(foreign());
      if (found === undefined || found.entry.graceUntil <= this.options.now()) return undefined;
      const names = versionsOf(found.entry.tables, found.entry.tags);
      if (this.#backlog.hasAny(names)) return undefined;
      const versions = await this.#versions(names, touched);
      const holds = names.every((name) => versions.has(name) && versions.get(name) === found.versions[name]);
      return holds && !this.#isTouched(touched, key, names) ? found.entry : undefined;
    });
  }

  /**
   * Keeps a value where nothing that it depends on was written while it was loaded, by whatever process.
   *
   * @param still whether, by the clock of this process, nothing it read was written since its load began
   * @returns whether it is kept
   */
  async keep(key: string, entry: SharedEntry, mark: Mark, still: () => boolean): Promise<boolean> {
    if (this.#closed || this.#calls.resting('read') || this.#calls.resting('write') || !still()) return false;
    const kept = await this.#guarded(async (touched) => {
      if (!(await this.#free(key))) return false;
      const names = versionsOf(entry.tables, entry.tags);
      if (this.#backlog.hasAny(names)) return false;
      const versions = await this.#versions(names, touched);
      const ttl = entry.graceUntil - this.options.now();
      const known = names.every((name) => versions.has(name) && (this.#known.get(name)?.since ?? Infinity) <= mark);
      if (!known || !Number.isFinite(ttl) || ttl <= 0) return false;
      if (!still() || this.#busy.has(key) || this.#isTouched(touched, key, names)) return false;
      await this.#set(key, entryText(key, entry, Object.fromEntries(versions) as Versions), Math.ceil(ttl));
      if (still()) return !this.#isTouched(touched, key, names);
      this.forget(key);
      return false;
    });
    return kept ?? false;
  }

  /** From here on nobody gets what stood there: this process at once, others when the store has it. */
  forget(key: string): void {
    if (this.#closed) return;
    this.#touch([this.#entryKey(key)]);
    this.#backlog.addKey(key);
  }

  /** The same for every key. */
  clear(): void {
    if (this.#closed) return;
    this.#touch([ALL]);
    this.#backlog.collapse();
  }

  /** Tables were written, or tags ended: from here on nothing that depends on them is given or kept here until the store has it. */
  wrote(deps: readonly string[]): void {
    const names = versionsWrittenBy(deps);
    if (this.#closed || names.length === 0) return;
    this.#touch(names);
    this.#backlog.add(names);
  }

  /** @returns whether the store has been told of every write, and of all that was forgotten */
  async close(): Promise<boolean> {
    this.#closed = true;
    return this.#backlog.close();
  }

  /** The text of a value says nothing that was put in. */
  garbled(cause: unknown): void {
    this.#seldom.warn(foreign(cause));
  }

  /** What `writeSession` left last; undefined also where that cannot be read. */
  async readSession(): Promise<string | undefined> {
    const found = await this.#guarded(() => this.#calls.get(this.#sessionKey));
    return typeof found === 'string' ? found : undefined;
  }

  /** @returns whether it stands there */
  async writeSession(token: string): Promise<boolean> {
    const written = this.#guarded(async () => {
      await this.#calls.set(this.#sessionKey, token);
      return (await this.#calls.get(this.#sessionKey)) === token;
    });
    return (await written) ?? false;
  }

  get #sessionKey(): string {
    return `${this.options.namespace}:session`;
  }

  #entryKey(key: string): string {
    return `${this.options.namespace}:e:${key}`;
  }

  #versionKey(name: string): string {
    return `${this.options.namespace}:v:${name}`;
  }

  /** Undefined for what the store failed with. */
  async #guarded<T>(work: (touched: ReadonlySet<string>) => Promise<T>): Promise<T | undefined> {
    const touched = new Set<string>();
    this.#watches.add(touched);
    try {
      return await work(touched);
    } catch (error) {
      if (!(error instanceof StoreFailure)) this.#seldom.warn(error);
      return undefined;
    } finally {
      this.#watches.delete(touched);
    }
  }

  #touch(names: readonly string[]): void {
    for (const watch of this.#watches) for (const name of names) watch.add(name);
  }

  #isTouched(touched: ReadonlySet<string>, key: string, names: readonly string[]): boolean {
    return touched.has(this.#entryKey(key)) || names.some((name) => touched.has(name));
  }

  /** The versions that stand in the store now. One that is missing is made, known from here on, and not among them. */
  async #versions(names: readonly string[], touched: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
    const { versions, missing } = await this.#look(names, touched);
    // whoever waits for this is not to wait for a store that takes no writes
    if (missing.length > 0 && !this.#calls.resting('write')) {
      await Promise.all(missing.map((name) => this.#calls.set(this.#versionKey(name), this.#fresh(name))));
      await this.#look(missing, touched);
    }
    return versions;
  }

  async #look(
    names: readonly string[],
    touched: ReadonlySet<string>,
  ): Promise<{ versions: Map<string, string>; missing: string[] }> {
    const values = await this.#calls.getMany(names.map((name) => this.#versionKey(name)));
    const versions = new Map<string, string>();
    const missing: string[] = [];
    for (const [index, name] of names.entries()) {
      const version = readVersion(values[index]);
      const known = this.#known.get(name)?.version;
      // what was written here meanwhile has another one by now
      if (touched.has(name)) continue;
      if (version === undefined) {
        if (values[index] !== undefined && values[index] !== null) this.#seldom.warn(foreign());
        missing.push(name);
      }
      // the store went back in time, and has lost what ended values that it has again
      else if (known !== undefined && timeOf(version) < timeOf(known)) this.#lost(name);
      else {
        versions.set(name, version);
        if (version !== known) this.#observe(name, version);
      }
    }
    return { versions, missing };
  }

  #lost(name: string): void {
    this.#backlog.add([name]);
  }

  #observe(name: string, version: string): void {
    this.#known.set(name, { version, since: (this.#observed += 1) });
  }

  #fresh(name: string): string {
    return freshVersion(this.options.now(), this.#known.get(name)?.version);
  }

  /** Whether another version than before the write stands in the store. Stores swallow errors: only what is read back is there. */
  async #bump(name: string): Promise<boolean> {
    let seen: string | undefined;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const version = this.#fresh(name);
      await this.#calls.set(this.#versionKey(name), version);
      const found = readVersion(await this.#calls.get(this.#versionKey(name)));
      // another process's, which has come since: as good
      const others = seen !== undefined && found !== seen;
      if (found !== undefined && (found === version || others)) {
        this.#observe(name, found);
        return true;
      }
      seen = found;
    }
    return false;
  }

  /** A store that answers a failed delete like one of nothing cannot be believed: something else is put there first. */
  async #remove(key: string): Promise<boolean> {
    if (this.#busy.has(key)) return false;
    return this.#working(key, async (settled) => {
      try {
        await this.#calls.set(this.#entryKey(key), TOMBSTONE, TOMBSTONE_MS);
        const gone = (await this.#calls.get(this.#entryKey(key))) === TOMBSTONE;
        if (gone) await this.#calls.delete(this.#entryKey(key)).catch(() => {});
        return gone;
      } finally {
        settled();
      }
    });
  }

  #set(key: string, text: string, ttl: number): Promise<void> {
    return this.#working(key, (settled) => this.#calls.set(this.#entryKey(key), text, ttl, settled));
  }

  #working<T>(key: string, work: (settled: () => void) => Promise<T>): Promise<T> {
    let settle = (): void => {};
    const busy = new Promise<void>((resolve) => (settle = resolve));
    this.#busy.set(key, busy);
    return work(() => {
      this.#busy.delete(key);
      settle();
      if (this.#backlog.hasKey(key)) this.#backlog.again();
    });
  }

  /** Waits until what was asked for this key before is done. @returns whether it is */
  async #free(key: string): Promise<boolean> {
    if (this.#backlog.hasKey(key)) await this.#backlog.flush();
    const busy = this.#busy.get(key);
    if (busy === undefined) return !this.#backlog.hasKey(key);
    return false;
  }
}
