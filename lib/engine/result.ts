// A result as decoded columns. Not here: rows and instances.
import type { DuckDBMaterializedResult, StatementType } from '@duckdb/node-api';
import { decoderFor } from '../entity/decode.js';
import { Misfit } from '../entity/misfit.js';
import type { As } from '../entity/property-type.js';
import { DatabaseError } from '../errors.js';

/** All rows of a result, column by column. */
export interface Result {
  readonly names: readonly string[];
  /** one array per column, as long as the result */
  readonly columns: readonly (readonly unknown[])[];
  readonly rowCount: number;
  /** rows inserted, updated or deleted; 0 with RETURNING */
  readonly rowsChanged: number;
  readonly statementType: StatementType;
}

/**
 * @param as how to read each column, where not by its type's own way
 * @throws DatabaseError `E_CONVERSION` naming the column and row of a value that has no exact form
 */
export function readResult(result: DuckDBMaterializedResult, as: readonly (As | undefined)[] = []): Result {
  const names = result.columnNames();
  const decoders = result.columnTypes().map((type, index) => decoderFor(type, as[index]));
  const columns: unknown[][] = names.map(() => []);
  for (let chunkIndex = 0; chunkIndex < result.chunkCount; chunkIndex += 1) {
    const chunk = result.getChunk(chunkIndex);
    for (const [index, column] of columns.entries()) {
      const decode = decoders[index] as (typeof decoders)[number];
      try {
        chunk.visitColumnValues(index, (value) => column.push(value === null ? null : decode(value)));
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
        throw new DatabaseError(
          'E_CONVERSION',
          `Column "${names[index]}", row ${column.length}: the value ${error.message}.`,
          {
            cause: error,
            details: { column: names[index], row: column.length },
          },
        );
      }
    }
  }
  return {
    names,
    columns,
    rowCount: columns[0]?.length ?? 0,
    rowsChanged: result.rowsChanged,
    statementType: result.statementType,
  };
}
