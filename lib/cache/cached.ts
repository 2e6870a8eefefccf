// @Cached: on a method its results are cached, on an entity class the reads of its repositories. Not here: when a cached
// value holds (cache.ts), which calls share one (key.ts).
import { types } from 'node:util';
import { durationMs, type Duration } from '../duration.js';
import { noteClass } from '../entity/decorators.js';
import { isContext } from '../entity/draft.js';
import type { EntityClass } from '../entity/row.js';
import { DatabaseError } from '../errors.js';
import type { Cache } from './cache.js';
import { canonicalText } from './key.js';
import { KnownKeys } from './known-keys.js';
import { methodDecorator, ownerOfCall, type AsyncMethodDecorator } from './method-decorator.js';
import { MISS } from './read-through.js';
import { CACHE, entitiesOf, ownSource, sourceOf } from './source.js';
import { checkedTags, termsOf, type CacheEntryOptions, type Terms } from './terms.js';

/** Options of `@Cached` on a method with these arguments. */
export interface CachedOptions<A extends readonly unknown[] = readonly never[], S = never> extends Omit<
  CacheEntryOptions,
  'tags'
> {
  /** names by which `invalidate({ tags })` and `@CacheInvalidate` end a value; from the arguments, where given as a function */
  readonly tags?: readonly string[] | ((...args: A) => readonly string[]);
  /** what tells calls apart, from the arguments, and at once; default: all of them */
  readonly key?: (...args: A) => unknown;
  /** the name that the values are kept under; default `Class.method` */
  readonly name?: string;
  /** the manager or repository whose cache is used */
  readonly using?: (self: S) => unknown;
}

interface CachedEntityDecorator extends AsyncMethodDecorator<readonly never[]> {
  <C extends EntityClass>(target: C, context: ClassDecoratorContext<C>): void;
  <C extends EntityClass>(target: C): void;
}

const OPTIONS = ['ttl', 'grace', 'negativeTtl', 'tags', 'dependsOn', 'key', 'name', 'using'];

/**
 * Caches the results of an async method by its arguments, or the reads of an entity's repositories.
 *
 * The cache is found through `using`, else it is the instance's own where that is a repository or a manager, else it is found
 * through a property that is one, else it is that of the one open manager. What the method reads is recorded; a write to it by this
 * process ends the cached value when it commits. One load per key runs at a time. Instances of one class share values where their
 * repositories are of the same entities; nothing else of `this` is part of the key.
 *
 * @throws DatabaseError `E_DECLARATION` for a wrong use, at import; `E_CACHE_UNBOUND` at a call when no cache is found;
 *   `E_UNSUPPORTED` at a call for arguments or results that the cache has no form for
 * @example
 * class Strategies {
 *   constructor(private readonly results: Repository<BacktestResult>) {}
 *   \@Cached('10m') top(limit: number) {
 *     return this.results.aggregate({ groupBy: ['strategyId'], select: { mean: avg('totalReturn') }, orderBy: { mean: 'desc' }, limit });
 *   }
 * }
 * @example \@Cached({ ttl: '1h', grace: '6h', tags: (id: string) => [`user:${id}`] }) async profile(id: string) { return fetchProfile(id); }
 * @example \@Cached('5m') \@Table() class Instrument { \@Column('varchar', { primaryKey: true }) symbol!: string; }
 */
export function Cached(ttl: Duration): CachedEntityDecorator;
export function Cached<A extends readonly unknown[], S = never>(options: CachedOptions<A, S>): AsyncMethodDecorator<A>;
export function Cached(given: Duration | CachedOptions): never {
  const options = checked(given);
  const onMethod = methodDecorator(
    (method, property) => new CachedMethod(method, property, options).wrapped,
    fail,
    'a method or an entity class',
  );
  return ((target: unknown, key?: string | symbol | DecoratorContext, descriptor?: PropertyDescriptor): unknown => {
    if (key === undefined || (isContext(key) && key.kind === 'class')) return cachedEntity(target, key, given);
    return onMethod(target, key, descriptor);
  }) as never;
}

function fail(problem: string): never {
  throw new DatabaseError('E_DECLARATION', `@Cached ${problem}.`);
}

interface Options extends Pick<CachedOptions, 'key' | 'name' | 'using'> {
  readonly terms: Terms;
  readonly tagsOf: ((...args: unknown[]) => readonly string[]) | undefined;
}

function checked(given: Duration | CachedOptions): Options {
  const options = typeof given === 'object' && given !== null ? given : { ttl: given };
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined) fail(`has no option '${unknown}'. Options: ${OPTIONS.join(', ')}`);
  const { tags, key, name, using } = options;
  for (const fn of [key, using])
    if (fn !== undefined && typeof fn !== 'function') fail("options 'key' and 'using' are functions");
  if (name !== undefined && (typeof name !== 'string' || name === '')) fail("option 'name' is a string");
  const dynamic = typeof tags === 'function';
  const { tags: _tags, ...rest } = options;
  return {
    terms: termsOf(dynamic || tags === undefined ? rest : { ...rest, tags }, '@Cached '),
    tagsOf: dynamic ? (tags as (...args: unknown[]) => readonly string[]) : undefined,
    ...(key === undefined ? {} : { key }),
    ...(name === undefined ? {} : { name }),
    ...(using === undefined ? {} : { using }),
  };
}

