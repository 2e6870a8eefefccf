import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Cached, Column, Index, InjectRepository, Table, avg, count, type BaseDuckDBManager, type Repository } from '@mysingle/database'; // prettier-ignore
import { clocked } from '../support/clocked.js';
import { failure } from '../support/failure.js';
import { gate } from '../support/gate.js';
import { openManager, scratchPath } from '../support/scratch.js';

@Table('cached_spec_run')
class Run {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') @Index() strategy!: string;
  @Column('double', { nullable: true }) profit!: number | null;
}

@Cached('5m')
@Table('cached_spec_strategy')
class Strategy {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') name!: string;

  greet(): string {
    return `I am ${this.name}`;
  }
}

const entities = [Run, Strategy];

class Reports {
  calls: unknown[][] = [];
  constructor(readonly runs: Repository<Run>) {}

  @Cached('10m')
  async count(strategy?: string, ...more: unknown[]): Promise<number> {
    this.calls.push([strategy, ...more]);
    return this.runs.count(strategy === undefined ? undefined : { strategy });
  }

  @Cached({ ttl: '1h', key: (query: { id: number }) => query.id })
  async byId(query: { id: number; trace: () => void }): Promise<Run | null> {
    this.calls.push([query.id]);
    return this.runs.findById(query.id);
  }

  @Cached({ ttl: '1h', negativeTtl: '1h' })
  async missing(): Promise<null> {
    this.calls.push([]);
    return null;
  }

  @Cached('1h')
  async plus(n: number): Promise<string> {
    return `reports ${n}`;
  }
}

class MoreReports extends Reports {
  @Cached('1h')
  override async plus(n: number): Promise<string> {
    return `more ${await super.plus(n)}`;
  }

  async both(n: number): Promise<string[]> {
    return [await this.plus(n), await super.plus(n)];
  }
}

