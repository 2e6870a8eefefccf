// awilix: names in place of tokens, and a disposer that closes the database with the container.
import { BaseDuckDBManager, Cached, Column, Repository, Table } from '@mysingle/database';
import { asClass, asFunction, asValue, createContainer, InjectionMode } from 'awilix';

@Table('trades')
class Trade {
  @Column('varchar', { primaryKey: true }) id!: string;
}

interface Cradle {
  db: BaseDuckDBManager;
  trades: Repository<Trade>;
  tradeService: TradeService;
}

class TradeService {
  private readonly trades: Repository<Trade>;

  constructor({ trades }: Cradle) {
    this.trades = trades;
  }

  add(id: string): Promise<Trade> {
    return this.trades.insert({ id });
  }

  @Cached('10m') count(): Promise<number> {
    return this.trades.count();
  }
}

const db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false });

const container = createContainer<Cradle>({ injectionMode: InjectionMode.PROXY }).register({
  db: asFunction(() => db)
    .singleton()
    .disposer((manager) => manager.close()),
  trades: asFunction(({ db: manager }: Cradle) => manager.repository(Trade)).singleton(),
  tradeService: asClass(TradeService).singleton(),
});

const service = container.resolve('tradeService');
await service.add('t1');
console.log(await service.count());

// In a test, or for one request, a scope has something else under the name.
const scope = container
  .createScope()
  .register({ trades: asValue({ count: () => Promise.resolve(42) } as Repository<Trade>) });
console.log(await scope.build(asClass(TradeService)).count());

await container.dispose();
console.log(db.health().status);
