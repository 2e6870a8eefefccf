import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Database } from '../../lib/engine/database.js';
import { readResult } from '../../lib/engine/result.js';
import { runAlone } from '../../lib/engine/run-alone.js';
import { Session, SchemaVersion } from '../../lib/engine/session.js';
import { resolveOptions } from '../../lib/options.js';
import { DatabaseError, sql } from '@mysingle/database';
import { arrived, openBeside } from '../support/beside.js';
import { fillDisk, smallDisk } from '../support/disk.js';
import { holdFile } from '../support/child.js';
import { scratchPath } from '../support/scratch.js';
import { until } from '../support/until.js';

const locked = new DatabaseError('E_LOCKED', 'locked');

describe('the fallback', () => {
  it('goes over also where a commit is done that it has not been told of', async () => {
    const path = scratchPath();
    const holder = await holdFile(path);
    const database = await Database.create(resolveOptions({ path, logger: false }).database);
    await database.attach('fallback', locked);
    const session = new Session(await database.connect(), new SchemaVersion());
    const run = (text: string): Promise<unknown> =>
      runAlone(database, session, { text, parameters: [], reads: [], writes: ['*'] }, readResult);
    await run('create table t (id integer)');
    for (let n = 0; n < 5; n += 1) await run(`insert into t values (${n})`);
    const journal = database.fallback?.journal;
    // as it is in the moment between the two
    Object.defineProperty(journal, 'committed', { get: () => 4n });
    await session.close();
    await holder.kill();
    await until(() => database.mode === 'file');
    const connection = await database.connect();
    const result = await connection.runAndReadAll('select count(*)::integer from t');
    expect(result.getRows()).to.deep.equal([[5]]);
    connection.closeSync();
    await database.close();
  });

  it('goes over when there is space again, though the disk was full when the lock was free', async function () {
    using disk = smallDisk(14);
    if (disk === undefined) this.skip();
    const path = join(disk.folder, 'test.duckdb');
    const { db, release } = await openBeside(
      ["create table t as select range as id, repeat('x', 150) || random() as v from range(5000)"],
      {},
      path,
    );
    await db.execute(sql`create table if not exists t (id bigint, v varchar)`);
    await db.execute(sql`insert into t values (-1, 'beside')`);
    fillDisk(join(disk.folder, 'fill'));
    await release();
    await sleep(400);
    expect(db.mode).to.equal('fallback');
    rmSync(join(disk.folder, 'fill'));
    await arrived(db);
    expect(await db.query(sql`select v from t where id = -1`)).to.deep.equal([{ v: 'beside' }]);
    expect(await db.query(sql`select count(*)::int as n from t`)).to.deep.equal([{ n: 5001 }]);
    expect(db.health().conflicts).to.equal(0);
    await db.close();
  });
});
