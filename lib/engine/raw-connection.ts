// The connection that `duckdbConn` hands out: the binding's own, watched, so that its calls keep their order, count as
// writes, and are waited for at close.
import {
  DuckDBAppender,
  DuckDBConnection,
  DuckDBExtractedStatements,
  DuckDBPendingResult,
  DuckDBPreparedStatement,
} from '@duckdb/node-api';
import { context } from '../context.js';
import type { DatabaseError } from '../errors.js';
import type { Limit } from '../limit.js';
import { EVERYTHING } from '../sql/statement.js';
import type { Database } from './database.js';
import { addsOnly } from './session.js';

export class RawConnection {
  readonly connection: DuckDBConnection;
  #tail: Promise<unknown> = Promise.resolve();
  #takenBack: DatabaseError | undefined;

  private constructor(
    private readonly inner: DuckDBConnection,
    private readonly database: Database,
    private readonly writes: readonly string[] = [EVERYTHING],
  ) {
    this.connection = this.#watched(inner);
  }

  static async open(database: Database): Promise<RawConnection> {
    const connection = await database.connect();
    // its errors go to the user as DuckDB words them
    await connection.run('SET errors_as_json = false');
    return new RawConnection(connection, database);
  }

  /** A connection of the pool, watched while it is lent: it tells the clock at once what may have been written. */
  static lent(connection: DuckDBConnection, database: Database, writes: readonly string[]): RawConnection {
    return new RawConnection(connection, database, writes);
  }

  /**
   * Lends the connection to `work` until that settles. Where `limit` stops, `work` is not waited for: what it runs is
   * interrupted, and the connection it has refuses whatever it asks for from then on.
   */
  async within<T>(limit: Limit | undefined, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    if (limit === undefined) return work(this.connection);
    let interrupting: NodeJS.Timeout | undefined;
    const off = limit.onStop((reason) => {
      this.#takenBack = reason;
      this.inner.interrupt();
      interrupting = setInterval(() => this.inner.interrupt(), 10);
    });
    try {
      limit.refuse();
      return await limit.race(work(this.connection));
    } finally {
      off();
      if (limit.reason !== undefined) await this.#tail;
      clearInterval(interrupting);
    }
  }

  /** The same object; its methods that run something do it in their turn, and tell the clock. */
  #watched<T extends object>(inner: T): T {
    return new Proxy(inner, {
      get: (_inner, property) => {
        const value: unknown = Reflect.get(inner, property, inner);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => {
          if (this.#takenBack !== undefined) throw this.#takenBack;
          return Reflect.apply(value, inner, args);
        };
        if (typeof property === 'symbol') return call;
        if (ASYNC.test(property)) return (...args: unknown[]) => this.#inOrder(() => call(...args), args[0]);
        if (!WRITING.test(property)) return call;
        return (...args: unknown[]) => {
          try {
            return this.#given(call(...args));
          } finally {
            this.#wrote();
          }
        };
      },
    });
  }

  /** What a call gave; watched too where more can be run by it. */
  #given(result: unknown): unknown {
    if (result instanceof Promise) return result.then((value: unknown) => this.#given(value));
    return RUNNING.some((type) => result instanceof type) ? this.#watched(result as object) : result;
  }

  async #inOrder(call: () => unknown, sql: unknown): Promise<unknown> {
    context().reads?.add(this.database, [EVERYTHING]);
    const turn = this.#tail.then(call);
    this.#tail = turn.catch(() => {});
    try {
      const result = await turn;
      return this.#given(result);
    } finally {
      if (typeof sql !== 'string' || !addsOnly(sql)) this.#wrote();
    }
  }

  #wrote(): void {
    this.database.clock.wrote(this.writes);
    if (this.writes.includes(EVERYTHING)) this.database.schemaChanged();
  }

  async close(): Promise<void> {
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

const RUNNING = [DuckDBPreparedStatement, DuckDBExtractedStatements, DuckDBPendingResult, DuckDBAppender];
/** Their methods, and those of connections, that give a promise. */
const ASYNC =
  /^(?:run(?!Task$)|stream|prepare|extractStatements|createAppender|startThen|startStreamThen|getResult$|read(?:All|Until)?$)/;
/** Methods that write at once, or start what will: of appenders, the `start` of statements, a step of what was started. */
const WRITING = /^(?:flushSync|closeSync|endRow|appendDataChunk|start|startStream|runTask)$/;
