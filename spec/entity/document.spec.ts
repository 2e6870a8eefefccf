// JSON columns with @Type: instances on one side, plain data in the table on the other, by every way in and out.
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Exclude, Expose, Transform, Type } from 'class-transformer';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  Cached,
  Column,
  Table,
  all,
  collect,
  first,
  json,
  lag,
  max,
  ne,
  one,
  sql,
  toJsonSerializable,
  type Generated,
  type Repository,
} from '@mysingle/database';
import { schemaOf } from '../../lib/entity/schema.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

class Leg {
  @Type(() => Date) at!: Date;
  @Exclude() token?: string;
  qty!: number;
  double(): number {
    return this.qty * 2;
  }
}

class Settings {
  @Expose({ name: 'risk_limit' }) riskLimit!: number;
  @Exclude({ toPlainOnly: true }) secret = 'none';
  @Transform(({ value }) => (value as bigint).toString(), { toPlainOnly: true })
  @Transform(({ value }) => BigInt(value as string), { toClassOnly: true })
  lots!: bigint;
  @Type(() => Leg) legs!: Leg[];
  get isSafe(): boolean {
    return this.riskLimit < 1;
  }
}

@Table('documented')
class Documented {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column(json<Settings>()) @Type(() => Settings) settings!: Settings;
  @Column(json<Leg[]>(), { nullable: true }) @Type(() => Leg) legs!: Leg[] | null;
  @Column(json<Leg>(), { default: { at: '1970-01-01T00:00:00.000Z', qty: 7 } as never })
  @Type(() => Leg)
  spare!: Generated<Leg>;
  @Column(json<object>(), { nullable: true }) plain!: object | null;
}

@Table('documented_lines')
class Line {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { references: () => [Documented, 'id'] }) docId!: number;
}

const leg = (qty: number, token = 's3cr3t'): Leg => Object.assign(new Leg(), { at: new Date(qty), qty, token });
const settings = (riskLimit = 0.5): Settings => Object.assign(new Settings(), { riskLimit, secret: 's3cr3t', lots: 2n ** 70n, legs: [leg(1)] }); // prettier-ignore
type Row = { [K in keyof Documented]: Documented[K] };
const row = (id: number): Row => ({
  id,
  settings: settings(),
  legs: [leg(2)],
  spare: leg(3),
  plain: { secret: 'kept' },
});
const STORED = '{"risk_limit":0.5,"lots":"1180591620717411303424","legs":[{"at":"1970-01-01T00:00:00.001Z","qty":1}]}';

function expectInstances({ settings: own, legs, plain }: Pick<Documented, 'settings' | 'legs' | 'plain'>): void {
  expect(own)
    .to.be.instanceOf(Settings)
    .and.include({ riskLimit: 0.5, secret: 'none', lots: 2n ** 70n, isSafe: true });
  expect(own.legs[0]).to.be.instanceOf(Leg).and.not.have.property('token');
  expect(legs?.[0]).to.be.instanceOf(Leg);
  expect([legs?.[0]?.at, legs?.[0]?.double()]).to.deep.equal([new Date(2), 4]);
  expect(plain).to.deep.equal({ secret: 'kept' });
}

const stored = async (rows: Repository<Documented>, db: Awaited<ReturnType<typeof openManager>>): Promise<object[]> =>
  db.query(sql`select settings::varchar as s, legs::varchar as l from ${rows.entity} order by id`);

