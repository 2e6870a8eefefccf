// What goes wrong outside of the program: each is an error with a code, of what happened and what to do; nothing that was
// acknowledged is lost, and the manager can be used again.
import {
  chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync,
} from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it, type Context } from 'mocha';
import { BaseDuckDBManager, Column, Table, sql, type ErrorCode } from '@mysingle/database';
import { startChild } from '../support/child.js';
import { smallDisk, type Disk } from '../support/disk.js';
import { failure } from '../support/failure.js';
import { openManager, scratchFolder, scratchPath } from '../support/scratch.js';

@Table('rows')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') text!: string;
}

const rows = (from: number, count: number): { id: number; text: string }[] =>
  Array.from({ length: count }, (_row, index) => ({ id: from + index, text: `${from + index}`.repeat(40) }));

function disk(test: Context, megabytes: number): Disk {
  const made = smallDisk(megabytes);
  // root alone may mount
  return made ?? test.skip();
}

/** A database with rows 0 to 9 in its file. */
async function written(path = scratchPath()): Promise<string> {
  const db = await openManager({ path, entities: [Row] });
  await db.repository(Row).insertMany(rows(0, 10));
  await db.close();
  return path;
}

/** Leaves the log beside the file, as a killed process does: rows 10 and 11, each its own commit. */
async function killed(path: string): Promise<void> {
  await using child = await startChild(`
    import { BaseDuckDBManager, sql } from '@mysingle/database';
    globalThis.db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, logger: false });
    for (const id of [10, 11]) await db.execute(sql\`insert into rows values (\${id}, 'x')\`);
    console.log('ready'); setInterval(() => {}, 1000);`);
  await child.kill();
}

describe('a full disk', () => {
  it('at commit rolls back, is E_DISK_FULL, and leaves a database that goes on', async function () {
    using small = disk(this, 8);
    const path = join(small.folder, 'test.duckdb');
    // so that the log fills the disk, and no checkpoint does
    const db = await openManager({ path, entities: [Row], settings: { checkpoint_threshold: '1GB' } });
    const repository = db.repository(Row);
    await repository.insertMany(rows(0, 100));
    writeFileSync(join(small.folder, 'ballast'), Buffer.alloc(5 * 2 ** 20));
    let acknowledged = 100;
    const full = await failure(async () => {
      for (; acknowledged < 1_000_000; acknowledged += 2_000)
        await db.transaction(() => repository.insertMany(rows(acknowledged, 2_000)));
    }, 'E_DISK_FULL');
    expect(full.message).to.contain('No space left on device').and.contain('Free some space');
    expect(full.retryable).to.equal(false);
    // rolled back as a whole
    expect(await repository.count()).to.equal(acknowledged);
    const single = await failure(async () => {
      for (let id = 2_000_000; id < 2_001_000; id += 1) await repository.insert({ id, text: 'y'.repeat(100_000) });
    }, 'E_DISK_FULL');
    expect(single.details).to.have.property('path');
    const counted = await repository.count();
    rmSync(join(small.folder, 'ballast'));
    await repository.insertMany(rows(3_000_000, 10));
    expect(await repository.count()).to.equal(counted + 10);
    await db.close();
    const again = await openManager({ path, entities: [Row] });
    expect(await again.repository(Row).count()).to.equal(counted + 10);
    await again.close();
  });

  it('under a backup leaves nothing of it, and the database alone', async function () {
    using small = disk(this, 2);
    const path = await written();
    for (const secure of [false, true]) {
      const db = await openManager({ path, entities: [Row], secure });
      if (!secure)
        await db.execute(sql`insert into rows select i, md5(i::varchar) || random() from range(100, 100000) r(i)`);
      const error = await failure(db.backup(join(small.folder, 'copy.duckdb')), 'E_DISK_FULL');
      expect(error.message).to.contain('nothing of this attempt is left');
      expect(readdirSync(small.folder)).to.deep.equal([]);
      expect(await db.repository(Row).count()).to.equal(99_910);
      const target = scratchPath();
      await db.backup(target);
      await db.execute(sql`delete from rows where id >= 100`);
      await db.backup(join(small.folder, `small ${secure}.duckdb`));
      await db.execute(sql`insert into rows select i, md5(i::varchar) || random() from range(100, 100000) r(i)`);
      rmSync(join(small.folder, `small ${secure}.duckdb`));
      await db.close();
    }
  });
});

