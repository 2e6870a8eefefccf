// The way round: what is written in fallback is in the database when the file is free.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { openBeside, rows } from '../support/beside.js';

describe('the journal', () => {
  it('has INSERT ... SELECT read the rows of the database, not of the side file', async () => {
    const { db, free } = await openBeside([
      'create table t (id integer, v varchar)',
      'create table u (id integer, v varchar)',
      "insert into u values (1, 'there')",
    ]);
    await db.duckdbConn.run('create table if not exists t (id integer, v varchar)');
    await db.duckdbConn.run('create table if not exists u (id integer, v varchar)');
    await db.execute(sql`insert into t select * from u`);
    await db.execute(sql`insert into t by name from u`);
    await db.execute(sql`with c as (from u) insert into t select * from c`);
    await free();
    expect(await rows(db, 'from t')).to.deep.equal([1, 2, 3].map(() => [1, 'there']));
    expect(db.health().conflicts).to.equal(0);
  });

  it('keeps tables that are named for a secret, or have such a column', async () => {
    const { db, free } = await openBeside(['create table secret (n integer)']);
    await db.execute(sql`create table users (secret varchar)`);
    await db.execute(sql`insert into users values ('x')`);
    await db.execute(sql`create table if not exists secret (n integer)`);
    await db.execute(sql`drop table secret`);
    await free();
    expect(await rows(db, 'from users')).to.deep.equal([['x']]);
    expect(await rows(db, "select count(*)::int from duckdb_tables() where table_name = 'secret'")).to.deep.equal([
      [0],
    ]);
    expect(db.health().conflicts).to.equal(0);
  });

  it('refuses what it cannot see through', async () => {
    const { db, free } = await openBeside(['create table t (id integer)'], { pool: { size: 1 } });
    await db.execute(sql`create table if not exists t (id integer)`);
    await db.execute(sql`prepare p as insert into t values (1)`);
    expect((await failure(db.execute(sql`execute p`), 'E_UNSUPPORTED')).message).to.contain('EXECUTE');
    expect(await rows(db, 'from t')).to.deep.equal([]);
    await free();
    expect(await rows(db, 'from t')).to.deep.equal([]);
  });
});
