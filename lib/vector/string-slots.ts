// How DuckDB keeps strings in a vector (duckdb_string_t), written many at a time. Not here: where the bytes come from.
//
// A slot has 16 bytes: the length (u32), then either all of up to 12 bytes, zeros behind, or the first 4 and a pointer to the
// whole. The bytes of a run of strings are given to DuckDB as if they were one string, at the slot of the first row: it copies
// them to the vector's own heap, where they stay until the chunk is reset or freed. The pointer read back from that slot is
// where they are; each string of the run is a part of them. Then all slots are written over with the true ones. Nothing else
// is known of the heap, and nothing is read or written behind a pointer from here.
import duckdb from '@duckdb/node-bindings';
import type { Vector } from './vector-writer.js';

const SLOT = 16;
/** What fits into the slot itself. */
const INLINE = 12;
const MASKS = [0, 0xff, 0xffff, 0xff_ffff, 0xffff_ffff];
/** Bytes that may be read behind a run, though they are not of it. */
export const SLACK = INLINE;

export class StringSlots {
  #slots = new Uint32Array(0);

  begin(count: number): void {
    if (this.#slots.length < count * 4) this.#slots = new Uint32Array(count * 4);
  }

  /** An empty string, or NULL. */
  clear(index: number): void {
    this.#slots.fill(0, index * 4, index * 4 + 4);
  }

  /**
   * Places a run of strings, one behind the other, in the slots from `first` on.
   *
   * @param bytes with SLACK behind `length`
   * @param lengths the bytes of each string, by its slot
   */
  place(vector: Vector, bytes: Uint8Array, length: number, lengths: Int32Array, first: number, end: number): void {
    const slots = this.#slots;
    let [low, high] = [0, 0];
    for (let index = first; index < end; index += 1)
      if ((lengths[index] as number) > INLINE) {
        // longer than what a slot holds, so that its slot has a pointer
        duckdb.vector_assign_string_element_len(vector, 0, bytes.subarray(0, length));
        const slot = duckdb.vector_get_data(vector, SLOT);
        const view = new DataView(slot.buffer, slot.byteOffset, SLOT);
        low = view.getUint32(8, true);
        high = view.getUint32(12, true);
        break;
      }
    let at = 0;
    for (let index = first; index < end; index += 1) {
      const size = lengths[index] as number;
      const word = index * 4;
      slots[word] = size;
      if (size > INLINE) {
        slots[word + 1] = wordAt(bytes, at);
        const pointer = low + at;
        slots[word + 2] = pointer;
        slots[word + 3] = pointer > 0xffff_ffff ? high + 1 : high;
      } else {
        slots[word + 1] = wordAt(bytes, at) & (MASKS[size < 4 ? size : 4] as number);
        slots[word + 2] = size > 4 ? wordAt(bytes, at + 4) & (MASKS[size < 8 ? size - 4 : 4] as number) : 0;
        slots[word + 3] = size > 8 ? wordAt(bytes, at + 8) & (MASKS[size - 8] as number) : 0;
      }
      at += size;
    }
  }

  /** After all runs are placed. */
  writeTo(vector: Vector, count: number): void {
    duckdb.copy_data_to_vector(vector, 0, this.#slots.buffer, 0, count * SLOT);
  }
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);
