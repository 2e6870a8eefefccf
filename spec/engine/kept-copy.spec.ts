import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Database } from '../../lib/engine/database.js';
import { KeptCopy } from '../../lib/engine/kept-copy.js';
import { resolveOptions } from '../../lib/options.js';
import { failure } from '../support/failure.js';
import { gate } from '../support/gate.js';

async function memory(): Promise<Database> {
  const database = await Database.create(resolveOptions({ path: ':memory:', logger: false }).database);
  await database.attach('file');
  return database;
}

/** What is attached, also what DuckDB's catalog does not show. */
async function run(database: Database, sql: string): Promise<unknown> {
  const connection = await database.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
  }
}

describe('KeptCopy', () => {
  it('goes on under another name each time, and leaves nothing of the one before', async () => {
    const database = await memory();
    await run(database, 'create table t as select 1 as n');
    const copy = await KeptCopy.take(database);
    const aliases = [database.alias];
    let moved = 0;
    for (let round = 0; round < 2; round += 1) {
      await run(database, 'insert into t values (2)');
      const ticks = database.clock.tick;
      await copy.bringBack(1000, () => (moved += 1));
      expect(database.clock.tick, 'what was read of it has ended').to.be.above(ticks);
      aliases.push(database.alias);
      expect(await run(database, 'from t')).to.deep.equal([[1]]);
    }
    expect([moved, new Set(aliases).size]).to.deep.equal([2, 3]);
    const names = `select database_name from duckdb_databases() where database_name like 'mysingle%'`;
    expect(await run(database, names)).to.deep.equal([[database.alias]]);
    await copy.drop();
    await failure(
      copy.bringBack(1000, () => {}),
      'E_CLOSED',
    );
    await database.close();
  });

  it('leaves nothing where something still runs', async () => {
    const database = await memory();
    const copy = await KeptCopy.take(database);
    const { alias } = database;
    await database.pool.use(async () => {
      const error = await failure(
        copy.bringBack(20, () => expect.fail('it moved')),
        'E_TIMEOUT',
      );
      expect(error.details).to.deep.include({ busy: 1, timeoutMs: 20 });
    });
    expect(database.alias).to.equal(alias);
    const names = `select count(*)::int from duckdb_databases() where database_name like 'mysingle%'`;
    expect(await run(database, names)).to.deep.equal([[1]]);
    await copy.bringBack(1000, () => {});
    await database.close();
  });

  it('gives up at once where the database is closed meanwhile', async () => {
    const database = await memory();
    const copy = await KeptCopy.take(database);
    const { open, passed } = gate();
    const lent = gate();
    const held = database.pool.use(() => {
      lent.open();
      return passed;
    });
    await lent.passed;
    const lost = failure(
      copy.bringBack(60_000, () => expect.fail('it moved')),
      'E_CLOSED',
    );
    const closing = database.pool.close();
    await lost;
    open();
    await Promise.all([held, closing]);
    await database.close();
  });
});
