// Which values of a vector are NULL. Not here: the values.
import duckdb from '@duckdb/node-bindings';
import type { Vector } from './vector-writer.js';

const ALL_VALID = 0xff;

/** One bit for each value, set where it is not NULL, in words of 64 bits as DuckDB has them. */
export class NullMask {
  #bits = new Uint8Array(0);
  #nulls = 0;

  /** Nothing is NULL, of `count` values. */
  begin(count: number): void {
    const bytes = Math.ceil(count / 64) * 8;
    if (bytes > this.#bits.length) this.#bits = new Uint8Array(bytes).fill(ALL_VALID);
    else if (this.#nulls > 0) this.#bits.fill(ALL_VALID);
    this.#nulls = 0;
  }

  add(index: number): void {
    this.#bits[index >> 3] = (this.#bits[index >> 3] as number) & ~(1 << (index & 7));
    this.#nulls += 1;
  }

  /** A vector that is new or reset has nothing NULL: it is told only where there is something to tell. */
  writeTo(vector: Vector, count: number): number {
    if (this.#nulls > 0) {
      duckdb.vector_ensure_validity_writable(vector);
      duckdb.copy_data_to_vector_validity(vector, 0, this.#bits.buffer, 0, Math.ceil(count / 64) * 8);
    }
    return this.#nulls;
  }
}