describe('@Cached on a method', () => {
  it('loads once for equal arguments, and anew for others and after a write', async () => {
    const db = await openManager({ entities });
    const reports = new Reports(db.repository(Run));
    await reports.count('a');
    await reports.count('a');
    await reports.count('b');
    expect(reports.calls).to.deep.equal([['a'], ['b']]);
    await db.repository(Run).insert({ id: 1, strategy: 'a' });
    expect([await reports.count('a'), await reports.count('a')]).to.deep.equal([1, 1]);
    expect(reports.calls).to.have.length(3);
    await reports.count('a', { x: 1, y: 2 });
    await reports.count('a', { y: 2, x: 1 });
    expect(reports.calls).to.have.length(4);
  });

  it('is shared by the instances of one class, and not by those of a subclass', async () => {
    const db = await openManager({ entities });
    const [a, b, sub] = [Reports, Reports, MoreReports].map((each) => new each(db.repository(Run)));
    await a?.count('x');
    await b?.count('x');
    await sub?.count('x');
    expect([a, b, sub].map((each) => each?.calls.length)).to.deep.equal([1, 0, 1]);
  });

  it('may override a cached method and call it by super, each with values of its own', async () => {
    const db = await openManager({ entities });
    const more = new MoreReports(db.repository(Run));
    for (let time = 0; time < 2; time += 1) {
      expect(await more.plus(1)).to.equal('more reports 1');
      expect(await more.both(1)).to.deep.equal(['more reports 1', 'reports 1']);
    }
  });

  it('tells calls apart by `key` alone where it is given', async () => {
    const db = await openManager({ entities });
    await db.repository(Run).insert({ id: 1, strategy: 'a' });
    const reports = new Reports(db.repository(Run));
    const trace = (): void => {}; // an argument without a canonical form
    const rows = [await reports.byId({ id: 1, trace }), await reports.byId({ id: 1, trace })];
    expect(rows[1]).to.be.instanceOf(Run).and.deep.equal(rows[0]);
    expect(rows[1]).not.to.equal(rows[0]);
    expect(await reports.byId({ id: 2, trace })).to.equal(null);
    expect(await reports.byId({ id: 2, trace })).to.equal(null); // null is not kept
    expect(reports.calls).to.deep.equal([[1], [2], [2]]);
    await reports.missing();
    await reports.missing();
    expect(reports.calls).to.have.length(4);
  });

  it('refuses arguments without a canonical form, and results without a form, by name', async () => {
    const db = await openManager({ entities });
    const reports = new Reports(db.repository(Run));
    const { message } = await failure(reports.count('a', { b: [new URL('http://x')] }), 'E_UNSUPPORTED');
    expect(message).to.match(/^@Cached Reports\.count: argument 2\.b\[0\] is a URL, .*give @Cached a key option/);
    expect(reports.calls).to.deep.equal([]);
  });

  it('serves static methods, and methods found by a manager property, `using`, or the one open manager', async () => {
    const db = await openManager({ entities });
    let calls = 0;
    class ByProperty {
      static db = db;
      @Cached('1h') static async all(): Promise<number> { return (calls += 1); } // prettier-ignore
      readonly manager = db;
      @Cached('1h') async mine(): Promise<number> { return (calls += 1); } // prettier-ignore
    }
    class ByUsing {
      constructor(readonly inner: { db: BaseDuckDBManager }) {}
      @Cached({ ttl: '1h', using: (self: ByUsing) => self.inner.db }) async mine(): Promise<number> { return (calls += 1); } // prettier-ignore
    }
    class ByNothing {
      @Cached('1h') async mine(): Promise<number> { return (calls += 1); } // prettier-ignore
    }
    class ByInjection {
      @InjectRepository(Run) declare readonly runs: Repository<Run>;
      @Cached('1h') async mine(): Promise<number> { return (calls += 1); } // prettier-ignore
    }
    const callers = [() => ByProperty.all(), () => new ByProperty().mine(), () => new ByUsing({ db }).mine(), () => new ByNothing().mine(), () => new ByInjection().mine()]; // prettier-ignore
    for (const [index, call] of callers.entries())
      expect([await call(), await call()]).to.deep.equal([index + 1, index + 1]);
    await openManager();
    expect((await failure(new ByNothing().mine(), 'E_CACHE_UNBOUND')).message).to.include('2 managers are open');
    await db.close();
    await failure(ByProperty.all(), 'E_CLOSED');
  });

  it('is E_CACHE_UNBOUND with the remedy where no manager is open', async () => {
    class Lonely {
      @Cached('1h') async mine(): Promise<number> { return 1; } // prettier-ignore
    }
    expect((await failure(new Lonely().mine(), 'E_CACHE_UNBOUND')).message).to.match(
      /^@Cached Lonely\.mine: .*no manager is open.*using: \(self\) => self\.db/,
    );
  });

  it('refuses two classes of one name, two methods of one name, and is content with names of their own', async () => {
    const db = await openManager();
    const make = (name?: string): { value(): Promise<string> } => {
      class Twin {
        readonly db = db;
        @Cached({ ttl: '1h', ...(name === undefined ? {} : { name }) })
        async value(): Promise<string> { return name ?? 'none'; } // prettier-ignore
      }
      return new Twin();
    };
    const first = make();
    expect(await first.value()).to.equal('none');
    const { message } = await failure(make().value(), 'E_DECLARATION');
    expect(message).to.equal("@Cached: two classes cache under the name 'Twin.value'. Give one of them @Cached({ ttl, name: '...' })."); // prettier-ignore
    expect([await make('second').value(), await make('third').value(), await first.value()]).to.deep.equal(['second', 'third', 'none']); // prettier-ignore
    class Two {
      readonly db = db;
      @Cached({ ttl: '1h', name: 'two' }) async a(): Promise<string> { return 'a'; } // prettier-ignore
      @Cached({ ttl: '1h', name: 'two' }) async b(): Promise<string> { return 'b'; } // prettier-ignore
    }
    expect(await new Two().a()).to.equal('a');
    expect((await failure(new Two().b(), 'E_DECLARATION')).message).to.include(
      "two methods cache under the name 'two'",
    );
  });

  it('tells instances apart by the entities that they are for, and by nothing else', async () => {
    const db = await openManager({ entities });
    await db.repository(Run).insert({ id: 1, strategy: 'a' });
    await db.repository(Strategy).insert({ id: 7, name: 'b' });
    let loads = 0;
    class Lister {
      constructor(readonly of: Repository<Run> | Repository<Strategy>, readonly note = '') {}
      @Cached('1h') async ids(): Promise<number[]> { loads += 1; return (await (this.of as Repository<Run>).find()).map(({ id }) => id); } // prettier-ignore
    }
    class ByClass {
      constructor(readonly home: BaseDuckDBManager, readonly entity: typeof Run | typeof Strategy) {}
      @Cached({ ttl: '1h', name: 'all', using: (self: ByClass) => self.home }) async ids(): Promise<number[]> { loads += 1; return (await this.home.repository(this.entity as typeof Run).find()).map(({ id }) => id); } // prettier-ignore
    }
    for (let time = 0; time < 2; time += 1) {
      expect(await new Lister(db.repository(Run), String(time)).ids()).to.deep.equal([1]);
      expect(await new Lister(db.repository(Strategy)).ids()).to.deep.equal([7]);
      expect(await new ByClass(db, Run).ids()).to.deep.equal([1]);
      expect(await new ByClass(db, Strategy).ids()).to.deep.equal([7]);
    }
    expect(loads).to.equal(4);
    const keys = ['Lister.ids<main.cached_spec_run>:[]', 'Lister.ids<main.cached_spec_strategy>:[]', 'all<main.cached_spec_run>:[]', 'Lister.ids:[]'];
    expect(await Promise.all(keys.map(async (key) => (await db.cache.explain(key)).reason))).to.deep.equal(['fresh', 'fresh', 'fresh', 'absent']);
  }); // prettier-ignore

  it('says so when a method has lost its instance', async () => {
    const db = await openManager({ entities });
    const lost: Reports['count'] = Reflect.get(new Reports(db.repository(Run)), 'count');
    expect((await failure(lost('a'), 'E_DECLARATION')).message).to.include('the method has lost its this');
  });

  it('refuses a key that is not there at once, and says so', async () => {
    const db = await openManager();
    let loads = 0;
    class Later {
      readonly db = db;
      @Cached({ ttl: '1h', key: async (id: number) => { if (id < 0) throw new Error('mine'); return id; } })
      async byId(_id: number): Promise<number> { return (loads += 1); }
    }
    for (const id of [1, -1])
      expect((await failure(new Later().byId(id), 'E_DECLARATION')).message).to.equal(
        '@Cached on Later.byId: its key function gave a Promise. A key is made of the arguments alone, at once.',
      );
    expect(loads).to.equal(0);
  }); // prettier-ignore

  it('refuses wrong uses at import', async () => {
    const cases: [() => unknown, RegExp][] = [
      // @ts-expect-error a bare number has no unit
      [() => Cached(300), /^@Cached ttl: 300 is not a duration/],
      // @ts-expect-error a TTL must be there
      [() => Cached({}), /^@Cached ttl: undefined is not a duration/],
      // @ts-expect-error a bare number has no unit
      [() => Cached({ ttl: '1h', negativeTtl: 30 }), /^@Cached negativeTtl: 30 is not a duration/],
      [() => Cached('5 minutes' as '5m'), /"5 minutes" is not a duration/],
      [() => Cached({ ttl: '1h', tll: '1h' } as never), /has no option 'tll'. Options: ttl, grace, negativeTtl, tags, dependsOn, key, name, using/],
      [() => Cached({ ttl: '1h', key: 'id' } as never), /'key' and 'using' are functions/],
      [() => Cached({ ttl: '1h', name: '' }), /'name' is a string/],
      [() => (Cached('1h') as (...args: unknown[]) => void)({}, 'x', undefined), /on x: it decorates a method or an entity class/],
      [() => (Cached('1h') as (...args: unknown[]) => void)({}, 'x', { get: () => 1 }), /on x: it decorates a method/],
      [() => (Cached({ ttl: '1h', key: () => 1 }) as (...args: unknown[]) => void)(class { id = 1; }), /on a class takes a duration alone/],
    ]; // prettier-ignore
    for (const [use, message] of cases) expect((await failure(use)).message).to.match(message);
  });

  it('keeps the type and the name of its method, and takes async methods alone', () => {
    expectTypeOf<Reports['count']>().toEqualTypeOf<(strategy?: string, ...more: unknown[]) => Promise<number>>();
    expectTypeOf<Reports['byId']>().returns.resolves.toEqualTypeOf<Run | null>();
    expect(Reports.prototype.count.name).to.equal('count');
    class Wrong {
      // @ts-expect-error its result would become a promise behind the caller's back
      @Cached('1h') now(): number { return 1; } // prettier-ignore
      // @ts-expect-error the key is made from the arguments of this method
      @Cached({ ttl: '1h', key: (id: string) => id }) async byNumber(id: number): Promise<number> { return id; } // prettier-ignore
    }
    expect(Wrong).to.be.a('function');
  });
});

