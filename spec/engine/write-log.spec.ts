import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { refuseForeignLog } from '../../lib/engine/write-log.js';
import { startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

/** A database whose process was killed, so that its last commit is in the log. */
async function killed(): Promise<string> {
  const path = scratchPath();
  await using child = await startChild(`
    import { DuckDBInstance } from '@duckdb/node-api';
    const connection = await (await DuckDBInstance.create(${JSON.stringify(path)})).connect();
    await connection.run('create table t as select 7 as n');
    console.log('ready');
    setInterval(() => {}, 1000);
  `);
  await child.kill();
  expect(existsSync(`${path}.wal`)).to.equal(true);
  return path;
}

describe('the log beside a database', () => {
  it('is taken where it is one of DuckDB, whole or cut off in its beginning', async () => {
    const path = await killed();
    refuseForeignLog(path);
    const log = readFileSync(`${path}.wal`);
    for (const length of [0, 1, 4]) {
      writeFileSync(`${path}.wal`, log.subarray(0, length));
      refuseForeignLog(path);
    }
    writeFileSync(`${path}.wal`, log);
    expect(await (await openManager({ path })).query(sql`from t`)).to.deep.equal([{ n: 7 }]);
  });

  it('is refused where it is something else, which DuckDB would ignore', async () => {
    const path = await killed();
    writeFileSync(`${path}.wal`, 'something else');
    const error = await failure(() => openManager({ path }), 'E_CORRUPT');
    expect(error.message).to.contain(`${path}.wal is not a log of DuckDB`);
    expect(readFileSync(`${path}.wal`, 'utf8'), 'and left as it is').to.equal('something else');
  });

  it('is refused where its database is gone, for DuckDB would delete it', async () => {
    const path = await killed();
    renameSync(path, `${path}.away`);
    await failure(() => openManager({ path }), 'E_CORRUPT');
    renameSync(`${path}.away`, path);
    expect(await (await openManager({ path })).query(sql`from t`)).to.deep.equal([{ n: 7 }]);
  });

  it('is no matter where there is none', () => {
    refuseForeignLog(scratchPath());
  });
});
