import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Cached, Column, Table, gt, sql, type BaseDuckDBManager, type Repository } from '@mysingle/database';
import { schemaOf } from '../../lib/entity/schema.js';
import { latestStatement } from '../../lib/sql/latest.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('quotes')
@Cached('5m')
class Quote {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) symbol!: string | null;
  @Column('varchar') venue!: string;
  @Column('timestamptz', { nullable: true }) quotedAt!: Date | null;
  @Column('decimal(18,4)') price!: string;
  get label(): string {
    return `${this.symbol} ${this.price}`;
  }
}

@Table('bare')
class Bare {
  @Column('varchar') symbol!: string;
  @Column('integer') n!: number;
}

const at = (hour: number): Date => new Date(Date.UTC(2024, 0, 1, hour));
const ROWS = [
  [1, 'A', 'X', at(1), '1.0000'], [2, 'A', 'Y', at(3), '2.0000'], [3, 'A', 'X', at(3), '3.0000'], [4, 'A', 'X', null, '4.0000'],
  [5, 'B', 'X', at(2), '5.0000'], [6, null, 'Y', at(1), '6.0000'], [7, null, 'Y', at(9), '7.0000'],
] as const; // prettier-ignore

async function quotes(): Promise<{ db: BaseDuckDBManager; repository: Repository<Quote> }> {
  const db = await openManager({ entities: [Quote, Bare] });
  const repository = db.repository(Quote);
  await repository.insertMany(ROWS.map(([id, symbol, venue, quotedAt, price]) => ({ id, symbol, venue, quotedAt, price }))); // prettier-ignore
  return { db, repository };
}

const compile = (by: unknown, options: object): string => latestStatement(schemaOf(Quote), by, options).statement.text;
const ids = (rows: readonly { id: number }[]): number[] => rows.map(({ id }) => id);

