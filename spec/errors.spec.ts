import { AsyncResource } from 'node:async_hooks';
import { linkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { fork } from 'node:child_process';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  Column,
  DatabaseError,
  ERROR_CODES,
  isDatabaseError,
  Table,
  sql,
  type BaseDuckDBManager,
  type ErrorCode,
  type Repository,
} from '@mysingle/database';
import { CODES, COMMON_DETAILS } from '../lib/error-codes.js';
import { classify, loggable } from '../lib/errors.js';
import { failure } from './support/failure.js';
import { openManager, scratchFolder, scratchPath } from './support/scratch.js';

type Facts = Readonly<Record<string, unknown>>;

@Table('u')
class Differing {
  @Column('varchar', { primaryKey: true }) id!: string;
}

/** Out of the async context of a transaction, as another request would be. */
const elsewhere = AsyncResource.bind(<T>(work: () => Promise<T>): Promise<T> => work());

const SETUP = [
  `create table u (id int primary key, a int, b varchar not null, unique (a, b), check (a < 100))`,
  'create table p (pid int primary key)',
  'create table f (pid int references p (pid))',
  'create table d (i int)',
  'create table ix (a int, b int)',
  'create index ix_a on ix (a)',
  'create sequence s1',
  `create table st (i int default nextval('s1'))`,
  `create table "odd t" ("c" int not null, check ("c" < 5))`,
  `create type m as enum ('x', 'y')`,
  'create table en (m m)',
  'create table g (a int, b int generated always as (a + 1))',
  `insert into u values (1, 1, 'x')`,
  'insert into p values (1)',
  'insert into f values (1)',
  'insert into d values (1), (1)',
];

/** Statements that DuckDB refuses, what they are to us, and facts among the details. */
const PROVOKED: readonly (readonly [statement: string, code: ErrorCode, details?: Facts])[] = [
  [
    `insert into u values (1, 2, 'a')`,
    'E_UNIQUE',
    { key: 'id: 1', columns: ['id'], constraint: 'primary key', table: undefined },
  ],
  [`insert into u values (2, 1, 'x')`, 'E_UNIQUE', { key: 'a: 1, b: x', columns: ['a', 'b'], constraint: 'unique' }],
  [`insert into u values (3, 3, 'a'), (3, 4, 'b')`, 'E_UNIQUE', { key: '3', columns: undefined }],
  ['alter table d add primary key (i)', 'E_UNIQUE', {}],
  ['insert into u values (4, 4, null)', 'E_NOT_NULL', { table: 'u', columns: ['b'] }],
  ['insert into "odd t" values (null)', 'E_NOT_NULL', { table: 'odd t', columns: ['c'] }],
  [`insert into u values (5, 500, 'b')`, 'E_CHECK', { table: 'u', expression: 'CHECK((a < 100))' }],
  ['insert into "odd t" values (7)', 'E_CHECK', { table: 'odd t', expression: 'CHECK((c < 5))' }],
  ['insert into f values (9)', 'E_FOREIGN_KEY', { key: 'pid: 9', columns: ['pid'], reason: 'does not exist' }],
  ['delete from p', 'E_FOREIGN_KEY', { key: 'pid: 1', columns: ['pid'], reason: 'is still referenced' }],
  [`insert into en values ('zz')`, 'E_CONVERSION'],
  [`select 'x'::int`, 'E_CONVERSION'],
  ['select 300::tinyint', 'E_CONVERSION'],
  ['select 9223372036854775807 + 1', 'E_CONVERSION'],
  ['select 1000000000000000::decimal(18,4)', 'E_CONVERSION'],
  [`select '{bad'::json`, 'E_CONVERSION'],
  [`select json('{bad')`, 'E_CONVERSION'],
  ['select 1::timestamp', 'E_CONVERSION'],
  ['selec 1', 'E_QUERY', { subtype: 'SYNTAX_ERROR' }],
  ['savepoint a', 'E_QUERY', { subtype: 'SYNTAX_ERROR' }],
  ['select 1; select 2', 'E_QUERY'],
  ['select 1 as ""', 'E_QUERY'],
  ['select * from nosuch', 'E_QUERY', { reason: 'missing', subtype: 'MISSING_ENTRY' }],
  ['select nosuch from u', 'E_QUERY', { reason: 'missing', subtype: 'COLUMN_NOT_FOUND' }],
  ['select nofn(1)', 'E_QUERY', { reason: 'missing' }],
  ['call nofn()', 'E_QUERY', { reason: 'missing' }],
  ['pragma nosuch', 'E_QUERY', { reason: 'missing' }],
  ['create table c (x nosuch)', 'E_QUERY', { reason: 'missing' }],
  ['checkpoint nosuch', 'E_QUERY', { reason: 'missing' }],
  ['create table u (a int)', 'E_QUERY', { reason: 'exists', subtype: 'ENTRY_ALREADY_EXISTS' }],
  ['create table c ("Name" int, "name" int)', 'E_QUERY', { reason: 'exists' }],
  ['create sequence s1', 'E_QUERY', { reason: 'exists' }],
  ['insert into g (b) values (1)', 'E_QUERY'],
  [`insert into u values (9, 9, 'z') on conflict do update set b = 'q'`, 'E_QUERY'],
  ['alter table ix alter a set data type bigint', 'E_UNSUPPORTED'],
  ['alter table ix alter b set not null', 'E_UNSUPPORTED'],
  ['alter table ix add column c int not null', 'E_UNSUPPORTED'],
  ['alter table ix add column c int generated always as (a)', 'E_UNSUPPORTED'],
  ['alter table u alter a type bigint', 'E_UNSUPPORTED'],
  ['alter table u drop a', 'E_UNSUPPORTED'],
  ['alter table u add constraint x check (a > 1)', 'E_UNSUPPORTED'],
  ['alter table g alter a type bigint', 'E_UNSUPPORTED'],
  ['drop table p', 'E_UNSUPPORTED'],
  ['drop sequence s1', 'E_UNSUPPORTED'],
  ['create table l (a int[] primary key)', 'E_UNSUPPORTED'],
  ['create index px on ix (b) where b > 1', 'E_UNSUPPORTED'],
  ['create table x1 (a int references p (pid) on delete cascade)', 'E_UNSUPPORTED'],
  ['create table x2 (a int, b int generated always as (a) stored)', 'E_UNSUPPORTED'],
  ['load nosuchext', 'E_UNSUPPORTED'],
  ['set global nosuch = 1', 'E_CONFIG'],
  [`select * from 'no.parquet'`, 'E_NOT_FOUND', { path: 'no.parquet' }],
  [`copy u to '/nonexistent/d/x.csv'`, 'E_NOT_FOUND', { path: '/nonexistent/d/x.csv', errno: '2' }],
  [`attach '/nonexistent/x.db' as y`, 'E_NOT_FOUND', { path: '/nonexistent/x.db' }],
];

