import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { copyDatabase } from '../../lib/engine/copy-database.js';

async function copied(...made: readonly string[]): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`ATTACH ':memory:' AS "the ""first"""; ATTACH ':memory:' AS second; USE "the ""first"""`);
  for (const sql of made) await connection.run(sql);
  await copyDatabase(connection, 'the "first"', 'second');
  await connection.run('USE second');
  return connection;
}

const all = async (connection: DuckDBConnection, sql: string): Promise<unknown> =>
  (await connection.runAndReadAll(sql)).getRowsJson();

describe('copyDatabase', () => {
  it('brings rows that refer to rows of their own table, however deep and in whatever order they are', async () => {
    const connection = await copied(
      'create table tree (id integer primary key, parent integer references tree (id))',
      'insert into tree values (1, null)',
      'insert into tree values (5, 1)',
      'insert into tree values (3, 5)',
      'insert into tree values (2, 3)',
    );
    expect(await all(connection, 'select * from tree order by id')).to.deep.equal([
      [1, null],
      [2, 3],
      [3, 5],
      [5, 1],
    ]);
  });

  it('brings parents before children, other schemas, generated columns and sequences with their value', async () => {
    const connection = await copied(
      'create sequence s start 10',
      'create schema "Sales; it\'s eu"',
      "create table a (id bigint primary key default nextval('s'), n integer, twice integer generated always as (n * 2) virtual)",
      'create table b (a bigint references a (id), "or""der" varchar)',
      'create table "Sales; it\'s eu".c as select 1 as n',
      'create index i on a (n)',
      'create view v as select twice from a',
      'insert into a (n) values (1), (2)',
      "insert into b values (11, 'x')",
    );
    expect(await all(connection, 'from a order by id')).to.deep.equal([
      ['10', 1, 2],
      ['11', 2, 4],
    ]);
    expect(await all(connection, 'from b')).to.deep.equal([['11', 'x']]);
    expect(await all(connection, 'from "Sales; it\'s eu".c')).to.deep.equal([[1]]);
    expect(await all(connection, 'from v')).to.deep.equal([[2], [4]]);
    await connection.run('insert into a (n) values (3)');
    expect(await all(connection, 'select max(id) from a')).to.deep.equal([['12']]);
  });

  it('leaves nothing of a copy that fails', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run("ATTACH ':memory:' AS one; ATTACH ':memory:' AS two; create table two.taken as select 1 as n");
    await connection.run('create table one.free as select 1 as n; create table one.taken as select 2 as n');
    expect(await copyDatabase(connection, 'one', 'two').catch((error: Error) => error.message)).to.contain('taken');
    expect(await all(connection, "select table_name from duckdb_tables() where database_name = 'two'")).to.deep.equal([
      ['taken'],
    ]);
    expect(await all(connection, 'select 1'), 'and no transaction open').to.deep.equal([[1]]);
  });
});
