// Any value as plain JSON data, without loss where JSON allows. The only user of class-transformer. Not here: typed round
// trips (cache/values.ts).
import { createRequire } from 'node:module';
import { DatabaseError } from './errors.js';

/**
 * Plain data for JSON:
 * - Date to ISO text (an invalid one to null); bigint to a number where that is exact, else to text;
 * - decimal-like objects (with `toFixed`: decimal.js, big.js, bignumber.js) to text, all digits kept;
 * - NaN and infinities to null, as in JSON; undefined members are left out;
 * - Map to an object (keys as text), Set to an array, bytes to base64 text;
 * - class instances by class-transformer (`@Expose`, `@Exclude`, `@Transform`), or by their own `toJSON`.
 *
 * @throws DatabaseError `E_CONVERSION` for cycles, functions, symbols, and Map keys that would be lost as text, with the path
 * @example toJsonSerializable({ at: new Date(0), n: 5n }) // { at: '1970-01-01T00:00:00.000Z', n: 5 }
 */
export function toJsonSerializable(value: unknown): unknown {
  return convert(value, '$', []);
}

function convert(value: unknown, path: string, parents: readonly object[]): unknown {
  switch (typeof value) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'function':
    case 'symbol':
      throw new DatabaseError('E_CONVERSION', `${path} is a ${typeof value}, which is not data. Leave it out.`, {
        details: { path },
      });
    case 'object':
      return value === null ? null : convertObject(value, path, parents);
    default:
      return value ?? null;
  }
}

function convertObject(value: object, path: string, parents: readonly object[]): unknown {
  if (parents.includes(value))
    throw new DatabaseError('E_CONVERSION', `${path} leads back to itself: a cycle has no JSON.`, {
      details: { path },
    });
  const inside = [...parents, value];
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (Array.isArray(value)) return value.map((item, index) => convert(item, `${path}[${index}]`, inside));
  if (value instanceof Set) return [...value].map((item, index) => convert(item, `${path}[${index}]`, inside));
  if (value instanceof Map) return entries([...value], path, inside);
  if (ArrayBuffer.isView(value))
    return Array.from(value as unknown as ArrayLike<unknown>, (item, index) =>
      convert(item, `${path}[${index}]`, inside),
    );
  if (isDecimalLike(value)) return value.toFixed();
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return convert(toJSON.call(value) as unknown, path, inside);
  return entries(Object.entries(isPlain(value) ? value : own(value)), path, inside);
}

function entries(pairs: readonly (readonly [unknown, unknown])[], path: string, inside: readonly object[]): object {
  const plain: Record<string, unknown> = {};
  for (const [key, item] of pairs) {
    if (item === undefined) continue;
    const name = keyText(key, path);
    if (Object.hasOwn(plain, name)) {
      throw new DatabaseError('E_CONVERSION', `${path} has two keys that are ${JSON.stringify(name)} as text.`, {
        details: { path },
      });
    }
    // defined, not assigned: '__proto__' is a key like any other
    Object.defineProperty(plain, name, {
      value: convert(item, `${path}.${name}`, inside),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return plain;
}

/** Keys of a Map as text; those that have none of their own would all be '[object Object]'. */
function keyText(key: unknown, path: string): string {
  if (key instanceof Date && !Number.isNaN(key.getTime())) return key.toISOString();
  if (typeof key !== 'object' || key === null)
    if (typeof key !== 'symbol' && typeof key !== 'function') return String(key);
  throw new DatabaseError(
    'E_CONVERSION',
    `${path} has a key that is no text, number or Date. JSON has text keys alone.`,
    {
      details: { path },
    },
  );
}

/** One level by class-transformer. What no @Transform touched is taken as it is, for its walk would lose Map and decimals. */
function own(value: object): Record<string, unknown> {
  const plain = classTransformer().instanceToPlain(value, { enableCircularCheck: true }) as Record<string, unknown>;
  for (const key of Object.keys(plain)) {
    if (key in value && transformsOf(value.constructor, key).length === 0)
      plain[key] = (value as Record<string, unknown>)[key];
  }
  return plain;
}

// loaded where it is needed alone
const require = createRequire(import.meta.url);
const classTransformer = (): typeof import('class-transformer') =>
  require('class-transformer') as typeof import('class-transformer');

interface Storage {
  readonly defaultMetadataStorage: {
    findTransformMetadatas(target: unknown, property: string, type: number): readonly unknown[];
  };
}
const CLASS_TO_PLAIN = 1;

/** class-transformer shows its notes nowhere else; the path is the module that its main entry itself loads. */
function transformsOf(target: unknown, property: string): readonly unknown[] {
  const { defaultMetadataStorage } = require('class-transformer/cjs/storage.js') as Storage;
  return defaultMetadataStorage.findTransformMetadatas(target, property, CLASS_TO_PLAIN);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isDecimalLike(value: object): value is { toFixed(): string } {
  return typeof (value as { toFixed?: unknown }).toFixed === 'function';
}
