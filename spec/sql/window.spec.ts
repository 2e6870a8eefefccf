import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import {
  Cached, Column, Table, denseRank, firstValue, gt, gte, isNotNull, isNull, json, lag, lastValue, lead, lte, movingAvg, movingMax, movingMin, movingSum, or, percentRank, rank,
  rowNumber, runningSum, sql, type BaseDuckDBManager, type Repository,
} from '@mysingle/database'; // prettier-ignore
import { schemaOf } from '../../lib/entity/schema.js';
import { windowStatement } from '../../lib/sql/window.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('bars')
@Cached('5m')
class Bar {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
  @Column('date') day!: Date;
  @Column('decimal(18,4)') close!: string;
  @Column('double', { nullable: true }) move!: number | null;
  @Column('integer') qty!: number;
  @Column('bigint') volume!: bigint;
  @Column('bigint', { as: 'number' }) safe!: number;
  @Column('uhugeint') huge!: bigint;
  @Column(json<{ a: number }>()) doc!: { a: number };
  @Column('timestamp', { as: 'string' }) text!: string;
}

const ROWS = [
  [1, 'A', 1, '1.5000', 1], [2, 'A', 2, '2.5000', null], [3, 'A', 2, '2.5000', 3], [4, 'A', 4, '0.1000', 5],
  [5, 'B', 1, '9.0000', -1], [6, 'B', 3, '8.0000', 0.5],
] as const; // prettier-ignore

async function bars(): Promise<{ db: BaseDuckDBManager; repository: Repository<Bar> }> {
  const db = await openManager({ entities: [Bar] });
  const repository = db.repository(Bar);
  // stored in another order than any that is asked for
  await repository.insertMany(ROWS.toReversed().map(([id, symbol, day, close, move]) => ({ id, symbol, day: new Date(Date.UTC(2024, 0, day)), close, move, qty: 2_000_000_000, volume: 2n ** 62n, safe: id, huge: 2n ** 100n, doc: { a: id }, text: `2024-01-0${day} 00:00:00` }))); // prettier-ignore
  return { db, repository };
}

const compile = (options: object): string => windowStatement(schemaOf(Bar), options).statement.text;
const plain = (rows: readonly object[]): object[] => rows.map((row) => ({ ...row }));

