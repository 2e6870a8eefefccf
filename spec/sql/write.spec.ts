import type { DuckDBValue } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  Column,
  Table,
  all,
  and,
  gt,
  not,
  or,
  sequence,
  sql,
  type Generated,
  type Repository,
} from '@mysingle/database';
import { schemaOf, type Column as ColumnSchema } from '../../lib/entity/schema.js';
import { defaultValuesStatement, deleteStatement, insertStagedStatement, updateStatement, upsertStatement } from '../../lib/sql/write.js'; // prettier-ignore
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('stocks', { schema: 'shop' })
class Stock {
  @Column('bigint', { primaryKey: true, default: sequence() }) id!: Generated<bigint>;
  @Column('varchar', { name: 'the "sku"', unique: true }) sku!: string;
  @Column('integer', { default: 1 }) qty!: Generated<number>;
}

const schema = schemaOf(Stock);
const [ID, SKU, QTY] = schema.columns as readonly [ColumnSchema, ColumnSchema, ColumnSchema];
const values = new Map<ColumnSchema, DuckDBValue>([[SKU, 'a'], [QTY, 2]]); // prettier-ignore
const INSERT = 'INSERT INTO "shop"."stocks" ("the ""sku""", "qty") VALUES ($1, $2)';

const stocks = async (): Promise<Repository<Stock>> => {
  const repository = (await openManager({ entities: [Stock] })).repository(Stock);
  await repository.insertMany([{ sku: 'a' }, { sku: 'b', qty: 5 }, { sku: 'c', qty: 9 }]);
  return repository;
};

describe('write statements', () => {
  it('say what to do on conflict', () => {
    for (const [conflict, text] of [
      [{ action: 'error' }, ''],
      [{ action: 'ignore' }, ' ON CONFLICT DO NOTHING'],
      [
        { action: 'update', on: [SKU], update: [QTY] },
        ' ON CONFLICT ("the ""sku""") DO UPDATE SET "qty" = excluded."qty"',
      ],
      [{ action: 'update', on: [ID, SKU], update: [] }, ' ON CONFLICT ("id", "the ""sku""") DO NOTHING'],
    ] as const)
      expect(upsertStatement(schema, values, conflict).text).to.equal(INSERT + text);
    expect(
      insertStagedStatement('s', schema, [SKU, QTY], 0, { action: 'ignore' }, { whole: [], withNull: [] }, false).text,
    ).to.equal(
      'INSERT INTO "shop"."stocks" ("the ""sku""", "qty") SELECT "the ""sku""", "qty" FROM temp."s" ON CONFLICT DO NOTHING',
    );
    expect(defaultValuesStatement(schema, ID, 3).text).to.equal(
      `SELECT CAST(nextval('"shop"."stocks_id_seq"') AS BIGINT) FROM range(3)`,
    );
  });

  it('update and delete the rows of a condition, with values and fragments', async () => {
    const repository = await stocks();
    expect(updateStatement(schema, { sku: 'b' }, new Map([[QTY, { value: 7 }]])).text).to.equal(
      'UPDATE "shop"."stocks" SET "qty" = $1 WHERE "the ""sku""" = $2',
    );
    expect(updateStatement(schema, all(), new Map([[QTY, sql`qty + ${1}`]])).text).to.equal(
      'UPDATE "shop"."stocks" SET "qty" = (qty + $1)',
    );
    expect(deleteStatement(schema, { qty: not(gt(5)) }).text).to.equal(
      'DELETE FROM "shop"."stocks" WHERE ("qty" > $1) IS NOT TRUE',
    );
    expect(await repository.update(all(), { qty: sql`qty + ${1}` })).to.equal(3);
    expect(await repository.update({ sku: 'b' }, { qty: 0, sku: "b'; --" })).to.equal(1);
    expect(await repository.delete({ qty: gt(5) })).to.equal(1);
    expect((await repository.find({ orderBy: { id: 'asc' } })).map(({ sku, qty }) => [sku, qty])).to.deep.equal([
      ['a', 2],
      ["b'; --", 0],
    ]);
    expect(await repository.delete(all())).to.equal(2);
  });

  it('refuse an empty condition and an empty patch', async () => {
    const patch = new Map([[QTY, { value: 7 }]]);
    const wrapped = [and({}, {}), or({ id: 1n }, {}), and(or({}, { id: 1n }), {}), not(not({}))];
    for (const where of [undefined, {}, Object.create(null), ...wrapped]) {
      expect((await failure(() => deleteStatement(schema, where), 'E_QUERY')).message).to.contain('write all()');
      expect((await failure(() => updateStatement(schema, where, patch), 'E_QUERY')).message).to.contain('write all()');
    }
    for (const where of [null, [], 'all', { kind: 'all', parts: [] }])
      await failure(() => deleteStatement(schema, where), 'E_QUERY');
    expect((await failure(() => updateStatement(schema, all(), new Map()), 'E_QUERY')).message).to.contain(
      'sets nothing',
    );
  });
});
