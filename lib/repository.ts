// Repository<E>: typed reads (reads.ts) and writes of one entity, every call with its documentation. Not here: SQL text (sql/), encoding
// (row-encoder.ts), opening (manager.ts).
import { insertBulk } from './bulk.js';
import { CACHE, type CacheSource } from './cache/source.js';
import type { BulkOptions } from './chunk-encoder.js';
import type { ColumnKey, Columns, EntityClass, Insert, Update } from './entity/row.js';
import { checkedValidate, groupsFor, type ValidateOption, type WriteOptions } from './entity/rule-option.js';
import { rulesOf, type Rules } from './entity/rules.js';
import { schemaOf, type EntitySchema } from './entity/schema.js';
import { DatabaseError } from './errors.js';
import { IMPORT_OPTIONS, importFiles, type ImportOptions } from './files/import.js';
import type { Fragment } from './fragment.js';
import { CALL_OPTIONS, limited, within, type Limit, type CallOptions } from './limit.js';
import { PointOperations } from './point-operations.js';
import { Reader, type ReadContext } from './reading/reader.js';
import { Reads } from './reads.js';
import { RowEncoder } from './row-encoder.js';
import type { RowSource } from './row-source.js';
import type { Where } from './sql/operator.js';
import { knownOptions } from './sql/select.js';
import { deleteStatement, updateStatement } from './sql/write.js';
import { conflictOf, upsert, upsertConflict, type UpsertKeys } from './upsert.js';
import { inWordsOf } from './write-error.js';

/** What a repository works with; handed in by its manager, which connects first. */
export interface RepositoryContext extends ReadContext {
  readonly validate: ValidateOption;
  readonly now: () => number;
}

/** Rows to insert: an array, an iterable, an async iterable, or an object of columns. */
export type Rows<E> = Iterable<Insert<E>> | AsyncIterable<Insert<E>> | Columns<E>;

/** Options of `insertMany`. */
export interface InsertManyOptions extends BulkOptions, WriteOptions {
  /**
   * What to do with a row whose key exists: `'error'` (default) inserts nothing at all, `'ignore'` skips the row,
   * `'update'` updates it by the primary key
   */
  readonly onConflict?: 'error' | 'ignore' | 'update';
}

/** Options of `upsert`. */
export interface UpsertOptions<E> extends WriteOptions {
  /** the properties of a primary key or unique key; default the primary key */
  readonly on?: readonly ColumnKey<E>[];
  /** what to update in a row that exists; default what the new row sets */
  readonly update?: readonly ColumnKey<E>[];
}

const WRITE_OPTIONS = ['validate', ...CALL_OPTIONS];
const UPSERT_OPTIONS = ['on', 'update', ...WRITE_OPTIONS];
const INSERT_MANY_OPTIONS = ['onConflict', 'onProgress', ...WRITE_OPTIONS];

/**
 * Typed reads and writes of one entity. Made by `manager.repository(Entity)`; each call joins the transaction it is made
 * in. An unknown property, in a row or a query, is an error.
 */
export class Repository<E extends object> extends Reads<E> {
  readonly #schema: EntitySchema;
  readonly #open: () => RepositoryContext | Promise<RepositoryContext>;
  readonly #points: PointOperations;
  readonly #queryTimeoutMs: number | undefined;
  #encoder: RowEncoder | undefined;
  readonly [CACHE]: CacheSource[typeof CACHE];

  /** @internal */
  constructor(
    /** the entity class */
    readonly entity: EntityClass<E>,
    owner: CacheSource,
    open: () => RepositoryContext | Promise<RepositoryContext>,
    queryTimeoutMs?: number,
    cursorSecret?: string,
  ) {
    const schema = schemaOf(entity);
    const reader = new Reader(schema, open, queryTimeoutMs, cursorSecret);
    const points = new PointOperations(schema, reader.hydrate(schema.columns), queryTimeoutMs);
    super(reader, points);
    this.#schema = schema;
    this.#open = open;
    this.#points = points;
    this.#queryTimeoutMs = queryTimeoutMs;
    this[CACHE] = owner[CACHE];
    // the cache source is no data of a repository
    Object.defineProperty(this, CACHE, { enumerable: false });
  }

