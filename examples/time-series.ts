// Time series on real prices: resampling, gaps, totals, the latest rows, ASOF joins and windows, all typed by what is asked for.
import { fileURLToPath } from 'node:url';
import { BaseDuckDBManager, Column, Table, sql } from '@mysingle/database';
import { count, datePart, first, grouping, last, max, min, sum, timeBucket } from '@mysingle/database';
import { between, gte, isNotNull, lag, lte, movingAvg, rank } from '@mysingle/database';

/** One trading day of the S&P 500. */
@Table('bars')
class Bar {
  @Column('date', { primaryKey: true }) day!: Date;
  @Column('decimal(12,2)') open!: string;
  @Column('decimal(12,2)') high!: string;
  @Column('decimal(12,2)') low!: string;
  @Column('decimal(12,2)') close!: string;
  @Column('bigint') volume!: bigint;
}

/** The price of a share on the first of a month. */
@Table('prices')
class Price {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('date', { primaryKey: true }) day!: Date;
  @Column('decimal(12,2)') price!: string;
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Bar, Price], logger: false });
const bars = db.repository(Bar);
const prices = db.repository(Price);

const file = (name: string): string => fileURLToPath(new URL(`../data/${name}`, import.meta.resolve('vega-datasets')));
const date = (text: string): Date => new Date(`${text}T00:00:00Z`);
const iso = (day: Date | null | undefined): string => day?.toISOString().slice(0, 10) ?? 'total';

await bars.insertMany(
  await db.query<Bar>(sql`
    select date as day, round(open, 2)::decimal(12,2) as open, round(high, 2)::decimal(12,2) as high,
      round(low, 2)::decimal(12,2) as low, round(close, 2)::decimal(12,2) as close, volume
    from read_csv(${file('sp500-2000.csv')}, types = { 'date': 'DATE', 'volume': 'BIGINT' })`),
);
await prices.insertMany(
  await db.query<Price>(sql`
    select symbol, strptime(date, '%b %-d %Y')::date as day, price::decimal(12,2) as price
    from read_csv(${file('stocks.csv')}, types = { 'date': 'VARCHAR', 'price': 'VARCHAR' })`),
);

console.log('Weeks out of days');
const weeks = await bars.aggregate({
  where: { day: between(date('2020-02-24'), date('2020-03-20')) },
  groupBy: { week: timeBucket('7d', 'day') },
  select: {
    open: first('open', 'day'),
    high: max('high'),
    low: min('low'),
    close: last('close', 'day'),
    volume: sum('volume'),
    rises: count().filter(sql`close > open`),
  },
  orderBy: { week: 'asc' },
});
for (const { week, open, high, low, close, volume, rises } of weeks)
  console.log(iso(week), open, high, low, close, volume, `${rises} days up`);

console.log('Every day, also those without trade');
const days = await bars.aggregate({
  where: { day: between(date('2020-04-08'), date('2020-04-14')) },
  groupBy: { day: timeBucket('1d', 'day') },
  select: { bars: count(), close: last('close', 'day') },
  fill: { to: date('2020-04-15'), carry: ['close'] },
});
for (const { day, bars: n, close } of days) console.log(iso(day), n, close);

console.log('Quarters, years and all of it');
const quarters = await bars.aggregate({
  where: { day: between(date('2018-07-01'), date('2019-06-30')) },
  groupBy: { year: datePart('year', 'day'), quarter: datePart('quarter', 'day') },
  select: { days: count(), high: max('high'), wholeYear: grouping('quarter'), all: grouping('year') },
  rollup: true,
  orderBy: [{ all: 'asc' }, { year: 'asc' }, { wholeYear: 'asc' }, { quarter: 'asc' }],
});
for (const { year, quarter, days: n, high, wholeYear, all } of quarters)
  console.log(all ? 'all' : wholeYear ? `${year}   ` : `${year} Q${quarter}`, n, high);

console.log('The latest price of each share');
for (const { symbol, day, price } of await prices.latestBy(['symbol'], { orderBy: 'day' }))
  console.log(symbol, iso(day), price);

console.log('Each price with the last trading day of the index, if that was no more than two days before');
const pairs = await prices.asOf(Bar, {
  on: 'day',
  tolerance: '2d',
  where: { symbol: 'IBM', day: between(date('2000-01-01'), date('2000-05-01')) },
  select: ['day', 'price'],
  otherSelect: ['day', 'close'],
  orderBy: { day: 'asc' },
});
for (const { left, right } of pairs)
  console.log(iso(left.day), left.price, right === null ? 'no trade' : `${iso(right.day)} ${right.close}`);

console.log('Changes from month to month beside a moving average');
const moves = await prices.window({
  partitionBy: ['symbol'],
  orderBy: { day: 'asc' },
  where: { day: gte(date('2009-12-01')) },
  select: { symbol: 'symbol', day: 'day', price: 'price', before: lag('price'), mean: movingAvg('price', 3) },
  qualify: { before: isNotNull() },
  limit: 3,
});
for (const { symbol, day, price, before, mean } of moves)
  console.log(symbol, iso(day), price, `${((Number(price) / Number(before) - 1) * 100).toFixed(1)}%`, mean?.toFixed(2));

console.log('The two highest months of each of two shares');
const highest = await prices.window({
  partitionBy: ['symbol'],
  orderBy: { price: 'desc' },
  where: { symbol: lte('AMZN') },
  select: { symbol: 'symbol', day: 'day', price: 'price', place: rank() },
  qualify: { place: lte(2) },
});
for (const { symbol, day, price, place } of highest) console.log(place, symbol, iso(day), price);
