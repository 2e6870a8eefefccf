import { DuckDBInstance, type DuckDBMaterializedResult } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { OpenChunk, ResultShape, arraysOf, readArrays, readObjects, readResult, readRows, rowsOf, type Result } from '../../lib/engine/result.js'; // prettier-ignore
import { plainHydrate } from '../../lib/entity/hydrate.js';
import type { As } from '../../lib/entity/property-type.js';
import { failure } from '../support/failure.js';

async function opened<T>(text: string, work: (result: DuckDBMaterializedResult) => T | Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return await work(await connection.run(text));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const read = (text: string, as?: readonly (As | undefined)[]): Promise<Result> =>
  opened(text, (result) => readResult(result, new ResultShape(result, as)));

/** 5000 rows in three chunks: a number, one or NULL, text, a bigint that is too large in row 4999. */
const ROWS = `select i::integer as n, case when i % 3 > 0 then i / 2 end as half, 'text number ' || i || ', é' as s, if(i = 4999, 2::bigint ** 60, i)::bigint as big from range(5000) r(i)`;
const row = (n: number): unknown[] => [n, n % 3 > 0 ? n / 2 : null, `text number ${n}, é`];
const range = <T>(item: (n: number) => T, rows = 5000): T[] => Array.from({ length: rows }, (_each, n) => item(n));
const makers = [
  (length: number) => new Float64Array(length),
  (length: number) => range(() => undefined, length) as unknown[],
  (length: number) => range(() => undefined, length) as unknown[],
  (length: number) => new BigInt64Array(length),
];

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

describe('readArrays', () => {
  it('fills an array of its own for each column, typed by memory or by items, chunk behind chunk', async () => {
    const { arrays, rowCount } = await opened(ROWS, (result) => readArrays(makers)(result, new ResultShape(result, undefined))); // prettier-ignore
    const [n, half, s, big] = arrays as [Float64Array, unknown[], unknown[], BigInt64Array];
    expect(rowCount).to.equal(5000);
    expect(range((at) => [n[at], half[at], s[at]])).to.deep.equal(range(row));
    expect([n.constructor, big.constructor, big[4998], big[4999]]).to.deep.equal([Float64Array, BigInt64Array, 4998n, 2n ** 60n]); // prettier-ignore
    // numbers that are made of what stands there, too
    const made = await opened(
      'select i::bigint as a, i::decimal(9,2) as b, i / 2 as c from range(3000) r(i)',
      (result) =>
      readArrays([0, 1, 2].map(() => makers[0] as never))(result, new ResultShape(result, ['number', 'number', undefined])), // prettier-ignore
    );
    expect(made.arrays).to.deep.equal([1, 1, 0.5].map((by) => Float64Array.from(range((at) => at * by, 3000))));
    const none = await opened(`${ROWS} where i < 0`, (result) => readArrays(makers)(result, new ResultShape(result, undefined))); // prettier-ignore
    expect([none.rowCount, none.arrays]).to.deep.equal([0, [new Float64Array(0), [], [], new BigInt64Array(0)]]);
  });

  it('names column and row among all of what has no exact form, and makes no array of it', async () => {
    const error = await failure(
      opened(ROWS, (result) => readArrays([...makers.slice(0, 3), makers[0] as never])(result, new ResultShape(result, [undefined, undefined, undefined, 'number']))), // prettier-ignore
      'E_CONVERSION',
    );
    expect([error.message.slice(0, 22), error.details]).to.deep.equal(['Column "big", row 4999', { column: 'big', row: 4999 }]); // prettier-ignore
  });
});

describe('readRows', () => {
  it('makes an object of each row by what it is given, and plain ones of raw SQL but for two of one name', async () => {
    const hydrate = plainHydrate(['a', 'b', 'c', 'd']);
    const { rows, rowCount } = await opened(ROWS, (result) => readRows(hydrate)(result, new ResultShape(result, undefined))); // prettier-ignore
    expect([rowCount, rows.map((each) => Object.values(each).slice(0, 3))]).to.deep.equal([5000, range(row)]);
    expect(Object.keys(rows[0] ?? {})).to.deep.equal(['a', 'b', 'c', 'd']);
    const objects = await opened('select 1 as x, null as y', (result) => readObjects(result, new ResultShape(result, undefined))); // prettier-ignore
    expect(objects).to.deep.equal({ rows: [{ x: 1, y: null }], rowCount: 1 });
    const twice = opened('select 1 as x, 2 as x', (result) => readObjects(result, new ResultShape(result, undefined)));
    expect((await failure(twice, 'E_QUERY')).message).to.match(/^Two columns of the result are named "x"/);
  });
});

describe('OpenChunk', () => {
  it('gives the chunk back when it was read, and where reading it failed', async () => {
    await opened(ROWS, async (result) => {
      const shape = new ResultShape(result, undefined);
      for (const [index, look] of [
        () => 'looked',
        () => {
          throw new RangeError('at it');
        },
      ].entries()) {
        // prettier-ignore
        const chunk = result.getChunk(index);
        const work = (): unknown => OpenChunk.read(shape, chunk, 0, look);
        if (index === 0) expect(work()).to.equal('looked');
        else expect(work).to.throw(RangeError, 'at it');
        expect((chunk as unknown as { chunk: unknown }).chunk).to.equal(undefined);
      }
    });
  });

  it('has numbers in arrays of numbers and what is NULL beside them, rows and arrays of its own, and counts from the rows before', async () => {
    await opened(ROWS, (result) => {
      const shape = new ResultShape(result, [undefined, undefined, undefined, 'number']);
      const first = <T>(look: (chunk: OpenChunk) => T, index = 0, before = 0): T => OpenChunk.read(shape, result.getChunk(index), before, look); // prettier-ignore
      expect(first((chunk) => [chunk.names, chunk.rowCount])).to.deep.equal([['n', 'half', 's', 'big'], 2048]);
      expect(first((chunk) => [0, 1, 2].map((column) => chunk.items(column)).map(([items, mask]) => [items.constructor, mask === null]))).to.deep.equal([[Int32Array, true], [Float64Array, false], [Array, true]]); // prettier-ignore
      expect(first((chunk) => chunk.items(0)[0].length)).to.equal(2048);
      expect(first((chunk) => rowsOf(chunk, plainHydrate(['a', 'b', 'c', 'd']))).length).to.equal(2048);
      const arrays = first((chunk) => arraysOf(chunk, [makers[0], makers[1], makers[2], makers[0]] as never));
      expect(arrays[0]).to.deep.equal(Float64Array.from(range((n) => n, 2048)));
      expect([(arrays[1] as unknown[])[3], (arrays[2] as unknown[])[2047], arrays[3]?.[7]]).to.deep.equal([null, row(2047)[2], 7]); // prettier-ignore
      // into a part of a longer one
      const longer = new Float64Array(2050).fill(-1);
      first((chunk) => chunk.into(0, longer, 1));
      expect([longer[0], longer[1], longer[2048], longer[2049]]).to.deep.equal([-1, 0, 2047, -1]);
      expect(() => first((chunk) => chunk.items(3), 2, 100)).to.throw('Column "big", row 1003');
    });
  });
});

describe('ResultShape', () => {
  it('fits a result of the same types that is read in the same way', async () => {
    const shapeOf = (text: string, as?: readonly (As | undefined)[]): Promise<ResultShape> => opened(text, (result) => new ResultShape(result, as)); // prettier-ignore
    const shape = await shapeOf('select 1::bigint as a, 2 as b', ['number', undefined]);
    const fits = (text: string, as?: readonly (As | undefined)[]): Promise<boolean> => opened(text, (result) => shape.fits(result, as)); // prettier-ignore
    expect(await fits('select 3::bigint as a, 4 as b', ['number', undefined])).to.equal(true);
    expect(await fits('select 3::bigint as a, 4 as b', ['bigint', undefined])).to.equal(false);
    expect(await fits('select 3::bigint as a, 4 as b')).to.equal(false);
    expect(await fits('select 3 as a, 4 as b', ['number', undefined])).to.equal(false);
    expect(await fits('select 3::bigint as a', ['number', undefined])).to.equal(false);
    expect(await fits('select 3::bigint as a, 4 as b, 5 as c', ['number', undefined])).to.equal(false);
    const raw = await shapeOf('select 1 as a');
    const same = (as: readonly (As | undefined)[] | undefined): Promise<boolean> => opened('select 2 as a', (result) => raw.fits(result, as)); // prettier-ignore
    expect([await same(undefined), await same([undefined])]).to.deep.equal([true, false]);
  });
});
