import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { BaseDuckDBManager, Column, Table, pathFromEnv, type ManagerOptions } from '@mysingle/database';
import { resolveOptions } from '../lib/options.js';
import { failure } from './support/failure.js';
import { openManager, scratchPath } from './support/scratch.js';

@Table('options_row')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
}
class NoEntity {
  id = 1;
}

async function withEnv<T>(variables: Record<string, string>, work: () => T | Promise<T>): Promise<T> {
  Object.assign(process.env, variables);
  try {
    return await work();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

const CACHE = 'maxEntries, maxBytes, maxTableBytes, store, namespace, localTtl, storeTimeout, retention, background';

describe('the options of a manager', () => {
  it('have defaults', () => {
    const { log, database, ...rest } = resolveOptions({ path: 'a.duckdb', logger: false });
    expect(rest).to.deep.equal({ name: 'default', entities: [], schema: 'create', cache: undefined, retentionMs: 2_592_000_000, slowQueryMs: 1000, queryTimeoutMs: undefined, validate: true, now: undefined, cursorSecret: undefined }); // prettier-ignore
    expect(database).to.deep.include({ path: 'a.duckdb', readOnly: false, secure: false, onLocked: 'fallback', lockTimeoutMs: 30_000, settings: {}, poolSize: 3, acquireTimeoutMs: 30_000, log }); // prettier-ignore
    expect(resolveOptions('b.duckdb').database.path).to.equal('b.duckdb');
  });

  it('are taken as given', () => {
    const { database, ...rest } = resolveOptions({
      path: ':memory:', name: 'x', entities: [Row], schema: 'off', onLocked: 'wait', lockTimeout: '250ms', slowQuery: '2m', queryTimeout: '1m', validate: false, cache: false,
      pool: { size: 1, acquireTimeout: '1s' }, settings: { threads: 2, memory_limit: '1GB', preserve_insertion_order: false }, logger: pino({ enabled: false }),
    }); // prettier-ignore
    expect(rest).to.include({
      name: 'x',
      schema: 'off',
      cache: false,
      retentionMs: 30 * 86_400_000,
      slowQueryMs: 120_000,
      queryTimeoutMs: 60_000,
      validate: false,
    });
    expect(rest.entities).to.deep.equal([Row]);
    expect(resolveOptions({ path: ':memory:', cache: { retention: '2h' } }).retentionMs).to.equal(7_200_000);
    expect(database).to.deep.include({ onLocked: 'wait', lockTimeoutMs: 250, poolSize: 1, acquireTimeoutMs: 1000 });
    expect(database.settings).to.deep.equal({ threads: '2', memory_limit: '1GB', preserve_insertion_order: 'false' });
  });

  const path = ':memory:';
  const refusals: [unknown, string][] = [
    [undefined, 'path: give the path of the database file, or \':memory:\', or set DUCKDB_PATH. An empty path would lose all data at exit.'],
    ['', 'path: give the path'],
    ['   ', 'path: give the path'],
    [{ path: 5 }, 'path: give the path'],
    ['a\0b', 'path: it holds a NUL character'],
    [':memory:foo', 'path: ":memory:foo" would be a file of that name.'],
    ['https://example.org/x.duckdb', 'path: "https://example.org/x.duckdb" is a URL.'],
    [5, 'The options are a path or an object.'],
    [[], 'The options are a path or an object.'],
    [{ path, pathh: 1 }, "There is no option 'pathh' of the manager. Options: path, name, entities, schema, onLocked, lockTimeout, readOnly, secure, pool, settings, cache, logger, slowQuery, queryTimeout, validate, clock, cursorSecret."],
    [{ path, name: '' }, 'name: give a string that is not empty.'],
    [{ path, entities: Row }, 'entities: give an array of entity classes.'],
    [{ path, schema: 'sink' }, "schema: give one of 'create', 'verify', 'off', got \"sink\"."],
    [{ path, onLocked: null }, "onLocked: give one of 'fallback', 'memory', 'wait', 'error', got null."],
    [{ path, lockTimeout: 30 }, "lockTimeout: 30 is not a duration. Write a number with its unit: '250ms', '30s', '5m', '1h' or '7d'."],
    [{ path, slowQuery: '1 s' }, 'slowQuery: "1 s" is not a duration.'],
    [{ path, readOnly: 'yes' }, 'readOnly: give true or false.'],
    [{ path, readOnly: true }, 'readOnly: a database in memory is empty, so reading alone makes no sense. Give a file.'],
    [{ path, validate: 1 }, "validate is true, false, or an object such as { groups: ['create'] }."],
    [{ path, validate: { group: 'a' } }, "validate has no option 'group'. Options: groups, always, strictGroups."],
    [{ path, validate: { groups: [1] } }, 'validate has groups as an array of strings.'],
    [{ path, validate: { always: 1 } }, 'validate has always true or false.'],
    [{ path, pool: 5 }, 'pool: give an object of size, acquireTimeout.'],
    [{ path, pool: null }, 'pool: give an object of size, acquireTimeout.'],
    [{ path, pool: { sise: 1 } }, "There is no option 'sise' of pool. Options: size, acquireTimeout."],
    [{ path, pool: { size: 0 } }, 'pool.size: give a whole number from 1.'],
    [{ path, pool: { size: 4 } }, 'pool.size: 4 queries at once would leave no thread for files and DNS. Give at most 3, or start Node with UV_THREADPOOL_SIZE=5 or more.'],
    [{ path, pool: { acquireTimeout: 5 } }, 'pool.acquireTimeout: 5 is not a duration.'],
    [{ path, settings: 'threads=1' }, "settings: give an object of DuckDB's own options."],
    [{ path, settings: { threads: null } }, 'settings.threads: give a string, a number or a boolean.'],
    [{ path, settings: { Access_Mode: 'x' } }, 'settings.Access_Mode is set by this library: use readOnly: true.'],
    [{ path, settings: { constructor: null } }, 'settings.constructor: give a string, a number or a boolean.'],
    [{ path, settings: { TimeZone: 'x' } }, 'settings.TimeZone is set by this library: times are UTC here; convert where they are shown.'],
    [{ path, settings: { errors_as_json: true } }, 'settings.errors_as_json is set by this library: errors are read by this library.'],
    [{ path, cache: true }, `cache: give an object of ${CACHE}, or false.`],
    [{ path, cache: null }, `cache: give an object of ${CACHE}, or false.`],
    [{ path, cache: { ttl: '5m' } }, `There is no option 'ttl' of cache. Options: ${CACHE}.`],
    [{ path, cache: { maxEntries: 1.5 } }, 'cache.maxEntries: give a whole number from 1.'],
    [{ path, cache: { maxBytes: -1 } }, 'cache.maxBytes: give a whole number from 1.'],
    [{ path, cache: { retention: 30 } }, 'cache.retention: 30 is not a duration.'],
    [{ path, cache: { retention: '-1d' } }, 'cache.retention: "-1d" is not a duration.'],
    [{ path, cache: { retention: '0d' } }, "cache.retention: give more than 0, or leave it out for '30d'."],
    [{ path, logger: console }, 'logger: give a pino logger, or false for no logs.'],
    [{ path, logger: null }, 'logger: give a pino logger, or false for no logs.'],
    [{ path, logger: true }, 'logger: give a pino logger, or false for no logs.'],
    [{ path, queryTimeout: 5 }, 'queryTimeout: 5 is not a duration.'],
    [{ path, clock: Date.now }, 'clock: give an object with a function now(), which gives the milliseconds since 1970.'],
    [{ path, clock: null }, 'clock: give an object with a function now()'],
    [{ path, cache: { background: 0 } }, 'cache.background: give true or false.'],
    [{ path, cursorSecret: 'fifteen letters' }, 'cursorSecret: give a string of at least 16 characters, or leave it out for one of this process.'],
    [{ path, cursorSecret: 5 }, 'cursorSecret: give a string'],
    [{ path, cursorSecret: null }, 'cursorSecret: give a string'],
    [{ path, queryTimeout: '0s' }, 'queryTimeout: give more than 0, or leave it out for none.'],
  ]; // prettier-ignore
  for (const [given, message] of refusals) {
    it(`refuse ${JSON.stringify(given) ?? 'no path at all'}`, async () => {
      const error = await failure(() => new BaseDuckDBManager(given as ManagerOptions), 'E_CONFIG');
      expect(error.message.startsWith(message), error.message).to.equal(true);
    });
  }

  it('take the secret of cursors from DUCKDB_CURSOR_SECRET where none is given, and repeat none', async () => {
    await withEnv({ DUCKDB_CURSOR_SECRET: 'of the environment' }, () => {
      expect(resolveOptions({ path }).cursorSecret).to.equal('of the environment');
      expect(resolveOptions({ path, cursorSecret: 'of the options, long' }).cursorSecret).to.equal(
        'of the options, long',
      );
    });
    for (const DUCKDB_CURSOR_SECRET of ['', 'hush'])
      await withEnv(
        { DUCKDB_CURSOR_SECRET },
        async () =>
        expect((await failure(() => resolveOptions({ path }), 'E_CONFIG')).message).to.equal('The environment variable DUCKDB_CURSOR_SECRET: give a string of at least 16 characters, or leave it out for one of this process.'), // prettier-ignore
      );
  });

  it('refuse a class that is no entity', async () => {
    const { message } = await failure(() => new BaseDuckDBManager({ path, entities: [NoEntity] }), 'E_DECLARATION');
    expect(message).to.include('NoEntity is not an entity: it has no @Table()');
  });

  it('refuse what DuckDB does not know at connect, naming the settings', async () => {
    const open = openManager({ settings: { nosuch: 1 } });
    expect((await failure(open, 'E_CONFIG')).message).to.match(/^settings \(nosuch\): /);
  });

  it('allow as many connections as libuv has threads to spare', async () => {
    await withEnv({ UV_THREADPOOL_SIZE: '8' }, () => {
      expect(resolveOptions({ path, pool: { size: 7 } }).database.poolSize).to.equal(7);
      expect(resolveOptions({ path }).database.poolSize).to.equal(3);
    });
    await withEnv({ UV_THREADPOOL_SIZE: '1' }, () => expect(resolveOptions({ path }).database.poolSize).to.equal(1));
  });

  it('take the path from DUCKDB_PATH where none is given, and refuse an empty one', async () => {
    const file = scratchPath();
    await withEnv({ DUCKDB_PATH: file }, async () => {
      await using db = await BaseDuckDBManager.open({ logger: false });
      expect([db.dbPath, db.mode]).to.deep.equal([file, 'file']);
      expect(resolveOptions({ path }).database.path).to.equal(path);
      await failure(() => resolveOptions({ path: '' }), 'E_CONFIG'); // given is given
    });
    await withEnv({ DUCKDB_PATH: '' }, () => failure(() => resolveOptions(undefined), 'E_CONFIG'));
  });
});

describe('pathFromEnv', () => {
  it('gives the variable, else the fallback, and refuses what is blank or missing', async () => {
    await withEnv({ SPEC_DB: './a b.duckdb' }, () => expect(pathFromEnv('SPEC_DB', 'x')).to.equal('./a b.duckdb'));
    expect(pathFromEnv('SPEC_DB', './fallback.duckdb')).to.equal('./fallback.duckdb');
    expect((await failure(() => pathFromEnv('SPEC_DB'), 'E_CONFIG')).message).to.equal(
      'The environment variable SPEC_DB is not set, and there is no fallback.',
    );
    await failure(() => pathFromEnv('SPEC_DB', ''), 'E_CONFIG');
    for (const blank of ['', '  '])
      await withEnv({ SPEC_DB: blank }, async () =>
        expect((await failure(() => pathFromEnv('SPEC_DB', 'x'), 'E_CONFIG')).message).to.include('SPEC_DB is empty'),
      );
  });
});
