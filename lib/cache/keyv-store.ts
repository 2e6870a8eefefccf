// A storage adapter for Keyv over a table of a database, and so for whatever takes Keyv's stores. Keyv itself is not needed: its
// types are met by their shape. Not here: the table (keyv-table.ts), the library's own cache (cache.ts).
import { EventEmitter } from 'node:events';
import type { Database } from '../engine/database.js';
import { describe } from '../entity/misfit.js';
import type { EntityClass } from '../entity/row.js';
import { schemaOf } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { knownOptions } from '../sql/select.js';
import { KeyvTable, type KeyvRow } from './keyv-table.js';
import { KEYV_TABLE, tableNameProblem } from './table-name.js';
import { UnknownEntity, decodeValue, encodeValue } from './values.js';

/** On managers. */
export const KEYV_HOME = Symbol.for('@mysingle/database.keyvHome');

/** On managers, too: what is set has its end by the clock of the moment, before any wait. */
export const KEYV_NOW = Symbol.for('@mysingle/database.keyvNow');

/** What a store works on. */
export interface KeyvHome {
  readonly database: Database;
  /** classes whose instances may be stored */
  readonly entities: readonly EntityClass[];
}

/** A manager; it is connected by the first use. */
export interface KeyvSource {
  [KEYV_HOME](): Promise<KeyvHome>;
  readonly [KEYV_NOW]?: () => number;
}

/** Options of `keyvStore`. */
export interface KeyvStoreOptions {
  /** default `mysingle_keyv`; made when the first value is set; no other table of this library */
  readonly table?: string;
}

/** One value of `setMany`. */
export interface KeyvStoreEntry {
  readonly key: string;
  readonly value: unknown;
  /** in ms */
  readonly ttl?: number | undefined;
}

/** Before values other than text, which are kept by the form that the cache has for them. Text stands as it is. */
const MARK = '$json:';

/** The last millisecond that a `Date` has: what lives longer has no end. */
const LAST_MS = 8.64e15;

/**
 * What `keyvStore` gives. Keyv calls it; so may you: besides text it keeps whatever the cache has a form for.
 *
 * Each answer of `set` and `delete` comes after their commit, whatever transaction the caller is in: it stays when that is rolled
 * back. It ends what the cache of the database has read of the table, as any write does. Calls take effect in
 * their order, and those that wait together are one statement. Rows that are over are given to nobody; they are deleted by
 * `clear`, and up to 10,000 of them after each 1,000 rows written.
 *
 * @example const store: KeyvStore = keyvStore(db);
 */
export class KeyvStore extends EventEmitter {
  /** Keyv's: it begins the keys of this store, which `clear` and `iterator` tell them by. Without one, all keys are. */
  namespace: string | undefined;
  /** What Keyv asks of a store; `table` is where the values are. */
  // a name that Keyv knows: without one it offers no iterator; the SQL of DuckDB is a dialect of Postgres'
  readonly opts: { readonly dialect: 'postgres'; readonly url: string; readonly table: string };

  /** @internal */
  constructor(
    private readonly source: KeyvSource,
    options: KeyvStoreOptions = {},
    private readonly now: () => number = source?.[KEYV_NOW] ?? Date.now,
  ) {
    super();
    knownOptions(options, ['table'], 'keyvStore', 'E_CONFIG');
    const { table = KEYV_TABLE } = options;
    const problem = tableNameProblem(table, KEYV_TABLE);
    if (problem !== undefined) throw new DatabaseError('E_CONFIG', `keyvStore: the name of the table ${problem}.`);
    if (typeof (source as Partial<KeyvSource> | null)?.[KEYV_HOME] !== 'function')
      throw new DatabaseError('E_CONFIG', `keyvStore takes a manager, got ${describe(source)}.`);
    this.opts = { dialect: 'postgres', url: 'duckdb:', table };
  }

  /**
   * The value of a key, or undefined.
   *
   * @throws DatabaseError `E_CONFIG` for a key that is no text, `E_CLOSED`, and whatever DuckDB fails with
   */
  async get<Value>(key: string): Promise<Value | undefined> {
    try {
      const [value] = await this.getMany<Value>([key]);
      return value;
    } catch (error) {
      // Keyv takes the error of a get for a miss, and says nothing
      if (this.listenerCount('error') > 0) this.emit('error', error);
      throw error;
    }
  }

  /**
   * The values of keys, in their order; undefined where there is none.
   *
   * @throws DatabaseError `E_CONFIG` for a key that is no text, `E_CLOSED`, and whatever DuckDB fails with
   */
  async getMany<Value>(keys: string[]): Promise<(Value | undefined)[]> {
    const asked = keys.map((key) => this.#keyOf(key));
    const { table, entities } = await this.#home();
    const rows = await table.get(asked);
    return asked.map((key) => valueOf(rows.get(key), entities) as Value | undefined);
  }

  /**
   * Sets one value.
   *
   * @param ttl in ms; none, and 0, for no end
   * @throws DatabaseError `E_UNSUPPORTED` for values the cache has no form for, `E_CONFIG` for a ttl that is no number
   */
  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    await this.#put([{ key, value, ttl }]);
    return true;
  }

  /**
   * Sets all of them or none.
   *
   * @throws DatabaseError as `set`
   */
  setMany(entries: readonly KeyvStoreEntry[]): Promise<void> {
    // nothing by the type of Keyv's stores, and yet what comes is what keyv.setMany gives: whether each of them was set
    return this.#put(entries).then(() => entries.map(() => true) as unknown as void);
  }

