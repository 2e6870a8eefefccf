import { Controller, Get, Inject, Injectable, Module, Scope, forwardRef, type DynamicModule } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, InjectRepository as InjectIntoPlain, Repository, Table, managerToken, repositoryToken, sql, type ManagerOptions } from '@mysingle/database'; // prettier-ignore
import { DuckDBModule, InjectManager, InjectRepository, type DuckDBModuleAsyncOptions, type DuckDBOptions, type DuckDBOptionsFactory } from '@mysingle/database/nestjs'; // prettier-ignore
import { failure } from '../support/failure.js';
import { boot, bootFailure, moduleOf } from '../support/nest.js';
import { scratchPath } from '../support/scratch.js';

@Table('nest_trade')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
}

@Table('nest_order')
class Order {
  @Column('integer', { primaryKey: true }) id!: number;
}

class Trades extends Repository.of(Trade) {
  async symbols(): Promise<string[]> {
    return (await this.find({ orderBy: { id: 'asc' } })).map((trade) => trade.symbol);
  }
}

class Timed extends Repository.of(Trade) {
  constructor(
    db: BaseDuckDBManager,
    readonly clock: { now(): number },
  ) {
    super(db);
  }
}

@Injectable()
class TradeService {
  @InjectRepository(Order) readonly orders!: Repository<Order>;
  @InjectManager() readonly manager!: BaseDuckDBManager;

  constructor(
    @InjectRepository(Trade) readonly trades: Repository<Trade>,
    readonly byClass: Trades,
    @InjectRepository(Trades) readonly byToken: Trades,
    readonly db: BaseDuckDBManager,
  ) {}
}

@Injectable()
class BothService {
  constructor(
    @InjectRepository(Trade) readonly live: Repository<Trade>,
    @InjectRepository(Trade, 'archive') readonly old: Repository<Trade>,
    @InjectManager('archive') readonly archive: BaseDuckDBManager,
  ) {}
}

@Injectable()
class TradesOnly {
  constructor(readonly rows: Trades) {}
}

const memory = { path: ':memory:', logger: false } as const;
const root = (options: ManagerOptions = {}): DynamicModule => DuckDBModule.forRoot({ ...memory, ...options });
const trades: readonly Trade[] = [
  { id: 1, symbol: 'AAPL' },
  { id: 2, symbol: 'MSFT' },
];
const tablesOf = async (db: BaseDuckDBManager): Promise<string[]> =>
  (await db.query<{ name: string }>(sql`select table_name as name from duckdb_tables() where table_name like 'nest_%' order by 1`)).map(({ name }) => name); // prettier-ignore

