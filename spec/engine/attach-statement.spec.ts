import { existsSync, linkSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql, type BaseDuckDBManager } from '@mysingle/database';
import { attaching } from '../../lib/engine/attach-statement.js';
import { openNames } from '../../lib/engine/one-instance.js';
import { openBeside } from '../support/beside.js';
import { startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

/** A manager with a table in its file, and another one elsewhere. */
async function two(): Promise<{ path: string; a: BaseDuckDBManager; b: BaseDuckDBManager }> {
  const path = scratchPath();
  const a = await openManager({ path });
  await a.execute(sql`create table t as select 1 as n`);
  return { path, a, b: await openManager({ path: scratchPath() }) };
}

async function attached(db: BaseDuckDBManager): Promise<unknown[]> {
  const found = await db.query<{ path: string }>(sql`select path from duckdb_databases() where path is not null`);
  return found.map(({ path }) => path).filter((path) => !path.endsWith('.db'));
}

/** Every way to run SQL on a connection of the binding. */
const ways: Readonly<Record<string, (c: DuckDBConnection, text: string) => Promise<unknown>>> = {
  run: (c, text) => c.run(text),
  runAndReadAll: (c, text) => c.runAndReadAll(text),
  stream: (c, text) => c.stream(text),
  startThenReadAll: (c, text) => c.startThenReadAll(text),
  prepared: async (c, text) => (await c.prepare(text)).run(),
  extracted: async (c, text) => (await (await c.extractStatements(text)).prepare(0)).runAndReadAll(),
  'several statements': (c, text) => c.run(`select 1; ${text}; select 2`),
};

const boom = (): never => {
  throw new Error('it ran');
};

describe('ATTACH by SQL', () => {
  it('is refused for a file that this process has open, on every way, with the remedy', async () => {
    const { path, a, b } = await two();
    const text = `attach '${path}' as other`;
    const runs: Record<string, () => Promise<unknown>> = {
      query: () => b.query(sql.raw(text)),
      execute: () => b.execute(sql.raw(text)),
      'in a transaction': () => b.transaction(() => b.execute(sql.raw(text))),
    };
    for (const [name, way] of Object.entries(ways)) {
      runs[`${name} of duckdbConn`] = () => way(b.duckdbConn, text);
      runs[`${name} of withConnection`] = () => b.withConnection((c) => way(c, text));
      runs[`${name} in a transaction`] = () => b.transaction(() => b.withConnection((c) => way(c, text)));
    }
    for (const [name, run] of Object.entries(runs)) {
      const error = await failure(run, 'E_LOCKED');
      expect(error.message, name).to.contain(`${path} is open in this process already`);
      expect(error.message).to.contain('Use the manager that has it open, or ATTACH it when that is closed.');
      expect(error.details).to.deep.equal({ path, pid: process.pid, sameProcess: true });
    }
    for (const way of ['start', 'startStream'] as const) {
      await failure(() => b.duckdbConn[way](text), 'E_UNSUPPORTED');
      const prepared = await b.duckdbConn.prepare(text);
      await failure(() => prepared[way](), 'E_UNSUPPORTED');
    }
    expect(await b.query(sql`select count(*)::int as n from duckdb_databases() where database_name = 'other'`)).to.deep.equal([{ n: 0 }]); // prettier-ignore
    // the lock of the first was not dropped
    const other = await startChild(`
      import { DuckDBInstance } from '@duckdb/node-api';
      await DuckDBInstance.create(${JSON.stringify(path)}).then(() => console.log('open'), () => console.log('locked'));`);
    expect((await other.ended).lines).to.deep.equal(['locked']);
    await a.close();
    await b.execute(sql.raw(text));
    expect(await b.query(sql`select n from other.t`)).to.deep.equal([{ n: 1 }]);
  });

  it('is refused in whatever words, and under whatever name of the file', async () => {
    const { path, b } = await two();
    const [soft, hard] = [join(dirname(path), 'soft'), join(dirname(path), 'hard')];
    symlinkSync(path, soft);
    linkSync(path, hard);
    const home = process.env['HOME'];
    process.env['HOME'] = dirname(path);
    try {
      for (const text of [
        `ATTACH DATABASE '${path}' AS o`,
        `attach if not exists '${path}'`,
        `attach or replace '${path}' as o`,
        `attach $x$${path}$x$ as o`,
        `attach '${path}' as o (read_only)`,
        `attach '${path}' as o (type duckdb)`,
        `attach 'duckdb:${path}' as o`,
        `attach 'file://${path}' as o`,
        `attach '${relative('.', path)}' as o`,
        `attach '${dirname(path)}/./x/../test.duckdb' as o`,
        `attach '${soft}' as o`,
        `attach '~/test.duckdb' as o`,
        `attach '${dirname(path)}/'\n'test.duckdb' as o`,
        `attach e'${path}' as o`,
        `/* */ attach '${path}' as o --`,
      ])
        // prettier-ignore
        expect((await failure(() => b.duckdbConn.run(text), 'E_LOCKED')).details, text).to.include({ path });
      const error = await failure(() => b.execute(sql.raw(`attach '${hard}' as o`)), 'E_LOCKED');
      expect(error.details).to.include({ path: hard, openAs: path });
      await b.duckdbConn.run(`set home_directory = '${dirname(dirname(path))}'`);
      await failure(() => b.duckdbConn.run(`attach '~/${relative(dirname(dirname(path)), path)}' as o`), 'E_LOCKED');
    } finally {
      if (home === undefined) delete process.env['HOME'];
      else process.env['HOME'] = home;
    }
    expect((await failure(() => b.execute(sql.raw(String.raw`attach e'\x61' as o`)), 'E_QUERY')).message).to.contain('plain quotes'); // prettier-ignore
    // which DuckDB takes as literals alone
    for (const text of ['attach $1 as o', `attach ('x') as o`, `attach 'x' || '' as o`, 'attach getvariable(1) as o'])
      // prettier-ignore
      expect(await b.duckdbConn.run(text).catch(String), text).to.contain('Parser Error');
  });

  it('leaves other files alone, and what DuckDB has a rule for itself', async () => {
    const { path, b } = await two();
    const free = scratchPath();
    for (const text of [`attach ':memory:' as m`, `attach '' as n`, `attach '${free}' as o`, `attach if not exists '${free}' as o`, `attach or replace '${free}' as o`, `detach o; attach '${free}' as p`]) await b.duckdbConn.run(text); // prettier-ignore
    await b.execute(sql.raw(`attach if not exists '${free}' as p`));
    await b.duckdbConn.run('create table p.t as select 2 as n');
    expect(await b.query(sql`select n from p.t`)).to.deep.equal([{ n: 2 }]);
    expect(await b.query(sql.raw(`select 'attach ''${path}''' as attach`))).to.deep.equal([
      { attach: `attach '${path}'` },
    ]);
    // the manager's own file, by its name and by another
    const own = b.health().dbPath;
    expect((await failure(() => b.execute(sql.raw(`attach '${own}' as o`)), 'E_QUERY')).message).to.contain('already attached'); // prettier-ignore
    await b.execute(sql.raw(`attach if not exists '${own}' as mysingle_db`));
    linkSync(own, `${own}.hard`);
    await failure(() => b.execute(sql.raw(`attach '${own}.hard' as o`)), 'E_LOCKED');
    expect(openNames(free).length).to.be.lessThan(2);
  });

  it('keeps a manager from the file until it is detached or its manager closed, and another ATTACH too', async () => {
    const { b } = await two();
    const c = await openManager({ path: scratchPath() });
    for (const end of [() => b.execute(sql`detach other`), () => b.close()]) {
      const path = scratchPath();
      await b.execute(sql.raw(`attach '${path}' as other`));
      await b.execute(sql`create table other.t as select 3 as n`);
      for (const onLocked of ['fallback', 'memory', 'error'] as const) {
        const error = await failure(() => openManager({ path, onLocked }), 'E_LOCKED');
        expect(error.details).to.include({ path, sameProcess: true });
        expect(error.message).to.contain('by ATTACH in another manager');
      }
      await failure(() => c.execute(sql.raw(`attach '${path}' as other`)), 'E_LOCKED');
      await end();
      const db = await openManager({ path });
      expect(await db.query(sql`select n from t`)).to.deep.equal([{ n: 3 }]);
    }
  });

  it('is refused for the side file of a manager in fallback', async () => {
    const { path } = await openBeside();
    const side = readdirSync(dirname(path)).find((name) => /\.fallback-[\w-]+$/.test(name)) as string;
    const b = await openManager({ path: scratchPath() });
    await failure(() => b.duckdbConn.run(`attach '${join(dirname(path), side)}' as o`), 'E_LOCKED');
  });

  it('lets exactly one have a file that several ask for in one moment, managers among them', async () => {
    for (let round = 0; round < 5; round += 1) {
      const path = scratchPath();
      const others = await Promise.all([1, 2, 3].map(() => openManager({ path: scratchPath() })));
      const text = `attach '${path}' as other`;
      const done = await Promise.allSettled([
        others[0]?.execute(sql.raw(text)),
        others[1]?.duckdbConn.run(`select 1; ${text}`),
        others[2]?.withConnection((c) => c.run(text)),
        openManager({ path, onLocked: 'error' }),
      ]);
      expect(done.map(({ status }) => status).filter((status) => status === 'fulfilled')).to.have.length(1);
      if (process.platform === 'linux') expect(openNames(path)).to.deep.equal([path]);
      for (const db of others) await db.close();
    }
  });

  it('is undone where DuckDB without this library opened the file in the same moment', async () => {
    const path = scratchPath();
    const instances = [await DuckDBInstance.create(':memory:'), await DuckDBInstance.create(':memory:')] as const;
    const [one, other] = [await instances[0].connect(), await instances[1].connect()];
    const text = `attach '${path}' as "a ""b"`;
    await failure(() => attaching(one, text, async () => { await one.run(text); await other.run(`attach '${path}'`); }), 'E_LOCKED'); // prettier-ignore
    const left = await one.runAndReadAll('select count(*)::int from duckdb_databases() where path is not null');
    expect(left.getRows()).to.deep.equal([[0]]);
    expect(existsSync(path)).to.equal(true);
    // one that has it, but not alone: the other has it still
    await one.run(text);
    await failure(() => attaching(one, text, boom), 'E_LOCKED');
    for (const instance of instances) instance.closeSync();
  });

  it('waits for the end of another that names the same files in any order', async function () {
    if (process.platform !== 'linux') {
      this.skip();
      return;
    }
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const [path, more] = [scratchPath(), scratchPath()];
    const seen: string[] = [];
    const slow = (first: string, second: string): Promise<void> =>
      attaching(connection, `attach '${first}' as a; attach '${second}' as b`, async () => {
        seen.push('begins');
        await sleep(20);
        seen.push('ends');
      });
    await Promise.all([slow(path, more), slow(more, path)]);
    expect(seen).to.deep.equal(['begins', 'ends', 'begins', 'ends']);
  });

  it('makes no cache stale: what is refused was not written', async () => {
    const { path, a, b } = await two();
    const count = (): Promise<unknown> => a.cache.getOrLoad('n', { ttl: '1h' }, () => a.query(sql`select count(*)::int as n from t`)); // prettier-ignore
    expect(await count()).to.deep.equal([{ n: 1 }]);
    await failure(() => b.duckdbConn.run(`attach '${path}' as other; insert into other.t values (2)`), 'E_LOCKED');
    expect(await count()).to.deep.equal([{ n: 1 }]);
    expect(await attached(b)).to.deep.equal([b.health().dbPath]);
    await a.close();
    await a.connect();
    expect(await a.query(sql`select count(*)::int as n from t`)).to.deep.equal([{ n: 1 }]);
  });
});
