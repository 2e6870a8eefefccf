// A value as it is now, for one that its owner may change before it is encoded. Not here: what is a value of a column.
import { define } from './plain-object.js';

const BOXES = [Number, String, Boolean, BigInt];

/** `value` where nobody can change it, or it cannot be copied; else a copy, through and through. */
export function snapshot(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return new Date(value.getTime());
  if (Array.isArray(value)) return Array.from(value, snapshot);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Uint8Array.prototype.slice.call(value as Uint8Array);
  if (value instanceof Map)
    return new Map(Array.from(value as Map<unknown, unknown>, ([key, own]) => [snapshot(key), snapshot(own)]));
  const prototype: unknown = Object.getPrototypeOf(value);
  // what has more to it than its properties cannot be copied by them: URLs and the like, objects of primitives
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function' || BOXES.some((box) => value instanceof box))
    return value;
  const copy = Object.create(prototype as object | null) as object;
  for (const [key, own] of Object.entries(value)) define(copy, key, snapshot(own));
  return copy;
}