interface World {
  /** with the tables of SETUP */
  readonly db: BaseDuckDBManager;
  readonly path: string;
  /** a row that no test before has used */
  readonly users: Repository<User>;
}

@Table('users')
class User {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { unique: true }) name!: string;
  @Column('decimal(10,2)', { nullable: true }) money!: string | null;
}

/** Failures that are provoked by more than one statement: through the whole of the library. */
const PROVOKED_BY_CALLS: readonly (readonly [
  name: string,
  provoke: (world: World) => unknown,
  code: ErrorCode,
  details?: Facts,
])[] = [
  ['a row twice', async ({ users }) => { await users.insert({ id: 1, name: 'a' }); await users.insert({ id: 1, name: 'b' }); }, 'E_UNIQUE', { columns: ['id'] }],
  ['rows twice in bulk', ({ users }) => users.insertMany([{ id: 1, name: 'a' }, { id: 1, name: 'b' }]), 'E_UNIQUE'],
  ['a value that is missing', ({ users }) => users.insert({ id: 2 } as never), 'E_NOT_NULL'],
  ['a property that is none', ({ users }) => users.insert({ id: 2, name: 'a', nmae: 'b' } as never), 'E_VALIDATION'],
  ['a value of another type', ({ users }) => users.insert({ id: 'x', name: 'a' } as never), 'E_CONVERSION'],
  ['a number with too many digits', ({ users }) => users.insert({ id: 3, name: 'a', money: '1.234' }), 'E_CONVERSION'],
  ['a condition on a property that is none', ({ users }) => users.find({ where: { nmae: 'a' } as never }), 'E_QUERY'],
  ['a condition that is undefined', ({ users }) => users.delete({ id: undefined } as never), 'E_QUERY'],
  ['a row that must be there', ({ users }) => users.findOneOrFail({ where: { id: 99 } }), 'E_NOT_FOUND'],
  ['two columns of one name', ({ db }) => db.query(sql`select 1 as a, 2 as a`), 'E_QUERY'],
  ['SQL as a string', ({ db }) => db.query('select 1' as never), 'E_QUERY'],
  ['a transaction by SQL', ({ db }) => db.execute(sql`begin`), 'E_QUERY'],
  ['a setting of one connection', ({ db }) => db.execute(sql`set threads = 1`), 'E_QUERY'],
  ['an option of transaction that is none', ({ db }) => db.transaction(() => {}, { retry: 1 } as never), 'E_CONFIG'],
  ['a failure that was caught', ({ db }) => db.transaction(async () => { await db.execute(sql`insert into f values (9)`).catch(() => {}); }), 'E_TX_ABORTED'],
  ['a write in a reading transaction', ({ db }) => db.transaction(() => db.execute(sql`delete from d`), { readOnly: true }), 'E_READ_ONLY'],
  ['a conflict', ({ db }) => db.transaction(async () => {
    await db.query(sql`from d`);
    await elsewhere(() => db.execute(sql`update d set i = 5`));
    await db.execute(sql`update d set i = 6`);
  }), 'E_CONFLICT'],
  ['a checkpoint beside a writer', ({ db }) => db.transaction(async () => {
    await db.execute(sql`update u set b = 'y'`);
    await elsewhere(() => db.execute(sql`insert into d values (7)`));
    await elsewhere(() => db.checkpoint());
  }), 'E_CONFLICT'],
  ['a checkpoint in a transaction', ({ db }) => db.transaction(() => db.checkpoint()), 'E_CONFIG'],
  ['a backup onto itself', ({ db, path }) => db.backup(path, { overwrite: true }), 'E_CONFIG'],
  ['the file under another name', ({ path }) => { linkSync(path, `${path}.link`); return openManager({ path: `${path}.link` }); }, 'E_LOCKED', { sameProcess: true, pid: process.pid }],
  ['other options for the same file', ({ path }) => openManager({ path, secure: true }), 'E_CONFIG'],
  ['a table that differs from its class', ({ path }) => openManager({ path, entities: [Differing] }), 'E_SCHEMA_DRIFT'],
  ['a class that is no entity', () => openManager({ entities: [Object as never] }), 'E_DECLARATION'],
  ['an option that is none', () => openManager({ pathh: 'x' } as never), 'E_CONFIG'],
  ['an empty path', () => openManager({ path: '' }), 'E_CONFIG'],
  ['a setting that DuckDB does not know', () => openManager({ settings: { nosuch: 1 } }), 'E_CONFIG'],
  ['a file beside a secure database', async () => (await openManager({ secure: true })).query(sql`from read_text('/etc/passwd')`), 'E_PERMISSION'],
  ['a setting of a secure database', async () => (await openManager({ secure: true })).execute(sql`set global threads = 1`), 'E_PERMISSION'],
  ['the memory limit', async () => (await openManager({ settings: { memory_limit: '20MB', threads: 1 } })).query(sql`select list(i) from range(30000000) t(i)`), 'E_OUT_OF_MEMORY'],
  ['no connection in time', async () => {
    const db = await openManager({ pool: { size: 1, acquireTimeout: '20ms' } });
    await db.transaction(() => elsewhere(() => db.query(sql`select 1`)));
  }, 'E_TIMEOUT'],
  ['a value for which the cache has no form', ({ db }) => db.cache.set('k', () => 1, { ttl: '1h' }), 'E_UNSUPPORTED'],
  ['a use after close', async () => { const db = await openManager(); await db.close(); await db.query(sql`select 1`); }, 'E_CLOSED'],
  ['text in place of a database', async ({ path }) => { writeFileSync(`${path}.txt`, 'x'.repeat(9_000)); await openManager({ path: `${path}.txt` }); }, 'E_CORRUPT'],
  ['text in place of a log', async ({ path }) => { writeFileSync(`${path}.new.wal`, 'x'.repeat(900)); await openManager({ path: `${path}.new` }); }, 'E_CORRUPT'],
  ['no file to read', async ({ path }) => { await openManager({ path: `${path}.none`, readOnly: true }); }, 'E_NOT_FOUND'],
]; // prettier-ignore

