import { createTestManager } from '@mysingle/database/testing';
import { managerToken } from '@mysingle/database';
import { Test } from '@nestjs/testing';
import { expect, test } from 'vitest';
import { AppModule, TradesService } from './app.module.js';
import { Trade } from './trade.js';

test('a service on a manager of the testing kit', async () => {
  const db = await createTestManager({ entities: [Trade] });
  const builder = Test.createTestingModule({ imports: [AppModule] })
    .overrideProvider(managerToken())
    .useValue(db);
  const app = await (await builder.compile()).init();
  const service = app.get(TradesService);
  await service.add(1, 'AAPL', 5n);
  expect(await service.held('AAPL')).toBe('memory: 5');
  await app.close();
  await db.close();
});
