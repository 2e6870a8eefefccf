// The connection that `duckdbConn` hands out: the binding's own, watched, so that its calls keep their order, count as
// writes, and are waited for at close.
import { DuckDBAppender, DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { EVERYTHING } from '../sql/statement.js';
import type { Database } from './database.js';
import { addsOnly } from './session.js';

export class RawConnection {
  readonly connection: DuckDBConnection;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly inner: DuckDBConnection,
    private readonly database: Database,
  ) {
    this.connection = this.#watched(inner);
  }

  static async open(database: Database): Promise<RawConnection> {
    const connection = await database.connect();
    // its errors go to the user as DuckDB words them
    await connection.run('SET errors_as_json = false');
    return new RawConnection(connection, database);
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
            return call(...args);
          } finally {
            this.#wrote();
          }
        };
      },
    });
  }

  async #inOrder(call: () => unknown, sql: unknown): Promise<unknown> {
    const turn = this.#tail.then(call);
    this.#tail = turn.catch(() => {});
    try {
      const result = await turn;
      return result instanceof DuckDBPreparedStatement || result instanceof DuckDBAppender
        ? this.#watched(result)
        : result;
    } finally {
      if (typeof sql !== 'string' || !addsOnly(sql)) this.#wrote();
    }
  }

  #wrote(): void {
    this.database.clock.wrote([EVERYTHING]);
    this.database.schemaChanged();
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

/** Methods of connections and prepared statements that give a promise. */
const ASYNC = /^(?:run|stream|prepare|extractStatements|createAppender|startThen|startStreamThen)/;
/** Methods that write at once, or start what will: of appenders, and the `start` of statements. */
const WRITING = /^(?:flushSync|closeSync|endRow|appendDataChunk|start|startStream)$/;