describe('DuckDBModule', () => {
  it('gives repositories and the manager to parameters and properties, with the entities of every forFeature', async () => {
    const feature = moduleOf({
      imports: [DuckDBModule.forFeature([Trade, Order, Trades])],
      providers: [TradeService],
      exports: [TradeService],
    });
    await using app = await boot({ imports: [root(), feature] });
    const service = app.get<TradeService>(TradeService);
    expect(await service.trades.insertMany(trades)).to.equal(2);
    expect(await service.byClass.symbols()).to.deep.equal(['AAPL', 'MSFT']);
    expect(await service.orders.count()).to.equal(0);
    expect(service.byClass).to.be.instanceOf(Trades).and.equal(service.byToken);
    expect(service.byClass).to.equal(service.db.repository(Trades));
    expect(service.trades).to.equal(service.db.repository(Trade));
    expect(service.db).to.equal(service.manager).and.equal(app.get(managerToken()));
    expect([service.db.name, await tablesOf(service.db)]).to.deep.equal(['default', ['nest_order', 'nest_trade']]);
  });

  it('has entities of forRoot and of forFeature side by side, each once, wherever the modules stand', async () => {
    const [one, two] = [[Trade], [Trade, Trades, Order]].map((classes) => moduleOf({ imports: [DuckDBModule.forFeature(classes)] })); // prettier-ignore
    await using app = await boot({ imports: [one as never, root({ entities: [Order] }), two as never] });
    expect(await tablesOf(app.get(BaseDuckDBManager))).to.deep.equal(['nest_order', 'nest_trade']);
    expect(app.get(repositoryToken(Trade))).to.equal(app.get<BaseDuckDBManager>(BaseDuckDBManager).repository(Trade));
  });

  it('takes options that are made at the start: useFactory, useClass, useExisting', async () => {
    class Config implements DuckDBOptionsFactory {
      readonly memory = memory;
      asked: string[] = [];
      createDuckDBOptions(name: string): DuckDBOptions {
        this.asked.push(name);
        return this.memory;
      }
    }
    const config = moduleOf({ providers: [Config], exports: [Config] });
    const ways: DuckDBModuleAsyncOptions[] = [
      { useFactory: () => memory },
      { imports: [config], inject: [Config], useFactory: async (given: Config) => Promise.resolve(given.memory) },
      { useClass: Config },
      { imports: [config], useExisting: Config, name: 'archive' },
    ];
    for (const way of ways) {
      const feature = DuckDBModule.forFeature([Trade], way.name);
      await using app = await boot({ imports: [DuckDBModule.forRootAsync(way), feature] });
      const repository = app.get<Repository<Trade>>(repositoryToken(Trade, way.name));
      expect(await repository.insertMany(trades)).to.equal(2);
      if ('useExisting' in way) expect(app.get<Config>(Config).asked).to.deep.equal(['archive']);
    }
  });

  it('has several managers by their names, each with its own entities, known by name to the package, too', async () => {
    class Plain {
      @InjectIntoPlain(Trade, 'archive') declare readonly old: Repository<Trade>;
      @InjectIntoPlain(Trade, 'default') declare readonly live: Repository<Trade>;
    }
    await using app = await boot({
      imports: [root(), DuckDBModule.forFeature([Trade, Order]), root({ name: 'archive' }), DuckDBModule.forFeature([Trade], 'archive')], // prettier-ignore
      providers: [BothService],
    });
    const { live, old, archive } = app.get<BothService>(BothService);
    await live.insertMany(trades);
    await old.insertMany(trades.slice(0, 1));
    expect([await live.count(), await old.count(), archive.name]).to.deep.equal([2, 1, 'archive']);
    expect([new Plain().old, new Plain().live]).to.deep.equal([old, live]);
    expect(await tablesOf(archive)).to.deep.equal(['nest_trade']);
    expect(await tablesOf(app.get(BaseDuckDBManager))).to.deep.equal(['nest_order', 'nest_trade']);
  });

  it('lets two names stand for one file, which they share', async () => {
    const path = scratchPath();
    await using app = await boot({
      imports: [root({ path }), root({ path, name: 'archive' }), DuckDBModule.forFeature([Trade]), DuckDBModule.forFeature([Trade], 'archive')], // prettier-ignore
      providers: [BothService],
    });
    const { live, old } = app.get<BothService>(BothService);
    await live.insertMany(trades);
    expect(await old.count()).to.equal(2);
  });

  it('makes a class of managers of your own, which is injected by class', async () => {
    class Analytics extends BaseDuckDBManager {
      protected override async createTables(): Promise<void> {
        await this.createCacheTable('nest_cache');
      }
    }
    @Injectable()
    class Service {
      constructor(
        readonly db: Analytics,
        readonly base: BaseDuckDBManager,
      ) {}
    }
    await using app = await boot({ imports: [DuckDBModule.forRoot({ ...memory, manager: Analytics })], providers: [Service] }); // prettier-ignore
    const { db, base } = app.get<Service>(Service);
    expect(db).to.be.instanceOf(Analytics).and.equal(base);
    expect(await tablesOf(db)).to.deep.equal(['nest_cache']);
    const archive = DuckDBModule.forRootAsync({ name: 'archive', manager: Analytics, useFactory: () => memory });
    await using other = await boot({ imports: [archive] });
    expect(other.get(managerToken('archive'))).to.be.instanceOf(Analytics);
  });

  it('injects a repository by its class from the manager that it is given to, and from none where these are several', async () => {
    @Injectable()
    class ByClass {
      constructor(readonly rows: Trades) {}
    }
    const named = moduleOf({ imports: [DuckDBModule.forFeature([Trades], 'archive')], providers: [ByClass], exports: [ByClass] }); // prettier-ignore
    const roots = [root(), root({ name: 'archive' })];
    await using app = await boot({ imports: [...roots, named] });
    expect(app.get<ByClass>(ByClass).rows.manager.name).to.equal('archive');
    expect(await app.get<ByClass>(ByClass).rows.symbols()).to.deep.equal([]);

    await using both = await boot({ imports: [...roots, named, DuckDBModule.forFeature([Trades])] });
    const { rows: unclear } = both.get<ByClass>(ByClass);
    expect((await failure(() => unclear.symbols(), 'E_CONFIG')).message).to.equal(
      "Trades is a repository of the managers 'archive' and 'default', so its class does not tell which is meant. Name one: @InjectRepository(Trades, 'archive').",
    );
    const clear = both.get<Trades>(repositoryToken(Trades, 'archive'));
    expect(await clear.symbols()).to.deep.equal([]);
  });

  it('lets a class of repositories be a provider with a constructor of its own', async () => {
    @Injectable()
    class Clocked extends Repository.of(Trade) {
      constructor(
        @InjectManager('archive') db: BaseDuckDBManager,
        @Inject('CLOCK') readonly clock: () => number,
      ) {
        super(db);
      }
    }
    await using app = await boot({
      imports: [root({ name: 'archive' }), DuckDBModule.forFeature([Trade], 'archive')],
      providers: [Clocked, { provide: 'CLOCK', useValue: () => 7 }],
    });
    const clocked = app.get<Clocked>(Clocked);
    expect([clocked.clock(), await clocked.count()]).to.deep.equal([7, 0]);
  });

  it('serves two applications of one module in a process, which know nothing of each other', async () => {
    const path = [scratchPath(), scratchPath()];
    const paths = [...path];
    @Module({
      imports: [
        DuckDBModule.forRootAsync({ useFactory: () => ({ path: paths.shift() as string, logger: false }) }),
        DuckDBModule.forFeature([Trade, Trades]),
      ],
    })
    class AppModule {}
    await using one = await boot(AppModule);
    await using two = await boot(AppModule);
    const repositories = [one, two].map((each) => each.get<Trades>(Trades));
    await repositories[0]?.insertMany(trades);
    expect(await Promise.all(repositories.map((each) => each.count()))).to.deep.equal([2, 0]);
    // what one names in forFeature is no entity of the other
    await using third = await boot({ imports: [root(), DuckDBModule.forFeature([Order])] });
    expect(await tablesOf(third.get(BaseDuckDBManager))).to.deep.equal(['nest_order']);
    await one.app.close();
    expect(await repositories[1]?.count()).to.equal(0);
    await failure(repositories[0]?.count() as Promise<number>, 'E_CLOSED');
  });

  it('injects into request-scoped and transient providers, and into controllers', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest {
      static made = 0;
      constructor(@InjectRepository(Trade) readonly rows: Repository<Trade>) {
        PerRequest.made += 1;
      }
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class Transient {
      constructor(readonly rows: Trades) {}
    }
    @Controller()
    class TradesController {
      constructor(
        readonly perRequest: PerRequest,
        readonly transient: Transient,
      ) {}

      @Get()
      async count(): Promise<object> {
        return { request: await this.perRequest.rows.count(), transient: await this.transient.rows.count() };
      }
    }
    await using app = await boot(
      { imports: [root(), DuckDBModule.forFeature([Trade, Trades])], providers: [PerRequest, Transient], controllers: [TradesController] }, // prettier-ignore
      true,
    );
    await app.get<Trades>(Trades).insertMany(trades);
    for (const made of [1, 2]) {
      expect(await (await fetch(await app.app.getUrl())).json()).to.deep.equal({ request: 2, transient: 2 });
      expect(PerRequest.made).to.equal(made);
    }
  });

  it('gives way to test doubles: of a repository, of a class of them, of the manager', async () => {
    const feature = { imports: [root(), DuckDBModule.forFeature([Trade, Order, Trades])], providers: [TradeService] };
    const [rows, byClass] = [{ count: () => 7 }, { symbols: () => ['X'] }];
    const overridden = await Test.createTestingModule(feature)
      .overrideProvider(repositoryToken(Trade)).useValue(rows)
      .overrideProvider(repositoryToken(Trades)).useValue(byClass)
      .compile(); // prettier-ignore
    const service = overridden.get(TradeService);
    expect([service.trades, service.byClass, service.byToken]).to.deep.equal([rows, byClass, byClass]);
    // the rest works without init(), as unit tests do
    expect(await service.orders.count()).to.equal(0);
    await overridden.close();
    await failure(() => service.db.mode, 'E_CLOSED');

    const byType = await Test.createTestingModule(feature).overrideProvider(Trades).useValue(byClass).compile();
    const injected = byType.get(TradeService);
    expect([injected.byClass, injected.byToken instanceof Trades]).to.deep.equal([byClass, true]);
    await byType.close();

    await using db = await BaseDuckDBManager.open({ ...memory, entities: [Trade, Order] });
    const mine = await Test.createTestingModule(feature).overrideProvider(managerToken()).useValue(db).compile();
    await mine.init();
    expect(mine.get(TradeService).trades).to.equal(db.repository(Trade));
    await mine.close();
    // it is the test's to close
    expect(db.mode).to.equal('memory');
  });

  it('refuses a manager that a test has replaced by its class alone, for repositories have the other one', async () => {
    class Analytics extends BaseDuckDBManager {}
    await using db = await BaseDuckDBManager.open({ ...memory, entities: [Trade] });
    const feature = { imports: [DuckDBModule.forRoot({ ...memory, manager: Analytics }), DuckDBModule.forFeature([Trade])] }; // prettier-ignore
    for (const replaced of [BaseDuckDBManager, Analytics]) {
      const half = await Test.createTestingModule(feature).overrideProvider(replaced).useValue(db).compile();
      expect((await failure(half.init(), 'E_CONFIG')).message).to.include('overrideProvider(managerToken()).useValue(db)'); // prettier-ignore
    }
    const whole = await Test.createTestingModule(feature).overrideProvider(managerToken()).useValue(db).compile();
    await whole.init();
    expect([whole.get(BaseDuckDBManager), whole.get(Analytics)]).to.deep.equal([db, db]);
    await whole.close();
  });

  it('takes a class twice, in one list and in modules that lead to each other', async () => {
    class One {}
    class Two {}
    Module({ imports: [forwardRef(() => Two), DuckDBModule.forFeature([Trade, Trade, Trades, Trades])] })(One);
    Module({ imports: [forwardRef(() => One), DuckDBModule.forFeature([Trades])], providers: [TradesOnly], exports: [TradesOnly] })(Two); // prettier-ignore
    await using app = await boot({ imports: [One, Two, root()] });
    expect(await app.get<TradesOnly>(TradesOnly).rows.symbols()).to.deep.equal([]);
  });

  it('starts by any way of Nest: several at once on one file, with ids of modules by content, in preview', async () => {
    const path = scratchPath();
    const module = moduleOf({ imports: [root({ path }), DuckDBModule.forFeature([Trades])], providers: [TradesOnly] });
    const several = await Promise.all([1, 2, 3].map(() => boot(module)));
    for (const each of several) await each.get<TradesOnly>(TradesOnly).rows.upsert([...trades]);
    expect(await several[0]?.get<TradesOnly>(TradesOnly).rows.count()).to.equal(2);
    await Promise.all(several.map((each) => each.app.close()));

    const both = { imports: [root(), root({ name: 'archive' }), DuckDBModule.forFeature([Trade]), DuckDBModule.forFeature([Trade], 'archive')], providers: [BothService] }; // prettier-ignore
    const options = { logger: false, abortOnError: false, moduleIdGeneratorAlgorithm: 'deep-hash' } as const;
    const hashed = await NestFactory.createApplicationContext(moduleOf(both), options);
    const service = hashed.get(BothService);
    expect([await service.live.count(), service.old === service.live]).to.deep.equal([0, false]);
    await hashed.close();

    const preview = await NestFactory.createApplicationContext(module, { ...options, preview: true, snapshot: true });
    await preview.close();
  });

  it('is closed where nobody has used it', async () => {
    const compiled = await Test.createTestingModule({ imports: [root({ path: scratchPath() })] }).compile();
    await compiled.close();
    await failure(compiled.get<BaseDuckDBManager>(BaseDuckDBManager).query(sql`select 1`), 'E_CLOSED');
  });

  it('is taken for the manager of an application that provides one itself', async () => {
    await using db = await BaseDuckDBManager.open({ ...memory, entities: [Trade] });
    const own: DynamicModule = { module: class Own {}, global: true, providers: [{ provide: managerToken(), useValue: db }], exports: [managerToken()] }; // prettier-ignore
    await using app = await boot({ imports: [own, DuckDBModule.forFeature([Trade])] });
    expect(app.get(repositoryToken(Trade))).to.equal(db.repository(Trade));
    await app.app.close();
    expect(db.mode).to.equal('memory');
  });
});

