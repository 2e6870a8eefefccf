// Rows out of columns: a function made once for each entity and set of its properties, or for the names of a raw result.
// Not here: columns themselves (decode.ts).
import { isValid } from '../vector/reader.js';
import { compile } from './compile.js';
import { assign, record } from './record.js';
import type { EntitySchema } from './schema.js';

/** The items of one column; an array, or the memory of a vector. */
export type ColumnItems = ArrayLike<unknown>;

/** Which items are no NULL, a bit for each; null where what is NULL is null in the array. */
export type Mask = Uint8Array | null;

/** Puts an object for each row behind those that are in `rows`. */
export type Hydrate = (columns: readonly ColumnItems[], count: number, rows: object[], masks?: readonly Mask[]) => void;

/** The lines that every function made here begins with, and the item of a column in a row. */
const open = (count: number): string =>
  Array.from({ length: count }, (_each, n) => `const c${n} = columns[${n}], m${n} = masks === undefined ? null : masks[${n}];`).join('\n'); // prettier-ignore
const item = (n: number): string => `m${n} !== null && (m${n}[i >> 3] & (1 << (i & 7))) === 0 ? null : c${n}[i]`;

/** The item of a column in a row. */
export function itemOf(
  columns: readonly ColumnItems[],
  masks: readonly Mask[] | undefined,
  n: number,
  row: number,
): unknown {
  const mask = masks?.[n];
  return mask !== null && mask !== undefined && !isValid(mask, row) ? null : columns[n]?.[row];
}

type New = new () => Record<string, unknown>;

/** Sets of properties are code's, and few; where they come from outside they are not kept without end. */
const SHAPES_MAX = 200;

const known = new WeakMap<EntitySchema, Map<string, Hydrate>>();
const plain = new Map<string, Hydrate>();

/** What is known for these names, or made now. */
function kept(shapes: Map<string, Hydrate>, names: readonly string[], make: () => Hydrate): Hydrate {
  // a name from outside may have any character
  if (names.some((name) => name.includes('\0'))) return make();
  // with their count: none, and one that is empty
  const key = `${names.length} ${names.join('\0')}`;
  let hydrate = shapes.get(key);
  if (hydrate === undefined) {
    if (shapes.size >= SHAPES_MAX) shapes.clear();
    shapes.set(key, (hydrate = make()));
  }
  return hydrate;
}

/**
 * A whole row goes through the constructor, which is called without arguments, so that initializers and private fields are
 * there; a row of some columns has these alone. Properties that are no columns are set behind the others.
 */
export function hydrateOf(schema: EntitySchema, properties: readonly string[]): Hydrate {
  let shapes = known.get(schema);
  if (shapes === undefined) known.set(schema, (shapes = new Map()));
  return kept(shapes, properties, () => made(schema, properties));
}

/** Plain objects with these own keys, whatever they are called. */
export function plainHydrate(names: readonly string[]): Hydrate {
  return kept(plain, names, () => {
    // as a plain key, `__proto__` would set the prototype
    const key = (name: string): string => (name === '__proto__' ? `['__proto__']` : JSON.stringify(name));
    const fields = names.map((name, index) => `${key(name)}: ${item(index)}`).join(', ');
    const body = `return (columns, count, rows, masks) => {
      ${open(names.length)}
      for (let i = 0; i < count; i += 1) rows.push({ ${fields} });
    };`;
    return compile<[], Hydrate>([], body)?.() ?? plainLooped(names);
  });
}

function plainLooped(names: readonly string[]): Hydrate {
  return (columns, count, rows, masks) => {
    for (let index = 0; index < count; index += 1)
      rows.push(record(names, (_name, place) => itemOf(columns, masks, place, index)));
  };
}

function made(schema: EntitySchema, properties: readonly string[]): Hydrate {
  const Row = rowOf(schema, properties);
  const sets = properties.map((property, index) => set(property, item(index))).join('\n');
  const body = `return (columns, count, rows, masks) => {
    ${open(properties.length)}
    for (let i = 0; i < count; i += 1) {
      const row = new Row();
      ${sets}
      rows.push(row);
    }
  };`;
  return compile<[New], Hydrate>(['Row'], body)?.(Row) ?? looped(Row, properties);
}

// no column is called so; what else an instance has of its own may be
const set = (property: string, value: string): string =>
  property === '__proto__'
    ? `Object.defineProperty(row, '__proto__', { value: ${value}, enumerable: true, writable: true, configurable: true });`
    : `row[${JSON.stringify(property)}] = ${value};`;

/** The same without code of its own. */
function looped(Row: New, properties: readonly string[]): Hydrate {
  return (columns, count, rows, masks) => {
    for (let index = 0; index < count; index += 1) {
      const row = new Row();
      for (const [place, property] of properties.entries()) assign(row, property, itemOf(columns, masks, place, index));
      rows.push(row);
    }
  };
}

function rowOf(schema: EntitySchema, properties: readonly string[]): New {
  const target = schema.target as unknown as New;
  if (schema.accessors || schema.columns.every(({ property }) => properties.includes(property))) return target;
  // an instance of the class that its constructor has not seen
  const Row = function Row() {} as unknown as New;
  Row.prototype = target.prototype;
  return Row;
}
