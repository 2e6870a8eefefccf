// Repository<E>: typed reads and writes of one entity. Not here: SQL text (sql/), encoding (row-encoder.ts), opening
// (manager.ts).
import { setTimeout as sleep } from 'node:timers/promises';
import { CACHE, type CacheSource } from './cache/source.js';
import { insertBulk } from './bulk.js';
import type { BulkOptions } from './chunk-encoder.js';
import type { Engine } from './engine/engine.js';
import { arraysOf, readArrays, readResult, rowsOf } from './engine/result.js';
import { arrayFor, type ColumnArrays } from './entity/column-array.js';
import { record } from './entity/record.js';
import type { ColumnKey, Columns, EntityClass, Insert, Selected, Update } from './entity/row.js';
import type { Unmarked } from './entity/property-type.js';
import { schemaOf, type Column, type EntitySchema } from './entity/schema.js';
import { hasRules } from './entity/validate.js';
import { DatabaseError, isDatabaseError } from './errors.js';
import { exportQuery } from './files/export.js';
import { EXPORT_OPTIONS, type ExportOptions } from './files/file-target.js';
import { IMPORT_OPTIONS, importFiles, type ImportOptions } from './files/import.js';
import type { Fragment } from './fragment.js';
import { CALL_OPTIONS, limited, within, type Limit, type CallOptions } from './limit.js';
import { PointOperations } from './point-operations.js';
import { distinct } from './reading/distinct.js';
import { explainFind, type ExplainOptions } from './reading/explain.js';
import { find, found } from './reading/find.js';
import { findPage, type Page } from './reading/page.js';
import { asOf } from './reading/as-of.js';
import { latestBy } from './reading/latest.js';
import { Reader, type ReadContext, type ReadOptions } from './reading/reader.js';
import { window } from './reading/window.js';
import { FROM_DATABASE, RowEncoder } from './row-encoder.js';
import type { RowSource } from './row-source.js';
import { RowStream } from './row-stream.js';
import { aggregateStatement } from './sql/aggregate.js';
import type {
  AggregateOf,
  AggregateOptions,
  AggregateRow,
  AggregateSelect,
  GroupBy,
  TotalOptions,
} from './sql/aggregate-types.js';
import type { AsOfOptions, AsOfRow } from './sql/as-of.js';
import type { LatestOptions } from './sql/latest.js';
import { sample } from './reading/sample.js';
import { summarize, type ColumnSummary } from './reading/summarize.js';
import type { DistinctOptions } from './sql/distinct.js';
import type { Explanation } from './sql/explanation.js';
import type { Where } from './sql/operator.js';
import type { FindPageOptions } from './sql/page.js';
import type { Include, RowOf } from './sql/relation.js';
import type { SampleOptions, SampleSize } from './sql/sample.js';
import {
  columnOf,
  countStatement,
  existsStatement,
  knownOptions,
  selectStatement,
  selectedColumns,
  type FindOptions,
  type NoInclude,
} from './sql/select.js';
import type { Statement } from './sql/statement.js';
import type { SummarizeOptions } from './sql/summary.js';
import { deleteStatement, updateStatement, upsertStatement, type OnConflict } from './sql/write.js';
import type { WindowOf, WindowOptions, WindowRow } from './sql/window.js';
import { inWordsOf } from './write-error.js';

/** What a repository works with; handed in by its manager, which connects first. */
export interface RepositoryContext extends ReadContext {
  readonly validate: boolean;
  readonly now: () => number;
}

/** A primary key: its value, or an object of its properties where it has several. */
export type Id<E> =
  string | number | bigint | Date | Uint8Array | { readonly [K in ColumnKey<E>]?: Unmarked<E[K & keyof E]> };

/** Rows to insert: an array, an iterable, an async iterable, or an object of columns. */
export type Rows<E> = Iterable<Insert<E>> | AsyncIterable<Insert<E>> | Columns<E>;

/** Options of `insertMany`. */
export interface InsertManyOptions extends BulkOptions, CallOptions {
  /**
   * What to do with a row whose key exists: `'error'` (default) inserts nothing at all, `'ignore'` skips the row,
   * `'update'` updates it by the primary key
   */
  readonly onConflict?: 'error' | 'ignore' | 'update';
}

