// The Python module's cache calls: JSON data under a key in a table of the user's naming, with the age limit given by the
// reader. Not here: the tables (data-table.ts), the order of writes (data-line.ts), what is deleted when (data-retention.ts),
// typed values and invalidation (cache.ts).
import type { Engine } from '../engine/engine.js';
import { classify, isDatabaseError, loggable } from '../errors.js';
import type { Log, LogEvent } from '../log.js';
import type { Statement } from '../sql/statement.js';
import { checkedHours, checkedKey, checkedOnError, countOf, type TakenData } from './data-checks.js';
import { DataLine } from './data-line.js';
import { DataRetention } from './data-retention.js';
import {
  DEFAULT_TABLE,
  checkedTable,
  indexesStatement,
  isThere,
  lookStatement,
  readStatement,
  storeStatement,
  tableStatements,
} from './data-table.js';
import { folded } from './table-name.js';

const HOUR_MS = 3_600_000;

/** Options of `storeCacheData` and `getCacheData`. */
export interface CacheDataOptions {
  /** default `'cache_data'` */
  readonly tableName?: string;
  /**
   * what comes of a failure, which is logged as an error either way: `'return'` (default): false, or null; `'throw'`: the
   * DatabaseError, so that it does not look like a miss
   */
  readonly onError?: 'return' | 'throw';
}

/** What a manager knows of a table: that it is there; that its indexes are, too. */
type Known = 'seen' | 'made';

export class DataCache {
  readonly #line: DataLine;
  readonly #retention: DataRetention;
  /** what is known outside of transactions, of the database that was worked on then */
  #known = { alias: '', tables: new Map<string, Known>() };
  /** a transaction sees the tables as they were when it began, and those that it made */
  readonly #knownWithin = new WeakMap<object, Map<string, Known>>();
  readonly #making = new Map<string, Promise<void>>();

  constructor(
    private readonly engine: Engine,
    private readonly log: Log,
    retentionMs: number,
    private readonly now: () => number = Date.now,
  ) {
    this.#line = new DataLine(engine, now);
    this.#retention = new DataRetention(engine, this.#line, log, retentionMs, now);
  }

  #tables(): Map<string, Known> {
    const { transaction, database } = this.engine;
    if (transaction === undefined) {
      // a side file and the database may differ
      if (this.#known.alias !== database.alias) this.#known = { alias: database.alias, tables: new Map() };
      return this.#known.tables;
    }
    let within = this.#knownWithin.get(transaction);
    if (within === undefined) this.#knownWithin.set(transaction, (within = new Map<string, Known>()));
    return within;
  }

  async create(name: unknown): Promise<void> {
    const table = checkedTable(name);
    try {
      // indexes are not made on what is somebody else's; and each start comes by here, which is to end nothing that was kept
      const there = isThere(table, await this.engine.run({ ...lookStatement(table), reads: [] }));
      if (!there || !(await this.#isIndexed(table)))
        for (const statement of tableStatements(table)) await this.#write(statement);
      // what was prepared while the table was another one (or one that was rolled back) is of no use
      this.engine.database.schemaChanged();
    } catch (error) {
      this.log('cacheTableFailed', { table_name: table, ...loggable(error) });
      throw error;
    }
    this.#tables().set(folded(table), 'made');
    this.#retention.made(table);
    this.log('cacheTableCreated', {
      table_name: table,
      indexes: ['cache_key', 'updated_at'],
      operation: 'create_table',
    });
  }

  async #isIndexed(table: string): Promise<boolean> {
    const { columns } = await this.engine.run({ ...indexesStatement(table), reads: [] });
    return columns[0]?.[0] === true;
  }

  #write(statement: Statement): Promise<unknown> {
    const run = (): Promise<unknown> => this.engine.run(statement);
    return this.engine.transaction === undefined ? this.#line.turn(run) : run();
  }

