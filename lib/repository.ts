// Repository<E>: typed reads (reads.ts) and writes of one entity, every call with its documentation. Not here: SQL text (sql/), encoding
// (row-encoder.ts), opening (manager.ts).
import { insertBulk } from './bulk.js';
import type { Cache } from './cache/cache.js';
import { CACHE, type CacheSource } from './cache/source.js';
import type { BulkOptions } from './chunk-encoder.js';
import type { ColumnKey, Columns, EntityClass, Insert, Update } from './entity/row.js';
import { checkedValidate, groupsFor, type ValidateOption, type WriteOptions } from './entity/rule-option.js';
import { rulesOf, type Rules } from './entity/rules.js';
import { schemaOf, type EntitySchema } from './entity/schema.js';
import type { TransactionOptions } from './engine/transaction.js';
import { DatabaseError } from './errors.js';
import { IMPORT_OPTIONS, importFiles, type ImportOptions } from './files/import.js';
import type { Fragment } from './fragment.js';
import { CALL_OPTIONS, limited, within, type Limit, type CallOptions } from './limit.js';
import { PointOperations } from './point-operations.js';
import { Reader, type ReadContext } from './reading/reader.js';
import type { RawSql } from './raw-sql.js';
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

/** On managers: what they make a repository with. */
export const REPOSITORY = Symbol.for('@mysingle/database.repository');

/** What a repository gets of its manager. */
export interface RepositoryParts {
  readonly open: () => RepositoryContext | Promise<RepositoryContext>;
  readonly queryTimeoutMs: number | undefined;
  readonly cursorSecret: string | undefined;
}

/** What repositories belong to: a manager. */
export interface RepositoryOwner extends RawSql, CacheSource {
  /** its name for `@InjectRepository`; default `'default'` */
  readonly name: string;
  /** what it remembers */
  readonly cache: Cache;
  /**
   * One transaction for all that `fn` does.
   *
   * @throws DatabaseError `E_TX_ABORTED`, `E_CONFLICT`, and what `fn` throws
   * @example await db.transaction(() => trades.delete({ symbol: 'AAPL' }));
   */
  transaction<T>(fn: () => T | Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Does something once the transaction around it is committed.
   *
   * @throws DatabaseError `E_TX_ABORTED` where it is over, and what `fn` throws
   * @example await db.afterCommit(() => console.log('committed'));
   */
  afterCommit(fn: () => unknown): Promise<void>;
  /**
   * The repository of an entity, or of a class that extends `Repository.of(Entity)`.
   *
   * @example const trades = db.repository(Trade);
   */
  repository<R extends object>(repository: RepositoryClass<R>): R;
  repository<E extends object>(entity: RowClass<E>): Repository<E>;
  /** @internal @throws DatabaseError `E_CONFIG` when the entity is not among the manager's */
  [REPOSITORY](entity: EntityClass): RepositoryParts;
}

/** A class of repositories: one that extends `Repository.of(Entity)`, and asks for a manager alone to be made. */
export interface RepositoryClass<R extends object = object, M = never> {
  new (manager: M): R;
  /** the entity class */
  readonly entity: EntityClass;
}

/** A class of rows, and not of repositories: one with a constructor that asks for more must not pass for an entity. */
export type RowClass<E extends object> = EntityClass<E> & { readonly entity?: never };

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
 * in. An unknown property, in a row or a query, is an error. With methods of its own: `Repository.of`.
 *
 * @example
 * const trades = db.repository(Trade);
 * const big = await trades.find({ where: { qty: gte(1_000) }, orderBy: { at: 'desc' }, limit: 20 });
 */
export class Repository<E extends object> extends Reads<E> {
  readonly #schema: EntitySchema;
  readonly #open: () => RepositoryContext | Promise<RepositoryContext>;
  readonly #points: PointOperations;
  readonly #queryTimeoutMs: number | undefined;
  readonly #manager: RepositoryOwner;
  #encoder: RowEncoder | undefined;
  readonly [CACHE]: CacheSource[typeof CACHE];