/** Plain texts of DuckDB on this stack (without errors_as_json, by the appender, by the binding). */
const TEXTS: readonly (readonly [text: string, code: ErrorCode, details?: Facts])[] = [
  // a lock, in all its wordings
  [
    'IO Error: Could not set lock on file "/d/x y.duckdb": Conflicting lock is held in node (PID 8502). See also https://duckdb.org/docs/stable/connect/concurrency',
    'E_LOCKED',
    { path: '/d/x y.duckdb', program: 'node', pid: 8502 },
  ],
  [
    'IO Error: Could not set lock on file "/d/x": Conflicting lock is held in /usr/bin/my app (PID 7). However, you would be able to open this database in read-only mode, e.g. by using the -readonly parameter in the CLI. See also https://x',
    'E_LOCKED',
    { program: '/usr/bin/my app', pid: 7 },
  ],
  [
    'IO Error: Could not set lock on file "/d/x": Resource temporarily unavailable',
    'E_LOCKED',
    { path: '/d/x', pid: undefined },
  ],
  [
    '{"exception_type":"IO","exception_message":"Could not set lock on file \\"/d/x\\": Conflicting lock is held in node (PID 3).","errno":"11"}',
    'E_LOCKED',
    { errno: '11', pid: 3, path: '/d/x' },
  ],
  // opening
  ['IO Error: Cannot open file "/a/b": No such file or directory', 'E_NOT_FOUND', { path: '/a/b' }],
  ['IO Error: Cannot open database "/a/b" in read-only mode: database does not exist', 'E_NOT_FOUND', { path: '/a/b' }],
  ['IO Error: Cannot open file "/a/b": Permission denied', 'E_PERMISSION', { path: '/a/b' }],
  [
    'TransactionContext Error: Failed to commit: Cannot open file "/a.wal": Permission denied',
    'E_PERMISSION',
    { path: '/a.wal' },
  ],
  ['IO Error: Cannot open file "/a/b": Read-only file system', 'E_READ_ONLY', { path: '/a/b' }],
  ['IO Error: Could not read from file "/a/b": Is a directory', 'E_CONFIG', { path: '/a/b' }],
  ['IO Error: Cannot open file "/a/b": File name too long', 'E_CONFIG', { path: '/a/b' }],
  ['IO Error: The file "/a/b" exists, but it is not a valid DuckDB database file!', 'E_CORRUPT', { path: '/a/b' }],
  [
    'IO Error: Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 3',
    'E_CORRUPT',
  ],
  ['IO Error: Could not read enough bytes from file "/a": attempted to read 4096 bytes from location 0', 'E_CORRUPT'],
  ['INTERNAL Error: Failure while replaying WAL file "/a.wal": x', 'E_CORRUPT', { path: '/a.wal' }],
  [
    'IO Error: Trying to read a database file with version number 99, but we can only read versions between 64 and 68.\nThe database file was created with a newer version of DuckDB.',
    'E_UNSUPPORTED',
    { version: 99 },
  ],
  ['IO Error: Failed to download extension "sqlite_scanner" at URL "http://x"', 'E_UNSUPPORTED'],
  ['Extension Autoloading Error: An error occurred', 'E_UNSUPPORTED'],
  ['Missing Extension Error: x', 'E_UNSUPPORTED'],
  ['Catalog Error: Cannot launch in-memory database in read-only mode!', 'E_CONFIG'],
  ['Invalid Input Error: The following options were not recognized: nosuch', 'E_CONFIG'],
  ['Failed to set config', 'E_CONFIG'],
  [
    `Connection Error: Can't open a connection to same database file with a different configuration than existing connections`,
    'E_CONFIG',
  ],
  [
    'Binder Error: Unique file handle conflict: Cannot attach "self" - the database file "/x" is already attached by database "lock"',
    'E_QUERY',
  ],
  ['Failed to connect: instance closed', 'E_CLOSED'],
  ['Failed to query: connection disconnected', 'E_CLOSED'],
  ['Failed to create appender: connection disconnected', 'E_CLOSED'],
  // durability
  [
    'TransactionContext Error: Failed to commit: Could not write file "/x.wal": No space left on device',
    'E_DISK_FULL',
    { path: '/x.wal' },
  ],
  [
    'Failed to append: Failed to commit: Could not write file "/x.wal": No space left on device',
    'E_DISK_FULL',
    { path: '/x.wal' },
  ],
  ['IO Error: Could not write file "/x.wal": No space left on device', 'E_DISK_FULL'],
  [
    'FATAL Error: Failed to create checkpoint because of error: Could not write file "/x": No space left on device',
    'E_INVALIDATED',
  ],
  [
    'FATAL Error: Failed: database has been invalidated because of a previous fatal error. The database must be restarted prior to being used again. Original error: "x"',
    'E_INVALIDATED',
  ],
  [
    'IO Error: Checkpoint failed for database "app". The database has been invalidated. Original error: No space left on device',
    'E_INVALIDATED',
  ],
  [
    'IO Error: Database "app" has been invalidated because checkpointing failed. Detach and reattach it before using it again.',
    'E_INVALIDATED',
  ],
  ['INTERNAL Error: Attempted to dereference unique_ptr that is NULL!', 'E_INVALIDATED'],
  // concurrency
  ['TransactionContext Error: Conflict on tuple deletion!', 'E_CONFLICT'],
  ['TransactionContext Error: Conflict on update!', 'E_CONFLICT'],
  [
    'TransactionContext Error: Catalog write-write conflict on create with "Schema\\0main\\0main\\0Table\\0main\\0d1"',
    'E_CONFLICT',
  ],
  ['TransactionContext Error: Catalog write-write conflict on alter with "t"', 'E_CONFLICT'],
  [
    'TransactionContext Error: Transaction conflict: attempting to insert into table "t" but it has been altered by a different transaction',
    'E_CONFLICT',
  ],
  [
    'TransactionContext Error: Failed to commit: Transaction conflict: attempting to insert into table "t" but it has been dropped by a different transaction',
    'E_CONFLICT',
  ],
  [
    'TransactionContext Error: Failed to commit: PRIMARY KEY or UNIQUE constraint violation: duplicate key "100"',
    'E_UNIQUE',
    { key: '100', columns: undefined },
  ],
  ['TransactionContext Error: Failed to commit: something new', 'E_TX_ABORTED'],
  ['TransactionContext Error: Current transaction is aborted (please ROLLBACK)', 'E_TX_ABORTED'],
  ['TransactionContext Error: cannot start a transaction within a transaction', 'E_QUERY'],
  ['TransactionContext Error: cannot rollback - no transaction is active', 'E_QUERY'],
  [
    'TransactionContext Error: Cannot write to database "conc" - transaction is launched in read-only mode!',
    'E_READ_ONLY',
  ],
  [
    'Invalid Input Error: Cannot execute statement of type "INSERT" on database "x" which is attached in read-only mode!',
    'E_READ_ONLY',
  ],
  // the appender
  ['Failed to append: PRIMARY KEY or UNIQUE constraint violation: duplicate key "1"', 'E_UNIQUE', { key: '1' }],
  [
    'Failed to append: Duplicate key "id: 80" violates primary key constraint.',
    'E_UNIQUE',
    { key: 'id: 80', columns: ['id'], constraint: 'primary key' },
  ],
  ['Failed to append: NOT NULL constraint failed: ap.v', 'E_NOT_NULL', { table: 'ap', columns: ['v'] }],
  [
    `Failed to append: CHECK constraint failed on table ap with expression CHECK((v != 'bad'))`,
    'E_CHECK',
    { table: 'ap' },
  ],
  [
    'Failed to append: Violates foreign key constraint because key "id: 77" does not exist in the referenced table',
    'E_FOREIGN_KEY',
    { columns: ['id'] },
  ],
  ['Failed to append: table ap has 4 columns but 3 values were supplied', 'E_QUERY'],
  ['Table ".main.nosuch" could not be found', 'E_QUERY', { reason: 'missing' }],
  ['apv is not an table', 'E_QUERY'],
  ['Call to EndRow before all columns have been appended to!', 'E_QUERY'],
  ['Too many appends for chunk!', 'E_QUERY'],
  [`Could not convert string 'notint' to INT32`, 'E_CONVERSION'],
  ['Failed to Flush appender: incomplete append to row!', 'E_QUERY'],
  // the binding
  ['Cannot create values of type ANY. Specify a specific type.', 'E_CONVERSION'],
  ['Cannot create lists with item type of ANY. Specify a specific type.', 'E_CONVERSION'],
  ['bigint out of int64 range', 'E_CONVERSION'],
  ['bigint out of hugeint range', 'E_CONVERSION'],
  ['number is not an integer', 'E_CONVERSION'],
  ['input is not a DuckDBDateValue', 'E_CONVERSION'],
  [`STRUCT entry 'b' is missing from input`, 'E_CONVERSION'],
  ['DATE value out of range for JS Date: 2147483647 days', 'E_CONVERSION'],
  ['Invalid Input Error: Values were not provided for the following prepared statement parameters: 2', 'E_QUERY'],
  [
    'Failed to bind value: Invalid Input Error: Can not bind to parameter number 2, statement only has 1 parameter(s)',
    'E_QUERY',
  ],
  ['Failed to retrieve bind parameter index', 'E_QUERY'],
  // resources, security
  ['INTERRUPT Error: Interrupted!', 'E_ABORTED'],
  ['Failure running pending result task: INTERRUPT Error: Interrupted!', 'E_ABORTED'],
  ['Out of Memory Error: could not allocate block of size 256.0 KiB (38.1 MiB/38.1 MiB used)', 'E_OUT_OF_MEMORY'],
  ['Permission Error: Cannot access file "/x" - file system operations are disabled by configuration', 'E_PERMISSION'],
  ['Permission Error: Loading external extensions is disabled through configuration', 'E_PERMISSION'],
  [
    'Invalid Input Error: Cannot change configuration option "threads" - the configuration has been locked',
    'E_PERMISSION',
  ],
  ['Dependency Error: Cannot alter entry "t" because there are entries that depend on it.', 'E_UNSUPPORTED'],
  ['Catalog Error: Cannot drop this column: an index depends on a column after it!', 'E_UNSUPPORTED'],
  [
    'Binder Error: VARIANT columns are not supported in storage versions prior to v1.5.0 (database "va" is using storage version v1.0.0+)',
    'E_UNSUPPORTED',
  ],
  ['Binder Error: Creating foreign keys across different schemas or catalogs is not supported', 'E_UNSUPPORTED'],
  // wrappers around JSON
  [
    'Failed to extract statements: Parser Error: {"exception_type":"Parser","exception_message":"syntax error at or near \\"selec\\"","error_subtype":"SYNTAX_ERROR","position":"0"}',
    'E_QUERY',
    { subtype: 'SYNTAX_ERROR' },
  ],
  [
    'Failed to append: {"exception_type":"Constraint","exception_message":"NOT NULL constraint failed: ap.v"}',
    'E_NOT_NULL',
    { table: 'ap' },
  ],
  [
    'Not implemented Error: {"exception_type":"Not implemented","exception_message":"Creating partial indexes is not supported currently"}',
    'E_UNSUPPORTED',
  ],
  ['something nobody has seen', 'E_UNKNOWN'],
];

