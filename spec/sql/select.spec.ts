import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Column, Table, gt, type Generated, type Repository } from '@mysingle/database';
import { schemaOf } from '../../lib/entity/schema.js';
import { countStatement, existsStatement, selectStatement, selectedColumns } from '../../lib/sql/select.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('points', { schema: 'geo' })
class Point {
  @Column('integer', { primaryKey: true, default: 0 }) id!: Generated<number>;
  @Column('varchar', { name: 'the "order"', nullable: true }) sortKey!: string | null;
  @Column('bigint', { as: 'number' }) big!: number;
}

const schema = schemaOf(Point);
const compile = (options: object, select?: unknown): string =>
  selectStatement(schema, selectedColumns(schema, select), options).text;

const points = async (): Promise<Repository<Point>> => {
  const repository = (await openManager({ entities: [Point] })).repository(Point);
  await repository.insertMany([{ id: 1, sortKey: 'b', big: 1 }, { id: 2, sortKey: null, big: 2 }, { id: 3, sortKey: 'a', big: 3 }, { id: 4, sortKey: 'b', big: 4 }]); // prettier-ignore
  return repository;
};

const ALL = 'SELECT "id", "the ""order""", "big" FROM "geo"."points"';
const KEY = '"the ""order"""';

const ORDERS = [
  [{ id: 'desc' }, ` ORDER BY "id" DESC`, [4, 3, 2, 1]],
  [{ sortKey: 'asc', id: 'desc' }, ` ORDER BY ${KEY} ASC, "id" DESC`, [3, 4, 1, 2]],
  [{ sortKey: 'desc', id: 'asc' }, ` ORDER BY ${KEY} DESC, "id" ASC`, [1, 4, 3, 2]],
  [{ sortKey: { dir: 'asc', nulls: 'first' }, id: 'asc' }, ` ORDER BY ${KEY} ASC NULLS FIRST, "id" ASC`, [2, 3, 1, 4]],
  [
    { sortKey: { dir: 'desc', nulls: 'first' }, id: 'asc' },
    ` ORDER BY ${KEY} DESC NULLS FIRST, "id" ASC`,
    [2, 1, 4, 3],
  ],
  [{ sortKey: { dir: 'desc', nulls: 'last' }, id: 'asc' }, ` ORDER BY ${KEY} DESC NULLS LAST, "id" ASC`, [1, 4, 3, 2]],
  [[{ sortKey: 'asc' }, { id: 'asc' }], ` ORDER BY ${KEY} ASC, "id" ASC`, [3, 1, 4, 2]],
] as const;

describe('selectStatement', () => {
  it('names every column, the table with its schema, and nothing more than was asked for', () => {
    const statement = selectStatement(schema, schema.columns, {});
    expect(statement).to.deep.equal({
      text: ALL,
      parameters: [],
      reads: ['geo.points'],
      writes: [],
      as: [undefined, undefined, 'number'],
    });
    for (const options of [
      { orderBy: {} },
      { orderBy: [] },
      { where: {} },
      { where: undefined },
      { limit: undefined },
      { cache: false },
    ])
      expect(compile(options)).to.equal(ALL);
    expect(compile({ where: { id: gt(1) }, orderBy: { big: 'asc' }, limit: 5, offset: 2 })).to.equal(
      `${ALL} WHERE "id" > $1 ORDER BY "big" ASC LIMIT 5 OFFSET 2`,
    );
    expect(compile({}, ['big', 'id', 'big'])).to.equal('SELECT "big", "id" FROM "geo"."points"');
    expect(countStatement(schema, { id: 1 }).text).to.equal('SELECT count(*) FROM "geo"."points" WHERE "id" = $1');
    expect(existsStatement(schema, undefined).text).to.equal('SELECT EXISTS (SELECT 1 FROM "geo"."points")');
  });

  it('orders by keys in their order, NULLs last unless told otherwise', async () => {
    const repository = await points();
    for (const [orderBy, text, ids] of ORDERS) {
      expect(compile({ orderBy })).to.equal(ALL + text);
      expect(
        (await repository.find({ orderBy })).map(({ id }) => id),
        text,
      ).to.deep.equal(ids);
    }
  });

  it('limits and skips', async () => {
    const repository = await points();
    const ids = async (limit?: number, offset?: number): Promise<number[]> =>
      (
        await repository.find({
          orderBy: { id: 'asc' },
          ...(limit === undefined ? {} : { limit }),
          ...(offset === undefined ? {} : { offset }),
        })
      ).map(({ id }) => id);
    expect([
      await ids(2),
      await ids(2, 3),
      await ids(0),
      await ids(undefined, 3),
      await ids(Number.MAX_SAFE_INTEGER, 0),
    ]).to.deep.equal([[1, 2], [4], [], [4], [1, 2, 3, 4]]);
  });

  it('narrows rows to what is selected, in type and value', async () => {
    const repository = await points();
    const rows = await repository.find({ select: ['id', 'sortKey'], orderBy: { id: 'asc' }, limit: 1 });
    expectTypeOf(rows).toEqualTypeOf<Pick<Point, 'id' | 'sortKey'>[]>();
    expect(Object.keys(rows[0] as object)).to.deep.equal(['id', 'sortKey']);
    expect(rows[0]).to.be.instanceOf(Point);
    expectTypeOf(await repository.find()).toEqualTypeOf<Point[]>();
    // @ts-expect-error not selected
    void rows[0]?.big;
    // @ts-expect-error no property
    await failure(() => repository.find({ select: ['nope'] }), 'E_QUERY');
    // @ts-expect-error no property
    await failure(() => repository.find({ orderBy: { nope: 'asc' } }), 'E_QUERY');
  });

  it('refuses everything else, so that nothing reaches the text or is ignored', async () => {
    const bad: object[] = [
      { limit: -1 }, { limit: 1.5 }, { limit: '1' }, { limit: NaN }, { limit: Infinity }, { limit: null }, { limit: 1n }, { limit: '1; drop table x' },
      { offset: -1 }, { offset: '0' }, { offset: {} }, { offset: 2 ** 53 }, { offset: [] },
      { orderBy: { id: 'ASC' } }, { orderBy: { id: 'desc; drop table x' } }, { orderBy: { id: 1 } }, { orderBy: { id: null } }, { orderBy: { id: {} } }, { orderBy: { id: undefined } },
      { orderBy: { id: { dir: 'asc', nulls: 'first; --' } } }, { orderBy: { id: { dir: 'up', nulls: 'first' } } }, { orderBy: { '1': 'asc' } }, { orderBy: { constructor: 'asc' } },
      { orderBy: 'id' }, { orderBy: 1 }, { orderBy: null }, { orderBy: ['id'] }, { orderBy: [[]], x: 1 }, { orderBy: JSON.parse('{"__proto__": "asc"}') as object },
      { order: { id: 'asc' } }, { Where: {} }, { take: 1 }, [],
    ]; // prettier-ignore
    for (const options of bad)
      expect((await failure(() => compile(options), 'E_QUERY')).message, String(Object.keys(options)[0])).to.match(
        /whole number|direction|orderBy|has no column|no option|object of options/,
      );
    for (const select of [[], 'id', ['ID'], [1], [null], {}, ['*'], ['constructor'], null])
      expect((await failure(() => compile({}, select), 'E_QUERY')).message).to.match(
        /at least one property|has no column/,
      );
  });
});
