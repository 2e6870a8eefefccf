// Logical time: which tables were written last when, counted in commits of this process. Not here: what the cache makes of it.
import { EVERYTHING } from '../sql/statement.js';

/** What a tag is called here: no table has such a name. */
export const tagged = (tag: string): string => `\0${tag}`;

export const isTag = (dependency: string): boolean => dependency.startsWith('\0');

/** Tags may be as many as users. Beyond this all of them count as just ended. */
const REMEMBERED = 100_000;

/**
 * A tick passes with each committed write. Something that was read at tick t still holds for a table as long as the
 * table's last write is not later than t. Tags are ended by hand, and pass for tables here.
 */
export class TableClock {
  #tick = 0;
  /** the last write that may have been to any table */
  #everything = 0;
  /** the last write to whatever table */
  #anything = 0;
  /** what is not remembered was written not later than this */
  #forgotten = 0;
  readonly #written = new Map<string, number>();
  /** what is being committed, each as often as it is */
  readonly #committing = new Map<string, number>();
  #moment = 0;
  readonly #watchers = new Set<(what: readonly string[]) => void>();

  /** Now. Stamp a read with the tick at its start: a write that lands during the read must make it old. */
  get tick(): number {
    return this.#tick;
  }

  /** Another one each time that `holds` may say otherwise than before. */
  get moment(): number {
    return this.#moment;
  }

  /** Whether anything is being committed: it may be there already for whoever looks. */
  get committing(): boolean {
    return this.#committing.size > 0;
  }

  /**
   * Call before these are committed: DuckDB lets others see a commit before it tells of it. From here on nothing that was read of
   * them is known to hold, until it is said that this is over; where it was committed, `wrote` comes before that.
   *
   * @returns call it once, whatever came of it
   */
  commits(what: Iterable<string>): () => void {
    const list = [...what];
    this.#moment += 1;
    for (const each of list) this.#committing.set(each, (this.#committing.get(each) ?? 0) + 1);
    return () => {
      this.#moment += 1;
      for (const each of list) {
        const left = (this.#committing.get(each) ?? 0) - 1;
        if (left > 0) this.#committing.set(each, left);
        else this.#committing.delete(each);
      }
    };
  }

  /** A write to these tables was committed, or these tags were ended. */
  wrote(what: Iterable<string>): void {
    const list = [...what];
    if (list.length === 0) return;
    this.#tick += 1;
    this.#moment += 1;
    for (const each of list) {
      if (each === EVERYTHING) this.#everything = this.#tick;
      else this.#written.set(each, this.#tick);
      if (!isTag(each)) this.#anything = this.#tick;
    }
    if (this.#written.size > REMEMBERED) {
      this.#written.clear();
      this.#forgotten = this.#tick;
    }
    for (const watcher of this.#watchers) watcher(list);
  }

  /** Calls `watcher` at each write. @returns how to stop that */
  watch(watcher: (what: readonly string[]) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Whether nothing that was read of these at `tick` has changed since. What was read of none always holds. */
  holds(what: Iterable<string>, tick: number): boolean {
    for (const each of what) if (this.lastWrite(each) > tick || this.#isCommitting(each)) return false;
    return true;
  }

  /** Whether any of these was written since `tick`, whatever is being committed now. */
  wroteSince(what: Iterable<string>, tick: number): boolean {
    for (const each of what) if (this.lastWrite(each) > tick) return true;
    return false;
  }

  #isCommitting(what: string): boolean {
    if (this.#committing.size === 0) return false;
    if (what === EVERYTHING) return [...this.#committing.keys()].some((each) => !isTag(each));
    return this.#committing.has(what) || (!isTag(what) && this.#committing.has(EVERYTHING));
  }

  /** The tick of the last write to a table, or of the end of a tag; 0 for none. */
  lastWrite(what: string): number {
    if (what === EVERYTHING) return this.#anything;
    const own = this.#written.get(what) ?? this.#forgotten;
    return isTag(what) ? own : Math.max(own, this.#everything);
  }
}
