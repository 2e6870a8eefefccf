import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import {
  Column, Table, all, and, argMax, between, collect, contains, count, countDistinct, enumOf, eq, first, gt, has, hasAny, isNotNull, isNull, like, max,
  ne, noneOf, not, oneOf, or, quantile, sql, startsWith, sum, type Aggregate, type Repository,
} from '@mysingle/database'; // prettier-ignore
import { schemaOf } from '../../lib/entity/schema.js';
import { aggregateStatement } from '../../lib/sql/aggregate.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('trades')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
  @Column(enumOf('trade_side', ['buy', 'sell'])) side!: 'buy' | 'sell';
  @Column('integer', { nullable: true }) qty!: number | null;
  @Column('decimal(18,4)') price!: string;
  @Column('varchar[]') tags!: string[];
}

const ROWS: Trade[] = [
  ['A', 'buy', 10, '1.5', ['x']], ['A', 'sell', 4, '2', ['y']], ['A', 'buy', null, '3', []], ['B', 'sell', 7, '4', ['x', 'y']], ['B', 'buy', 1, '0.5', ['z']],
].map(([symbol, side, qty, price, tags], id) => ({ id, symbol, side, qty, price, tags }) as Trade); // prettier-ignore

async function trades(): Promise<Repository<Trade>> {
  const repository = (await openManager({ entities: [Trade] })).repository(Trade);
  await repository.insertMany(ROWS);
  return repository;
}

const compile = (options: object) => aggregateStatement(schemaOf(Trade), options).statement;