describe('window', () => {
  it('computes every function as SQL does, with its exact type', async () => {
    const { db, repository } = await bars();
    const options = {
      partitionBy: ['symbol'],
      orderBy: { day: 'asc' },
      select: {
        id: 'id', day: 'day', close: 'close', prev: lag('close'), next: lead('close', 2), before: lag('volume'), doc: lag('doc'), at: lead('text'), firstClose: firstValue('close'), lastMove: lastValue('move'),
        total: runningSum('volume'), closes: runningSum('close'), moves: runningSum('move'), count: runningSum('qty'), sums: movingSum('huge', 2), ma: movingAvg('close', 2), ma3: movingAvg('move', 3),
        low: movingMin('close', 3), high: movingMax('day', 2), rank: rank(), dense: denseRank(), share: percentRank(), n: rowNumber(), safe: movingSum('safe', 2),
      },
    } as const; // prettier-ignore
    const rows = await repository.window(options);
    expectTypeOf(rows).toEqualTypeOf<
      {
        id: number; day: Date; close: string; prev: string | null; next: string | null; before: bigint | null; doc: { a: number } | null; at: string | null; firstClose: string; lastMove: number | null;
        total: bigint | null; closes: string | null; moves: number | null; count: number | null; sums: bigint | null; ma: number | null; ma3: number | null;
        low: string | null; high: Date | null; rank: number; dense: number; share: number; n: number; safe: number | null;
      }[] // prettier-ignore
    >();
    const byHand = await db.query(sql`
      select id, day, close, lag(close) over w prev, lead(close, 2) over w "next", lag(volume) over w "before", lag(doc) over w doc, strftime(lead(text) over w, '%Y-%m-%d %H:%M:%S') "at",
        first_value(close) over w "firstClose", last_value(move) over (w rows between unbounded preceding and unbounded following) "lastMove", sum(volume) over w total, sum(close) over w closes, sum(move) over w moves,
        (sum(qty) over w)::double "count", (sum(huge::hugeint) over (w rows 1 preceding)) sums, avg(close::double) over (w rows 1 preceding) ma, avg(move) over (w rows 2 preceding) ma3,
        min(close) over (w rows 2 preceding) low, max(day) over (w rows 1 preceding) high, (rank() over v)::int "rank", (dense_rank() over v)::int dense, percent_rank() over v "share", (row_number() over w)::int n,
        (sum(safe) over (w rows 1 preceding))::int safe
      from bars window w as (partition by symbol order by day, id), v as (partition by symbol order by day) order by symbol, day, id`); // prettier-ignore
    expect(plain(rows)).to.deep.equal(plain(byHand));
    expect(rows.map(({ id }) => id)).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(rows[2]).to.include({ prev: '2.5000', next: null, total: 3n * 2n ** 62n, closes: '6.5000', moves: 4, count: 6_000_000_000, sums: 2n ** 101n, rank: 2, dense: 2, n: 3, low: '1.5000', safe: 5 }); // prettier-ignore
    expect(rows[3]).to.include({ rank: 4, dense: 3, share: 1, ma: 1.3, lastMove: 5 });
    expect(rows[0]).to.include({ prev: null, before: null, ma: 1.5, share: 0 });
  });

  it('names its windows once, and knows columns from results that are named like them', async () => {
    const { repository } = await bars();
    const options = {
      partitionBy: ['symbol'], orderBy: [{ day: 'desc' }], select: { day: lag('close'), close: rank(), symbol: 'id' },
      where: { close: gte('1') }, qualify: or({ day: isNotNull() }, { close: gt(1) }), limit: 5, offset: 0,
    } as const; // prettier-ignore
    expect(compile(options)).to.equal(
      'SELECT lag("bars"."close", 1) OVER "#rows" AS "day", rank() OVER "#places" AS "close", "bars"."id" AS "symbol" FROM "bars" WHERE "close" >= $1 ' +
        'WINDOW "#rows" AS (PARTITION BY "bars"."symbol" ORDER BY "bars"."day" DESC, "bars"."id" DESC), "#places" AS (PARTITION BY "bars"."symbol" ORDER BY "bars"."day" DESC) ' +
        'QUALIFY (lag("bars"."close", 1) OVER "#rows" IS NOT NULL OR rank() OVER "#places" > $2) ORDER BY "bars"."symbol", "bars"."day" DESC, "bars"."id" DESC LIMIT 5 OFFSET 0',
    );
    expect(plain(await repository.window(options))).to.deep.equal([
      { day: '2.5000', close: 1, symbol: 2 }, { day: '2.5000', close: 3, symbol: 1 }, { day: '8.0000', close: 2, symbol: 5 },
    ]); // prettier-ignore
  });

  it('is one window without partitionBy, keeps the first ones, and sorts as it is told', async () => {
    const { db, repository } = await bars();
    const options = { orderBy: { close: 'desc' }, select: { id: 'id', close: 'close', rank: rank() }, qualify: { rank: lte(3) }, sort: [{ rank: 'desc' }, { id: 'asc' }] } as const; // prettier-ignore
    expect(compile(options)).to.equal(
      'SELECT "bars"."id" AS "id", "bars"."close" AS "close", rank() OVER "#places" AS "rank" FROM "bars" WINDOW "#places" AS (ORDER BY "bars"."close" DESC) ' +
        'QUALIFY rank() OVER "#places" <= $1 ORDER BY "rank" DESC, "id" ASC',
    );
    const rows = await repository.window(options);
    expectTypeOf(rows).toEqualTypeOf<{ id: number; close: string; rank: number }[]>();
    const byHand = await db.query(sql`select * from (select id, close, (select count(*) + 1 from bars o where o.close > b.close)::int "rank" from bars b) where "rank" <= 3 order by "rank" desc, id`); // prettier-ignore
    expect(plain(rows)).to.deep.equal(plain(byHand));
    const top = await repository.window({ partitionBy: ['symbol'], orderBy: { close: 'desc' }, select: { id: 'id', n: rowNumber() }, qualify: { n: 1 } }); // prettier-ignore
    expect(top.map(({ id }) => id)).to.deep.equal([3, 5]);
    // without any function it is the rows themselves
    expect((await repository.window({ orderBy: { id: 'desc' }, select: { x: 'id' }, limit: 2 })).map(({ x }) => x)).to.deep.equal([6, 5]); // prettier-ignore
  });

  it('sees the rows of where alone, also of a fragment', async () => {
    const { repository } = await bars();
    const rows = await repository.window({ orderBy: { id: 'asc' }, select: { id: 'id', prev: lag('id') }, where: sql`id % 2 = ${0}` }); // prettier-ignore
    expect(plain(rows)).to.deep.equal([{ id: 2, prev: null }, { id: 4, prev: 2 }, { id: 6, prev: 4 }]); // prettier-ignore
    expect(await repository.window({ orderBy: { id: 'asc' }, select: { id: 'id' }, where: { id: gt(99) } })).to.deep.equal([]); // prettier-ignore
  });

  it('is cached with its entity, until a write, also where a fragment asks', async () => {
    const { db, repository } = await bars();
    for (const where of [{ id: gt(0) }, sql`id > 0`]) {
      const read = () => repository.window({ orderBy: { id: 'asc' }, select: { n: runningSum('safe'), big: lag('volume') }, where }); // prettier-ignore
      const loads = db.cache.stats().loads;
      const before = [await read(), await read()];
      expect(before[1]).to.deep.equal(before[0]);
      expect(db.cache.stats().loads).to.equal(loads + 1);
      await repository.update({ id: 1 }, { safe: 100 + loads });
      expect((await read())[0]?.n).to.equal(100 + loads);
    }
  });

  it('refuses what it does not know, and what does not fit its column', async () => {
    const base = { orderBy: { id: 'asc' }, select: { id: 'id' } };
    for (const [work, says] of [
      [() => compile({}), 'window: select names what each row has'],
      [() => compile({ ...base, select: ['id'] }), 'window: select names what each row has'],
      [() => compile({ ...base, select: {} }), 'select at least one property or function'],
      [() => compile({ ...base, select: { x: 1 } }), "'x' is no property and no function"],
      [() => compile({ ...base, select: { x: { name: 'rank' } } }), "'x' is no property and no function"],
      [() => compile({ ...base, select: { x: 'nope' } }), 'Bar has no column "nope"'],
      [() => compile({ ...base, select: { x: lag('nope') } }), 'Bar has no column "nope"'],
      [() => compile({ ...base, select: { 'a\0': 'id' } }), 'window: the name '],
      [() => compile({ ...base, orderBy: undefined }), 'window: orderBy is an object'],
      [() => compile({ ...base, orderBy: { nope: 'asc' } }), 'Bar has no column "nope"'],
      [() => compile({ ...base, partitionBy: 'symbol' }), 'window: partitionBy is a list'],
      [() => compile({ ...base, partitionBy: ['nope'] }), 'Bar has no column "nope"'],
      [
        () => compile({ ...base, select: { x: runningSum('symbol') } }),
        'runningSum of Bar.symbol needs a number, and it is varchar',
      ],
      [() => compile({ ...base, select: { x: movingAvg('day', 2) } }), 'movingAvg of Bar.day needs a number'],
      [() => compile({ ...base, select: { x: movingMin('doc', 2) } }), 'window: movingMin: Bar.doc is json'],
      [() => compile({ ...base, qualify: { nope: 1 } }), "qualify: there is no 'nope'. There is: id."],
      [() => compile({ ...base, qualify: { id: '1' } }), 'Bar.id (integer) expects'],
      [() => compile({ ...base, sort: { nope: 'asc' } }), "sort: there is no 'nope'"],
      [() => compile({ ...base, having: {} }), "window has no option 'having'"],
      [() => compile({ ...base, limit: -1 }), 'limit is a whole number'],
      [() => lag('id', 0), 'lag: the number of rows is whole, from 1, got an integer'],
      [() => movingAvg('id', 1.5), 'movingAvg: the number of rows is whole, from 1, got a fraction'],
      [() => lead('id', '2; drop' as never), 'lead: the number of rows is whole'],
    ] as const)
      // prettier-ignore
      expect((await failure(work, 'E_QUERY')).message).to.contain(says);
    const compiles = (repository: Repository<Bar>): void => {
      const orderBy = { id: 'asc' } as const;
      void repository.window({ orderBy, select: { prev: lag('move') }, qualify: { prev: isNull() } });
      // @ts-expect-error no property
      void repository.window({ orderBy, select: { x: 'nope' } });
      // @ts-expect-error no property
      void repository.window({ orderBy, select: { x: lag('nope') } });
      // @ts-expect-error a Date has no sum
      void repository.window({ orderBy, select: { x: runningSum('day') } });
      // @ts-expect-error how many rows?
      void repository.window({ orderBy, select: { x: movingAvg('close') } });
      // @ts-expect-error an order is needed
      void repository.window({ select: { x: 'id' } });
      // @ts-expect-error of another type
      void repository.window({ orderBy, select: { n: rank() }, qualify: { n: lte('3') } });
      // @ts-expect-error not selected
      void repository.window({ orderBy, select: { n: rank() }, sort: { id: 'asc' } });
      // @ts-expect-error not selected
      void repository.window({ orderBy, select: { n: rank() }, qualify: { id: 1 } });
    };
    expect(compiles).to.be.a('function');
  });
});
