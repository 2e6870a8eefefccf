// The first start: twenty years of the S&P 500, and a backtest for each pair of averages of each user.
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { BaseDuckDBManager } from '@mysingle/database';
import { loadPrices, runGrid } from '../backtest/grid.js';
import { pricesOf } from '../backtest/strategy.js';
import { Backtests } from './backtests.js';
import { Prices } from './prices.js';

@Injectable()
export class Seed implements OnModuleInit {
  constructor(
    private readonly db: BaseDuckDBManager,
    private readonly prices: Prices,
    private readonly backtests: Backtests,
  ) {}

  /** The database is open when this is called. */
  async onModuleInit(): Promise<void> {
    if (!(await this.prices.exists())) await loadPrices(this.db);
    if (await this.backtests.exists()) return;
    const bars = await this.prices.find({ select: ['day', 'close'], orderBy: { day: 'asc' } });
    await runGrid(this.db, pricesOf(bars), () => {});
  }
}
