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
    const prepared = db.transaction(async () => {
      await db.execute(sql`prepare p as insert into t values (1)`);
      await db.execute(sql`execute p`);
    });
    expect((await failure(prepared, 'E_UNSUPPORTED')).message).to.contain('EXECUTE');
    expect(await rows(db, 'from t')).to.deep.equal([]);
    await free();
    expect(await rows(db, 'from t')).to.deep.equal([]);
  });

  it('keeps lists of nothing, of no type', async () => {
    const { db, free } = await openBeside(['create table t (id integer, s varchar, l varchar[], n integer[][])']);
    await db.execute(sql`create table if not exists t (id integer, s varchar, l varchar[], n integer[][])`);
    await db.execute(sql`insert into t values (1, 'x', ${[]}, ${[[], null]})`);
    await db.execute(sql`update t set id = 2 where l = ${[]} and s not in ${[]}`);
    await free();
    expect(await rows(db, 'from t')).to.deep.equal([[2, 'x', [], [[], null]]]);
  });

  it('keeps every character of text, also those that the binding drops when it reads', async () => {
    const { db, free } = await openBeside(['create table t (id integer primary key, v varchar, l varchar[])']);
    const raw = db.duckdbConn;
    await raw.run('create table if not exists t (id integer primary key, v varchar, l varchar[])');
    await raw.run(`insert into t values (1, '\uFEFFliteral', ['\uFEFFinner'])`);
    await raw.run('insert into t (id, v) values (2, $1)', ['\uFEFFbound']);
    await raw.run('insert into t (id, v) values (3, $1) on conflict (id) do nothing', ['\uFEFFit\'s \0 "\uFEFF']);
    await raw.run('update t set v = v || $x where id = $id', { x: '\uFEFF', id: 1 });
    await db.execute(sql`update t set v = v || ${'\uFEFF'} where id = ${2}`);
    const hex = 'select id, hex(v), hex(l[1]) from t order by id';
    const before = await rows(db, hex);
    expect(before[0]?.[1]).to.match(/^EFBBBF.*EFBBBF$/);
    await free();
    expect(await rows(db, hex)).to.deep.equal(before);
  });
});
