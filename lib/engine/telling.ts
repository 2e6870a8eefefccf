// What is told of statements and transactions, to the log and on the channels of diagnostics.ts: both by one clock. Not here: running
// them (engine.ts), what may be told at all (diagnostic-events.ts).
import { context, type Call } from '../context.js';
import type { QueryEvent, TransactionEvent } from '../diagnostic-events.js';
import { Timed, opened, queries, tell, traced, transactions, type Origin } from '../diagnostics.js';
import { loggable } from '../errors.js';
import type { Limit } from '../limit.js';
import type { Log } from '../log.js';
import type { Statement } from '../sql/statement.js';
import type { LoadTarget } from './append.js';
import { rowsTouched } from './result.js';

/** What the log tells of the callers that share a statement. */
export interface Callers {
  readonly callers: number;
  readonly correlation_ids?: readonly string[];
}

/** What is known of a statement that is run for callers who waited for it together. */
export interface Waited {
  readonly call: Call;
  /** when the first of them asked, and the key of the cached load that one of them alone is a part of; undefined where nobody listened */
  readonly asked: { readonly at: number; readonly cacheKey: string | undefined } | undefined;
  /** of several */
  readonly told?: (() => Callers) | undefined;
}

export class TracedQuery extends Timed implements QueryEvent {
  readonly operation: string;
  readonly entity: string | undefined;
  readonly table: string | undefined;
  readonly sql: string | undefined;
  readonly parameterCount: number;
  readonly batch: number;
  readonly correlationIds: readonly string[] | undefined;
  readonly internal: boolean;
  readonly cacheKey: string | undefined;
  readonly rows: number | undefined = undefined;

  constructor(
    origin: Origin,
    statement: Statement | undefined,
    readonly inTransaction: boolean,
    waited?: Partial<Waited>,
  ) {
    super(origin, waited?.asked?.at);
    const { call: around, cacheKey } = context();
    // it may run within another call, of which it is a part: a stream in a transaction
    const call = waited?.call ?? around;
    const callers = waited?.told?.();
    this.operation = call?.operation ?? 'query';
    this.entity = call?.entity;
    this.table = call?.table;
    this.sql = statement?.text;
    this.parameterCount = statement?.parameters.length ?? 0;
    this.batch = callers?.callers ?? 1;
    this.correlationIds = callers?.correlation_ids;
    this.internal = statement?.internal ?? false;
    this.cacheKey = cacheKey ?? (callers === undefined ? waited?.asked?.cacheKey : undefined);
  }
}

export class TracedTransaction extends Timed implements TransactionEvent {
  readonly operation = context().call?.operation ?? 'transaction';
  readonly statements: number | undefined = undefined;
  readonly outcome: TransactionEvent['outcome'] = undefined;

  constructor(
    origin: Origin,
    readonly attempt: number,
    readonly retries: number,
    readonly readOnly: boolean,
  ) {
    super(origin);
  }
}

export class Telling {
  constructor(
    private readonly origin: Origin,
    private readonly log: Log,
    private readonly slowQueryMs: number,
  ) {}

  /** The event of a statement, to be told from the call on, its wait for a connection included; undefined where nobody listens. */
  query(statement: Statement, inTransaction: boolean, waited?: Waited): TracedQuery | undefined {
    return queries.hasSubscribers ? new TracedQuery(this.origin, statement, inTransaction, waited) : undefined;
  }

  /** Tells of callers who waited for a connection in vain. */
  neverRan(waited: Waited, error: unknown): void {
    if (!queries.hasSubscribers) return;
    opened(queries, new TracedQuery(this.origin, undefined, false, waited))([error]);
  }

  /** Measures a statement that has its connection. */
  timed<T extends { readonly rowCount: number }>(
    statement: Statement,
    run: () => Promise<T>,
    event: TracedQuery | undefined,
    told?: () => Callers,
    failed?: (error: unknown) => void,
  ): Promise<T> {
    const about = (durationMs: number): LogFields => ({ ...fields(statement, durationMs), ...told?.() });
    return this.#measured(run, event, about, ({ rowCount }) => rowCount, rowsTouched, failed);
  }

