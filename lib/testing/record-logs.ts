// The log lines of a manager, for a test to look at. Not here: which there are (the table in log.ts).
import { pino, type Logger } from 'pino';

/** One line: its level as a word, its text, and its fields. */
export interface LogLine {
  /** how grave it is, as a word */
  readonly level: 'debug' | 'info' | 'warning' | 'error';
  /** what happened, in the words of the log */
  readonly event: string;
  readonly [field: string]: unknown;
}

/** What `recordLogs` gives. */
export interface RecordedLogs {
  /** for the `logger` of a manager */
  readonly logger: Logger;
  /** all lines so far, without times */
  readonly lines: readonly LogLine[];
  /** those with this text, such as `'Cache tier failed'`; or of this level, and graver ones: `{ from: 'warning' }` */
  of(which: string | { readonly from: LogLine['level'] }): readonly LogLine[];
  /** Forgets what was logged until now. */
  clear(): void;
}

const LEVELS = ['debug', 'info', 'warning', 'error'] as const;

/**
 * A logger that keeps its lines, from debug on, in the shape of the library's own.
 *
 * @example const logs = recordLogs(); await using db = await createTestManager({ logger: logs.logger });
 *   logs.of('Cache data stored successfully') // [{ level: 'info', event: ..., cache_key: 'market:AAPL', ... }]
 */
export function recordLogs(): RecordedLogs {
  const lines: LogLine[] = [];
  const logger = pino(
    {
      level: 'debug',
      messageKey: 'event',
      base: null,
      timestamp: false,
      formatters: { level: (label) => ({ level: label === 'warn' ? 'warning' : label }) },
    },
    { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) },
  );
  return {
    logger,
    lines,
    of(which) {
      if (typeof which === 'string') return lines.filter(({ event }) => event === which);
      const from = LEVELS.indexOf(which.from);
      return lines.filter(({ level }) => LEVELS.indexOf(level) >= from);
    },
    clear: () => void lines.splice(0),
  };
}
