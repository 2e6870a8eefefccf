import { expect } from 'chai';
import { Keyv } from 'keyv';
import { describe, it } from 'mocha';
import {
  BaseDuckDBManager, Cached, Column, Table, keyvStore, sequence, sql, type Generated, type ManagerOptions, type Repository,
} from '@mysingle/database'; // prettier-ignore
import { EVERY_KIND, EveryKind, Parent } from './support/every-kind.js';
import { failure } from './support/failure.js';
import { gate } from './support/gate.js';
import { openManager, scratchPath } from './support/scratch.js';

@Table('snap_team')
class Team {
  @Column('integer', { primaryKey: true, default: sequence() }) id!: Generated<number>;
  @Column('varchar', { unique: true }) name!: string;
}

@Table('snap_player')
class Player {
  @Column('integer', { primaryKey: true, default: sequence() }) id!: Generated<number>;
  @Column('integer', { references: () => [Team, 'id'] }) teamId!: number;
  @Column('integer', { nullable: true, references: () => [Player, 'id'] }) captainId!: number | null;
}

const entities = [Player, Team];
const hour = { ttl: '1h' } as const;

const open = (options: ManagerOptions = {}): Promise<BaseDuckDBManager> => openManager({ entities, ...options });

const tables = async (db: BaseDuckDBManager): Promise<unknown> =>
  (await db.query<{ table_name: string }>(sql`select table_name from duckdb_tables() order by 1`)).map(
    (row) => row.table_name,
  );

/** Who plays where, as the database has it. */
async function league(db: BaseDuckDBManager): Promise<unknown[]> {
  const rows = await db.query<{ id: number; name: string; captain_id: number | null }>(
    sql`select p.id, t.name, p.captain_id from ${Player} p join ${Team} t on t.id = p.team_id order by p.id`,
  );
  return rows.map(({ id, name, captain_id }) => [id, name, captain_id]);
}

async function seeded(db: BaseDuckDBManager): Promise<void> {
  const team = await db.repository(Team).insert({ name: 'Reds' });
  const captain = await db.repository(Player).insert({ teamId: team.id });
  await db.repository(Player).insertMany([1, 2].map(() => ({ teamId: team.id, captainId: captain.id })));
}

const SEEDED = [
  [1, 'Reds', null],
  [2, 'Reds', 1],
  [3, 'Reds', 1],
];

