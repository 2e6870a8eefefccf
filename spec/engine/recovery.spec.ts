import { AsyncResource } from 'node:async_hooks';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, sql, type BaseDuckDBManager } from '@mysingle/database';
import { fillDisk, smallDisk } from '../support/disk.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('facts')
class Fact {
  @Column('bigint', { primaryKey: true }) id!: bigint;
  @Column('varchar') text!: string;
}

const rows = (from: number, count: number): Fact[] =>
  Array.from({ length: count }, (_row, n) => ({ id: BigInt(from + n), text: `${'x'.repeat(150)}${Math.random()}` }));

async function until(db: BaseDuckDBManager, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries === 400) throw new Error(JSON.stringify(db.health()));
    await sleep(20);
  }
}

describe('a database that DuckDB gave up on', () => {
  it('comes back by itself with every commit, as soon as it can be attached again', async function () {
    using disk = smallDisk(14);
    if (disk === undefined) this.skip();
    const path = join(disk.folder, 'test.duckdb');
    const db = await openManager({ path, entities: [Fact] });
    const facts = db.repository(Fact);
    await facts.insertMany(rows(0, 10_000));
    fillDisk(join(disk.folder, 'fill'));
    const error = await failure(() => db.checkpoint(), 'E_INVALIDATED');
    expect(error.message).to.contain('No space left on device');

    // attached again at once: reading needs no space
    expect(await facts.count()).to.equal(10_000);
    expect(db.health()).to.include({ status: 'ok', problem: undefined, mode: 'file' });
    await failure(() => facts.insertMany(rows(10_000, 20_000)), 'E_DISK_FULL');
    rmSync(join(disk.folder, 'fill'));
    await facts.insertMany(rows(10_000, 1000));
    await db.checkpoint();
    await db.close();
    const again = await openManager({ path, entities: [Fact] });
    expect(await again.repository(Fact).count()).to.equal(11_000);
    await again.close();
  });

  it('comes back for a raw connection too', async function () {
    using disk = smallDisk(14);
    if (disk === undefined) this.skip();
    const path = join(disk.folder, 'test.duckdb');
    const db = await openManager({ path, entities: [Fact], cache: false });
    await db.repository(Fact).insertMany(rows(0, 10_000));
    fillDisk(join(disk.folder, 'fill'));
    const refused = await db.duckdbConn.run('checkpoint').catch((error: Error) => error.message);
    expect(refused).to.contain('has been invalidated');
    expect((await db.duckdbConn.runAndReadAll('select count(*) from facts')).getRows()).to.deep.equal([[10_000n]]);
    await db.close();
  });

  it('comes back from beneath transactions, whose work is undone', async function () {
    using disk = smallDisk(14);
    if (disk === undefined) this.skip();
    const path = join(disk.folder, 'test.duckdb');
    const db = await openManager({ path, entities: [Fact] });
    const facts = db.repository(Fact);
    await facts.insertMany(rows(0, 10_000));
    const outside = AsyncResource.bind(() => db.checkpoint());
    await failure(() =>
      db.transaction(async () => {
        await facts.insert({ id: -1n, text: 'undone' });
        fillDisk(join(disk.folder, 'fill'));
        await failure(outside, 'E_INVALIDATED');
      }),
    );
    expect(await facts.count()).to.equal(10_000);
    expect(db.health().status).to.equal('ok');
    await db.close();
  });

  it('says so while a raw transaction forbids to attach it again, and loses nothing', async function () {
    using disk = smallDisk(14);
    if (disk === undefined) this.skip();
    const path = join(disk.folder, 'test.duckdb');
    const db = await openManager({ path, entities: [Fact] });
    const facts = db.repository(Fact);
    await facts.insertMany(rows(0, 10_000));
    fillDisk(join(disk.folder, 'fill'));
    // DuckDB ends the process when a database that it gave up is taken off beneath an open transaction
    await db.duckdbConn.run('begin');
    await db.duckdbConn.run('select count(*) from facts');
    await failure(() => db.checkpoint(), 'E_INVALIDATED');
    await failure(() => facts.count(), 'E_INVALIDATED');
    expect(db.health().status).to.equal('degraded');
    expect(db.health().problem).to.be.a('string');
    await failure(() => db.transaction(() => facts.insert({ id: -1n, text: '' })), 'E_INVALIDATED');
    // which it does, and says nevertheless that the database is given up
    await db.duckdbConn.run('rollback').catch(() => {});
    await until(db, () => db.health().status === 'ok');
    expect(await facts.count()).to.equal(10_000);
    expect(await db.query(sql`select 1 as one`)).to.deep.equal([{ one: 1 }]);
    await db.close();
  });
});
