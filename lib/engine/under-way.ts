// What a manager has under way: on sessions of the pool, lent, and waited for; and how close() ends it. Not here: what is run
// (engine.ts).
import { Limit } from '../limit.js';
import type { Database } from './database.js';
import { closedError } from './pool.js';
import type { Session } from './session.js';

/** How long close() waits for transactions whose code does something else than SQL. */
const CLOSE_GRACE_MS = 5_000;

export class UnderWay {
  readonly #running = new Set<Promise<unknown>>();
  readonly #sessions = new Set<Session>();
  /** what close() stops at once: streams, and what is waited for elsewhere than in DuckDB */
  readonly #stoppable = new Set<Limit>();
  /** what is lent: close() takes it back in the end */
  readonly #leases = new Set<Limit>();
  #closed = false;
  #overdue = false;

  constructor(private readonly database: Database) {}

  get closed(): boolean {
    return this.#closed;
  }

  /** close() waits no longer. */
  get overdue(): boolean {
    return this.#overdue;
  }

  /**
   * Work on a session of its own.
   *
   * @throws DatabaseError `E_CLOSED`, after close()
   */
  async use<T>(work: (session: Session) => Promise<T>, limit?: Limit): Promise<T> {
    const running = this.database.pool.use(async (session) => {
      if (this.#closed) throw closedError();
      this.database.recovery.refuseIfGone();
      this.#sessions.add(session);
      try {
        return await work(session);
      } finally {
        this.#sessions.delete(session);
      }
    }, limit);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      this.database.recovery.failed(error);
      throw error;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Work that close() stops in the end, whatever it hangs on. */
  async lease<T>(limit: Limit | undefined, work: (whole: Limit) => Promise<T>): Promise<T> {
    const whole = new Limit([limit]);
    this.#leases.add(whole);
    try {
      return await work(whole);
    } finally {
      this.#leases.delete(whole);
      whole.dispose();
    }
  }

  /** Has close() stop a limit at once. @returns how to take it back */
  stopAtClose(limit: Limit): () => void {
    this.#stoppable.add(limit);
    if (this.#closed) limit.stop(closedError());
    return () => void this.#stoppable.delete(limit);
  }

  /** Refuses new work, stops what runs, and waits for it to end. */
  async close(): Promise<void> {
    this.#closed = true;
    const interrupt = (): void => {
      for (const session of this.#sessions) session.interrupt();
    };
    const stopping = setInterval(interrupt, 20);
    let grace: NodeJS.Timeout | undefined;
    try {
      interrupt();
      for (const limit of this.#stoppable) limit.stop(closedError());
      const over = new Promise((resolve) => (grace = setTimeout(resolve, CLOSE_GRACE_MS)));
      const ended = Promise.allSettled(this.#running);
      await Promise.race([ended, over]);
      this.#overdue = true;
      for (const lease of this.#leases) lease.stop(closedError());
      await ended;
    } finally {
      clearInterval(stopping);
      clearTimeout(grace);
    }
  }
}
