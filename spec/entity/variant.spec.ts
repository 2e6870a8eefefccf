import { DuckDBBlobValue, DuckDBInstance, DuckDBListValue, type DuckDBValue } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { propertyOf } from '../../lib/entity/variant.js';
import { openManager } from '../support/scratch.js';

const UUID = '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b';

/** Expressions of DuckDB, and what raw SQL gives for them. */
const CASES: readonly (readonly [string, unknown])[] = [
  ['null', null], ['true', true], ['42', 42], ['42::bigint', 42n], ['-1::hugeint', -1n], ['1.5::double', 1.5], [`'nan'::double`, Number.NaN],
  ['12.50::decimal(9,2)', '12.50'], ['-0.01::decimal(38,2)', '-0.01'], [`''`, ''], [`'text, é and longer than a slot'`, 'text, é and longer than a slot'],
  [`'\\x00\\xFF'::blob`, Uint8Array.of(0, 255)], [`'${UUID}'::uuid`, UUID], [`'101'::bit`, '101'],
  [`'1970-01-02'::date`, new Date(864e5)], [`'infinity'::date`, Infinity], [`'-infinity'::timestamp`, -Infinity], [`'infinity'::timestamptz`, Infinity],
  [`'294247-01-10 04:00:54.775806+00'::timestamptz`, '294247-01-10 04:00:54.775806+00'], [`'294247-01-10 04:00:54.775806'::timestamp`, '294247-01-10 04:00:54.775806'],
  [`'1970-01-01 00:00:01.5'::timestamp`, new Date(1500)], [`'1970-01-01 00:00:01+00'::timestamptz`, new Date(1000)],
  [`'1970-01-01 00:00:01.5'::timestamp_ms`, new Date(1500)], [`'1970-01-01 00:00:01'::timestamp_s`, new Date(1000)],
  [`'1970-01-01 00:00:00.000000001'::timestamp_ns`, '1970-01-01 00:00:00.000000001'],
  [`'12:00:00.5'::time`, '12:00:00.5'], [`'12:00:00.000000001'::time_ns`, '12:00:00.000000001'], [`'12:00:00+09'::timetz`, '12:00:00+09'],
  [`interval '14 months 3 days 1 microsecond'`, { months: 14, days: 3, micros: 1n }],
  [`[1, null, 2]`, [1, null, 2]], [`[]::integer[]`, []], [`{'a': 1, 'b': ['x', null]}`, { a: 1, b: ['x', null] }], [`[{'n': 1.5}, null]`, [{ n: '1.5' }, null]],
]; // prettier-ignore

describe('propertyOf', () => {
  it('makes of a value of the binding what raw SQL gives for its type', async () => {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    const db = await openManager();
    for (const [expression, value] of CASES) {
      const made = (await (await connection.run(`select ${expression}`)).getColumns())[0]?.[0] as DuckDBValue;
      expect(propertyOf(made), expression).to.deep.equal(value);
      // by way of the vector
      expect(await db.query(sql`select ${sql.raw(expression)} as v`), expression).to.deep.equal([{ v: value }]);
    }
    connection.closeSync();
    instance.closeSync();
  });

  it('finds the same in a VARIANT, also within others, row by row of another type', async () => {
    const db = await openManager();
    for (const [expression, value] of CASES)
      expect(await db.query(sql`select (${sql.raw(expression)})::variant as v`), expression).to.deep.equal([{ v: value }]); // prettier-ignore
    const rows = await db.query(sql`select v from (values (1::variant), ('x'::variant), (null), ([1, 'a'::variant]::variant), ({'__proto__': {'n': 1}}::variant)) t(v)`); // prettier-ignore
    expect(rows.slice(0, 4)).to.deep.equal([{ v: 1 }, { v: 'x' }, { v: null }, { v: [1, 'a'] }]);
    const struct = rows[4]?.['v'] as object;
    // the binding loses this member, but it is no prototype of anything
    expect([Object.getPrototypeOf(struct) === Object.prototype, 'n' in struct]).to.deep.equal([true, false]);
  });

  it('copies bytes, which are the binding’s', () => {
    const own = Uint8Array.of(1, 2, 3);
    const copies = [new DuckDBBlobValue(own), new DuckDBListValue([new DuckDBBlobValue(own)])].map(propertyOf);
    own.fill(9);
    expect(copies).to.deep.equal([Uint8Array.of(1, 2, 3), [Uint8Array.of(1, 2, 3)]]);
  });
});