  /**
   * A class to extend, for repositories with methods of their own, which may be `@Cached` and `@Transactional`.
   * `manager.repository(Backtests)` makes one, the same at each call, and so does `new Backtests(manager)`, another each time;
   * `@InjectRepository(Backtests)` and `repositoryToken(Backtests)` go by the class, too.
   *
   * @throws DatabaseError `E_DECLARATION` for a class that is no entity
   * @example
   * class Backtests extends Repository.of(BacktestResult) {
   *   \@Cached('10m') top(limit: number) { return this.find({ orderBy: { totalReturn: 'desc' }, limit }); }
   * }
   * const best = await db.repository(Backtests).top(5);
   */
  static of<E extends object>(entity: EntityClass<E>): RepositoryClass<Repository<E>, RepositoryOwner> {
    const { className } = schemaOf(entity);
    const Base = class extends Repository<E> {
      static readonly entity = entity;

      constructor(manager: RepositoryOwner) {
        super(entity, manager);
      }
    };
    return Object.defineProperty(Base, 'name', { value: `RepositoryOf${className}` });
  }

  /** @internal */
  constructor(
    /** the entity class */
    readonly entity: EntityClass<E>,
    manager: RepositoryOwner,
  ) {
    const { open, queryTimeoutMs, cursorSecret } = partsOf(entity, manager, new.target);
    const schema = schemaOf(entity);
    const reader = new Reader(schema, open, queryTimeoutMs, cursorSecret);
    const points = new PointOperations(schema, reader.hydrate(schema.columns), queryTimeoutMs);
    super(reader, points);
    this.#schema = schema;
    this.#open = open;
    this.#points = points;
    this.#queryTimeoutMs = queryTimeoutMs;
    this.#manager = manager;
    this[CACHE] = manager[CACHE];
    // the cache source is no data of a repository
    Object.defineProperty(this, CACHE, { enumerable: false });
  }

  /** The manager it belongs to: for SQL, transactions and other repositories. */
  get manager(): RepositoryOwner {
    return this.#manager;
  }

  /**
   * Inserts one row and gives it back as stored, with defaults and generated values.
   *
   * @throws DatabaseError `E_UNIQUE E_NOT_NULL E_CHECK E_FOREIGN_KEY E_CONVERSION E_VALIDATION`
   * @example const run = await results.insert({ strategyId: 's1', userId: 'u1', totalReturn: 0.12, price: '12.50' });
   * // INSERT INTO "backtest_results" ("id", "strategy_id", ...) VALUES ($1, $2, ...) RETURNING "id", ...
   */
  insert(row: Insert<E>, options: WriteOptions = {}): Promise<E> {
    return this.#call('insert', options, async ({ engine, encoder }, limit) => {
      const encoding = encoder.row(row);
      const { values } = encoding instanceof Promise ? await engine.judged(encoding, limit) : encoding;
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
   * @example await results.insertMany(rows, { onProgress: (done) => console.log(done) });
   * await prices.insertMany({ symbol: ['AAPL', 'MSFT'], day: [day, day], close: Float64Array.of(189.5, 402.1) });
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
   * @example await prices.upsert({ symbol: 'AAPL', day, close: 189.5 }, { on: ['symbol', 'day'], update: ['close'] });
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
      const set = encoding instanceof Promise ? await engine.judged(encoding, limit) : encoding;
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
   * @example const gone = await trades.delete({ at: lt(new Date('2020-01-01')) });
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
    return limited(options, what, this.#queryTimeoutMs, this.#schema, async (limit) => {
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

/** Whether a value is a class that extends `Repository.of(Entity)`. */
export function isRepositoryClass(value: unknown): value is RepositoryClass {
  return typeof value === 'function' && value.prototype instanceof Repository;
}

/** @throws DatabaseError `E_DECLARATION` for a class that asks for more than a manager, the rest of which it would lack */
export function takingManager(given: RepositoryClass): RepositoryClass {
  if (given.length <= 1) return given;
  const { name, entity } = given;
  throw new DatabaseError(
    'E_DECLARATION',
    `${name} takes more than its manager: make it by new ${name}(manager, ...). In Nest, list it among the providers, and its entity in DuckDBModule.forFeature([${entity.name}]).`,
  );
}

/** @throws DatabaseError `E_CONFIG` for no manager, as a container gives that makes the class by itself */
function partsOf(entity: EntityClass, manager: RepositoryOwner, { name }: { readonly name: string }): RepositoryParts {
  if (typeof (manager as RepositoryOwner | null | undefined)?.[REPOSITORY] === 'function')
    return manager[REPOSITORY](entity);
  throw new DatabaseError(
    'E_CONFIG',
    `${name} takes its manager: manager.repository(${name}) makes one, or new ${name}(manager). In Nest, DuckDBModule.forFeature([${name}]) does, and the class is not among the providers.`,
  );
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
