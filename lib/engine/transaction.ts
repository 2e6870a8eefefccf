// A transaction: one session, from BEGIN to the end, found through the async context. Not here: which statements.
import type { DuckDBConnection, DuckDBMaterializedResult } from '@duckdb/node-api';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { context, withinContext } from '../context.js';
import { Timed, tell, traced, transactions } from '../diagnostics.js';
import { DatabaseError, classify, isDatabaseError } from '../errors.js';
import { Limit, type CallOptions } from '../limit.js';
import { EVERYTHING, type Statement } from '../sql/statement.js';
import { Creation } from './creation.js';
import type { Database } from './database.js';
import type { Recording } from './journal.js';
import { closedError } from './pool.js';
import { RawConnection } from './raw-connection.js';
import type { Read } from './result.js';
import type { Reader, Session } from './session.js';
import type { TracedTransaction } from './telling.js';
import { writesOf } from './statement-effect.js';
import { isCommitUndone } from './undone.js';

/** Options of `transaction`. A `timeout` or `signal` ends the whole of it, with all its attempts, whatever `fn` does. */
export interface TransactionOptions extends CallOptions {
  /**
   * how often the whole function is run again when another transaction changed the same rows; default 0. A nested call is
   * run again with the outermost, as often as that one says
   */
  readonly retries?: number;
  /** refuse writes; default false */
  readonly readOnly?: boolean;
}

/** What has come of it, and what is to be done behind it. */
interface Committed<T> {
  readonly value: T;
  readonly afterCommit: readonly (() => Promise<void>)[];
}

interface Surroundings {
  use<T>(work: (session: Session, limit: Limit) => Promise<T>): Promise<T>;
  /** what is told of an attempt; undefined where nobody listens */
  attempt(attempt: number, retries: number, readOnly: boolean): TracedTransaction | undefined;
  retried(attempt: number, waitMs: number): void;
  afterCommitFailed(error: unknown): void;
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
  readonly #loads = new Set<Promise<unknown>>();
  readonly #afterCommit: (() => Promise<void>)[] = [];
  readonly #whenCommitted: (() => void)[] = [];
  /** the bare connection was lent, so that names may have meant something else meanwhile */
  #wasLent = false;
  #failure: unknown;
  #over = false;
  #statements = 0;
  /** the COMMIT failed, and may be done */
  #unknown = false;
  /** stops what runs on the session: with the whole, with a nested call that was stopped, and at a rollback */
  readonly work: Limit;

  private constructor(
    private readonly database: Database,
    private readonly session: Session,
    /** what is written down, while another process holds the file */
    private readonly recording: Recording | undefined,
    /** stops the whole */
    private readonly whole: Limit,
    /** the logical time at BEGIN */
    readonly beganAt: number,
    private readonly readOnly: boolean,
  ) {
    this.work = new Limit([whole]);
  }

  /** Whether something was written in it; from then on the cache knows less than the database. */
  get hasWritten(): boolean {
    return this.#writes.size > 0;
  }

