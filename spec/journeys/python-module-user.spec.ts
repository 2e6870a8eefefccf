// Who comes from the Python module: a subclass with tables of its own, cache calls, and its two reports without SQL text.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Index, Table, avg, count, gt, json, max, min, now, sql, uuid7, type Generated, type Insert } from '@mysingle/database'; // prettier-ignore
import { failure } from '../support/failure.js';
import { scratchPath } from '../support/scratch.js';

@Table('backtest_results')
class BacktestResult {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar') @Index() strategyId!: string;
  @Column('varchar') userId!: string;
  @Column('double') totalReturn!: number;
  @Column('double', { nullable: true }) sharpeRatio!: number | null;
  @Column(json<{ side: string }[]>()) trades!: { side: string }[];
  @Column('timestamp', { default: now() }) createdAt!: Generated<Date>;
}

class Backtests extends BaseDuckDBManager {
  protected override async createTables(): Promise<void> {
    await this.createCacheTable('market_data_cache');
    await this.duckdbConn.run('CREATE TABLE IF NOT EXISTS notes (id VARCHAR PRIMARY KEY, body JSON)');
  }

  get results() {
    return this.repository(BacktestResult);
  }

  topStrategies(limit = 10) {
    return this.results.aggregate({
      groupBy: ['strategyId'],
      select: { backtests: count(), avgReturn: avg('totalReturn'), avgSharpe: avg('sharpeRatio'), last: max('createdAt') }, // prettier-ignore
      having: { avgSharpe: gt(1) },
      orderBy: { avgReturn: 'desc' },
      limit,
    });
  }

  async userStatistics(userId: string) {
    const [row] = await this.results.aggregate({
      where: { userId },
      select: { total: count(), avgReturn: avg('totalReturn'), best: max('totalReturn'), worst: min('totalReturn'), avgSharpe: avg('sharpeRatio') }, // prettier-ignore
    });
    return row;
  }
}

class Caches extends BaseDuckDBManager {
  protected override async createTables(): Promise<void> {
    for (const table of ['market_data_cache', 'strategy_cache', 'user_prefs_cache']) await this.createCacheTable(table);
  }

  cacheMarketData(symbol: string, data: readonly object[]): Promise<boolean> {
    return this.storeCacheData(`market:${symbol}`, data, { tableName: 'market_data_cache' });
  }

  getMarketData(symbol: string, ttlHours = 1): Promise<object[] | null> {
    return this.getCacheData(`market:${symbol}`, { tableName: 'market_data_cache', ttlHours });
  }

  cacheStrategy(id: string, data: readonly object[]): Promise<boolean> {
    return this.storeCacheData(`config:${id}`, data, { tableName: 'strategy_cache' });
  }

  getStrategy(id: string): Promise<object[] | null> {
    return this.getCacheData(`config:${id}`, { tableName: 'strategy_cache', ttlHours: 168 });
  }
}

