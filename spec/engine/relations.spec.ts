import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { harmlessFunctions, relationsOf } from '../../lib/engine/relations.js';

async function connected(sql: string): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`attach ':memory:' as db; attach ':memory:' as Other; use db; ${sql}`);
  return connection;
}

describe('what is found under a name', () => {
  it('are the tables and views of the database, and beside them what is elsewhere', async () => {
    const connection = await connected(
      'create schema S; create table S.T (n integer); create view v as from S.T; create temp table Tt (n integer); create table other.o (n integer)',
    );
    const { tables, views, elsewhere, databases } = await relationsOf(connection, 'db');
    expect([...tables]).to.deep.equal(['s.t']);
    expect([...views.keys()]).to.deep.equal(['main.v']);
    expect([...databases])
      .to.include('other')
      .and.not.include('db');
    for (const name of ['tt', 'duckdb_tables', 'pg_class']) expect(elsewhere.has(name), name).to.equal(true);
    expect(elsewhere.has('o') || elsewhere.has('tables')).to.equal(false);
    connection.closeSync();
  });

  it('are functions that look at no table, and none where a macro takes the name of one', async () => {
    const connection = await connected('create sequence q; create macro mine(x) as x + 1');
    const harmless = await harmlessFunctions(connection);
    for (const name of ['sum', '+', '~~', 'row_number', 'now', 'unnest', 'list_sum', 'nullif', 'count_star'])
      expect(harmless.has(name), name).to.equal(true);
    for (const name of [
      'mine',
      'nextval',
      'currval',
      'getvariable',
      'current_setting',
      'pg_get_viewdef',
      'json_serialize_plan',
      'query',
      'query_table',
      'read_csv',
      'duckdb_tables',
      'current_query',
      'txid_current',
      'write_log',
    ])
      // prettier-ignore
      expect(harmless.has(name), name).to.equal(false);
    await connection.run('create temp macro UPPER(x) as x');
    expect((await harmlessFunctions(connection)).size).to.equal(0);
    connection.closeSync();
  });
});
