// Side files that nobody works on any more: their process was closed or killed while another one held the database. Whoever
// holds the database now brings them in. Not here: how (replay.ts).
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteLiteral } from '../entity/identifier.js';
import { DatabaseError, classify, loggable } from '../errors.js';
import type { Log } from '../log.js';
import { detach } from './detach.js';
import { attachAlone } from './one-instance.js';
import { Replay, type AlongWith } from './replay.js';
import { SideFile } from './side-file.js';

/** What bringing in needs of the database. */
export interface Into {
  readonly path: string;
  readonly log: Log;
  readonly alongWith: AlongWith | undefined;
  /** a new connection with the database in use */
  connect(): Promise<DuckDBConnection>;
  /** something is being written, until it is told that this is over */
  writing(): () => void;
  /** something was written */
  changed(): Promise<void>;
}

const POLL_MS = 2_000;

export class Orphans {
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #trouble: string | undefined;
  #stopped = false;

  constructor(private readonly into: Into) {}

  /**
   * Applies every side file of the database that no process holds, and removes it.
   *
   * @throws DatabaseError when one cannot be read or applied now; it stays, and so does what is in it
   */
  async bringIn(): Promise<void> {
    for (const side of SideFile.of(this.into.path)) await adopt(side, this.into);
  }

  /** Looks again and again: a process in fallback that ends while this one has the file leaves its writes to it. */
  watch(): void {
    if (this.#stopped) return;
    this.#timer ??= setInterval(() => void this.look(), POLL_MS).unref();
  }

  /** One look, after the one that is under way. What fails is tried again at the next one, and told once. */
  look(): Promise<void> {
    // at close there is one more; the timer does not wait in line
    const before = this.#looking;
    if (before !== undefined && !this.#stopped) return before;
    const look = (before ?? Promise.resolve())
      .then(() => this.#try())
      .finally(() => {
        if (this.#looking === look) this.#looking = undefined;
      });
    this.#looking = look;
    return look;
  }

  async #try(): Promise<void> {
    try {
      await this.bringIn();
      this.#trouble = undefined;
    } catch (error) {
      const trouble = loggable(error);
      if (trouble.error !== this.#trouble)
        this.into.log('fallbackNotApplied', { original_db_path: this.into.path, ...trouble });
      this.#trouble = trouble.error;
    }
  }

  /** Ends the watch; one look may still be under way, and `look` waits for it. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }
}

async function adopt(side: SideFile, into: Into): Promise<void> {
  const connection = await into.connect();
  try {
    try {
      // another thread of this process may work on it, which no lock would tell
      await attachAlone(
        side.path,
        () => connection.run(`ATTACH ${quoteLiteral(side.path)} AS ${side.alias} (TYPE duckdb)`),
        () => connection.run(`DETACH ${side.alias}`),
      );
    } catch (error) {
      const failure = classify(error);
      // its process is alive, and may only just be making it; or another one has just brought it in
      if (failure.code === 'E_LOCKED' || failure.details['reason'] === 'exists' || !side.exists) return;
      if (side.unborn) return side.remove();
      throw unreadable(side, failure);
    }
    let replay: Replay | undefined;
    try {
      replay = await bringIn(side, connection, into);
    } finally {
      await detach(connection, side.alias);
    }
    side.remove();
    await replay?.forget();
  } finally {
    connection.closeSync();
  }
}

async function bringIn(side: SideFile, connection: DuckDBConnection, into: Into): Promise<Replay | undefined> {
  if (!(await hasJournal(side, connection))) return undefined;
  const replay = await Replay.open(connection, side.name, side.alias, into.alongWith);
  // others see each transaction before it is told here
  const over = into.writing();
  try {
    while (await replay.next()) {
      // to the end
    }
  } finally {
    try {
      if (replay.counts.transactions > 0) await into.changed();
    } finally {
      over();
    }
  }
  const { transactions, conflicts } = replay.counts;
  into.log('fallbackApplied', { original_db_path: into.path, side_path: side.path, transactions, conflicts });
  return replay;
}

/** Killed between making the file and its journal, a process has told nobody that anything was written. */
async function hasJournal(side: SideFile, connection: DuckDBConnection): Promise<boolean> {
  const result = await connection.run(
    `SELECT 1 FROM duckdb_tables() WHERE database_name = '${side.alias}' AND table_name = 'operations'`,
  );
  return result.rowCount > 0;
}

function unreadable(side: SideFile, cause: DatabaseError): DatabaseError {
  return new DatabaseError(
    cause.code,
    `${side.path} holds writes that were made while another process had the database, and it cannot be read: ${cause.message} Restore it, or move it away to open the database without them.`,
    { cause, details: { ...cause.details, path: side.path } },
  );
}
