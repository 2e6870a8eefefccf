import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { CacheInvalidate, Column, InjectRepository, Table, type BaseDuckDBManager, type CacheInvalidateOptions, type Repository } from '@mysingle/database'; // prettier-ignore
import { withinContext } from '../../lib/context.js';
import { failure } from '../support/failure.js';
import { gate } from '../support/gate.js';
import { openManager, scratchPath } from '../support/scratch.js';

@Table('invalidated_user')
class User {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('invalidated_other')
class Other {
  @Column('integer', { primaryKey: true }) id!: number;
}

const entities = [User, Other];
const hour = { ttl: '1h' } as const;

class Service {
  readonly during: unknown[] = [];
  constructor(readonly db: BaseDuckDBManager) {}

  @CacheInvalidate({ tags: (id: string) => [`user:${id}`] })
  async rename(id: string, name: string): Promise<string> {
    this.during.push(await this.db.cache.get(`user:${id}`));
    return `${id} is ${name}`;
  }

  @CacheInvalidate({ tags: ['all', 'more'] })
  async everybody(): Promise<void> {}

  @CacheInvalidate({ entities: [User] })
  async elsewhere(): Promise<number> {
    return 1;
  }

  @CacheInvalidate({ tags: ['all'], entities: [Other] })
  async fails(): Promise<never> {
    throw new Error('mine');
  }

