import { BaseDuckDBManager, Cached, Column, type Generated, Repository, Table } from '@mysingle/database';
import { avg, count, gt, now, uuid7 } from '@mysingle/database';

@Table('backtest_results')
class BacktestResult {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar') strategyId!: string;
  @Column('double') totalReturn!: number;
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
}

class StrategyService {
  constructor(private readonly results: Repository<BacktestResult>) {}
  @Cached('10m') top(limit: number) {
    const select = { runs: count(), avgReturn: avg('totalReturn') };
    return this.results.aggregate({ groupBy: ['strategyId'], select, orderBy: { avgReturn: 'desc' }, limit });
  }
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [BacktestResult], logger: false });
const results = db.repository(BacktestResult);
const first = await results.insert({ strategyId: 'momentum', totalReturn: 0.12 });
console.log(first.id.length, first.createdAt instanceof Date); // 36 true: filled in, and given back
await results.insertMany([0.05, -0.02].map((totalReturn) => ({ strategyId: 'carry', totalReturn })));
console.log(await results.find({ where: { totalReturn: gt(0.1) }, select: ['strategyId', 'totalReturn'] }));
const service = new StrategyService(results);
console.log(await service.top(1)); // asks the database; the next call would not
await results.insert({ strategyId: 'carry', totalReturn: 0.9 });
console.log(await service.top(1)); // the write has ended the cached answer
