// Instances of classes that class-transformer knows, in the memory and in the table: the same by either, and no secret in any.
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Cached, Column, Table, first, json, sql, toJsonSerializable } from '@mysingle/database';
import { StoredValue } from '../../lib/cache/stored-value.js';
import { UnknownEntity } from '../../lib/cache/values.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

class Money {
  constructor(
    readonly amount = 0n,
    readonly currency = 'EUR',
  ) {}
  text(): string {
    return `${this.amount} ${this.currency}`;
  }
}

class Session {
  @Exclude() token = 'none';
  @Expose({ name: 'user_id' }) userId = '';
  @Type(() => Money) spent = new Money();
  @Transform(({ value }) => (value as Date).toISOString(), { toPlainOnly: true })
  @Type(() => Date)
  since = new Date(0);
  seen = new Map<string, Date>();
  @Transform(({ value }) => `${value as string}!`, { toPlainOnly: true }) masked = 'm';
  parts: unknown[] = [];
  get isRich(): boolean {
    return this.spent.amount > 5n;
  }
}

class Undecorated {
  n = 1;
}

@Table('kept_users')
class User {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') @Exclude() passwordHash!: string;
  @Column(json<Session>()) @Type(() => Session) session!: Session;
}

const session = (): Session => Object.assign(new Session(), { token: 's3cr3t', userId: 'u1', spent: new Money(9n), since: new Date(7), seen: new Map([['a', new Date(1)]]), parts: [new Session(), { s: new Set([new Money(1n)]) }] }); // prettier-ignore

function expectSession(value: unknown): void {
  const own = value as Session;
  expect(own).to.be.instanceOf(Session).and.include({ token: 'none', userId: 'u1', isRich: true, masked: 'm!' });
  expect([own.spent.text(), own.since, own.seen]).to.deep.equal(['9 EUR', new Date(7), new Map([['a', new Date(1)]])]);
  const [inner, { s }] = own.parts as [Session, { s: Set<Money> }];
  expect(inner).to.be.instanceOf(Session);
  expect([...s][0]?.text()).to.equal('1 EUR');
}

describe('a kept instance', () => {
  it('is what its decorators leave of it, from memory as from text, and each copy is one of its own', () => {
    const stored = StoredValue.of({ list: [session()], one: session() });
    const again = StoredValue.fromText(stored.text(), () => undefined);
    expect(stored.text()).to.not.include('s3cr3t');
    expect(again.text()).to.equal(stored.text());
    expect(stored.copy()).to.deep.equal(again.copy());
    for (const { list, one } of [stored.copy(), again.copy(), stored.copy()] as { list: Session[]; one: Session }[]) {
      expectSession(list[0]);
      expectSession(one);
      one.seen.clear();
      one.spent = new Money(0n);
    }
    expect(stored.bytes).to.be.greaterThan(100);
  });

  it('is refused where its class makes none of what it gave, at once', async () => {
    class Needy {
      @Expose() n: number;
      constructor(given: { n: number }) {
        this.n = given.n;
      }
    }
    const { message, cause } = await failure(() => StoredValue.of(new Needy({ n: 1 })), 'E_UNSUPPORTED');
    expect(message).to.match(
      /^The cache makes instances of Needy by class-transformer, which failed: its constructor is called without arguments/,
    );
    expect(cause).to.be.instanceOf(TypeError);
  });

  it('holds no cycle and nothing without a form, and says where that is by its members', async () => {
    const cyclic = session();
    cyclic.parts.push({ cyclic });
    expect((await failure(() => StoredValue.of([cyclic]), 'E_UNSUPPORTED')).message).to.match(/leads back to itself/);
    const bad = Object.assign(session(), { parts: [new Undecorated()] });
    const { message } = await failure(() => StoredValue.of({ bad }), 'E_UNSUPPORTED');
    expect(message).to.match(
      /^\$\.bad\.parts\[0\] is a Undecorated, which the cache has no form for\. .*class-transformer decorates/,
    );
    // what is excluded may be anything
    StoredValue.of(Object.assign(session(), { token: () => 'x' }));
  });

  it('counts as not stored where its class is not known, is several by now, or has other decorators', () => {
    const text = StoredValue.of(session()).text();
    const read = (from: string): unknown => StoredValue.fromText(from, () => undefined);
    expect(() => read(text.replaceAll('"Session"', '"Nobody"'))).to.throw(UnknownEntity);
    expect(() => read(text.replace(/"Session","[0-9a-f]{12}"/, '"Session","000000000000"'))).to.throw(UnknownEntity);
    expect(() => read('{"$":["of","Session"]}')).to.throw(UnknownEntity);
    const twin = (): object => {
      class Doubled {
        @Exclude() a = 1;
      }
      return new Doubled();
    };
    const doubled = StoredValue.of(twin()).text();
    expect(read(doubled)).to.not.equal(undefined);
    twin();
    expect(() => read(doubled)).to.throw(UnknownEntity);
  });

  it('pollutes nothing by a text from elsewhere', () => {
    const members = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"user_id":"x"}';
    const text = StoredValue.of(session())
      .text()
      .replace(/(\["of","Session","[0-9a-f]{12}",).*$/, `$1${members}]}`);
    const made = StoredValue.fromText(text, () => undefined).copy() as Session;
    expect(made).to.be.instanceOf(Session).and.include({ userId: 'x' });
    expect([{}, made].some((each) => 'polluted' in each)).to.equal(false);
  });
});

