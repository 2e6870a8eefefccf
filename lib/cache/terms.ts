// On what terms a value is kept: how long, under which tags, depending on what. Not here: keeping it (cache.ts).
import { durationMs, type Duration } from '../duration.js';
import { tagged } from '../engine/clock.js';
import type { EntityClass } from '../entity/row.js';
import { schemaOf } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { FILES } from '../sql/statement.js';

/** Options of a cached value. */
export interface CacheEntryOptions {
  /** how long it holds at most: `'250ms' '30s' '5m' '1h' '7d'` */
  readonly ttl: Duration;
  /**
   * how long after its ttl a value may still be served while one refresh of it runs behind, or the refresh fails; default: not at
   * all. A value that a write of ours has ended is never served
   */
  readonly grace?: Duration;
  /** how long the answer null (or undefined) is kept; default: it is not */
  readonly negativeTtl?: Duration;
  /** names by which `invalidate({ tags })` ends it */
  readonly tags?: readonly string[];
  /**
   * the entities that stand for what cannot be known of a load's reads: files, raw connections, SQL that DuckDB does not see
   * through. Without it such a load depends on every table; with `[]`, on what is known alone
   */
  readonly dependsOn?: readonly EntityClass[];
}

/** The same, checked. */
export interface Terms {
  readonly ttlMs: number;
  readonly graceMs: number;
  /** undefined: null is not kept */
  readonly negativeTtlMs: number | undefined;
  /** as the clock knows them */
  readonly tags: readonly string[];
  /** ids of tables; undefined where nothing was said */
  readonly dependsOn: readonly string[] | undefined;
  /** whether the value is what a table gave, so that no decorator transforms it once more */
  readonly asIs?: boolean;
}

/** @throws DatabaseError `E_CONFIG` for a time that is no duration and tags that are none, `E_DECLARATION` for a class that is no entity */
export function termsOf(options: CacheEntryOptions, what = ''): Terms {
  const { ttl, grace, negativeTtl, tags, dependsOn } = options;
  if (dependsOn !== undefined && !Array.isArray(dependsOn))
    throw new DatabaseError('E_CONFIG', `${what}dependsOn: give an array of entity classes.`);
  return {
    ttlMs: durationMs(ttl, `${what}ttl`),
    graceMs: grace === undefined ? 0 : durationMs(grace, `${what}grace`),
    negativeTtlMs: negativeTtl === undefined ? undefined : durationMs(negativeTtl, `${what}negativeTtl`),
    tags: checkedTags(tags, what),
    dependsOn: dependsOn?.flatMap((entity) => idsOf(entity)),
  };
}

/** What is read from files is nothing that the database writes; exports are told of by one name for all. */
function idsOf(entity: EntityClass): readonly string[] {
  const { id, from } = schemaOf(entity);
  return from === undefined ? [id] : [id, FILES];
}

const NONE: readonly string[] = [];

/** A time, and nothing else, of what a table gave. */
export const plainTerms = (ttlMs: number): Terms => ({
  ttlMs,
  graceMs: 0,
  negativeTtlMs: undefined,
  tags: NONE,
  dependsOn: undefined,
  asIs: true,
});

/** Tags as the clock knows them. @throws DatabaseError `E_CONFIG` for anything but texts that are not empty */
export function checkedTags(tags: unknown, what = ''): readonly string[] {
  if (tags === undefined) return NONE;
  if (!areTags(tags)) throw new DatabaseError('E_CONFIG', `${what}tags: ${TAGS_ARE}.`);
  return tags.map(tagged);
}

export const areTags = (tags: unknown): tags is readonly string[] =>
  Array.isArray(tags) && tags.every((tag) => typeof tag === 'string' && tag !== '' && tag.isWellFormed());

/** What is said of others. */
export const TAGS_ARE = 'give an array of strings of Unicode text that are not empty';
