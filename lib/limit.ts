// How long one call may take, and who may stop it: its timeout, its signal, and what it is a part of. Not here: what is done to
// stop it (engine/session.ts interrupts DuckDB).
import { withinContext } from './context.js';
import { callsAreTold } from './diagnostics.js';
import { durationMs, type Duration } from './duration.js';
import { DatabaseError } from './errors.js';

/** What every call that can be long takes. */
export interface CallOptions {
  /** stops the call, and interrupts DuckDB: `E_ABORTED`, with the signal's reason as `cause` */
  readonly signal?: AbortSignal | undefined;
  /**
   * how long the whole call may take, its wait for a connection included: then DuckDB is interrupted, `E_TIMEOUT`. Takes the
   * place of the manager's `queryTimeout`; default none
   */
  readonly timeout?: Duration | undefined;
}

export const CALL_OPTIONS: readonly string[] = ['signal', 'timeout'];

/** a longer timer would fire at once */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** One listener on each signal, however many calls it is given to: Node warns of a leak from the eleventh on. */
const following = new WeakMap<AbortSignal, { readonly stops: Set<() => void>; readonly listener: () => void }>();

/** @returns how to take it back */
function onAbort(signal: AbortSignal, stop: () => void): () => void {
  let known = following.get(signal);
  if (known === undefined) {
    const stops = new Set<() => void>();
    known = { stops, listener: () => stops.forEach((each) => each()) };
    following.set(signal, known);
    signal.addEventListener('abort', known.listener, { once: true });
  }
  const { stops, listener } = known;
  stops.add(stop);
  return () => {
    stops.delete(stop);
    if (stops.size > 0) return;
    signal.removeEventListener('abort', listener);
    following.delete(signal);
  };
}

/** One call's limit. It stops once, for one reason, and tells whoever asked to be told. */
export class Limit {
  /** how long each statement under it may take; it counts from where the statement starts */
  readonly statementMs: number | undefined;
  readonly #listeners = new Set<(reason: DatabaseError) => void>();
  readonly #cleanups: (() => void)[] = [];
  #reason: DatabaseError | undefined;

  /** @param parents what this is a part of: it stops when one of them does */
  constructor(parents: readonly (Limit | undefined)[] = [], statementMs?: number) {
    this.statementMs = statementMs ?? parents.find((parent) => parent?.statementMs !== undefined)?.statementMs;
    for (const parent of parents)
      if (parent !== undefined) this.#cleanups.push(parent.onStop((reason) => this.stop(reason)));
  }

  /**
   * The limit of a call, or undefined for one without.
   *
   * @param statementMs what each of its statements may take where the call has no timeout of its own
   * @throws DatabaseError `E_CONFIG` for what is no signal or no duration; the reason, where it has stopped already
   */
  static of({ signal, timeout }: CallOptions, what: string, statementMs?: number): Limit | undefined {
    const timeoutMs = timeout === undefined ? undefined : durationMs(timeout, `${what}: timeout`);
    if (signal !== undefined && !isSignal(signal))
      throw new DatabaseError('E_CONFIG', `${what}: signal is an AbortSignal, such as that of an AbortController.`);
    if (signal === undefined && timeoutMs === undefined && statementMs === undefined) return undefined;
    const limit = new Limit([], timeoutMs === undefined ? statementMs : undefined);
    if (signal !== undefined) limit.#follow(signal, what);
    if (timeoutMs !== undefined)
      limit.after(
        timeoutMs,
        `${what} was stopped by its timeout of ${timeoutMs} ms. Ask for less at once, or give it a longer timeout.`,
      );
    return limit;
  }

  /**
   * The limit of what several calls wait for: it stops when the last of them has, and never where one of them cannot.
   *
   * @param statementMs what each of its statements may take
   */
  static ofAll(limits: readonly (Limit | undefined)[], statementMs?: number): Limit | undefined {
    const endless = limits.includes(undefined);
    if (endless && statementMs === undefined) return undefined;
    const whole = new Limit([], statementMs);
    if (endless) return whole;
    let waiting = limits.length;
    for (const limit of limits as readonly Limit[]) {
      const off = limit.onStop((reason) => {
        waiting -= 1;
        if (waiting === 0) whole.stop(reason);
      });
      whole.#cleanups.push(off);
    }
    return whole;
  }

