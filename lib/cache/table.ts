// The table of the cache in the database: its rows, read and written. On a connection of its own, so that it never waits for,
// joins or fails a user's transaction. Not here: when it is written (table-tier.ts), what is still valid (cache.ts).
import { randomUUID } from 'node:crypto';
import {
  BIGINT,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  LIST,
  TIMESTAMPTZ,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { tagged } from '../engine/clock.js';
import type { Database, Follower } from '../engine/database.js';
import type { AlongWith } from '../engine/replay.js';
import { readResult, type Result } from '../engine/result.js';
import { runAlone } from '../engine/run-alone.js';
import { SchemaVersion, Session } from '../engine/session.js';
import { DatabaseError } from '../errors.js';
import type { Parameter } from '../sql/statement.js';
import type { Entry, EntryFields } from './entry.js';

export const CACHE_TABLE = 'mysingle_cache';

/** What is to stand under a key, and the text of its value. */
export type Written = readonly [key: string, entry: Entry, text: string];

/** A row as it is stored: an entry with its value as text. */
export interface StoredEntry extends Omit<EntryFields, 'value'> {
  readonly text: string;
}

const COLUMNS = {
  key: 'VARCHAR PRIMARY KEY',
  value: 'VARCHAR NOT NULL',
  tags: 'VARCHAR[] NOT NULL',
  tables: 'VARCHAR[] NOT NULL',
  session: 'VARCHAR NOT NULL',
  tick: 'BIGINT NOT NULL',
  bytes: 'BIGINT NOT NULL',
  hits: 'BIGINT NOT NULL',
  created_at: 'TIMESTAMP WITH TIME ZONE NOT NULL',
  expires_at: 'TIMESTAMP WITH TIME ZONE NOT NULL',
  grace_until: 'TIMESTAMP WITH TIME ZONE NOT NULL',
} as const;

const NAMES = Object.keys(COLUMNS) as readonly (keyof typeof COLUMNS)[];
const CREATE = `CREATE TABLE IF NOT EXISTS ${CACHE_TABLE} (${NAMES.map((name) => `${name} ${COLUMNS[name]}`).join(', ')})`;

/** By these an earlier version's table is known; it is made anew. */
const SINCE_EVER = ['key', 'value', 'tables', 'session', 'tick', 'expires_at'];

/**
 * The key of the row that says whether the last session ended in order; no value has an empty key. Rows are judged against the
 * writes of the session that is running; a session that was killed has told nobody what it wrote, so nothing of before may be
 * believed.
 */
const STATE_KEY = '';
const OPEN = 'open';
const CLOSED = 'closed ';

/**
 * What another process wrote ends whatever was read from tables: the rows, and by the token of the last session what a store has,
 * which nobody can have told of it. In the same commit as the writes, so that there is no moment to be killed in between.
 */
export const ENDED_BY_OTHERS: AlongWith = {
  table: CACHE_TABLE,
  sql: `DELETE FROM ${CACHE_TABLE} WHERE len(tables) > 0;
    UPDATE ${CACHE_TABLE} SET value = '${CLOSED}' WHERE key = '${STATE_KEY}' AND starts_with(value, '${CLOSED}')`,
};

const TYPES: Readonly<Record<keyof typeof COLUMNS, DuckDBType>> = {
  key: VARCHAR,
  value: VARCHAR,
  tags: LIST(VARCHAR),
  tables: LIST(VARCHAR),
  session: VARCHAR,
  tick: BIGINT,
  bytes: BIGINT,
  hits: BIGINT,
  created_at: TIMESTAMPTZ,
  expires_at: TIMESTAMPTZ,
  grace_until: TIMESTAMPTZ,
};

const KEPT_ON_CONFLICT: readonly string[] = ['key'];
const REPLACED = NAMES.filter((name) => !KEPT_ON_CONFLICT.includes(name)).map((name) => `${name} = excluded.${name}`);
const INSERT = `INSERT INTO ${CACHE_TABLE} SELECT ${NAMES.map((_name, index) => `unnest($${index + 1})`).join(', ')}`;
const UPSERT = `${INSERT} ON CONFLICT (key) DO UPDATE SET ${REPLACED.join(', ')}`;
const FIND = `SELECT value FROM ${CACHE_TABLE} WHERE key = $1`;

/**
 * The first line of a value says what its row says too, in columns that can be queried: a read of eight columns takes a third
 * longer than one of the value alone.
 */
type Head = readonly [
  session: string,
  tick: number,
  createdAt: number,
  expiresAt: number,
  graceUntil: number,
  ...dependencies: string[],
];

const text = (value: string): Parameter => ({ value, type: VARCHAR });
const integer = (value: number): Parameter => ({ value: BigInt(value), type: BIGINT });
const listOf = (items: readonly DuckDBValue[], type: DuckDBType): Parameter => ({
  value: new DuckDBListValue([...items]),
  type: LIST(type),
});
const texts = (values: readonly string[]): Parameter => listOf(values, VARCHAR);

/** Times beyond those of a Date mean for ever. */
const LAST_MS = 8.64e15;
const time = (ms: number): DuckDBTimestampTZValue =>
  new DuckDBTimestampTZValue(BigInt(Math.round(Math.min(ms, LAST_MS))) * 1000n);

type Row = Readonly<Record<keyof typeof COLUMNS, DuckDBValue>>;

export class CacheTable implements Follower {
  readonly #id = randomUUID();
  readonly #session: Session;
  #alias: string;
  #created = false;
  #ended: string | undefined;
  #tail: Promise<unknown> = Promise.resolve();

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

  /** What the last session said at its end, where it ended in order; without opening a session of one's own. */
  static async lastEnd(database: Database): Promise<string | undefined> {
    const table = new CacheTable(database, await database.connect());
    try {
      return (await table.#columns()).length === 0 || (await table.#isView()) ? undefined : await table.#readEnd();
    } finally {
      await table.abandon();
    }
  }

  /** Lets nobody believe the rows that are there. For sessions that could not open the table. */
  static async distrust(database: Database): Promise<void> {
    const table = new CacheTable(database, await database.connect());
    try {
      const columns = await table.#columns();
      // another one is believed by nobody, and is not ours to write to
      if (NAMES.every((name) => columns.includes(name)) && !(await table.#isView())) await table.#setState(OPEN);
    } finally {
      await table.abandon();
    }
  }

  /** What the session before this one said at its end; undefined where it did not end in order. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** Those of a view, too. */
  async #columns(): Promise<readonly string[]> {
    const { columns } = await this.#query(
      `SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = 'main' AND table_name = '${CACHE_TABLE}' ORDER BY column_index`,
    );
    return (columns[0] ?? []) as readonly string[];
  }

  async #isView(): Promise<boolean> {
    const { rowCount } = await this.#query(
      `SELECT 1 FROM duckdb_views() WHERE database_name = current_database() AND schema_name = 'main' AND view_name = '${CACHE_TABLE}'`,
    );
    return rowCount > 0;
  }

  /** Believes what an earlier session left in order, and what this one has written. */
  async #begin(): Promise<void> {
    this.#ended = undefined;
    this.#created = false;
    if (this.database.empty) return;
    const columns = await this.#columns();
    if (columns.length > 0 && (await this.#isView()))
      throw new DatabaseError(
        'E_SCHEMA_DRIFT',
        `${CACHE_TABLE} is a view, in the place of the table of the cache. Drop or rename it, and the cache lasts over restarts again.`,
      );
    this.#created = columns.length > 0 && columns.join() === NAMES.join();
    if (!this.#created && columns.length > 0) {
      if (!SINCE_EVER.every((name) => columns.includes(name)))
        throw new DatabaseError(
          'E_SCHEMA_DRIFT',
          `The table ${CACHE_TABLE} is not the one of the cache: it has the columns ${columns.join(', ')}. Rename it, and the cache lasts over restarts again.`,
        );
      await this.#query(`DROP TABLE ${CACHE_TABLE}`);
    }
    if (!this.#created) return;
    this.#ended = await this.#readEnd();
    if (this.#ended === undefined) await this.#query(`DELETE FROM ${CACHE_TABLE} WHERE session <> $1`, text(this.#id));
    await this.#setState(OPEN);
  }

  async #readEnd(): Promise<string | undefined> {
    const { columns } = await this.#query(`SELECT value FROM ${CACHE_TABLE} WHERE key = $1`, text(STATE_KEY));
    const state = columns[0]?.[0] as string | undefined;
    return state?.startsWith(CLOSED) ? state.slice(CLOSED.length) : undefined;
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

  /** One thing after another, each where the work is by then. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(async () => {
      await this.#follow();
      return work();
    });
    this.#tail = turn.then(nothing, nothing);
    return turn;
  }

  hold(): Promise<() => void> {
    return new Promise((resolve) => {
      const held = this.#tail.then(() => new Promise<void>((letGo) => resolve(letGo)));
      this.#tail = held;
    });
  }

  get(key: string): Promise<StoredEntry | undefined> {
    return this.#inTurn(() => this.#get(key));
  }

  async #get(key: string): Promise<StoredEntry | undefined> {
    if (!this.#created) return undefined;
    const { columns } = await this.#query(FIND, text(key));
    const value = columns[0]?.[0] as string | undefined;
    if (value === undefined) return undefined;
    const end = value.indexOf('\n');
    const [session, tick, createdAt, expiresAt, graceUntil, ...dependencies] = JSON.parse(value.slice(0, end)) as Head;
    return {
      text: value.slice(end + 1),
      dependencies,
      // a row of an earlier session is as old as this session
      tick: session === this.#id ? tick : 0,
      createdAt,
      expiresAt,
      graceUntil,
    };
  }

  /** Writes these in place of what is there under their keys, and deletes the others. */
  write(entries: readonly Written[], deleted: readonly string[]): Promise<void> {
    return this.#inTurn(() => this.#write(entries, deleted));
  }

  async #write(entries: readonly Written[], deleted: readonly string[]): Promise<void> {
    if (deleted.length > 0 && (await this.#isThere()))
      await this.#change(`DELETE FROM ${CACHE_TABLE} WHERE key IN (SELECT unnest($1))`, texts(deleted));
    if (entries.length === 0) return;
    if (!this.#created) await this.#create();
    // what was read in fallback is a part of what is there: it must not come to the database
    const own = entries.filter(([, entry]) => entry.tables.length > 0);
    const any = entries.filter(([, entry]) => entry.tables.length === 0);
    if (own.length > 0) await this.#query(UPSERT, ...this.#rows(own));
    if (any.length > 0) await this.#change(UPSERT, ...this.#rows(any));
  }

  #rows(entries: readonly Written[]): Parameter[] {
    const rows = entries.map(([key, entry, body]): Row => {
      const times = [entry.createdAt, entry.expiresAt, entry.graceUntil];
      return {
        key,
        value: `${JSON.stringify([this.#id, entry.tick, ...times, ...entry.dependencies])}\n${body}`,
        tags: new DuckDBListValue([...entry.tags]),
        tables: new DuckDBListValue([...entry.tables]),
        session: this.#id,
        tick: BigInt(entry.tick),
        bytes: BigInt(Buffer.byteLength(body)),
        hits: BigInt(entry.takeHits()),
        created_at: time(entry.createdAt),
        expires_at: time(entry.expiresAt),
        grace_until: time(entry.graceUntil),
      };
    });
    return parametersOf(rows);
  }

  /** Makes it where it is not there yet. */
  create(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#created) await this.#create();
    });
  }

  async #create(): Promise<void> {
    await this.#change(CREATE);
    // for whoever has this table next, unless they know better
    await this.#change(`${INSERT} ON CONFLICT DO NOTHING`, ...stateRow(CLOSED, ''));
    await this.#setState(OPEN);
    this.#created = true;
  }

  /** Whether there is anything to delete from. In fallback there may be in the database. */
  async #isThere(): Promise<boolean> {
    if (!this.#created && this.database.fallback !== undefined) await this.#create();
    return this.#created;
  }

  async #setState(state: string): Promise<void> {
    await this.#query(UPSERT, ...stateRow(state, this.#id));
  }

  clear(): Promise<void> {
    return this.#inTurn(async () => {
      if (await this.#isThere()) await this.#change(`DELETE FROM ${CACHE_TABLE} WHERE key <> $1`, text(STATE_KEY));
    });
  }

  /** Adds to the number of answers that were given from each. */
  count(hits: ReadonlyMap<string, number>): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#created || hits.size === 0) return;
      await this.#query(
        `UPDATE ${CACHE_TABLE} SET hits = hits + counted.n FROM (SELECT unnest($1) AS k, unnest($2) AS n) AS counted WHERE key = counted.k`,
        texts([...hits.keys()]),
        listOf([...hits.values()].map(BigInt), BIGINT),
      );
    });
  }

  /**
   * Deletes the rows that are over by the clock, those that `holds` no longer believes, and the oldest of those beyond `maxBytes`.
   * Gives their number.
   */
  purge(
    now: number,
    holds: (dependencies: readonly string[], tick: number) => boolean,
    maxBytes = Infinity,
  ): Promise<number> {
    return this.#inTurn(() => this.#purge(now, holds, maxBytes));
  }

  async #purge(
    now: number,
    holds: (dependencies: readonly string[], tick: number) => boolean,
    maxBytes: number,
  ): Promise<number> {
    if (!this.#created) return 0;
    const over = await this.#query(
      `DELETE FROM ${CACHE_TABLE} WHERE grace_until <= $1 AND key <> $2`,
      { value: time(now), type: TIMESTAMPTZ },
      text(STATE_KEY),
    );
    const dead = await this.#dead(holds);
    if (dead.length > 0) await this.#query(`DELETE FROM ${CACHE_TABLE} WHERE key IN (SELECT unnest($1))`, texts(dead));
    return over.rowsChanged + dead.length + (Number.isFinite(maxBytes) ? await this.#shrink(maxBytes) : 0);
  }

  async #dead(holds: (dependencies: readonly string[], tick: number) => boolean): Promise<string[]> {
    const { columns } = await this.#query(
      `SELECT key, tables, tags, session, tick FROM ${CACHE_TABLE} WHERE len(tables) + len(tags) > 0`,
    );
    const [keys = [], tables = [], tags = [], sessions = [], ticks = []] = columns;
    return (keys as string[]).filter(
      (_key, row) =>
        !holds(
          [...(tables[row] as string[]), ...(tags[row] as string[]).map(tagged)],
          sessions[row] === this.#id ? Number(ticks[row]) : 0,
        ),
    );
  }

  async #shrink(maxBytes: number): Promise<number> {
    const { rowsChanged } = await this.#query(
      `DELETE FROM ${CACHE_TABLE} WHERE key IN (SELECT key FROM (SELECT key, sum(bytes) OVER (ORDER BY created_at DESC, key) AS total FROM ${CACHE_TABLE} WHERE key <> $1) WHERE total > $2)`,
      text(STATE_KEY),
      integer(maxBytes),
    );
    return rowsChanged;
  }

  /** Ends the session in order, so that the next one may believe the rows that are left. @param end what it is told */
  async close(end: string): Promise<void> {
    try {
      await this.#inTurn(async () => {
        if (this.#created) await this.#setState(CLOSED + end);
      });
    } finally {
      await this.abandon();
    }
  }

  /** Ends without a word about it, as a process that is killed does. */
  async abandon(): Promise<void> {
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

const nothing = (): void => {};

/** A list for each column. */
function parametersOf(rows: readonly Row[]): Parameter[] {
  return NAMES.map((name) =>
    listOf(
      rows.map((row) => row[name]),
      TYPES[name],
    ),
  );
}

function stateRow(state: string, session: string): Parameter[] {
  const none = new DuckDBListValue([]);
  const [zero, epoch] = [0n, time(0)];
  return parametersOf([
    {
      key: STATE_KEY, value: state, tags: none, tables: none, session, tick: zero, bytes: zero, hits: zero,
      created_at: epoch, expires_at: epoch, grace_until: epoch,
    },
  ]); // prettier-ignore
}
