import { linkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql, type BaseDuckDBManager } from '@mysingle/database';
import { attachAlone, openNames } from '../../lib/engine/one-instance.js';
import { startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

interface Thread extends AsyncDisposable {
  readonly worker: Worker;
  /** what it has reported of opening: 'open', or code, message and details of the error */
  readonly opened: Promise<readonly unknown[]>;
  close(): Promise<void>;
}

/** A real thread that opens the file by this library once told `go`, writes a row, and keeps the file until told to close. */
function startThread(path: string, options = {}): Thread {
  const library = new URL('../../lib/index.js', import.meta.url).href;
  const code = `
    import { parentPort } from 'node:worker_threads';
    import { BaseDuckDBManager, sql } from ${JSON.stringify(library)};
    const db = new BaseDuckDBManager({ path: ${JSON.stringify(path)}, logger: false, ...${JSON.stringify(options)} });
    parentPort.on('message', async (message) => {
      if (message === 'close') { await db.close(); parentPort.close(); return; }
      try {
        await db.connect();
        if (db.mode === 'file') await db.execute(sql\`create table if not exists t (n integer)\`);
        parentPort.postMessage([db.mode]);
      } catch (error) { parentPort.postMessage([error.code, error.message, error.details]); }
    });
    parentPort.postMessage('ready');`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  const ready = once(worker, 'message');
  const opened = ready.then(async () => {
    const answer = once(worker, 'message');
    worker.postMessage('go', []);
    return (await answer)[0] as readonly unknown[];
  });
  const close = async (): Promise<void> => {
    const ended = once(worker, 'exit');
    worker.postMessage('close', []);
    await ended;
  };
  return { worker, opened, close, [Symbol.asyncDispose]: async () => void (await worker.terminate()) };
}

async function insertAndCount(db: BaseDuckDBManager): Promise<unknown> {
  await db.execute(sql`create table if not exists t (n integer)`);
  await db.execute(sql`insert into t values (1)`);
  return db.query(sql`select count(*) as n from t`);
}

describe('one instance per file and process', () => {
  it('refuses a thread that opens what the main thread has open, whatever its onLocked, and names the remedy', async () => {
    const path = scratchPath();
    const db = await openManager({ path });
    for (const onLocked of ['fallback', 'memory', 'error'] as const) {
      await using thread = startThread(path, { onLocked });
      const [code, message, details] = await thread.opened;
      expect(code, onLocked).to.equal('E_LOCKED');
      expect(message).to.contain(path).and.contain('is open in this process already').and.contain('Open it once');
      expect(details).to.deep.equal({ path, pid: process.pid, sameProcess: true });
      await thread.close();
    }
    // the lock was not dropped by looking
    const other = await startChild(`
      import { DuckDBInstance } from '@duckdb/node-api';
      await DuckDBInstance.create(${JSON.stringify(path)}).then(() => console.log('open'), () => console.log('locked'));`);
    expect((await other.ended).lines).to.deep.equal(['locked']);
    expect(await insertAndCount(db)).to.deep.equal([{ n: 1n }]);
  });

  it('refuses the second of two threads, and takes the file when the first has closed or was stopped', async () => {
    const path = scratchPath();
    await using first = startThread(path);
    expect(await first.opened).to.deep.equal(['file']);
    await using second = startThread(path);
    expect((await second.opened)[0]).to.equal('E_LOCKED');
    const error = await failure(() => openManager({ path }), 'E_LOCKED');
    expect(error.details).to.include({ sameProcess: true, pid: process.pid });
    const waiting = openManager({ path, onLocked: 'wait' });
    await first.close();
    const db = await waiting;
    expect(await insertAndCount(db)).to.deep.equal([{ n: 1n }]);
    await db.close();
    await using third = startThread(path);
    expect(await third.opened).to.deep.equal(['file']);
    await third.worker.terminate();
    expect(await insertAndCount(await openManager({ path, onLocked: 'wait' }))).to.deep.equal([{ n: 2n }]);
  });

  it('lets exactly one of many threads have it that open it in one moment', async () => {
    for (let round = 0; round < 3; round += 1) {
      const path = scratchPath();
      if (round > 0) await (await openManager({ path })).close();
      const threads = Array.from({ length: 4 }, () => startThread(path));
      const codes = (await Promise.all(threads.map((thread) => thread.opened))).map(([code]) => String(code));
      expect(codes.toSorted((a, b) => a.localeCompare(b))).to.deep.equal(['E_LOCKED', 'E_LOCKED', 'E_LOCKED', 'file']);
      await Promise.all(threads.map((thread) => thread.close()));
      expect(openNames(path)).to.deep.equal([]);
    }
  });

  it('refuses another name of the file, in this thread and in another, naming both', async () => {
    const path = scratchPath();
    const db = await openManager({ path });
    const link = join(dirname(path), 'hard-link.duckdb');
    linkSync(path, link);
    const error = await failure(() => openManager({ path: link }), 'E_LOCKED');
    expect(error.message).to.contain(link).and.contain(`as ${path}`);
    expect(error.details).to.include({ path: link, openAs: path });
    await using thread = startThread(link);
    expect((await thread.opened)[0]).to.equal('E_LOCKED');
    await thread.close();
    await db.close();
    expect((await openManager({ path: link })).mode).to.equal('file');
  });

  it('refuses what DuckDB without this library has open here', async () => {
    const path = scratchPath();
    const instance = await DuckDBInstance.create(path);
    const error = await failure(() => openManager({ path }), 'E_LOCKED');
    expect(error.message).to.contain('by DuckDB without this library');
    instance.closeSync();
    expect((await openManager({ path })).mode).to.equal('file');
  });

  it('waits for one that is being closed, which is gone in a moment', async () => {
    const path = scratchPath();
    const instance = await DuckDBInstance.create(path);
    const opening = openManager({ path });
    await sleep(20);
    expect(openNames(path)).to.deep.equal([path]);
    instance.closeSync();
    expect((await opening).mode).to.equal('file');
  });

  it('gives the file back at close, though a stream that nobody read to its end keeps the instance alive', async () => {
    const path = scratchPath();
    const db = await openManager({ path });
    let stream: unknown;
    await db.withConnection(async (c) => (stream = await c.stream('select * from range(1000000)')));
    await db.close();
    await db.connect();
    expect(db.mode).to.equal('file');
    expect(stream).to.be.an('object');
  });

  it('undoes its own opening where the file was opened between its look and its lock', async () => {
    const path = scratchPath();
    await (await openManager({ path })).close();
    const done: string[] = [];
    const instances: DuckDBInstance[] = [];
    const open = async (): Promise<void> => void instances.push(await DuckDBInstance.create(path));
    const work = attachAlone(path, async () => { await open(); await open(); }, async () => void done.push('detached')); // prettier-ignore
    await failure(work, 'E_LOCKED');
    expect(done).to.deep.equal(['detached']);
    for (const instance of instances) instance.closeSync();
  });

  it('lets one opening wait for the end of another, also where that is slow', async function () {
    if (process.platform !== 'linux') {
      this.skip();
      return;
    }
    const path = scratchPath();
    const seen: string[] = [];
    const slow = (name: string): Promise<void> =>
      attachAlone(
        path,
        async () => {
          seen.push(`${name} begins`);
          await sleep(20);
          seen.push(`${name} ends`);
        },
        async () => {},
      );
    await Promise.all([slow('one'), slow('one')]);
    expect(seen).to.deep.equal(['one begins', 'one ends', 'one begins', 'one ends']);
  });

  it('leaves nothing that could block after a kill -9', async () => {
    const path = scratchPath();
    await using child = await startChild(`
      import { BaseDuckDBManager } from '@mysingle/database';
      globalThis.db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, logger: false });
      console.log('ready'); setInterval(() => {}, 1000);`);
    await child.kill();
    expect((await openManager({ path })).mode).to.equal('file');
  });

  it('knows its own file by one handle, and unknown files by none', async () => {
    const path = scratchPath();
    expect(openNames(path)).to.deep.equal([]);
    expect(openNames(dirname(path))).to.deep.equal([]);
    await openManager({ path });
    if (process.platform === 'linux') expect(openNames(path)).to.deep.equal([path]);
  });

  it('takes a file that a parent process reads, and was handed on to its children, for none of their own', async () => {
    const path = scratchPath();
    await (await openManager({ path })).close();
    const parent = await openManager({ path, readOnly: true });
    const child = await startChild(`
      import { BaseDuckDBManager } from '@mysingle/database';
      const db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, readOnly: true, logger: false });
      console.log(db.mode);
      await db.close();
    `);
    const { lines, stderr } = await child.ended;
    expect(stderr).to.equal('');
    expect(lines).to.deep.equal(['readonly']);
    await parent.close();
  });
});
