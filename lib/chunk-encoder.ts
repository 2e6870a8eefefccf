// Batches of rows encoded into chunks of DuckDB, column by column. Not here: where rows come from (row-source.ts), the words
// for a value that does not fit (row-encoder.ts), where chunks go (engine/append.ts).
import { setImmediate as turn } from 'node:timers/promises';
import duckdb from '@duckdb/node-bindings';
import { BIGINT, DuckDBDataChunk, INTEGER, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { Batch } from './batch.js';
import { CHUNK_ROWS } from './engine/append.js';
import type { Engine } from './engine/engine.js';
import { DefaultValue } from './entity/default.js';
import { jsonWriter } from './entity/json-writer.js';
import { Misfit } from './entity/misfit.js';
import type { Column } from './entity/schema.js';
import { DatabaseError } from './errors.js';
import { Fragment } from './fragment.js';
import { within, type Limit } from './limit.js';
import type { RowEncoder } from './row-encoder.js';
import { batchesOf, jsonOf, type BatchSource, type RowSource } from './row-source.js';
import { defaultValuesStatement, exactAs } from './sql/write.js';
import { numberWriter } from './vector/number-writer.js';
import { textWriter } from './vector/string-writer.js';
import type { VectorWriter } from './vector/vector-writer.js';
import { wideWriter } from './vector/wide-integer.js';

export interface BulkOptions {
  /** called after each chunk with the rows read so far; an async one is waited for, and its error fails the whole */
  readonly onProgress?: ((rows: number) => unknown) | undefined;
}

/** A column's way from the batch into the chunk. */
interface Way {
  readonly column: Column;
  /** its place in the batch */
  readonly from: number;
  /** its place in the chunk */
  readonly to: number;
  readonly writer: VectorWriter;
  /** of a json column: for values, where the other one is for their text */
  readonly documents: VectorWriter | undefined;
}

type Writers = Pick<Way, 'writer' | 'documents'>;

/**
 * What writes a column is kept, and with it the memory that it fills and what V8 has learned of it: nothing of one call to it is left
 * for the next. Lists may have made that memory large, and are made anew.
 */
const kept = new WeakMap<Column, Writers>();

function writersOf(column: Column): Writers {
  let writers = kept.get(column);
  if (writers === undefined) {
    const { json, document } = column.type;
    writers = {
      // of documents, what comes here is their text
      writer: json === true ? textWriter({ text: (value) => value as string }) : column.type.writer(column.as),
      documents: json === true ? jsonWriter(column.nullable, document?.toPlain) : undefined,
    };
    if (writers.writer.grows !== true) kept.set(column, writers);
  }
  return writers;
}

export class ChunkEncoder {
  /** the different sets of columns that rows set, by the number they are staged with */
  readonly shapes: ReadonlySet<Column>[] = [];
  readonly #shapeNumbers = new Map<string, number>();
  readonly #ways: readonly Way[];
  readonly #types: readonly DuckDBType[];
  readonly #stage: { readonly shape: VectorWriter; readonly place: VectorWriter } | undefined;
  #chunk: DuckDBDataChunk | undefined;

  /**
   * @param order the columns of the chunks
   * @param staged behind them, the number of a row's shape and its place
   */
  constructor(
    private readonly engine: Engine,
    private readonly encoder: RowEncoder,
    private readonly order: readonly Column[],
    staged: boolean,
    private readonly options: BulkOptions,
    private readonly limit: Limit | undefined,
  ) {
    this.#ways = order.map((column, to) => ({
      column,
      from: encoder.columns.indexOf(column),
      to,
      ...writersOf(column),
    }));
    this.#types = [...order.map((column) => column.type.duckdb), ...(staged ? [INTEGER, BIGINT] : [])];
    const number = (value: unknown): number => value as number;
    this.#stage = staged ? { shape: numberWriter(Int32Array, number, true), place: wideWriter(number) } : undefined;
  }

  /** Chunks of the rows. Each is valid until the next is asked for. */
  async *of(rows: RowSource): AsyncGenerator<DuckDBDataChunk> {
    const source = batchesOf(rows, this.encoder, this.limit, (judging) => this.engine.judged(judging, this.limit));
    const batch = new Batch(this.encoder.columns, CHUNK_ROWS);
    try {
      for (;;) {
        try {
          const reading = source.read(batch, CHUNK_ROWS);
          if (reading !== undefined) await reading;
        } catch (error) {
          this.#complain(batch);
          throw error;
        }
        const full = batch.count === CHUNK_ROWS;
        if (!full) this.limit?.refuse();
        if (batch.count > 0) {
          yield await this.#encoded(batch);
          batch.next();
          await this.#told(batch.position);
        }
        if (!full) return;
        // rows that are all there would keep everything else of the process waiting, timers and signals too
        await turn();
        this.limit?.refuse();
      }
    } finally {
      await this.#closed(source);
    }
  }

  /** Only of a source that is left before its end is there anything to close: there is an error then, which is the one to tell. */
  async #closed(source: BatchSource): Promise<void> {
    try {
      const closing = source.close();
      // its `finally` may hang
      if (closing !== undefined) await within(this.limit, closing);
    } catch {
      // the first error is told
    }
  }

  /** An async one may fail later, which nobody else would hear of. */
  async #told(position: number): Promise<void> {
    const telling: unknown = this.options.onProgress?.(position);
    if (telling instanceof Promise) await within(this.limit, telling);
  }

  async #encoded(batch: Batch): Promise<DuckDBDataChunk> {
    const chunk = this.#empty();
    chunk.rowCount = batch.count;
    // values that only the database can make are asked for when all others are written: until then they may change
    const later: (() => Promise<void>)[] = [];
    try {
      if (this.#stage !== undefined) this.#writeStage(this.#stage, chunk, batch);
      for (const way of this.#ways) {
        const waits = this.#write(way, chunk, batch);
        if (waits !== undefined) later.push(waits);
      }
    } catch (error) {
      this.#complain(batch);
      throw new DatabaseError(
        'E_UNKNOWN',
        `Rows ${batch.position} to ${batch.position + batch.count - 1} of ${this.encoder.schema.className} could not be encoded, though each of them can: were they changed meanwhile?`,
        { cause: error },
      );
    }
    for (const write of later) await write();
    return chunk;
  }

  /** One chunk serves for all, but for lists: see `VectorWriter.grows`. */
  #empty(): DuckDBDataChunk {
    if (this.#chunk === undefined || this.#ways.some(({ writer }) => writer.grows))
      this.#chunk = DuckDBDataChunk.create(this.#types);
    else this.#chunk.reset();
    return this.#chunk;
  }

  /** Says what is wrong with the first row that is: nothing where none is. */
  #complain(batch: Batch): void {
    for (let index = 0; index < batch.count; index += 1) this.encoder.encoded(batch.row(index), batch.position + index);
  }

  /** @returns what is left to do behind all other columns */
  #write(way: Way, chunk: DuckDBDataChunk, batch: Batch): (() => Promise<void>) | undefined {
    const { column, from } = way;
    let values = batch.columns[from] as ArrayLike<unknown>;
    if (way.documents !== undefined && !batch.texts && (column.default === undefined || batch.missing[from] === 0))
      return this.#fill({ ...way, writer: way.documents }, chunk, values, batch.count);
    if (column.type.json && !batch.texts)
      values = Array.from({ length: batch.count }, (_each, index) => {
        const value = values[index];
        return value === undefined ? undefined : jsonOf(column, value);
      });
    if (batch.missing[from] === 0) return this.#fill(way, chunk, values, batch.count);
    return this.#withDefaults(way, chunk, values as unknown[], batch.count);
  }

  #fill({ column, to, writer }: Way, chunk: DuckDBDataChunk, values: ArrayLike<unknown>, count: number): undefined {
    const nulls = writer.write(duckdb.data_chunk_get_vector(chunk.chunk, to), values, count);
    if (nulls > 0 && !column.nullable) throw new TypeError(`${column.property} is NULL`);
  }

  #withDefaults(way: Way, chunk: DuckDBDataChunk, values: unknown[], count: number): (() => Promise<void>) | undefined {
    const { column } = way;
    const { default: value, type } = column;
    if (value === undefined) return this.#fill(way, chunk, values, count);
    if (value instanceof Fragment || (value instanceof DefaultValue && value.make === undefined))
      return this.#fromDatabase(way, chunk, values, count);
    const make = value instanceof DefaultValue ? value.make : undefined;
    const { now } = this.encoder;
    // defaults that are values of the property, as rows give them
    if (make !== undefined && column.as === undefined) {
      for (let index = 0; index < count; index += 1) if (values[index] === undefined) values[index] = make(now, type);
      return this.#fill(way, chunk, values, count);
    }
    if (!(value instanceof DefaultValue) && (typeof value.given !== 'object' || value.given === null)) {
      const given = type.json ? value.literal : value.given;
      for (let index = 0; index < count; index += 1) if (values[index] === undefined) values[index] = given;
      return this.#fill(way, chunk, values, count);
    }
    const literal = value instanceof DefaultValue ? undefined : value.literal;
    const encoded = this.#encodedGiven(column, values, count);
    for (let index = 0; index < count; index += 1)
      if (encoded[index] === undefined) encoded[index] = make === undefined ? literal : type.encode(make(now, type));
    this.#set(way, chunk, encoded as DuckDBValue[]);
    return undefined;
  }

  /** Numbers of sequences, defaults written in SQL. */
  #fromDatabase(way: Way, chunk: DuckDBDataChunk, values: readonly unknown[], count: number): () => Promise<void> {
    const { column, to, writer } = way;
    const { family } = column.type;
    const holes: number[] = [];
    for (let index = 0; index < count; index += 1) if (values[index] === undefined) holes.push(index);
    // read as they are written; others are read with more than the property holds, such as the microseconds of a Date
    const direct = family === 'integer' || family === 'bigint';
    const whole: unknown[] = this.#encodedGiven(column, values, count);
    return async () => {
      const { columns: made } = await this.engine.run(
        defaultValuesStatement(this.encoder.schema, column, holes.length),
      );
      for (const [at, row] of holes.entries()) {
        const value = made[0]?.[at] ?? null;
        whole[row] = value === null || direct ? value : this.#encodeDefault(column, value);
      }
      if (direct) writer.write(duckdb.data_chunk_get_vector(chunk.chunk, to), whole, count);
      else this.#set(way, chunk, whole as DuckDBValue[]);
    };
  }

  /** Values that were given, for the binding; missing ones stay undefined. */
  #encodedGiven(column: Column, values: ArrayLike<unknown>, count: number): (DuckDBValue | undefined)[] {
    return Array.from({ length: count }, (_each, index) => {
      const value = values[index];
      if (value === undefined) return undefined;
      if (value === null) {
        if (column.nullable) return null;
        throw new TypeError(`${column.property} is NULL`);
      }
      return column.type.json ? (value as string) : column.type.encode(value, column.as);
    });
  }

  /** By the binding's own way, for values of two kinds: given as the property is, and made by the database or by Node. */
  #set({ to }: Way, chunk: DuckDBDataChunk, values: readonly DuckDBValue[]): void {
    new DuckDBDataChunk(chunk.chunk).setColumnValues(to, values);
  }

  #encodeDefault(column: Column, value: unknown): DuckDBValue {
    try {
      return column.type.encode(value, exactAs(column));
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      const { className, table } = this.encoder.schema;
      throw new DatabaseError(
        'E_CONVERSION',
        `${className}.${column.property} (${column.type.name}): the default that the database made ${error.message}. Give the value in the row, or insert row by row.`,
        { cause: error, details: { entity: className, table, property: column.property, columns: [column.name] } },
      );
    }
  }

  #writeStage(
    { shape, place }: { readonly shape: VectorWriter; readonly place: VectorWriter },
    chunk: DuckDBDataChunk,
    batch: Batch,
  ): void {
    const { count, position } = batch;
    const vector = (index: number): ReturnType<typeof duckdb.data_chunk_get_vector> =>
      duckdb.data_chunk_get_vector(chunk.chunk, this.order.length + index);
    shape.write(vector(0), this.#shapesOf(batch), count);
    place.write(vector(1), Array.from({ length: count }, (_each, index) => position + index), count); // prettier-ignore
  }

  #shapesOf({ columns, missing, count, of }: Batch): Int32Array {
    const numbers = new Int32Array(count);
    const open = of.flatMap((_column, index) => (missing[index] === 0 ? [] : [index]));
    const all = of.map(() => '1');
    if (open.length === 0) return numbers.fill(this.#shape(all, of));
    for (let row = 0; row < count; row += 1) {
      for (const index of open) all[index] = (columns[index] as ArrayLike<unknown>)[row] === undefined ? '0' : '1';
      numbers[row] = this.#shape(all, of);
    }
    return numbers;
  }

  #shape(given: readonly string[], of: readonly Column[]): number {
    const key = given.join('');
    let number = this.#shapeNumbers.get(key);
    if (number === undefined) {
      number = this.shapes.push(new Set(of.filter((_column, index) => given[index] === '1'))) - 1;
      this.#shapeNumbers.set(key, number);
    }
    return number;
  }
}
