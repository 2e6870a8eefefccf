// Working on a side file while another process holds the database: everything written goes into its journal, the lock is
// tried again and again, and when it is free the journal is brought over and work goes on in the database. Not here: what is
// written down (journal.ts), how it is applied (replay.ts).
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteLiteral } from '../entity/identifier.js';
import { DatabaseError, classify, isDatabaseError, loggable } from '../errors.js';
import type { Log } from '../log.js';
import { detach } from './detach.js';
import { Journal } from './journal.js';
import { Replay, keptConflicts, type AlongWith } from './replay.js';
import type { SideFile } from './side-file.js';

/** What the fallback needs of its database. */
export interface Host {
  readonly path: string;
  readonly log: Log;
  readonly alongWith: AlongWith | undefined;
  /** a new connection with nothing in use */
  bareConnection(): Promise<DuckDBConnection>;
  /** attaches the database beside the side file; @throws DatabaseError `E_LOCKED` */
  attachFile(connection: DuckDBConnection): Promise<void>;
  /** takes the database off again, so that others can have it */
  detachFile(): Promise<void>;
  /**
   * Lets nothing run, does `last`, goes over to the database, and does `leave`.
   *
   * @param last gives the number of conflicts that the database keeps
   * @returns whether it did; not where something stayed open for longer than the patience
   */
  goOver(patienceMs: number, last: () => Promise<number>, leave: () => Promise<void>): Promise<boolean>;
}

/** The lock is tried often at first, and never more seldom than this. */
const POLL_MS = [50, 500] as const;
/** How long running work is waited for, with everything else held back; longer each time. */
const PATIENCE_MS = [100, 5_000] as const;
/** After a failure that is no lock. */
const PAUSE_MS = 5_000;
/** Between making a side file and locking it is a moment in which another process may look at it. */
const MAKE_ATTEMPTS = 3;

export class Fallback {
  #replay: Replay | undefined;
  #connection: DuckDBConnection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #step: Promise<void> = Promise.resolve();
  #pollMs: number = POLL_MS[0];
  #patienceMs: number = PATIENCE_MS[0];
  #applied = 0n;
  #stopped = false;
  #arrived = false;

  private constructor(
    private readonly host: Host,
    private readonly side: SideFile,
    readonly journal: Journal,
  ) {}

  /**
   * Makes the side file.
   *
   * @param locked why
   * @throws DatabaseError `E_LOCKED` when it cannot be made either, with the reason
   */
  static async open(host: Host, side: SideFile, locked: DatabaseError): Promise<Fallback> {
    for (let attempt = 1; ; attempt += 1) {
      const journal = await Fallback.#make(host, side, locked, attempt < MAKE_ATTEMPTS);
      if (journal !== undefined) return new Fallback(host, side, journal);
    }
  }

