// No compiler at all: decorators are functions.
const { BaseDuckDBManager, Cached, Column, Table } = require('@mysingle/database');

class Trade {
  id;
  symbol;
}
Column('double', { primaryKey: true })(Trade.prototype, 'id');
Column('varchar')(Trade.prototype, 'symbol');
Table('trades')(Trade);

class TradeService {
  loads = 0;

  constructor(trades) {
    this.trades = trades;
  }

  async count() {
    this.loads++;
    return this.trades.count();
  }
}
const count = Object.getOwnPropertyDescriptor(TradeService.prototype, 'count');
Object.defineProperty(TradeService.prototype, 'count', Cached('10m')(TradeService.prototype, 'count', count));

async function main() {
  const db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Trade], logger: false });
  const trades = db.repository(Trade);
  await trades.insert({ id: 1, symbol: 'AAPL' });
  console.log('row:', (await trades.findById(1)) instanceof Trade);
  const service = new TradeService(trades);
  await service.count();
  console.log('cached:', await service.count(), service.loads);
  await db.close();
  try {
    Column()(Trade.prototype, 'qty');
    Table()(Trade);
  } catch (error) {
    console.log('untyped:', error.message);
  }
}

void main();
