// Every type of the API with its edges, in by insert, insertMany and update, out by find and raw SQL, on a real DuckDB.
// types.ts, built-types.ts and decode.ts are two ends of one thing, and are tested as one; their own refusals are below.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { inspect, promisify } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  Column,
  Table,
  array,
  column,
  enumOf,
  json,
  list,
  map,
  sql,
  struct,
  union,
  type ColumnType,
  type EntityClass,
} from '@mysingle/database';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

interface Row {
  id: number;
  v: unknown;
}

type Options = { as?: 'number' | 'bigint' | 'string' };

/** An entity with one column of the type, nullable, under test. */
function entityOf(type: ColumnType, options: Options = {}, nullable = true): EntityClass<Row> {
  @Table('matrix')
  class Matrix {
    @Column('integer', { primaryKey: true }) id!: number;
    @Column(type as 'varchar', { nullable, ...options } as never) v!: never;
  }
  return Matrix;
}

const MAX_TS = 8_640_000_000_000_000; // the last Date
const [I64, I128] = [2n ** 63n, 2n ** 127n];
const bytes = (...of: number[]): Uint8Array => Uint8Array.from(of);
const interval = (months: number, days: number, micros: bigint): unknown => ({ months, days, micros });
const long = 'x'.repeat(100_000);

