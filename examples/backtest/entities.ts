// What is stored: the daily prices, and one row for each finished backtest with all its trades.
import { Column, type Generated, Index, Table, json, now, uuid7 } from '@mysingle/database';

/** One day of the index. Prices are exact decimals, so they are text in JavaScript. */
@Table('price_bars', { comment: 'S&P 500, one row per trading day' })
export class PriceBar {
  @Column('date', { primaryKey: true }) day!: Date;
  @Column('decimal(12,6)') open!: string;
  @Column('decimal(12,6)') high!: string;
  @Column('decimal(12,6)') low!: string;
  @Column('decimal(12,6)') close!: string;
  @Column('bigint') volume!: bigint;
}

/** Bought at one close, sold at a later one. */
export interface Trade {
  readonly bought: string;
  readonly sold: string;
  readonly buyPrice: number;
  readonly sellPrice: number;
  readonly profit: number;
}

@Table('backtest_results', { comment: 'one row per finished backtest' })
@Index(['strategyId', 'createdAt'])
@Index(['userId'])
export class BacktestResult {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar') strategyId!: string;
  @Column('varchar') userId!: string;
  @Column('date') startDate!: Date;
  @Column('date') endDate!: Date;
  @Column('double') totalReturn!: number;
  @Column('double', { nullable: true, comment: 'per year; null when it never traded' }) sharpeRatio!: number | null;
  @Column('double', { comment: 'deepest fall from a peak, from 0 to 1' }) maxDrawdown!: number;
  @Column(json<Trade[]>()) trades!: Trade[];
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
}
