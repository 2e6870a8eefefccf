// tsyringe: it resolves at once, so the manager is opened first, and closed by whoever opened it.
import {
  BaseDuckDBManager,
  Cached,
  Column,
  Repository,
  Table,
  managerToken,
  repositoryToken,
} from '@mysingle/database';
import { container, inject, instanceCachingFactory, Lifecycle, scoped } from 'tsyringe';

@Table('trades')
class Trade {
  @Column('varchar', { primaryKey: true }) id!: string;
}

@scoped(Lifecycle.ContainerScoped)
class TradeService {
  constructor(@inject(repositoryToken(Trade)) private readonly trades: Repository<Trade>) {}

  add(id: string): Promise<Trade> {
    return this.trades.insert({ id });
  }

  @Cached('10m') count(): Promise<number> {
    return this.trades.count();
  }
}

const db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false });
container.register(managerToken(), { useValue: db });
for (const entity of [Trade])
  container.register(repositoryToken(entity), { useFactory: instanceCachingFactory(() => db.repository(entity)) });

const service = container.resolve(TradeService);
await service.add('t1');
console.log(await service.count());

// In a test a child container has something else under the token.
const child = container.createChildContainer();
child.register(repositoryToken(Trade), { useValue: { count: () => Promise.resolve(42) } });
console.log(await child.resolve(TradeService).count());

await container.resolve<BaseDuckDBManager>(managerToken()).close();
console.log(db.health().status);
