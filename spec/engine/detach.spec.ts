import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { detach } from '../../lib/engine/detach.js';
import { fillDisk, smallDisk } from '../support/disk.js';
import { failure } from '../support/failure.js';

describe('detach', () => {
  it('takes a database off, also one that is off already', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run("ATTACH ':memory:' AS other");
    await detach(connection, 'other');
    await detach(connection, 'other');
    expect(
      (await connection.runAndReadAll("FROM duckdb_databases() WHERE database_name = 'other'")).currentRowCount,
    ).to.equal(0);
  });

  it('says so where it cannot', async () => {
    const connection = await (await DuckDBInstance.create(':memory:', { errors_as_json: 'true' })).connect();
    await connection.run("ATTACH ':memory:' AS other; USE other");
    expect((await failure(detach(connection, 'other'))).message).to.contain('default database');
  });

  it('is done although the disk is too full for the checkpoint that belongs to it', async function () {
    using disk = smallDisk(14);
    if (disk === undefined) this.skip();
    const connection = await (await DuckDBInstance.create(':memory:', { errors_as_json: 'true' })).connect();
    const path = join(disk.folder, 'test.duckdb');
    await connection.run(`ATTACH '${path}' AS other`);
    await connection.run(
      "CREATE TABLE other.t AS SELECT range AS n, repeat('x', 150) || random() AS v FROM range(10000)",
    );
    fillDisk(join(disk.folder, 'fill'));
    await detach(connection, 'other');
    await connection.run(`ATTACH '${path}' AS other`);
    expect((await connection.runAndReadAll('SELECT count(*) FROM other.t')).getRows()).to.deep.equal([[10_000n]]);
  });
});
