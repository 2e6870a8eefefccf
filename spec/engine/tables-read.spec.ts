import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { Column, Table, sql, type BaseDuckDBManager } from '@mysingle/database';
import { ReadSet, withinContext } from '../../lib/context.js';
import { TablesRead } from '../../lib/engine/tables-read.js';
import { failure } from '../support/failure.js';
import { random } from '../support/random.js';
import { openManager, scratchFolder } from '../support/scratch.js';

@Table('fruit')
class Fruit {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') n!: number;
}

@Table('stone')
class Stone {
  @Column('integer', { primaryKey: true }) id!: number;
}

const entities = [Fruit, Stone];
const hour = { ttl: '1h' } as const;

async function connected(): Promise<{ connection: DuckDBConnection; csv: string; tables: TablesRead }> {
  const csv = join(scratchFolder(), 'x.csv');
  writeFileSync(csv, 'a,b\n1,2\n');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(`attach ':memory:' as db; attach ':memory:' as other; use db;
    create table t (id integer, v varchar); create table u (id integer); create schema s; create table s."T x" (a integer);
    create table s.u (id integer); create table "dot.ted" (a integer); create sequence q; create table mysingle_cache (id integer);
    create view vw as from u; create view vvw(aa) as select id from vw join t using (id); create view s.sv as from u;
    create macro m(x) as x + 1; create macro sub(x) as (select max(id) + x from u); create macro tm() as table from t;
    create view vm as select sub(1) as x; create view vq as select nextval('q') as n from t; create view v1 as select 1;
    create table other.o (a integer); create table other.t (a integer); create view other.ov as from other.t; create view vo as from other.o;
    create view vfile as from '${csv}'; create view vcsv as from t, read_csv('${csv}');
    create temp table tt (id integer); create temp view tv as from u`);
  return { connection, csv, tables: new TablesRead(connection) };
}

/** The ids, in their order; `?` where they are not known. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  'main.t': [
    'select * from T', 'from t', 'table t', "from 't'", 'from "T" as u', 'from main.t', 'from DB.t', 'from db.MAIN."t"',
    'select id, v like $2 from t where id = $1', 'from t where id = $x', 'with c as (from t) from c', 'with t as (select 1) from t',
    'select sum(id), count(*), max(v) over (), row_number() over (order by id), list(v order by id) filter (where id > 1) from t group by all',
    'select now(), current_date, uuid(), random(), v.upper(), extract(year from now()), date_trunc(\'day\', now()), nullif(id, 1) from t',
    "select [x + 1 for x in [1, 2]], {a: v}, v[1:2], v->>'$.a', try_cast(v as integer), id between 1 and 2, id in (1, 2) from t",
    'from t, range(3)', 'from t, lateral unnest([id])', 'from t a join t b using (id)', 'from t tablesample 10 rows',
    'pivot t on id in (1, 2) using count(*)', 'unpivot t on id into name n value w', 'with "x.csv" as (from t) select 1',
    '/* u */ select \'from u\' -- from u\n from t',
  ],
  'main.t main.u': [
    'from t, u', 'from t semi join u using (id)', 'from t asof join u on t.id >= u.id', 'from t positional join u', 'from vvw',
    'from t where exists (from u)', 'select (select max(id) from u) from t', 'from t union all by name from u',
    'with c as materialized (from t), d as (select id from c union from u) from d', 'from t, lateral (from u where u.id = t.id)',
    'with recursive r as (select 1 as n union all select n + 1 from r join u on n < u.id) from r, t', 'from t order by (select max(id) from vw)',
    'select list_transform([1], lambda x: x + (select max(id) from u)) from t', 'from db.vw, t limit (select 3)',
  ],
  'main.u': ['from vw', 'select [x for x in (select list(id) from u)]'],
  'main.u s.u': ['from s.sv'],
  's.t x': ['from s."T x"', 'from S."t X"', 'from db.s."T x"'],
  'main.dot.ted': ['from "dot.ted"'],
  '?': [
    'select 1', 'values (1)', 'from range(3)', 'from v1', '', 'selec', 'from nope', 'from s.t', 'select 1; from t', 'from t; from u',
    'insert into t values (1)', 'delete from t', 'insert into t values (1) returning *', 'explain from t', 'describe t', 'from (summarize t)',
    'show tables', "pragma table_info('t')", 'call pragma_version()', 'execute p', 'pivot t on id using count(*)', 'from t at (version => 1)',
    'select m(id) from t', 'select sub(1) from t', 'from tm()', 'from vm', 'select sub(1).abs() from t', 'select sum(sub(id)) over () from t',
    "from t, read_csv('FILE')", "from t, 'FILE'", "from 'FILE'", 'from vfile', 'from vcsv', "from query('from u')", "from t, query_table('u')",
    'from t, duckdb_tables()', 'from information_schema.tables', 'from sqlite_master', 'from t, pg_class', 'with duckdb_tables as (from t) from duckdb_tables',
    'from tt', 'from temp.tt', 'from tv', 'from t, temp.main.tt', 'from other.o', 'from other.main.t', 'from other.ov', 'from vo', 'from t, other.t',
    "select nextval('q') from t", 'from vq', "select getvariable('x') from t", "select current_setting('threads') from t",
    'select pg_get_viewdef(1) from t', "select json_serialize_plan('from u') from t", 'from t, "x.csv"', 'with "x.csv" as (select 1) from t, "x.csv"',
    'from t, mysingle_cache',
  ],
}; // prettier-ignore

