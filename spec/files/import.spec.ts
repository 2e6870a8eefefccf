import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { IsPositive } from 'class-validator';
import { BaseDuckDBManager, Column, Table, all, array, json, list, map, now, sequence, sql, struct, uuid7, type Generated, type Repository } from '@mysingle/database'; // prettier-ignore
import { openBeside } from '../support/beside.js';
import { failure } from '../support/failure.js';
import { openManager, scratchFolder } from '../support/scratch.js';

@Table('import_trade')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) userId!: string | null;
  @Column('decimal(18,4)', { nullable: true }) price!: string | null;
}

@Table('import_made')
class Made {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('timestamptz', { default: now() }) at!: Generated<Date>;
  @Column('bigint', { default: sequence() }) no!: Generated<bigint>;
  @Column('integer', { default: sql`40 + 2` }) answer!: Generated<number>;
  @Column('integer') qty!: number;
  @Column('integer', { generated: sql`qty * 2` }) readonly double!: number;
}

@Table('import_ruled')
class Ruled {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') @IsPositive() qty!: number;
}

@Table('import_kinds')
class Kinds {
  @Column('integer', { nullable: true }) int!: number | null;
  @Column('bigint', { nullable: true }) big!: bigint | null;
  @Column('hugeint', { nullable: true }) huge!: bigint | null;
  @Column('float', { nullable: true }) single!: number | null;
  @Column('double', { nullable: true }) real!: number | null;
  @Column('decimal(18,4)', { nullable: true }) dec!: string | null;
  @Column('decimal(38,4)', { nullable: true }) long!: string | null;
  @Column('decimal(4,0)', { nullable: true }) whole!: string | null;
  @Column('boolean', { nullable: true }) flag!: boolean | null;
  @Column('varchar', { nullable: true }) text!: string | null;
  @Column('date', { nullable: true }) day!: Date | null;
  @Column('timestamp', { nullable: true }) at!: Date | null;
  @Column('timestamp_s', { nullable: true }) second!: Date | null;
  @Column('time', { nullable: true }) clock!: string | null;
  @Column('uuid', { nullable: true }) uid!: string | null;
  @Column('blob', { nullable: true }) bytes!: Uint8Array | null;
  @Column(json(), { nullable: true }) doc!: unknown;
  @Column(list('integer'), { nullable: true }) ints!: number[] | null;
  @Column(array('decimal(9,2)', 2), { nullable: true }) pair!: string[] | null;
  @Column(struct({ a: 'integer', b: 'date' }), { nullable: true }) part!: { a: number; b: Date } | null;
  @Column(map('varchar', 'integer'), { nullable: true }) counts!: Map<string, number> | null;
}

let db: BaseDuckDBManager;
let folder: string;
const entities = [Trade, Made, Ruled, Kinds];

async function start(): Promise<void> {
  db = await openManager({ entities });
  folder = scratchFolder();
}

/** A file of that name, made by a query. */
async function made(name: string, query: string, options = ''): Promise<string> {
  const file = join(folder, name);
  await db.duckdbConn.run(`copy (${query}) to '${file.replaceAll("'", "''")}' ${options}`);
  return file;
}

function written(name: string, text: string | Buffer): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const rowsOf = async (trades: Repository<Trade>): Promise<unknown[]> =>
  (await trades.find({ orderBy: { id: 'asc' } })).map(({ id, userId, price }) => [id, userId, price]);

