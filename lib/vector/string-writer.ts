// Text and bytes. Not here: the slots they are kept in (string-slots.ts), checks (entity/).
import { NullMask } from './null-mask.js';
import { SLACK, StringSlots } from './string-slots.js';
import { lengthOf, type Vector, type VectorWriter } from './vector-writer.js';

/** A run of strings is encoded at once; one that is longer by itself is a run of its own, whose memory is not kept. */
const RUN = 2 ** 18;
const UTF8_MOST = 3;

/** All writers share it: a run is encoded and handed over in one go. */
let memory: Buffer | undefined;
const shared = (): Buffer => (memory ??= Buffer.allocUnsafeSlow(RUN * UTF8_MOST + SLACK));

export interface TextChecks {
  /** throws, or gives the text */
  readonly text: (value: unknown) => string;
  /** throws where text that is not ASCII alone is not what the type holds; after it, text has no lone surrogate */
  readonly beyondAscii?: (value: unknown) => void;
}

export function textWriter({ text, beyondAscii }: TextChecks): VectorWriter {
  const nulls = new NullMask();
  const slots = new StringSlots();
  let lengths = new Int32Array(0);
  return {
    write(vector, values, count) {
      if (lengths.length < count) lengths = new Int32Array(count);
      nulls.begin(count);
      slots.begin(count);
      let run = '';
      let first = 0;
      const place = (end: number): void => {
        const fits = run.length <= RUN;
        const bytes = fits ? shared() : Buffer.allocUnsafeSlow(Buffer.byteLength(run) + SLACK);
        const length = bytes.write(run, 0);
        if (length !== run.length) {
          if (beyondAscii !== undefined)
            for (let index = first; index < end; index += 1) {
              const value = values[index];
              if (value !== null && value !== undefined) beyondAscii(value);
            }
          bytesOf(bytes, lengths, first, end);
        }
        slots.place(vector, bytes, length, lengths, first, end);
        run = '';
        first = end;
      };
      for (let index = 0; index < count; index += 1) {
        const value = values[index];
        if (value === null || value === undefined) {
          nulls.add(index);
          lengths[index] = 0;
          continue;
        }
        const own = text(value);
        if (run.length + own.length > RUN && index > first) place(index);
        lengths[index] = own.length;
        run += own;
      }
      place(count);
      slots.writeTo(vector, count);
      return nulls.writeTo(vector, count);
    },
  };
}

/**
 * From UTF-16 units to bytes, by the first bytes of the characters. The text is well formed, so that no string ends within
 * a character.
 */
function bytesOf(bytes: Uint8Array, lengths: Int32Array, first: number, end: number): void {
  let at = 0;
  for (let index = first; index < end; index += 1) {
    const start = at;
    for (let units = lengths[index] as number; units > 0; units -= 1) {
      const lead = bytes[at] as number;
      if (lead < 0x80) at += 1;
      else if (lead < 0xe0) at += 2;
      else if (lead < 0xf0) at += 3;
      else {
        // two units
        at += 4;
        units -= 1;
      }
    }
    lengths[index] = at - start;
  }
}

/** @param check throws, or gives the bytes */
export function bytesWriter(check: (value: unknown) => Uint8Array): VectorWriter {
  const nulls = new NullMask();
  const slots = new StringSlots();
  let lengths = new Int32Array(0);
  return {
    write(vector: Vector, values, count) {
      if (lengths.length < count) lengths = new Int32Array(count);
      nulls.begin(count);
      slots.begin(count);
      const most = RUN * UTF8_MOST;
      let [first, length] = [0, 0];
      for (let index = 0; index < count; index += 1) {
        const value = values[index];
        if (value === null || value === undefined) {
          nulls.add(index);
          lengths[index] = 0;
          continue;
        }
        const own = check(value);
        const size = lengthOf(own);
        if (length + size > most) {
          slots.place(vector, shared(), length, lengths, first, index);
          [first, length] = [index, 0];
        }
        lengths[index] = size;
        if (size > most) {
          const alone = Buffer.allocUnsafeSlow(size + SLACK);
          alone.set(own);
          slots.place(vector, alone, size, lengths, index, index + 1);
          first = index + 1;
        } else {
          shared().set(own, length);
          length += size;
        }
      }
      slots.place(vector, shared(), length, lengths, first, count);
      slots.writeTo(vector, count);
      return nulls.writeTo(vector, count);
    },
  };
}
