// Values as text and back: what goes into the cache comes out as it went in. Not here: what is kept in memory (keep.ts,
// stored-value.ts), what is cached.
import { classNamed, printOf } from '../class-transformer.js';
import { record } from '../entity/record.js';
import type { EntityClass } from '../entity/row.js';
import { schemaOf } from '../entity/schema.js';
import { keep } from './keep.js';
import { KeptBuffer, KeptDate, KeptTypedArray, copyOf, encoded, typedArray, type Held, type Tagged } from './kept.js';
import { DateColumn, ImmutableColumn, columnOf, type KeptColumn } from './kept-column.js';
import { KeptInstance } from './kept-instance.js';
import { KeptList, KeptMap, KeptSet } from './kept-list.js';
import { KeptEntity, KeptObject, RowsColumn } from './kept-object.js';
import { isImmutable } from './kind.js';

/** Finds the class of a stored entity by its class name and table. */
export type Entities = (className: string, table: string) => EntityClass | undefined;

/** A stored value of a class that is not among the entities, or of a form of another version: it counts as not stored. */
export class UnknownEntity extends Error {
  override readonly name = 'UnknownEntity';
}

/** @throws DatabaseError `E_UNSUPPORTED` naming the place of a value that has no stored form */
export function encodeValue(value: unknown): string {
  return textOf(keep(value));
}

/** @throws UnknownEntity where the class of an entity is not found */
export function decodeValue(text: string, entities: Entities): unknown {
  const value = JSON.parse(text) as unknown;
  // nobody else has it
  return isTagged(text) ? copyOf(new Decoder(entities).hold(value)) : value;
}

export const textOf = (held: Held): string => JSON.stringify(encoded(held));

/** What a text says, as it is held. @throws UnknownEntity where the class of an entity is not found */
export const heldOf = (text: string, entities: Entities): Held => new Decoder(entities).hold(JSON.parse(text));

/** Whether any part of it is tagged. Within a text of JSON a quote is escaped, so that no string looks like it. */
const isTagged = (text: string): boolean => text.includes('{"$":');

type Parts = readonly unknown[];

/** Each tag of a value. What stands under one is checked as far as that nothing is made of a text that is not ours. */
const TAGS: Readonly<Record<string, (parts: Parts, decoder: Decoder) => Held>> = {
  n: ([text]) => Number(text),
  i: ([text]) => BigInt(text as string),
  u: () => undefined,
  d: ([ms]) => new KeptDate(Number(ms ?? Number.NaN)),
  b: ([base64]) => new KeptBuffer(bytes(base64)),
  '8': ([base64]) => new KeptTypedArray('Uint8Array', bytes(base64)),
  t: ([type, base64]) => new KeptTypedArray(type as string, typedArray(type as string, bytes(base64).buffer)),
  list: ([items], decoder) => new KeptList(decoder.column(items)),
  map: (parts, decoder) => {
    const [keys, values] = decoder.columns(parts);
    return new KeptMap(keys as KeptColumn, values as KeptColumn);
  },
  set: ([items], decoder) => new KeptSet(decoder.column(items)),
  $: ([names, values], decoder) => new KeptObject(record(list(names).map(String), (_name, index) => decoder.hold(list(values)[index]))),
  of: ([name, print, members], decoder) => decoder.instance(name, print, members, false),
  as: ([name, print, members], decoder) => decoder.instance(name, print, members, true),
  one: (parts, decoder) => new KeptEntity(decoder.rows(parts)),
  rows: (parts, decoder) => new KeptList(decoder.rows(parts)),
}; // prettier-ignore

/** Each tag of a column. */
const COLUMN_TAGS: Readonly<Record<string, (parts: Parts, decoder: Decoder) => KeptColumn>> = {
  n: ([items]) => new ImmutableColumn(list(items).map((item) => (item === null ? null : Number(item)))),
  i: ([items]) => new ImmutableColumn(list(items).map((item) => (item === null ? null : BigInt(item as string)))),
  d: ([items]) => new DateColumn(list(items).map((item) => (item === null ? null : Number(item)))),
  x: ([items], decoder) => columnOf(decoder.all(list(items))),
  rows: (parts, decoder) => decoder.rows(parts),
};

class Decoder {
  constructor(private readonly entities: Entities) {}

  readonly hold = (value: unknown): Held => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return new KeptList(columnOf(this.all(value)));
    if (Object.hasOwn(value, '$')) {
      const [tag, ...parts] = list((value as Tagged).$);
      return known(TAGS, tag)(parts, this);
    }
    const object = value as Record<string, unknown>;
    for (const [name, item] of Object.entries(object))
      if (typeof item === 'object' && item !== null) object[name] = this.hold(item);
    return new KeptObject(object);
  };

  /** In place: what JSON.parse gave is nobody else's. */
  all(items: unknown[]): Held[] {
    for (const [index, item] of items.entries())
      if (typeof item === 'object' && item !== null) items[index] = this.hold(item);
    return items;
  }

  column(column: unknown): KeptColumn {
    if (Array.isArray(column)) {
      for (const item of column) if (!isImmutable(item)) throw new SyntaxError('a column holds more than it says');
      return new ImmutableColumn(column);
    }
    const [tag, ...parts] = list((column as Tagged).$);
    return known(COLUMN_TAGS, tag)(parts, this);
  }

  columns(columns: Parts): KeptColumn[] {
    const kept = columns.map((column) => this.column(column));
    if (kept.some(({ length }) => length !== kept[0]?.length)) throw new SyntaxError('columns of different lengths');
    return kept;
  }

  instance(name: unknown, print: unknown, members: unknown, asIs: boolean): KeptInstance {
    const type = classNamed(String(name));
    // of decorators that say something else by now, such as that a member is excluded
    if (type === undefined || printOf(type) !== print) throw new UnknownEntity(String(name));
    const kept = this.hold(members);
    if (!(kept instanceof KeptObject)) throw new SyntaxError('members are missing');
    return KeptInstance.of(type, kept, asIs);
  }

  rows([className, table, count, names, columns]: Parts): RowsColumn {
    const kept = this.columns(list(columns));
    if (list(names).length !== kept.length || (kept[0]?.length ?? 1) !== count || !list(names).every(isName))
      throw new SyntaxError('rows are other than they say');
    const entity = className === null ? undefined : this.entities(className as string, table as string);
    if (className !== null && entity === undefined) throw new UnknownEntity(className as string);
    return new RowsColumn(entity && schemaOf(entity), names as string[], kept, count);
  }
}

function known<T>(tags: Readonly<Record<string, T>>, tag: unknown): T {
  const found = Object.hasOwn(tags, String(tag)) ? tags[String(tag)] : undefined;
  if (found === undefined) throw new UnknownEntity(`tag ${String(tag)}`);
  return found;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new SyntaxError('a list is missing');
  return value;
}

const isName = (name: unknown): boolean => typeof name === 'string';

/** In memory of their own. */
const bytes = (base64: unknown): Uint8Array => new Uint8Array(Buffer.from(base64 as string, 'base64'));
