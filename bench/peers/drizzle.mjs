// drizzle with drizzle-neo-duckdb: its DuckDB columns where they take what they say, ISO text and pg's timestamp where they do not.
import { DuckDBInstance } from '@duckdb/node-api';
import { drizzle, duckDbJson } from '@leonardovida-md/drizzle-neo-duckdb';
import { sql } from 'drizzle-orm';
import { bigint, boolean, date, doublePrecision, numeric, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { DDL, insertRows } from '../../dist/bench/table.js';

const BATCH = 500;

const backtests = pgTable('backtests', {
  id: text('id').primaryKey(),
  strategyId: text('strategy_id').notNull(),
  userId: text('user_id').notNull(),
  startDate: date('start_date', { mode: 'string' }).notNull(),
  endDate: date('end_date', { mode: 'string' }).notNull(),
  totalReturn: doublePrecision('total_return').notNull(),
  sharpeRatio: doublePrecision('sharpe_ratio'),
  maxDrawdown: doublePrecision('max_drawdown').notNull(),
  tradeCount: bigint('trade_count', { mode: 'number' }).notNull(),
  trades: duckDbJson('trades').notNull(),
  isLive: boolean('is_live').notNull(),
  price: numeric('price', { precision: 18, scale: 4 }).notNull(),
  createdAt: timestamp('created_at', { mode: 'string' }).notNull(),
});

const day = (at) => at.toISOString().slice(0, 10);

// a Date throws on the way in: the columns of the dialect pass it to the binding as it is
const plain = (row) => ({
  ...row,
  startDate: day(row.startDate),
  endDate: day(row.endDate),
  createdAt: row.createdAt.toISOString().slice(0, 23).replace('T', ' '),
  price: String(row.price),
});

export async function open(count) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(DDL);
  if (count > 0) await connection.run(insertRows(count));
  const db = drizzle(connection);
  return {
    insertAll: (rows) =>
      db.transaction(async (tx) => {
        for (let from = 0; from < rows.length; from += BATCH)
          await tx.insert(backtests).values(rows.slice(from, from + BATCH).map(plain));
      }),
    findAll: () => db.select().from(backtests),
    count: async () => (await db.select({ n: sql`count(*)` }).from(backtests))[0].n,
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
