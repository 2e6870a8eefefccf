import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ResultShape, readResult, type Result } from '../../lib/engine/result.js';
import type { As } from '../../lib/entity/property-type.js';
import { failure } from '../support/failure.js';

async function read(text: string, as?: readonly (As | undefined)[]): Promise<Result> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const result = await connection.run(text);
    return readResult(result, new ResultShape(result, as));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe('readResult', () => {
  it('decodes every column of every chunk by its type, NULLs in place', async () => {
    const { names, columns, rowCount } = await read(
      "select range as n, case when range % 2 = 0 then null else range::decimal(10,2) end as d, date '1970-01-01' + range::int as day from range(5000)",
    );
    expect([names, rowCount]).to.deep.equal([['n', 'd', 'day'], 5000]);
    expect(columns.map((column) => column.length)).to.deep.equal([5000, 5000, 5000]);
    expect(columns.map((column) => column.slice(2999, 3002))).to.deep.equal([
      [2999n, 3000n, 3001n],
      ['2999.00', null, '3001.00'],
      [2999, 3000, 3001].map((day) => new Date(day * 864e5)),
    ]);
  });

  it('reads a column as it is asked to, and names column and row where that is not exact', async () => {
    expect((await read('select 5::bigint as a, 6::bigint as b', ['number'])).columns).to.deep.equal([[5], [6n]]);
    const error = await failure(
      read('select (9007199254740990 + range)::bigint as "the n" from range(5)', ['number']),
      'E_CONVERSION',
    );
    expect(error.message).to.match(/^Column "the n", row 2: the value is beyond/);
    expect(error.details).to.include({ column: 'the n', row: 2 });
  });

  it('has columns without rows, and counts what was changed', async () => {
    expect(await read('select 1 as a where false')).to.deep.include({ names: ['a'], columns: [[]], rowCount: 0 });
    expect((await read('create table t (n integer); insert into t select range from range(7)')).rowsChanged).to.equal(
      7,
    );
  });
});
