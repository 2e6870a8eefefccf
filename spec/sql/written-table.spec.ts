import { DuckDBInstance, StatementType } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { writtenTable } from '../../lib/sql/written-table.js';

// as DuckDB types it
async function written(statements: readonly string[]): Promise<string[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`attach ':memory:' as db; use db; create table t (id integer primary key); create table u (id integer);
    create schema s; create table s."T x" (id integer); create table "t😀" (id integer); create table "t$x" (id integer);
    create table mysingle_cache (id integer); create table "only" (id integer)`);
  const ids: string[] = [];
  for (const text of statements) {
    const prepared = await connection.prepare(text);
    ids.push(`${writtenTable(prepared.statementType, text, 'db')?.join(' ') ?? 'unsure'} <- ${text.slice(0, 80)}`);
    prepared.destroySync();
  }
  connection.closeSync();
  return ids;
}

async function all(ids: string, statements: readonly string[]): Promise<void> {
  expect(await written(statements)).to.deep.equal(statements.map((text) => `${ids} <- ${text.slice(0, 80)}`));
}

describe('the table that a statement writes', () => {
  it('is the one it names, however it is quoted, with what the name may mean beside', async () => {
    await all('main.t db.t', [
      'insert into t values (1)',
      'INSERT OR REPLACE INTO "T" (id) values (1) returning id',
      'insert or ignore into t by name select 1 as id',
      'insert into t select id from u on conflict (id) do nothing',
      '/* u */ insert into -- u\n t(id) values (1);',
      `insert into t values ${'(1), '.repeat(200)}(1)`,
      'update t set id = 2',
      'update t as u set id = 2',
      'delete from t',
      'delete from t using u where t.id = u.id',
      'truncate t',
      'truncate table t',
      'merge into t using u on t.id = u.id when matched then delete',
      'insert into db.t values (1)',
    ]);
    await all('main.t', ['insert into main.t values (1)', 'update DB.Main.t set id = 2']);
    await all('s.t x', ['delete from S."t X"', 'insert into db.s."T x" values (1)']);
  });

  it('is not told where that is not sure', async () => {
    await all('unsure', [
      'with c as (select 1) insert into t from c',
      "insert into 't' values (1)",
      'insert into t😀 values (1)',
      'insert into t$x values (1)',
      'insert into -- \r t values (1)',
      'delete from only t',
      `/*${'x'.repeat(500)}*/ insert into t values (1)`,
      `insert into ${' '.repeat(388)}t values (1)`,
      'insert into mysingle_cache values (1)',
      'create table v as from t',
      'drop table t',
      'alter table t add column n integer',
      "copy t to '/dev/null'",
      'select 1',
      'prepare p as delete from t',
      'explain analyze delete from t',
    ]);
  });

  it('is not cut off where only the beginning is looked at', () => {
    for (let spaces = 380; spaces < 400; spaces += 1) {
      const ids = writtenTable(
        StatementType.INSERT,
        `insert into${' '.repeat(spaces)}table_with_a_name values (1)`,
        'db',
      );
      expect(ids ?? ['main.table_with_a_name', 'db.table_with_a_name']).to.include('main.table_with_a_name');
    }
  });
});
