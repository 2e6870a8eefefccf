// One body for decorators of methods in both modes, legacy and standard. Not here: what any of them does to a method.
import { isContext } from '../entity/draft.js';

type Method = (this: object, ...args: unknown[]) => unknown;

/** A decorator of async methods whose first parameters are these, in both modes. */
export interface AsyncMethodDecorator<A extends readonly unknown[]> {
  <This, P extends readonly [...A, ...unknown[]], R>(
    method: (this: This, ...args: P) => Promise<R>,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: P) => Promise<R>>,
  ): (this: This, ...args: P) => Promise<R>;
  <P extends readonly [...A, ...unknown[]], R>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<(...args: P) => Promise<R>>,
  ): void;
}

/**
 * @param wrap makes what takes the method's place, and gets its name; and where it stands, in words: `Class.method`, in the standard mode,
 *   in which the class has no name yet, the method alone
 * @param refuse throws, with what is wrong about where the decorator stands
 * @param decorates what it may stand on, in words
 */
export function methodDecorator(
  wrap: (method: Method, property: string | symbol, place: string) => Method,
  refuse: (problem: string) => never,
  decorates = 'a method',
): (target: unknown, key: string | symbol | DecoratorContext, descriptor?: PropertyDescriptor) => unknown {
  const wrapped = (method: unknown, property: string | symbol, owner = ''): Method => {
    const place = owner === '' ? String(property) : `${owner}.${String(property)}`;
    return Object.defineProperty(wrap(method as Method, property, place), 'name', { value: String(property) });
  };
  return (target, key, descriptor) => {
    if (isContext(key)) {
      if (key.kind !== 'method') refuse(`on ${String(key.name)}: it decorates ${decorates}, not a ${key.kind}`);
      return wrapped(target, key.name);
    }
    const method: unknown = descriptor?.value;
    if (typeof method !== 'function') refuse(`on ${String(key)}: it decorates ${decorates}`);
    (descriptor as PropertyDescriptor).value = wrapped(method, key, nameOfClass(target));
    return descriptor;
  };
}

/** @param target a class, its prototype, or an instance */
function nameOfClass(target: unknown): string {
  const owner = (typeof target === 'function' ? target : (target as object).constructor) as
    { readonly name?: unknown } | undefined;
  return typeof owner?.name === 'string' ? owner.name : '';
}

/** Where a method stands, in words, by what it was called on: `Class.method`. */
export function placeOfCall(self: object, property: string | symbol): string {
  const owner = nameOfClass(self);
  return owner === '' ? String(property) : `${owner}.${String(property)}`;
}

/** @returns what a method was called on @param refuse throws where it has lost it */
export function ownerOfCall(self: unknown, refuse: (problem: string) => never): object {
  if ((typeof self === 'object' && self !== null) || typeof self === 'function') return self;
  return refuse('methods are called on their instance: the method has lost its this');
}
