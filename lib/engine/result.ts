// A result read out of its vectors, whole or chunk by chunk. Not here: how a column is read (entity/decode.ts), who runs
// statements (session.ts).
import {
  StatementType,
  type DuckDBDataChunk,
  type DuckDBMaterializedResult,
  type DuckDBResult,
  type DuckDBTypeId,
} from '@duckdb/node-api';
import duckdb, { type Vector } from '@duckdb/node-bindings';
import type { MakeArray } from '../entity/column-array.js';
import { plainHydrate, type ColumnItems, type Hydrate, type Mask } from '../entity/hydrate.js';
import { Misfit, describe } from '../entity/misfit.js';
import { readerOf, type ColumnReading } from '../entity/related.js';
import { DatabaseError } from '../errors.js';
import type { NumberArray } from '../vector/number-array.js';
import { roomFor, validityOf, type Items, type VectorReader } from '../vector/reader.js';

/** How to read the columns of a result; undefined for raw SQL, whose types nobody declared. */
export type Readings = readonly ColumnReading[] | undefined;

/** All rows of a result, column by column. */
export interface Result {
  readonly names: readonly string[];
  /** one array per column */
  readonly columns: readonly (readonly unknown[])[];
  readonly rowCount: number;
  /** rows inserted, updated or deleted; 0 with RETURNING */
  readonly rowsChanged: number;
  readonly statementType: StatementType;
}

/** Rows that were read, or rows that were changed: for those DuckDB gives a row that says how many, or with RETURNING the rows. */
export function rowsTouched(result: { readonly rowCount: number } & Partial<Result>): number {
  const { rowCount, rowsChanged = 0, names, columns, statementType } = result;
  if (rowsChanged > 0) return rowsChanged;
  const counted = statementType !== StatementType.SELECT && names?.[0] === 'Count' && columns?.[0]?.[0] === 0n;
  return counted ? 0 : rowCount;
}

/** The columns of a result, and how each is read: made once for a prepared statement. */
export class ResultShape {
  readonly names: readonly string[];
  readonly readers: readonly VectorReader[];
  readonly #typeIds: readonly DuckDBTypeId[];

  constructor(
    result: DuckDBResult,
    readonly as: Readings,
  ) {
    this.names = result.columnNames();
    const types = result.columnTypes();
    this.readers = types.map((type, index) => readerOf(type, as === undefined ? 'raw' : as[index]));
    this.#typeIds = types.map((type) => type.typeId);
  }

  /** Whether it is the shape of this result too, read in this way. */
  fits(result: DuckDBResult, as: Readings): boolean {
    return (
      this.#typeIds.length === result.columnCount &&
      this.#typeIds.every((id, index) => id === result.columnTypeId(index)) &&
      (as === this.as ||
        (as !== undefined &&
          this.as !== undefined &&
          this.names.every((_name, index) => as[index] === this.as?.[index])))
    );
  }
}

/** One chunk of a result, open to be read. */
export class OpenChunk {
  private constructor(
    private readonly shape: ResultShape,
    private readonly chunk: DuckDBDataChunk,
    /** rows of the result before these */
    private readonly before: number,
    readonly rowCount: number,
  ) {}

  /**
   * What `read` makes of a chunk, whose memory is given back to DuckDB then. Node's garbage collector does not know of it, and
   * the binding's object is found by it late where V8 has made it old: over 1,000,000 rows that came to 150 MB.
   */
  static read<T>(shape: ResultShape, chunk: DuckDBDataChunk, before: number, read: (open: OpenChunk) => T): T {
    try {
      return read(new OpenChunk(shape, chunk, before, chunk.rowCount));
    } finally {
      chunk.reset();
      (chunk as { chunk: unknown }).chunk = undefined;
    }
  }

  get names(): readonly string[] {
    return this.shape.names;
  }

