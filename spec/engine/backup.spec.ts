import { existsSync, linkSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, sql, type BaseDuckDBManager, type Fragment } from '@mysingle/database';
import { EVERY_KIND, EveryKind, Parent, QualifiedLine, QualifiedOrder } from '../support/every-kind.js';
import { startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchFolder, scratchPath } from '../support/scratch.js';

@Table('counted')
class Counted {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') half!: number;
}

/** Whatever DuckDB's catalog tells of a database, but for numbers of its own, and its expressions without their spelling. */
const CATALOG: readonly Fragment[] = [
  sql`select schema_name, table_name, comment, has_primary_key, column_count, index_count, check_constraint_count from duckdb_tables() where database_name = current_database()`,
  sql`select schema_name, view_name, sql, comment from duckdb_views() where database_name = current_database() and not internal`,
  sql`select schema_name, table_name, index_name, is_unique, sql, comment from duckdb_indexes() where database_name = current_database()`,
  sql`select schema_name, sequence_name, increment_by, min_value, max_value, cycle, comment from duckdb_sequences() where database_name = current_database()`,
  sql`select schema_name, type_name, labels, logical_type, comment from duckdb_types() where database_name = current_database() and not internal`,
  sql`select schema_name, function_name, parameters, macro_definition from duckdb_functions() where database_name = current_database() and not internal`,
  sql`select schema_name, table_name, column_name, data_type, is_nullable, comment, replace(replace(replace(column_default, '"', ''), ' ', ''), 'BIT(1)', 'BIT') as d from duckdb_columns() where database_name = current_database() and not internal`,
  sql`select schema_name, table_name, constraint_type, constraint_column_names, referenced_table, referenced_column_names, constraint_name from duckdb_constraints() where database_name = current_database()`,
];

async function catalog(db: BaseDuckDBManager): Promise<unknown> {
  const all: string[][] = [];
  for (const query of CATALOG) {
    const rows = await db.query(query);
    all.push(
      rows
        .map((row) =>
          JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
        )
        .toSorted((a, b) => a.localeCompare(b)),
    );
  }
  return all;
}

const MORE = [
  `create view "v; w" as select code, 'it''s' as x from parents`,
  `comment on view "v; w" is 'a "view"'`,
  `create view before_its_own as select * from "v; w"`,
  'create macro plus(a, b) as a + b',
  'create macro twice(a) as table select a * 2 as b',
  `create type money as decimal(10, 2)`,
  'create sequence stepping start 100 increment 5 maxvalue 200 cycle',
  'create sequence untouched start 50',
  'create sequence used_up maxvalue 2',
  'create sequence down start -1 increment -1 minvalue -30 maxvalue 1',
  "create table defaults (a money default plus(1, 2), b integer default (nextval('stepping')))",
  'create index on_expression on parents (lower(code))',
  'create schema empty_one',
  'create table no_rows (n integer)',
  'create table late (id integer primary key)',
  'create table early (id integer references late (id), "Rowid" varchar)',
  `insert into late values (1)`,
];

async function filled(options: { path?: string; secure?: boolean } = {}): Promise<BaseDuckDBManager> {
  const db = await openManager({ entities: EVERY_KIND, ...options });
  for (const [id, upId] of [[1, null], [2, 1], [3, 2], [4, 3], [5, 1], [6, null], [7, 6]] as const)
    await db.repository(Parent).insert({ id, code: `c${id}`, upId }); // prettier-ignore
  for (let n = 0; n < 3; n += 1)
    await db.repository(EveryKind).insert({ part: n, order: `o${n}`, parentId: n + 1, parentCode: 'c4' });
  const order = await db.repository(QualifiedOrder).insert({});
  await db.repository(QualifiedLine).insert({ id: 1, orderId: order.selectId });
  for (const statement of MORE) await db.execute(sql.raw(statement));
  await db.execute(sql`insert into early values (1, 'x')`);
  await db.query(sql`select nextval('stepping'), nextval('used_up'), nextval('down') from range(2)`);
  await db.storeCacheData('key', { kept: 'ü' });
  return db;
}

