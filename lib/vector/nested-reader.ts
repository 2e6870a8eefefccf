// Lists, arrays, structs, maps and unions as DuckDB keeps them: vectors of their members. Not here: which members a type has
// (entity/decode.ts).
import duckdb, { type Vector } from '@duckdb/node-bindings';
import { isValid, none, roomFor, validityOf, type Items, type VectorReader } from './reader.js';

/** For each item of a list vector where it begins in the vector of all members, and how long it is. */
function extents(vector: Vector, count: number): Uint32Array {
  const { buffer, byteOffset } = duckdb.vector_get_data(vector, count * 16);
  return new Uint32Array(buffer, byteOffset, count * 4);
}

/** `items` as they are, null where the vector has NULL. */
function unlessNull(vector: Vector, count: number, items: Items): Items {
  const validity = validityOf(vector, count);
  return validity === null ? items : (index) => (isValid(validity, index) ? items(index) : null);
}

function slice(items: Items, from: number, length: number): unknown[] {
  const out = roomFor(length);
  for (let index = 0; index < length; index += 1) out[index] = items(from + index);
  return out;
}

/** Lists of any length; only members that a list has are read. */
export const lists = (member: VectorReader): VectorReader => ({
  open(vector, count) {
    if (count === 0) return none;
    const at = extents(vector, count);
    const members = member.open(duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector));
    return unlessNull(vector, count, (index) => slice(members, at[4 * index] as number, at[4 * index + 2] as number));
  },
});

/** Lists of one length. */
export const arrays = (member: VectorReader, length: number): VectorReader => ({
  open(vector, count) {
    if (count === 0) return none;
    const members = member.open(duckdb.array_vector_get_child(vector), count * length);
    return unlessNull(vector, count, (index) => slice(members, index * length, length));
  },
});

/** @param make an object of the members' items at a place */
export const structs = (
  members: readonly VectorReader[],
  make: (members: readonly Items[], index: number) => unknown,
): VectorReader => ({
  open(vector, count) {
    if (count === 0) return none;
    const opened = members.map((member, place) => member.open(duckdb.struct_vector_get_child(vector, place), count));
    return unlessNull(vector, count, (index) => make(opened, index));
  },
});

/** What is made of the members' items of some structs, an array for each member. */
type MakeRows = (columns: readonly unknown[][], length: number) => unknown;

/** @param make what a struct comes to, by arrays of one item for each member */
export const structsBy = (members: readonly VectorReader[], make: MakeRows): VectorReader =>
  structs(members, (opened, index) =>
    make(
      opened.map((items) => [items(index)]),
      1,
    ),
  );

/** Lists of structs. @param make what a list comes to; NULL is an empty one */
export const listsBy = (members: readonly VectorReader[], make: MakeRows): VectorReader => ({
  open(vector, count) {
    if (count === 0) return none;
    const at = extents(vector, count);
    const validity = validityOf(vector, count);
    const [struct, size] = [duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector)];
    const opened = members.map((member, place) => member.open(duckdb.struct_vector_get_child(struct, place), size));
    return (index) => {
      const given = validity === null || isValid(validity, index);
      const [from, length] = given ? [at[4 * index] as number, at[4 * index + 2] as number] : [0, 0];
      return make(
        opened.map((items) => slice(items, from, length)),
        length,
      );
    };
  },
});

/** A map is a list of its entries. */
export const maps = (key: VectorReader, value: VectorReader): VectorReader => ({
  open(vector, count) {
    if (count === 0) return none;
    const at = extents(vector, count);
    const [entries, size] = [duckdb.list_vector_get_child(vector), duckdb.list_vector_get_size(vector)];
    const keys = key.open(duckdb.struct_vector_get_child(entries, 0), size);
    const values = value.open(duckdb.struct_vector_get_child(entries, 1), size);
    return unlessNull(vector, count, (index) => {
      const [from, length] = [at[4 * index] as number, at[4 * index + 2] as number];
      const map = new Map<unknown, unknown>();
      for (let place = from; place < from + length; place += 1) map.set(keys(place), values(place));
      return map;
    });
  },
});

/** One of several members: a struct, whose first member says which. */
export const unions = (tags: readonly string[], members: readonly VectorReader[]): VectorReader => ({
  open(vector, count) {
    if (count === 0) return none;
    // a union is NULL where its tag is
    const tag = duckdb.struct_vector_get_child(vector, 0);
    const which = duckdb.vector_get_data(tag, count);
    const opened = members.map((member, place) =>
      member.open(duckdb.struct_vector_get_child(vector, place + 1), count),
    );
    return unlessNull(tag, count, (index) => {
      const place = which[index] as number;
      return { tag: tags[place] as string, value: (opened[place] as Items)(index) };
    });
  },
});
