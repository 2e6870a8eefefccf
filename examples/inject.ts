// Injection: repositories on the properties of plain classes, or by tokens out of any container.
import { BaseDuckDBManager, Column, InjectRepository, Repository, Table } from '@mysingle/database';
import { gt, isDatabaseError, managerToken, repositoryToken } from '@mysingle/database';

@Table('trades')
class Trade {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('double') profit!: number;
}

/** No constructor, no wiring: the repository is found when it is used first. */
class TradeService {
  @InjectRepository(Trade) readonly trades!: Repository<Trade>;

  winners(): Promise<Trade[]> {
    return this.trades.find({ where: { profit: gt(0) } });
  }
}

/** With several managers, each has a name. */
class ArchiveService {
  @InjectRepository(Trade, 'live') private readonly live!: Repository<Trade>;
  @InjectRepository(Trade, 'archive') private readonly archive!: Repository<Trade>;

  async archiveAll(): Promise<number> {
    return this.archive.insertMany(await this.live.find());
  }
}

const service = new TradeService();
try {
  await service.winners();
} catch (error) {
  console.log(isDatabaseError(error, 'E_CONFIG') && error.message);
}

const options = { path: ':memory:', entities: [Trade], logger: false } as const;
await using live = await BaseDuckDBManager.open({ ...options, name: 'live' });
await live.repository(Trade).insertMany([
  { id: 't1', profit: 12.5 },
  { id: 't2', profit: -3 },
]);
console.log('one manager is open, so it is meant:', await service.winners());

await using archive = await BaseDuckDBManager.open({ ...options, name: 'archive' });
console.log('archived:', await new ArchiveService().archiveAll());

// A container needs no more than the tokens: one symbol for each manager, and for each entity of it.
class Container {
  readonly #makers = new Map<symbol, () => unknown>();

  register(token: symbol, make: () => unknown): this {
    this.#makers.set(token, make);
    return this;
  }

  get<T>(token: symbol): T {
    const make = this.#makers.get(token);
    if (make === undefined) throw new Error(`Nothing is registered for ${String(token)}`);
    return make() as T;
  }
}

const container = new Container()
  .register(managerToken('archive'), () => archive)
  .register(repositoryToken(Trade, 'archive'), () => archive.repository(Trade));
const archived = container.get<Repository<Trade>>(repositoryToken(Trade, 'archive'));
console.log('by its token:', await archived.count(), container.get(managerToken('archive')) === archive);
