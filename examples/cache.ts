// Caching: methods and entities, never stale by this process's own writes, and still there after a restart.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BaseDuckDBManager, Cached, Column, Repository, Table, avg } from '@mysingle/database';

@Table('instruments')
@Cached('1h') // every read of its repository is cached
class Instrument {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('varchar') sector!: string;
}

@Table('prices')
class Price {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('double') price!: number;
}

class PriceService {
  constructor(private readonly prices: Repository<Price>) {}

  @Cached('10m')
  async mean(): Promise<number | null> {
    const [row] = await this.prices.aggregate({ select: { mean: avg('price') } });
    return row?.mean ?? null;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'mysingle-example-'));
const options = { path: join(folder, 'cache.duckdb'), entities: [Instrument, Price], logger: false } as const;

/** Calls, and tells by the cache's own counts whether the database was asked. */
async function tell<T>(db: BaseDuckDBManager, what: string, call: () => Promise<T>): Promise<void> {
  const { loads } = db.cache.stats();
  const value = await call();
  console.log(db.cache.stats().loads > loads ? 'load' : 'hit ', what, value);
}

async function firstRun(): Promise<void> {
  await using db = await BaseDuckDBManager.open(options);
  const [instruments, prices] = [db.repository(Instrument), db.repository(Price)];
  const service = new PriceService(prices);
  await instruments.insert({ symbol: 'AAPL', sector: 'tech' });
  await prices.insert({ symbol: 'AAPL', price: 190 });
  await prices.insert({ symbol: 'MSFT', price: 400 });
  await tell(db, 'mean', () => service.mean());
  await tell(db, 'mean', () => service.mean());
  await tell(db, 'AAPL', () => instruments.findById('AAPL'));
  await tell(db, 'AAPL', () => instruments.findById('AAPL'));

  await db.transaction(async () => {
    await prices.update({ symbol: 'AAPL' }, { price: 200 });
    console.log('in the transaction that wrote:', await service.mean());
    // everyone else still gets the answer of before, until the commit
  });
  await tell(db, 'mean, after its commit', () => service.mean());
  await tell(db, 'AAPL, of another table', () => instruments.findById('AAPL'));

  // anything else may be kept too, under a key of its own
  await tell(db, 'answer', () => db.cache.getOrLoad('answer', { ttl: '5m' }, () => ({ at: new Date(0), big: 42n })));
}

async function secondRun(): Promise<void> {
  await using db = await BaseDuckDBManager.open(options);
  await tell(db, 'mean, after a restart', () => new PriceService(db.repository(Price)).mean());
  await tell(db, 'AAPL, after a restart', () => db.repository(Instrument).findById('AAPL'));
}

try {
  await firstRun();
  await secondRun();
} finally {
  rmSync(folder, { recursive: true });
}
