import { symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { BaseDuckDBManager, sql } from '@mysingle/database';
import { holdFile, startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

const numbers = (db: BaseDuckDBManager): Promise<{ n: number }[]> => db.query(sql`select n from t order by n`);

describe('acquireDatabase', () => {
  it('gives one database to all managers of a file, by whatever path', async () => {
    const path = scratchPath();
    const link = join(dirname(path), 'link');
    symlinkSync(path, link);
    const ways = [path, link, relative(process.cwd(), path), join(dirname(path), '.', 'x', '..', 'test.duckdb')];
    const managers = await Promise.all(ways.map((way) => openManager({ path: way })));
    await managers[0]?.execute(sql`create table t (n integer)`);
    // writers in turn: two instances on one file would lose each other's commits
    for (const [n, db] of managers.entries()) await db.execute(sql`insert into t values (${n})`);
    for (const db of managers) {
      expect(await numbers(db)).to.deep.equal([{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }]);
      await db.close();
    }
    expect(await numbers(await openManager({ path }))).to.have.lengthOf(4);
  });

  it('keeps databases in memory apart', async () => {
    const [one, other] = [await openManager(), await openManager()];
    await one.execute(sql`create table t (n integer)`);
    await failure(numbers(other), 'E_QUERY');
  });

  for (const [what, options] of [
    ['read-only', { readOnly: true }],
    ['with other settings', { settings: { threads: 1 } }],
    ['with another pool', { pool: { size: 1 } }],
  ] as const)
    it(`refuses to open a file ${what} that is open otherwise`, async () => {
      const path = scratchPath();
      const db = await openManager({ path });
      const error = await failure(() => openManager({ path, ...options }), 'E_CONFIG');
      expect(error.message).to.contain('is open in this process with other options');
      await db.execute(sql`create table t (n integer)`);
      await db.close();
      expect(await numbers(await openManager({ path, ...options }))).to.deep.equal([]);
    });

  it('does not print the values of settings, which may be secret', async () => {
    const path = scratchPath();
    await openManager({ path, settings: { custom_user_agent: 'hush-hush' } });
    const error = await failure(() => openManager({ path, settings: { custom_user_agent: 'other' } }), 'E_CONFIG');
    expect(error.message).to.contain('custom_user_agent').and.not.contain('hush');
  });

  it('lets go of the file when the last manager closes, and not before', async () => {
    const path = scratchPath();
    const [one, other] = [await openManager({ path }), await openManager({ path })];
    const tryToOpen = async (): Promise<readonly string[]> => {
      const child = await startChild(`
        import { DuckDBInstance } from '@duckdb/node-api';
        await DuckDBInstance.create(${JSON.stringify(path)}).then(() => console.log('open'), () => console.log('locked'));`);
      return (await child.ended).lines;
    };
    await one.close();
    expect(await tryToOpen()).to.deep.equal(['locked']);
    await other.close();
    expect(await tryToOpen()).to.deep.equal(['open']);
  });

  it('opens anew while another manager is closing, and while others open', async () => {
    const path = scratchPath();
    const first = await openManager({ path });
    await first.execute(sql`create table t (n integer)`);
    for (let round = 0; round < 5; round += 1) {
      const db = await openManager({ path });
      await db.execute(sql`insert into t values (${round})`);
      const closing = [db.close(), first.close()];
      const [again] = await Promise.all([openManager({ path }), openManager({ path }), first.connect(), ...closing]);
      expect(await numbers(again)).to.have.lengthOf(round + 1);
    }
  });

  it('forgets a file that could not be opened', async () => {
    const path = scratchPath();
    await failure(() => openManager({ path, readOnly: true }), 'E_NOT_FOUND');
    expect((await openManager({ path })).mode).to.equal('file');
  });

  it("lets each of those who open a locked file at once have its own 'onLocked'", async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const waiting = openManager({ path, onLocked: 'wait' });
    const error = failure(() => openManager({ path, onLocked: 'error' }), 'E_LOCKED');
    const short = failure(() => openManager({ path, onLocked: 'wait', lockTimeout: '60ms' }), 'E_LOCKED');
    expect((await error).message).to.contain(String(holder.pid));
    expect((await short).message).to.contain('After 60 ms');
    await holder.kill();
    expect((await waiting).mode).to.equal('file');
  });

  it('logs who holds the file under a name of its own: pino has a pid of the process that writes', async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const lines: Record<string, unknown>[] = [];
    const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
    await openManager({ path, onLocked: 'memory', logger });
    const held = lines.filter(({ msg }) => msg === 'Falling back to in-memory database');
    expect(held.map((line) => [line['holder_pid'], line['pid']])).to.deep.equal([[holder.pid, process.pid]]);
    const path2 = scratchPath();
    await using other = await holdFile(path2);
    await failure(() => openManager({ path: path2, onLocked: 'wait', lockTimeout: '60ms', logger }), 'E_LOCKED');
    const waited = lines.filter(({ msg }) => msg === 'Waiting for the lock on the DuckDB file');
    expect(waited.map((line) => [line['holder_pid'], line['pid']])).to.deep.equal([[other.pid, process.pid]]);
  });

  it('lets one wait that came while another failed at once', async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const error = failure(() => openManager({ path, onLocked: 'error' }), 'E_LOCKED');
    const waiting = openManager({ path, onLocked: 'wait' });
    await error;
    await holder.kill();
    expect((await waiting).mode).to.equal('file');
  });

  it('lets close() end the wait for a lock, and leaves the others waiting', async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const db = new BaseDuckDBManager({ path, onLocked: 'wait', lockTimeout: '1h', logger: false });
    const patient = openManager({ path, onLocked: 'wait', lockTimeout: '1h' });
    const connecting = failure(db.connect(), 'E_CLOSED');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await db.close();
    await connecting;
    // so does the limit of a call that connects first
    const late = new BaseDuckDBManager({ path, onLocked: 'wait', lockTimeout: '1h', logger: false });
    await failure(late.query(sql`select 1`, { timeout: '50ms' }), 'E_TIMEOUT');
    await late.close();
    await holder.kill();
    expect((await patient).mode).to.equal('file');
    expect((await db.connect()).mode).to.equal('file');
    await db.close();
  });
});
