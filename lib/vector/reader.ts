// Columns as DuckDB keeps them, read item by item: fixed-width numbers here, and which of them are NULL. Not here: text
// (text-reader.ts), types made of others (nested-reader.ts), what a column's items mean as properties (entity/decode.ts).
import duckdb, { type Vector } from '@duckdb/node-bindings';
import type { NumberArray } from './number-array.js';

/** The items of one vector, by their place. NULL is null. */
export type Items = (index: number) => unknown;

/** How the vectors of one column are read; chosen once, by the column's type. */
export interface VectorReader {
  /** Items are read while the chunk is there: long texts and bytes are behind pointers into its memory. */
  open(vector: Vector, count: number): Items;
  /**
   * The items as numbers in one array, where they are nothing else; not to be kept. What stands at a NULL means nothing. An array
   * of anything would have an object for each number.
   */
  readonly raw?: (vector: Vector, count: number) => NumberArray;
}

/** A bit for each item that is no NULL; null where none is NULL. */
export type Validity = Uint8Array | null;

const MASK_BYTES = 8;

export function validityOf(vector: Vector, count: number): Validity {
  // null where there is none, whatever its declaration says
  return duckdb.vector_get_validity(vector, Math.ceil(count / 64) * MASK_BYTES) ?? null;
}

export const isValid = (validity: Uint8Array, index: number): boolean =>
  ((validity[index >> 3] as number) & (1 << (index & 7))) !== 0;

/** An array with room for `length` items, to be filled in their order. */
export function roomFor<T = unknown>(length: number): T[] {
  const array: T[] = [];
  array.length = length;
  return array;
}

/** The items of an empty vector, which has no memory. */
export const none: Items = () => null;

interface ArrayType<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
}

/** The memory of `count` items, each `per` elements of an array. */
function view<A>(type: ArrayType<A>, per: number, vector: Vector, count: number): A {
  const length = count * per;
  const { buffer, byteOffset } = duckdb.vector_get_data(vector, length * type.BYTES_PER_ELEMENT);
  return new type(buffer, byteOffset, length);
}

/** Items by what `item` makes of the memory; never asked for NULL. */
export function mapped<A>(
  type: ArrayType<A>,
  per: number,
  item: (memory: A, index: number) => unknown,
): VectorReader & { open(vector: Vector, count: number): Items } {
  return {
    open(vector, count) {
      if (count === 0) return none;
      const memory = view(type, per, vector, count);
      const validity = validityOf(vector, count);
      if (validity === null) return (index) => item(memory, index);
      return (index) => (isValid(validity, index) ? item(memory, index) : null);
    },
  };
}

/** Numbers as they are. */
export function numbers<A extends NumberArray>(type: ArrayType<A>): VectorReader {
  return {
    ...mapped(type, 1, (memory, index) => memory[index]),
    raw: (vector, count) => view(type, 1, vector, count),
  };
}

/** Numbers that `item` makes of the memory; never asked for NULL. */
export function computed<A>(type: ArrayType<A>, per: number, item: (memory: A, index: number) => number): VectorReader {
  let made = new Float64Array(0);
  return {
    ...mapped(type, per, item),
    raw(vector, count) {
      if (made.length < count) made = new Float64Array(count);
      const memory = view(type, per, vector, count);
      const validity = validityOf(vector, count);
      for (let index = 0; index < count; index += 1)
        if (validity === null || isValid(validity, index)) made[index] = item(memory, index);
      return made.subarray(0, count);
    },
  };
}

const WORD = 2 ** 32;

/** What 64 bits come to, as a number: exact within 2^53, and beyond that never less than it in size. */
export const wide = (words: Int32Array, index: number): number =>
  (words[2 * index + 1] as number) * WORD + ((words[2 * index] as number) >>> 0);

/** The same, exact. */
export const wideExact = (words: Int32Array, index: number): bigint =>
  (BigInt(words[2 * index + 1] as number) << 32n) | BigInt((words[2 * index] as number) >>> 0);

/** 64-bit counts by their two halves, which costs no bigint. */
export const words = (item: (words: Int32Array, index: number) => unknown): VectorReader => mapped(Int32Array, 2, item);

const low = (halves: BigUint64Array, index: number): bigint => halves[2 * index] as bigint;
const high = (halves: BigUint64Array, index: number): bigint => halves[2 * index + 1] as bigint;

/** 128 bits, signed. */
export const huge = (item: (value: bigint) => unknown): VectorReader =>
  mapped(BigUint64Array, 2, (halves, index) =>
    item((BigInt.asIntN(64, high(halves, index)) << 64n) | low(halves, index)),
  );

/** 128 bits, unsigned. */
export const unsignedHuge = (item: (value: bigint) => unknown): VectorReader =>
  mapped(BigUint64Array, 2, (halves, index) => item((high(halves, index) << 64n) | low(halves, index)));
