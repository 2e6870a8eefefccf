// What an object is: of which class, and members of any name. Not here: what the members hold.

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Whether it is an object of no class. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Its class by its prototype: `value.constructor` may be data. */
export const classOf = (value: object): unknown =>
  ((Object.getPrototypeOf(value) ?? {}) as { readonly constructor?: unknown }).constructor;

/** Gives it a member of its own. Not assigned: `__proto__` is a name like any other, and setters have their own mind. */
export function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}
