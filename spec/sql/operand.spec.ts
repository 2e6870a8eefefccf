import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, argMax, collect, count, countDistinct, first, json, lag, last, many, max, movingMax, timeBucket } from '@mysingle/database'; // prettier-ignore
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('owners')
class Owner {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('papers')
class Paper {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { references: () => [Owner, 'id'] }) owner!: number;
  @Column('timestamp') at!: Date;
  @Column(json<number>()) doc!: number;
}

describe('json', () => {
  it('is compared by its text nowhere: it makes no groups and no order, and every call says so', async () => {
    const db = await openManager({ entities: [Owner, Paper] });
    const [papers, owners] = [db.repository(Paper), db.repository(Owner)];
    await owners.insert({ id: 1 });
    // as text 10 is before 9
    await papers.insertMany([9, 10].map((doc, id) => ({ id, owner: 1, at: new Date(id), doc })));
    const [doc, select] = [{ doc: 'asc' }, { n: count() }] as const;
    const bucket = { at: timeBucket('1d', 'at') };
    for (const [call, what] of [
      [() => papers.find({ orderBy: doc }), 'orderBy'],
      [() => papers.find({ orderBy: [{ id: 'asc' }, doc], limit: 1 }), 'orderBy'],
      [() => papers.findOne({ orderBy: doc }), 'orderBy'],
      [() => papers.findColumns({ orderBy: doc }), 'orderBy'],
      [() => owners.find({ include: { papers: many(Paper, { orderBy: doc }) } }), 'orderBy'],
      [() => papers.asOf(Paper, { on: 'at', orderBy: doc }), 'orderBy'],
      [() => papers.distinct(['id', 'doc']), 'distinct'],
      [() => papers.latestBy(['doc'], { orderBy: 'id' }), 'latestBy: by'],
      [() => papers.latestBy(['id'], { orderBy: 'doc' }), 'latestBy: orderBy'],
      [() => papers.window({ partitionBy: ['doc'], orderBy: { id: 'asc' }, select: { x: lag('id') } }), 'window: partitionBy'],
      [() => papers.window({ orderBy: doc, select: { x: lag('id') } }), 'window: orderBy'],
      [() => papers.window({ orderBy: { id: 'asc' }, select: { doc: 'doc' }, sort: doc }), 'window: sort'],
      [() => papers.window({ orderBy: { id: 'asc' }, select: { x: movingMax('doc' as never, 2) } }), 'window: movingMax'],
      [() => papers.aggregate({ groupBy: ['doc'], select }), 'aggregate: groupBy'],
      [() => papers.aggregate({ groupBy: { x: 'doc' }, select, rollup: true }), 'aggregate: groupBy'],
      [() => papers.aggregate({ groupBy: { x: 'doc', ...bucket }, select, fill: true }), 'aggregate: groupBy'],
      [() => papers.aggregate({ select: { x: countDistinct('doc') } }), 'aggregate: countDistinct'],
      [() => papers.aggregate({ select: { x: max('doc' as never) } }), 'aggregate: max'],
      [() => papers.aggregate({ select: { x: argMax('id', 'doc') } }), 'aggregate: argMax'],
      [() => papers.aggregate({ select: { x: first('id', 'doc') } }), 'aggregate: first'],
      [() => papers.aggregate({ select: { x: collect('id', 'doc') } }), 'aggregate: collect'],
      [() => papers.aggregate({ groupBy: ['id'], select: { x: last('doc') }, orderBy: { x: 'asc' } }), 'aggregate: orderBy'],
      [() => papers.aggregate({ groupBy: bucket, select: { x: last('doc') }, fill: true, orderBy: { x: 'asc' } }), 'aggregate: orderBy'],
    ] as const) {
      const { message } = await failure(async () => call(), 'E_QUERY');
      expect(message.replace(/: (?:Paper\.doc|doc|x) is json, /, ': '), what).to.equal(`${what}: which would be compared by its text. Take another column, or leave it out.`);
    }
    // it is read, counted and carried along
    expect((await papers.aggregate({ select: { n: count('doc'), x: last('doc', 'id'), all: collect('doc', 'id') } }))[0]).to.include({ n: 2, x: 10 });
    expect((await papers.latestBy(['owner'], { orderBy: 'id' })).map((paper) => paper.doc)).to.deep.equal([10]);
    expect((await papers.window({ orderBy: { id: 'asc' }, select: { x: lag('doc') } })).map(({ x }) => x)).to.deep.equal([null, 9]);
  }); // prettier-ignore
});
