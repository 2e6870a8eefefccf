import { Cached, Repository, Transactional, sum, type BaseDuckDBManager } from '@mysingle/database';
import { DuckDBHealthIndicator, DuckDBModule, InjectManager, InjectRepository } from '@mysingle/database/nestjs';
import { Body, Controller, Get, Injectable, Module, Param, Post } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Trade } from './trade.js';

@Injectable()
export class TradesService {
  loads = 0;

  constructor(
    @InjectRepository(Trade) private readonly trades: Repository<Trade>,
    @InjectManager() private readonly db: BaseDuckDBManager,
  ) {}

  @Transactional()
  async add(id: number, symbol: string, qty: bigint): Promise<void> {
    await this.trades.insert({ id, symbol, qty, at: new Date(0) });
  }

  @Cached('10m')
  async held(symbol: string): Promise<string> {
    this.loads++;
    const [row] = await this.trades.aggregate({ where: { symbol }, select: { qty: sum('qty') } });
    return `${this.db.mode}: ${row?.qty ?? 0n}`;
  }
}

@Controller()
class TradesController {
  constructor(
    private readonly service: TradesService,
    private readonly health: HealthCheckService,
    private readonly duckdb: DuckDBHealthIndicator,
  ) {}

  @Post('trades')
  async add(@Body() body: { id: number; symbol: string; qty: string }): Promise<void> {
    await this.service.add(body.id, body.symbol, BigInt(body.qty));
  }

  @Get('held/:symbol')
  async held(@Param('symbol') symbol: string): Promise<{ held: string; loads: number }> {
    return { held: await this.service.held(symbol), loads: this.service.loads };
  }

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([() => this.duckdb.isHealthy('database')]);
  }
}

@Module({
  imports: [
    DuckDBModule.forRoot({ path: ':memory:', logger: false }),
    DuckDBModule.forFeature([Trade]),
    TerminusModule,
  ],
  controllers: [TradesController],
  providers: [TradesService],
})
export class AppModule {}
