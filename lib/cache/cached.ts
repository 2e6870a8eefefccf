// @Cached: on a method its results are cached, on an entity class the reads of its repositories. Not here: when a cached
// value holds (cache.ts).
import { durationMs, type Duration } from '../duration.js';
import { noteClass } from '../entity/decorators.js';
import { isContext } from '../entity/draft.js';
import type { EntityClass } from '../entity/row.js';
import { DatabaseError } from '../errors.js';
import type { Cache } from './cache.js';
import { CACHE, sourceOf } from './source.js';
import { canonicalText } from './values.js';

/** Options of `@Cached` on a method with these arguments. */
export interface CachedOptions<A extends readonly unknown[] = readonly never[], S = never> {
  /** how long a value holds at most: `'250ms' '30s' '5m' '1h' '7d'` */
  readonly ttl: Duration;
  /** how long the answer null is kept; default: it is not kept */
  readonly negativeTtl?: Duration;
  /** what tells calls apart, from the arguments; default: all of them */
  readonly key?: (...args: A) => unknown;
  /** the name that the values are kept under; default `Class.method` */
  readonly name?: string;
  /** the manager or repository whose cache is used */
  readonly using?: (self: S) => unknown;
}

type AsyncMethod<A extends readonly unknown[], R> = (...args: A) => Promise<R>;

interface CachedDecorator<A extends readonly unknown[]> {
  <This, P extends A, R>(
    method: (this: This, ...args: P) => Promise<R>,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: P) => Promise<R>>,
  ): (this: This, ...args: P) => Promise<R>;
  <P extends A, R>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<AsyncMethod<P, R>>): void;
}

interface CachedEntityDecorator extends CachedDecorator<readonly never[]> {
  <C extends EntityClass>(target: C, context: ClassDecoratorContext<C>): void;
  <C extends EntityClass>(target: C): void;
}

const OPTIONS = ['ttl', 'negativeTtl', 'key', 'name', 'using'];

/**
 * Caches the results of an async method by its arguments, or the reads of an entity's repositories.
 *
 * The cache is found through `using`, else through a property that is a manager or a repository, else it is that of the
 * one open manager. What the method reads is recorded; a write to it by this process ends the cached value when it
 * commits. One load per key runs at a time. `this` is no part of the key: instances of one class share values.
 *
 * @throws DatabaseError `E_DECLARATION` for a wrong use, at import; `E_CACHE_UNBOUND` at a call when no cache is found;
 *   `E_UNSUPPORTED` at a call for arguments or results that the cache has no form for
 * @example \@Cached('10m') topStrategies(limit: number) { return this.results.aggregate({...}); }
 * @example \@Cached('5m') \@Table() class Instrument {...}
 */
export function Cached(ttl: Duration): CachedEntityDecorator;
export function Cached<A extends readonly unknown[], S = never>(options: CachedOptions<A, S>): CachedDecorator<A>;
export function Cached(given: Duration | CachedOptions): never {
  const options = checked(given);
  return ((target: unknown, key?: string | symbol | DecoratorContext, descriptor?: PropertyDescriptor): unknown => {
    if (isContext(key)) {
      if (key.kind === 'method') return cachedMethod(target, key.name, options);
      if (key.kind !== 'class')
        fail(`on ${String(key.name)}: it decorates a method or an entity class, not a ${key.kind}`);
      return cachedEntity(target, key, options);
    }
    if (key === undefined) return cachedEntity(target, key, options);
    const method: unknown = descriptor?.value;
    if (typeof method !== 'function') fail(`on ${String(key)}: it decorates a method or an entity class`);
    (descriptor as PropertyDescriptor).value = cachedMethod(method, key, options);
    return descriptor;
  }) as never;
}

type Options = { readonly ttlMs: number; readonly negativeTtlMs: number | undefined } & Pick<
  CachedOptions,
  'key' | 'name' | 'using'
>;

function fail(message: string): never {
  throw new DatabaseError('E_DECLARATION', `@Cached ${message}.`);
}

function checked(given: Duration | CachedOptions): Options {
  const options = typeof given === 'object' && given !== null ? given : { ttl: given };
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined) fail(`has no option '${unknown}'. Options: ${OPTIONS.join(', ')}`);
  const { ttl, negativeTtl, key, name, using } = options;
  for (const fn of [key, using])
    if (fn !== undefined && typeof fn !== 'function') fail("options 'key' and 'using' are functions");
  if (name !== undefined && (typeof name !== 'string' || name === '')) fail("option 'name' is a string");
  return {
    ttlMs: durationMs(ttl, '@Cached ttl'),
    negativeTtlMs: negativeTtl === undefined ? undefined : durationMs(negativeTtl, '@Cached negativeTtl'),
    ...(key === undefined ? {} : { key }),
    ...(name === undefined ? {} : { name }),
    ...(using === undefined ? {} : { using }),
  };
}

function cachedEntity(target: unknown, context: unknown, options: Options): void {
  if (
    options.key !== undefined ||
    options.name !== undefined ||
    options.using !== undefined ||
    options.negativeTtlMs !== undefined
  ) {
    fail("on a class takes a duration alone: @Cached('5m')");
  }
  noteClass('@Cached', target, context, (draft) => (draft.cachedMs = options.ttlMs));
}

function cachedMethod(
  method: unknown,
  property: string | symbol,
  options: Options,
): (this: object, ...args: unknown[]) => Promise<unknown> {
  const original = method as (...args: unknown[]) => unknown;
  const wrapped = async function (this: object, ...args: unknown[]): Promise<unknown> {
    const owner = ownerOf(this);
    const own = `${owner.name}.${String(property)}`;
    const overridden = overriddenIn(this, property, wrapped);
    const name = options.name ?? (overridden === undefined ? own : `${own} of ${overridden}`);
    const what = `@Cached ${own}`;
    const distinct = options.key === undefined ? args : [(options.key as (...given: unknown[]) => unknown)(...args)];
    const key = `${name}:${canonicalText(distinct, what)}`;
    const cache: Cache = await sourceOf(this, options.using, what)[CACHE].open();
    cache.claim(name, owner, wrapped);
    return cache.loadThrough(key, options.ttlMs, options.negativeTtlMs, async () => original.apply(this, args));
  };
  return Object.defineProperty(wrapped, 'name', { value: String(property) });
}

/** The class that declares a method reached by `super`: what it gives is not what the override gives. */
function overriddenIn(self: object, property: string | symbol, method: unknown): string | undefined {
  let nearest = true;
  let at: unknown = typeof self === 'function' ? self : Object.getPrototypeOf(self);
  for (; typeof at === 'function' || (typeof at === 'object' && at !== null); at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertyDescriptor(at, property);
    if (found === undefined) continue;
    if (found.value === method) return nearest ? undefined : ownerOf(at === self ? self : classAt(at)).name;
    nearest = false;
  }
  return undefined;
}

const classAt = (at: object): unknown => (typeof at === 'function' ? at : at.constructor);

/** The class of an instance, or the class itself for a static method. */
function ownerOf(self: unknown): { readonly name: string } {
  if (typeof self === 'function') return self;
  const owner =
    typeof self === 'object' && self !== null ? (self.constructor as { readonly name: string } | undefined) : undefined;
  return owner ?? fail('methods are called on their instance: the method has lost its this');
}
