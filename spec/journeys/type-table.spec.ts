// The type table of the contract, whole: every row can be declared, with its DDL, its value to and from DuckDB, and its `as`
// variants and no others. On the type level by tsc, which compiles this file. Not here: all values (round-trip.spec.ts).
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { array, enumOf, json, list, map, sql, struct, union, type ColumnType, type Interval, type PropertyType } from '@mysingle/database'; // prettier-ignore
import { sqlType } from '../../lib/entity/built-types.js';
import type { AsOf, PropertyTypeAs } from '../../lib/entity/property-type.js';
import { SCALAR_NAMES, type SqlType } from '../../lib/entity/types.js';
import { SCALAR_CASES, type TypeCase } from '../support/arbitraries.js';
import { wideEntity } from '../support/every-way.js';
import { difference } from '../support/exact.js';
import { failure } from '../support/failure.js';
import { REFUSALS } from '../support/refusals.js';
import { openManager } from '../support/scratch.js';

const NUMBER = ['number'] as const;
const MICROS = ['bigint', 'string'] as const;
const at = new Date('2024-02-29T12:30:00Z');
const state = enumOf('table_state', ['queued', 'done']);

/** type, the type DuckDB has then, a value, and the `as` variants. */
const TABLE: readonly (readonly [ColumnType, string, unknown, (readonly string[])?])[] = [
  ['boolean', 'BOOLEAN', true],
  ['tinyint', 'TINYINT', 1], ['smallint', 'SMALLINT', 1], ['integer', 'INTEGER', 1],
  ['utinyint', 'UTINYINT', 1], ['usmallint', 'USMALLINT', 1], ['uinteger', 'UINTEGER', 1],
  ['bigint', 'BIGINT', 1n, NUMBER], ['ubigint', 'UBIGINT', 1n, NUMBER], ['hugeint', 'HUGEINT', 1n, NUMBER], ['uhugeint', 'UHUGEINT', 1n, NUMBER],
  ['float', 'FLOAT', -0], ['double', 'DOUBLE', Number.NaN],
  ['decimal', 'DECIMAL(18,3)', '1.500', NUMBER], ['decimal(9,2)', 'DECIMAL(9,2)', '1.50', NUMBER],
  ['varchar', 'VARCHAR', ''], ['uuid', 'UUID', '01890a5d-ac96-774b-bcce-b302099a8057'], ['bit', 'BIT', '01'],
  ['blob', 'BLOB', Uint8Array.of(0)],
  ['date', 'DATE', new Date('2024-02-29'), ['string']],
  ['timestamp', 'TIMESTAMP', at, MICROS], ['timestamp_s', 'TIMESTAMP_S', at, MICROS], ['timestamp_ms', 'TIMESTAMP_MS', at, MICROS],
  ['timestamptz', 'TIMESTAMP WITH TIME ZONE', at, MICROS],
  ['timestamp_ns', 'TIMESTAMP_NS', '2024-02-29 12:30:00.000000001', ['bigint']], ['time', 'TIME', '12:30:00', ['bigint']],
  ['timetz', 'TIME WITH TIME ZONE', '12:30:00+09', ['bigint']],
  ['interval', 'INTERVAL', { months: 1, days: 2, micros: 3n }],
  [json(), 'JSON', { a: [null] }],
  ['double[]', 'DOUBLE[]', [1.5, null]], [list('varchar'), 'VARCHAR[]', []], [array('integer', 2), 'INTEGER[2]', [1, 2]],
  [struct({ a: 'integer', b: 'varchar' }), 'STRUCT(a INTEGER, b VARCHAR)', { a: 1, b: null }],
  [map('varchar', 'date'), 'MAP(VARCHAR, DATE)', new Map([['k', new Date(0)]])],
  [union({ n: 'integer', t: 'varchar' }), 'UNION(n INTEGER, t VARCHAR)', { tag: 't', value: 'x' }],
  [state, "ENUM('queued', 'done')", 'done'],
]; // prettier-ignore

