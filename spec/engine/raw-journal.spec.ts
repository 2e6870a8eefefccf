import { setTimeout as sleep } from 'node:timers/promises';
import { INTEGER, VARCHAR } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { arrived, openBeside, rows } from '../support/beside.js';

const TABLE = 'create table if not exists t (id integer primary key, v varchar)';

describe('a raw connection in fallback', () => {
  it('writes down prepared statements, with what is bound in whatever way', async () => {
    const { db, free } = await openBeside([TABLE]);
    const raw = db.duckdbConn;
    await raw.run(TABLE);
    const prepared = await raw.prepare('insert into t values ($1, $2)');
    prepared.bindInteger(1, 1);
    prepared.bindVarchar(2, 'one');
    await prepared.run();
    prepared.bind([2, 'two'], [INTEGER, VARCHAR]);
    await prepared.run();
    prepared.clearBindings();
    prepared.bind([3, null], [INTEGER, VARCHAR]);
    await prepared.runAndReadAll();
    await raw.run('update t set v = $v where id = $id', { id: 1, v: 'uno' });
    await free();
    expect(await rows(db, 'from t order by id')).to.deep.equal([
      [1, 'uno'],
      [2, 'two'],
      [3, null],
    ]);
  });

  it('keeps what COMMIT ends, and nothing of what ROLLBACK ends', async () => {
    const { db, free } = await openBeside([TABLE]);
    const raw = db.duckdbConn;
    await raw.run(TABLE);
    for (const end of ['rollback', 'commit']) {
      await raw.run('begin');
      await raw.run('insert into t values (1, $1)', [end]);
      await raw.run(end);
    }
    await free();
    expect(await rows(db, 'from t')).to.deep.equal([[1, 'commit']]);
  });

  it('refuses what makes later statements mean something else', async () => {
    const { db, free } = await openBeside([TABLE, 'create schema s', 'create table s.t (id integer)']);
    const raw = db.duckdbConn;
    await raw.run(TABLE);
    await raw.run('create schema if not exists s');
    for (const text of ['use s', "set schema = 's'", "set variable x = 'y'", "set timezone = 'Asia/Tokyo'"])
      expect((await failure(() => raw.run(text), 'E_UNSUPPORTED')).message, text).to.contain('SET or USE');
    await raw.run('set threads = 2');
    await raw.run("insert into t values (1, 'main')");
    await free();
    expect(await rows(db, 'from main.t')).to.deep.equal([[1, 'main']]);
    await raw.run('use s');
  });

  it('writes down each statement of a script, with the keys that it gave', async () => {
    const made = `create sequence if not exists s; -- a; comment
      create table if not exists q (id bigint primary key default nextval('s'), v varchar unique);`;
    const { db, free } = await openBeside([made, "insert into q (v) values ('old'), ('old2')"]);
    const raw = db.duckdbConn;
    await raw.run(made);
    const script = "insert into q (v) values ('a;b'); insert into q (v) values ('c'); select max(id) from q";
    const [[last] = []] = (await raw.runAndReadAll(script)).getRows();
    await raw.run("update q set v = 'older' where v = 'old'; delete from q where v = 'old2';");
    expect(await failure(() => raw.run('create table x (n integer); set variable y = 1'), 'E_UNSUPPORTED')).to.be.an(
      'error',
    );
    await free();
    expect(db.health().conflicts).to.equal(0);
    expect(await rows(db, 'select v from q order by id')).to.deep.equal([['older'], ['a;b'], ['c']]);
    expect(await rows(db, 'select max(id) from q')).to.deep.equal([[String(last)]]);
    expect(await rows(db, "from duckdb_tables() where table_name = 'x'")).to.deep.equal([]);
  });

  it('holds nobody up for as long as something runs on it when the file is free', async () => {
    const { db, release } = await openBeside([TABLE]);
    let done = false;
    const long = db.duckdbConn
      .run('select count(*) from range(100000) a, range(100000) b where (a.range * b.range) % 7 = 3')
      .catch(() => {})
      .finally(() => (done = true));
    await release();
    // held up, one of them would never come back
    for (let times = 0; times < 50; times += 1) {
      await db.query(sql`select 1`);
      await sleep(20);
    }
    expect(done, 'it runs on').to.equal(false);
    db.duckdbConn.interrupt();
    await long;
    await arrived(db);
  });

  it('is of use after a COMMIT that failed, here and in the database', async () => {
    const { db, free } = await openBeside([TABLE]);
    const raw = db.duckdbConn;
    await raw.run(TABLE);
    await raw.run("insert into t values (1, 'first')");
    await raw.run('begin');
    await raw.run("insert into t values (2, 'lost')");
    await raw.run("insert into t values (1, 'twice')").catch(() => {});
    const failed = await raw.run('commit').then(() => undefined, String);
    expect(failed).to.contain('aborted');
    await free();
    await raw.run("insert into t values (3, 'last')");
    expect(await rows(db, 'select id from t order by id')).to.deep.equal([[1], [3]]);
  });
});