describe('the memory limit', () => {
  it('is E_OUT_OF_MEMORY, rolls back, and leaves a manager that goes on', async () => {
    const db = await openManager({ path: await written(), entities: [Row], settings: { memory_limit: '30MB', threads: 1, temp_directory: '' } }); // prettier-ignore
    const error = await failure(
      db.transaction(async () => {
        await db.repository(Row).insert({ id: 50, text: 'x' });
        await db.query(
          sql`select list(s order by s) from (select repeat('x', 100) || i as s from range(2000000) r(i))`,
        );
      }),
      'E_OUT_OF_MEMORY',
    );
    expect(error.message).to.contain('memory_limit');
    expect(await db.repository(Row).count()).to.equal(10);
    await db.repository(Row).insert({ id: 50, text: 'x' });
    expect(await db.repository(Row).count()).to.equal(11);
  });
});

describe('a file that is no database of this version', () => {
  const put = (content: Buffer | string): ((path: string) => Promise<void>) => {
    return async (path) => writeFileSync(path, content);
  };
  const changed = (change: (content: Buffer) => Buffer): ((path: string) => Promise<void>) => {
    return async (path) => {
      await written(path);
      writeFileSync(path, change(readFileSync(path)));
    };
  };
  const poke = (offset: number, value: number) => (content: Buffer) => {
    content[offset] = value;
    return content;
  };
  /** With the check sum of the header, as DuckDB makes it, in its first 8 bytes. */
  const checked = (content: Buffer): Buffer => {
    let sum = 5381n;
    for (let offset = 8; offset < 4096; offset += 8)
      sum ^= BigInt.asUintN(64, content.readBigUInt64LE(offset) * 0xbf58476d1ce4e5b9n);
    content.writeBigUInt64LE(sum);
    return content;
  };
  const sqlite = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8192)]);
  const cases: readonly (readonly [
    what: string,
    make: (path: string) => Promise<void>,
    code: ErrorCode,
    says: RegExp,
  ])[] = [
    [
      'text',
      put('these are my notes\n'.repeat(1000)),
      'E_CORRUPT',
      /not a valid DuckDB database file. Restore a backup/,
    ],
    ['empty', put(''), 'E_CORRUPT', /not a valid DuckDB database file/],
    ['one byte', put('x'), 'E_CORRUPT', /not a valid DuckDB database file/],
    ['zeros', put(Buffer.alloc(100_000)), 'E_CORRUPT', /not a valid DuckDB database file/],
    ['SQLite', put(sqlite), 'E_CORRUPT', /not a valid DuckDB database file/],
    ['a header that was damaged', changed(poke(100, 0xff)), 'E_CORRUPT', /checksum.*Restore a backup/s],
    ['cut off', changed((content) => content.subarray(0, 9_000)), 'E_CORRUPT', /Restore a backup/],
    [
      'of a later version',
      changed((content) => checked(poke(12, 99)(content))),
      'E_UNSUPPORTED',
      /version number 99.*the DuckDB version that wrote it/s,
    ],
    ['a directory', async (path) => mkdirSync(path), 'E_CONFIG', /Is a directory/],
  ];
  for (const [what, make, code, says] of cases)
    it(`(${what}) is ${code}, not a fallback, and stays as it is`, async () => {
      const path = scratchPath();
      await make(path);
      const before = what === 'a directory' ? '' : readFileSync(path).toString('latin1');
      for (const readOnly of [false, true]) {
        const error = await failure(() => openManager({ path, readOnly, entities: [Row] }), code);
        expect(error.message).to.match(says);
        expect(error.details).to.include({ path });
      }
      if (what !== 'a directory') expect(readFileSync(path).toString('latin1') === before).to.equal(true);
      // another one works in the same process
      await (await openManager({ path: await written() })).close();
    });

  it('that is damaged in a block fails the queries that read it, and no others', async () => {
    const path = scratchPath();
    const db = await openManager({ path, entities: [Row] });
    await db.execute(sql`create table small as select 1 as n`);
    await db.execute(sql`insert into rows select i, md5(i::varchar) || md5((i + 1)::varchar) from range(50000) r(i)`);
    await db.close();
    const content = readFileSync(path);
    // the blocks of data, all of them but the first two, which are not row data
    for (let block = 12_288 + 2 * 262_144; block < content.length - 262_144 * 3; block += 262_144)
      content[block + 1000]! ^= 0xff;
    writeFileSync(path, content);
    const damaged = await openManager({ path });
    const error = await failure(damaged.query(sql`select sum(length(text)) from rows`), 'E_CORRUPT');
    expect(error.message).to.match(/checksum.*Restore a backup/s);
    expect(await damaged.query(sql`select 1 as n`)).to.deep.equal([{ n: 1 }]);
  });

  it('(not there) is E_NOT_FOUND for reading alone, and none is made', async () => {
    const path = scratchPath();
    const error = await failure(() => openManager({ path, readOnly: true }), 'E_NOT_FOUND');
    expect(error.message).to.contain(path);
    expect(existsSync(path)).to.equal(false);
  });
});

