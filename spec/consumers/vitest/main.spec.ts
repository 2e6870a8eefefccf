import { BaseDuckDBManager } from '@mysingle/database';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Reports } from './injected.js';
import { TradeService } from './service.js';
import { Trade } from './trade.js';

let db: BaseDuckDBManager;
beforeAll(async () => {
  db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false });
});
afterAll(() => db.close());

test('rows and a cached method', async () => {
  const trades = db.repository(Trade);
  await trades.insert({ id: 1, symbol: 'AAPL', qty: 2n, at: new Date() });
  expect(await trades.findById(1)).toBeInstanceOf(Trade);
  const service = new TradeService(trades);
  await service.totals(1);
  expect(await service.totals(1)).toEqual([{ symbol: 'AAPL', trades: 1, qty: 2n }]);
  expect(service.loads).toBe(1);
});

test('an injected repository', async () => {
  expect(await new Reports().trades.count()).toBe(1);
});

test('a column without a type', async () => {
  await expect(import('./untyped.js')).rejects.toThrow('Untyped.price: cannot tell the column');
});
