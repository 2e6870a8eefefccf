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
import { inWords } from '../errors.js';
import { EVERYTHING } from '../sql/statement.js';
import type { Database } from './database.js';
import { addsOnly } from './session.js';

export class RawConnection {
  readonly connection: DuckDBConnection;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly inner: DuckDBConnection,
    private readonly database: Database,
    private readonly writes: readonly string[] = [EVERYTHING],
  ) {
    this.connection = this.#watched(inner);
  }

  static async open(database: Database): Promise<RawConnection> {
    const connection = await database.connect();
    // its errors go to the user as DuckDB words them; where nothing can be set, #inOrder does it
    if (!database.secure) await connection.run('SET errors_as_json = false');
    return new RawConnection(connection, database);
  }

  /** A connection of the pool, watched while it is lent: it tells the clock at once what may have been written. */
  static lent(connection: DuckDBConnection, database: Database, writes: readonly string[]): DuckDBConnection {
    return new RawConnection(connection, database, writes).connection;
  }

  /** The same object; its methods that run something do it in their turn, and tell the clock. */
  #watched<T extends object>(inner: T): T {
    return new Proxy(inner, {
      get: (_inner, property) => {
        const value: unknown = Reflect.get(inner, property, inner);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => Reflect.apply(value, inner, args);
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
    } catch (error) {
      throw this.database.secure ? inWords(error) : error;
    } finally {
      if (typeof sql !== 'string' || !addsOnly(sql)) this.#wrote();
    }
  }

  #wrote(): void {
    this.database.dataChanged();
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
