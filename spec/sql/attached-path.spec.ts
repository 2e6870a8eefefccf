import { expect } from 'chai';
import { describe, it } from 'mocha';
import { attachedPaths } from '../../lib/sql/attached-path.js';
import { failure } from '../support/failure.js';

const CASES: readonly (readonly [sql: string, ...paths: string[]])[] = [
  ["attach 'a.duckdb' as o", 'a.duckdb'],
  ["ATTACH DATABASE 'a' AS o (READ_ONLY)", 'a'],
  ["attach if not exists 'a' as o", 'a'],
  ["attach or replace database 'a'", 'a'],
  ["attach/* 'b' */'a' -- 'c'", 'a'],
  ["-- b\rattach 'a'", 'a'],
  ["\u200Battach\u2060'a'", 'a'],
  ["attach 'it''s' as o", "it's"],
  ["attach 'a'\n'b' as o", 'ab'],
  ['attach $$a$$ as o', 'a'],
  ["attach e'a' as o", 'a'],
  ["select 1; attach 'a' as a; insert into a.t values (';'); attach 'b' as b;", 'a', 'b'],
  [String.raw`select E'\''; attach 'a' as o -- '`, 'a'],
  ["attach 'a' as o (type duckdb)", 'a'],
  [`attach 'a' as o (read_only, "type" 'DuckDB')`, 'a'],
  ["attach 'duckdb:a' as o", 'a'],
  ["attach 'DUCKDB:file:///a' as o", 'file:///a'],
  ["attach 'https://h/a' as o", 'https://h/a'],
  ["attach ':memory:' as type", ':memory:'],
  ["attach 'a' as o (type sqlite)"],
  ["attach 'a' as o (type 'sqlite', read_only)"],
  ["attach 'sqlite:a' as o"],
  ["select 'attach ''a'''"],
  ["select attach from t where path = 'a'"],
  ["insert into attach values ('a')"],
  ["detach attach; select 'a'"],
  ['attach'],
  ["attached 'a'"],
];

describe('the paths that ATTACH names', () => {
  it('are those of all its statements, for databases of DuckDB alone', () => {
    expect(CASES.map(([sql]) => [sql, ...attachedPaths(sql)])).to.deep.equal(CASES);
  });

  it('cannot be told where they have escapes', async () => {
    for (const sql of [String.raw`attach e'\x61'`, String.raw`attach 'b'` + '\n' + String.raw`E'\141' as o`])
      expect((await failure(() => attachedPaths(sql), 'E_QUERY')).message, sql).to.contain('plain quotes');
    expect(attachedPaths(String.raw`attach 'C:\a' as o`)).to.deep.equal([String.raw`C:\a`]);
  });
});