  async #put(entries: readonly KeyvStoreEntry[]): Promise<void> {
    const rows = entries.map((entry) => this.#rowOf(entry));
    await (await this.#home()).table.put(rows);
  }

  /**
   * Deletes one value.
   *
   * @returns whether it was there
   * @throws DatabaseError `E_CONFIG` for a key that is no text, `E_CLOSED`, and whatever DuckDB fails with
   */
  delete(key: string): Promise<boolean> {
    return this.deleteMany([key]);
  }

  /**
   * Deletes several values.
   *
   * @returns whether any of them was there
   * @throws DatabaseError `E_CONFIG` for a key that is no text, `E_CLOSED`, and whatever DuckDB fails with
   */
  async deleteMany(keys: string[]): Promise<boolean> {
    const asked = keys.map((key) => this.#keyOf(key));
    const { table } = await this.#home();
    return (await table.delete(asked)).size > 0;
  }

  /**
   * Deletes what is in its namespace; everything in the table, where it has none.
   *
   * @throws DatabaseError `E_CLOSED`, and whatever DuckDB fails with
   */
  async clear(): Promise<void> {
    const prefix = this.#prefix(this.namespace);
    await (await this.#home()).table.clear(prefix);
  }

  /**
   * Whether there is a value.
   *
   * @throws DatabaseError `E_CONFIG` for a key that is no text, `E_CLOSED`, and whatever DuckDB fails with
   */
  async has(key: string): Promise<boolean> {
    const [there = false] = await this.hasMany([key]);
    return there;
  }

  /**
   * Whether there are values, in the order of the keys.
   *
   * @throws DatabaseError `E_CONFIG` for a key that is no text, `E_CLOSED`, and whatever DuckDB fails with
   */
  async hasMany(keys: string[]): Promise<boolean[]> {
    const asked = keys.map((key) => this.#keyOf(key));
    const { table } = await this.#home();
    const rows = await table.get(asked);
    return asked.map((key) => rows.has(key));
  }

  /** Keys and values in the order of the keys, read a thousand at a time: what is written meanwhile may be among them. */
  async *iterator<Value>(namespace = this.namespace): AsyncGenerator<[string, Awaited<Value> | undefined], void> {
    const prefix = this.#prefix(namespace);
    let after: string | undefined;
    for (;;) {
      const { table, entities } = await this.#home();
      const rows = await table.page(prefix, after);
      if (rows.length === 0) return;
      for (const row of rows) yield [row.key, valueOf(row, entities) as Awaited<Value> | undefined];
      after = rows.at(-1)?.key;
    }
  }

  /**
   * Waits for what was asked for. The manager stays open: it is not the store's.
   *
   * @throws DatabaseError whatever DuckDB fails with
   */
  async disconnect(): Promise<void> {
    await this.#table?.settled();
  }

  #table: KeyvTable | undefined;

  async #home(): Promise<{ readonly table: KeyvTable; readonly entities: readonly EntityClass[] }> {
    const { database, entities } = await this.source[KEYV_HOME]();
    this.#table = KeyvTable.of(database, this.opts.table, this.now);
    return { table: this.#table, entities };
  }

  #prefix(namespace: string | undefined): string {
    return namespace === undefined || namespace === '' ? '' : `${namespace}:`;
  }

  /** Keyv begins keys with the namespace, unless told not to: then it is left to the store. */
  #keyOf(key: unknown): string {
    // DuckDB would make one key of several that are no Unicode
    if (typeof key !== 'string' || !key.isWellFormed())
      throw new DatabaseError('E_CONFIG', 'The key of a stored value is a string of Unicode text.');
    const prefix = this.#prefix(this.namespace);
    return key.startsWith(prefix) ? key : prefix + key;
  }

  #rowOf({ key, value, ttl }: KeyvStoreEntry): KeyvRow {
    const text =
      typeof value === 'string' && !value.startsWith(MARK) && value.isWellFormed() ? value : MARK + encodeValue(value);
    return { key: this.#keyOf(key), text, expiresAt: this.#endOf(ttl) };
  }

  #endOf(ttl: unknown): number | undefined {
    if (ttl === undefined || ttl === null || ttl === 0) return undefined;
    if (typeof ttl !== 'number' || Number.isNaN(ttl))
      throw new DatabaseError(
        'E_CONFIG',
        `The ttl of a stored value is a number of milliseconds, got ${describe(ttl)}.`,
      );
    const end = this.now() + ttl;
    return end > LAST_MS ? undefined : Math.max(end, 0);
  }
}

function valueOf(row: KeyvRow | undefined, entities: readonly EntityClass[]): unknown {
  if (row === undefined || !row.text.startsWith(MARK)) return row?.text;
  try {
    return decodeValue(row.text.slice(MARK.length), (className, table) =>
      entities.find((entity) => {
        const schema = schemaOf(entity);
        return schema.className === className && `${schema.id}#${schema.shape}` === table;
      }),
    );
  } catch (error) {
    // of a class that has changed since, or is gone: as if it had never been stored
    if (error instanceof UnknownEntity) return undefined;
    throw error;
  }
}

/**
 * A store for Keyv, and with it for cacheable, cache-manager and `@nestjs/cache-manager`, in a table of the manager's database.
 * One store for each Keyv: it is told its namespace.
 *
 * @param manager connected by the first use; its close() closes the store, too
 * @throws DatabaseError `E_CONFIG` for what is no manager, and a name no table of values can have; from its methods, `E_CLOSED` after close()
 *   and whatever DuckDB fails with
 * @example const keyv = new Keyv({ store: keyvStore(db) });
 * @example const imports = [CacheModule.register({ stores: [new Keyv({ store: keyvStore(db) })] })];
 */
export function keyvStore(manager: KeyvSource, options?: KeyvStoreOptions): KeyvStore {
  return new KeyvStore(manager, options);
}
