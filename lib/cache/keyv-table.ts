// A table of texts under keys, each with an end: the rows behind Keyv's stores. On a session of its own, outside any transaction
// of its callers, who wait in one line. Not here: what Keyv asks for, and what values look like (keyv-store.ts).
import { setTimeout as sleep } from 'node:timers/promises';
import { BIGINT, DuckDBListValue, DuckDBTimestampTZValue, LIST, TIMESTAMPTZ, VARCHAR } from '@duckdb/node-api';
import { context } from '../context.js';
import type { Database, Follower } from '../engine/database.js';
import { PendingCommit } from '../engine/pending-commit.js';
import { closedError } from '../engine/pool.js';
import { readResult, type Result } from '../engine/result.js';
import { runAlone } from '../engine/run-alone.js';
import { SchemaVersion, Session } from '../engine/session.js';
import { quote, quoteLiteral } from '../entity/identifier.js';
import { DatabaseError, isDatabaseError, type ErrorCode } from '../errors.js';
import { EVERYTHING, type Statement, type Parameter } from '../sql/statement.js';
import { CallQueue } from './call-queue.js';

/** One stored text. */
export interface KeyvRow {
  readonly key: string;
  readonly text: string;
  /** in ms; undefined where it has no end */
  readonly expiresAt: number | undefined;
}

/** Rows that were written until those that are over are looked for, and how many of them are deleted then. */
const PURGE_EVERY = 1_000;
const PURGE_MOST = 10_000;
/** Keys of one SELECT, and rows of one page. */
const MOST_KEYS = 256;
const PAGE = 1_000;
const ATTEMPTS = 10;
const LONGEST_PAUSE_MS = 100;

/** What others do not fail with: a group that failed with something else is tried in its halves. */
const OF_ALL: ReadonlySet<ErrorCode> = new Set([
  'E_CLOSED',
  'E_CONFIG',
  'E_INVALIDATED',
  'E_READ_ONLY',
  'E_DISK_FULL',
  'E_PERMISSION',
  'E_CORRUPT',
]);

const text = (value: string): Parameter => ({ value, type: VARCHAR });
const time = (ms: number): DuckDBTimestampTZValue => new DuckDBTimestampTZValue(BigInt(Math.floor(ms)) * 1000n);
const instant = (ms: number): Parameter => ({ value: time(ms), type: TIMESTAMPTZ });

const tables = new WeakMap<Database, Map<string, KeyvTable>>();

type Ask =
  | { readonly kind: 'read'; readonly keys: readonly string[] }
  | { readonly kind: 'write'; readonly rows: readonly KeyvRow[] }
  | { readonly kind: 'delete'; readonly keys: readonly string[] }
  /** what goes with nothing else */
  | { readonly kind: 'alone'; readonly work: () => Promise<unknown> };

/** How much of one statement an ask takes up: rows, or a sixteenth of a megabyte of text. */
function weightOf(ask: Ask): number {
  if (ask.kind === 'alone') return MOST_KEYS;
  if (ask.kind !== 'write') return ask.keys.length;
  return ask.rows.reduce((sum, row) => sum + 1 + row.text.length / 65_536, 0);
}

export class KeyvTable implements Follower {
  readonly #name: string;
  readonly #schema = new SchemaVersion();
  readonly #queue = new CallQueue<Ask>((asks) => this.#perform(asks), weightOf, MOST_KEYS);
  #session: Session | undefined;
  /** where the session is; undefined where it has to be looked up */
  #alias: string | undefined;
  #created = false;
  #closed = false;
  #written = 0;