describe('the terms of a @Cached method', () => {
  let loads = 0;
  class Profiles {
    load: () => Promise<unknown> = async () => (loads += 1);
    constructor(readonly db: BaseDuckDBManager) {}
    @Cached({ ttl: '1m', grace: '1h', tags: (id: string) => [`user:${id}`], dependsOn: [Strategy] })
    async graced(_id: string, _more?: number): Promise<unknown> {
      return this.load();
    }
    @Cached({ ttl: '1h', tags: ['all'], dependsOn: [] })
    async raw(): Promise<number> {
      loads += 1;
      await this.db.withConnection((connection) => connection.run('select 1'), { writes: [] });
      return this.db.repository(Run).count();
    }
    @Cached({ ttl: '1h', tags: () => 'all' as never })
    async wrong(): Promise<number> {
      return (loads += 1);
    }
    @Cached('1h') async outer(): Promise<unknown[]> { return [await this.graced('a'), await this.raw()]; } // prettier-ignore
  }

  it('are tags, static and from the arguments: of each call its own', async () => {
    const db = await openManager({ entities });
    const profiles = new Profiles(db);
    loads = 0;
    profiles.load = async () => db.repository(Run).count();
    for (const id of ['a', 'b']) await profiles.graced(id);
    expect(await db.cache.explain('Profiles.graced:["a"]')).to.deep.include({
      tags: ['user:a'],
      tables: ['main.cached_spec_strategy', 'main.cached_spec_run'],
    });
    await profiles.raw();
    await db.cache.invalidate({ tags: ['user:a', 'all'] });
    const reasons = ['graced:["a"]', 'graced:["b"]', 'raw:[]'].map(async (key) => (await db.cache.explain(`Profiles.${key}`)).reason); // prettier-ignore
    expect(await Promise.all(reasons)).to.deep.equal(['written', 'fresh', 'written']);
    expect((await failure(profiles.wrong(), 'E_CONFIG')).message).to.match(/^@Cached wrong: tags: give an array/);
  });

  it('are grace, where one refresh runs behind the callers', async () => {
    const { db, clock } = await clocked({ entities });
    const profiles = new Profiles(db);
    loads = 0;
    expect(await profiles.graced('a')).to.equal(1);
    clock.now += 60_000;
    const { open, passed } = gate();
    profiles.load = async () => ((loads += 1), await passed, loads);
    expect(await Promise.all([profiles.graced('a'), profiles.graced('a')])).to.deep.equal([1, 1]);
    open();
    while ((await db.cache.explain('Profiles.graced:["a"]')).loading) await new Promise(setImmediate);
    expect([await profiles.graced('a'), loads]).to.deep.equal([2, 2]);
    await db.repository(Strategy).insert({ id: 1, name: 'a' });
    clock.now += 60_000;
    expect(await profiles.graced('a')).to.equal(3);
  });

  it('are what stands for reads that cannot be known, and the known ones stay', async () => {
    const db = await openManager({ entities });
    const profiles = new Profiles(db);
    loads = 0;
    await profiles.raw();
    await db.repository(Strategy).insert({ id: 1, name: 'a' });
    expect([await profiles.raw(), loads]).to.deep.equal([0, 1]);
    await db.repository(Run).insert({ id: 1, strategy: 'a' });
    expect([await profiles.raw(), loads]).to.deep.equal([1, 2]);
  });

  it('are passed up to the method that calls', async () => {
    const db = await openManager({ entities });
    const profiles = new Profiles(db);
    for (const seen of ['loaded', 'hit']) {
      await profiles.outer();
      const { tags, tables } = await db.cache.explain('Profiles.outer:[]');
      expect(tags, seen).to.have.members(['user:a', 'all']);
      expect(tables, seen).to.have.members(['main.cached_spec_run', 'main.cached_spec_strategy']);
      await db.cache.delete('Profiles.outer:[]');
    }
  });
});

