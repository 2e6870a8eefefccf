// Every error this library throws: one class, and the one place that reads DuckDB's error texts.
// Not here: what the codes mean (error-codes.ts); wording that only one caller needs: callers write their own sentence and pick a code.
import { CODES, type ErrorCode } from './error-codes.js';

export type { ErrorCode };

/** All codes with a one-line meaning, in order. */
export const ERROR_CODES: ReadonlyMap<ErrorCode, string> = new Map(
  Object.entries(CODES).map(([code, { summary }]) => [code as ErrorCode, summary]),
);

/** Facts about an error, for code that reacts to it. Which fields are there depends on the code. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

// shared by symbol so that two copies of this package in one process recognise each other's errors
const BRAND = Symbol.for('@mysingle/database.error');

/**
 * The one error class of this library.
 *
 * - `code`: what happened, a closed set;
 * - `retryable`: whether running the same work again can succeed without any change;
 * - `details`: the facts (`table`, `columns`, `pid`, ...);
 * - `cause`: the original error, DuckDB's text included.
 *
 * @example
 * try {
 *   await orders.insert(order);
 * } catch (error) {
 *   if (isDatabaseError(error, 'E_UNIQUE')) return 'taken';
 *   throw error;
 * }
 */
export class DatabaseError extends Error {
  /** always `'DatabaseError'` */
  override readonly name = 'DatabaseError';
  /** what happened: one of a closed set */
  readonly code: ErrorCode;
  /** whether the same work can succeed when it is run again, without any change */
  readonly retryable: boolean;
  /** facts about it, never values of rows that the message does not hold; see docs/errors.md for the fields of each code */
  readonly details: ErrorDetails;

