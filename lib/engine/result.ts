// A result as decoded columns, whole or chunk by chunk. Not here: rows and instances.
import type { DuckDBDataChunk, DuckDBMaterializedResult, DuckDBResult, StatementType } from '@duckdb/node-api';
import { decoderFor } from '../entity/decode.js';
import { Misfit } from '../entity/misfit.js';
import type { As } from '../entity/property-type.js';
import { DatabaseError } from '../errors.js';

/** Some rows of a result, column by column. */
export interface Chunk {
  readonly names: readonly string[];
  /** one array per column, as long as the chunk */
  readonly columns: readonly (readonly unknown[])[];
  readonly rowCount: number;
}

/** All rows of a result. */
export interface Result extends Chunk {
  /** rows inserted, updated or deleted; 0 with RETURNING */
  readonly rowsChanged: number;
  readonly statementType: StatementType;
}

/** Decodes the chunks of one result in their order. */
export class ChunkReader {
  readonly names: readonly string[];
  /** rows read so far */
  rows = 0;
  readonly #decoders: readonly ReturnType<typeof decoderFor>[];

  /** @param as how to read each column, where not by its type's own way */
  constructor(result: DuckDBResult, as: readonly (As | undefined)[] = []) {
    this.names = result.columnNames();
    this.#decoders = result.columnTypes().map((type, index) => decoderFor(type, as[index]));
  }

  /** @throws DatabaseError `E_CONVERSION` naming the column and row of a value that has no exact form */
  read(chunk: DuckDBDataChunk): Chunk {
    const columns: unknown[][] = this.names.map(() => []);
    this.readInto(columns, chunk);
    return { names: this.names, columns, rowCount: chunk.rowCount };
  }

  readInto(columns: readonly unknown[][], chunk: DuckDBDataChunk): void {
    for (const [index, column] of columns.entries()) {
      const decode = this.#decoders[index] as ReturnType<typeof decoderFor>;
      const before = column.length;
      try {
        chunk.visitColumnValues(index, (value) => column.push(value === null ? null : decode(value)));
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
        const row = this.rows + column.length - before;
        throw new DatabaseError(
          'E_CONVERSION',
          `Column "${this.names[index]}", row ${row}: the value ${error.message}.`,
          {
            cause: error,
            details: { column: this.names[index], row },
          },
        );
      }
    }
    this.rows += chunk.rowCount;
  }
}

/** @throws DatabaseError as `ChunkReader.read` */
export function readResult(result: DuckDBMaterializedResult, as?: readonly (As | undefined)[]): Result {
  const reader = new ChunkReader(result, as);
  const columns: unknown[][] = reader.names.map(() => []);
  for (let index = 0; index < result.chunkCount; index += 1) reader.readInto(columns, result.getChunk(index));
  return {
    names: reader.names,
    columns,
    rowCount: columns[0]?.length ?? 0,
    rowsChanged: result.rowsChanged,
    statementType: result.statementType,
  };
}
