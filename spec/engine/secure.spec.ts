import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql, type BaseDuckDBManager, type ErrorCode } from '@mysingle/database';
import { ownFiles } from '../../lib/engine/secure.js';
import { EVERY_KIND, Parent } from '../support/every-kind.js';
import { failure } from '../support/failure.js';
import { startChild } from '../support/child.js';
import { openManager, scratchPath } from '../support/scratch.js';

/** What SQL must not do; `BESIDE` is a file in the folder of the database that is not the database's. */
const REFUSED: readonly (readonly [what: string, statement: string, code?: ErrorCode])[] = [
  ['read_csv', `select * from read_csv('BESIDE.csv')`],
  ['read_csv elsewhere', `select * from read_csv('/etc/passwd')`],
  ['read_text', `select * from read_text('BESIDE.csv')`],
  ['read_blob', `select * from read_blob('/etc/passwd')`],
  ['read_json', `select * from read_json('/etc/x.json')`],
  ['read_parquet', `select * from read_parquet('/etc/x.parquet')`],
  ['parquet_metadata', `select * from parquet_metadata('/etc/x.parquet')`],
  ['sniff_csv', `select * from sniff_csv('/etc/passwd')`],
  ['read_duckdb', `select * from read_duckdb('BESIDE.duckdb')`],
  ['glob', `select * from glob('/etc/*')`],
  ['glob of the own folder', `select * from glob('FOLDER/*')`],
  ['a file as a table', `select * from 'BESIDE.csv'`],
  ['a path as a table', `select * from "BESIDE.csv"`],
  ['a file as a table, which DuckDB does not even look for', `select * from '/etc/passwd'`, 'E_QUERY'],
  ['COPY TO', `copy t to 'BESIDE.out'`],
  ['COPY TO, up and down', `copy t to 'FOLDER/../NAME/BESIDE.out'`, 'E_PERMISSION'],
  ['COPY FROM', `copy t from 'BESIDE.csv'`],
  ['EXPORT', `export database 'FOLDER/exported'`],
  ['IMPORT', `import database 'FOLDER/exported'`],
  ['ATTACH beside', `attach 'BESIDE.duckdb' as other`],
  ['ATTACH elsewhere', `attach '/tmp/other.duckdb' as other`],
  ['ATTACH over the network', `attach 'https://localhost:1/x.duckdb' as other`],
  ['httpfs', `select * from read_csv('https://localhost:1/x.csv')`],
  ['a URL as a table', `select * from 'https://localhost:1/x.csv'`],
  ['s3', `select * from read_parquet('s3://bucket/x.parquet')`],
  ['INSTALL', 'install httpfs'],
  ['INSTALL from elsewhere', `install x from 'http://localhost:1'`],
  ['LOAD', 'load httpfs'],
  ['LOAD of a file', `load 'BESIDE.duckdb_extension'`],
  ['another system', `select * from sqlite_scan('BESIDE.csv', 't')`],
  ['CREATE SECRET', `create secret (type s3, key_id 'x', secret 'y')`],
  ['SET GLOBAL', 'set global threads = 1'],
  ['RESET GLOBAL', 'reset global memory_limit'],
  ['SET GLOBAL of what is allowed', `set global allowed_directories = ['/']`],
  ['SET GLOBAL of what is allowed, path by path', `set global allowed_paths = ['/etc/passwd']`],
  ['access turned on', 'set global enable_external_access = true'],
  ['the lock turned off', 'set global lock_configuration = false'],
  ['PRAGMA as a setting', 'pragma threads = 3', 'E_QUERY'],
  ['a profile written to a file', `pragma profiling_output = 'BESIDE.out'`, 'E_QUERY'],
  ['queries written to a file', `pragma log_query_path = 'BESIDE.out'`, 'E_QUERY'],
  ['a temporary directory elsewhere', `set global temp_directory = '/tmp'`],
  ['a query in a query', `select * from query('select * from read_text(''/etc/passwd'')')`],
  ['a log into a file', `call enable_logging(storage = 'file', storage_path = 'BESIDE.log')`],
  ['a log, as a table', `select * from main."Enable_Logging"()`],
  ['a log, by a query made of parts', `select * from query('from enable_' || 'logging()')`],
  ['a log, by a query as JSON', `select * from json_execute_serialized_sql('{}')`],
  ['profiles on standard output', 'call enable_profiling()'],
  ['the environment', `select getenv('HOME')`, 'E_QUERY'],
];

async function opened(path: string, options = {}): Promise<BaseDuckDBManager> {
  const db = await openManager({ path, secure: true, entities: EVERY_KIND, ...options });
  await db.execute(sql`create table if not exists t (n integer)`);
  return db;
}

