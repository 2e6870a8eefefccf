// Columns of documents into vectors. Not here: JSON itself (json-bytes.ts, json-text.ts).
import { NullMask } from '../vector/null-mask.js';
import { SLACK, StringSlots } from '../vector/string-slots.js';
import type { VectorWriter } from '../vector/vector-writer.js';
import { JsonBytes } from './json-bytes.js';
import { jsonText } from './json-text.js';

/** A run of documents is handed over at once. */
const RUN = 2 ** 18;

/** All writers share it, but for memory that a large document made grow. */
let shared: JsonBytes | undefined;

function empty(): JsonBytes {
  if (shared === undefined || shared.memory.length > 4 * RUN) shared = new JsonBytes(2 * RUN, SLACK);
  shared.at = 0;
  return shared;
}

/**
 * @param nullable whether null is NULL; if not, it is JSON's
 * @param toPlain makes plain data of a value first
 */
export function jsonWriter(nullable: boolean, toPlain?: (value: unknown) => unknown): VectorWriter {
  const nulls = new NullMask();
  const slots = new StringSlots();
  let lengths = new Int32Array(0);
  return {
    write(vector, values, count) {
      if (lengths.length < count) lengths = new Int32Array(count);
      nulls.begin(count);
      slots.begin(count);
      let bytes = empty();
      let first = 0;
      for (let index = 0; index < count; index += 1) {
        const given = values[index];
        const value = toPlain === undefined ? given : toPlain(given);
        const start = bytes.at;
        if (value === undefined || (value === null && nullable)) nulls.add(index);
        else if (!bytes.write(value)) bytes.text(jsonText(value));
        lengths[index] = bytes.at - start;
        if (bytes.at > RUN) {
          slots.place(vector, bytes.memory, bytes.at, lengths, first, index + 1);
          bytes = empty();
          first = index + 1;
        }
      }
      slots.place(vector, bytes.memory, bytes.at, lengths, first, count);
      slots.writeTo(vector, count);
      return nulls.writeTo(vector, count);
    },
  };
}
