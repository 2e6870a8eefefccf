// The table of error codes: what each means, when it is thrown, what to do, which facts it carries. docs/errors.md is made from it.
// Not here: the error class and the reading of DuckDB's texts (errors.ts).

/** What there is to know of a code. */
interface Code {
  /** in a few words; logs have it where the message may repeat data */
  readonly summary: string;
  /** DuckDB's own text may repeat data, so logs get the summary instead of the message */
  readonly echoes: boolean;
  /** the same work can succeed when it is run again, without any change; default false */
  readonly retryable?: true;
  /** by what it is thrown, a sentence each */
  readonly when: readonly string[];
  /** what to do about it */
  readonly remedy: string;
  /** fields of `details` beside those that any error may have, and what they hold; none of them is always there */
  readonly details: Readonly<Record<string, string>>;
  /** a message, as one of these causes gives it */
  readonly example: string;
}

/** Fields of `details` that any error may have. */
export const COMMON_DETAILS: Readonly<Record<string, string>> = Object.freeze({
  sql: 'the statement that failed, as it was sent: values that were given beside it are `$1`, `$2` ...',
  position: 'where in `sql` DuckDB stumbled, from 0',
  subtype: "DuckDB's own name of what is wrong",
  errno: "the operating system's number, as text",
  operation:
    "what was done, where the statement is the library's own: `'commit'`, `'append'`, `'schema'`, `'importFrom'`",
  path: 'the file that it is about',
  rows: 'of a stream: how many rows it had given',
});

/** Which row of an entity. */
const ROW = {
  entity: 'the name of the class',
  table: 'its table',
  property: 'the property',
  columns: 'the columns, by their names in the database',
  row: 'the number of the row in `insertMany` or `upsert`, from 0; in a file, from 1. Where DuckDB refuses a row, it does not say which',
};