describe('secure: true', () => {
  it('refuses whatever reaches out of the database', async () => {
    const path = scratchPath();
    const folder = dirname(path);
    writeFileSync(join(folder, 'beside.csv'), 'a\n1\n');
    const other = await DuckDBInstance.create(join(folder, 'beside.duckdb'));
    other.closeSync();
    const db = await opened(path);
    const before = readdirSync(folder).toSorted((a, b) => a.localeCompare(b));
    for (const [what, template, code = 'E_PERMISSION'] of REFUSED) {
      const statement = template
        .replaceAll('FOLDER', folder)
        .replaceAll('NAME/BESIDE', `${basename(folder)}/beside`)
        .replaceAll('BESIDE', join(folder, 'beside'));
      const error = await failure(db.execute(sql.raw(statement)));
      expect(error.code, `${what}: ${error.message}`).to.equal(code);
      const thrown: unknown = await db.duckdbConn.run(statement).catch((e: unknown) => e);
      expect(thrown, what).to.be.instanceOf(Error);
      expect(String(thrown), 'DuckDB in its own words').to.not.contain('exception_type');
    }
    // SQL of one connection alone is refused for another reason; a raw connection may try
    const thrown: unknown = await db.duckdbConn.run('set threads = 1').catch((e: unknown) => e);
    expect(String(thrown)).to.contain('the configuration has been locked');
    expect(readdirSync(folder).toSorted((a, b) => a.localeCompare(b))).to.deep.equal(before);
    expect(existsSync(join(folder, 'exported'))).to.equal(false);
  });

  it('leaves everything of the database itself working', async () => {
    const path = scratchPath();
    const db = await opened(path, { settings: { memory_limit: '80MB', threads: 1 } });
    const parents = db.repository(Parent);
    await parents.insertMany(Array.from({ length: 5_000 }, (_row, id) => ({ id, code: `c${id}`, upId: null })));
    await parents.insertMany([{ id: 1, code: 'one', upId: null }], { onConflict: 'update' });
    await db.transaction(() => parents.update({ id: 2 }, { code: 'two' }));
    expect(await db.cache.getOrLoad('k', { ttl: '1h' }, () => parents.count())).to.equal(5_000);
    await db.storeCacheData('k', { a: 1 });
    expect(await db.getCacheData('k')).to.deep.equal({ a: 1 });
    // sorted outside of memory
    await db.execute(sql`create table big as select i, repeat('x', 100) || i as s from range(900000) r(i)`);
    await db.execute(sql`create table sorted as select * from big order by s desc`);
    expect(await db.query(sql`select count(*)::int as n from sorted`)).to.deep.equal([{ n: 900_000 }]);
    await db.execute(sql`checkpoint`);
    await db.execute(sql`update parents set code = 'eight' where id = 8`);
    await db.close();
    expect(readdirSync(dirname(path)).filter((name) => name.endsWith('.wal'))).to.deep.equal([]);
    await db.connect();
    expect(await db.repository(Parent).findOne({ where: { id: 8 } })).to.include({ code: 'eight' });
  });

  it('can let go of the file and take it again, as after a failed checkpoint', async () => {
    const path = scratchPath();
    const db = await opened(path);
    await db.execute(sql`insert into t values (1)`);
    const again = await db.withConnection(async (c) => {
      await c.run('use memory');
      await c.run('detach mysingle_db');
      await c.run(`attach '${path}' as mysingle_db`);
      return (await c.runAndReadAll('select n from mysingle_db.t')).getRows();
    });
    expect(again).to.deep.equal([[1]]);
  });

  it('opens what a killed process left behind', async () => {
    const path = scratchPath();
    await using child = await startChild(`
      import { BaseDuckDBManager, sql } from '@mysingle/database';
      const db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, secure: true, logger: false });
      await db.execute(sql\`create table t (n integer)\`);
      await db.execute(sql\`insert into t values (1)\`);
      globalThis.db = db; console.log('ready'); setInterval(() => {}, 1000);`);
    await child.kill();
    expect(existsSync(`${path}.wal`)).to.equal(true);
    const db = await opened(path);
    expect(await db.query(sql`select n from t`)).to.deep.equal([{ n: 1 }]);
  });

  it('is one of the options that managers of a file agree upon', async () => {
    const path = scratchPath();
    await opened(path);
    const error = await failure(() => openManager({ path }), 'E_CONFIG');
    expect(error.message).to.contain('with other options (secure)');
  });

  it('works in memory and for reading alone', async () => {
    const memory = await openManager({ secure: true });
    await memory.execute(sql`create table t as select 1 as n`);
    await failure(memory.query(sql`select * from read_text('/etc/passwd')`), 'E_PERMISSION');
    const path = scratchPath();
    await (await opened(path)).close();
    const reader = await openManager({ path, secure: true, readOnly: true });
    expect(await reader.query(sql`select n from t`)).to.deep.equal([]);
    await failure(reader.query(sql`select * from read_text('/etc/passwd')`), 'E_PERMISSION');
  });

  it('keeps its word for paths of any characters', async () => {
    const folder = join(dirname(scratchPath()), `it's "q"; -- 語 %20\n😀`);
    mkdirSync(folder);
    const path = join(folder, `o'; drop "x" %s\n.duckdb`);
    const db = await opened(path);
    await db.execute(sql`insert into t values (1)`);
    await db.execute(sql`checkpoint`);
    await failure(db.query(sql`select * from read_text('/etc/passwd')`), 'E_PERMISSION');
    await db.close();
    await db.connect();
    expect(await db.query(sql`select n from t`)).to.deep.equal([{ n: 1 }]);
  });

  it('needs true or false', async () => {
    expect((await failure(() => openManager({ secure: 1 as never }), 'E_CONFIG')).message).to.contain('secure');
  });
});

describe('ownFiles', () => {
  it('names the database, its logs, and the side files beside it', () => {
    const path = scratchPath();
    for (const name of ['.fallback-7', '.fallback-7.wal', '.fallback', '.other']) writeFileSync(`${path}${name}`, '');
    const files = ownFiles(path, [`${path}.fallback-new`]);
    for (const own of ['', '.wal', '.wal.checkpoint', '.wal.recovery', '.fallback-7', '.fallback-7.wal', '.fallback-new', '.fallback-new.wal'])
      expect(files).to.include(`${path}${own}`); // prettier-ignore
    expect(files).to.not.include(`${path}.other`).and.not.include(`${path}.fallback`);
    expect(ownFiles('/nonexistent/x.duckdb')).to.include('/nonexistent/x.duckdb.wal');
  });
});
