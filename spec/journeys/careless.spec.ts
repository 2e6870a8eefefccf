// What careless code did to the first version, found by people who tried: each stays found.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BaseDuckDBManager,
  Cached,
  Column,
  Table,
  json,
  list,
  map,
  sql,
  type EntityClass,
  type Generated,
} from '@mysingle/database';
import { failure } from '../support/failure.js';
import { gate } from '../support/gate.js';
import { openManager, scratchPath } from '../support/scratch.js';
import { until } from '../support/until.js';

@Table('a')
class A {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) v!: string | null;
}

@Table('b')
@Cached('1h')
class B {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('kept')
class Kept {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('blob', { nullable: true }) bytes!: Uint8Array | null;
  @Column(map('decimal(10,2)', 'integer'), { nullable: true }) byPrice!: Map<string, number> | null;
  @Column(json(), { nullable: true }) data!: unknown;
  @Column('varchar', { nullable: true }) text!: string | null;
  @Column('timestamp', { as: 'bigint', nullable: true }) at!: bigint | null;
}

async function* slow(from: number, rows: number): AsyncGenerator<{ id: number }> {
  for (let id = from; id < from + rows; id += 1) {
    if (id % 500 === 0) await sleep(5);
    yield { id };
  }
}

const boom = async (): Promise<never> => {
  await sleep(20);
  throw new Error('boom');
};

describe('careless code', () => {
  it('cannot make a bulk load outlive the transaction it was started in', async () => {
    const db = await openManager({ entities: [A] });
    const a = db.repository(A);
    const failed = await db.transaction(() => Promise.all([a.insertMany(slow(0, 6_000)), boom()])).catch(String);
    expect(failed).to.equal('Error: boom');
    await sleep(150);
    expect(await a.count()).to.equal(0);
    let unawaited: Promise<number> | undefined;
    await db.transaction(() => {
      unawaited = a.insertMany(slow(0, 5_000));
    });
    expect([await unawaited, await a.count()]).to.deep.equal([5_000, 5_000]);
  });

  it('cannot make a lent connection write outside the transaction it was lent in', async () => {
    const db = await openManager({ entities: [A] });
    const lent = db.transaction(async () => {
      void db.withConnection(async (connection) => {
        await sleep(40);
        await connection.run('insert into a (id) values (1)');
      });
      return boom();
    });
    expect(await lent.catch(String)).to.equal('Error: boom');
    await sleep(60);
    expect(await db.repository(A).count()).to.equal(0);
  });

  it('cannot commit half a transaction by catching that the manager was closed', async () => {
    const path = scratchPath();
    const db = await openManager({ path, entities: [A] });
    const a = db.repository(A);
    const [inserted, closed] = [gate(), gate()];
    const half = db.transaction(async () => {
      await a.insert({ id: 1 });
      inserted.open();
      await closed.passed;
      await a.insert({ id: 2 }).catch(() => {});
    });
    await inserted.passed;
    const closing = db.close();
    closed.open();
    await closing;
    await failure(half, 'E_TX_ABORTED');
    const again = await openManager({ path, entities: [A] });
    expect(await again.repository(A).count()).to.equal(0);
  });

  it('cannot send whoever comes next to another database', async () => {
    const db = await openManager({ entities: [A], pool: { size: 1 } });
    await db.execute(sql`attach ':memory:' as other`);
    await db.withConnection((connection) => connection.run('create table other.a (id integer, v varchar)'));
    await db.transaction(() => db.withConnection((connection) => connection.run('use other')));
    await db.withConnection((connection) => connection.run('use other'));
    for (const statement of [sql`use other`, sql`set schema = 'other'`, sql`set TimeZone = 'Asia/Tokyo'`])
      expect((await failure(db.execute(statement), 'E_QUERY')).message).to.contain('SET GLOBAL');
    await db.repository(A).insert({ id: 1 });
    expect(await db.query(sql`select count(*)::int as n from other.a`)).to.deep.equal([{ n: 0 }]);
  });

  it('may connect a second manager inside a transaction of the first', async () => {
    const path = scratchPath();
    const db = await openManager({ path, entities: [A] });
    const lazy = new BaseDuckDBManager({ path, entities: [A], logger: false });
    await db.transaction(async () => {
      await db.repository(A).insert({ id: 1 });
      await lazy.repository(A).count();
    });
    expect([await db.repository(A).count(), await lazy.repository(A).count()]).to.deep.equal([1, 1]);
    await lazy.close();
  });

  it('gets no stale answer where a fragment reads another table, or a lent connection has written', async () => {
    const db = await openManager({ entities: [A, B] });
    const [a, b] = [db.repository(A), db.repository(B)];
    await b.insert({ id: 1 });
    const read = async (): Promise<number> => (await b.find({ where: sql`id in (select id from a)` })).length;
    expect(await read()).to.equal(0);
    await a.insert({ id: 1 });
    expect(await read()).to.equal(1);
    expect(await b.count()).to.equal(1);
    await db.withConnection(async (connection) => {
      await connection.run('insert into b values (2)');
      expect(await b.count()).to.equal(2);
    });
    await db.duckdbConn.run('create table if not exists zz (i integer); insert into b values (3)');
    expect(await b.count()).to.equal(3);
  });

  it('gets no value that a class of another shape has left in the cache', async () => {
    const path = scratchPath();
    const declare = (as: { as?: 'number' }): EntityClass<{ id: number; price: unknown }> => {
      class Priced {
        id!: number;
        price!: unknown;
      }
      Column('integer', { primaryKey: true })(Priced.prototype as { id: number }, 'id');
      Column('decimal(10,2)', as)(Priced.prototype as never, 'price' as never);
      Table('priced')(Priced);
      Cached('1h')(Priced);
      return Priced;
    };
    const prices: unknown[] = [];
    for (const entity of [declare({}), declare({ as: 'number' })]) {
      const db = await BaseDuckDBManager.open({ path, entities: [entity], logger: false });
      if (prices.length === 0) await db.execute(sql`insert into priced values (1, 1.5)`);
      prices.push((await db.repository(entity).find())[0]?.price);
      await db.close();
    }
    expect(prices).to.deep.equal(['1.50', 1.5]);
  });

  it('cannot keep close() waiting for a lent connection', async () => {
    const db = await openManager({ path: scratchPath() });
    void db.withConnection(() => new Promise(() => {})).catch(() => {});
    await until(() => db.health().pool.busy === 1);
    await db.close();
    expect(db.health().status).to.equal('closed');
    await failure(() => db.cache, 'E_CLOSED');
  });

  it('is told what a value would lose', async () => {
    const db = await openManager({ entities: [Kept] });
    const kept = db.repository(Kept);
    const reused = new Uint8Array(2);
    await kept.insertMany(
      (function* () {
        for (let id = 0; id < 3; id += 1) yield { id, bytes: reused.fill(id) };
      })(),
    );
    expect((await kept.find({ orderBy: { id: 'asc' } })).map((row) => row.bytes?.[0])).to.deep.equal([0, 1, 2]);
    for (const [row, why] of [
      [
        {
          byPrice: new Map([
            ['1.0', 1],
            ['1.00', 2],
          ]),
        },
        'the same',
      ],
      [{ data: { later: Promise.resolve(1) } }, 'Promise'],
      [{ data: /x/ }, 'RegExp'],
      [{ data: Object(1n) as unknown }, 'bigint'],
      [{ at: -(2n ** 63n - 2n) }, 'range'],
    ] as const)
      // prettier-ignore
      expect((await failure(kept.insert({ id: 9, ...row }), 'E_CONVERSION')).message).to.contain(why);
  });

  it('is told about options and arguments that mean nothing', async () => {
    const db = await openManager({ entities: [A] });
    const a = db.repository(A);
    for (const nonsense of [5, null, [], { limit: 1 }]) await failure(a.findOne(nonsense as never), 'E_QUERY');
    for (const call of [
      () => db.storeCacheData('k', 1, { table: 'x' } as never),
      () => db.getCacheData('k', { ttl: 0 } as never),
      () => db.withConnection(() => 1, { write: [A] } as never),
      () => db.withConnection(5 as never),
      () => db.transaction(() => db.transaction(() => 1, { readOnly: true })),
      () => db.cache.set('k\ud800', 1, { ttl: '1h' }),
      () => db.cache.getOrLoad('k', { ttl: '1h', graze: '1h' } as never, () => 1),
      () => db.cache.get(5 as never),
    ])
      await failure(async () => call(), 'E_CONFIG');
  });

  it('is told which property refers to a row that is not there', async () => {
    @Table('parents')
    class Parent {
      @Column('integer', { primaryKey: true }) id!: number;
    }
    @Table('children')
    class Child {
      @Column('integer', { primaryKey: true }) id!: number;
      @Column('integer', { references: () => [Parent, 'id'] }) parentId!: number;
      @Column(list('integer'), { default: [] }) tags!: Generated<number[]>;
    }
    const db = await openManager({ entities: [Parent, Child] });
    const error = await failure(db.repository(Child).insert({ id: 1, parentId: 7 }), 'E_FOREIGN_KEY');
    expect(error.details).to.include({ entity: 'Child', table: 'children' });
    expect(error.details['columns']).to.deep.equal(['parent_id']);
  });
});