const TABLE = {
  E_CONFIG: {
    summary: 'an option or path is wrong',
    echoes: false,
    when: [
      'An option of the manager, of a call or of a decorator is unknown, of the wrong type, or out of its range.',
      'A path cannot be: empty, a folder, a name too long, the database itself as the target of an export or a backup.',
      'DuckDB does not know a setting of `settings`, or two managers of one file ask for different ones.',
      'An entity is not among those of the manager; an injected repository finds no manager, or several.',
    ],
    remedy:
      'Mend the option that the message names. It is a mistake of the program or its environment: nothing else helps.',
    details: { table: 'the table that is none of the cache' },
    example: 'pool.size: give a whole number from 1.',
  },
  E_DECLARATION: {
    summary: 'an entity class is declared in a way that cannot work',
    echoes: false,
    when: [
      'At import: a type of a column that there is not, a default that the type cannot hold, no `@Column`, no metadata of the compiler.',
      'At `connect()` or `ddlOf`: what shows when classes are seen together, such as two tables of one name.',
      'A class that is no entity is given where one is asked for.',
    ],
    remedy: 'Change the class: the message names `Class.property` and what to write.',
    details: {},
    example:
      'Fill.price: "money" is not a column type. Types: boolean, tinyint, smallint, integer, utinyint, usmallint, uinteger, bigint, ubigint, hugeint, uhugeint, float, double, varchar, uuid, bit, blob, date, timestamp, timestamp_s, timestamp_ms, timestamptz, timestamp_ns, time, timetz, interval, decimal(p,s), json(), enumOf(), list(), array(), struct(), map(), union().',
  },
  E_SCHEMA_DRIFT: {
    summary: 'the database differs from the entity classes',
    echoes: false,
    when: [
      "At `connect()`: a table is there and is not what its class says; with `schema: 'verify'` also where something is missing.",
      'The files of an entity with `from` lack a column, or have it in another type.',
    ],
    remedy:
      'Nothing was changed. Make the class and the table agree: by SQL on the database, or in the class. See docs/declaring.md.',
    details: { differences: 'all of them, a sentence each' },
    example:
      'The database differs from the entity classes:\n  - table "strategies": column "name" is nullable in the database and NOT NULL in the class\nNothing was changed. Change the classes or the tables so that they agree, or open with schema: \'off\' to look at the data as it is.',
  },
  E_LOCKED: {
    summary: 'another process holds the database file',
    echoes: false,
    when: [
      "Another process has the file open, and `onLocked` is `'error'`, or `'wait'` and `lockTimeout` is over. By default (`'fallback'`) work goes on beside it, and this is not thrown; with `readOnly`, which has no fallback, it is.",
      'This process has the file open already: in another thread, by a hard link, by `ATTACH` in another manager, or by a `DuckDBInstance` of its own. That is refused whatever `onLocked` says. `ATTACH` of a file in the manager that has it open is refused by DuckDB itself, as `E_QUERY`.',
      'A file was opened as a fallback or in memory by one manager, and another one insists on the file.',
    ],
    remedy:
      "Stop the other process (`details.pid`), or choose `onLocked: 'wait'` or, without `readOnly`, `'fallback'`; to read beside it, have it make a copy by `backup()`, and open that. With `details.sameProcess` share the manager that has it open.",
    details: {
      pid: 'the process that holds it',
      program: 'its program',
      sameProcess: 'true where it is this process',
      openAs: 'the name by which this process has it open',
      waitedMs: "how long `'wait'` has waited",
      replaced: "`'fallback'` or `'memory'`: where this process works in place of the file",
    },
    example:
      "IO Error: Could not set lock on file \"data/app.duckdb\": Conflicting lock is held in /usr/bin/node (PID 8502). See also https://duckdb.org/docs/stable/connect/concurrency. Stop the other process, or choose onLocked: 'wait' or, without readOnly, 'fallback'.",
  },
  E_NOT_FOUND: {
    summary: 'a row or file that must exist does not',
    echoes: true,
    when: [
      '`findOneOrFail` finds no row.',
      'No file is at a path, or matches a pattern, of `importFrom`, of an entity with `from`, or of raw SQL.',
      'With `readOnly`: the database file is not there. The folder of an export is not there.',
    ],
    remedy: 'Mend the condition or the path; where nothing may be there, use `findOne`, which gives null.',
    details: { entity: 'the name of the class' },
    example: 'No Trade matches.',
  },
  E_UNIQUE: {
    summary: 'a unique or primary key exists already',
    echoes: true,
    when: [
      'A row is inserted or updated to a primary key, unique column or unique index that another row has.',
      'At the commit of a transaction: another one has committed the key meanwhile. DuckDB then tells the value alone, not of which table or column.',
    ],
    remedy: "Use `upsert`, or `insertMany` with `onConflict: 'ignore'` or `'update'`; or another key.",
    details: { ...ROW, key: "DuckDB's text of the key", constraint: "`'primary key'` or `'unique'`" },
    example:
      'Trade: Duplicate key "id: 1" violates primary key constraint. Update the row that is there (upsert, onConflict), or use another key.',
  },
  E_NOT_NULL: {
    summary: 'a value is missing in a column that is NOT NULL',
    echoes: true,
    when: ['A row to write has null, or nothing, for a property that is not `nullable` and has no default.'],
    remedy: 'Give the value, or declare the column with `nullable: true` and the property with `| null`.',
    details: ROW,
    example: 'Trade.symbol is null, and the column is NOT NULL.',
  },
  E_CHECK: {
    summary: 'a CHECK constraint failed',
    echoes: true,
    when: ['A row to write breaks a `check` of its column or one of the `checks` of its table.'],
    remedy: 'Mend the value, or the check in the class. DuckDB cannot change a check of a table that is there.',
    details: { ...ROW, expression: 'the condition' },
    example:
      'Trade: CHECK constraint failed on table trades with expression CHECK((qty < 1000000)). Mend the value, or the check in the class.',
  },
  E_FOREIGN_KEY: {
    summary: 'a foreign key constraint failed',
    echoes: true,
    when: [
      'A row refers to one that is not there.',
      'A row is deleted, or its key changed, while others refer to it; DuckDB also refuses updates of indexed columns and lists of such a row.',
    ],
    remedy:
      'Write the parent first; delete the children first, in a transaction before: DuckDB checks deletes against what is committed.',
    details: { ...ROW, key: "DuckDB's text of the key", reason: "`'does not exist'` or `'is still referenced'`" },
    example:
      'Trade: Violates foreign key constraint because key "id: 7" does not exist in the referenced table. Write the row it refers to first; delete the rows that refer to it in a transaction before. DuckDB also refuses to update lists and indexed columns of a row that others refer to.',
  },
  E_CONVERSION: {
    summary: 'a value does not fit its type',
    echoes: true,
    when: [
      'A value to write cannot be held exactly by the type of its column: a fraction in an integer, too many digits, a wrong kind.',
      "A value to read does not fit its property: a bigint beyond 2^53 with `as: 'number'`, a sum that is no safe number.",
      'A cast in SQL fails; a value in an imported file is none of its type.',
      'A value of `toJsonSerializable` or `storeCacheData` is no data: a function, a symbol, a cycle, a key of a Map that has no text.',
    ],
    remedy:
      'Mend the value, round it yourself where that is meant, or choose a wider type. Nothing is ever rounded in silence.',
    details: {
      ...ROW,
      row: `${ROW.row}; of a value that is read, in the result, from 0`,
      column: 'the column of the result',
      line: 'the line of the file',
    },
    example: 'Row 1: Trade.qty (integer) expects an integer, got a fraction.',
  },
  E_VALIDATION: {
    summary: 'a row breaks the rules of its class',
    echoes: true,
    when: [
      'Rules of class-validator on the class are broken, in any write, unless the manager or the call has `validate: false`.',
      'A row or a patch has a property that the class has not; a row is no object.',
    ],
    remedy: 'Mend the row; `details.problems` has every property that breaks a rule.',
    details: {
      ...ROW,
      rules: 'the rules that `property` breaks, by the names of class-validator',
      problems: 'every property that breaks rules: its path, and the message of each rule',
    },
    example: 'Trade: qty must be a positive number.',
  },
  E_QUERY: {
    summary: 'a query is wrong',
    echoes: true,
    when: [
      'A property or option that there is not, an aggregate that its column cannot have, an empty condition of `update` or `delete`.',
      'Text in place of sql`...`, several statements at once, COMMIT inside `transaction()`, a cursor that is damaged or forged.',
      'SQL that DuckDB cannot parse or bind: a table or column that there is not.',
      "A value in a condition, or an id, that the column cannot hold: `findById('xyz')` of an integer.",
    ],
    remedy:
      "Mend the query: the message names what is wrong and often what to write. It is a mistake of the program, but for `reason: 'misfit'`, where the value may come from outside.",
    details: {
      reason:
        "`'missing'` or `'exists'`: what SQL names, where it is that; `'misfit'`: a value in a condition does not fit its column",
      property: "of `'misfit'`: the property",
    },
    example: 'Trade has no column "ticker". Columns: id, strategyId, symbol, qty.',
  },
  E_CONFLICT: {
    summary: 'another transaction changed the same rows; run the transaction again',
    echoes: true,
    retryable: true,
    when: [
      'Two transactions change the same rows, or the same table by DDL, at once: the second one fails, at the statement or at its commit.',
      'An upsert meets a key that another transaction has inserted meanwhile.',
      '`checkpoint()` while a transaction is open that has updated rows or changed tables, or that began before tables were changed. Others, which read, insert or delete, do not keep DuckDB from it.',
    ],
    remedy: 'Run the transaction again: `transaction(fn, { retries: 3 })` does so. Short transactions conflict less.',
    details: ROW,
    example: 'TransactionContext Error: Conflict on update. Run the transaction again, or give it { retries }.',
  },
  E_TX_ABORTED: {
    summary: 'the transaction was rolled back',
    echoes: true,
    when: [
      'Something in a transaction failed, and its error was caught: the rest of it, and its commit, fail with this.',
      'A call is made in a transaction that is over: something was started inside and not awaited, or runs by a timer.',
      'The commit fails for a reason that has no code of its own.',
    ],
    remedy:
      'Do not catch errors inside a transaction and go on: look before you write, or use `onConflict`. Await everything that is started inside; start timers outside, or in `afterCommit`.',
    details: {},
    example: 'TransactionContext Error: Current transaction is aborted (please ROLLBACK)',
  },
  E_TIMEOUT: {
    summary: 'the time allowed ran out',
    echoes: false,
    when: [
      "The `timeout` of a call, or the manager's `queryTimeout` of a statement, is over: DuckDB was interrupted.",
      'No connection of the pool became free within `pool.acquireTimeout`.',
    ],
    remedy:
      'Ask for less, or allow more time. Where the pool was exhausted: do not run calls outside a transaction from within it, end streams, or give `pool.size` more.',
    details: {
      timeoutMs: 'the time that was allowed',
      size: 'connections of the pool',
      busy: 'of these, lent',
      waiting: 'callers that wait for one',
    },
    example: 'query was stopped by its timeout of 50 ms. Ask for less at once, or give it a longer timeout.',
  },
  E_ABORTED: {
    summary: 'the query was interrupted',
    echoes: false,
    when: [
      "The `signal` of a call has aborted; `cause` is the signal's reason.",
      '`close()` has interrupted the statement that was running. What else it ends is `E_CLOSED`.',
    ],
    remedy: 'None is needed where it was asked for.',
    details: {},
    example: 'find was stopped by its signal.',
  },
  E_OUT_OF_MEMORY: {
    summary: 'the memory limit of DuckDB was reached',
    echoes: false,
    when: ['A query needs more than `memory_limit`, which is 80 % of the memory by default, and cannot go on on disk.'],
    remedy:
      "Raise `settings: { memory_limit: '8GB' }`, lower `threads`, or ask for less at once: `stream` in place of `find`. In a container set the limit yourself: see docs/troubleshooting.md.",
    details: {},
    example:
      "Out of Memory Error: could not allocate block of size 256.0 KiB (3.9 GiB/4.0 GiB used). Raise settings: { memory_limit: '8GB' }, or ask for less at once.",
  },
  E_DISK_FULL: {
    summary: 'no space is left on the device',
    echoes: false,
    when: ['A commit, an export, a backup, or what a query keeps on disk finds no room.'],
    remedy: 'Free some space and run it again: nothing of this transaction was applied, and no half file is left.',
    details: {},
    example:
      'TransactionContext Error: Failed to commit: Could not write file "data/app.duckdb.wal": No space left on device. Free some space and try again: nothing of this transaction was applied.',
  },
  E_CORRUPT: {
    summary: 'the database file or its WAL is damaged or not a DuckDB file',
    echoes: false,
    when: [
      'At `connect()`: the file is no DuckDB database, is cut off, or its log cannot be read.',
      'An imported file is damaged: not what its name says, cut off, of a wrong checksum.',
    ],
    remedy:
      'Restore a backup, or point the path at the right file. Never delete a `.wal` beside a database on its own: it holds commits.',
    details: {},
    example:
      'IO Error: The file "data/app.duckdb" exists, but it is not a valid DuckDB database file. Restore a backup, or point the path at a DuckDB file. Never delete a .wal on its own: it holds commits.',
  },
  E_READ_ONLY: {
    summary: 'the database is read-only',
    echoes: false,
    when: [
      'A write through a manager with `readOnly: true`, or in a transaction with `readOnly: true`.',
      'A write to an entity that is read from files.',
      'The file system is read-only.',
    ],
    remedy: 'Write by a manager without `readOnly`; write files by `exportTo`.',
    details: { entity: 'the name of the class' },
    example:
      'Invalid Input Error: Cannot execute statement of type "INSERT" on database "mysingle_db" which is attached in read-only mode!',
  },
  E_INVALIDATED: {
    summary: 'DuckDB gave up on the database after a fatal error',
    echoes: true,
    when: [
      'A checkpoint failed, as a rule by a full disk: the manager attaches the database again by itself, as soon as that is possible, and `health().problem` says what is wrong meanwhile.',
      'DuckDB met an error within itself.',
    ],
    remedy:
      'Mend the cause (free some space); what is asked for after that works again. Every acknowledged write is in the file or its log. After an internal error of DuckDB close the manager and connect again.',
    details: {},
    example:
      'IO Error: Checkpoint failed for database "app". The database has been invalidated. Original error: No space left on device. The manager attaches it again by itself as soon as it can: mend the cause and try again. Every acknowledged write is in the file or its WAL.',
  },
  E_CLOSED: {
    summary: 'the manager is closed',
    echoes: false,
    when: [
      'A call after `close()`.',
      'A stream, a bulk load or a transaction that `close()` has ended, or a call that waited for a connection. The statement that DuckDB runs at that moment is `E_ABORTED`, and with it its transaction.',
      'A property that needs a connection, such as `cache` or `mode`, before `connect()`.',
    ],
    remedy: 'Call `connect()` again, or stop asking: in a service that ends, whoever asks now comes too late.',
    details: {},
    example: 'The manager is closed. Call connect() to use it again.',
  },
  E_PERMISSION: {
    summary: 'access is not permitted',
    echoes: false,
    when: [
      'The operating system does not let this process read or write a file or folder.',
      'The manager is `secure`, and SQL reaches for a file, the network, an extension or a setting.',
    ],
    remedy: 'Give the user of this process the right; read and write files by a manager that is not `secure`.',
    details: {},
    example:
      'Permission Error: Cannot access file "data/trades.parquet" - file system operations are disabled by configuration',
  },
  E_UNSUPPORTED: {
    summary: 'this is not supported',
    echoes: true,
    when: [
      'DuckDB cannot do it: drop a column that others depend on, alter a table with foreign keys or indexes on it.',
      'A value has no form in the cache: a function, a cycle, an instance of a class that is no entity and that class-transformer does not decorate.',
      'A value of `toJsonSerializable` or `storeCacheData` would be empty as JSON: a Promise, an Error, a RegExp, an iterator, symbols as keys. A function or a cycle there is `E_CONVERSION`.',
      'The file was written by a newer storage version of DuckDB.',
    ],
    remedy: 'Do it another way: the message says which, where there is one.',
    details: { version: 'the storage version of the file' },
    example:
      'Catalog Error: Cannot drop column "strategy_id" because there is a FOREIGN KEY constraint that depends on it',
  },
  E_CACHE_UNBOUND: {
    summary: 'a @Cached method cannot tell which cache to use',
    echoes: false,
    when: [
      'A `@Cached` or `@CacheInvalidate` method is called, its instance has no manager or repository among its properties, and no manager, or more than one, is open.',
    ],
    remedy: 'Connect first; keep a repository or the manager in a property; or say which: `using: (self) => self.db`.',
    details: {},
    example:
      '@Cached Rates.today: no property is a manager or repository, and no manager is open. Connect one first. Say which: @Cached({ ttl, using: (self) => self.db }).',
  },
  E_UNKNOWN: {
    summary: 'an unexpected error',
    echoes: true,
    when: [
      'DuckDB or the system said something that this library does not know. `cause` has it.',
      'A stream broke off and DuckDB does not say why: `retryable` is true then.',
    ],
    remedy: 'Read `cause`; where it should have a code of its own, report it with that text.',
    details: {},
    example: 'Something that DuckDB has never said before',
  },
} satisfies Record<string, Code>;

/** The closed set of error codes. See docs/errors.md for each. */
export type ErrorCode = keyof typeof TABLE;

/** By code, frozen. */
export const CODES: Readonly<Record<ErrorCode, Code>> = Object.freeze(TABLE);