function cachedEntity(target: unknown, context: unknown, given: Duration | CachedOptions): void {
  if (typeof given !== 'string' && Object.keys(given).some((name) => name !== 'ttl'))
    fail("on a class takes a duration alone: @Cached('5m')");
  const ttlMs = durationMs(typeof given === 'string' ? given : given.ttl, '@Cached ttl');
  noteClass('@Cached', target, context, (draft) => (draft.cachedMs = ttlMs));
}

/** What one instance's calls need each time, found once. */
interface Binding {
  /** before the arguments in each key */
  readonly prefix: string;
  readonly cache: Cache;
  readonly keys: KnownKeys;
  /** whether the instance still has the cache that was found */
  holds(): boolean;
}

class CachedMethod {
  readonly #bindings = new WeakMap<object, Binding>();
  readonly #keys = new Map<string, KnownKeys>();
  readonly wrapped: (this: object, ...args: unknown[]) => Promise<unknown>;

  constructor(
    private readonly original: (...args: unknown[]) => unknown,
    private readonly property: string | symbol,
    private readonly options: Options,
  ) {
    const call = (self: object, args: unknown[]): Promise<unknown> => this.#call(self, args);
    this.wrapped = function (this: object, ...args) {
      return call(this, args);
    };
  }

  /** A value that is there is given without a wait of its own. */
  #call(self: unknown, args: unknown[]): Promise<unknown> {
    try {
      const owner = ownerOfCall(self, fail);
      const told = this.options.key === undefined ? args : [this.#toldBy(owner, this.options.key, args)];
      const known = this.#bindings.get(owner);
      if (known === undefined || !known.holds()) return this.#bindAndLoad(owner, this.#textOf(owner, told), args);
      const key = known.keys.of(told, () => known.prefix + this.#textOf(owner, told));
      const value = known.cache.hit(key);
      return value === MISS ? this.#load(owner, known.cache, key, args) : Promise.resolve(value);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #toldBy(owner: object, keyOf: NonNullable<CachedOptions['key']>, args: unknown[]): unknown {
    const told = (keyOf as (...given: unknown[]) => unknown)(...args);
    if (types.isPromise(told)) {
      // its failure is nobody's
      told.catch(() => {});
      fail(
        `on ${this.#placeIn(owner)}: its key function gave a Promise. A key is made of the arguments alone, at once`,
      );
    }
    return told;
  }

  #placeIn(self: object): string {
    return `${ownerOf(self).name}.${String(this.property)}`;
  }

  #textOf(self: object, told: readonly unknown[]): string {
    return canonicalText(told, () => `@Cached ${this.#placeIn(self)}`);
  }

  async #bindAndLoad(self: object, distinct: string, args: unknown[]): Promise<unknown> {
    const { prefix, cache } = await this.#bind(self);
    return this.#load(self, cache, prefix + distinct, args);
  }

  async #bind(self: object): Promise<Pick<Binding, 'prefix' | 'cache'>> {
    const owner = ownerOf(self);
    const own = `${owner.name}.${String(this.property)}`;
    const overridden = overriddenIn(self, this.property, this.wrapped);
    const name = this.options.name ?? (overridden === undefined ? own : `${own} of ${overridden}`);
    const source = sourceOf(self, this.options.using, `@Cached ${own}`);
    const cache: Cache = await source[CACHE].open();
    cache.claim(name, owner, this.wrapped);
    const entities = entitiesOf(self);
    const prefix = entities.length === 0 ? `${name}:` : `${name}<${entities.join()}>:`;
    // elsewhere it may be another one each time
    const isOwn = this.options.using === undefined ? ownSource(self, source) : undefined;
    if (isOwn !== undefined) {
      const { [CACHE]: home } = source;
      const holds = (): boolean => isOwn() && home.now() === cache;
      this.#bindings.set(self, { prefix, keys: this.#keysAfter(prefix), cache, holds });
    }
    return { prefix, cache };
  }

  /** Shared by the instances of a class. */
  #keysAfter(prefix: string): KnownKeys {
    let keys = this.#keys.get(prefix);
    if (keys === undefined) this.#keys.set(prefix, (keys = new KnownKeys()));
    return keys;
  }

  #load(self: object, cache: Cache, key: string, args: unknown[]): Promise<unknown> {
    const { terms, tagsOf } = this.options;
    const tags = tagsOf === undefined ? terms.tags : checkedTags(tagsOf(...args), `@Cached ${String(this.property)}: `);
    return cache.loadThrough(key, { ...terms, tags }, async () => this.original.apply(self, args));
  }
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
