// What the Python module's cache calls are given, checked: keys, hours, options, and data as JSON. Not here: names of tables
// (data-table.ts).
import { DatabaseError, isDatabaseError, isTooDeep, tooDeep } from '../errors.js';
import { toJsonSerializable } from '../json-serializable.js';

function fail(message: string): never {
  throw new DatabaseError('E_CONFIG', message);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** A lone surrogate is refused: as UTF-8 it would be U+FFFD, and so would any other. */
export function checkedKey(key: unknown): string {
  if (typeof key !== 'string' || key === '' || !key.isWellFormed())
    fail('The key of cached data is a string of Unicode text that is not empty.');
  return key;
}

export function checkedOnError(onError: unknown): 'return' | 'throw' {
  if (onError !== undefined && onError !== 'return' && onError !== 'throw')
    fail(`onError is 'return' or 'throw', got ${shown(onError)}.`);
  return onError ?? 'return';
}

/** Hours from the option, else from CACHE_TTL_HOURS, else 24. */
export function checkedHours(hours: unknown): number {
  const text = process.env['CACHE_TTL_HOURS']?.trim() ?? '';
  const value = hours ?? (text === '' ? 24 : Number(text));
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    fail(
      `${hours === undefined ? 'The variable CACHE_TTL_HOURS' : 'ttlHours'} is a number of hours from 0, got ${shown(hours ?? text)}.`,
    );
  return value;
}

/** Data as they are when they are given, whatever becomes of them later. */
export interface TakenData {
  /** as the log counts them */
  readonly count: number;
  /** @throws what `jsonOf` threw */
  json(): string;
}

export function takeData(data: unknown): TakenData {
  const count = countOf(data);
  try {
    const json = jsonOf(data);
    return { count, json: () => json };
  } catch (error) {
    const json = (): never => {
      throw error;
    };
    return { count, json };
  }
}

export function countOf(data: unknown): number {
  return Array.isArray(data) ? data.length : data === null || data === undefined ? 0 : 1;
}

/** In what JSON.stringify makes, only a lone surrogate is written so. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/** @throws DatabaseError `E_CONVERSION` for what has no JSON, or throws when it is read; `E_UNSUPPORTED` as `toJsonSerializable` does */
export function jsonOf(data: unknown): string {
  let json: string;
  try {
    json = JSON.stringify(toJsonSerializable(data));
  } catch (error) {
    if (isDatabaseError(error)) throw error;
    if (isTooDeep(error)) throw tooDeep('The data', error);
    const why = error instanceof RangeError && /string length/.test(error.message) ? 'it is too large' : String(error);
    throw new DatabaseError('E_CONVERSION', `The data has no JSON: ${why}.`, { cause: error });
  }
  // DuckDB would refuse it too, and fail the caller's transaction with it
  if (LONE_SURROGATE.test(json))
    throw new DatabaseError(
      'E_CONVERSION',
      'The data holds a lone surrogate, which is no Unicode text. Replace it: text.toWellFormed().',
    );
  return json;
}