describe("the Python module's user", () => {
  it('finds everything again, and the reports say what the SQL by hand says', async () => {
    const path = scratchPath();
    const options = { path, entities: [BacktestResult], logger: false } as const;
    {
      await using db = await Backtests.open(options);
      const rows = Array.from({ length: 500 }, (_each, n) => ({
        strategyId: `s${n % 7}`, userId: `u${n % 3}`, totalReturn: (n * 37) % 101, sharpeRatio: n % 11 === 0 ? null : (n % 7) / 2, trades: [{ side: 'buy' }], createdAt: new Date(1e12 + n),
      })); // prettier-ignore
      expect(await db.results.insertMany(rows)).to.equal(500);
      const byHand = await db.query(sql`
        SELECT strategy_id AS "strategyId", COUNT(*)::INTEGER AS backtests, AVG(total_return) AS "avgReturn", AVG(sharpe_ratio) AS "avgSharpe",
          MAX(created_at) AS last
        FROM backtest_results GROUP BY strategy_id HAVING AVG(sharpe_ratio) > 1.0 ORDER BY AVG(total_return) DESC LIMIT ${3}`);
      expect(byHand).to.have.length(3);
      expect(await db.topStrategies(3)).to.deep.equal(byHand);
      const [statistics] = await db.query(sql`
        SELECT COUNT(*)::INTEGER AS total, AVG(total_return) AS "avgReturn", MAX(total_return) AS best, MIN(total_return) AS worst,
          AVG(sharpe_ratio) AS "avgSharpe"
        FROM backtest_results WHERE user_id = ${'u1'}`);
      expect(await db.userStatistics('u1')).to.deep.equal(statistics);
      expect(await db.userStatistics('nobody')).to.deep.equal({ total: 0, avgReturn: null, best: null, worst: null, avgSharpe: null }); // prettier-ignore
      await db.duckdbConn.run("INSERT INTO notes VALUES ('n', '{\"x\": 1}')");
      expect(await db.storeCacheData('AAPL', await db.topStrategies(), { tableName: 'market_data_cache' })).to.equal(true); // prettier-ignore
    }
    await using again = await Backtests.open(options);
    const kept = await again.getCacheData('AAPL', { tableName: 'market_data_cache', ttlHours: 1 });
    expect(kept).to.deep.equal(again.toJsonSerializable(await again.topStrategies()));
    expect(await again.getCacheData('AAPL', { tableName: 'market_data_cache', ttlHours: 0 })).to.equal(null);
    expect(await again.query(sql`select * from notes`)).to.deep.equal([{ id: 'n', body: { x: 1 } }]);
  });

  it('has several cache tables behind methods of its own, each with an age of its own', async () => {
    await using db = await Caches.open({ path: scratchPath(), logger: false });
    const quotes = [{ symbol: 'AAPL', price: 150.25 }];
    expect(await db.getMarketData('AAPL')).to.equal(null);
    expect(await db.cacheMarketData('AAPL', quotes)).to.equal(true);
    expect(await db.cacheStrategy('AAPL', [{ name: 'momentum' }])).to.equal(true);
    await db.execute(sql`update market_data_cache set updated_at = updated_at - interval 2 hours`);
    await db.execute(sql`update strategy_cache set updated_at = updated_at - interval 2 hours`);
    expect(await db.getMarketData('AAPL')).to.equal(null);
    expect(await db.getMarketData('AAPL', 3)).to.deep.equal(quotes);
    expect(await db.getStrategy('AAPL')).to.deep.equal([{ name: 'momentum' }]);
    const tables = await db.query<{ name: string }>(sql`select table_name as name from duckdb_tables() where table_name like '%\_cache' escape '\' and table_name <> 'mysingle_cache' order by 1`);
    expect(tables.map(({ name }) => name)).to.deep.equal(['market_data_cache', 'strategy_cache', 'user_prefs_cache']);
  }); // prettier-ignore

  it('writes batches by insertMany, all or none, and counts them', async () => {
    await using db = await Backtests.open({ path: ':memory:', entities: [BacktestResult], logger: false });
    const batchInsert = async (rows: readonly Insert<BacktestResult>[]): Promise<number> => {
      try {
        return await db.results.insertMany(rows);
      } catch {
        return 0;
      }
    };
    const row = { strategyId: 's', userId: 'u', totalReturn: 1, trades: [] };
    expect(await batchInsert(Array.from({ length: 1000 }, () => row))).to.equal(1000);
    expect(await batchInsert([row, { ...row, totalReturn: '1' as never }])).to.equal(0);
    expect(await db.results.count()).to.equal(1000);
  });

  it('goes on without a cache that fails, fetches what is missing, and can tell the two apart', async () => {
    await using db = await BaseDuckDBManager.open({ path: ':memory:', logger: false });
    let fetched = 0;
    const fetchData = (): { n: number }[] => [{ n: (fetched += 1) }];
    const cached = async (tableName: string): Promise<unknown> => {
      let data = await db.getCacheData('expensive_data', { tableName, ttlHours: 24 });
      if (data === null) {
        data = fetchData();
        await db.storeCacheData('expensive_data', data, { tableName });
      }
      return data;
    };
    expect([await cached('mine'), await cached('mine')]).to.deep.equal([[{ n: 1 }], [{ n: 1 }]]);
    await db.execute(sql`create table taken (x integer)`);
    expect([await cached('taken'), await cached('taken')]).to.deep.equal([[{ n: 2 }], [{ n: 3 }]]);
    const strict = { tableName: 'taken', onError: 'throw' } as const;
    const error = await failure(db.getCacheData('expensive_data', strict), 'E_CONFIG');
    expect(error.message).to.match(/^Table "taken" is no cache table/);
    expect(await db.getCacheData('none', { tableName: 'mine', onError: 'throw' })).to.equal(null);
  });
});