describe('a filter of an aggregate', () => {
  const OPTIONS = {
    groupBy: ['symbol'],
    select: { bought: sum('qty').filter({ side: 'buy' }), n: count(), big: count().filter({ qty: gt(3), symbol: ne('C') }), dear: max('price').filter({ price: gt('1') }) },
    where: { id: gt(-1) },
    having: { bought: gt(0), n: gt(1) },
    orderBy: { bought: 'desc' },
    limit: 9,
  } as const; // prettier-ignore

  it('stands behind its aggregate, its parameters before those of where, and the same ones in having and orderBy', async () => {
    const { text, parameters, as } = compile(OPTIONS);
    expect(text).to.equal(
      'SELECT "symbol" AS "symbol", sum("qty") FILTER (WHERE "side" = $1) AS "bought", count(*) AS "n", count(*) FILTER (WHERE ("qty" > $2 AND "symbol" IS DISTINCT FROM $3)) AS "big", ' +
        'max("price") FILTER (WHERE "price" > $4) AS "dear" FROM "trades" WHERE "id" > $5 GROUP BY "symbol" HAVING (sum("qty") FILTER (WHERE "side" = $1) > $6 AND count(*) > $7) ' +
        'ORDER BY sum("qty") FILTER (WHERE "side" = $1) DESC LIMIT 9',
    );
    expect(parameters.map(({ value }) => String(value))).to.deep.equal(['buy', '3', 'C', '1.0000', '-1', '0', '1']);
    expect(as).to.deep.equal([undefined, 'number', 'number', 'number', undefined]);
    const rows = await (await trades()).aggregate(OPTIONS);
    expectTypeOf(rows).toEqualTypeOf<{ symbol: string; bought: number | null; n: number; big: number; dear: string | null }[]>(); // prettier-ignore
    expect(rows.map((row) => ({ ...row }))).to.deep.equal([
      { symbol: 'A', bought: 10, n: 3, big: 2, dear: '3.0000' },
      { symbol: 'B', bought: 1, n: 2, big: 1, dear: '4.0000' },
    ]);
  });

  it('takes every kind of condition, and finds what the same condition finds in where', async () => {
    const repository = await trades();
    const conditions: object[] = [
      { side: 'buy' }, { side: eq('buy') }, { side: oneOf(['sell']) }, { side: noneOf(['sell']) }, { qty: isNull() }, { qty: null }, { qty: isNotNull() }, { qty: between(2, 7) },
      { qty: not(gt(5)) }, { symbol: like('A%') }, { symbol: startsWith('B') }, { symbol: contains('A') }, { tags: has('x') }, { tags: hasAny(['y', 'z']) }, { price: gt('1.5') },
      or({ side: 'buy' }, { qty: gt(6) }), and({ side: 'buy' }, { symbol: 'A' }), not({ side: 'buy' }), sql`qty % 2 = ${0}`, { side: 'buy', qty: or(isNull(), gt(5)) },
    ]; // prettier-ignore
    for (const where of conditions) {
      const [row] = await repository.aggregate({ select: { n: count().filter(where), ids: collect('id', 'id').filter(where) } as never }); // prettier-ignore
      const ids = (await repository.find({ where: where as never, select: ['id'], orderBy: { id: 'asc' } })).map(({ id }) => id); // prettier-ignore
      expect({ ...(row as object) }).to.deep.equal({ n: ids.length, ids: ids.length === 0 ? null : ids });
    }
  });

  it('goes with every function, and is nothing where it holds for all', async () => {
    const where = { side: 'buy' } as const;
    const select = { a: countDistinct('symbol').filter(where), b: quantile('qty', 0.5).filter(where), c: first('id', 'price').filter(where), d: argMax('symbol', 'price').filter(where), e: count('qty').filter(where) }; // prettier-ignore
    expect(compile({ select }).text).to.equal(
      'SELECT count(DISTINCT "symbol") FILTER (WHERE "side" = $1) AS "a", quantile_cont("qty", \'0.5\'::DOUBLE) FILTER (WHERE "side" = $2) AS "b", first("id" ORDER BY "price", "id") FILTER (WHERE "side" = $3) AS "c", ' +
        'arg_max("symbol", "price") FILTER (WHERE "side" = $4) AS "d", count("qty") FILTER (WHERE "side" = $5) AS "e" FROM "trades"',
    );
    const [row] = await (await trades()).aggregate({ select });
    expectTypeOf(row).toEqualTypeOf<{ a: number; b: number | null; c: number | null; d: string | null; e: number }>(); // prettier-ignore
    expect({ ...row }).to.deep.equal({ a: 2, b: 5.5, c: 4, d: 'A', e: 2 });
    for (const every of [{}, all()])
      expect(compile({ select: { n: count().filter(every) } }).text).to.equal('SELECT count(*) AS "n" FROM "trades"');
  });

  it('of a fragment has its values once, wherever it is used again', async () => {
    const big = count().filter(sql`qty >= ${4} and side = ${'sell'}`);
    const options = { groupBy: ['symbol'], select: { big, n: count() }, where: { id: gt(0) }, having: { big: gt(0) }, orderBy: { big: 'asc', symbol: 'desc' } } as const; // prettier-ignore
    const { text, parameters, reads } = compile(options);
    expect(text).to.match(
      /HAVING count\(\*\) FILTER \(WHERE \(qty >= \$1 and side = \$2\)\) > \$4 ORDER BY count\(\*\) FILTER \(WHERE \(qty >= \$1 and side = \$2\)\) ASC/,
    );
    expect(parameters.map(({ value }) => String(value))).to.deep.equal(['4', 'sell', '0', '0']);
    // what a fragment reads only DuckDB knows
    expect(reads).to.include('*');
    expect((await (await trades()).aggregate(options)).map((row) => ({ ...row }))).to.deep.equal([{ symbol: 'B', big: 1, n: 2 }, { symbol: 'A', big: 1, n: 2 }]); // prettier-ignore
  });

  it('refuses what is no condition of the entity', async () => {
    const filtered = (where: unknown) => () => compile({ select: { n: count().filter(where as never) } });
    for (const [work, says] of [
      [filtered({ nope: 1 }), 'Trade has no column "nope"'],
      [filtered({ qty: '1' }), 'Trade.qty (integer) expects an integer'],
      [filtered({ qty: undefined }), 'Trade.qty is undefined'],
      [filtered({ side: 'hold' }), 'Trade.side (enum trade_side)'],
      [filtered('side = buy'), 'count: filter takes conditions'],
      [filtered([]), 'A condition is an object of columns'],
      [() => count().filter({ side: 'buy' }).filter({ qty: 1 }), 'count: it has a filter already'],
    ] as const)
      // prettier-ignore
      expect((await failure(work, 'E_QUERY')).message).to.contain(says);
  });

  it('is known at compile time', () => {
    const compiles = (repository: Repository<Trade>): void => {
      const one = (n: Aggregate<'count', never, never>): void => void n;
      // @ts-expect-error a filter belongs to an entity: an aggregate with one is no aggregate of anything
      one(count().filter({ side: 'buy' }));
      void repository.aggregate({ select: { a: count().filter({ side: oneOf(['buy', 'sell']), tags: ['a'], qty: null }), b: sum('qty').filter(or({ id: 1 }, { id: 2 })) } }); // prettier-ignore
      // @ts-expect-error no property
      void repository.aggregate({ select: { n: count().filter({ nope: 1 }) } });
      // @ts-expect-error one is no property
      void repository.aggregate({ select: { n: count().filter({ side: 'buy', nope: 1 }) } });
      // @ts-expect-error no value of the enum
      void repository.aggregate({ select: { n: count().filter({ side: 'hold' }) } });
      // @ts-expect-error of another type
      void repository.aggregate({ select: { n: count().filter({ qty: gt('1') }) } });
      // @ts-expect-error never null
      void repository.aggregate({ select: { n: count().filter({ id: null }) } });
      // @ts-expect-error an operator without a column
      void repository.aggregate({ select: { n: count().filter(gt(1)) } });
      // @ts-expect-error no condition
      void repository.aggregate({ select: { n: count().filter('x') } });
    };
    expect(compiles).to.be.a('function');
  });
});
