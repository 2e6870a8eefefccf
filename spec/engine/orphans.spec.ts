import { existsSync, writeFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { holdFile } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

const beside = (path: string): string => `${path}.fallback-999999-0123456789ab`;

describe('side files that nobody works on', () => {
  it('are removed where nothing was written in them', async () => {
    const path = scratchPath();
    const instance = await DuckDBInstance.create(beside(path));
    const connection = await instance.connect();
    await connection.run('create table t as select 1 as n');
    connection.closeSync();
    instance.closeSync();
    const db = await openManager({ path });
    expect(existsSync(beside(path))).to.equal(false);
    expect(await db.query(sql`select table_name from duckdb_tables() where table_name = 't'`)).to.deep.equal([]);
  });

  it('are left alone while their process lives', async () => {
    const path = scratchPath();
    await using holder = await holdFile(beside(path));
    const db = await openManager({ path });
    expect(db.mode).to.equal('file');
    expect(existsSync(beside(path)), String(holder.pid)).to.equal(true);
  });

  it('keep the database closed while they cannot be read: they may hold what was acknowledged', async () => {
    const path = scratchPath();
    await (await openManager({ path })).close();
    writeFileSync(beside(path), 'x'.repeat(20_000));
    const error = await failure(() => openManager({ path }), 'E_CORRUPT');
    expect(error.message).to.contain(beside(path)).and.contain('move it away');
    expect(existsSync(beside(path))).to.equal(true);
    // and nothing is left open
    await failure(() => openManager({ path, onLocked: 'error' }), 'E_CORRUPT');
  });
});
