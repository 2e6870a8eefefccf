import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Column, Table, enumOf, gt, json, list, lt, map, sql, struct, type ColumnSummary } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';
import { watched } from '../support/watched.js';

@Table('summary_row')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) someText!: string | null;
  @Column('decimal(18,4)') price!: string;
  @Column('hugeint') huge!: bigint;
  @Column('double', { nullable: true }) real!: number | null;
  @Column('timestamp') at!: Date;
  @Column('boolean') flag!: boolean;
  @Column(enumOf('summary_state', ['z', 'a'])) state!: 'z' | 'a';
  @Column(json<object>()) doc!: object;
  @Column(list('integer')) list!: number[];
  @Column(struct({ a: 'integer' })) struct!: { a: number };
  @Column(map('varchar', 'integer')) map!: Map<string, number>;
}

const fill = sql`insert into summary_row select i, case when i % 3 = 0 then null else 't' || i % 7 end, i / 4, i::hugeint * 100000000000000000000, case when i = 5 then null else i / 2 end,
  timestamp '2024-01-01 00:00:00.000001' + to_days(i), i % 2 = 0, case when i = 0 then 'z' else 'a' end, '{}', [i], {'a': i}, map {'k': i} from (select x::int as i from range(1000) r(x))`; // prettier-ignore

describe('a summary', () => {
  it('has a row for each column, by property, as SUMMARIZE tells it, and NULLs counted', async () => {
    const { db, lines } = await watched({ entities: [Row] });
    await db.execute(fill);
    lines();
    const rows = db.repository(Row);
    const summary = await rows.summarize({ where: { id: lt(1000) } });
    expectTypeOf(summary).toEqualTypeOf<ColumnSummary<keyof Row>[]>();
    const own = await db.query(sql`select * from (summarize select * from summary_row)`);
    expect(summary.map(({ type, count, min, max, approxUnique }) => [type, BigInt(count), min, max, BigInt(approxUnique)])).to.deep.equal(own.map((row) => [row['column_type'], row['count'], row['min'], row['max'], row['approx_unique']])); // prettier-ignore
    const told = (described: readonly object[], name: string): unknown[] =>
      described
        .filter((_row, index) => !name.startsWith('q') || ![0, 2, 3].includes(index)) // quantiles of whole numbers are not SUMMARIZE's
        .map((row) => (row as Record<string, unknown>)[name])
        .map((value) => (value === null || Number.isNaN(Number(value)) ? value : Number(value)));
    for (const name of ['avg', 'std', 'q25', 'q50', 'q75'])
      expect(told(summary, name), name).to.deep.equal(told(own, name));
    const by = new Map(summary.map((row) => [row.column, row]));
    expect([...by.keys()]).to.deep.equal(['id', 'someText', 'price', 'huge', 'real', 'at', 'flag', 'state', 'doc', 'list', 'struct', 'map']); // prettier-ignore
    expect(by.get('id')).to.include({ type: 'INTEGER', count: 1000, nulls: 0, min: '0', max: '999', avg: 499.5 });
    expect(by.get('someText')).to.include({ count: 1000, nulls: 334, min: 't0', max: 't6', avg: null, std: null, q50: null }); // prettier-ignore
    expect(by.get('real')).to.include({ nulls: 1 });
    expect(by.get('huge')).to.include({ max: '99900000000000000000000', avg: 4.995e22 });
    expect(by.get('at')).to.include({ min: '2024-01-01 00:00:00.000001', std: null });
    expect(by.get('at')?.avg).to.match(/^2025-05-14 12:00:00/);
    expect(lines()[0]?.['sql']).to.match(/^SELECT column_name, .*, \(SELECT \{nulls: \[count\(\*\) - count\("id"\), count\(\*\) - count\("some_text"\), .*\], quantiles: \[approx_quantile\(CAST\("id" AS DOUBLE\), \[0\.25, 0\.5, 0\.75\]\), NULL, .*\]\} FROM "summary_row" WHERE "id" < \$1\) FROM \(SUMMARIZE SELECT "id", "some_text", .* FROM "summary_row" WHERE "id" < \$2\)$/); // prettier-ignore
  });

  it('has quantiles of decimals and whole numbers as they are, and not rounded to whole ones', async () => {
    const db = await openManager({ entities: [Row] });
    await db.execute(fill);
    await db.execute(sql`update summary_row set price = id % 2 / 10.0, huge = id % 2`);
    const rows = db.repository(Row);
    const [price, huge, id] = await rows.summarize({ select: ['price', 'huge', 'id'], where: { id: lt(2) } });
    expect([price, huge, id].map((each) => [each?.min, each?.q25, each?.q50, each?.q75, each?.max])).to.deep.equal([['0.0000', 0, 0.05, 0.1, '0.1000'], ['0', 0, 0.5, 1, '1'], ['0', 0, 0.5, 1, '1']]);
    const [one] = await rows.summarize({ select: ['price'], where: { id: 1 } });
    expect([one?.min, one?.avg, one?.q25, one?.q50, one?.q75, one?.max]).to.deep.equal(['0.1000', 0.1, 0.1, 0.1, 0.1, '0.1000']);
  }); // prettier-ignore

  it('is of the columns and rows that are asked for, or of none', async () => {
    const db = await openManager({ entities: [Row] });
    await db.execute(fill);
    const rows = db.repository(Row);
    const two = await rows.summarize({ select: ['price', 'id'], where: { id: gt(990) } });
    expectTypeOf(two).toEqualTypeOf<ColumnSummary<'price' | 'id'>[]>();
    expect(two.map(({ column, count, min, max }) => [column, count, min, max])).to.deep.equal([['price', 9, '247.7500', '249.7500'], ['id', 9, '991', '999']]); // prettier-ignore
    expect(await rows.summarize({ select: ['id'], where: { id: gt(1000) } })).to.deep.equal([{ column: 'id', type: 'INTEGER', count: 0, nulls: 0, min: null, max: null, approxUnique: 0, avg: null, std: null, q25: null, q50: null, q75: null }]); // prettier-ignore
    await db.execute(sql`update summary_row set real = 'nan' where id = 1`);
    expect((await failure(rows.summarize({ select: ['real'] }), 'E_QUERY')).message).to.include('has NaN or an infinity'); // prettier-ignore
    expect((await rows.summarize({ select: ['real'], where: { id: gt(1) } }))[0]?.count).to.equal(998);
    // @ts-expect-error no such property
    await failure(rows.summarize({ select: ['nope'] }), 'E_QUERY');
    // @ts-expect-error no such option
    await failure(rows.summarize({ limit: 5 }), 'E_QUERY');
  });
});
