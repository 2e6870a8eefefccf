import { Writable } from 'node:stream';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { sql } from '@mysingle/database';
import { startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';
import { until } from '../support/until.js';

const LONG = sql`select count(*)::int as n from range(100000000) a(x), range(100000) b(y) where (x * y) % 7 = 3`;

describe('Engine', () => {
  it('runs statements that were not awaited in their order, on as many connections as there are', async () => {
    const db = await openManager({ pool: { size: 3 } });
    await db.execute(sql`create table t (n integer)`);
    const results = await Promise.all(Array.from({ length: 60 }, (_item, n) => db.query(sql`select ${n} as n`)));
    expect(results.map(([row]) => row)).to.deep.equal(Array.from({ length: 60 }, (_item, n) => ({ n })));
    expect(db.health().pool).to.deep.equal({ size: 3, busy: 0, waiting: 0 });
  });

  it('logs slow queries as a warning, others at debug, and bound values never', async () => {
    const lines: string[] = [];
    const stream = new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) });
    const logger = pino({ level: 'debug' }, stream);
    const slow = await openManager({ logger, slowQuery: '0ms' });
    await slow.query(sql`select ${'hush-hush'} as x`);
    await failure(slow.query(sql`select ${'hush-hush'}::integer`), 'E_CONVERSION');
    const quick = await openManager({ logger, slowQuery: '1h' });
    await quick.query(sql`select 42 as y`);
    const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const of = (text: string): Record<string, unknown> | undefined =>
      parsed.find((line) => String(line['sql']).startsWith(text));
    expect(of('select $1 as x')).to.include({ level: 40, msg: 'Slow query', row_count: 1 });
    expect(of('select $1 as x')?.['duration_ms']).to.be.a('number');
    expect(of('select $1::integer')).to.include({ level: 20, msg: 'Query failed', error_type: 'E_CONVERSION' });
    expect(of('select 42 as y')).to.include({ level: 20, msg: 'Query executed' });
    expect(lines.join('')).to.not.contain('hush');
  });

  it('interrupts what runs at close, refuses what comes, and opens again', async () => {
    const db = await openManager({ path: scratchPath(), pool: { size: 2 } });
    await db.execute(sql`create table t (n integer)`);
    const running = [db.query(LONG), db.query(LONG), db.query(LONG)].map((query) => failure(query));
    const inside = failure(db.transaction(() => db.query(LONG)));
    await until(() => db.health().pool.busy === 2);
    const closing = db.close();
    await failure(db.query(sql`select 1`), 'E_CLOSED');
    await closing;
    for (const error of [...(await Promise.all(running)), await inside])
      expect(error.code).to.be.oneOf(['E_ABORTED', 'E_CLOSED']);
    await failure(db.query(sql`select 1`), 'E_CLOSED');
    await db.connect();
    expect(await db.query(sql`select * from t`)).to.deep.equal([]);
  });

  it('lets the process end by itself after close under running queries', async () => {
    const child = await startChild(`
      import { BaseDuckDBManager, sql } from '@mysingle/database';
      const db = await BaseDuckDBManager.open({ path: ${JSON.stringify(scratchPath())}, logger: false });
      const long = () => db.query(sql\`${LONG.strings[0] as string}\`).catch((e) => console.log(e.code));
      void long(); void long();
      void db.transaction(long).catch((e) => console.log(e.code));
      db.connection.run(${JSON.stringify(LONG.strings[0])}).catch(() => console.log('raw'));
      await new Promise((resolve) => setTimeout(resolve, 200));
      await db.close();
      console.log('closed');`);
    const { code, lines, stderr } = await child.ended;
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(lines).to.include.members(['E_ABORTED', 'raw', 'closed']);
  });

  it('gives a lent connection back as it was', async () => {
    const db = await openManager({ pool: { size: 1 } });
    await db.withConnection(async (connection) => {
      await connection.run('create table t (n integer)');
      await connection.run('begin');
      await connection.run('insert into t values (1)');
      await connection.run('use memory');
    });
    expect(await db.query(sql`select * from t`)).to.deep.equal([]);
    const thrown: unknown = await db
      .withConnection(() => Promise.reject(new Error('mine')))
      .catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(Error).and.have.property('message', 'mine');
    await db.withConnection(async (connection) => void (await connection.run('begin'))).catch(() => {});
    expect(await db.execute(sql`insert into t values (2)`)).to.equal(1);
  });

  it('sees changes of the schema, wherever they are made', async () => {
    const path = scratchPath();
    const [one, other] = [await openManager({ path }), await openManager({ path })];
    await one.execute(sql`create table t as select 1 as a`);
    const read = (): Promise<object[]> => one.query(sql`select * from t`);
    expect(await read()).to.deep.equal([{ a: 1 }]);
    await other.execute(sql`alter table t add column b integer default 2`);
    for (let each = 0; each < 4; each += 1) expect(await read()).to.deep.equal([{ a: 1, b: 2 }]);
    await other.withConnection((connection) => connection.run('alter table t drop column a'));
    for (let each = 0; each < 4; each += 1) expect(await read()).to.deep.equal([{ b: 2 }]);
    await other.duckdbConn.run("drop table t; create table t as select 'x' as c");
    for (let each = 0; each < 4; each += 1) expect(await read()).to.deep.equal([{ c: 'x' }]);
  });

  it('refuses several statements at once, and columns of one name', async () => {
    const db = await openManager();
    await db.execute(sql`create table t (n integer)`);
    for (const several of [sql`select 1; select 2`, sql`insert into t values (${1}); select 2`, sql`pivot t on n using count(*)`]) {
      const { message } = await failure(db.query(several), 'E_QUERY');
      expect(message).to.contain('One statement for each call; several belong in transaction().').and.contain('pivot t on x in (');
    }
    expect(await db.query(sql`pivot t on n in (1) using count(*)`)).to.deep.equal([{ 1: 0n }]);
    await failure(db.query(sql`select 1 as a, 2 as a`), 'E_QUERY');
    await failure(db.query('select 1' as never), 'E_QUERY');
    await failure(db.query({ strings: ['select 1'], values: [] }), 'E_QUERY');
  });

  it('refuses what one connection alone would have, but in transactions and on lent connections', async () => {
    const db = await openManager();
    for (const alone of [sql`create temp table t as select 1 as n`, sql`create or replace temporary macro m() as 1`, sql`prepare p as select 1`])
      expect((await failure(db.execute(alone), 'E_QUERY')).message).to.contain('Make it and use it inside transaction(), or in withConnection.');
    await failure(db.query(sql`create temp view v as select 1`), 'E_QUERY');
    const within = db.transaction(async () => {
      await db.execute(sql`create temp table t as select 1 as n`);
      await db.execute(sql`prepare p as select $1::integer as n from t`);
      return [await db.query(sql`from t`), await db.query(sql`execute p(2)`)];
    });
    expect(await within).to.deep.equal([[{ n: 1 }], [{ n: 2 }]]);
    await db.withConnection((c) => c.run('create or replace temp table t as select 1'));
  });

  it('says what to write where a value stands for a name', async () => {
    const db = await openManager();
    for (const named of [sql`select 1 as id order by ${'id'}`, sql`select count(*) from (select 1 as id) group by ${'id'}`])
      expect((await failure(db.query(named), 'E_QUERY')).message).to.contain("write ${column(Entity, 'property')} for a column, or sql.raw(text)");
  });
}); // prettier-ignore
