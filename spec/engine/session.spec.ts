import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { INTEGER } from '@duckdb/node-api';
import { SchemaVersion, Session } from '../../lib/engine/session.js';
import { EVERYTHING, type Statement } from '../../lib/sql/statement.js';
import { Limit } from '../../lib/limit.js';
import { DatabaseError } from '../../lib/errors.js';
import { failure } from '../support/failure.js';

const statement = (text: string, ...values: number[]): Statement => ({ text, parameters: values.map((value) => ({ value, type: INTEGER })), reads: [EVERYTHING], writes: [EVERYTHING] }); // prettier-ignore

async function sessions(count: number): Promise<Session[]> {
  const instance = await DuckDBInstance.create(':memory:', { errors_as_json: 'true' });
  const version = new SchemaVersion();
  return Promise.all(Array.from({ length: count }, async () => new Session(await instance.connect(), version)));
}

describe('Session', () => {
  it('runs what was not awaited in its order, also behind what failed', async () => {
    const [session] = (await sessions(1)) as [Session];
    const work: Promise<unknown>[] = [
      session.run(statement('create table t (n integer)')),
      session.exclusive((connection) => connection.run('begin')),
      failure(session.run(statement('selec')), 'E_QUERY'),
    ];
    for (let n = 0; n < 50; n += 1) work.push(session.run(statement('insert into t values ($1)', n)));
    work.push(session.exclusive((connection) => connection.run('rollback')));
    work.push(session.run(statement('insert into t values ($1)', 99)));
    await Promise.all(work);
    expect((await session.run(statement('select n from t'))).columns).to.deep.equal([[99]]);
    expect(session.busy).to.equal(false);
    await session.close();
  });

  it('refuses a transaction begun by SQL, which would take in whoever comes next', async () => {
    const [session] = (await sessions(1)) as [Session];
    for (const sql of ['begin', 'BEGIN TRANSACTION', 'commit', 'rollback', '/* */ start transaction']) {
      expect((await failure(session.run(statement(sql)), 'E_QUERY')).message).to.contain('transaction(fn)');
    }
    await session.close();
  });

  it('binds each run anew, however many statements it keeps prepared', async () => {
    const [session] = (await sessions(1)) as [Session];
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < 230; n += 1)
        expect((await session.run(statement(`select ${n} + $1, $2`, round, n))).columns).to.deep.equal([
          [n + round],
          [n],
        ]);
    }
    expect((await session.run(statement('select 1 as a, $1 as b', 5))).names).to.deep.equal(['a', 'b']);
    await failure(session.run(statement('select $1, $2', 5)), 'E_QUERY');
    await session.close();
  });

  it('forgets what it prepared when another session changed the schema', async () => {
    const [one, other] = (await sessions(2)) as [Session, Session];
    await one.run(statement('create table t as select 1 as a'));
    const read = statement('select * from t');
    expect((await one.run(read)).names).to.deep.equal(['a']);
    await other.run(statement('alter table t add column b integer'));
    expect((await one.run(read)).names).to.deep.equal(['a', 'b']);
    await other.run(statement('drop table t'));
    await failure(one.run(read), 'E_QUERY');
    await other.run(statement("create table t as select 'x' as c"));
    expect((await one.run(read)).columns).to.deep.equal([['x']]);
    await Promise.all([one.close(), other.close()]);
  });

  it('interrupts what runs and what waits at close, and then refuses', async () => {
    const [session] = (await sessions(1)) as [Session];
    const long = statement('select count(*) from range(100000000) a(x), range(100000) b(y) where (x * y) % 7 = $1', 3);
    const running = [session.run(long), session.run(long)].map((run) => failure(run, 'E_ABORTED'));
    await session.close();
    await Promise.all(running);
    await failure(session.run(statement('select 1')), 'E_CLOSED');
  });

  it('interrupts for a limit its own statement alone, whenever that stops', async () => {
    const [session] = (await sessions(1)) as [Session];
    const outcomes = { stopped: 0, done: 0 };
    for (let round = 0; round < 300; round += 1) {
      const limit = new Limit();
      const own = session.run(statement(`select sum(range) from range(${(round % 30) * 20_000})`), undefined, limit);
      const next = session.run(statement('select sum(range) from range(100000)'));
      void own.catch(() => {}).then(() => limit.stop(new DatabaseError('E_ABORTED', 'late')));
      setTimeout(() => limit.stop(new DatabaseError('E_ABORTED', 'mine')), round % 4);
      await own.then(
        () => (outcomes.done += 1),
        (error: Error) => {
          expect(error.message).to.equal('mine');
          outcomes.stopped += 1;
        },
      );
      expect((await next).columns).to.deep.equal([[4999950000n]]);
    }
    expect(outcomes.done).to.be.above(0);
    const waiting = new Limit();
    const long = new Limit();
    const first = session.run(statement('select sum(a.range + b.range) from range(10000000) a, range(10000000) b'), undefined, long); // prettier-ignore
    const second = session.run(statement('create table never (n integer)'), undefined, waiting);
    waiting.stop(new DatabaseError('E_ABORTED', 'does not wait for its turn'));
    expect((await failure(second, 'E_ABORTED')).message).to.equal('does not wait for its turn');
    long.stop(new DatabaseError('E_TIMEOUT', 'long enough'));
    expect((await failure(first, 'E_TIMEOUT')).message).to.equal('long enough');
    await failure(session.run(statement('select * from never')), 'E_QUERY');
    await session.close();
  });
});
