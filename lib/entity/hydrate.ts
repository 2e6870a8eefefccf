// Rows out of columns: a function made once for each entity and set of its properties, or for the names of a raw result.
// Not here: one row at a time from the cache (instance.ts), columns themselves (decode.ts).
import { compile } from './compile.js';
import { record } from './record.js';
import type { EntitySchema } from './schema.js';

/** The items of one column; an array, or the memory of a vector. */
export type ColumnItems = ArrayLike<unknown>;

/** Puts an object for each row behind those that are in `rows`. */
export type Hydrate = (columns: readonly ColumnItems[], count: number, rows: object[]) => void;

type New = new () => Record<string, unknown>;

/** Sets of properties are code's, and few; where they come from outside they are not kept without end. */
const SHAPES_MAX = 200;

const known = new WeakMap<EntitySchema, Map<string, Hydrate>>();
const plain = new Map<string, Hydrate>();

/** What is known under a key, or made now. */
function kept(shapes: Map<string, Hydrate>, key: string, make: () => Hydrate): Hydrate {
  let hydrate = shapes.get(key);
  if (hydrate === undefined) {
    if (shapes.size >= SHAPES_MAX) shapes.clear();
    shapes.set(key, (hydrate = make()));
  }
  return hydrate;
}

/**
 * A whole row goes through the constructor, which is called without arguments, so that initializers and private fields are
 * there; a row of some columns has these alone.
 */
export function hydrateOf(schema: EntitySchema, properties: readonly string[]): Hydrate {
  let shapes = known.get(schema);
  if (shapes === undefined) known.set(schema, (shapes = new Map()));
  return kept(shapes, properties.join('\0'), () => made(schema, properties));
}

/** Plain objects with these own keys, whatever they are called. */
export function plainHydrate(names: readonly string[]): Hydrate {
  return kept(plain, names.join('\0'), () => {
    const items = names.map((_name, index) => `const c${index} = columns[${index}];`).join('\n');
    // as a plain key, `__proto__` would set the prototype
    const key = (name: string): string => (name === '__proto__' ? `['__proto__']` : JSON.stringify(name));
    const fields = names.map((name, index) => `${key(name)}: c${index}[i]`).join(', ');
    const body = `return (columns, count, rows) => {
      ${items}
      for (let i = 0; i < count; i += 1) rows.push({ ${fields} });
    };`;
    return compile<[], Hydrate>([], body)?.() ?? plainLooped(names);
  });
}

function plainLooped(names: readonly string[]): Hydrate {
  return (columns, count, rows) => {
    for (let index = 0; index < count; index += 1) rows.push(record(names, (_name, place) => columns[place]?.[index]));
  };
}

function made(schema: EntitySchema, properties: readonly string[]): Hydrate {
  const Row = rowOf(schema, properties);
  const items = properties.map((_property, index) => `const c${index} = columns[${index}];`).join('\n');
  const sets = properties.map((property, index) => `row[${JSON.stringify(property)}] = c${index}[i];`).join('\n');
  const body = `return (columns, count, rows) => {
    ${items}
    for (let i = 0; i < count; i += 1) {
      const row = new Row();
      ${sets}
      rows.push(row);
    }
  };`;
  return compile<[New], Hydrate>(['Row'], body)?.(Row) ?? looped(Row, properties);
}

/** The same without code of its own: about half as fast. */
function looped(Row: New, properties: readonly string[]): Hydrate {
  return (columns, count, rows) => {
    for (let index = 0; index < count; index += 1) {
      const row = new Row();
      for (const [place, property] of properties.entries()) row[property] = columns[place]?.[index];
      rows.push(row);
    }
  };
}

function rowOf(schema: EntitySchema, properties: readonly string[]): New {
  const target = schema.target as unknown as New;
  if (schema.accessors || properties.length === schema.columns.length) return target;
  // an instance of the class that its constructor has not seen
  const Row = function Row() {} as unknown as New;
  Row.prototype = target.prototype;
  return Row;
}
