// Dates and times between text and counts (days, microseconds, nanoseconds), exactly and in UTC. Not here: columns.
import { Misfit, misfit } from './misfit.js';

export const DAY_MICROS = 86_400_000_000n;

export const floorDiv = (a: bigint, b: bigint): bigint => (a < 0n && a % b !== 0n ? a / b - 1n : a / b);

/** The days of 400 years, after which the Gregorian calendar repeats; and those from 0000-03-01 to 1970-01-01. */
const [ERA, EPOCH] = [146_097, 719_468];

/**
 * Days since 1970-01-01 of a proleptic Gregorian date; month 1..12. Years begin in March here, so that the leap day is their
 * last one. Not by `Date`, which ends at the year 275760, long before DuckDB's dates do.
 */
function daysOf(year: number, month: number, day: number): number {
  const march = month <= 2 ? year - 1 : year;
  const era = Math.floor(march / 400);
  const yearOfEra = march - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const days =
    era * ERA + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - EPOCH;
  const there = month >= 1 && month <= 12 && day >= 1 && partsOf(days)[2] === day;
  if (!there) throw new Misfit('names a day that is in no calendar');
  return days;
}

/** `daysOf` backwards. */
function partsOf(days: number): [year: number, month: number, day: number] {
  const era = Math.floor((days + EPOCH) / ERA);
  const dayOfEra = days + EPOCH - era * ERA;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}

/** What an infinite date counts, from 1970 on or back; the last day is one less. */
export const INFINITE_DAYS = 2 ** 31 - 1;

/** The same of 64 bits. */
export const INFINITE_COUNT = 2n ** 63n - 1n;

/** `2024-02-29`; years beyond four digits and BC as DuckDB writes them: `12024-01-01`, `0044-03-15 (BC)`. */
export function dateText(days: number): string {
  const [year, month, day] = partsOf(days);
  const text = [String(year <= 0 ? 1 - year : year).padStart(4, '0'), month, day]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
  return year <= 0 ? `${text} (BC)` : text;
}

const DATE = String.raw`(\d{4,7})-(\d{2})-(\d{2})`;
const TIME = String.raw`(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?`;
const ZONE = String.raw`(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)`;

/** Which way a text is infinite: 1 for `infinity`, -1 for `-infinity`, else 0. */
export const infinitySign = (text: string): 1 | -1 | 0 => (text === 'infinity' ? 1 : text === '-infinity' ? -1 : 0);

/** Days of `YYYY-MM-DD`, with ` (BC)` for years before 1; or an infinity. */
export function parseDate(text: string): number {
  const infinite = infinitySign(text);
  if (infinite !== 0) return infinite * INFINITE_DAYS;
  const match = new RegExp(`^${DATE}( \\(BC\\))?$`).exec(text);
  if (match === null) return misfit("a date as text, such as '2024-02-29'", text);
  const days = daysOf(yearOf(match[1] as string, match[4]), Number(match[2]), Number(match[3]));
  if (Math.abs(days) >= INFINITE_DAYS) throw new Misfit('is outside the range of dates');
  return days;
}

/** There is no year 0: before the year 1 comes 1 BC. DuckDB takes 0000 for that, too. */
function yearOf(digits: string, bc: string | undefined): number {
  const year = Number(digits);
  if (bc !== undefined && year === 0) throw new Misfit('names a day that is in no calendar');
  return bc === undefined ? year : 1 - year;
}

/** `perSecond` is 1_000_000n for micros, 1_000_000_000n for nanos: how many fit into one second. */
function clock(hours: string, minutes: string, seconds: string, fraction: string, perSecond: bigint): bigint {
  const digits = String(perSecond).length - 1;
  if (/[1-9]/.test(fraction.slice(digits))) throw new Misfit(`holds ${digits} decimal places of a second, got more`);
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
  const whole = h === 24 && m === 0 && s === 0 && !/[1-9]/.test(fraction);
  if ((h > 23 && !whole) || m > 59 || s > 59) throw new Misfit('names a time that is on no clock');
  return BigInt(h * 3600 + m * 60 + s) * perSecond + BigInt(fraction.slice(0, digits).padEnd(digits, '0'));
}

