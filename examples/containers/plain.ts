// No container: repositories on properties, cached methods, and a database that is closed when the process is told to end.
import { BaseDuckDBManager, Cached, Column, InjectRepository, Repository, Table } from '@mysingle/database';
import { closeOnSignals, count, sum } from '@mysingle/database';

@Table('trades')
class Trade {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('varchar') symbol!: string;
  @Column('double') profit!: number;
}

class TradeService {
  @InjectRepository(Trade) trades!: Repository<Trade>;

  @Cached('10m') bySymbol() {
    const select = { trades: count(), profit: sum('profit') };
    return this.trades.aggregate({ groupBy: ['symbol'], select, orderBy: { symbol: 'asc' } });
  }
}

/** What a service depends on may as well be an argument. @Cached finds the repository on either. */
class Reports {
  constructor(private readonly trades: Repository<Trade>) {}

  @Cached('1h') total(): Promise<number> {
    return this.trades.count();
  }
}

const service = new TradeService(); // before there is a database: it is found at first use

const db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false });
closeOnSignals(db); // SIGTERM and SIGINT: queries are ended, the file is closed, and then the process ends

await db.repository(Trade).insertMany([
  { id: 't1', symbol: 'AAPL', profit: 12.5 },
  { id: 't2', symbol: 'MSFT', profit: -3 },
]);
console.log(await service.bySymbol());
console.log(await new Reports(db.repository(Trade)).total());

// In a test a double takes the place of the repository, on that instance alone.
const tested = new TradeService();
tested.trades = { aggregate: () => Promise.resolve([]) } as unknown as Repository<Trade>;
console.log(await tested.bySymbol());

await db.close();
console.log(db.health().status);