function check(error: DatabaseError, code: ErrorCode, details: Facts = {}): void {
  expect(error.code, error.message).to.equal(code);
  expect(error.retryable, error.message).to.equal(code === 'E_CONFLICT');
  for (const [name, value] of Object.entries(details))
    expect(error.details[name], `${name} of: ${error.message}`).to.deep.equal(value);
  expect(error.cause, 'the original is kept').to.be.instanceOf(Error);
  // a message is for people
  expect(error.message).to.not.match(/(?:^|Error: )\{"exception_type|^APPEND/);
}

/** Fields of `details` that the table of codes does not tell of. */
const undocumented = ({ code, details }: DatabaseError): readonly string[] =>
  Object.keys(details).filter((name) => !Object.hasOwn({ ...COMMON_DETAILS, ...CODES[code].details }, name));

async function prepared(options = {}): Promise<BaseDuckDBManager> {
  const db = await openManager(options);
  for (const statement of SETUP) await db.execute(sql.raw(statement));
  return db;
}

describe('errors', () => {
  describe('from the manager', () => {
    it('classifies what DuckDB refuses, with the SQL in the details', async () => {
      const db = await prepared();
      for (const [statement, code, details] of PROVOKED) {
        const error = await failure(db.execute(sql.raw(statement)));
        check(error, code, details);
        expect(error.details['sql']).to.equal(statement);
        expect(undocumented(error)).to.deep.equal([]);
        // and the same from the plain text, as DuckDB writes it without errors_as_json
        const { subtype: _subtype, errno: _errno, ...facts } = details ?? {};
        check(classify(new Error(plain(error))), code, facts);
      }
    });

    for (const [name, provoke, code, details = {}] of PROVOKED_BY_CALLS)
      it(`says ${code} for ${name}`, async () => {
        const path = scratchPath();
        const db = await prepared({ path, entities: [User] });
        const error = await failure(async () => provoke({ db, path, users: db.repository(User) }), code);
        expect(error.details).to.deep.include(details);
        expect(undocumented(error)).to.deep.equal([]);
        expect(error.retryable).to.equal(code === 'E_CONFLICT');
        expect(error.message)
          .to.match(/^[^{]{10,}/)
          .and.not.match(/exception_type/);
        // whatever it was, the manager goes on
        expect(await db.query(sql`select 1 as n`)).to.deep.equal([{ n: 1 }]);
      });

    it('does so for at least sixty failures, and for every code that can be provoked', () => {
      expect(PROVOKED.length + PROVOKED_BY_CALLS.length).to.be.at.least(60);
      const provoked = new Set([...PROVOKED.map(([, code]) => code), ...PROVOKED_BY_CALLS.map(([, , code]) => code)]);
      // a full disk, an interrupt, an invalidated database and a method without a cache have specs of their own
      expect([...ERROR_CODES.keys()].filter((code) => !provoked.has(code))).to.deep.equal(['E_ABORTED', 'E_DISK_FULL', 'E_INVALIDATED', 'E_CACHE_UNBOUND', 'E_UNKNOWN']); // prettier-ignore
    });

    it('classifies conflicts between transactions', async () => {
      const db = await prepared();
      const other = db.duckdbConn;
      const raced: readonly (readonly [first: string, second: string, code: ErrorCode])[] = [
        ['update d set i = 2', 'update d set i = 3', 'E_CONFLICT'],
        ['delete from d', 'delete from d', 'E_CONFLICT'],
        ['create table t (i int)', 'create table t (i int)', 'E_CONFLICT'],
        ['alter table d add column a int', 'alter table d add column b int', 'E_CONFLICT'],
      ];
      for (const [first, second, code] of raced) {
        await other.run('begin');
        await other.run(first);
        check(await failure(db.execute(sql.raw(second))), code);
        await other.run('rollback');
      }
      // inserted by another since the snapshot was taken: at once, and at COMMIT
      await other.run('begin');
      await other.run('from u');
      await db.execute(sql`insert into u values (101, 1, 'y')`);
      check(await rawFailure(other.run(`insert into u values (101, 2, 'z')`)), 'E_UNIQUE', { columns: ['id'] });
      check(await rawFailure(other.run('from u')), 'E_TX_ABORTED');
      check(await rawFailure(other.run('begin')), 'E_TX_ABORTED');
      await other.run('rollback');
      await other.run('begin');
      await other.run(`insert into u values (102, 2, 'z')`);
      await db.execute(sql`insert into u values (102, 3, 'y')`);
      check(await rawFailure(other.run('commit')), 'E_UNIQUE', { key: '102' });
      check(await rawFailure(other.run('rollback')), 'E_QUERY');
    });

    it('classifies refusals of configuration and of a reading transaction', async () => {
      const db = await prepared({ settings: { enable_external_access: false } });
      check(await failure(db.query(sql`from read_csv('/etc/passwd')`)), 'E_PERMISSION');
      await db.execute(sql`set global lock_configuration = true`);
      check(await failure(db.execute(sql`set global threads = 2`)), 'E_PERMISSION');
      const write = db.transaction(() => db.execute(sql`delete from d`), { readOnly: true });
      check(await failure(write), 'E_READ_ONLY');
      await failure(openManager({ settings: { nosuch: 1 } }), 'E_CONFIG');
      await failure(openManager({ settings: { threads: 'x' } }), 'E_CONFIG');
    });

    it('classifies the memory limit and an interrupt', async () => {
      const db = await openManager({ settings: { memory_limit: '20MB', threads: 1 } });
      const big = sql`select count(distinct (i::varchar || i)) from range(20000000) t(i)`;
      const error = await failure(db.query(big), 'E_OUT_OF_MEMORY');
      expect(error.message).to.include('memory_limit');
      const raw = db.duckdbConn;
      const stopped = rawFailure(raw.run('select count(*) from range(100000000000)'));
      const stopping = setInterval(() => raw.interrupt(), 5);
      check(await stopped, 'E_ABORTED');
      clearInterval(stopping);
    });

    it('classifies failures to open', async () => {
      const folder = scratchFolder();
      const file = (name: string, bytes: Uint8Array | string): string => {
        writeFileSync(`${folder}/${name}`, bytes);
        return `${folder}/${name}`;
      };
      const path = scratchPath();
      const db = await prepared({ path });
      await db.close();
      const newer = Buffer.alloc(12_288);
      newer.write('DUCK', 8);
      newer.writeBigUInt64LE(99n, 12);
      const cases: readonly (readonly [object, ErrorCode])[] = [
        [{ path: file('empty', '') }, 'E_CORRUPT'],
        [{ path: file('text', 'x'.repeat(20_000)) }, 'E_CORRUPT'],
        [{ path: file('short', newer.subarray(0, 20)) }, 'E_CORRUPT'],
        [{ path: folder }, 'E_CONFIG'],
        [{ path: `${folder}/${'n'.repeat(300)}` }, 'E_CONFIG'],
        [{ path: `${folder}/none.duckdb`, readOnly: true }, 'E_NOT_FOUND'],
      ];
      for (const [options, code] of cases) check(await failure(openManager(options)), code);
      const reading = await openManager({ path, readOnly: true });
      check(await failure(reading.execute(sql`delete from d`)), 'E_READ_ONLY');
    });

    it('names the process that holds a locked file', async () => {
      const path = scratchPath();
      const script = `import { BaseDuckDBManager } from '@mysingle/database';
        await new BaseDuckDBManager({ path: process.argv[2], logger: false }).connect();
        process.send('open'); setInterval(() => {}, 1000);`;
      const module = new URL('./errors.lock.mjs', import.meta.url);
      writeFileSync(module, script);
      const child = fork(module, [path], { execArgv: [] });
      try {
        await once(child, 'message');
        const error = await failure(openManager({ path, onLocked: 'error' }), 'E_LOCKED');
        check(error, 'E_LOCKED', { path, pid: child.pid, errno: '11' });
      } finally {
        child.kill('SIGKILL');
      }
    });
  });

  it('classifies every text that DuckDB, its appender and its binding are known to write', () => {
    for (const [text, code, details] of TEXTS) check(classify(new Error(text)), code, details);
  });

  it('names what can be done where something can', () => {
    const remedies: readonly (readonly [string, RegExp])[] = [
      ['IO Error: Could not set lock on file "/d/x": y', /onLocked/],
      [
        'TransactionContext Error: Conflict on update!',
        /^TransactionContext Error: Conflict on update\. Run.*\{ retries \}/,
      ],
      ['IO Error: Could not write file "/x": No space left on device', /Free some space/],
      ['FATAL Error: x', /connect again/],
      ['Out of Memory Error: x', /memory_limit/],
    ];
    for (const [text, remedy] of remedies) expect(classify(new Error(text)).message).to.match(remedy);
  });

  it('is not fooled by data that DuckDB repeats in its texts', async () => {
    const db = await prepared();
    // all texts above, as a message of the user's own
    for (const [text, code] of TEXTS) {
      const error = await failure(db.query(sql`select error(${`x ${text}`})`));
      // a JSON prefix is data as well
      expect(error.code, `${code}: ${text}`).to.equal('E_QUERY');
      const wrapped = await failure(db.query(sql`select error(${text})`));
      expect(['E_QUERY', 'E_CONVERSION', 'E_CONFIG', 'E_READ_ONLY', 'E_PERMISSION']).to.include(wrapped.code);
    }
    const prefixed = await failure(
      db.query(sql`select error(${'Constraint Error: Duplicate key "x" violates unique constraint'})`),
    );
    expect(prefixed.code).to.equal('E_QUERY');
    const inCast = await failure(db.query(sql`select ${'{"exception_type":"FATAL","exception_message":"x"}'}::int`));
    expect(inCast.code).to.equal('E_CONVERSION');
    await db.execute(sql`create table k (name varchar primary key)`);
    const keys = [
      'a "quoted" key',
      'two\nlines',
      '" violates unique constraint',
      'No space left on device',
      '" Could not write file "x": No space left on device',
      'has been invalidated',
      ': Read-only file system',
      'instance closed',
      '{"exception_type":"FATAL","exception_message":"x"}',
    ];
    for (const key of keys) {
      await db.execute(sql`insert into k values (${key})`);
      const error = await failure(db.execute(sql`insert into k values (${key})`), 'E_UNIQUE');
      check(error, 'E_UNIQUE', { key: `name: ${key}`, columns: ['name'] });
      const atOnce = await failure(db.execute(sql`insert into k values (${`${key}!`}), (${`${key}!`})`));
      // a value is no list of columns
      check(atOnce, 'E_UNIQUE', { key: `${key}!`, columns: undefined });
      const file = await failure(db.query(sql`from read_csv(${key})`));
      expect(file.code, key).to.equal('E_NOT_FOUND');
    }
    const bare =
      'TransactionContext Error: Failed to commit: PRIMARY KEY or UNIQUE constraint violation: duplicate key';
    check(classify(new Error(`${bare} "id: 5"`)), 'E_UNIQUE', { key: 'id: 5', columns: undefined });
  });

  it('passes its own errors through, and takes anything that is thrown', () => {
    const own = new DatabaseError('E_CONFIG', 'x');
    expect(classify(own)).to.equal(own);
    for (const thrown of ['text', 7, null, undefined, { message: 'x' }, Symbol('s')]) {
      expect(classify(thrown).code, typeof thrown).to.equal('E_UNKNOWN');
      expect(classify(thrown).cause).to.equal(thrown);
    }
    expect(classify(new Error('x'), { sql: 'select 1' }).details).to.deep.equal({ sql: 'select 1' });
  });

  it('is one class with code, retryable, frozen details and cause', () => {
    const cause = new Error('why');
    const error = new DatabaseError('E_CONFLICT', 'what', { cause, details: { table: 't' } });
    expect(error).to.be.instanceOf(Error).and.include({ name: 'DatabaseError', code: 'E_CONFLICT', retryable: true });
    expect(error.cause).to.equal(cause);
    expect(Object.isFrozen(error.details)).to.equal(true);
    expect(new DatabaseError('E_LOCKED', 'x')).to.include({ retryable: false }).and.not.have.property('cause');
    expect(new DatabaseError('E_TX_ABORTED', 'x', { retryable: true }).retryable).to.equal(true);
    expect(Object.keys(error)).to.not.include('stack');
  });

  it('has frames enough to reach the line of the caller, unless somebody wants fewer', () => {
    const deep = (levels: number): DatabaseError => (levels === 0 ? new DatabaseError('E_CONFIG', 'x') : deep(levels - 1)); // prettier-ignore
    const framesAt = (limit: number): number => {
      const { stackTraceLimit: before } = Error;
      Error.stackTraceLimit = limit;
      try {
        const { length } = (deep(40).stack ?? '').split('\n');
        expect(Error.stackTraceLimit).to.equal(limit);
        return length - 1;
      } finally {
        Error.stackTraceLimit = before;
      }
    };
    expect([10, 3, 35].map(framesAt)).to.deep.equal([30, 3, 35]);
  });

  it('recognises errors of another copy of the library', async () => {
    const copy = (await import(new URL('../lib/errors.js?copy', import.meta.url).href)) as {
      DatabaseError: typeof DatabaseError;
    };
    expect(copy.DatabaseError).to.not.equal(DatabaseError);
    const foreign = new copy.DatabaseError('E_LOCKED', 'x');
    expect(foreign).to.not.be.instanceOf(DatabaseError);
    expect(isDatabaseError(foreign)).to.equal(true);
    expect(isDatabaseError(foreign, 'E_LOCKED')).to.equal(true);
    expect(isDatabaseError(foreign, 'E_CLOSED')).to.equal(false);
    expect(classify(foreign)).to.equal(foreign);
    // of a later version, with a code that is unknown here
    const later = new copy.DatabaseError('E_LATER' as ErrorCode, 'secret');
    expect(loggable(later)).to.deep.equal({ error: 'an unexpected error', error_type: 'E_LATER' });
    for (const other of [null, undefined, 'x', new Error('x'), { code: 'E_LOCKED' }, {}])
      expect(isDatabaseError(other), typeof other).to.equal(false);
  });

  it('has the closed set of codes of its contract, each with a meaning', () => {
    expect([...ERROR_CODES.keys()].join(' ')).to.equal(
      'E_CONFIG E_DECLARATION E_SCHEMA_DRIFT E_LOCKED E_NOT_FOUND E_UNIQUE E_NOT_NULL E_CHECK E_FOREIGN_KEY ' +
        'E_CONVERSION E_VALIDATION E_QUERY E_CONFLICT E_TX_ABORTED E_TIMEOUT E_ABORTED E_OUT_OF_MEMORY E_DISK_FULL ' +
        'E_CORRUPT E_READ_ONLY E_INVALIDATED E_CLOSED E_PERMISSION E_UNSUPPORTED E_CACHE_UNBOUND E_UNKNOWN',
    );
    for (const meaning of ERROR_CODES.values()) expect(meaning).to.match(/^[a-zD].{10,}/);
    // @ts-expect-error the set is closed
    expect(new DatabaseError('E_OTHER', 'x').code).to.equal('E_OTHER');
  });

  it('never gives values to a log', async () => {
    const db = await prepared();
    const secret = 's3cr3t';
    await db.execute(sql`insert into u values (90, 50, ${secret})`);
    const failing = [
      sql`select ${secret}::int`,
      sql`select error(${secret})`,
      sql`from read_csv(${`/tmp/${secret}`})`,
      sql`copy u to ${`/nonexistent/${secret}`}`,
      sql`insert into u values (91, 50, ${secret})`,
      sql`insert into en values (${secret})`,
      sql`select error(${`Cannot execute statement of type ${secret} attached in read-only mode!`})`,
    ];
    for (const statement of failing) {
      const error = await failure(db.query(statement));
      expect(error.message + String(error.cause), 'the message itself has it').to.include(secret);
      expect(JSON.stringify(loggable(error))).to.not.include(secret);
    }
    expect(loggable(new TypeError(secret))).to.deep.equal({ error: 'an unexpected error', error_type: 'TypeError' });
    expect(loggable(secret)).to.deep.equal({ error: 'an unexpected error', error_type: 'string' });
    // what the library itself says about a file may be read
    expect(loggable(new DatabaseError('E_LOCKED', 'held by 5'))).to.deep.equal({
      error: 'held by 5',
      error_type: 'E_LOCKED',
    });
  });
});

/** DuckDB's text as it would be without errors_as_json. */
function plain(error: DatabaseError): string {
  const text = (error.cause as Error).message;
  const json = /(\{"exception_type"[\s\S]*\})$/.exec(text)?.[1];
  if (json === undefined) return text;
  const parsed = JSON.parse(json) as { exception_type: string; exception_message: string };
  return `${parsed.exception_type} Error: ${parsed.exception_message}`;
}

async function rawFailure(work: Promise<unknown>): Promise<DatabaseError> {
  return failure(
    work.catch((error: unknown) => {
      throw classify(error);
    }),
  );
}