describe('cached values of decorated classes', () => {
  class Service {
    loads = 0;
    constructor(readonly db: BaseDuckDBManager) {}
    @Cached('1h') session(_id: number): Promise<Session> {
      this.loads += 1;
      return Promise.resolve(session());
    }
    @Cached('1h') about(_session: Session): Promise<number> {
      return Promise.resolve(1);
    }
  }

  it('are one thing to whoever asks: the load, the memory, the table; a secret is in none', async () => {
    const path = scratchPath();
    const db = await openManager({ path, entities: [User] });
    const service = new Service(db);
    for (let call = 0; call < 3; call += 1) expectSession(await service.session(1));
    await db.cache.set('by hand', [session()], { ttl: '1h' });
    await db.cache.flush();
    expect(JSON.stringify(await db.query(sql`select value from mysingle_cache`))).to.include('user_id').and.not.include('s3cr3t'); // prettier-ignore
    await db.close();
    const later = await openManager({ path, entities: [User] });
    const again = new Service(later);
    expectSession(await again.session(1));
    expectSession(((await later.cache.get('by hand')) as Session[])[0]);
    expect([service.loads, again.loads, later.cache.stats().tierHits]).to.deep.equal([1, 0, 2]);
  });

  it('are no arguments: what decorators leave out would tell two of them apart', async () => {
    const db = await openManager({ entities: [User] });
    const { message } = await failure(new Service(db).about(session()), 'E_UNSUPPORTED');
    expect(message).to.match(/about: argument 1 is a Session, which the cache has no form for/);
  });

  it('are entities with all of their columns, excluded ones too, and the documents in them; output leaves these out', async () => {
    @Cached('1h')
    @Table('cached_users')
    class CachedUser extends User {}
    const path = scratchPath();
    const db = await openManager({ path, entities: [CachedUser] });
    const stored = Object.assign(session(), { spent: { amount: 9 }, seen: {}, parts: [] }) as unknown as Session;
    await db.repository(CachedUser).insert({ id: 1, passwordHash: 'hash', session: stored });
    const read = async (from: BaseDuckDBManager): Promise<CachedUser> => from.repository(CachedUser).findOneOrFail({ where: { id: 1 } }); // prettier-ignore
    const [miss, hit] = [await read(db), await read(db)];
    await db.cache.flush();
    await db.close();
    const later = await openManager({ path, entities: [CachedUser] });
    const tiered = await read(later);
    expect(later.cache.stats()).to.include({ tierHits: 1, loads: 0 });
    const direct = await later.repository(CachedUser).findOneOrFail({ where: { id: 1 }, cache: false });
    for (const each of [miss, hit, tiered, direct]) {
      expect(each).to.be.instanceOf(CachedUser).and.include({ id: 1, passwordHash: 'hash' });
      expect(each.session).to.be.instanceOf(Session).and.include({ token: 'none', userId: 'u1' });
      expect(each.session.spent).to.be.instanceOf(Money);
      // what is transformed was when it was written, and is not once more
      expect(each).to.deep.equal(direct);
      expect(each.session.masked).to.equal('m!');
      expect(toJsonSerializable(each)).to.not.have.any.keys('passwordHash');
    }
    const firsts = async (): Promise<unknown> => (await later.repository(CachedUser).aggregate({ select: { s: first('session', 'id') } }))[0]?.s; // prettier-ignore
    for (let call = 0; call < 2; call += 1) expect(await firsts()).to.deep.equal(direct.session);
    // an instance of one's own, whose secret no table has left out
    await later.cache.set('own', Object.assign(new CachedUser(), { id: 2, passwordHash: 'h', session: session() }), { ttl: '1h' }); // prettier-ignore
    await later.cache.flush();
    expect(JSON.stringify(await later.query(sql`select value from mysingle_cache`))).to.include('u1').and.not.include('s3cr3t'); // prettier-ignore
  });

  class KeptStill {
    kind?: string;
    depth!: number;
    @Exclude() token?: string;
  }
  class KeptAlbum {
    @Type(() => KeptStill, { discriminator: { property: 'kind', subTypes: [{ value: KeptStill, name: 'photo' }] } })
    top!: unknown;
    @Type(() => KeptStill, { discriminator: { property: 'kind', subTypes: [{ value: KeptStill, name: 'photo' }] } })
    all!: unknown[];
    @Type(() => KeptStill) set!: Set<unknown>;
  }

  it('are of the class that a discriminator tells, frozen or plain, beside null, and are left as they were', async () => {
    const path = scratchPath();
    const db = await openManager({ path });
    const photo = (kind?: string): KeptStill =>
      Object.assign(new KeptStill(), { depth: 1, token: 's3cr3t' }, kind && { kind });
    const given = Object.assign(new KeptAlbum(), { top: Object.freeze(photo()), all: [photo('mine'), null, Object.assign({}, photo('photo'))], set: new Set([Object.assign({}, photo())]) }); // prettier-ignore
    const load = async (): Promise<KeptAlbum> => given;
    const plain = Object.assign(new KeptStill(), { depth: 1 });
    const kept = (kind: string): KeptStill => Object.assign(new KeptStill(), { depth: 1, kind });
    const expected = Object.assign(new KeptAlbum(), { top: plain, all: [kept('mine'), null, kept('photo')], set: new Set([plain]) }); // prettier-ignore
    for (let call = 0; call < 2; call += 1)
      expect(await db.cache.getOrLoad('album', { ttl: '1h' }, load)).to.deep.equal(expected);
    expect([given.top, given.all[0]]).to.deep.equal([photo(), photo('mine')]);
    await db.cache.flush();
    expect(JSON.stringify(await db.query(sql`select value from mysingle_cache`))).to.include('depth').and.not.include('s3cr3t'); // prettier-ignore
    await db.close();
    const later = await openManager({ path });
    expect(await later.cache.get('album')).to.deep.equal(expected);
  });
});
