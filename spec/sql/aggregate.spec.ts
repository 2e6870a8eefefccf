import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import {
  Column, Table, argMax, argMin, avg, collect, count, countDistinct, datePart, first, grouping, gt, gte, isNull, json, last, lt, max, median, min, movingAvg, not,
  or, parquet, quantile, sql, stddev, sum, timeBucket, type BaseDuckDBManager, type Duration, type Generated, type Repository,
} from '@mysingle/database'; // prettier-ignore
import type { EntityClass } from '../../lib/entity/row.js';
import { schemaOf } from '../../lib/entity/schema.js';
import { aggregateStatement } from '../../lib/sql/aggregate.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('fills')
class Fill {
  @Column('integer', { primaryKey: true, default: 0 }) id!: Generated<number>;
  @Column('varchar') symbol!: string;
  @Column('integer', { nullable: true }) qty!: number | null;
  @Column('double', { nullable: true }) fee!: number | null;
  @Column('float', { nullable: true }) single!: number | null;
  @Column('bigint') big!: bigint;
  @Column('bigint', { as: 'number' }) safe!: number;
  @Column('uhugeint') huge!: bigint;
  @Column('decimal(18,4)') price!: string;
  @Column('decimal(10,2)', { as: 'number' }) cost!: number;
  @Column('timestamptz') at!: Date;
  @Column('timestamp') plain!: Date;
  @Column('date') day!: Date;
  @Column('timestamp', { as: 'string' }) text!: string;
  @Column('boolean') flag!: boolean;
  @Column(json<{ a: number }>(), { nullable: true }) doc!: { a: number } | null;
}

@Table('stored')
class Stored {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { primaryKey: true }) part!: string;
  @Column('integer') k!: number;
  @Column('integer') n!: number;
}

@Table({ from: parquet('stored.parquet') })
class Filed {
  @Column('integer') n!: number;
}

@Table('hidden')
class Hidden {
  @Column('integer') rowid!: number;
  @Column('integer') n!: number;
}

const ROWS = [
  ['A', 1, 0.5, 2n ** 62n, '10000000000000.0001', '2024-01-01T00:10:00.000Z'],
  ['A', 2, null, 2n ** 62n, '0.0001', '2024-01-01T00:50:00.000Z'],
  ['A', null, 2.5, 2n ** 62n, '-0.0002', '2024-01-01T23:59:59.999Z'],
  ['B', 2_000_000_000, 1, -1n, '1.0000', '2023-12-31T23:59:59.999Z'],
  ['B', 2_000_000_000, 1, -2n, '2.0000', '1969-12-31T23:59:59.999Z'],
  ['C', null, null, 0n, '0.0000', '2024-02-01T00:00:00.000Z'],
] as const; // prettier-ignore

async function fills(): Promise<{ db: BaseDuckDBManager; repository: Repository<Fill> }> {
  const db = await openManager({ entities: [Fill] });
  const repository = db.repository(Fill);
  await repository.insertMany(
    ROWS.map(([symbol, qty, fee, big, price, time], id) => {
      const at = new Date(time);
      return { id, symbol, qty, fee, single: fee, big, safe: Number(big) === 2 ** 62 ? 1 : Number(big), huge: 2n ** 120n, price, cost: id / 4, at, plain: at, day: new Date(Math.floor(at.getTime() / 864e5) * 864e5), text: time.replace('T', ' ').replace('Z', ''), flag: id % 2 === 0, doc: { a: id } }; // prettier-ignore
    }),
  );
  return { db, repository };
}

const compile = (options: object, entity: EntityClass = Fill): string =>
  aggregateStatement(schemaOf(entity), options).statement.text;

