import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, sequence, type Generated } from '@mysingle/database';
import { createTestManager, seed } from '@mysingle/database/testing';
import { failure } from '../support/failure.js';

@Table('seed_desk')
class Desk {
  @Column('varchar', { primaryKey: true }) id!: string;
}

@Table('seed_trader')
class Trader {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { references: () => [Desk, 'id'] }) deskId!: string;
  @Column('integer', { nullable: true, references: () => [Trader, 'id'] }) bossId!: number | null;
  @Column('varchar', { unique: true }) name!: string;
}

@Table('seed_trade')
class Trade {
  @Column('bigint', { primaryKey: true, default: sequence() }) id!: Generated<bigint>;
  @Column('integer', { references: () => [Trader, 'id'] }) traderId!: number;
  @Column('decimal(18,4)') price!: string;
}

@Table('seed_node')
class Node {
  @Column('integer', { primaryKey: true, default: sequence() }) id!: Generated<number>;
  @Column('integer', { nullable: true, references: () => [Node, 'id'] }) parentId!: number | null;
  @Column('varchar') name!: string;
}

@Table('seed_session')
class Session {
  @Column('timestamp', { primaryKey: true }) at!: Date;
  @Column('timestamp', { nullable: true, references: () => [Session, 'at'] }) before!: Date | null;
}

@Table('seed_blob')
class Blob {
  @Column('blob', { primaryKey: true }) id!: Uint8Array;
  @Column('blob', { nullable: true, references: () => [Blob, 'id'] }) of!: Uint8Array | null;
}

@Table('seed_big')
class Big {
  @Column('bigint', { primaryKey: true }) id!: bigint;
  @Column('bigint', { nullable: true, references: () => [Big, 'id'] }) of!: bigint | null;
}

const day = (n: number): Date => new Date(Date.UTC(2026, 0, n));
const entities = [Trade, Trader, Desk];

describe('seed', () => {
  it('inserts what others refer to first, whatever the order given, and fills in the rest', async () => {
    await using db = await createTestManager({ entities });
    await seed(db, [
      [Trade, [{ traderId: 3 }, { traderId: 1, price: '9.5000' }]],
      [Trader, [{ id: 3, deskId: 'd2', bossId: 2 }, { id: 2, deskId: 'd1', bossId: 1 }, { id: 1, deskId: 'd1', name: 'Ada' }]],
      [Desk, [{ id: 'd1' }]],
      [Desk, [{ id: 'd2' }]],
    ]); // prettier-ignore
    expect(await db.repository(Trader).find({ orderBy: { id: 'asc' } })).to.deep.equal([
      Object.assign(new Trader(), { id: 1, deskId: 'd1', bossId: null, name: 'Ada' }),
      Object.assign(new Trader(), { id: 2, deskId: 'd1', bossId: 1, name: 'name-2' }),
      Object.assign(new Trader(), { id: 3, deskId: 'd2', bossId: 2, name: 'name-1' }),
    ]);
    const trades = await db.repository(Trade).find({ orderBy: { id: 'asc' } });
    expect(trades.map(({ traderId, price }) => [traderId, price])).to.deep.equal([
      [3, '1.0000'],
      [1, '9.5000'],
    ]);
  });

  it('finds the order within one entity: over several sets, by keys that the database makes, by dates and bytes', async () => {
    await using db = await createTestManager({ entities: [Node, Session, Blob, Big] });
    await seed(db, [
      [Node, [{ name: 'root' }, { name: 'a', parentId: 1 }, { name: 'b', parentId: 2 }, { id: 202, name: 'd', parentId: 201 }]],
      [Node, [{ id: 201, name: 'c' }, { id: 203, name: 'e', parentId: 3 }]],
      [Session, [{ at: day(2), before: day(1) }, { at: day(1) }]],
      [Blob, [{ id: Buffer.from('b'), of: Buffer.from('a') }, { id: Uint8Array.of(97) }]],
      [Big, [{ id: 2n, of: 1n }]],
      [Big, [{ id: 1n }]],
    ]); // prettier-ignore
    const nodes = await db.repository(Node).find({ orderBy: { id: 'asc' } });
    expect(nodes.map(({ id, name, parentId }) => [id, name, parentId])).to.deep.equal([
      [1, 'root', null], [2, 'a', 1], [3, 'b', 2], [201, 'c', null], [202, 'd', 201], [203, 'e', 3],
    ]); // prettier-ignore
    for (const entity of [Session, Blob, Big]) expect(await db.repository<object>(entity).count()).to.equal(2);
    await failure(seed(db, [[Node, [{ name: 'f', parentId: 5 }, { name: 'g' }]]]), 'E_FOREIGN_KEY');
  });

  it('takes a number of rows in place of rows', async () => {
    await using db = await createTestManager({ entities });
    await seed(db, [[Desk, 3], [Desk, 2], [Trader, []]]); // prettier-ignore
    expect((await db.repository(Desk).find({ orderBy: { id: 'asc' } })).map(({ id }) => id)).to.deep.equal(['id-1', 'id-2', 'id-3', 'id-4', 'id-5']); // prettier-ignore
    await seed(db, []);
  });

  it('inserts all or nothing', async () => {
    await using db = await createTestManager({ entities });
    const lost = seed(db, [[Trader, [{ id: 1, deskId: 'none' }]], [Desk, [{ id: 'd1' }]]]); // prettier-ignore
    await failure(lost, 'E_FOREIGN_KEY');
    await failure(seed(db, [[Desk, [{ id: 'a' }, { id: 'a' }]]]), 'E_UNIQUE');
    await failure(seed(db, [[Trader, [{ id: 1 }]]]), 'E_CONFIG');
    expect(await db.repository(Desk).count()).to.equal(0);
    const circle = seed(db, [[Desk, [{ id: 'd' }]], [Trader, [{ id: 1, deskId: 'd', bossId: 2 }, { id: 2, deskId: 'd', bossId: 1 }]]]); // prettier-ignore
    expect((await failure(circle, 'E_CONFIG')).message).to.contain('rows of Trader refer to each other in a circle');
    expect(await db.repository(Desk).count()).to.equal(0);
  });

  it('keeps to the types of each entity', async () => {
    await using db = await createTestManager({ entities });
    // @ts-expect-error a desk has no price
    await failure(seed(db, [[Desk, [{ id: 'd', price: '1' }]]]), 'E_VALIDATION');
    // @ts-expect-error a number is no name
    await failure(seed(db, [[Desk, [{ id: 5 }]]]), 'E_CONVERSION');
  });
});
