import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, InjectRepository, Table, managerToken, repositoryToken, type Repository } from '@mysingle/database';
import { sourceOf } from '../lib/cache/source.js';
import { failure } from './support/failure.js';
import { openManager } from './support/scratch.js';

@Table('inject_trade')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
}
@Table('inject_order')
class Order {
  @Column('integer', { primaryKey: true }) id!: number;
}

class Reports {
  @InjectRepository(Trade) declare readonly trades: Repository<Trade>;
  @InjectRepository(Trade, 'archive') declare readonly old: Repository<Trade>;
}
class MoreReports extends Reports {
  @InjectRepository(Order) declare readonly orders: Repository<Order>;
}
class Testable {
  @InjectRepository(Trade) declare trades: Repository<Trade>;
}

const entities = [Trade, Order];

describe('@InjectRepository', () => {
  it('gives the repository of the one open manager at first use, and of the next one when that is closed', async () => {
    const reports = new Reports();
    const first = await openManager({ entities });
    expect(reports.trades).to.equal(first.repository(Trade));
    await first.close();
    const second = await openManager({ entities });
    expect(reports.trades).to.equal(second.repository(Trade));
    expect(new MoreReports().trades).to.equal(second.repository(Trade));
    expect(new MoreReports().orders).to.equal(second.repository(Order));
  });

  it('gives that of the named manager beside others', async () => {
    await openManager({ entities });
    const archive = await openManager({ entities, name: 'archive' });
    expect(new Reports().old).to.equal(archive.repository(Trade));
  });

  it('says what is wrong where there is no such manager, or several, or one without the entity', async () => {
    const message = async (read: () => unknown): Promise<string> => (await failure(read, 'E_CONFIG')).message;
    const reports = new Reports();
    expect(await message(() => reports.trades)).to.equal('@InjectRepository(Trade): no manager is open. Connect it before the first use.'); // prettier-ignore
    await openManager();
    expect(await message(() => reports.trades)).to.include('Trade is not among the entities of this manager');
    expect(await message(() => reports.old)).to.equal("@InjectRepository(Trade, 'archive'): no manager named 'archive' is open. Connect it before the first use."); // prettier-ignore
    await openManager();
    expect(await message(() => reports.trades)).to.equal('@InjectRepository(Trade): 2 managers are open. Give each a name of its own and name it here.'); // prettier-ignore
    await openManager({ name: 'archive' });
    await openManager({ name: 'archive' });
    expect(await message(() => reports.old)).to.include("2 managers named 'archive' are open");
  });

  it('gives way to a test double, on that instance alone', async () => {
    const db = await openManager({ entities });
    const double = {} as Repository<Trade>;
    const [tested, other] = [new Testable(), new Testable()];
    tested.trades = double;
    expect(tested.trades).to.equal(double);
    expect(other.trades).to.equal(db.repository(Trade));
  });

  it('refuses at import what is no entity, and what is no property of an instance', async () => {
    await failure(
      () =>
        InjectRepository(
          class {
            id = 1;
          },
        ),
      'E_DECLARATION',
    );
    const decorate = InjectRepository(Trade) as (target: unknown, key: unknown) => void;
    for (const [target, key] of [
      [
        class {
          id = 1;
        },
        'static',
      ],
      [{}, Symbol('s')],
      [{}, undefined],
    ])
      // prettier-ignore
      await failure(() => decorate(target, key), 'E_DECLARATION');
    const onParameter = InjectRepository(Trade) as (target: unknown, key: unknown, index: number) => void;
    expect((await failure(() => onParameter(Reports, undefined, 0), 'E_DECLARATION')).message).to.include("import it from '@mysingle/database/nestjs'"); // prettier-ignore
  });
});

describe('tokens', () => {
  it('are symbols: one for each entity and name, the same at each call', async () => {
    const tokens = [repositoryToken(Trade), repositoryToken(Order), repositoryToken(Trade, 'archive'), managerToken(), managerToken('archive')]; // prettier-ignore
    expect(new Set(tokens).size).to.equal(5);
    expect(tokens).to.deep.equal([repositoryToken(Trade, 'default'), repositoryToken(Order), repositoryToken(Trade, 'archive'), managerToken('default'), managerToken('archive')]); // prettier-ignore
    // what a container says that has nothing for them
    expect(String(tokens[0])).to.equal('Symbol(the repository of Trade (in Nest: import DuckDBModule.forFeature([Trade])))'); // prettier-ignore
    expect(String(tokens[2])).to.equal("Symbol(the repository of Trade in 'archive' (in Nest: import DuckDBModule.forFeature([Trade], 'archive')))"); // prettier-ignore
    expect(String(tokens[3])).to.equal("Symbol(the manager 'default' of @mysingle/database (in Nest: import DuckDBModule.forRoot()))"); // prettier-ignore
    expect(String(tokens[4])).to.include("DuckDBModule.forRoot({ name: 'archive' })");
    await failure(
      () =>
        repositoryToken(
          class {
            id = 1;
          },
        ),
      'E_DECLARATION',
    );
  });

  it('tell two entities of one class name apart', () => {
    const make = (): typeof Trade => {
      @Table('inject_twin')
      class Twin extends Trade {}
      return Twin;
    };
    expect(repositoryToken(make())).not.to.equal(repositoryToken(make()));
  });
});

describe('@InjectRepository on a standard accessor', () => {
  /** What the compiler makes of `@InjectRepository(Trade) accessor rows` on a plain object. */
  function withAccessor(): { rows: unknown } {
    const self = {} as { rows: unknown };
    const addInitializer = (init: (this: unknown) => void): void => init.call(self);
    const decorate = InjectRepository(Trade) as unknown as (value: object, context: object) => PropertyDescriptor;
    const made = decorate({}, { kind: 'accessor', name: 'rows', static: false, private: false, addInitializer });
    return Object.defineProperty(self, 'rows', made);
  }

  it('gives the repository, or what was put in its place', async () => {
    const db = await openManager({ entities: [Trade] });
    const self = withAccessor();
    expect(self.rows).to.equal(db.repository(Trade));
    self.rows = 'mine';
    expect(self.rows).to.equal('mine');
  });

  it('is found by @Cached', async () => {
    const db = await openManager({ entities: [Trade] });
    await openManager({ name: 'other' });
    const self = withAccessor();
    self.rows = db.repository(Trade);
    expect(sourceOf(self, undefined, 'x')).to.equal(db.repository(Trade));
  });
});