  /** Why it has stopped; undefined while it has not. */
  get reason(): DatabaseError | undefined {
    return this.#reason;
  }

  /** Stops after a time. */
  after(timeoutMs: number, message: string): this {
    const stop = (): void => this.stop(new DatabaseError('E_TIMEOUT', message, { details: { timeoutMs } }));
    if (timeoutMs === 0) stop();
    else {
      const timer = setTimeout(stop, Math.min(timeoutMs, LONGEST_TIMER_MS));
      this.#cleanups.push(() => clearTimeout(timer));
    }
    return this;
  }

  #follow(signal: AbortSignal, what: string): void {
    const stop = (): void =>
      this.stop(new DatabaseError('E_ABORTED', `${what} was stopped by its signal.`, { cause: signal.reason }));
    if (signal.aborted) return stop();
    this.#cleanups.push(onAbort(signal, stop));
  }

  /** Stops it now; only the first reason counts. */
  stop(reason: DatabaseError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const listeners = new Set(this.#listeners);
    this.#listeners.clear();
    // whoever it was for may never come back to say that it is over: a stream that nobody reads on
    this.dispose();
    for (const listener of listeners) listener(reason);
  }

  /** Calls `listener` once when it stops, at once where it has. @returns how to take it back */
  onStop(listener: (reason: DatabaseError) => void): () => void {
    if (this.#reason !== undefined) listener(this.#reason);
    else this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @throws DatabaseError the reason, where it has stopped */
  refuse(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  /** What `work` gives, or the reason as soon as it stops; `work` itself goes on. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const off = this.onStop(reject);
      void work.then(resolve, reject).finally(off);
    });
  }

  /**
   * The items of a source that may hang: when this stops, the source is told by its `return()` and not waited for, since a
   * generator that hangs never answers.
   */
  items<T>(source: AsyncIterable<T>): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: () => {
        const iterator = source[Symbol.asyncIterator]();
        let refuse: (reason: DatabaseError) => void = () => {};
        const off = this.onStop((reason) => refuse(reason));
        return {
          next: async () => {
            try {
              return await new Promise<IteratorResult<T>>((resolve, reject) => {
                if (this.#reason !== undefined) return reject(this.#reason);
                refuse = reject;
                Promise.resolve(iterator.next()).then(resolve, reject);
              });
            } catch (error) {
              off();
              // a source that threw has ended by itself
              if (error === this.#reason) void Promise.resolve(iterator.return?.()).catch(() => {});
              throw error;
            }
          },
          return: async () => {
            off();
            const returned = Promise.resolve(iterator.return?.());
            if (this.#reason === undefined) await returned;
            else void returned.catch(() => {});
            return { done: true, value: undefined };
          },
        };
      },
    };
  }

  /** Forgets timers and listeners: the call is over. */
  dispose(): void {
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
  }
}

/** The entity that a call is about. */
interface About {
  readonly className: string;
  /** of its table */
  readonly id: string;
}

/**
 * Runs a call within its limit. Nothing is run where that has stopped before.
 *
 * @param about the entity, for whoever listens on the channels of diagnostics.ts
 */
export async function limited<T>(
  options: CallOptions,
  what: string,
  statementMs: number | undefined,
  about: About | undefined,
  work: (limit: Limit | undefined) => Promise<T>,
): Promise<T> {
  const limit = Limit.of(options, what, statementMs);
  const run = callsAreTold() ? asCall(what, about, work) : work;
  if (limit === undefined) return run(undefined);
  try {
    limit.refuse();
    return await run(limit);
  } finally {
    limit.dispose();
  }
}

function asCall<A, T>(operation: string, about: About | undefined, work: (limit: A) => T): (limit: A) => T {
  const call = { operation, entity: about?.className, table: about?.id };
  return (limit) => withinContext({ call }, () => work(limit));
}

/**
 * What is there, at once; what has to be waited for, within the limit. At once, for statements that nobody awaits must reach the
 * database in the order of their calls, whichever way they come.
 */
export function within<T>(limit: Limit | undefined, work: T | Promise<T>): T | Promise<T> {
  return limit !== undefined && work instanceof Promise ? limit.race(work) : work;
}

function isSignal(value: unknown): value is AbortSignal {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<AbortSignal>).aborted === 'boolean' &&
    typeof (value as Partial<AbortSignal>).addEventListener === 'function'
  );
}
