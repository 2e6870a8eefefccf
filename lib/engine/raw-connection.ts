// The connection that `duckdbConn` hands out: the binding's own, watched, so that its calls keep their order, count as
// writes, and are waited for at close.
import { DuckDBConnection } from '@duckdb/node-api';
import { EVERYTHING } from '../sql/statement.js';
import type { Database } from './database.js';

export class RawConnection {
  readonly connection: DuckDBConnection;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly inner: DuckDBConnection,
    private readonly database: Database,
  ) {
    this.connection = this.#watched();
  }

  static async open(database: Database): Promise<RawConnection> {
    const connection = await database.connect();
    // its errors go to the user as DuckDB words them
    await connection.run('SET errors_as_json = false');
    return new RawConnection(connection, database);
  }

  #watched(): DuckDBConnection {
    return new Proxy(this.inner, {
      get: (inner, property) => {
        const value: unknown = Reflect.get(inner, property, inner);
        if (typeof value !== 'function' || !ASYNC.has(property))
          return typeof value === 'function' ? value.bind(inner) : value;
        return (...args: unknown[]) =>
          this.#inOrder(() => (value as (...given: unknown[]) => Promise<unknown>).apply(inner, args));
      },
    });
  }

  #inOrder(call: () => Promise<unknown>): Promise<unknown> {
    const turn = this.#tail.then(call).finally(() => {
      this.database.clock.wrote([EVERYTHING]);
      this.database.schemaChanged();
    });
    this.#tail = turn.catch(() => {});
    return turn;
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

/** The methods that give a promise. */
const ASYNC: ReadonlySet<string | symbol> = new Set(
  Object.getOwnPropertyNames(DuckDBConnection.prototype).filter((name) =>
    /^(?:run|stream|start|prepare|extract|createAppender)/.test(name),
  ),
);
