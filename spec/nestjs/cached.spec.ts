// @Cached and @Transactional on Nest's services: the cache is found through what was injected, without any container.
import { Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory } from '@nestjs/core';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Cached, Column, InjectRepository as InjectIntoPlain, Repository, Table, Transactional, all, count, type BaseDuckDBManager } from '@mysingle/database'; // prettier-ignore
import { DuckDBModule, InjectManager, InjectRepository } from '@mysingle/database/nestjs';
import { failure } from '../support/failure.js';
import { boot } from '../support/nest.js';

@Table('cached_trade')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
}

class Trades extends Repository.of(Trade) {
  loads = 0;
  @Cached('10m')
  async bySymbol() {
    this.loads += 1;
    return this.aggregate({ groupBy: ['symbol'], select: { n: count() }, orderBy: { symbol: 'asc' } });
  }
  @Transactional()
  async replace(rows: readonly Trade[]): Promise<void> {
    await this.delete(all());
    await this.insertMany(rows);
  }
}

@Injectable()
class ByParameter {
  loads = 0;
  constructor(@InjectRepository(Trade) private readonly trades: Repository<Trade>) {}
  @Cached('10m')
  async size(): Promise<number> {
    this.loads += 1;
    return this.trades.count();
  }
}

@Injectable()
class ByProperty {
  @InjectRepository(Trade) private readonly trades!: Repository<Trade>;
  loads = 0;
  @Cached('10m')
  async size(): Promise<number> {
    this.loads += 1;
    return this.trades.count();
  }
}

@Injectable()
class ByCore {
  @InjectIntoPlain(Trade, 'default') declare private readonly trades: Repository<Trade>;
  loads = 0;
  @Cached('10m')
  async size(): Promise<number> {
    this.loads += 1;
    return this.trades.count();
  }
}

@Injectable()
class ByRepositoryClass {
  loads = 0;
  constructor(private readonly trades: Trades) {}
  @Cached('10m')
  async size(): Promise<number> {
    this.loads += 1;
    return this.trades.count();
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  static loads = 0;
  constructor(@InjectRepository(Trade) private readonly trades: Repository<Trade>) {}
  @Cached('10m')
  async size(): Promise<number> {
    PerRequest.loads += 1;
    return this.trades.count();
  }
}

@Injectable()
class OfTwo {
  loads = 0;
  constructor(
    @InjectRepository(Trade) readonly live: Repository<Trade>,
    @InjectManager('archive') readonly archive: BaseDuckDBManager,
  ) {}
  @Cached('10m')
  async unclear(): Promise<number> {
    return this.live.count();
  }
  @Cached({ ttl: '10m', using: (self: OfTwo) => self.live })
  async size(): Promise<number> {
    this.loads += 1;
    return this.live.count();
  }
  @Transactional({ using: (self: OfTwo) => self.archive })
  async keep(rows: readonly Trade[], fail: boolean): Promise<void> {
    await this.archive.repository(Trade).insertMany(rows);
    if (fail) throw new Error('no');
  }
}

const memory = { path: ':memory:', logger: false } as const;
const one = { id: 1, symbol: 'AAPL' };
const imports = [
  DuckDBModule.forRoot(memory),
  DuckDBModule.forRoot({ ...memory, name: 'archive', entities: [Trade] }),
  DuckDBModule.forFeature([Trade, Trades]),
];

describe('@Cached under Nest', () => {
  // two managers are open all the time: the one is found through what was injected
  for (const service of [ByParameter, ByProperty, ByCore, ByRepositoryClass])
    it(`finds its cache in a service by what it has: ${service.name}`, async () => {
      await using app = await boot({ imports, providers: [service] });
      const asked = app.get<ByParameter>(service);
      expect([await asked.size(), await asked.size(), asked.loads]).to.deep.equal([0, 0, 1]);
      await app.get<Trades>(Trades).insert(one);
      expect([await asked.size(), await asked.size(), asked.loads]).to.deep.equal([1, 1, 2]);
    });

  it('finds its cache in a class of repositories, which is its own', async () => {
    await using app = await boot({ imports });
    const trades = app.get<Trades>(Trades);
    await trades.replace([one, { id: 2, symbol: 'MSFT' }]);
    const expected = [{ symbol: 'AAPL', n: 1 }, { symbol: 'MSFT', n: 1 }]; // prettier-ignore
    for (let call = 0; call < 3; call += 1) expect(await trades.bySymbol()).to.deep.equal(expected);
    expect(trades.loads).to.equal(1);
    await trades.replace([one]);
    expect([await trades.bySymbol(), trades.loads]).to.deep.equal([[{ symbol: 'AAPL', n: 1 }], 2]);
  });

  it('shares its values between the instances of all requests', async () => {
    await using app = await boot({ imports, providers: [PerRequest] });
    PerRequest.loads = 0;
    const instances = await Promise.all([1, 2, 3].map(() => app.app.resolve(PerRequest, ContextIdFactory.create())));
    expect(new Set(instances).size).to.equal(3);
    for (const each of instances) expect(await each.size()).to.equal(0);
    expect(PerRequest.loads).to.equal(1);
  });

  it('asks a service with two managers to say by `using` which is meant', async () => {
    await using app = await boot({ imports, providers: [OfTwo] });
    const service = app.get<OfTwo>(OfTwo);
    expect((await failure(service.unclear(), 'E_CACHE_UNBOUND')).message).to.equal(
      '@Cached OfTwo.unclear: the instance has properties of 2 managers. Say which: @Cached({ ttl, using: (self) => self.db }).',
    );
    expect([await service.size(), await service.size(), service.loads]).to.deep.equal([0, 0, 1]);
    await service.keep([one], false);
    const error = await service.keep([{ id: 2, symbol: 'X' }], true).catch((reason: unknown) => reason);
    expect((error as Error).message).to.equal('no');
    expect(await service.archive.repository(Trade).count()).to.equal(1);
    // a write to the other manager ends nothing of this one
    expect([await service.size(), service.loads]).to.deep.equal([0, 1]);
    await service.live.insert(one);
    expect([await service.size(), service.loads]).to.deep.equal([1, 2]);
  });

  it('keeps what two applications in a process cache apart', async () => {
    await using first = await boot({ imports, providers: [ByParameter] });
    await using second = await boot({ imports, providers: [ByParameter] });
    await first.get<Trades>(Trades).insert(one);
    expect(await first.get<ByParameter>(ByParameter).size()).to.equal(1);
    expect(await second.get<ByParameter>(ByParameter).size()).to.equal(0);
  });
});
