// kysely with kysely-duckdb: rows as its dialect gives them; JSON parsed and named as the class has it, as its users must.
import { DuckDBInstance } from '@duckdb/node-api';
import { CamelCasePlugin, Kysely, sql } from 'kysely';
import { DuckDbDialect, datatypes } from 'kysely-duckdb';
import { DDL, insertRows } from '../../dist/bench/table.js';

const BATCH = 500;

const plain = (row) => ({
  ...row,
  startDate: datatypes.date(row.startDate),
  endDate: datatypes.date(row.endDate),
  createdAt: datatypes.timestamp(row.createdAt),
  trades: JSON.stringify(row.trades),
});

const read = (row) => {
  row.trades = JSON.parse(row.trades);
  return row;
};

export async function open(count) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(DDL);
  if (count > 0) await connection.run(insertRows(count));
  connection.closeSync();
  const db = new Kysely({
    dialect: new DuckDbDialect({ database: instance, tableMappings: {} }),
    plugins: [new CamelCasePlugin()],
  });
  return {
    insertAll: (rows) =>
      db.transaction().execute(async (tx) => {
        for (let from = 0; from < rows.length; from += BATCH)
          await tx.insertInto('backtests').values(rows.slice(from, from + BATCH).map(plain)).execute(); // prettier-ignore
      }),
    findAll: async () => (await db.selectFrom('backtests').selectAll().execute()).map(read),
    count: async () => (await db.selectFrom('backtests').select(sql`count(*)`.as('n')).executeTakeFirstOrThrow()).n, // prettier-ignore
    close: () => db.destroy(),
  };
}
