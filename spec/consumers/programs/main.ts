import { BaseDuckDBManager, gt, isDatabaseError } from '@mysingle/database';
import { TradeService } from './service.js';
import { Trade } from './trade.js';

const text = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? `${item}n` : item));

const said = (error: unknown): string => (isDatabaseError(error, 'E_DECLARATION') ? error.message : String(error));

export async function main(): Promise<void> {
  await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false });
  const trades = db.repository(Trade);
  const at = new Date('2026-01-02T03:04:05Z');
  await trades.insertMany([
    { id: 1, symbol: 'AAPL', qty: 2n, at, price: '190.50' },
    { id: 2, symbol: 'MSFT', qty: 5n, at },
  ]);
  const [row] = await trades.find({ where: { qty: gt(2n) } });
  console.log('row:', row instanceof Trade, text(row));

  const service = new TradeService(trades);
  await service.totals(1);
  console.log('cached:', text(await service.totals(1)), service.loads);
  await trades.insert({ id: 3, symbol: 'AAPL', qty: 9n, at });
  console.log('ended:', text(await service.totals(1)), service.loads);

  const injected = import('./injected.js').then(({ Reports }) => new Reports().trades.count());
  console.log('injected:', await injected.catch(said));
  const untyped = import('./untyped.js').then(() => 'no error');
  console.log('untyped:', await untyped.catch(said));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
