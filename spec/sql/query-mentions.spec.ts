import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mentionsIn } from '../../lib/sql/query-mentions.js';

async function mentions(text: string): Promise<unknown> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const result = await connection.runAndReadAll(
    'select json_serialize_sql($1::varchar, skip_null := true, skip_empty := true)',
    [text],
  );
  connection.closeSync();
  const found = mentionsIn(String(result.getRows()[0]?.[0]));
  if (found === undefined) return undefined;
  return {
    tables: found.tables
      .map(({ catalog, schema, table }) => [catalog, schema, table].filter(Boolean).join('.'))
      .toSorted(),
    functions: [...found.functions].toSorted(),
    common: [...found.common],
  };
}

describe('what a query mentions', () => {
  it('is each table, function and name of a WITH, at whatever depth', async () => {
    const text = `with C as (select sum(x) over () from a.b.T) select *, current_date from c, s.u
      where v like $1 and id in (select upper(w) from range(3), "Q" union from (values (M(1)))) order by (select max(z) from o)`;
    expect(await mentions(text)).to.deep.equal({
      tables: ['o', 'a.b.T', 'c', 's.u', 'Q'].toSorted(),
      functions: ['max', 'sum', 'now', '~~', 'upper', 'range', 'm'].toSorted(),
      common: ['c'],
    });
  });

  it('is unknown for what is not one query, and for rows from elsewhere', async () => {
    for (const text of [
      'select 1; select 2',
      'insert into t values (1)',
      'selec',
      '',
      'describe t',
      'from (summarize t)',
      'show tables',
      'explain select 1',
      "from read_csv('x.csv')",
      "from t, query('from u')",
      'from duckdb_tables()',
      'from t at (version => 1)',
      'pivot t on id using count(*)',
    ])
      // prettier-ignore
      expect(await mentions(text), text).to.equal(undefined);
  });
});
