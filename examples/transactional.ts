// Transactions of a service: as a decorator, run again on conflict, with work that follows the commit.
import { AsyncResource } from 'node:async_hooks';
import {
  BaseDuckDBManager,
  Column,
  Repository,
  Table,
  Transactional,
  afterCommit,
  isDatabaseError,
  sql,
} from '@mysingle/database';

@Table('stock')
class Stock {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('integer', { check: sql`held >= 0` }) held!: number;
}

@Table('orders')
class Order {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
  @Column('integer') quantity!: number;
}

const sent: number[] = [];
/** Runs something outside of the transaction around the call, as another request does. */
const elsewhere = AsyncResource.bind(<T>(work: () => Promise<T>): Promise<T> => work());

class OrderService {
  constructor(
    private readonly orders: Repository<Order>,
    private readonly stock: Repository<Stock>,
  ) {}

  // committed when it gives a value, rolled back when it throws, run again from its start on conflict
  @Transactional({ retries: 20 })
  async book(id: number, symbol: string, quantity: number): Promise<number> {
    const { held } = await this.stock.findOneOrFail({ where: { symbol } });
    await this.orders.insert({ id, symbol, quantity });
    await this.stock.update({ symbol }, { held: held - quantity });
    // never after a rollback, and once however often it is run again
    await afterCommit(() => sent.push(id));
    return held - quantity;
  }
}

await using db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Order, Stock], logger: false });
const stock = db.repository(Stock);
const orders = db.repository(Order);
const service = new OrderService(orders, stock);
await stock.insert({ symbol: 'AAPL', held: 100 });

console.log('left:', await service.book(1, 'AAPL', 30));
await service.book(2, 'AAPL', 500).catch((error: unknown) => console.log(isDatabaseError(error) && error.code));
console.log('orders:', await orders.count(), 'sent:', sent);

// four at once: each reads and writes one row, so that all but one must begin anew
await Promise.all([3, 4, 5, 6].map((id) => service.book(id, 'AAPL', 10)));
console.log('left:', (await stock.findOneOrFail()).held, 'sent:', sent.toSorted((a, b) => a - b).join(' '));

// without retries the loser is told, and may be run again as it is
await db
  .transaction(async () => {
    await stock.update({ symbol: 'AAPL' }, { held: 1 });
    await elsewhere(() => stock.update({ symbol: 'AAPL' }, { held: 2 }));
  })
  .catch((error: unknown) => console.log(isDatabaseError(error) && [error.code, error.retryable]));

// several reads of one moment, whatever is committed meanwhile; a write in it is refused
const report = await db.transaction(
  async () => ({ orders: await orders.count(), held: (await stock.findOneOrFail()).held }),
  { readOnly: true },
);
console.log(report);

// whatever it does meanwhile, it ends with its time
const endless = db.transaction(() => new Promise<never>(() => {}), { timeout: '50ms' });
await endless.catch((error: unknown) => console.log(isDatabaseError(error) && error.code));