describe('a snapshot', () => {
  it('brings back rows, whatever refers to them, and the numbers that sequences give next', async () => {
    const db = await open();
    await seeded(db);
    const snapshot = await db.snapshot();
    for (let round = 0; round < 3; round += 1) {
      expect((await db.repository(Team).insert({ name: 'Blues' })).id).to.equal(2);
      expect((await db.repository(Player).insert({ teamId: 2 })).id).to.equal(4);
      await db.repository(Player).delete({ captainId: 1 });
      await db
        .repository(Team)
        .update({ id: (await db.repository(Team).insert({ name: 'Golds' })).id }, { name: 'Greens' });
      await snapshot.restore();
      expect(await league(db)).to.deep.equal(SEEDED);
    }
    // and what keeps rows right is there again
    await failure(db.repository(Team).insert({ name: 'Reds' }), 'E_UNIQUE');
    await failure(db.repository(Player).insert({ teamId: 9 }), 'E_FOREIGN_KEY');
    await failure(db.repository(Team).delete({ id: 1 }), 'E_FOREIGN_KEY');
  });

  it('brings back an empty database', async () => {
    const db = await open({ entities: [] });
    const snapshot = await db.snapshot();
    await db.execute(sql`create table t as select 1 as n`);
    await snapshot.restore();
    expect(await tables(db)).to.deep.equal([]);
    await db.execute(sql`create table t as select 2 as n`);
    expect(await db.queryOne(sql`select n from t`)).to.deep.equal({ n: 2 });
  });

  it('brings back every kind of column, default, check, index and name', async () => {
    const db = await openManager({ entities: EVERY_KIND });
    await db.repository(Parent).insert({ id: 1, code: 'x' });
    await db.repository(Parent).insert({ id: 2, code: 'y', upId: 1 });
    const made = await db.repository(EveryKind).insert({ order: 'a', parentId: 2, parentCode: 'y' });
    const snapshot = await db.snapshot();
    const described = (): Promise<unknown> =>
      db.query(sql`select sql, comment from duckdb_tables() union all select sql, comment from duckdb_indexes() order by sql`); // prettier-ignore
    const before = await described();
    await db.repository(EveryKind).delete({ order: 'a' });
    await db.repository(Parent).delete({ id: 2 });
    await snapshot.restore();
    expect(await described()).to.deep.equal(before);
    expect(await db.repository(EveryKind).find()).to.deep.equal([made]);
    const next = await db.repository(EveryKind).insert({ order: 'b' });
    expect([next.serial - made.serial, next.shared - made.shared]).to.deep.equal([1n, 1]);
    await failure(db.repository(EveryKind).insert({ order: 'a', part: 9 }), 'E_UNIQUE');
    await failure(db.repository(EveryKind).insert({ order: 'c', small: 999 }), 'E_CHECK');
  });

  it('brings back what raw SQL has dropped, altered and made', async () => {
    const db = await open();
    await db.withConnection((c) =>
      c.run(`create schema "Odd; x"; create type mood as enum ('a', 'b'); create table "Odd; x"."it's" (m mood, n integer default 5);
        insert into "Odd; x"."it's" (m) values ('a'); create view seen as select count(*)::int as n from "Odd; x"."it's";
        create macro twice(x) as x * 2; create index by_n on "Odd; x"."it's" (n); comment on table "Odd; x"."it's" is 'kept'`),
    );
    await seeded(db);
    const snapshot = await db.snapshot();
    const before = await tables(db);
    await db.withConnection((c) =>
      c.run(`drop view seen; drop macro twice; drop schema "Odd; x" cascade; drop table snap_player; drop type mood;
        alter table snap_team add column more integer; create table made_since as select 1 as n`),
    );
    await snapshot.restore();
    expect(await tables(db)).to.deep.equal(before);
    expect(await db.queryOne(sql`select n, twice(n) as t from seen`)).to.deep.equal({ n: 1, t: 2 });
    await db.execute(sql`insert into "Odd; x"."it's" (m) values ('b')`);
    expect(await db.query(sql`select m, n from "Odd; x"."it's" order by m`)).to.deep.equal([
      { m: 'a', n: 5 },
      { m: 'b', n: 5 },
    ]);
    expect(await league(db)).to.deep.equal(SEEDED);
    expect(await db.repository(Team).find()).to.deep.equal([Object.assign(new Team(), { id: 1, name: 'Reds' })]);
  });

  it('is one of several, in any order, and of itself no table that anybody finds', async () => {
    const db = await open();
    const empty = await db.snapshot();
    await seeded(db);
    const full = await db.snapshot();
    expect(await db.query(sql`select database_name from duckdb_databases() where not internal`)).to.have.length(2);
    expect(await tables(db)).to.deep.equal(['snap_player', 'snap_team']);
    await empty.restore();
    expect(await league(db)).to.deep.equal([]);
    await full.restore();
    await full.restore();
    expect(await league(db)).to.deep.equal(SEEDED);
    await empty[Symbol.asyncDispose]();
    await empty[Symbol.asyncDispose]();
    expect((await failure(empty.restore(), 'E_CLOSED')).message).to.contain('disposed');
    await Promise.all([full.restore(), full.restore(), seeded(db).catch(() => {}), full.restore()]);
    await full.restore();
    expect(await league(db)).to.deep.equal(SEEDED);
    expect(await tables(db)).to.deep.equal(['snap_player', 'snap_team']);
  });

  it('is refused of a file, within a transaction, and after close()', async () => {
    const file = await openManager({ path: scratchPath() });
    expect((await failure(file.snapshot(), 'E_UNSUPPORTED')).message)
      .to.contain(':memory:')
      .and.contain('backup');
    const db = await open();
    const snapshot = await db.snapshot();
    await db.transaction(async () => {
      await failure(snapshot.restore(), 'E_CONFIG');
      await failure(db.snapshot(), 'E_CONFIG');
    });
    await failure(snapshot.restore({ patience: '1s' } as never), 'E_CONFIG');
    await failure(snapshot.restore({ timeout: 5 } as never), 'E_CONFIG');
    await db.close();
    await failure(snapshot.restore(), 'E_CLOSED');
    await db.connect();
    await failure(snapshot.restore(), 'E_CLOSED');
    await snapshot[Symbol.asyncDispose]();
    await seeded(db);
    expect(await league(db)).to.deep.equal(SEEDED);
  });
});