  /** @returns undefined where whoever holds the database took it for one that never came to be */
  static async #make(host: Host, side: SideFile, locked: DatabaseError, again: boolean): Promise<Journal | undefined> {
    const connection = await host.bareConnection();
    try {
      await connection.run(`ATTACH ${quoteLiteral(side.path)} AS ${side.alias} (TYPE duckdb)`);
      const journal = await Journal.create(connection, side.alias, farStart);
      if (side.exists) return journal;
      await connection.run('USE memory');
      await detach(connection, side.alias);
      if (again) return undefined;
      throw new Error('it is removed again and again');
    } catch (error) {
      const failure = classify(error);
      if (failure.code === 'E_LOCKED' && again) return undefined;
      throw new DatabaseError(
        'E_LOCKED',
        `${locked.message} Work cannot go on beside it, for ${side.path} cannot be made: ${failure.message}`,
        { cause: failure, details: locked.details },
      );
    } finally {
      connection.closeSync();
    }
  }

  get alias(): string {
    return this.side.alias;
  }

  get sidePath(): string {
    return this.side.path;
  }

  /** Transactions that the database does not have yet. */
  get pending(): number {
    return Math.max(0, Number(this.journal.committed - this.#applied));
  }

  /** Tries the lock from now on. Keeps no process alive. */
  start(): void {
    this.#schedule(this.#pollMs);
  }

  #schedule(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#step = this.#try();
    }, ms).unref();
  }

  async #try(): Promise<void> {
    try {
      if (await this.#advance(this.#patienceMs)) return;
      // what runs for long is given a longer time at each attempt
      this.#patienceMs = Math.min(this.#patienceMs * 2, PATIENCE_MS[1]);
      this.#schedule(this.#patienceMs);
    } catch (error) {
      const locked = isDatabaseError(error, 'E_LOCKED');
      if (!locked) this.host.log('fallbackNotApplied', { side_path: this.side.path, ...loggable(error) });
      this.#schedule(locked ? this.#pollMs : PAUSE_MS);
      this.#pollMs = Math.min(this.#pollMs * 1.2, POLL_MS[1]);
    }
  }

  /** Attaches the database, brings over what there is while work goes on, then the rest while nothing runs. */
  async #advance(patienceMs: number): Promise<boolean> {
    const { replay, connection } = await this.#begin();
    let heldAt = 0;
    try {
      await this.#comeNear(replay);
      const last = async (): Promise<number> => {
        heldAt = performance.now();
        // to the very end, whatever was told: an interrupt may have come behind the commit
        await this.#catchUp(replay);
        // DDL left in a WAL can keep other programs from opening the file after a crash
        await connection.run('CHECKPOINT');
        return keptConflicts(connection);
      };
      if (!(await this.host.goOver(patienceMs, last, () => this.#leave(replay, connection)))) return false;
    } catch (error) {
      // others may have it, until it can be tried again
      await this.#giveUp();
      throw classify(error);
    }
    this.host.log('fallbackApplied', {
      original_db_path: this.host.path,
      side_path: this.side.path,
      ...replay.counts,
      pause_ms: Math.round(performance.now() - heldAt),
    });
    return true;
  }

  async #begin(): Promise<{ readonly replay: Replay; readonly connection: DuckDBConnection }> {
    const connection = (this.#connection ??= await this.host.bareConnection());
    if (this.#replay !== undefined) return { replay: this.#replay, connection };
    await this.host.attachFile(connection);
    try {
      const replay = await Replay.open(connection, this.side.name, this.side.alias, this.host.alongWith);
      this.#replay = replay;
      return { replay, connection };
    } catch (error) {
      await this.#giveUp();
      throw classify(error);
    }
  }

  /**
   * Brings over what there is while work goes on, again and again for as long as less and less is left. Whoever writes faster
   * than this applies would never be caught up with: the rest has to be done while nothing runs.
   */
  async #comeNear(replay: Replay): Promise<void> {
    for (let before = Infinity; ;) {
      // less than none, where a commit is done and has not been told yet
      const left = Number(this.journal.committed - replay.applied);
      if (left <= 0 || left > before / 2) return;
      before = left;
      await this.#catchUp(replay, this.journal.committed);
    }
  }

  async #catchUp(replay: Replay, until: bigint | number = Infinity): Promise<void> {
    while (replay.applied < until && (await replay.next())) this.#applied = replay.applied;
    this.#applied = replay.applied;
  }

  async #giveUp(): Promise<void> {
    this.#replay = undefined;
    // one that uses a database which was given up over a full disk can do nothing any more, not even leave it
    this.#connection?.closeSync();
    this.#connection = undefined;
    await this.host.detachFile();
  }

  /** Every connection is in the database; the side file has served. */
  async #leave(replay: Replay, connection: DuckDBConnection): Promise<void> {
    this.#stopped = true;
    this.#arrived = true;
    try {
      await detach(connection, this.side.alias);
      this.side.remove();
      await replay.forget();
    } catch (error) {
      // it is applied, which the database knows; the next start removes it
      this.host.log('fallbackNotRemoved', { side_path: this.side.path, ...loggable(error) });
    } finally {
      connection.closeSync();
    }
  }

  /**
   * Ends it, when nothing runs any more: with the database if its lock is free; else the side file waits for the next start.
   */
  async close(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#step;
    if (this.#arrived) return;
    try {
      if (!this.journal.written) return await this.#discard();
      if (await this.#advance(0)) return;
    } catch (error) {
      if (!isDatabaseError(error, 'E_LOCKED'))
        this.host.log('fallbackNotApplied', { side_path: this.side.path, ...loggable(error) });
    }
    this.host.log('closedInFallback', { side_path: this.side.path, transactions: this.pending });
    this.#connection?.closeSync();
  }

  /** Nothing was written. */
  async #discard(): Promise<void> {
    const connection = this.#connection ?? (await this.host.bareConnection());
    try {
      await detach(connection, this.side.alias);
      this.side.remove();
    } finally {
      connection.closeSync();
    }
  }
}

/**
 * Where the keys begin that are given out in fallback: somewhere in the upper half of what the column holds, so that neither
 * the database nor another process in fallback has come there.
 *
 * @param bits of the positive numbers that fit
 */
function farStart(bits: number): bigint {
  const half = 2n ** BigInt(bits - 1);
  return half + (BigInt(Math.floor(Math.random() * 2 ** 32)) * (half - half / 4n)) / 2n ** 32n;
}
