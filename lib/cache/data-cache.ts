// The Python module's cache calls: JSON data under a key in a table of the user's naming, with the age limit given by the
// reader. Not here: typed values and invalidation (cache.ts).
import { setTimeout as sleep } from 'node:timers/promises';
import { BIGINT, TIMESTAMPTZ, VARCHAR, DuckDBTimestampTZValue } from '@duckdb/node-api';
import type { Engine } from '../engine/engine.js';
import { identifierProblem, quote } from '../entity/identifier.js';
import { DatabaseError, isDatabaseError, loggable } from '../errors.js';
import { toJsonSerializable } from '../json-serializable.js';
import type { Log } from '../log.js';
import type { Statement } from '../sql/statement.js';

export const DEFAULT_TABLE = 'cache_data';
const STORE_ATTEMPTS = 6;

function tableId(table: string): string {
  return `main.${table}`.toLowerCase();
}

function checkedTable(table: unknown): string {
  const problem = identifierProblem(table);
  if (problem !== undefined) throw new DatabaseError('E_CONFIG', `The name of a cache table ${problem}.`);
  return table as string;
}

function checkedKey(key: unknown): string {
  if (typeof key !== 'string' || key === '')
    throw new DatabaseError('E_CONFIG', 'The key of cached data is a string that is not empty.');
  return key;
}

/** Hours from the option, else from CACHE_TTL_HOURS, else 24. */
function checkedHours(hours: unknown): number {
  const text = process.env['CACHE_TTL_HOURS'];
  const value = hours ?? (text === undefined || text === '' ? 24 : Number(text));
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new DatabaseError(
      'E_CONFIG',
      `ttlHours (or CACHE_TTL_HOURS) is a number of hours from 0, got ${JSON.stringify(hours ?? text)}.`,
    );
  }
  return value;
}

