// MikroORM on SQLite: insertMany in batches within one transaction, a fork of its entity manager for each unit of work.
import { EntitySchema, MikroORM } from '@mikro-orm/sqlite';
import { Backtest, rowsOf } from '../../dist/bench/table.js';

const BATCH = 1000;

const entity = new EntitySchema({
  class: Backtest,
  tableName: 'backtests',
  properties: {
    id: { type: 'string', primary: true },
    strategyId: { type: 'string' },
    userId: { type: 'string' },
    startDate: { type: 'datetime' },
    endDate: { type: 'datetime' },
    totalReturn: { type: 'double' },
    sharpeRatio: { type: 'double', nullable: true },
    maxDrawdown: { type: 'double' },
    tradeCount: { type: 'integer' },
    trades: { type: 'json' },
    isLive: { type: 'boolean' },
    price: { type: 'double' },
    createdAt: { type: 'datetime' },
  },
});

export async function open(count) {
  const orm = await MikroORM.init({ entities: [entity], dbName: ':memory:' });
  await orm.schema.create();
  const insertAll = (rows) =>
    orm.em.fork().transactional(async (em) => {
      for (let from = 0; from < rows.length; from += BATCH) await em.insertMany(entity, rows.slice(from, from + BATCH));
    });
  if (count > 0) await insertAll(rowsOf(count));
  return {
    insertAll,
    findAll: () => orm.em.fork().findAll(entity),
    count: () => orm.em.fork().count(entity),
    close: () => orm.close(),
  };
}
