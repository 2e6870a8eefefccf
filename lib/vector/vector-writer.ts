// What writes values into vectors of DuckDB, column by column. Not here: the kinds of writers (beside this file), and which
// values a column takes (entity/).
import duckdb from '@duckdb/node-bindings';
import type { NumberArray } from './number-array.js';

export type Vector = ReturnType<typeof duckdb.data_chunk_get_vector>;

export type NumberArrayClass = new (length: number) => NumberArray;

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** How many items there are: of typed arrays what they have in memory, whatever a subclass of them says. */
export const lengthOf = (items: ArrayLike<unknown>): number =>
  ArrayBuffer.isView(items) ? (Reflect.get(typedArray, 'length', items) as number) : items.length;

/**
 * Writes one column. Made once and used for chunk after chunk, for it owns the memory that it prepares a vector's in; a call leaves
 * nothing for the next.
 */
export interface VectorWriter {
  /**
   * Writes the first `count` of `values`; null and undefined are NULL.
   *
   * @returns how many were NULL
   * @throws whatever the check of a value throws; then the vector holds nothing of use
   */
  write(vector: Vector, values: ArrayLike<unknown>, count: number): number;
  /** the typed array that is written as it is, unchecked: the type holds whatever it holds */
  readonly same?: NumberArrayClass | undefined;
  /** its vector has lists or arrays in it, whose items have memory of another size: such a vector is written once */
  readonly grows?: boolean | undefined;
}