export class DataCache {
  /** tables that this manager has created, with their indexes */
  readonly #created = new Set<string>();
  /** tables that are known to be there */
  readonly #seen = new Set<string>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly engine: Engine,
    private readonly log: Log,
    private readonly now: () => number = Date.now,
  ) {}

  async create(name: unknown): Promise<void> {
    const table = checkedTable(name);
    const id = tableId(table);
    const quoted = quote(table);
    const ddl = [
      `CREATE TABLE IF NOT EXISTS ${quoted} (id UUID NOT NULL DEFAULT uuid(), cache_key VARCHAR NOT NULL, data_json JSON NOT NULL, created_at TIMESTAMP WITH TIME ZONE NOT NULL, updated_at TIMESTAMP WITH TIME ZONE NOT NULL, PRIMARY KEY (id))`,
      `CREATE UNIQUE INDEX IF NOT EXISTS ${quote(`${table}_cache_key_idx`)} ON ${quoted} (cache_key)`,
      `CREATE INDEX IF NOT EXISTS ${quote(`${table}_updated_at_idx`)} ON ${quoted} (updated_at)`,
    ];
    try {
      for (const text of ddl) await this.#inTurn({ text, parameters: [], reads: [], writes: [id] });
      // what was prepared while the table was another one (or one that was rolled back) is of no use
      this.engine.database.schemaChanged();
    } catch (error) {
      this.log('cacheTableFailed', { table_name: table, ...loggable(error) });
      throw error;
    }
    // a transaction may yet be rolled back, and the table with it
    if (this.engine.transaction === undefined) this.#created.add(table);
    this.log('cacheTableCreated', {
      table_name: table,
      indexes: ['cache_key', 'updated_at'],
      operation: 'create_table',
    });
  }

  async store(key: string, data: unknown, name: unknown = DEFAULT_TABLE): Promise<boolean> {
    const [table, cacheKey] = [checkedTable(name), checkedKey(key)];
    try {
      const json = JSON.stringify(toJsonSerializable(data));
      if (!this.#created.has(table)) await this.create(table);
      await this.#inTurn(this.#storeStatement(table, cacheKey, json));
      this.log('cacheStored', {
        cache_key: cacheKey,
        table_name: table,
        data_count: countOf(data),
        operation: 'store_cache',
      });
      return true;
    } catch (error) {
      if (isDatabaseError(error, 'E_CLOSED')) throw error;
      // dropped by somebody: the next store makes it anew
      if (isMissing(error)) this.#forget(table);
      this.log('cacheStoreFailed', { cache_key: cacheKey, table_name: table, ...loggable(error) });
      return false;
    }
  }

  /**
   * Two stores of one key at a time conflict in DuckDB, some of them as a duplicate key, and so do two creations of one
   * table: one after another, and again. A transaction does not wait in line, for those before it may wait for its connection.
   */
  #inTurn(statement: Statement): Promise<unknown> {
    if (this.engine.transaction !== undefined) return this.engine.run(statement);
    const turn = this.#tail.then(() => this.#insist(statement));
    this.#tail = turn.catch(() => {});
    return turn;
  }

  async #insist(statement: Statement): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.engine.run(statement);
      } catch (error) {
        const conflict = isDatabaseError(error, 'E_CONFLICT') || isDatabaseError(error, 'E_UNIQUE');
        if (!conflict || attempt === STORE_ATTEMPTS) throw error;
        await sleep(Math.random() * 5 * 2 ** attempt);
      }
    }
  }

  #storeStatement(table: string, key: string, json: string): Statement {
    const now = new DuckDBTimestampTZValue(BigInt(this.now()) * 1000n);
    return {
      text:
        `INSERT INTO ${quote(table)} (cache_key, data_json, created_at, updated_at) VALUES ($1, $2, $3, $3) ` +
        'ON CONFLICT (cache_key) DO UPDATE SET data_json = excluded.data_json, updated_at = excluded.updated_at',
      parameters: [
        { value: key, type: VARCHAR },
        { value: json, type: VARCHAR },
        { value: now, type: TIMESTAMPTZ },
      ],
      reads: [],
      writes: [tableId(table)],
    };
  }

  #forget(table: string): void {
    this.#created.delete(table);
    this.#seen.delete(table);
  }

  async #exists(table: string): Promise<boolean> {
    if (this.#seen.has(table)) return true;
    const { rowCount } = await this.engine.run({
      text: "SELECT 1 FROM information_schema.tables WHERE table_catalog = current_database() AND table_schema = 'main' AND lower(table_name) = lower($1)",
      parameters: [{ value: table, type: VARCHAR }],
      reads: [tableId(table)],
      writes: [],
    });
    if (rowCount === 0) this.#forget(table);
    else if (this.engine.transaction === undefined) this.#seen.add(table);
    return rowCount > 0;
  }

  async get(key: string, name: unknown = DEFAULT_TABLE, hours?: unknown): Promise<unknown> {
    const [table, cacheKey, ttlHours] = [checkedTable(name), checkedKey(key), checkedHours(hours)];
    const about = { cache_key: cacheKey, table_name: table };
    try {
      // asking a table that is not there would fail a transaction as a whole
      if (!(await this.#exists(table))) {
        this.log('cacheMissed', { ...about, ttl_hours: ttlHours, reason: 'no_table' });
        return null;
      }
      // for ever, where that is longer than a Date reaches back
      const oldest = BigInt(Math.floor(Math.max(this.now() - ttlHours * 3_600_000, -8.64e15))) * 1000n;
      const { columns } = await this.engine.run({
        text: `SELECT data_json FROM ${quote(table)} WHERE cache_key = $1 AND epoch_us(updated_at) > $2`,
        parameters: [
          { value: cacheKey, type: VARCHAR },
          { value: oldest, type: BIGINT },
        ],
        reads: [tableId(table)],
        writes: [],
      });
      const data = columns[0]?.[0];
      if (data === undefined) {
        this.log('cacheMissed', { ...about, ttl_hours: ttlHours, reason: 'not_found_or_expired' });
        return null;
      }
      this.log('cacheRetrieved', { ...about, data_count: countOf(data), ttl_hours: ttlHours, operation: 'get_cache' });
      return data;
    } catch (error) {
      if (isDatabaseError(error, 'E_CLOSED')) throw error;
      if (isMissing(error)) this.#forget(table);
      // no table is a miss; a table that lacks a column is a failure
      if (isMissing(error) && this.engine.transaction === undefined && !(await this.#exists(table))) {
        this.log('cacheMissed', { ...about, ttl_hours: ttlHours, reason: 'no_table' });
        return null;
      }
      this.log('cacheRetrieveFailed', { ...about, ...loggable(error) });
      return null;
    }
  }
}

function isMissing(error: unknown): boolean {
  return isDatabaseError(error, 'E_QUERY') && error.details['reason'] === 'missing';
}

function countOf(data: unknown): number {
  return Array.isArray(data) ? data.length : data === null || data === undefined ? 0 : 1;
}
