// A value that its column cannot hold exactly. Thrown by encoders, which do not know the row; whoever knows it says so.

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
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name;
  return name === undefined || name === 'Object' ? 'an object' : `a ${name}`;
}

export function misfit(expected: string, value: unknown): never {
  throw new Misfit(`expects ${expected}, got ${describe(value)}`);
}