describe('the cache that a @Cached method has found', () => {
  class Found {
    calls = 0;
    constructor(public db: BaseDuckDBManager) {}
    @Cached('1h') async value(): Promise<string> { return `${this.db.cache.stats().loads} ${(this.calls += 1)}`; } // prettier-ignore
  }

  it('is the one of the property as it is now, also where that was replaced', async () => {
    const [one, two] = [await openManager(), await openManager()];
    const found = new Found(one);
    const first = await found.value();
    expect([await found.value(), found.calls]).to.deep.equal([first, 1]);
    found.db = two;
    await found.value();
    await found.value();
    expect([found.calls, two.cache.stats().loads, one.cache.stats().hits]).to.deep.equal([2, 1, 1]);
    found.db = one;
    expect([await found.value(), found.calls]).to.deep.equal([first, 2]);
  });

  it('is found anew where its manager was closed and opened again, with the values of its table', async () => {
    const db = await openManager({ path: scratchPath(), entities });
    const found = new Found(db);
    const first = await found.value();
    await found.value();
    await db.close();
    await failure(found.value(), 'E_CLOSED');
    await db.connect();
    expect([await found.value(), await found.value(), found.calls]).to.deep.equal([first, first, 1]);
    expect(db.cache.stats()).to.include({ loads: 0, hits: 2, tierHits: 1 });
    await db.cache.clear();
    await found.value();
    expect(found.calls).to.equal(2);
  });

  it('is of each instance its own: two of one class share values where they share the database, and only there', async () => {
    const path = scratchPath();
    const managers = [await openManager({ path }), await openManager({ path }), await openManager()];
    const all = managers.map((db) => new Found(db));
    for (let time = 0; time < 2; time += 1) for (const each of all) await each.value();
    expect(all.map(({ calls }) => calls)).to.deep.equal([1, 0, 1]);
  });

  it('is asked of `using` at each call, and of the open managers where there is nothing else', async () => {
    const [one, two] = [await openManager(), await openManager()];
    let [now, asked, calls] = [one, 0, 0];
    class Using {
      @Cached({ ttl: '1h', using: () => ((asked += 1), now) }) async value(): Promise<number> { return (calls += 1); } // prettier-ignore
      @Cached({ ttl: '1h', using: () => 5 }) async none(): Promise<number> { return 1; } // prettier-ignore
      @Cached('1h') async open(): Promise<number> { return (calls += 1); } // prettier-ignore
    }
    const using = new Using();
    expect([await using.value(), await using.value(), asked]).to.deep.equal([1, 1, 2]);
    now = two;
    expect([await using.value(), await using.value(), two.cache.stats().loads]).to.deep.equal([2, 2, 1]);
    expect((await failure(using.none(), 'E_CACHE_UNBOUND')).message).to.equal('@Cached Using.none: using gave no manager and no repository.'); // prettier-ignore
    await one.close();
    expect([await using.open(), await using.open()]).to.deep.equal([3, 3]);
    await two.close();
    const three = await openManager();
    expect([await using.open(), three.cache.stats().loads]).to.deep.equal([4, 1]);
  });

  it('is none where an instance has properties of two managers', async () => {
    const [one, two] = [await openManager(), await openManager()];
    const second = Object.assign(new Found(one), { other: two });
    expect((await failure(second.value(), 'E_CACHE_UNBOUND')).message).to.include('properties of 2 managers');
  });
});

