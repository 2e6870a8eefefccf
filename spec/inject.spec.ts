import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, InjectRepository, Table, managerToken, repositoryToken, type Repository } from '@mysingle/database';
import { sourceOf } from '../lib/cache/source.js';
import { LEGACY, compiled } from './support/compiled.js';
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

/** One service, as each build makes it. */
const service = (property: string): string => `
import { Cached, Column, InjectRepository, Table, type Repository } from '@mysingle/database';
@Table('inject_built') export class Built { @Column('integer', { primaryKey: true }) id!: number; }
export class Reports {
  before = 1;
  @InjectRepository(Built) ${property};
  after = 2;
  @Cached('1m') async count(): Promise<number> { return this.rows.count(); }
}`;

interface Service {
  readonly Built: typeof Trade;
  readonly Reports: new () => { readonly rows: Repository<Trade>; readonly after: number; count(): Promise<number> };
}

describe('@InjectRepository, however it is compiled', () => {
  const DEFINE = ['--useDefineForClassFields', 'true'];
  const SET = ['--useDefineForClassFields', 'false'];
  const field = 'readonly rows!: Repository<Built>';
  // prettier-ignore
  const BUILDS = [
    ['legacy decorators, fields set', 'legacy-set', field, [...LEGACY, ...SET]],
    ['legacy decorators and declare, fields defined', 'legacy-declare', 'declare readonly rows: Repository<Built>', [...LEGACY, ...DEFINE]],
    ['standard decorators, fields defined', 'standard-define', field, DEFINE],
    ['standard decorators, fields set', 'standard-set', field, SET],
    ['standard decorators for an older target', 'standard-es2017', field, ['--target', 'es2017', ...DEFINE]],
    ['standard decorators, an accessor', 'standard-accessor', 'accessor rows!: Repository<Built>', []],
  ] as const;
  for (const [what, name, property, flags] of BUILDS)
    it(`works with ${what}`, async () => {
      const { said, js } = await compiled(`inject-${name}`, service(property), flags);
      expect(said).to.equal('');
      const built = (await import(js)) as Service;
      const { Built } = built;
      const db = await openManager({ entities: [Built] });
      const reports = new built.Reports();
      expect(reports.rows).to.equal(db.repository(Built));
      expect([await reports.count(), await reports.count(), reports.after]).to.deep.equal([0, 0, 2]);
    });

  for (const target of ['es2022', 'es2021'])
    it(`says at import where legacy decorators and a field of its own hide it, for ${target}`, async () => {
      const flags = [...LEGACY, ...DEFINE, '--target', target];
      const { js } = await compiled(`inject-hidden-${target}`, service(field), flags);
      const { message } = await failure(() => import(js), 'E_DECLARATION');
      expect(message).to.equal('Reports.rows: this build makes a field of it, which would hide the repository and stay undefined. Set "useDefineForClassFields": false, or write it with declare: @InjectRepository(Built) declare rows: Repository<Built>.'); // prettier-ignore
    });

  it('says at construction where standard decorators follow a draft, in which a field comes after what it is given', async () => {
    const initializers: ((this: unknown) => void)[] = [];
    const addInitializer = (init: (this: unknown) => void): void => void initializers.push(init);
    const decorate = InjectRepository(Trade) as unknown as (value: undefined, context: object) => unknown;
    decorate(undefined, { kind: 'field', name: 'rows', static: false, private: false, addInitializer });
    const { message } = await failure(() => initializers.forEach((init) => init.call({})), 'E_DECLARATION');
    expect(message).to.include('@InjectRepository on rows').and.include('"decoratorVersion": "2023-11"');
  });

  it('gives a compiler that hands in a descriptor, as Babel does, the one to define in its place', async () => {
    class Plain {
      readonly id = 1;
    }
    const decorate = InjectRepository(Trade) as unknown as (
      target: object,
      key: string,
      field: object,
    ) => PropertyDescriptor;
    const given = decorate(Plain.prototype, 'rows', { configurable: true, writable: true, initializer: null });
    const db = await openManager({ entities: [Trade] });
    expect(given.get?.()).to.equal(db.repository(Trade));
    expect(given).to.not.have.property('initializer');
  });
});
