import { expect } from 'chai';
import { describe, it } from 'mocha';
import { array, enumOf, list, map, sql, struct, union, type ColumnType } from '@mysingle/database';
import { sqlType } from '../../lib/entity/built-types.js';
import type { As } from '../../lib/entity/property-type.js';
import { literal } from '../../lib/sql/literal.js';
import { openManager } from '../support/scratch.js';

const mood = enumOf('mood', ["it's", 'ok']);
const CASES: readonly (readonly [ColumnType, unknown, As?])[] = [
  ['boolean', true], ['integer', -5], ['bigint', -(2n ** 63n)], ['hugeint', -(2n ** 127n)], ['uhugeint', 2n ** 128n - 1n], ['double', 0.1], ['double', -0], ['double', NaN], ['double', -Infinity], ['double', 1e300], ['double', 5e-324], ['double', 1e15],
  ['float', 0.5], ['decimal(38,10)', '-9999999999999999999999999999.9999999999'], ['decimal(4,4)', '-0.0001'], ['varchar', ''], ['varchar', "it's\n; -- \\ \"$1\" ü😀"], ['uuid', 'ffffffff-0000-4000-8000-00000000000a'], ['bit', '0101'],
  ['blob', new Uint8Array([0, 39, 92, 255])], ['date', new Date('1969-02-28')], ['date', new Date('-000044-03-15')], ['timestamp', -1n, 'bigint'], ['timestamp', 1_700_000_000_123_456n, 'bigint'], ['timestamp', -62_200_000_000_000_000n, 'bigint'], ['timestamptz', 1n, 'bigint'], ['timestamptz', -1n, 'bigint'],
  ['timestamp_s', new Date(-1000)], ['timestamp_ms', new Date(-1)], ['timestamp_ns', -1n, 'bigint'], ['time', '23:59:59.999999'], ['timetz', '12:00:00-05:30'], ['interval', { months: -13, days: 40, micros: -1n }],
  ['double[]', [1, 2.5, NaN, -0]], ['varchar[]', []], [list('varchar'), ["a'", 'b']], [array('bigint', 2), [1n, -(2n ** 63n)]], [list(list('integer')), [[1], []]],
  [struct({ 'a "b"': 'varchar', c: 'decimal(4,1)' }), { 'a "b"': "x'", c: '-1.5' }], [map('varchar', 'double[]'), new Map([["k'", [0.5]]])], [union({ n: 'integer', s: 'varchar' }), { tag: 's', value: "a'" }], [mood, "it's"], [list(mood), ['ok', "it's"]],
]; // prettier-ignore

describe('literal', () => {
  it('is, cast to the type of its column, the value exactly as a parameter would be', async () => {
    const db = await openManager();
    await db.execute(sql`create type mood as enum ('it''s', 'ok')`);
    await db.withConnection(async (connection) => {
      for (const [declared, value, as] of CASES) {
        const type = sqlType(declared);
        const encoded = type.encode(value, as);
        const prepared = await connection.prepare(
          `select $1 is not distinct from CAST(${literal(encoded)} AS ${type.ddl}), ($1)::${type.ddl}::varchar, CAST(${literal(encoded)} AS ${type.ddl})::varchar`,
        );
        prepared.bind([encoded], [type.duckdb]);
        const [same, bound, written] = (await prepared.runAndReadAll()).getRows()[0] as unknown[];
        expect(written, type.name).to.equal(bound);
        expect(same, type.name).to.equal(true);
        prepared.destroySync();
      }
    });
    expect(literal(null)).to.equal('NULL');
  });
});
