// JSON for json columns: JSON.stringify, with an error where it would lose something without a word.
import { Misfit, describe } from './misfit.js';

/**
 * @throws Misfit for NaN, infinities, bigint, Map, Set, bytes, functions, symbols, undefined in a list, and cycles,
 *   and strings that are no Unicode text
 */
export function jsonText(value: unknown): string {
  if (isPlain(value, MOST_DEPTH)) {
    const text = JSON.stringify(value);
    // an escape of a lone surrogate; or a backslash before these letters, which the longer way finds harmless
    if (!text.includes(SURROGATE)) return text;
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(value, check);
  } catch (error) {
    if (error instanceof Misfit) throw error;
    if (error instanceof TypeError && /circular|cyclic/i.test(error.message))
      throw new Misfit('holds JSON, got a cycle');
    if (error instanceof TypeError && /BigInt/.test(error.message)) throw new Misfit('holds JSON, which has no bigint');
    if (error instanceof RangeError && /call stack/.test(error.message))
      throw new Misfit('holds JSON, got one nested too deep');
    throw error;
  }
  if (text === undefined) throw new Misfit(`holds JSON, got ${describe(value)}`);
  return text;
}

const MOST_DEPTH = 50;
const SURROGATE = String.raw`\ud`;

/**
 * Whether nothing in it can be lost: by far the most values, for which a look is enough. JSON.stringify is several times slower
 * where it calls a function for each value.
 */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth === 0 || (value as { toJSON?: unknown }).toJSON !== undefined) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) if (!isPlain(value[index], depth - 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    // left out by JSON, too
    if (member !== undefined && !isPlain(member, depth - 1)) return false;
  }
  return true;
}
/** JSON.stringify writes it as an escape that DuckDB takes for no JSON, or stores unseen by the appender. */
const LONE = 'holds JSON, which has no lone surrogate';

/** Without members of their own, these would be stored as `{}`: a Promise is an await forgotten. */
const EMPTY_IN_JSON = [Promise, RegExp, Error, WeakMap, WeakSet];

function check(this: unknown, key: string, value: unknown): unknown {
  // toJSON has run already: an invalid Date has become null, a Buffer an object
  const original = (this as Record<string, unknown>)[key];
  if (original instanceof Date && Number.isNaN(original.getTime())) throw new Misfit('holds JSON, got an invalid Date');
  if (
    typeof value === 'bigint' ||
    (typeof value === 'number' && !Number.isFinite(value)) ||
    typeof value === 'function' ||
    typeof value === 'symbol'
  ) {
    throw new Misfit(`holds JSON, which has no ${describe(value).replace(/^an? /, '')}`);
  }
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) throw new Misfit(LONE);
  if (value === undefined && Array.isArray(this)) throw new Misfit('holds JSON, which has no undefined in a list');
  if (EMPTY_IN_JSON.some((type) => value instanceof type))
    throw new Misfit(`holds JSON, which would lose ${describe(value)}`);
  if (ArrayBuffer.isView(original) || value instanceof Map || value instanceof Set || value instanceof ArrayBuffer) {
    throw new Misfit(`holds JSON, which would lose ${describe(ArrayBuffer.isView(original) ? original : value)}`);
  }
  return value;
}
