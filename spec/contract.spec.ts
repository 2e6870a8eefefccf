// The contract's own snippets, as close to its letter as TypeScript allows: what stands in it compiles and runs.
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import {
  BaseDuckDBManager,
  Cached,
  Column,
  DatabaseError,
  Entity,
  ERROR_CODES,
  Index,
  InjectRepository,
  Repository,
  Table,
  all,
  avg,
  column,
  columnsOf,
  count,
  ddlOf,
  enumOf,
  gt,
  isDatabaseError,
  json,
  list,
  managerToken,
  max,
  now,
  repositoryToken,
  sql,
  struct,
  timeBucket,
  toJsonSerializable,
  uuid7,
  withContext,
  type Generated,
} from '@mysingle/database';
import { openManager, scratchPath } from './support/scratch.js';

interface Trade {
  readonly symbol: string;
  readonly quantity: number;
}

@Table('backtest_results', { comment: 'one row per finished backtest' })
@Index(['strategyId', 'createdAt'])
@Cached('5m')
class BacktestResult {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar') @Index() strategyId!: string;
  @Column('varchar') userId!: string;
  @Column('date') startDate!: Date;
  @Column('double', { nullable: true }) sharpeRatio!: number | null;
  @Column('double') totalReturn!: number;
  @Column('decimal(18,4)') price!: string;
  @Column(json<Trade[]>()) trades!: Trade[];
  @Column(enumOf('run_state', ['queued', 'done'])) state!: 'queued' | 'done';
  @Column(list('double')) equity!: number[];
  @Column(struct({ venue: 'varchar', fee: 'double' })) route!: { venue: string; fee: number };
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
}

@Entity()
class OrderLine {
  @Column('integer', { primaryKey: true }) orderNo!: number;
}

class StrategyService {
  constructor(private readonly results: Repository<BacktestResult>) {}
  @Cached('10m') topStrategies(limit: number) {
    return this.results.aggregate({
      groupBy: ['strategyId'],
      select: { runs: count(), avgReturn: avg('totalReturn'), avgSharpe: avg('sharpeRatio'), last: max('createdAt') },
      having: { avgSharpe: gt(1) },
      orderBy: { avgReturn: 'desc' },
      limit,
    });
  }
  @Cached({ ttl: '1h', key: (id: string) => id, negativeTtl: '30s' }) profile(id: string) {
    return this.results.findOne({ where: { userId: id } });
  }
}

class Reports {
  @InjectRepository(BacktestResult) readonly results!: Repository<BacktestResult>;
}

const run = (strategyId: string, totalReturn: number) => ({
  strategyId,
  userId: 'u1',
  startDate: new Date('2024-01-01'),
  totalReturn,
  sharpeRatio: totalReturn > 0 ? 2 : null,
  price: '12.5',
  trades: [{ symbol: 'AAPL', quantity: 1 }],
  state: 'done' as const,
  equity: new Float64Array([1, 1.1]),
  route: { venue: 'XNAS', fee: 0.1 },
});

describe('the contract', () => {
  it('declares: a schema and its DDL without a database, and a default name', () => {
    expect(columnsOf(BacktestResult).map((each) => each.name)).to.include.members(['id', 'strategy_id', 'created_at']);
    expect(ddlOf([BacktestResult, OrderLine]))
      .to.contain('CREATE TABLE "backtest_results"')
      .and.contain('"order_line"');
  });

  it('reads and writes as written', async () => {
    await using db = await BaseDuckDBManager.open({ path: scratchPath(), entities: [BacktestResult], logger: false });
    const results = db.repository(BacktestResult);
    const first = await results.insert(run('s1', 0.1));
    expect(first).to.be.instanceOf(BacktestResult);
    expect([first.id.length, first.createdAt instanceof Date, first.price]).to.deep.equal([36, true, '12.5000']);
    expect(await results.insertMany([run('s1', 0.3), run('s2', -0.1)], { onConflict: 'error' })).to.equal(2);
    expect(
      await results.upsert({ ...run('s1', 0.2), id: first.id, price: '1' }, { on: ['id'], update: ['price'] }),
    ).to.equal(1);
    const found = await results.find({
      where: { userId: 'u1', sharpeRatio: gt(1) },
      orderBy: { createdAt: 'desc' },
      limit: 20,
    });
    expect(found.map((row) => row.strategyId)).to.deep.equal(['s1', 's1']);
    const picked = await results.find({ select: ['id', 'price'] });
    expectTypeOf(picked).toEqualTypeOf<Pick<BacktestResult, 'id' | 'price'>[]>();
    expect((await results.findById(first.id))?.price).to.equal('1.0000');
    expect(await results.findOneOrFail({ where: { id: first.id } })).to.be.instanceOf(BacktestResult);
    expect([await results.count({ strategyId: 's1' }), await results.exists({ strategyId: 's9' })]).to.deep.equal([
      2,
      false,
    ]);
    const hours = await results.aggregate({
      groupBy: { hour: timeBucket('1h', 'createdAt') },
      select: { runs: count() },
    });
    expect(hours.reduce((sum, row) => sum + row.runs, 0)).to.equal(3);
    const service = new StrategyService(results);
    const [top] = await service.topStrategies(10);
    expectTypeOf(top).toEqualTypeOf<
      | { strategyId: string; runs: number; avgReturn: number | null; avgSharpe: number | null; last: Date | null }
      | undefined
    >();
    expect([top?.strategyId, top?.runs, top?.avgSharpe]).to.deep.equal(['s1', 2, 2]);
    expect((await service.profile('u1'))?.userId).to.equal('u1');
    expect(await new Reports().results.count()).to.equal(3);
    const rows = await db.query<{ price: string }>(
      sql`select ${column(BacktestResult, 'price')} from ${BacktestResult} where id = ${first.id}`,
    );
    expect(rows).to.deep.equal([{ price: '1.0000' }]);
    expect(await db.transaction(async () => results.update(all(), { state: 'queued' }), { retries: 2 })).to.equal(3);
    expect(await results.delete(all())).to.equal(3);
    expect([db.mode, db.health().conflicts, db.cache.stats().hits >= 0]).to.deep.equal(['file', 0, true]);
  });

  it('has tokens, ids for logs, JSON data and typed errors', async () => {
    expect([typeof repositoryToken(BacktestResult), typeof managerToken()]).to.deep.equal(['symbol', 'symbol']);
    expect(withContext({ correlationId: 'c', userId: 'u', requestId: 'r' }, () => 1)).to.equal(1);
    expect(toJsonSerializable({ at: new Date(0), n: 5n })).to.deep.equal({ at: '1970-01-01T00:00:00.000Z', n: 5 });
    const db = await openManager({ entities: [OrderLine] });
    await db.repository(OrderLine).insert({ orderNo: 1 });
    const error: unknown = await db
      .repository(OrderLine)
      .insert({ orderNo: 1 })
      .catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(DatabaseError);
    expect([isDatabaseError(error, 'E_UNIQUE'), isDatabaseError(error, 'E_LOCKED')]).to.deep.equal([true, false]);
    expect(ERROR_CODES.size).to.equal(26);
  });
});
