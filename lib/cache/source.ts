// How a @Cached method finds its cache: what offers one, and which managers are open. Not here: the method (cached.ts).
import { DatabaseError, type ErrorCode } from '../errors.js';
import type { EntityClass } from '../entity/row.js';
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
 * The source a method's instance uses: `using`, else a manager or repository among its properties, else the one open
 * manager.
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
  const own = [...Object.values(self), ...injected(self)].filter(isCacheSource);
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

/** The own property of an instance that is this source. */
export function ownSource(self: object, source: CacheSource): string | undefined {
  return [...Object.keys(self), ...((self as { [INJECTED]?: readonly string[] })[INJECTED] ?? [])].find(
    (name) => (self as Record<string, unknown>)[name] === source,
  );
}

function injected(self: object): unknown[] {
  const names = (self as { [INJECTED]?: readonly string[] })[INJECTED] ?? [];
  return names.map((name) => (self as Record<string, unknown>)[name]);
}