  /** One clock for the log and the event. */
  async #measured<T>(
    run: () => Promise<T>,
    event: TracedQuery | undefined,
    about: (durationMs: number) => LogFields,
    rowCount: (result: T) => number,
    touched: (result: T) => number,
    failed?: (error: unknown) => void,
  ): Promise<T> {
    const startedAt = performance.now();
    Timed.began(event, startedAt);
    try {
      const result = await run();
      const durationMs = performance.now() - startedAt;
      if (event !== undefined) Timed.took(event, durationMs, { rows: touched(result) });
      const line = durationMs >= this.slowQueryMs ? 'slowQuery' : 'query';
      if (this.log.enabled(line)) this.log(line, { ...about(durationMs), row_count: rowCount(result) });
      return result;
    } catch (error) {
      const durationMs = performance.now() - startedAt;
      failed?.(error);
      Timed.took(event, durationMs, {});
      if (this.log.enabled('queryFailed')) this.log('queryFailed', { ...about(durationMs), ...loggable(error) });
      throw error;
    }
  }

  /** Tells of a stream, from the first time that it is asked to its end. */
  stream(statement: Statement, inTransaction: boolean, call: Call | undefined): StreamTelling {
    const event = queries.hasSubscribers
      ? new TracedQuery(this.origin, statement, inTransaction, call && { call })
      : undefined;
    return new StreamTelling(this.log, statement, event);
  }

  /** Tells of rows that are loaded into a table in chunks, which no statement does. */
  load(target: LoadTarget, run: () => Promise<number>): Promise<number> {
    const event = queries.hasSubscribers ? new TracedQuery(this.origin, undefined, true) : undefined;
    if (target.temporary) tell(event, { internal: true });
    const about = (durationMs: number): LogFields => fieldsOfLoad(target, durationMs);
    const loaded = (): Promise<number> => this.#measured(run, event, about, itself, itself);
    return event === undefined ? loaded() : traced(queries, event, loaded);
  }

  /** The event of one attempt of a transaction; undefined where nobody listens. */
  attempt(attempt: number, retries: number, readOnly: boolean): TracedTransaction | undefined {
    return transactions.hasSubscribers ? new TracedTransaction(this.origin, attempt, retries, readOnly) : undefined;
  }
}

export class StreamTelling {
  readonly #ended: ((failure?: [unknown]) => void) | undefined;
  #startedAt = performance.now();
  #began = false;
  #open = true;
  #rows = 0;

  constructor(
    private readonly log: Log,
    private readonly statement: Statement,
    private readonly event: TracedQuery | undefined,
  ) {
    this.#ended = event && opened(queries, event);
  }

  /** It has its connection. */
  began(): void {
    this.#startedAt = performance.now();
    this.#began = true;
    Timed.began(this.event, this.#startedAt);
  }

  gave(rows: number): void {
    this.#rows += rows;
  }

  /** It is over: all rows were given, whoever read it has left, or it has failed. Only the first time counts. */
  end(failure?: [unknown]): void {
    if (!this.#open) return;
    this.#open = false;
    const durationMs = performance.now() - this.#startedAt;
    // what never had its connection has only waited
    if (this.#began) Timed.took(this.event, durationMs, { rows: this.#rows });
    const line = failure === undefined ? 'query' : 'queryFailed';
    if (this.log.enabled(line))
      this.log(line, {
        ...fields(this.statement, durationMs),
        ...(failure === undefined ? { row_count: this.#rows } : loggable(failure[0])),
      });
    this.#ended?.(failure);
  }

  /** The same, where its limit has stopped it: whoever reads it may never come back to hear so. */
  stopped({ reason }: Limit): void {
    if (reason !== undefined) this.end([reason]);
  }
}

type LogFields = Readonly<Record<string, unknown>>;

const itself = (rows: number): number => rows;

function fields(statement: Statement, durationMs: number): LogFields {
  return { sql: statement.text, duration_ms: rounded(durationMs), operation: 'query' };
}

/** What has no text. */
function fieldsOfLoad({ table }: LoadTarget, durationMs: number): LogFields {
  return { table, duration_ms: rounded(durationMs), operation: 'load' };
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100;
