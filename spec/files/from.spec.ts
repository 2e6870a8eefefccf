// Entities that are read from files: the same typed reads, no table, no writes.
import { mkdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { Cached, Column, Table, all, avg, count, csvFile, ddlOf, enumOf, gt, json, jsonFile, lag, list, map, now, parquet, sql, struct, type BaseDuckDBManager, type EntityClass } from '@mysingle/database'; // prettier-ignore
import { failure } from '../support/failure.js';
import { openManager, scratchFolder } from '../support/scratch.js';

const folder = join(process.env['TMPDIR'] ?? '/tmp', `mysingle-from-${process.pid}`);
const at = (...path: string[]): string => join(folder, ...path);

const plain = (row: object): Record<string, unknown> => Object.fromEntries(Object.entries(row));

/** Files, by DuckDB itself. */
async function make(...copies: [name: string, query: string, options?: string][]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const [name, query, options = ''] of copies)
    await connection.run(`copy (${query}) to '${at(name).replaceAll("'", "''")}' ${options}`);
  connection.closeSync();
}

const SIDES = enumOf('from_side', ['buy', 'sell']);

@Table({ from: parquet(at('bars', '*.parquet')) })
class Bar {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') tickerName!: string;
  @Column('decimal(18,4)', { nullable: true }) close!: string | null;
  @Column('bigint') volume!: bigint;
  @Column(SIDES) side!: 'buy' | 'sell';
  @Column(json<{ a: number }>(), { nullable: true }) doc!: { a: number } | null;
  @Column('double[]', { nullable: true }) curve!: number[] | null;
  @Column(struct({ venue: 'varchar', fee: 'double' }), { nullable: true }) route!: { venue: string; fee: number } | null; // prettier-ignore
  @Column('hugeint', { nullable: true }) huge!: bigint | null;
  @Column('timestamp_ms', { nullable: true }) made!: Date | null;
}

const BARS = `select i::integer as id, 't' || i % 3 as ticker_name, (i / 4)::decimal(9,2) as close, i::integer as volume, if(i % 2 = 0, 'buy', 'sell') as side,
  '{"a":1}' as doc, [i::float] as curve, {venue: 'x', fee: 0.5::float} as route, '170141183460469231731687303715884105727' as huge, '2024-01-01 00:00:00.5'::timestamp as made, 'more' as more`;

@Table({ from: csvFile(at('rates-*.csv'), { delimiter: ';' }) })
class Rate {
  @Column('date', { as: 'string' }) day!: string;
  @Column('decimal(9,3)', { nullable: true }) rate!: string | null;
  @Column('varchar', { nullable: true }) note!: string | null;
}

@Table({ from: jsonFile(at('*.ndjson')) })
class Line {
  @Column('integer') level!: number;
  @Column('varchar', { nullable: true }) text!: string | null;
  @Column(list('integer'), { nullable: true }) codes!: number[] | null;
  @Column(json(), { nullable: true }) more!: unknown;
}

@Table({ from: parquet(at('hive', '**', '*.parquet')) })
class Part {
  @Column('integer') id!: number;
  @Column('varchar') symbol!: string;
  @Column('date', { as: 'string' }) day!: string;
}

@Cached('1h')
@Table({ from: parquet(at('bars', '*.parquet')) })
class CachedBar {
  @Column('integer') id!: number;
}

@Table()
class FromNote {
  @Column('integer') id!: number;
}

@Table('from_day')
class FromDay {
  @Column('date', { as: 'string' }) day!: string;
  @Column('decimal(9,3)') rate!: string;
}

/** A class over one file. */
function over(source: ReturnType<typeof parquet>, columns: Record<string, unknown>): EntityClass {
  class Odd {
    readonly odd!: true;
  }
  for (const [property, type] of Object.entries(columns)) Column(type as 'integer')(Odd.prototype as never, property as never); // prettier-ignore
  Table({ from: source })(Odd);
  return Odd;
}

