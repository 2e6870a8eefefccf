// BaseDuckDBManager: the composition root. It opens the database, agrees on the schema, and hands out repositories, SQL,
// transactions and the cache. Not here: how any of these works.
import type { DuckDBConnection } from '@duckdb/node-api';
import { Cache } from './cache/cache.js';
import { DataCache } from './cache/data-cache.js';
import { KEYV_HOME, KEYV_NOW, type KeyvHome } from './cache/keyv-store.js';
import { CACHE, openManagers, type CacheSource, type OpenManager } from './cache/source.js';
import { withinContext } from './context.js';
import { called } from './diagnostics.js';
import { backup, type BackupOptions } from './engine/backup.js';
import { checkpoint } from './engine/checkpoint.js';
import type { Mode } from './engine/database.js';
import { afterCommitOf } from './engine/after-commit.js';
import { Engine } from './engine/engine.js';
import { RawConnection } from './engine/raw-connection.js';
import { acquireDatabase, type Lease } from './engine/registry.js';
import type { TransactionOptions } from './engine/transaction.js';
import type { EntityClass } from './entity/row.js';
import { schemaOf } from './entity/schema.js';
import { DataCalls } from './data-calls.js';
import { DatabaseSnapshot } from './database-snapshot.js';
import { DatabaseError, classify, isDatabaseError, loggable } from './errors.js';
import { Lifetime } from './lifetime.js';
import { CALL_OPTIONS, type Limit, limited, within, type CallOptions } from './limit.js';
import { resolveOptions, type ManagerOptions, type Resolved } from './options.js';
import {
  REPOSITORY,
  Repository,
  isRepositoryClass,
  takingManager,
  type RepositoryClass,
  type RepositoryContext,
  type RepositoryOwner,
  type RepositoryParts,
  type RowClass,
} from './repository.js';
import { applySchema } from './schema/apply.js';
import { knownOptions } from './sql/select.js';
import { EVERYTHING } from './sql/statement.js';

/** What `health()` tells. */
export interface Health {
  /** `'ok'`; `'degraded'`: open, but not on the file that was asked for, or with a problem; `'closed'` */
  readonly status: 'ok' | 'degraded' | 'closed';
  /** where the data is; undefined when closed */
  readonly mode: Mode | undefined;
  /** the path as it was given */
  readonly dbPath: string;
  /**
   * why DuckDB has given the database up, where it has; it is attached again as soon as that is possible. Or how the database
   * differs from the entities, where that turned out after a fallback
   */
  readonly problem: string | undefined;
  /** connections, those lent now, and callers waiting for one */
  readonly pool: { readonly size: number; readonly busy: number; readonly waiting: number };
  /** transactions made in fallback that the database does not have yet */
  readonly pending: number;
  /** transactions made in fallback that the database refused; they are in its table `mysingle_conflicts` */
  readonly conflicts: number;
}

interface Opened extends RepositoryContext {
  readonly lease: Lease;
  /** looks whether the database is what the entities say, after the work has gone over to it */
  readonly arrived: () => void;
  readonly raw: RawConnection;
  readonly data: DataCache;
}

/**
 * A DuckDB database with entities, repositories, SQL, transactions and a cache. Use it as it is, or subclass it and
 * override `createTables()`.
 *
 * @example
 * await using db = await BaseDuckDBManager.open({ path: 'data/analytics.duckdb', entities: [Trade] });
 * const last = await db.repository(Trade).findOne({ where: { symbol: 'AAPL' }, orderBy: { at: 'desc' } });
 */
export class BaseDuckDBManager extends DataCalls implements OpenManager, RepositoryOwner {
  readonly #options: Resolved;
  readonly #repositories = new Map<EntityClass, object>();
  readonly #lifetime: Lifetime<Opened>;
  /** how the database differs from the entities, as it turned out after a fallback */
  #drift: string | undefined;
  readonly [CACHE]: CacheSource[typeof CACHE];

