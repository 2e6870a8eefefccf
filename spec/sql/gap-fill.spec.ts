import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Column, Table, avg, collect, count, countDistinct, datePart, gt, last, max, sql, sum, timeBucket, type BaseDuckDBManager, type Repository } from '@mysingle/database'; // prettier-ignore
import { schemaOf } from '../../lib/entity/schema.js';
import { aggregateStatement } from '../../lib/sql/aggregate.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('ticks')
class Tick {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) symbol!: string | null;
  @Column('timestamptz', { nullable: true }) at!: Date | null;
  @Column('timestamp') plain!: Date;
  @Column('timestamp', { as: 'string' }) text!: string;
  @Column('timestamp_ms') ms!: Date;
  @Column('timestamp_s') s!: Date;
  @Column('timestamp_ns') ns!: string;
  @Column('date') day!: Date;
  @Column('decimal(18,2)', { nullable: true }) price!: string | null;
}

const ROWS = [
  ['A', '2024-01-01T00:10:00Z', '1.00'], ['A', '2024-01-01T00:50:00Z', null], ['A', '2024-01-01T03:00:00Z', '3.00'],
  ['B', '2024-01-01T01:00:00Z', '10.00'], ['B', '2024-01-01T02:59:00Z', null], [null, '2024-01-01T02:00:00Z', '7.00'],
] as const; // prettier-ignore

async function ticks(rows: readonly (readonly [string | null, string, string | null])[] = ROWS): Promise<{ db: BaseDuckDBManager; repository: Repository<Tick> }> {
  const db = await openManager({ entities: [Tick] });
  const repository = db.repository(Tick);
  await repository.insertMany(
    rows.map(([symbol, time, price], id) => {
      const at = new Date(time);
      const text = time.replace('T', ' ').replace('Z', '');
      return { id, symbol, at, plain: at, text, ms: at, s: at, ns: text, day: new Date(Math.floor(at.getTime() / 864e5) * 864e5), price }; // prettier-ignore
    }),
  );
  return { db, repository };
} // prettier-ignore

const hour = (value: Date | string | null | undefined): string | null => (value instanceof Date ? value.toISOString().slice(11, 13) : value === null ? null : String(value).slice(11, 13)); // prettier-ignore
const compile = (options: object): string => aggregateStatement(schemaOf(Tick), options).statement.text;
const HOURLY = { groupBy: { symbol: 'symbol', hour: timeBucket('1h', 'at') }, select: { n: count(), close: last('price', 'at') } } as const; // prettier-ignore

