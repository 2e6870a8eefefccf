// A database that DuckDB gave up on because a checkpoint failed: taken off and attached again, it has every commit from its
// log. Not here: what made it fail.
import { DatabaseError, classify, isDatabaseError, loggable } from '../errors.js';
import type { Log } from '../log.js';

/** What the recovery needs of its database. */
export interface Patient {
  readonly path: string;
  readonly log: Log;
  /**
   * Lets nothing run, and does `work`, with the means to take the database off, as far as it is there, and attach it again.
   *
   * @returns whether it did; not where something stayed open for longer than the patience
   */
  still(patienceMs: number, work: (reattach: () => Promise<void>) => Promise<void>): Promise<boolean>;
  /** it is there again, with everything that was acknowledged, and perhaps more */
  recovered(): void;
}

const PATIENCE_MS = 5_000;
const RETRY_MS = [250, 5_000] as const;

export class Recovery {
  #problem: DatabaseError | undefined;
  /** the database is taken off, and could not be attached again */
  #gone = false;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs: number = RETRY_MS[0];
  #closed = false;

  constructor(private readonly patient: Patient) {}

  /** What is wrong with it now. */
  get problem(): DatabaseError | undefined {
    return this.#problem;
  }

  /** Looks at a failure: where it says that the database is given up, whoever comes next waits until it is back. */
  failed(error: unknown): void {
    const invalidated = invalidationIn(error);
    if (invalidated === undefined || this.#running !== undefined || this.#gone || this.#closed) return;
    this.#problem = invalidated;
    // the whole instance is lost: only a new one helps, which connect() makes
    if (!isOneDatabase(invalidated)) return;
    this.#start();
  }

  /** @throws DatabaseError `E_INVALIDATED` while the database could not be attached again */
  refuseIfGone(): void {
    if (!this.#gone || this.#problem === undefined) return;
    throw new DatabaseError(
      'E_INVALIDATED',
      `${this.patient.path} was given up by DuckDB after a failed checkpoint, and cannot be attached again yet: ${this.#problem.message} It is tried again and again; every acknowledged write is in the file or its log.`,
      { cause: this.#problem, details: this.#problem.details },
    );
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#running = this.#recover().finally(() => (this.#running = undefined));
  }

  async #recover(): Promise<void> {
    try {
      const done = await this.patient.still(PATIENCE_MS, async (reattach) => {
        this.#gone = true;
        await reattach();
        // before anybody else runs
        this.#gone = false;
        this.#problem = undefined;
        this.patient.recovered();
      });
      if (!done) return this.#again();
      this.#retryMs = RETRY_MS[0];
      this.patient.log('recovered', { db_path: this.patient.path });
    } catch (error) {
      this.#problem = classify(error);
      this.patient.log('recoveryFailed', { db_path: this.patient.path, ...loggable(this.#problem) });
      this.#again();
    }
  }

  #again(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#start(), this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS[1]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }
}

function invalidationIn(error: unknown): DatabaseError | undefined {
  for (let each = error; isDatabaseError(each); each = each.cause) if (each.code === 'E_INVALIDATED') return each;
  return undefined;
}

/** DuckDB's words for one attached database; a FATAL error is about the whole instance. */
function isOneDatabase(error: DatabaseError): boolean {
  return /^IO Error: (?:Checkpoint failed for database|Database) "/.test(error.message);
}
