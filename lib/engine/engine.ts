// Running statements for one manager: each on its own session, or on the session of the transaction it is in; with logs,
// the clock told of every committed write. Not here: entities.
import type { DuckDBConnection } from '@duckdb/node-api';
import { context } from '../context.js';
import { classify, loggable, type DatabaseError } from '../errors.js';
import type { Log } from '../log.js';
import { EVERYTHING, type Statement } from '../sql/statement.js';
import { loadChunks, type ChunkSource, type LoadTarget } from './append.js';
import type { Database } from './database.js';
import { define, type Definition } from './definition.js';
import { closedError } from './pool.js';
import type { Recording } from './journal.js';
import type { Result } from './result.js';
import { CONFLICTS } from './replay.js';
import { runAlone } from './run-alone.js';
import { RawConnection } from './raw-connection.js';
import { addsOnly, writesOf, type Session } from './session.js';
import { Transaction, transactionOn, type TransactionOptions } from './transaction.js';

/** How long close() waits for transactions whose code does something else than SQL. */
const CLOSE_GRACE_MS = 5_000;

export class Engine {
  readonly #running = new Set<Promise<unknown>>();
  readonly #sessions = new Set<Session>();
  #closed = false;
  /** close() waits no longer */
  #overdue = false;

  constructor(
    readonly database: Database,
    private readonly log: Log,
    private readonly slowQueryMs: number,
  ) {}

  get closed(): boolean {
    return this.#closed;
  }

  /** The transaction of the caller's context, on this database. */
  get transaction(): Transaction | undefined {
    return transactionOn(this.database);
  }

  /** The logical time as of which the caller reads: a transaction keeps seeing the database as it was when it began. */
  get tick(): number {
    return this.transaction?.beganAt ?? this.database.clock.tick;
  }

