// Raw SQL by the sql tag: values, tables and columns, fragments, lists, names that are chosen, and what is refused.
import { BaseDuckDBManager, Column, Table, column, isDatabaseError, sql } from '@mysingle/database';

@Table('trades')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
  @Column('varchar', { name: 'exchange_code', nullable: true }) venue!: string | null;
  @Column('decimal(18,2)') price!: string;
  @Column('integer') qty!: number;
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false });
const trades = db.repository(Trade);
await trades.insertMany([
  { id: 1, symbol: 'AAPL', venue: 'XNAS', price: '190.50', qty: 10 },
  { id: 2, symbol: 'MSFT', venue: null, price: '400.25', qty: 5 },
  { id: 3, symbol: 'AAPL', venue: 'ARCX', price: '191.00', qty: 20 },
]);

// values become parameters, an entity its table, column() a column; rows are typed by you
const bySymbol = await db.query<{ symbol: string; value: string }>(sql`
  select symbol, sum(price * qty)::decimal(18, 2) as value
  from ${Trade}
  where ${column(Trade, 'venue')} is not null and qty >= ${10}
  group by all order by symbol`);
console.log(bySymbol);

// the one row, or null
const dearest = await db.queryOne<{ id: number }>(sql`select id from ${Trade} order by price desc limit 1`);
console.log('dearest:', dearest?.id);

// a statement that gives no rows: how many it changed
const changed = await db.execute(sql`update ${Trade} set qty = qty + ${1} where symbol = ${'AAPL'}`);
console.log('changed:', changed);

// a list is one parameter, an empty one too: it finds nothing
const withIds = (ids: readonly number[]) =>
  db.query<{ id: number }>(sql`select id from ${Trade} where id in ${ids} order by id`);
console.log('listed:', (await withIds([1, 3])).length, (await withIds([])).length);

// fragments nest, and sql.join puts something between them; sql.empty is nothing
function search(symbol: string | undefined, least: number | undefined) {
  const conditions = [sql`true`];
  if (symbol !== undefined) conditions.push(sql`symbol = ${symbol}`);
  if (least !== undefined) conditions.push(sql`qty >= ${least}`);
  const limit = least === undefined ? sql.empty : sql`limit ${10}`;
  return sql`select id from ${Trade} where ${sql.join(conditions, sql` and `)} order by id ${limit}`;
}
console.log(
  'found:',
  (await db.query(search('AAPL', 15))).length,
  (await db.query(search(undefined, undefined))).length,
);

// a fragment as a condition of a repository, alone or among others
console.log('above 3000:', await trades.count(sql`price * qty > ${3_000}`));

// a name that somebody chooses: one of yours, never his text
const ORDERS = { price: column(Trade, 'price'), venue: column(Trade, 'venue') };
const order = (name: string) => (Object.hasOwn(ORDERS, name) ? ORDERS[name as keyof typeof ORDERS] : ORDERS.price);
const sorted = await db.query<{ id: number }>(sql`select id from ${Trade} order by ${order('venue')} nulls first`);
console.log('sorted:', sorted.map(({ id }) => id).join(' '));

// sql.raw is the text as it is: for what the program itself holds, and NEVER for anything that a user can reach
const direction = sql.raw(sorted.length > 1 ? 'desc' : 'asc');
console.log('last:', await db.queryOne(sql`select id from ${Trade} order by id ${direction} limit 1`));

// any number of rows in bounded memory: all of them, or an error
let rows = 0;
for await (const { n } of db.stream<{ n: number }>(sql`select range::integer as n from range(${50_000})`))
  rows += n % 2;
console.log('odd:', rows);

// what is temporary lives on one connection: in a transaction that is always the same
const staged = await db.transaction(async () => {
  await db.execute(sql`create temp table staged as select symbol, qty from ${Trade} where qty > ${5}`);
  const found = await db.query(sql`select symbol, sum(qty)::integer as qty from staged group by all`);
  await db.execute(sql`drop table staged`);
  return found;
});
console.log(staged);

// what would be misread is refused
for (const wrong of [
  sql`select 1; select 2`,
  sql`select * from ${Trade} order by ${'price'}`,
  sql`select $1, ${2}`,
  sql`create temp table staged (n integer)`,
])
  await db.query(wrong).catch((error: unknown) => {
    if (isDatabaseError(error, 'E_QUERY')) console.log(error.message);
    else throw error;
  });
