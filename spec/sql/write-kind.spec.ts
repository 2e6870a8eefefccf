import { DuckDBInstance, StatementType } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  changesMeaning,
  runsScripts,
  staysOnConnection,
  transactionOpenAfter,
  writeKind,
} from '../../lib/sql/write-kind.js';

// as DuckDB types it, and reads it
async function kinds(statements: readonly string[]): Promise<string[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`create table t (id integer primary key, v varchar); create table u as from t; create schema s;
    create table s."T x" (a integer); create view vw as from u; create macro tm() as table from u; create table secret (n int);
    create macro top() as (select max(id) from u); create table "to" ("from" integer); create sequence q;`);
  const judged: string[] = [];
  for (const text of statements) {
    const prepared = await connection.prepare(text);
    const kind = writeKind(prepared.statementType, text, (query) => connection.getTableNames(query, false).length > 0);
    judged.push(kind.kind === 'rows' ? `rows ${kind.target.schema ?? ''}.${kind.target.table}` : kind.kind);
    prepared.destroySync();
  }
  connection.closeSync();
  return judged;
}

async function all(kind: string, statements: readonly string[]): Promise<void> {
  const judged = await kinds(statements);
  expect(statements.map((text, index) => `${judged[index]} <- ${text}`)).to.deep.equal(
    statements.map((text) => `${kind} <- ${text}`),
  );
}

describe('what a statement does to a database', () => {
  it('is told by its rows, where it adds rows that are made of no table', async () => {
    await all('rows .t', [
      "insert into t values (1, 'a')",
      'INSERT INTO T VALUES ($1, $2) RETURNING id',
      "/* insert into u */ insert -- x\n into /* u /* s */ */ t values (1, 'on conflict; select from u') ;",
      "insert into t (v, id) values ('or replace', 1), ($$returning$$, 2)",
      "insert into t values (1, replace('a', 'b', 'ignore'))",
      'insert into t default values',
      "insert into t by name select 1 as id, 'x' as v",
      "with c as (select 1, 'x') insert into t select * from c",
      "insert into t select i, 'x' from range(3) r(i)",
      "insert into t (select 1, 'x')",
      "insert into t as alias values (1, 'ü😀')",
      "insert into t from (select nextval('q'), 'x') returning id",
    ]);
    await all('rows s.T x', ['insert into s."T x" values (1)', 'insert into S . "T x" ("a") select 1']);
    await all('rows .to', ['insert into "to" ("from") values (1)']);
    await all('rows main.t', ["insert into main.t values (1, 'a')"]);
  });

  it('is told by the statement, where it reads a table or touches rows that are there', async () => {
    await all('statement', [
      'insert into t select * from u',
      'insert into t from u',
      'insert into t table u',
      '/* select */ insert into t (select * from u)',
      'insert into t (id) select id from u returning v',
      'with c as (select * from u) insert into t select * from c',
      'insert into t select * from vw',
      'insert into t select * from tm()',
      "insert into t select * from query('from u')",
      "insert into t values (top(), 'a')",
      "insert into t values ((select max(id) from u), 'a')",
      'insert into t select * from t',
      "insert or replace into t values (1, 'a')",
      "insert or ignore into t values (1, 'a')",
      "insert into t values (1, 'a') on conflict do nothing",
      "insert into t values (1, 'a') ON /* */ CONFLICT (id) do update set v = excluded.v",
      "insert into memory.main.t values (1, 'a')",
      "update t set v = 'insert into t values'",
      'update t set v = u.v from u where u.id = t.id',
      'delete from t using u where u.id = t.id',
      'truncate t',
      'merge into t using u on t.id = u.id when matched then delete',
      'explain analyze insert into t from u',
      'create table n (secret varchar)',
      'create table if not exists "secret" (n integer)',
      'drop table secret',
      'drop table if exists "deallocate"',
      'create or replace temp table secret2 as select 1',
      'create view w as from t',
      'create macro m(a) as a + 1',
      'create index ix on t (v)',
      'alter table t add column w integer',
      "comment on table t is 'x'",
    ]);
  });

  it('is nothing, where it reads, or is about something else than the database', async () => {
    await all('none', [
      'select * from t',
      'from t',
      'explain insert into t from u',
      "select 'insert into t values (1)'",
      "copy t to '/tmp/x.csv'",
      `copy (select "from" from "to") to '/tmp/x.csv'`,
      'checkpoint',
      'set variable x = 1',
      'vacuum',
      'prepare p as select 1',
      'drop secret if exists x',
      'drop persistent secret if exists x',
    ]);
    expect(writeKind(StatementType.CREATE, 'create or replace persistent secret s (type s3)', () => true).kind).to.equal('none'); // prettier-ignore
    expect(writeKind(StatementType.DROP, 'deallocate p', () => true).kind).to.equal('none');
    expect(writeKind(StatementType.COPY, `copy "to" ("from") from 'x.csv'`, () => true)).to.deep.equal({
      kind: 'rows',
      target: { schema: undefined, table: 'to' },
    });
  });

  it('may be that later ones mean something else', () => {
    const changing = [
      'use s',
      "set schema = 's'",
      "SET session search_path = 'a,b'",
      'set variable x = 1',
      "set timezone = 'Asia/Tokyo'",
      "set time zone 'Asia/Tokyo'",
      'reset timezone',
      "set default_collation = 'nocase'",
    ];
    const harmless = ['set threads = 2', "set TimeZone = 'UTC';", "set global memory_limit = '1GB'", 'select 1', ''];
    expect(changing.filter((text) => !changesMeaning(text))).to.deep.equal([]);
    expect(harmless.filter(changesMeaning)).to.deep.equal([]);
  });
});

