// The tier of the cache that outlives the process: a table in the database. On a connection of its own, so that it never
// waits for, joins or fails a user's transaction. Not here: what is still valid (cache.ts).
import { randomUUID } from 'node:crypto';
import {
  BIGINT,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  LIST,
  TIMESTAMPTZ,
  VARCHAR,
  type DuckDBConnection,
} from '@duckdb/node-api';
import type { Database, Follower } from '../engine/database.js';
import type { AlongWith } from '../engine/replay.js';
import { runAlone } from '../engine/run-alone.js';
import { SchemaVersion, Session } from '../engine/session.js';
import { readResult, type Result } from '../engine/result.js';
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

/** What another process wrote ends whatever was read from tables. */
export const ENDED_BY_OTHERS: AlongWith = {
  table: CACHE_TABLE,
  sql: `DELETE FROM ${CACHE_TABLE} WHERE len(tables) > 0`,
};

const text = (value: string): Parameter => ({ value, type: VARCHAR });
const texts = (values: readonly string[]): Parameter => ({
  value: new DuckDBListValue([...values]),
  type: LIST(VARCHAR),
});
const INSERT = `INSERT INTO ${CACHE_TABLE} VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;
const UPSERT = `${INSERT} ON CONFLICT (key) DO UPDATE SET value = excluded.value, tables = excluded.tables, session = excluded.session,
  tick = excluded.tick, bytes = excluded.bytes, created_at = excluded.created_at, expires_at = excluded.expires_at`;
const stateEntry = (state: 'open' | 'closed'): Entry => ({ text: state, tables: [], tick: 0, expiresAt: 0 });

const integer = (value: number): Parameter => ({ value: BigInt(value), type: BIGINT });
const time = (ms: number): Parameter => ({
  value: new DuckDBTimestampTZValue(BigInt(Math.round(ms)) * 1000n),
  type: TIMESTAMPTZ,
});

const rowOf = (
  key: string,
  { text: value, tables, tick, expiresAt }: Entry,
  now: number,
  session: string,
): Parameter[] => [
  text(key),
  text(value),
  texts(tables),
  text(session),
  integer(tick),
  integer(Buffer.byteLength(value)),
  time(now),
  time(expiresAt),
];

export class CacheTable implements Follower {
  readonly #id = randomUUID();
  readonly #session: Session;
  #alias: string;
  #created = false;

  private constructor(
    private readonly database: Database,
    connection: DuckDBConnection,
    private readonly schema = new SchemaVersion(),
  ) {
    this.#alias = database.alias;
    this.#session = new Session(connection, schema);
    database.followers.add(this);
  }

  /** Opens the tier; from here on the stored rows count only if this session, too, ends by `close`. */
  static async open(database: Database): Promise<CacheTable> {
    const table = new CacheTable(database, await database.connect());
    try {
      await table.#begin();
      return table;
    } catch (error) {
      await table.abandon();
      throw error;
    }
  }

  /** Believes what an earlier session left in order, and what this one has written. */
  async #begin(): Promise<void> {
    const { rowCount } = await this.#query(
      `SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = 'main' AND table_name = '${CACHE_TABLE}'`,
    );
    this.#created = rowCount > 0;
    if (!this.#created) return;
    const { columns } = await this.#query(`SELECT value FROM ${CACHE_TABLE} WHERE key = $1`, text(STATE_KEY));
    if (columns[0]?.[0] !== 'closed')
      await this.#query(`DELETE FROM ${CACHE_TABLE} WHERE session <> $1`, text(this.#id));
    await this.#setState('open');
  }

  /** The work has gone over from a side file to the database, and what was kept there came along. */
  async #follow(): Promise<void> {
    const { alias } = this.database;
    if (this.#alias === alias) return;
    this.#alias = alias;
    await this.#session.use(alias);
    this.schema.value += 1;
    await this.#begin();
  }

  hold(): Promise<() => void> {
    return new Promise((resolve) => {
      void this.#session.exclusive(() => new Promise<void>((letGo) => resolve(letGo)));
    });
  }

  async get(key: string): Promise<Entry | undefined> {
    await this.#follow();
    if (!this.#created) return undefined;
    const { columns } = await this.#query(
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
    await this.#follow();
    if (!this.#created) await this.#create();
    // what was read in fallback is a part of what is there: it must not come to the database
    const row = rowOf(key, entry, now, this.#id);
    await (entry.tables.length === 0 ? this.#change(UPSERT, ...row) : this.#query(UPSERT, ...row));
  }

  async #create(): Promise<void> {
    await this.#change(CREATE);
    // for whoever has this table next, unless they know better
    await this.#change(`${INSERT} ON CONFLICT DO NOTHING`, ...rowOf(STATE_KEY, stateEntry('closed'), 0, ''));
    await this.#setState('open');
    this.#created = true;
  }

  /** Whether there is anything to delete from. In fallback there may be in the database. */
  async #isThere(): Promise<boolean> {
    await this.#follow();
    if (!this.#created && this.database.fallback !== undefined) await this.#create();
    return this.#created;
  }

  async #setState(state: 'open' | 'closed'): Promise<void> {
    await this.#query(UPSERT, ...rowOf(STATE_KEY, stateEntry(state), 0, this.#id));
  }

  async delete(key: string): Promise<void> {
    if (await this.#isThere()) await this.#change(`DELETE FROM ${CACHE_TABLE} WHERE key = $1`, text(key));
  }

  async clear(): Promise<void> {
    if (await this.#isThere()) await this.#change(`DELETE FROM ${CACHE_TABLE} WHERE key <> $1`, text(STATE_KEY));
  }

  /** Deletes the rows that are over by the clock, and those that `holds` no longer believes. Gives their number. */
  async purge(now: number, holds: (tables: readonly string[], tick: number) => boolean): Promise<number> {
    await this.#follow();
    if (!this.#created) return 0;
    const expired = await this.#query(
      `DELETE FROM ${CACHE_TABLE} WHERE expires_at <= $1 AND key <> $2`,
      time(now),
      text(STATE_KEY),
    );
    const { columns } = await this.#query(
      `SELECT key, tables, session, tick FROM ${CACHE_TABLE} WHERE key <> $1`,
      text(STATE_KEY),
    );
    const [keys = [], tables = [], sessions = [], ticks = []] = columns;
    const dead = (keys as string[]).filter(
      (_key, row) => !holds(tables[row] as string[], sessions[row] === this.#id ? Number(ticks[row]) : 0),
    );
    if (dead.length > 0) await this.#query(`DELETE FROM ${CACHE_TABLE} WHERE key IN (SELECT unnest($1))`, texts(dead));
    return expired.rowsChanged + dead.length;
  }

  /** Ends the session in order, so that the next one may believe the rows that are left. */
  async close(now: number, holds: (tables: readonly string[], tick: number) => boolean): Promise<void> {
    try {
      await this.purge(now, holds);
      if (this.#created) await this.#setState('closed');
    } finally {
      await this.#close();
    }
  }

  /** Ends without a word about it, as a process that is killed does. */
  abandon(): Promise<void> {
    return this.#close();
  }

  async #close(): Promise<void> {
    this.database.followers.delete(this);
    await this.#session.close();
  }

  #query(sql: string, ...parameters: readonly Parameter[]): Promise<Result> {
    return this.#session.run({ text: sql, parameters, reads: [], writes: [] });
  }

  /** What must come to the database, too, where it is done in fallback. */
  #change(sql: string, ...parameters: readonly Parameter[]): Promise<Result> {
    const statement = { text: sql, parameters, reads: [], writes: [CACHE_TABLE] };
    return runAlone(this.database, this.#session, statement, readResult);
  }
}
