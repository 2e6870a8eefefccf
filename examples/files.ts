// Files as easy as tables: out into Parquet, back in from CSV, exactly; and files that are read as an entity.
import { mkdirSync, writeFileSync } from 'node:fs';
import {
  BaseDuckDBManager,
  Column,
  Table,
  avg,
  count,
  csvFile,
  isDatabaseError,
  parquet,
  sql,
} from '@mysingle/database';

@Table('quotes')
class Quote {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('date', { primaryKey: true, as: 'string' }) tradeDate!: string;
  @Column('decimal(18,4)') closePrice!: string;
}

@Table({ from: parquet('out/quotes/**/*.parquet') })
class QuoteFile {
  @Column('varchar') symbol!: string;
  @Column('date', { as: 'string' }) tradeDate!: string;
  @Column('decimal(18,4)') closePrice!: string;
}

@Table({ from: csvFile('in/german.csv', { delimiter: ';' }) })
class German {
  @Column('varchar') symbol!: string;
  @Column('varchar') day!: string; // 31.12.2024
  @Column('varchar') close!: string; // 185,64
}

mkdirSync('in');
mkdirSync('out');
writeFileSync('in/day-1.csv', 'Ticker;Date;Close\nAAPL;2024-01-02;185.64\nMSFT;2024-01-02;370.87\n');
writeFileSync('in/day-2.csv', 'Ticker;Date;Close\nAAPL;2024-01-03;184.25\nMSFT;2024-01-03;370.6\n');
writeFileSync('in/wrong.csv', 'Ticker;Date;Close\nAAPL;2024-01-04;181.91\nMSFT;2024-01-04;367.94321\n');
writeFileSync('in/german.csv', 'symbol;day;close\nSAP;31.12.2024;236,3\n');

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Quote, German], logger: false });
const quotes = db.repository(Quote);

// all files of a pattern, in one transaction; the names of their columns are not ours
const foreign = { delimiter: ';', columns: { symbol: 'Ticker', tradeDate: 'Date', closePrice: 'Close' } };
console.log('imported:', await quotes.importFrom('in/day-*.csv', foreign));
console.log('known already:', await quotes.importFrom('in/day-1.csv', { ...foreign, onConflict: 'ignore' }));
// DuckDB would round it; here nothing is imported
try {
  await quotes.importFrom('in/wrong.csv', foreign);
} catch (error) {
  if (!isDatabaseError(error, 'E_CONVERSION')) throw error;
  console.log('refused: row', error.details['row'], error.details['property']);
}

// numbers and dates of another form: declared as text, and made into what they are by SQL
const german = await db.execute(sql`
  insert into ${Quote} (symbol, trade_date, close_price)
  select symbol, strptime(day, '%d.%m.%Y')::date, replace(close, ',', '.')::decimal(18,4) from ${German}`);
console.log('german:', german, 'deleted:', await quotes.delete({ symbol: 'SAP' }));

// one file, or a folder for each symbol
console.log('exported:', await quotes.exportTo('out/quotes.csv.gz', { orderBy: { tradeDate: 'desc' } }));
console.log('in folders:', await quotes.exportTo('out/quotes/*.parquet', { partitionBy: ['symbol'] }));
await db.exportTo(
  sql`select symbol, max(close_price) as top from ${Quote} group by all order by all`,
  'out/top.ndjson',
);

// the files as an entity: every read of a table, no table
await using reader = await BaseDuckDBManager.open({ path: ':memory:', entities: [QuoteFile], logger: false });
const files = reader.repository(QuoteFile);
console.log(await files.find({ where: { symbol: 'AAPL' }, orderBy: { tradeDate: 'asc' } }));
console.log(await files.aggregate({ groupBy: ['symbol'], select: { days: count(), mean: avg('closePrice') }, orderBy: { symbol: 'asc' } })); // prettier-ignore
console.log(await reader.query(sql`select * from 'out/top.ndjson'`));
