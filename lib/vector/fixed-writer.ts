// Values of one width each: numbers, times, UUIDs, enums. Not here: what is put where, which the type says.
import duckdb from '@duckdb/node-bindings';
import { NullMask } from './null-mask.js';
import { lengthOf, type NumberArrayClass, type Vector, type VectorWriter } from './vector-writer.js';

/** How values of one width lie in memory. */
export interface Layout<Views> {
  /** bytes of one value */
  readonly width: number;
  /** the memory as what values are put through */
  readonly views: (memory: ArrayBuffer) => Views;
  /** Puts one value, which is not NULL, after checking it. */
  readonly put: (views: Views, index: number, value: unknown) => void;
  readonly same?: NumberArrayClass;
}

/** A chunk is filled in memory of our own and copied in one call: a call for each value would be most of the time. */
export function fixedWriter<Views>({ width, views, put, same }: Layout<Views>): VectorWriter {
  const nulls = new NullMask();
  let memory = new ArrayBuffer(0);
  let seen = views(memory);
  return {
    same,
    write(vector: Vector, values: ArrayLike<unknown>, count: number): number {
      // memory that is shared with other threads is no ArrayBuffer to the binding
      if (same !== undefined && values instanceof same) {
        const { buffer, byteOffset } = values;
        if (buffer instanceof ArrayBuffer && lengthOf(values) >= count) {
          duckdb.copy_data_to_vector(vector, 0, buffer, byteOffset, count * width);
          return 0;
        }
      }
      if (memory.byteLength < count * width) {
        memory = new ArrayBuffer(count * width);
        seen = views(memory);
      }
      nulls.begin(count);
      const into = seen;
      for (let index = 0; index < count; index += 1) {
        const value = values[index];
        if (value === null || value === undefined) nulls.add(index);
        else put(into, index, value);
      }
      duckdb.copy_data_to_vector(vector, 0, memory, 0, count * width);
      return nulls.writeTo(vector, count);
    },
  };
}
