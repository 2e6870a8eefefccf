// What can be asked of one entity: every call with its documentation. Not here: what a read does (reading/), SQL (sql/), writes (repository.ts).
import { readResult } from './engine/result.js';
import type { ColumnArrays } from './entity/column-array.js';
import type { Unmarked } from './entity/property-type.js';
import type { ColumnKey, EntityClass, Selected } from './entity/row.js';
import { DatabaseError } from './errors.js';
import { exportQuery } from './files/export.js';
import { EXPORT_OPTIONS, type ExportOptions } from './files/file-target.js';
import { CALL_OPTIONS, limited, within } from './limit.js';
import type { PointOperations } from './point-operations.js';
import { aggregate } from './reading/aggregate.js';
import { asOf } from './reading/as-of.js';
import { findColumns, selection, streamColumns } from './reading/columns.js';
import { distinct } from './reading/distinct.js';
import { explainFind, type ExplainOptions } from './reading/explain.js';
import { find } from './reading/find.js';
import { idCondition } from './reading/id-condition.js';
import { latestBy } from './reading/latest.js';
import { findPage, type Page } from './reading/page.js';
import type { ReadContext, ReadOptions, Reader } from './reading/reader.js';
import { sample } from './reading/sample.js';
import { STREAM_OPTIONS, stream } from './reading/stream.js';
import { summarize, type ColumnSummary } from './reading/summarize.js';
import { window } from './reading/window.js';
import type { RowStream } from './row-stream.js';
import type {
  AggregateOf,
  AggregateOptions,
  AggregateRow,
  AggregateSelect,
  GroupBy,
  TotalOptions,
} from './sql/aggregate-types.js';
import type { AsOfOptions, AsOfRow } from './sql/as-of.js';
import type { DistinctOptions } from './sql/distinct.js';
import type { Explanation } from './sql/explanation.js';
import type { LatestOptions } from './sql/latest.js';
import type { Where } from './sql/operator.js';
import type { FindPageOptions } from './sql/page.js';
import type { Include, RowOf } from './sql/relation.js';
import type { SampleOptions, SampleSize } from './sql/sample.js';
import {
  columnOf,
  countStatement,
  existsStatement,
  knownOptions,
  type FindOptions,
  type NoInclude,
} from './sql/select.js';
import type { SummarizeOptions } from './sql/summary.js';
import type { WindowOf, WindowOptions, WindowRow } from './sql/window.js';

/** A primary key: its value, or an object of its properties where it has several. */
export type Id<E> =
  string | number | bigint | Date | Uint8Array | { readonly [K in ColumnKey<E>]?: Unmarked<E[K & keyof E]> };

/** Options of `exportTo` of a repository: which rows, as for `find`, and how they are written. */
export type ExportRowsOptions<E, K extends ColumnKey<E> = ColumnKey<E>> = ExportOptions<ColumnKey<E>> &
  Omit<FindOptions<E, K>, 'cache'>;

const READ_OPTIONS = ['cache', ...CALL_OPTIONS];
const FIND_ONE_OPTIONS = ['where', 'select', 'orderBy', 'offset', ...READ_OPTIONS];
const EXPORT_ROWS_OPTIONS = [...STREAM_OPTIONS, ...EXPORT_OPTIONS];

/** Typed reads of one entity. */
export class Reads<E extends object> {
  readonly #reader: Reader;
  readonly #points: PointOperations;

