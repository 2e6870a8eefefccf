import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, lstatSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { gunzipSync } from 'node:zlib';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Table, csvFile, gt, sql, union, type UnionValue } from '@mysingle/database';
import { smallDisk } from '../support/disk.js';
import { failure } from '../support/failure.js';
import { openManager, scratchFolder, scratchPath } from '../support/scratch.js';

@Table('export_bar')
class Bar {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') tickerName!: string;
  @Column('decimal(9,2)', { nullable: true }) close!: string | null;
  @Column('double', { nullable: true }) ratio!: number | null;
}

@Table('export_either')
class Either {
  @Column('integer') id!: number;
  @Column(union({ n: 'integer', s: 'varchar' })) either!: UnionValue<{ n: 'integer'; s: 'varchar' }>;
}

let db: BaseDuckDBManager;
let folder: string;

async function start(): Promise<void> {
  db = await openManager({ entities: [Bar, Either] });
  folder = scratchFolder();
  await db.repository(Bar).insertMany([
    { id: 1, tickerName: 'a', close: '1.50', ratio: 0.1 },
    { id: 2, tickerName: "b'", close: null, ratio: Number.NaN },
    { id: 3, tickerName: 'c;"', close: '-2.00', ratio: null },
  ]);
}

const NAMES = `ticker_name\na\nb'\n"c;"""\n`;

const text = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');
const listed = (path = folder): string[] => readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted();

@Table({ name: 'export_read', from: csvFile('export-read.csv') })
class Read {
  @Column('integer') id!: number;
}

