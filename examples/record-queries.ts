// A test that holds a piece of code to its number of queries: here it finds a loop that asks once for each row.
import { BaseDuckDBManager, Column, Repository, Table, many } from '@mysingle/database';
import { expectQueries, recordQueries } from '@mysingle/database/testing';

@Table('strategies')
class Strategy {
  @Column('varchar', { primaryKey: true }) id!: string;
}

@Table('trades')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { references: () => [Strategy, 'id'] }) strategyId!: string;
}

async function byLoop(strategies: Repository<Strategy>, trades: Repository<Trade>): Promise<number> {
  let found = 0;
  for (const { id } of await strategies.find()) found += (await trades.find({ where: { strategyId: id } })).length;
  return found;
}

async function atOnce(strategies: Repository<Strategy>): Promise<number> {
  const rows = await strategies.find({ include: { trades: many(Trade) } });
  return rows.reduce((found, { trades }) => found + trades.length, 0);
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Strategy, Trade], logger: false });
const [strategies, trades] = [db.repository(Strategy), db.repository(Trade)];
await strategies.insertMany(['carry', 'momentum', 'value'].map((id) => ({ id })));
await trades.insertMany([1, 2, 3].map((id) => ({ id, strategyId: 'carry' })));

console.log('at once:', await expectQueries(db, 1, () => atOnce(strategies)));
await expectQueries(db, 1, () => byLoop(strategies, trades)).catch((error: Error) => console.log(error.message));
{
  using recorder = recordQueries(db);
  await Promise.all([trades.findById(1), trades.findById(2)]);
  await trades.insert({ id: 4, strategyId: 'value' });
  for (const { operation, entity, rows, batch } of recorder.queries) console.log(operation, entity, rows, batch);
  recorder.expectQueries(2);
}