describe('transactionOpenAfter', () => {
  it('tells what SQL leaves behind, whatever words its names and values hold', () => {
    for (const text of [
      'begin',
      '/* x */ START TRANSACTION',
      'select 1; begin',
      'commit; begin',
      'explain analyze begin',
    ])
      expect(transactionOpenAfter(text), text).to.equal(true);
    for (const text of [
      'commit',
      'END',
      'rollback',
      'ABORT',
      'begin; insert into t values (1); commit',
      '\u200Bcommit',
      '-- x\rcommit',
      String.raw`select e'\''; commit`,
      'explain analyze commit',
      'EXPLAIN (ANALYZE, format json) rollback',
      'select 1; explain (analyze false) end;',
    ])
      // prettier-ignore
      expect(transactionOpenAfter(text), text).to.equal(false);
    for (const text of [
      'select 1',
      'insert into "begin" values (\'; commit\')',
      'select commit from t',
      '-- begin\nselect 1',
      "select ';' end",
      'explain commit',
      'explain (format json) commit',
      'explain analyze select case when true then (1) end',
      'select case when explain(1) then analyze(2) end',
    ])
      expect(transactionOpenAfter(text), text).to.equal(undefined);
  });
});

describe('runsScripts', () => {
  it('is true of IMPORT DATABASE, however it is said', () => {
    for (const text of [
      "import database 'x'",
      "select 1; IMPORT DATABASE 'x'",
      "pragma import_database('x')",
      `PRAGMA "Import_Database"('x')`,
    ])
      // prettier-ignore
      expect(runsScripts(text), text).to.equal(true);
    for (const text of [
      'select 1',
      'select import from import_database',
      "select '; import'",
      "export database 'import'",
    ])
      expect(runsScripts(text), text).to.equal(false);
  });
});

describe('staysOnConnection', () => {
  it('knows what one connection alone has', () => {
    const own = ['create temp table t (n integer)', 'CREATE OR REPLACE TEMPORARY VIEW v as from u', '/* x */ create temp macro m() as 1', '-- y\nprepare p as select 1', 'create temp sequence s', 'create temp table secret (n integer)'];
    const shared = ['create table temp (prepare integer)', "select 'create temp table'", 'from temp', 'create or replace table t as from temp', 'create temporary secret s (type s3)', 'create or replace temp secret s (type s3)', 'create view v as select 1 as "prepare"', 'drop table temp'];
    expect(own.filter((sql) => !staysOnConnection(sql))).to.deep.equal([]);
    expect(shared.filter(staysOnConnection)).to.deep.equal([]);
  }); // prettier-ignore
});
