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
});