describe('the tables that a query reads', () => {
  it('are told where that is sure, through views and whatever is nested', async () => {
    const { connection, csv, tables } = await connected();
    for (const [ids, texts] of Object.entries(CASES)) {
      for (const text of texts) {
        const read = await tables.of(text.replace('FILE', csv), 'db', '1');
        expect(read?.toSorted().join(' ') ?? '?', text).to.equal(ids);
      }
    }
    connection.closeSync();
  });

  it('are unknown as soon as a macro takes the name of a function of DuckDB', async () => {
    const { connection, tables } = await connected();
    expect(await tables.of('select upper(v) from t', 'db', '1')).to.deep.equal(['main.t']);
    await connection.run('create macro lower(x) as (select max(id) from u)');
    expect(await tables.of('select upper(v) from t', 'db', '2')).to.equal(undefined);
    await connection.run(
      'drop macro lower; create macro duckdb_functions() as table select 1; create macro json_serialize_sql(x) as 1',
    );
    expect(await tables.of('select upper(v) from t', 'db', '3')).to.equal(undefined);
    await connection.run('drop macro table duckdb_functions; drop macro json_serialize_sql');
    expect(await tables.of('select upper(v) from t', 'db', '4')).to.deep.equal(['main.t']);
    connection.closeSync();
  });

  it('are looked for again when the catalog has another version, or what was found is to be forgotten', async () => {
    const { connection, tables } = await connected();
    expect(await tables.of('from vw', 'db', '1')).to.deep.equal(['main.u']);
    await connection.run('create or replace view vw as from t');
    expect(await tables.of('from vw', 'db', '2')).to.deep.equal(['main.t']);
    await connection.run('create temp table vw (id integer)');
    tables.forget();
    expect(await tables.of('from vw', 'db', '2')).to.equal(undefined);
    connection.closeSync();
  });
});

/** A cached answer to a query, and how often it was asked for. */
function cached(
  db: BaseDuckDBManager,
  key: string,
  load: () => Promise<unknown>,
): { read: () => Promise<unknown>; loads: () => number } {
  let loads = 0;
  const counted = (): Promise<unknown> => ((loads += 1), load());
  return { read: () => db.cache.getOrLoad(key, hour, counted), loads: () => loads };
}

