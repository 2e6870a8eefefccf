// One table of everything that is ever logged, and pino set up in the Python module's shape. Not here: when to log.
import { pino, type Logger } from 'pino';
import { context } from './context.js';
import { DatabaseError } from './errors.js';

/** Each event with its level and its text. Values bound to queries are in none of them. */
const EVENTS = {
  connecting: ['info', 'Connecting to DuckDB'],
  connected: ['info', 'DuckDB connected successfully'],
  connectFailed: ['error', 'Failed to connect to DuckDB'],
  fallingBack: ['warn', 'Falling back to in-memory database'],
  workingBeside: ['warn', 'Falling back to a side file'],
  fallbackApplied: ['info', 'Writes made in fallback applied to the database'],
  fallbackNotApplied: ['error', 'Writes made in fallback cannot be applied yet'],
  fallbackNotRemoved: ['warn', 'Side file cannot be removed'],
  arrivedAtOther: ['error', 'Database differs from its entities after fallback'],
  recovered: ['warn', 'Database attached again after a failed checkpoint'],
  recoveryFailed: ['error', 'Database cannot be attached again yet'],
  closedInFallback: ['warn', 'Closed in fallback, the next start applies the side file'],
  connectedInMemory: ['info', 'DuckDB connected to in-memory database'],
  waitingForLock: ['info', 'Waiting for the lock on the DuckDB file'],
  closed: ['info', 'DuckDB connection closed'],
  closeFailed: ['warn', 'Error closing DuckDB connection'],
  schemaApplied: ['info', 'Schema objects created'],
  backedUp: ['info', 'Database backed up'],
  query: ['debug', 'Query executed'],
  slowQuery: ['warn', 'Slow query'],
  queryFailed: ['debug', 'Query failed'],
  afterCommitFailed: ['error', 'A callback after commit failed; the transaction is committed'],
  transactionRetried: ['info', 'Transaction retried'],
  cacheStored: ['info', 'Cache data stored successfully'],
  cacheStoreFailed: ['error', 'Failed to store cache data'],
  cacheRetrieved: ['debug', 'Cache data retrieved successfully'],
  cacheMissed: ['debug', 'Cache data not found or expired'],
  cacheRetrieveFailed: ['error', 'Failed to retrieve cache data'],
  cacheTableCreated: ['debug', 'Cache table created successfully'],
  cacheTableNoConnection: ['warn', 'Cannot create cache table - no connection'],
  cacheTableFailed: ['error', 'Failed to create cache table'],
  cachePurged: ['debug', 'Cache rows past their retention deleted'],
  cachePurgeFailed: ['warn', 'Failed to delete cache rows past their retention'],
  cacheHit: ['debug', 'Cache hit'],
  cacheLoaded: ['debug', 'Cache miss'],
  cacheRefreshFailed: ['warn', 'Cache refresh failed'],
  cacheTierFailed: ['warn', 'Cache tier failed'],
} as const satisfies Record<string, readonly ['debug' | 'info' | 'warn' | 'error', string]>;

export type LogEvent = keyof typeof EVENTS;

/** Writes one event. `enabled` tells, without any work, whether an event would be written. */
export interface Log {
  (event: LogEvent, fields: Readonly<Record<string, unknown>>): void;
  enabled(event: LogEvent): boolean;
}

/** The level as a word, in the words of the Python module. */
const WORDS: Readonly<Record<string, string>> = { warn: 'warning', fatal: 'critical' };

function moduleLogger(): Logger {
  return pino({
    level: process.env['LOG_LEVEL'] ?? 'info',
    messageKey: 'event',
    base: { service: process.env['SERVICE_NAME'] ?? 'mysingle-database' },
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: WORDS[label] ?? label }) },
  });
}

let shared: Logger | undefined;

const SILENT: Log = Object.assign(() => {}, { enabled: () => false });

/**
 * @param option a pino logger, which keeps its own format and gets the same fields; `false` for silence; left out, one
 *   JSON object a line on standard output (level by `LOG_LEVEL`, `service` by `SERVICE_NAME`)
 */
export function createLog(option: Logger | false | undefined): Log {
  if (option === false) return SILENT;
  if (option !== undefined && typeof (option as Partial<Logger> | null)?.isLevelEnabled !== 'function') {
    throw new DatabaseError('E_CONFIG', 'logger: give a pino logger, or false for no logs.');
  }
  const logger = option ?? (shared ??= moduleLogger());
  return Object.assign(
    (event: LogEvent, fields: Readonly<Record<string, unknown>>) => {
      const [level, text] = EVENTS[event];
      if (logger.isLevelEnabled(level)) logger[level]({ ...fields, ...contextFields() }, text);
    },
    { enabled: (event: LogEvent) => logger.isLevelEnabled(EVENTS[event][0]) },
  );
}

function contextFields(): Record<string, string> {
  const { correlationId, userId, requestId } = context().log ?? {};
  return {
    ...(correlationId === undefined ? {} : { correlation_id: correlationId }),
    ...(userId === undefined ? {} : { user_id: userId }),
    ...(requestId === undefined ? {} : { request_id: requestId }),
  };
}
