import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { closeOnSignals, sql } from '@mysingle/database';
import { startChild } from './support/child.js';
import { failure } from './support/failure.js';
import { openManager, scratchPath } from './support/scratch.js';
import { until } from './support/until.js';

const ENDLESS = 'select sum(a.range + b.range) from range(10000000) a, range(10000000) b';

/** A service that has everything open that a manager can have open. */
const service = (path: string, more: string): string => `
  import { BaseDuckDBManager, closeOnSignals, sql } from '@mysingle/database';
  const db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, logger: false });
  await db.execute(sql\`create table if not exists t (n integer)\`);
  await db.execute(sql\`insert into t values (1)\`);
  ${more}
  console.log('ready');
`;

const BUSY = `
  const tell = (name) => (error) => console.log(name, error.code ?? error.message);
  db.query(sql\`${ENDLESS}\`).catch(tell('query'));
  db.query(sql\`${ENDLESS}\`).catch(tell('second'));
  (async () => { for await (const row of db.stream(sql\`select * from range(1000000000)\`)) await new Promise((r) => setTimeout(r, 1)); })().catch(tell('stream'));
  await new Promise((written) => db.transaction(async () => { await db.execute(sql\`insert into t values (2)\`); written(); await new Promise(() => {}); }).catch(tell('transaction')));
  await new Promise((written) => db.withConnection(async (c) => { await c.run('insert into t values (3)'); written(); await new Promise(() => {}); }).catch(tell('lent')));
`;

/** How the process ended: by the signal, where its code is null. */
async function ending(
  code: string,
  signals: readonly NodeJS.Signals[],
  env = {},
): Promise<{ code: number | null; lines: readonly string[] }> {
  await using child = await startChild(code, env);
  for (const signal of signals) {
    process.kill(child.pid, signal);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const { code: exit, lines, stderr } = await child.ended;
  expect(stderr).to.equal('');
  return { code: exit, lines };
}

const pool = { UV_THREADPOOL_SIZE: '8' };

describe('closeOnSignals', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    it(`closes at ${signal} and ends the process by it, with everything open that can be`, async () => {
      const path = scratchPath();
      const code = service(path, `${BUSY} closeOnSignals(db);`).replace('logger: false', 'logger: false, pool: { size: 5 }'); // prettier-ignore
      const { code: exit, lines } = await ending(code, [signal], pool);
      expect(exit).to.equal(null);
      expect(lines.toSorted()).to.deep.equal(['lent E_CLOSED', 'query E_ABORTED', 'ready', 'second E_ABORTED', 'stream E_CLOSED', 'transaction E_CLOSED']); // prettier-ignore
      // closed in order: nothing is left for the next start to read
      expect(existsSync(`${path}.wal`)).to.equal(false);
      const db = await openManager({ path });
      expect(await db.query(sql`select n from t order by n`)).to.deep.equal([{ n: 1 }, { n: 3 }]);
    });

  it('ends at once at the second signal, and at its deadline', async () => {
    const hanging = (options: string): string =>
      service(
        scratchPath(),
        `closeOnSignals({ close: () => new Promise((r) => setTimeout(r, 1e8)) }, ${options}); setInterval(() => {}, 1000);`,
      );
    expect((await ending(hanging(`{ deadline: '1h' }`), ['SIGTERM', 'SIGTERM'])).code).to.equal(null);
    expect((await ending(hanging(`{ deadline: '50ms', signals: ['SIGTERM'] }`), ['SIGTERM'])).code).to.equal(null);
  });

  it('leaves the end to an application that listens itself', async () => {
    const code = service(
      scratchPath(),
      `closeOnSignals([db]);
       process.once('SIGTERM', async () => { await db.close(); console.log('own'); process.exitCode = 7; });
       setTimeout(() => {}, 1000);`,
    );
    expect(await ending(code, ['SIGTERM'])).to.deep.equal({ code: 7, lines: ['ready', 'own'] });
  });

  it('takes its handlers off again, and refuses what it cannot do', async () => {
    const db = await openManager();
    const before = process.listenerCount('SIGTERM');
    const off = closeOnSignals(db);
    expect(process.listenerCount('SIGTERM')).to.equal(before + 1);
    off();
    {
      using handlers = closeOnSignals([db], { signals: ['SIGUSR2'] });
      expect([typeof handlers, process.listenerCount('SIGUSR2')]).to.deep.equal(['function', 1]);
    }
    expect([process.listenerCount('SIGTERM'), process.listenerCount('SIGUSR2')]).to.deep.equal([before, 0]);
    for (const args of [
      [],
      [[]],
      [[{}]],
      [db, { signal: 'SIGTERM' }],
      [db, { signals: [] }],
      [db, { signals: ['SIGKILL'] }],
      [db, { signals: ['x'] }],
      [db, { deadline: 5 }],
      [db, null],
    ])
      // prettier-ignore
      await failure(() => closeOnSignals(...(args as [never])), 'E_CONFIG');
  });
});

describe('close()', () => {
  it('ends under everything that can be open, and lets the process end by itself', async () => {
    const path = scratchPath();
    const code = service(path, `${BUSY} await db.close(); await db.close();`).replace('logger: false', 'logger: false, pool: { size: 5 }'); // prettier-ignore
    const { code: exit, lines } = await ending(code, [], pool);
    expect(exit).to.equal(0);
    expect(lines.toSorted()).to.deep.equal(['lent E_CLOSED', 'query E_ABORTED', 'ready', 'second E_ABORTED', 'stream E_CLOSED', 'transaction E_CLOSED']); // prettier-ignore
  });

  it('lets a process end that has left a stream, a timeout and a signal behind', async () => {
    const { code, lines } = await ending(
      service(
        scratchPath(),
        `const rows = db.stream(sql\`select * from range(1000000)\`, { timeout: '1h', signal: new AbortController().signal });
         await rows.next();
         await db.query(sql\`select 1\`, { timeout: '1h' });
         const items = (async function* () { yield 1; await new Promise(() => {}); })();
         await db.close();`,
      ),
      [],
    );
    expect([code, lines]).to.deep.equal([0, ['ready']]);
  });

  it('is quick while a connect() waits for a lock', async () => {
    const path = scratchPath();
    const held = await openManager({ path });
    const { code } = await ending(
      `import { BaseDuckDBManager } from '@mysingle/database';
       const db = new BaseDuckDBManager({ path: ${JSON.stringify(path)}, onLocked: 'wait', lockTimeout: '1h', logger: false });
       const failed = db.connect().catch((error) => console.log(error.code));
       await new Promise((resolve) => setTimeout(resolve, 200));
       await db.close();
       await failed;`,
      [],
    );
    expect(code).to.equal(0);
    await until(() => held.health().status === 'ok');
  });
});
