// Any value as plain JSON data, without loss where JSON allows. Not here: what class-transformer's decorators say
// (members.ts), typed round trips (cache/values.ts).
import { types } from 'node:util';
import { DatabaseError, isTooDeep, placeIn, tooDeep, type ErrorCode } from './errors.js';
import { shownMembersOf } from './members.js';
import { define, isPlain } from './plain-object.js';

/**
 * Plain data for JSON:
 * - Date to ISO text (an invalid one to null); bigint to a number where that is exact, else to text;
 * - decimal-like objects (with `toFixed`: decimal.js, big.js, bignumber.js) to text, all digits kept;
 * - NaN and infinities to null, as in JSON; undefined members are left out;
 * - Map to an object (keys as text), Set to an array, bytes (also an ArrayBuffer, a DataView) to base64 text;
 * - `new Number(1)` and the like to what they hold;
 * - class instances by class-transformer (`@Expose`, `@Exclude`, `@Transform`, also of plain objects that `@Type` names a class for;
 *   what is exposed for `groups` alone is left out), or by their own `toJSON`.
 *
 * @throws DatabaseError with the path: `E_CONVERSION` for cycles, functions, symbols, and Map keys that would be lost as text;
 *   `E_UNSUPPORTED` for what JSON would leave empty (Promise, Error, RegExp, iterators, WeakMap and the like, symbols as keys
 *   of plain objects), and for what is nested too deeply
 * @example const data = toJsonSerializable({ at: new Date(0), n: 5n }) // { at: '1970-01-01T00:00:00.000Z', n: 5 }
 */
export function toJsonSerializable(value: unknown): unknown {
  try {
    return new Converter().convert(value, '$');
  } catch (error) {
    throw isTooDeep(error) ? tooDeep('The value', error) : error;
  }
}

function fail(code: ErrorCode, path: string, problem: string): never {
  throw new DatabaseError(code, `${placeIn(path)} ${problem}`, { details: { path } });
}

class Converter {
  /** what the value in hand stands in */
  readonly #parents = new Set<object>();

  convert(value: unknown, path: string): unknown {
    switch (typeof value) {
      case 'bigint':
        return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
      case 'number':
        return Number.isFinite(value) ? value : null;
      case 'function':
      case 'symbol':
        return fail('E_CONVERSION', path, `is a ${typeof value}, which is not data. Leave it out.`);
      case 'object':
        return value === null ? null : this.#within(value, path);
      default:
        return value ?? null;
    }
  }

  #within(value: object, path: string): unknown {
    if (this.#parents.has(value)) fail('E_CONVERSION', path, 'leads back to itself: a cycle has no JSON.');
    this.#parents.add(value);
    const plain = this.#object(value, path);
    this.#parents.delete(value);
    return plain;
  }

  #object(value: object, path: string): unknown {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (Array.isArray(value)) return this.#items(value, path);
    if (value instanceof Set) return this.#items([...value], path);
    if (value instanceof Map) return this.#entries([...value], path);
    const bytes = bytesOf(value);
    if (bytes !== undefined) return bytes.toString('base64');
    if (ArrayBuffer.isView(value)) return this.#items(Array.from(value as unknown as ArrayLike<unknown>), path);
    if (types.isBoxedPrimitive(value)) return this.convert(value.valueOf(), path);
    if (isDecimalLike(value)) return value.toFixed();
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.convert(toJSON.call(value) as unknown, path);
    const problem = emptyInJson(value);
    if (problem !== undefined) fail('E_UNSUPPORTED', path, problem);
    return this.#entries(Object.entries(isPlain(value) ? value : shownMembersOf(value)), path);
  }

  #items(items: readonly unknown[], path: string): unknown[] {
    return items.map((item, index) => this.convert(item, `${path}[${index}]`));
  }

  #entries(pairs: readonly (readonly [unknown, unknown])[], path: string): object {
    const plain: Record<string, unknown> = {};
    for (const [key, item] of pairs) {
      if (item === undefined) continue;
      const name = keyText(key, path);
      if (Object.hasOwn(plain, name))
        fail('E_CONVERSION', path, `has two keys that are ${JSON.stringify(name)} as text.`);
      define(plain, name, this.convert(item, `${path}.${name}`));
    }
    return plain;
  }
}

/** Memory without items of another type. */
function bytesOf(value: object): Buffer | undefined {
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value);
  return value instanceof Uint8Array || types.isDataView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : undefined;
}

/** Why nothing would be left of a value without toJSON, as the end of a sentence. */
function emptyInJson(value: object): string | undefined {
  if (types.isPromise(value)) return 'is a Promise, which JSON would leave empty. Await it first.';
  if (types.isNativeError(value) || value instanceof Error)
    return 'is an Error, which JSON would leave empty. Take of it what matters: { message: error.message }.';
  if (types.isRegExp(value)) return 'is a RegExp, which JSON would leave empty. Take its source, or leave it out.';
  if (types.isWeakMap(value) || types.isWeakSet(value) || value instanceof WeakRef)
    return 'holds its items weakly, and JSON would leave it empty. Leave it out.';
  if (isIterator(value)) return 'is an iterator, which JSON would leave empty. Make an array of what it gives.';
  // a class says by itself what is its data
  const symbols = isPlain(value) ? Object.getOwnPropertySymbols(value) : [];
  return symbols.some((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol))
    ? 'has symbols as keys, which JSON has not. Give them names, or leave them out.'
    : undefined;
}

const isIterator = (value: object): boolean =>
  typeof (value as { next?: unknown }).next === 'function' &&
  (Symbol.iterator in value || Symbol.asyncIterator in value);

/** Keys of a Map as text; those that have none of their own would all be '[object Object]'. */
function keyText(key: unknown, path: string): string {
  if (key instanceof Date && !Number.isNaN(key.getTime())) return key.toISOString();
  if (typeof key !== 'object' || key === null)
    if (typeof key !== 'symbol' && typeof key !== 'function') return String(key);
  return fail('E_CONVERSION', path, 'has a key that is no text, number or Date. JSON has text keys alone.');
}

function isDecimalLike(value: object): value is { toFixed(): string } {
  return typeof (value as { toFixed?: unknown }).toFixed === 'function';
}
