// Dates and times as property values: what DuckDB's counts come to, by how a column is read. Not here: their text
// (time-text.ts), reading vectors (vector/).
import { wide, wideExact, words } from '../vector/reader.js';
import type { VectorReader } from '../vector/reader.js';
import { Misfit } from './misfit.js';
import type { As } from './property-type.js';
import { INFINITE_COUNT, INFINITE_DAYS, dateText, floorDiv, timestampText } from './time-text.js';

/**
 * How a column is read: as its property is declared; by its type's own way where that says nothing; or `'raw'`, for SQL whose
 * types nobody declared: then no value is an error, and dates and timestamps are a `Date`, `Infinity` or `-Infinity` where
 * they are infinite, and text in years that a `Date` cannot have.
 */
export type Reading = As | 'raw' | undefined;

const DAY_MS = 86_400_000;
const DATE_MAX_MS = 8.64e15;

/** 'infinity' and '-infinity', which dates and timestamps of DuckDB may be. */
export function infinityText(count: bigint | number): string | undefined {
  const limit = typeof count === 'bigint' ? INFINITE_COUNT : INFINITE_DAYS;
  return count === limit ? 'infinity' : count === -limit ? '-infinity' : undefined;
}

/** What is no Date: an error, or in raw SQL the value in another form. */
function noDate(reading: Reading, infinite: string | undefined, text: () => string): unknown {
  if (reading === 'raw') return infinite === undefined ? text() : infinite === 'infinity' ? Infinity : -Infinity;
  throw new Misfit("is infinite or outside the years of a Date; read it as: 'string'");
}

/** A date by its days since 1970. */
export function dateOf(days: number, reading: Reading): unknown {
  if (reading === 'string') return infinityText(days) ?? dateText(days);
  const millis = days * DAY_MS;
  return Math.abs(millis) <= DATE_MAX_MS ? new Date(millis) : noDate(reading, infinityText(days), () => dateText(days));
}

/** An instant by its count since 1970, of `unit` microseconds each. */
export function instantOf(count: bigint, unit: bigint, zone: string, reading: Reading): unknown {
  const infinite = infinityText(count);
  if (reading === 'bigint') return infinite === undefined ? count * unit : count;
  const text = (): string => timestampText(count * unit, 1_000_000n) + zone;
  if (reading === 'string') return infinite ?? text();
  const millis = Number(floorDiv(count * unit, 1000n));
  return infinite === undefined && Math.abs(millis) <= DATE_MAX_MS ? new Date(millis) : noDate(reading, infinite, text);
}

export function instants(unit: bigint, zone: string, reading: Reading): VectorReader {
  const exact = (memory: Int32Array, index: number): unknown =>
    instantOf(wideExact(memory, index), unit, zone, reading);
  if (reading === 'bigint' || reading === 'string') return words(exact);
  const perMilli = 1000 / Number(unit);
  // all but a few are within 2^53, and need no bigint
  return words((memory, index) => {
    const count = wide(memory, index);
    const millis = Math.floor(count / perMilli);
    return Number.isSafeInteger(count) && Math.abs(millis) <= DATE_MAX_MS ? new Date(millis) : exact(memory, index);
  });
}

export const nanosOf = (nanos: bigint, reading: Reading): unknown =>
  reading === 'bigint' ? nanos : (infinityText(nanos) ?? timestampText(nanos, 1_000_000_000n));
