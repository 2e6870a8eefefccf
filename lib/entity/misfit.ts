// A value that its column cannot hold exactly. Thrown by encoders, which do not know the row; whoever knows it says so.
import { classOf, isPlain } from '../plain-object.js';

/** Why a value does not fit. Caught by whoever encodes a row or a condition, and adds row and `Entity.property`. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
}

/** A value in words, by kind and never by content: contents may be secret. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') {
    return Number.isNaN(value)
      ? 'NaN'
      : Number.isFinite(value)
        ? Number.isInteger(value)
          ? 'an integer'
          : 'a fraction'
        : 'an infinity';
  }
  if (typeof value !== 'object') return value === undefined ? 'undefined' : `a ${typeof value}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date';
  if (Array.isArray(value)) return 'an array';
  if (isPlain(value)) return 'an object';
  const name = classNameOf(value);
  return name === '' ? 'an object of a class without a name' : `a ${name}`;
}

/** The name of its class; of what has none, such as a generator, what the language calls it; '' where that is nothing, either. */
export function classNameOf(value: object): string {
  const made = classOf(value) as { readonly name?: unknown } | undefined;
  if (typeof made === 'function' && made !== Object) return typeof made.name === 'string' ? made.name : '';
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return tag === 'Object' ? '' : tag;
}

export function misfit(expected: string, value: unknown): never {
  throw new Misfit(`expects ${expected}, got ${describe(value)}`);
}
