// What somebody writes who has the binding alone, and writes it well: chunks by column into an appender, rows into instances, and
// the bare limits beneath (execute, fetch, a walk over the vectors). Not here: what is timed.
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampValue,
  TIMESTAMP,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBResult,
  type DuckDBValue,
} from '@duckdb/node-api';
import vectors, { type DataChunk, type Result } from '@duckdb/node-bindings';
import { Backtest, DDL, insertRows } from './table.js';

export const CHUNK = 2048;
const DAY = 86_400_000;

/** A database in memory and a connection to it. */
export interface Raw {
  readonly connection: DuckDBConnection;
  close(): void;
}

export async function rawWith(ddl: string): Promise<Raw> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  if (ddl !== '') await connection.run(ddl);
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  return { connection, close };
}

/** The table of the benchmarks, empty or with `count` rows. */
export async function rawBacktests(count = 0): Promise<Raw> {
  const raw = await rawWith(DDL);
  if (count > 0) await raw.connection.run(insertRows(count));
  return raw;
}

export async function countOf(connection: DuckDBConnection, table: string): Promise<unknown> {
  return (await (await connection.run(`SELECT count(*) FROM ${table}`)).getRowsJS())[0]?.[0];
}

// -- writing

/** Types of the columns as they are appended: JSON goes as text. */
export const TYPES = [
  VARCHAR, VARCHAR, VARCHAR, DATE, DATE, DOUBLE, DOUBLE, DOUBLE, BIGINT, VARCHAR, BOOLEAN, DECIMAL(18, 4), TIMESTAMP,
] as const; // prettier-ignore

export const dateValue = (date: Date): DuckDBDateValue => new DuckDBDateValue(Math.floor(date.getTime() / DAY));

export const timestampValue = (date: Date): DuckDBTimestampValue =>
  new DuckDBTimestampValue(BigInt(date.getTime()) * 1000n);

/** A row as the binding takes it, column by column. */
const VALUES: readonly ((row: Backtest) => DuckDBValue)[] = [
  (row) => row.id,
  (row) => row.strategyId,
  (row) => row.userId,
  (row) => dateValue(row.startDate),
  (row) => dateValue(row.endDate),
  (row) => row.totalReturn,
  (row) => row.sharpeRatio,
  (row) => row.maxDrawdown,
  (row) => BigInt(row.tradeCount),
  (row) => JSON.stringify(row.trades),
  (row) => row.isLive,
  (row) => new DuckDBDecimalValue(BigInt(Math.round(row.price * 10_000)), 18, 4),
  (row) => timestampValue(row.createdAt),
];

export const valuesOf = (row: Backtest): DuckDBValue[] => VALUES.map((value) => value(row));

