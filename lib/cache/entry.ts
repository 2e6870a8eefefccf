// One value as the cache keeps it: what it was read of, when, and how long it holds. Not here: where it is kept
// (shared-cache.ts, table-tier.ts), how the value looks (stored-value.ts).
import { isTag, type TableClock } from '../engine/clock.js';
import { sizeOf } from './kept.js';
import type { StoredValue } from './stored-value.js';

export interface EntryFields {
  readonly value: StoredValue;
  /** ids of the tables it was read of, and tags */
  readonly dependencies: readonly string[];
  /** the logical time at which its load began */
  readonly tick: number;
  readonly createdAt: number;
  /** when its time is up */
  readonly expiresAt: number;
  /** until when it may be served while a new one is loaded; not before `expiresAt` */
  readonly graceUntil: number;
  /** when memory has to ask the tier behind again, which other processes write; default never */
  readonly trustedUntil?: number;
}

/**
 * Whether an entry may be served: `stale`, only while a new one is loaded; `unsure`, not while a write to what it was read of is
 * being committed; `written`, never again.
 */
export type State = 'fresh' | 'stale' | 'expired' | 'unsure' | 'written';

export class Entry {
  readonly value: StoredValue;
  readonly dependencies: readonly string[];
  readonly tick: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly graceUntil: number;
  readonly trustedUntil: number;
  /** until when memory may serve it without a second thought */
  readonly freshUntil: number;
  /** answers given from it while it was in memory */
  hits = 0;
  #counted = 0;
  /** the last moment at which it was found to hold: asking again at the same one is in vain */
  #heldAt = -1;

  constructor(fields: EntryFields) {
    this.value = fields.value;
    this.dependencies = fields.dependencies;
    this.tick = fields.tick;
    this.createdAt = fields.createdAt;
    this.expiresAt = fields.expiresAt;
    this.graceUntil = fields.graceUntil;
    this.trustedUntil = fields.trustedUntil ?? Infinity;
    this.freshUntil = Math.min(this.trustedUntil, this.expiresAt);
  }

  /** What it takes in memory under this key, with all that is known of it, in bytes, estimated. */
  sizeUnder(key: string): number {
    let size = this.value.bytes + sizeOf(key);
    for (const each of this.dependencies) size += sizeOf(each);
    return size;
  }

  /** Whether nothing that it was read of was written since, or is being committed now. */
  holds(clock: TableClock): boolean {
    if (this.#heldAt === clock.moment) return true;
    if (!clock.holds(this.dependencies, this.tick)) return false;
    this.#heldAt = clock.moment;
    return true;
  }

  stateAt(now: number, clock: TableClock): State {
    if (!this.holds(clock)) return clock.wroteSince(this.dependencies, this.tick) ? 'written' : 'unsure';
    if (now < this.expiresAt) return 'fresh';
    return now < this.graceUntil ? 'stale' : 'expired';
  }

  /** Answers that were not asked for here before: the tier behind counts them. */
  takeHits(): number {
    const hits = this.hits - this.#counted;
    this.#counted = this.hits;
    return hits;
  }

  get tables(): readonly string[] {
    return this.dependencies.filter((each) => !isTag(each));
  }

  get tags(): readonly string[] {
    return this.dependencies.filter(isTag).map((tag) => tag.slice(1));
  }
}
