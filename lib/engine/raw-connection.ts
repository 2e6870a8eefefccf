// The connection that `duckdbConn` hands out: the binding's own, watched, so that its calls keep their order, count as
// writes, and are waited for at close.
import {
  DuckDBAppender,
  DuckDBConnection,
  DuckDBExtractedStatements,
  DuckDBPendingResult,
  DuckDBPreparedStatement,
  StatementType,
} from '@duckdb/node-api';
import { context } from '../context.js';
import { DatabaseError, classify, inWords } from '../errors.js';
import type { Limit } from '../limit.js';
import { attachedPaths } from '../sql/attached-path.js';
import { EVERYTHING } from '../sql/statement.js';
import { runsScripts, transactionOpenAfter } from '../sql/write-kind.js';
import { attaching } from './attach-statement.js';
import { Creation } from './creation.js';
import type { Database, Follower } from './database.js';
import type { Recording } from './journal.js';
import { RawJournal } from './raw-journal.js';
import { refuseReaching } from './secure.js';
import { readsOnly } from './statement-effect.js';

/** The transaction of the manager that a connection is lent in. */
export interface Lender {
  /** what writes it down */
  readonly recording: Recording | undefined;
  /** fails the whole of it */
  fail(error: DatabaseError): void;
}

export class RawConnection implements Follower {
  readonly connection: DuckDBConnection;
  #tail: Promise<unknown> = Promise.resolve();
  #alias: string;
  #journal: RawJournal | undefined;
  /** a transaction begun by SQL is open */
  #inTransaction = false;
  #takenBack: DatabaseError | undefined;
  /** of what was prepared */
  readonly #texts = new WeakMap<object, string>();

  private constructor(
    private readonly inner: DuckDBConnection,
    private readonly database: Database,
    private readonly writes: readonly string[] = [EVERYTHING],
    private readonly lender?: Lender,
  ) {
    this.#alias = database.alias;
    const { fallback } = database;
    if (fallback !== undefined) this.#journal = new RawJournal(inner, fallback.journal, lender?.recording);
    this.connection = this.#watched(inner);
  }

  static async open(database: Database): Promise<RawConnection> {
    const connection = await database.connect();
    const raw = new RawConnection(connection, database);
    database.followers.add(raw);
    // its errors go to the user as DuckDB words them; where nothing can be set, #inOrder does it
    if (!database.secure) await connection.run('SET errors_as_json = false');
    return raw;
  }

  /**
   * A connection of the pool, watched while it is lent: it tells the clock at once what may have been written.
   *
   * @param lender the transaction that it is lent in
   */
  static lent(
    connection: DuckDBConnection,
    database: Database,
    writes: readonly string[],
    lender?: Lender,
  ): RawConnection {
    return new RawConnection(connection, database, writes, lender);
  }

  /**
   * Lends the connection to `work` until that settles, and what it asked for without waiting for it; then somebody else has it,
   * and this one refuses whatever it is asked for. Where `limit` stops, `work` is not waited for, and what it runs is interrupted.
   */
  async within<T>(limit: Limit | undefined, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    let interrupting: NodeJS.Timeout | undefined;
    const off = limit?.onStop((reason) => {
      this.#takenBack = reason;
      this.inner.interrupt();
      interrupting = setInterval(() => this.inner.interrupt(), 10);
    });
    try {
      limit?.refuse();
      const running = work(this.connection);
      return await (limit === undefined ? running : limit.race(running));
    } finally {
      await this.#tail;
      off?.();
      clearInterval(interrupting);
      this.#takenBack ??= givenBack();
    }
  }

