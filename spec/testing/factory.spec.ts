import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Column, Table, now, sequence, sql, uuid7, type Generated, type Insert } from '@mysingle/database';
import { createTestManager, factory } from '@mysingle/database/testing';
import { failure } from '../support/failure.js';

@Table('factory_strategy')
class Strategy {
  @Column('integer', { primaryKey: true, default: sequence() }) id!: Generated<number>;
  @Column('varchar', { unique: true }) name!: string;
}

@Table('factory_run')
class Run {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('integer', { references: () => [Strategy, 'id'] }) strategyId!: number;
  @Column('double') totalReturn!: number;
  @Column('double', { nullable: true }) sharpe!: number | null;
  @Column('integer') qty!: number;
  @Column('integer', { generated: sql`qty * 2` }) readonly twice!: number;
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
}

describe('factory', () => {
  it('fills in what must be given, by the number of the row, and leaves out the rest', () => {
    const runs = factory(Run, { strategyId: 1 });
    expect(runs.row()).to.deep.equal({ strategyId: 1, totalReturn: 1, qty: 1 });
    expect(runs.row({ totalReturn: -0.5, sharpe: null })).to.deep.equal({ strategyId: 1, totalReturn: -0.5, sharpe: null, qty: 2 }); // prettier-ignore
    expect(runs.rows(2, (n) => ({ totalReturn: n / 10 }))).to.deep.equal([
      { strategyId: 1, totalReturn: 0.3, qty: 3 },
      { strategyId: 1, totalReturn: 0.4, qty: 4 },
    ]);
    expect(runs.rows(0)).to.deep.equal([]);
    runs.reset();
    expect(runs.row().qty).to.equal(1);
    expect(factory(Run, (n) => ({ strategyId: n * 10 })).rows(2).map((row) => row.strategyId)).to.deep.equal([10, 20]); // prettier-ignore
  });

  it('inserts, and gives instances', async () => {
    await using db = await createTestManager({ entities: [Strategy, Run] });
    const strategies = factory(Strategy);
    const [first, second] = (await strategies.insertMany(db, 2)) as [Strategy, Strategy];
    expect([first, second]).to.deep.equal([
      Object.assign(new Strategy(), { id: 1, name: 'name-1' }),
      Object.assign(new Strategy(), { id: 2, name: 'name-2' }),
    ]);
    const run = await factory(Run).insert(db, { strategyId: second.id });
    expect([run instanceof Run, run.twice, run.sharpe]).to.deep.equal([true, 2, null]);
    expect(await db.repository(Run).insertMany(factory(Run, { strategyId: 1 }).rows(1000))).to.equal(1000);
    await failure(
      strategies.insertMany(db, 3, (n) => (n === 5 ? { name: 'name-1' } : {})),
      'E_UNIQUE',
    );
    expect(await db.repository(Strategy).count()).to.equal(2);
  });

  it('does not make up whom a row refers to', async () => {
    expect((await failure(() => factory(Run).row(), 'E_CONFIG')).message).to.equal(
      'Run.strategyId refers to Strategy.id. Say which row is meant: { strategyId: ... }.',
    );
    for (const count of [-1, 1.5, '3']) await failure(() => factory(Strategy).rows(count as number), 'E_CONFIG');
    await failure(() => factory(Object as never), 'E_DECLARATION');
  });

  it('keeps to the types of the entity', () => {
    const runs = factory(Run);
    expectTypeOf<ReturnType<(typeof runs)['row']>>().toEqualTypeOf<Insert<Run>>();
    expectTypeOf<ReturnType<(typeof runs)['insertMany']>>().toEqualTypeOf<Promise<Run[]>>();
    // @ts-expect-error a number is no name
    factory(Strategy, { name: 5 });
    // @ts-expect-error there is no such property
    factory(Strategy, { nme: 'x' });
    // @ts-expect-error what a function makes is checked, too
    factory(Strategy, (n) => ({ name: n }));
  });
});