/** Values that come back just as they went in. */
const MATRIX: readonly (readonly [ColumnType, readonly unknown[], Options?])[] = [
  ['boolean', [true, false]],
  ['tinyint', [-128, 127, 0]],
  ['smallint', [-32_768, 32_767]],
  ['integer', [-2_147_483_648, 2_147_483_647]],
  ['utinyint', [0, 255]],
  ['usmallint', [0, 65_535]],
  ['uinteger', [0, 4_294_967_295]],
  ['bigint', [-I64, I64 - 1n, 0n]],
  ['ubigint', [0n, 2n * I64 - 1n]],
  ['hugeint', [-I128, I128 - 1n, -1n, 2n ** 64n]],
  ['uhugeint', [0n, 2n * I128 - 1n, I128]],
  ['bigint', [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0], { as: 'number' }],
  ['ubigint', [Number.MAX_SAFE_INTEGER, 0], { as: 'number' }],
  ['hugeint', [Number.MAX_SAFE_INTEGER, -1], { as: 'number' }],
  ['uhugeint', [Number.MAX_SAFE_INTEGER, 1], { as: 'number' }],
  ['float', [0, -0, 1.5, Number.NaN, Infinity, -Infinity, Math.fround(0.1), 3.4028234663852886e38, 1.401298464324817e-45]],
  ['double', [0, -0, 0.1, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, 1e20, 2 ** 53]],
  ['decimal(18,4)', ['0.0000', '-0.0001', '99999999999999.9999', '-99999999999999.9999', '12.5000']],
  ['decimal(4,1)', ['999.9', '-999.9', '0.0']],
  ['decimal(9,9)', ['0.999999999', '-0.000000001']],
  ['decimal(38,10)', ['9999999999999999999999999999.9999999999', '-0.0000000001']],
  ['decimal(38,0)', ['99999999999999999999999999999999999999', '-1', '0']],
  ['decimal', ['999999999999999.999']],
  ['decimal(18,4)', [0, 12.5, -0.0001, 1234567890.1234, 1e-4], { as: 'number' }],
  ['varchar', ['', 'a', "it's", 'nul \0 inside', '\u{1F600} e\u0301', 'two\nlines', long, '__proto__', ' ']],
  ['uuid', ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '80000000-0000-0000-0000-000000000001', '01890a5d-ac96-774b-bcce-b302099a8057']],
  ['bit', ['0', '1', '10101', '0'.repeat(64) + '1', '11111111']],
  ['blob', [bytes(), bytes(0), bytes(0, 255, 128, 10), new Uint8Array(100_000).fill(7)]],
  ['date', ['1970-01-01', '2024-02-29', '0001-01-01', '-000043-03-15', '9999-12-31', '+012024-01-01', '-271821-04-20', '+275760-09-13'].map((day) => new Date(`${day}T00:00:00Z`))],
  ['date', ['1970-01-01', '2024-02-29', '9999-12-31', '0044-03-15 (BC)', '12024-01-01'], { as: 'string' }],
  ...(['timestamp', 'timestamp_ms', 'timestamptz'] as const).map((type) => [type, [0, 1, -1, 1_709_210_096_789, -62_135_596_800_001, MAX_TS, -MAX_TS].map((ms) => new Date(ms))] as const),
  ['timestamp_s', [0, 1000, -1000, MAX_TS].map((ms) => new Date(ms))],
  ['timestamp', [0n, 1n, -1n, 1_709_210_096_789_123n, I64 - 2n], { as: 'bigint' }],
  ['timestamptz', [0n, 1n, -1n, 1_709_210_096_789_123n, I64 - 2n], { as: 'bigint' }],
  ['timestamp_ms', [0n, -1000n, 1_709_210_096_789_000n], { as: 'bigint' }],
  ['timestamp_s', [0n, -1_000_000n], { as: 'bigint' }],
  ['timestamp', ['2024-02-29 12:34:56.000001', '1969-12-31 23:59:59.999999', '0044-03-15 (BC) 00:00:00', '12024-01-01 00:00:00'], { as: 'string' }],
  ['timestamptz', ['2024-02-29 12:34:56.000001+00', '1970-01-01 00:00:00+00'], { as: 'string' }],
  ['timestamp_ms', ['2024-02-29 12:34:56.001'], { as: 'string' }],
  ['timestamp_s', ['2024-02-29 12:34:56'], { as: 'string' }],
  ['timestamp_ns', ['2024-02-29 12:34:56.000000001', '1677-09-22 00:00:00', '2262-04-11 23:47:16.854775805']],
  ['timestamp_ns', [0n, 1n, -1n, I64 - 2n, -9_223_286_400_000_000_000n], { as: 'bigint' }],
  ['time', ['00:00:00', '23:59:59.999999', '12:30:00.5', '24:00:00']],
  ['time', [0n, 1n, 86_399_999_999n, 86_400_000_000n], { as: 'bigint' }],
  ['timetz', ['00:00:00+00', '12:30:00.5+09', '12:30:00-05:30', '23:59:59.999999+15:59:59', '00:00:00-15:59:59']],
  ['timetz', [0n, 1n, 86_399_999_999n], { as: 'bigint' }],
  ['interval', [interval(0, 0, 0n), interval(-1, 2, -3n), interval(2_147_483_647, -2_147_483_648, I64 - 1n), interval(0, 0, -I64)]],
  [json(), [0, 'text', '', true, [1, [null]], { a: { b: [1.5, null] } }, {}, [], '"', { 'k"': 1 }, 1e300, 2 ** 53, { __proto__x: 1 }]],
  [enumOf('state', ['queued', 'done', 'it\'s "odd"', 'a,b', '\u00e9']), ['queued', 'done', 'it\'s "odd"', 'a,b', '\u00e9']],
  // (no -0 inside a list: DuckDB's own upsert and its QUALIFY-like filters write it back as 0)
  [list('double'), [[], [1.5, null, 0, Number.NaN], [0]]],
  ['integer[]', [[], [1, null, 2], [null]]],
  ['varchar[]', [['a', '', null, "it's", '\0']]],
  ['decimal(10,2)[]', [['1.50', null]]],
  [list('bigint'), [[I64 - 1n, null]]],
  [list('timestamptz'), [[new Date(5), null]]],
  [list('blob'), [[bytes(0, 1), null]]],
  [list(list('varchar')), [[[], ['a', null], null]]],
  [list(json()), [[{ a: 1 }, [1], null]]],
  [list(enumOf('state2', ['x', 'y'])), [['x', null, 'y']]],
  [array('double', 3), [[1.5, null, 0]]],
  [array('varchar', 2), [['a', 'b']]],
  [array(array('integer', 2), 2), [[[1, 2], [3, 4]]]],
  [struct({ venue: 'varchar', fee: 'double' }), [{ venue: 'a', fee: 1.5 }, { venue: null, fee: null }]],
  [struct({ 'odd "name"': 'integer', at: 'date', big: 'bigint' }), [{ 'odd "name"': 1, at: new Date(0), big: 2n ** 60n }]],
  [struct({ deep: struct({ list: 'varchar[]', price: 'decimal(9,2)' }) }), [{ deep: { list: ['a', null], price: '1.20' } }, { deep: null }]],
  [map('varchar', 'integer'), [new Map(), new Map([['a', 1], ['__proto__', 2]]), new Map([['n', null]])]],
  [map('bigint', list('double')), [new Map([[5n, [1, null]]])]],
  [map('integer', struct({ a: 'uuid' })), [new Map([[1, { a: '80000000-0000-0000-0000-000000000001' }]])]],
  [union({ num: 'integer', text: 'varchar' }), [{ tag: 'num', value: 5 }, { tag: 'text', value: '5' }]],
  [union({ at: 'timestamptz', all: 'bigint[]' }), [{ tag: 'at', value: new Date(1) }, { tag: 'all', value: [1n] }]],
]; // prettier-ignore

