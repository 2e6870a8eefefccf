// The day of a user of the Python module, here. What it was there stands in the comments.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BaseDuckDBManager, isDatabaseError, pathFromEnv, sql } from '@mysingle/database';

// class MarketDataManager(BaseDuckDBManager):
class MarketDataManager extends BaseDuckDBManager {
  // def _create_tables(self) -> None:
  protected override async createTables(): Promise<void> {
    // self.duckdb_conn.execute("CREATE TABLE IF NOT EXISTS ...")
    await this.execute(sql`create table if not exists ticks (symbol varchar not null, price decimal(18,4) not null)`);
    // self._create_cache_table("market_data_cache")
    await this.createCacheTable('market_data_cache');
  }

  // def add(self, symbol, price): self.duckdb_conn.execute("INSERT INTO ticks VALUES (?, ?)", [symbol, price])
  add(symbol: string, price: string): Promise<number> {
    return this.execute(sql`insert into ticks values (${symbol}, ${price})`);
  }

  // return [dict(row) for row in self.duckdb_conn.execute("SELECT ...").fetchall()]
  ticks(): Promise<{ symbol: string; price: string }[]> {
    return this.query(sql`select symbol, price from ticks order by symbol`);
  }

  // return self.store_cache_data(cache_key=f"market:{symbol}", data=data, table_name="market_data_cache")
  cacheMarketData(symbol: string, data: readonly object[]): Promise<boolean> {
    return this.storeCacheData(`market:${symbol}`, data, { tableName: 'market_data_cache' });
  }

  // return self.get_cache_data(cache_key=f"market:{symbol}", table_name="market_data_cache", ttl_hours=1)
  getMarketData(symbol: string): Promise<{ price: string }[] | null> {
    return this.getCacheData(`market:${symbol}`, { tableName: 'market_data_cache', ttlHours: 1 });
  }
}

const folder = mkdtempSync(join(tmpdir(), 'mysingle-example-'));
try {
  // os.getenv("MARKET_DB_PATH", "./data/market.duckdb"); with MarketDataManager(db_path=...) as db:
  const path = pathFromEnv('MARKET_DB_PATH', join(folder, 'market.duckdb'));
  await using db = await MarketDataManager.open({ path, logger: false });

  console.log('rows changed:', await db.add('AAPL', '150.25'), await db.add('MSFT', '400.50'));
  console.log('ticks:', await db.ticks()); // decimals stay exact
  console.log('stored:', await db.cacheMarketData('AAPL', await db.ticks()));
  console.log('found:', (await db.getMarketData('AAPL'))?.length, 'not found:', await db.getMarketData('TSLA'));

  // if not success: logger.warning("Cache write failed ..."): the failure is in the log, and the service goes on without
  console.log('stored:', await db.storeCacheData('bad', () => 'no data'));

  // an error looked like a miss; with onError: 'throw' it does not, and null means that there is nothing
  await db.getCacheData('AAPL', { tableName: 'ticks', onError: 'throw' }).catch((error: unknown) => {
    if (isDatabaseError(error)) console.log(error.code, error.message.split(':')[0]);
  });

  // db._make_json_serializable(trade): a large number stays exact, where Decimal became a float
  const trade = { symbol: 'AAPL', quantity: 100n, big: 2n ** 64n, executedAt: new Date(0), tags: new Set(['a']) };
  console.log('json:', JSON.stringify(db.toJsonSerializable(trade)));

  // db.duckdb_conn: the raw connection is there for what the library has no word for
  const reader = await db.withConnection((connection) => connection.runAndReadAll('select count(*) from ticks'));
  console.log('raw:', reader.getRowsJson());
} finally {
  rmSync(folder, { recursive: true });
}