  /**
   * Does not open anything: `connect()` does, or the first use.
   *
   * @throws DatabaseError `E_CONFIG` for a wrong option, `E_DECLARATION` for a class that is no entity
   */
  constructor(options?: string | ManagerOptions) {
    const resolved = resolveOptions(options);
    super(
      () => this.#use(),
      resolved.queryTimeoutMs,
      (table) => this.#warnOfTable(table),
    );
    this.#options = resolved;
    this.#lifetime = new Lifetime<Opened>(this, {
      path: this.dbPath,
      log: this.#options.log,
      open: (patience) => this.#open(patience),
      prepare: (opened) => this.#prepare(opened),
      opened: () => this.#announce(),
      closing: () => void openManagers.delete(this),
      release,
    });
    this[CACHE] = {
      owner: this,
      now: () => this.#lifetime.current?.cache,
      open: async () => (await this.#use()).cache,
    };
    Object.defineProperty(this, CACHE, { enumerable: false });
  }

  /**
   * Makes a manager and connects it.
   *
   * @throws DatabaseError as the constructor and `connect()`
   * @example await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade] });
   */
  static async open<M extends BaseDuckDBManager>(
    this: new (options?: string | ManagerOptions) => M,
    options?: string | ManagerOptions,
  ): Promise<M> {
    return new this(options).connect();
  }

  /** The name for injection. */
  get name(): string {
    return this.#options.name;
  }

  /** The path as it was given. */
  get dbPath(): string {
    return this.#options.database.path;
  }

  /**
   * Where the data is: `'file'`, `'memory'` (asked for, or fallen back to), `'fallback'` (on a side file, until the lock of the
   * file is free), `'readonly'`.
   *
   * @throws DatabaseError `E_CLOSED` when not connected
   */
  get mode(): Mode {
    return this.#now().engine.database.mode;
  }

  /**
   * Opens the database, creates what the entities need, and runs `createTables()`. Does nothing when connected.
   *
   * @throws DatabaseError `E_LOCKED E_CONFIG E_CORRUPT E_PERMISSION` ... when it cannot be opened, `E_SCHEMA_DRIFT` when it
   *   differs from the entities, `E_DECLARATION` when the entities do not go together
   * @example const db = await new BaseDuckDBManager('data/analytics.duckdb').connect();
   */
  async connect(): Promise<this> {
    await this.#lifetime.connect();
    return this;
  }

  async #open(patience: Limit): Promise<Opened> {
    const { log, database: options, slowQueryMs, cache: cacheOptions, retentionMs, validate, now } = this.#options;
    const lease = await acquireDatabase(options, patience);
    try {
      const engine = new Engine(lease.database, log, slowQueryMs, this);
      const cache = await Cache.open(engine, cacheOptions, log, now);
      const raw = await RawConnection.open(lease.database);
      const arrived = (): void => void this.#agreeOnArrival(engine);
      lease.database.arrivals.add(arrived);
      const data = new DataCache(engine, log, retentionMs, now);
      cache.alsoPurge(() => data.purge());
      return { lease, arrived, engine, cache, raw, data, validate, now: now ?? Date.now };
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  async #prepare({ engine, cache }: Opened): Promise<void> {
    this.#drift = undefined;
    const { entities, schema, log } = this.#options;
    cache.know(entities);
    const readOnly = engine.database.mode === 'readonly';
    const created = await called({ operation: 'connect' }, () =>
      applySchema(engine, entities, readOnly && schema === 'create' ? 'verify' : schema),
    );
    if (created.length > 0) log('schemaApplied', { created, operation: 'create_table' });
    if (!readOnly) await withinContext({ connecting: this }, async () => this.createTables());
  }

  /** A fallback begins without a look at the database. What would have kept it from opening is a problem now. */
  async #agreeOnArrival(engine: Engine): Promise<void> {
    const { entities, schema, log } = this.#options;
    try {
      await applySchema(engine, entities, schema);
      this.#drift = undefined;
    } catch (error) {
      if (isDatabaseError(error, 'E_CLOSED')) return;
      this.#drift = classify(error).message;
      log('arrivedAtOther', { db_path: this.dbPath, ...loggable(classify(error)) });
    }
  }

  #announce(): void {
    openManagers.add(this);
    const { log } = this.#options;
    const { mode } = this;
    if (mode === 'memory' && this.#degraded) log('connectedInMemory', { mode: 'memory', status: 'success' });
    else log('connected', { db_path: this.dbPath, status: 'success', operation: 'connect', mode });
  }

  /** Whether the data is not where it was asked to be. */
  #warnOfTable(table: string): void {
    if (this.#lifetime.state === 'closed') this.#options.log('cacheTableNoConnection', { table_name: table });
  }

  get #degraded(): boolean {
    const { mode } = this.#now().engine.database;
    return mode === 'fallback' || (mode === 'memory' && this.#options.database.path !== ':memory:');
  }

  /** @internal what `keyvStore` works on */
  async [KEYV_HOME](): Promise<KeyvHome> {
    const { engine } = await this.#use();
    return { database: engine.database, entities: this.#options.entities };
  }

  /** @internal the time that it goes by */
  get [KEYV_NOW](): () => number {
    return this.#options.now ?? Date.now;
  }

  /**
   * Connects where this was never done. @throws DatabaseError `E_CLOSED` after `close()`
   *
   * @example await db.ensureConnected(); // at the start of a service, to fail there and not at the first request
   */
  async ensureConnected(): Promise<void> {
    await this.#use();
  }

  /** What is open. @throws DatabaseError `E_CLOSED` */
  #now(): Opened {
    return this.#lifetime.now();
  }

  /** What is open: at once where it is, after connecting where that was never done. */
  #use(): Opened | Promise<Opened> {
    return this.#lifetime.use();
  }

  /**
   * Refuses new work, stops what runs, waits for it, and closes. Safe to call twice. Afterwards every use is `E_CLOSED`
   * until `connect()` is called again.
   *
   * Queries, streams and waits end at once with `E_CLOSED` or `E_ABORTED`; transactions and lent connections have 5 seconds to
   * come to their end, and are rolled back and taken back then. A `connect()` that waits for a lock gives up.
   *
   * @throws DatabaseError what DuckDB fails with as it lets go of the file
   * @example await db.close();
   */
  close(): Promise<void> {
    return this.#lifetime.close();
  }

  /** The same as `close()`, at the end of a block with `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Override to create tables by hand. Runs at each connect, after the entities' own DDL, and not in read-only mode.
   *
   * @throws DatabaseError whatever your own code throws: `connect()` then fails with it, and nothing stays open
   * @example protected override async createTables() { await this.createCacheTable('market_cache'); }
   */
  protected async createTables(): Promise<void> {}

  /**
   * The repository of an entity, or one of a class that extends `Repository.of(Entity)`; the same one at each call.
   *
   * @throws DatabaseError `E_CONFIG` when the entity is not among the manager's; `E_DECLARATION` for a class whose constructor takes more
   *   than the manager
   * @example const trades = db.repository(Trade);
   * class Backtests extends Repository.of(BacktestResult) {}
   * const backtests = db.repository(Backtests); // with its own methods, too
   */
  repository<R extends object>(repository: RepositoryClass<R>): R;
  repository<E extends object>(entity: RowClass<E>): Repository<E>;
  repository(given: RepositoryClass | EntityClass): object {
    let repository = this.#repositories.get(given);
    if (repository === undefined) {
      repository = isRepositoryClass(given)
        ? new (takingManager(given))(this as never)
        : new Repository<object>(given, this);
      this.#repositories.set(given, repository);
    }
    return repository;
  }

  /** @internal what a repository works with */
  [REPOSITORY](entity: EntityClass): RepositoryParts {
    const { entities, queryTimeoutMs, cursorSecret } = this.#options;
    if (!entities.includes(entity)) {
      const { className } = schemaOf(entity);
      throw new DatabaseError(
        'E_CONFIG',
        `${className} is not among the entities of this manager. Add it: entities: [${className}].`,
      );
    }
    return { open: () => this.#use(), queryTimeoutMs, cursorSecret };
  }

  /**
   * Runs `fn` in a transaction, which everything it calls joins by itself. Commits when `fn` gives a value, rolls back when
   * it throws. A statement that failed fails the whole, even where its error was caught. Nested calls join.
   *
   * `timeout` and `signal` end it whatever `fn` does meanwhile: it is rolled back, and what `fn` still asks for is refused.
   *
   * What `fn` starts belongs to the transaction for ever, also after its end: a `setInterval`, `setTimeout` or event handler
   * made inside gets `E_TX_ABORTED` for each statement that it runs later. Start such things before or after, or in
   * `afterCommit`.
   *
   * @throws DatabaseError `E_CONFLICT` when other transactions changed the same rows and `retries` are used up,
   *   `E_TX_ABORTED` when something in it failed and was caught, `E_TIMEOUT`, `E_ABORTED`; whatever `fn` throws
   * @example await db.transaction(async () => { await orders.insert(order); await accounts.update({ id }, { balance: sql`balance - 1` }); }, { retries: 3 });
   */
  async transaction<T>(fn: () => T | Promise<T>, options: TransactionOptions = {}): Promise<T> {
    knownOptions(options, ['retries', 'readOnly', ...CALL_OPTIONS], 'transaction', 'E_CONFIG');
    return limited(options, 'transaction', undefined, undefined, async (limit) => {
      const opened = within(limit, this.#use());
      const { engine } = opened instanceof Promise ? await opened : opened;
      return engine.transact(fn, options, limit);
    });
  }

  /**
   * Runs `fn` once the transaction around the call has committed: after COMMIT, outside of the transaction, in the order of
   * the calls, and before `transaction()` gives its value. Where it is rolled back `fn` never runs; with `retries` only what
   * the attempt that committed has asked for does. Outside a transaction it runs at once.
   *
   * An error of `fn` does not make a committed transaction look as if it had failed: it is logged as an error, the others run
   * all the same. Catch it in `fn` to do more about it.
   *
   * @returns settled when `fn` is registered; outside a transaction, when it has run, with its error
   * @throws DatabaseError `E_CONFIG` for no function, `E_TX_ABORTED` when the transaction is over, `E_CLOSED`
   * @example await db.transaction(async () => { await orders.insert(order); await db.afterCommit(() => mail(order)); });
   */
  async afterCommit(fn: () => unknown): Promise<void> {
    const { engine } = await this.#use();
    await afterCommitOf(engine.transaction, fn);
  }

  /**
   * A raw connection of the manager's own, outside the pool and outside transactions. What runs on it counts as a write to
   * everything; prefer `withConnection`.
   *
   * @throws DatabaseError `E_CLOSED` when not connected
   */
  get duckdbConn(): DuckDBConnection {
    return this.#now().raw.connection;
  }

  /** The same as `duckdbConn`, and null when not connected. */
  get connection(): DuckDBConnection | null {
    return this.#lifetime.current?.raw.connection ?? null;
  }

  /**
   * Lends a raw connection to `fn` alone; inside a transaction it is the transaction's, which alone ends it. Counts as a write to
   * everything, unless told what is written. What `fn` leaves open is rolled back. When `fn` is done, and what it asked for
   * without waiting, the connection is taken back, with all that was made of it: whatever it is asked for then throws. With a
   * `timeout` or `signal` it is taken back when that stops the call, whatever `fn` does meanwhile, and what it runs is interrupted.
   *
   * @throws DatabaseError for what DuckDB refuses, `E_QUERY` for COMMIT, ROLLBACK and the like inside of `transaction()`, `E_CLOSED`, `E_TIMEOUT` when no connection becomes free; whatever `fn` throws
   * @example await db.withConnection((c) => c.run('insert into trades select * from staging'), { writes: [Trade] });
   */
  async withConnection<T>(
    fn: (connection: DuckDBConnection) => T | Promise<T>,
    options: { readonly writes?: readonly EntityClass[] } & CallOptions = {},
  ): Promise<T> {
    if (typeof fn !== 'function')
      throw new DatabaseError('E_CONFIG', 'withConnection takes a function of a connection.');
    knownOptions(options, ['writes', ...CALL_OPTIONS], 'withConnection', 'E_CONFIG');
    const writes = options.writes?.map((entity) => schemaOf(entity).id) ?? [EVERYTHING];
    return limited(options, 'withConnection', undefined, undefined, async (limit) => {
      const opened = within(limit, this.#use());
      // whoever asks in the same turn comes after this
      const { engine } = opened instanceof Promise ? await opened : opened;
      return engine.lend(fn, writes, limit);
    });
  }

  /**
   * The cache.
   *
   * @throws DatabaseError `E_CLOSED` when not connected
   */
  get cache(): Cache {
    return this.#now().cache;
  }

  /**
   * Copies the whole database to a file, as it is at one moment, while others go on writing: rows, keys, indexes, sequences
   * with their value, enums, views, comments, the cache. The copy is an ordinary DuckDB file. It gets its name when it is
   * complete, so a crash leaves no half backup. What is committed counts; call it outside of transactions. It works in
   * memory and read-only mode too, and uses one connection of the pool.
   *
   * @param options `overwrite`: replace the database that is there; default false
   * @throws DatabaseError `E_CONFIG` for the database itself, a target that exists, is open here or is no database;
   *   `E_DISK_FULL`, `E_PERMISSION`, `E_READ_ONLY`, `E_ABORTED` by close(), `E_CLOSED`
   * @example await db.backup(`backups/${new Date().toISOString().slice(0, 10)}.duckdb`);
   */
  async backup(path: string, options: BackupOptions = {}): Promise<void> {
    knownOptions(options, ['overwrite'], 'backup', 'E_CONFIG');
    const { overwrite = false } = options;
    if (typeof overwrite !== 'boolean') throw new DatabaseError('E_CONFIG', 'backup: overwrite is true or false.');
    const { engine } = await this.#use();
    await backup(engine, path, overwrite);
    this.#options.log('backedUp', { db_path: this.dbPath, backup_path: path, operation: 'backup' });
  }

  /**
   * Keeps in memory what this database in memory holds now, to come back to as often as is wanted: see `restore()` of what it gives.
   * For tests that all begin with the same rows. What is committed counts; others may go on meanwhile.
   *
   * @throws DatabaseError `E_UNSUPPORTED` for a database that is no `:memory:`, `E_CONFIG` inside of a transaction, `E_CLOSED`
   * @example
   * const seeded = await db.snapshot();
   * await seeded.restore(); // after each test
   */
  async snapshot(): Promise<DatabaseSnapshot> {
    const { engine, cache } = await this.#use();
    return DatabaseSnapshot.take(engine, cache);
  }

  /**
   * Writes everything committed from the log beside the database into the database file. DuckDB does so by itself as the log
   * grows, and at close. Transactions that only read, insert or delete may go on, where no table was changed since they began; nothing is done in memory.
   *
   * @throws DatabaseError `E_CONFLICT` (retryable) while a transaction is open that has updated rows or changed tables, or began before they were changed, `E_CONFIG`
   *   inside of a transaction, `E_READ_ONLY`, `E_INVALIDATED` where the disk is full, `E_CLOSED`
   * @example await db.checkpoint(); // after a migration, in a quiet moment
   */
  async checkpoint(): Promise<void> {
    const { engine } = await this.#use();
    await checkpoint(engine);
  }

  /**
   * The state of the manager, without asking the database.
   *
   * @example const { status, mode, pending } = db.health();
   */
  health(): Health {
    const { database } = this.#options;
    const opened = this.#lifetime.current;
    const problem =
      opened === undefined ? undefined : (opened.engine.database.recovery.problem?.message ?? this.#drift);
    return {
      status: opened === undefined ? 'closed' : this.#degraded || problem !== undefined ? 'degraded' : 'ok',
      mode: opened?.engine.database.mode,
      dbPath: database.path,
      problem,
      pool: opened?.engine.database.pool.stats ?? { size: database.poolSize, busy: 0, waiting: 0 },
      pending: opened?.engine.database.fallback?.pending ?? 0,
      conflicts: opened?.engine.database.conflicts ?? 0,
    };
  }
}

async function release({ engine, raw, lease, arrived }: Opened): Promise<void> {
  lease.database.arrivals.delete(arrived);
  try {
    await engine.close();
    await raw.close();
  } finally {
    // or the file would stay locked for as long as the process lives
    await lease.release();
  }
}