describe('filled gaps', () => {
  it('are a row for each bucket of each series, counts 0 and all else null', async () => {
    const { db, repository } = await ticks();
    const rows = await repository.aggregate({ ...HOURLY, fill: true });
    expectTypeOf(rows).toEqualTypeOf<{ symbol: string | null; hour: Date | null; n: number; close: string | null }[]>();
    expect(rows.map((row) => [row.symbol, hour(row.hour), row.n, row.close])).to.deep.equal([
      ['A', '00', 2, null], ['A', '01', 0, null], ['A', '02', 0, null], ['A', '03', 1, '3.00'],
      ['B', '00', 0, null], ['B', '01', 1, '10.00'], ['B', '02', 1, null], ['B', '03', 0, null],
      [null, '00', 0, null], [null, '01', 0, null], [null, '02', 1, '7.00'], [null, '03', 0, null],
    ]); // prettier-ignore
    const byHand = await db.query(sql`
      with r as (select symbol, time_bucket(interval 1 hour, "at") as "hour", count(*)::int n, last(price order by "at") as "close" from ticks group by all)
      select s.symbol, b."hour", coalesce(n, 0)::int n, "close" from (select distinct symbol from ticks) s
      cross join (select unnest(generate_series(timestamptz '2024-01-01 00:00:00+00', timestamptz '2024-01-01 03:00:00+00', interval 1 hour)) as "hour") b
      left join r on r.symbol is not distinct from s.symbol and r."hour" = b."hour" order by 1, 2`); // prettier-ignore
    expect(rows.map((row) => ({ ...row }))).to.deep.equal(byHand.map((row) => ({ ...row })));
    expect(compile({ ...HOURLY, fill: true })).to.equal(
      'WITH "#rows" AS (SELECT "symbol" AS "symbol", time_bucket(to_microseconds(3600000000), "at") AS "hour", count(*) AS "n", last("price" ORDER BY "at" NULLS FIRST, "id") AS "close" FROM "ticks" GROUP BY "symbol", time_bucket(to_microseconds(3600000000), "at")), ' +
        '"#series" AS (SELECT DISTINCT "symbol" FROM "#rows"), ' +
        '"#span" AS (SELECT (SELECT min(epoch_us("hour")) FROM "#rows") AS "from", (SELECT max(epoch_us("hour")) FROM "#rows") AS "to"), ' +
        '"#buckets" AS (SELECT make_timestamptz(unnest(range("from", CASE WHEN (CAST("to" AS DOUBLE) - "from" + 3600000000) / 3600000000 * (SELECT count(*) FROM "#series") > 10000000 ' +
        'THEN error(\'fill: there would be more than 10,000,000 buckets. Take wider buckets, or fewer rows and groups (where, from, to).\') ELSE "to" + 1 END, 3600000000))) AS "hour" FROM "#span"), ' +
        '"#filled" AS (SELECT coalesce(g."symbol", r."symbol") AS "symbol", coalesce(g."hour", r."hour") AS "hour", coalesce(r."n", 0) AS "n", r."close" AS "close" ' +
        'FROM (SELECT * FROM "#series" CROSS JOIN "#buckets") AS g FULL JOIN "#rows" AS r ON g."symbol" IS NOT DISTINCT FROM r."symbol" AND g."hour" IS NOT DISTINCT FROM r."hour") ' +
        'SELECT "symbol", "hour", "n", "close" FROM "#filled" ORDER BY "symbol" ASC, "hour" ASC',
    );
  });

  it('carry the last value of an aggregate forward, within its series', async () => {
    const { repository } = await ticks();
    const rows = await repository.aggregate({ ...HOURLY, select: { ...HOURLY.select, high: max('price') }, fill: { carry: ['close', 'high'] }, where: { id: gt(0) } }); // prettier-ignore
    expect(rows.map((row) => [row.symbol, hour(row.hour), row.n, row.close, row.high])).to.deep.equal([
      ['A', '00', 1, null, null], ['A', '01', 0, null, null], ['A', '02', 0, null, null], ['A', '03', 1, '3.00', '3.00'],
      ['B', '00', 0, null, null], ['B', '01', 1, '10.00', '10.00'], ['B', '02', 1, '10.00', '10.00'], ['B', '03', 0, '10.00', '10.00'],
      [null, '00', 0, null, null], [null, '01', 0, null, null], [null, '02', 1, '7.00', '7.00'], [null, '03', 0, '7.00', '7.00'],
    ]); // prettier-ignore
  });

  it('carry over a gap of two million buckets, lists and whatever an aggregate is called', async () => {
    const { repository } = await ticks([['A', '2024-01-01T00:00:00Z', '1.00'], ['A', '2024-01-24T00:00:00Z', null], ['A', '2024-01-24T00:00:01Z', '3.00']]);
    const rows = await repository.aggregate({ groupBy: { at: timeBucket('1s', 'at') }, select: { n: count(), '#2': last('price', 'at'), ids: collect('id') }, fill: { carry: ['#2', 'ids'] }, having: { '#2': gt('2') } });
    expect(rows.map((row) => ({ ...row, at: row.at?.toISOString() }))).to.deep.equal([{ at: '2024-01-24T00:00:01.000Z', n: 1, '#2': '3.00', ids: [2] }]);
    const [last24] = await repository.aggregate({ groupBy: { at: timeBucket('1s', 'at') }, select: { n: count(), p: last('price', 'at'), ids: collect('id') }, fill: { carry: ['p', 'ids'] }, having: { n: 0 }, orderBy: { at: 'desc' }, limit: 1 });
    expect({ ...last24 }).to.deep.equal({ at: new Date('2024-01-23T23:59:59Z'), n: 0, p: '1.00', ids: [0] });
    expect(compile({ ...HOURLY, fill: { carry: ['close'] } })).to.contain(
      ', r."close" AS "close", count(r."close") OVER (PARTITION BY coalesce(g."symbol", r."symbol") ORDER BY coalesce(g."hour", r."hour")) AS "#3" FROM ',
    ).and.to.contain(', "#filled" AS (SELECT "symbol", "hour", "n", any_value("close") OVER (PARTITION BY "symbol", "#3") AS "close" FROM "#joined") SELECT "symbol", ');
  }); // prettier-ignore

  it('are the same for every type of time, and for dates', async () => {
    const { repository } = await ticks();
    for (const property of ['at', 'plain', 'text', 'ms', 's', 'ns'] as const) {
      const rows = await repository.aggregate({ groupBy: { hour: timeBucket('1h', property) }, select: { n: count(), total: sum('price') }, fill: { from: new Date('2023-12-31T22:59:00Z'), to: new Date('2024-01-01T05:00:00Z') } }); // prettier-ignore
      expect(rows.map((row) => `${hour(row.hour)} ${row.n} ${row.total}`), property).to.deep.equal(['22 0 null', '23 0 null', '00 2 1.00', '01 1 10.00', '02 2 7.00', '03 1 3.00', '04 0 null', '05 0 null']); // prettier-ignore
    }
    const days = await repository.aggregate({ groupBy: { day: timeBucket('2d', 'day', { origin: new Date('2024-01-02T00:00:00Z') }) }, select: { n: countDistinct('symbol') }, fill: { to: new Date('2024-01-04T13:00:00Z') } }); // prettier-ignore
    expectTypeOf(days).toEqualTypeOf<{ day: Date; n: number }[]>();
    expect(days.map(({ day, n }) => [day.toISOString().slice(0, 10), n])).to.deep.equal([['2023-12-31', 2], ['2024-01-02', 0], ['2024-01-04', 0]]); // prettier-ignore
    const wide = await repository.aggregate({ groupBy: { week: timeBucket('7d', 'at') }, select: { n: count() }, fill: { from: new Date('1899-12-25T00:00:00Z'), to: new Date('1900-01-08T00:00:00Z') }, limit: 4 }); // prettier-ignore
    expect(wide.map(({ week, n }) => [week?.toISOString().slice(0, 10), n])).to.deep.equal([['1899-12-25', 0], ['1900-01-01', 0], ['1900-01-08', 0], ['2024-01-01', 6]]); // prettier-ignore
  });

  it('leave what is outside of from and to, is null or infinite', async () => {
    const { db, repository } = await ticks();
    await db.execute(
      sql`insert into ticks select 90, 'A', null, plain, text, ms, s, ns, day, 9 from ticks where id = 0`,
    );
    await db.execute(sql`insert into ticks select 91, 'A', 'infinity', plain, text, ms, s, ns, day, 9 from ticks where id = 0`); // prettier-ignore
    const options = { groupBy: { hour: timeBucket('1h', 'at') }, select: { n: count() }, fill: { from: new Date('2024-01-01T01:00:00Z'), to: new Date('2024-01-01T01:00:00Z') } } as const; // prettier-ignore
    const found = await db.query<{ hour: unknown; n: number }>(sql`select time_bucket(interval 1 hour, "at") as "hour", count(*)::int n from ticks group by 1 order by 1`); // prettier-ignore
    expect(found.map((row) => row.n)).to.deep.equal([2, 1, 2, 1, 1, 1]);
    await failure(repository.aggregate(options), 'E_CONVERSION'); // an infinite time is no Date
    await repository.delete({ id: 91 });
    expect((await repository.aggregate(options)).map((row) => [hour(row.hour), row.n])).to.deep.equal([['00', 2], ['01', 1], ['02', 2], ['03', 1], [null, 1]]); // prettier-ignore
    expect((await repository.aggregate({ ...options, fill: true })).map((row) => row.n)).to.deep.equal([2, 1, 2, 1, 1]);
  });

  it('are there over no rows where from and to say so, and there are no other keys', async () => {
    const { repository } = await ticks([]);
    const fill = { from: new Date('2024-01-01T00:00:00Z'), to: new Date('2024-01-01T01:30:00Z') };
    const rows = await repository.aggregate({ groupBy: { hour: timeBucket('1h', 'at') }, select: { n: count(), ids: collect('id') }, fill }); // prettier-ignore
    expect(rows.map((row) => [hour(row.hour), row.n, row.ids])).to.deep.equal([['00', 0, null], ['01', 0, null]]); // prettier-ignore
    expect(await repository.aggregate({ ...HOURLY, fill })).to.deep.equal([]);
    for (const half of [{ from: fill.from }, { to: fill.to }, true])
      expect(await repository.aggregate({ groupBy: { hour: timeBucket('1h', 'at') }, select: { n: count() }, fill: half })).to.deep.equal([]); // prettier-ignore
  });

  it('come before having, orderBy, limit and offset, and beside filters and other keys', async () => {
    const { repository } = await ticks();
    const gaps = await repository.aggregate({ ...HOURLY, fill: { carry: ['close'] }, having: { n: 0, close: gt('0') }, orderBy: [{ hour: 'desc' }, { symbol: 'asc' }] }); // prettier-ignore
    expect(gaps.map((row) => [row.symbol, hour(row.hour), row.close])).to.deep.equal([['B', '03', '10.00'], [null, '03', '7.00']]); // prettier-ignore
    const options = {
      groupBy: { symbol: 'symbol', year: datePart('year', 'day'), hour: timeBucket('1h', 'at') },
      select: { symbols: count(), dear: count().filter({ price: gt('2') }), mean: avg('price').filter({ symbol: 'B' }) },
      fill: true, where: { symbol: 'B' }, limit: 2, offset: 1, orderBy: { hour: 'asc' },
    } as const; // prettier-ignore
    const rows = await repository.aggregate({ ...options, fill: { to: new Date('2024-01-01T03:00:00Z') } });
    expect(rows.map((row) => ({ ...row, hour: hour(row.hour) }))).to.deep.equal([
      { symbol: 'B', year: 2024, hour: '02', symbols: 1, dear: 0, mean: null },
      { symbol: 'B', year: 2024, hour: '03', symbols: 0, dear: 0, mean: null },
    ]);
  });

  it('are refused beyond ten million, before they are made', async () => {
    const { repository } = await ticks();
    const error = await failure(repository.aggregate({ groupBy: { at: timeBucket('1ms', 'at') }, select: { n: count() }, fill: true }), 'E_QUERY'); // prettier-ignore
    expect(error.message).to.contain('fill: there would be more than 10,000,000 buckets. Take wider buckets');
    // each series counts
    const ms = 3_500_000;
    const fill = { from: new Date('2024-01-01T00:00:00Z'), to: new Date(Date.UTC(2024, 0, 1) + ms) };
    await failure(repository.aggregate({ groupBy: { symbol: 'symbol', at: timeBucket('1ms', 'at') }, select: { n: count() }, fill: { ...fill, to: fill.to }, limit: 1 }), 'E_QUERY'); // prettier-ignore
    const rows = await repository.aggregate({ groupBy: { at: timeBucket('1ms', 'at') }, select: { n: count() }, fill, having: { n: gt(0) } }); // prettier-ignore
    expect(rows).to.have.length(6);
  });

  it('are those of the calendar, too, of every type of time', async () => {
    const { db, repository } = await ticks([['A', '2023-11-30T10:00:00Z', '1.00'], ['A', '2024-03-01T00:00:00Z', '2.00'], ['A', '1968-12-31T00:00:00Z', '3.00']]);
    const day = (value: unknown): string => (value instanceof Date ? value.toISOString() : String(value)).slice(0, 10);
    for (const property of ['at', 'plain', 'text', 'ms', 's', 'ns', 'day'] as const) {
      const filled = (width: 'month' | 'quarter' | 'year', from?: string) => repository.aggregate({ where: sql`"at" > '2000-01-01'`, groupBy: { start: timeBucket(width, property) }, select: { n: count() }, fill: from === undefined ? true : { from: new Date(from) } });
      expect((await filled('month')).map(({ start, n }) => [day(start), n]), property).to.deep.equal([['2023-11-01', 1], ['2023-12-01', 0], ['2024-01-01', 0], ['2024-02-01', 0], ['2024-03-01', 1]]);
      expect((await filled('quarter')).map(({ start, n }) => [day(start), n]), property).to.deep.equal([['2023-10-01', 1], ['2024-01-01', 1]]);
      expect((await filled('year', '2021-07-01')).map(({ start, n }) => [day(start), n]), property).to.deep.equal([['2021-01-01', 0], ['2022-01-01', 0], ['2023-01-01', 1], ['2024-01-01', 1]]);
      const old = await repository.aggregate({ groupBy: { start: timeBucket('quarter', property) }, select: { n: count() }, fill: true });
      expect([day(old[0]?.start), day(old[1]?.start), old.length], property).to.deep.equal(['1968-10-01', '1969-01-01', 222]);
    }
    const months = await repository.aggregate({ groupBy: { start: timeBucket('month', 'day') }, select: { n: count() }, fill: true });
    const byHand = await db.query(sql`select b::date as start, count(id)::int as n from generate_series(date '1968-12-01', date '2024-03-01', interval 1 month) s(b) left join ticks on date_trunc('month', day) = b group by b order by b`);
    expect(months).to.deep.equal(byHand);
  }); // prettier-ignore

  it('are refused without one bucket, and with what is none of their options', async () => {
    const at = timeBucket('1h', 'at');
    for (const [options, says] of [
      [{ groupBy: ['symbol'], fill: true }, 'fill needs one timeBucket'],
      [{ fill: true }, 'fill needs one timeBucket'],
      [{ groupBy: { at, plain: timeBucket('1h', 'plain') }, fill: true }, 'fill needs one timeBucket'],
      [{ groupBy: { at }, fill: true, rollup: true }, 'fill and rollup do not go together'],
      [{ groupBy: { at }, fill: 'yes' }, 'fill is true, or { from, to, carry }'],
      [{ groupBy: { at }, fill: null }, 'fill is true, or { from, to, carry }'],
      [{ groupBy: { at }, fill: { until: new Date() } }, "fill has no option 'until'"],
      [{ groupBy: { at }, fill: { from: '2024-01-01' } }, 'fill.from is a valid Date, got a string'],
      [{ groupBy: { at }, fill: { to: new Date(Number.NaN) } }, 'fill.to is a valid Date, got an invalid Date'],
      [{ groupBy: { at }, fill: { from: new Date(1), to: new Date(0) } }, 'fill.from is later than fill.to'],
      [{ groupBy: { at }, fill: { carry: 'p' } }, 'fill.carry is a list'],
      [{ groupBy: { at }, fill: { carry: ['at'] } }, "fill.carry: there is no 'at'. There is: n, p."],
      [{ groupBy: { at }, fill: { carry: ['n'] } }, "'n' is a count, which is 0 in a gap"],
      [{ groupBy: { at }, fill: true, having: { at: 1 } }, "having: there is no 'at'"],
      [{ groupBy: { at }, fill: true, orderBy: { id: 'asc' } }, "orderBy: there is no 'id'"],
    ] as const)
      // prettier-ignore
      expect((await failure(() => compile({ select: { n: count(), p: max('price') }, ...options }), 'E_QUERY')).message).to.contain(says);
    const compiles = (repository: Repository<Tick>): void => {
      const base = { groupBy: { at }, select: { n: count(), p: max('price') } } as const;
      void repository.aggregate({ ...base, fill: { carry: ['p'] } });
      // @ts-expect-error a count is 0
      void repository.aggregate({ ...base, fill: { carry: ['n'] } });
      // @ts-expect-error no aggregate
      void repository.aggregate({ ...base, fill: { carry: ['at'] } });
      // @ts-expect-error a Date
      void repository.aggregate({ ...base, fill: { from: '2024-01-01' } });
    };
    expect(compiles).to.be.a('function');
  });
});