  static async run<T>(
    database: Database,
    fn: () => T | Promise<T>,
    options: TransactionOptions,
    around: Surroundings,
    limit?: Limit,
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
      return outer.#track(outer.#pending, outer.#join(fn, limit));
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        const event = around.attempt(attempt, retries, readOnly);
        const once = (): Promise<Committed<T>> =>
          around.use((session, whole) => Transaction.#once(database, session, whole, fn, readOnly, around, event));
        const { value, afterCommit } = await (event === undefined ? once() : traced(transactions, event, once));
        // the session is back in the pool, and the caller's context is not the transaction's: they may do what they like
        for (const afterwards of afterCommit)
          await afterwards().catch((error: unknown) => around.afterCommitFailed(error));
        return value;
      } catch (error) {
        if (attempt > retries || !isConflict(error)) throw error;
        const waitMs = Math.random() * Math.min(250, 5 * 2 ** attempt);
        around.retried(attempt, waitMs);
        await (limit === undefined ? sleep(waitMs) : limit.race(sleep(waitMs)));
      }
    }
  }

  static #once<T>(
    database: Database,
    session: Session,
    whole: Limit,
    fn: () => T | Promise<T>,
    readOnly: boolean,
    around: Surroundings,
    event: TracedTransaction | undefined,
  ): Promise<Committed<T>> {
    const recording = database.fallback?.journal.record();
    const transaction = new Transaction(database, session, recording, whole, database.clock.tick, readOnly);
    return event === undefined ? transaction.#through(fn, around) : transaction.#told(event, fn, around);
  }

  async #told<T>(event: TracedTransaction, fn: () => T | Promise<T>, around: Surroundings): Promise<Committed<T>> {
    const startedAt = performance.now();
    Timed.began(event, startedAt);
    try {
      const committed = await this.#through(fn, around);
      tell(event, { outcome: 'commit' });
      return committed;
    } catch (error) {
      tell(event, { outcome: this.#unknown ? 'unknown' : isConflict(error) ? 'conflict' : 'rollback' });
      throw error;
    } finally {
      Timed.took(event, performance.now() - startedAt, { statements: this.#statements });
    }
  }

  /** From BEGIN to the end. */
  async #through<T>(fn: () => T | Promise<T>, around: Surroundings): Promise<Committed<T>> {
    const { database, session, whole, readOnly } = this;
    await control(session, readOnly ? 'BEGIN TRANSACTION READ ONLY' : 'BEGIN TRANSACTION');
    session.catalogChanged();
    const open = new Map(context().transactions).set(database, this);
    let value: T;
    try {
      // once stopped it is not waited for: `fn` may hang on anything
      value = await whole.race(withinContext({ transactions: open }, async () => fn()));
      await whole.race(this.#settled());
    } catch (error) {
      await this.#rollback();
      throw error;
    }
    if (this.#failure !== undefined) {
      await this.#rollback();
      throw aborted(this.#failure);
    }
    this.#over = true;
    await this.#commit(around);
    this.work.dispose();
    return { value, afterCommit: this.#afterCommit };
  }

  /** From before the COMMIT on nothing that was read of what it writes is served: others see it before it is told here. */
  async #commit(around: Surroundings): Promise<void> {
    const { database, session, whole, recording } = this;
    const over = database.clock.commits(this.#writes);
    let sent = false;
    try {
      // waits its turn behind statements that were not awaited; one of them may have failed meanwhile
      await session.exclusive(async (connection) => {
        whole.refuse();
        if (this.#failure !== undefined) throw aborted(this.#failure);
        if (around.overdue()) throw closedError();
        sent = true;
        await (recording === undefined ? connection.run('COMMIT') : recording.commit(connection));
      });
      session.catalogChanged();
      if (this.#writes.has(EVERYTHING)) session.catalogCommitted();
      database.clock.wrote(this.#writes);
      for (const effect of this.#whenCommitted) effect();
    } catch (error) {
      const failure = classify(error, { operation: 'commit' });
      // where the data refuses it, it is undone; an interrupt, or a broken disk, may come when it is done
      this.#unknown = sent && !isCommitUndone(failure.code);
      if (this.#unknown) database.clock.wrote(this.#writes);
      await this.#rollback();
      throw failure;
    } finally {
      over();
    }
  }

  /** A nested call is part of the whole: if it throws, the whole fails, even where the error is caught. */
  async #join<T>(fn: () => T | Promise<T>, limit: Limit | undefined): Promise<T> {
    this.#refuseIfOver();
    const off = limit?.onStop((reason) => this.work.stop(reason));
    try {
      const running = (async () => fn())();
      return await (limit === undefined ? running : limit.race(running));
    } catch (error) {
      this.#failure ??= error;
      throw error;
    } finally {
      off?.();
    }
  }

  run<T extends { readonly rowCount: number }>(
    statement: Statement,
    read: Read<T>,
    limit?: Limit,
    reader?: Reader,
  ): Promise<T> {
    const creation = statement.writes.includes(EVERYTHING) ? Creation.of(statement.text) : undefined;
    this.#statements += 1;
    return this.#attempt(limit, (whole) =>
      this.session.collect(
        statement,
        read,
        {
          starts: (_type, connection) => creation?.begins(connection),
          done: (type, connection) => {
            const alias = this.#wasLent ? undefined : this.database.aliasOfWrites;
            const wrote = (): void => {
              for (const table of writesOf(statement, type, alias)) this.#writes.add(table);
            };
            return creation === undefined
              ? wrote()
              : creation.made(connection).then((made) => (made ? wrote() : undefined));
          },
        },
        whole,
        this.recording,
        this.#wasLent ? undefined : reader,
      ),
    );
  }

  /** The rows of a SELECT, all of them made and kept by DuckDB, so that other statements may run while they are read. */
  async select(
    statement: Statement,
    limit: Limit | undefined,
    reader?: Reader,
  ): Promise<() => DuckDBMaterializedResult> {
    this.#statements += 1;
    const result = await this.#attempt(limit, (whole) =>
      this.session.select(statement, whole, this.#wasLent ? undefined : reader),
    );
    return () => {
      this.#refuseIfOver();
      return result;
    };
  }

  /** One step that fails the whole where it fails. */
  async #attempt<T>(limit: Limit | undefined, step: (whole: Limit) => Promise<T>): Promise<T> {
    this.#refuseIfOver();
    const whole = new Limit([limit, this.work]);
    try {
      return await step(whole);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    } finally {
      whole.dispose();
    }
  }

  /** Ends at the commit what was read of these, as a write to them does. */
  invalidates(what: Iterable<string>): void {
    this.#refuseIfOver();
    for (const each of what) this.#writes.add(each);
  }

  /** Runs `effect` at the commit, before anybody hears of it; never where it is rolled back. */
  whenCommitted(effect: () => void): void {
    this.#refuseIfOver();
    this.#whenCommitted.push(effect);
  }

  /** Runs `fn` when this has been committed, outside of it; never where it is rolled back. */
  afterCommit(fn: () => unknown): void {
    this.#refuseIfOver();
    const { log } = context();
    this.#afterCommit.push(async () => {
      await withinContext(log === undefined ? {} : { log }, fn);
    });
  }

  /** Other work on the session that may write `writes`; it calls `refuseIfOver` before each step. */
  async guard<T>(
    writes: readonly string[],
    work: (session: Session, refuseIfOver: () => void, recording: Recording | undefined) => Promise<T>,
  ): Promise<T> {
    this.#refuseIfOver();
    this.#statements += 1;
    for (const table of writes) this.#writes.add(table);
    try {
      return await this.#track(
        this.#pending,
        this.#track(
          this.#loads,
          work(this.session, () => this.#refuseIfOver(), this.recording),
        ),
      );
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  /** Work with the bare connection: the end of the transaction waits for it, or takes the connection back where it is stopped. */
  async lend<T>(
    writes: readonly string[],
    work: (connection: DuckDBConnection) => Promise<T>,
    limit?: Limit,
  ): Promise<T> {
    const whole = new Limit([limit, this.whole]);
    const running = this.guard(writes, async (session) => {
      this.#wasLent = true;
      session.shared += 1;
      try {
        const connection = await session.exclusive((own) => own);
        // its writes are told to the clock when they are committed
        const lender = { recording: this.recording, fail: (error: unknown) => this.fail(error) };
        return await RawConnection.lent(connection, this.database, [], lender).within(whole, work);
      } finally {
        session.shared -= 1;
        await session.exclusive((connection) => this.#restore(connection));
      }
    });
    return this.#track(this.#lent, running).finally(() => whole.dispose());
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
    if (this.#over) throw overError();
  }

  async #rollback(): Promise<void> {
    this.#over = true;
    await Promise.allSettled(this.#lent);
    // what runs is in vain, and a bulk load may hang on its source with its appender open
    this.work.stop(overError());
    this.work.dispose();
    await Promise.allSettled(this.#loads);
    // after a failed COMMIT there is nothing left to roll back, and DuckDB says so
    await control(this.session, 'ROLLBACK').catch(() => {});
    this.session.catalogChanged();
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

function overError(): DatabaseError {
  return new DatabaseError(
    'E_TX_ABORTED',
    'The transaction of this call is over. Await everything that is started inside transaction().',
  );
}

function isConflict(error: unknown): boolean {
  return isDatabaseError(error) && error.retryable;
}

function checkedOptions(options: TransactionOptions): { readonly retries: number; readonly readOnly: boolean } {
  const { retries = 0, readOnly = false, signal: _signal, timeout: _timeout, ...rest } = options;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined)
    throw new DatabaseError(
      'E_CONFIG',
      `transaction has no option '${unknown}'. Options: retries, readOnly, signal, timeout.`,
    );
  if (!Number.isSafeInteger(retries) || retries < 0)
    throw new DatabaseError('E_CONFIG', 'transaction: retries is a whole number from 0.');
  return { retries, readOnly };
}