/** Appends chunks of columns: `columnsOf(from, to)` gives the values of these rows. */
export async function appendColumns(
  connection: DuckDBConnection,
  table: string,
  types: Parameters<typeof DuckDBDataChunk.create>[0],
  count: number,
  columnsOf: (from: number, to: number) => (readonly DuckDBValue[])[],
): Promise<void> {
  const appender = await connection.createAppender(table);
  for (let from = 0; from < count; from += CHUNK) {
    const to = Math.min(from + CHUNK, count);
    const chunk = DuckDBDataChunk.create(types, to - from);
    chunk.setColumns(columnsOf(from, to));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

/** In a transaction, since an appender alone leaves half of the rows behind when it fails. */
export async function inTransaction(connection: DuckDBConnection, work: () => Promise<unknown>): Promise<void> {
  await connection.run('BEGIN');
  try {
    await work();
    await connection.run('COMMIT');
  } catch (error) {
    await connection.run('ROLLBACK');
    throw error;
  }
}

export function appendRows(connection: DuckDBConnection, table: string, rows: readonly Backtest[]): Promise<void> {
  return appendColumns(connection, table, TYPES, rows.length, (from, to) => {
    const some = rows.slice(from, to);
    return VALUES.map((value) => some.map(value));
  });
}

// -- reading

type Cells = Readonly<Record<string, unknown>>;

/** A row of `getRowObjectsJS` as an instance; JSON comes as text and BIGINT as bigint. */
export function instanceOf(row: Cells): Backtest {
  const made = new Backtest();
  made.id = row['id'] as string;
  made.strategyId = row['strategy_id'] as string;
  made.userId = row['user_id'] as string;
  made.startDate = row['start_date'] as Date;
  made.endDate = row['end_date'] as Date;
  made.totalReturn = row['total_return'] as number;
  made.sharpeRatio = row['sharpe_ratio'] as number | null;
  made.maxDrawdown = row['max_drawdown'] as number;
  made.tradeCount = Number(row['trade_count']);
  made.trades = JSON.parse(row['trades'] as string) as Backtest['trades'];
  made.isLive = row['is_live'] as boolean;
  made.price = row['price'] as number;
  made.createdAt = row['created_at'] as Date;
  return made;
}

export async function instancesByRowObjects(connection: DuckDBConnection, text: string): Promise<Backtest[]> {
  return (await (await connection.run(text)).getRowObjectsJS()).map(instanceOf);
}

/** The same by way of the columns. */
export async function instancesByColumns(connection: DuckDBConnection, text: string): Promise<Backtest[]> {
  const columns = (await (await connection.run(text)).getColumnsJS()) as unknown[][];
  const [ids, strategies, users, starts, ends, totals, sharpes, drawdowns, counts, trades, lives, prices, created] =
    columns as [unknown[], ...unknown[][]];
  return ids.map((id, row) => {
    const made = new Backtest();
    made.id = id as string;
    made.strategyId = strategies?.[row] as string;
    made.userId = users?.[row] as string;
    made.startDate = starts?.[row] as Date;
    made.endDate = ends?.[row] as Date;
    made.totalReturn = totals?.[row] as number;
    made.sharpeRatio = sharpes?.[row] as number | null;
    made.maxDrawdown = drawdowns?.[row] as number;
    made.tradeCount = Number(counts?.[row]);
    made.trades = JSON.parse(trades?.[row] as string) as Backtest['trades'];
    made.isLive = lives?.[row] as boolean;
    made.price = prices?.[row] as number;
    made.createdAt = created?.[row] as Date;
    return made;
  });
}

// -- limits

/** The result beneath a result of the binding. */
const beneath = (result: DuckDBResult): Result => (result as unknown as { readonly result: Result }).result;

/** Executes and takes every chunk as the binding itself does, reading nothing in them. @returns rows */
export async function fetchOnly(connection: DuckDBConnection, text: string): Promise<number> {
  const chunks = await (await connection.run(text)).fetchAllChunks();
  return chunks.reduce((rows, chunk) => rows + chunk.rowCount, 0);
}

/** The same without a hop to a thread for each chunk, which is as little as can be done. @returns rows */
export async function takeOnly(connection: DuckDBConnection, text: string): Promise<number> {
  let rows = 0;
  for (const chunk of chunksOf(beneath(await connection.run(text)))) rows += vectors.data_chunk_get_size(chunk);
  return rows;
}

/** The same of a stream: chunk after chunk, none kept. @returns rows */
export async function fetchStream(connection: DuckDBConnection, text: string): Promise<number> {
  const result = beneath(await connection.stream(text));
  for (let rows = 0; ;) {
    const chunk = await vectors.fetch_chunk(result);
    const some = chunk === null ? 0 : vectors.data_chunk_get_size(chunk);
    if (some === 0) return rows;
    rows += some;
  }
}

function* chunksOf(result: Result): Iterable<DataChunk> {
  const chunks = vectors.result_chunk_count(result);
  for (let index = 0; index < chunks; index += 1) yield vectors.result_get_chunk(result, index);
}

type Numeric = typeof Float64Array | typeof Int32Array;

/** Executes and copies fixed-width columns without NULLs into one typed array each: nobody gets them out faster. */
export async function bareWalk(
  connection: DuckDBConnection,
  text: string,
  kinds: readonly Numeric[],
): Promise<(Float64Array | Int32Array)[]> {
  const result = beneath(await connection.run(text));
  const columns = kinds.map((Kind) => ({ Kind, values: new Kind(vectors.row_count(result)) }));
  let row = 0;
  for (const chunk of chunksOf(result)) {
    const count = vectors.data_chunk_get_size(chunk);
    for (const [index, { Kind, values }] of columns.entries()) {
      const vector = vectors.data_chunk_get_vector(chunk, index);
      const bytes = vectors.vector_get_data(vector, count * Kind.BYTES_PER_ELEMENT);
      values.set(new Kind(bytes.buffer as ArrayBuffer, bytes.byteOffset, count), row);
    }
    row += count;
  }
  return columns.map(({ values }) => values);
}
