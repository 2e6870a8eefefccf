// A transaction: one session, from BEGIN to the end, found through the async context. Not here: which statements.
import type { DuckDBConnection, StatementType } from '@duckdb/node-api';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { context, withinContext } from '../context.js';
import { DatabaseError, classify, isDatabaseError } from '../errors.js';
import type { Statement } from '../sql/statement.js';
import type { Database } from './database.js';
import type { Recording } from './journal.js';
import { closedError } from './pool.js';
import type { Result } from './result.js';
import { writesOf, type Session } from './session.js';

/** Options of `transaction`. */
export interface TransactionOptions {
  /**
   * how often the whole function is run again when another transaction changed the same rows; default 0. A nested call is
   * run again with the outermost, as often as that one says
   */
  readonly retries?: number;
  /** refuse writes; default false */
  readonly readOnly?: boolean;
}

interface Surroundings {
  use<T>(work: (session: Session) => Promise<T>): Promise<T>;
  retried(attempt: number, waitMs: number): void;
  /** whether close() has stopped waiting for transactions */
  overdue(): boolean;
}

/** The open transaction of the caller's context on this database. */
export function transactionOn(database: Database): Transaction | undefined {
  return context().transactions?.get(database) as Transaction | undefined;
}

export class Transaction {
  readonly #writes = new Set<string>();
  /** bulk loads, nested calls and lent connections that are not done yet */
  readonly #pending = new Set<Promise<unknown>>();
  readonly #lent = new Set<Promise<unknown>>();
  #failure: unknown;
  #over = false;

  private constructor(
    private readonly database: Database,
    private readonly session: Session,
    /** what is written down, while another process holds the file */
    private readonly recording: Recording | undefined,
    /** the logical time at BEGIN */
    readonly beganAt: number,
    private readonly readOnly: boolean,
  ) {}

  /** Whether something was written in it; from then on the cache knows less than the database. */
  get hasWritten(): boolean {
    return this.#writes.size > 0;
  }

  static async run<T>(
    database: Database,
    fn: () => T | Promise<T>,
    options: TransactionOptions,
    around: Surroundings,
  ): Promise<T> {
    if (typeof fn !== 'function')
      throw new DatabaseError('E_CONFIG', 'transaction takes a function: transaction(async () => { ... }).');
    const { retries, readOnly } = checkedOptions(options);
    const outer = transactionOn(database);
    if (outer !== undefined) {
      if (readOnly && !outer.readOnly)
        throw new DatabaseError(
          'E_CONFIG',
          'transaction: readOnly cannot be asked for inside a transaction that writes. Open it there.',
        );
      return outer.#track(outer.#pending, outer.#join(fn));
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await around.use((session) => Transaction.#once(database, session, fn, readOnly, around));
      } catch (error) {
        if (attempt > retries || !isConflict(error)) throw error;
        const waitMs = Math.random() * Math.min(250, 5 * 2 ** attempt);
        around.retried(attempt, waitMs);
        await sleep(waitMs);
      }
    }
  }