  private constructor(
    private readonly database: Database,
    private readonly table: string,
    private readonly now: () => number,
  ) {
    this.#name = quote(table);
    database.followers.add(this);
    database.beforeClose.push(() => this.#close());
  }

  /** The one table of this name in a database: two sessions would conflict. */
  static of(database: Database, name: string, now: () => number): KeyvTable {
    let known = tables.get(database);
    if (known === undefined) tables.set(database, (known = new Map()));
    // names that differ in case are one to DuckDB
    const id = name.toLowerCase();
    let table = known.get(id);
    if (table === undefined) known.set(id, (table = new KeyvTable(database, name, now)));
    return table;
  }

  /** The rows of these keys that are not over. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, KeyvRow>> {
    this.#isRead();
    return this.#ask({ kind: 'read', keys }) as Promise<ReadonlyMap<string, KeyvRow>>;
  }

  /** Writes all of the rows or none, once they are committed; of one key the last wins. */
  async put(rows: readonly KeyvRow[]): Promise<void> {
    await this.#ask({ kind: 'write', rows });
  }

  /** @returns those of the keys that had a row that was not over */
  delete(keys: readonly string[]): Promise<ReadonlySet<string>> {
    this.#isRead();
    return this.#ask({ kind: 'delete', keys }) as Promise<ReadonlySet<string>>;
  }

  /** Deletes the keys that begin so, and whatever is over. */
  async clear(prefix: string): Promise<void> {
    await this.#alone(async () => {
      await this.#ready();
      if (await this.#isThere())
        await this.#change(
          `DELETE FROM ${this.#name} WHERE starts_with(key, $1) OR expires_at <= $2`,
          text(prefix),
          instant(this.now()),
        );
    });
  }

  /** Rows whose key begins so and comes after `after`, in the order of their keys; none when there are no more. */
  page(prefix: string, after: string | undefined): Promise<readonly KeyvRow[]> {
    this.#isRead();
    return this.#alone(async () => {
      await this.#ready();
      for (let from = after; this.#created;) {
        const rows = await this.#rows(
          `SELECT key, value, expires_at FROM ${this.#name} WHERE starts_with(key, $1)${from === undefined ? '' : ' AND key > $2'} ORDER BY key LIMIT ${PAGE}`,
          [prefix, ...(from === undefined ? [] : [from])].map(text),
        );
        const living = rows.filter((row) => this.#lives(row));
        if (living.length > 0 || rows.length === 0) return living;
        from = rows.at(-1)?.key;
      }
      return [];
    });
  }

  /** When everything asked for before is done. */
  async settled(): Promise<void> {
    if (!this.#closed) await this.#alone(async () => {});
  }

  /** By the cached load of the caller, whose context no call here has any more once it waits in line with others. */
  #isRead(): void {
    context().reads?.add(this.database, [this.#id]);
  }

  #ask(ask: Ask): Promise<unknown> {
    if (this.#closed) return Promise.reject(closedError());
    // each of its writes would end values of that cache, which tells its store of it by a write
    if (context().storeOf === this.database) return Promise.reject(ownStore());
    return this.#queue.ask(ask);
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#ask({ kind: 'alone', work }) as Promise<T>;
  }

  /** Before whatever waits: the work goes over to another database, where each of them finds it. */
  hold(): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      const work = (): Promise<void> =>
        new Promise<void>((done) => {
          resolve(() => {
            this.#alias = undefined;
            done();
          });
        });
      void this.#queue.first({ kind: 'alone', work });
    });
  }

  /** Does what several ask for; gives the answer of each, or throws where none was done. */
  async #perform(asks: readonly Ask[]): Promise<readonly (() => unknown)[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(asks);
      } catch (error) {
        this.database.recovery.failed(error);
        const again = attempt < ATTEMPTS && (isDatabaseError(error, 'E_CONFLICT') || (await this.#isGone()));
        if (!again) return this.#halves(asks, error);
        // with whoever else writes this table, by SQL
        await sleep(Math.min(2 ** attempt, LONGEST_PAUSE_MS));
      }
    }
  }

  async #halves(asks: readonly Ask[], error: unknown): Promise<readonly (() => unknown)[]> {
    if (asks.length === 1 || (isDatabaseError(error) && OF_ALL.has(error.code)))
      return asks.map(() => () => {
        throw error;
      });
    const half = asks.length >> 1;
    return [...(await this.#perform(asks.slice(0, half))), ...(await this.#perform(asks.slice(half)))];
  }

  async #attempt(asks: readonly Ask[]): Promise<readonly (() => unknown)[]> {
    const [first] = asks as readonly [Ask];
    if (first.kind === 'alone') {
      const value = await first.work();
      return [() => value];
    }
    await this.#ready();
    if (first.kind === 'write') {
      const rows = asks.flatMap((ask) => (ask as typeof first).rows);
      await this.#put(rows);
      return asks.map(() => () => undefined);
    }
    const keys = asks.flatMap((ask) => (ask as { readonly keys: readonly string[] }).keys);
    if (first.kind === 'read') {
      const found = new Map((await this.#find(keys)).map((row) => [row.key, row]));
      return asks.map(() => () => found);
    }
    const deleted = await this.#delete(keys);
    return asks.map((ask) => {
      // of several who delete one row it was the first
      const own = (ask as { readonly keys: readonly string[] }).keys.filter((key) => deleted.has(key));
      for (const key of own) deleted.delete(key);
      return () => new Set(own);
    });
  }

  async #put(all: readonly KeyvRow[]): Promise<void> {
    // a statement may write a row once
    const rows = [...new Map(all.map((row) => [row.key, row])).values()];
    if (rows.length === 0) return;
    if (!this.#created) await this.#create();
    const texts = (values: string[]): Parameter => ({ value: new DuckDBListValue(values), type: LIST(VARCHAR) });
    await this.#run({
      text: `INSERT INTO ${this.#name} (key, value, bytes, created_at, expires_at)
        SELECT unnest($1), unnest($2), unnest($3), $4, unnest($5) ON CONFLICT (key) DO UPDATE
        SET value = excluded.value, bytes = excluded.bytes, created_at = excluded.created_at, expires_at = excluded.expires_at`,
      parameters: [
        texts(rows.map((row) => row.key)),
        texts(rows.map((row) => row.text)),
        { value: new DuckDBListValue(rows.map((row) => BigInt(Buffer.byteLength(row.text)))), type: LIST(BIGINT) },
        instant(this.now()),
        {
          value: new DuckDBListValue(rows.map((row) => (row.expiresAt === undefined ? null : time(row.expiresAt)))),
          type: LIST(TIMESTAMPTZ),
        },
      ],
      reads: [],
      writes: [this.#id],
    });
    this.#written += rows.length;
    if (this.#written < PURGE_EVERY) return;
    this.#written = 0;
    await this.#purge();
  }

  /** What is over is given to nobody; this frees its room. In fallback nothing of the database is seen. */
  async #purge(): Promise<void> {
    if (this.database.fallback !== undefined) return;
    try {
      await this.#change(
        `DELETE FROM ${this.#name} WHERE key IN (SELECT key FROM ${this.#name} WHERE expires_at <= $1 LIMIT ${PURGE_MOST})`,
        instant(this.now()),
      );
    } catch (error) {
      // the rows that were asked for are written: the next purge is soon
      this.database.recovery.failed(error);
    }
  }

  async #find(keys: readonly string[]): Promise<KeyvRow[]> {
    const found: KeyvRow[] = [];
    for (let from = 0; this.#created && from < keys.length; from += MOST_KEYS) {
      const { places, parameters } = listed(keys.slice(from, from + MOST_KEYS));
      const sql = `SELECT key, value, expires_at FROM ${this.#name} WHERE key IN (${places})`;
      found.push(...(await this.#rows(sql, parameters)));
    }
    return found.filter((row) => this.#lives(row));
  }

  async #delete(keys: readonly string[]): Promise<Set<string>> {
    const deleted: KeyvRow[] = [];
    if (!(await this.#isThere())) return new Set();
    for (let from = 0; from < keys.length; from += MOST_KEYS) {
      const { places, parameters } = listed(keys.slice(from, from + MOST_KEYS));
      const sql = `DELETE FROM ${this.#name} WHERE key IN (${places}) RETURNING key, '', expires_at`;
      deleted.push(...rowsOf(await this.#change(sql, ...parameters)));
    }
    return new Set(deleted.filter((row) => this.#lives(row)).map((row) => row.key));
  }

  #lives({ expiresAt }: KeyvRow): boolean {
    return expiresAt === undefined || expiresAt > this.now();
  }

  get #id(): string {
    return `main.${this.table}`.toLowerCase();
  }

  async #ready(): Promise<void> {
    this.database.recovery.refuseIfGone();
    this.#session ??= new Session(await this.database.connect(), this.#schema);
    const { alias } = this.database;
    if (this.#alias === alias) return;
    await this.#session.use(alias);
    this.#schema.value += 1;
    this.#created = await this.#exists();
    this.#alias = alias;
  }

  /** @throws DatabaseError `E_CONFIG` where a view has its name */
  async #exists(): Promise<boolean> {
    const named = (kind: 'table' | 'view'): string =>
      `SELECT '${kind}' FROM duckdb_${kind}s() WHERE database_name = current_database() AND schema_name = 'main' AND lower(${kind}_name) = lower(${quoteLiteral(this.table)})`;
    const { columns } = await this.#query(`${named('table')} UNION ALL ${named('view')}`);
    if (columns[0]?.[0] === 'view')
      throw new DatabaseError(
        'E_CONFIG',
        `keyvStore: ${this.#name} is a view, in the place of the table of the store. Give another table, or drop the view, and the table is made.`,
        { details: { table: this.table } },
      );
    return columns[0]?.[0] === 'table';
  }

  /** Whether the table was dropped by SQL, which frees all its room: the next row makes it anew. */
  async #isGone(): Promise<boolean> {
    if (!this.#created || this.#session === undefined) return false;
    const exists = await this.#exists().catch(() => true);
    if (!exists) this.#created = false;
    return !exists;
  }

  async #create(): Promise<void> {
    await this.#run({
      text: `CREATE TABLE IF NOT EXISTS ${this.#name} (
      key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL, bytes BIGINT NOT NULL,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL, expires_at TIMESTAMP WITH TIME ZONE)`,
      parameters: [],
      reads: [],
      writes: [EVERYTHING],
    });
    this.#created = true;
    this.database.schemaChanged();
  }

  /** Whether there is anything to delete from. In fallback there may be in the database. */
  async #isThere(): Promise<boolean> {
    if (!this.#created && this.database.fallback !== undefined) await this.#create();
    return this.#created;
  }

  async #rows(sql: string, parameters: readonly Parameter[]): Promise<KeyvRow[]> {
    return rowsOf(await this.#query(sql, parameters));
  }

  #query(sql: string, parameters: readonly Parameter[] = []): Promise<Result> {
    return this.#run({ text: sql, parameters, reads: [], writes: [] });
  }

  /** What must come to the database, too, where it is done in fallback; the clock is told of it. */
  #change(sql: string, ...parameters: readonly Parameter[]): Promise<Result> {
    return this.#run({ text: sql, parameters, reads: [], writes: [this.#id] });
  }

  async #run(statement: Statement): Promise<Result> {
    const commit = new PendingCommit(this.database, statement);
    try {
      return await runAlone(this.database, this.#session as Session, statement, readResult, commit);
    } catch (error) {
      commit.failed(error);
      throw error;
    }
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.database.followers.delete(this);
    tables.get(this.database)?.delete(this.table.toLowerCase());
    await this.#queue.idle();
    await this.#session?.close();
  }
}

const ownStore = (): DatabaseError =>
  new DatabaseError(
    'E_CONFIG',
    'keyvStore: the cache of a database cannot have its store in the same database. Leave cache.store out: the table mysingle_cache is there for that.',
  );

/** The number of parameters is a power of two, so that a few texts do for any number of keys. */
function listed(keys: readonly string[]): { readonly places: string; readonly parameters: readonly Parameter[] } {
  const size = 2 ** Math.ceil(Math.log2(keys.length));
  const places = Array.from({ length: size }, (_place, index) => `$${index + 1}`).join(', ');
  return {
    places,
    parameters: Array.from({ length: size }, (_place, index) => text(keys[index] ?? (keys.at(-1) as string))),
  };
}

function rowsOf({ columns }: Result): KeyvRow[] {
  const [keys = [], values = [], ends = []] = columns;
  return keys.map((key, row) => ({
    key: key as string,
    text: values[row] as string,
    expiresAt: ends[row] === null ? undefined : (ends[row] as Date).getTime(),
  }));
}
