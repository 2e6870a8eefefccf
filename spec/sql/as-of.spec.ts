import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import {
  BaseDuckDBManager,
  Cached,
  Column,
  Table,
  count,
  gt,
  json,
  lag,
  lt,
  ne,
  rank,
  sql,
  timeBucket,
  type Repository,
} from '@mysingle/database';
import { schemaOf } from '../../lib/entity/schema.js';
import { asOfStatement } from '../../lib/sql/as-of.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

@Table('trades')
@Cached('5m')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) symbol!: string | null;
  @Column('timestamptz', { nullable: true }) at!: Date | null;
  @Column('date') day!: Date;
  @Column('bigint') seq!: bigint;
  @Column('decimal(18,4)') price!: string;
  @Column('timestamp_ns') ns!: string;
  @Column('timestamp_s', { nullable: true }) s!: Date | null;
  @Column('boolean') flag!: boolean;
  @Column(json<{ a: number }>()) doc!: { a: number };
}

@Table('quotes')
class Quote {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) symbol!: string | null;
  @Column('varchar') ticker!: string;
  @Column('timestamptz', { nullable: true }) at!: Date | null;
  @Column('timestamp_ns') ns!: string;
  @Column('timestamp_ms', { nullable: true }) ms!: Date | null;
  @Column('timestamp') quotedAt!: Date;
  @Column('date') day!: Date;
  @Column('bigint') seq!: bigint;
  @Column('double', { nullable: true }) bid!: number | null;
  @Column('decimal(18,4)') price!: string;
  @Column('uuid', { nullable: true }) key!: string | null;
  @Column('boolean') flag!: boolean;
  @Column(json<{ a: number }>()) doc!: { a: number };
  get spread(): string {
    return `${this.symbol} at ${this.bid}`;
  }
}

/** The same table, read in another way. */
@Table('quotes')
class Priced {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('timestamptz', { nullable: true }) at!: Date | null;
  @Column('decimal(18,4)', { as: 'number' }) price!: number;
}

@Table('elsewhere', { schema: 'other' })
class Elsewhere {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('date') day!: Date;
}

@Table('endless')
class Endless {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('timestamptz', { as: 'string' }) at!: string;
  @Column('date', { as: 'string' }) day!: string;
  @Column('timestamp_ns') ns!: string;
  @Column('double') real!: number;
}

/** Thousands of rows, on either side. */
class Moment {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) g!: string | null;
  @Column('integer', { nullable: true }) n!: number | null;
  @Column('decimal(18,4)', { nullable: true }) price!: string | null;
  @Column('timestamp', { nullable: true }) at!: Date | null;
  @Column('varchar', { nullable: true }) text!: string | null;
  @Column('uuid', { nullable: true }) key!: string | null;
}
@Table('moments')
class Left extends Moment {}
@Table('other_moments')
class Right extends Moment {}

const at = (minute: number): Date => new Date(Date.UTC(2024, 0, 1, 10, minute));
const day = (n: number): Date => new Date(Date.UTC(2024, 0, n));
const doc = { a: 1 };
const TRADES = [[1, 'A', 5], [2, 'A', 10], [3, 'A', 0], [4, 'B', 30], [5, null, 30], [6, 'B', null], [7, 'C', 30]] as const; // prettier-ignore
const QUOTES = [[1, 'A', 1, 1.5], [2, 'A', 5, 2.5], [3, 'A', 11, 3.5], [4, 'B', 20, 4.5], [5, null, 20, 5.5], [6, 'B', null, 6.5], [7, 'B', 29, null]] as const; // prettier-ignore

async function tables(path = ':memory:') {
  const db = await openManager({ entities: [Trade, Quote], path });
  const [trades, quotes] = [db.repository(Trade), db.repository(Quote)];
  await trades.insertMany(TRADES.map(([id, symbol, minute]) => ({ id, symbol, at: minute === null ? null : at(minute), day: day(id * 2), seq: BigInt(id) * 10n, price: `${id}.5`, ns: `2024-01-01 10:00:0${id}.000001`, s: null, flag: true, doc }))); // prettier-ignore
  await quotes.insertMany(QUOTES.map(([id, symbol, minute, bid]) => ({ id, symbol, ticker: symbol ?? '-', at: minute === null ? null : at(minute), ns: `2024-01-01 10:00:0${id}`, ms: null, quotedAt: at(minute ?? 0), day: day(id * 2 - 1), seq: BigInt(id) * 10n - 3n, bid, price: `${id}.25`, key: null, flag: true, doc }))); // prettier-ignore
  return { db, trades, quotes };
}

