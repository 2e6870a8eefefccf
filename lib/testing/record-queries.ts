// Which queries a piece of code asks a database for: so that a test can tell that they are no more than they should be. Not here: the
// events that this listens to (diagnostic-events.ts).
import { AssertionError } from 'node:assert';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { BaseDuckDBManager, DatabaseError, QUERY_CHANNEL, type QueryEvent } from '../index.js';

/** One statement, or one bulk load, in the order in which they were asked for. */
export interface RecordedQuery {
  /** its text, with `$1` for each value; undefined for a bulk load, which has none */
  readonly sql: string | undefined;
  /** the call that it was for: `find`, `insert`, `query` ... */
  readonly operation: string;
  /** the class of the entity; undefined for raw SQL */
  readonly entity: string | undefined;
  /** how many calls it was for: `findById` of one turn are one statement, inserts that wait together one commit. Else 1 */
  readonly batch: number;
  /** whether it ran for the load of a value that is cached. A hit runs none */
  readonly cached: boolean;
  /** rows read or changed; undefined while it runs, and where it failed */
  readonly rows: number | undefined;
  /** milliseconds on its connection; undefined while it runs */
  readonly durationMs: number | undefined;
  /** the code of the error that it failed with */
  readonly error: string | undefined;
}

const START = `tracing:${QUERY_CHANNEL}:start`;

/**
 * The queries of one manager since `recordQueries`. What the library does by itself is not among them: BEGIN and COMMIT, asking for
 * the order of columns, making stages, its cache's table, deleting old rows of `storeCacheData`. What runs on a connection of `withConnection` is not seen.
 *
 * @example
 * using recorder: QueryRecorder = recordQueries(db);
 * await trades.count();
 * const [{ sql, durationMs }] = recorder.queries as [RecordedQuery];
 */
export class QueryRecorder implements Disposable {
  readonly #events: QueryEvent[] = [];

  /** @internal */
  constructor(private readonly manager: BaseDuckDBManager) {
    if (!(manager instanceof BaseDuckDBManager))
      throw new DatabaseError('E_CONFIG', 'recordQueries: give a BaseDuckDBManager, whose queries are recorded.');
    subscribe(START, this.#started);
  }

  readonly #started = (message: unknown): void => {
    const event = message as QueryEvent;
    if (event.owner === this.manager && !event.internal) this.#events.push(event);
  };

  /** What was asked for until now, in that order. */
  get queries(): readonly RecordedQuery[] {
    return this.#events.map((event) => recordOf(event));
  }

  /**
   * Forgets what was recorded.
   *
   * @example recorder.clear(); // what prepared the test does not count
   */
  clear(): void {
    this.#events.length = 0;
  }

  /**
   * Records nothing more; what was recorded stays.
   *
   * @example recorder.stop(); // where `using` is not to be had
   */
  stop(): void {
    unsubscribe(START, this.#started);
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /**
   * Checks how many queries were asked for since the recorder was made, or since `clear()`.
   *
   * @throws AssertionError with all that ran, by their texts; DatabaseError `E_CONFIG` for what is no number of queries
   * @example recorder.expectQueries(2);
   */
  expectQueries(count: number): void {
    checkedCount(count);
    if (this.#events.length === count) return;
    throw new AssertionError({
      message: complaint(count, this.queries),
      actual: this.#events.length,
      expected: count,
      operator: 'expectQueries',
      // the line of the test comes first
      // oxlint-disable-next-line typescript/unbound-method -- it is not called
      stackStartFn: this.expectQueries,
    });
  }
}

/**
 * Records the queries of a manager until `stop()`, or to the end of the block where it is declared by `using`.
 *
 * @throws DatabaseError `E_CONFIG` for anything but a manager
 * @example
 * using recorder = recordQueries(db);
 * await service.overview();
 * expect(recorder.queries.map(({ operation }) => operation)).to.deep.equal(['find', 'aggregate']);
 */
export function recordQueries(manager: BaseDuckDBManager): QueryRecorder {
  return new QueryRecorder(manager);
}

/**
 * Runs `work`, and checks how many queries the manager was asked for meanwhile, by whomever: a loop that asks once for each row asks for
 * too many. What the cache answers is no query.
 *
 * @returns what `work` gave
 * @throws AssertionError with all that ran, by their texts; whatever `work` throws
 * @example const rows = await expectQueries(db, 1, () => service.strategiesWithTrades());
 */
export async function expectQueries<T>(
  manager: BaseDuckDBManager,
  count: number,
  work: () => T | Promise<T>,
): Promise<T> {
  checkedCount(count);
  const recorder = new QueryRecorder(manager);
  try {
    const value = await work();
    recorder.expectQueries(count);
    return value;
  } finally {
    recorder.stop();
  }
}

function checkedCount(count: unknown): void {
  if (!Number.isSafeInteger(count) || (count as number) < 0)
    throw new DatabaseError('E_CONFIG', 'expectQueries: the number of queries is a whole number from 0.');
}

function recordOf(event: QueryEvent): RecordedQuery {
  const { sql, operation, entity, batch, cacheKey, rows, durationMs, error } = event;
  return { sql, operation, entity, batch, cached: cacheKey !== undefined, rows, durationMs, error: error?.type };
}

function complaint(wanted: number, queries: readonly RecordedQuery[]): string {
  const counts = new Map<string, number>();
  for (const { operation, entity, sql } of queries) {
    const line = `${operation}${entity === undefined ? '' : ` ${entity}`}: ${sql ?? '(rows loaded in bulk)'}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  const ran = `${queries.length} ${queries.length === 1 ? 'query' : 'queries'} ran, and ${wanted} ${wanted === 1 ? 'was' : 'were'} expected`;
  const lines = [...counts].map(([line, count]) => `\n  ${count} x ${line}`);
  const loop =
    most > 1 && queries.length > wanted
      ? '\nOne statement ran more than once: where that is for each row of another, ask for all of them at once, by include or oneOf.'
      : '';
  return `${ran}${lines.length === 0 ? '.' : ':'}${lines.join('')}${loop}`;
}
