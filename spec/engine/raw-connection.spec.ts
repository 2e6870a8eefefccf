import type { DuckDBAppender, DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

describe('RawConnection', () => {
  it("is the binding's connection, on the manager's database, in the order of its calls", async () => {
    const db = await openManager();
    const { duckdbConn } = db;
    expect(db.connection).to.equal(duckdbConn);
    const work = [duckdbConn.run('create table t (n integer)'), duckdbConn.run('begin')];
    for (let n = 0; n < 30; n += 1) work.push(duckdbConn.run('insert into t values ($1)', [n]));
    work.push(duckdbConn.run('commit'));
    const reader = await duckdbConn.runAndReadAll('select count(*)::int from t');
    await Promise.all(work);
    expect(reader.getRows()).to.deep.equal([[30]]);
    expect(await db.query(sql`select count(*)::int as n from t`)).to.deep.equal([{ n: 30 }]);
    const appender = await duckdbConn.createAppender('t');
    appender.appendInteger(5);
    appender.endRow();
    appender.closeSync();
    const prepared = await duckdbConn.prepare('select count(*)::int as n from t');
    expect((await prepared.runAndReadAll()).getRows()).to.deep.equal([[31]]);
  });

  it('goes on after an error', async () => {
    const { duckdbConn } = await openManager();
    const thrown: unknown = await duckdbConn.run('selec').catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(Error);
    expect((await duckdbConn.runAndReadAll('select 1')).getRows()).to.deep.equal([[1]]);
  });

  it('is gone after close', async () => {
    const db = await openManager();
    await db.close();
    expect(db.connection).to.equal(null);
    await failure(() => db.duckdbConn, 'E_CLOSED');
  });

  it('is taken back with all that was made of it when the function that it was lent to is done', async () => {
    const db = await openManager({ pool: { size: 1 } });
    await db.execute(sql`create table t as select 1 as n`);
    const count = (): Promise<unknown> => db.cache.getOrLoad('n', { ttl: '1h' }, () => db.query(sql`select count(*)::int as n from t`)); // prettier-ignore
    const lend = (): Promise<[DuckDBConnection, DuckDBPreparedStatement, DuckDBAppender]> =>
      db.withConnection(async (c) => {
        const appender = await c.createAppender('t');
        appender.appendInteger(3);
        return [c, await c.prepare('insert into t values (2)'), appender] as const;
      }) as never;
    for (const [c, prepared, appender] of [await lend(), await db.transaction(lend)]) {
      expect(await count()).to.deep.equal([{ n: 1 }]);
      const uses = [() => c.run('insert into t values (2)'), () => c.run('commit'), () => c.prepare('select 1'), () => prepared.run(), () => prepared.start(), () => appender.endRow(), () => appender.closeSync()]; // prettier-ignore
      const attempt = db.transaction(async () => {
        await db.execute(sql`insert into t values (4)`);
        for (const use of uses)
          expect((await failure(use, 'E_QUERY')).message).to.contain('somebody else may have it now');
        throw new Error('mine');
      });
      expect(await attempt.catch(String)).to.equal('Error: mine');
      expect([await count(), await db.query(sql`select count(*)::int as n from t`)]).to.deep.equal([[{ n: 1 }], [{ n: 1 }]]); // prettier-ignore
    }
  });

  it('is not taken back before what was asked for and not awaited', async () => {
    const db = await openManager({ pool: { size: 1 } });
    await db.execute(sql`create table t (n bigint)`);
    const ask = (): Promise<void> =>
      db.withConnection((c) => {
        void c.run('insert into t select sum(range)::bigint * 0 + 1 from range(3_000_000)');
        void c.run('insert into t values (2)');
      });
    await ask();
    await db.transaction(ask);
    expect(await db.query(sql`select sum(n)::int as n from t`)).to.deep.equal([{ n: 6 }]);
  });
});