describe('an entity that is read from files', () => {
  before(async () => {
    mkdirSync(at('bars'), { recursive: true });
    await make(
      ['bars/1.parquet', `${BARS} from range(4) t(i)`],
      ['bars/2.parquet', `${BARS.replace('i::integer as volume', 'i::bigint as volume')} from range(4, 6) t(i)`],
      ['rates-1.csv', `from (values ('2024-01-01', '1.5', '#1'), ('2024-01-02', null, '')) t(day, rate, note)`, `(delimiter ';')`],
      ['rates-2.csv', `from (values (null, '0.250', '2024-01-03')) t(note, rate, day)`, `(delimiter ';')`],
      ['a.ndjson', `select 1 as level, [1, 2] as codes, {x: 1.5} as more`, '(format json)'],
      ['b.ndjson', `select 2 as level, 'x' as text`, '(format json)'],
      ['hive', `from (values (1, '007', '2024-01-01'), (2, 'a/b', '2024-01-02')) t(id, symbol, day)`, '(format parquet, partition_by (symbol, day))'],
    ); // prettier-ignore
  });

  after(() => renameSync(folder, join(scratchFolder(), 'gone')));

  const open = (...entities: EntityClass[]): Promise<BaseDuckDBManager> => openManager({ entities });

  it('has every read of a table, typed as declared', async () => {
    const db = await open(Bar);
    const bars = db.repository(Bar);
    const [first] = await bars.find({ orderBy: { id: 'asc' }, limit: 1 });
    expect(first).to.be.instanceOf(Bar);
    expect(plain(first as Bar)).to.deep.equal({ id: 0, tickerName: 't0', close: '0.0000', volume: 0n, side: 'buy', doc: { a: 1 }, curve: [0], route: { venue: 'x', fee: 0.5 }, huge: 2n ** 127n - 1n, made: new Date('2024-01-01T00:00:00.500Z') }); // prettier-ignore
    expect(await bars.count()).to.equal(6);
    expect(await bars.count({ side: 'sell', volume: gt(1n) })).to.equal(2);
    expect(await bars.exists({ id: 99 })).to.equal(false);
    expect((await bars.findById(5))?.close).to.equal('1.2500');
    expect(await Promise.all([bars.findById(1), bars.findById(2)].map(async (bar) => (await bar)?.id))).to.deep.equal([1, 2]); // prettier-ignore
    expect(await bars.findOneOrFail({ where: { tickerName: 't2' }, select: ['id'], orderBy: { id: 'desc' } })).to.deep.include({ id: 5 }); // prettier-ignore
    expect(await bars.findColumns({ select: ['volume', 'id'], where: { id: gt(3) }, orderBy: { id: 'asc' } })).to.deep.equal({ volume: BigInt64Array.of(4n, 5n), id: Float64Array.of(4, 5) }); // prettier-ignore
    expect(await bars.aggregate({ groupBy: ['tickerName'], select: { n: count(), mean: avg('id') }, orderBy: { tickerName: 'asc' } })).to.deep.equal([{ tickerName: 't0', n: 2, mean: 1.5 }, { tickerName: 't1', n: 2, mean: 2.5 }, { tickerName: 't2', n: 2, mean: 3.5 }]); // prettier-ignore
    const streamed: number[] = [];
    for await (const { id } of bars.stream({ orderBy: { id: 'desc' } })) streamed.push(id);
    expect(streamed).to.deep.equal([5, 4, 3, 2, 1, 0]);
    expect(await db.query(sql`select max(b.id) as id from ${Bar} b`)).to.deep.equal([{ id: 5 }]);
    expect(await bars.exportTo(join(scratchFolder(), 'all.csv'))).to.equal(6);
  });

  it('reads CSV by the names of its columns, as the text of their types', async () => {
    const db = await open(Rate);
    expect((await db.repository(Rate).find({ orderBy: { day: 'asc' } })).map(plain)).to.deep.equal([
      { day: '2024-01-01', rate: '1.500', note: '#1' }, { day: '2024-01-02', rate: null, note: '' }, { day: '2024-01-03', rate: '0.250', note: null },
    ]); // prettier-ignore
    writeFileSync(at('rates-3.csv'), 'day;rate;note\n2024-01-04;1.2345;x\n');
    const error = await failure(db.repository(Rate).find(), 'E_CONVERSION');
    expect(error.message).to.include(`${at('rates-3.csv')}: Rate.rate (decimal(9,3)) cannot hold the VARCHAR in "rate" exactly.`); // prettier-ignore
    expect(error.details).to.include({ path: at('rates-3.csv') });
    writeFileSync(at('rates-3.csv'), 'day;rate;note\n2024-01-04;1;x\n1;2;3;4\n');
    await failure(db.repository(Rate).find());
    unlinkSync(at('rates-3.csv'));
    expect(await db.repository(Rate).count()).to.equal(3);
  });

  it('reads JSON by its keys', async () => {
    const db = await open(Line);
    expect((await db.repository(Line).find({ orderBy: { level: 'asc' } })).map(plain)).to.deep.equal([
      { level: 1, text: null, codes: [1, 2], more: { x: 1.5 } }, { level: 2, text: 'x', codes: null, more: null },
    ]); // prettier-ignore
  });

  it('says what text cannot be', async () => {
    writeFileSync(at('keys.csv'), 'id,m\n1,x\n');
    const own = over(csvFile(at('keys.csv')), { id: 'integer', m: map('integer[]', 'integer') });
    const error = await failure((await open(own)).repository(own).find(), 'E_UNSUPPORTED');
    expect(error.message).to.equal('Odd.m (map(list(integer), integer)) cannot be read from VARCHAR. Declare it varchar, or keep it in Parquet.'); // prettier-ignore
  });

  it('reads dates of another form by SQL over text', async () => {
    @Table({ from: csvFile(at('german.csv'), { delimiter: ';' }) })
    class German {
      @Column('varchar') day!: string;
      @Column('varchar') rate!: string;
    }
    writeFileSync(at('german.csv'), 'day;rate\n31.12.2024;1,5\n');
    const db = await open(German, FromDay);
    await db.execute(sql`insert into ${FromDay} select strptime(day, '%d.%m.%Y')::date, replace(rate, ',', '.')::decimal(9,3) from ${German}`); // prettier-ignore
    expect((await db.repository(FromDay).find()).map(plain)).to.deep.equal([{ day: '2024-12-31', rate: '1.500' }]);
  });

  it('reads folders name=value as columns, as declared', async () => {
    const db = await open(Part);
    expect((await db.repository(Part).find({ orderBy: { id: 'asc' } })).map(plain)).to.deep.equal([
      { id: 1, symbol: '007', day: '2024-01-01' }, { id: 2, symbol: 'a/b', day: '2024-01-02' },
    ]); // prettier-ignore
    expect(await db.repository(Part).count({ day: '2024-01-02' })).to.equal(1);
    mkdirSync(at('in-path', 'symbol=007', 'day=2024-01-01'), { recursive: true });
    await make(...['csv', 'json'].map((name): [string, string] => [`in-path/symbol=007/day=2024-01-01/a.${name}`, 'select 1 as id'])); // prettier-ignore
    for (const source of [csvFile(at('in-path', '**', '*.csv')), jsonFile(at('in-path', '**', '*.json'))]) {
      const own = over(source, { id: 'integer', symbol: 'varchar', day: 'date' });
      expect((await (await open(own)).repository(own).find()).map(plain)).to.deep.equal([{ id: 1, symbol: '007', day: new Date('2024-01-01') }]); // prettier-ignore
    }
  });

  it('knows its columns where one is named like the table', async () => {
    await make(['same.parquet', `select i as id, {odd: 7, id: 8} as odd, i % 2 as r, i % 2 as l from range(4) t(i)`]);
    const own = over(parquet(at('same.parquet')), { id: 'bigint', odd: struct({ odd: 'integer', id: 'integer' }), r: 'bigint', l: 'bigint' }); // prettier-ignore
    interface Same { id: bigint; odd: { odd: number; id: number }; r: bigint; l: bigint } // prettier-ignore
    const same = (await open(own)).repository(own as EntityClass<Same>);
    const odd = { odd: 7, id: 8 };
    expect(await same.window({ partitionBy: ['r'], orderBy: { id: 'asc' }, select: { id: 'id', odd: 'odd', prev: lag('id') } })).to.deep.equal([{ id: 0n, odd, prev: null }, { id: 2n, odd, prev: 0n }, { id: 1n, odd, prev: null }, { id: 3n, odd, prev: 1n }]); // prettier-ignore
    expect(await same.latestBy(['r'], { orderBy: 'id', select: ['id', 'odd'] })).to.deep.equal([{ id: 2n, odd }, { id: 3n, odd }]); // prettier-ignore
    expect((await same.asOf(own as EntityClass<Same>, { on: 'id', by: ['r'], select: ['id', 'l'], otherSelect: ['r'], orderBy: { id: 'asc' } })).map(({ left, right }) => [left.id, left.l, right?.r])).to.deep.equal([[0n, 0n, 0n], [1n, 1n, 1n], [2n, 0n, 0n], [3n, 1n, 1n]]); // prettier-ignore
  });

  it('refuses every write, with a remedy', async () => {
    const db = await open(Bar);
    const bars = db.repository(Bar);
    const writes = { insert: bars.insert({} as never), insertMany: bars.insertMany([]), upsert: bars.upsert([]), update: bars.update(all(), { id: 1 }), delete: bars.delete(all()), importFrom: bars.importFrom('x.csv') }; // prettier-ignore
    for (const [what, write] of Object.entries(writes)) {
      const { message } = await failure(write, 'E_READ_ONLY');
      expect(message).to.equal(`${what} on Bar: its rows are read from the files ${at('bars', '*.parquet')}, which are never written. Write such files by exportTo, or declare a table and bring them in by importFrom.`); // prettier-ignore
    }
  });

  it('is nothing in the database', async () => {
    expect(ddlOf([Bar, FromNote])).to.equal('CREATE TABLE "from_note" (\n  "id" INTEGER NOT NULL\n);\n');
    const db = await open(Bar, FromNote);
    expect(await db.query(sql`select table_name as name from duckdb_tables() where not temporary`)).to.deep.include({ name: 'from_note' }).and.not.deep.include({ name: 'bar' }); // prettier-ignore
    expect(await db.query(sql`select * from duckdb_types() where logical_type = 'ENUM' and not internal`)).to.deep.equal([]); // prettier-ignore
  });

  it('refuses to open where the files are not what the class says', async () => {
    await make(
      ['odd.parquet', `select 1.5::double as d, 1::bigint as b, 'x' as s, '2024-01-01 10:00'::timestamp as t`],
      ['mixed-1.parquet', 'select 9007199254740993::bigint as b'],
      ['mixed-2.parquet', 'select 1.5::double as b'],
    ); // prettier-ignore
    const odd = over(parquet(at('odd.parquet')), { d: 'integer', b: 'integer', s: 'double', t: 'date', missing: 'integer' }); // prettier-ignore
    const error = await failure(open(odd), 'E_SCHEMA_DRIFT');
    expect(error.details['differences']).to.deep.equal([
      `Odd.d is INTEGER, and "d" of ${at('odd.parquet')} is DOUBLE`, `Odd.b is INTEGER, and "b" of ${at('odd.parquet')} is BIGINT`,
      `Odd.s is DOUBLE, and "s" of ${at('odd.parquet')} is VARCHAR`, `Odd.t is DATE, and "t" of ${at('odd.parquet')} is TIMESTAMP`,
      `Odd.missing: ${at('odd.parquet')} has no column "missing". It has: "d", "b", "s", "t"`,
    ]); // prettier-ignore
    const mixed = over(parquet(at('mixed-*.parquet')), { b: 'double' });
    expect((await failure(open(mixed), 'E_SCHEMA_DRIFT')).message)
      .to.include('"b" of')
      .and.include('is BIGINT');
    expect((await failure(open(over(csvFile(at('rates-*.csv')), { day: 'date' })), 'E_SCHEMA_DRIFT')).message).to.include('has no column "day"'); // prettier-ignore
    expect((await failure(open(over(parquet(at('none', '*.parquet')), { a: 'integer' })), 'E_NOT_FOUND')).message).to.equal(`Odd: there is no file ${at('none', '*.parquet')}. Mend the path, or write the files first.`); // prettier-ignore
    expect((await failure(open(over(parquet(folder), { a: 'integer' })), 'E_CONFIG')).message).to.include(
      'is a folder',
    );
    const off = await openManager({ entities: [odd], schema: 'off' });
    await failure(off.repository(odd).count(), 'E_QUERY');
  });

  it('refuses to open where compressed text is cut off', async () => {
    for (const [source, text] of [[csvFile(at('cut', '*.csv.gz')), 'id\n1\n2\n'], [jsonFile(at('cut', '*.ndjson.gz')), '{"id":1}\n{"id":2}\n']] as const) {
      mkdirSync(at('cut'), { recursive: true });
      const [own, file] = [over(source, { id: 'integer' }), source.path.replace('*', 'b')];
      writeFileSync(source.path.replace('*', 'a'), gzipSync(text));
      writeFileSync(file, gzipSync(text).subarray(0, -9));
      expect((await failure(open(own), 'E_CORRUPT')).message).to.equal(`Odd: ${file} is cut off: it ends before what is compressed in it does. Copy it, or write it, anew.`);
      writeFileSync(file, gzipSync(text));
      expect(await (await open(own)).repository(own).count()).to.equal(4);
    }
  }); // prettier-ignore

  it('takes hostile names as they are', async () => {
    for (const name of [`it's') --; drop.parquet`, 'a[1]*.parquet', 'ü\n"q".parquet']) {
      await make([name, 'select 1::integer as id']);
      const own = over(parquet(at(name)), { id: 'integer' });
      const other = name.replace('[1]*', '1x');
      if (other !== name) await make([other, 'select 2::integer as id'], ['a[1]x.parquet', 'select 3::integer as id']);
      expect(await (await open(own)).repository(own).count(), name).to.equal(1);
      unlinkSync(at(name));
    }
  });

  it('is declared without what files have not', async () => {
    const from = parquet('a.parquet');
    const refused: [string, () => unknown][] = [
      ["option 'from' is", () => Table({ from: 'a.parquet' as never })(class A { static { Column('integer')(this.prototype as never, 'a' as never); } })],
      ['schema', () => declared({ from, schema: 's' }, {})], ['comment', () => declared({ from, comment: 'c' }, {})], ['checks', () => declared({ from, checks: { c: sql`a > 1` } }, {})],
      ["'default'", () => declared({ from }, { default: 1 })], ["'check'", () => declared({ from }, { check: sql`a > 1` })], ["'unique'", () => declared({ from }, { unique: true })],
      ['generated', () => declared({ from }, { generated: sql`1` })], ['foreign keys', () => declared({ from }, { references: () => [FromNote, 'id'] })], ["'default'", () => declared({ from }, { default: now() }, 'timestamptz')],
      ['JSON within', () => declared({ from }, {}, list(json()))],
    ]; // prettier-ignore
    for (const [says, declare] of refused) expect((await failure(declare, 'E_DECLARATION')).message).to.include(says);
    for (const wrong of [() => parquet(''), () => parquet('a\0'), () => csvFile('a.csv', { nope: 1 } as never), () => jsonFile('s3://a/b.json'), () => csvFile('a.csv', { delimiter: '' })]) await failure(wrong, 'E_CONFIG'); // prettier-ignore
    class Child { @Column('integer', { references: () => [Bar, 'id'] }) barId!: number; } // prettier-ignore
    Table()(Child);
    expect((await failure(open(Child, Bar), 'E_DECLARATION')).message).to.include('references Bar, whose rows are read from files'); // prettier-ignore
  });

  it('is refused by a secure manager', async () => {
    const error = await failure(openManager({ entities: [Bar], secure: true }), 'E_PERMISSION');
    expect(error.message).to.equal('Bar is read from files, and a secure manager touches no file but its database. Read it by another manager, without secure: true.'); // prettier-ignore
  });

  it('may be cached, and then depends on everything', async () => {
    const db = await open(CachedBar, FromNote);
    const bars = db.repository(CachedBar);
    expect(await bars.count()).to.equal(6);
    await make(['bars/3.parquet', `${BARS} from range(6, 7) t(i)`]);
    expect([await bars.count(), await bars.count(undefined, { cache: false })]).to.deep.equal([6, 7]);
    await db.repository(FromNote).insert({ id: 1 });
    expect(await bars.count()).to.equal(7);
    unlinkSync(at('bars', '3.parquet'));
  });

  it('is a part of a transaction, and joins tables', async () => {
    const db = await open(Bar, FromNote);
    await db.transaction(async () => {
      await db.repository(FromNote).insertMany(db.repository(Bar).stream({ select: ['id'] }));
      expect(await db.query(sql`select count(*)::integer as n from ${Bar} b join ${FromNote} n on n.id = b.id`)).to.deep.equal([{ n: 6 }]); // prettier-ignore
    });
  });
});

function declared(table: object, column: object, type: unknown = 'integer'): void {
  class A {
    readonly odd!: true;
  }
  Column(type as 'integer', column as never)(A.prototype as never, 'a' as never);
  Table(table)(A);
}
