import type { BaseDuckDBManager } from '@mysingle/database';
import { DuckDBHealthIndicator, DuckDBModule } from '@mysingle/database/nestjs';
import { createTestManager } from '@mysingle/database/testing';
import { Trade } from './trade.js';

export const modules = [DuckDBModule.forRoot({ path: ':memory:' }), DuckDBModule.forFeature([Trade])];

export async function test(health: DuckDBHealthIndicator): Promise<'up' | 'down'> {
  await using db: BaseDuckDBManager = await createTestManager({ entities: [Trade] });
  // @ts-expect-error it takes rows of trades
  await db.repository(Trade).insert({ nope: 1 });
  return (await health.isHealthy('database')).database.status;
}
