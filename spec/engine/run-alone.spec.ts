import { StatementType } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Database } from '../../lib/engine/database.js';
import { readResult } from '../../lib/engine/result.js';
import { runAlone } from '../../lib/engine/run-alone.js';
import { SchemaVersion, Session } from '../../lib/engine/session.js';
import { resolveOptions } from '../../lib/options.js';
import { EVERYTHING } from '../../lib/sql/statement.js';
import { DatabaseError } from '../../lib/errors.js';
import { holdFile } from '../support/child.js';
import { failure } from '../support/failure.js';
import { scratchPath } from '../support/scratch.js';

const statement = (text: string, writes: readonly string[] = [EVERYTHING]) => ({ text, parameters: [], reads: [], writes }); // prettier-ignore

describe('a statement outside any transaction', () => {
  it('in fallback is written down in its own commit, unless it changes nothing or fails', async () => {
    const path = scratchPath();
    await using holder = await holdFile(path);
    const database = await Database.create(resolveOptions({ path, logger: false }).database);
    await database.attach('fallback', new DatabaseError('E_LOCKED', String(holder.pid)));
    const session = new Session(await database.connect(), new SchemaVersion());
    const done: StatementType[] = [];
    const run = async (text: string, writes?: readonly string[]): Promise<bigint | undefined> => {
      await runAlone(database, session, statement(text, writes), readResult, { done: (type) => void done.push(type) });
      return database.fallback?.journal.committed;
    };
    expect(await run('create table t (id integer primary key)')).to.equal(1n);
    expect(await run('insert into t values (1)')).to.equal(2n);
    expect(await run('select * from t')).to.equal(2n);
    expect(await run('create temp table stage (n integer)', [])).to.equal(2n);
    await failure(() => run('insert into t values (1)'), 'E_UNIQUE');
    expect(database.fallback?.journal.committed).to.equal(2n);
    expect(await run('update t set id = 2')).to.equal(3n);
    expect(done).to.deep.equal([
      StatementType.CREATE, StatementType.INSERT, StatementType.SELECT, StatementType.CREATE, StatementType.UPDATE,
    ]); // prettier-ignore
    await session.close();
    await database.close();
  });
});