async function plain<T>(path: string, work: (run: (text: string) => Promise<unknown[][]>) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  try {
    return await work(async (text) => (await connection.runAndReadAll(text)).getRows());
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe('backup', () => {
  it('copies everything there is, rows and catalog, with sequences as they are, for the manager and for DuckDB alone', async () => {
    const db = await filled({ path: scratchPath() });
    const [before, rows] = [await catalog(db), await db.repository(EveryKind).find()];
    const target = join(scratchFolder(), 'made', `it's; "a" %s\n語.duckdb`);
    await db.backup(target);
    expect(readdirSync(dirname(target))).to.deep.equal([basename(target)]);
    await plain(target, async (run) => {
      expect(await run('select code from "v; w" order by code limit 1')).to.deep.equal([['c1']]);
      await run(`insert into parents values (8, 'c8', 4)`);
      await run('delete from parents where id = 8');
    });
    // no drift, no missing object
    const copy = await openManager({ path: target, entities: EVERY_KIND, schema: 'verify' });
    expect(await catalog(copy)).to.deep.equal(before);
    expect(await copy.repository(EveryKind).find()).to.deep.equal(rows);
    expect(await copy.query(sql`select id, up_id from parents order by id`)).to.deep.equal(
      await db.query(sql`select id, up_id from parents order by id`),
    );
    expect(await copy.getCacheData('key')).to.deep.equal({ kept: 'ü' });
    for (const name of ['stepping', 'untouched', 'down', "serial; it's 語".replaceAll("'", "''")].map(
      (each) => `"${each}"`,
    )) {
      const next = sql.raw(`select nextval('${name}') as n`);
      expect(await copy.query(next), name).to.deep.equal(await db.query(next));
    }
    await failure(copy.query(sql`select nextval('used_up')`));
    await failure(copy.execute(sql`insert into parents values (9, 'c1', null)`), 'E_UNIQUE');
    await failure(copy.execute(sql`insert into parents values (9, 'c9', 99)`), 'E_FOREIGN_KEY');
    await failure(copy.execute(sql`insert into early values (99, '')`), 'E_FOREIGN_KEY');
    await copy.repository(EveryKind).insert({ part: 77, order: 'new', parentId: 1 });
    await copy.repository(QualifiedOrder).insert({});
  });

  it('is one moment of the database while others write, and stops nobody', async () => {
    const path = scratchPath();
    const db = await openManager({ path, entities: [Counted] });
    const counted = db.repository(Counted);
    await counted.insertMany(Array.from({ length: 50_000 }, (_row, id) => ({ id, half: 0 })));
    const going = { on: true };
    let writes = 0;
    const writing = (async () => {
      for (; going.on; writes += 1)
        // two rows at a time, and a sum that never changes
        await db.transaction(async () => {
          await counted.insertMany([{ id: 100_000 + writes * 2, half: 1 }, { id: 100_001 + writes * 2, half: -1 }]); // prettier-ignore
          await counted.update({ id: writes % 50_000 }, { half: 0 });
        });
    })();
    const folder = scratchFolder();
    for (let round = 0; round < 4; round += 1) await db.backup(join(folder, `${round}.duckdb`));
    const during = writes;
    going.on = false;
    await writing;
    expect(during).to.be.greaterThan(0);
    for (let round = 0; round < 4; round += 1)
      await plain(join(folder, `${round}.duckdb`), async (run) => {
        const [[count, sum] = []] = await run('select count(*)::int, sum(half)::int from counted');
        expect((count as number) % 2).to.equal(0);
        expect(sum).to.equal(0);
      });
    // the file's lock is the process's still
    const other = await startChild(`
      import { DuckDBInstance } from '@duckdb/node-api';
      await DuckDBInstance.create(${JSON.stringify(path)}).then(() => console.log('open'), () => console.log('locked'));`);
    expect((await other.ended).lines).to.deep.equal(['locked']);
  });

  it('drops what the cache of the copy cannot know to be true', async () => {
    const path = scratchPath();
    const db = await openManager({ path, entities: [Counted] });
    await db.cache.getOrLoad('n', { ttl: '1h' }, () => db.repository(Counted).count());
    await db.repository(Counted).insert({ id: 1, half: 1 });
    const target = scratchPath();
    await db.backup(target);
    const copy = await openManager({ path: target, entities: [Counted] });
    expect(await copy.cache.getOrLoad('n', { ttl: '1h' }, () => copy.repository(Counted).count())).to.equal(1);
  });

  for (const [mode, from] of [
    ['memory', async () => filled()],
    ['secure file', async () => filled({ path: scratchPath(), secure: true })],
    [
      'readonly',
      async () => {
        const path = scratchPath();
        await (await filled({ path })).close();
        return openManager({ path, readOnly: true, entities: EVERY_KIND });
      },
    ],
    [
      'secure readonly',
      async () => {
        const path = scratchPath();
        await (await filled({ path })).close();
        return openManager({ path, readOnly: true, secure: true, entities: EVERY_KIND });
      },
    ],
  ] as const)
    // prettier-ignore
    it(`works for a database of mode ${mode}`, async () => {
      const db = await from();
      const target = scratchPath();
      await db.backup(target);
      const copy = await openManager({ path: target, entities: EVERY_KIND, schema: 'verify' });
      expect(await catalog(copy)).to.deep.equal(await catalog(db));
      expect(await copy.repository(Parent).count()).to.equal(7);
      expect(readdirSync(dirname(target)).filter((name) => name.includes('backup'))).to.deep.equal([]);
      if (db.dbPath !== ':memory:')
        expect(readdirSync(dirname(db.dbPath)).filter((name) => name.includes('backup'))).to.deep.equal([]);
    });

  it('is refused to a secure database in memory, which may touch no file', async () => {
    const db = await openManager({ secure: true });
    const target = scratchPath();
    await failure(db.backup(target), 'E_PERMISSION');
    expect(existsSync(target)).to.equal(false);
  });

  it('keeps the storage version, and with it types of later ones', async () => {
    const path = scratchPath();
    await plain(path, async (run) => {
      await run(`attach '${path}2' as later (storage_version 'v1.5.0')`);
      await run('create table later.v (v variant)');
      await run(`insert into later.v values (1::variant), ('x'::variant)`);
    });
    const db = await openManager({ path: `${path}2` });
    await db.backup(`${path}3`);
    const copy = await openManager({ path: `${path}3` });
    expect(await copy.query(sql`select v::varchar as v from v`)).to.deep.equal([{ v: '1' }, { v: 'x' }]);
  });

  it('refuses a target that is there, unless told to replace a database', async () => {
    const db = await filled({ path: scratchPath() });
    const target = scratchPath();
    await db.backup(target);
    const error = await failure(db.backup(target), 'E_CONFIG');
    expect(error.message).to.contain(`${target} exists`).and.contain('{ overwrite: true }');
    await db.execute(sql`delete from "Sales; it's eu".lines`);
    await db.backup(target, { overwrite: true });
    await plain(target, async (run) => expect(await run(`select * from "Sales; it's eu".lines`)).to.deep.equal([]));
    const other = join(dirname(target), 'notes.txt');
    writeFileSync(other, 'years of work');
    expect((await failure(db.backup(other, { overwrite: true }), 'E_CONFIG')).message).to.contain(
      'is no DuckDB database',
    );
    const folder = join(dirname(target), 'folder');
    mkdirSync(folder);
    await failure(db.backup(folder, { overwrite: true }), 'E_CONFIG');
    writeFileSync(`${target}2.wal`, '');
    expect((await failure(db.backup(`${target}2`), 'E_CONFIG')).message).to.contain('.wal is there');
  });

  it('refuses the database itself, by whatever name, and what else this process has open', async () => {
    const path = scratchPath();
    const db = await filled({ path });
    const [link, hard] = [join(dirname(path), 'link'), join(dirname(path), 'hard')];
    symlinkSync(path, link);
    linkSync(path, hard);
    for (const target of [path, link, hard, `${path}.wal`, join(dirname(path), '.', basename(path))]) {
      const error = await failure(db.backup(target, { overwrite: true }), 'E_CONFIG');
      expect(error.message, target).to.match(/the database itself|open in this process|is there/);
    }
    const elsewhere = scratchPath();
    for (const end of ['.wal', '.wal.checkpoint', '.wal.recovery', '.fallback-1-0123456789ab']) {
      const error = await failure(db.backup(`${elsewhere}${end}`), 'E_CONFIG');
      expect(error.message).to.contain('DuckDB or a fallback would take it for');
      expect(existsSync(`${elsewhere}${end}`)).to.equal(false);
    }
    // where DuckDB spills to
    await failure(db.backup(`${path}.tmp`), 'E_CONFIG');
    const other = await openManager({ path: scratchPath() });
    await failure(db.backup(other.dbPath, { overwrite: true }), 'E_CONFIG');
    for (const wrong of ['', '  ', ':memory:', 'a\0b', 7 as never, 's3://bucket/x'])
      await failure(db.backup(wrong), 'E_CONFIG');
    await failure(db.backup(scratchPath(), { overwritten: true } as never), 'E_CONFIG');
    await failure(db.backup(scratchPath(), { overwrite: 'yes' as never }), 'E_CONFIG');
    expect(await db.repository(Parent).count()).to.equal(7);
  });

  it('is no part of a transaction, and of no use after close', async () => {
    const db = await filled();
    const target = scratchPath();
    const error = await failure(
      db.transaction(() => db.backup(target)),
      'E_CONFIG',
    );
    expect(error.message).to.contain('outside of transaction()');
    await db.close();
    await failure(db.backup(target), 'E_CLOSED');
    expect(existsSync(target)).to.equal(false);
  });

  it('ended by close(), leaves nothing behind', async () => {
    const db = await openManager({ path: scratchPath(), entities: [Counted] });
    await db.execute(sql`insert into counted select i, 0 from range(2000000) r(i)`);
    const target = scratchPath();
    const error = failure(db.backup(target));
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await db.close();
    expect(['E_ABORTED', 'E_CLOSED', 'E_TX_ABORTED']).to.include((await error).code);
    expect(readdirSync(dirname(target))).to.deep.equal([]);
  });

  it('killed half way, leaves no file of that name', async () => {
    const path = scratchPath();
    const target = scratchPath();
    await using child = await startChild(`
      import { BaseDuckDBManager, sql } from '@mysingle/database';
      const db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, logger: false });
      await db.execute(sql\`create table t as select i, md5(i::varchar) as s from range(3000000) r(i)\`);
      const backup = db.backup(${JSON.stringify(target)});
      setTimeout(() => console.log('ready'), 0);
      await backup; console.log('done');`);
    await child.kill();
    expect((await child.ended).lines).to.deep.equal(['ready']);
    expect(existsSync(target)).to.equal(false);
    const db = await openManager({ path });
    await db.backup(target);
    await plain(target, async (run) => expect(await run('select count(*)::int from t')).to.deep.equal([[3_000_000]]));
  });
});
