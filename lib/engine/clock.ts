// Logical time: which tables were written last when, counted in commits of this process. Not here: what the cache makes of it.
import { EVERYTHING } from '../sql/statement.js';

/**
 * A tick passes with each committed write. Something that was read at tick t still holds for a table as long as the
 * table's last write is not later than t.
 */
export class TableClock {
  #tick = 0;
  #everything = 0;
  readonly #written = new Map<string, number>();

  /** Now. Stamp a read with the tick at its start: a write that lands during the read must make it old. */
  get tick(): number {
    return this.#tick;
  }

  /** A write to these tables was committed. */
  wrote(tables: Iterable<string>): void {
    const list = [...tables];
    if (list.length === 0) return;
    this.#tick += 1;
    for (const table of list) {
      if (table === EVERYTHING) this.#everything = this.#tick;
      else this.#written.set(table, this.#tick);
    }
  }

  /** Whether nothing that was read of these tables at `tick` has changed since. What was read of none always holds. */
  holds(tables: Iterable<string>, tick: number): boolean {
    for (const table of tables) {
      const last = table === EVERYTHING ? this.#tick : Math.max(this.#everything, this.#written.get(table) ?? 0);
      if (last > tick) return false;
    }
    return true;
  }
}
