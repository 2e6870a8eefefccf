// Aggregates: every function, filters, groups by dates, totals, conditions on results; each row is typed by what is asked for.
import { BaseDuckDBManager, Column, Table, enumOf, sql } from '@mysingle/database';
import {
  argMax,
  avg,
  collect,
  count,
  countDistinct,
  first,
  last,
  max,
  median,
  quantile,
  stddev,
  sum,
} from '@mysingle/database';
import { datePart, gt, gte, grouping } from '@mysingle/database';

@Table('trades')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
  @Column(enumOf('side', ['buy', 'sell'])) side!: 'buy' | 'sell';
  @Column('integer') qty!: number;
  @Column('decimal(18,2)') price!: string;
  @Column('double', { nullable: true }) fee!: number | null;
  @Column('timestamptz') at!: Date;
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false });
const trades = db.repository(Trade);
const rows = [
  ['AAPL', 'buy', 100, '190.50', 1.2, '2025-12-30'],
  ['AAPL', 'sell', 40, '192.00', null, '2025-12-31'],
  ['AAPL', 'buy', 10, '188.25', 0.4, '2026-01-02'],
  ['MSFT', 'buy', 20, '410.00', 0.9, '2026-01-02'],
  ['MSFT', 'sell', 25, '415.75', 1.1, '2026-01-05'],
] as const;
await trades.insertMany(
  rows.map(([symbol, side, qty, price, fee, day], id) => ({ id, symbol, side, qty, price, fee, at: new Date(day) })),
);

// one row over everything; its type says that there is always one
const [total] = await trades.aggregate({
  select: { trades: count(), symbols: countDistinct('symbol'), fees: sum('fee') },
});
console.log(total);

const bySymbol = await trades.aggregate({
  groupBy: ['symbol'],
  select: {
    trades: count(),
    open: first('price', 'at'),
    close: last('price', 'at'),
    mean: avg('price'),
    middle: median('qty'),
    upper: quantile('qty', 0.75),
    spread: stddev('price'),
    dearest: argMax('id', 'price'),
    prices: collect('price', 'at'),
  },
  orderBy: { symbol: 'asc' },
});
console.log(bySymbol[1]);

// each aggregate may look at some of the rows alone
const sides = await trades.aggregate({
  groupBy: ['symbol'],
  select: {
    bought: sum('qty').filter({ side: 'buy' }),
    sold: sum('qty').filter({ side: 'sell' }),
    large: count().filter({ qty: gte(40) }),
    value: max('price').filter(sql`qty * price > ${10_000}`),
  },
  having: { bought: gt(20) },
  orderBy: { bought: 'desc' },
});
console.log(sides);

// totals over the months of each year, and over all of it
const months = await trades.aggregate({
  groupBy: { year: datePart('year', 'at'), month: datePart('month', 'at') },
  select: { trades: count(), overMonths: grouping('month'), overYears: grouping('year') },
  rollup: true,
  orderBy: [{ overYears: 'asc' }, { year: 'asc' }, { overMonths: 'asc' }],
});
for (const { year, month, trades: n, overMonths } of months)
  console.log(year ?? 'all years', overMonths ? 'all months' : month, n);
