import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  Column, Index, Table, array, columnsOf, ddlOf, enumOf, json, list, map, now, sequence, sql, struct, union, uuid4, uuid7,
  type ColumnType,
} from '@mysingle/database'; // prettier-ignore
import { isEntity, schemaOf } from '../../lib/entity/schema.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

type Options = Readonly<Record<string, unknown>>;

/** A class of one column `Sample.v` (and a key), declared as data; as a function, to catch what it throws. */
function declare(type: ColumnType, options: Options = {}, table: unknown = {}, indexes: readonly unknown[][] = []) {
  return () => {
    class Sample {
      own?: number;
    }
    (Column as (...args: unknown[]) => PropertyDecorator)('integer', { primaryKey: true })(Sample.prototype, 'id');
    (Column as (...args: unknown[]) => PropertyDecorator)(type, options)(Sample.prototype, 'v');
    for (const index of indexes) (Index as (...args: unknown[]) => ClassDecorator)(...index)(Sample);
    (Table as (options: unknown) => ClassDecorator)(table)(Sample);
    return Sample;
  };
}

describe('schema', () => {
  it('names table and columns in snake case, or by the naming, or as it is told', () => {
    @Table({ naming: (property) => `c_${property}` })
    class HTTPServerLog2Entry {
      @Column('integer') userID!: number;
      @Column('integer', { name: 'Own Name' }) other!: number;
    }
    @Table('T', { naming: 'as_is' })
    class AsIs {
      @Column('integer') userID!: number;
    }
    @Table()
    class Snake {
      @Column('integer') userID2Name!: number;
    }
    expect(schemaOf(HTTPServerLog2Entry).table).to.equal('http_server_log2_entry');
    expect(columnsOf(HTTPServerLog2Entry).map((c) => c.name)).to.deep.equal(['c_userID', 'Own Name']);
    expect([schemaOf(AsIs).table, ...columnsOf(AsIs).map((c) => c.name)]).to.deep.equal(['T', 'userID']);
    expect(columnsOf(Snake).map((c) => c.name)).to.deep.equal(['user_id2_name']);
  });

  it('is frozen, and not for classes without @Table', async () => {
    @Table('frozen')
    @Index(['a'])
    class Frozen {
      @Column('integer') a!: number;
    }
    const schema = schemaOf(Frozen);
    for (const part of [
      schema,
      schema.columns,
      schema.columns[0],
      schema.indexes,
      schema.indexes[0],
      schema.checks,
      schema.primaryKey,
    ])
      expect(Object.isFrozen(part)).to.equal(true);
    expect([
      isEntity(Frozen),
      isEntity(
        class {
          own?: number;
        },
      ),
      isEntity({}),
      isEntity(null),
    ]).to.deep.equal([true, false, false, false]);
    for (const given of [
      class Plain {
        own?: number;
      },
      {},
      null,
      'x',
    ])
      expect((await failure(() => schemaOf(given), 'E_DECLARATION')).message).to.include('is not an entity');
  });

  it('takes defaults of every kind, makes them, and writes them in DDL', async () => {
    const cases: readonly (readonly [ColumnType, unknown, string, unknown, Options?])[] = [
      ['integer', 5, '5', 5],
      ['double', -0, `CAST('-0.0' AS DOUBLE)`, -0],
      ['bigint', 2n ** 60n, String(2n ** 60n), 2n ** 60n],
      ['boolean', false, 'FALSE', false],
      ['varchar', "it's", `'it''s'`, "it's"],
      ['varchar', '', `''`, ''],
      ['decimal(9,2)', '1.5', `CAST('1.50' AS DECIMAL(9,2))`, '1.50'],
      ['decimal(9,2)', 1.5, `CAST('1.50' AS DECIMAL(9,2))`, 1.5, { as: 'number' }],
      ['date', new Date('2024-02-29'), `CAST('2024-02-29' AS DATE)`, new Date('2024-02-29')],
      ['timestamptz', new Date(1), `CAST('1970-01-01 00:00:00.001+00' AS TIMESTAMP WITH TIME ZONE)`, new Date(1)],
      ['blob', Uint8Array.of(1, 255), `from_hex('01ff')`, Uint8Array.of(1, 255)],
      [json(), { a: [1] }, `'{"a":[1]}'`, { a: [1] }],
      [enumOf('sd', ['x', 'y']), 'y', `'y'`, 'y'],
      [list('integer'), [1, null], '[1, NULL]', [1, null]],
      [struct({ a: 'varchar' }), { a: 'x' }, `{"a": 'x'}`, { a: 'x' }],
      [map('varchar', 'integer'), new Map([['k', 1]]), `MAP {'k': 1}`, new Map([['k', 1]])],
      ['interval', { months: 1, days: 0, micros: 5n }, '(to_months(1) + to_days(0) + to_microseconds(5))', { months: 1, days: 0, micros: 5n }],
      ['varchar', null, 'NULL', null, { nullable: true }],
      ['integer', sql`${20} + 22`, '(20 + 22)', 42],
      ['integer', sequence("shared 's.x'"), `nextval('"shared ''s.x''"')`, 1],
      ['bigint', sequence(), `nextval('"sample_v_seq"')`, 1n],
    ]; // prettier-ignore
    for (const [type, given, ddl, value, options] of cases) {
      const Sample = declare(type, { default: given, ...options })();
      expect(ddlOf(Sample), ddl).to.include(` DEFAULT ${ddl},`);
      const db = await openManager({ entities: [Sample] });
      const repository = db.repository(Sample as new () => { id: number; v?: unknown });
      expect((await repository.insert({ id: 1 })).v, ddl).to.deep.equal(value);
      await repository.insertMany([{ id: 2 }]);
      await db.execute(sql`insert into sample (id) values (3)`);
      if (!ddl.startsWith('nextval'))
        expect(
          (await repository.find()).map((row) => row.v),
          ddl,
        ).to.deep.equal([value, value, value]);
    }
  });

  it('refuses a default that does not fit, naming Class.property', async () => {
    const cases: readonly (readonly [ColumnType, unknown, RegExp])[] = [
      ['integer', 1.5, /the default does not fit: integer expects an integer, got a fraction/],
      ['integer', 'x', /got a string/],
      ['varchar', null, /the default is null, but the column is NOT NULL\. Add nullable: true/],
      ['integer', uuid7(), /default uuid7\(\) does not fit integer: a UUID goes into uuid or varchar/],
      ['integer', uuid4(), /uuid4\(\)/],
      ['varchar', now(), /now\(\) does not fit varchar/],
      ['timestamp_ns', now(), /now\(\) does not fit/],
      ['varchar', sequence(), /sequence\(\) does not fit varchar: a sequence gives integers/],
      [enumOf('sd2', ['x']), 'z', /one of 'x'/],
      ['date', new Date(1), /time of day/],
    ];
    for (const [type, value, why] of cases) {
      const error = await failure(declare(type, { default: value }), 'E_DECLARATION');
      expect(error.message).to.match(why);
      expect(error.message).to.match(/^Sample\.v: /);
    }
  });

  it('refuses what DuckDB cannot honour and what is no option, with the reason and Class.property', async () => {
    const cases: readonly (readonly [() => unknown, RegExp])[] = [
      ...(['onDelete', 'onUpdate', 'cascade'] as const).map((o) => [declare('integer', { [o]: 'CASCADE' }), new RegExp(`^Sample\\.v: option '${o}': DuckDB has no foreign keys with CASCADE`)] as const),
      [declare('integer', { stored: true, generated: sql`1` }), /^Sample\.v: option 'stored': .*virtual generated columns only/],
      [declare('integer', { autoIncrement: true }), /write default: sequence\(\)/],
      [declare('varchar', { length: 5 }), /add check: sql`length/],
      [declare('varchar', { constructor: true }), /there is no option 'constructor'/],
      [declare('varchar', { primary: true }), /there is no option 'primary'\. Options: name, primaryKey/],
      [declare('integer', {}, {}, [[['v'], { where: sql`v > 1` }]]), /^@Index on Sample: option 'where': DuckDB has no partial indexes/],
      [declare('integer', {}, {}, [[['v'], { using: 'btree' }]]), /one kind of index/],
      [declare('integer', {}, {}, [[['nope']]]), /no column 'nope'\. Columns: id, v/],
      [declare('integer', {}, {}, [[[]]]), /name the properties/],
      [declare('integer', {}, {}, [[['v', 'v']]]), /twice/],
      [declare('integer', {}, {}, [[['v']], [['v']]]), /two indexes are named 'sample_v_idx'\. Give one of them \{ name \}/],
      ...[list('integer'), array('integer', 2), struct({ a: 'integer' }), map('integer', 'integer'), union({ a: 'integer' }), 'interval' as const].flatMap((type) => [
        [declare(type, {}, {}, [[['v']]]), /^Sample\.v: DuckDB cannot index .* Drop it from @Index/] as const,
        [declare(type, { primaryKey: true }), /^Sample\.v: DuckDB cannot use .* as a key/] as const,
        [declare(type, { unique: true }), /as a key/] as const,
      ]),
      [declare('integer', { primaryKey: true, nullable: true }), /a primary key is never NULL/],
      ...(['primaryKey', 'unique', 'default', 'check', 'references'] as const).map((o) => [declare('integer', { generated: sql`1`, [o]: { primaryKey: true, unique: true, default: 1, check: sql`true`, references: () => [] }[o] }), new RegExp(`Drop '${o}'`)] as const),
      [declare('varchar', { nullable: 'yes' }), /option 'nullable' is true or false/],
      [declare('varchar', { check: 'v > 1' }), /option 'check' is a fragment/],
      [declare('varchar', { generated: 'a' }), /option 'generated' is a fragment/],
      [declare('varchar', { references: 'users' }), /option 'references' is a function/],
      [declare('varchar', { comment: 5 }), /option 'comment' is a string/],
      [declare('varchar', { comment: 'a\0' }), /without NUL/],
      [declare('varchar', { as: 'number' }), /varchar cannot be read as: "number"\. Leave it out/],
      [declare('date', { as: 'number' }), /It can as: 'string'/],
      [declare('varchar', { name: '' }), /^Sample\.v: the column name: is empty/],
      [declare('varchar', { name: '__proto__' }), /prototype/],
      [declare('varchar', { name: 'ID' }), /^Sample\.v: its column "ID" and "id" of 'id' are one to DuckDB, which folds case/],
      [declare('int' as never), /^Sample\.v: "int" is not a column type\. Did you mean 'integer'\?/],
      [declare('VARCHAR' as never), /Did you mean 'varchar'\?/],
      [declare('toString' as never), /"toString" is not a column type/],
      [declare({ kind: 'json', type: {} } as never), /is not a column type/],
      [declare('decimal(39,2)'), /the width is 1 to 38/],
      [declare('decimal(4,5)'), /scale is at most the width/],
      [declare('varchar', {}, { name: ' ' }), /^Sample: the table name: is empty/],
      [declare('varchar', {}, { schema: 'temp' }), /the schema name 'temp' is taken/],
      [declare('varchar', {}, { naming: 'camel' }), /option 'naming' is/],
      [declare('varchar', {}, { checks: { a: 'v > 1' } }), /check 'a' is a fragment/],
      [declare('varchar', {}, { nope: 1 }), /^@Table on Sample: there is no option 'nope'/],
      [() => Table()(class Empty {
 own?: number;
 }), /^Empty: the entity has no @Column\(\)/],
    ]; // prettier-ignore
    for (const [work, why] of cases) expect((await failure(work, 'E_DECLARATION')).message).to.match(why);
  });

  it('refuses a table of generated columns alone', async () => {
    class Ghost {
      v?: number;
    }
    Column('integer', { generated: sql`1` })(Ghost.prototype, 'v');
    expect((await failure(() => Table()(Ghost), 'E_DECLARATION')).message).to.include('not generated');
  });
});
