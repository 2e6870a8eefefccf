// A few sessions, lent to one borrower at a time, first come first served. Not here: what runs on them.
import { DatabaseError } from '../errors.js';
import type { Limit } from '../limit.js';
import type { Session } from './session.js';

interface Waiter {
  readonly take: (session: Session) => void;
  readonly refuse: (error: unknown) => void;
  /** waits no longer */
  left: boolean;
}

/** a longer one fires at once */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Pool {
  readonly #idle: Session[] = [];
  readonly #lent = new Set<Session>();
  readonly #waiting: Waiter[] = [];
  #opening = 0;
  #closed = false;
  #paused = false;
  /** told when the last session is back, or the pool closes */
  #drained: (() => void) | undefined;

  constructor(
    /** how many there are at most */
    readonly size: number,
    private readonly acquireTimeoutMs: number,
    private readonly open: () => Promise<Session>,
  ) {}

  get stats(): { readonly size: number; readonly busy: number; readonly waiting: number } {
    return { size: this.size, busy: this.#lent.size, waiting: this.#waiting.length };
  }

  get closed(): boolean {
    return this.#closed;
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
    if (this.#paused) return this.#wait(limit);
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
      const next = this.#paused ? undefined : this.#waiting.shift();
      if (next !== undefined) this.#openFor(next);
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

  /** A new session for somebody who was in the line; by the time it is there he may have left. */
  #openFor(waiter: Waiter): void {
    this.#open().then(
      (session) => (waiter.left ? this.#release(session) : waiter.take(session)),
      (error: unknown) => waiter.refuse(error),
    );
  }

  #wait(limit: Limit | undefined): Promise<Session> {
    return new Promise((resolve, reject) => {
      let off = (): void => {};
      const leave = (error: DatabaseError): void => {
        const place = this.#waiting.indexOf(waiter);
        if (place >= 0) this.#waiting.splice(place, 1);
        waiter.left = true;
        waiter.refuse(error);
      };
      const timer = setTimeout(
        () => {
          leave(
            new DatabaseError(
              'E_TIMEOUT',
              `No connection became free within ${this.acquireTimeoutMs} ms: all ${this.size} are lent. ` +
                'Look for a transaction that waits for something outside, or a stream that is not read on, or raise pool: { size, acquireTimeout }.',
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
      const waiter: Waiter = { take: settle(resolve), refuse: settle(reject), left: false };
      this.#waiting.push(waiter);
      if (limit !== undefined) off = limit.onStop(leave);
    });
  }

  #release(session: Session): void {
    const next = this.#paused ? undefined : this.#waiting.shift();
    if (next !== undefined) return next.take(session);
    this.#lent.delete(session);
    if (!this.#closed) this.#idle.push(session);
    this.#tellDrained();
  }

  /**
   * Lends nothing more, waits until every session is back, and runs `work` with them; whoever asks meanwhile waits in line.
   *
   * @returns what `work` gave; undefined where a session did not come back within the patience, or the pool was closed
   */
  async still<T>(patienceMs: number, work: (sessions: readonly Session[]) => Promise<T>): Promise<T | undefined> {
    if (this.#closed || this.#paused) return undefined;
    this.#paused = true;
    try {
      await this.#drain(patienceMs);
      if (this.#closed || this.#lent.size + this.#opening > 0) return undefined;
      return await work([...this.#idle]);
    } finally {
      this.#paused = false;
      this.#serve();
    }
  }

  async #drain(patienceMs: number): Promise<void> {
    if (this.#lent.size + this.#opening === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.#drained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#drained = undefined;
  }

  #tellDrained(): void {
    if (this.#closed || this.#lent.size + this.#opening === 0) this.#drained?.();
  }

  /** Gives to whoever waits what is there. */
  #serve(): void {
    while (this.#waiting.length > 0) {
      const idle = this.#idle.pop();
      if (idle === undefined && this.#lent.size + this.#opening >= this.size) return;
      const next = this.#waiting.shift() as Waiter;
      if (idle === undefined) this.#openFor(next);
      else {
        this.#lent.add(idle);
        next.take(idle);
      }
    }
  }

  /** Refuses whoever waits, stops what runs, and closes every session when it is done. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#tellDrained();
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(closedError());
    await Promise.all([...this.#idle.splice(0), ...this.#lent].map((session) => session.close()));
  }
}

export function closedError(): DatabaseError {
  return new DatabaseError('E_CLOSED', 'The manager is closed. Call connect() to use it again.');
}
