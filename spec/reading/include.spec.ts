import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Cached, Column, Table, all, enumOf, gt, isNotNull, json, list, many, map, noneOf, not, one, oneOf, or, sql, struct, type Where, type BaseDuckDBManager, type Generated, type Interval } from '@mysingle/database'; // prettier-ignore
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';
import { watched } from '../support/watched.js';

@Table('inc_strategy')
class Strategy {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { unique: true }) code!: string;
  @Column('varchar', { nullable: true }) note!: string | null;

  label(): string {
    return `#${this.id}`;
  }
}

@Table('inc_trade')
class Trade {
  @Column('bigint', { primaryKey: true }) id!: bigint;
  @Column('integer', { references: () => [Strategy, 'id'] }) strategyId!: number;
  @Column('varchar', { nullable: true, references: () => [Strategy, 'code'] }) hedgeOf!: string | null;
  @Column('decimal(18,4)') price!: string;
  @Column('double', { nullable: true }) size!: number | null;
  made = 'by its initializer';

  get worth(): number {
    return Number(this.price) * (this.size ?? 0);
  }
}

@Table('inc_leg')
class Leg {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('bigint', { nullable: true, references: () => [Trade, 'id'] }) tradeId!: bigint | null;
  @Column('varchar') venue!: string;
}

/** A child with a column of each kind. */
@Table('inc_kinds')
class Kinds {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { references: () => [Strategy, 'id'] }) strategyId!: number;
  @Column('bigint', { as: 'number' }) asNumber!: number;
  @Column('hugeint') huge!: bigint;
  @Column('double') real!: number;
  @Column('decimal(38,10)') exact!: string;
  @Column('decimal(9,2)', { as: 'number' }) price!: number;
  @Column('timestamp', { as: 'bigint' }) micros!: bigint;
  @Column('timestamptz', { as: 'string' }) text!: string;
  @Column('timestamptz') at!: Date;
  @Column('date') day!: Date;
  @Column('timetz') time!: string;
  @Column('interval') span!: Interval;
  @Column('uuid') uuid!: string;
  @Column('blob') bytes!: Uint8Array;
  @Column('bit') bits!: string;
  @Column(json<{ a: number[] }>()) doc!: { a: number[] };
  @Column(enumOf('inc_side', ['buy', 'sell'])) side!: 'buy' | 'sell';
  @Column(list('integer')) list!: number[];
  @Column(struct({ venue: 'varchar', fees: list('double') })) route!: { venue: string; fees: number[] };
  @Column(map('varchar', 'bigint')) map!: Map<string, bigint>;
}

@Table('r1')
class Node {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { nullable: true, references: () => [Node, 'id'] }) r2!: number | null;
}

@Cached('1h')
@Table('inc_kept')
class Kept {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') name!: string;
}

@Table('inc_kept_part')
class KeptPart {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { references: () => [Kept, 'id'] }) keptId!: number;
  @Column('timestamptz') at!: Date;
}

@Table('inc_alone')
class Alone {
  @Column('integer', { primaryKey: true }) id!: Generated<number>;
}

const entities = [Strategy, Trade, Leg, Kinds, Node, Kept, KeptPart, Alone];

const trade = (id: bigint, strategyId: number, price: string, more: object = {}): Trade =>
  ({ id, strategyId, price, size: 1, hedgeOf: null, ...more }) as unknown as Trade;

async function fill(db: BaseDuckDBManager): Promise<void> {
  await db.repository(Strategy).insertMany([{ id: 1, code: 'a' }, { id: 2, code: 'b' }, { id: 3, code: 'c' }]); // prettier-ignore
  await db
    .repository(Trade)
    .insertMany([
      trade(10n, 1, '1.5', { hedgeOf: 'b' }),
      trade(2n ** 60n, 1, '2.5', { size: null }),
      trade(12n, 1, '0.0001'),
      trade(20n, 2, '99', { hedgeOf: 'b' }),
    ]);
  await db.repository(Leg).insertMany([
    { id: 1, tradeId: 10n, venue: 'X' },
    { id: 2, tradeId: 10n, venue: 'Y' },
    { id: 3, tradeId: 20n, venue: 'X' },
    { id: 4, venue: 'Z' },
  ]);
}