describe('a json column with @Type', () => {
  it('keeps what instanceToPlain leaves, by every way in, also of plain objects', async () => {
    const plainly: Row = {
      ...row(1),
      settings: Object.assign({} as Settings, settings()),
      legs: [Object.assign({} as Leg, leg(2))],
    };
    async function* later(): AsyncGenerator<Row> {
      yield row(1);
    }
    const ways: Readonly<Record<string, (rows: Repository<Documented>) => Promise<unknown>>> = {
      insert: (rows) => rows.insert(row(1)),
      'a plain row': (rows) => rows.insert(plainly),
      'a few': (rows) => rows.insertMany([row(1)]),
      many: async (rows) => {
        await rows.insertMany(Array.from({ length: 100 }, (_each, id) => row(id)));
        await rows.delete({ id: ne(1) });
      },
      'an iterable': (rows) => rows.insertMany(new Set([row(1)])),
      'an async iterable': (rows) => rows.insertMany(later()),
      columns: (rows) => rows.insertMany({ id: [1], settings: [settings()], legs: [[leg(2)]], plain: [{ secret: 'kept' }] }), // prettier-ignore
      'plain columns': (rows) => rows.insertMany({ id: [1], settings: [plainly.settings], legs: [plainly.legs], plain: [{ secret: 'kept' }] }), // prettier-ignore
      upsert: (rows) => rows.upsert(row(1)),
      'upsert of many': (rows) => rows.upsert([row(1)]),
      'onConflict ignore': (rows) => rows.insertMany([row(1)], { onConflict: 'ignore' }),
      update: async (rows) => {
        await rows.insert({ ...row(1), settings: settings(9), legs: null });
        await rows.update({ id: 1 }, { settings: settings(), legs: [leg(2)] });
      },
      instances: (rows) => rows.insertMany([Object.assign(new Documented(), row(1))]),
    };
    for (const [what, write] of Object.entries(ways)) {
      const db = await openManager({ entities: [Documented, Line] });
      const rows = db.repository(Documented);
      await write(rows);
      expect(await stored(rows, db), what).to.deep.equal([{ s: STORED, l: '[{"at":"1970-01-01T00:00:00.002Z","qty":2}]' }]); // prettier-ignore
      expectInstances(await rows.findOneOrFail());
      expect(JSON.stringify(await db.query(sql`select * from ${Documented}`)), what).to.not.include('s3cr3t');
      await db.close();
    }
  });

  it('is read as instances by every way out, NULL is null, and raw SQL gives plain data', async () => {
    const db = await openManager({ entities: [Documented, Line] });
    const rows = db.repository(Documented);
    expectInstances(await rows.insert(row(1)));
    await rows.insert({ ...row(2), legs: null, spare: undefined });
    await db.repository(Line).insert({ id: 1, docId: 1 });
    expectInstances((await rows.findById(1)) as Documented);
    expectInstances((await Promise.all([rows.findById(1), rows.findById(2)]))[0] as Documented);
    expectInstances((await rows.find({ select: ['settings', 'legs', 'plain'], where: { id: 1 } }))[0] as Documented);
    expectInstances((await rows.findPage({ orderBy: { id: 'asc' }, limit: 1 })).rows[0] as Documented);
    expectInstances((await rows.latestBy(['id'], { orderBy: 'id' })).find(({ id }) => id === 1) as Documented);
    expectInstances((await rows.sample({ rows: 2 })).find(({ id }) => id === 1) as Documented);
    for await (const each of rows.stream({ where: { id: 1 } })) expectInstances(each);
    const { settings: columns, legs } = await rows.findColumns({
      select: ['settings', 'legs'],
      orderBy: { id: 'asc' },
    });
    expect([columns[0]?.constructor, columns[1]?.constructor, legs[0]?.[0]?.constructor, legs[1]]).to.deep.equal([Settings, Settings, Leg, null]); // prettier-ignore
    const [line] = await db.repository(Line).find({ include: { doc: one(Documented) } });
    expectInstances(line?.doc as Documented);
    const [group] = await rows.aggregate({
      select: { s: first('settings', 'id'), all: collect('legs'), last: max('id') },
    });
    expect(group?.s).to.be.instanceOf(Settings);
    expect(group?.all?.flat().filter((each) => each !== null)).to.satisfy((each: object[]) => each.length === 1 && each[0] instanceof Leg); // prettier-ignore
    const windowed = await rows.window({ orderBy: { id: 'asc' }, select: { own: 'settings', prev: lag('settings') } });
    expect(windowed.map(({ own, prev }) => [own.constructor, prev])).to.deep.include([Settings, null]);
    expect(windowed[1]?.prev).to.be.instanceOf(Settings);
    const second = await rows.findById(2);
    expect([second?.legs, second?.spare.double()]).to.deep.equal([null, 14]);
    const [raw] = await db.query<{ settings: object }>(sql`select settings from ${Documented}`);
    expect(raw?.settings).to.deep.equal(JSON.parse(STORED));
    expect(await rows.count(all())).to.equal(2);
  });

  it('goes into files as plain data and comes back', async () => {
    const db = await openManager({ entities: [Documented, Line] });
    const rows = db.repository(Documented);
    const path = join(mkdtempSync(join(tmpdir(), 'documents-')), 'out.ndjson');
    await rows.insert(row(1));
    await rows.exportTo(path);
    expect(readFileSync(path, 'utf8')).to.not.include('s3cr3t');
    await rows.delete(all());
    await rows.importFrom(path);
    expectInstances(await rows.findOneOrFail());
  });

  it('says which row and property class-transformer failed at, in and out', async () => {
    class Fragile {
      @Transform(({ value }) => (value as { text: string }).text.length, { toPlainOnly: true }) a?: unknown;
    }
    class Needy {
      readonly n: number;
      constructor(given: { n: number }) {
        this.n = given.n;
      }
    }
    @Table('fragile')
    class Holder {
      @Column('integer', { primaryKey: true }) id!: number;
      @Column(json(), { nullable: true }) @Type(() => Fragile) fragile!: unknown;
      @Column(json(), { nullable: true }) @Type(() => Needy) needy!: unknown;
    }
    const db = await openManager({ entities: [Holder] });
    const rows = db.repository(Holder);
    const bad = Object.assign(new Fragile(), { a: null });
    for (const write of [
      () => rows.insert({ id: 1, fragile: bad }),
      () => rows.insertMany(Array.from({ length: 90 }, (_each, id) => ({ id, fragile: id === 80 ? bad : null }))),
      () => rows.insertMany(new Set([{ id: 1, fragile: bad }])),
    ]) {
      // prettier-ignore
      const { message, cause } = await failure(write(), 'E_CONVERSION');
      expect(message).to.match(/Holder\.fragile \(json\) could not be made plain data by class-transformer: a decorator, a constructor or a getter of its class threw\.$/); // prettier-ignore
      expect((cause as Error).cause).to.be.instanceOf(TypeError);
    }
    const cycle = new Fragile() as Fragile & { self?: unknown };
    cycle.a = { text: '' };
    cycle.self = cycle;
    expect((await failure(rows.insert({ id: 1, fragile: cycle }), 'E_CONVERSION')).message).to.include(
      'leads back to itself',
    );
    // what could not be read again is not written
    const needy = await failure(rows.insert({ id: 1, needy: { n: 1 } }), 'E_CONVERSION');
    expect(needy.message).to.include('Holder.needy (json) could not be made an instance by class-transformer');
    expect(await rows.count()).to.equal(0);
    await db.execute(sql`insert into ${Holder} (id, needy) values (1, '{"n":1}')`);
    expect((await failure(rows.find(), 'E_CONVERSION')).message).to.match(
      /^Column "needy", row 0: the value could not be made an instance/,
    );
    expect((await failure(rows.insert({ id: 2, fragile: { a: { text: '' }, n: 1n } }), 'E_CONVERSION')).message).to.include('which has no bigint'); // prettier-ignore
  });

  it('pollutes nothing by what is stored', async () => {
    const db = await openManager({ entities: [Documented, Line] });
    const rows = db.repository(Documented);
    await rows.insert(row(1));
    const hostile =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"riskLimit":1,"lots":"1","legs":[{"__proto__":{"polluted":1}}]}';
    await db.execute(sql`update ${Documented} set settings = ${hostile}::json`);
    const { settings: read } = await rows.findOneOrFail();
    expect(read).to.be.instanceOf(Settings);
    expect([{}, read, read.legs[0]].some((each) => 'polluted' in (each as object))).to.equal(false);
  });

  it('is decided when the class is made: other columns and classes are read as ever', () => {
    const of = (property: string): unknown => schemaOf(Documented).byProperty.get(property)?.type.document;
    expect([of('settings') !== undefined, of('legs') !== undefined, of('plain'), of('id')]).to.deep.equal([true, true, undefined, undefined]); // prettier-ignore
    abstract class Base {
      @Column(json<Leg>()) @Type(() => Leg) inherited!: Leg;
    }
    @Table('documented_sub')
    class Sub extends Base {
      @Column('integer') @Type(() => Number) n!: number;
    }
    const { byProperty } = schemaOf(Sub);
    expect(byProperty.get('inherited')?.type.document).to.not.equal(undefined);
    expect(byProperty.get('n')?.type.document).to.equal(undefined);
  });
});

