// What the tests beside this file test: a manager in the manner of the Python module, two entities, and a service with a cache.
import { BaseDuckDBManager, Cached, Column, Repository, Table } from '@mysingle/database';
import { avg, now, sequence, uuid7, type Generated } from '@mysingle/database';

@Table('strategies')
export class Strategy {
  @Column('integer', { primaryKey: true, default: sequence() }) id!: Generated<number>;
  @Column('varchar', { unique: true }) name!: string;
}

@Table('runs')
export class Run {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('integer', { references: () => [Strategy, 'id'] }) strategyId!: number;
  @Column('double') totalReturn!: number;
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
}

export class MarketManager extends BaseDuckDBManager {
  protected override async createTables(): Promise<void> {
    await this.createCacheTable('market_cache');
  }

  quotes(symbol: string): Promise<object[] | null> {
    return this.getCacheData(`quotes:${symbol}`, { tableName: 'market_cache', ttlHours: 1 });
  }

  keep(symbol: string, quotes: readonly object[]): Promise<boolean> {
    return this.storeCacheData(`quotes:${symbol}`, quotes, { tableName: 'market_cache' });
  }
}

/** Gets quotes from elsewhere where the manager has none. It needs two methods of the manager, and says so. */
export class Quotes {
  constructor(
    private readonly db: Pick<MarketManager, 'quotes' | 'keep'>,
    private readonly fetch: (symbol: string) => Promise<object[]>,
  ) {}

  async of(symbol: string): Promise<object[]> {
    const known = await this.db.quotes(symbol);
    if (known !== null) return known;
    const fetched = await this.fetch(symbol);
    await this.db.keep(symbol, fetched);
    return fetched;
  }
}

export class Ranking {
  /** how often the database was asked */
  asked = 0;

  constructor(private readonly runs: Repository<Run>) {}

  @Cached({ ttl: '10m', grace: '1h' })
  async best(): Promise<number | undefined> {
    this.asked += 1;
    const select = { mean: avg('totalReturn') };
    const [first] = await this.runs.aggregate({ groupBy: ['strategyId'], select, orderBy: { mean: 'desc' }, limit: 1 });
    return first?.strategyId;
  }
}
