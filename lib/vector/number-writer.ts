// Numbers that a typed array holds by itself. Not here: 64 bits and more (wide-integer.ts), checks (entity/).
import { fixedWriter } from './fixed-writer.js';
import type { VectorWriter } from './vector-writer.js';

type Numbers =
  Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array;

export type NumbersClass = {
  new (memory: ArrayBuffer): Numbers;
  new (length: number): Numbers;
  readonly BYTES_PER_ELEMENT: number;
};

/**
 * @param check throws, or gives the number to write
 * @param asItIs whether a typed array of this class needs no check
 */
export function numberWriter(array: NumbersClass, check: (value: unknown) => number, asItIs: boolean): VectorWriter {
  return fixedWriter<Numbers>({
    width: array.BYTES_PER_ELEMENT,
    views: (memory) => new array(memory),
    put(numbers, index, value) {
      numbers[index] = check(value);
    },
    ...(asItIs && { same: array }),
  });
}
