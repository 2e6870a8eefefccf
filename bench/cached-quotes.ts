// What the benchmarks of the cache keep: a list of 150 rows of 10 fields, and where it comes from. Not here: who keeps it.
import { BaseDuckDBManager, Column, Table, type ManagerOptions } from '@mysingle/database';

@Table('quotes')
export class Quote {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('varchar') symbol!: string;
  @Column('varchar') exchange!: string;
  @Column('timestamp') at!: Date;
  @Column('double') open!: number;
  @Column('double') high!: number;
  @Column('double') low!: number;
  @Column('double') close!: number;
  @Column('bigint', { as: 'number' }) volume!: number;
  @Column('varchar') note!: string;
}

/** Its writes are nobody's. */
@Table('venues')
export class Venue {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('varchar') name!: string;
}

export const ROWS = 150;
export const FIRST_AT = Date.UTC(2024, 0, 2, 14, 30);

export const quoteIdOf = (n: number): string => `${n.toString(16).padStart(8, '0')}-aaaa-4bbb-8ccc-000000000000`;

export const quoteOf = (n: number): Quote => ({
  id: quoteIdOf(n),
  symbol: `SYM${n % 500}`,
  exchange: n % 2 === 0 ? 'XNAS' : 'XNYS',
  at: new Date(FIRST_AT + n * 60_000),
  open: 100 + (n % 97) / 7,
  high: 101 + (n % 97) / 7,
  low: 99 + (n % 97) / 7,
  close: 100.5 + (n % 97) / 7,
  volume: 1000 + n,
  note: `quote ${n}: ${'taken at the end of the minute, both sides of the book there; '.repeat(2)}`,
});

/** What every reader of the list adds up, so that a copy made only when it is looked at is made. */
export const CLOSES = Array.from({ length: ROWS }, (_row, n) => quoteOf(n).close).reduce((sum, close) => sum + close);

export function closesOf(rows: readonly Quote[]): number {
  let sum = 0;
  for (const row of rows) sum += row.close;
  return sum;
}

export const FIELDS = Object.keys(quoteOf(0)) as readonly (keyof Quote)[];

/** A manager whose table of quotes has the rows of the list. */
export async function quotesIn(path: string, cache?: ManagerOptions['cache']): Promise<BaseDuckDBManager> {
  const db = await BaseDuckDBManager.open({
    path,
    entities: [Quote, Venue],
    logger: false,
    ...(cache === undefined ? {} : { cache }),
  });
  const quotes = db.repository(Quote);
  if ((await quotes.count()) === 0) await quotes.insertMany(Array.from({ length: ROWS }, (_row, n) => quoteOf(n)));
  return db;
}

/** The list as instances, which is what a repository gives. */
export const listOf = (db: BaseDuckDBManager): Promise<Quote[]> =>
  db.repository(Quote).find({ orderBy: { id: 'asc' } });
