import { DuckDBInstance } from '@duckdb/node-api';
import { AsyncResource } from 'node:async_hooks';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { INTEGER } from '@duckdb/node-api';
import { Column, Table, sql, type BaseDuckDBManager, type Fragment } from '@mysingle/database';
import { SchemaVersion, Session } from '../../lib/engine/session.js';
import { EVERYTHING, type Statement } from '../../lib/sql/statement.js';
import { Limit } from '../../lib/limit.js';
import { DatabaseError } from '../../lib/errors.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

const statement = (text: string, ...values: number[]): Statement => ({ text, parameters: values.map((value) => ({ value, type: INTEGER })), reads: [EVERYTHING], writes: [EVERYTHING] }); // prettier-ignore

@Table('held')
class Held {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') t!: string;
  @Column('integer', { nullable: true }) u!: number | null;
}

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

  it('refuses a PRAGMA or CALL that changes the connection, which others use next', async () => {
    const [session] = (await sessions(1)) as [Session];
    const changing = ['pragma enable_verification', 'PRAGMA disable_optimizer', 'pragma enable_profiling'];
    for (const text of [...changing, 'call enable_profiling()'])
      expect((await failure(session.run(statement(text)), 'E_QUERY')).message, text).to.contain('one connection');
    for (const text of ['pragma force_checkpoint', 'pragma version', 'call pragma_version()'])
      await session.run(statement(text));
    await session.close();
  });

  it('refuses a transaction begun by SQL, which would take in whoever comes next', async () => {
    const [session] = (await sessions(1)) as [Session];
    for (const text of [
      'begin',
      'BEGIN TRANSACTION',
      'commit',
      'rollback',
      '/* */ start transaction',
      'explain analyze commit',
      'explain (analyze) begin',
    ]) {
      expect((await failure(session.run(statement(text)), 'E_QUERY')).message).to.match(
        /Use transaction\(fn\): .* commits when fn is done/,
      );
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

describe('a statement that is run again', () => {
  // DuckDB plans by what is in the tables, and keeps the plan of a prepared statement whatever is written
  const QUERIES = [
    'select count(*)::int as n from held', 'select max(u) as n from held', 'select min(u) as n from held', 'select count(*)::int as n from held where u > 100',
    'select u as n from held where u > 100 order by u', 'select count(*)::int as n from held where u is null', 'select count(*)::int as n from held where u is not null',
    `select count(*)::int as n from held where t = 'zz'`, 'select exists(select 1 from held where u > 100) as n', 'select count(distinct u)::int as n from held',
    'select u as n from held order by u desc limit 1', 'select count(*)::int as n from held a join held b using (u)', 'select sum(u)::int as n from held group by t having sum(u) > 1000',
  ]; // prettier-ignore
  const WRITES: readonly (readonly [how: string, write: (db: BaseDuckDBManager) => Promise<unknown>])[] = [
    ['by a statement', (db) => db.execute(sql`insert into held values (200, 'zz', 200), (201, 'zz', null)`)],
    ['by a transaction', (db) => db.transaction(() => db.execute(sql`insert into held values (200, 'zz', 200), (201, 'zz', null)`))],
    ['by bulk', (db) => db.repository(Held).insertMany([{ id: 200, t: 'zz', u: 200 }, { id: 201, t: 'zz', u: null }])],
    ['by a lent connection', (db) => db.withConnection((c) => c.run(`insert into held values (200, 'zz', 200), (201, 'zz', null)`), { writes: [Held] })],
    ['by duckdbConn', (db) => db.duckdbConn.run(`insert into held values (200, 'zz', 200), (201, 'zz', null)`)],
    ['by an update', (db) => db.execute(sql`update held set u = u * 100, t = 'zz' where id = ${9}`)],
    ['by a delete', (db) => db.execute(sql`delete from held where id = ${9}`)],
  ]; // prettier-ignore

  async function held(size?: number): Promise<BaseDuckDBManager> {
    const path = scratchPath();
    const first = await openManager({ path, entities: [Held] });
    await first.repository(Held).insertMany(Array.from({ length: 10 }, (_row, id) => ({ id, t: 'a', u: id })));
    await first.close();
    return openManager({ path, entities: [Held], ...(size === undefined ? {} : { pool: { size } }) });
  }

  const answers = async (db: BaseDuckDBManager, fresh: string): Promise<string[]> => {
    const all: string[] = [];
    for (const query of QUERIES) all.push(JSON.stringify(await db.query(sql.raw(query + fresh))));
    all.push(String(await db.repository(Held).count()), JSON.stringify(await db.repository(Held).find({ where: { u: null } })));
    return all;
  }; // prettier-ignore

  for (const [how, write] of WRITES)
    it(`sees what was written since, ${how}, outside and inside of a transaction`, async () => {
      for (const size of [1, 3]) {
        const db = await held(size);
        // on each connection of the pool
        await Promise.all([answers(db, ''), answers(db, ''), answers(db, '')]);
        const before = await answers(db, '');
        await db
          .transaction(async () => {
            await answers(db, '');
            await write(db);
            expect(await answers(db, ''), 'its own').to.deep.equal((await answers(db, ' -- new')).slice());
            throw new Error('no');
          })
          .catch((error: unknown) => expect(String(error)).to.contain('no'));
        if (how !== 'by duckdbConn') {
          expect(await answers(db, ''), 'taken back').to.deep.equal(before);
          await write(db);
        }
        const counted = await db.query<{ n: number }>(sql.raw(`select count(*)::int as n from held -- ${size}`));
        const after = await answers(db, '');
        expect(after, 'committed')
          .to.deep.equal(await answers(db, ' -- newer'))
          .and.not.deep.equal(before);
        expect(after.at(-2)).to.equal(String(counted[0]?.n));
        expect(await Promise.all([answers(db, ''), answers(db, ''), answers(db, '')])).to.deep.equal([
          after,
          after,
          after,
        ]);
      }
    });

  it('sees the commit of what was open when it was planned', async () => {
    const db = await held(2);
    const outside = AsyncResource.bind((fresh: string) => answers(db, fresh));
    await db.transaction(async () => {
      await db.execute(sql`insert into held values (200, 'zz', 200), (201, 'zz', null)`);
      await outside('');
    });
    const fresh = await answers(db, ' -- new');
    // on both connections
    expect(await Promise.all([outside(''), outside('')])).to.deep.equal([fresh, fresh]);
  });

  // that DuckDB plans it with the values of each execution is what all statements with parameters rely on
  it('is planned anew where it has parameters, by what is there then', async () => {
    const [session, other] = (await sessions(2)) as [Session, Session];
    const asked = [
      'select id, v from t where id < $1 order by id desc', 'select id, v from t order by v limit $1', 'select v, count(*)::int from t where $1 > 0 group by v order by v',
      'select id from t where v > 1000 and id < $1', 'select count(*)::int, max(v), $1 from t', 'select id from t where v is null and $1 > 0', 'select sum(v)::int from t where $1 is not null',
      'select distinct v from t where id <> $1 order by v', 'select a.id from t a join t b on a.v = b.v where b.id < $1 order by a.id', 'select id, row_number() over (order by v, id)::int from t order by id limit $1',
      'with w as (select * from t where id < $1) select * from w order by v desc', 'select id, v from t where id < $1 union all select id, v from t order by 1 desc', 'select v from t order by v desc nulls last limit 2 offset $1 - 100000',
    ]; // prettier-ignore
    const answered = async (fresh: string): Promise<unknown[]> => {
      const all: unknown[] = [];
      for (const text of asked) {
        const { columns } = await session.run(statement(`${text}${fresh}`, 100_000));
        all.push(columns);
      }
      return all;
    };
    await other.run(statement('create table t (id integer primary key, v integer)'));
    const states = [
      'insert into t select i, i from range(3) r(i)', 'update t set v = 70000 where id = 1', 'insert into t values (60000, 100000)',
      'insert into t values (7, null)', 'delete from t where id = 1', 'truncate t', 'insert into t select i, -i from range(5000) r(i)', 'update t set v = 2000000000 where id = 4999',
    ]; // prettier-ignore
    await answered('');
    for (const [index, state] of states.entries()) {
      await other.run(statement(state));
      expect(await answered(''), state).to.deep.equal(await answered(` -- ${index}`));
    }
    for (const each of [session, other]) await each.close();
  });

  // DuckDB sorts and groups numbers in as few bits as the range takes that it knew when it planned
  it('is planned and run as one, whatever is committed meanwhile', async () => {
    const db = await openManager({ path: ':memory:' });
    const versions = [1, 401, 40_001, 4_000_001, 400_000_001];
    const known = new Set([0, 2, ...versions]);
    for (let round = 0; round < 150; round += 1) {
      const table = sql.raw(`ranged_${round}`);
      await db.execute(sql`create table ${table} (id integer primary key, v integer)`);
      await db.execute(sql`insert into ${table} select i, i from range(3) r(i)`);
      const queries = [
        sql`select id, v from ${table} order by id desc`,
        sql`select id, v from ${table} order by v`,
        sql`select any_value(id) as id, v from ${table} group by v`,
      ];
      const read = async (): Promise<void> => {
        for (const query of queries) {
          const rows = await db.query<{ id: number; v: number }>(query);
          for (const { v } of rows) expect(known.has(v), String(v)).to.equal(true);
        }
      };
      const streamed = async (): Promise<void> => {
        for (let time = 0; time < 3; time += 1)
          for await (const { v } of db.stream<{ v: number }>(queries[0] as Fragment))
            expect(known.has(v)).to.equal(true);
      };
      const write = async (): Promise<void> => {
        for (const v of versions.slice(1)) await db.execute(sql`update ${table} set v = ${v} where id = 1`);
      };
      await Promise.all([read(), write(), streamed()]);
      await db.execute(sql`drop table ${table}`);
    }
  });

  it('writes the rows that are there now', async () => {
    const db = await held(1);
    const clear = (): Promise<number> => db.execute(sql`update held set u = 0 where u is null`);
    const remove = (): Promise<number> => db.execute(sql`delete from held where u > 100`);
    expect([await clear(), await remove()]).to.deep.equal([0, 0]);
    await db.repository(Held).insertMany([{ id: 200, t: 'zz', u: 200 }, { id: 201, t: 'zz', u: null }]); // prettier-ignore
    expect([await clear(), await remove()]).to.deep.equal([1, 1]);
  });
});
