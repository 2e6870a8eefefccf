import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, type BaseDuckDBManager, type Repository } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('ticks')
class Tick {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) text!: string | null;
}

async function ticks(): Promise<{ db: BaseDuckDBManager; repository: Repository<Tick> }> {
  const db = await openManager({ entities: [Tick] });
  return { db, repository: db.repository(Tick) };
}

const rows = (count: number): { id: number; text: string | null }[] =>
  Array.from({ length: count }, (_row, id) => ({ id, text: id % 3 === 0 ? null : `t${id}` }));

/** Nothing was written, nothing is held, and the next load works. */
async function untouched({ db, repository }: Awaited<ReturnType<typeof ticks>>): Promise<void> {
  expect(await repository.count()).to.equal(0);
  expect(db.health().pool).to.include({ busy: 0, waiting: 0 });
  expect(await repository.insertMany(rows(3000))).to.equal(3000);
  expect(await repository.count()).to.equal(3000);
}

describe('loadChunks', () => {
  for (const count of [0, 1, 2047, 2048, 2049, 10_000])
    it(`loads ${count} rows as they are`, async () => {
      const { repository } = await ticks();
      expect(await repository.insertMany(rows(count))).to.equal(count);
      expect((await repository.find({ orderBy: { id: 'asc' } })).map(({ id, text }) => ({ id, text }))).to.deep.equal(
        rows(count),
      );
    });

  it('leaves nothing where row 5000 is a duplicate', async () => {
    const opened = await ticks();
    const duplicate = rows(8000).map((row) => (row.id === 5000 ? { ...row, id: 17 } : row));
    const { details } = await failure(opened.repository.insertMany(duplicate), 'E_UNIQUE');
    expect(details['table']).to.equal('ticks');
    await untouched(opened);
  });

  it('leaves nothing where row 5000 does not fit', async () => {
    const opened = await ticks();
    const wrong = rows(8000).map((row) => (row.id === 5000 ? { ...row, id: 1.5 } : row));
    expect((await failure(opened.repository.insertMany(wrong), 'E_CONVERSION')).message).to.contain(
      'Row 5000: Tick.id',
    );
    await untouched(opened);
  });

  it('leaves nothing where the source of rows throws', async () => {
    const opened = await ticks();
    const mine = new Error('mine');
    async function* source(): AsyncGenerator<Tick> {
      yield* rows(5000);
      await Promise.resolve();
      throw mine;
    }
    expect(await opened.repository.insertMany(source()).catch((error: unknown) => error)).to.equal(mine);
    await untouched(opened);
  });

  it('loads nothing of what a transaction around it rolls back', async () => {
    const opened = await ticks();
    await opened.db.transaction(async () => {
      await opened.repository.insertMany(rows(3000));
      expect(await opened.repository.count()).to.equal(3000);
      throw new Error('back');
    }).catch(() => {}); // prettier-ignore
    await untouched(opened);
  });

  it('lets its source read from the same transaction', async () => {
    const { db, repository } = await ticks();
    await repository.insertMany(rows(10));
    async function* source(): AsyncGenerator<Tick> {
      for (const { id, text } of await repository.find()) yield { id: id + 10, text };
      for (let id = 20; id < 5000; id += 1) yield { id, text: String(await repository.count({ id: 0 })) };
    }
    await db.transaction(() => repository.insertMany(source()));
    expect([await repository.count(), await repository.count({ text: '1' })]).to.deep.equal([5000, 4980]);
  });
});
