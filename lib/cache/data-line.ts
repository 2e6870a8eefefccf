// Writes to the tables of the Python module's cache calls, one after another; stores of one table that wait together go as one
// statement. Not here: what is stored, and who tells the log (data-cache.ts).
import { setTimeout as sleep } from 'node:timers/promises';
import { context, withinSharedContext, type LogContext } from '../context.js';
import type { Engine } from '../engine/engine.js';
import { isDatabaseError } from '../errors.js';
import { storeStatement } from './data-table.js';
import { folded } from './table-name.js';

const ATTEMPTS = 6;

/** What the statement is for. */
const STORE = { operation: 'storeCacheData' } as const;

/** Of one statement. */
const MOST_STORES = 1_000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

interface Store {
  readonly key: string;
  readonly json: string;
  readonly log: LogContext | undefined;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Two stores of one key at a time conflict in DuckDB, some of them as a duplicate key, and so do two creations of one table:
 * one after another, and again. Outside of transactions, which do not wait in line: those before may wait for their connection.
 */
export class DataLine {
  readonly #waiting = new Map<string, Store[]>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly engine: Engine,
    private readonly now: () => number,
  ) {}

  /** Runs `work` when all that was asked for before is done, and again where it conflicts with somebody else's. */
  turn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(() => insist(work));
    this.#tail = turn.catch(() => {});
    return turn;
  }

  /** Stores under a key, and hears what became of it. */
  store(table: string, key: string, json: string): Promise<void> {
    return new Promise((done, failed) => {
      const store: Store = { key, json, log: context().log, done, failed };
      const waiting = this.#waiting.get(folded(table));
      if (waiting === undefined) {
        this.#waiting.set(folded(table), [store]);
        this.#next(table);
      } else waiting.push(store);
    });
  }

  #next(table: string): void {
    this.#tail = this.#tail.then(() => this.#run(table));
  }

  /** Never fails: each of the stores does. */
  async #run(table: string): Promise<void> {
    const stores = this.#take(table);
    if (stores.length > 1 && (await this.#together(table, stores))) return;
    for (const store of stores) {
      await this.#write(table, [store]).then(store.done, store.failed);
    }
  }

  #take(table: string): readonly Store[] {
    const waiting = this.#waiting.get(folded(table)) ?? [];
    // the record of a side file keeps single values more faithfully than lists
    const most = this.engine.database.fallback === undefined ? MOST_STORES : 1;
    let count = 0;
    let characters = 0;
    for (const { key, json } of waiting.slice(0, most)) {
      characters += key.length + json.length;
      if (count > 0 && characters > MOST_CHARACTERS) break;
      count += 1;
    }
    const taken = waiting.splice(0, count);
    if (waiting.length === 0) this.#waiting.delete(folded(table));
    else this.#next(table);
    return taken;
  }

  /** Whether that settled them: what one of them may be to blame for is tried one by one. */
  async #together(table: string, stores: readonly Store[]): Promise<boolean> {
    try {
      await this.#write(table, stores);
    } catch (error) {
      if (!isConflict(error) && !this.engine.closed) return false;
      for (const { failed } of stores) failed(error);
      return true;
    }
    for (const { done } of stores) done();
    return true;
  }

  async #write(table: string, stores: readonly Store[]): Promise<void> {
    // of one key the last counts
    const entries = [...new Map(stores.map(({ key, json }) => [key, json]))];
    const log = stores.length === 1 ? stores[0]?.log : undefined;
    const write = (): Promise<unknown> => this.engine.run(storeStatement(table, entries, this.now()));
    await withinSharedContext(log, () => insist(write), STORE);
  }
}

function isConflict(error: unknown): boolean {
  return isDatabaseError(error, 'E_CONFLICT') || isDatabaseError(error, 'E_UNIQUE');
}

async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error) || attempt === ATTEMPTS) throw error;
      await sleep(Math.random() * 5 * 2 ** attempt);
    }
  }
}