describe('DuckDBModule, used in a wrong way', () => {
  @Injectable()
  class NeedsTrades {
    constructor(@InjectRepository(Trade) readonly rows: Repository<Trade>) {}
  }
  @Injectable()
  class NeedsArchive {
    constructor(@InjectManager('archive') readonly db: BaseDuckDBManager) {}
  }
  const features = DuckDBModule.forFeature([Trade]);
  const perRequest = moduleOf({ providers: [{ provide: 'PER_REQUEST', scope: Scope.REQUEST, useFactory: () => memory }], exports: ['PER_REQUEST'] }); // prettier-ignore

  // prettier-ignore
  const wrong: readonly (readonly [string, () => Promise<Error>, string | RegExp])[] = [
    ['a forgotten forFeature', () => bootFailure({ imports: [root()], providers: [NeedsTrades] }),
      /argument Symbol\(the repository of Trade \(in Nest: import DuckDBModule\.forFeature\(\[Trade\]\)\)\) at index \[0\] is available in the AppModule/],
    ['a forgotten forRoot', () => bootFailure({ imports: [features], providers: [NeedsTrades] }),
      "DuckDBModule.forFeature([Trade]): the application has no manager 'default', it has none. Import DuckDBModule.forRoot({ path }) in its root module."],
    ['a name that no manager has', () => bootFailure({ imports: [root(), root({ name: 'live' }), DuckDBModule.forFeature([Trade], 'archive')] }),
      "DuckDBModule.forFeature([Trade], 'archive'): the application has no manager 'archive', it has 'default', 'live'. Import DuckDBModule.forRoot({ name: 'archive', path }) in its root module."],
    ['a manager by a name that none has', () => bootFailure({ imports: [root()], providers: [NeedsArchive] }),
      /argument Symbol\(the manager 'archive' of @mysingle\/database \(in Nest: import DuckDBModule\.forRoot\(\{ name: 'archive' \}\)\)\) at index \[0\]/],
    ['two managers of one name', () => bootFailure({ imports: [root(), root()] }), "DuckDBModule.forRoot: two managers have the name 'default'. Give each one of its own, forRoot({ name: 'archive', ... })"],
    ['two of one name by different calls', () => bootFailure({ imports: [root({ name: 'x' }), DuckDBModule.forRootAsync({ name: 'x', useFactory: () => memory })] }), "two managers have the name 'x'"],
    ['a class of repositories among the providers', () => bootFailure({ imports: [root(), features], providers: [Trades] }), 'Trades takes its manager: manager.repository(Trades) makes one'],
    ['a class of repositories in forFeature that takes more than a manager', () => bootFailure({ imports: [root(), DuckDBModule.forFeature([Timed])] }), 'list it among the providers, and its entity in DuckDBModule.forFeature([Trade])'],
    ['an option that there is not', () => bootFailure({ imports: [root({ file: 'x' } as never)] }), "There is no option 'file' of the manager"],
    ['entities that are no array', () => bootFailure({ imports: [root({ entities: Trade as never }), features] }), 'entities: give an array of entity classes'],
    ['an entity that is none', () => bootFailure({ imports: [root({ entities: [TradeService] }), features] }), 'TradeService is not an entity'],
    ['a factory that gives nothing', () => bootFailure({ imports: [DuckDBModule.forRootAsync({ useFactory: () => undefined as never })] }), "the factory of the manager 'default' gave undefined, not its options"],
    ['a factory that gives a path', () => bootFailure({ imports: [DuckDBModule.forRootAsync({ useFactory: () => 'x.duckdb' as never })] }), 'gave string, not its options'],
    ['a factory that gives the name', () => bootFailure({ imports: [DuckDBModule.forRootAsync({ useFactory: () => ({ ...memory, name: 'x' }) })] }), 'name stands beside the factory, not in what it gives: forRootAsync({ name, useFactory })'],
    ['a factory that fails', () => bootFailure({ imports: [DuckDBModule.forRootAsync({ useFactory: () => { throw new Error('no config'); } }), features] }), 'no config'],
    ['a factory that injects what is made for each request', () => bootFailure({ imports: [DuckDBModule.forRootAsync({ imports: [perRequest], inject: ['PER_REQUEST'], useFactory: () => memory }), features] }), 'what the factory injects is made for each request, and so the manager would be'],
    ['an empty path', () => bootFailure({ imports: [DuckDBModule.forRoot({ path: '' }), features] }), /path/i],
  ];
  for (const [what, fails, message] of wrong)
    it(`says what to do about ${what}`, async () => {
      const error = await fails();
      if (typeof message === 'string') expect(error.message).to.include(message);
      else expect(error.message).to.match(message);
    });

  it('refuses at import what can be known there', async () => {
    class NoEntity {}
    // prettier-ignore
    const cases: readonly (readonly [() => unknown, 'E_CONFIG' | 'E_DECLARATION', string])[] = [
      [() => DuckDBModule.forFeature([NoEntity]), 'E_DECLARATION', 'NoEntity is not an entity: it has no @Table()'],
      [() => DuckDBModule.forFeature([Trade, undefined as never]), 'E_DECLARATION', 'DuckDBModule.forFeature: item 2 is undefined. Its file is still being imported, by a circle of imports'],
      [() => DuckDBModule.forFeature(Trade as never), 'E_CONFIG', 'give an array of entity classes'],
      [() => DuckDBModule.forFeature([Trade], ''), 'E_CONFIG', 'the name of a manager is a string that is not empty'],
      [() => InjectRepository(undefined as never), 'E_DECLARATION', '@InjectRepository: the class is undefined'],
      [() => InjectRepository(NoEntity), 'E_DECLARATION', 'NoEntity is not an entity'],
      [() => InjectManager(''), 'E_CONFIG', '@InjectManager: the name of a manager'],
      [() => DuckDBModule.forRoot({ name: 7 as never }), 'E_CONFIG', 'DuckDBModule.forRoot: the name of a manager'],
      [() => DuckDBModule.forRoot({ manager: NoEntity as never }), 'E_CONFIG', 'manager is a class that extends BaseDuckDBManager'],
      [() => DuckDBModule.forRoot('data/app.duckdb' as never), 'E_CONFIG', "DuckDBModule.forRoot takes an object of options, such as { path: 'data/app.duckdb' }."],
      [() => DuckDBModule.forRootAsync(undefined as never), 'E_CONFIG', 'DuckDBModule.forRootAsync takes an object'],
      [() => DuckDBModule.forRootAsync({}), 'E_CONFIG', 'give one of useFactory, useClass, useExisting'],
      [() => DuckDBModule.forRootAsync({ useFactory: () => memory, useClass: NoEntity as never }), 'E_CONFIG', 'give one of'],
      [() => DuckDBModule.forRootAsync({ path: 'x', useFactory: () => memory } as never), 'E_CONFIG', "there is no option 'path'; those of the manager are given by useFactory"],
    ];
    for (const [use, code, message] of cases) expect((await failure(use, code)).message).to.include(message);
  });

  it('says that an entity which comes with a lazy module must be known before', async () => {
    await using app = await boot({ imports: [root()] });
    const lazy = moduleOf({ imports: [DuckDBModule.forFeature([Trade])] });
    const loading = app.get<LazyModuleLoader>(LazyModuleLoader).load(() => lazy);
    expect((await failure(loading, 'E_CONFIG')).message).to.include('Trade is not among the entities of this manager. Add it: entities: [Trade].'); // prettier-ignore
    await using known = await boot({ imports: [root({ entities: [Trade] })] });
    const module = await known.get<LazyModuleLoader>(LazyModuleLoader).load(() => moduleOf({ imports: [DuckDBModule.forFeature([Trade])], exports: [] })); // prettier-ignore
    expect(module).to.be.an('object');
  });

  it('does not compile where types tell', () => {
    // @ts-expect-error: an option that there is not
    void (() => DuckDBModule.forRoot({ file: 'x' }));
    // @ts-expect-error: the name stands beside the factory
    void (() => DuckDBModule.forRootAsync({ useClass: class { createDuckDBOptions = () => ({ name: 7 }); } })); // prettier-ignore
    // @ts-expect-error: no factory of options
    void (() => DuckDBModule.forRootAsync({ useClass: Trade }));
  });
});
