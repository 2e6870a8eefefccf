// Lists, arrays of a fixed length, and maps, whose items are a vector of their own. Not here: what is taken for a list
// (entity/).
import duckdb from '@duckdb/node-bindings';
import { NullMask } from './null-mask.js';
import { structWriter } from './struct-writer.js';
import type { NumberArray } from './number-array.js';
import { lengthOf, type Vector, type VectorWriter } from './vector-writer.js';

/** Within a value nothing is left out: only null is NULL. Its words are found by whoever encodes the value by itself. */
class Missing extends TypeError {
  constructor() {
    super('an item is undefined');
  }
}

/** Offset and length of each list, 64 bits each. */
class Entries {
  #words = new Uint32Array(0);

  begin(count: number): void {
    if (this.#words.length < count * 4) this.#words = new Uint32Array(count * 4);
  }

  set(index: number, offset: number, length: number): void {
    this.#words[index * 4] = offset;
    this.#words[index * 4 + 2] = length;
  }

  writeTo(vector: Vector, count: number): void {
    duckdb.copy_data_to_vector(vector, 0, this.#words.buffer, 0, count * 16);
  }
}

/** @param items throws, or gives the items of a value */
export function listWriter(item: VectorWriter, items: (value: unknown) => ArrayLike<unknown>): VectorWriter {
  const nulls = new NullMask();
  const entries = new Entries();
  return {
    grows: true,
    write(vector, values, count) {
      nulls.begin(count);
      entries.begin(count);
      const lists: ArrayLike<unknown>[] = [];
      let total = 0;
      for (let index = 0; index < count; index += 1) {
        const value = values[index];
        let length = 0;
        if (value === null || value === undefined) nulls.add(index);
        else {
          const own = items(value);
          lists.push(own);
          length = lengthOf(own);
        }
        entries.set(index, total, length);
        total += length;
      }
      entries.writeTo(vector, count);
      writeItems(vector, item, flat(lists, total, item), total);
      return nulls.writeTo(vector, count);
    },
  };
}

/** The size first: it makes room for the items. */
function writeItems(vector: Vector, item: VectorWriter, items: ArrayLike<unknown>, total: number): void {
  duckdb.list_vector_reserve(vector, total);
  duckdb.list_vector_set_size(vector, total);
  if (total > 0) item.write(duckdb.list_vector_get_child(vector), items, total);
}

/** All items in one array; one that the item's writer takes as it is, where all of them are of that class. */
function flat(lists: readonly ArrayLike<unknown>[], total: number, { same }: VectorWriter): ArrayLike<unknown> {
  if (same !== undefined && lists.length > 0 && lists.every((each) => each instanceof same)) {
    const all = new same(total);
    let at = 0;
    for (const each of lists as NumberArray[]) {
      all.set(each as never, at);
      at += lengthOf(each);
    }
    return all;
  }
  const all: unknown[] = [];
  for (const each of lists)
    for (let index = 0, length = lengthOf(each); index < length; index += 1) {
      const item = each[index];
      if (item === undefined) throw new Missing();
      all.push(item);
    }
  return all;
}

/** @param items throws, or gives the `length` items of a value */
export function arrayWriter(
  item: VectorWriter,
  length: number,
  items: (value: unknown) => ArrayLike<unknown>,
): VectorWriter {
  const nulls = new NullMask();
  return {
    grows: true,
    write(vector, values, count) {
      nulls.begin(count);
      const lists: ArrayLike<unknown>[] = [];
      for (let index = 0; index < count; index += 1) {
        const value = values[index];
        if (value === null || value === undefined) {
          nulls.add(index);
          // what is NULL has its items, too
          lists.push(Array.from({ length }, () => null));
        } else lists.push(items(value));
      }
      item.write(duckdb.array_vector_get_child(vector), flat(lists, count * length, item), count * length);
      return nulls.writeTo(vector, count);
    },
  };
}

/** @param pairs throws, or gives the keys and values of a map */
export function mapWriter(
  key: VectorWriter,
  value: VectorWriter,
  pairs: (value: unknown) => Iterable<readonly [unknown, unknown]>,
): VectorWriter {
  const nulls = new NullMask();
  const entries = new Entries();
  const pair = structWriter([key, value], (given) => given as readonly unknown[]);
  return {
    grows: true,
    write(vector, values, count) {
      nulls.begin(count);
      entries.begin(count);
      const all: (readonly [unknown, unknown])[] = [];
      for (let index = 0; index < count; index += 1) {
        const given = values[index];
        const before = all.length;
        if (given === null || given === undefined) nulls.add(index);
        else
          for (const each of pairs(given)) {
            if (each[1] === undefined) throw new Missing();
            all.push(each);
          }
        entries.set(index, before, all.length - before);
      }
      entries.writeTo(vector, count);
      writeItems(vector, pair, all, all.length);
      return nulls.writeTo(vector, count);
    },
  };
}