describe('aggregate', () => {
  it('computes every function as SQL does, with its exact type', async () => {
    const { db, repository } = await fills();
    const options = {
      groupBy: ['symbol'],
      orderBy: { symbol: 'asc' },
      select: {
        runs: count(), known: count('qty'), kinds: countDistinct('fee'), total: sum('qty'), fees: sum('fee'), mean: avg('qty'), meanPrice: avg('price'),
        low: min('price'), high: max('at'), mid: median('fee'), q: quantile('fee', 0.25), dev: stddev('fee'), firstFee: first('fee', 'id'), lastId: last('id', 'at'),
        doc: first('doc', 'id'), docs: collect('doc', 'id'), lastDoc: argMax('doc', 'at'),
        cheapest: argMin('id', 'price'), newest: argMax('big', 'at'), ids: collect('id', 'at'), quantities: collect('qty', 'id'), name: max('symbol'), any: max('flag'),
      },
    } as const; // prettier-ignore
    expect(compile(options)).to.equal(
      'SELECT "symbol" AS "symbol", count(*) AS "runs", count("qty") AS "known", count(DISTINCT "fee") AS "kinds", sum("qty") AS "total", sum("fee") AS "fees", avg("qty") AS "mean", ' +
        'avg("price") AS "meanPrice", min("price") AS "low", max("at") AS "high", median("fee") AS "mid", quantile_cont("fee", \'0.25\'::DOUBLE) AS "q", stddev_samp("fee") AS "dev", ' +
        'first("fee" ORDER BY "id") AS "firstFee", last("id" ORDER BY "at", "id") AS "lastId", first("doc" ORDER BY "id") AS "doc", list("doc" ORDER BY "id") AS "docs", arg_max_null("doc", "at") AS "lastDoc", arg_min("id", "price") AS "cheapest", arg_max("big", "at") AS "newest", list("id" ORDER BY "at", "id") AS "ids", ' +
        'list("qty" ORDER BY "id") AS "quantities", max("symbol") AS "name", max("flag") AS "any" FROM "fills" GROUP BY "symbol" ORDER BY 1 ASC',
    );
    const rows = await repository.aggregate(options);
    expectTypeOf(rows).toEqualTypeOf<
      {
        symbol: string; runs: number; known: number; kinds: number; total: number | null; fees: number | null; mean: number | null; meanPrice: number | null;
        low: string | null; high: Date | null; mid: number | null; q: number | null; dev: number | null; firstFee: number | null; lastId: number | null;
        doc: { a: number } | null; docs: ({ a: number } | null)[] | null; lastDoc: { a: number } | null; cheapest: number | null; newest: bigint | null; ids: number[] | null; quantities: (number | null)[] | null; name: string | null; any: boolean | null;
      }[] // prettier-ignore
    >();
    const byHand = await db.query(sql`
      select symbol, count(*)::integer runs, count(qty)::integer known, count(distinct fee)::integer kinds, sum(qty)::double total, sum(fee) fees, avg(qty) mean,
        avg(price) "meanPrice", min(price) low, max("at") high, median(fee) mid, quantile_cont(fee, 0.25) q, stddev_samp(fee) dev,
        (array_agg(fee order by id))[1] "firstFee", (array_agg(id order by "at" desc))[1] "lastId", first(doc order by id) doc, array_agg(doc order by id) docs, arg_max(doc, "at") "lastDoc", (array_agg(id order by price))[1] cheapest,
        (array_agg(big order by "at" desc))[1] newest, array_agg(id order by "at") ids, array_agg(qty order by id) quantities, max(symbol) "name", max(flag) "any"
      from fills group by symbol order by symbol`); // prettier-ignore
    expect(rows.map((row) => ({ ...row }))).to.deep.equal(byHand.map((row) => ({ ...row })));
    expect(rows[1]).to.include({ total: 4_000_000_000, fees: 2, dev: 0, newest: -1n, lastId: 3 });
    expect(rows[2]).to.include({ known: 0, total: null, mean: null, mid: null, dev: null });
  });

  it('sums every family of numbers without loss', async () => {
    const { repository } = await fills();
    const [row] = await repository.aggregate({
      select: {
        big: sum('big'),
        safe: sum('safe'),
        price: sum('price'),
        cost: sum('cost'),
        qty: sum('qty'),
        fee: sum('fee'),
        single: sum('single'),
      },
    });
    expectTypeOf(row).toEqualTypeOf<{ big: bigint | null; safe: number | null; price: string | null; cost: number | null; qty: number | null; fee: number | null; single: number | null }>(); // prettier-ignore
    expect({ ...row }).to.deep.equal({
      big: 3n * 2n ** 62n - 3n,
      safe: 0,
      price: '10000000000003.0000',
      cost: 3.75,
      qty: 4_000_000_003,
      fee: 5,
      single: 5,
    });
  });

  it('makes the mean of decimals of their exact sum', async () => {
    const { db, repository } = await fills();
    await db.execute(sql`delete from fills where id > 0`);
    await db.execute(sql`insert into fills select fills.* replace (x::int as id, 0.1 as cost, 0.1 as price) from fills, range(1, 1000) r(x)`);
    await repository.update({ id: 0 }, { cost: 0.1, price: '0.1' });
    const select = { cost: avg('cost'), price: avg('price'), deviation: stddev('price') };
    expect(compile({ select })).to.contain('avg("cost") AS "cost", avg("price") AS "price", stddev_samp(CAST("price" AS DOUBLE)) AS "deviation"');
    const [{ cost, price }] = await repository.aggregate({ select });
    expect([cost, price]).to.deep.equal([0.1, 0.1]);
    const means = { id: 'id', mean: movingAvg('price', 1000), lag: movingAvg('cost', 3) } as const;
    expect(await repository.window({ orderBy: { id: 'asc' }, select: means, qualify: { id: 999 } })).to.deep.equal([{ id: 999, mean: 0.1, lag: 0.1 }]);
  }); // prettier-ignore

  it('keeps sums of uhugeint whole, or says that they do not fit', async () => {
    const { repository } = await fills();
    const [row] = await repository.aggregate({ select: { huge: sum('huge') } });
    expect(row?.huge).to.equal(6n * 2n ** 120n);
    await repository.update({ id: 0 }, { huge: 2n ** 128n - 1n });
    await failure(repository.aggregate({ select: { huge: sum('huge') } }), 'E_CONVERSION');
  });

  it('says when a sum goes beyond the numbers JavaScript holds exactly', async () => {
    const { repository } = await fills();
    await repository.update({ id: 0 }, { safe: Number.MAX_SAFE_INTEGER });
    await repository.update({ id: 1 }, { safe: 5 });
    await failure(repository.aggregate({ select: { safe: sum('safe') } }), 'E_CONVERSION');
  });

  it('gives one row over nothing, and none over no groups', async () => {
    const repository = (await openManager({ entities: [Fill] })).repository(Fill);
    const rows = await repository.aggregate({
      select: { n: count(), total: sum('qty'), ids: collect('id'), at: max('at') },
    });
    expect(rows.map((row) => ({ ...row }))).to.deep.equal([{ n: 0, total: null, ids: null, at: null }]);
    expect(await repository.aggregate({ groupBy: ['symbol'], select: { n: count() } })).to.deep.equal([]);
  });

  it('is one row by its type where nothing groups or leaves rows out, and any number elsewhere', async () => {
    const { repository } = await fills();
    const select = { n: count() };
    const [total] = await repository.aggregate({
      select,
      where: { symbol: 'none' },
      orderBy: { n: 'asc' },
      cache: false,
    });
    expectTypeOf(total).toEqualTypeOf<{ n: number }>();
    expect(total.n).to.equal(0);
    for (const more of [{ having: { n: gt(0) } }, { limit: 0 }, { offset: 1 }]) {
      const rows = await repository.aggregate({ select, where: { symbol: 'none' }, ...more });
      expectTypeOf(rows).toEqualTypeOf<{ n: number }[]>();
      expect(rows).to.deep.equal([]);
    }
    expectTypeOf(await repository.aggregate({ select, groupBy: [] })).toEqualTypeOf<{ n: number }[]>();
  });

  it('filters before by where and after by having, by the names of aggregates', async () => {
    const { repository } = await fills();
    const options = { groupBy: ['symbol'], select: { n: count(), total: sum('qty'), low: min('price') }, where: { id: gte(1) }, having: or({ n: gt(1), total: gt(3) }, { total: isNull() }), orderBy: { n: 'desc' }, limit: 2, offset: 0 } as const; // prettier-ignore
    expect(compile(options)).to.equal(
      'SELECT "symbol" AS "symbol", count(*) AS "n", sum("qty") AS "total", min("price") AS "low" FROM "fills" WHERE "id" >= $1 GROUP BY "symbol" ' +
        'HAVING ((count(*) > $2 AND sum("qty") > $3) OR sum("qty") IS NULL) ORDER BY count(*) DESC LIMIT 2 OFFSET 0',
    );
    expect((await repository.aggregate(options)).map(({ symbol, n }) => [symbol, n])).to.deep.equal([
      ['B', 2],
      ['C', 1],
    ]);
    expect(
      (
        await repository.aggregate({
          groupBy: ['symbol'],
          select: { low: min('price') },
          having: { low: not(lt('0')) },
          orderBy: { low: 'asc' },
        })
      ).map(({ symbol }) => symbol),
    ).to.deep.equal(['C', 'B']);
  });

  it('orders by a group key, and not by an aggregate named like its column', async () => {
    const { repository } = await fills();
    const rows = await repository.aggregate({
      groupBy: { name: 'symbol' },
      select: { symbol: count() },
      orderBy: { name: 'desc' },
    });
    const names = rows.map(({ name }) => name);
    expect(names).to.deep.equal(names.toSorted().toReversed());
  });

  it('takes aliases that are names of columns, or need quoting', async () => {
    const { repository } = await fills();
    const rows = await repository.aggregate({ groupBy: { id: 'symbol' }, select: { qty: count(), symbol: max('id'), 'the "x"; --': sum('qty'), order: min('id') }, having: { qty: gt(1), symbol: gt(0) }, orderBy: { symbol: 'desc' } }); // prettier-ignore
    expectTypeOf(rows[0]?.id).toEqualTypeOf<string | undefined>();
    expect(rows.map((row) => ({ ...row }))).to.deep.equal([
      { id: 'B', qty: 2, symbol: 4, 'the "x"; --': 4_000_000_000, order: 3 },
      { id: 'A', qty: 3, symbol: 2, 'the "x"; --': 3, order: 0 },
    ]);
  });

  it('buckets time by its start in UTC', async () => {
    const { repository } = await fills();
    const starts = async (key: 'at' | 'plain' | 'day' | 'text', width: Duration): Promise<unknown[]> =>
      (await repository.aggregate({ groupBy: { start: timeBucket(width, key) }, select: { n: count() }, orderBy: { start: 'asc' } })).map(({ start, n }) => [start instanceof Date ? start.toISOString().slice(0, 16) : start, n]); // prettier-ignore
    const hours = [['1969-12-31T23:00', 1], ['2023-12-31T23:00', 1], ['2024-01-01T00:00', 2], ['2024-01-01T23:00', 1], ['2024-02-01T00:00', 1]]; // prettier-ignore
    expect(await starts('at', '1h')).to.deep.equal(hours);
    expect(await starts('plain', '1h')).to.deep.equal(hours);
    expect(await starts('text', '1h')).to.deep.equal(
      hours.map(([start, n]) => [`${String(start).replace('T', ' ')}:00`, n]),
    );
    const days = [['1969-12-31T00:00', 1], ['2023-12-31T00:00', 1], ['2024-01-01T00:00', 3], ['2024-02-01T00:00', 1]]; // prettier-ignore
    expect(await starts('at', '1d')).to.deep.equal(days);
    expect(await starts('day', '1d')).to.deep.equal(days);
    // the same start whatever the type
    expect(await starts('at', '7d')).to.deep.equal(await starts('plain', '7d'));
    expect(await starts('at', '7d')).to.deep.equal(await starts('day', '7d'));
    expect(compile({ groupBy: { start: timeBucket('250ms', 'at') }, select: {} })).to.equal(
      'SELECT time_bucket(to_microseconds(250000), "at") AS "start" FROM "fills" GROUP BY time_bucket(to_microseconds(250000), "at")',
    );
    for (const width of ['1 hour', '1w', 'week', 'day', 'Month', 5, undefined])
      expect((await failure(() => timeBucket(width as never, 'at'), 'E_CONFIG')).message).to.match(
        /^timeBucket: .+ is no width\. .*'7d'; or 'month', 'quarter' or 'year'\.$/,
      );
    await failure(() => compile({ groupBy: { x: timeBucket('1h', 'symbol') }, select: {} }), 'E_QUERY');
    await failure(() => compile({ groupBy: { x: timeBucket('1h', 'day') }, select: {} }), 'E_QUERY');
    await failure(() => timeBucket('0s', 'at'), 'E_CONFIG');
  });

  it('adds totals by rollup, told from NULL keys by grouping', async () => {
    const { db, repository } = await fills();
    const options = {
      groupBy: { symbol: 'symbol', qty: 'qty', year: datePart('year', 'at') },
      select: { n: count(), total: sum('qty'), overSymbols: grouping('symbol'), overYears: grouping('year'), overQty: grouping('qty') },
      rollup: true, having: { n: gt(0), overYears: true }, orderBy: [{ symbol: 'asc' }, { overQty: 'desc' }, { qty: 'asc' }],
    } as const; // prettier-ignore
    const key = 'date_part(\'year\', "at")';
    expect(compile(options)).to.equal(
      `SELECT "symbol" AS "symbol", "qty" AS "qty", ${key} AS "year", count(*) AS "n", sum("qty") AS "total", (grouping("symbol") = 1) AS "overSymbols", (grouping(${key}) = 1) AS "overYears", ` +
        `(grouping("qty") = 1) AS "overQty" FROM "fills" GROUP BY ROLLUP ("symbol", "qty", ${key}) HAVING (count(*) > $1 AND (grouping(${key}) = 1) = $2) ORDER BY 1 ASC, (grouping("qty") = 1) DESC, 2 ASC`,
    );
    const rows = await repository.aggregate(options);
    expectTypeOf(rows).toEqualTypeOf<{ symbol: string | null; qty: number | null; year: number | null; n: number; total: number | null; overSymbols: boolean; overYears: boolean; overQty: boolean }[]>(); // prettier-ignore
    const byHand = await db.query(sql`
      select symbol, qty, null as "year", n::int n, total::double total, symbol is null "overSymbols", true "overYears", q = 1 "overQty" from (
        select symbol, qty, 0 q, count(*) n, sum(qty) total from fills group by symbol, qty
        union all select symbol, null, 1, count(*), sum(qty) from fills group by symbol union all select null, null, 1, count(*), sum(qty) from fills)
      order by 1, "overQty" desc, 2`); // prettier-ignore
    expect(rows.map((row) => ({ ...row }))).to.deep.equal(byHand.map((row) => ({ ...row })));
    // a NULL quantity is a group of its own beside the total over quantities
    expect(rows.filter(({ symbol, qty }) => symbol === 'A' && qty === null).map(({ overQty, n }) => [overQty, n])).to.deep.equal([[true, 3], [false, 1]]); // prettier-ignore
    const plain = await repository.aggregate({ groupBy: ['symbol'], select: { n: count() }, rollup: true, orderBy: { n: 'desc' } }); // prettier-ignore
    expectTypeOf(plain).toEqualTypeOf<{ symbol: string | null; n: number }[]>();
    expect({ ...plain[0] }).to.deep.equal({ symbol: null, n: 6 });
    const none = await repository.aggregate({ groupBy: ['symbol'], select: { n: count() }, rollup: false, limit: 1 });
    expectTypeOf(none).toEqualTypeOf<{ symbol: string; n: number }[]>();
  });

  it('gives what its type says for every function over every type of number and time', async () => {
    const { repository } = await fills();
    const numbers = ['qty', 'fee', 'single', 'big', 'safe', 'huge', 'price', 'cost'] as const;
    for (const key of numbers) {
      const where = { id: lt(3) };
      const [row] = await repository.aggregate({ where, select: { avg: avg(key), median: median(key), quantile: quantile(key, 0.5), stddev: stddev(key) } }); // prettier-ignore
      expect(Object.values(row).map((value) => typeof value), key).to.deep.equal(['number', 'number', 'number', 'number']); // prettier-ignore
      const [own] = await repository.aggregate({ where: { id: 0 }, select: { min: min(key), max: max(key), first: first(key), last: last(key, 'at'), argMin: argMin(key, 'id'), argMax: argMax(key, 'at'), sum: sum(key) } }); // prettier-ignore
      const { [key]: value } = await repository.findOneOrFail({ where: { id: 0 } });
      expect(Object.values(own), key).to.deep.equal(Array.from({ length: 7 }, () => value)); // prettier-ignore
    }
    for (const key of ['at', 'plain', 'day', 'text', 'symbol', 'flag'] as const) {
      const [own] = await repository.aggregate({ where: { id: 0 }, select: { min: min(key), max: max(key), first: first(key), last: last(key), argMin: argMin(key, 'id'), argMax: argMax(key, 'big') } }); // prettier-ignore
      const { [key]: value } = await repository.findOneOrFail({ where: { id: 0 } });
      expect(Object.values(own), key).to.deep.equal(Array.from({ length: 6 }, () => value)); // prettier-ignore
    }
  });

  it('takes a NULL that the row has, and no row without a time as the last', async () => {
    const { repository } = await fills();
    const options = { groupBy: ['symbol'], select: { least: argMin('qty', 'at'), newest: argMax('qty', 'at'), byFee: argMax('id', 'fee'), first: first('id', 'qty'), last: last('id', 'qty'), lastQty: last('qty', 'id') }, where: { symbol: 'A' } } as const; // prettier-ignore
    expect(compile(options)).to.contain('arg_min_null("qty", "at") AS "least", arg_max_null("qty", "at") AS "newest", arg_max("id", "fee") AS "byFee", first("id" ORDER BY "qty", "id") AS "first", last("id" ORDER BY "qty" NULLS FIRST, "id") AS "last", last("qty" ORDER BY "id") AS "lastQty"'); // prettier-ignore
    const [row] = await repository.aggregate(options);
    expect({ ...row }).to.deep.equal({ symbol: 'A', least: 1, newest: null, byFee: 2, first: 0, last: 1, lastQty: null }); // prettier-ignore
  });

  it('has the first and last as stored, and of equals by the primary key, whatever thread comes first', async () => {
    const db = await openManager({ entities: [Stored, Hidden] });
    const repository = db.repository(Stored);
    await db.execute(sql`insert into stored select (i * 7919) % 300000, 'x', i % 50, i % 3 from range(300000) r(i)`);
    const select = { a: first('id'), b: last('id'), c: first('id', 'n'), d: last('id', 'n'), e: first('id', 'part'), least: last('n').filter({ id: lt(1000) }) };
    expect(compile({ select }, Stored)).to.equal('SELECT arg_min_null("id", rowid) AS "a", arg_max_null("id", rowid) AS "b", first("id" ORDER BY "n", "id", "part") AS "c", last("id" ORDER BY "n", "id", "part") AS "d", ' +
      'first("id" ORDER BY "part", "id") AS "e", arg_max_null("n", rowid) FILTER (WHERE "id" < $1) AS "least" FROM "stored"');
    const rows = await repository.aggregate({ groupBy: ['k'], select, orderBy: { k: 'asc' } });
    const byHand = await db.query(sql`
      select k, (array_agg(id order by rowid))[1] as a, (array_agg(id order by rowid desc))[1] as b, (array_agg(id order by n, id))[1] as c, (array_agg(id order by n desc, id desc))[1] as d, min(id) as e,
        (array_agg(n order by rowid desc) filter (id < 1000))[1] as least from stored group by k order by k`);
    expect(rows.map((row) => ({ ...row }))).to.deep.equal(byHand.map((row) => ({ ...row })));
    expect((await failure(() => compile({ select: { n: first('n') } }, Hidden), 'E_QUERY')).message).to.equal("aggregate: first of Hidden.n needs a property to order by: a column 'rowid' hides how rows are stored.");
    // files have no order that is stored
    expect(compile({ select: { n: last('n') } }, Filed)).to.match(/^SELECT last\("n"\) AS "n" FROM /);
    expect(compile({ select: { n: first('n', 'rowid') } }, Hidden)).to.contain('first("n" ORDER BY "rowid")');
  }); // prettier-ignore

  it('does not round the middle of floats to a float', async () => {
    const { repository } = await fills();
    await repository.update({ id: 0 }, { single: 16_777_216 });
    await repository.update({ id: 1 }, { single: 16_777_218 });
    const select = { median: median('single'), quantile: quantile('single', 0.5), mean: avg('single') };
    const [row] = await repository.aggregate({ select, where: { id: lt(2) } });
    expect({ ...row }).to.deep.equal({ median: 16_777_217, quantile: 16_777_217, mean: 16_777_217 });
  });

  it('refuses what is no aggregate, does not fit its column, or is not there', async () => {
    for (const [options, says] of [
      [{}, 'select names the aggregates'],
      [{ select: {} }, 'at least one aggregate'],
      [{ select: [count()] }, 'select names the aggregates'],
      [{ select: { n: 'count(*)' } }, "'n' is no aggregate"],
      [{ select: { n: { name: 'count', property: undefined } } }, "'n' is no aggregate"],
      [{ select: { n: sum('symbol' as never) } }, 'sum of Fill.symbol needs a number, and it is varchar'],
      [{ select: { n: avg('at' as never) } }, 'avg of Fill.at needs a number'],
      [{ select: { n: sum('nope') } }, 'Fill has no column "nope"'],
      [{ select: { n: sum(undefined as never) } }, 'sum needs a property'],
      [{ select: { n: argMax('id', undefined as never) } }, 'argMax needs the property to order by'],
      [{ select: { n: first('id', 'nope') } }, 'Fill has no column "nope"'],
      [{ select: { n: quantile('fee', 1.5) } }, 'quantile takes a number from 0 to 1'],
      [{ select: { n: quantile('fee', '0.5); drop' as never) } }, 'quantile takes a number from 0 to 1'],
      [{ select: { n: collect('safe') } }, "collect of Fill.safe, which is read as: 'number'"],
      [{ select: { '': count() } }, 'aggregate: the name '],
      [{ select: { 'a\0b': count() } }, 'aggregate: the name '],
      [{ groupBy: null, select: { n: count() } }, 'groupBy is a list of properties'],
      [{ groupBy: 'symbol', select: { n: count() } }, 'groupBy is a list of properties'],
      [{ groupBy: ['nope'], select: { n: count() } }, 'Fill has no column "nope"'],
      [{ groupBy: ['symbol'], select: { symbol: count() } }, "'symbol' is both a group key and an aggregate"],
      [{ groupBy: { 'a\0b': 'symbol' }, select: { n: count() } }, 'aggregate: the name '],
      [{ select: { n: count() }, having: { id: 1 } }, "having: there is no 'id'. There is: n."],
      [{ select: { n: count() }, having: { n: '1' } }, 'n (hugeint) expects'],
      [{ select: { n: count() }, orderBy: { id: 'asc' } }, "orderBy: there is no 'id'"],
      [{ select: { n: count() }, limit: -1 }, 'limit is a whole number'],
      [{ select: { n: count() }, rollup: true }, 'rollup makes totals of groups: give groupBy too'],
      [{ groupBy: ['symbol'], select: { n: count() }, rollup: 'yes' }, 'rollup is true or false'],
      [
        { groupBy: { a: 'symbol', b: 'symbol' }, select: { n: count() }, rollup: true },
        "'b' groups by what another key groups by",
      ],
      [
        { groupBy: ['symbol'], select: { n: grouping('symbol') } },
        "'n' is grouping('symbol'), which is for rollup: true",
      ],
      [
        { groupBy: ['symbol'], select: { n: grouping('day') }, rollup: true },
        "grouping: there is no 'day'. There is: symbol.",
      ],
      [
        { select: { n: max('doc' as never) } },
        'aggregate: max: Fill.doc is json, which would be compared by its text. Take another column, or leave it out.',
      ],
      [{ select: { n: argMin('id', 'doc' as never) } }, 'aggregate: argMin: Fill.doc is json'],
      [{ select: { n: count() }, having2: {} }, "aggregate has no option 'having2'"],
    ] as const)
      // prettier-ignore
      expect((await failure(() => compile(options), 'E_QUERY')).message).to.contain(says);
  });

  it('knows at compile time what goes on which column', () => {
    const compiles = (repository: Repository<Fill>): void => {
      // @ts-expect-error a Date has no sum
      void repository.aggregate({ select: { n: sum('at') } });
      // @ts-expect-error no property
      void repository.aggregate({ select: { n: max('nope') } });
      // @ts-expect-error no property
      void repository.aggregate({ groupBy: ['nope'], select: { n: count() } });
      // @ts-expect-error no alias
      void repository.aggregate({ select: { n: count() }, having: { m: gt(1) } });
      // @ts-expect-error of another type
      void repository.aggregate({ select: { n: count() }, having: { n: gt('1') } });
      // @ts-expect-error no alias
      void repository.aggregate({ select: { n: count() }, orderBy: { m: 'asc' } });
      void repository.aggregate({ groupBy: { s: 'symbol' }, select: { n: grouping('s') }, rollup: true });
      // @ts-expect-error no group key
      void repository.aggregate({ groupBy: ['symbol'], select: { n: grouping('day') }, rollup: true });
      // @ts-expect-error without rollup nothing is a total
      void repository.aggregate({ groupBy: ['symbol'], select: { n: grouping('symbol') } });
      // @ts-expect-error a bare number is no width
      void repository.aggregate({ groupBy: { x: timeBucket(5, 'at') }, select: { n: count() } });
    };
    expect(compiles).to.be.a('function');
  });
});
