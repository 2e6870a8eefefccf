// What is told on the channels while a spec listens, of one manager or of whomever. Not here: what it is to be.
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import {
  CACHE_CHANNEL, CACHE_LOAD_CHANNEL, QUERY_CHANNEL, TRANSACTION_CHANNEL,
  type CacheEvent, type CacheLoadEvent, type DiagnosticEvent, type QueryEvent, type TransactionEvent,
} from '@mysingle/database'; // prettier-ignore

const PARTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
const TRACING = [QUERY_CHANNEL, TRANSACTION_CHANNEL, CACHE_LOAD_CHANNEL] as const;

export interface Listening extends Disposable {
  /** those that have ended, in that order */
  readonly queries: QueryEvent[];
  readonly transactions: TransactionEvent[];
  readonly loads: CacheLoadEvent[];
  readonly cache: CacheEvent[];
  /** each message of the tracing channels, as `query:start` */
  readonly parts: [part: string, event: DiagnosticEvent][];
  /** what the caller asked for: without the steps of the library */
  readonly own: () => QueryEvent[];
  readonly clear: () => void;
}

/**
 * @param owner whose events; undefined: everybody's
 * @param heard called with each message of the tracing channels
 */
export function listen(owner?: object, heard?: (part: string, event: DiagnosticEvent) => void): Listening {
  const [queries, transactions, loads, cache, parts]: [
    QueryEvent[],
    TransactionEvent[],
    CacheLoadEvent[],
    CacheEvent[],
    Listening['parts'],
  ] = [[], [], [], [], []];
  const mine = (event: DiagnosticEvent): boolean => owner === undefined || event.owner === owner;
  const ended = [queries, transactions, loads] as DiagnosticEvent[][];
  const off: (() => void)[] = [];
  const on = (name: string, hear: (event: DiagnosticEvent) => void): void => {
    const listener = (message: unknown): void => {
      if (mine(message as DiagnosticEvent)) hear(message as DiagnosticEvent);
    };
    subscribe(name, listener);
    off.push(() => void unsubscribe(name, listener));
  };
  for (const [index, name] of TRACING.entries())
    for (const part of PARTS)
      on(`tracing:${name}:${part}`, (event) => {
        const short = `${name.slice('mysingle.database:'.length)}:${part}`;
        parts.push([short, event]);
        heard?.(short, event);
        if (part === 'asyncEnd') ended[index]?.push(event);
      });
  on(CACHE_CHANNEL, (event) => cache.push(event as CacheEvent));
  return {
    queries,
    transactions,
    loads,
    cache,
    parts,
    own: () => queries.filter((event) => !event.internal),
    clear: () => [queries, transactions, loads, cache, parts].forEach((list) => (list.length = 0)),
    [Symbol.dispose]: () => off.splice(0).forEach((each) => each()),
  };
}

export interface Span {
  readonly name: string;
  readonly parent: Span | undefined;
}

export interface Spans extends Disposable {
  readonly store: AsyncLocalStorage<Span>;
  readonly all: Span[];
  /** each span with those around it, as `query find < transaction` */
  readonly paths: () => string[];
}

/** What a tracer does: a span for each start, below the span in whose context it runs. */
export function spans(): Spans {
  const store = new AsyncLocalStorage<Span>();
  const all: Span[] = [];
  const bound = TRACING.map((name) => {
    const { start } = tracingChannel<Span, DiagnosticEvent>(name);
    start.bindStore(store, (message) => {
      const { operation, key, table } = message as Partial<QueryEvent & CacheLoadEvent>;
      const about = operation ?? `load ${key ?? ''}`;
      const span = { name: table === undefined ? about : `${about} ${table}`, parent: store.getStore() };
      all.push(span);
      return span;
    });
    return start;
  });
  const pathOf = (span: Span): string =>
    span.parent === undefined ? span.name : `${span.name} < ${pathOf(span.parent)}`;
  return {
    store,
    all,
    paths: () => all.map(pathOf),
    [Symbol.dispose]: () => bound.forEach((start) => start.unbindStore(store)),
  };
}

/** How many listen now, to anything. */
export function listeners(): string[] {
  return [CACHE_CHANNEL, ...TRACING.flatMap((name) => PARTS.map((part) => `tracing:${name}:${part}`))].filter(
    (name) => channel(name).hasSubscribers,
  );
}