describe('a restore', () => {
  it('waits for statements that run, and not for transactions, streams and lent connections for ever', async () => {
    const db = await open();
    await seeded(db);
    const snapshot = await db.snapshot();
    await db.repository(Team).insert({ name: 'Blues' });
    const soon = { timeout: '60ms' } as const;
    const { open: go, passed } = gate();
    const inTransaction = db.transaction(async () => {
      await db.repository(Team).insert({ name: 'Golds' });
      await passed;
    });
    const { message } = await failure(snapshot.restore(soon), 'E_TIMEOUT');
    expect(message).to.contain('a transaction, a stream').and.contain('Nothing was changed');
    go();
    await inTransaction;
    expect(await db.repository(Team).count()).to.equal(3);
    for await (const row of db.repository(Player).stream()) {
      expect(row).to.be.instanceOf(Player);
      await failure(snapshot.restore(soon), 'E_TIMEOUT');
      break;
    }
    await db.withConnection(async () => {
      await failure(snapshot.restore(soon), 'E_TIMEOUT');
    });
    await db.duckdbConn.run('begin');
    await db.duckdbConn.run("insert into snap_team (name) values ('Raw')");
    await failure(snapshot.restore(soon), 'E_TIMEOUT');
    await db.duckdbConn.run('rollback');
    expect(await tables(db)).to.deep.equal(['snap_player', 'snap_team']);
    const slow = db.query<{ n: bigint }>(sql`select count(*) as n from range(30000000) t(i) where i % 3 = 0`);
    await snapshot.restore();
    expect((await slow)[0]?.n).to.equal(10_000_000n);
    expect(await db.repository(Team).find({ select: ['name'] })).to.have.length(1);
  });

  it('is followed by duckdbConn, the calls of the Python module, Keyv stores and backups', async () => {
    const db = await open();
    const keyv = new Keyv({ store: keyvStore(db) });
    await db.storeCacheData('before', [1]);
    await keyv.set('before', 1);
    await seeded(db);
    const stream = await db.duckdbConn.stream('select * from range(10000)');
    const snapshot = await db.snapshot();
    await db.storeCacheData('since', [2]);
    await db.storeCacheData('since', [2], { tableName: 'made_since' });
    await db.createCacheTable('also_since');
    await keyv.set('since', 2);
    await new Keyv({ store: keyvStore(db, { table: 'other_store' }) }).set('since', 3);
    await snapshot.restore();
    expect(await tables(db)).to.deep.equal(['cache_data', 'mysingle_keyv', 'snap_player', 'snap_team']);
    expect([await db.getCacheData('before'), await db.getCacheData('since'), await db.getCacheData('since', { tableName: 'made_since', onError: 'throw' })]).to.deep.equal([[1], null, null]); // prettier-ignore
    expect([await keyv.get('before'), await keyv.get('since')]).to.deep.equal([1, undefined]);
    for (const tableName of ['cache_data', 'made_since', 'also_since'])
      expect(await db.storeCacheData('again', [3], { tableName, onError: 'throw' })).to.equal(true);
    await db.cache.purge();
    expect(await db.getCacheData('again', { tableName: 'also_since' })).to.deep.equal([3]);
    await keyv.set('again', 4);
    expect(await keyv.get('again')).to.equal(4);
    expect((await stream.fetchChunk())?.rowCount, 'a result that was begun before').to.be.above(0);
    const reader = await db.duckdbConn.runAndReadAll('select count(*)::int from snap_player');
    expect(reader.getRows()).to.deep.equal([[3]]);
    const path = scratchPath();
    await db.backup(path);
    expect(await league(await open({ path }))).to.deep.equal(SEEDED);
  });

  it('works where SQL is kept from everything else', async () => {
    const db = await open({ secure: true });
    await seeded(db);
    const snapshot = await db.snapshot();
    await db.repository(Player).delete({ captainId: 1 });
    await snapshot.restore();
    expect(await league(db)).to.deep.equal(SEEDED);
  });
});

