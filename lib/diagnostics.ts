// The channels of `node:diagnostics_channel`, and how something is told on them; nothing is made where nobody listens. Not here: what
// is told (diagnostic-events.ts), and by whom (engine/telling.ts, cache/telling.ts).
import { channel, tracingChannel } from 'node:diagnostics_channel';
import { context, withinContext, type Call } from './context.js';
import type {
  CacheEvent,
  CacheLoadEvent,
  DiagnosticEvent,
  EventError,
  QueryEvent,
  TimedEvent,
  TransactionEvent,
} from './diagnostic-events.js';
import { loggable } from './errors.js';

/**
 * The tracing channel of statements, whose messages are `QueryEvent`s: `tracing:mysingle.database:query:start`, `:end`, `:asyncStart`,
 * `:asyncEnd`, `:error`.
 *
 * @example subscribe(`tracing:${QUERY_CHANNEL}:asyncEnd`, (message) => record((message as QueryEvent).durationMs));
 */
export const QUERY_CHANNEL = 'mysingle.database:query';

/** The tracing channel of transactions, whose messages are `TransactionEvent`s. */
export const TRANSACTION_CHANNEL = 'mysingle.database:transaction';

/** The tracing channel of loads of cached values, whose messages are `CacheLoadEvent`s. */
export const CACHE_LOAD_CHANNEL = 'mysingle.database:cache:load';

/**
 * The plain channel of what the cache did, whose messages are `CacheEvent`s.
 *
 * @example subscribe(CACHE_CHANNEL, (message) => counts.add((message as CacheEvent).type));
 */
export const CACHE_CHANNEL = 'mysingle.database:cache';

/** What is used of a channel. Node's own types of it differ from one version of them to the next, and users have any. */
export interface Telling<E> {
  readonly hasSubscribers: boolean;
  publish(event: E): void;
  runStores<T>(event: E, work: () => T): T;
}

/** The same of a tracing channel. Its `hasSubscribers` is there from Node 20.13 on. */
export interface Tracing<E extends TimedEvent> {
  readonly hasSubscribers: boolean;
  readonly start: Telling<E>;
  readonly end: Telling<E>;
  readonly asyncStart: Telling<E>;
  readonly asyncEnd: Telling<E>;
  readonly error: Telling<E>;
}

const tracing = <E extends TimedEvent>(name: string): Tracing<E> => tracingChannel(name) as object as Tracing<E>;

export const queries = tracing<QueryEvent>(QUERY_CHANNEL);
export const transactions = tracing<TransactionEvent>(TRANSACTION_CHANNEL);
export const cacheLoads = tracing<CacheLoadEvent>(CACHE_LOAD_CHANNEL);
export const cacheEvents = channel(CACHE_CHANNEL) as object as Telling<CacheEvent>;

/** Whose event it is. */
export interface Origin {
  /** undefined for what all managers of a database share */
  readonly owner: { readonly name: string } | undefined;
  readonly database: { readonly path: string; readonly mode: DiagnosticEvent['mode'] };
}

/** What all events have in common. */
export class Told implements DiagnosticEvent {
  readonly manager: string | undefined;
  readonly database: string;
  readonly mode: DiagnosticEvent['mode'];
  readonly ids = context().log;
  readonly #owner: object | undefined;

  constructor({ owner, database }: Origin) {
    this.manager = owner?.name;
    this.database = database.path;
    this.mode = database.mode;
    this.#owner = owner;
  }

  /** Not among its own properties, for whoever writes it down. */
  get owner(): object | undefined {
    return this.#owner;
  }
}

/**
 * The same of what takes time. Subscribers have the event in their hands, and may have frozen it, or worse: nothing is read of it
 * that they could have changed.
 */
export class Timed extends Told implements TimedEvent {
  readonly waitMs: number | undefined = undefined;
  readonly durationMs: number | undefined = undefined;
  readonly error: EventError | undefined = undefined;
  readonly #askedAt: number;
  #beganAt: number | undefined;
  #over = false;

  constructor(
    origin: Origin,
    readonly startedAt = performance.now(),
  ) {
    super(origin);
    this.#askedAt = startedAt;
  }

  /** It has its connection. */
  static began(event: Timed | undefined, at: number): void {
    if (event === undefined) return;
    event.#beganAt = at;
    tell(event, { waitMs: at - event.#askedAt });
  }

  /** It is over, after so many milliseconds on its connection. */
  static took<E extends Timed>(event: E | undefined, durationMs: number, known: Partial<E>): void {
    if (event === undefined) return;
    event.#over = true;
    tell(event, { ...known, durationMs });
  }

  /** The same where nobody has said so; what never had its connection has waited all the time. */
  static ended(event: Timed): void {
    if (event.#over) return;
    const at = performance.now();
    if (event.#beganAt === undefined) Timed.began(event, at);
    Timed.took(event, at - (event.#beganAt ?? at), {});
  }
}

/** Adds to an event what is known by now. A subscriber who keeps it as it is has it so; that is no matter of whoever is told about. */
export function tell<E extends Told>(event: E | undefined, known: Partial<E>): void {
  if (event === undefined) return;
  try {
    Object.assign(event, known);
  } catch {
    // frozen, or made to throw
  }
}

/** Tells its start. What runs in `within` is its child for whoever has bound a store to the channel. */
function started<E extends TimedEvent, T>({ start, end }: Tracing<E>, event: E, within: () => T): T {
  return start.runStores(event, () => {
    try {
      return within();
    } finally {
      end.publish(event);
    }
  });
}

function ended<E extends TimedEvent>(on: Tracing<E>, event: E & Timed, failure?: [unknown]): void {
  const { asyncStart, asyncEnd, error } = on;
  Timed.ended(event);
  if (failure !== undefined) {
    tell<Timed>(event, { error: errorOf(failure[0]) });
    error.publish(event);
  }
  asyncStart.publish(event);
  asyncEnd.publish(event);
}

/** Runs `work`, and tells of it as Node's own `tracePromise` does, but for the result, and for errors, which may hold values. */
export function traced<E extends TimedEvent, T>(on: Tracing<E>, event: E & Timed, work: () => Promise<T>): Promise<T> {
  return started(on, event, () =>
    work().then(
      (value) => {
        ended(on, event);
        return value;
      },
      (failure: unknown) => {
        ended(on, event, [failure]);
        throw failure;
      },
    ),
  );
}

/** Tells of what is not one call: a stream. @returns how to tell its end, once, and with an error where it failed */
export function opened<E extends TimedEvent>(on: Tracing<E>, event: E & Timed): (failure?: [unknown]) => void {
  started(on, event, () => {});
  let open = true;
  return (failure) => {
    if (open) ended(on, event, failure);
    open = false;
  };
}

/** An error in the words of the logs. */
export function errorOf(failure: unknown): EventError {
  const { error, error_type: type } = loggable(failure);
  return { type, message: error };
}

/** Whether anybody is told which call a statement or a transaction was for. */
export function callsAreTold(): boolean {
  return queries.hasSubscribers || transactions.hasSubscribers;
}

/** Runs `work` as a part of a call, for whoever is told of its statements. */
export function called<T>(call: Call, work: () => T): T {
  return callsAreTold() ? withinContext({ call }, work) : work();
}
