// What travels with the async context: the transaction of each database, the read set of a cached load, and the ids for
// logs. One AsyncLocalStorage for all of it. Not here: what anybody does with them.
import { AsyncLocalStorage } from 'node:async_hooks';

/** Ids that appear on every log line written under `withContext`. */
export interface LogContext {
  /** becomes `correlation_id` */
  readonly correlationId?: string | undefined;
  /** becomes `user_id` */
  readonly userId?: string | undefined;
  /** becomes `request_id` */
  readonly requestId?: string | undefined;
}

/**
 * What a cached load has read so far, by the database it belongs to: ids of tables, tags of other cached values. What is read is
 * read for the outer load too.
 */
export class ReadSet {
  readonly #read = new Map<object, Set<string>>();
  readonly #waitsFor = new Set<ReadSet>();

  /** @param ignored what is not noted, here and further out: the caller has said what it stands for */
  constructor(
    readonly parent?: ReadSet,
    private readonly ignored?: string,
  ) {}

  add(database: object, what: Iterable<string>): void {
    const noted = this.ignored === undefined ? what : [...what].filter((each) => each !== this.ignored);
    let own = this.#read.get(database);
    if (own === undefined) this.#read.set(database, (own = new Set()));
    for (const each of noted) own.add(each);
    this.parent?.add(database, noted);
  }

  /** What another load read, that gave a part of this one. */
  addAll(other: ReadSet): void {
    for (const [database, what] of other.#read) this.add(database, what);
  }

  /** Runs `wait` for the load that reads into `other`, which this one and those around it then wait for. */
  async waiting<T>(other: ReadSet, wait: () => Promise<T>): Promise<T> {
    const around = this.#around();
    for (const each of around) each.#waitsFor.add(other);
    try {
      return await wait();
    } finally {
      for (const each of around) each.#waitsFor.delete(other);
    }
  }

  /** Whether that load waits for this one, or one around it: whoever waits for it here would wait for ever. */
  isAwaitedBy(other: ReadSet): boolean {
    const around = this.#around();
    const seen = new Set([other]);
    for (const each of seen) {
      if (around.includes(each)) return true;
      for (const next of each.#waitsFor) seen.add(next);
    }
    return false;
  }

  #around(): ReadSet[] {
    const around: ReadSet[] = [this];
    for (let { parent } = this as ReadSet; parent !== undefined; { parent } = parent) around.push(parent);
    return around;
  }

  /** What was read of one database. */
  of(database: object): ReadonlySet<string> {
    return this.#read.get(database) ?? new Set();
  }

  /** True when another database than this one was read. */
  readsBeyond(database: object): boolean {
    return [...this.#read.keys()].some((key) => key !== database);
  }
}

interface Context {
  readonly log?: LogContext;
  readonly reads?: ReadSet;
  /** the open transaction of each database, set by the engine */
  readonly transactions?: ReadonlyMap<object, unknown>;
  /** the manager whose connect() is running here, so that its own hooks may use it */
  readonly connecting?: object;
  /** the database whose cache calls its store here */
  readonly storeOf?: object;
}

const storage = new AsyncLocalStorage<Context>();

const NONE: Context = Object.freeze({});

/** The context of the caller. */
export function context(): Context {
  return storage.getStore() ?? NONE;
}

/** Runs `fn` with the caller's context and these changes to it. */
export function withinContext<T>(changes: Context, fn: () => T): T {
  return storage.run({ ...storage.getStore(), ...changes }, fn);
}

/** Runs `fn` for several callers at once: of their contexts it has the ids that they share, and nothing of any one's. */
export function withinSharedContext<T>(log: LogContext | undefined, fn: () => T): T {
  return storage.run(log === undefined ? {} : { log }, fn);
}

/** Runs `fn` for the cache of a database: what its store does is no part of the load or the transaction that it is done for. */
export function withinStoreOf<T>(database: object, fn: () => T): T {
  const { log } = context();
  return storage.run(log === undefined ? { storeOf: database } : { log, storeOf: database }, fn);
}

/**
 * Runs `fn` so that every log line written under it, however deep and however late, carries these ids
 * (`correlation_id`, `user_id`, `request_id`). Nested calls add to the outer ids.
 *
 * @example await withContext({ correlationId: request.id }, () => service.handle(request));
 */
export function withContext<T>(ids: LogContext, fn: () => T): T {
  return withinContext({ log: { ...context().log, ...ids } }, fn);
}