describe('the type table', () => {
  it('has every row, and only these', () => {
    const names = TABLE.flatMap(([type]) => (typeof type === 'string' && !/^decimal|\[\]$/.test(type) ? [type] : []));
    expect([...SCALAR_NAMES].toSorted()).to.deep.equal(names.toSorted());
  });

  it('has the DDL of each, and values in both directions, by parameter and by vector', async () => {
    const cases = TABLE.map(([type, name]) => ({ type, name }) as TypeCase);
    const Wide = wideEntity(cases);
    const db = await openManager({ entities: [Wide] });
    const types = await db.query(sql`select data_type as t from duckdb_columns() where table_name = 'wide' and column_name like 'v%' order by column_index`); // prettier-ignore
    expect(types.map(({ t }) => t)).to.deep.equal(TABLE.map(([, name]) => name));
    const values = TABLE.flatMap(([, , value], index) => [[`v${index}`, value], [`n${index}`, index % 2 === 0 ? value : null]]); // prettier-ignore
    const row = (id: number): { id: number } => ({ id, ...(Object.fromEntries(values) as object) });
    const rows = db.repository(Wide);
    await rows.insert(row(1));
    await rows.insertMany([row(2)]);
    const found = await rows.find({ orderBy: { id: 'asc' } });
    expect(difference(found.map((each) => Object.entries(each)), [row(1), row(2)].map((each) => Object.entries(each)))).to.equal(undefined); // prettier-ignore
  });

  it('has the variants of each, and refuses the others', async () => {
    for (const [type, name, , as = []] of TABLE) {
      expect([...sqlType(type).as].toSorted(), name).to.deep.equal(as);
      for (const other of ['number', 'bigint', 'string'] as const)
        if (!as.includes(other))
          await failure(() => wideEntity([{ type, as: other, name } as TypeCase]), 'E_DECLARATION');
    }
  });

  it('has arbitraries of each, and refusals: for every type and variant', () => {
    const kind = ({ name, as }: { name: string; as?: string }): string =>
      `${name.replace(/\(.*\)/, '').split(' ')[0]}${as === undefined ? '' : ` as ${as}`}`;
    const written = new Set(SCALAR_CASES.map(kind));
    const refused = new Set(REFUSALS.map(kind));
    for (const [type, , , as = []] of TABLE) {
      const { name }: SqlType = sqlType(type);
      for (const variant of [undefined, ...as]) {
        const own = kind({ name, ...(variant === undefined ? {} : { as: variant }) });
        expect(refused.has(own), `a refusal of ${own}`).to.equal(true);
        // nested ones are made at random, by nested-arbitraries.ts
        if (!/^(?:list|array|struct|map|union)/.test(own)) expect(written.has(own), `a value of ${own}`).to.equal(true);
      }
    }
  });

  it('is the same on the type level', () => {
    expectTypeOf<AsOf<'bigint' | 'ubigint' | 'hugeint' | 'uhugeint' | 'decimal' | 'decimal(9,2)'>>().toEqualTypeOf<'number'>();
    expectTypeOf<AsOf<'date'>>().toEqualTypeOf<'string'>();
    expectTypeOf<AsOf<'timestamp' | 'timestamp_s' | 'timestamp_ms' | 'timestamptz'>>().toEqualTypeOf<'bigint' | 'string'>();
    expectTypeOf<AsOf<'timestamp_ns' | 'time' | 'timetz'>>().toEqualTypeOf<'bigint'>();
    expectTypeOf<AsOf<'boolean' | 'integer' | 'float' | 'double' | 'varchar' | 'uuid' | 'bit' | 'blob' | 'interval' | 'double[]'>>().toEqualTypeOf<never>();
    expectTypeOf<PropertyTypeAs<'decimal(9,2)', 'number'>>().toEqualTypeOf<number>();
    expectTypeOf<PropertyTypeAs<'time', 'bigint'>>().toEqualTypeOf<bigint>();
    expectTypeOf<PropertyTypeAs<'timestamp', 'string'>>().toEqualTypeOf<string>();
    expectTypeOf<PropertyType<'interval'>>().toEqualTypeOf<Interval>();
    expectTypeOf<PropertyType<typeof state>>().toEqualTypeOf<'queued' | 'done'>();
  }); // prettier-ignore
});
