// Integers of 64 and 128 bits in memory. A number is put as halves of 32 bits, for making a bigint of each costs more than
// all the rest. Not here: checks (entity/).
import { fixedWriter } from './fixed-writer.js';
import type { NumberArrayClass, VectorWriter } from './vector-writer.js';

const HALF = 2 ** 32;

/** Memory of integers of 64 bits, as whole and by halves, the lower first. */
export interface Wide {
  readonly halves: Uint32Array;
  readonly wholes: BigInt64Array;
}

export const wide = (memory: ArrayBuffer): Wide => ({
  halves: new Uint32Array(memory),
  wholes: new BigInt64Array(memory),
});

/** `value`, a whole number within 2^53, at the `index`-th 64 bits. */
export function put64({ halves }: Wide, index: number, value: number): void {
  const high = Math.floor(value / HALF);
  halves[index * 2] = value - high * HALF;
  halves[index * 2 + 1] = high;
}

/** `value * 1000`, which may be beyond 2^53: the micros of milliseconds. */
export function putThousandfold({ halves }: Wide, index: number, value: number): void {
  const high = Math.floor(value / HALF);
  const low = (value - high * HALF) * 1000;
  const carry = Math.floor(low / HALF);
  halves[index * 2] = low - carry * HALF;
  halves[index * 2 + 1] = high * 1000 + carry;
}

/** Writes 64 bits, signed or not: what does not fit is the check's to refuse. */
export function wideWriter(check: (value: unknown) => number | bigint, same?: NumberArrayClass): VectorWriter {
  return fixedWriter<Wide>({
    width: 8,
    views: wide,
    put(memory, index, value) {
      const exact = check(value);
      if (typeof exact === 'number') put64(memory, index, exact);
      else memory.wholes[index] = exact;
    },
    ...(same !== undefined && { same }),
  });
}

/** Writes 128 bits, signed or not. */
export function widestWriter(check: (value: unknown) => number | bigint): VectorWriter {
  return fixedWriter<Wide>({
    width: 16,
    views: wide,
    put(memory, index, value) {
      const exact = check(value);
      if (typeof exact === 'number') {
        put64(memory, index * 2, exact);
        memory.wholes[index * 2 + 1] = exact < 0 ? -1n : 0n;
      } else {
        // a typed array keeps the lower 64 bits
        memory.wholes[index * 2] = exact;
        memory.wholes[index * 2 + 1] = exact >> 64n;
      }
    },
  });
}
