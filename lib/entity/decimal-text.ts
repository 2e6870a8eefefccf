// Decimal numbers as text and as scaled integers, exactly. Not here: columns.
import { Misfit, misfit } from './misfit.js';

/**
 * The integer that stands for `text` at this scale: `('12.5', 6, 2)` is `1250n`.
 *
 * @throws Misfit when it has more digits than `decimal(width,scale)` holds
 */
export function scaled(text: string, width: number, scale: number): bigint {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (match === null || (match[2] === '' && (match[3] ?? '') === ''))
    return misfit("a decimal number as text, such as '12.50'", text);
  const [, sign, whole = '', part = '', exponent = '0'] = match;
  const digits = whole + part;
  const shift = scale + Number(exponent) - part.length;
  const kept = shift >= 0 ? digits + '0'.repeat(shift) : digits.slice(0, shift) || '0';
  if (shift < 0 && /[1-9]/.test(digits.slice(shift))) {
    throw new Misfit(`holds ${scale} decimal places, got more`);
  }
  const value = BigInt(kept.padStart(1, '0'));
  if (value >= 10n ** BigInt(width)) throw new Misfit(`holds ${width - scale} digits before the point, got more`);
  return sign === '-' ? -value : value;
}

/** Within this, a decimal number and the double nearest to it stand for each other: both have at most 15 digits. */
const EXACT = 10 ** 15;
const MOST_SCALE = 22; // from 10^23 on, powers of ten are no doubles

const [ZERO, NINE, POINT, MINUS] = [48, 57, 46, 45];
const MOST_DIGITS = 15;

/** `scaled`, of a text of few digits in the plain form that decimals are read in: undefined says to look at it closely. */
export function scaledPlain(text: string, width: number, scale: number): number | undefined {
  const { length } = text;
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  // with the point
  if (length - start > MOST_DIGITS + 1 || length === start) return undefined;
  let value = 0;
  let places = -1;
  for (let index = start; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= ZERO && code <= NINE) {
      value = value * 10 + code - ZERO;
      if (places >= 0) places += 1;
    } else if (code === POINT && places < 0 && index > start) places = 0;
    else return undefined;
  }
  const missing = scale - Math.max(places, 0);
  if (missing < 0 || places === 0) return undefined;
  const whole = value * 10 ** missing;
  if (whole >= EXACT || whole >= 10 ** width) return undefined;
  return start === 1 ? 0 - whole : whole;
}

/** The integer that stands for a finite number, where that is quickly told: undefined says to look at its text. */
export function scaledNumber(value: number, width: number, scale: number): number | undefined {
  if (scale > MOST_SCALE) return undefined;
  const unit = 10 ** scale;
  const whole = Math.round(value * unit);
  // divided, for that rounds to the double nearest to the decimal number, which a product does not
  if (!(Math.abs(whole) < Math.min(EXACT, 10 ** width)) || whole / unit !== value) return undefined;
  return whole;
}

/** `scaled` backwards, with exactly `scale` decimal places. */
export function decimalText(value: bigint, scale: number): string {
  const negative = value < 0n;
  const digits = String(negative ? -value : value).padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return negative ? `-${text}` : text;
}

/** The same of an integer that a number holds exactly. */
export function decimalTextOf(value: number, scale: number): string {
  if (scale === 0) return String(value);
  const size = Math.abs(value);
  const unit = 10 ** scale;
  const whole = Math.floor(size / unit);
  // a quotient close below an integer rounds up to it
  const exact = whole * unit > size ? whole - 1 : whole;
  const part = String(size - exact * unit).padStart(scale, '0');
  return `${value < 0 ? '-' : ''}${exact}.${part}`;
}

/** The most digits that every number keeps. */
const KEPT = 1e15;

/**
 * The number that reads as this decimal does.
 *
 * @throws Misfit where it has more digits than a number holds exactly
 */
export function decimalNumber(value: number | bigint, scale: number): number {
  // both are exact up to here, and a quotient is rounded but once
  if (typeof value === 'number' && Math.abs(value) < KEPT && scale <= 22) return value / 10 ** scale;
  const text = decimalText(BigInt(value), scale);
  const number = Number(text);
  // exact means: the number prints the same digits again
  if (shortest(number) !== trimmed(text))
    throw new Misfit('has more digits than a number holds exactly; read it as text');
  return number;
}

const trimmed = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text).replace(/^-0$/, '0');

function shortest(number: number): string {
  const text = String(number);
  const [, sign = '', first = '', rest = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const places = Number(exponent);
  return places < 0
    ? `${sign}0.${'0'.repeat(-places - 1)}${first}${rest}`
    : `${sign}${first}${rest.padEnd(places, '0')}`;
}
