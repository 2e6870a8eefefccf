// What lies behind the memory of the process: a table of the database, or a store that processes share. Not here: either of
// them (table-tier.ts, shared-tier.ts).
import type { Entry } from './entry.js';

export interface TierStats {
  /** values that are not written yet */
  readonly pending: number;
}

/**
 * Keeps entries behind the callers' backs. Nothing here ever throws or rejects: what fails is logged, and costs a load. What
 * it finds may be over or written since: whoever asks must look.
 */
export interface Tier {
  readonly name: 'table' | 'store';
  /** how long memory may serve what it has before it asks here again, where other processes write here, too */
  readonly trustMs?: number;
  /** tables that loads will read */
  learn?(tables: readonly string[]): void;
  /** called when a load begins, behind `find`; what it gives goes with what the load comes to */
  mark(): number;
  /** @param about what a load of it will be said to depend on, as far as that is known beforehand */
  find(key: string, about: readonly string[]): Promise<Entry | undefined>;
  /** @param mark undefined for what was not loaded, but given just now */
  keep(key: string, entry: Entry, mark: number | undefined): void;
  forget(key: string): void;
  clear(): Promise<void>;
  /** Deletes what is over. @returns how many */
  purge(): Promise<number>;
  /** An entry leaves the memory: what was counted of it is worth keeping. */
  left(key: string, entry: Entry): void;
  /** Everything is written that was kept until now. */
  flush(): Promise<void>;
  readonly stats: TierStats;
  close(entries: Iterable<readonly [string, Entry]>): Promise<void>;
}
