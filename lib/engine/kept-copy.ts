// A copy of a database in memory, kept beside it, and the database brought back to it as often as is wanted. Not here: what the
// cache had kept (database-snapshot.ts).
import type { DuckDBConnection } from '@duckdb/node-api';
import { DatabaseError, classify } from '../errors.js';
import { ALIAS } from './alias.js';
import { copyAgain, copyDatabase, type CopiedTable } from './copy-database.js';
import type { Database } from './database.js';
import { closedError } from './pool.js';

/** Each of a database one after another: a copy is taken and brought back whole. */
const turns = new WeakMap<Database, Promise<unknown>>();

function inTurn<T>(database: Database, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(database) ?? Promise.resolve()).then(work);
  turns.set(database, turn.catch(nothing)); // prettier-ignore
  return turn;
}

const nothing = (): void => {};

let count = 0;

/** Hidden from DuckDB's catalog: whoever lists tables is not to find each of them twice. */
async function attached<T>(
  database: Database,
  name: string,
  options: string,
  fill: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const connection = await database.bareConnection();
  try {
    await connection.run(`ATTACH ':memory:' AS ${name}${options}`);
    try {
      return await fill(connection);
    } catch (error) {
      await connection.run(`DETACH ${name}`);
      throw error;
    }
  } catch (error) {
    throw classify(error);
  } finally {
    connection.closeSync();
  }
}

export class KeptCopy {
  #dropped = false;

  private constructor(
    private readonly database: Database,
    private readonly name: string,
    private readonly tables: readonly CopiedTable[],
  ) {}

  /** Copies what is committed, while others go on. */
  static take(database: Database): Promise<KeptCopy> {
    return inTurn(database, async () => {
      const name = `mysingle_copy_${(count += 1)}`;
      const tables = await attached(database, name, ' (HIDDEN)', (connection) =>
        copyDatabase(connection, database.alias, name),
      );
      return new KeptCopy(database, name, tables);
    });
  }

  /**
   * Brings the database back to it.
   *
   * @param moved called before anything runs on it again
   * @throws DatabaseError `E_TIMEOUT` where something still runs on it after the patience; nothing is changed then
   */
  bringBack(patienceMs: number, moved: () => void): Promise<void> {
    const { database } = this;
    return inTurn(database, async () => {
      if (this.#dropped) throw dropped();
      const alias = `${ALIAS}_${(count += 1)}`;
      await attached(database, alias, '', async (connection) => {
        await copyAgain(connection, this.tables, this.name, alias);
        if (await database.moveTo(alias, patienceMs, moved)) return;
        throw database.pool.closed ? closedError() : busy(database, patienceMs);
      });
    });
  }

  /** Frees its memory. */
  drop(): Promise<void> {
    return inTurn(this.database, async () => {
      if (this.#dropped) return;
      this.#dropped = true;
      const connection = await this.database.bareConnection();
      try {
        await connection.run(`DETACH ${this.name}`);
      } finally {
        connection.closeSync();
      }
    });
  }
}

const dropped = (): DatabaseError =>
  new DatabaseError('E_CLOSED', 'The snapshot was disposed of. Take another one, or dispose of it later.');

function busy({ pool }: Database, patienceMs: number): DatabaseError {
  return new DatabaseError(
    'E_TIMEOUT',
    `restore: after ${patienceMs} ms something still uses the database: a transaction, a stream that is not read to its end, or a lent connection. ` +
      'Await it, or end it, before the restore. Nothing was changed.',
    { details: { ...pool.stats, timeoutMs: patienceMs } },
  );
}