describe('exportTo', () => {
  beforeEach(start);

  it('ends what was read of files, and what was read of tables alone never', async () => {
    const file = join(folder, 'read.csv');
    const parts = join(folder, 'parts');
    const hour = { ttl: '1h' } as const;
    const loads: Record<string, () => Promise<unknown>> = {
      file: () => db.query(sql`select * from read_csv(${file})`).catch(() => 'none'),
      bare: () => db.query(sql(Object.assign([`from '${file}'`], { raw: [] }))).catch(() => 'none'),
      folder: () => db.query(sql`select * from read_csv(${`${parts}/*/*.csv`})`).catch(() => 'none'),
      depending: () => db.cache.getOrLoad('by name', { ...hour, dependsOn: [Read] }, () => Promise.resolve(existsSync(file))),
      table: () => db.repository(Bar).count(),
    }; // prettier-ignore
    const cached = (): Promise<unknown[]> =>
      Promise.all(Object.entries(loads).map(([key, load]) => db.cache.getOrLoad(key, hour, load)));
    const reasons = (): Promise<string[]> =>
      Promise.all(Object.keys(loads).map(async (key) => (await db.cache.explain(key)).reason));
    const bars = db.repository(Bar);
    const writes = [
      () => bars.exportTo(file, { select: ['id'] }),
      () => db.exportTo(sql`select 9 as id`, file),
      () => bars.exportTo(parts, { select: ['id', 'tickerName'], partitionBy: ['tickerName'], format: 'csv' }),
      () => bars.exportTo(parts, { select: ['id', 'tickerName'], partitionBy: ['tickerName'], format: 'csv', where: { id: 1 }, overwrite: true }),
      () => db.transaction(() => db.exportTo(sql`select 10 as id`, file)),
    ]; // prettier-ignore
    for (const write of writes) {
      await cached();
      expect(await reasons()).to.deep.equal(['fresh', 'fresh', 'fresh', 'fresh', 'fresh']);
      await write();
      expect(await reasons(), String(write)).to.deep.equal(['written', 'written', 'written', 'written', 'fresh']);
      expect(await cached()).to.deep.equal(await Promise.all(Object.values(loads).map((load) => load())));
    }
    // what changes no file ends nothing
    await failure(() => bars.exportTo(file, { overwrite: false }), 'E_CONFIG');
    await failure(() => db.exportTo(sql`select error('no') as x`, file));
    expect(await reasons()).to.deep.equal(['fresh', 'fresh', 'fresh', 'fresh', 'fresh']);
  });

  it('writes the rows that are asked for, with the names of the database', async () => {
    const bars = db.repository(Bar);
    const cases: [string, object, string][] = [
      ['a.csv', {}, `id,ticker_name,close,ratio\n1,a,1.50,0.1\n2,b',,nan\n3,"c;""",-2.00,\n`],
      ['b.csv', { where: { id: gt(1) }, select: ['tickerName', 'id'], orderBy: { id: 'desc' }, limit: 1, offset: 1 }, `ticker_name,id\nb',2\n`],
      ['c.csv', { delimiter: ';', header: false, nullString: 'NA', select: ['tickerName', 'close'] }, `a;1.50\nb';NA\n"c;""";-2.00\n`],
      ['d.tsv', { select: ['id', 'tickerName'], limit: 1 }, 'id\tticker_name\n1\ta\n'],
      ['e.json', { select: ['id', 'close', 'ratio'] }, `[\n\t{"id":1,"close":"1.50","ratio":0.1},\n\t{"id":2,"close":null,"ratio":"nan"},\n\t{"id":3,"close":"-2.00","ratio":null}\n]\n`],
      ['f.ndjson', { select: ['id'], limit: 2 }, '{"id":1}\n{"id":2}\n'],
      ['g.txt', { select: ['id'], limit: 1, format: 'ndjson' }, '{"id":1}\n'],
      ['h.csv', { where: { id: 99 }, select: ['id'] }, 'id\n'],
    ]; // prettier-ignore
    for (const [name, options, expected] of cases) {
      const rows = await bars.exportTo(join(folder, name), options);
      expect(text(name), name).to.equal(expected);
      expect(rows).to.be.within(0, 3);
    }
    expect(await bars.exportTo(join(folder, 'i.csv.gz'), { select: ['id'] })).to.equal(3);
    expect(gunzipSync(readFileSync(join(folder, 'i.csv.gz'))).toString()).to.equal('id\n1\n2\n3\n');
    expect(await bars.exportTo(join(folder, 'j.csv'), { select: ['id'], compression: 'gzip' })).to.equal(3);
    expect(gunzipSync(readFileSync(join(folder, 'j.csv'))).toString()).to.equal('id\n1\n2\n3\n');
    for (const compression of ['snappy', 'zstd', 'gzip', 'lz4', 'brotli', 'none'] as const) {
      const file = join(folder, 'k.parquet');
      expect(await bars.exportTo(file, { compression })).to.equal(3);
      const found = await db.query(sql`select distinct lower(compression) as name from parquet_metadata(${file})`);
      expect(found).to.deep.equal([{ name: compression === 'none' ? 'uncompressed' : compression === 'lz4' ? 'lz4_raw' : compression }]); // prettier-ignore
    }
  });

  it('writes what raw SQL asks for', async () => {
    const file = join(folder, 'raw.ndjson');
    const query = sql`select id, close * ${2} as twice, 5::hugeint as huge from ${Bar} where id < ${3} order by id desc; -- all`;
    expect(await db.exportTo(query, file)).to.equal(2);
    expect(text('raw.ndjson')).to.equal('{"id":2,"twice":null,"huge":"5"}\n{"id":1,"twice":"3.00","huge":"5"}\n');
    await failure(db.exportTo(sql`select 1 as a, 2 as A`, file), 'E_QUERY');
    await failure(db.exportTo(sql`delete from ${Bar}`, file), 'E_QUERY');
    await failure(db.exportTo(sql`select 1) to '/dev/null'; delete from ${Bar}; --`, file), 'E_QUERY');
    await failure(db.exportTo('select 1' as never, file), 'E_QUERY');
    expect(await db.repository(Bar).count()).to.equal(3);
    expect(listed()).to.deep.equal(['raw.ndjson']);
  });

  it('writes several files into a folder', async () => {
    const bars = db.repository(Bar);
    expect(await bars.exportTo(join(folder, 'many', '*.parquet'))).to.equal(3);
    expect(listed(join(folder, 'many'))).to.deep.equal(['data_0.parquet']);
    expect(await bars.exportTo(join(folder, 'days', 'day-*.csv.gz'))).to.equal(3);
    expect(listed(join(folder, 'days'))).to.deep.equal(['day-0.csv.gz']);
    expect(await db.query(sql`select count(*)::integer as n from read_csv(${join(folder, 'days', '*.gz')})`)).to.deep.equal([{ n: 3 }]); // prettier-ignore
  });

  it('writes a folder for each value of the columns of partitionBy', async () => {
    const bars = db.repository(Bar);
    const cases: [string, object][] = [
      ['one', { format: 'parquet' }],
      ['two/*.parquet', {}],
    ];
    for (const [path, options] of cases) {
      expect(await bars.exportTo(join(folder, path), { partitionBy: ['tickerName'], ...options })).to.equal(3);
      expect(listed(join(folder, path.slice(0, 3)))).to.deep.equal(["ticker_name=a", 'ticker_name=a/data_0.parquet', "ticker_name=b%27", "ticker_name=b%27/data_0.parquet", 'ticker_name=c%3B%22', 'ticker_name=c%3B%22/data_0.parquet'].toSorted()); // prettier-ignore
    }
    const other = await openManager({ entities: [Bar] });
    expect(await other.repository(Bar).importFrom(join(folder, 'one/**/*.parquet'))).to.equal(3);
    expect(await other.repository(Bar).find({ orderBy: { id: 'asc' } })).to.deep.equal(await bars.find({ orderBy: { id: 'asc' } })); // prettier-ignore
    expect((await failure(bars.exportTo(join(folder, 'x.parquet'), { partitionBy: ['id'] }), 'E_CONFIG')).message).to.include("'" + join(folder, '*.parquet') + "'"); // prettier-ignore
    await failure(bars.exportTo(join(folder, 'y'), { partitionBy: ['id'], select: ['id'], format: 'csv' }), 'E_QUERY');
    await failure(bars.exportTo(join(folder, 'y'), { partitionBy: ['id'], select: ['close'], format: 'csv' }), 'E_QUERY'); // prettier-ignore
    await failure(bars.exportTo(join(folder, 'y'), { partitionBy: [], format: 'csv' }), 'E_CONFIG');
    expect((await failure(bars.exportTo(join(folder, '*.json'), { partitionBy: ['id'] }), 'E_UNSUPPORTED')).message).to.include('no folders of JSON'); // prettier-ignore
    expect(await bars.exportTo(join(folder, 'lines', 'l-*.jsonl'))).to.equal(3);
    expect(listed(join(folder, 'lines'))).to.deep.equal(['l-0.jsonl']);
    await failure(bars.exportTo(join(folder, 'y'), { partitionBy: ['nope'], format: 'csv' } as never), 'E_QUERY');
  });

  it('refuses texts that a folder would have for NULL, and loses no row', async () => {
    const folders = join(folder, 'nulls');
    for (const format of ['parquet', 'csv'])
      for (const type of ['varchar', 'blob', 'json', `enum('NULL', 'null', 'Null', '__HIVE_DEFAULT_PARTITION__')`])
        for (const value of ['NULL', 'null', 'Null', '__HIVE_DEFAULT_PARTITION__'].slice(type === 'json' ? 1 : 0, type === 'json' ? 2 : 4)) {
          const query = sql`select i, case i when 0 then null else ${sql.raw(`'${value}'::${type}`)} end as "k'" from range(3) t(i)`;
          const error = await failure(db.exportTo(query, join(folders, `*.${format}`), { partitionBy: ["k'"] }), 'E_UNSUPPORTED');
          expect(error.message).to.match(/^exportTo: partitionBy: "k'" holds a text such as 'NULL'/);
          expect(error.details).to.deep.equal({ columns: ["k'"] });
        }
    expect(listed()).to.deep.equal([]);
    const query = sql`select i, [null, '', 'null ', 'NULLs'][i] as k from range(1, 5) t(i)`;
    expect(await db.exportTo(query, join(folders, '*.parquet'), { partitionBy: ['k'] })).to.equal(4);
    expect(await db.query(sql`select k from read_parquet(${join(folders, '**', '*.parquet')}, hive_types_autocast=false) order by i`)).to.deep.equal([null, '', 'null ', 'NULLs'].map((k) => ({ k })));
  }); // prettier-ignore

  it('replaces a file when the new one is complete, and a folder where told to', async () => {
    const bars = db.repository(Bar);
    const file = join(folder, 'a.csv');
    writeFileSync(file, 'old');
    await failure(bars.exportTo(file, { overwrite: false }), 'E_CONFIG');
    await failure(db.exportTo(sql`select error('late') from ${Bar} where id = 3`, file), 'E_QUERY');
    await failure(db.exportTo(sql`select i, error('late' || i)::integer as e from range(100000) t(i) where i > 90000`, file), 'E_QUERY'); // prettier-ignore
    expect([text('a.csv'), listed()]).to.deep.equal(['old', ['a.csv']]);
    symlinkSync(file, join(folder, 'link.csv'));
    await bars.exportTo(join(folder, 'link.csv'), { select: ['id'] });
    expect([text('a.csv'), lstatSync(join(folder, 'link.csv')).isSymbolicLink()]).to.deep.equal(['id\n1\n2\n3\n', true]); // prettier-ignore
    const many = join(folder, 'many', '*.csv');
    await bars.exportTo(many);
    await bars.exportTo(many).catch(() => {});
    expect((await failure(bars.exportTo(many), 'E_CONFIG')).message).to.include('is not empty');
    await bars.exportTo(many, { overwrite: true, limit: 1, select: ['id'] });
    expect(text('many', 'data_0.csv')).to.equal('id\n1\n');
    writeFileSync(join(folder, 'many', 'diary.txt'), 'mine');
    expect((await failure(bars.exportTo(many, { overwrite: true }), 'E_CONFIG')).message).to.include('"diary.txt"');
    mkdirSync(join(folder, 'empty'));
    expect(await bars.exportTo(join(folder, 'empty', '*.csv'))).to.equal(3);
    expect(listed().filter((name) => name.includes('tmp'))).to.deep.equal([]);
  });

  it('puts files into the folder that is there, which stays the same one', async () => {
    const bars = db.repository(Bar);
    const place = join(folder, 'days');
    mkdirSync(place);
    chmodSync(place, 0o2770);
    const before = statSync(place);
    const days = join(place, 'day-*.csv');
    const from = process.cwd();
    process.chdir(place);
    try {
      await bars.exportTo('day-*.csv', { select: ['id'] });
      writeFileSync(join(place, 'day-1.csv'), 'of two threads');
      await bars.exportTo(days, { select: ['tickerName'], overwrite: true });
      expect(process.cwd()).to.equal(place);
    } finally {
      process.chdir(from);
    }
    expect([listed(), text('days', 'day-0.csv')]).to.deep.equal([['days', 'days/day-0.csv'], NAMES]);
    const { ino, mode } = statSync(place);
    expect({ ino, mode }).to.deep.equal({ ino: before.ino, mode: before.mode });
    // nothing but the names that DuckDB numbers without a gap
    for (const name of ['day-20240101.csv', 'day-2.csv', 'day-01.csv', 'day-a.csv', 'data_1.csv', 'day-1.CSV', 'x', 'k=1/day-1.csv', 'k=1/day-0.csv/day-0.csv']) {
      mkdirSync(dirname(join(place, name)), { recursive: true });
      writeFileSync(join(place, name), 'mine');
      expect((await failure(bars.exportTo(days, { overwrite: true }), 'E_CONFIG')).message, name).to.match(/holds ".*", which no export to it has made/);
      expect(text('days', name)).to.equal('mine');
      rmSync(join(place, name.startsWith('k') ? 'k=1' : name), { recursive: true });
    }
    expect(text('days', 'day-0.csv')).to.equal(NAMES);
    // what a killed one left is neither in the way nor removed
    const left = '.days.00000000-0000-4000-8000-000000000000.tmp.old';
    mkdirSync(join(place, left));
    await bars.exportTo(days, { partitionBy: ['id'], overwrite: true });
    await failure(db.exportTo(sql`select error('late') from ${Bar}`, days, { overwrite: true }));
    expect(listed(place).filter((name) => name.includes('.'))).to.deep.equal([left, ...[1, 2, 3].map((id) => `id=${id}/day-0.csv`)]);
    const file = join(folder, 'a.csv');
    writeFileSync(file, 'old');
    chmodSync(file, 0o640);
    await bars.exportTo(file);
    expect(statSync(file).mode & 0o777).to.equal(0o640);
  }); // prettier-ignore

  it('takes a mount for the folder it is, and says where one is in the way', async function () {
    using disk = smallDisk(4);
    if (disk === undefined) this.skip();
    const bars = db.repository(Bar);
    const many = join(disk.folder, '*.csv');
    for (const select of [['id'], ['tickerName']] as const) await bars.exportTo(many, { select, overwrite: true });
    expect([listed(disk.folder), readFileSync(join(disk.folder, 'data_0.csv'), 'utf8')]).to.deep.equal([['data_0.csv'], NAMES]); // prettier-ignore
    await failure(db.exportTo(sql`select error('late') from ${Bar}`, many, { overwrite: true }), 'E_QUERY');
    expect(listed(disk.folder)).to.deep.equal(['data_0.csv']);
    const file = join(folder, 'bound.csv');
    writeFileSync(file, 'old');
    execFileSync('mount', ['--bind', join(disk.folder, 'data_0.csv'), file]);
    try {
      expect((await failure(bars.exportTo(file), 'E_CONFIG')).message).to.equal(`exportTo: ${file} cannot be written: it is in use, such as a mount. Choose another name beside it.`); // prettier-ignore
    } finally {
      execFileSync('umount', [file]);
    }
    disk.remount('ro');
    await failure(bars.exportTo(many, { overwrite: true }), 'E_READ_ONLY');
    await failure(bars.exportTo(join(disk.folder, 'b.csv')), 'E_READ_ONLY');
    expect(listed()).to.deep.equal(['bound.csv']);
  });

  it('says what is wrong with a place', async () => {
    const bars = db.repository(Bar);
    mkdirSync(join(folder, 'dir.csv'));
    mkdirSync(join(folder, 'locked'));
    writeFileSync(join(folder, 'file'), '');
    const cases: [unknown, object, string, string][] = [
      [join(folder, 'no', 'a.csv'), {}, 'E_NOT_FOUND', 'Make it first'], [join(folder, 'dir.csv'), {}, 'E_CONFIG', 'is no file'], ['/dev/null', { format: 'csv' }, 'E_CONFIG', 'is no file'],
      [join(folder, 'file', 'a.csv'), {}, 'E_NOT_FOUND', 'no folder'], [join(folder, 'file', 'a', 'b.csv'), {}, 'E_NOT_FOUND', 'no folder'], [join(folder, 'file', '*.csv'), {}, 'E_CONFIG', 'is a file'],
      [join(folder, 'a.xls'), {}, 'E_CONFIG', 'does not tell the format'], [join(folder, 'a.parquet.gz'), {}, 'E_CONFIG', 'Parquet compresses by itself'],
      [join(folder, 'a.csv'), { compression: 'snappy' }, 'E_CONFIG', "'gzip', 'zstd', 'none'"], [join(folder, 'a.parquet'), { delimiter: ';' }, 'E_CONFIG', 'are for CSV'],
      [join(folder, `${'x'.repeat(252)}.csv`), {}, 'E_CONFIG', 'longer than a name'], [join(folder, 'x'.repeat(256), 'a.csv'), {}, 'E_CONFIG', 'longer than a name'],
      [join(folder, 'a*b*.csv'), {}, 'E_CONFIG', 'one *'], ['', {}, 'E_CONFIG', 'give the path'], ['a\0.csv', {}, 'E_CONFIG', 'NUL'], ['https://x/y.csv', {}, 'E_CONFIG', 'URL'], [undefined, {}, 'E_CONFIG', 'give the path'],
      [join(folder, 'a.csv'), { overwrite: 1 }, 'E_CONFIG', 'true or false'], [join(folder, 'a.csv'), { nope: 1 }, 'E_QUERY', "no option 'nope'"], [join(folder, 'a.csv'), { cache: false }, 'E_QUERY', "no option 'cache'"],
    ]; // prettier-ignore
    for (const [path, options, code, says] of cases) {
      const error = await failure(bars.exportTo(path as string, options));
      expect(`${error.code} ${error.message}`, String(path)).to.match(new RegExp(`^${code} [\\s\\S]*${says.replace('*', '\\*')}`)); // prettier-ignore
    }
    const long = sql`select repeat('x', 300) as k, 1 as v`;
    expect((await failure(db.exportTo(long, join(folder, 'y', '*.csv'), { partitionBy: ['k'] }), 'E_CONFIG')).message).to.include('Choose a shorter name'); // prettier-ignore
    expect((await failure(db.repository(Either).exportTo(join(folder, 'a.csv')), 'E_UNSUPPORTED')).message).to.include('"either" is UNION'); // prettier-ignore
    if (process.getuid?.() !== 0) {
      chmodSync(join(folder, 'locked'), 0o500);
      expect((await failure(bars.exportTo(join(folder, 'locked', 'a.csv')), 'E_PERMISSION')).message).to.include(join(folder, 'locked', 'a.csv')); // prettier-ignore
    }
    expect(listed()).to.deep.equal(['dir.csv', 'file', 'locked']);
  });

  it('never writes over the database', async () => {
    const path = scratchPath();
    const own = await openManager({ path, entities: [Bar] });
    for (const file of [path, `${path}.wal`])
      expect((await failure(own.repository(Bar).exportTo(file, { format: 'csv' }), 'E_CONFIG')).message).to.include('is the database itself'); // prettier-ignore
  });

  it('takes hostile names as they are', async () => {
    const names = [`${'漢'.repeat(83)}.csv`, `it's'); drop table export_bar; --.csv`, '"q".csv', 'a[1]?.csv', 'ü語😀\n\t.csv', '$1 ${x} %s.csv', ' .csv', 'a\\b.csv', '{i}.csv', '~.csv']; // prettier-ignore
    for (const name of names) expect(await db.repository(Bar).exportTo(join(folder, name)), name).to.equal(3);
    expect(listed()).to.deep.equal([...names].toSorted());
    expect(await db.repository(Bar).count()).to.equal(3);
  });

  it('sees what the transaction around it has written', async () => {
    const bars = db.repository(Bar);
    await db.transaction(async () => {
      await bars.insert({ id: 4, tickerName: 'd' });
      expect(await bars.exportTo(join(folder, 'a.csv'))).to.equal(4);
    });
  });

  it('stops by its timeout and signal, and leaves nothing', async () => {
    const slow = sql`select i, md5(i::varchar) as h from range(100000000) t(i)`;
    const file = join(folder, 'slow.csv');
    await failure(db.exportTo(slow, file, { timeout: '200ms' }), 'E_TIMEOUT');
    const stop = new AbortController();
    const running = db.exportTo(slow, file, { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await failure(running, 'E_ABORTED');
    await failure(db.exportTo(slow, join(folder, 'slow', '*.parquet'), { timeout: '200ms' }), 'E_TIMEOUT');
    expect(listed()).to.deep.equal([]);
  });

  it('leaves nothing where the disk is full, and the old file as it was', async function () {
    using disk = smallDisk(4);
    if (disk === undefined) this.skip();
    const file = join(disk.folder, 'a.csv');
    writeFileSync(file, 'old');
    const error = await failure(db.exportTo(sql`select md5(i::varchar) as h from range(1000000) t(i)`, file));
    expect(error.code, error.message).to.equal('E_DISK_FULL');
    expect(error.message).to.include(`"${file}"`);
    expect([readFileSync(file, 'utf8'), listed(disk.folder)]).to.deep.equal(['old', ['a.csv']]);
  });

  it('is refused by a secure manager before anything happens', async () => {
    const secure = await openManager({ entities: [Bar], secure: true });
    const file = join(folder, 'a.csv');
    for (const work of [secure.repository(Bar).exportTo(file), secure.exportTo(sql`select 1 as a`, file)])
      expect((await failure(work, 'E_PERMISSION')).message).to.include('without secure: true');
    expect(existsSync(file)).to.equal(false);
  });
});
