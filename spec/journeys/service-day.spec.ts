// A service's day: declare, boot, load, ask, cache, write, restart.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Cached, Column, InjectRepository, Table, avg, count, type Repository } from '@mysingle/database'; // prettier-ignore
import { scratchPath } from '../support/scratch.js';

@Table('day_trade')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
  @Column('decimal(18,4)') price!: string;
  @Column('timestamptz') at!: Date;
}

class Reports {
  loads = 0;
  @InjectRepository(Trade) declare readonly trades: Repository<Trade>;

  @Cached('1h')
  async means(symbols: readonly string[]): Promise<Map<string, number | null>> {
    this.loads += 1;
    const rows = await this.trades.aggregate({ groupBy: ['symbol'], select: { n: count(), mean: avg('price') } });
    return new Map(rows.filter(({ symbol }) => symbols.includes(symbol)).map(({ symbol, mean }) => [symbol, mean]));
  }
}

describe("a service's day", () => {
  it('goes from an empty folder to a restart', async () => {
    const path = scratchPath();
    const open = (): Promise<BaseDuckDBManager> => BaseDuckDBManager.open({ path, entities: [Trade], logger: false });
    const reports = new Reports();
    {
      await using db = await open();
      const trades = db.repository(Trade);
      async function* feed(): AsyncGenerator<{ id: number; symbol: string; price: string; at: Date }> {
        for (let id = 0; id < 5000; id += 1)
          yield { id, symbol: id % 2 ? 'B' : 'A', price: `${id % 10}.2500`, at: new Date(1e12 + id) };
      }
      expect(await trades.insertMany(feed())).to.equal(5000);
      const means = new Map([['A', 4.25], ['B', 5.25]]); // prettier-ignore
      const all = await Promise.all(Array.from({ length: 50 }, () => reports.means(['A', 'B'])));
      expect([reports.loads, ...all]).to.deep.equal([1, ...all.map(() => means)]);
      const work = db.transaction(async () => {
        await trades.update({ symbol: 'A' }, { price: '1.0000' });
        throw new Error('changed my mind');
      });
      await work.catch(() => {});
      expect([await reports.means(['A', 'B']), reports.loads]).to.deep.equal([means, 1]);
      await db.transaction(() => trades.update({ symbol: 'A' }, { price: '1.0000' }));
      expect([(await reports.means(['A', 'B'])).get('A'), reports.loads]).to.deep.equal([1, 2]);
      expect((await trades.findById(0))?.price).to.equal('1.0000');
    }
    await using db = await open();
    expect([(await reports.means(['A', 'B'])).get('A'), reports.loads]).to.deep.equal([1, 2]);
    await db.repository(Trade).delete({ symbol: 'A' });
    expect([await reports.means(['A', 'B']), reports.loads]).to.deep.equal([new Map([['B', 5.25]]), 3]);
  });
});