  /**
   * Inserts one row and gives it back as stored, with defaults and generated values.
   *
   * @throws DatabaseError `E_UNIQUE E_NOT_NULL E_CHECK E_FOREIGN_KEY E_CONVERSION E_VALIDATION`
   * @example const run = await results.insert({ strategyId: 's1', price: '12.50' });
   * // INSERT INTO "backtest_results" ("id", "strategy_id", ...) VALUES ($1, $2, ...) RETURNING "id", ...
   */
  insert(row: Insert<E>, options: WriteOptions = {}): Promise<E> {
    return this.#call('insert', options, async ({ engine, encoder }, limit) => {
      const encoding = encoder.row(row);
      const { values } = encoding instanceof Promise ? await within(limit, encoding) : encoding;
      return (await this.#points.insert(engine, encoder.columns, values, limit)) as E;
    });
  }

  /**
   * Inserts many rows, all or nothing, by DuckDB's appender in one transaction. Memory stays bounded where the rows come
   * from an iterable. A `signal` or `timeout` also ends the wait for an async iterable that hangs, whose
   * `return()` is called.
   *
   * @returns rows inserted (and updated, with `onConflict: 'update'`)
   * @throws DatabaseError as `insert`, with the row's number; whatever the iterable throws
   * @example await results.insertMany(rows, { onProgress: (n) => bar.update(n) });
   * await prices.insertMany({ symbol: ['AAPL', 'MSFT'], price: Float64Array.of(189.5, 402.1) });
   */
  async insertMany(rows: Rows<E>, options: InsertManyOptions = {}): Promise<number> {
    return this.#call(
      'insertMany',
      options,
      async ({ engine, encoder }, limit) =>
        insertBulk(
          engine,
          this.#schema,
          encoder,
          rows as RowSource,
          conflictOf(this.#schema, options.onConflict ?? 'error'),
          options,
          limit,
        ),
      INSERT_MANY_OPTIONS,
    );
  }

  /**
   * Inserts rows, or updates those whose key exists. A property that a row leaves out keeps its value in the row that
   * exists, and gets its default in a new one. Of rows with one key the last wins.
   *
   * @returns rows inserted or updated
   * @throws DatabaseError as `insert`; `E_QUERY` when `on` is no key of the entity
   * @example await prices.upsert({ symbol: 'AAPL', day, close: '1.00' }, { on: ['symbol', 'day'], update: ['close'] });
   */
  async upsert(rowOrRows: Insert<E> | Rows<E>, options: UpsertOptions<E> = {}): Promise<number> {
    return this.#call(
      'upsert',
      options,
      ({ engine, encoder }, limit) =>
        upsert(engine, this.#schema, encoder, rowOrRows, upsertConflict(this.#schema, options as UpsertKeys), limit),
      UPSERT_OPTIONS,
    );
  }

  /**
   * Changes the rows that match; a property may be set to a `sql` fragment, computed from the row.
   *
   * @param where to change every row write `all()`; an empty condition is refused
   * @returns rows changed
   * @throws DatabaseError as `insert`; `E_QUERY` for an empty condition or patch
   * @example await accounts.update({ id }, { balance: sql`balance + ${100}` });
   */
  update(
    where: Where<E>,
    patch: { readonly [K in keyof Update<E>]: Update<E>[K] | Fragment },
    options: WriteOptions = {},
  ): Promise<number> {
    return this.#call('update', options, async ({ engine, encoder }, limit) => {
      const encoding = encoder.patch(patch);
      const set = encoding instanceof Promise ? await within(limit, encoding) : encoding;
      const statement = updateStatement(this.#schema, where, set);
      return (await inWordsOf(this.#schema, () => engine.run(statement, limit))).rowsChanged;
    });
  }

  /**
   * Deletes the rows that match.
   *
   * @param where to delete every row write `all()`; an empty condition is refused
   * @returns rows deleted
   * @throws DatabaseError `E_QUERY` for an empty condition, `E_FOREIGN_KEY` for rows that others refer to
   */
  delete(where: Where<E>, options: CallOptions = {}): Promise<number> {
    return this.#call(
      'delete',
      options,
      async ({ engine }, limit) => {
        const statement = deleteStatement(this.#schema, where);
        return (await inWordsOf(this.#schema, () => engine.run(statement, limit))).rowsChanged;
      },
      CALL_OPTIONS,
    );
  }

  /**
   * Reads files into the table, all or nothing, by DuckDB itself: Parquet, CSV and JSON, by their endings as `exportTo` writes them. A
   * path, a pattern (`'in/*.parquet'`), or several. What a file has no column for gets its default. A value that the column's type cannot
   * hold exactly is an error with file, row (from 1) and `Entity.property`. See docs/files.md.
   *
   * @returns rows inserted (and updated, with `onConflict: 'update'`)
   * @throws DatabaseError `E_NOT_FOUND` for no file, `E_VALIDATION` for a column that the entity has not, `E_NOT_NULL`,
   *   `E_CONVERSION`, `E_CORRUPT`; as `insertMany`
   * @example await results.importFrom('in/*.parquet', { onConflict: 'update' });
   * await results.importFrom('runs.csv', { columns: { strategyId: 'Strategy Id', price: 'Price' }, delimiter: ';' });
   */
  importFrom(paths: string | readonly string[], options: ImportOptions<ColumnKey<E>> = {}): Promise<number> {
    return this.#call(
      'importFrom',
      options,
      ({ engine, encoder }, limit) => {
        const conflict = conflictOf(this.#schema, options.onConflict ?? 'error');
        return importFiles(engine, this.#schema, encoder, paths, options, conflict, limit);
      },
      [...IMPORT_OPTIONS, ...WRITE_OPTIONS],
    );
  }

  /** A call that writes: within its limit, with what it needs. */
  async #call<T>(
    what: string,
    options: WriteOptions,
    work: (ready: RepositoryContext & { encoder: RowEncoder }, limit: Limit | undefined) => Promise<T>,
    known: readonly string[] = WRITE_OPTIONS,
  ): Promise<T> {
    knownOptions(options, known, what);
    const validate =
      options.validate === undefined ? undefined : checkedValidate(options.validate, `${what}: `, 'E_QUERY');
    refuseFiles(this.#schema, what);
    return limited(options, what, this.#queryTimeoutMs, async (limit) => {
      const opened = within(limit, this.#open());
      const ready = opened instanceof Promise ? await opened : opened;
      return work({ ...ready, encoder: this.#encoderFor(ready, validate) }, limit);
    });
  }

  /** The rules of a class may differ between calls, and with them the encoder. */
  #encoderFor({ validate, now }: RepositoryContext, call: ValidateOption | undefined): RowEncoder {
    const groups = groupsFor(validate, call);
    const rules: Rules | undefined = groups && rulesOf(this.#schema, groups);
    if (this.#encoder === undefined || this.#encoder.rules !== rules)
      this.#encoder = new RowEncoder(this.#schema, rules, now);
    return this.#encoder;
  }
}

/** @throws DatabaseError `E_READ_ONLY` for an entity that is read from files */
function refuseFiles({ className, from }: EntitySchema, what: string): void {
  if (from !== undefined)
    throw new DatabaseError(
      'E_READ_ONLY',
      `${what} on ${className}: its rows are read from the files ${from.path}, which are never written. Write such files by exportTo, or declare a table and bring them in by importFrom.`,
      { details: { entity: className, path: from.path } },
    );
}
