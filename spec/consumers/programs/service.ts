import { Cached, Repository, count, sum } from '@mysingle/database';
import { Trade } from './trade.js';

export class TradeService {
  loads = 0;

  constructor(private readonly trades: Repository<Trade>) {}

  @Cached('10m')
  async totals(limit: number) {
    this.loads++;
    const select = { trades: count(), qty: sum('qty') };
    return this.trades.aggregate({ groupBy: ['symbol'], select, orderBy: { qty: 'desc' }, limit });
  }
}