const nameOf = (type: ColumnType, options: Options = {}): string =>
  (typeof type === 'string' ? type : type.kind) + (options.as === undefined ? '' : ` as ${options.as}`);

/** deep equal, where -0 is not 0 and NaN is NaN; chai's deep equal is so. */
const same = (actual: unknown, expected: unknown, what: string): void => {
  expect(actual, what).to.deep.equal(expected);
};

describe('types', () => {
  describe('come back as they went in, by every way', () => {
    for (const [type, values, options] of MATRIX) {
      it(nameOf(type, options), async () => {
        const Entity = entityOf(type, options);
        const db = await openManager({ entities: [Entity] });
        const repository = db.repository(Entity);
        const all = [...values, null];
        const read = async (): Promise<unknown[]> =>
          (await repository.find({ orderBy: { id: 'asc' } })).map((row) => row.v);
        for (const [id, v] of all.entries()) same((await repository.insert({ id, v })).v, v, `insert gives back ${id}`);
        same(await read(), all, 'insert');
        await repository.delete({ id: 0 });
        await repository.update({ id: all.length - 1 }, { v: values[0] });
        for (const id of values.keys()) await repository.update({ id }, { v: null });
        await repository.insert({ id: 0, v: null });
        for (const [id, v] of all.entries()) expect(await repository.update({ id }, { v })).to.equal(1);
        same(await read(), all, 'update');
        await db.execute(sql`delete from ${Entity}`);
        await repository.insertMany(all.map((v, id) => ({ id, v })));
        same(await read(), all, 'insertMany');
        await repository.insertMany(
          all.map((v, id) => ({ id, v })),
          { onConflict: 'update' },
        );
        same(await read(), all, 'insertMany over a stage');
        // DuckDB holds the very same value, by its own comparison, under its own type
        if (options?.as === undefined) {
          const rows = await db.query<Row>(sql`select id, ${column(Entity, 'v')} as v from ${Entity} order by id`);
          same(
            rows.map((row) => row.v),
            all,
            'raw SQL',
          );
        }
      });
    }
  });

  it('come back so from a column that is NOT NULL, where JSON null is a value', async () => {
    const Entity = entityOf(json(), {}, false);
    const db = await openManager({ entities: [Entity] });
    const repository = db.repository(Entity);
    await repository.insert({ id: 1, v: null });
    await repository.insertMany([{ id: 2, v: null }]);
    expect(await db.query(sql`select v::varchar as text, v is null as missing from ${Entity}`)).to.deep.equal([
      { text: 'null', missing: false },
      { text: 'null', missing: false },
    ]);
    expect((await repository.find()).map((row) => row.v)).to.deep.equal([null, null]);
  });

  it('write a union whose value is null by insertMany, and say so elsewhere', async () => {
    const Entity = entityOf(union({ n: 'integer', t: 'varchar' }));
    const db = await openManager({ entities: [Entity] });
    const v = { tag: 't', value: null };
    await db.repository(Entity).insertMany([{ id: 1, v }]);
    expect((await db.repository(Entity).findById(1))?.v).to.deep.equal(v);
    const error = await failure(db.repository(Entity).insert({ id: 2, v }), 'E_UNSUPPORTED');
    expect(error.message).to.include('insertMany');
  });

  /** What DuckDB's text of a stored value is: the value got there as it was meant, not only back. */
  it('are stored as DuckDB itself would write them', async () => {
    const cases: readonly (readonly [ColumnType, unknown, string, Options?])[] = [
      ['date', new Date('2024-02-29T00:00:00Z'), '2024-02-29'],
      ['date', '0044-03-15 (BC)', '0044-03-15 (BC)', { as: 'string' }],
      ['timestamp', new Date('2024-07-01T12:00:00.001Z'), '2024-07-01 12:00:00.001'],
      ['timestamptz', new Date('2024-07-01T12:00:00.001Z'), '2024-07-01 12:00:00.001+00'],
      ['timestamptz', '2024-07-01 12:00:00+09:00', '2024-07-01 03:00:00+00', { as: 'string' }],
      ['timestamp', '2024-07-01T12:00:00Z', '2024-07-01 12:00:00', { as: 'string' }],
      ['timestamp_ns', '2024-07-01 12:00:00.123456789', '2024-07-01 12:00:00.123456789'],
      ['time', '12:30', '12:30:00'],
      ['timetz', '12:30:00-05:30', '12:30:00-05:30'],
      ['interval', interval(14, 3, 4_000_005n), '1 year 2 months 3 days 00:00:04.000005'],
      ['decimal(18,4)', '+.5', '0.5000'],
      ['decimal(18,4)', '12.50000000', '12.5000'],
      ['decimal(18,4)', '1e3', '1000.0000'],
      ['decimal(18,4)', 1e-4, '0.0001', { as: 'number' }],
      ['hugeint', -I128, String(-I128)],
      ['uhugeint', 2n * I128 - 1n, String(2n * I128 - 1n)],
      ['bigint', 5, '5'],
      ['uuid', '01890A5D-AC96-774B-BCCE-B302099A8057', '01890a5d-ac96-774b-bcce-b302099a8057'],
      ['bit', '00101', '00101'],
      ['blob', Buffer.from('a\0\u00ff', 'latin1'), 'a\\x00\\xFF'],
      ['double', -0, '-0.0'],
      ['float', 0.1, '0.1'],
      [json(), { at: new Date(0), b: undefined, n: -0 }, '{"at":"1970-01-01T00:00:00.000Z","n":0}'],
      [list('double'), Float64Array.of(1, 2.5), '[1.0, 2.5]'],
      [list('integer'), Int32Array.of(1, -2), '[1, -2]'],
      [array('float', 2), Float32Array.of(0.5, 1), '[0.5, 1.0]'],
      [map('varchar', 'integer'), new Map([['a', 1]]), '{a=1}'],
      [struct({ a: 'integer', b: 'varchar' }), { b: 'x', a: 1 }, "{'a': 1, 'b': x}"],
      [enumOf('e', ['a', 'b']), 'b', 'b'],
    ];
    for (const [type, value, text, options] of cases) {
      const Entity = entityOf(type, options);
      const db = await openManager({ entities: [Entity] });
      const repository = db.repository(Entity);
      await repository.insert({ id: 1, v: value });
      await repository.insertMany([{ id: 2, v: value }]);
      const rows = await db.query(sql`select v::varchar as text from ${Entity}`);
      expect(rows, nameOf(type, options)).to.deep.equal([{ text }, { text }]);
    }
  });

  const date = new Date('2024-02-29T12:00:00Z');
  const invalid = new Date(Number.NaN);
  /** What a type cannot hold exactly, and what is said. */
  const REFUSED: readonly (readonly [ColumnType, readonly (readonly [unknown, RegExp])[], Options?])[] = [
    ['boolean', [[1, /expects a boolean, got an integer/], ['true', /got a string/], [{}, /got an object/]]],
    ['tinyint', [[128, /holds -128 to 127/], [-129, /outside/], [1.5, /expects an integer, got a fraction/], [5n, /got a bigint/], ['5', /got a string/], [true, /got a boolean/], [Number.NaN, /got NaN/], [Infinity, /an infinity/]]],
    ['integer', [[2_147_483_648, /holds -2147483648 to 2147483647/], [2.5, /a fraction/]]],
    ['utinyint', [[-1, /holds 0 to 255/], [256, /outside/]]],
    ['bigint', [[I64, /holds -9223372036854775808 to/], [-I64 - 1n, /outside/], [2 ** 53, /a bigint or a safe integer/], [1.5, /got a fraction/], ['1', /expects a bigint, got a string/]]],
    ['ubigint', [[-1n, /holds 0 to 18446744073709551615/], [2n ** 64n, /outside/]]],
    ['hugeint', [[I128, /outside/], [-I128 - 1n, /outside/]]],
    ['uhugeint', [[2n * I128, /outside/], [-1n, /outside/]]],
    ['bigint', [[2 ** 53, /safe integer/], ['1', /a safe integer/]], { as: 'number' }],
    ['float', [[1e39, /outside the range of float/], ['1', /expects a number/], [1n, /a bigint/]]],
    ['double', [['1', /a number/], [1n, /a bigint/], [null, /is null/]]],
    ['decimal(6,2)', [['1.005', /holds 2 decimal places/], ['10000', /holds 4 digits before the point/], [1.5, /as text/], ['abc', /as text/], ['', /as text/], ['1,5', /as text/], ['NaN', /as text/], [' 1', /as text/], ['1e9', /digits before/], ['1e-3', /decimal places/], ['0x10', /as text/], ['.', /as text/]]],
    ['decimal(6,2)', [[1.005, /2 decimal places/], [1e4, /4 digits/], [Number.NaN, /finite/], ['1', /finite number, got a string/]], { as: 'number' }],
    ['varchar', [[5, /a string/], ['\ud800', /lone surrogate/], [Object('x'), /a String/], [Symbol('x'), /a symbol/]]],
    ['uuid', [['x', /UUID/], ['01890a5dac96774bbcceb302099a8057', /UUID/], ['{01890a5d-ac96-774b-bcce-b302099a8057}', /UUID/], [5, /a string/]]],
    ['bit', [['', /bits/], ['012', /bits/], [5, /a string/]]],
    ['blob', [['text', /Uint8Array/], [[1, 2], /an array/], [new ArrayBuffer(2), /ArrayBuffer/], [new Uint16Array(1), /Uint16Array/]]],
    ['date', [[date, /time of day/], [invalid, /an invalid Date/], ['2024-01-01', /got a string/], [0, /a valid Date, got an integer/]]],
    ['date', [['2024-02-30', /no calendar/], ['2023-02-29', /no calendar/], ['24-1-1', /as text/], ['2024-01-01T00:00:00', /as text/], ['', /as text/], [date, /as text, got a Date/]], { as: 'string' }],
    ['timestamp', [[invalid, /an invalid Date/], ['2024-01-01', /a string/], [5, /integer/]]],
    ['timestamp', [['2024-01-01 12:00:00+09', /has no time zone/], ['2024-01-01 25:00:00', /no clock/], ['2024-01-01 12:00:00.0000001', /6 decimal places/], ['now', /as text/]], { as: 'string' }],
    ['timestamp', [[5, /bigint/], [I64, /range/], [date, /bigint/]], { as: 'bigint' }],
    ['timestamp_s', [[new Date(1), /whole seconds/]]],
    ['timestamp_ms', [[1n, /whole milliseconds/]], { as: 'bigint' }],
    ['timestamp_ns', [['2300-01-01', /1677 to 2262/], ['1677-09-21 23:59:59.999999999', /1677 to 2262/], ['2024-01-01 00:00:00.0000000001', /as text|decimal places/], [date, /as text/]]],
    ['time', [['24:00:01', /no clock/], ['12:60', /no clock/], ['1:00', /as text/], [5n, /as text/], ['12:00:00+09', /as text/]]],
    ['time', [[-1n, /one day/], [86_400_000_001n, /one day/], ['12:00', /bigint/]], { as: 'bigint' }],
    ['timetz', [['12:00', /offset/], ['12:00+16', /15:59:59/], ['12:00+1', /offset/]]],
    ['interval', [[{ months: 1, days: 1 }, /micros as a bigint/], [{ months: 1.5, days: 0, micros: 0n }, /whole months/], [{ months: 0, days: 0, micros: 0n, years: 1 }, /months, days/], [{ months: 2 ** 31, days: 0, micros: 0n }, /whole/], [interval(0, 0, I64), /64 bits/], ['1 day', /got a string/]]],
    [json(), [[Number.NaN, /no NaN/], [{ a: [1n] }, /no bigint/], [new Map(), /a Map/], [{ s: new Set() }, /a Set/], [() => 1, /function/], [[undefined], /undefined in a list/], [{ b: bytes(1) }, /Uint8Array/]]],
    [enumOf('e2', ['a', 'b']), [['c', /one of 'a', 'b', got another string/], [0, /a string/]]],
    [list('integer'), [['[1]', /an array/], [[1, 'x'], /item 1 expects an integer, got a string/], [Float64Array.of(1.5), /item 0/], [{ length: 1 }, /an array/], [[undefined], /item 0 .*undefined/]]],
    [array('integer', 2), [[[1], /holds 2 items, got 1/], [[1, 2, 3], /got 3/]]],
    [struct({ a: 'integer', b: 'varchar' }), [[{ a: 1 }, /member 'b', which is missing/], [{ a: 1, b: 'x', c: 1 }, /no member "c"/], [{ a: 'x', b: 'x' }, /member 'a' expects an integer/], [[1], /an object/], [Object.create({ a: 1, b: 'x' }), /missing/]]],
    [map('varchar', 'integer'), [[{ a: 1 }, /a Map/], [new Map([['a', 1.5]]), /value 0 expects an integer/], [new Map([[1, 1]]), /key 0 expects a string/], [new Map([[null, 1]]), /key 0 is missing/]]],
    [union({ n: 'integer', t: 'varchar' }), [[{ tag: 'x', value: 1 }, /a tag of 'n', 't'/], [{ tag: 'n', value: 'x' }, /member 'n' expects an integer/], [5, /tag/], [{ tag: 'n' }, /tag/]]],
  ]; // prettier-ignore

  it('refuse what they cannot hold exactly, naming row, Entity.property and the kind of value, but not the value', async () => {
    for (const [type, values, options] of REFUSED) {
      const Entity = entityOf(type, options, false);
      const db = await openManager({ entities: [Entity] });
      const repository = db.repository(Entity);
      const { name } = Entity;
      for (const [value, why] of values) {
        const what = `${nameOf(type, options)}: ${describeValue(value)}`;
        const code = value === null ? 'E_NOT_NULL' : 'E_CONVERSION';
        const one = await failure(repository.insert({ id: 1, v: value }), code);
        expect(one.message, what).to.match(why);
        expect(one.message.startsWith(`${name}.v `), one.message).to.equal(true);
        expect(one.details, what).to.include({ entity: name, property: 'v', table: 'matrix' });
        const many = await failure(repository.insertMany([{ id: 1, v: value }]), code);
        expect(many.message, what).to.equal(`Row 0: ${one.message}`);
        expect(many.details['row']).to.equal(0);
        const patch = await failure(repository.update({ id: 1 }, { v: value }), code);
        expect(patch.message, what).to.equal(one.message);
      }
      expect(await repository.count()).to.equal(0);
    }
  });

  it('floor stored microseconds that a Date cannot have, before 1970 too', async () => {
    for (const type of ['timestamp', 'timestamptz'] as const) {
      const Entity = entityOf(type);
      const db = await openManager({ entities: [Entity] });
      await db.execute(
        sql`insert into ${Entity} values (1, '1969-12-31 23:59:59.999999'), (2, '2024-01-01 00:00:00.000999')`,
      );
      const rows = await db.repository(Entity).find({ orderBy: { id: 'asc' } });
      expect(rows.map((row) => (row.v as Date).toISOString())).to.deep.equal([
        '1969-12-31T23:59:59.999Z',
        '2024-01-01T00:00:00.000Z',
      ]);
    }
  });

  it('refuse to read what the property cannot hold, naming the column and the way out', async () => {
    const cases: readonly (readonly [ColumnType, string, RegExp, Options?])[] = [
      ['bigint', '9007199254740992', /read it as a bigint/, { as: 'number' }],
      ['decimal(38,4)', '123456789012345678.1234', /read it as text/, { as: 'number' }],
      ['date', `'infinity'::date`, /as: 'string'/],
      ['timestamp', `'-infinity'::timestamp`, /as: 'string'/],
      ['timestamptz', `'290000-01-01'::timestamptz`, /as: 'string'/],
    ];
    for (const [type, value, why, options] of cases) {
      const Entity = entityOf(type, options);
      const db = await openManager({ entities: [Entity] });
      await db.execute(sql`insert into ${Entity} values (1, null), (2, ${sql.raw(value)})`);
      const error = await failure(db.repository(Entity).find({ orderBy: { id: 'asc' } }), 'E_CONVERSION');
      expect(error.message).to.match(why);
      expect(error.details).to.include({ column: 'v', row: 1 });
      // the connection is none the worse for it
      expect(await db.repository(Entity).count()).to.equal(2);
    }
  });

  it('read infinity as text and as the largest count', async () => {
    const texts: readonly (readonly [ColumnType, Options, readonly unknown[]])[] = [
      ['date', { as: 'string' }, ['infinity', '-infinity']],
      ['timestamp', { as: 'string' }, ['infinity', '-infinity']],
      ['timestamptz', { as: 'string' }, ['infinity', '-infinity']],
      ['timestamp', { as: 'bigint' }, [I64 - 1n, -I64 + 1n]],
      ['timestamp_s', { as: 'bigint' }, [I64 - 1n, -I64 + 1n]],
      ['timestamp_ns', {}, ['infinity', '-infinity']],
    ];
    for (const [type, options, values] of texts) {
      const Entity = entityOf(type, options);
      const db = await openManager({ entities: [Entity] });
      await db.execute(sql`insert into ${Entity} values (1, 'infinity'), (2, '-infinity')`);
      const rows = await db.repository(Entity).find({ orderBy: { id: 'asc' } });
      expect(
        rows.map((row) => row.v),
        nameOf(type, options),
      ).to.deep.equal(values);
    }
  });

  it('do not depend on the time zone of the machine', async () => {
    const module = new URL('./types.zone.mjs', import.meta.url);
    writeFileSync(
      module,
      `import { BaseDuckDBManager, Column, Table, sql, now } from '@mysingle/database';
       class Zoned {}
       const types = { day: 'date', naive: 'timestamp', s: 'timestamp_s', ms: 'timestamp_ms', tz: 'timestamptz' };
       Column('integer', { primaryKey: true })(Zoned.prototype, 'id');
       for (const [key, type] of Object.entries(types)) Column(type)(Zoned.prototype, key);
       Column('timestamp', { default: sql\`current_timestamp\` })(Zoned.prototype, 'made');
       Column('timestamp', { default: now() })(Zoned.prototype, 'now');
       Table('zoned')(Zoned);
       const db = await BaseDuckDBManager.open({ path: ':memory:', logger: false, entities: [Zoned] });
       const rows = db.repository(Zoned);
       const at = new Date('2024-07-01T20:30:00Z');
       const row = { day: new Date('2024-07-01T00:00:00Z'), naive: at, s: at, ms: at, tz: at };
       const one = await rows.insert({ id: 1, ...row });
       await rows.insertMany([{ id: 2, ...row }]);
       await db.execute(sql\`insert into zoned (id, day, naive, s, ms, tz) values (3, '2024-07-01', '2024-07-01 20:30:00', '2024-07-01 20:30:00', '2024-07-01 20:30:00', '2024-07-01 20:30:00')\`);
       const found = await rows.find({ orderBy: { id: 'asc' } });
       const text = await db.query(sql\`select distinct day::varchar as day, naive::varchar as naive, tz::varchar as tz, tz::date::varchar as tz_day from zoned\`);
       const raw = await db.query(sql\`select \${at}::timestamp::varchar as t, naive = \${at} as eq, tz = \${at} as tz_eq from zoned limit 1\`);
       const found2 = await rows.count({ naive: at, tz: at, day: row.day });
       const late = found.flatMap((each) => [each.made, each.now]).filter((each) => Math.abs(each.getTime() - Date.now()) > 60_000);
       console.log(JSON.stringify({ offset: at.getTimezoneOffset(), found: found.map(({ made, now, id, ...rest }) => rest), text, raw, found2, late: late.length }));
       await db.close();`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [module.pathname], {
      env: { ...process.env, TZ: 'Asia/Seoul' },
    });
    const at = '2024-07-01T20:30:00.000Z';
    const row = { day: '2024-07-01T00:00:00.000Z', naive: at, s: at, ms: at, tz: at };
    expect(JSON.parse(stdout)).to.deep.equal({
      offset: -540,
      found: [row, row, row],
      text: [{ day: '2024-07-01', naive: '2024-07-01 20:30:00', tz: '2024-07-01 20:30:00+00', tz_day: '2024-07-01' }],
      raw: [{ t: '2024-07-01 20:30:00', eq: true, tz_eq: true }],
      found2: 3,
      late: 0,
    });
  });
});

const describeValue = (value: unknown): string => inspect(value, { breakLength: Infinity });
