import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

describe('checkpoint', () => {
  it('writes the log into the file', async () => {
    const path = scratchPath();
    const db = await openManager({ path });
    await db.execute(sql`create table t as select 1 as n`);
    expect(existsSync(`${path}.wal`)).to.equal(true);
    await db.checkpoint();
    expect(existsSync(`${path}.wal`)).to.equal(false);
  });

  it('goes on beside who reads, inserts or deletes, and says when it cannot because of a writer, or of a change of tables', async () => {
    const path = scratchPath();
    const db = await openManager({ path });
    await db.execute(sql`create table t as select 1 as n`);
    // something for it to do
    const before = (): Promise<unknown> => outside(() => db.execute(sql`insert into t values (2)`));
    for (const work of [sql`select * from t`, sql`insert into t values (3)`, sql`delete from t where n = 1`])
      await db.transaction(async () => {
        await db.query(work);
        await before();
        await outside(() => db.checkpoint());
        expect(existsSync(`${path}.wal`)).to.equal(false);
      });
    await db.transaction(async () => {
      await db.query(sql`select * from t`);
      await outside(() => db.execute(sql`create table v (n integer)`));
      await outside(() => failure(db.checkpoint(), 'E_CONFLICT'));
    });
    await db.transaction(async () => {
      await db.execute(sql`update t set n = 2`);
      // something for it to do
      await outside(() => db.execute(sql`create table u (n integer)`));
      const error = await outside(() => failure(db.checkpoint(), 'E_CONFLICT'));
      expect(error.retryable).to.equal(true);
      expect(error.message).to.contain('Call checkpoint() again');
    });
    await db.checkpoint();
    expect(existsSync(`${path}.wal`)).to.equal(false);
  });

  it('is refused inside of a transaction and for reading alone, and nothing in memory', async () => {
    const path = scratchPath();
    const db = await openManager({ path });
    const error = await failure(db.transaction(() => db.checkpoint()), 'E_CONFIG'); // prettier-ignore
    expect(error.message).to.contain('outside of transaction()');
    await db.close();
    await failure((await openManager({ path, readOnly: true })).checkpoint(), 'E_READ_ONLY');
    await (await openManager()).checkpoint();
    await failure(db.checkpoint(), 'E_CLOSED');
  });
});

/** Out of the async context of the transaction, as another request would be. */
const { outside } = await import('node:async_hooks').then(({ AsyncResource }) => {
  const root = new AsyncResource('another request');
  return { outside: <T>(work: () => Promise<T>): Promise<T> => root.runInAsyncScope(work) };
});