class StillPart {
  depth!: number;
  @Exclude() token?: string;
}
class MovingPart {
  length!: number;
}
class PartOfAll {
  id?: number;
}
const KINDS = { discriminator: { property: 'kind', subTypes: [{ value: StillPart, name: 'photo' }, { value: MovingPart, name: 'video' }] } }; // prettier-ignore

class SecretLeg extends Leg {
  @Exclude() key?: string;
}

class PartShelf {
  @Type(() => PartOfAll, KINDS) all?: unknown[];
  @Type(() => Leg) byName?: Map<string, Leg>;
  @Type(() => Leg) one?: Leg;
}

@Cached('1h')
@Table('told_documents')
class ToldRow {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column(json(), { nullable: true }) @Type(() => PartOfAll, KINDS) media!: unknown;
  @Column(json<PartShelf>(), { nullable: true }) @Type(() => PartShelf) shelf!: PartShelf | null;
  @Column(json<Leg>(), { nullable: true }) @Type(() => Leg) leg!: Leg | null;
}

@Table('told_maps')
class ToldMap {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column(json<PartShelf>()) @Type(() => PartShelf) shelf!: PartShelf;
  @Column(json<Map<string, Leg>>()) @Type(() => Leg) legs!: Map<string, Leg>;
}

const photo = (): StillPart => Object.assign(new StillPart(), { depth: 1, token: 's3cr3t' });
const video = (): MovingPart => Object.assign(new MovingPart(), { length: 2 });

