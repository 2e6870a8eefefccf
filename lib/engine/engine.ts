// Running statements for one manager: each on its own session, or on the session of the transaction it is in; with logs,
// the clock told of every committed write. Not here: entities, and how close() ends what is under way (under-way.ts).
import type { DuckDBConnection } from '@duckdb/node-api';
import { context, type Call } from '../context.js';
import { queries, traced, type Origin } from '../diagnostics.js';
import { DatabaseError, classify, loggable } from '../errors.js';
import { Limit } from '../limit.js';
import type { Log } from '../log.js';
import { EVERYTHING, type Statement } from '../sql/statement.js';
import { staysOnConnection } from '../sql/write-kind.js';
import { loadChunks, type ChunkSource, type LoadTarget } from './append.js';
import type { Database } from './database.js';
import { define, type Definition } from './definition.js';
import { PendingCommit } from './pending-commit.js';
import { closedError } from './pool.js';
import { CONFLICTS } from './replay.js';
import { OpenChunk, ResultShape, readResult, type Read, type Result } from './result.js';
import { runAlone } from './run-alone.js';
import { RawConnection } from './raw-connection.js';
import { ReadRecord } from './read-record.js';
import type { Reader, Session } from './session.js';
import { StreamedResult } from './stream.js';
import { Telling, type Callers, type StreamTelling, type TracedQuery, type Waited } from './telling.js';
import { Transaction, transactionOn, type TransactionOptions } from './transaction.js';
import { UnderWay } from './under-way.js';

/** Runs one statement for several callers. */
export type RunTogether = <T extends { readonly rowCount: number }>(
  statement: Statement,
  read: Read<T>,
  limit: Limit | undefined,
  waited: Waited,
  /** called when DuckDB has done it; reading the result may still fail */
  written?: () => void,
) => Promise<T>;

/** Who else hears of a statement that runs alone. */
interface Beside {
  readonly written?: (() => void) | undefined;
  readonly told?: (() => Callers) | undefined;
  readonly reader?: Reader | undefined;
  readonly event?: TracedQuery | undefined;
}

export class Engine {
  readonly #underWay: UnderWay;
  readonly #telling: Telling;
  readonly owner: Origin['owner'];

  /** @param owner the manager, for whoever is told of what it does */
  constructor(
    readonly database: Database,
    private readonly log: Log,
    slowQueryMs: number,
    owner?: Origin['owner'],
  ) {
    this.owner = owner;
    this.#underWay = new UnderWay(database);
    this.#telling = new Telling(this, log, slowQueryMs);
  }

  get closed(): boolean {
    return this.#underWay.closed;
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
  run(statement: Statement, limit?: Limit): Promise<Result> {
    return this.collect(statement, readResult, limit);
  }

  /**
   * @param read what is made of the result
   * @throws DatabaseError, classified
   */
  collect<T extends { readonly rowCount: number }>(statement: Statement, read: Read<T>, limit?: Limit): Promise<T> {
    const { transaction } = this;
    const event = this.#telling.query(statement, transaction !== undefined);
    return event === undefined
      ? this.#collect(statement, read, limit, transaction, undefined)
      : traced(queries, event, () => this.#collect(statement, read, limit, transaction, event));
  }

  async #collect<T extends { readonly rowCount: number }>(
    statement: Statement,
    read: Read<T>,
    limit: Limit | undefined,
    transaction: Transaction | undefined,
    event: TracedQuery | undefined,
  ): Promise<T> {
    this.#refuseIfClosed();
    if (transaction === undefined && statement.writes.includes(EVERYTHING) && staysOnConnection(statement.text))
      throw new DatabaseError(
        'E_QUERY',
        'What is temporary or prepared is on one connection of the pool alone: the next call may not see it. Make it and use it inside transaction(), or in withConnection.',
      );
    const record = ReadRecord.of(this.database, statement);
    // whoever has dealt with a conflict takes it out
    const recount = statement.text.includes(CONFLICTS);
    try {
      if (recount) transaction?.afterCommit(() => this.database.countConflicts());
      const result =
        transaction === undefined
          ? await this.#underWay.use(
              (session) => this.#alone(session, statement, read, limit, { reader: record?.reader, event }),
              limit,
            )
          : await this.#telling.timed(statement, () => transaction.run(statement, read, limit, record?.reader), event);
      record?.end();
      if (recount && transaction === undefined) await this.database.countConflicts();
      return result;
    } catch (error) {
      record?.failed();
      throw error;
    }
  }

