// A value as it is now, for one that its owner may change before it is encoded. Not here: what is a value of a column.

/** `value` where nobody can change it; else a copy, through and through. */
export function snapshot(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return new Date(value.getTime());
  if (Array.isArray(value)) return Array.from(value, snapshot);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Uint8Array.prototype.slice.call(value as Uint8Array);
  if (value instanceof Map)
    return new Map(Array.from(value as Map<unknown, unknown>, ([key, own]) => [snapshot(key), snapshot(own)]));
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as object;
  // defined, not set: setting `__proto__` would change the prototype
  for (const [key, own] of Object.entries(value))
    Object.defineProperty(copy, key, { value: snapshot(own), enumerable: true, writable: true, configurable: true });
  return copy;
}
