import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino, type Level, type Logger } from 'pino';
import { BaseDuckDBManager, Column, Table, sql, withContext, type ManagerOptions } from '@mysingle/database';
import { createLog } from '../lib/log.js';
import { failure } from './support/failure.js';
import { openManager, scratchPath } from './support/scratch.js';

type Line = Readonly<Record<string, unknown>>;

/** A user's own pino logger in pino's own format, and the lines that it wrote. */
function captured(level: Level = 'debug'): { logger: Logger; lines: Line[]; text: () => string } {
  const written: string[] = [];
  const lines: Line[] = [];
  const logger = pino(
    { level, base: { app: 'mine' } },
    {
      write: (line: string) => {
        written.push(line);
        lines.push(JSON.parse(line) as Line);
      },
    },
  );
  return { logger, lines, text: () => written.join('') };
}

const of = (lines: readonly Line[], msg: string): Line[] => lines.filter((line) => line['msg'] === msg);

/** Lines of the default logger, of a script run in a process of its own. */
async function linesOf(script: string, env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Line[]> {
  const module = new URL('./log.child.mjs', import.meta.url);
  writeFileSync(module, `import { BaseDuckDBManager, sql, withContext } from '@mysingle/database';\n${script}`);
  const { stdout } = await promisify(execFile)(process.execPath, [module.pathname, ...args], {
    env: { ...process.env, ...env },
  });
  return stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

@Table('log_rows')
class LogRow {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('integer') n!: number;
}

describe('log', () => {
  describe('by default', () => {
    it("writes the Python module's lines, one JSON object each", async () => {
      const path = scratchPath();
      const lines = await linesOf(
        `const db = await BaseDuckDBManager.open(process.argv[2]);
         await withContext({ correlationId: 'c-1', userId: 'u-1', requestId: 'r-1' }, async () => {
           await db.storeCacheData('k', [{ a: 1 }, { a: 2 }]);
           await db.getCacheData('k');
           await db.getCacheData('none', { ttlHours: 2 });
         });
         await db.storeCacheData('bad', () => 1, { tableName: 'other' });
         await db.close();`,
        { LOG_LEVEL: 'debug', SERVICE_NAME: 'quant' },
        path,
      );
      for (const line of lines) {
        expect(line['timestamp']).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        expect(line['service']).to.equal('quant');
        expect(Object.keys(line)).to.not.include.members(['time', 'pid', 'hostname', 'msg']);
        for (const key of Object.keys(line)) expect(key).to.match(/^[a-z]+(_[a-z]+)*$/);
      }
      const ids = { correlation_id: 'c-1', user_id: 'u-1', request_id: 'r-1' };
      const table = { table_name: 'cache_data' };
      const told = lines
        .filter((line) => line['event'] !== 'Query executed' && line['event'] !== 'Query failed')
        .map(({ timestamp: _timestamp, service: _service, ...rest }) => rest);
      expect(told).to.deep.equal([
        { level: 'info', event: 'Connecting to DuckDB', db_path: path, operation: 'connect' },
        {
          level: 'info',
          event: 'DuckDB connected successfully',
          db_path: path,
          status: 'success',
          operation: 'connect',
          mode: 'file',
        },
        {
          level: 'debug',
          event: 'Cache table created successfully',
          ...table,
          indexes: ['cache_key', 'updated_at'],
          operation: 'create_table',
          ...ids,
        },
        {
          level: 'info',
          event: 'Cache data stored successfully',
          cache_key: 'k',
          ...table,
          data_count: 2,
          operation: 'store_cache',
          ...ids,
        },
        {
          level: 'debug',
          event: 'Cache data retrieved successfully',
          cache_key: 'k',
          ...table,
          data_count: 2,
          ttl_hours: 24,
          operation: 'get_cache',
          ...ids,
        },
        {
          level: 'debug',
          event: 'Cache data not found or expired',
          cache_key: 'none',
          ...table,
          ttl_hours: 2,
          reason: 'not_found_or_expired',
          ...ids,
        },
        {
          level: 'error',
          event: 'Failed to store cache data',
          cache_key: 'bad',
          table_name: 'other',
          error: 'a value does not fit its type',
          error_type: 'E_CONVERSION',
        },
        { level: 'info', event: 'DuckDB connection closed', db_path: path, operation: 'close' },
      ]);
    });

    it("writes each event of the Python module's cache calls, with its fields and no others", async () => {
      const lines = await linesOf(
        `const db = await BaseDuckDBManager.open(':memory:');
         await db.execute(sql\`create table odd (cache_key varchar)\`);
         await db.storeCacheData('k', [1, 2, 3], { tableName: 'c' });
         await db.getCacheData('k', { tableName: 'c', ttlHours: 2.5 });
         await db.getCacheData('other', { tableName: 'c' });
         await db.storeCacheData('k', 1, { tableName: 'odd' });
         await db.getCacheData('k', { tableName: 'odd' });
         await db.close();
         await db.createCacheTable('c').catch(() => {});`,
        { LOG_LEVEL: 'debug', SERVICE_NAME: 'quant' },
      );
      const told = lines.filter(({ event }) => /[cC]ache (?:data|table)/.test(String(event)));
      for (const { timestamp } of told) expect(timestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      const error = String(told.find(({ level }) => level === 'error')?.['error']);
      expect(error).to.match(/^Table "odd" is no cache table: /);
      const failed = { error, error_type: 'E_CONFIG' };
      const about = { cache_key: 'k', table_name: 'c' };
      const expected: Line[] = [
        { level: 'debug', event: 'Cache table created successfully', table_name: 'c', indexes: ['cache_key', 'updated_at'], operation: 'create_table' },
        { level: 'info', event: 'Cache data stored successfully', ...about, data_count: 3, operation: 'store_cache' },
        { level: 'debug', event: 'Cache data retrieved successfully', ...about, data_count: 3, ttl_hours: 2.5, operation: 'get_cache' },
        { level: 'debug', event: 'Cache data not found or expired', ...about, cache_key: 'other', ttl_hours: 24, reason: 'not_found_or_expired' },
        { level: 'error', event: 'Failed to create cache table', table_name: 'odd', ...failed },
        { level: 'error', event: 'Failed to store cache data', ...about, table_name: 'odd', ...failed },
        { level: 'error', event: 'Failed to retrieve cache data', ...about, table_name: 'odd', ...failed },
        { level: 'warning', event: 'Cannot create cache table - no connection', table_name: 'c' },
      ]; // prettier-ignore
      expect(told.map(({ timestamp: _timestamp, ...rest }) => rest)).to.deep.equal(
        expected.map((line) => ({ ...line, service: 'quant' })),
      );
    });

    it("writes 'warning', at info and above, of a service named after the module", async () => {
      const path = scratchPath();
      await openManager({ path });
      const lines = await linesOf(
        `const db = await BaseDuckDBManager.open({ path: process.argv[2], onLocked: 'memory', slowQuery: '0ms' });
         await db.query(sql\`select \${'s3cr3t'} as x\`);
         await db.close();`,
        {},
        path,
      );
      const levels = lines.map((line) => `${String(line['level'])}: ${String(line['event'])}`);
      expect(levels).to.deep.equal([
        'info: Connecting to DuckDB',
        'warning: Falling back to in-memory database',
        'info: DuckDB connected to in-memory database',
        'warning: Slow query',
        'info: DuckDB connection closed',
      ]);
      expect(lines[1]).to.deep.include({
        service: 'mysingle-database',
        reason: 'file_locked',
        original_db_path: path,
        holder_pid: process.pid,
      });
      expect(lines[3]).to.deep.include({ sql: 'select $1 as x', operation: 'query', row_count: 1 });
      expect(lines[3]?.['duration_ms']).to.be.a('number');
      expect(JSON.stringify(lines)).to.not.include('s3cr3t');
    });

    it('writes nothing for logger: false, and obeys LOG_LEVEL', async () => {
      const script = (options: string): string =>
        `const db = await BaseDuckDBManager.open({ path: ':memory:' ${options} }); await db.close();`;
      expect(await linesOf(script(', logger: false'), { LOG_LEVEL: 'trace' })).to.deep.equal([]);
      expect(await linesOf(script(''), { LOG_LEVEL: 'error' })).to.deep.equal([]);
    });
  });

  describe("with a user's own pino logger", () => {
    it('keeps its format and gives it the same fields', async () => {
      const { logger, lines } = captured('info');
      const db = await openManager({ logger });
      await withContext({ requestId: 'r' }, () => db.storeCacheData('k', { a: 1 }));
      const [connected] = of(lines, 'DuckDB connected successfully');
      expect(connected).to.deep.include({ level: 30, app: 'mine', db_path: ':memory:', mode: 'memory' });
      expect(connected?.['time']).to.be.a('number');
      expect(connected).to.not.have.any.keys('timestamp', 'event', 'service');
      expect(of(lines, 'Cache data stored successfully')[0]).to.deep.include({ cache_key: 'k', request_id: 'r' });
    });

    it('takes a child logger, and levels that change later', async () => {
      const { logger, lines } = captured('warn');
      const child = logger.child({ tenant: 't' });
      const db = await openManager({ logger: child });
      expect(lines).to.deep.equal([]);
      child.level = 'debug';
      await db.query(sql`select 1 as x`);
      expect(of(lines, 'Query executed')[0]).to.deep.include({ tenant: 't', sql: 'select 1 as x', row_count: 1 });
    });

    it('refuses what is no logger', async () => {
      for (const logger of [true, {}, console, 'info', null]) {
        const open = (): BaseDuckDBManager =>
          new BaseDuckDBManager({ path: ':memory:', logger } as unknown as ManagerOptions);
        expect((await failure(open, 'E_CONFIG')).message).to.include('pino');
      }
    });
  });

  it('puts the ids of withContext on every line under it, nested and across awaits, and on no other', async () => {
    const { logger, lines } = captured();
    const db = await openManager({ logger, entities: [LogRow] });
    const rows = db.repository(LogRow);
    const before = lines.length;
    await Promise.all(
      ['a', 'b'].map((id) =>
        withContext({ correlationId: id }, async () => {
          await sleep(1);
          await db.transaction(async () => {
            await rows.insert({ id, n: 1 });
            await withContext({ userId: `u-${id}` }, () => rows.insertMany([{ id: `${id}2`, n: 2 }]));
          });
          await rows.find({ where: { id } });
        }),
      ),
    );
    const under = lines.slice(before);
    expect(under.length).to.be.greaterThan(5);
    for (const id of ['a', 'b']) {
      const own = under.filter((line) => line['correlation_id'] === id);
      expect(own).to.have.length(under.length / 2);
      const nested = own.filter((line) => 'user_id' in line);
      expect(nested).to.not.be.empty;
      for (const line of nested) expect(line['user_id']).to.equal(`u-${id}`);
    }
    await rows.count();
    expect(lines.at(-1)).to.not.have.any.keys('correlation_id', 'user_id', 'request_id');
  });

  it('leaves out an id that is undefined', () => {
    const { logger, lines } = captured();
    withContext({ correlationId: undefined, userId: 'u' }, () => createLog(logger)('query', { sql: 'x' }));
    expect(lines[0]).to.have.property('user_id', 'u');
    expect(lines[0]).to.not.have.property('correlation_id');
  });

  it('never writes a value bound to a query, at no level, in success or failure', async () => {
    const { logger, text, lines } = captured('trace');
    const db = await openManager({ logger, entities: [LogRow], slowQuery: '0ms' });
    const rows = db.repository(LogRow);
    const secret = 's3cr3t';
    await rows.insert({ id: secret, n: 1 });
    await rows.insertMany([{ id: `${secret}2`, n: 1 }], { onConflict: 'update' });
    await rows.upsert({ id: secret, n: 2 });
    await rows.find({ where: { id: secret } });
    await rows.update({ id: secret }, { id: `${secret}3` });
    await db.query(sql`select ${secret} as x`);
    await failure(rows.insert({ id: `${secret}2`, n: 1 }), 'E_UNIQUE');
    await failure(rows.insertMany([{ id: `${secret}2`, n: 1 }]), 'E_UNIQUE');
    await failure(rows.insert({ id: secret, n: secret as never }), 'E_CONVERSION');
    await failure(db.query(sql`select ${secret}::int`), 'E_CONVERSION');
    await failure(db.query(sql`select error(${secret})`), 'E_QUERY');
    await failure(db.query(sql`from read_csv(${`/nonexistent/${secret}`})`), 'E_NOT_FOUND');
    await failure(
      db.transaction(() => rows.insert({ id: `${secret}2`, n: 1 })),
      'E_UNIQUE',
    );
    expect(text()).to.not.include(secret);
    expect(of(lines, 'Query failed')).to.not.be.empty;
    expect(of(lines, 'Query failed')[0]).to.deep.include({
      error: 'a unique or primary key exists already',
      error_type: 'E_UNIQUE',
    });
  });

  it('writes why connecting failed', async () => {
    const { logger, lines } = captured();
    const path = scratchPath();
    writeFileSync(path, 'no database');
    await failure(openManager({ path, logger }), 'E_CORRUPT');
    expect(lines.at(-1)).to.deep.include({
      level: 50,
      msg: 'Failed to connect to DuckDB',
      db_path: path,
      error_type: 'E_CORRUPT',
    });
    expect(lines.at(-1)?.['error']).to.include('not a valid DuckDB database');
  });
});