  /** Many stores at once into a new table make it once. */
  #make(table: string): Promise<void> {
    if (this.engine.transaction !== undefined) return this.create(table);
    const id = folded(table);
    let making = this.#making.get(id);
    if (making === undefined) {
      making = this.create(table).finally(() => this.#making.delete(id));
      this.#making.set(id, making);
    }
    return making;
  }

  /** @param data taken in the turn in which the caller gave them */
  async store(key: unknown, data: TakenData, options: CacheDataOptions = {}): Promise<boolean> {
    const [table, cacheKey, onError] = [
      checkedTable(options.tableName ?? DEFAULT_TABLE),
      checkedKey(key),
      checkedOnError(options.onError),
    ];
    const about = { cache_key: cacheKey, table_name: table };
    try {
      const json = data.json();
      if (this.#tables().get(folded(table)) !== 'made') await this.#make(table);
      if (this.engine.transaction === undefined) await this.#line.store(table, cacheKey, json);
      else await this.#write(storeStatement(table, [[cacheKey, json]], this.now()));
    } catch (error) {
      this.#failed('cacheStoreFailed', about, error, onError);
      return false;
    }
    this.log('cacheStored', { ...about, data_count: data.count, operation: 'store_cache' });
    this.#retention.stored(table);
    return true;
  }

  async get(key: unknown, options: CacheDataOptions & { readonly ttlHours?: number } = {}): Promise<unknown> {
    const [table, cacheKey, onError, ttlHours] = [
      checkedTable(options.tableName ?? DEFAULT_TABLE),
      checkedKey(key),
      checkedOnError(options.onError),
      checkedHours(options.ttlHours),
    ];
    const about = { cache_key: cacheKey, table_name: table };
    const missed = (reason: string): null => {
      this.log('cacheMissed', { ...about, ttl_hours: ttlHours, reason });
      return null;
    };
    let data: unknown;
    try {
      // asking a table that is not there would fail a transaction as a whole
      if (!(await this.#sees(table))) return missed('no_table');
      const { columns } = await this.engine.run(readStatement(table, cacheKey, this.now(), ttlHours * HOUR_MS));
      data = columns[0]?.[0];
    } catch (error) {
      this.#tables().delete(folded(table));
      // dropped by somebody: no table is a miss
      if (isMissing(error) && this.engine.transaction === undefined && !(await this.#sees(table).catch(() => true)))
        return missed('no_table');
      this.#failed('cacheRetrieveFailed', about, error, onError);
      return null;
    }
    if (data === undefined) return missed('not_found_or_expired');
    this.log('cacheRetrieved', { ...about, data_count: countOf(data), ttl_hours: ttlHours, operation: 'get_cache' });
    return data;
  }

  async #sees(table: string): Promise<boolean> {
    const known = this.#tables();
    if (known.has(folded(table))) return true;
    if (!isThere(table, await this.engine.run(lookStatement(table)))) return false;
    known.set(folded(table), 'seen');
    return true;
  }

  /** Logs a failure, and throws it where that was asked for; of a closed manager always. */
  #failed(
    event: LogEvent,
    about: { readonly table_name: string },
    error: unknown,
    onError: CacheDataOptions['onError'],
  ): void {
    if (isDatabaseError(error, 'E_CLOSED')) throw error;
    // it may have been dropped, or replaced: it is looked at again next time
    this.#tables().delete(folded(about.table_name));
    this.log(event, { ...about, ...loggable(error) });
    if (onError === 'throw') throw classify(error);
  }

  /**
   * Deletes the rows of this manager's cache tables that nobody has stored anew within the retention. Not in fallback, and not
   * in a transaction.
   *
   * @returns rows deleted
   * @throws DatabaseError `E_CLOSED`
   */
  async purge(): Promise<number> {
    if (this.engine.closed) throw this.engine.refusal();
    return this.#retention.purge();
  }
}

function isMissing(error: unknown): boolean {
  return isDatabaseError(error, 'E_QUERY') && error.details['reason'] === 'missing';
}