/** Options of `upsert`. */
export interface UpsertOptions<E> extends CallOptions {
  /** the properties of a primary key or unique key; default the primary key */
  readonly on?: readonly ColumnKey<E>[];
  /** what to update in a row that exists; default what the new row sets */
  readonly update?: readonly ColumnKey<E>[];
}

/** Options of `exportTo` of a repository: which rows, as for `find`, and how they are written. */
export type ExportRowsOptions<E, K extends ColumnKey<E> = ColumnKey<E>> = ExportOptions<ColumnKey<E>> &
  Omit<FindOptions<E, K>, 'cache'>;

const UPSERT_ATTEMPTS = 6;
const READ_OPTIONS = ['cache', ...CALL_OPTIONS];
const FIND_ONE_OPTIONS = ['where', 'select', 'orderBy', 'offset', ...READ_OPTIONS];
const STREAM_OPTIONS = [...FIND_ONE_OPTIONS.filter((name) => name !== 'cache'), 'limit'];
const EXPORT_ROWS_OPTIONS = [...STREAM_OPTIONS, ...EXPORT_OPTIONS];
const UPSERT_OPTIONS = ['on', 'update', ...CALL_OPTIONS];
const INSERT_MANY_OPTIONS = ['onConflict', 'onProgress', ...CALL_OPTIONS];

/**
 * Typed reads and writes of one entity. Made by `manager.repository(Entity)`; each call joins the transaction it is made
 * in. An unknown property, in a row or a query, is an error.
 */
export class Repository<E extends object> {
  readonly #schema: EntitySchema;
  readonly #reader: Reader;
  readonly #open: () => RepositoryContext | Promise<RepositoryContext>;
  readonly #points: PointOperations;
  #encoder: RowEncoder | undefined;
  readonly [CACHE]: CacheSource[typeof CACHE];

