import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Cached, Column, Table, sql } from '@mysingle/database';
import { failure } from './support/failure.js';
import { watched } from './support/watched.js';

@Table('point_item')
class Item {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') n!: number;
}

@Table('point_two')
class Two {
  @Column('integer', { primaryKey: true }) a!: number;
  @Column('varchar', { primaryKey: true }) b!: string;
}

const entities = [Item, Two];
const numbers = [1, 2, 3];

describe('findById and insert', () => {
  it('are alone inside a transaction, where they see and are what it does', async () => {
    const { db, lines } = await watched({ entities });
    const items = db.repository(Item);
    await failure(
      db.transaction(async () => {
        await Promise.all(numbers.map((id) => items.insert({ id, n: id })));
        const rows = await Promise.all(numbers.map((id) => items.findById(id)));
        expect(rows.map((row) => row?.n)).to.deep.equal(numbers);
        // somebody else, outside
        await failure(items.insert({ id: 1, n: 0 }), 'E_UNIQUE');
      }),
      'E_TX_ABORTED',
    );
    expect(lines().filter(({ callers }) => callers !== undefined)).to.deep.equal([]);
    const outside = numbers.map((id) => items.findById(id));
    const inside = db.transaction(async () => {
      await items.insert({ id: 1, n: 7 });
      return Promise.all([items.findById(1), items.findById(2)]);
    });
    expect(await Promise.all(outside)).to.deep.equal([null, null, null]);
    expect((await inside).map((row) => row?.n)).to.deep.equal([7, undefined]);
    expect(await Promise.all(numbers.map(async (id) => (await items.findById(id))?.n))).to.deep.equal([7, undefined, undefined]); // prettier-ignore
  });

  it('are alone on one connection, where calls that nobody awaits keep their order', async () => {
    const { db, lines } = await watched({ entities, pool: { size: 1 } });
    const items = db.repository(Item);
    void items.insert({ id: 1, n: 1 });
    const seen = items.findById(1);
    void items.update({ id: 1 }, { n: 2 });
    const changed = items.findById(1);
    void items.delete({ id: 1 });
    void items.insert({ id: 1, n: 3 });
    expect([(await seen)?.n, (await changed)?.n, (await items.findById(1))?.n]).to.deep.equal([1, 2, 3]);
    expect(lines().filter(({ callers }) => callers !== undefined)).to.deep.equal([]);
  });

  it('read keys of several columns one by one, which DuckDB has no index for', async () => {
    const { db, lines } = await watched({ entities });
    const two = db.repository(Two);
    await Promise.all(numbers.map((a) => two.insert({ a, b: `b${a}` })));
    expect(lines()).to.have.lengthOf(1);
    const rows = await Promise.all(numbers.map((a) => two.findById({ b: `b${a}`, a })));
    expect(rows.map((row) => row?.a)).to.deep.equal(numbers);
    expect(lines()).to.have.lengthOf(3);
  });

  it('prepare what they run once, whatever is written meanwhile, and see it', async () => {
    const { db } = await watched({ entities });
    const items = db.repository(Item);
    for (let id = 1; id <= 20; id += 1) {
      expect(await items.findById(id)).to.equal(null);
      await items.insert({ id, n: id });
      expect((await items.findById(id))?.n).to.equal(id);
      await items.update({ id }, { n: -id });
      expect((await items.findById(id))?.n).to.equal(-id);
      if (id % 3 === 0) await items.delete({ id });
      expect((await items.findById(id))?.n).to.equal(id % 3 === 0 ? undefined : -id);
    }
    await db.execute(sql`drop table point_item`);
    await db.execute(sql`create table point_item (n integer, id integer primary key)`);
    expect(await items.findById(1)).to.equal(null);
    await items.insert({ id: 1, n: 5 });
    expect(await items.findById(1)).to.deep.include({ id: 1, n: 5 });
  });

  it('end what a cache kept when the group that wrote is committed', async () => {
    const { db } = await watched({ entities });
    const items = db.repository(Item);
    class Service {
      readonly items = items;
      @Cached('1h') async count(): Promise<number> {
        return this.items.count();
      }
      @Cached('1h') async some(): Promise<(number | undefined)[]> {
        return Promise.all(numbers.map(async (id) => (await this.items.findById(id))?.n));
      }
    }
    const service = new Service();
    expect([await service.count(), await service.some()]).to.deep.equal([0, [undefined, undefined, undefined]]);
    await Promise.all(numbers.map((id) => items.insert({ id, n: id })));
    expect([await service.count(), await service.some()]).to.deep.equal([3, [1, 2, 3]]);
    await items.update({ id: 2 }, { n: 9 });
    expect(await service.some()).to.deep.equal([1, 9, 3]);
  });
});