  @CacheInvalidate({ tags: (...ids: readonly string[]) => ids })
  async many(...ids: readonly string[]): Promise<number> {
    return ids.length;
  }
}

/** A manager with values to be ended: each key is its tag, or read of its table. */
async function filled(options: { path?: string } = {}): Promise<{ db: BaseDuckDBManager; left: () => Promise<string[]> }> {
  const db = await openManager({ entities, ...options });
  const tags = ['user:1', 'user:2', 'all', 'more'];
  for (const tag of tags) await db.cache.set(tag, tag, { ...hour, tags: [tag] });
  await db.cache.getOrLoad('users', hour, () => db.repository(User).count());
  await db.cache.getOrLoad('others', hour, () => db.repository(Other).count());
  const left = async (): Promise<string[]> => {
    const states = [...tags, 'users', 'others'].map(async (key) => ((await db.cache.get(key)) === undefined ? [] : [key]));
    return (await Promise.all(states)).flat();
  };
  return { db, left };
} // prettier-ignore

const ALL = ['user:1', 'user:2', 'all', 'more', 'users', 'others'];
const without = (...gone: string[]): string[] => ALL.filter((key) => !gone.includes(key));

describe('@CacheInvalidate', () => {
  it('ends the values of its tags behind its method, whose value it gives', async () => {
    const { db, left } = await filled();
    const service = new Service(db);
    expect(await left()).to.deep.equal(ALL);
    expect(await service.rename('1', 'Ann')).to.equal('1 is Ann');
    expect([service.during, await left()]).to.deep.equal([['user:1'], without('user:1')]);
    await service.everybody();
    expect(await left()).to.deep.equal(without('user:1', 'all', 'more'));
    expect(await service.many('user:2', 'unknown')).to.equal(2);
    expect(await service.many()).to.equal(0);
    expect(await left()).to.deep.equal(['users', 'others']);
  });

  it('ends what was read of its entities, as a write to them does', async () => {
    const { db, left } = await filled();
    expect(await new Service(db).elsewhere()).to.equal(1);
    expect(await left()).to.deep.equal(without('users'));
    expect((await db.cache.explain('users')).written).to.deep.equal(['main.invalidated_user']);
  });

  it('ends nothing where its method throws, and throws the same', async () => {
    const { db, left } = await filled();
    expect(String(await new Service(db).fails().catch((error: unknown) => error))).to.equal('Error: mine');
    expect(await left()).to.deep.equal(ALL);
  });

  it('counts inside a transaction exactly from the commit on, and not at all where that is rolled back', async () => {
    const { db, left } = await filled();
    const service = new Service(db);
    const outside = (): Promise<string[]> => withinContext({ transactions: new Map() }, left);
    const rolledBack = db.transaction(async () => {
      await service.elsewhere();
      await service.everybody();
      throw new Error('no');
    });
    await rolledBack.catch(() => {});
    expect(await left()).to.deep.equal(ALL);
    await db.transaction(async () => {
      await service.elsewhere();
      await service.rename('1', 'Ann');
      // in here the cache is not asked any more
      expect([await left(), await outside()]).to.deep.equal([[], ALL]);
    });
    expect(await left()).to.deep.equal(without('users', 'user:1'));
  });

  it('ends a load that is under way', async () => {
    const db = await openManager({ entities });
    const [begun, go] = [gate(), gate()];
    const load = db.cache.getOrLoad(
      'k',
      { ...hour, tags: ['all'] },
      async () => (begun.open(), await go.passed, 'old'),
    );
    await begun.passed;
    await new Service(db).everybody();
    go.open();
    expect([await load, await db.cache.get('k')]).to.deep.equal(['old', undefined]);
  });

  it('finds its cache by a property, by injection, by `using`, or as that of the one open manager', async () => {
    const path = scratchPath();
    const { db, left } = await filled({ path });
    class Injected {
      @InjectRepository(User) declare readonly users: Repository<User>;
      @CacheInvalidate({ tags: ['all'] }) async run(): Promise<void> {} // prettier-ignore
    }
    class Bare {
      @CacheInvalidate({ tags: ['more'] }) async run(): Promise<void> {} // prettier-ignore
      @CacheInvalidate({ tags: ['user:1'] }) static async run(): Promise<void> {} // prettier-ignore
    }
    class Using {
      readonly inner = { db };
      @CacheInvalidate({ tags: ['user:2'], using: (self: Using) => self.inner.db }) async run(): Promise<void> {} // prettier-ignore
    }
    await new Injected().run();
    await new Bare().run();
    await Bare.run();
    expect(await left()).to.deep.equal(['user:2', 'users', 'others']);
    await openManager({ path });
    let ran = false;
    class Lost {
      @CacheInvalidate({ tags: ['x'] }) async run(): Promise<void> { ran = true; } // prettier-ignore
    }
    expect((await failure(new Lost().run(), 'E_CACHE_UNBOUND')).message).to.match(/^@CacheInvalidate Lost\.run: .*2 managers are open/); // prettier-ignore
    expect(ran).to.equal(false);
    await new Using().run();
    expect(await left()).to.deep.equal(['users', 'others']);
  });

  it('refuses tags that are none before its method does anything, and methods that have lost their instance', async () => {
    const { db, left } = await filled();
    let ran = 0;
    class Wrong {
      readonly db = db;
      @CacheInvalidate({ tags: (id: unknown) => id as string[] }) async run(_id: unknown): Promise<void> { ran += 1; } // prettier-ignore
    }
    for (const tags of ['all', [''], [1], null])
      expect((await failure(new Wrong().run(tags), 'E_CONFIG')).message).to.match(/^@CacheInvalidate Wrong\.run: tags: give an array/); // prettier-ignore
    expect([ran, await left()]).to.deep.equal([0, ALL]);
    const lost: Service['everybody'] = Reflect.get(new Service(db), 'everybody');
    expect((await failure(lost(), 'E_DECLARATION')).message).to.include('the method has lost its this');
  });

  it('refuses wrong uses at import', async () => {
    const cases: [unknown, RegExp][] = [
      [undefined, /: it takes an object of tags and entities\.$/],
      ['all', /: it takes an object/],
      [{}, /: it takes tags, entities, or both\.$/],
      [{ tag: ['a'] }, /: it has no option 'tag'\. Options: tags, entities, using\.$/],
      ...['all', [''], [1], null, ['a', '\ud800'], new Set(['a'])].map((tags): [unknown, RegExp] => [{ tags }, /: tags: give an array of strings of Unicode text that are not empty\.$/]),
      [{ tags: [''], entities: [User] }, /: tags: give an array/],
      [{ entities: User }, /: entities: give an array of entity classes\.$/],
      [{ tags: ['a'], using: 'db' }, /: option 'using' is a function\.$/],
    ];
    const places: [(decorator: (...args: unknown[]) => unknown) => unknown, string][] = [
      [(decorate) => decorate(Service.prototype, 'rename', { value: () => 1 }), 'Service.rename'],
      [(decorate) => decorate(Service, 'all', { value: () => 1 }), 'Service.all'],
      // the class has no name yet
      [(decorate) => decorate(() => 1, { kind: 'method', name: 'rename' }), 'rename'],
    ];
    for (const [options, message] of cases) {
      for (const [decorate, place] of places) {
        const error = await failure(() => decorate(CacheInvalidate(options as CacheInvalidateOptions) as never), 'E_DECLARATION');
        expect(error.message).to.match(message).and.satisfy((text: string) => text.startsWith(`@CacheInvalidate on ${place}: `));
      }
    }
    const noEntity = CacheInvalidate({ entities: [Date as never] }) as unknown as (...args: unknown[]) => void;
    expect((await failure(() => noEntity(Service, 'x', { value: () => 1 }), 'E_DECLARATION')).message).to.include('Date');
    const onField = CacheInvalidate({ tags: ['a'] }) as unknown as (...args: unknown[]) => void;
    for (const args of [[{}, 'x', undefined], [{}, 'x', { get: () => 1 }], [Service, 'x', { value: 1 }]])
      expect((await failure(() => onField(...args), 'E_DECLARATION')).message).to.equal('@CacheInvalidate on x: it decorates a method.'); // prettier-ignore
    const context = { kind: 'field', name: 'x' };
    expect((await failure(() => onField(undefined, context), 'E_DECLARATION')).message).to.equal(
      '@CacheInvalidate on x: it decorates a method, not a field.',
    );
  }); // prettier-ignore

  it('keeps the type and the name of its method, and gives the tags function the arguments of it', () => {
    expectTypeOf<Service['rename']>().toEqualTypeOf<(id: string, name: string) => Promise<string>>();
    expectTypeOf<Service['many']>().toEqualTypeOf<(...ids: readonly string[]) => Promise<number>>();
    expectTypeOf<NonNullable<CacheInvalidateOptions<readonly [id: string]>['tags']>>().toEqualTypeOf<readonly string[] | ((id: string) => readonly string[])>(); // prettier-ignore
    expect(Service.prototype.rename.name).to.equal('rename');
    class Wrong {
      // @ts-expect-error the tags are made from the arguments of this method
      @CacheInvalidate({ tags: (id: string) => [id] }) async byNumber(_id: number): Promise<void> {} // prettier-ignore
      // @ts-expect-error and from no more of them than there are
      @CacheInvalidate({ tags: (_id: number, name: string) => [name] }) async one(_id: number): Promise<void> {} // prettier-ignore
      // @ts-expect-error its result would become a promise behind the caller's back
      @CacheInvalidate({ tags: ['a'] }) now(): number { return 1; } // prettier-ignore
      @CacheInvalidate({ tags: (id: number) => [String(id)] }) async more(_id: number, _name: string): Promise<void> {} // prettier-ignore
    }
    expect(Wrong).to.be.a('function');
  });
});