describe('latestBy', () => {
  it('gives the first row of each group as an instance, of equals by the primary key', async () => {
    const { db, repository } = await quotes();
    const rows = await repository.latestBy(['symbol'], { orderBy: 'quotedAt' });
    expectTypeOf(rows).toEqualTypeOf<Quote[]>();
    expect(rows.map((row) => row instanceof Quote && row.label)).to.deep.equal(['A 3.0000', 'B 5.0000', 'null 7.0000']);
    expect(compile(['symbol'], { orderBy: 'quotedAt' })).to.equal(
      'SELECT "id", "symbol", "venue", "quoted_at", "price" FROM "quotes" QUALIFY row_number() OVER (PARTITION BY "symbol" ORDER BY "quoted_at" DESC, "id" DESC) <= 1 ' +
        'ORDER BY "symbol", "quoted_at" DESC, "id" DESC',
    );
    const byHand = await db.query<{ id: number }>(sql`select id from quotes q where not exists (
      select 1 from quotes o where o.symbol is not distinct from q.symbol and (coalesce(o.quoted_at, '-infinity'), o.id) > (coalesce(q.quoted_at, '-infinity'), q.id)) order by symbol`); // prettier-ignore
    expect(ids(rows)).to.deep.equal(ids(byHand));
  });

  it('takes an order of its own, several groups, rows per group, conditions and properties', async () => {
    const { repository } = await quotes();
    const options = { orderBy: [{ quotedAt: { dir: 'asc', nulls: 'first' } }, { price: 'desc' }], where: { id: gt(1) }, select: ['price', 'id'], limit: 2 } as const; // prettier-ignore
    expect(compile(['symbol', 'venue'], options)).to.equal(
      'SELECT "price", "id" FROM "quotes" WHERE "id" > $1 QUALIFY row_number() OVER (PARTITION BY "symbol", "venue" ORDER BY "quoted_at" ASC NULLS FIRST, "price" DESC, "id" DESC) <= 2 ' +
        'ORDER BY "symbol", "venue", "quoted_at" ASC NULLS FIRST, "price" DESC, "id" DESC',
    );
    const rows = await repository.latestBy(['symbol', 'venue'], options);
    expectTypeOf(rows).toEqualTypeOf<Pick<Quote, 'price' | 'id'>[]>();
    expect(rows.map((row) => ({ ...row }))).to.deep.equal(
      [4, 3, 2, 5, 6, 7].map((id) => ({ price: `${id}.0000`, id })),
    );
    expect(ids(await repository.latestBy(['symbol'], { orderBy: 'quotedAt', limit: 2 }))).to.deep.equal([
      3, 2, 5, 7, 6,
    ]);
    expect(ids(await repository.latestBy(['symbol'], { orderBy: { quotedAt: 'asc' } }))).to.deep.equal([1, 5, 6]);
    // a fragment is a condition like any other
    expect(ids(await repository.latestBy(['venue'], { orderBy: 'id', where: sql`symbol = ${'A'}` }))).to.deep.equal([4, 2]); // prettier-ignore
  });

  it('needs no primary key, and does not order by it twice', () => {
    expect(latestStatement(schemaOf(Bare), ['symbol'], { orderBy: 'n' }).statement.text).to.equal(
      'SELECT "symbol", "n" FROM "bare" QUALIFY row_number() OVER (PARTITION BY "symbol" ORDER BY "n" DESC) <= 1 ORDER BY "symbol", "n" DESC',
    );
    expect(compile(['symbol'], { orderBy: { id: 'asc' }, select: ['id'] })).to.contain('ORDER BY "id" ASC) <= 1');
    expect(compile(['id'], { orderBy: 'price', select: ['id'] })).to.contain('ORDER BY "price" DESC) <= 1');
  });

  it('is cached with its entity, until a write', async () => {
    const { db, repository } = await quotes();
    const read = (cache = true): Promise<Quote[]> => repository.latestBy(['symbol'], { orderBy: 'quotedAt', cache });
    const [first] = [await read(), await read()];
    expect(db.cache.stats()).to.include({ loads: 1, hits: 1 });
    await repository.insert({ id: 10, symbol: 'A', venue: 'X', quotedAt: at(5), price: '9' });
    const second = await read();
    expect([ids(first), ids(second)]).to.deep.equal([[3, 5, 7], [10, 5, 7]]); // prettier-ignore
    expect(second[0]).to.be.instanceOf(Quote);
    expect(ids(await read(false))).to.deep.equal([10, 5, 7]);
    expect(db.cache.stats()).to.include({ loads: 2 });
  });

  it('refuses what it does not know', async () => {
    for (const [by, options, says] of [
      ['symbol', { orderBy: 'id' }, 'latestBy: by is a list of properties'],
      [[], { orderBy: 'id' }, 'name at least one property to group by'],
      [['nope'], { orderBy: 'id' }, 'Quote has no column "nope"'],
      [['symbol'], { orderBy: 'nope' }, 'Quote has no column "nope"'],
      [['symbol'], {}, 'latestBy: orderBy is an object'],
      [['symbol'], { orderBy: {} }, 'latestBy: orderBy names at least one property'],
      [['symbol'], { orderBy: { id: 'up' } }, 'orderBy id: the direction is'],
      [['symbol'], { orderBy: 'id', limit: 0 }, 'limit is a whole number from 1, got an integer'],
      [['symbol'], { orderBy: 'id', limit: '1' }, 'limit is a whole number from 1, got a string'],
      [['symbol'], { orderBy: 'id', offset: 1 }, "latestBy has no option 'offset'"],
      [['symbol'], { orderBy: 'id', select: [] }, 'select is a list of at least one property'],
    ] as const)
      // prettier-ignore
      expect((await failure(() => compile(by, options), 'E_QUERY')).message).to.contain(says);
    const compiles = (repository: Repository<Quote>): void => {
      // @ts-expect-error no property
      void repository.latestBy(['nope'], { orderBy: 'id' });
      // @ts-expect-error a getter of the class is one, and a method is none: this is neither
      void repository.latestBy(['symbol'], { orderBy: 'nope' });
      // @ts-expect-error an order is needed
      void repository.latestBy(['symbol'], {});
      // @ts-expect-error no property
      void repository.latestBy(['symbol'], { orderBy: 'id', select: ['nope'] });
    };
    expect(compiles).to.be.a('function');
    const { repository } = await quotes();
    await failure(repository.latestBy(['symbol'], { orderBy: 'id', signal: AbortSignal.abort() }), 'E_ABORTED');
  });
});
