// Arrays for whole columns: typed where numbers can be nothing else. Not here: reading (engine/result.ts), types of
// properties (property-type.ts).
import type { NumberArray } from '../vector/number-array.js';
import { roomFor } from '../vector/reader.js';
import type { Unmarked } from './property-type.js';
import type { Column } from './schema.js';

/**
 * A column as an array: `Float64Array` for numbers, `BigInt64Array` for `bigint` (`BigUint64Array` for `ubigint`, and an array
 * for integers of 128 bits); an array with nulls in their places for a nullable column, and for whatever is no number.
 */
export type ColumnArray<V> = null extends V ? V[] : [V] extends [number] ? Float64Array : [V] extends [bigint] ? BigInt64Array : V[]; // prettier-ignore

/** Columns of an entity by property, all of one length. */
export type ColumnArrays<E, K> = { [P in Extract<K, keyof E>]: ColumnArray<Unmarked<E[P]>> };

/** An empty array of this length for a column. */
export type MakeArray = (length: number) => NumberArray | unknown[];

const plain: MakeArray = roomFor;

export function arrayFor({ nullable, type, as }: Column): MakeArray {
  if (nullable) return plain;
  if (as === 'number' || (as === undefined && (type.family === 'integer' || type.family === 'real')))
    return (length) => new Float64Array(length);
  if (as === 'bigint' || type.name === 'bigint') return (length) => new BigInt64Array(length);
  if (type.name === 'ubigint') return (length) => new BigUint64Array(length);
  return plain;
}
