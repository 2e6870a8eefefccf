// Dates and times between text and counts (days, microseconds, nanoseconds), exactly and in UTC. Not here: columns.
import { Misfit, misfit } from './misfit.js';

export const DAY_MICROS = 86_400_000_000n;

export const floorDiv = (a: bigint, b: bigint): bigint => (a < 0n && a % b !== 0n ? a / b - 1n : a / b);

/** Days since 1970-01-01 of a proleptic Gregorian date; month 1..12. After H. Hinnant, `days_from_civil`. */
function daysOf(year: number, month: number, day: number): number {
  const fromMarch = month > 2 ? month - 3 : month + 9;
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const ofYear = Math.floor((153 * fromMarch + 2) / 5) + day - 1;
  const ofEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + ofYear;
  const days = era * 146_097 + ofEra - 719_468;
  const [, sameMonth, sameDay] = civil(days);
  if (month < 1 || month > 12 || sameMonth !== month || sameDay !== day)
    throw new Misfit('names a day that is in no calendar');
  return days;
}

/** Year, month 1..12 and day of a proleptic Gregorian date, of any days that DuckDB has. After H. Hinnant, `civil_from_days`. */
function civil(days: number): [year: number, month: number, day: number] {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365); // prettier-ignore
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}

/** `2024-02-29`; years beyond four digits and BC as DuckDB writes them: `12024-01-01`, `0044-03-15 (BC)`. */
export function dateText(days: number): string {
  const [year, month, day] = civil(days);
  const text = [String(year <= 0 ? 1 - year : year).padStart(4, '0'), month, day]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
  return year <= 0 ? `${text} (BC)` : text;
}

const DATE = String.raw`(\d{4,7})-(\d{2})-(\d{2})`;
const TIME = String.raw`(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?`;
const ZONE = String.raw`(Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)`;

/** Days of `YYYY-MM-DD`, with ` (BC)` for years before 1. */
export function parseDate(text: string): number {
  const match = new RegExp(`^${DATE}( \\(BC\\))?$`).exec(text);
  if (match === null) return misfit("a date as text, such as '2024-02-29'", text);
  const year = Number(match[1]);
  return daysOf(match[4] === undefined ? year : 1 - year, Number(match[2]), Number(match[3]));
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
  return (zone.startsWith('-') ? -1 : 1) * (h * 3600 + m * 60 + s);
}

/** Count since 1970 in UTC of an ISO date and time. A zone is honoured where `zoned`, refused where the type has none. */
export function parseTimestamp(text: string, perSecond: bigint, zoned: boolean): bigint {
  const match = new RegExp(`^${DATE}( \\(BC\\))?(?:[T ]${TIME})?${ZONE}?$`).exec(text);
  if (match === null) return misfit("a date and time as text, such as '2024-02-29 12:30:00.000001'", text);
  const [, year, month, day, bc, h = '00', m = '00', s = '00', fraction = '', zone] = match;
  if (zone !== undefined && zone !== 'Z' && !zoned)
    throw new Misfit('has no time zone: give the UTC time without an offset');
  const days = daysOf(bc === undefined ? Number(year) : 1 - Number(year), Number(month), Number(day));
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