/** Whether a write ends what a load gave. */
async function ends(
  db: BaseDuckDBManager,
  load: () => Promise<unknown>,
  write: () => Promise<unknown>,
): Promise<boolean> {
  const { read, loads } = cached(db, crypto.randomUUID(), load);
  await read();
  await read();
  expect(loads()).to.equal(1);
  await write();
  await read();
  return loads() === 2;
}

async function manager(options: { schema?: 'off'; pool?: { size: number } } = {}): Promise<BaseDuckDBManager> {
  const db = await openManager({ entities, ...options });
  await db.execute(sql`create table if not exists fruit (id integer primary key, n integer not null)`);
  await db.execute(sql`create table if not exists stone (id integer primary key)`);
  await db.execute(sql`create or replace view fruits as select * from fruit`);
  await db.execute(sql`create or replace view many as with f as (select * from fruits) select count(*) as n from f`);
  return db;
}

let next = 0;
const inStone = (db: BaseDuckDBManager): Record<string, () => Promise<unknown>> => ({
  repository: () => db.repository(Stone).insert({ id: (next += 1) }),
  insert: () => db.execute(sql`insert into stone values (${(next += 1)})`),
  'insert of an entity': () => db.execute(sql`insert into ${Stone} values (${(next += 1)}) returning id`),
  update: () => db.execute(sql`update main.stone set id = id`),
  delete: () => db.execute(sql`DELETE FROM "STONE" where id < 0`),
  merge: () => db.execute(sql`merge into stone using fruit on stone.id = fruit.id when matched then delete`),
  transaction: () => db.transaction(() => db.execute(sql`insert into stone values (${(next += 1)})`)),
  withConnection: () =>
    db.withConnection((c) => c.run(`insert into stone values (${(next += 1)})`), { writes: [Stone] }),
});
const inFruit = (db: BaseDuckDBManager): Record<string, () => Promise<unknown>> => ({
  repository: () => db.repository(Fruit).insert({ id: (next += 1), n: 1 }),
  insert: () => db.execute(sql`insert into fruit values (${(next += 1)}, 1)`),
  replace: () => db.execute(sql`insert or replace into mysingle_db.fruit values (1, 1)`),
  update: () => db.execute(sql`update ${Fruit} set n = 2`),
  delete: () => db.execute(sql`delete from "FRUIT" where id < 0`),
  with: () => db.execute(sql`with w as (select ${(next += 1)}::integer) insert into fruit select *, 1 from w`),
  transaction: () => db.transaction(() => db.execute(sql`update fruit set n = 3`)),
  duckdbConn: () => db.duckdbConn.run('update fruit set n = 4'),
  'create or replace view': () => db.execute(sql`create or replace view fruits as select * from fruit where n >= 0`),
});
const rowsOf = async (rows: AsyncIterable<unknown>): Promise<unknown[]> => {
  const all: unknown[] = [];
  for await (const row of rows) all.push(row);
  return all;
};
const ofFruit = (db: BaseDuckDBManager): Record<string, () => Promise<unknown>> => ({
  table: () => db.query(sql`select * from fruit where n > ${0}`),
  entity: () => db.query(sql`select max(n) from ${Fruit}`),
  view: () => db.query(sql`select * from fruits`),
  'view of a view': () => db.query(sql`from many`),
  'with and aggregate': () =>
    db.query(sql`with f as (from fruit) select count(*) as n, sum(n) as s from f group by all`),
  stream: () => rowsOf(db.stream(sql`select * from fruits`)),
  'transaction of its own': () => db.transaction(() => db.query(sql`select * from many`)),
  'stream in a transaction': () => db.transaction(() => rowsOf(db.stream(sql`select * from fruit`))),
  'fragment of a repository': () =>
    db.repository(Fruit).find({ where: sql`n > ${0} and id in (select id from fruits)` }),
});
const ofAnything = (db: BaseDuckDBManager, csv: string): Record<string, () => Promise<unknown>> => ({
  'no table': () => db.query(sql`select 1 as n`),
  file: () => db.query(sql.raw(`select * from fruit, read_csv('${csv}')`)),
  macro: () => db.query(sql`select counted() as n from fruit`),
  withConnection: () => db.withConnection(async (c) => (await c.run('from fruit')).rowCount, { writes: [] }),
  'an error': () =>
    db
      .query(sql`select error('x') from fruit`)
      .catch(() => null)
      .then(() => 1),
  'a column that is not there': () =>
    db
      .query(sql`select nope from fruit`)
      .catch(() => null)
      .then(() => 1),
});

