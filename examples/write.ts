// Writing: one row, many rows, rows that may exist already; and what a refused write tells.
import {
  BaseDuckDBManager,
  Column,
  Table,
  all,
  isDatabaseError,
  lt,
  now,
  sql,
  type Generated,
} from '@mysingle/database';

@Table('holdings')
class Holding {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('integer', { check: sql`quantity >= 0` }) quantity!: number;
  @Column('decimal(18,2)', { default: '0.00' }) cost!: Generated<string>;
  @Column('timestamptz', { default: now() }) updatedAt!: Generated<Date>;
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Holding], logger: false });
const holdings = db.repository(Holding);

// insert gives the row as stored, defaults included
const apple = await holdings.insert({ symbol: 'AAPL', quantity: 10 });
console.log('inserted:', apple.symbol, apple.quantity, apple.cost, apple.updatedAt instanceof Date);
// insertMany takes arrays, iterables and async iterables; all rows or none
async function* feed() {
  for (const symbol of ['MSFT', 'NVDA', 'AMZN']) yield { symbol, quantity: symbol.length, cost: '100.10' };
}
console.log('from a feed:', await holdings.insertMany(feed()));
console.log('ignored:', await holdings.insertMany(feed(), { onConflict: 'ignore' }));

// upsert: cost alone is updated where the symbol exists; of two rows with one key the last wins
const rows = [
  { symbol: 'AAPL', quantity: 0, cost: '1.00' },
  { symbol: 'TSLA', quantity: 7, cost: '2.00' },
  { symbol: 'AAPL', quantity: 0, cost: '3.00' },
];
console.log('upserted:', await holdings.upsert(rows, { on: ['symbol'], update: ['cost'] }));
console.log('apple:', await holdings.find({ where: { symbol: 'AAPL' }, select: ['quantity', 'cost'] }));
// a patch may compute from the row
console.log('updated:', await holdings.update({ quantity: lt(10) }, { quantity: sql`quantity * 2` }));
console.log('deleted:', await holdings.delete({ symbol: 'TSLA' }));

// an error has a code to react to, and a message to read; nothing of a refused write stays
async function refused(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    console.log(`${error.code}: ${error.message}`);
  }
}
await refused(() => holdings.insert({ symbol: 'AAPL', quantity: 1 }));
await refused(() =>
  holdings.insertMany([
    { symbol: 'META', quantity: 1 },
    { symbol: 'GOOG', quantity: -1 },
  ]),
);
await refused(() =>
  holdings.insertMany([
    { symbol: 'META', quantity: 1 },
    { symbol: 'GOOG', quantity: 1.5 },
  ]),
);
await refused(() => holdings.insert({ symbol: 'ORCL', quantity: 1, cost: '0.001' }));
await refused(() => holdings.delete({}));
console.log('left:', await holdings.count(), 'deleted:', await holdings.delete(all()));
