// Spans and metrics of OpenTelemetry out of what `@mysingle/database` tells on its channels, by the semantic conventions for databases:
// copy this into your program, next to where the SDK is started. It needs nothing but `@opentelemetry/api`.
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import {
  CACHE_CHANNEL,
  CACHE_LOAD_CHANNEL,
  QUERY_CHANNEL,
  TRANSACTION_CHANNEL,
  type CacheEvent,
  type CacheLoadEvent,
  type QueryEvent,
  type TimedEvent,
  type TransactionEvent,
} from '@mysingle/database';
import {
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Meter,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { BoundContextManager } from './context-manager.js';

interface Telemetry {
  readonly tracer: Tracer;
  readonly meter: Meter;
  /** the context manager that is registered: what runs in a transaction or a cached load is then a child of its span */
  readonly contexts: BoundContextManager;
}

/** What is known of an event at its start, as a span. */
interface Told<E> {
  readonly name: (event: E) => string;
  readonly kind: SpanKind;
  readonly attributes: (event: E) => Attributes;
  /** at its end */
  readonly outcome: (event: E) => Attributes;
  readonly measure?: (event: E, attributes: Attributes) => void;
}

const namespace = ({ database }: TimedEvent): Attributes => ({
  'db.system.name': 'duckdb',
  'db.namespace': database,
});

/** Undefined attributes are left out by OpenTelemetry. */
const aboutQuery = (event: QueryEvent): Attributes => ({
  ...namespace(event),
  'db.operation.name': event.operation,
  'db.collection.name': event.table,
});

/** @returns how to stop it */
export function instrument({ tracer, meter, contexts }: Telemetry): () => void {
  const durations = meter.createHistogram('db.client.operation.duration', {
    unit: 's',
    description: 'Duration of database client operations.',
    advice: { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
  });
  const waits = meter.createHistogram('db.client.connection.wait_time', {
    unit: 's',
    description: 'The time it took to obtain an open connection from the pool.',
  });
  const lookups = meter.createCounter('mysingle.cache.lookups', {
    description: 'Lookups of the cache, by how they were answered.',
  });

  const follow = <E extends TimedEvent>(channel: string, told: Told<E>): (() => void) => {
    const spans = new WeakMap<E, Span>();
    const start = (message: unknown): ReturnType<BoundContextManager['active']> => {
      const event = message as E;
      const active = contexts.active();
      const span = tracer.startSpan(
        told.name(event),
        { kind: told.kind, attributes: told.attributes(event), startTime: event.startedAt },
        active,
      );
      spans.set(event, span);
      return trace.setSpan(active, span);
    };
    const end = (message: unknown): void => {
      const event = message as E;
      const span = spans.get(event);
      const failed = event.error === undefined ? {} : { 'error.type': event.error.type };
      span?.setAttributes({ ...told.outcome(event), ...failed });
      // its message has no values in it
      if (event.error !== undefined) span?.setStatus({ code: SpanStatusCode.ERROR, message: event.error.message });
      span?.end();
      told.measure?.(event, failed);
    };
    const { start: starts } = tracingChannel<ReturnType<BoundContextManager['active']>, object>(channel);
    starts.bindStore(contexts.store, start);
    subscribe(`tracing:${channel}:asyncEnd`, end);
    return () => {
      starts.unbindStore(contexts.store);
      unsubscribe(`tracing:${channel}:asyncEnd`, end);
    };
  };

  const counted = (message: unknown): void => {
    const { type, tier, stale } = message as CacheEvent;
    if (type === 'hit') lookups.add(1, { result: stale ? 'stale' : 'hit', tier: tier ?? 'load' });
    if (type === 'miss') lookups.add(1, { result: 'miss' });
  };
  subscribe(CACHE_CHANNEL, counted);

  const stops = [
    () => void unsubscribe(CACHE_CHANNEL, counted),
    follow<QueryEvent>(QUERY_CHANNEL, {
      name: ({ operation, table }) => (table === undefined ? operation : `${operation} ${table}`),
      kind: SpanKind.CLIENT,
      attributes: (event) => ({
        ...aboutQuery(event),
        'db.query.text': event.sql,
        // of one call there is no batch; of a metric it would make as many series as there are sizes
        'db.operation.batch.size': event.batch > 1 ? event.batch : undefined,
        // a step that the library takes by itself, which no metric counts
        'mysingle.internal': event.internal || undefined,
      }),
      outcome: ({ rows }) => ({ 'db.response.returned_rows': rows }),
      measure: (event, failed) => {
        if (event.internal) return;
        durations.record((event.durationMs ?? 0) / 1000, { ...aboutQuery(event), ...failed });
        if (!event.inTransaction) waits.record((event.waitMs ?? 0) / 1000, namespace(event));
      },
    }),
    follow<TransactionEvent>(TRANSACTION_CHANNEL, {
      name: () => 'transaction',
      kind: SpanKind.INTERNAL,
      attributes: (event) => ({ ...namespace(event), 'mysingle.transaction.attempt': event.attempt }),
      outcome: ({ outcome, statements }) => ({
        'mysingle.transaction.outcome': outcome,
        'mysingle.transaction.statements': statements,
      }),
    }),
    follow<CacheLoadEvent>(CACHE_LOAD_CHANNEL, {
      // up to the hash of the arguments, so that there are not as many names as values
      name: ({ key }) => `load ${key.split('#')[0]}`,
      kind: SpanKind.INTERNAL,
      attributes: ({ key, refresh }) => ({ 'mysingle.cache.key': key, 'mysingle.cache.refresh': refresh }),
      outcome: ({ stored }) => ({ 'mysingle.cache.stored': stored }),
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
