// Who the examples in comments are about: what stands there may use these without saying so. They are compiled, never run.
import type { INestApplication } from '@nestjs/common';
import type { Keyv } from 'keyv';
import {
  Column,
  Repository,
  Table,
  json,
  list,
  struct,
  uuid7,
  type BaseDuckDBManager,
  type DatabaseSnapshot,
  type Generated,
  type Insert,
} from '@mysingle/database';

export { Controller, Get, Injectable, Module } from '@nestjs/common';
export { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
export { HealthCheck, HealthCheckService } from '@nestjs/terminus';

@Table('strategies')
export class Strategy {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar') name!: string;
  @Column('date', { nullable: true }) retiredOn!: Date | null;
}

@Table('trades')
export class Trade {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('uuid', { references: () => [Strategy, 'id'] }) strategyId!: string;
  @Column('varchar') symbol!: string;
  @Column('varchar', { nullable: true }) venue!: string | null;
  @Column('varchar') side!: 'buy' | 'sell';
  @Column('integer') qty!: number;
  @Column('decimal(18,4)') price!: string;
  @Column('timestamptz') at!: Date;
}

@Table('quotes')
export class Quote {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar') symbol!: string;
  @Column('timestamptz') at!: Date;
  @Column('decimal(18,4)') bid!: string;
}

@Table('bars')
export class Bar {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('date', { primaryKey: true }) day!: Date;
  @Column('decimal(18,4)') close!: string;
}

@Table('prices')
export class Price {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('date', { primaryKey: true }) day!: Date;
  @Column('double') close!: number;
}

@Table('backtest_results')
export class BacktestResult {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar') strategyId!: string;
  @Column('varchar') userId!: string;
  @Column('double') totalReturn!: number;
  @Column('double', { nullable: true }) sharpe!: number | null;
  @Column('decimal(18,4)') price!: string;
  @Column('timestamptz') createdAt!: Generated<Date>;
}

@Table('runs')
export class Run {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar') userId!: string;
  @Column('varchar') strategyId!: string;
  @Column('varchar') state!: 'queued' | 'done';
  @Column(struct({ venue: 'varchar', fee: 'double' })) route!: { venue: string; fee: number };
  @Column(list('double')) equity!: number[];
  @Column(list('varchar')) tags!: string[];
  @Column(json()) notes!: unknown;
}

@Table('accounts')
export class Account {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') balance!: number;
}

@Table('orders')
export class Order {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
}

export class Backtests extends Repository.of(BacktestResult) {}

export declare class Config {
  readonly databasePath: string;
}
export declare class ConfigModule {}
export declare class TradesModule {}
export declare class TradeService {}
export declare const app: INestApplication;
export declare const db: BaseDuckDBManager;
export declare const market: BaseDuckDBManager;
export declare const seeded: DatabaseSnapshot;
export declare const strategies: Repository<Strategy>;
export declare const trades: Repository<Trade>;
export declare const quotes: Repository<Quote>;
export declare const bars: Repository<Bar>;
export declare const prices: Repository<Price>;
export declare const results: Repository<BacktestResult>;
export declare const runs: Repository<Run>;
export declare const accounts: Repository<Account>;
export declare const orders: Repository<Order>;
export declare const rows: Insert<BacktestResult>[];
export declare const order: Insert<Order>;
export declare const [id, userId, symbol]: [id: never, userId: string, symbol: string];
export declare const day: Date;
export declare const error: unknown;
export declare const rates: Map<string, number>;
export declare const request: { readonly id: string; readonly query: { readonly cursor?: string } };
export declare const service: { handle(request: unknown): Promise<void> };
export declare const container: { register(token: symbol, provider: { useFactory: () => unknown }): void };
export declare const CacheModule: { register(options: { stores: readonly Keyv[] }): unknown };
export declare const queue: { publish(topic: string, id: number): Promise<void> };
export declare function afterEach(after: () => Promise<void>): void;
export declare function mail(order: Insert<Order>): Promise<void>;
export declare function use(what: unknown): void;
export declare function fetchRates(signal: AbortSignal): Promise<Map<string, number>>;
export declare function fetchProfile(id: string): Promise<{ name: string }>;
export declare function saveName(id: string, name: string): Promise<void>;
