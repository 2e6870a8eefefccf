import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Table, ddlOf, sql } from '@mysingle/database';
import { holdFile, startChild } from '../support/child.js';
import { EVERY_KIND, EveryKind, Parent, QualifiedOrder, QualifiedLine } from '../support/every-kind.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

const boot = `
  import { BaseDuckDBManager } from '@mysingle/database';
  import { EVERY_KIND } from './dist/spec/support/every-kind.js';
  const db = await BaseDuckDBManager.open({ path: PATH, entities: EVERY_KIND, logger: false });
`;
const child = (path: string, more: string): ReturnType<typeof startChild> =>
  startChild(boot.replace('PATH', JSON.stringify(path)) + more);

@Table('thing')
class Thing {
  @Column('integer', { primaryKey: true }) id!: number;
}

describe('applySchema', () => {
  it('recognises its own work of every kind, over many openings in one process', async () => {
    const path = scratchPath();
    for (let round = 0; round < 4; round += 1) {
      await using first = await BaseDuckDBManager.open({ path, entities: EVERY_KIND, logger: false });
      // the second one sees what DuckDB has not stored yet
      await using second = await BaseDuckDBManager.open({
        path,
        entities: EVERY_KIND,
        schema: 'verify',
        logger: false,
      });
      await first.repository(Parent).insert({ id: round, code: `c${round}` });
      await second.repository(EveryKind).insert({ order: `o${round}`, parentId: round, parentCode: `c${round}` });
      const order = await second.repository(QualifiedOrder).insert({});
      await first.repository(QualifiedLine).insert({ id: round, orderId: order.selectId });
    }
    const db = await openManager({ path, entities: EVERY_KIND, schema: 'verify', readOnly: true });
    expect(await db.repository(EveryKind).count()).to.equal(4);
    const row = await db.repository(EveryKind).findOneOrFail({ orderBy: { serial: 'desc' } });
    expect([row.serial, row.shared, row.product, row.shout, row.twice]).to.deep.equal([4n, 4, 0.5, 'O3', '-3.00']);
  });

  it('looks where another manager may have made something, also in memory', async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    expect(holder.pid).to.be.above(0);
    const options = { path, entities: [Thing], onLocked: 'memory', logger: false } as const;
    const both = await Promise.all([openManager(options), openManager(options)]);
    await both[0].repository(Thing).insert({ id: 1 });
    const third = await openManager({ ...options, schema: 'verify' });
    expect(await third.repository(Thing).count()).to.equal(1);
    await third.execute(sql`alter table thing add column more integer`);
    await failure(() => openManager(options), 'E_SCHEMA_DRIFT');
  });

  it('gives SQL from elsewhere the same defaults as insert', async () => {
    const db = await openManager({ entities: EVERY_KIND });
    const made = await db.repository(EveryKind).insert({ order: 'a' });
    await db.execute(sql`insert into ${EveryKind} ("order") values ('b')`);
    const other = await db.repository(EveryKind).findOneOrFail({ where: { order: 'b' } });
    const rows = [made, other].map((row) => {
      const { id, text, today, made: at, seconds, zoned } = row;
      expect([id, text].every((each) => /^[0-9a-f-]{36}$/.test(each))).to.equal(true);
      for (const time of [at, seconds, zoned]) expect(Math.abs(Date.now() - time.getTime())).to.be.below(60_000);
      expect(today.getTime() % 86_400_000).to.equal(0);
      const own = { id, text, today, made: at, seconds, zoned, serial: 0, shared: 0, order: 0, shout: 0 };
      return Object.fromEntries(Object.entries(row).filter(([property]) => !(property in own)));
    });
    expect(rows[1]).to.deep.equal(rows[0]);
  });

  it('recognises what a killed process had just created, and leaves a file that opens by itself', async () => {
    const path = scratchPath();
    await using holder = await child(path, "console.log('ready'); setInterval(() => {}, 1000);");
    await holder.kill();
    expect((await holder.ended).stderr).to.equal('');
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll('select count(*)::int from duckdb_tables()');
    expect(reader.getRows()[0]?.[0]).to.be.at.least(4);
    connection.closeSync();
    instance.closeSync();
    await openManager({ path, entities: EVERY_KIND, schema: 'verify' });
  });

  it('recognises what a killed process had written to, before any checkpoint of it', async () => {
    const path = scratchPath();
    const code = `
      import { EveryKind } from './dist/spec/support/every-kind.js';
      for (let n = 0; n < 20; n += 1) await db.repository(EveryKind).insert({ order: 'o' + n });
      console.log('ready'); setInterval(() => {}, 1000);`;
    await using holder = await child(path, code);
    await holder.kill();
    const db = await openManager({ path, entities: EVERY_KIND, schema: 'verify' });
    expect(await db.repository(EveryKind).count()).to.equal(20);
  });

  it('lets several managers boot on one new file at once', async () => {
    const path = scratchPath();
    const managers = await Promise.all(Array.from({ length: 4 }, () => openManager({ path, entities: EVERY_KIND })));
    for (const [id, db] of managers.entries()) await db.repository(Parent).insert({ id, code: `c${id}` });
    expect(await managers[0]?.repository(Parent).count()).to.equal(4);
  });

  it('creates what is missing beside what is there, and nothing of it when something differs', async () => {
    const path = scratchPath();
    await using first = await BaseDuckDBManager.open({ path, entities: [Parent], logger: false });
    await first.execute(sql`create table thing (id bigint primary key)`);
    await first.close();
    const error = await failure(
      BaseDuckDBManager.open({ path, entities: [...EVERY_KIND, Thing], logger: false }),
      'E_SCHEMA_DRIFT',
    );
    expect(error.message).to.contain('table "thing": column "id" is BIGINT in the database and INTEGER in the class');
    expect(error.message).to.contain('Nothing was changed');
    const db = await openManager({ path });
    const tables = await db.query<{ name: string }>(
      sql`select table_name as name from duckdb_tables() where database_name = current_database() and not starts_with(table_name, 'mysingle') order by 1`,
    );
    expect(tables.map(({ name }) => name)).to.deep.equal(['parents', 'thing']);
  });

  it("refuses what is missing with 'verify', and names it", async () => {
    const error = await failure(
      BaseDuckDBManager.open({ path: ':memory:', entities: EVERY_KIND, schema: 'verify', logger: false }),
      'E_SCHEMA_DRIFT',
    );
    expect(error.details['differences']).to.include.members([
      'schema "Sales; it\'s eu" is not in the database',
      'enum "run "state"; x" is not in the database',
      'sequence "shared.seq" is not in the database',
      'table "parents" is not in the database',
    ]);
  });

  it('verifies by itself where the file is read-only', async () => {
    const path = scratchPath();
    await using first = await BaseDuckDBManager.open({ path, entities: [Parent], logger: false });
    await first.close();
    const open = (entities: readonly (typeof Thing | typeof Parent)[]): Promise<BaseDuckDBManager> =>
      openManager({ path, entities, readOnly: true });
    await open([Parent]);
    expect((await failure(() => open([Thing]), 'E_SCHEMA_DRIFT')).message).to.contain(
      'table "thing" is not in the database',
    );
  });

  it("does nothing and looks at nothing with 'off'", async () => {
    const db = await openManager({ entities: [Thing], schema: 'off' });
    await failure(db.repository(Thing).count(), 'E_QUERY');
    await db.execute(sql`create table thing (id varchar)`);
    expect(await db.repository(Thing).count()).to.equal(0);
  });

  it('can make all of it from the printed DDL, which boot then recognises', async () => {
    const path = scratchPath();
    await using first = await BaseDuckDBManager.open({ path, logger: false });
    await first.withConnection((connection) => connection.run(ddlOf(EVERY_KIND)));
    await openManager({ path, entities: EVERY_KIND, schema: 'verify' });
    await first.close();
    await openManager({ path, entities: EVERY_KIND, schema: 'verify' });
  });
});
