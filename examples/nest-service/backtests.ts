// The questions about backtests, each where its answer is kept.
import { Cached, Repository, avg, count, gt, gte } from '@mysingle/database';
import { BacktestResult } from '../backtest/entities.js';
import type { BacktestQuery } from './requests.js';

export class Backtests extends Repository.of(BacktestResult) {
  /** Kept for ten minutes, over restarts too, and never beyond the insert of a result. */
  @Cached('10m')
  top(limit: number) {
    return this.aggregate({
      groupBy: ['strategyId'],
      select: { backtests: count(), avgReturn: avg('totalReturn'), avgSharpe: avg('sharpeRatio') },
      having: { avgSharpe: gt(0.5) },
      orderBy: { avgReturn: 'desc' },
      limit,
    });
  }

  /** The best first, page by page. */
  page({ userId, strategyId, minSharpe, limit, after }: BacktestQuery) {
    return this.findPage({
      where: {
        ...(userId === undefined ? {} : { userId }),
        ...(strategyId === undefined ? {} : { strategyId }),
        ...(minSharpe === undefined ? {} : { sharpeRatio: gte(minSharpe) }),
      },
      select: ['id', 'strategyId', 'userId', 'startDate', 'totalReturn', 'sharpeRatio'],
      orderBy: { totalReturn: 'desc' },
      limit,
      ...(after === undefined ? {} : { after }),
    });
  }
}
