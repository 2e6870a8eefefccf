import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Cached, Column, Table, gt, lt, sql, type Repository } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { scratchPath } from '../support/scratch.js';
import { watched } from '../support/watched.js';

@Cached('1h')
@Table('sample_row')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('double') real!: number;
}

const ids = (rows: readonly { id: number }[]): number[] => rows.map(({ id }) => id);

describe('a sample', () => {
  it('has exactly as many rows as asked for, or all, of those that match', async () => {
    const { db, lines } = await watched({ entities: [Row] });
    await db.execute(sql`insert into sample_row select i, i / 2 from range(20000) r(i)`);
    lines();
    const rows = db.repository(Row);
    const some = await rows.sample({ rows: 100 }, { where: { id: gt(17_000) } });
    expectTypeOf(some).toEqualTypeOf<Row[]>();
    expect(some).to.have.length(100);
    expect(new Set(ids(some)).size).to.equal(100);
    for (const row of some) {
      expect(row).to.be.instanceOf(Row);
      expect([row.id > 17_000, row.real]).to.deep.equal([true, row.id / 2]);
    }
    expect(lines()[0]?.['sql']).to.equal('SELECT * FROM (SELECT "id", "real" FROM "sample_row" WHERE "id" > $1) USING SAMPLE reservoir(100 ROWS)'); // prettier-ignore
    const other = await rows.sample({ rows: 100 }, { where: { id: gt(17_000) } });
    expect(ids(other)).not.to.deep.equal(ids(some));
    const all = await rows.sample({ rows: 5000 }, { where: { id: lt(40) }, select: ['id'] });
    expectTypeOf(all).toEqualTypeOf<Pick<Row, 'id'>[]>();
    expect(ids(all).toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 40 }, (_row, id) => id));
    expect([await rows.sample({ rows: 0 }), await rows.sample({ percent: 0 })]).to.deep.equal([[], []]);
    expect(await rows.sample({ percent: 100 })).to.have.length(20_000);
    expect(await rows.sample({ percent: 1e-7 }, { seed: 1 })).to.have.length(0);
    // 10 times the standard deviation
    expect((await rows.sample({ percent: 5 })).length).to.be.within(700, 1300);
  });

  it('is the same with a seed, whatever the threads and the manager, and kept then alone', async () => {
    const path = scratchPath();
    const samples: number[][][] = [];
    for (const threads of [1, 4]) {
      const { db, lines } = await watched({ path, entities: [Row], settings: { threads } });
      const rows: Repository<Row> = db.repository(Row);
      if (threads === 1) await db.execute(sql`insert into sample_row select i, i from range(300000) r(i)`);
      lines();
      const where = { id: gt(1000) };
      const twice = async (): Promise<number[][]> => [ids(await rows.sample({ rows: 50 }, { where, seed: 7, cache: false })), ids(await rows.sample({ percent: 0.1 }, { where, seed: 7, cache: false }))]; // prettier-ignore
      samples.push(await twice(), await twice());
      expect(ids(await rows.sample({ rows: 50 }, { where, seed: 8, cache: false }))).not.to.deep.equal(samples[0]?.[0]);
      lines();
      await rows.sample({ rows: 5 }, { seed: threads });
      await rows.sample({ rows: 5 }, { seed: threads });
      await rows.sample({ rows: 5 });
      await rows.sample({ rows: 5 });
      expect(lines()).to.have.length(3);
      await db.close();
    }
    for (const each of samples) expect(each).to.deep.equal(samples[0]);
  });

  it('refuses sizes and seeds that are none', async () => {
    const rows = (await watched({ entities: [Row] })).db.repository(Row);
    const said = async (size: unknown, options: object = {}): Promise<string> => (await failure(rows.sample(size as never, options), 'E_QUERY')).message; // prettier-ignore
    for (const size of [{}, { rows: 1, percent: 1 }]) expect(await said(size)).to.equal('sample: give { rows } or { percent }.'); // prettier-ignore
    for (const size of [5, null, undefined]) expect(await said(size)).to.equal('sample takes an object of options.');
    expect(await said({ row: 1 })).to.include("sample has no option 'row'");
    for (const rowsOf of [-1, 1.5, NaN, '5', 1_000_000_001])
      expect(await said({ rows: rowsOf })).to.include('sample: rows is a whole number from 0 to 1000000000, got ');
    for (const percent of [-1, 101, NaN, '5']) expect(await said({ percent })).to.include('sample: percent is a number from 0 to 100, got '); // prettier-ignore
    for (const seed of [-1, 1.5, 2 ** 31, '1']) expect(await said({ rows: 1 }, { seed })).to.include('sample: seed is a whole number from 0 to 2147483647, got '); // prettier-ignore
    // @ts-expect-error one of them
    await failure(rows.sample({ rows: 1, percent: 1 }), 'E_QUERY');
    // @ts-expect-error a sample has no order
    await failure(rows.sample({ rows: 1 }, { orderBy: { id: 'asc' } }), 'E_QUERY');
  });
});