  static async #once<T>(
    database: Database,
    session: Session,
    fn: () => T | Promise<T>,
    readOnly: boolean,
    around: Surroundings,
  ): Promise<T> {
    const recording = database.fallback?.journal.record();
    const transaction = new Transaction(database, session, recording, database.clock.tick, readOnly);
    await control(session, readOnly ? 'BEGIN TRANSACTION READ ONLY' : 'BEGIN TRANSACTION');
    const transactions = new Map(context().transactions).set(database, transaction);
    let value: T;
    try {
      value = await withinContext({ transactions }, async () => fn());
      await transaction.#settled();
    } catch (error) {
      await transaction.#rollback();
      throw error;
    }
    if (transaction.#failure !== undefined) {
      await transaction.#rollback();
      throw aborted(transaction.#failure);
    }
    transaction.#over = true;
    try {
      // waits its turn behind statements that were not awaited; one of them may have failed meanwhile
      await session.exclusive(async (connection) => {
        if (transaction.#failure !== undefined) throw aborted(transaction.#failure);
        if (around.overdue()) throw closedError();
        await (recording === undefined ? connection.run('COMMIT') : recording.commit(connection));
      });
    } catch (error) {
      await transaction.#rollback();
      throw classify(error, { operation: 'commit' });
    }
    if (transaction.hasWritten) session.dataChanged();
    database.clock.wrote(transaction.#writes);
    return value;
  }

  /** A nested call is part of the whole: if it throws, the whole fails, even where the error is caught. */
  async #join<T>(fn: () => T | Promise<T>): Promise<T> {
    this.#refuseIfOver();
    try {
      return await fn();
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  async run(statement: Statement): Promise<Result> {
    this.#refuseIfOver();
    try {
      const done = (type: StatementType): void => {
        for (const table of writesOf(statement, type)) this.#writes.add(table);
      };
      return await this.session.run(statement, done, this.recording);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  /** Other work on the session that may write `writes`; it calls `refuseIfOver` before each step. */
  async guard<T>(
    writes: readonly string[],
    work: (session: Session, refuseIfOver: () => void, recording: Recording | undefined) => Promise<T>,
  ): Promise<T> {
    this.#refuseIfOver();
    for (const table of writes) this.#writes.add(table);
    try {
      return await this.#track(
        this.#pending,
        work(this.session, () => this.#refuseIfOver(), this.recording),
      );
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  /** Work with the bare connection, which nobody can stop: the end of the transaction waits for it. */
  lend<T>(
    writes: readonly string[],
    work: (connection: DuckDBConnection, recording: Recording | undefined) => Promise<T>,
  ): Promise<T> {
    const running = this.guard(writes, async (session) => {
      session.shared += 1;
      try {
        return await work(await session.exclusive((connection) => connection), this.recording);
      } finally {
        session.shared -= 1;
        session.dataChanged();
        await session.exclusive((connection) => this.#restore(connection));
      }
    });
    return this.#track(this.#lent, running);
  }

  /** Fails the whole, whatever its function makes of it. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  async #track<T>(pending: Set<Promise<unknown>>, work: Promise<T>): Promise<T> {
    pending.add(work);
    try {
      return await work;
    } finally {
      pending.delete(work);
    }
  }

  /** Whoever had the connection may have sent it to another database. An aborted transaction refuses; then its end does it. */
  async #restore(connection: DuckDBConnection): Promise<void> {
    try {
      await connection.run(`USE ${this.database.alias}`);
    } catch (error) {
      this.#failure ??= classify(error);
    }
  }

  /**
   * What was started inside and not awaited is part of the transaction too. It reaches the session within one turn of the
   * loop, and may start more when it is done.
   */
  async #settled(): Promise<void> {
    do {
      await Promise.allSettled(this.#pending);
      await this.session.exclusive(() => {});
      await turn();
    } while (this.session.busy || this.#pending.size > 0);
  }

  #refuseIfOver(): void {
    if (this.#over) {
      throw new DatabaseError(
        'E_TX_ABORTED',
        'The transaction of this call is over. Await everything that is started inside transaction().',
      );
    }
  }

  async #rollback(): Promise<void> {
    this.#over = true;
    await Promise.allSettled(this.#lent);
    // after a failed COMMIT there is nothing left to roll back, and DuckDB says so
    await control(this.session, 'ROLLBACK').catch(() => {});
    this.session.dataChanged();
    await this.session.exclusive((connection) => this.#restore(connection));
  }
}

function control(session: Session, sql: string): Promise<unknown> {
  return session.exclusive((connection) =>
    connection.run(sql).catch((error: unknown) => {
      throw classify(error, { sql });
    }),
  );
}

function aborted(cause: unknown): DatabaseError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseError(
    'E_TX_ABORTED',
    `The transaction was rolled back, because something in it failed and was caught: ${reason}`,
    {
      cause,
      retryable: isConflict(cause),
    },
  );
}

function isConflict(error: unknown): boolean {
  return isDatabaseError(error) && error.retryable;
}

function checkedOptions(options: TransactionOptions): Required<TransactionOptions> {
  const { retries = 0, readOnly = false, ...rest } = options;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw new DatabaseError('E_CONFIG', `transaction has no option '${unknown}'. Options: retries, readOnly.`);
  if (!Number.isSafeInteger(retries) || retries < 0)
    throw new DatabaseError('E_CONFIG', 'transaction: retries is a whole number from 0.');
  return { retries, readOnly };
}
