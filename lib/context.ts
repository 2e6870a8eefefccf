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

/** The tables a cached load has read so far, by the database they belong to. What is read is read for the outer load too. */
export class ReadSet {
  readonly #tables = new Map<object, Set<string>>();

  constructor(readonly parent?: ReadSet) {}

  add(database: object, tables: Iterable<string>): void {
    let own = this.#tables.get(database);
    if (own === undefined) this.#tables.set(database, (own = new Set()));
    for (const table of tables) own.add(table);
    this.parent?.add(database, tables);
  }

  /** What another load read, that gave a part of this one. */
  addAll(other: ReadSet): void {
    for (const [database, tables] of other.#tables) this.add(database, tables);
  }

  /** What was read of one database. */
  of(database: object): ReadonlySet<string> {
    return this.#tables.get(database) ?? new Set();
  }

  /** True when another database than this one was read. */
  readsBeyond(database: object): boolean {
    return [...this.#tables.keys()].some((key) => key !== database);
  }
}

interface Context {
  readonly log?: LogContext;
  readonly reads?: ReadSet;
  /** the open transaction of each database, set by the engine */
  readonly transactions?: ReadonlyMap<object, unknown>;
  /** the manager whose connect() is running here, so that its own hooks may use it */
  readonly connecting?: object;
}

const storage = new AsyncLocalStorage<Context>();

/** The context of the caller. */
export function context(): Context {
  return storage.getStore() ?? {};
}

/** Runs `fn` with the caller's context and these changes to it. */
export function withinContext<T>(changes: Context, fn: () => T): T {
  return storage.run({ ...storage.getStore(), ...changes }, fn);
}

/** Runs `fn` for several callers at once: of their contexts it has the ids that they share, and nothing of any one's. */
export function withinSharedContext<T>(log: LogContext | undefined, fn: () => T): T {
  return storage.run(log === undefined ? {} : { log }, fn);
}

/**
 * Runs `fn` so that every log line written under it, however deep and however late, carries these ids
 * (`correlation_id`, `user_id`, `request_id`). Nested calls add to the outer ids.
 *
 * @example await withContext({ correlationId: req.id }, () => service.handle(req));
 */
export function withContext<T>(ids: LogContext, fn: () => T): T {
  return withinContext({ log: { ...context().log, ...ids } }, fn);
}
