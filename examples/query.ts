// Querying: conditions are objects and operator functions, results are typed, and SQL is there when it is the better word.
import { BaseDuckDBManager, Column, Table, column, sql } from '@mysingle/database';
import {
  argMax,
  avg,
  between,
  count,
  gt,
  isNull,
  max,
  ne,
  oneOf,
  or,
  startsWith,
  timeBucket,
} from '@mysingle/database';

@Table('quotes')
class Quote {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('timestamptz', { primaryKey: true }) quotedAt!: Date;
  @Column('double') price!: number;
  @Column('varchar', { nullable: true }) venue!: string | null;
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Quote], logger: false });
const quotes = db.repository(Quote);
const quote = (symbol: string, time: string, price: number, venue: string | null) => ({
  symbol,
  quotedAt: new Date(`2026-03-02T${time}Z`),
  price,
  venue,
});
await quotes.insertMany([
  quote('AAPL', '14:30:00', 190.5, 'XNAS'),
  quote('AAPL', '14:45:00', 191.25, null),
  quote('AAPL', '15:10:00', 189, 'XNAS'),
  quote('MSFT', '14:31:00', 402, 'XNAS'),
  quote('MSFT', '15:20:00', 405.5, 'ARCX'),
]);

// operators on columns; the properties of one object must all hold
const morning = between(new Date('2026-03-02T14:00:00Z'), new Date('2026-03-02T15:00:00Z'));
console.log('before three:', await quotes.count({ quotedAt: morning, symbol: oneOf(['AAPL', 'MSFT']) }));
console.log('or:', await quotes.count(or({ price: gt(400) }, { symbol: startsWith('AA'), venue: isNull() })));

// ne is the exact complement of equality, so it finds the NULL too
console.log(
  'not XNAS:',
  await quotes.find({ where: { venue: ne('XNAS') }, select: ['symbol', 'venue'], orderBy: { symbol: 'asc' } }),
);

// typed as { symbol: string; hour: Date; quotes: number; mean: number | null; venueOfHigh: string | null }[]
const hours = await quotes.aggregate({
  groupBy: { symbol: 'symbol', hour: timeBucket('1h', 'quotedAt') },
  select: { quotes: count(), mean: avg('price'), high: max('price'), venueOfHigh: argMax('venue', 'price') },
  having: { quotes: gt(1) },
  orderBy: { hour: 'asc' },
});
console.log(hours);

// raw SQL: values are parameters, names are checked, rows are decoded by their column types
const low = 190;
const rows = await db.query<{ symbol: string; moves: number[] }>(sql`
  select symbol, list(${column(Quote, 'price')} - ${low} order by ${column(Quote, 'quotedAt')}) as moves
  from ${Quote} group by symbol order by symbol`);
for (const { symbol, moves } of rows) console.log(symbol, moves);