  /** @throws DatabaseError, classified */
  async run(statement: Statement): Promise<Result> {
    this.#refuseIfClosed();
    context().reads?.add(this.database, statement.reads);
    const { transaction } = this;
    if (transaction !== undefined) return this.#timed(statement, () => transaction.run(statement));
    const { clock } = this.database;
    const result = await this.#use((session) =>
      this.#timed(statement, () =>
        runAlone(this.database, session, statement, (type) => {
          if (!addsOnly(statement.text)) clock.wrote(writesOf(statement, type));
        }),
      ),
    );
    // whoever has dealt with one takes it out
    if (statement.text.includes(CONFLICTS)) await this.database.countConflicts();
    return result;
  }

  /** Runs `fn` in a transaction, or in the one that is open already. */
  async transact<T>(fn: () => T | Promise<T>, options: TransactionOptions = {}): Promise<T> {
    this.#refuseIfClosed();
    return Transaction.run(this.database, fn, options, {
      use: (work) => this.#use(work),
      retried: (attempt, waitMs) => this.log('transactionRetried', { attempt, wait_ms: Math.round(waitMs) }),
      overdue: () => this.#overdue,
    });
  }

  /** Loads rows by chunks, in a transaction of its own or in the one that is open. Gives their number. */
  load(target: LoadTarget, chunks: ChunkSource): Promise<number> {
    return this.transact(async () => {
      const { transaction } = this;
      if (transaction === undefined) throw closedError();
      return transaction.guard(target.writes, (session, refuseIfOver, recording) =>
        loadChunks(session, target, chunks, refuseIfOver, this.database.alias, recording),
      );
    });
  }

  /** Makes objects that are missing, all or none. */
  define(definitions: readonly Definition[]): Promise<void> {
    return this.transact(async () => {
      const { transaction } = this;
      if (transaction === undefined) throw closedError();
      await transaction.guard([EVERYTHING], (session, _refuseIfOver, recording) =>
        session.exclusive((connection) => {
          const journal = this.database.fallback?.journal;
          const fallback = recording === undefined || journal === undefined ? undefined : { journal, recording };
          return define(connection, definitions, fallback);
        }),
      );
    });
  }

  /**
   * Lends a connection to `fn` alone; inside a transaction it is the transaction's.
   *
   * @param writes tables that `fn` may write
   */
  async lend<T>(fn: (connection: DuckDBConnection) => T | Promise<T>, writes: readonly string[]): Promise<T> {
    this.#refuseIfClosed();
    context().reads?.add(this.database, [EVERYTHING]);
    const { transaction } = this;
    const work = async (connection: DuckDBConnection, recording?: Recording): Promise<T> => {
      try {
        return await fn(
          recording === undefined ? connection : RawConnection.lent(connection, this.database, writes, recording),
        );
      } catch (error) {
        throw readable(error);
      }
    };
    // the turn is not held while `fn` runs: what it does through repositories, and close(), wait in the same line
    if (transaction !== undefined) return transaction.lend(writes, work).finally(() => this.#maybeChanged(writes));
    return this.#use(async (session) => {
      const connection = await session.exclusive((own) => own);
      try {
        return await work(RawConnection.lent(connection, this.database, writes));
      } finally {
        await session.exclusive((own) => restore(own, this.database.alias));
        // what ran before a failure may have been committed
        this.database.clock.wrote(writes);
        this.#maybeChanged(writes);
      }
    });
  }

  /** Who may have written everything may have changed the schema. */
  #maybeChanged(writes: readonly string[]): void {
    if (writes.includes(EVERYTHING)) this.database.schemaChanged();
  }

  async #use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const running = this.database.pool.use(async (session) => {
      if (this.#closed) throw closedError();
      this.#sessions.add(session);
      try {
        return await work(session);
      } finally {
        this.#sessions.delete(session);
      }
    });
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #timed(statement: Statement, run: () => Promise<Result>): Promise<Result> {
    const started = performance.now();
    try {
      const result = await run();
      const durationMs = performance.now() - started;
      const event = durationMs >= this.slowQueryMs ? 'slowQuery' : 'query';
      if (this.log.enabled(event)) this.log(event, { ...fields(statement, durationMs), row_count: result.rowCount });
      return result;
    } catch (error) {
      if (this.log.enabled('queryFailed'))
        this.log('queryFailed', { ...fields(statement, performance.now() - started), ...loggable(error) });
      throw error;
    }
  }

  /** The error for whoever comes after close(). What is refused inside a transaction fails the whole of it. */
  refusal(): DatabaseError {
    const error = closedError();
    this.transaction?.fail(error);
    return error;
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw this.refusal();
  }

  /** Refuses new work, stops what runs, and waits for it to end. */
  async close(): Promise<void> {
    this.#closed = true;
    const interrupt = (): void => {
      for (const session of this.#sessions) session.interrupt();
    };
    const stopping = setInterval(interrupt, 20);
    let grace: NodeJS.Timeout | undefined;
    try {
      interrupt();
      const over = new Promise((resolve) => (grace = setTimeout(resolve, CLOSE_GRACE_MS)));
      await Promise.race([Promise.allSettled(this.#running), over]);
    } finally {
      this.#overdue = true;
      clearInterval(stopping);
      clearTimeout(grace);
    }
  }
}

function fields(statement: Statement, durationMs: number): Record<string, unknown> {
  return { sql: statement.text, duration_ms: Math.round(durationMs * 100) / 100, operation: 'query' };
}

/** DuckDB's errors as DatabaseError; whatever else a caller's function throws stays what it is. */
function readable(error: unknown): unknown {
  const classified = classify(error);
  return classified.code === 'E_UNKNOWN' ? error : classified;
}

/** A connection goes back as it came: no open transaction, the attached database in use. */
async function restore(connection: DuckDBConnection, alias: string): Promise<void> {
  try {
    await connection.run('ROLLBACK');
  } catch {
    // none was open, which is the usual case
  }
  await connection.run(`USE ${alias}`);
}