  /** @internal */
  constructor(
    /** the entity class */
    readonly entity: EntityClass<E>,
    owner: CacheSource,
    open: () => RepositoryContext | Promise<RepositoryContext>,
    private readonly queryTimeoutMs?: number,
    cursorSecret?: string,
  ) {
    this.#schema = schemaOf(entity);
    this.#open = open;
    this.#reader = new Reader(this.#schema, open, queryTimeoutMs, cursorSecret);
    this.#points = new PointOperations(this.#schema, this.#reader.hydrate(this.#schema.columns), queryTimeoutMs);
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
  insert(row: Insert<E>, options: CallOptions = {}): Promise<E> {
    return this.#call('insert', options, async ({ engine, encoder }, limit) => {
      const { values } = encoder.row(row);
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
          this.#onConflict(options.onConflict ?? 'error'),
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
      async ({ engine, encoder }, limit) => {
        const conflict = this.#upsertConflict(options);
        if (areRows(rowOrRows, conflict.on))
          return insertBulk(engine, this.#schema, encoder, rowOrRows, conflict, {}, limit);
        const { values, given } = writable(encoder, rowOrRows);
        // in fallback the values that the database makes are made first: what was given out must come to the database
        if (engine.database.fallback !== undefined && values.size < encoder.columns.length)
          return insertBulk(engine, this.#schema, encoder, [rowOrRows], conflict, {}, limit);
        const update = conflict.update.filter((column) => given.has(column));
        const statement = upsertStatement(this.#schema, values, { ...conflict, update });
        return this.#upsertOne(engine, statement, conflict.on, limit);
      },
      UPSERT_OPTIONS,
    );
  }

  /**
   * Rows that match, as instances of the entity; with `select`, of these properties alone; with `include`, with the rows of other
   * entities that are related to them by foreign keys, as instances too, all by one statement.
   *
   * @throws DatabaseError `E_QUERY` for unknown properties and options, and values that are not the column's
   * @example await results.find({ where: { userId: 'u1', sharpe: gt(1) }, orderBy: { createdAt: 'desc' }, limit: 20 });
   * // SELECT ... FROM "results" WHERE ("user_id" = $1 AND "sharpe" > $2) ORDER BY "created_at" DESC LIMIT 20
   * @example await strategies.find({ include: { trades: many(Trade, { orderBy: { at: 'desc' }, limit: 5 }) } });
   * // (Strategy & { trades: Trade[] })[]
   */
  async find<const K extends ColumnKey<E> = never, const I extends Include<E> = NoInclude>(
    options: FindOptions<E, K, I> = {},
  ): Promise<RowOf<E, K, I>[]> {
    return (await find(this.#reader, options)) as never;
  }

  /**
   * Rows that match, read as the loop asks for them: memory stays bounded, however many they are. Gives all of them in their
   * order, as they were when it began, or throws. Never from the cache.
   *
   * Nothing runs before the loop begins. From then on it has a connection of the pool until its end, a `break`, an error or
   * `return()`; inside a transaction it is a part of that, whose other statements may run in the loop, and DuckDB keeps the
   * rows meanwhile. `timeout` covers all of it, also the time that the loop takes; the manager's `queryTimeout` each wait for
   * the database.
   *
   * @throws DatabaseError as `find`, at once for wrong options; in the loop, whatever DuckDB fails with, however late
   * @example for await (const trade of trades.stream({ where: { symbol: 'AAPL' }, orderBy: { at: 'asc' } })) book(trade);
   */
  stream<const K extends ColumnKey<E> = never, const I extends Include<E> = NoInclude>(
    options: Omit<FindOptions<E, K, I>, 'cache'> = {},
  ): RowStream<RowOf<E, K, I>> {
    knownOptions(options, [...STREAM_OPTIONS, 'include'], 'stream');
    const { statement, hydrate } = found(this.#reader, options);
    const open = this.#open;
    return new RowStream<object>({
      options,
      what: 'stream',
      statementMs: this.queryTimeoutMs,
      async *chunks(limit) {
        const { engine } = await within(limit, open());
        yield* engine.stream(statement, (chunk) => rowsOf(chunk, hydrate), limit);
      },
    }) as never;
  }

  /**
   * Columns of the rows that match, each as one array: a `Float64Array` for numbers, a `BigInt64Array` for `bigint`
   * (`BigUint64Array` for `ubigint`; integers of 128 bits in an array), copied out of DuckDB's memory without a JavaScript value
   * in between. A column that is nullable, or no number, comes as an array with nulls in their places. Never from the cache.
   *
   * @throws DatabaseError as `find`
   * @example const { close, day } = await prices.findColumns({ select: ['close', 'day'], where: { symbol: 'AAPL' } });
   * // close: Float64Array, day: Date[]
   */
  findColumns<const K extends ColumnKey<E> = never>(
    options: Omit<FindOptions<E, K>, 'cache' | 'include'> = {},
  ): Promise<ColumnArrays<E, [K] extends [never] ? ColumnKey<E> : K>> {
    knownOptions(options, STREAM_OPTIONS, 'findColumns');
    const { columns, statement } = this.#selection(options);
    return limited(options, 'findColumns', this.queryTimeoutMs, async (limit) => {
      const { engine } = await within(limit, this.#open());
      const { arrays } = await engine.collect(statement, readArrays(columns.map(arrayFor)), limit);
      return named(columns, arrays);
    }) as never;
  }

  /**
   * The same, some thousand rows at a time: memory stays bounded, however many rows match. As `stream` in everything else.
   *
   * @throws DatabaseError as `stream`
   * @example for await (const { close } of prices.streamColumns({ select: ['close'] })) sum += close.reduce((a, b) => a + b, 0);
   */
  streamColumns<const K extends ColumnKey<E> = never>(
    options: Omit<FindOptions<E, K>, 'cache' | 'include'> = {},
  ): RowStream<ColumnArrays<E, [K] extends [never] ? ColumnKey<E> : K>> {
    knownOptions(options, STREAM_OPTIONS, 'streamColumns');
    const { columns, statement } = this.#selection(options);
    const open = this.#open;
    const make = columns.map(arrayFor);
    return new RowStream<object>({
      options,
      what: 'streamColumns',
      statementMs: this.queryTimeoutMs,
      async *chunks(limit) {
        const { engine } = await within(limit, open());
        yield* engine.stream(statement, (chunk) => [named(columns, arraysOf(chunk, make))], limit);
      },
    }) as never;
  }

  #selection(options: object): { columns: readonly Column[]; statement: Statement } {
    const { select } = options as FindOptions<never>;
    const columns = selectedColumns(this.#schema, select);
    return { columns, statement: selectStatement(this.#schema, columns, options) };
  }

  /** The first row that matches, or null. */
  async findOne<const K extends ColumnKey<E> = never, const I extends Include<E> = NoInclude>(
    options: Omit<FindOptions<E, K, I>, 'limit'> = {},
  ): Promise<RowOf<E, K, I> | null> {
    knownOptions(options, [...FIND_ONE_OPTIONS, 'include'], 'findOne');
    const [row] = await this.find<K, I>({ ...options, limit: 1 });
    return row ?? null;
  }

  /**
   * The first row that matches.
   *
   * @throws DatabaseError `E_NOT_FOUND` when there is none
   */
  async findOneOrFail<const K extends ColumnKey<E> = never, const I extends Include<E> = NoInclude>(
    options: Omit<FindOptions<E, K, I>, 'limit'> = {},
  ): Promise<RowOf<E, K, I>> {
    const row = await this.findOne<K, I>(options);
    if (row === null)
      throw new DatabaseError('E_NOT_FOUND', `No ${this.#schema.className} matches.`, {
        details: { entity: this.#schema.className },
      });
    return row;
  }

  /**
   * One page of the rows that match, by the place of its rows in the order and not by their number: whatever is inserted and
   * deleted meanwhile, no row that stays comes twice or is left out, and a page far behind costs no more than the first one.
   *
   * Behind `orderBy` the primary key decides, so that the order is one of all rows; an entity without one needs a unique key in
   * `orderBy`. NULLs are last where a key does not say `nulls: 'first'`, whatever DuckDB's settings are.
   *
   * `next` and `previous` are cursors: text for `after` and `before` with the same `orderBy`. They are signed (`cursorSecret` of
   * the manager's options) but no secret: who has one can read the values of the keys in it. What `where` asks for is not in
   * them, and must be asked for again.
   *
   * @throws DatabaseError as `find`; `E_QUERY` for a cursor that is damaged, forged, or of another entity or order, and for keys
   *   without an order: json, lists, structs, maps, unions
   * @example const { rows, next } = await trades.findPage({ orderBy: { at: 'desc' }, limit: 20, after: request.query.cursor });
   * // SELECT ... FROM "trades" WHERE "at" <= $1 AND ("at" < $2 OR ("at" = $3 AND ("id" > $4))) ORDER BY "at" DESC NULLS LAST, "id" ASC NULLS LAST LIMIT 21
   */
  async findPage<const K extends ColumnKey<E> = never, const I extends Include<E> = NoInclude>(
    options: FindPageOptions<E, K, I> = {},
  ): Promise<Page<RowOf<E, K, I>>> {
    return (await findPage(this.#reader, options)) as never;
  }

  /**
   * The row with this primary key, or null.
   *
   * @throws DatabaseError `E_QUERY` when the entity has no primary key, or the id is not one
   * @example await prices.findById({ symbol: 'AAPL', day });
   */
  async findById(id: Id<E>, options: ReadOptions = {}): Promise<E | null> {
    knownOptions(options, READ_OPTIONS, 'findById');
    const { cachedMs, from } = this.#schema;
    const alone = from !== undefined || (cachedMs !== undefined && options.cache !== false);
    const key = alone ? undefined : this.#points.keyOf(id);
    if (key === undefined) return this.findOne({ ...options, where: this.#idCondition(id) });
    return limited(options, 'findById', this.queryTimeoutMs, (limit) => {
      const opened = within(limit, this.#open());
      const read = ({ engine }: RepositoryContext): Promise<object | null> => this.#points.find(engine, key, limit);
      return (opened instanceof Promise ? opened.then(read) : read(opened)) as Promise<E | null>;
    });
  }

  /**
   * How many rows match.
   *
   * @throws DatabaseError `E_CONVERSION` beyond 2^53
   */
  async count(where?: Where<E>, options: ReadOptions = {}): Promise<number> {
    knownOptions(options, READ_OPTIONS, 'count');
    const statement = countStatement(this.#schema, where);
    return (await this.#reader.cached(
      'count',
      statement,
      options,
      readResult,
      (result) => result.columns[0]?.[0],
    )) as number;
  }

  /**
   * Each combination of some properties once, as instances that have these alone. What is equal is what DuckDB takes for equal:
   * NULL is one value, NaN too, and -0 is 0.
   *
   * @throws DatabaseError as `find`; `E_QUERY` for json, which would be compared by its text, and an order by another property
   * @example await runs.distinct(['strategyId', 'state'], { where: { userId }, orderBy: { strategyId: 'asc' } });
   * // { strategyId: string; state: 'queued' | 'done' }[]
   */
  async distinct<const K extends ColumnKey<E>>(
    properties: readonly K[],
    options: DistinctOptions<E, NoInfer<K>> = {},
  ): Promise<Selected<E, K>[]> {
    return (await distinct(this.#reader, properties, options)) as never;
  }

  /**
   * Rows chosen at random among those that match, as instances. `rows`: exactly so many, or all where there are fewer; `percent`:
   * each with this chance.
   *
   * With `seed` DuckDB reads in one thread, so that the same rows are chosen each time, by every process and number of threads,
   * as long as the table is not written; after a write they may be others. It is cached as other reads are. Without it each call
   * chooses anew, and nothing is cached.
   *
   * @throws DatabaseError as `find`; `E_QUERY` for a size that is none
   * @example await trades.sample({ rows: 100 }, { where: { symbol: 'AAPL' }, seed: 42 });
   */
  async sample<const K extends ColumnKey<E> = never>(
    size: SampleSize,
    options: SampleOptions<E, K> = {},
  ): Promise<RowOf<E, K, NoInclude>[]> {
    return (await sample(this.#reader, size, options)) as never;
  }

  /**
   * Describes columns by DuckDB's SUMMARIZE, over the rows that match: how many there are and how many are NULL (both exact),
   * smallest and largest, about how many different ones, mean, standard deviation, approximate quantiles.
   *
   * @throws DatabaseError as `find`; `E_QUERY` where a column of float or double has NaN or an infinity, of which there is no
   *   standard deviation
   * @example const [price] = await trades.summarize({ select: ['price'], where: { symbol: 'AAPL' } });
   * // { column: 'price', type: 'DOUBLE', count: 1200, nulls: 0, min: '180.5', max: '199.0', approxUnique: 431, avg: 190.2, ... }
   */
  async summarize<const K extends ColumnKey<E> = never>(
    options: SummarizeOptions<E, K> = {},
  ): Promise<ColumnSummary<[K] extends [never] ? ColumnKey<E> : K>[]> {
    return (await summarize(this.#reader, options)) as never;
  }

  /**
   * How DuckDB would run what `find` runs with these options; with `analyze: true` it is run, and each operator tells how many
   * rows it gave and how long it took. DuckDB plans with the values, and shows them: in the plan that is given here each of them,
   * and each constant, is a `?`. What is left of them is how many rows DuckDB expects.
   *
   * @throws DatabaseError as `find`
   * @example console.log((await trades.explain({ where: { symbol: 'AAPL' } })).plan);
   */
  async explain<const K extends ColumnKey<E> = never, const I extends Include<E> = NoInclude>(
    query: Omit<FindOptions<E, K, I>, keyof ReadOptions> = {},
    options: ExplainOptions = {},
  ): Promise<Explanation> {
    return explainFind(this.#reader, query, options);
  }

  /** Whether any row matches. */
  async exists(where?: Where<E>, options: ReadOptions = {}): Promise<boolean> {
    knownOptions(options, READ_OPTIONS, 'exists');
    const statement = existsStatement(this.#schema, where);
    return (await this.#reader.cached(
      'exists',
      statement,
      options,
      readResult,
      (result) => result.columns[0]?.[0],
    )) as boolean;
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
    options: CallOptions = {},
  ): Promise<number> {
    return this.#call('update', options, async ({ engine, encoder }, limit) => {
      const statement = updateStatement(this.#schema, where, encoder.patch(patch));
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
    return this.#call('delete', options, async ({ engine }, limit) => {
      const statement = deleteStatement(this.#schema, where);
      return (await inWordsOf(this.#schema, () => engine.run(statement, limit))).rowsChanged;
    });
  }

  /**
   * Groups and aggregates, typed by what is asked for. Without `groupBy`, `having`, `limit` and `offset` it is always one row,
   * also over no rows at all. Each aggregate may have a `filter`; `rollup` adds totals, `fill` the buckets that have no rows.
   *
   * @throws DatabaseError `E_QUERY` for unknown names, aggregates that do not fit their column, and more than 10 million
   * filled buckets
   * @example await results.aggregate({
   *   groupBy: ['strategyId'], select: { runs: count(), avgReturn: avg('totalReturn') },
   *   having: { avgReturn: gt(0) }, orderBy: { avgReturn: 'desc' }, limit: 10,
   * }); // { strategyId: string; runs: number; avgReturn: number | null }[]
   * @example const [{ runs }] = await results.aggregate({ select: { runs: count() } });
   * @example await trades.aggregate({
   *   groupBy: { hour: timeBucket('1h', 'at') }, select: { bought: sum('qty').filter({ side: 'buy' }), close: last('price', 'at') },
   *   fill: { carry: ['close'] },
   * });
   */
  aggregate<const A extends Readonly<Record<string, AggregateOf<E>>>>(
    options: TotalOptions<E, A>,
  ): Promise<[AggregateRow<E, readonly [], A>]>;
  aggregate<
    const A extends AggregateSelect<E, G, R>,
    const G extends GroupBy<E> = readonly [],
    const R extends boolean = false,
  >(options: AggregateOptions<E, G, A, R>): Promise<AggregateRow<E, G, A, R>[]>;
  async aggregate(options: object): Promise<never> {
    const { statement, names } = aggregateStatement(this.#schema, options);
    const rows = await this.#reader.cached('aggregate', statement, options, readResult, ({ columns, rowCount }) =>
      Array.from({ length: rowCount }, (_row, row) => record(names, (_name, index) => columns[index]?.[row])),
    );
    return rows as never;
  }

  /**
   * The latest rows of each group, as instances: those that come first by `orderBy`, of equals by the primary key. In the order
   * of the groups, and within one of `orderBy`.
   *
   * @param by properties; rows with the same values of them are one group, NULLs too
   * @throws DatabaseError `E_QUERY` for unknown properties and options
   * @example await quotes.latestBy(['symbol'], { orderBy: 'at', limit: 3 });
   * // SELECT ... QUALIFY row_number() OVER (PARTITION BY "symbol" ORDER BY "at" DESC, "id" DESC) <= 3 ORDER BY ...
   */
  async latestBy<const K extends ColumnKey<E> = never>(
    by: readonly ColumnKey<E>[],
    options: LatestOptions<E, K>,
  ): Promise<([K] extends [never] ? E : Selected<E, K>)[]> {
    return (await latestBy(this.#reader, by, options)) as never;
  }

  /**
   * Each row with the row of another table that was current at its time: the last one not after it, or with
   * `direction: 'forward'` the first one not before it. Both are instances; `right` is null where there is none, or none within
   * `tolerance`, unless `inner` leaves such rows out. NULLs match nothing.
   *
   * @throws DatabaseError `E_QUERY` for unknown properties and options, and for columns that are not alike; `E_CONFIG` for a
   * tolerance that is no duration
   * @example await trades.asOf(Quote, { on: 'at', by: ['symbol'], tolerance: '5s', orderBy: { at: 'asc' } });
   * // { left: Trade; right: Quote | null }[]
   * // SELECT ... FROM "trades" AS l ASOF LEFT JOIN "quotes" AS r ON l."symbol" = r."symbol" AND l."at" >= r."at" ORDER BY ...
   */
  async asOf<
    O extends object,
    const K extends ColumnKey<E> = never,
    const P extends ColumnKey<O> = never,
    const I extends boolean = false,
  >(other: EntityClass<O>, options: AsOfOptions<E, O, K, P, I>): Promise<AsOfRow<E, O, K, P, I>[]> {
    return (await asOf(this.#reader, other, options)) as never;
  }

  /**
   * Rows with what is computed over the rows around them, as plain objects typed by what is asked for. In the order of
   * `partitionBy` and `orderBy`, unless `sort` says otherwise.
   *
   * @throws DatabaseError `E_QUERY` for unknown names, and functions that do not fit their column
   * @example await bars.window({
   *   partitionBy: ['symbol'], orderBy: { day: 'asc' },
   *   select: { day: 'day', close: 'close', prev: lag('close'), mean: movingAvg('close', 20), rank: rowNumber() },
   *   qualify: { prev: isNotNull() },
   * }); // { day: Date; close: string; prev: string | null; mean: number | null; rank: number }[]
   */
  async window<const S extends Readonly<Record<string, WindowOf<E>>>>(
    options: WindowOptions<E, S>,
  ): Promise<WindowRow<E, S>[]> {
    return (await window(this.#reader, options)) as never;
  }

  /**
   * Writes the rows that match into a file, by DuckDB itself: `.parquet`, `.csv`, `.tsv`, `.json` (an array), `.ndjson` and `.jsonl` (an
   * object a line), text also with `.gz` or `.zst`. Its columns have the names of the database's. It gets its name when it is complete,
   * in place of a file that is there: an export that fails leaves nothing. `'out/*.parquet'` writes several files into the folder `out`,
   * one for each thread that has rows; `partitionBy` folders `column=value` in it. See docs/files.md.
   *
   * @returns rows written
   * @throws DatabaseError `E_CONFIG` for a path that cannot be, `E_NOT_FOUND` where its folder is missing, `E_PERMISSION`,
   *   `E_DISK_FULL`; `E_UNSUPPORTED` for a union; as `find`
   * @example await bars.exportTo('out/bars.parquet', { where: { symbol: 'AAPL' }, orderBy: { day: 'asc' } });
   * await bars.exportTo('out/*.parquet', { partitionBy: ['symbol'], compression: 'zstd', overwrite: true });
   */
  exportTo<const K extends ColumnKey<E> = ColumnKey<E>>(
    path: string,
    options: ExportRowsOptions<E, K> = {},
  ): Promise<number> {
    return limited(options, 'exportTo', this.queryTimeoutMs, async (limit) => {
      knownOptions(options, EXPORT_ROWS_OPTIONS, 'exportTo');
      const { where, select, orderBy, limit: rows, offset, partitionBy } = options;
      const { statement } = this.#selection({ where, select, orderBy, limit: rows, offset });
      const folders = partitionBy?.map((property) => columnOf(this.#schema, property).name) ?? [];
      const { engine } = await within(limit, this.#open());
      return exportQuery(engine, statement, path, options, folders, limit);
    });
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
        const conflict = this.#onConflict(options.onConflict ?? 'error');
        return importFiles(engine, this.#schema, encoder, paths, options, conflict, limit);
      },
      [...IMPORT_OPTIONS, ...CALL_OPTIONS],
    );
  }

  /** Outside a transaction an upsert that met another one is simply run again. */
  async #upsertOne(
    engine: Engine,
    statement: Statement,
    on: readonly Column[],
    limit: Limit | undefined,
  ): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await inWordsOf(this.#schema, () => engine.run(statement, limit), on)).rowsChanged;
      } catch (error) {
        if (!isDatabaseError(error, 'E_CONFLICT') || engine.transaction !== undefined || attempt === UPSERT_ATTEMPTS)
          throw error;
        await sleep(Math.random() * 5 * 2 ** attempt);
      }
    }
  }

  /** A call that writes: within its limit, with what it needs. */
  async #call<T>(
    what: string,
    options: CallOptions,
    work: (ready: RepositoryContext & { encoder: RowEncoder }, limit: Limit | undefined) => Promise<T>,
    known: readonly string[] = CALL_OPTIONS,
  ): Promise<T> {
    knownOptions(options, known, what);
    refuseFiles(this.#schema, what);
    return limited(options, what, this.queryTimeoutMs, async (limit) => {
      const opened = within(limit, this.#open());
      const ready = opened instanceof Promise ? await opened : opened;
      this.#encoder ??= new RowEncoder(this.#schema, ready.validate && hasRules(this.#schema), ready.now);
      return work({ ...ready, encoder: this.#encoder }, limit);
    });
  }

  #idCondition(id: unknown): Where<E> {
    const { primaryKey, className } = this.#schema;
    const [sole, ...others] = primaryKey;
    if (sole === undefined)
      throw new DatabaseError('E_QUERY', `${className} has no primary key: use findOne({ where }).`);
    if (
      others.length === 0 &&
      (typeof id !== 'object' || id === null || id instanceof Date || id instanceof Uint8Array)
    ) {
      if (id === null || id === undefined)
        throw new DatabaseError(
          'E_QUERY',
          `findById on ${className}: the id is ${id === null ? 'null' : 'undefined'}.`,
        );
      return { [sole.property]: id } as never;
    }
    const given = (typeof id === 'object' && id !== null ? id : {}) as Record<string, unknown>;
    const missing = primaryKey.find((column) => given[column.property] === undefined);
    if (missing !== undefined || Object.keys(given).length !== primaryKey.length) {
      throw new DatabaseError(
        'E_QUERY',
        `The id of ${className} is ${others.length === 0 ? 'a value' : 'an object'} of ${primaryKey.map((column) => column.property).join(', ')}, and of nothing else.`,
      );
    }
    return given as never;
  }

  #onConflict(action: unknown): OnConflict {
    if (action === 'error' || action === 'ignore') return { action };
    if (action === 'update') return this.#upsertConflict({});
    throw new DatabaseError('E_QUERY', "insertMany: onConflict is 'error', 'ignore' or 'update'.");
  }

  #upsertConflict({ on, update }: UpsertOptions<E>): OnConflict & { action: 'update' } {
    const { primaryKey, className, columns, indexes } = this.#schema;
    const key = on === undefined ? primaryKey : on.map((property) => columnOf(this.#schema, property));
    if (key.length === 0)
      throw new DatabaseError(
        'E_QUERY',
        `upsert on ${className}: ${on === undefined ? 'it has no primary key, so name' : 'on is empty: name'} a unique key: { on: [...] }.`,
      );
    const keys = [
      primaryKey,
      ...columns.filter((column) => column.unique).map((column) => [column]),
      ...indexes.filter((index) => index.unique).map((index) => index.columns),
    ];
    const isKey = keys.some(
      (candidate) => candidate.length === key.length && candidate.every((column) => key.includes(column)),
    );
    if (!isKey)
      throw new DatabaseError(
        'E_QUERY',
        `upsert on ${className}: (${key.map((column) => column.property).join(', ')}) is no primary key, unique column or unique index.`,
      );
    const updated =
      update === undefined
        ? columns.filter((column) => column.generated === undefined)
        : update.map((property) => columnOf(this.#schema, property));
    const generated = updated.find((column) => column.generated !== undefined);
    if (generated !== undefined)
      throw new DatabaseError(
        'E_QUERY',
        `upsert on ${className}: ${generated.property} is generated by the database. Leave it out of update.`,
      );
    return { action: 'update', on: key, update: updated.filter((column) => !key.includes(column)) };
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

const named = (columns: readonly Column[], arrays: readonly unknown[]): Record<string, unknown> =>
  record(
    columns.map((column) => column.property),
    (_property, index) => arrays[index],
  );

/** Rows, or one row. An object of columns has an array for each property, and a key is never a list. */
function areRows(value: unknown, key: readonly Column[]): value is RowSource {
  if (typeof value !== 'object' || value === null) return false;
  if (Symbol.iterator in value || Symbol.asyncIterator in value) return true;
  return key.some(({ property, type }) => {
    const own = (value as Record<string, unknown>)[property];
    return Array.isArray(own) || (ArrayBuffer.isView(own) && type.name !== 'blob');
  });
}

/** The values to write; columns that only the database can fill are left to its DEFAULT. */
function writable(encoder: RowEncoder, row: unknown): { values: Map<Column, never>; given: ReadonlySet<Column> } {
  const { values, given } = encoder.row(row);
  const pairs = encoder.columns.map((column, index) => [column, values[index]] as const);
  return { values: new Map(pairs.filter(([, value]) => value !== FROM_DATABASE)) as Map<Column, never>, given };
}
