// SQL of one's own: every call of a manager that takes sql`...`, with its documentation. Not here: reading the tag (sql/render.ts),
// running (engine/).
import { StatementType } from '@duckdb/node-api';
import type { Engine } from './engine/engine.js';
import { hydrateObjects, readObjects, rowsOf } from './engine/result.js';
import { DatabaseError } from './errors.js';
import type { Fragment } from './fragment.js';
import { exportQuery } from './files/export.js';
import { EXPORT_OPTIONS, type ExportOptions } from './files/file-target.js';
import { CALL_OPTIONS, type Limit, limited, within, type CallOptions } from './limit.js';
import { EXPLAIN_OPTIONS, explainRaw, type ExplainOptions } from './reading/explain.js';
import { RowStream } from './row-stream.js';
import type { Explanation } from './sql/explanation.js';
import { rawStatement } from './sql/render.js';
import { knownOptions } from './sql/select.js';

/** What raw SQL works with; handed in by the manager, which connects first. */
export interface SqlContext {
  readonly engine: Engine;
}

const CHANGING: ReadonlySet<StatementType> = new Set([
  StatementType.INSERT,
  StatementType.UPDATE,
  StatementType.DELETE,
  StatementType.MERGE_INTO,
]);

const STREAM = { operation: 'stream' } as const;

/** Raw SQL on one database. */
export class RawSql {
  readonly #use: () => SqlContext | Promise<SqlContext>;
  readonly #queryTimeoutMs: number | undefined;

  /** @internal */
  protected constructor(use: () => SqlContext | Promise<SqlContext>, queryTimeoutMs: number | undefined) {
    this.#use = use;
    this.#queryTimeoutMs = queryTimeoutMs;
  }

  /**
   * Runs one SQL statement and gives its rows, decoded by column type: exact decimals as text, bigint, Date, parsed JSON.
   * No value is an error: an infinite date or timestamp is `Infinity` or `-Infinity`, one outside the years of a `Date` is text.
   *
   * @throws DatabaseError `E_QUERY` for anything but sql`...`, for wrong SQL, several statements, or two columns of one name
   * @example await db.query<{ symbol: string }>(sql`select symbol from ${Trade} where price > ${100}`);
   */
  query<Row extends object = Record<string, unknown>>(statement: Fragment, options: CallOptions = {}): Promise<Row[]> {
    return this.#rows('query', statement, options);
  }

  #rows<Row extends object>(what: string, statement: Fragment, options: CallOptions): Promise<Row[]> {
    return this.#call(
      what,
      options,
      async (engine, limit) => (await engine.collect(rawStatement(statement), readObjects, limit)).rows as Row[],
    );
  }

  /**
   * The one row of a statement, as by `query`, or null where there is none.
   *
   * @throws DatabaseError as `query`; `E_QUERY` for several rows, of which DuckDB could give any
   * @example const { n } = (await db.queryOne<{ n: bigint }>(sql`select count(*) as n from ${Trade}`))!;
   */
  async queryOne<Row extends object = Record<string, unknown>>(
    statement: Fragment,
    options: CallOptions = {},
  ): Promise<Row | null> {
    const rows = await this.#rows<Row>('queryOne', statement, options);
    if (rows.length > 1)
      throw new DatabaseError(
        'E_QUERY',
        `queryOne: the statement gave ${rows.length} rows. Add a condition or LIMIT 1, or use query().`,
      );
    return rows[0] ?? null;
  }

  /**
   * The rows of one SELECT, decoded as by `query`, read as the loop asks for them: memory stays bounded, however many they
   * are. Gives all of them in their order, as they were when it began, or throws.
   *
   * Nothing runs before the loop begins. From then on it has a connection of the pool until its end, a `break`, an error or
   * `return()`; inside a transaction it is a part of that, whose other statements may run in the loop, and DuckDB keeps the
   * rows meanwhile. `timeout` covers all of it, also the time that the loop takes; the manager's `queryTimeout` each wait for
   * the database.
   *
   * @throws DatabaseError as `query`, and for what is no SELECT; in the loop, whatever DuckDB fails with, however late
   * @example for await (const { symbol } of db.stream<{ symbol: string }>(sql`select symbol from ${Trade}`)) use(symbol);
   */
  stream<Row extends object = Record<string, unknown>>(statement: Fragment, options: CallOptions = {}): RowStream<Row> {
    knownOptions(options, CALL_OPTIONS, 'stream', 'E_CONFIG');
    const raw = rawStatement(statement);
    const use = (): SqlContext | Promise<SqlContext> => this.#use();
    return new RowStream<Row>({
      options,
      what: 'stream',
      statementMs: this.#queryTimeoutMs,
      async *chunks(limit) {
        const { engine } = await within(limit, use());
        yield* engine.stream(raw, (chunk) => rowsOf(chunk, hydrateObjects(chunk)) as Row[], limit, STREAM);
      },
    });
  }

  /**
   * How DuckDB would run a statement; with `analyze: true`, which is for a SELECT alone, how it has run it. Each value, and each
   * constant of the text, is a `?` in the plan.
   *
   * @throws DatabaseError as `query`; `E_QUERY` with `analyze` for what is no SELECT
   * @example console.log((await db.explain(sql`select * from ${Trade} where price > ${100}`)).plan);
   */
  explain(statement: Fragment, options: ExplainOptions = {}): Promise<Explanation> {
    return this.#call(
      'explain',
      options,
      (engine, limit) => explainRaw(engine, rawStatement(statement), options, limit),
      EXPLAIN_OPTIONS,
    );
  }

  /**
   * Runs one SQL statement for its effect.
   *
   * @returns rows inserted, updated or deleted; 0 for DDL
   * @throws DatabaseError as `query`
   * @example await db.execute(sql`delete from ${Trade} where symbol = ${symbol}`);
   */
  execute(statement: Fragment, options: CallOptions = {}): Promise<number> {
    return this.#call('execute', options, async (engine, limit) => {
      const { rowsChanged, rowCount, statementType, names, columns } = await engine.run(rawStatement(statement), limit);
      // with RETURNING DuckDB gives the rows themselves and counts none; without it, a row that says how many
      const counted = rowsChanged > 0 || (names[0] === 'Count' && columns[0]?.[0] === 0n);
      return counted || !CHANGING.has(statementType) ? rowsChanged : rowCount;
    });
  }

  /**
   * Writes the rows of one SELECT into a file, as `repository.exportTo` does.
   *
   * @returns rows written
   * @throws DatabaseError as `repository.exportTo`; `E_QUERY` for wrong SQL, and for two columns of one name
   * @example await db.exportTo(sql`select symbol, avg(close) as mean from ${Bar} group by all`, 'out/means.csv');
   */
  exportTo(statement: Fragment, path: string, options: ExportOptions = {}): Promise<number> {
    return this.#call(
      'exportTo',
      options,
      async (engine, limit) =>
        exportQuery(engine, rawStatement(statement), path, options, options.partitionBy ?? [], limit),
      [...EXPORT_OPTIONS, ...CALL_OPTIONS],
    );
  }

  /** One call within its limit, after connecting where that was never done. */
  async #call<T>(
    what: string,
    options: CallOptions,
    work: (engine: Engine, limit: Limit | undefined) => Promise<T>,
    known: readonly string[] = CALL_OPTIONS,
  ): Promise<T> {
    knownOptions(options, known, what, 'E_CONFIG');
    return limited(options, what, this.#queryTimeoutMs, undefined, async (limit) => {
      const opened = within(limit, this.#use());
      return work((opened instanceof Promise ? await opened : opened).engine, limit);
    });
  }
}