describe('include', () => {
  it('brings the rows that refer to a row, in their order, as instances, by one statement', async () => {
    const { db, lines } = await watched({ entities });
    await fill(db);
    lines();
    const found = await db.repository(Strategy).find({
      where: { code: or<string>(gt('a'), gt('0')) },
      orderBy: { id: 'desc' },
      include: { trades: many(Trade, { by: 'strategyId', where: { price: gt('1') }, orderBy: { price: 'desc' } }) },
    });
    expectTypeOf(found).toEqualTypeOf<(Strategy & { trades: Trade[] })[]>();
    expect(lines().map(({ sql: text }) => text)).to.deep.equal([
      'SELECT r1."id", r1."code", r1."note", (SELECT list({\'place\': r2."place", \'id\': r2."id", \'strategy_id\': r2."strategy_id", \'hedge_of\': r2."hedge_of", \'price\': r2."price", \'size\': r2."size"}) FROM (SELECT *, row_number() OVER ( ORDER BY "price" DESC) AS "place" FROM "inc_trade" WHERE "strategy_id" = r1."id" AND "price" > $1) AS r2) AS "trades" FROM (SELECT * FROM "inc_strategy" WHERE ("code" > $2 OR "code" > $3)) AS r1 ORDER BY r1."id" DESC',
    ]); // prettier-ignore
    const trades = await db.repository(Trade).find({ where: { price: gt('1') }, orderBy: { price: 'desc' } });
    expect(found.map(({ id }) => id)).to.deep.equal([3, 2, 1]);
    for (const row of found) {
      expect(row).to.be.instanceOf(Strategy);
      expect(row.label()).to.equal(`#${row.id}`);
      expect(row.trades).to.deep.equal(trades.filter(({ strategyId }) => strategyId === row.id));
      for (const each of row.trades) expect(each).to.be.instanceOf(Trade).and.include({ made: 'by its initializer' });
    }
    expect(found[2]?.trades.map(({ id, worth }) => [id, worth])).to.deep.equal([[2n ** 60n, 0], [10n, 1.5]]); // prettier-ignore
  });

  it('brings the row that a row refers to, or null', async () => {
    const db = await openManager({ entities });
    await fill(db);
    const trades = db.repository(Trade);
    const found = await trades.find({
      select: ['id'],
      orderBy: { id: 'asc' },
      include: { strategy: one(Strategy, { by: 'strategyId' }), hedged: one(Strategy, { by: 'hedgeOf', select: ['id'] }) },
    }); // prettier-ignore
    expectTypeOf(found).toEqualTypeOf<(Pick<Trade, 'id'> & { strategy: Strategy; hedged: Pick<Strategy, 'id'> | null })[]>(); // prettier-ignore
    expect(found.map(({ id, strategy, hedged }) => [id, strategy.code, hedged?.id ?? null])).to.deep.equal([[10n, 'a', 2], [12n, 'a', null], [20n, 'b', 2], [2n ** 60n, 'a', null]]); // prettier-ignore
    expect(found[0]?.strategy).to.be.instanceOf(Strategy);
    expect(Object.keys(found[0]?.hedged ?? {})).to.deep.equal(['id']);
    const legs = await db.repository(Leg).find({ include: { trade: one(Trade) }, orderBy: { id: 'asc' } });
    expectTypeOf(legs).toEqualTypeOf<(Leg & { trade: Trade | null })[]>();
    expect(legs.map(({ trade: of }) => of?.id ?? null)).to.deep.equal([10n, 10n, 20n, null]);
    // each row has one of its own
    expect(legs[0]?.trade).to.deep.equal(legs[1]?.trade);
    expect(legs[0]?.trade).not.to.equal(legs[1]?.trade);
  });

  it('goes on to what is related to related rows', async () => {
    const db = await openManager({ entities });
    await fill(db);
    const found = await db.repository(Strategy).find({
      select: ['id'],
      orderBy: { id: 'asc' },
      include: {
        trades: many(Trade, {
          by: 'strategyId',
          select: ['id'],
          orderBy: { id: 'asc' },
          limit: 2,
          include: {
            legs: many(Leg, { orderBy: { venue: 'desc' }, limit: 1, select: ['venue'] }),
            hedged: one(Strategy, { by: 'hedgeOf', include: { hedges: many(Trade, { by: 'hedgeOf', select: ['id'], orderBy: { id: 'asc' } }) } }),
          },
        }),
      },
    }); // prettier-ignore
    expectTypeOf(found[0]?.trades[0]?.legs[0]?.venue).toEqualTypeOf<string | undefined>();
    expectTypeOf(found[0]?.trades[0]?.hedged).toEqualTypeOf<(Strategy & { hedges: Pick<Trade, 'id'>[] }) | null | undefined>(); // prettier-ignore
    const plain = found.map(({ id, trades }) => ({ id, trades: trades.map((each) => ({ id: each.id, legs: each.legs.map(({ venue }) => venue), hedged: each.hedged?.hedges.map((other) => other.id) ?? null })) })); // prettier-ignore
    expect(plain).to.deep.equal([
      { id: 1, trades: [{ id: 10n, legs: ['Y'], hedged: [10n, 20n] }, { id: 12n, legs: [], hedged: null }] },
      { id: 2, trades: [{ id: 20n, legs: ['X'], hedged: [10n, 20n] }] },
      { id: 3, trades: [] },
    ]); // prettier-ignore
  });

  it('reads every kind of column exactly as its own repository does', async () => {
    const db = await openManager({ entities });
    await db.repository(Strategy).insert({ id: 1, code: 'a' });
    const kinds = db.repository(Kinds);
    for (const [id, real] of [NaN, -0, Infinity, 0.1].entries())
      await kinds.insert({
        id, strategyId: 1, asNumber: 2 ** 53 - 1, huge: -(2n ** 127n), real, exact: '1234567890123456789012345678.0123456789', price: 1.25,
        micros: 1_700_000_000_000_001n, text: '2024-01-01 00:00:00.000001+00', at: new Date(id), day: new Date('1969-12-31'), time: '12:00:00+05:30',
        span: { months: 1, days: -2, micros: 3n }, uuid: '018f0000-0000-7000-8000-00000000000a', bytes: Uint8Array.of(0, 255), bits: '0101', doc: { a: [id] },
        side: id % 2 === 0 ? 'buy' : 'sell', list: [id, 2], route: { venue: 'a text longer than twelve', fees: [-0, NaN] }, map: new Map([['k', 2n ** 62n]]),
      }); // prettier-ignore
    const own = await kinds.find({ orderBy: { id: 'asc' } });
    const [row] = await db.repository(Strategy).find({ include: { kinds: many(Kinds, { orderBy: { id: 'asc' } }) } });
    expect(row?.kinds).to.deep.equal(own);
    expect(row?.kinds.map(({ real }) => real)).to.deep.equal([NaN, -0, Infinity, 0.1]);
    await db.execute(sql`update inc_kinds set as_number = 9007199254740993 where id = 2`);
    const error = await failure(db.repository(Strategy).find({ include: { kinds: many(Kinds) } }), 'E_CONVERSION');
    expect(error.message).to.match(/^Column "kinds", row 0: the value is beyond the integers a number holds exactly/);
  });

  it('works in findOne, findOneOrFail, findPage and stream', async () => {
    const db = await openManager({ entities });
    await fill(db);
    const strategies = db.repository(Strategy);
    const include = { trades: many(Trade, { by: 'strategyId', select: ['id'], orderBy: { id: 'desc' } }) };
    const first = await strategies.findOne({ where: { id: 2 }, include });
    expectTypeOf(first).toEqualTypeOf<(Strategy & { trades: Pick<Trade, 'id'>[] }) | null>();
    expect(first?.trades.map(({ id }) => id)).to.deep.equal([20n]);
    expect((await strategies.findOneOrFail({ where: { id: 3 }, include })).trades).to.deep.equal([]);
    const page = await strategies.findPage({ include, limit: 1, orderBy: { code: 'asc' } });
    expectTypeOf(page.rows).toEqualTypeOf<(Strategy & { trades: Pick<Trade, 'id'>[] })[]>();
    expect(page.rows[0]?.trades.map(({ id }) => id)).to.deep.equal([2n ** 60n, 12n, 10n]);
    const next = await strategies.findPage({ include, limit: 1, orderBy: { code: 'asc' }, after: page.next as string });
    expect(next.rows.map(({ id, code, trades }) => [id, code, trades.length])).to.deep.equal([[2, 'b', 1]]);
    const back = await strategies.findPage({ include, limit: 1, orderBy: { code: 'asc' }, before: next.previous as string }); // prettier-ignore
    expect(back.rows).to.deep.equal(page.rows);
    const streamed: unknown[] = [];
    for await (const row of strategies.stream({ include, orderBy: { id: 'asc' } })) streamed.push(row);
    expect(streamed).to.deep.equal(await strategies.find({ include, orderBy: { id: 'asc' } }));
    // @ts-expect-error columns alone
    await failure(() => strategies.findColumns({ include }), 'E_QUERY');
  });

  it('takes the rows first, and their order again, of many', async () => {
    const db = await openManager({ entities });
    await db.execute(sql`insert into inc_strategy select i, 'c' || i, null from range(5000) r(i)`);
    await db.execute(sql`insert into inc_trade select i, i % 4999, null, i, i from range(20000) r(i)`);
    const strategies = db.repository(Strategy);
    const include = { trades: many(Trade, { by: 'strategyId', orderBy: { id: 'desc' }, limit: 3 }) };
    const every = await strategies.find({ include, orderBy: { id: 'desc' } });
    const expected = await db.query<{ id: number; ids: bigint[] | null }>(sql`
      select s.id, list(t.id order by t.id desc)[1:3] as ids from inc_strategy s left join inc_trade t on t.strategy_id = s.id
      group by s.id order by s.id desc`);
    expect(every.map(({ id, trades }) => ({ id, ids: trades.map((each) => each.id) }))).to.deep.equal(
      expected.map(({ id, ids }) => ({ id, ids: ids?.filter((each) => each !== null) ?? [] })),
    );
    const some = await strategies.find({ include, orderBy: { id: 'desc' }, limit: 2, offset: 1 });
    expect(some).to.deep.equal(every.slice(1, 3));
    const trades = await db.repository(Trade).find({ include: { strategy: one(Strategy, { by: 'strategyId' }) }, orderBy: { id: 'asc' } }); // prettier-ignore
    expect(trades.length).to.equal(20_000);
    for (const { strategyId, strategy } of trades) expect(strategy.id).to.equal(strategyId);
    const { plan } = await planOf(db, sql`select r1.id, (select list({'id': r2.id}) from (select * from inc_trade where strategy_id = r1.id) as r2) from (select * from inc_strategy) as r1`); // prettier-ignore
    expect(plan).to.include('HASH_JOIN').and.not.include('NESTED_LOOP_JOIN');
  });

  it('takes any condition on the related rows', async () => {
    const db = await openManager({ entities });
    await fill(db);
    const read = async (where: Where<Trade>): Promise<bigint[][]> =>
      (await db.repository(Strategy).find({ include: { trades: many(Trade, { by: 'strategyId', where, orderBy: { id: 'asc' } }) }, orderBy: { id: 'asc' } })).map(({ trades }) => trades.map(({ id }) => id)); // prettier-ignore
    expect(await read({ id: oneOf([10n, 20n, 99n]) })).to.deep.equal([[10n], [20n], []]);
    expect(await read({ id: noneOf([10n]), size: isNotNull() })).to.deep.equal([[12n], [20n], []]);
    expect(await read(or<Trade>({ id: 10n }, { price: '99' }))).to.deep.equal([[10n], [20n], []]);
    expect(await read(not<Trade>({ hedgeOf: 'b' }))).to.deep.equal([[12n, 2n ** 60n], [], []]);
    expect(await read(sql`price * 2 > ${4} or exists (from ${Leg} where trade_id = ${Trade}.id and venue = ${'Y'})`)).to.deep.equal([[10n, 2n ** 60n], [20n], []]); // prettier-ignore
    expect(await read(all())).to.deep.equal([[10n, 12n, 2n ** 60n], [20n], []]);
  });

  it('finds an entity that refers to itself, and names that are like its own', async () => {
    const db = await openManager({ entities });
    await db.execute(sql`insert into r1 values (1, null)`);
    await db.execute(sql`insert into r1 values (2, 1), (3, 1)`);
    const found = await db.repository(Node).find({
      include: { up: one(Node), down: many(Node, { orderBy: { id: 'asc' }, include: { up: one(Node) } }) },
      orderBy: { id: 'asc' },
    });
    expect(found.map(({ id, up, down }) => [id, up?.id ?? null, down.map((each) => [each.id, each.up?.id])])).to.deep.equal([[1, null, [[2, 1], [3, 1]]], [2, 1, []], [3, 1, []]]); // prettier-ignore
  });

  it('is read anew when any table of it was written, and kept otherwise, over a restart too', async () => {
    const path = scratchPath();
    const open = (): Promise<BaseDuckDBManager> => openManager({ path, entities: [Kept, KeptPart] });
    const first = await open();
    await first.repository(Kept).insertMany([{ id: 1, name: 'a' }, { id: 2, name: 'b' }]); // prettier-ignore
    await first.repository(KeptPart).insert({ id: 1, keptId: 1, at: new Date(5) });
    const read = (db: BaseDuckDBManager) => // prettier-ignore
      db.repository(Kept).find({ include: { parts: many(KeptPart, { orderBy: { id: 'asc' } }) }, orderBy: { id: 'asc' } }); // prettier-ignore
    const before = await read(first);
    const { hits } = first.cache.stats();
    const again = await read(first);
    expect([again, first.cache.stats().hits]).to.deep.equal([before, hits + 1]);
    expect(again[0]?.parts[0]).to.be.instanceOf(KeptPart).and.not.equal(before[0]?.parts[0]);
    await first.repository(KeptPart).insert({ id: 2, keptId: 2, at: new Date(6) });
    const after = await read(first);
    expect(after.map(({ parts }) => parts.map(({ id }) => id))).to.deep.equal([[1], [2]]);
    await first.close();
    const second = await open();
    const restored = await read(second);
    expect(second.cache.stats().loads).to.equal(0);
    expect(restored).to.deep.equal(after);
    expect(restored[1]?.parts[0]).to.be.instanceOf(KeptPart);
  });

  it('refuses what is no relation, and names that are taken', async () => {
    const db = await openManager({ entities });
    const strategies = db.repository(Strategy);
    const legs = db.repository(Leg);
    const said = async (work: Promise<unknown>): Promise<string> => (await failure(work, 'E_QUERY')).message;
    // @ts-expect-error the name of a column
    expect(await said(strategies.find({ include: { note: many(Kinds) } }))).to.equal("include on Strategy: 'note' is a column of the entity. Choose another name."); // prettier-ignore
    expect(await said(strategies.find({ include: { label: many(Kinds) } }))).to.equal("include on Strategy: 'label' is a method or an accessor of the class. Choose another name."); // prettier-ignore
    expect(await said(strategies.find({ include: { toString: many(Kinds) } }))).to.include('is a method');
    expect(await said(strategies.find({ include: { trades: many(Trade) } }))).to.equal("include on Strategy: many(Trade): Trade refers to Strategy by several columns. Say which: { by: 'strategyId' | 'hedgeOf' }."); // prettier-ignore
    expect(await said(strategies.find({ include: { trades: many(Trade, { by: 'price' }) } }))).to.equal('include on Strategy: many(Trade): by is no column of Trade that refers to Strategy. There is: strategyId, hedgeOf.'); // prettier-ignore
    expect(await said(strategies.find({ include: { legs: many(Leg) } }))).to.equal("include on Strategy: many(Leg) needs a foreign key from Leg to Strategy: give a column of Leg { references: () => [Strategy, '...'] }."); // prettier-ignore
    expect(await said(legs.find({ include: { strategy: one(Strategy) } }))).to.equal("include on Leg: one(Strategy) needs a foreign key from Leg to Strategy: give a column of Leg { references: () => [Strategy, '...'] }."); // prettier-ignore
    // @ts-expect-error no column of this entity
    expect(await said(legs.find({ include: { trade: one(Trade, { by: 'nope' }) } }))).to.include('by is no column of Leg that refers to Trade. There is: tradeId.'); // prettier-ignore
    // @ts-expect-error no relation
    expect(await said(strategies.find({ include: { trades: { entity: Trade } } }))).to.equal("include on Strategy: 'trades' is no relation. Write many(Entity) or one(Entity)."); // prettier-ignore
    // @ts-expect-error no object
    expect(await said(strategies.find({ include: ['trades'] }))).to.include('include is an object of relations');
    expect(await said(strategies.find({ include: { 'a\0b': many(Kinds) } }))).to.match(/^include on Strategy: the name "a\\u0000b" /); // prettier-ignore
    expect(await said(Promise.resolve().then(() => strategies.find({ include: { x: many(Object) } })))).to.equal('many takes an entity class: many(Trade).'); // prettier-ignore
    // @ts-expect-error no such option
    expect(await said(Promise.resolve().then(() => strategies.find({ include: { x: many(Kinds, { offset: 3 }) } })))).to.include("many(Kinds) has no option 'offset'"); // prettier-ignore
    // @ts-expect-error no such column of the related entity
    expect(await said(strategies.find({ include: { x: many(Kinds, { select: ['nope'] }) } }))).to.include('Kinds has no column "nope"'); // prettier-ignore
    // @ts-expect-error no such column of the related entity
    expect(await said(strategies.find({ include: { x: many(Kinds, { where: { nope: 1 } }) } }))).to.include('Kinds has no column "nope"'); // prettier-ignore
    expect(await said(strategies.find({ include: { x: many(Kinds, { limit: -1 }) } }))).to.include('limit is a whole number'); // prettier-ignore
    // nothing is nothing
    expectTypeOf(await strategies.find({ include: {} })).toEqualTypeOf<Strategy[]>();
    expect(await db.repository(Alone).find({ include: {} })).to.deep.equal([]);
  });
});

async function planOf(db: BaseDuckDBManager, query: ReturnType<typeof sql>): Promise<{ plan: string }> {
  const [row] = await db.query<{ explain_value: string }>(sql`explain ${query}`);
  return { plan: row?.explain_value ?? '' };
}
