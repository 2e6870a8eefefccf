// The questions asked again and again. Each is one aggregate, cached until its time is up or a result is written.
import { Cached, InjectRepository, Repository, avg, count, gt, max, min } from '@mysingle/database';
import { BacktestResult } from './entities.js';

/** Strategies below this mean Sharpe ratio are not worth showing. */
export const LEAST_SHARPE = 0.5;

export class StrategyService {
  @InjectRepository(BacktestResult) private readonly results!: Repository<BacktestResult>;

  /** The strategies with the best mean return, over all users who tested them. */
  @Cached('10m')
  topStrategies(limit: number) {
    return this.results.aggregate({
      groupBy: ['strategyId'],
      select: {
        backtestCount: count(),
        avgReturn: avg('totalReturn'),
        avgSharpe: avg('sharpeRatio'),
        lastBacktest: max('createdAt'),
      },
      having: { avgSharpe: gt(LEAST_SHARPE) },
      orderBy: { avgReturn: 'desc' },
      limit,
    });
  }
}

export class UserService {
  @InjectRepository(BacktestResult) private readonly results!: Repository<BacktestResult>;

  @Cached({ ttl: '1h', key: (userId: string) => userId })
  async statistics(userId: string) {
    const [statistics] = await this.results.aggregate({
      where: { userId },
      select: {
        totalBacktests: count(),
        avgReturn: avg('totalReturn'),
        bestReturn: max('totalReturn'),
        worstReturn: min('totalReturn'),
        avgSharpe: avg('sharpeRatio'),
      },
    });
    return statistics;
  }
}
