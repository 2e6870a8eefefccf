// How a @Cached method finds its cache: what offers one, and which managers are open. Not here: the method (cached.ts).
import { DatabaseError, type ErrorCode } from '../errors.js';
import type { EntityClass } from '../entity/row.js';
import { isEntity, schemaOf } from '../entity/schema.js';
import type { Cache } from './cache.js';

/** On managers and repositories. */
export const CACHE = Symbol.for('@mysingle/database.cacheSource');

/** Something that has a cache: a manager, or a repository of one. */
export interface CacheSource {
  readonly [CACHE]: {
    /** the manager it belongs to, to tell two sources from two managers */
    readonly owner: object;
    /** its cache, where it is open */
    now(): Cache | undefined;
    open(): Promise<Cache>;
  };
}

/** A connected manager. */
export interface OpenManager extends CacheSource {
  readonly name: string;
  repository(entity: EntityClass): unknown;
}

const OPEN = Symbol.for('@mysingle/database.managers');

/** All connected managers of the process, also those of another copy of this package. */
export const openManagers = ((globalThis as { [OPEN]?: Set<OpenManager> })[OPEN] ??= new Set<OpenManager>());

/** Properties injected by accessors on prototypes, which do not show among an object's own. */
export const INJECTED = Symbol.for('@mysingle/database.injected');

export function isCacheSource(value: unknown): value is CacheSource {
  return typeof value === 'object' && value !== null && CACHE in value;
}

const UNBOUND = {
  code: 'E_CACHE_UNBOUND',
  remedy: 'Say which: @Cached({ ttl, using: (self) => self.db }).',
} as const;

/**
 * The source a method's instance uses: `using`, else the instance itself where it is a manager or repository, else one among its
 * properties, else the one open manager.
 *
 * @throws DatabaseError `E_CACHE_UNBOUND`, or the code given, where that leaves none, or several
 */
export function sourceOf(
  self: object,
  using: ((self: never) => unknown) | undefined,
  what: string,
  { code, remedy }: { readonly code: ErrorCode; readonly remedy: string } = UNBOUND,
): CacheSource {
  if (using !== undefined) {
    const given = using(self as never);
    if (isCacheSource(given)) return given;
    throw new DatabaseError(code, `${what}: using gave no manager and no repository.`);
  }
  if (isCacheSource(self)) return self;
  const own = valuesOf(self).filter(isCacheSource);
  const owners = new Set(own.map((source) => source[CACHE].owner));
  if (owners.size === 1) return own[0] as CacheSource;
  if (owners.size > 1)
    throw new DatabaseError(code, `${what}: the instance has properties of ${owners.size} managers. ${remedy}`);
  const [only, ...others] = openManagers;
  if (only === undefined) {
    throw new DatabaseError(
      code,
      `${what}: no property is a manager or repository, and no manager is open. Connect one first. ${remedy}`,
    );
  }
  if (others.length > 0) {
    throw new DatabaseError(
      code,
      `${what}: no property is a manager or repository, and ${others.length + 1} managers are open. ${remedy}`,
    );
  }
  return only;
}

/** How to know that an instance still has this source as its own; undefined where it is not its own. */
export function ownSource(self: object, source: CacheSource): (() => boolean) | undefined {
  if (self === source) return () => true;
  const property = [...Object.keys(self), ...((self as { [INJECTED]?: readonly string[] })[INJECTED] ?? [])].find(
    (name) => (self as Record<string, unknown>)[name] === source,
  );
  return property === undefined ? undefined : () => (self as Record<string, unknown>)[property] === source;
}

/**
 * The ids of the entities that an instance is for: those of its repositories, and entity classes among its properties. One class
 * may serve several, an instance each.
 */
export function entitiesOf(self: object): readonly string[] {
  const entities = valuesOf(self)
    .map((value) => (isCacheSource(value) && 'entity' in value ? value.entity : value))
    .filter(isEntity);
  return [...new Set(entities.map((entity) => schemaOf(entity).id))].toSorted();
}

/** What an instance has as its own, and what was injected into it. */
function valuesOf(self: object): unknown[] {
  const injected = (self as { [INJECTED]?: readonly string[] })[INJECTED] ?? [];
  return [...Object.values(self), ...injected.map((name) => (self as Record<string, unknown>)[name])];
}
