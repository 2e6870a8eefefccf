// @CacheInvalidate: a method after which cached values end. Not here: how they end (cache.ts).
import type { EntityClass } from '../entity/row.js';
import { schemaOf } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { methodDecorator, ownerOfCall, placeOfCall, type AsyncMethodDecorator } from './method-decorator.js';
import { CACHE, sourceOf } from './source.js';
import { TAGS_ARE, areTags, checkedTags } from './terms.js';

/** Options of `@CacheInvalidate` on a method with these arguments. */
export interface CacheInvalidateOptions<A extends readonly unknown[] = readonly never[], S = never> {
  /** the tags whose values end; from the arguments, where given as a function */
  readonly tags?: readonly string[] | ((...args: A) => readonly string[]);
  /** the entities whose reads end, as by a write to them */
  readonly entities?: readonly EntityClass[];
  /** the manager or repository whose cache it is */
  readonly using?: (self: S) => unknown;
}

const OPTIONS = ['tags', 'entities', 'using'];

/**
 * Ends cached values when an async method has done its work: at once, or, inside a transaction, exactly when that commits. A
 * method that throws ends nothing. Writes to entities need none of this: they end what was read of them by themselves. It is for
 * what the cache cannot see, such as a change in another service.
 *
 * The cache is found as that of `@Cached` is.
 *
 * @throws DatabaseError `E_DECLARATION` for a wrong use, at import; `E_CACHE_UNBOUND` at a call when no cache is found,
 *   `E_CONFIG` there for tags that are none
 * @example \@CacheInvalidate({ tags: (id: string) => [`user:${id}`] }) async rename(id: string, name: string) { await saveName(id, name); }
 */
export function CacheInvalidate<A extends readonly unknown[], S = never>(
  options: CacheInvalidateOptions<A, S>,
): AsyncMethodDecorator<A> {
  return methodDecorator((method, property, place) => {
    const { tags, entities = [], using } = checked(options as unknown as CacheInvalidateOptions, place);
    const tagsOf = typeof tags === 'function' ? (tags as (...args: unknown[]) => readonly string[]) : undefined;
    const invalidation = (args: unknown[]): { tags: readonly string[]; entities: readonly EntityClass[] } => ({
      tags: tagsOf === undefined ? ((tags as readonly string[] | undefined) ?? []) : tagsOf(...args),
      entities,
    });
    return async function (this: object, ...args: unknown[]): Promise<unknown> {
      const self = ownerOfCall(this, fail);
      const called = `@CacheInvalidate ${placeOfCall(self, property)}`;
      const cache = await sourceOf(self, using, called)[CACHE].open();
      // before the method does anything: what it is called with may be no tags
      const what = invalidation(args);
      checkedTags(what.tags, `${called}: `);
      const result = await method.apply(self, args);
      await cache.invalidate(what);
      return result;
    };
  }, fail) as AsyncMethodDecorator<A>;
}

function fail(problem: string): never {
  throw new DatabaseError('E_DECLARATION', `@CacheInvalidate ${problem}.`);
}

function checked(options: CacheInvalidateOptions, place: string): CacheInvalidateOptions {
  const refuse = (problem: string): never => fail(`on ${place}: ${problem}`);
  if (typeof options !== 'object' || options === null) return refuse('it takes an object of tags and entities');
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key));
  if (unknown !== undefined) refuse(`it has no option '${unknown}'. Options: ${OPTIONS.join(', ')}`);
  const { tags, entities, using } = options;
  if (tags === undefined && entities === undefined) refuse('it takes tags, entities, or both');
  if (tags !== undefined && typeof tags !== 'function' && !areTags(tags)) refuse(`tags: ${TAGS_ARE}`);
  if (entities !== undefined && !Array.isArray(entities)) refuse('entities: give an array of entity classes');
  for (const entity of entities ?? []) schemaOf(entity);
  if (using !== undefined && typeof using !== 'function') refuse("option 'using' is a function");
  return options;
}