  /**
   * A session for what several callers wait for, when the turn of the event loop is over in which it was there: whoever
   * comes until then can be taken in. It has its place in the line from the call on. Outside of any transaction.
   *
   * @param waiting who asks for it, and has not left
   */
  async together<T>(waiting: () => Waited | undefined, work: (run: RunTogether) => Promise<T>): Promise<T> {
    let here = false;
    try {
      if (this.closed) throw closedError();
      return await this.#underWay.use(async (session) => {
        here = true;
        await new Promise<void>((resolve) => process.nextTick(resolve));
        return work((statement, read, limit, waited, written) => {
          const event = this.#telling.query(statement, false, waited);
          const beside = { written, told: waited.told, event };
          return event === undefined
            ? this.#shared(session, statement, read, limit, beside)
            : traced(queries, event, () => this.#shared(session, statement, read, limit, beside));
        });
      });
    } catch (error) {
      const waited = here ? undefined : waiting();
      if (waited !== undefined) this.neverRan(waited, error);
      throw error;
    }
  }

  /** Tells of callers who waited in vain. */
  neverRan(waited: Waited, error: unknown): void {
    this.#telling.neverRan(waited, error);
  }

  async #shared<T extends { readonly rowCount: number }>(
    session: Session,
    statement: Statement,
    read: Read<T>,
    limit: Limit | undefined,
    beside: Beside,
  ): Promise<T> {
    if (this.closed) throw closedError();
    this.database.recovery.refuseIfGone();
    try {
      return await this.#alone(session, statement, read, limit, beside);
    } catch (error) {
      // whoever shares it may deal with it, so that nobody else sees it pass
      this.database.recovery.failed(error);
      throw error;
    }
  }

  #alone<T extends { readonly rowCount: number }>(
    session: Session,
    statement: Statement,
    read: Read<T>,
    limit: Limit | undefined,
    { written, told, reader, event }: Beside,
  ): Promise<T> {
    const commit = new PendingCommit(this.database, statement, written);
    const run = (): Promise<T> => runAlone(this.database, session, statement, read, commit, limit, reader);
    return this.#telling.timed(statement, run, event, told, (error) => commit.failed(error));
  }

  /**
   * What `read` makes of the rows of a SELECT, chunk by chunk, all of them or an error. It starts when it is first asked: in a
   * transaction it is a
   * part of that, and elsewhere it has a session of its own until its end.
   *
   * @param call what it is for
   */
  async *stream<T>(statement: Statement, read: (chunk: OpenChunk) => T, limit: Limit, call?: Call): AsyncGenerator<T> {
    const { transaction } = this;
    const telling = this.#telling.stream(statement, transaction !== undefined, call);
    const counted = (chunk: OpenChunk): T => {
      telling.gave(chunk.rowCount);
      return read(chunk);
    };
    let record: ReadRecord | undefined;
    try {
      this.#refuseIfClosed();
      limit.refuse();
      record = ReadRecord.of(this.database, statement);
      yield* transaction === undefined
        ? this.#streamAlone(statement, counted, limit, record?.reader, telling)
        : streamWithin(transaction, statement, counted, limit, record?.reader, telling);
      telling.end();
    } catch (error) {
      record?.failed();
      telling.end([error]);
      throw error;
    } finally {
      record?.end();
      telling.stopped(limit);
      telling.end();
    }
  }

  async *#streamAlone<T>(
    statement: Statement,
    read: (chunk: OpenChunk) => T,
    limit: Limit,
    reader: Reader | undefined,
    telling: StreamTelling,
  ): AsyncGenerator<T> {
    const over = this.#underWay.stopAtClose(limit);
    const done = new Limit([limit]);
    let lend: (streamed: StreamedResult) => void = () => {};
    const lent = new Promise<StreamedResult>((resolve) => (lend = resolve));
    // the session goes back as soon as the limit stops, though whoever reads the rows may never ask again
    const lease = this.#underWay.use(async (session) => {
      const streamed = new StreamedResult(session, statement, limit, reader);
      lend(streamed);
      await new Promise<void>((resolve) => done.onStop(() => resolve()));
      try {
        await streamed.close();
      } finally {
        telling.stopped(limit);
      }
    }, limit);
    try {
      const streamed = await Promise.race([lent, lease.then(() => lent)]);
      telling.began();
      for (let rows = await streamed.next(read); rows !== undefined; rows = await streamed.next(read)) {
        yield rows;
        limit.refuse();
      }
    } finally {
      done.stop(closedError());
      await lease.catch(() => {});
      over();
      done.dispose();
    }
  }

  /** Runs `fn` in a transaction, or in the one that is open already. */
  async transact<T>(fn: () => T | Promise<T>, options: TransactionOptions = {}, limit?: Limit): Promise<T> {
    this.#refuseIfClosed();
    return Transaction.run(
      this.database,
      fn,
      options,
      {
        use: (work) =>
          this.#underWay.use((session) => this.#underWay.lease(limit, (whole) => work(session, whole)), limit),
        attempt: (attempt, most, readOnly) => this.#telling.attempt(attempt, most, readOnly),
        retried: (attempt, waitMs) => this.log('transactionRetried', { attempt, wait_ms: Math.round(waitMs) }),
        afterCommitFailed: (error) => this.log('afterCommitFailed', loggable(error)),
        overdue: () => this.#underWay.overdue,
      },
      limit,
    );
  }

  /**
   * What a rule of class-validator comes to, which may never answer: close(), the limit and the time that it gives a statement end the
   * wait.
   */
  async judged<T>(judging: Promise<T>, limit: Limit | undefined): Promise<T> {
    const wait = new Limit([limit]);
    const { statementMs } = wait;
    if (statementMs !== undefined)
      wait.after(statementMs, `A rule of class-validator gave no answer within the queryTimeout of ${statementMs} ms. Mend its validator, or give the call a longer timeout.`); // prettier-ignore
    const over = this.#underWay.stopAtClose(wait);
    try {
      return await wait.race(judging);
    } finally {
      over();
      wait.dispose();
    }
  }

  /** Loads rows by chunks, in a transaction of its own or in the one that is open. Gives their number. */
  load(target: LoadTarget, chunks: ChunkSource): Promise<number> {
    return this.transact(async () => {
      const { transaction } = this;
      if (transaction === undefined) throw closedError();
      return this.#telling.load(target, () =>
        transaction.guard(target.writes, (session, refuseIfOver, recording) =>
          loadChunks(session, target, chunks, refuseIfOver, this.database.alias, recording, transaction.work),
        ),
      );
    });
  }

  /** In fallback, writes down the rows of a temporary table of the transaction: what made them may not be there any more later. */
  async keepStage(stage: string): Promise<void> {
    const { transaction } = this;
    if (transaction === undefined) throw closedError();
    await transaction.guard([], async (session, _refuseIfOver, recording) => {
      if (recording !== undefined) await session.exclusive((connection) => recording.staged(connection, stage));
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
  async lend<T>(
    fn: (connection: DuckDBConnection) => T | Promise<T>,
    writes: readonly string[],
    limit?: Limit,
  ): Promise<T> {
    this.#refuseIfClosed();
    context().reads?.add(this.database, [EVERYTHING]);
    const { transaction } = this;
    const work = async (connection: DuckDBConnection): Promise<T> => {
      try {
        return await fn(connection);
      } catch (error) {
        throw readable(error);
      }
    };
    // the turn is not held while `fn` runs: what it does through repositories, and close(), wait in the same line
    if (transaction !== undefined)
      return transaction.lend(writes, work, limit).finally(() => this.#maybeChanged(writes));
    return this.#underWay.use(async (session) => {
      const connection = await session.exclusive((own) => own);
      try {
        const lent = RawConnection.lent(connection, this.database, writes);
        return await this.#underWay.lease(limit, (whole) => lent.within(whole, work));
      } finally {
        await session.exclusive((own) => restore(own, this.database.alias));
        session.catalogChanged();
        // what ran before a failure may have been committed
        this.database.clock.wrote(writes);
        this.#maybeChanged(writes);
      }
    }, limit);
  }

  /** Who may have written everything may have changed the schema. */
  #maybeChanged(writes: readonly string[]): void {
    if (writes.includes(EVERYTHING)) this.database.schemaChanged();
  }

  /** The error for whoever comes after close(). What is refused inside a transaction fails the whole of it. */
  refusal(): DatabaseError {
    const error = closedError();
    this.transaction?.fail(error);
    return error;
  }

  #refuseIfClosed(): void {
    if (this.closed) throw this.refusal();
  }

  /** Refuses new work, stops what runs, and waits for it to end. */
  close(): Promise<void> {
    return this.#underWay.close();
  }
}

async function* streamWithin<T>(
  transaction: Transaction,
  statement: Statement,
  read: (chunk: OpenChunk) => T,
  limit: Limit,
  reader: Reader | undefined,
  telling: StreamTelling,
): AsyncGenerator<T> {
  telling.began();
  void new Promise((resolve) => limit.onStop(resolve)).then(() => telling.stopped(limit));
  const result = await transaction.select(statement, limit, reader);
  const shape = new ResultShape(result(), statement.as);
  let rows = 0;
  for (let index = 0; index < result().chunkCount; index += 1) {
    limit.refuse();
    const before = rows;
    yield OpenChunk.read(shape, result().getChunk(index), before, (chunk) => {
      rows += chunk.rowCount;
      return read(chunk);
    });
  }
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
  try {
    await connection.run(`USE ${alias}`);
  } catch (error) {
    // a database that was given up cannot be used either; every session uses it again when it is back
    const failure = classify(error);
    if (failure.code !== 'E_INVALIDATED') throw failure;
  }
}
