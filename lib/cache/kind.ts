// What a value is to the cache, told in one place for all that is done with it: keeping, writing as text, making keys. Not
// here: what is done (keep.ts, values.ts, key.ts), what is said of a value without a kind (refusal.ts).
import { types } from 'node:util';
import { isTold } from '../class-transformer.js';
import { entityOf } from '../entity/instance.js';
import { isEntity, schemaOf, type EntitySchema } from '../entity/schema.js';
import { hasExtras } from './extras.js';

/**
 * `json`: what JSON has as it is. `number`: what it has not, NaN, the infinities and -0. `instance`: of a class that class-transformer
 * knows, and no entity. `none`: the cache has no form for it.
 */
export type Kind =
  | 'json'
  | 'number'
  | 'bigint'
  | 'undefined'
  | 'date'
  | 'list'
  | 'map'
  | 'set'
  | 'bytes'
  | 'entity'
  | 'instance'
  | 'object'
  | 'none';

/** Kinds whose values somebody may change. */
export type MutableKind = Exclude<Kind, 'json' | 'number' | 'bigint' | 'undefined' | 'none'>;

/** An array of numbers as the language has it; a Buffer is none of these. */
export type TypedArray =
  | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array
  | Float32Array | Float64Array | BigInt64Array | BigUint64Array; // prettier-ignore

/** Makes one of a copy of another's items, or over memory. */
export type TypedArrayClass = new (of: ArrayLike<never> | ArrayBufferLike) => TypedArray;

export const TYPED_ARRAYS: ReadonlyMap<string, TypedArrayClass> = new Map(
  [
    Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    Float32Array, Float64Array, BigInt64Array, BigUint64Array,
  ].map((type) => [type.name, type as unknown as TypedArrayClass]),
); // prettier-ignore

// by prototype, and not by instanceof: an instance of a class of one's own would come back without what its class adds
const BUILT_IN = new Map<unknown, Kind>([
  [Date.prototype, 'date'],
  [Array.prototype, 'list'],
  [Map.prototype, 'map'],
  [Set.prototype, 'set'],
  ...[Buffer, ...TYPED_ARRAYS.values()].map(({ prototype }): [unknown, Kind] => [prototype, 'bytes']),
]);

/** Whether nobody can change it, so that it may be handed to everybody. Not of functions and symbols, which have no kind. */
export function isImmutable(value: unknown): boolean {
  const type = typeof value;
  return value === null || (type !== 'object' && type !== 'function' && type !== 'symbol');
}

export function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return 'json';
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? 'json' : 'number';
    case 'bigint':
      return 'bigint';
    case 'undefined':
      return 'undefined';
    case 'object':
      return value === null ? 'json' : kindOfObject(value);
    default:
      return 'none';
  }
}

function kindOfObject(value: object): Kind {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null)
    return Object.getOwnPropertySymbols(value).length > 0 ? 'none' : 'object';
  const builtIn = BUILT_IN.get(prototype);
  // `Object.create(Date.prototype)` looks like a Date, and is none
  if (builtIn !== undefined) return isBuiltIn(value) && !hasExtras(value) ? builtIn : 'none';
  // an entity that is a Map, too, would come back without what is in it
  if (isBuiltIn(value)) return 'none';
  const type = entityOf(value);
  return isEntity(type) ? 'entity' : isTold(type) ? 'instance' : 'none';
}

/** A Date, an array, a Map, a Set or bytes, also of a class of one's own. */
export const isBuiltIn = (value: object): boolean =>
  Array.isArray(value) || ArrayBuffer.isView(value) || types.isDate(value) || types.isMap(value) || types.isSet(value);

/** The schema of a value of kind `entity`. */
export const schemaOfInstance = (value: object): EntitySchema => schemaOf(entityOf(value));

/** The properties that tell an instance: its columns, accessors among them, and behind them what else it has of its own. */
export function propertiesOf(schema: EntitySchema, value: object): string[] {
  const columns = schema.columns.map((column) => column.property).filter((property) => property in value);
  return [...new Set([...columns, ...Object.keys(value)])];
}

/** The bytes of a value of kind `bytes`, which are still its own. */
export const bytesOf = (value: ArrayBufferView): Buffer =>
  Buffer.from(value.buffer, value.byteOffset, value.byteLength);
