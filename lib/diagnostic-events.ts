// What is told on the channels of `node:diagnostics_channel`: one type for each of them, a stable part of the public API. Not here: the
// channels, and when anything is told (diagnostics.ts).
import type { LogContext } from './context.js';

/** What every event tells. None has a value that was bound to a statement, or one that was read. */
export interface DiagnosticEvent {
  /**
   * the name of the manager; undefined for what the cache of a database does by itself, for all of its managers
   */
  readonly manager: string | undefined;
  /**
   * that manager, for telling managers of one name apart: compare it. It is left out of `JSON.stringify`, `Object.keys` and the like
   */
  readonly owner: object | undefined;
  /** the real path of the database, or `:memory:` */
  readonly database: string;
  /** where the data was at the time */
  readonly mode: 'file' | 'memory' | 'fallback' | 'readonly';
  /** the ids of `withContext` at the call; of several callers those that they share */
  readonly ids: LogContext | undefined;
}

/** Why something failed, in the words that the logs have: no values. */
export interface EventError {
  /** the code of a DatabaseError (`E_UNIQUE`), or the name of another error's class */
  readonly type: string;
  /** what the logs say of it; nothing of the text of an error that is not this library's */
  readonly message: string;
}

/**
 * What takes time, told at its `start`, `end`, `asyncStart` and `asyncEnd`, and at its `error`, as tracing channels do: it is one and
 * the same object at all of them, and what is not known yet is undefined. A subscriber may put properties of its own on it.
 */
export interface TimedEvent extends DiagnosticEvent {
  /** when it was asked for, by `performance.now()` */
  readonly startedAt: number;
  /** milliseconds that it waited for a connection; for a cached load 0 */
  readonly waitMs: number | undefined;
  /** milliseconds from then on, as in the log's `duration_ms`; 0 where no connection became free */
  readonly durationMs: number | undefined;
  /** undefined while it has not failed */
  readonly error: EventError | undefined;
}

/** One statement, or one bulk load by DuckDB's appender: `QUERY_CHANNEL`. */
export interface QueryEvent extends TimedEvent {
  /**
   * the call that it was for: `find`, `findById`, `insert`, `insertMany`, `aggregate`, `query`, `execute`, `stream`, `importFrom`,
   * `exportTo`, `storeCacheData` ...
   */
  readonly operation: string;
  /** the class of the entity; undefined for raw SQL */
  readonly entity: string | undefined;
  /** its table, with its schema: `main.trades`; undefined for raw SQL */
  readonly table: string | undefined;
  /**
   * the text, in which each value of a parameter is `$1`, `$2` ...; undefined for a bulk load, which has none. What is no parameter is in
   * it: `limit`, `offset`, the times of `fill` and `timeBucket`, the fraction of `quantile`, paths of files
   */
  readonly sql: string | undefined;
  /** how many values are bound */
  readonly parameterCount: number;
  /** how many callers share it: `findById` of one turn are one statement, inserts that wait together one commit. Else 1 */
  readonly batch: number;
  /** the correlation ids of these callers, where they differ */
  readonly correlationIds: readonly string[] | undefined;
  /** a step that the library takes by itself for the call, such as asking for the order of columns or making a stage */
  readonly internal: boolean;
  /** whether it ran inside of a transaction of several statements */
  readonly inTransaction: boolean;
  /** the key of the cached load that it ran for, as the logs have it; undefined for any other, and where several callers share it */
  readonly cacheKey: string | undefined;
  /**
   * rows read, or rows changed; undefined where it failed. Of a stream those of the chunks that were read so far, of up to 2,048 rows
   * each, also where it failed then; undefined where it never had its connection
   */
  readonly rows: number | undefined;
}

/** One attempt of a transaction, from the call to COMMIT or ROLLBACK: `TRANSACTION_CHANNEL`. A nested call is a part of its outer one. */
export interface TransactionEvent extends TimedEvent {
  /** `transaction`, or the call that has made one for itself: `insertMany`, `importFrom`, `connect` ... */
  readonly operation: string;
  /** from 1 */
  readonly attempt: number;
  /** how many more attempts than one there may be */
  readonly retries: number;
  /** whether it may write nothing */
  readonly readOnly: boolean;
  /** statements and bulk loads that were run in it */
  readonly statements: number | undefined;
  /**
   * `'conflict'`: rolled back because of another transaction; what has `retries` left is tried again. `'unknown'`: COMMIT failed in
   * a way that may have come when it was done, such as a full disk. Undefined before its end, and where it never began
   */
  readonly outcome: 'commit' | 'rollback' | 'conflict' | 'unknown' | undefined;
}

/** One run of the function that loads a cached value: `CACHE_LOAD_CHANNEL`. What it asks the database for are its children. */
export interface CacheLoadEvent extends TimedEvent {
  /** as the logs have it: its name, and a hash in the place of arguments and values */
  readonly key: string;
  /** behind a stale value that was served meanwhile, by `grace` */
  readonly refresh: boolean;
  /** whether its value is kept: not where what it read was written meanwhile, for null without `negativeTtl`, in a transaction that has written ... */
  readonly stored: boolean | undefined;
}

/** What the cache did, at one moment: `CACHE_CHANNEL`. */
export interface CacheEvent extends DiagnosticEvent {
  /**
   * - `hit`: a value was given without a load; see `tier`, `stale` and `joined`
   * - `miss`: there was none that holds; `getOrLoad` and `@Cached` load it now, which `CACHE_LOAD_CHANNEL` tells, and `get` gives undefined
   * - `join`: a caller waits for the load of another one, which may not have told its `miss` yet; a `hit` with `joined` follows, unless that fails
   * - `store`: a value is kept, of a load or of `set`
   * - `delete`, `invalidate`, `clear`: by these calls, within a transaction at its commit. A write that ends values is no event: a miss follows
   * - `evict`: memory had no room for a value
   * - `tierFailure`: the table or the store behind the memory failed, told once when that begins; see `error`
   */
  readonly type: 'hit' | 'miss' | 'join' | 'store' | 'delete' | 'invalidate' | 'clear' | 'evict' | 'tierFailure';
  /** as in `CacheLoadEvent`; undefined for `invalidate`, `clear` and `tierFailure` */
  readonly key: string | undefined;
  /** of a hit: what has answered; of a `tierFailure`: what has failed */
  readonly tier: 'memory' | 'table' | 'store' | undefined;
  /** of a hit: after its ttl, by `grace` */
  readonly stale: boolean;
  /** of a hit: by the load of another caller */
  readonly joined: boolean;
  /** of `tierFailure`: of a store's own error its code and its class, and nothing of its text */
  readonly error: EventError | undefined;
}
