import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Table, sql, type ManagerOptions } from '@mysingle/database';
import { createTestManager } from '@mysingle/database/testing';
import { holdFile, startChild } from '../support/child.js';
import { failure } from '../support/failure.js';

@Table('kit_note')
class Note {
  @Column('varchar', { primaryKey: true }) id!: string;
}
const entities = [Note];

class OwnManager extends BaseDuckDBManager {
  readonly ready = 'yes';
  protected override async createTables(): Promise<void> {
    await this.execute(sql`create table by_hand as select 1 as n`);
  }
  count(): Promise<unknown> {
    return this.queryOne(sql`select n from by_hand`);
  }
}

describe('createTestManager', () => {
  it('opens a database in memory of its own, and closes it at the end of its scope', async () => {
    let left: BaseDuckDBManager;
    {
      await using one = await createTestManager({ entities, name: 'one' });
      await using two = await createTestManager({ entities, name: 'two' });
      await one.repository(Note).insert({ id: 'a' });
      await one.cache.set('k', 1, { ttl: '1h' });
      expect([one.mode, await two.repository(Note).count(), await two.cache.get('k')]).to.deep.equal(['memory', 0, undefined]); // prettier-ignore
      left = one;
    }
    expect(left.health().status).to.equal('closed');
  });

  it('is closed by a test that fails, too', async () => {
    let left: BaseDuckDBManager | undefined;
    const test = async (): Promise<void> => {
      await using db = await createTestManager({ entities, path: 'file' });
      left = db;
      expect(await db.repository(Note).count()).to.equal(1);
    };
    expect(await test().catch((error: Error) => error.name)).to.equal('AssertionError');
    expect([left?.health().status, existsSync(dirname(left?.dbPath ?? '.'))]).to.deep.equal(['closed', false]);
  });

  it('takes a class of its own, with its type', async () => {
    await using db = await createTestManager({ manager: OwnManager });
    expectTypeOf(db).toEqualTypeOf<OwnManager>();
    expect([db.ready, await db.count()]).to.deep.equal(['yes', { n: 1 }]);
    await using plain = await createTestManager();
    expectTypeOf(plain).toEqualTypeOf<BaseDuckDBManager>();
  });

  it('has what it keeps in the table at once, unless told otherwise', async () => {
    const kept = async (cache?: ManagerOptions['cache']): Promise<number> => {
      await using db = await createTestManager(cache === undefined ? {} : { cache });
      await db.cache.set('k', 1, { ttl: '1h' });
      return db.cache.stats().pending;
    };
    expect(await Promise.all([kept(), kept({ maxEntries: 5 }), kept({ background: true })])).to.deep.equal([0, 0, 1]);
    await using db = await createTestManager({ cache: false });
    let loads = 0;
    for (let n = 0; n < 2; n += 1) await db.cache.getOrLoad('k', { ttl: '1h' }, () => (loads += 1));
    expect(loads).to.equal(2);
  });

  it('has a file that outlives close(), for restarts and locks, and no longer its scope', async () => {
    let path: string;
    {
      await using db = await createTestManager({ entities, path: 'file', onLocked: 'error' });
      path = db.dbPath;
      await db.repository(Note).insert({ id: 'a' });
      await db.close();
      expect(existsSync(path)).to.equal(true);
      {
        await using holder = await holdFile(path);
        expect((await failure(db.connect(), 'E_LOCKED')).details).to.include({ pid: holder.pid });
      }
      await db.connect();
      expect([db.mode, await db.repository(Note).count()]).to.deep.equal(['file', 1]);
    }
    expect(existsSync(dirname(path))).to.equal(false);
  });

  it('refuses what it does not know, and leaves nothing of a manager that does not open', async () => {
    await failure(createTestManager({ entitis: [] } as never), 'E_CONFIG');
    expect((await failure(createTestManager({ path: '/data/app.duckdb' as never }), 'E_CONFIG')).message).to.contain("':memory:' or 'file'"); // prettier-ignore
    await failure(createTestManager({ path: 'file', settings: { nosuch: 1 } }), 'E_CONFIG');
  });

  it('tells at the end of the process what was left open, and removes its files all the same', async () => {
    await using child = await startChild(`
      import { createTestManager, temporaryPath } from '@mysingle/database/testing';
      const left = await createTestManager({ path: 'file', name: 'left' });
      const closed = await createTestManager({ name: 'closed' });
      await closed.close();
      { await using scoped = await createTestManager({ name: 'scoped' }); }
      console.log(left.dbPath);
      console.log(temporaryPath().path);
    `.replace('{ await using scoped', 'const scoped').replace("'scoped' }); }", "'scoped' }); await scoped[Symbol.asyncDispose]();")); // prettier-ignore
    const { code, stderr, lines } = await child.ended;
    expect(code).to.equal(0);
    expect(stderr).to.match(/^@mysingle\/database\/testing: left open at the end of the process\. .*\n  - 'left' \(.*test\.duckdb\) at .*:\d+:\d+\n$/); // prettier-ignore
    expect(lines).to.have.length(2);
    for (const line of lines) expect(existsSync(dirname(line)), line).to.equal(false);
  });

  it('says nothing where all are closed', async () => {
    await using child = await startChild(`
      import { createTestManager } from '@mysingle/database/testing';
      for (let n = 0; n < 12; n += 1) await (await createTestManager({ path: n === 1 ? 'file' : ':memory:' }))[Symbol.asyncDispose]();
      await (await createTestManager()).close();
    `);
    expect(await child.ended).to.deep.equal({ code: 0, stderr: '', lines: [] });
  });
});