  /**
   * The items of a column, and which of them are none, where that is not to be seen in the array.
   *
   * @throws DatabaseError `E_CONVERSION` naming the column and row of a value that has no exact form
   */
  items(index: number): readonly [items: ColumnItems, mask: Mask] {
    const vector = this.#vector(index);
    const raw = this.#raw(index, vector);
    if (raw === undefined) return [this.#read(index, vector, roomFor(this.rowCount), 0), null];
    return [raw, validityOf(vector, this.rowCount)];
  }

  /**
   * Puts the items of a column into an array of its own, from a place on.
   *
   * @throws DatabaseError as `items`, and for NULL where the array holds numbers alone
   */
  into(index: number, array: NumberArray | unknown[], place: number): void {
    const vector = this.#vector(index);
    if (Array.isArray(array)) {
      this.#read(index, vector, array, place);
      return;
    }
    const raw = this.#raw(index, vector);
    const big = array instanceof BigInt64Array || array instanceof BigUint64Array;
    const alike = raw !== undefined && big === (raw instanceof BigInt64Array || raw instanceof BigUint64Array);
    if (alike && validityOf(vector, this.rowCount) === null) (array as Float64Array).set(raw as Float64Array, place);
    else this.#readNumbers(index, vector, array as Float64Array, place, big);
  }

  /** Where a table is not what its class says, too. */
  #readNumbers(index: number, vector: Vector, into: Float64Array, place: number, big: boolean): void {
    const items = this.#read(index, vector, roomFor(this.rowCount), 0);
    for (const [row, item] of items.entries()) {
      if (big ? typeof item !== 'bigint' : typeof item !== 'number')
        throw this.#named(
          new Misfit(
            `is ${describe(item)}, and its class says a ${big ? 'bigint' : 'number'}; declare what the table has`,
          ),
          index,
          row,
        );
      into[place + row] = item as number;
    }
  }

  #vector(index: number): Vector {
    return duckdb.data_chunk_get_vector(this.chunk.chunk, index);
  }

  #raw(index: number, vector: Vector): NumberArray | undefined {
    try {
      return (this.shape.readers[index] as VectorReader).raw?.(vector, this.rowCount);
    } catch (error) {
      // read item by item, it is known which of them it is
      if (error instanceof Misfit) return undefined;
      throw error;
    }
  }

  #read<A extends unknown[]>(index: number, vector: Vector, into: A, place: number): A {
    const items: Items = (this.shape.readers[index] as VectorReader).open(vector, this.rowCount);
    let row = 0;
    try {
      for (; row < this.rowCount; row += 1) into[place + row] = items(row);
      return into;
    } catch (error) {
      throw this.#named(error, index, row);
    }
  }

  #named(error: unknown, index: number, row: number): unknown {
    const [column, at] = [this.names[index], this.before + row];
    const why = error instanceof Misfit ? `the value ${error.message}` : error instanceof SyntaxError ? 'the value is no JSON' : undefined; // prettier-ignore
    if (why === undefined) return error;
    return new DatabaseError('E_CONVERSION', `Column "${column}", row ${at}: ${why}.`, {
      cause: error,
      details: { column, row: at },
    });
  }
}

/** What is made of a result that is all there. */
export type Read<T extends { readonly rowCount: number }> = (result: DuckDBMaterializedResult, shape: ResultShape) => T;

function eachChunk(result: DuckDBMaterializedResult, shape: ResultShape, read: (chunk: OpenChunk) => void): void {
  let rows = 0;
  for (let index = 0; index < result.chunkCount; index += 1) {
    const chunk = result.getChunk(index);
    const { rowCount } = chunk;
    if (rowCount > 0) OpenChunk.read(shape, chunk, rows, read);
    rows += rowCount;
  }
}

/** An array for each column. @throws DatabaseError as `OpenChunk.items` */
export const readResult: Read<Result> = (result, shape) => {
  const { rowCount } = result;
  const columns = shape.names.map(() => roomFor(rowCount));
  let rows = 0;
  eachChunk(result, shape, (chunk) => {
    for (const [index, column] of columns.entries()) chunk.into(index, column, rows);
    rows += chunk.rowCount;
  });
  const { rowsChanged, statementType } = result;
  return { names: shape.names, columns, rowCount, rowsChanged, statementType };
};

/** Rows as instances. @throws DatabaseError as `OpenChunk.items` */
export const readRows = (hydrate: Hydrate): Read<{ readonly rows: object[]; readonly rowCount: number }> => {
  return (result, shape) => {
    const rows: object[] = [];
    eachChunk(result, shape, (chunk) => rowsOf(chunk, hydrate, rows));
    return { rows, rowCount: rows.length };
  };
};

/** Rows of raw SQL as plain objects. @throws DatabaseError as `OpenChunk.items`; `E_QUERY` for two columns of one name */
export const readObjects: Read<{ readonly rows: object[]; readonly rowCount: number }> = (result, shape) =>
  readRows(hydrateObjects(shape))(result, shape);

export function hydrateObjects({ names }: Pick<ResultShape, 'names'>): Hydrate {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new DatabaseError(
      'E_QUERY',
      `Two columns of the result are named "${twice}", of which an object holds one. Give them names with AS.`,
    );
  return plainHydrate(names);
}

export function rowsOf(chunk: OpenChunk, hydrate: Hydrate, rows: object[] = []): object[] {
  const columns = chunk.names.map((_name, index) => chunk.items(index));
  hydrate(
    columns.map(([items]) => items),
    chunk.rowCount,
    rows,
    columns.map(([, mask]) => mask),
  );
  return rows;
}

type Arrays = readonly (NumberArray | unknown[])[];

/** Arrays of these kinds, whole. @throws DatabaseError as `OpenChunk.items` */
export const readArrays = (
  make: readonly MakeArray[],
): Read<{ readonly arrays: Arrays; readonly rowCount: number }> => {
  return (result, shape) => {
    const { rowCount } = result;
    const arrays = make.map((array) => array(rowCount));
    let rows = 0;
    eachChunk(result, shape, (chunk) => {
      for (const [index, array] of arrays.entries()) chunk.into(index, array, rows);
      rows += chunk.rowCount;
    });
    return { arrays, rowCount };
  };
};

/** The same of one chunk. */
export function arraysOf(chunk: OpenChunk, make: readonly MakeArray[]): Arrays {
  return make.map((array, index) => {
    const made = array(chunk.rowCount);
    chunk.into(index, made, 0);
    return made;
  });
}