class Service {
  loads = 0;
  constructor(private readonly players: Repository<Player>) {}
  @Cached('1h')
  async size(team: number): Promise<number> {
    this.loads += 1;
    return this.players.count({ teamId: team });
  }
}

describe('a restore and the cache', () => {
  for (const background of [true, false])
    it(`gives what was kept at the snapshot, and nothing of since, with background: ${background}`, async () => {
      const clock = { ms: 1e12, now: () => clock.ms };
      const db = await open({ cache: { background }, clock });
      const service = new Service(db.repository(Player));
      await seeded(db);
      await service.size(1);
      await db.cache.set('given', 'before', { ...hour, tags: ['t'] });
      await db.cache.set('tagged', 'before', { ...hour, tags: ['ended'] });
      const snapshot = await db.snapshot();
      for (let round = 1; round <= 2; round += 1) {
        const loads = service.loads;
        await db.repository(Player).insert({ teamId: 1 });
        expect(await service.size(1)).to.equal(4);
        await service.size(2);
        await db.cache.set('given', 'since', hour);
        await db.cache.set('since', 1, hour);
        await db.cache.invalidate({ tags: ['ended'] });
        expect(service.loads).to.equal(loads + 2);
        await snapshot.restore();
        expect([await service.size(1), service.loads], 'kept as it was').to.deep.equal([3, loads + 2]);
        expect([await db.cache.get('given'), await db.cache.get('tagged'), await db.cache.get('since')]).to.deep.equal(['before', 'before', undefined]); // prettier-ignore
        const found = await db.query<{ key: string }>(sql`select key from mysingle_cache where key <> ''`);
        expect(found.map(({ key }) => key.replace(/[.<].*/, '')).toSorted()).to.deep.equal(['Service', 'given', 'tagged']); // prettier-ignore
        expect([await service.size(2), service.loads]).to.deep.equal([0, loads + 3]);
        // writes and tags end it as ever
        await db.repository(Player).insert({ teamId: 1 });
        expect(await service.size(1)).to.equal(4);
        await db.cache.invalidate({ tags: ['t'] });
        expect(await db.cache.get('given')).to.equal(undefined);
        await snapshot.restore();
      }
      clock.ms += 3_600_000;
      expect(await db.cache.get('given'), 'its end came meanwhile').to.equal(undefined);
    });

  it('keeps nothing of a load that is under way, and of none that a write has overtaken', async () => {
    const db = await open();
    await seeded(db);
    const snapshot = await db.snapshot();
    const { open: go, passed } = gate();
    await db.repository(Player).insert({ teamId: 1 });
    const load = async (): Promise<number> => {
      const count = await db.repository(Player).count();
      await passed;
      return count;
    };
    const late = [
      db.cache.getOrLoad('rows', hour, load),
      db.cache.getOrLoad('elsewhere', { ...hour, dependsOn: [] }, async () => passed.then(() => 'since')),
    ];
    await new Promise(setImmediate);
    while (db.cache.stats().loads < 2) await new Promise(setImmediate);
    await db.repository(Player).count();
    await snapshot.restore();
    go();
    expect(await Promise.all(late)).to.deep.equal([4, 'since']);
    expect([await db.cache.get('rows'), await db.cache.get('elsewhere')]).to.deep.equal([undefined, undefined]);
  });

  it('gives a table of the cache that was not there then a new beginning', async () => {
    const db = await open({ cache: { background: false } });
    const snapshot = await db.snapshot();
    await db.cache.set('k', 1, hour);
    await snapshot.restore();
    expect(await tables(db)).to.deep.equal(['snap_player', 'snap_team']);
    await db.cache.set('k', 2, hour);
    expect(await tables(db)).to.deep.equal(['mysingle_cache', 'snap_player', 'snap_team']);
    await snapshot.restore();
    expect(await db.cache.get('k')).to.equal(undefined);
  });
});