describe('the cache and raw SQL', () => {
  it('keeps what was read of one table through a write to another, and not through one to it', async () => {
    const db = await manager();
    await db.repository(Fruit).insert({ id: (next += 1), n: 1 });
    for (const [what, load] of Object.entries(ofFruit(db))) {
      for (const [how, write] of Object.entries(inStone(db)))
        expect(await ends(db, load, write), `${what}, another written by ${how}`).to.equal(false);
      for (const [how, write] of Object.entries(inFruit(db)))
        expect(await ends(db, load, write), `${what}, written by ${how}`).to.equal(true);
    }
  });

  it('ends what was read of who knows what at any write', async () => {
    const db = await manager();
    await db.repository(Fruit).insert({ id: (next += 1), n: 1 });
    const csv = join(scratchFolder(), 'x.csv');
    writeFileSync(csv, 'a,b\n1,2\n');
    await db.execute(sql`create macro counted() as (select count(*) from stone)`);
    for (const [what, load] of Object.entries(ofAnything(db, csv)))
      expect(await ends(db, load, () => db.repository(Stone).insert({ id: (next += 1) })), what).to.equal(true);
  });

  it('keeps nothing of a load that may have written everything itself', async () => {
    const db = await manager();
    const writing: Record<string, () => Promise<unknown>> = {
      duckdbConn: async () => (await db.duckdbConn.runAndReadAll('select n from fruit')).getRows().length,
      'insert with returning': () =>
        db.query(sql`insert into fruit values (${(next += 1)}, 1) returning id`).then((rows) => rows.length),
    };
    for (const [what, load] of Object.entries(writing)) {
      const { read, loads } = cached(db, what, load);
      await read();
      await read();
      expect(loads(), what).to.equal(2);
    }
  });

  it('counts the tables of a view as it is by now, also one made in a transaction', async () => {
    const db = await manager();
    const load = (): Promise<unknown> => db.query(sql`select id from fruits`);
    const stone = (): Promise<unknown> => db.repository(Stone).insert({ id: (next += 1) });
    expect(await ends(db, load, stone)).to.equal(false);
    await db.execute(sql`create or replace view fruits as select id from stone`);
    expect(await ends(db, load, stone)).to.equal(true);
    await db.transaction(async () => {
      await db.execute(sql`create or replace view fruits as select id from fruit`);
    });
    expect(await ends(db, load, stone)).to.equal(false);
    await db.duckdbConn.run('create or replace view fruits as select id from stone');
    expect(await ends(db, load, stone)).to.equal(true);
  });

  it('takes what another session saw before a COMMIT for no more than that', async () => {
    const db = await manager();
    const load = (): Promise<unknown> => db.query(sql`select id from fruits`);
    const stone = (): Promise<unknown> => db.repository(Stone).insert({ id: (next += 1) });
    let looked = (): void => {};
    const hasLooked = new Promise<void>((resolve) => (looked = resolve));
    let made = (): void => {};
    const isMade = new Promise<void>((resolve) => (made = resolve));
    const making = db.transaction(async () => {
      await db.execute(sql`create or replace view fruits as select id from stone`);
      made();
      await hasLooked;
    });
    await isMade;
    expect(await ends(db, load, stone)).to.equal(false);
    looked();
    await making;
    // the session that made it is taken, so that the other one is asked
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const taken = db.transaction(async () => {
      await db.query(sql`select 1 as n`);
      await released;
    });
    await db.query(sql`select 1 as n`);
    expect(await ends(db, load, stone)).to.equal(true);
    release();
    await taken;
  });

  it('takes what a transaction saw for no more than that', async () => {
    const db = await manager();
    const load = (): Promise<unknown> => db.query(sql`select id from fruits`);
    const stone = (): Promise<unknown> => db.repository(Stone).insert({ id: (next += 1) });
    // its session is the one that is used next
    await db.transaction(async () => {
      await db.query(sql`select 1 as n`);
      await db.duckdbConn.run('create or replace view fruits as select id from stone');
      await db.cache.getOrLoad('within', hour, load);
    });
    expect(await ends(db, load, stone)).to.equal(true);
    await failure(
      db.transaction(async () => {
        await db.execute(sql`create or replace view fruits as select id from fruit`);
        await withinContext({ reads: new ReadSet() }, load);
        throw new Error('back');
      }),
    ).catch(() => {});
    expect(await ends(db, load, stone)).to.equal(true);
  });

  it('believes no name where a temporary table has it, or the connection was lent within the transaction', async () => {
    const db = await manager({ pool: { size: 1 } });
    const load = (): Promise<unknown> => db.query(sql`select id from fruit`);
    const stone = (): Promise<unknown> => db.repository(Stone).insert({ id: (next += 1) });
    expect(await ends(db, load, stone)).to.equal(false);
    await db.withConnection((c) => c.run('create temp table fruit (id integer)'), { writes: [Stone] });
    expect(await ends(db, load, stone)).to.equal(true);
    await db.withConnection((c) => c.run('drop table temp.fruit'), { writes: [Stone] });
    expect(await ends(db, load, stone)).to.equal(false);
    await db.execute(sql`create schema s`);
    await db.execute(sql`create table s.stone (id integer)`);
    const hidden = (): Promise<unknown> => db.query(sql`select count(*) as n from s.stone`);
    const lent = (): Promise<unknown> =>
      db.transaction(async () => {
        await db.withConnection(
          async (c) => {
            await c.run("set search_path = 'mysingle_db.s'");
            await db.execute(sql`insert into stone values (1)`);
          },
          { writes: [] },
        );
      });
    expect(await ends(db, hidden, lent)).to.equal(true);
    expect(await db.query(sql`select count(*)::integer as n from s.stone`)).to.deep.equal([{ n: 1 }]);
  });

  it('does so where SQL may not touch the files of the machine, and in transactions there', async () => {
    const db = await openManager({ entities, secure: true });
    const load = (): Promise<unknown> => db.query(sql`select count(*) as n from fruit where n > ${1}`);
    const within = (): Promise<unknown> => db.transaction(load);
    for (const each of [load, within]) {
      expect(await ends(db, each, () => db.execute(sql`insert into stone values (${(next += 1)})`))).to.equal(false);
      expect(await ends(db, each, () => db.execute(sql`insert into fruit values (${(next += 1)}, 2)`))).to.equal(true);
    }
  });

  it('ends everything at a raw write where entities may be views', async () => {
    const db = await manager({ schema: 'off' });
    const load = (): Promise<unknown> => db.repository(Fruit).count();
    expect(await ends(db, load, () => db.execute(sql`insert into stone values (${(next += 1)})`))).to.equal(true);
  });
});

