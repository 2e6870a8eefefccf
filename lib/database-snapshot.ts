// Everything that a database in memory holds at one moment, to come back to: rows, schema, sequences, and what its cache had kept.
// Not here: the copy (engine/kept-copy.ts), what each test does with it (testing/).
import type { Cache } from './cache/cache.js';
import type { Engine } from './engine/engine.js';
import { KeptCopy } from './engine/kept-copy.js';
import { durationMs, type Duration } from './duration.js';
import { DatabaseError } from './errors.js';
import { knownOptions } from './sql/select.js';

const PATIENCE = '5s';

/** Options of `restore`. */
export interface RestoreOptions {
  /** how long transactions, streams and lent connections that are open may take to end; default `'5s'` */
  readonly timeout?: Duration;
}

/**
 * What `snapshot()` of a manager gives.
 *
 * @example await using seeded: DatabaseSnapshot = await db.snapshot();
 */
export class DatabaseSnapshot implements AsyncDisposable {
  private constructor(
    private readonly engine: Engine,
    private readonly cache: Cache,
    private readonly copy: KeptCopy,
    private readonly kept: ReturnType<Cache['kept']>,
  ) {}

  /** @internal */
  static async take(engine: Engine, cache: Cache): Promise<DatabaseSnapshot> {
    const { database } = engine;
    if (database.mode !== 'memory')
      throw new DatabaseError(
        'E_UNSUPPORTED',
        `snapshot: ${database.path} is no database in memory. Open ':memory:' for tests that go back; of a file take a backup(path), and open a copy of it.`,
      );
    refuseWithin(engine, 'snapshot');
    const { tick } = engine;
    const copy = await KeptCopy.take(database);
    return new DatabaseSnapshot(engine, cache, copy, cache.kept(tick));
  }

  /**
   * Brings the database back to what it was: rows, tables, types, views, indexes, and the numbers that sequences give next. The cache
   * has what it had kept then, with the ends that it had by the clock, and nothing of since. As often as is wanted, also to an earlier
   * one of several.
   *
   * Await what you have started: it waits for statements, and up to `timeout` for transactions, streams and lent connections. What is
   * asked for meanwhile runs afterwards. Statements that `duckdbConn` has prepared are of the database before, and fail; settings,
   * temporary tables and databases that SQL has attached stay as they are.
   *
   * @throws DatabaseError `E_TIMEOUT` where something is still open, and nothing was changed; `E_CONFIG` inside of a transaction;
   *   `E_CLOSED` after the manager was closed, or the snapshot disposed of
   * @example
   * const seeded = await db.snapshot();
   * await db.repository(Trade).delete(all());
   * await seeded.restore(); // the trades are there again
   */
  async restore(options: RestoreOptions = {}): Promise<void> {
    knownOptions(options, ['timeout'], 'restore', 'E_CONFIG');
    const patienceMs = durationMs(options.timeout ?? PATIENCE, 'timeout');
    const { engine, cache } = this;
    if (engine.closed)
      throw new DatabaseError('E_CLOSED', 'The snapshot is of a manager that was closed. Take one after connect().');
    refuseWithin(engine, 'restore');
    let kept = Promise.resolve();
    await this.copy.bringBack(patienceMs, () => {
      // before anybody asks it, and it waits for its table, which is still
      kept = cache.bringBack(this.kept);
    });
    await kept;
  }

  /** Frees its memory; without it close() of the manager does so. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.engine.closed) await this.copy.drop();
  }
}

function refuseWithin(engine: Engine, what: string): void {
  if (engine.transaction !== undefined)
    throw new DatabaseError('E_CONFIG', `${what} is about what is committed. Call it outside of transaction().`);
}
