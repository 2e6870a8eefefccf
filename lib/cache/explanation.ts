// What explain() tells of a key. Not here: finding its value (cache.ts).
import { isTag, type TableClock } from '../engine/clock.js';
import { EVERYTHING } from '../sql/statement.js';
import type { Entry } from './entry.js';
import type { SharedCache } from './shared-cache.js';

/** Why a key would be answered as it would be answered now. */
export interface CacheExplanation {
  /** `'hit'`: from the cache; `'stale'`: from the cache, while a new one is loaded; `'miss'`: by a load */
  readonly state: 'hit' | 'stale' | 'miss';
  /**
   * `'fresh'`; `'grace'`: its ttl is over, its grace is not; `'absent'`: nothing is kept; `'expired'`: its time is over;
   * `'written'`: what it was read of was written since; `'committing'`: is being written just now; `'transaction'`: this transaction
   * has written, or began before the last write to what it was read of; `'disabled'`: this manager has no cache
   */
  readonly reason: 'fresh' | 'grace' | 'absent' | 'expired' | 'written' | 'committing' | 'transaction' | 'disabled';
  /** where its value is */
  readonly tier?: 'memory' | 'table' | 'store';
  /** what was written since its load began: tables, `'*'` for whatever cannot be known, and tags as `'tag:name'` */
  readonly written?: readonly string[];
  /** what it was read of; `'*'` for whatever cannot be known */
  readonly tables?: readonly string[];
  /** the names that it was kept with */
  readonly tags?: readonly string[];
  /** when it was kept */
  readonly createdAt?: Date;
  /** when its ttl is over, or was; its grace is not counted */
  readonly expiresAt?: Date;
  /** answers given from it while it was in memory */
  readonly hits?: number;
  /** its size in memory, in bytes, estimated */
  readonly bytes?: number;
  /** a load of it is under way */
  readonly loading: boolean;
}

/** @param asOf the tick at which the transaction of the caller began, if he is in one */
export function explain(
  entry: Entry,
  tier: CacheExplanation['tier'],
  cache: SharedCache,
  clock: TableClock,
  asOf: number | undefined,
): Omit<CacheExplanation, 'loading'> {
  const about = {
    ...(tier === undefined ? {} : { tier }),
    tables: entry.tables,
    tags: entry.tags,
    createdAt: new Date(entry.createdAt),
    expiresAt: new Date(entry.expiresAt),
    hits: entry.hits,
    bytes: entry.value.bytes,
  };
  const state = cache.stateOf(entry);
  if (state === 'written') return { state: 'miss', reason: 'written', written: writtenSince(entry, clock), ...about };
  if (state === 'unsure') return { state: 'miss', reason: 'committing', ...about };
  if (state === 'expired' || (state === 'stale' && asOf !== undefined))
    return { state: 'miss', reason: 'expired', ...about };
  if (state === 'stale') return { state: 'stale', reason: 'grace', ...about };
  return asOf !== undefined && !clock.holds(entry.dependencies, asOf)
    ? { state: 'miss', reason: 'transaction', ...about }
    : { state: 'hit', reason: 'fresh', ...about };
}

function writtenSince(entry: Entry, clock: TableClock): string[] {
  return entry.dependencies
    .filter((each) => clock.lastWrite(each) > entry.tick)
    .map((each) => (isTag(each) ? `tag:${each.slice(1)}` : each === EVERYTHING ? '*' : each));
}