function zoneSeconds(zone: string): number {
  if (zone === 'Z') return 0;
  const [h = 0, m = 0, s = 0] = (zone.slice(1).match(/\d{2}/g) ?? []).map(Number);
  if (m > 59 || s > 59) throw new Misfit('names an offset that is on no clock');
  return (zone.startsWith('-') ? -1 : 1) * (h * 3600 + m * 60 + s);
}

/** Count since 1970 in UTC of an ISO date and time. A zone is honoured where `zoned`, refused where the type has none. */
export function parseTimestamp(text: string, perSecond: bigint, zoned: boolean): bigint {
  const match = new RegExp(`^${DATE}( \\(BC\\))?(?:[T ]${TIME})?${ZONE}?$`).exec(text);
  if (match === null) return misfit("a date and time as text, such as '2024-02-29 12:30:00.000001'", text);
  const [, year, month, day, bc, h = '00', m = '00', s = '00', fraction = '', zone] = match;
  if (zone !== undefined && zone !== 'Z' && !zoned)
    throw new Misfit('has no time zone: give the UTC time without an offset');
  const days = daysOf(yearOf(year as string, bc), Number(month), Number(day));
  const offset = zone === undefined ? 0 : zoneSeconds(zone);
  return (BigInt(days) * 86_400n - BigInt(offset)) * perSecond + clock(h, m, s, fraction, perSecond);
}

/** `HH:MM:SS` with as many decimals as it takes, of a count within a day. */
export function clockText(count: bigint, perSecond: bigint): string {
  const digits = String(perSecond).length - 1;
  const seconds = count / perSecond;
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n].map((part) => String(part).padStart(2, '0'));
  const fraction = String(count % perSecond)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return parts.join(':') + (fraction === '' ? '' : `.${fraction}`);
}

/** `2024-02-29 12:30:00.000001`, with as many decimals as it takes; `0044-03-15 (BC) 12:30:00`, as DuckDB writes it. */
export function timestampText(count: bigint, perSecond: bigint): string {
  const perDay = perSecond * 86_400n;
  const days = floorDiv(count, perDay);
  return `${dateText(Number(days))} ${clockText(count - days * perDay, perSecond)}`;
}

/** Micros since midnight of `HH:MM[:SS[.ffffff]]`. */
export function parseTime(text: string): bigint {
  const match = new RegExp(`^${TIME}$`).exec(text);
  if (match === null) return misfit("a time as text, such as '12:30:00.5'", text);
  return clock(match[1] as string, match[2] as string, match[3] ?? '00', match[4] ?? '', 1_000_000n);
}

/** Micros since midnight and offset in seconds of `HH:MM[:SS]+HH[:MM]`. */
export function parseTimeTz(text: string): { micros: bigint; offset: number } {
  const match = new RegExp(`^(.*?)${ZONE}$`).exec(text);
  if (match === null) return misfit("a time with its offset as text, such as '12:30:00+09'", text);
  return { micros: parseTime(match[1] as string), offset: zoneSeconds(match[2] as string) };
}

export const timeText = (micros: bigint): string => clockText(micros, 1_000_000n);

/** `+09`, `-05:30`, `+00`. */
export function offsetText(seconds: number): string {
  const all = [Math.trunc(Math.abs(seconds) / 3600), Math.trunc(Math.abs(seconds) / 60) % 60, Math.abs(seconds) % 60];
  const parts = all.map((part) => String(part).padStart(2, '0'));
  while (parts.length > 1 && parts.at(-1) === '00') parts.pop();
  return (seconds < 0 ? '-' : '+') + parts.join(':');
}
