// TypeORM on SQLite, by better-sqlite3: the query builder's insert, which its documentation has for many rows. It asks for an older
// better-sqlite3 than MikroORM brings; the newer one is given to it as its driver.
import driver from 'better-sqlite3';
import { DataSource, EntitySchema } from 'typeorm';
import { Backtest, rowsOf } from '../../dist/bench/table.js';

const BATCH = 1000;

const entity = new EntitySchema({
  name: 'Backtest',
  target: Backtest,
  tableName: 'backtests',
  columns: {
    id: { type: 'varchar', primary: true },
    strategyId: { type: 'varchar' },
    userId: { type: 'varchar' },
    startDate: { type: 'datetime' },
    endDate: { type: 'datetime' },
    totalReturn: { type: 'double' },
    sharpeRatio: { type: 'double', nullable: true },
    maxDrawdown: { type: 'double' },
    tradeCount: { type: 'bigint' },
    trades: { type: 'simple-json' },
    isLive: { type: 'boolean' },
    price: { type: 'decimal', precision: 18, scale: 4 },
    createdAt: { type: 'datetime' },
  },
});

export async function open(count) {
  const source = new DataSource({ type: 'better-sqlite3', driver, database: ':memory:', entities: [entity], synchronize: true }); // prettier-ignore
  await source.initialize();
  const repository = source.getRepository(entity);
  const insertAll = (rows) =>
    source.transaction(async (manager) => {
      for (let from = 0; from < rows.length; from += BATCH)
        await manager
          .createQueryBuilder()
          .insert()
          .into(entity)
          .values(rows.slice(from, from + BATCH))
          .updateEntity(false)
          .execute();
    });
  if (count > 0) await insertAll(rowsOf(count));
  return {
    insertAll,
    findAll: () => repository.find(),
    insertOne: (row) => repository.insert(row),
    count: () => repository.count(),
    close: () => source.destroy(),
  };
}
