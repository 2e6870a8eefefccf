import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Database } from '../../lib/engine/database.js';
import { runAlone } from '../../lib/engine/run-alone.js';
import { Session, SchemaVersion } from '../../lib/engine/session.js';
import { resolveOptions } from '../../lib/options.js';
import { DatabaseError } from '@mysingle/database';
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
      runAlone(database, session, { text, parameters: [], reads: [], writes: ['*'] });
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
});
