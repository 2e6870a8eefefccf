// inversify: the tokens are its service identifiers; the manager is bound as a promise of one, and closed when it is unbound.
import {
  BaseDuckDBManager,
  Cached,
  Column,
  Repository,
  Table,
  managerToken,
  repositoryToken,
} from '@mysingle/database';
import { Container, ContainerModule, inject, injectable } from 'inversify';

@Table('trades')
class Trade {
  @Column('varchar', { primaryKey: true }) id!: string;
}

const database = new ContainerModule(({ bind }) => {
  bind<BaseDuckDBManager>(managerToken())
    .toDynamicValue(() => BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false }))
    .inSingletonScope()
    .onDeactivation((db) => db.close());
  for (const entity of [Trade])
    bind(repositoryToken(entity))
      .toDynamicValue(async (context) => (await context.getAsync<BaseDuckDBManager>(managerToken())).repository(entity))
      .inSingletonScope();
});

@injectable()
class TradeService {
  constructor(@inject(repositoryToken(Trade)) private readonly trades: Repository<Trade>) {}

  add(id: string): Promise<Trade> {
    return this.trades.insert({ id });
  }

  @Cached('10m') count(): Promise<number> {
    return this.trades.count();
  }
}

const container = new Container();
container.load(database);
container.bind(TradeService).toSelf().inSingletonScope();

const service = await container.getAsync(TradeService); // opens the database
await service.add('t1');
console.log(await service.count());

const db = await container.getAsync<BaseDuckDBManager>(managerToken());
await container.unbindAllAsync(); // closes it
console.log(db.health().status);