describe('the log beside the file', () => {
  const count = async (path: string): Promise<number> => {
    const db = await openManager({ path, entities: [Row] });
    const counted = await db.repository(Row).count();
    await db.close();
    return counted;
  };

  it('cut off anywhere in its last commit, as by a crash in the midst of writing, keeps all before', async () => {
    const path = await written();
    await killed(path);
    const log = readFileSync(`${path}.wal`);
    const file = readFileSync(path);
    for (const cut of [0, 1, 9, 20]) {
      const copy = scratchPath();
      writeFileSync(copy, file);
      writeFileSync(`${copy}.wal`, log.subarray(0, log.length - cut));
      expect(await count(copy), `cut by ${cut}`).to.equal(cut === 0 ? 12 : 11);
    }
    for (const length of [0, 3]) {
      const copy = scratchPath();
      writeFileSync(copy, file);
      writeFileSync(`${copy}.wal`, log.subarray(0, length));
      expect(await count(copy), `of ${length} bytes`).to.equal(10);
    }
  });

  it('damaged in the midst is E_CORRUPT, and stays', async () => {
    const path = await written();
    await killed(path);
    const log = readFileSync(`${path}.wal`);
    // the check sum of the second entry of many
    log[Math.floor(log.length / 2)]! ^= 0xff;
    writeFileSync(`${path}.wal`, log);
    const error = await failure(() => openManager({ path }), 'E_CORRUPT');
    expect(error.message).to.contain('Never delete a .wal on its own');
    expect(readFileSync(`${path}.wal`).equals(log)).to.equal(true);
  });

  for (const [what, content] of [
    ['text', Buffer.from('this is no log '.repeat(50))],
    ['zeros', Buffer.alloc(500)],
    ['a database', undefined],
  ] as const)
    it(`that is none (${what}) is E_CORRUPT: DuckDB would ignore it, and lose what the real one held`, async () => {
      const path = await written();
      writeFileSync(`${path}.wal`, content ?? readFileSync(path));
      for (const readOnly of [false, true]) {
        const error = await failure(() => openManager({ path, readOnly }), 'E_CORRUPT');
        expect(error.message).to.contain(`${path}.wal is not a log of DuckDB`);
        expect(error.details).to.deep.equal({ path: `${path}.wal` });
      }
      rmSync(`${path}.wal`);
      expect(await count(path)).to.equal(10);
    });

  it('without its database is E_CORRUPT: DuckDB would delete it', async () => {
    const path = await written();
    await killed(path);
    const kept = scratchPath();
    copyFileSync(path, kept);
    rmSync(path);
    const error = await failure(() => openManager({ path }), 'E_CORRUPT');
    expect(error.message).to.contain('is gone, but its log');
    copyFileSync(kept, path);
    expect(await count(path)).to.equal(12);
  });
});