describe('importFrom', () => {
  beforeEach(start);

  it('takes each column of a file into the column of that name, else the property, whatever the case', async () => {
    const trades = db.repository(Trade);
    const one = await made('a.parquet', `select 1 as ID, 'u' as user_id, 1.5::decimal(9,4) as price`);
    const other = await made('b.parquet', `select 'v' as "userId", 2 as id`);
    expect(await trades.importFrom(one)).to.equal(1);
    expect(await trades.importFrom(other)).to.equal(1);
    expect(await rowsOf(trades)).to.deep.equal([[1, 'u', '1.5000'], [2, 'v', null]]);
  }); // prettier-ignore

  it('takes what columns says, and nothing else', async () => {
    const trades = db.repository(Trade);
    const file = written('t.csv', 'Trade Id;Price;more\n7;1.25;x\n');
    const columns = { id: 'Trade Id', price: 'price' } as const;
    expect(await trades.importFrom(file, { delimiter: ';', columns })).to.equal(1);
    expect(await rowsOf(trades)).to.deep.equal([[7, null, '1.2500']]);
  });

  it('names columns that the entity has not, and those that are missing', async () => {
    const trades = db.repository(Trade);
    const unknown = await made('u.parquet', 'select 1 as id, 2 as strange, 3 as "it\'s"');
    expect((await failure(trades.importFrom(unknown), 'E_VALIDATION')).message).to.equal(
      `importFrom: ${unknown} has columns that Trade has not: "strange", "it's". Say which ones to take: columns: { id: 'id' }.`,
    );
    const missing = await made('m.parquet', `select 'u' as user_id`);
    const error = await failure(trades.importFrom(missing), 'E_NOT_NULL');
    expect(error.message).to.equal(`Trade.id is NOT NULL without a default, and ${missing} has no column "id". It has: "user_id". Say which it is: columns: { id: '...', ... }.`); // prettier-ignore
    expect(error.details).to.include({ entity: 'Trade', property: 'id', path: missing });
    expect((await failure(trades.importFrom(missing, { columns: { id: 'nope' } }), 'E_VALIDATION')).message).to.equal(`importFrom: ${missing} has no column "nope" for id. It has: "user_id".`); // prettier-ignore
    const twice = await made('w.parquet', `select 1 as id, 'a' as user_id, 'b' as "userId"`);
    expect((await failure(trades.importFrom(twice), 'E_VALIDATION')).message).to.include('two columns for userId');
    await failure(trades.importFrom(missing, { columns: { nope: 'user_id' } as never }), 'E_QUERY');
    await failure(db.repository(Made).importFrom(missing, { columns: { double: 'user_id' } }), 'E_QUERY');
    for (const options of [{ columns: {} }, { columns: 5 }, { onConflict: 'x' }, { nope: 1 }])
      await failure(trades.importFrom(missing, options as never), 'E_QUERY');
    for (const options of [{ format: 'xls' }, { delimiter: ';;' }, { header: 1 }, { nullString: '"' }])
      await failure(trades.importFrom(written('o.csv', 'id\n1\n'), options as never), 'E_CONFIG');
    expect(await trades.count()).to.equal(0);
  });

  it('makes what a file has no column for: defaults of this library and of the database', async () => {
    const makes = db.repository(Made);
    const file = await made('made.parquet', 'select (i % 7 + 1)::integer as qty from range(5000) t(i)');
    expect(await makes.importFrom(file)).to.equal(5000);
    expect(await db.query(sql`select count(distinct id)::integer as ids, count(distinct no)::integer as nos, min(answer) as low, max(answer) as high, bool_and(double = qty * 2) as doubled, bool_and("at" > now() - interval 1 hour) as fresh from ${Made}`)).to.deep.equal(
      [{ ids: 5000, nos: 5000, low: 42, high: 42, doubled: true, fresh: true }]); // prettier-ignore
    // also by way of a stage
    expect(await makes.importFrom(file, { onConflict: 'ignore' })).to.equal(5000);
    expect(await makes.count()).to.equal(10_000);
  });

  it('treats rows whose key exists as insertMany does, and counts as it', async () => {
    const trades = db.repository(Trade);
    await trades.insertMany([{ id: 1, userId: 'old', price: '1' }, { id: 2, userId: 'old', price: '2' }]); // prettier-ignore
    const file = await made('c.csv', `from (values (2, 'new'), (3, 'a'), (3, 'b')) t(id, user_id)`);
    expect((await failure(trades.importFrom(file), 'E_UNIQUE')).details).to.include({ entity: 'Trade' });
    expect(await trades.importFrom(file, { onConflict: 'ignore' })).to.equal(1);
    // a property that the file has not keeps its value; of rows with one key the last wins
    expect(await trades.importFrom(file, { onConflict: 'update' })).to.equal(2);
    expect(await rowsOf(trades)).to.deep.equal([[1, 'old', '1.0000'], [2, 'new', '2.0000'], [3, 'b', null]]);
  }); // prettier-ignore

  it('reads files of different shapes each as it is, in the order of their names', async () => {
    const trades = db.repository(Trade);
    await made('p1.parquet', `select 1 as id, '1.5' as price`);
    await made('p2.parquet', `select 2::bigint as id, 'u' as user_id`);
    await made('p3.parquet', `select 3::double as id, 0.25::double as price`);
    await made('p4.parquet', `select 1 as id, 'last' as user_id`);
    expect(await trades.importFrom(join(folder, 'p[1-3].parquet'))).to.equal(3);
    expect(await trades.importFrom([join(folder, 'p1*.parquet'), join(folder, 'p4.parquet')], { onConflict: 'update' })).to.equal(1); // prettier-ignore
    expect(await rowsOf(trades)).to.deep.equal([[1, 'last', '1.5000'], [2, 'u', null], [3, null, '0.2500']]);
  }); // prettier-ignore

  it('reads folders name=value as columns', async () => {
    const trades = db.repository(Trade);
    await made('hive', `select i::integer as id, case when i = 0 then null when i = 1 then '007' else 'a/b=c %' end as user_id from range(3) t(i)`, '(format parquet, partition_by (user_id))'); // prettier-ignore
    expect(await trades.importFrom(join(folder, 'hive/**/*.parquet'))).to.equal(3);
    expect(await rowsOf(trades)).to.deep.equal([[0, null, null], [1, '007', null], [2, 'a/b=c %', null]]);
  }); // prettier-ignore

  it('takes only what the type holds exactly', async () => {
    const kinds = db.repository(Kinds);
    const taken: Record<string, string[]> = {
      int: ['5::bigint', '5.0::double', '5.00::decimal(9,2)', "'5'", "'+5.0'", 'true', '5::uhugeint'],
      big: ["'9223372036854775807'", '9007199254740992::double'],
      huge: ["'170141183460469231731687303715884105727'"],
      single: ['0.1::double', '1::integer', "'0.1'", "'nan'::double", "'-Infinity'", "'3.4e38'"],
      real: ['9007199254740992::bigint', '0.1::float', '12.34::decimal(9,2)', "'0.1'", "'1e300'", "'inf'", "'9007199254740992'", "'-0.0e5'", "'1e-300'"],
      dec: ['0.1::double', '1.2345::double', '5::integer', '1.5::decimal(38,10)', "'1.50000000'", "' .5 '", "'-0.0001'"],
      long: ["'1.2345'", "'-99999999999999.9999'", "'9999999999999999999999999999999999.9999000'", "'1.5'::json"],
      whole: ['5::double', "'5.00'"], flag: ['1', '0::tinyint', "'true'"], text: ['5', '1.50::decimal(9,2)', "'2024-01-01'::date", 'true', 'uuid()'],
      day: ["'2024-01-01'", "'2024-01-01'::timestamp", "'infinity'", "'2024-01-01 00:00:00'", "'5877641-06-25 (BC)'", "'2024-01-01T00:00:00Z'", "'-infinity'"],
      at: ["'2024-01-01'::date", "'2024-01-01 10:00:00.123456'", "'2024-01-01T10:00:00Z'", "'2024-01-01 10:00:00.123456000'", "'2024-01-01'::timestamp_ns"],
      second: ["'2024-01-01 10:00:00'::timestamp", "'2024-01-01 10:00:00.000'"], clock: ["'10:00:00.5'", "' 1:02'", "'24:00:00'"], uid: ["'00000000-0000-4000-8000-000000000001'"],
      bytes: [String.raw`'\x00\xFF'`, String.raw`'\x00'::blob`], doc: [`'{"a":1}'`, `'{"a":1}'::json`, "'5'"],
      ints: ['[1.0::double, null]', `'[1, 2.0, null]'`, '[]::bigint[]', '[5::bigint]'], pair: ['[1.5, 2]', `'["1.50", 2]'`],
      part: ["{'b': '2024-01-01'::timestamp, 'a': 5::bigint}", `'{"a": 1, "b": "2024-01-01"}'`, "{'a': null::double, 'b': null::date}"], counts: ["map{'k': 5::bigint}", `'{"k": 5}'`],
    }; // prettier-ignore
    for (const [property, values] of Object.entries(taken))
      for (const [index, value] of values.entries()) {
        const file = await made(`${property}${index}.parquet`, `select ${value} as ${property}`);
        expect(await kinds.importFrom(file), `${value} into ${property}`).to.equal(1);
      }
    expect(await db.query(sql`select long from ${Kinds} where long is not null order by long`)).to.deep.equal(['-99999999999999.9999', '1.2345', '1.5000', '9999999999999999999999999999999999.9999'].map((long) => ({ long }))); // prettier-ignore
    expect(await kinds.find({ select: ['part'], where: sql`part is not null` })).to.have.length(3);
    expect(await db.query(sql`select distinct dec from ${Kinds} where dec is not null order by dec`)).to.deep.equal(['-0.0001', '0.1000', '0.5000', '1.2345', '1.5000', '5.0000'].map((dec) => ({ dec }))); // prettier-ignore
  });

  it('names file, row and property of a value that the type cannot hold exactly', async () => {
    const kinds = db.repository(Kinds);
    const refused: Record<string, string[]> = {
      int: ['1.5::double', '1.5::decimal(9,1)', "'1.5'", "'1e2'", "'0x10'", "''", '2147483648::bigint', "'nan'::double", "'x'"],
      big: ['9223372036854775808::double', "'9223372036854775808'"],
      real: ['9007199254740993::bigint', "'9007199254740993'", '12345678901234567890.5::decimal(30,1)', "'1e400'", "'1e-400'", "'-0.1e-400'"], single: ['1e300::double', '16777217::integer', "'1e39'", "'-3.5e38'", "'1e39'::json", '1e39::double'],
      dec: ['1.23456::double', '0.30000000000000004::double', '1.23456::decimal(9,5)', "'1.23456'", "'1e-5'", "'1.2.3'", '1e15::double'], whole: ["'5.5'", '10000'], long: ["'1.23456'", "'99999999999999.99995'", "'10000000000000000000000000000000000'", "'1e3'"],
      flag: ['2', "'maybe'"], day: ["'2024-01-01 10:00'", "'2024-01-01 10:00:00'::timestamp", "'2024-13-01'", "'2024-01-01 00:00:00+05'", "'2024-01-01 +05'", "'2024-01-01 -05'", "'2024-01-01 00:00-05:30'"],
      at: ["'2024-01-01 10:00:00.1234567'", "'2024-01-01 00:00:00.000000001'::timestamp_ns", "'today or so'", "'2024-01-01 10:00:00+05:30'", "'2024-01-01T10:00:00-05'", "'2024-01-01T10:00:00+00:00'", "'\"2024-01-01T10:00:00.5+01\"'::json"], second: ["'2024-01-01 10:00:00.5'::timestamp", "'2024-01-01 10:00:00.5'", "'2024-01-01 10:00:00+02'"],
      clock: ["'10:00:00.1234567'", "'2024-01-01 10:00:00'", "'10:00:00+05'", "'10:00:00-00'", "'10:00Z'"], uid: ["'x'"], doc: ["'{'"],
      ints: ['[1.5::double]', "'[1.5]'", "'[1'", `'{"a":1}'`, '[2147483648]'], pair: ['[1.5]', "'[1.5, 2.005]'", '[1.005, 2]'],
      part: ["{'a': 1.5, 'b': '2024-01-01'::date}", `'{"a": 1, "b": "2024-01-01 10:00"}'`, `'{"a": 1, "c": 2}'`], counts: ["map{'k': 1.5}", `'{"k": 1.5}'`, `'[1]'`],
    }; // prettier-ignore
    for (const [property, values] of Object.entries(refused))
      for (const [index, value] of values.entries()) {
        const file = await made(`${property}${index}.parquet`, `select case when i = 6 then ${value} end as ${property} from range(9) t(i)`); // prettier-ignore
        const error = await failure(kinds.importFrom(file), 'E_CONVERSION');
        expect(error.message, value).to.match(new RegExp(`^${file}, row 7: Kinds\\.${property} \\(.*\\) cannot hold the .* in "${property}" exactly\\.`)); // prettier-ignore
        expect(error.details).to.include({ path: file, row: 7, entity: 'Kinds', property });
      }
    expect(await kinds.count()).to.equal(0);
  });

  it('refuses columns of types between which nothing is the same', async () => {
    const kinds = db.repository(Kinds);
    const refused = { day: '5', int: "'2024-01-01'::date", text: "'x'::blob", doc: '{a: 1}', ints: '5', part: '{a: 1}', counts: '[1]', clock: "'10:00:00+05'::timetz", uid: '5', flag: "'10:00'::time" }; // prettier-ignore
    for (const [property, value] of Object.entries(refused)) {
      const file = await made(`${property}.parquet`, `select ${value} as ${property}`);
      const error = await failure(kinds.importFrom(file), 'E_CONVERSION');
      expect(error.message).to.include(`Kinds.${property} is `).and.include('which is none');
    }
  });

  it('names the row of CSV and JSON, among several files, and where a NOT NULL column has none', async () => {
    const trades = db.repository(Trade);
    written('1.csv', 'id,price\n1,1.5\n2,2.5\n');
    const csv = written('2.csv', 'id,price\n3,1.5\n4,1.23456\n');
    expect((await failure(trades.importFrom(join(folder, '*.csv')), 'E_CONVERSION')).details).to.include({ path: csv, row: 2, property: 'price' }); // prettier-ignore
    const lines = written('1.ndjson', '{"id":1}\n{"price":"1.5"}\n');
    expect((await failure(trades.importFrom(lines), 'E_NOT_NULL')).message).to.equal(`${lines}, row 2: Trade.id is NOT NULL, and "id" is NULL. Nothing was imported. Mend the file, or the type in the class.`); // prettier-ignore
    // a number of JSON has come through a double
    const numbers = written('2.ndjson', '{"id":1,"price":12345678901234.5678}\n');
    expect((await failure(trades.importFrom(numbers), 'E_CONVERSION')).details).to.include({ row: 1, property: 'price' }); // prettier-ignore
    expect(await trades.importFrom(written('3.ndjson', '{"id":1,"price":"12345678901234.5678"}\n{"id":2,"price":0.1}\n'))).to.equal(2); // prettier-ignore
    expect(await rowsOf(trades)).to.deep.equal([[1, null, '12345678901234.5678'], [2, null, '0.1000']]);
  }); // prettier-ignore

  it('takes no line of CSV for another than it is', async () => {
    const trades = db.repository(Trade);
    const broken = { 'long.csv': 'id,user_id\n1,a\n2,b\n3,c,d\n', 'short.csv': 'id,user_id\n1,a\n2,b\n3\n', 'open.csv': 'id,user_id\n1,a\n2,b\n3,"c\n' }; // prettier-ignore
    for (const [name, text] of Object.entries(broken)) {
      const file = written(name, text);
      const error = await failure(trades.importFrom(file), 'E_CONVERSION');
      expect(error.details, error.message).to.include({ path: file, line: 4 });
      expect(error.message).to.match(/^.*, line 4: Trade: /).and.not.include('Possible fixes');
    }
    // the texts that DuckDB would guess to be dates, comments, or lines to skip
    const text = '# x,y\n# a,1\n,\n"",""\n';
    expect(await trades.importFrom(written('odd.csv', `id,user_id\n1,#a\n2,""\n3,\n4,2024-01-01\n`))).to.equal(4);
    expect(await rowsOf(trades)).to.deep.equal([[1, '#a', null], [2, '', null], [3, null, null], [4, '2024-01-01', null]]);
    await failure(trades.importFrom(written('comment.csv', text)), 'E_VALIDATION');
    expect(await trades.importFrom(written('none.csv', '8,x\n9,NA\n'), { header: false, nullString: 'NA', columns: { id: 'column0', userId: 'column1' } })).to.equal(2); // prettier-ignore
    expect(await trades.findById(9)).to.deep.include({ id: 9, userId: null });
    expect(await trades.importFrom(written('head.csv', 'id,user_id\n'))).to.equal(0);
    expect(await trades.importFrom(written('lines.csv', `\u{FEFF}id,user_id\r\n10,"a\r\nb"\r\n\r\n11,${'x'.repeat(3_000_000)}`))).to.equal(2); // prettier-ignore
    expect(await db.query(sql`select id, length(user_id)::integer as length from ${Trade} where id > 9 order by id`)).to.deep.equal([{ id: 10, length: 4 }, { id: 11, length: 3_000_000 }]); // prettier-ignore
    const wide = await failure(trades.importFrom(written('wide.csv', `id,user_id\n1,secret\n2,secret,"x`)), 'E_CONVERSION');
    expect(wide.message).to.not.include('secret');
  }); // prettier-ignore

  it('says what is wrong with a file, and which one', async () => {
    const trades = db.repository(Trade);
    mkdirSync(join(folder, 'dir.parquet'));
    const broken = readFileSync(await made('whole.parquet', 'select i as id from range(1000) t(i)'));
    broken.fill(7, broken.length - 150, broken.length - 20);
    const cases: [string | string[], string, string][] = [
      [join(folder, 'no.parquet'), 'E_NOT_FOUND', 'there is no file'],
      [join(folder, 'no*.parquet'), 'E_NOT_FOUND', 'there is no file'],
      [join(folder, 'no', 'no.parquet'), 'E_NOT_FOUND', 'there is no file'],
      [join(folder, 'dir.parquet'), 'E_CONFIG', 'is a folder. Name the files in it'],
      [written('empty.parquet', ''), 'E_CORRUPT', 'too small to be a Parquet file'],
      [written('text.parquet', 'this is no Parquet file'), 'E_CORRUPT', 'No magic bytes'],
      [written('empty.csv', ''), 'E_CORRUPT', 'is empty'],
      [written('footer.parquet', broken), 'E_CORRUPT', 'footer.parquet: TProtocolException'],
      [written('none.csv.gz', 'id\n1\n'), 'E_CORRUPT', 'not a GZIP stream'],
      [written('twice.csv', 'id,ID\n1,2\n'), 'E_CORRUPT', 'two columns of the name'],
      [written('utf16.csv', Buffer.from('id\n1\n', 'utf16le')), 'E_CORRUPT', 'is no text in UTF-8'],
      [written('latin.csv', Buffer.from('id,user_id\n1,\u00E9\n', 'latin1')), 'E_CONVERSION', 'latin.csv, line 2: .*Invalid unicode'],
      [written('broken.ndjson', '{"id":1}\n{"id":\n'), 'E_CONVERSION', 'Malformed JSON'],
      [written('scalar.json', '5'), 'E_CONVERSION', ''],
      [join(folder, 'x.xlsx'), 'E_CONFIG', 'does not tell the format'],
      ['a\0.parquet', 'E_CONFIG', 'NUL'], ['', 'E_CONFIG', 'give the path'], [[], 'E_CONFIG', 'is empty'], ['s3://bucket/a.parquet', 'E_CONFIG', 'is a URL'], [5 as never, 'E_CONFIG', 'give the path'],
    ]; // prettier-ignore
    for (const [path, code, says] of cases) {
      const error = await failure(trades.importFrom(path));
      expect(`${error.code} ${error.message}`, String(path)).to.match(new RegExp(`^${code} [\\s\\S]*${says}`));
    }
    expect(await trades.importFrom(written('none.ndjson', ''))).to.equal(0);
  });

  it('takes no compressed text that is cut off or damaged, by one byte or by half', async () => {
    const trades = db.repository(Trade);
    const rows = `select i as id, md5(i::varchar) as user_id from range(20000) t(i)`;
    for (const [name, options] of [['a.csv.gz', ''], ['a.ndjson.gz', '(format json)'], ['a.json.gz', '(format json, array true)'], ['a.csv.zst', ''], ['a.NDJSON.ZST', '(format json, compression zstd)'], ['a.CSV.GZ', '(format csv, compression gzip)']] as const) {
      const file = await made(name, rows, options);
      const whole = readFileSync(file);
      const gz = /gz$/i.test(name);
      const damaged = Buffer.from(whole);
      if (gz) damaged.writeUInt8((damaged.at(-6) as number) ^ 1, whole.length - 6);
      // the type of its first block
      else damaged.writeUInt8((damaged.at(6) as number) | 6, 6);
      for (const [broken, says] of [[whole.subarray(0, -1), 'is cut off'], [whole.subarray(0, whole.length >> 1), 'is cut off'], [whole.subarray(0, 3), 'is cut off'], [Buffer.alloc(0), 'is cut off'], [damaged, 'is damaged'], [Buffer.concat([whole, whole.subarray(0, 30)]), 'is cut off'], [Buffer.concat([whole, Buffer.from('and more')]), 'or not to its end']] as const) {
        writeFileSync(file, broken);
        const error = await failure(trades.importFrom(file), 'E_CORRUPT');
        expect(error.message).to.include(`importFrom: ${file} `).and.include(says);
        expect(error.details).to.include({ path: file });
      }
      writeFileSync(file, whole);
      expect(await trades.importFrom(file), name).to.equal(20_000);
      await trades.delete(all());
    }
    expect(await trades.importFrom(written('members.csv.gz', Buffer.concat([gzipSync('id\n1\n'), gzipSync('2\n')])))).to.equal(2);
    // a skippable frame, and one of raw and repeated bytes
    const skipped = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9];
    const frame = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, 3 << 3, 0, 0, ...Buffer.from('id\n'), (2 << 3) | 0b11, 0, 0, 0x33];
    expect(await trades.importFrom(written('frames.csv.zst', Buffer.from([...skipped, ...frame])))).to.equal(1);
    expect(await trades.count()).to.equal(3);
  }); // prettier-ignore

  it('takes hostile names as they are', async () => {
    const trades = db.repository(Trade);
    const names = [`it's; drop table import_trade; --.parquet`, '"q".parquet', 'a[1]*?.parquet', 'ü語😀\n\t.parquet', '$1 ${x} %s.parquet', ' .parquet', 'a\\b.parquet', '{a,b}.parquet', '~.parquet', 'a=b.parquet']; // prettier-ignore
    for (const [index, name] of names.entries()) {
      const file = await made(name, `select ${index} as id`);
      expect(await trades.importFrom(file), name).to.equal(1);
      const bad = await made(`bad ${name}`, `select 1.5 as id`);
      expect((await failure(trades.importFrom(bad), 'E_CONVERSION')).details, name).to.include({ row: 1 });
    }
    expect(await trades.count()).to.equal(names.length);
  });

  it('reads the file of a name alone, whatever is in that', async () => {
    const trades = db.repository(Trade);
    for (const name of ['~.csv', '~x/a.csv', 'a\\?.csv', 'a\\b[1].csv', '[\\*.csv', 'a?.csv']) {
      mkdirSync(join(folder, '~x'), { recursive: true });
      for (const other of [name.replaceAll(/[?*]/g, 'Z'), name.replace('[1]', '1'), name.replace('\\', 'Y')]) written(other, 'id\n2\n');
      const file = written(name, 'id\n1\n');
      const from = process.cwd();
      process.chdir(folder);
      try {
        for (const path of [file, name]) {
          expect(await trades.importFrom(path), path).to.equal(1);
          expect(await rowsOf(trades)).to.deep.equal([[1, null, null]]);
          await trades.delete(all());
        }
        written(name, 'id\nx\n');
        expect((await failure(trades.importFrom(name), 'E_CONVERSION')).details).to.include({ row: 1 });
      } finally {
        process.chdir(from);
      }
    }
  }); // prettier-ignore

  it('repeats no values of a file, and none of the advice of DuckDB', async () => {
    const kinds = db.repository(Kinds);
    const cases: [string, string, string, string][] = [
      ['twice.ndjson', '{"int":1}\n{"text":"SECRET","text":"SECRET"}\n', 'E_CONVERSION', 'in line 2: an object has a key twice'],
      ['mixed.csv', 'int,text\r\n1,SECRET\n2,b\r\n', 'E_CORRUPT', 'do not end in one way'], ['mixed2.csv', 'int,text\n1,SECRET\r\n2,b\n', 'E_CORRUPT', 'do not end in one way'],
    ]; // prettier-ignore
    for (const [name, text, code, says] of cases) {
      const file = written(name, text);
      const error = await failure(kinds.importFrom(file), code as 'E_CORRUPT');
      expect(error.message).to.include(says).and.include(file).and.not.match(/SECRET|strict|ignore_errors|auto_detect/);
      expect(error.details).to.include({ path: file });
    }
    expect((await failure(kinds.importFrom(join(folder, `${'x'.repeat(300)}.csv`)), 'E_CONFIG')).message).to.include('longer than a name');
  }); // prettier-ignore

  it('is a part of the transaction around it, and fails the whole', async () => {
    const trades = db.repository(Trade);
    const good = await made('g.parquet', 'select 1 as id');
    const bad = await made('b.parquet', 'select 1.5 as id');
    await failure(
      db.transaction(async () => {
        await trades.importFrom(good);
        expect(await trades.count()).to.equal(1);
        await trades.importFrom(bad).catch(() => {});
      }),
      'E_TX_ABORTED',
    );
    expect(await trades.count()).to.equal(0);
    await db.transaction(() => trades.importFrom(good));
    expect(await trades.count()).to.equal(1);
  });

  it('shows rules of the class each row, and writes none where one breaks them', async () => {
    const ruled = db.repository(Ruled);
    const good = await made('g.parquet', 'select i::integer as id, 1 as qty from range(25000) t(i)');
    const bad = await made('b.parquet', 'select i::integer as id, if(i = 20480, -1, 1) as qty from range(25000) t(i)');
    expect((await failure(ruled.importFrom(bad), 'E_VALIDATION')).details).to.include({ row: 20_480 });
    expect(await ruled.count()).to.equal(0);
    expect(await ruled.importFrom(good)).to.equal(25_000);
    const without = await openManager({ entities, validate: false });
    expect(await without.repository(Ruled).importFrom(bad)).to.equal(25_000);
  });

  it('ends what was cached of the table', async () => {
    const trades = db.repository(Trade);
    let loads = 0;
    const load = (): Promise<number> => db.cache.getOrLoad('n', { ttl: '1h' }, () => { loads += 1; return trades.count(); }); // prettier-ignore
    expect([await load(), await load(), loads]).to.deep.equal([0, 0, 1]);
    await trades.importFrom(await made('g.parquet', 'select 1 as id'));
    expect([await load(), loads]).to.deep.equal([1, 2]);
  });

  it('stops by its timeout and signal, and leaves nothing', async () => {
    const makes = db.repository(Made);
    const file = await made('big.parquet', 'select (i % 7)::integer as qty from range(3000000) t(i)');
    await failure(makes.importFrom(file, { timeout: '50ms' }), 'E_TIMEOUT');
    await failure(makes.importFrom(file, { signal: AbortSignal.abort() }), 'E_ABORTED');
    expect(await makes.count()).to.equal(0);
  });

  it('keeps what it imported by its values while another process holds the file', async () => {
    const { db: beside, free } = await openBeside([], { entities });
    const [trades, makes] = [beside.repository(Trade), beside.repository(Made)];
    const file = await made('f.parquet', `from (values (1, 'a', 1.5), (2, 'b', 2.5)) t(id, user_id, price)`);
    expect(await trades.importFrom(file)).to.equal(2);
    writeFileSync(file, 'gone');
    expect(await trades.importFrom(await made('g.csv', `from (values (2, 'new'), (3, 'c')) t(id, user_id)`), { onConflict: 'update' })).to.equal(2); // prettier-ignore
    await makes.importFrom(await made('m.parquet', 'select 1 as qty'));
    const before = await makes.find();
    await free();
    expect(await rowsOf(trades)).to.deep.equal([
      [1, 'a', '1.5000'],
      [2, 'new', '2.5000'],
      [3, 'c', null],
    ]);
    expect(await makes.find()).to.deep.equal(before);
    expect(beside.health().conflicts).to.equal(0);
  });

  it('is refused by a secure manager before anything happens', async () => {
    const secure = await openManager({ entities: [Trade], secure: true });
    const error = await failure(secure.repository(Trade).importFrom('/etc/passwd', { format: 'csv' }), 'E_PERMISSION');
    expect(error.message).to.equal('importFrom: a secure manager touches no file but its database. Read and write files by another manager, without secure: true.'); // prettier-ignore
    expect(await secure.repository(Trade).delete(all())).to.equal(0);
  });
});
