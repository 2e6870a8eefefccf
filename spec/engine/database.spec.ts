import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { BaseDuckDBManager, sql, type ManagerOptions } from '@mysingle/database';
import { holdFile, startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

type Line = Readonly<Record<string, unknown>>;

function recorder(): { lines: Line[]; logger: NonNullable<ManagerOptions['logger']> } {
  const lines: Line[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as Line);
      done();
    },
  });
  return {
    lines,
    logger: pino({ level: 'debug', messageKey: 'event', formatters: { level: (level) => ({ level }) } }, stream),
  };
}

describe('Database', () => {
  it('says where the data is', async () => {
    const path = scratchPath();
    const modes = [];
    for (const options of [{ path: ':memory:' }, { path }, { path, readOnly: true }]) {
      await using db = await BaseDuckDBManager.open({ ...options, logger: false });
      modes.push(db.mode);
    }
    expect(modes).to.deep.equal(['memory', 'file', 'readonly']);
  });

  it("throws with the holder's pid where onLocked is 'error'", async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const error = await failure(() => openManager({ path, onLocked: 'error' }), 'E_LOCKED');
    expect(error.details).to.include({ pid: holder.pid, path });
    expect(error.message)
      .to.contain(String(holder.pid))
      .and.contain("onLocked: 'wait' or, without readOnly, 'fallback'");
    await holder.kill();
    expect((await openManager({ path, onLocked: 'error' })).mode).to.equal('file');
  });

  it("waits until the holder is gone where onLocked is 'wait'", async () => {
    const path = scratchPath();
    await using holder = await holdFile(path, 300);
    const { lines, logger } = recorder();
    const db = await openManager({ path, onLocked: 'wait', logger });
    expect(db.mode).to.equal('file');
    expect(await db.query(sql`select count(*)::int as n from held`)).to.deep.equal([{ n: 0 }]);
    expect((await holder.ended).code).to.equal(0);
    expect(lines.filter(({ event }) => event === 'Waiting for the lock on the DuckDB file')).to.have.lengthOf(1);
  });

  it('gives up waiting after lockTimeout, and says so', async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const error = await failure(() => openManager({ path, onLocked: 'wait', lockTimeout: '120ms' }), 'E_LOCKED');
    expect(error.message).to.match(/^After 120 ms of waiting: /);
    expect(error.details).to.include({ pid: holder.pid, waitedMs: 120 });
  });

  it("works in memory with a warning where onLocked is 'memory'", async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const { lines, logger } = recorder();
    const db = await openManager({ path, logger, onLocked: 'memory' });
    expect([db.mode, db.health().status]).to.deep.equal(['memory', 'degraded']);
    await db.execute(sql`create table t as select 1 as n`);
    expect(lines.find(({ event }) => event === 'Falling back to in-memory database')).to.include({
      level: 'warn',
      reason: 'file_locked',
      original_db_path: path,
      holder_pid: holder.pid,
    });
    // a manager of the same process that comes later joins it, where it asks for that
    expect((await openManager({ path, onLocked: 'memory' })).mode).to.equal('memory');
    expect((await failure(() => openManager({ path }), 'E_LOCKED')).message).to.contain('in memory');
  });

  it('works on a side file with a warning where onLocked is left out', async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const { lines, logger } = recorder();
    const db = await openManager({ path, logger });
    expect([db.mode, db.health().status]).to.deep.equal(['fallback', 'degraded']);
    expect(lines.find(({ event }) => event === 'Falling back to a side file')).to.include({
      level: 'warn',
      reason: 'file_locked',
      original_db_path: path,
      holder_pid: holder.pid,
      reads: 'what_was_written_in_fallback',
    });
    expect((await openManager({ path })).mode).to.equal('fallback');
    for (const onLocked of ['error', 'wait'] as const)
      expect(
        (await failure(() => openManager({ path, onLocked, lockTimeout: '50ms' }), 'E_LOCKED')).message,
      ).to.contain('side file');
    const other = scratchPath();
    await using otherHolder = await holdFile(other);
    // there would be nothing to read
    expect((await failure(() => openManager({ path: other, readOnly: true }), 'E_LOCKED')).details).to.include({
      pid: otherHolder.pid,
    });
  });

  it('does not lend the memory of a manager that fell back to one that must not', async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const fallen = await openManager({ path, onLocked: 'memory' });
    for (const onLocked of ['error', 'wait'] as const) {
      const error = await failure(() => openManager({ path, onLocked }), 'E_LOCKED');
      expect(error.message).to.contain('in memory');
    }
    await holder.kill();
    await fallen.close();
    expect((await openManager({ path, onLocked: 'error' })).mode).to.equal('file');
  });

  it('does not fall back from a lock when reading alone either, where it must not', async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const { details, message } = await failure(
      () => openManager({ path, readOnly: true, onLocked: 'error' }),
      'E_LOCKED',
    );
    expect(message).to.match(/choose onLocked: 'wait' or, without readOnly, 'fallback'\.$/);
    expect(details['pid']).to.equal(holder.pid);
  });

  const corrupt = async (path: string): Promise<void> => {
    await using db = await BaseDuckDBManager.open({ path, logger: false });
    await db.execute(sql`create table t as select range as n from range(100000)`);
    await db.close();
    writeFileSync(path, readFileSync(path).fill(0x55, 0, 8192));
  };
  for (const [what, make, code] of [
    ['a damaged file', corrupt, 'E_CORRUPT'],
    [
      'a file that is none of DuckDB',
      (path: string) => writeFileSync(path, 'hello, this is text\n'.repeat(500)),
      'E_CORRUPT',
    ],
    ['an empty file', (path: string) => writeFileSync(path, ''), 'E_CORRUPT'],
    [
      'a SQLite file',
      (path: string) => writeFileSync(path, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8192)])),
      'E_CORRUPT',
    ],
    ['a directory', (path: string) => mkdirSync(path), 'E_CONFIG'],
  ] as const)
    it(`throws for ${what} and never falls back`, async () => {
      const path = scratchPath();
      await make(path);
      const error = await failure(() => openManager({ path, onLocked: 'memory' }), code);
      expect(error.message).to.contain('test.duckdb');
    });

  it('throws for a file that may not be opened', async () => {
    // not even root may make a file there
    await failure(() => openManager({ path: '/sys/test.duckdb', onLocked: 'memory' }), 'E_PERMISSION');
  });

  it('refuses writes where it is read-only', async () => {
    const path = scratchPath();
    await using first = await BaseDuckDBManager.open({ path, logger: false });
    await first.execute(sql`create table t as select 1 as n`);
    await first.close();
    const db = await openManager({ path, readOnly: true });
    expect(await db.query(sql`select n from t`)).to.deep.equal([{ n: 1 }]);
    await failure(db.execute(sql`insert into t values (2)`), 'E_READ_ONLY');
    await failure(db.execute(sql`create table u (n integer)`), 'E_READ_ONLY');
    await failure(() => openManager({ path: scratchPath(), readOnly: true }), 'E_NOT_FOUND');
  });

  it('passes settings to DuckDB, on every connection', async () => {
    const db = await openManager({ settings: { threads: 1, memory_limit: '123MB', preserve_insertion_order: false } });
    const read = (): Promise<object[]> =>
      db.query(
        sql`select current_setting('threads')::int as threads, current_setting('memory_limit') as memory, current_setting('preserve_insertion_order') as ordered`,
      );
    const rows = await Promise.all([read(), read(), read()]);
    for (const [row] of rows) expect(row).to.deep.equal({ threads: 1, memory: '117.3 MiB', ordered: false });
  });

  it('refuses settings that DuckDB does not know or take, and names them', async () => {
    for (const [settings, says] of [
      [{ nosuch: 'x' }, /nosuch/],
      [{ threads: 'many' }, /threads/],
      [{ access_mode: 'READ_ONLY' }, /readOnly: true/],
      [{ TimeZone: 'Asia/Seoul' }, /UTC/],
      [{ errors_as_json: false }, /errors_as_json/],
    ] as const)
      expect((await failure(() => openManager({ settings }), 'E_CONFIG')).message).to.match(says);
  });

  it('attaches files of any name', async () => {
    const path = scratchPath().replace('test.duckdb', `it's "ü"; -- 😀.duckdb`);
    const db = await openManager({ path });
    await db.execute(sql`create table t as select 1 as n`);
    await db.close();
    expect(existsSync(path)).to.equal(true);
  });

  it('reads and writes times as UTC, wherever the process runs', async () => {
    const child = await startChild(
      `import { BaseDuckDBManager, sql } from '@mysingle/database';
       const db = await BaseDuckDBManager.open({ path: ':memory:', logger: false });
       const read = () => db.query(sql\`select current_setting('TimeZone') as zone, timestamptz '2024-06-30 23:30:00' as t, (timestamptz '2024-06-30 23:30:00+00')::date as d, ($\{new Date(0)})::timestamp as e\`);
       for (const [row] of await Promise.all([read(), read(), read()])) console.log(JSON.stringify(row));
       const { connection } = db; console.log(JSON.stringify((await connection.runAndReadAll("select current_setting('TimeZone')")).getRows())); await db.close();`,
      { TZ: 'Asia/Seoul' },
    );
    const { lines, stderr } = await child.ended;
    expect(stderr).to.equal('');
    const row = {
      zone: 'UTC',
      t: '2024-06-30T23:30:00.000Z',
      d: '2024-06-30T00:00:00.000Z',
      e: '1970-01-01T00:00:00.000Z',
    };
    expect(lines.slice(0, 3).map((line) => JSON.parse(line) as unknown)).to.deep.equal([row, row, row]);
    expect(lines[3]).to.equal('[["UTC"]]');
  });

  it('leaves no WAL behind after close', async () => {
    const path = scratchPath();
    const db = await openManager({ path });
    await db.execute(sql`create table t as select 1 as n`);
    await db.close();
    expect([existsSync(path), existsSync(`${path}.wal`)]).to.deep.equal([true, false]);
  });
});
