// /health and /stats, for those who run the service.
import { Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { BaseDuckDBManager } from '@mysingle/database';
import { DuckDBHealthIndicator } from '@mysingle/database/nestjs';

@Controller()
export class OperationsController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly duckdb: DuckDBHealthIndicator,
    private readonly db: BaseDuckDBManager,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([() => this.duckdb.isHealthy('database')]);
  }

  @Get('stats')
  stats() {
    return this.db.cache.stats();
  }
}
