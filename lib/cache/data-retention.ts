// Deleting what nobody has stored anew for long from the tables of the Python module's cache calls. Not here: how old is too
// old for a reader (data-cache.ts).
import { context, withinSharedContext } from '../context.js';
import type { Engine } from '../engine/engine.js';
import { loggable } from '../errors.js';
import type { Log } from '../log.js';
import type { DataLine } from './data-line.js';
import { isThere, lookStatement, purgeStatement } from './data-table.js';
import { folded } from './table-name.js';

const EVERY_MS = 3_600_000;

interface Own {
  readonly table: string;
  purgedAt: number | undefined;
}

/** What its transactions are for. */
const PURGE = { operation: 'purge' } as const;

/** Never in a transaction of the caller, and never in a table that is no cache table. */
export class DataRetention {
  /** what this manager has made, or stored to */
  readonly #own = new Map<string, Own>();

  constructor(
    private readonly engine: Engine,
    private readonly line: DataLine,
    private readonly log: Log,
    private readonly retentionMs: number,
    private readonly now: () => number,
  ) {}

  /** A cache table was made, or found to be one. */
  made(table: string): void {
    // a transaction may yet be rolled back, and the table with it
    if (this.engine.transaction === undefined) this.#ownOf(table);
  }

  /** Something was stored. At first, and once an hour by the clock, also by one that goes backwards; nobody waits for it. */
  stored(table: string): void {
    if (this.engine.transaction !== undefined) return;
    const own = this.#ownOf(table);
    if (own.purgedAt === undefined || Math.abs(this.now() - own.purgedAt) >= EVERY_MS) void this.#purge(own);
  }

  #ownOf(table: string): Own {
    const id = folded(table);
    let own = this.#own.get(id);
    if (own === undefined) this.#own.set(id, (own = { table, purgedAt: undefined }));
    return own;
  }

  /** Gives the number of rows deleted. */
  async purge(): Promise<number> {
    if (this.engine.transaction !== undefined) return 0;
    let deleted = 0;
    for (const own of this.#own.values()) deleted += await this.#purge(own);
    return deleted;
  }

  /** Never fails: rows that stay longer harm nobody. */
  async #purge(own: Own): Promise<number> {
    const { table } = own;
    own.purgedAt = this.now();
    try {
      // a cached load that stores does not depend on what is deleted here
      const purge = (): Promise<number> => this.line.turn(() => this.engine.transact(() => this.#delete(table)));
      const deleted = await withinSharedContext(context().log, purge, PURGE);
      if (deleted > 0) this.log('cachePurged', { table_name: table, deleted, operation: 'purge_cache' });
      return deleted;
    } catch (error) {
      if (!this.engine.closed) this.log('cachePurgeFailed', { table_name: table, ...loggable(error) });
      return 0;
    }
  }

  async #delete(table: string): Promise<number> {
    // applied to the database later, it might meet somebody else's table there
    if (this.engine.database.fallback !== undefined) return 0;
    // looked at in the transaction that deletes: it may have been replaced since
    if (!isThere(table, await this.engine.run(lookStatement(table)))) return 0;
    return (await this.engine.run(purgeStatement(table, this.now(), this.retentionMs))).rowsChanged;
  }
}
