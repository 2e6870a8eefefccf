// A few sessions, lent to one borrower at a time, first come first served. Not here: what runs on them.
import { DatabaseError } from '../errors.js';
import type { Limit } from '../limit.js';
import type { Session } from './session.js';

interface Waiter {
  readonly take: (session: Session) => void;
  readonly refuse: (error: unknown) => void;
}

/** a longer one fires at once */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Pool {
  readonly #idle: Session[] = [];
  readonly #lent = new Set<Session>();
  readonly #waiting: Waiter[] = [];
  #opening = 0;
  #closed = false;

  constructor(
    private readonly size: number,
    private readonly acquireTimeoutMs: number,
    private readonly open: () => Promise<Session>,
  ) {}

  get stats(): { readonly size: number; readonly busy: number; readonly waiting: number } {
    return { size: this.size, busy: this.#lent.size, waiting: this.#waiting.length };
  }

  /** Lends a session to `work` alone until it settles. Whoever waits for one waits no longer than `limit`. */
  async use<T>(work: (session: Session) => Promise<T>, limit?: Limit): Promise<T> {
    const session = await this.#acquire(limit);
    try {
      limit?.refuse();
      return await work(session);
    } finally {
      this.#release(session);
    }
  }

  async #acquire(limit: Limit | undefined): Promise<Session> {
    if (this.#closed) throw closedError();
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      this.#lent.add(idle);
      return idle;
    }
    if (this.#lent.size + this.#opening < this.size) {
      return this.#open();
    }
    return this.#wait(limit);
  }

  async #open(): Promise<Session> {
    this.#opening += 1;
    let session: Session;
    try {
      session = await this.open();
    } catch (error) {
      // its place is free again: whoever waits first tries for himself
      const next = this.#waiting.shift();
      if (next !== undefined) this.#open().then(next.take, next.refuse);
      throw error;
    } finally {
      this.#opening -= 1;
    }
    if (this.#closed) {
      await session.close();
      throw closedError();
    }
    this.#lent.add(session);
    return session;
  }

  #wait(limit: Limit | undefined): Promise<Session> {
    return new Promise((resolve, reject) => {
      let off = (): void => {};
      const leave = (error: DatabaseError): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        waiter.refuse(error);
      };
      const timer = setTimeout(
        () => {
          leave(
            new DatabaseError(
              'E_TIMEOUT',
              `No connection became free within ${this.acquireTimeoutMs} ms: all ${this.size} are lent. ` +
                'Look for a transaction that waits for something outside, or raise pool: { size, acquireTimeout }.',
              { details: this.stats },
            ),
          );
        },
        Math.min(this.acquireTimeoutMs, LONGEST_TIMER_MS),
      );
      const settle =
        <A>(then: (value: A) => void) =>
        (value: A) => {
          clearTimeout(timer);
          off();
          then(value);
        };
      const waiter: Waiter = { take: settle(resolve), refuse: settle(reject) };
      this.#waiting.push(waiter);
      if (limit !== undefined) off = limit.onStop(leave);
    });
  }

  #release(session: Session): void {
    const next = this.#waiting.shift();
    if (next !== undefined) return next.take(session);
    this.#lent.delete(session);
    if (this.#closed) return;
    this.#idle.push(session);
  }

  /** Refuses whoever waits, stops what runs, and closes every session when it is done. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(closedError());
    await Promise.all([...this.#idle.splice(0), ...this.#lent].map((session) => session.close()));
  }
}

export function closedError(): DatabaseError {
  return new DatabaseError('E_CLOSED', 'The manager is closed. Call connect() to use it again.');
}