describe('a document with a discriminator', () => {
  it('is written and read as the class that it tells, and what was given stays as it was', async () => {
    const db = await openManager({ entities: [ToldRow] });
    const told = db.repository(ToldRow);
    const own = photo();
    const given: readonly unknown[] = [own, Object.freeze(photo()), [photo(), null, video()], { kind: 'photo', depth: 1, token: 's3cr3t' }]; // prettier-ignore
    for (const [id, media] of given.entries())
      await told.insert({ id, media, shelf: Object.assign(new PartShelf(), { all: [media].flat() }) });
    expect(own).to.deep.equal(photo()).and.not.have.property('kind');
    const rows = await told.find({ orderBy: { id: 'asc' } });
    const plain = Object.assign(new StillPart(), { depth: 1 });
    expect(rows.map(({ media }) => media)).to.deep.equal([plain, plain, [plain, null, video()], plain]);
    expect(rows.map(({ shelf }) => shelf?.all)).to.deep.equal([[plain], [plain], [plain, null, video()], [plain]]);
    expect(await told.find({ orderBy: { id: 'asc' } })).to.deep.equal(rows);
    const text = JSON.stringify(await db.query(sql`select media::varchar as m, shelf::varchar as s from ${ToldRow}`));
    expect(text).to.include('kind').and.not.include('s3cr3t');
    expect(toJsonSerializable(rows[2])).to.deep.include({ media: [{ depth: 1, kind: 'photo' }, null, { length: 2, kind: 'video' }] }); // prettier-ignore
  });

  it('is refused for a class that it does not tell, and for a Map, in which it would be read as another one', async () => {
    const told = (await openManager({ entities: [ToldRow] })).repository(ToldRow);
    for (const media of [leg(1), new Map([['k', photo()]])]) {
      const { message } = await failure(told.insert({ id: 1, media }), 'E_CONVERSION');
      expect(message).to.include('ToldRow.media');
    }
    const { message } = await failure(
      (async () => toJsonSerializable(Object.assign(new ToldRow(), { media: leg(1) })))(),
      'E_CONVERSION',
    );
    expect(message).to.equal("ToldRow.media holds an instance of Leg, of which its discriminator 'kind' knows nothing. subTypes: StillPart, MovingPart."); // prettier-ignore
  });
});

describe('a document of a subclass', () => {
  it('has nothing that the subclass excludes, wherever it is, as output and the cache have it', async () => {
    const db = await openManager({ entities: [ToldRow] });
    const told = db.repository(ToldRow);
    const secret = Object.assign(new SecretLeg(), leg(1), { key: 's3cr3t' });
    const shelf = (): PartShelf => Object.assign(new PartShelf(), { one: secret, byName: new Map([['k', secret]]) });
    expect(JSON.stringify(await told.insert({ id: 1, leg: secret, shelf: shelf() }))).to.not.include('s3cr3t');
    const [texts] = await db.query<{ d: string }>(sql`select concat(leg, shelf) as d from ${ToldRow}`);
    expect(texts?.d).to.include('qty').and.not.include('s3cr3t');
    expect(JSON.stringify(toJsonSerializable(shelf())))
      .to.include('qty')
      .and.not.include('s3cr3t');
  });
});

describe('a document with a Map', () => {
  it('has nothing that its values exclude, in the table, in output and in the cache, of plain objects too', async () => {
    const db = await openManager({ entities: [ToldMap] });
    const told = db.repository(ToldMap);
    const plain = { at: new Date(1), qty: 1, token: 's3cr3t' };
    const byName = (): PartShelf => Object.assign(new PartShelf(), { byName: new Map([['k', plain]]) });
    await told.insert({ id: 1, shelf: byName(), legs: new Map([['k', plain as unknown as Leg]]) });
    const { shelf, legs } = await told.findOneOrFail({ where: { id: 1 } });
    expect([shelf.byName?.get('k'), legs.get('k')].map((each) => each?.double())).to.deep.equal([2, 2]);
    expect(toJsonSerializable(byName())).to.deep.equal({ byName: { k: { at: '1970-01-01T00:00:00.001Z', qty: 1 } } });
    const kept = await db.cache.getOrLoad('shelf', { ttl: '1h' }, async () => byName());
    expect(kept.byName?.get('k')?.double()).to.equal(2);
    await db.cache.flush();
    const written = [await db.query(sql`select shelf::varchar as s, legs::varchar as l from ${ToldMap}`), await db.query(sql`select value from mysingle_cache`)]; // prettier-ignore
    expect(JSON.stringify(written)).to.include('qty').and.not.include('s3cr3t');
  });
});
