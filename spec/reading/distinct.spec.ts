import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Cached, Column, Table, enumOf, json, ne, sql } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { watched } from '../support/watched.js';

@Cached('1h')
@Table('distinct_run')
class Run {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) strategy!: string | null;
  @Column(enumOf('distinct_state', ['queued', 'done'])) state!: 'queued' | 'done';
  @Column('decimal(9,2)') price!: string;
  @Column('double') real!: number;
  @Column(json<number>()) doc!: number;
}

describe('distinct', () => {
  it('gives each combination once', async () => {
    const { db, lines } = await watched({ entities: [Run] });
    const runs = db.repository(Run);
    const rows = [['b', 'done', NaN], [null, 'queued', 0], ['b', 'done', NaN], ['a', 'queued', -0], [null, 'queued', 1], ['b', 'queued', 1]] as const; // prettier-ignore
    await runs.insertMany(rows.map(([strategy, state, real], id) => ({ id, strategy, state, real, price: '1.50', doc: id }))); // prettier-ignore
    lines();
    const found = await runs.distinct(['strategy', 'state'], { orderBy: { strategy: { dir: 'asc', nulls: 'first' }, state: 'desc' } }); // prettier-ignore
    expectTypeOf(found).toEqualTypeOf<Pick<Run, 'strategy' | 'state'>[]>();
    const expected = await db.query(sql`select strategy, state from distinct_run group by all order by strategy nulls first, state desc`); // prettier-ignore
    expect(found.map((row) => ({ ...row }))).to.deep.equal(expected);
    expect(found[0]).to.be.instanceOf(Run);
    expect(await runs.distinct(['real'])).to.have.length(3);
    expect((await runs.distinct(['price']))[0]?.price).to.equal('1.50');
    const some = await runs.distinct(['strategy', 'strategy'], { where: { state: ne('done') }, orderBy: { strategy: 'asc' }, limit: 2, offset: 1 }); // prettier-ignore
    expect(some.map(({ strategy }) => strategy)).to.deep.equal(['b', null]);
    expect(lines().map(({ sql: text }) => text)).to.include.members([
      'SELECT DISTINCT "strategy", "state" FROM "distinct_run" ORDER BY "strategy" ASC NULLS FIRST, "state" DESC',
      'SELECT DISTINCT "strategy" FROM "distinct_run" WHERE "state" IS DISTINCT FROM $1 ORDER BY "strategy" ASC LIMIT 2 OFFSET 1',
    ]); // prettier-ignore
    await runs.distinct(['real']);
    expect(lines()).to.deep.equal([]);
    await runs.distinct(['real'], { cache: false });
    expect(lines()).to.have.length(1);
  });

  it('refuses what it cannot do', async () => {
    const runs = (await watched({ entities: [Run] })).db.repository(Run);
    const said = async (work: Promise<unknown>): Promise<string> => (await failure(work, 'E_QUERY')).message;
    expect(await said(runs.distinct(['doc']))).to.equal('distinct: Run.doc is json, which would be compared by its text. Take another column, or leave it out.'); // prettier-ignore
    // @ts-expect-error an order by another property
    expect(await said(runs.distinct(['state'], { orderBy: { id: 'asc' } }))).to.equal('distinct: orderBy id is not among the properties that are asked for. There is: state.'); // prettier-ignore
    // @ts-expect-error no such property
    expect(await said(runs.distinct(['nope']))).to.include('Run has no column "nope"');
    for (const given of [[], undefined, 'state'] as never[])
      expect(await said(runs.distinct(given))).to.include('at least one property');
    // @ts-expect-error no such option
    expect(await said(runs.distinct(['state'], { select: ['id'] }))).to.include("distinct has no option 'select'");
  });
});