const ROUNDS = 8;

describe('any query', () => {
  /** Tables, and views of them, with some text about each. */
  function queries(below: (limit: number) => number): { views: string[]; query: () => string } {
    let names = 0;
    const name = (): string => `n${(names += 1)}`;
    const pick = <T>(...items: T[]): T => items[below(items.length)] as T;
    const sources = ['r0', 'r1', 'main.r2', '"R3"', 'mysingle_db.main.r4'];
    const source = (depth: number): string =>
      depth <= 0 || below(3) === 0 ? pick(...sources) : `(${query(depth - 1)})`;
    const one = (depth: number): string => {
      const [a, b, c] = [name(), name(), name()];
      const from = source(depth);
      return pick(
        () => `select k, v from ${from} as ${a}`,
        () => `select ${a}.k, ${a}.v + ${b}.v as v from ${from} as ${a} join ${source(depth)} as ${b} using (k)`,
        () =>
          `select ${a}.k, coalesce(${b}.v, 0) as v from ${from} ${a} left join ${source(depth)} ${b} on ${a}.k = ${b}.k and ${b}.v > 1`,
        () => `select k, sum(v)::integer as v from ${from} ${a} group by k`,
        () => `select k, v from ${from} ${a} where k in (select k from ${source(depth)} ${b})`,
        () => `select k, v from ${from} ${a} where exists (select 1 from ${source(depth)} ${b} where ${b}.k > ${a}.k)`,
        () => `select k, (select max(v) from ${source(depth)} ${b}) as v from ${from} ${a}`,
        () => `(select k, v from ${from} ${a}) union all (${query(depth - 1)})`,
        () => `(select k, v from ${from} ${a}) except (${query(depth - 1)})`,
        () =>
          `with ${c} as (${query(depth - 1)}) select ${a}.k, ${b}.v from ${c} ${a}, ${from} ${b} where ${a}.v <> ${b}.v`,
        () => `with r0 as (${query(depth - 1)}) select k, v from r0 union select k, v from ${from} ${a}`,
        () => `select k, sum(v) over (partition by k order by v)::integer as v from ${from} ${a}`,
        () => `from ${from} ${a} select k, v order by v, k limit (select count(*) from ${source(depth)} ${b})`,
        () =>
          `select ${a}.k, l.v from ${from} ${a}, lateral (select v from ${source(depth)} ${b} where ${b}.k = ${a}.k) l`,
      )();
    };
    const query = (depth = 3): string => one(depth);
    const views: string[] = [];
    for (let view = 0; view < 5; view += 1) {
      views.push(`create or replace view w${view} as ${query(1)}`);
      sources.push(pick(`w${view}`, `"W${view}"`, `main.w${view}`));
    }
    return { views, query };
  }

  it('depends on no table that is not told, whatever it looks like', async () => {
    const { seed, below } = random(Number(process.env['TABLES_READ_SEED'] ?? Date.now() % 2 ** 31));
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run("attach ':memory:' as mysingle_db; use mysingle_db");
    for (let table = 0; table < 5; table += 1)
      await connection.run(
        `create table r${table} as select (range % 4)::integer as k, (range * ${table + 3} % 7)::integer as v from range(6)`,
      );
    const tables = new TablesRead(connection);
    let [changed, told] = [0, 0];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { views, query } = queries(below);
      for (const view of views) await connection.run(view);
      for (let each = 0; each < 5; each += 1) {
        const text = query();
        const ordered = `select k, v, count(*) as c from (${text}) group by all order by all`;
        const answer = async (): Promise<string> => (await connection.runAndReadAll(ordered)).getRows().join(';');
        const before = await answer();
        const read = await tables.of(text, 'mysingle_db', String(round));
        expect(read, `seed ${seed}: ${text}`).to.not.equal(undefined);
        told += read?.length ?? 0;
        for (let table = 0; table < 5; table += 1) {
          for (const change of [`delete from r${table}`, `insert into r${table} values (1, 90), (2, 91), (3, 1)`]) {
            await connection.run('begin');
            await connection.run(change);
            const after = await answer();
            await connection.run('rollback');
            if (after === before) continue;
            changed += 1;
            expect(read, `seed ${seed}: ${views.join('; ')}; ${text}`).to.include(`main.r${table}`);
          }
        }
      }
    }
    // it would be no proof if nothing depended on anything, or if everything were told
    expect(changed, `seed ${seed}`).to.be.greaterThan(ROUNDS * 5);
    expect(told, `seed ${seed}`).to.be.lessThan(ROUNDS * 5 * 5);
    connection.closeSync();
  });
});