  /** The same object; its methods that run something do it in their turn, and tell the clock. */
  #watched<T extends object>(inner: T): T {
    return new Proxy(inner, {
      get: (_inner, property) => {
        const value: unknown = Reflect.get(inner, property, inner);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => {
          this.#refuseIfTaken();
          return Reflect.apply(value, inner, args);
        };
        if (typeof property === 'symbol') return call;
        // those of a connection give a promise, those of a prepared statement do not
        const starts = STARTING.test(property) && inner instanceof DuckDBConnection;
        if (ASYNC.test(property) || starts)
          return (...args: unknown[]) => this.#inOrder(inner, property, args, () => call(...args));
        if (inner instanceof DuckDBPreparedStatement && /^(?:bind|clearBindings$)/.test(property)) {
          return (...args: unknown[]) => {
            this.#journal?.bound(inner, property, args);
            return call(...args);
          };
        }
        if (!WRITING.test(property)) return call;
        return (...args: unknown[]) => {
          context().reads?.add(this.database, [EVERYTHING]);
          if (inner instanceof DuckDBPreparedStatement) {
            this.#journal?.refuseStart(inner);
            if (inner.statementType === StatementType.ATTACH) throw attachStarted();
          }
          try {
            return this.#given(call(...args));
          } finally {
            this.#wrote();
          }
        };
      },
    });
  }

  #refuseIfTaken(): void {
    if (this.#takenBack !== undefined) throw this.#takenBack;
  }

  /** What a call gave; watched too where more can be run by it. */
  #given(result: unknown): unknown {
    if (result instanceof Promise) return result.then((value: unknown) => this.#given(value));
    return RUNNING.some((type) => result instanceof type) ? this.#watched(result as object) : result;
  }

  async #inOrder(inner: object, method: string, args: readonly unknown[], call: () => unknown): Promise<unknown> {
    context().reads?.add(this.database, [EVERYTHING]);
    let over = (): void => {};
    let wrote = true;
    const turn = this.#tail.then(async () => {
      this.#refuseIfTaken();
      await this.#follow();
      this.database.recovery.refuseIfGone();
      // the name of a table may be any word
      const sql = typeof args[0] === 'string' && method !== 'createAppender' ? args[0] : '';
      if (this.database.secure) refuseReaching(sql);
      const open = transactionOpenAfter(sql);
      if (this.lender !== undefined && (open !== undefined || runsScripts(sql))) refuseControl(sql, this.lender);
      // whatever comes of it, its end is an end
      if (open === false) this.#inTransaction = false;
      if (mayCommit(inner, method, args)) over = this.database.clock.commits(this.writes);
      // what is started is done at some time later
      const creation = method.startsWith('run') && this.writes.length > 0 ? Creation.of(sql) : undefined;
      await creation?.begins(this.inner);
      const result = await this.#alone(inner, method, args, async () => this.#perform(inner, method, args, call));
      if (creation !== undefined) wrote = await creation.made(this.inner);
      this.#inTransaction ||= open === true;
      return result;
    });
    this.#tail = turn.catch(() => {});
    try {
      const result = await turn;
      return this.#given(result);
    } catch (error) {
      this.database.recovery.failed(classify(error));
      throw this.database.secure ? inWords(error) : error;
    } finally {
      if (wrote) this.#wrote();
      over();
    }
  }

  /** A file that ATTACH names is to be open nowhere else in the process, for as long as that runs. */
  async #alone(inner: object, method: string, args: readonly unknown[], run: () => Promise<unknown>): Promise<unknown> {
    const text = typeof args[0] === 'string' ? args[0] : this.#texts.get(inner);
    if (PREPARING.test(method)) {
      const prepared = await run();
      if (text !== undefined) this.#texts.set(prepared as object, text);
      return prepared;
    }
    const attaches = !(inner instanceof DuckDBPreparedStatement) || inner.statementType === StatementType.ATTACH;
    if (text === undefined || !attaches) return run();
    if (STARTING.test(method) && attachedPaths(text).length > 0) throw attachStarted();
    return attaching(this.inner, text, run);
  }

  #perform(inner: object, method: string, args: readonly unknown[], call: () => unknown): unknown {
    const journal = this.#journal;
    if (journal === undefined) return call();
    if (inner instanceof DuckDBConnection) return journal.call(method, args, call);
    return inner instanceof DuckDBPreparedStatement ? journal.execute(inner, method, args, call) : call();
  }

  /** The database may have changed beneath since the last call. Not before the next one, which ends a stream anyway. */
  async #follow(): Promise<void> {
    if (this.#alias === this.database.alias) return;
    await this.inner.run(`USE ${this.database.alias}`);
    this.#alias = this.database.alias;
    this.#journal = undefined;
  }

  async hold(patienceMs: number): Promise<(() => void) | undefined> {
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const before = this.#tail;
    this.#tail = before.then(() => held);
    let timer: NodeJS.Timeout | undefined;
    const impatient = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), patienceMs)));
    const still = await Promise.race([before.then(() => true), impatient]);
    clearTimeout(timer);
    if (still && !this.#inTransaction) return letGo;
    letGo();
    return undefined;
  }

  #wrote(): void {
    this.database.clock.wrote(this.writes);
    if (this.writes.includes(EVERYTHING)) this.database.schemaChanged();
  }

  async close(): Promise<void> {
    this.database.followers.delete(this);
    const interrupt = (): void => this.inner.interrupt();
    const stopping = setInterval(interrupt, 20);
    try {
      interrupt();
      await this.#tail;
    } finally {
      clearInterval(stopping);
    }
    this.inner.closeSync();
  }
}

function givenBack(): DatabaseError {
  return new DatabaseError(
    'E_QUERY',
    'This connection was lent until the function of withConnection() was done, and somebody else may have it now. Do everything within that function, or use duckdbConn.',
  );
}

/**
 * Whoever caught this might go on as if it had been done, so the transaction fails as a whole.
 *
 * @throws DatabaseError `E_QUERY`
 */
function refuseControl(sql: string, lender: Lender): never {
  const error = new DatabaseError(
    'E_QUERY',
    'The transaction belongs to transaction(): return from its function to commit, throw to roll back. ' +
      'COMMIT, ROLLBACK and BEGIN, and IMPORT DATABASE, whose scripts may hold them, have their place on a connection outside of it.',
    { details: { sql } },
  );
  lender.fail(error);
  throw error;
}

/** Its steps would run at some time later, when the file may be open. */
function attachStarted(): DatabaseError {
  return new DatabaseError('E_UNSUPPORTED', 'ATTACH cannot be started, to be done step by step. Use run().');
}

/** Whether others may see something of it before it is known here; a long SELECT is to keep nobody from the cache. */
function mayCommit(inner: object, method: string, [sql]: readonly unknown[]): boolean {
  if (inner instanceof DuckDBPreparedStatement) return inner.statementType !== StatementType.SELECT;
  if (PREPARING.test(method)) return false;
  return typeof sql !== 'string' || !readsOnly(sql);
}

const RUNNING = [DuckDBPreparedStatement, DuckDBExtractedStatements, DuckDBPendingResult, DuckDBAppender];
/** Their methods, and those of connections, that give a promise. */
const ASYNC =
  /^(?:run(?!Task$)|stream|prepare|extractStatements|createAppender|startThen|startStreamThen|getResult$|read(?:All|Until)?$)/;
const PREPARING = /^(?:prepare|extractStatements|createAppender)$/;
const STARTING = /^start(?:Stream)?$/;
/** Methods that write at once, or start what will: of appenders, the `start` of statements, a step of what was started. */
const WRITING = /^(?:flushSync|closeSync|endRow|appendDataChunk|start|startStream|runTask)$/;