const compile = (options: object): string => asOfStatement(schemaOf(Trade), schemaOf(Quote), options).statement.text;
const pairs = (rows: readonly { left: { id: number }; right: { id: number } | null }[]): (number | null)[][] =>
  rows.map(({ left, right }) => [left.id, right?.id ?? null]);

describe('asOf', () => {
  const OPTIONS = { on: 'at', by: ['symbol'], orderBy: { id: 'asc' } } as const;

  it('pairs each row with the last one of the other table that is not after it, as instances', async () => {
    const { db, trades } = await tables();
    const rows = await trades.asOf(Quote, OPTIONS);
    expectTypeOf(rows).toEqualTypeOf<{ left: Trade; right: Quote | null }[]>();
    expect(pairs(rows)).to.deep.equal([[1, 2], [2, 2], [3, null], [4, 7], [5, null], [6, null], [7, null]]); // prettier-ignore
    expect(rows[0]?.left).to.be.instanceOf(Trade);
    expect(rows[0]?.right?.spread).to.equal('A at 2.5');
    const byHand = await db.query<{ l: number; r: number | null }>(sql`
      select l.id l, (select arg_max(r.id, r."at") from quotes r where r.symbol = l.symbol and r."at" <= l."at") r from trades l order by l.id`); // prettier-ignore
    expect(pairs(rows)).to.deep.equal(byHand.map(({ l, r }) => [l, r]));
    const { statement } = asOfStatement(schemaOf(Trade), schemaOf(Quote), { ...OPTIONS, select: ['id'], otherSelect: ['bid'] }); // prettier-ignore
    expect(statement.text).to.equal(
      'SELECT l."id", r."bid", (l."at" IS NOT NULL AND r."at" IS NOT NULL) IS TRUE FROM "trades" AS l ASOF LEFT JOIN "quotes" AS r ON l."symbol" = r."symbol" AND l."at" >= r."at" ORDER BY l."id" ASC',
    );
    expect(statement.reads).to.deep.equal([schemaOf(Trade).id, schemaOf(Quote).id]);
  });

  it('looks forward, only at pairs, and at some of the rows and properties', async () => {
    const { trades } = await tables();
    expect(pairs(await trades.asOf(Quote, { ...OPTIONS, direction: 'forward' }))).to.deep.equal([[1, 2], [2, 3], [3, 1], [4, null], [5, null], [6, null], [7, null]]); // prettier-ignore
    const inner = await trades.asOf(Quote, { ...OPTIONS, inner: true });
    expectTypeOf(inner).toEqualTypeOf<{ left: Trade; right: Quote }[]>();
    expect(pairs(inner)).to.deep.equal([[1, 2], [2, 2], [4, 7]]); // prettier-ignore
    const options = { ...OPTIONS, where: { id: lt(5), price: gt('1') }, otherWhere: { id: ne(7), bid: gt(0) }, select: ['id', 'at'], otherSelect: ['id', 'bid'], limit: 3, offset: 1 } as const; // prettier-ignore
    expect(compile(options)).to.equal(
      'SELECT l."id", l."at", r."id", r."bid", (l."at" IS NOT NULL AND r."at" IS NOT NULL) IS TRUE FROM (SELECT * FROM "trades" WHERE ("id" < $1 AND "price" > $2)) AS l ' +
        'ASOF LEFT JOIN (SELECT * FROM "quotes" WHERE ("id" IS DISTINCT FROM $3 AND "bid" > $4)) AS r ON l."symbol" = r."symbol" AND l."at" >= r."at" ORDER BY l."id" ASC LIMIT 3 OFFSET 1',
    );
    const some = await trades.asOf(Quote, options);
    expectTypeOf(some).toEqualTypeOf<{ left: Pick<Trade, 'id' | 'at'>; right: Pick<Quote, 'id' | 'bid'> | null }[]>(); // prettier-ignore
    expect(some.map(({ left, right }) => [{ ...left }, right === null ? null : Object.assign({}, right)])).to.deep.equal([
      [{ id: 2, at: at(10) }, { id: 2, bid: 2.5 }], [{ id: 3, at: at(0) }, null], [{ id: 4, at: at(30) }, { id: 4, bid: 4.5 }],
    ]); // prettier-ignore
    // each fragment sees the columns of its own table
    expect(pairs(await trades.asOf(Quote, { ...OPTIONS, where: sql`symbol = ${'A'}`, otherWhere: sql`id <> ${2}` }))).to.deep.equal([[1, 1], [2, 1], [3, null]]); // prettier-ignore
  });

  it('takes a match that is as far away as the tolerance, and none further', async () => {
    const { trades } = await tables();
    const near = { ...OPTIONS, tolerance: '1m' } as const;
    expect(compile({ ...near, select: ['id'], otherSelect: ['id'] })).to.contain(
      ', (l."at" IS NOT NULL AND r."at" IS NOT NULL AND (l."at" = r."at" OR epoch_us(l."at") - epoch_us(r."at") <= 60000000)) IS TRUE FROM ',
    );
    expect(pairs(await trades.asOf(Quote, near))).to.deep.equal([[1, 2], [2, null], [3, null], [4, 7], [5, null], [6, null], [7, null]]); // prettier-ignore
    expect(pairs(await trades.asOf(Quote, { ...near, tolerance: '59999.9ms' }))[3]).to.deep.equal([4, null]);
    expect(pairs(await trades.asOf(Quote, { ...near, tolerance: '0s' }))[0]).to.deep.equal([1, 2]);
    expect(pairs(await trades.asOf(Quote, { ...near, direction: 'forward' }))).to.deep.equal([[1, 2], [2, 3], [3, 1], [4, null], [5, null], [6, null], [7, null]]); // prettier-ignore
    const inner = { ...near, inner: true, limit: 2 } as const;
    expect(compile({ ...inner, select: ['id'], otherSelect: ['id'] })).to.contain(
      ' WHERE l."at" IS NOT NULL AND r."at" IS NOT NULL AND (l."at" = r."at" OR epoch_us(l."at") - epoch_us(r."at") <= 60000000) ORDER BY',
    );
    expect(pairs(await trades.asOf(Quote, inner))).to.deep.equal([[1, 2], [4, 7]]); // prettier-ignore
  });

  it('takes infinities that are equal for near, and no time for near to one that is 300 years away', async () => {
    const db = await openManager({ entities: [Endless] });
    const rows = db.repository(Endless);
    await db.execute(sql`insert into endless values (1, 'infinity', 'infinity', 'infinity', 'inf'), (2, '-infinity', '-infinity', '-infinity', '-inf'), (3, '2024-01-01', '2024-01-01', '2024-01-01', 1), (4, '1690-01-01', '1690-01-01', '1690-01-01', -1e9)`);
    const found = async (options: object): Promise<unknown> => pairs(await rows.asOf(Endless, { orderBy: { id: 'asc' }, select: ['id'], otherSelect: ['id'], ...options } as never));
    for (const [on, tolerance] of [['at', '1h'], ['day', '0s'], ['ns', '36500d'], ['real', 0.5]] as const) {
      for (const direction of ['backward', 'forward'] as const) {
        expect(await found({ on, tolerance, direction }), on).to.deep.equal([1, 2, 3, 4].map((id) => [id, id]));
        expect(await found({ on, tolerance, direction, inner: true, otherWhere: { id: lt(3) } }), on).to.deep.equal([[1, 1], [2, 2]]);
      }
      expect(await found({ on, tolerance, otherWhere: { id: 4 } }), on).to.deep.equal([[1, null], [2, null], [3, null], [4, 4]]);
    }
  }); // prettier-ignore

  it('matches no NULL among thousands of rows, where DuckDB does, and else what a subquery finds', async () => {
    const db = await openManager({ entities: [Left, Right] });
    const lefts = db.repository(Left);
    for (const [table, rows, seed] of [[sql`moments`, 5000, 3], [sql`other_moments`, 3000, 5]] as const)
      await db.execute(sql`
        insert into ${table} select id, case when id % 13 = 0 then null else 'g' || hash(id * ${seed}) % 5 end, n, n / 8, timestamp '2024-01-01' + to_seconds(n), printf('%05d', n), ('00000000-0000-0000-0000-' || printf('%012d', n))::uuid
        from (select x::int as id, case when hash(x * ${seed} + 1) % 4 = 0 then null else (hash(x * ${seed} + 2) % 2000)::int end as n from range(${rows}) r(x))`);
    for (const on of ['n', 'price', 'at', 'text', 'key'] as const)
      for (const [direction, best] of [['backward', sql`max(r.n)`], ['forward', sql`min(r.n)`]] as const) {
        const before = direction === 'backward' ? sql`r.n <= l.n` : sql`r.n >= l.n`;
        for (const [by, same] of [[['g'], sql`r.g = l.g`], [[], sql`true`]] as const) {
          const byHand = await db.query<{ n: number | null }>(sql`select (select ${best} from other_moments r where ${same} and ${before} and r.id > 9) as n from moments l order by l.id`);
          for (const inner of [false, true])
            for (const otherWhere of [{ id: gt(9) }, sql`id > 9 and ${sql`n`} is not null`]) {
              const rows = await lefts.asOf(Right, { on, by, direction, inner, otherWhere, select: ['id'], otherSelect: ['n'], orderBy: { id: 'asc' } });
              const found = new Map(rows.map(({ left, right }) => [left.id, right?.n ?? null]));
              const wanted = byHand.map(({ n }, id) => [id, n] as const).filter(([, n]) => !inner || n !== null);
              expect([...found], `${on} ${direction} ${by.join()} ${inner}`).to.deep.equal(wanted);
            }
        }
      }
  }); // prettier-ignore

  it('goes by numbers, dates and times of other types, under names of their own', async () => {
    const { trades } = await tables();
    const firsts = async (options: object): Promise<unknown> => pairs(await trades.asOf(Quote, { orderBy: { id: 'asc' }, limit: 2, ...options } as never)); // prettier-ignore
    expect(await firsts({ on: 'seq' })).to.deep.equal([[1, 1], [2, 2]]); // prettier-ignore
    expect(await firsts({ on: 'seq', tolerance: 3 })).to.deep.equal([[1, 1], [2, 2]]); // prettier-ignore
    expect(await firsts({ on: 'seq', tolerance: 2.5 })).to.deep.equal([[1, null], [2, null]]); // prettier-ignore
    expect(await firsts({ on: 'seq', tolerance: 2n, direction: 'forward' })).to.deep.equal([[1, null], [2, null]]); // prettier-ignore
    expect(await firsts({ on: 'seq', tolerance: 7n, direction: 'forward' })).to.deep.equal([[1, 2], [2, 3]]); // prettier-ignore
    expect(await firsts({ on: 'price', tolerance: 0.25 })).to.deep.equal([[1, 1], [2, 2]]); // prettier-ignore
    expect(await firsts({ on: 'price', tolerance: 0.24 })).to.deep.equal([[1, null], [2, null]]); // prettier-ignore
    expect(await firsts({ on: 'day', tolerance: '1d' })).to.deep.equal([[1, 1], [2, 2]]); // prettier-ignore
    expect(await firsts({ on: 'day', tolerance: '23h' })).to.deep.equal([[1, null], [2, null]]); // prettier-ignore
    expect(await firsts({ on: { left: 'at', right: 'quotedAt' }, by: { symbol: 'ticker' }, tolerance: '5m' })).to.deep.equal([[1, 2], [2, 2]]); // prettier-ignore
    expect(await firsts({ on: 'ns', tolerance: '0.001ms' })).to.deep.equal([[1, 1], [2, 2]]); // prettier-ignore
    expect(compile({ on: 'ns', tolerance: '1ms', select: ['id'], otherSelect: ['id'] })).to.contain('(l."ns" = r."ns" OR CAST(CASE WHEN isfinite(l."ns") THEN epoch_ns(l."ns") END AS HUGEINT) - CAST(CASE WHEN isfinite(r."ns") THEN epoch_ns(r."ns") END AS HUGEINT) <= 1000000)'); // prettier-ignore
    expect(await firsts({ on: 'ns', tolerance: '0.0004ms' })).to.deep.equal([[1, null], [2, null]]); // prettier-ignore
    expect(await firsts({ on: { left: 'day', right: 'quotedAt' }, by: [] })).to.deep.equal([[1, 3], [2, 3]].map(([id]) => [id, 7])); // prettier-ignore
    expect(compile({ on: 'seq', tolerance: 5, select: ['id'], otherSelect: ['id'] })).to.contain(' AND (CAST(l."seq" AS HUGEINT) - CAST(r."seq" AS HUGEINT) <= $1)'); // prettier-ignore
    // further apart than a bigint
    await trades.insert({
      id: 9,
      symbol: 'Z',
      at: null,
      day: day(1),
      seq: 2n ** 63n - 1n,
      price: '1',
      ns: '2024-01-01 00:00:00',
      s: null,
      flag: true,
      doc,
    });
    expect(await firsts({ on: 'seq', where: { id: 9 }, otherWhere: { id: 1 }, tolerance: 1 })).to.deep.equal([[9, null]]); // prettier-ignore
  });

  it('is cached with its entity, until a write to either table, and over a restart', async () => {
    const path = scratchPath();
    const { db, trades, quotes } = await tables(path);
    const read = () => trades.asOf(Quote, { ...OPTIONS, otherSelect: ['id', 'bid'] });
    const first = await read();
    expect(await read()).to.deep.equal(first);
    expect(db.cache.stats()).to.include({ loads: 1, hits: 1 });
    await quotes.update({ id: 2 }, { bid: 99 });
    expect((await read())[0]?.right?.bid).to.equal(99);
    await trades.update({ id: 1 }, { price: '7' });
    expect((await read())[0]?.left.price).to.equal('7.0000');
    expect(db.cache.stats()).to.include({ loads: 3 });
    await db.close();
    await using again = await BaseDuckDBManager.open({ path, entities: [Trade, Quote], logger: false });
    const [row] = await again.repository(Trade).asOf(Quote, { ...OPTIONS, otherSelect: ['id', 'bid'] });
    expect(again.cache.stats()).to.include({ loads: 0 });
    expect([row?.left instanceof Trade, row?.right instanceof Quote, row?.right?.bid]).to.deep.equal([true, true, 99]); // prettier-ignore
  });

  it('joins a table with itself, and tables of another schema', async () => {
    const { trades } = await tables();
    const before = await trades.asOf(Trade, { on: 'seq', otherWhere: { id: lt(3) }, where: { id: lt(5) }, orderBy: { id: 'asc' } }); // prettier-ignore
    expectTypeOf(before).toEqualTypeOf<{ left: Trade; right: Trade | null }[]>();
    expect(pairs(before)).to.deep.equal([[1, 1], [2, 2], [3, 2], [4, 2]]); // prettier-ignore
    const db = await openManager({ entities: [Elsewhere] });
    const rows = db.repository(Elsewhere);
    await rows.insertMany([1, 2, 3].map((id) => ({ id, day: day(id * 2) })));
    expect(pairs(await rows.asOf(Elsewhere, { on: 'day', otherWhere: { id: gt(1) }, orderBy: { id: 'asc' } }))).to.deep.equal([[1, null], [2, 2], [3, 3]]); // prettier-ignore
    expect((await rows.latestBy(['day'], { orderBy: 'id', limit: 1 })).map(({ id }) => id)).to.deep.equal([1, 2, 3]);
    expect((await rows.window({ partitionBy: ['day'], orderBy: { id: 'asc' }, select: { day: lag('id'), id: rank() } })).map((row) => ({ ...row }))).to.deep.equal([1, 2, 3].map(() => ({ day: null, id: 1 }))); // prettier-ignore
    const filled = await rows.aggregate({
      groupBy: { day: timeBucket('1d', 'day') },
      select: { n: count() },
      fill: true,
    });
    expect(filled.map(({ n }) => n)).to.deep.equal([1, 0, 1, 0, 1]);
  });

  it('does not give instances of one class for those of another out of the cache', async () => {
    const { trades } = await tables();
    const options = { on: 'at', orderBy: { id: 'asc' }, otherSelect: ['price'] } as const;
    const [text] = await trades.asOf(Quote, options);
    const [number] = await trades.asOf(Priced, options);
    expect([text?.right?.price, number?.right?.price]).to.deep.equal(['2.2500', 2.25]);
    expect([text?.right instanceof Quote, number?.right instanceof Priced]).to.deep.equal([true, true]);
  });

  it('refuses what it does not know, and columns that are not alike', async () => {
    for (const [options, says] of [
      [{}, 'asOf: on is a property that both have'],
      [{ on: 'nope' }, 'Trade has no column "nope"'],
      [{ on: { left: 'at' } }, 'asOf: on is a property that both have'],
      [{ on: { left: 'at', right: 'nope' } }, 'Quote has no column "nope"'],
      [{ on: { left: 'at', right: 'at', by: 1 } }, "asOf: on has no option 'by'"],
      [{ on: { left: 'at', right: 'bid' } }, 'Trade.at and Quote.bid are of two kinds: timestamptz and double'],
      [{ on: { left: 'at', right: 'ns' } }, 'are of two kinds: timestamptz and timestamp_ns'],
      [
        { on: { left: 'at', right: 'ms' } },
        'Trade.at and Quote.ms are of two kinds: timestamptz and timestamp_ms. Compare like with like.',
      ],
      [{ on: { left: 's', right: 'at' } }, 'Trade.s and Quote.at are of two kinds: timestamp_s and timestamptz'],
      [{ on: 'at', by: { at: 'ms' } }, 'are of two kinds: timestamptz and timestamp_ms'],
      [{ on: 'flag' }, 'Trade.flag and Quote.flag are boolean, which has no before and after'],
      [{ on: 'doc' }, 'Trade.doc and Quote.doc cannot be compared: json'],
      [{ on: 'at', by: 'symbol' }, 'asOf: by is a list of properties'],
      [{ on: 'at', by: ['nope'] }, 'Trade has no column "nope"'],
      [{ on: 'at', by: { symbol: 'key' } }, 'are of two kinds: varchar and uuid'],
      [{ on: 'at', by: ['doc'] }, 'cannot be compared: json'],
      [{ on: 'at', direction: 'nearest' }, "direction is 'backward' or 'forward'"],
      [{ on: 'at', inner: 1 }, 'inner is true or false'],
      [{ on: 'at', tolerance: 5 }, 'the tolerance between Trade.at and Quote.at is a duration'],
      [
        { on: 'seq', tolerance: '5s' },
        'the tolerance between Trade.seq and Quote.seq is a number from 0, got a string',
      ],
      [{ on: 'seq', tolerance: -1 }, 'is a number from 0'],
      [{ on: 'symbol', tolerance: 1 }, 'have no distance for a tolerance'],
      [{ on: 'at', where: { nope: 1 } }, 'Trade has no column "nope"'],
      [{ on: 'at', otherWhere: { flag2: 1 } }, 'Quote has no column "flag2"'],
      [{ on: 'at', orderBy: { bid: 'asc' } }, 'Trade has no column "bid"'],
      [{ on: 'at', having: 1 }, "asOf has no option 'having'"],
    ] as const)
      // prettier-ignore
      expect((await failure(() => compile(options), 'E_QUERY')).message).to.contain(says);
    await failure(() => compile({ on: 'at', tolerance: '5 minutes' }), 'E_CONFIG');
    const compiles = (trades: Repository<Trade>): void => {
      void trades.asOf(Quote, { on: { left: 'at', right: 'quotedAt' }, by: { symbol: 'ticker' }, tolerance: '5m' });
      // @ts-expect-error no property of both
      void trades.asOf(Quote, { on: 'bid' });
      // @ts-expect-error of two kinds
      void trades.asOf(Quote, { on: { left: 'at', right: 'seq' } });
      // @ts-expect-error has no order
      void trades.asOf(Quote, { on: 'flag' });
      // @ts-expect-error no property of both
      void trades.asOf(Quote, { on: 'at', by: ['ticker'] });
      // @ts-expect-error of two kinds
      void trades.asOf(Quote, { on: 'at', by: { symbol: 'seq' } });
      // @ts-expect-error objects are not compared
      void trades.asOf(Quote, { on: 'at', by: ['doc'] });
      // @ts-expect-error no duration
      void trades.asOf(Quote, { on: 'at', tolerance: '5 minutes' });
      // @ts-expect-error no property of the other
      void trades.asOf(Quote, { on: 'at', otherSelect: ['nope'] });
      // @ts-expect-error no property of the other
      void trades.asOf(Quote, { on: 'at', otherWhere: { flag2: true } });
      // @ts-expect-error by properties of this entity
      void trades.asOf(Quote, { on: 'at', orderBy: { bid: 'asc' } });
    };
    expect(compiles).to.be.a('function');
  });
});
