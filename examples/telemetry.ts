// OpenTelemetry: what a service does with its database as spans and metrics, and the channels that these are made of.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  BaseDuckDBManager,
  CACHE_CHANNEL,
  Cached,
  Column,
  QUERY_CHANNEL,
  Repository,
  Table,
  isDatabaseError,
  type CacheEvent,
  type QueryEvent,
} from '@mysingle/database';
import { context } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'; // prettier-ignore
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base'; // prettier-ignore
import { BoundContextManager } from './telemetry/context-manager.js';
import { instrument } from './telemetry/instrument.js';

@Table('trades')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
}

class Desk {
  constructor(
    private readonly db: BaseDuckDBManager,
    private readonly trades: Repository<Trade>,
  ) {}

  async book(id: number, symbol: string): Promise<number> {
    await this.db.transaction(async () => {
      if (!(await this.trades.exists({ id }))) await this.trades.insert({ id, symbol });
    });
    return this.held(symbol);
  }

  @Cached('10m') held(symbol: string): Promise<number> {
    return this.trades.count({ symbol });
  }
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false });
const trades = db.repository(Trade);

// The channels themselves: nothing is made where nobody listens.
{
  const slowest = { ms: 0, what: '' };
  const measured = (message: unknown): void => {
    const { operation, table, durationMs = 0 } = message as QueryEvent;
    if (durationMs > slowest.ms) Object.assign(slowest, { ms: durationMs, what: `${operation} of ${table}` });
  };
  subscribe(`tracing:${QUERY_CHANNEL}:asyncEnd`, measured);
  await trades.find({ where: { symbol: 'AAPL' } });
  unsubscribe(`tracing:${QUERY_CHANNEL}:asyncEnd`, measured);
  console.log('slowest:', slowest.what);
}
{
  const counts: Record<string, number> = {};
  const counted = (message: unknown): void => {
    const { type, tier } = message as CacheEvent;
    const name = type === 'hit' ? `hit in ${tier}` : type;
    counts[name] = (counts[name] ?? 0) + 1;
  };
  subscribe(CACHE_CHANNEL, counted);
  for (let n = 0; n < 3; n += 1) await db.cache.getOrLoad('vix', { ttl: '5m' }, () => 17.2);
  unsubscribe(CACHE_CHANNEL, counted);
  console.log('cache:', counts);
}

// An SDK, here one that keeps all in memory.
const contexts = new BoundContextManager();
context.setGlobalContextManager(contexts);
const finished = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(finished)] }).getTracer('desk');
const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: exported });
const meter = new MeterProvider({ readers: [reader] }).getMeter('desk');
const stop = instrument({ tracer, meter, contexts });

await tracer.startActiveSpan('POST /orders', async (span) => {
  const desk = new Desk(db, trades);
  await desk.book(1, 'AAPL');
  await desk.held('AAPL'); // a hit: no span, and one more in the counter
  await trades.insert({ id: 1, symbol: 'MSFT' }).catch((error: unknown) => {
    if (!isDatabaseError(error, 'E_UNIQUE')) throw error;
  });
  span.end();
});
stop();

const spans = finished.getFinishedSpans();
const since = ({ startTime: [seconds, nanos] }: ReadableSpan): number => seconds + nanos / 1e9;
const show = (parent: string | undefined, indent: string): void => {
  const children = spans.filter((span) => span.parentSpanContext?.spanId === parent);
  for (const span of children.toSorted((a, b) => since(a) - since(b))) {
    const { 'db.query.text': text, 'error.type': error } = span.attributes;
    const about = [text, error, span.status.message].filter((each) => each !== undefined);
    console.log(`${indent}${span.name}`, ...about);
    show(span.spanContext().spanId, `${indent}  `);
  }
};
show(undefined, '');

await reader.forceFlush();
for (const { descriptor, dataPoints } of exported.getMetrics().at(-1)?.scopeMetrics[0]?.metrics ?? [])
  for (const { attributes, value } of dataPoints) {
    const { 'db.operation.name': operation, result, tier, 'error.type': error } = attributes;
    const about = [operation, result, tier, error].filter((each) => each !== undefined);
    console.log(descriptor.name, ...about, typeof value === 'number' ? value : (value as { count: number }).count);
  }
await reader.shutdown();