  /** @internal */
  constructor(reader: Reader, points: PointOperations) {
    this.#reader = reader;
    this.#points = points;
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
   * @example for await (const trade of trades.stream({ where: { symbol: 'AAPL' }, orderBy: { at: 'asc' } })) use(trade);
   */
  stream<const K extends ColumnKey<E> = never, const I extends Include<E> = NoInclude>(
    options: Omit<FindOptions<E, K, I>, 'cache'> = {},
  ): RowStream<RowOf<E, K, I>> {
    return stream(this.#reader, options) as never;
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
    return findColumns(this.#reader, options) as never;
  }

  /**
   * The same, some thousand rows at a time: memory stays bounded, however many rows match. As `stream` in everything else.
   *
   * @throws DatabaseError as `stream`
   * @example for await (const { close } of prices.streamColumns({ select: ['close'] })) use(close); // Float64Array
   */
  streamColumns<const K extends ColumnKey<E> = never>(
    options: Omit<FindOptions<E, K>, 'cache' | 'include'> = {},
  ): RowStream<ColumnArrays<E, [K] extends [never] ? ColumnKey<E> : K>> {
    return streamColumns(this.#reader, options) as never;
  }

  /**
   * The first row that matches, or null.
   *
   * @throws DatabaseError as `find`
   * @example const newest = await trades.findOne({ where: { symbol: 'AAPL' }, orderBy: { at: 'desc' } }); // Trade | null
   */
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
   * @throws DatabaseError `E_NOT_FOUND` when there is none; as `find`
   * @example const { name } = await strategies.findOneOrFail({ where: { id }, select: ['name'] });
   */
  async findOneOrFail<const K extends ColumnKey<E> = never, const I extends Include<E> = NoInclude>(
    options: Omit<FindOptions<E, K, I>, 'limit'> = {},
  ): Promise<RowOf<E, K, I>> {
    const row = await this.findOne<K, I>(options);
    if (row === null)
      throw new DatabaseError('E_NOT_FOUND', `No ${this.#reader.schema.className} matches.`, {
        details: { entity: this.#reader.schema.className },
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
    const { cachedMs, from } = this.#reader.schema;
    const alone = from !== undefined || (cachedMs !== undefined && options.cache !== false);
    const key = alone ? undefined : this.#points.keyOf(id);
    if (key === undefined) return this.findOne({ ...options, where: idCondition(this.#reader.schema, id) as never });
    return limited(options, 'findById', this.#reader.queryTimeoutMs, (limit) => {
      const opened = within(limit, this.#reader.open());
      const read = ({ engine }: ReadContext): Promise<object | null> => this.#points.find(engine, key, limit);
      return (opened instanceof Promise ? opened.then(read) : read(opened)) as Promise<E | null>;
    });
  }

  /**
   * How many rows match.
   *
   * @throws DatabaseError as `find`; `E_CONVERSION` beyond 2^53
   * @example const open = await runs.count({ state: 'queued' });
   */
  async count(where?: Where<E>, options: ReadOptions = {}): Promise<number> {
    knownOptions(options, READ_OPTIONS, 'count');
    const statement = countStatement(this.#reader.schema, where);
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

  /**
   * Whether any row matches.
   *
   * @throws DatabaseError as `find`
   * @example if (await trades.exists({ symbol: 'AAPL' })) console.log('traded');
   */
  async exists(where?: Where<E>, options: ReadOptions = {}): Promise<boolean> {
    knownOptions(options, READ_OPTIONS, 'exists');
    const statement = existsStatement(this.#reader.schema, where);
    return (await this.#reader.cached(
      'exists',
      statement,
      options,
      readResult,
      (result) => result.columns[0]?.[0],
    )) as boolean;
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
    return (await aggregate(this.#reader, options)) as never;
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
  >(other: EntityClass<O>, options: AsOfOptions<E, NoInfer<O>, K, P, I>): Promise<AsOfRow<E, O, K, P, I>[]> {
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
    return limited(options, 'exportTo', this.#reader.queryTimeoutMs, async (limit) => {
      knownOptions(options, EXPORT_ROWS_OPTIONS, 'exportTo');
      const { where, select, orderBy, limit: rows, offset, partitionBy } = options;
      const { statement } = selection(this.#reader, { where, select, orderBy, limit: rows, offset });
      const folders = partitionBy?.map((property) => columnOf(this.#reader.schema, property).name) ?? [];
      const { engine } = await within(limit, this.#reader.open());
      return exportQuery(engine, statement, path, options, folders, limit);
    });
  }
}
