// The tier of the cache that outlives the process: a table in the database. On a connection of its own, so that it never
// waits for, joins or fails a user's transaction. Not here: what is still valid (cache.ts).
import { randomUUID } from 'node:crypto';
import { BIGINT, DuckDBListValue, LIST, TIMESTAMPTZ, DuckDBTimestampTZValue, VARCHAR } from '@duckdb/node-api';
import type { Database } from '../engine/database.js';
import { SchemaVersion, Session } from '../engine/session.js';
import type { Result } from '../engine/result.js';
import type { Parameter } from '../sql/statement.js';

export const CACHE_TABLE = 'mysingle_cache';

/** One stored value. */
export interface Entry {
  readonly text: string;
  /** ids of the tables it was read from */
  readonly tables: readonly string[];
  /** the logical time at which its load began */
  readonly tick: number;
  readonly expiresAt: number;
}

const CREATE = `CREATE TABLE IF NOT EXISTS ${CACHE_TABLE} (
  key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL, tables VARCHAR[] NOT NULL, session VARCHAR NOT NULL, tick BIGINT NOT NULL,
  bytes BIGINT NOT NULL, created_at TIMESTAMP WITH TIME ZONE NOT NULL, expires_at TIMESTAMP WITH TIME ZONE NOT NULL)`;

/**
 * The row that says whether the last session ended in order. Rows are judged against the writes of the session that is
 * running; a session that was killed has told nobody what it wrote, so nothing of before may be believed.
 */
const STATE_KEY = ' state';

const text = (value: string): Parameter => ({ value, type: VARCHAR });
const texts = (values: readonly string[]): Parameter => ({
  value: new DuckDBListValue([...values]),
  type: LIST(VARCHAR),
});
const integer = (value: number): Parameter => ({ value: BigInt(value), type: BIGINT });
const time = (ms: number): Parameter => ({
  value: new DuckDBTimestampTZValue(BigInt(Math.round(ms)) * 1000n),
  type: TIMESTAMPTZ,
});

export class CacheTable {
  readonly #id = randomUUID();
  #created = false;

  private constructor(private readonly session: Session) {}

  /** Opens the tier; from here on the stored rows count only if this session, too, ends by `close`. */
  static async open(database: Database): Promise<CacheTable> {
    const table = new CacheTable(new Session(await database.connect(), new SchemaVersion()));
    try {
      await table.#begin();
      return table;
    } catch (error) {
      await table.session.close();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { rowCount } = await this.#run(
      `SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main' AND table_name = '${CACHE_TABLE}'`,
    );
    if (rowCount === 0) return;
    const { columns } = await this.#run(`SELECT value FROM ${CACHE_TABLE} WHERE key = $1`, text(STATE_KEY));
    if (columns[0]?.[0] !== 'closed') await this.#run(`DELETE FROM ${CACHE_TABLE}`);
    await this.#setState('open');
    this.#created = true;
  }

  async get(key: string): Promise<Entry | undefined> {
    if (!this.#created) return undefined;
    const { columns } = await this.#run(
      `SELECT value, tables, session, tick, expires_at FROM ${CACHE_TABLE} WHERE key = $1`,
      text(key),
    );
    const [value, tables, session, tick, expires] = columns.map((column) => column[0]);
    if (value === undefined) return undefined;
    return {
      text: value as string,
      tables: tables as string[],
      // a row of an earlier session is as old as this session
      tick: session === this.#id ? Number(tick) : 0,
      expiresAt: (expires as Date).getTime(),
    };
  }

  async put(key: string, entry: Entry, now: number): Promise<void> {
    if (!this.#created) {
      await this.#run(CREATE);
      await this.#setState('open');
      this.#created = true;
    }
    await this.#upsert(key, entry, now);
  }

  async #upsert(key: string, { text: value, tables, tick, expiresAt }: Entry, now: number): Promise<void> {
    await this.#run(
      `INSERT INTO ${CACHE_TABLE} VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, tables = excluded.tables, session = excluded.session, tick = excluded.tick,
         bytes = excluded.bytes, created_at = excluded.created_at, expires_at = excluded.expires_at`,
      text(key),
      text(value),
      texts(tables),
      text(this.#id),
      integer(tick),
      integer(Buffer.byteLength(value)),
      time(now),
      time(expiresAt),
    );
  }

  #setState(state: 'open' | 'closed'): Promise<void> {
    return this.#upsert(STATE_KEY, { text: state, tables: [], tick: 0, expiresAt: 0 }, 0);
  }

  async delete(key: string): Promise<void> {
    if (this.#created) await this.#run(`DELETE FROM ${CACHE_TABLE} WHERE key = $1`, text(key));
  }

  async clear(): Promise<void> {
    if (this.#created) await this.#run(`DELETE FROM ${CACHE_TABLE} WHERE key <> $1`, text(STATE_KEY));
  }

  /** Deletes the rows that are over by the clock, and those that `holds` no longer believes. Gives their number. */
  async purge(now: number, holds: (tables: readonly string[], tick: number) => boolean): Promise<number> {
    if (!this.#created) return 0;
    const expired = await this.#run(
      `DELETE FROM ${CACHE_TABLE} WHERE expires_at <= $1 AND key <> $2`,
      time(now),
      text(STATE_KEY),
    );
    const { columns } = await this.#run(
      `SELECT key, tables, session, tick FROM ${CACHE_TABLE} WHERE key <> $1`,
      text(STATE_KEY),
    );
    const [keys = [], tables = [], sessions = [], ticks = []] = columns;
    const dead = (keys as string[]).filter(
      (_key, row) => !holds(tables[row] as string[], sessions[row] === this.#id ? Number(ticks[row]) : 0),
    );
    if (dead.length > 0) await this.#run(`DELETE FROM ${CACHE_TABLE} WHERE key IN (SELECT unnest($1))`, texts(dead));
    return expired.rowsChanged + dead.length;
  }

  /** Ends the session in order, so that the next one may believe the rows that are left. */
  async close(now: number, holds: (tables: readonly string[], tick: number) => boolean): Promise<void> {
    try {
      await this.purge(now, holds);
      if (this.#created) await this.#setState('closed');
    } finally {
      await this.session.close();
    }
  }

  /** Ends without a word about it, as a process that is killed does. */
  abandon(): Promise<void> {
    return this.session.close();
  }

  #run(sql: string, ...parameters: readonly Parameter[]): Promise<Result> {
    return this.session.run({ text: sql, parameters, reads: [], writes: [] });
  }
}