describe('rights', () => {
  /** Opens by a process without rights, and prints what comes of it. */
  async function asNobody(test: Context, path: string, options: object, then = ''): Promise<readonly string[]> {
    if (process.getuid?.() !== 0) test.skip();
    const child = await startChild(`
      import { BaseDuckDBManager, sql } from '@mysingle/database';
      await BaseDuckDBManager.open({ path: ':memory:', logger: false }).then((db) => db.close());
      process.setgid(65534); process.setgroups([]); process.setuid(65534);
      try {
        const db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, logger: false, ...${JSON.stringify(options)} });
        console.log(db.mode);
        ${then}
      } catch (error) { console.log(error.code, error.message.replaceAll('\\n', ' ')); }
      process.exit(0);`);
    return (await child.ended).lines;
  }

  it('that are missing are E_PERMISSION with the path, for the file, the folder and the log', async function () {
    const path = await written();
    const folder = join(path, '..');
    chmodSync(folder, 0o755);
    chmodSync(path, 0o600);
    const [closed] = await asNobody(this, path, {});
    expect(closed)
      .to.match(/^E_PERMISSION .*Permission denied/)
      .and.contain(path);
    chmodSync(path, 0o644);
    expect((await asNobody(this, path, {}))[0]).to.match(/^E_PERMISSION /);
    // to read is allowed
    expect(await asNobody(this, path, { readOnly: true })).to.deep.equal(['readonly']);
    // a new file, or a new folder, where nothing may be made
    expect((await asNobody(this, join(folder, 'new.duckdb'), {}))[0]).to.match(/^E_PERMISSION /);
    expect((await asNobody(this, join(folder, 'new', 'new.duckdb'), {}))[0]).to.match(/^E_PERMISSION /);
    // the file may be written, its log may not be made
    chmodSync(path, 0o666);
    const lines = await asNobody(
      this,
      path,
      { cache: false },
      "await db.execute(sql`insert into rows values (99, 'x')`); console.log('written');",
    );
    expect(lines[0]).to.equal('file');
    expect(lines[1]).to.match(/^E_PERMISSION .*\.wal/);
    const target = join(scratchFolder(), 'copy.duckdb');
    const backup = await asNobody(this, path, { readOnly: true }, `await db.backup(${JSON.stringify(target)});`);
    expect(backup[1]).to.match(/^E_PERMISSION /);
  });

  it('to read alone, by the file system, are E_READ_ONLY, and readOnly opens it', async function () {
    using small = disk(this, 8);
    const path = await written(join(small.folder, 'test.duckdb'));
    small.remount('ro');
    const error = await failure(() => openManager({ path }), 'E_READ_ONLY');
    expect(error.message).to.contain('Read-only file system').and.contain('readOnly: true');
    expect(error.details).to.include({ path });
    await failure(() => openManager({ path: join(small.folder, 'new.duckdb') }), 'E_READ_ONLY');
    const db = await openManager({ path, entities: [Row], readOnly: true });
    expect(await db.repository(Row).count()).to.equal(10);
    await failure(db.repository(Row).insert({ id: 99, text: 'x' }), 'E_READ_ONLY');
    const backup = await failure(db.backup(join(small.folder, 'copy.duckdb')), 'E_READ_ONLY');
    expect(backup.message).to.contain('Read-only file system');
    const target = scratchPath();
    await db.backup(target);
    expect(existsSync(target)).to.equal(true);
    await db.close();
  });
});

describe('a path that cannot be', () => {
  for (const [what, make, code] of [
    [
      'under a file',
      (folder: string) => (writeFileSync(join(folder, 'file'), ''), join(folder, 'file', 'x.duckdb')),
      'E_CONFIG',
    ],
    ['with a name that is too long', (folder: string) => join(folder, 'x'.repeat(300)), 'E_CONFIG'],
  ] as const)
    // prettier-ignore
    it(`(${what}) is ${code}`, async () => {
      const error = await failure(() => BaseDuckDBManager.open({ path: make(scratchFolder()), logger: false }), code);
      expect(error.message).to.not.equal('');
    });
});