  /** The library makes them; you may too, to report what your own code finds in the same form. */
  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: ErrorDetails; retryable?: boolean } = {},
  ) {
    const limit = moreFrames();
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    if (limit !== undefined) Reflect.set(Error, 'stackTraceLimit', limit);
    this.code = code;
    this.retryable = options.retryable ?? (CODES[code] ?? CODES.E_UNKNOWN).retryable === true;
    this.details = Object.freeze({ ...options.details });
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** Ten frames, which is Node's limit, are those of this library as a rule, and the line that called it is wanted. */
const FRAMES = 30;

/** @returns the limit to go back to; undefined where it stays: one that somebody has lowered or taken off */
function moreFrames(): number | undefined {
  const { stackTraceLimit: limit } = Error;
  return limit >= 10 && limit < FRAMES && Reflect.set(Error, 'stackTraceLimit', FRAMES) ? limit : undefined;
}

/**
 * True for errors of this library (also of another copy of it), and of the given code where one is given.
 *
 * @example if (isDatabaseError(error, 'E_LOCKED')) console.error(`held by process ${String(error.details['pid'])}`);
 */
export function isDatabaseError(error: unknown, code?: ErrorCode): error is DatabaseError {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false;
  return code === undefined || (error as unknown as DatabaseError).code === code;
}

/** Whether something was nested deeper than the stack of the process goes. */
export function isTooDeep(error: unknown): error is RangeError {
  return error instanceof RangeError && /call stack/.test(error.message);
}

/** A place in a value as the beginning of a sentence: `$` is the value itself, `$.a[0]` a part of it. */
export const placeIn = (path: string): string => (path === '$' ? 'The value' : path);

/** @param what the value that was, as the beginning of a sentence */
export function tooDeep(what: string, cause?: unknown): DatabaseError {
  const message = `${what} is nested too deeply. Keep it as a list of its parts.`;
  return new DatabaseError('E_UNSUPPORTED', message, cause === undefined ? {} : { cause });
}

/** What may be written to a log about an error: never the values that a query carried. */
export function loggable(error: unknown): { error: string; error_type: string } {
  if (!isDatabaseError(error)) return { error: 'an unexpected error', error_type: nameOf(error) };
  // another copy of this package may know other codes
  const { summary, echoes } = CODES[error.code] ?? CODES.E_UNKNOWN;
  // what a statement failed with may repeat its values whatever the code: `read_csv($1)` names the file it was given
  return { error: echoes || 'sql' in error.details ? summary : error.message, error_type: error.code };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

interface Rule {
  readonly code: ErrorCode;
  readonly when: RegExp;
  /** added to DuckDB's own sentence */
  readonly remedy?: string;
  readonly details?: (groups: Record<string, string | undefined>) => ErrorDetails;
}

/** What to do about a key that exists. */
export const KEY_TAKEN = 'Update the row that is there (upsert, onConflict), or use another key.';

// Order matters, and every pattern is anchored on DuckDB's prefix and fixed words: user data is echoed in these texts.
const RULES: readonly Rule[] = [
  // first what starts with fixed words: keys come behind them, and may hold the words of any rule below
  {
    code: 'E_CONFLICT',
    when: /^TransactionContext Error: (?:Failed to commit: )?(?:Conflict on|Catalog write-write conflict|Transaction conflict)/,
    remedy: 'Run the transaction again, or give it { retries }.',
  },
  {
    code: 'E_UNIQUE',
    when: /^TransactionContext Error: Failed to commit: PRIMARY KEY or UNIQUE constraint violation: duplicate key "(?<key>[\s\S]*)"/,
    remedy: `Another transaction has committed it meanwhile. ${KEY_TAKEN}`,
    details: ({ key }) => ({ key }),
  },
  {
    code: 'E_UNIQUE',
    when: /^(?:Constraint Error: |TransactionContext Error: Failed to commit: |APPEND )(?:Duplicate key "(?<key>[\s\S]*)" violates (?<kind>primary key|unique) constraint|PRIMARY KEY or UNIQUE constraint violation: duplicate key "(?<bare>[\s\S]*)"|Data contains duplicates on indexed column)/,
    details: ({ key, kind, bare }) => ({
      ...keyDetails(key),
      ...(bare === undefined ? {} : { key: bare }),
      ...(kind === undefined ? {} : { constraint: kind }),
    }),
  },
  {
    code: 'E_NOT_NULL',
    when: /^(?:Constraint Error: |APPEND )NOT NULL constraint failed: (?<table>[^.]+)\.(?<column>.+)/,
    details: ({ table, column }) => ({ table, columns: [column] }),
  },
  {
    code: 'E_CHECK',
    when: /^(?:Constraint Error: |TransactionContext Error: Failed to commit: |APPEND )CHECK constraint failed on table (?<table>.+?) with expression (?<expression>.+)/,
    details: ({ table, expression }) => ({ table, expression }),
  },
  {
    code: 'E_FOREIGN_KEY',
    when: /^(?:Constraint Error: |TransactionContext Error: Failed to commit: |APPEND )Violates foreign key constraint because key "(?<key>[\s\S]*)" (?<why>does not exist|is still referenced)/,
    details: ({ key, why }) => ({ ...keyDetails(key), reason: why }),
  },
  { code: 'E_CHECK', when: /^Constraint Error: / },
  { code: 'E_TX_ABORTED', when: /^TransactionContext Error: Current transaction is aborted/ },
  { code: 'E_ABORTED', when: /^INTERRUPT Error: / },
  {
    code: 'E_INVALIDATED',
    when: /^FATAL Error: |^INTERNAL Error: (?!Failure while replaying WAL)/,
    remedy: 'Close the manager and connect again: every acknowledged write is in the file or its WAL.',
  },
  {
    code: 'E_INVALIDATED',
    when: /^IO Error: (?:Checkpoint failed for database ".*?"\. The database|Database ".*?") has been invalidated/,
    remedy:
      'The manager attaches it again by itself as soon as it can: mend the cause and try again. Every acknowledged write is in the file or its WAL.',
  },
  {
    code: 'E_LOCKED',
    when: /^(?:IO Error: )?Could not set lock on file "(?<path>.*?)"(?:.*?held in (?<program>.+?) \(PID (?<pid>\d+)\))?/,
    remedy: "Stop the other process, or choose onLocked: 'wait' or, without readOnly, 'fallback'.",
    details: ({ path, program, pid }) => ({
      path,
      ...(program === undefined ? {} : { program }),
      ...(pid === undefined ? {} : { pid: Number(pid) }),
    }),
  },
  {
    code: 'E_DISK_FULL',
    when: /^(?:IO Error: |TransactionContext Error: Failed to commit: |APPEND (?:Failed to commit: )?)Could not [^"]*"(?<path>.*?)".*?: No space left on device/,
    remedy: 'Free some space and try again: nothing of this transaction was applied.',
    details: pathDetails,
  },
  {
    code: 'E_UNSUPPORTED',
    when: /^IO Error: Trying to read a database file with version number (?<version>\d+)/,
    remedy: 'Open it with the DuckDB version that wrote it, and export.',
    details: ({ version }) => ({ version: Number(version) }),
  },
  {
    code: 'E_CORRUPT',
    when: /^(?:IO|INTERNAL) Error: (?:Corrupt (?:database|WAL) file|Failure while replaying WAL(?: file "(?<wal>.*?)")?|Could not read enough bytes from file "(?<file>.*?)"|The file "(?<path>.*)" exists, but it is not a valid DuckDB)/,
    remedy: 'Restore a backup, or point the path at a DuckDB file. Never delete a .wal on its own: it holds commits.',
    details: ({ wal, file, path }) => pathDetails({ path: wal ?? file ?? path }),
  },
  {
    code: 'E_READ_ONLY',
    when: /^(?:Invalid Input Error: Cannot execute statement of type .* attached in read-only mode!|TransactionContext Error: Cannot write to database .* launched in read-only mode)/,
  },
  {
    code: 'E_READ_ONLY',
    when: /^IO Error: (?:Cannot open file|Failed to create directory) "(?<path>.*)": Read-only file system/,
    remedy: 'Open it with readOnly: true, or choose a place that can be written.',
    details: pathDetails,
  },
  {
    code: 'E_PERMISSION',
    when: /^(?:IO Error: |TransactionContext Error: Failed to commit: )(?:Cannot open file|Failed to create directory) "(?<path>.*)": Permission denied/,
    remedy: 'Give the user of this process the right to it and to its folder, or choose another path.',
    details: pathDetails,
  },
  {
    code: 'E_CONFIG',
    when: /^IO Error: (?:Failed to create directory|Cannot open file) "(?<path>[\s\S]*)": File name too long/,
    remedy: 'Choose a shorter name: a folder of a partition is named by its value.',
    details: pathDetails,
  },
  {
    code: 'E_NOT_FOUND',
    when: /^IO Error: (?:Cannot open (?:file|database) "(?<path>.*)".*(?:No such file|does not exist)|No files found that match the pattern "(?<pattern>[\s\S]*)")/,
    details: ({ path, pattern }) => pathDetails({ path: path ?? pattern }),
  },
  {
    code: 'E_CONFIG',
    when: /^IO Error: (?:Cannot open (?:file|database)|Could not read from file) "(?<path>.*)"/,
    details: pathDetails,
  },
  { code: 'E_CONFIG', when: /^Invalid Configuration Error: / },
  { code: 'E_CONFIG', when: /^Connection Error: Can't open a connection to same database file/ },
  {
    code: 'E_CONFIG',
    when: /^(?:Invalid Input Error: )?(?:The following options were not recognized|Failed to set config)|^Catalog Error: (?:unrecognized configuration parameter|Cannot launch in-memory database in read-only mode)/,
  },
  {
    code: 'E_CONFLICT',
    when: /^TransactionContext Error: Cannot CHECKPOINT: there are other write transactions active/,
    remedy: 'Call checkpoint() again when the transactions that write are over.',
  },
  {
    code: 'E_QUERY',
    when: /^Invalid Input Error: Cannot prepare multiple statements at once/,
    remedy:
      "One statement for each call; several belong in transaction(). Of a PIVOT that does not say its values DuckDB makes several: list them, as in pivot t on x in ('a', 'b') using count(*).",
  },
  {
    code: 'E_QUERY',
    when: /^Parameter Not Allowed Error: /,
    remedy:
      "A value is no name: write ${column(Entity, 'property')} for a column, or sql.raw(text) for text that no user can reach.",
  },
  { code: 'E_QUERY', when: /^TransactionContext Error: (?!Failed to commit: )/ },
  { code: 'E_TX_ABORTED', when: /^TransactionContext Error: Failed to commit: / },
  {
    code: 'E_OUT_OF_MEMORY',
    when: /^Out of Memory Error: /,
    remedy: "Raise settings: { memory_limit: '8GB' }, or ask for less at once.",
  },
  {
    code: 'E_CONVERSION',
    when: /^Invalid Input Error: CSV Error on Line: (?<line>\d+)\n[\s\S]*?\n\s+file = (?<path>.*)(?:\n|$)/,
    details: ({ line, path }) => ({ ...pathDetails({ path }), line: Number(line) }),
  },
  {
    code: 'E_CORRUPT',
    when: /^Invalid Input Error: The CSV Parser state machine reached an invalid state[\s\S]*?\n\s+file = (?<path>.*)(?:\n|$)/,
    details: pathDetails,
  },
  {
    code: 'E_CONVERSION',
    when: /^Invalid Input Error: JSON transform error in file "(?<path>.*?)", in (?:line|record\/value) (?<line>\d+)/,
    details: ({ line, path }) => ({ ...pathDetails({ path }), line: Number(line) }),
  },
  {
    code: 'E_CONVERSION',
    when: /^Invalid Input Error: Malformed JSON in file "(?<path>.*?)", at byte \d+ in (?:line|record\/value) (?<line>\d+)/,
    details: ({ line, path }) => ({ ...pathDetails({ path }), line: Number(line) }),
  },
  {
    code: 'E_CONVERSION',
    when: /^Invalid Input Error: (?<path>[\s\S]*): \S+ \(.*\) cannot hold the [\s\S]* exactly\. Mend the file/,
    details: pathDetails,
  },
  {
    code: 'E_CORRUPT',
    when: /^Invalid Input Error: (?:No magic bytes found at end of file '(?<end>[\s\S]*?)'|File '(?<path>[\s\S]*?)' too small to be a Parquet file)|^(?:[A-Za-z ]+ Error: )?(?:Input is not a (?:GZIP stream|ZSTD frame)|TProtocolException: )/,
    remedy: 'Write the file anew, or name it as what it is.',
    details: ({ end, path }) => pathDetails({ path: end ?? path }),
  },
  {
    code: 'E_CONVERSION',
    when: /^(?:Conversion|Out of Range) Error: |^Invalid Input Error: Malformed JSON|^(?:APPEND )?Could not (?:convert string|cast value)|^\w+ out of u?(?:int\d+|hugeint) range$|^number is not an integer$|^input is not a |^Cannot create \w+ (?:of type|with)|^STRUCT entry .* is missing from input$|^\w+ value out of range for JS Date/,
  },
  {
    code: 'E_UNSUPPORTED',
    when: /^Dependency Error: |^(?:Catalog|Binder) Error: (?:Cannot (?:change|drop|alter)|Could not drop the table|This column is referenced by)/,
  },
  {
    code: 'E_UNSUPPORTED',
    when: /^Failed to create union value$/,
    remedy: 'The binding has no parameter for a union whose value is null. insertMany can write it.',
  },
  // these sentences hold no data before the words; data would be in quotes
  {
    code: 'E_UNSUPPORTED',
    when: /^(?:Parser|Binder|Catalog) Error: (?:[^"'\n]*not (?:yet )?supported|FOREIGN KEY constraints cannot use)|^Invalid Input Error: Can not create a STORED/,
  },
  {
    code: 'E_PERMISSION',
    when: /^(?:Extension Autoloading|Missing Extension) Error: [\s\S]*(?:file system operations are|Loading external extensions is) disabled (?:by|through) configuration/,
  },
  {
    code: 'E_UNSUPPORTED',
    when: /^(?:Not implemented|Invalid type|Extension Autoloading|Missing Extension) Error: |^IO Error: (?:Failed to download extension|Extension ")/i,
  },
  {
    code: 'E_PERMISSION',
    when: /^Permission Error: |^Invalid Input Error: Cannot change configuration option .* the configuration has been locked/,
  },
  { code: 'E_CLOSED', when: /^(?:Failed to [a-z ]+: )?(?:connection disconnected|instance closed)$/ },
  {
    code: 'E_QUERY',
    when: /^(?:Catalog|Binder) Error: (?:Table|View|Schema|Type|Sequence|Catalog|Database|\w+ Function|Referenced column).*(?:does not exist|not found)/,
    details: () => ({ reason: 'missing' }),
  },
  { code: 'E_QUERY', when: /^Table ".*" could not be found$/, details: () => ({ reason: 'missing' }) },
  { code: 'E_QUERY', when: /^(?:Catalog|Binder) Error: .*already exists/, details: () => ({ reason: 'exists' }) },
  {
    code: 'E_QUERY',
    when: /^(?:Parser|Binder|Catalog|Invalid Input|Sequence|Serialization) Error: |^APPEND |^Failed to retrieve bind parameter|^\S+ is not an table$|^Call to EndRow before|^Too many appends/,
  },
];

function pathDetails({ path }: Record<string, string | undefined>): ErrorDetails {
  return path === undefined ? {} : { path };
}

/** `a: 1, b: x` of DuckDB's text, as columns. Values may hold commas and colons, so only one column keeps its value whole. */
function keyDetails(key: string | undefined): ErrorDetails {
  if (key === undefined) return {};
  const columns = [...key.matchAll(/(?:^|, )("(?:[^"]|"")*"|[^:,]+): /g)].map((match) => match[1] as string);
  return columns.length === 0 ? { key } : { key, columns };
}

const WRAPPERS = /^(?:Failed to extract statements: |Failed to bind value: |Failure running pending result task: )/;
const APPENDER = /^Failed to (?:append|flush appender|close appender): /i;
const PREFIX = /^[A-Z][A-Za-z ]+ Error: /;

/** DuckDB's sentence out of its wrappers; `errors_as_json` gives a JSON object, the appender leaves out the kind. */
function unwrap(message: string): { text: string; subtype?: string; errno?: string; position?: number } {
  let text = message;
  while (WRAPPERS.test(text)) text = text.replace(WRAPPERS, '');
  const appender = APPENDER.test(text);
  if (appender) text = text.replace(APPENDER, '');
  const [, kind, json] = /^(?:([A-Z][A-Za-z ]+) Error: )?(\{"exception_type"[\s\S]*\})$/.exec(text) ?? [];
  if (json !== undefined) {
    try {
      const parsed = JSON.parse(json) as {
        exception_type: string;
        exception_message: string;
        error_subtype?: string;
        position?: string;
        errno?: string;
      };
      // under a prefix of another kind it is data: `select error('{"exception_type":...}')`
      if (kind !== undefined && kind !== parsed.exception_type) return { text };
      const sentence = `${parsed.exception_type} Error: ${parsed.exception_message}`;
      return {
        text: appender && parsed.exception_type === 'Constraint' ? `APPEND ${parsed.exception_message}` : sentence,
        ...(parsed.error_subtype === undefined ? {} : { subtype: parsed.error_subtype }),
        // where in `details.sql` it stumbled, from 0
        ...(parsed.position === undefined ? {} : { position: Number(parsed.position) }),
        ...(parsed.errno === undefined ? {} : { errno: parsed.errno }),
      };
    } catch {
      // not JSON after all: the text stands as it is
    }
  }
  return { text: appender && !PREFIX.test(text) ? `APPEND ${text}` : text };
}

/** An error of DuckDB in DuckDB's own words, taken out of the JSON of `errors_as_json`. */
export function inWords(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const words = unwrap(error.message).text.replace(/^APPEND /, '');
  return words === error.message ? error : new Error(words, { cause: error });
}

/**
 * The one classifier: any thrown value to a DatabaseError. Errors of this library pass through unchanged.
 *
 * @param context facts the caller knows, such as `{ sql }` (without values); they go into `details`
 */
export function classify(error: unknown, context: ErrorDetails = {}): DatabaseError {
  if (isDatabaseError(error)) return error;
  const raw = error instanceof Error ? error.message : String(error);
  const { text, ...facts } = unwrap(raw);
  const readable = text.replace(/^APPEND /, '');
  for (const rule of RULES) {
    const match = rule.when.exec(text);
    if (match === null) continue;
    const message = rule.remedy === undefined ? readable : `${readable.replace(/[.!]?$/, '.')} ${rule.remedy}`;
    return new DatabaseError(rule.code, message, {
      cause: error,
      details: { ...context, ...facts, ...rule.details?.({ ...match.groups }) },
    });
  }
  return new DatabaseError('E_UNKNOWN', readable, { cause: error, details: { ...context, ...facts } });
}
