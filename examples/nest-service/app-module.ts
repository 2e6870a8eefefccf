// What the service is made of.
import { type MiddlewareConsumer, Module, type NestModule, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { pathFromEnv } from '@mysingle/database';
import { DuckDBExceptionFilter, DuckDBJsonInterceptor, DuckDBModule } from '@mysingle/database/nestjs';
import { BacktestsController } from './backtests-controller.js';
import { Backtests } from './backtests.js';
import { CorrelationId } from './correlation-id.js';
import { OperationsController } from './operations-controller.js';
import { PricesController } from './prices-controller.js';
import { Prices } from './prices.js';
import { Seed } from './seed.js';

@Module({
  imports: [DuckDBModule.forFeature([Backtests, Prices])],
  controllers: [BacktestsController, PricesController],
  providers: [Seed],
})
class BacktestsModule {}

@Module({
  imports: [TerminusModule], // DuckDBHealthIndicator is there wherever the module of a manager is
  controllers: [OperationsController],
})
class OperationsModule {}

@Module({
  imports: [
    DuckDBModule.forRootAsync({
      useFactory: () => ({ path: pathFromEnv('BACKTEST_DB_PATH', 'data/service.duckdb') }),
    }),
    BacktestsModule,
    OperationsModule,
  ],
  providers: [
    {
      provide: APP_PIPE,
      useValue: new ValidationPipe({ transform: true, forbidNonWhitelisted: true, whitelist: true }),
    },
    { provide: APP_FILTER, useClass: DuckDBExceptionFilter },
    { provide: APP_INTERCEPTOR, useClass: DuckDBJsonInterceptor },
  ],
})
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(CorrelationId).forRoutes('*path');
  }
}
