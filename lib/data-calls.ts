// The calls of the Python module, with its names and values. Not here: what they do (cache/data-cache.ts).
import type { CacheDataOptions, DataCache } from './cache/data-cache.js';
import { takeData } from './cache/data-checks.js';
import { called } from './diagnostics.js';
import { toJsonSerializable } from './json-serializable.js';
import { RawSql, type SqlContext } from './raw-sql.js';
import { knownOptions } from './sql/select.js';

/** What the calls work on. */
export interface DataContext extends SqlContext {
  readonly data: DataCache;
}

/** Raw SQL, and data by key in tables that the Python module reads and writes, too. */
export class DataCalls extends RawSql {
  readonly #use: () => DataContext | Promise<DataContext>;
  readonly #creating: (table: string) => void;

  /** @internal @param creating hears of a table that is to be created, before anything else */
  protected constructor(
    use: () => DataContext | Promise<DataContext>,
    queryTimeoutMs: number | undefined,
    creating: (table: string) => void,
  ) {
    super(use, queryTimeoutMs);
    this.#use = use;
    this.#creating = creating;
  }

  /**
   * Creates a table for `storeCacheData`, with indexes on its key and its time. Does nothing where it is there.
   *
   * @throws DatabaseError `E_CONFIG` for an unusable name, and where it is that of another table or a view; what DuckDB
   *   refuses; `E_CLOSED` when not connected
   * @example await db.createCacheTable('market_cache');
   */
  async createCacheTable(name: string): Promise<void> {
    this.#creating(name);
    const { data } = await this.#use();
    await called({ operation: 'createCacheTable' }, () => data.create(name));
  }

  /**
   * Stores data as JSON under a key, in place of what was there: as they are at the call, whatever is done with them afterwards. The
   * table is created where missing. Rows that are not stored anew within `cache.retention` of the manager's options (30 days) are deleted, at the first store and hourly as stores go on.
   *
   * @param options `tableName`: default `'cache_data'`; `onError`: `'return'` (default) or `'throw'`
   * @returns whether it was stored; a failure is logged
   * @throws DatabaseError `E_CONFIG` for an unusable key, table name or option, `E_CLOSED`; with `onError: 'throw'` whatever it
   *   fails with: `E_CONVERSION` and `E_UNSUPPORTED` for data without JSON, `E_CONFIG` for a table that is no cache table, `E_READ_ONLY` ...
   * @example await db.storeCacheData('market:AAPL', quotes, { tableName: 'market_cache', onError: 'throw' });
   */
  async storeCacheData(key: string, data: unknown, options: CacheDataOptions = {}): Promise<boolean> {
    knownOptions(options, ['tableName', 'onError'], 'storeCacheData', 'E_CONFIG');
    // before any wait: what the caller does with them afterwards is not for this call
    const [taken, own] = [takeData(data), { ...options }];
    const { data: tables } = await this.#use();
    return called({ operation: 'storeCacheData' }, () => tables.store(key, taken, own));
  }

  /**
   * Data stored under a key, unless older than `ttlHours`, or than `cache.retention` of the manager's options (30 days), after
   * which it is deleted. Null that was stored looks like a miss: where the difference matters, store `{ value: null }`.
   *
   * @param options `tableName`: default `'cache_data'`; `ttlHours`: default the env `CACHE_TTL_HOURS`, else 24; `onError`:
   *   `'return'` (default) or `'throw'`
   * @returns the data, or null where there is none, it is too old, or reading failed (which is logged as an error)
   * @throws DatabaseError `E_CONFIG` for an unusable key, table name, option or number of hours, `E_CLOSED`; with
   *   `onError: 'throw'` whatever it fails with, so that null means that there is none
   * @example const quotes = await db.getCacheData<Quote[]>('market:AAPL', { tableName: 'market_cache', ttlHours: 1 });
   */
  async getCacheData<T = unknown>(
    key: string,
    options: CacheDataOptions & { readonly ttlHours?: number } = {},
  ): Promise<T | null> {
    knownOptions(options, ['tableName', 'ttlHours', 'onError'], 'getCacheData', 'E_CONFIG');
    const { data } = await this.#use();
    return called({ operation: 'getCacheData' }, () => data.get(key, options)) as Promise<T | null>;
  }

  /**
   * The function `toJsonSerializable`.
   *
   * @throws DatabaseError as `toJsonSerializable`
   * @example const text = JSON.stringify(db.toJsonSerializable({ at: new Date(), shares: 10n }));
   */
  toJsonSerializable(value: unknown): unknown {
    return toJsonSerializable(value);
  }
}
