// One call that waits to be run together with others. Not here: what it is about (point-reads.ts, group-commit.ts).
import { AsyncLocalStorage } from 'node:async_hooks';
import { context, withinSharedContext, type Call, type LogContext } from './context.js';
import { queries } from './diagnostics.js';
import type { Callers, Waited } from './engine/telling.js';
import { DatabaseError, isDatabaseError } from './errors.js';
import type { Limit } from './limit.js';

/** What is noted of a call where somebody listens: it may run in what another call has started. */
class Asked {
  readonly at = performance.now();
  readonly cacheKey = context().cacheKey;
  readonly within = AsyncLocalStorage.snapshot();
}

export class WaitingCall<Q, A> {
  readonly answer: Promise<A>;
  /** the ids that its log lines carry */
  readonly log = context().log;
  /** undefined where nobody listens */
  readonly asked = queries.hasSubscribers ? new Asked() : undefined;
  /** called when its limit ends its wait: nothing will be run for it */
  left: ((reason: DatabaseError) => void) | undefined = undefined;
  #resolve!: (answer: A) => void;
  #reject!: (error: unknown) => void;
  #off: () => void = () => {};
  #tell: () => void = () => {};
  #settled = false;

  /**
   * @param limit ends its wait, until `started`
   * @param call what it is
   */
  constructor(
    readonly question: Q,
    readonly limit: Limit | undefined,
    readonly call: Call,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (limit !== undefined)
      this.#off = limit.onStop((reason) => {
        this.fail(reason);
        this.tell();
        this.left?.(reason);
      });
  }

  /** Whether nothing has to be done for it any more: there is its answer or its error, or its limit has ended the wait. */
  get settled(): boolean {
    return this.#settled;
  }

  /** From here on what it comes to counts: what runs for it stops with its limit, where it stops. */
  started(): void {
    this.#off();
  }

  succeed(answer: A): void {
    this.#settle(() => this.#resolve(answer));
  }

  fail(error: unknown): void {
    this.#settle(() => this.#reject(error));
  }

  /** Fails with what others fail with too, by an error of its own. */
  failToo(error: unknown): void {
    this.fail(this.limit?.reason ?? ownError(error));
  }

  /**
   * Runs `fn` for this call, or for several of which it is the first: with the ids that they share, and for whoever has bound a store
   * to a channel as a part of what this one is a part of.
   */
  within<T>(log: LogContext | undefined, fn: () => T): T {
    const run = (): T => withinSharedContext(log, fn);
    return this.asked === undefined ? run() : this.asked.within(run);
  }

  /** Lets the caller go on, once the session is back: what he asks for next finds it free. */
  tell(): void {
    this.#tell();
  }

  #settle(tell: () => void): void {
    this.#settled = true;
    this.#tell = tell;
    this.#off();
  }
}

/** Whoever adds to an error that he got must not add to those of others. */
function ownError(error: unknown): unknown {
  if (!isDatabaseError(error)) return error;
  const { code, message, details, retryable, cause } = error;
  return new DatabaseError(code, message, { cause: cause ?? error, details, retryable });
}

const IDS = ['correlationId', 'userId', 'requestId'] as const;

/** The ids that all of these calls share, wherever they were said; undefined where they share none. */
export function sharedIds(calls: readonly Pick<WaitingCall<unknown, unknown>, 'log'>[]): LogContext | undefined {
  const log = calls[0]?.log;
  // made under one `withContext`
  if (log === undefined || calls.every((call) => call.log === log)) return log;
  const shared = IDS.filter((id) => log[id] !== undefined && calls.every((call) => call.log?.[id] === log[id]));
  return shared.length === 0 ? undefined : Object.fromEntries(shared.map((id) => [id, log[id]]));
}

/** What a log line tells of the calls that one statement is for. */
export function toldOf(calls: readonly Pick<WaitingCall<unknown, unknown>, 'log'>[]): Callers {
  const ids = new Set(calls.map((call) => call.log?.correlationId));
  if (ids.size < 2) return { callers: calls.length };
  return { callers: calls.length, correlation_ids: [...ids].filter((id) => id !== undefined) };
}

type Told = Pick<WaitingCall<unknown, unknown>, 'log' | 'call' | 'asked'>;

/** What is told of a statement that is for these calls, of which there is one at least. */
export function waitedBy(calls: readonly Told[]): Waited {
  const [first] = calls as readonly [Told];
  return { call: first.call, asked: first.asked, told: () => toldOf(calls) };
}

/** The same of those who still wait; undefined where all have left. */
export function stillWaiting(calls: readonly (Told & { readonly settled: boolean })[]): Waited | undefined {
  const left = calls.filter((call) => !call.settled);
  return left.length === 0 ? undefined : waitedBy(left);
}

/** Calls `fn` when the turn of the event loop is over, or what of it has been begun. */
export function afterTurn(fn: () => void): void {
  queueMicrotask(() => process.nextTick(fn));
}