describe('@Cached on an entity', () => {
  it('caches find, findOne, findById, count, exists and aggregate until the table is written', async () => {
    const db = await openManager({ entities });
    const strategies = db.repository(Strategy);
    await strategies.insertMany([{ id: 1, name: 'a' }, { id: 2, name: 'b' }]); // prettier-ignore
    const reads = [
      () => strategies.find({ orderBy: { id: 'asc' } }),
      () => strategies.find({ select: ['id'], orderBy: { id: 'asc' } }),
      () => strategies.findOne({ where: { name: 'b' } }),
      () => strategies.findById(1),
      () => strategies.count(),
      () => strategies.count({ name: 'a' }),
      () => strategies.exists({ name: 'zzz' }),
      () => strategies.aggregate({ select: { n: count(), mean: avg('id') } }),
    ] as const;
    const all = async (): Promise<unknown[]> => Promise.all(reads.map((read) => read()));
    const before = await all();
    expect(db.cache.stats()).to.include({ loads: reads.length, hits: 0 });
    expect(await all()).to.deep.equal(before);
    expect(db.cache.stats()).to.include({ loads: reads.length, hits: reads.length });
    const [row] = await strategies.find({ orderBy: { id: 'asc' } });
    expect(row).to.be.instanceOf(Strategy);
    expect(row?.greet()).to.equal('I am a');
    await strategies.update({ id: 1 }, { name: 'z' });
    expect((await strategies.findById(1))?.name).to.equal('z');
    expect(await strategies.count({ name: 'a' })).to.equal(0);
    await db.repository(Run).insert({ id: 1, strategy: 'a' });
    const { loads } = db.cache.stats();
    await strategies.count({ name: 'a' });
    expect(db.cache.stats().loads).to.equal(loads);
  });

  it('goes to the database by `cache: false`, and for entities without it', async () => {
    const db = await openManager({ entities });
    const strategies = db.repository(Strategy);
    await strategies.find({ cache: false });
    await strategies.findOne({ cache: false });
    await strategies.aggregate({ select: { n: count() }, cache: false });
    await db.repository(Run).find();
    await strategies.count(undefined, { cache: false });
    await strategies.exists(undefined, { cache: false });
    await strategies.findById(1, { cache: false });
    expect(db.cache.stats()).to.include({ hits: 0, loads: 0, joined: 0, entries: 0 });
  });

  it('sees the own writes of a transaction, and shows them to nobody else', async () => {
    const db = await openManager({ entities });
    const strategies = db.repository(Strategy);
    await strategies.count();
    const inside = db.transaction(async () => {
      await strategies.insert({ id: 1, name: 'a' });
      const seen = [await strategies.count(), await strategies.count()];
      throw Object.assign(new Error('no'), { seen });
    });
    expect((await inside.catch((error: unknown) => error)) as object).to.have.deep.property('seen', [1, 1]);
    expect(await strategies.count()).to.equal(0);
  });
});
