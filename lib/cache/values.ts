// Values as text and back: what goes into the cache comes out as it went in. Also the canonical text of arguments, for
// keys. Not here: what is cached.
import { record } from '../entity/record.js';
import { entityOf, instantiate } from '../entity/instance.js';
import { describe } from '../entity/misfit.js';
import type { EntityClass } from '../entity/row.js';
import { isEntity, schemaOf } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';

// Text is JSON. What JSON has no form for is {"$": [tag, ...]}; an object with a key "$" is itself tagged.
type Tagged = { readonly $: readonly [tag: string, ...rest: unknown[]] };

/** A stored value of a class that is not among the entities: it counts as not stored. */
export class UnknownEntity extends Error {
  override readonly name = 'UnknownEntity';
}

/** @throws DatabaseError `E_UNSUPPORTED` naming the place of a value that has no stored form */
export function encodeValue(value: unknown): string {
  return JSON.stringify(encode(value, '$', new Set(), false));
}

/**
 * The one text of equal arguments: keys of objects and members of Map and Set in order, undefined as null.
 *
 * @throws DatabaseError `E_UNSUPPORTED` naming the argument that has no canonical form
 */
export function canonicalText(args: readonly unknown[], what: string): string {
  return JSON.stringify(args.map((arg, index) => encode(arg, `${what}: argument ${index + 1}`, new Set(), true)));
}

function fail(where: string, value: unknown, what = describe(value)): never {
  throw new DatabaseError(
    'E_UNSUPPORTED',
    `${where} is ${what}, which the cache has no form for. It keeps plain data, Date, bigint, Map, Set, bytes and entities; ` +
      'for an argument, give @Cached a key option that makes plain data of it.',
  );
}

const tagged = (tag: string, ...rest: readonly unknown[]): Tagged => ({ $: [tag, ...rest] });

const TYPED_ARRAYS = {
  Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array,
}; // prettier-ignore

function encode(value: unknown, where: string, parents: Set<object>, canonical: boolean): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : tagged('n', Object.is(value, -0) ? '-0' : String(value));
    case 'bigint':
      return tagged('i', String(value));
    case 'undefined':
      return canonical ? null : tagged('u');
    case 'object':
      break;
    default:
      return fail(where, value);
  }
  if (value === null) return null;
  if (parents.has(value))
    throw new DatabaseError('E_UNSUPPORTED', `${where} leads back to itself: the cache has no form for a cycle.`);
  parents.add(value);
  const encoded = encodeObject(
    value,
    where,
    (inner, at) => encode(inner, `${where}${at}`, parents, canonical),
    canonical,
  );
  parents.delete(value);
  return encoded;
}

function encodeObject(
  value: object,
  where: string,
  inner: (value: unknown, at: string) => unknown,
  canonical: boolean,
): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  const builtIn = [Date, Array, Map, Set].find((type) => value instanceof type);
  // it would come back without what its class adds
  if (builtIn !== undefined && prototype !== builtIn.prototype)
    return fail(where, value, `a ${value.constructor.name}`);
  if (value instanceof Date) return tagged('d', Number.isNaN(value.getTime()) ? null : value.getTime());
  if (Array.isArray(value)) return Array.from(value, (item, index) => inner(item, `[${index}]`));
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => [inner(key, '.key'), inner(item, `.get(${String(key)})`)]);
    return tagged('m', canonical ? sorted(entries) : entries);
  }
  if (value instanceof Set) {
    const items = [...value].map((item) => inner(item, '.item'));
    return tagged('s', canonical ? sorted(items) : items);
  }
  if (ArrayBuffer.isView(value)) return encodeBytes(value, where);
  const entity = entityOf(value);
  const keys = Object.keys(value);
  if (isEntity(entity)) {
    const schema = schemaOf(entity);
    const present = [
      ...new Set([...schema.columns.map((column) => column.property).filter((property) => property in value), ...keys]),
    ];
    return tagged('e', schema.className, `${schema.id}#${schema.shape}`, pairs(present, value, inner, canonical));
  }
  if (prototype !== Object.prototype && prototype !== null) return fail(where, value);
  if (Object.getOwnPropertySymbols(value).length > 0) return fail(where, value, 'an object with symbols as keys');
  if (keys.includes('$') || keys.includes('__proto__')) return tagged('o', pairs(keys, value, inner, canonical));
  return Object.fromEntries(pairs(keys, value, inner, canonical) as [string, unknown][]);
}

function pairs(
  keys: readonly string[],
  value: object,
  inner: (value: unknown, at: string) => unknown,
  canonical: boolean,
): unknown[][] {
  const order = canonical ? keys.toSorted() : keys;
  return order.map((key) => [key, inner((value as Record<string, unknown>)[key], `.${key}`)]);
}

function sorted(items: readonly unknown[]): unknown[] {
  return items
    .map((item) => [JSON.stringify(item), item] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item);
}

function encodeBytes(view: ArrayBufferView, where: string): Tagged {
  const base64 = Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');
  if (Buffer.isBuffer(view)) return tagged('b', base64);
  const name = Object.prototype.toString.call(view).slice(8, -1);
  const { constructor } = view;
  if (constructor === Uint8Array) return tagged('8', base64);
  return TYPED_ARRAYS[name as keyof typeof TYPED_ARRAYS] === constructor
    ? tagged('t', name, base64)
    : fail(where, view);
}

/**
 * @param entities finds the class of a stored entity by its class name and table
 * @throws UnknownEntity when there is none
 */
export function decodeValue(
  text: string,
  entities: (className: string, table: string) => EntityClass | undefined,
): unknown {
  const decode = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(decode);
    if (Object.hasOwn(value, '$')) return untag((value as Tagged).$);
    const plain = value as Record<string, unknown>;
    for (const key of Object.keys(plain)) plain[key] = decode(plain[key]);
    return plain;
  };
  const untag = ([tag, first, ...rest]: Tagged['$']): unknown => {
    switch (tag) {
      case 'n':
        return Number(first);
      case 'i':
        return BigInt(first as string);
      case 'u':
        return undefined;
      case 'd':
        return new Date((first as number | null) ?? Number.NaN);
      case 'm':
        return new Map((first as [unknown, unknown][]).map(([key, item]) => [decode(key), decode(item)]));
      case 's':
        return new Set((first as unknown[]).map(decode));
      case 'b':
        return Buffer.from(first as string, 'base64');
      case '8':
        return Uint8Array.from(Buffer.from(first as string, 'base64'));
      case 't': {
        const bytes = Uint8Array.from(Buffer.from(rest[0] as string, 'base64'));
        return new TYPED_ARRAYS[first as keyof typeof TYPED_ARRAYS](bytes.buffer);
      }
      case 'o': {
        const own = first as [string, unknown][];
        return record(own.map(([key]) => key), (_key, index) => decode(own[index]?.[1])); // prettier-ignore
      }
      case 'e': {
        const [table, own] = rest as [string, [string, unknown][]];
        const entity = entities(first as string, table);
        if (entity === undefined) throw new UnknownEntity(String(first));
        return instantiate(schemaOf(entity), own.map(([key]) => key), (index) => decode(own[index]?.[1])); // prettier-ignore
      }
      default:
        throw new UnknownEntity(`tag ${tag}`);
    }
  };
  return decode(JSON.parse(text) as unknown);
}
