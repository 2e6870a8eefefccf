// JSON for json columns: JSON.stringify, with an error where it would lose something without a word.
import { isTooDeep } from '../errors.js';
import { JsonBytes } from './json-bytes.js';
import { Misfit, describe } from './misfit.js';

/**
 * @throws Misfit for NaN, infinities, bigint, Map, Set, bytes, functions, symbols, undefined in a list, and cycles,
 *   and strings that are no Unicode text
 */
export function jsonText(value: unknown): string {
  const own = plainText(value);
  if (own !== undefined) return own;
  let text: string | undefined;
  try {
    text = JSON.stringify(value, check);
  } catch (error) {
    if (error instanceof Misfit) throw error;
    if (error instanceof TypeError && /circular|cyclic/i.test(error.message))
      throw new Misfit('holds JSON, got a cycle');
    if (error instanceof TypeError && /BigInt/.test(error.message)) throw new Misfit('holds JSON, which has no bigint');
    if (isTooDeep(error)) throw new Misfit('holds JSON, got one nested too deep');
    throw error;
  }
  if (text === undefined) throw new Misfit(`holds JSON, got ${describe(value)}`);
  return text;
}

/** Memory that a large document made grow is not kept. */
const MOST_KEPT = 2 ** 20;

let idle: JsonBytes | undefined;

/** Of a value in which nothing can be lost: by far the most, of which JSON.stringify need not ask us for each part. */
function plainText(value: unknown): string | undefined {
  // taken, for a getter of the value may come here again
  const bytes = idle ?? new JsonBytes(2 ** 12, 0);
  idle = undefined;
  bytes.at = 0;
  const text = bytes.write(value) ? bytes.memory.toString('utf8', 0, bytes.at) : undefined;
  if (bytes.memory.length <= MOST_KEPT) idle = bytes;
  return text;
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
