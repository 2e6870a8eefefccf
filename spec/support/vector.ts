// What a vector writer has written, read back by the binding, which knows nothing of it.
import duckdb from '@duckdb/node-bindings';
import { DuckDBDataChunk, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import type { VectorWriter } from '../../lib/vector/vector-writer.js';

/** A chunk of one column, which is written again and again. */
export class WrittenColumn {
  #chunk: DuckDBDataChunk;

  constructor(
    private readonly type: DuckDBType,
    readonly writer: VectorWriter,
  ) {
    this.#chunk = DuckDBDataChunk.create([type]);
  }

  /** The values that the vector holds after `values` were written into it. */
  write(values: ArrayLike<unknown>): DuckDBValue[] {
    if (this.writer.grows) this.#chunk = DuckDBDataChunk.create([this.type]);
    else this.#chunk.reset();
    this.#chunk.rowCount = values.length;
    this.nulls = this.writer.write(duckdb.data_chunk_get_vector(this.#chunk.chunk, 0), values, values.length);
    // another look at the same memory, without what the binding keeps of the last
    return new DuckDBDataChunk(this.#chunk.chunk).getColumnValues(0);
  }

  /** how many the writer counted */
  nulls = 0;
}
