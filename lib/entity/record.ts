// Objects with any keys. Not here: instances of entity classes (hydrate.ts).
import { define } from '../plain-object.js';

/** An object with these own keys, whatever they are called: assigning to `__proto__` would change the prototype. */
export function record<T>(names: readonly string[], valueOf: (name: string, index: number) => T): Record<string, T> {
  const object: Record<string, T> = {};
  for (const [index, name] of names.entries()) assign(object, name, valueOf(name, index));
  return object;
}

/** Sets a key, whatever it is called; where the object has a setter for it, by that. */
export function assign<T>(object: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') define(object, name, value);
  else object[name] = value;
}
