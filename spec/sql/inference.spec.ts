// What the compiler makes of marked, nullable and listed properties, over all calls that infer rows.
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import {
  Column, Table, and, count, datePart, enumOf, eq, gt, lag, lastValue, list, max, now, timeBucket, uuid7, type Generated, type Repository,
} from '@mysingle/database'; // prettier-ignore

@Table('events')
class Event {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;
  @Column(enumOf('state', ['a', 'b'])) state!: 'a' | 'b';
  @Column(list('double')) equity!: number[];
  method(): number {
    return 1;
  }
}

describe('inference', () => {
  it('knows the rows of aggregates, windows and joins without a word', () => {
    const compiles = async (events: Repository<Event>, either: boolean): Promise<void> => {
      const rows = await events.aggregate({
        groupBy: { day: timeBucket('1d', 'createdAt'), month: datePart('month', 'createdAt'), state: 'state' },
        select: {
          last: max('createdAt').filter({ createdAt: gt(new Date()) }),
          some: count().filter({ state: eq('a'), equity: [1, 2] }),
          one: count().filter(and({ state: 'a' }, { id: 'x' })),
        },
      });
      expectTypeOf(rows).toEqualTypeOf<{ day: Date; month: number; state: 'a' | 'b'; last: Date | null; some: number; one: number }[]>(); // prettier-ignore
      const totals = await events.aggregate({ groupBy: ['state'], select: { n: count() }, rollup: either });
      expectTypeOf(totals).toEqualTypeOf<{ state: 'a' | 'b' | null; n: number }[]>();
      const pairs = await events.asOf(Event, { on: 'createdAt', by: ['state', 'id'], select: ['id'], inner: true });
      expectTypeOf(pairs).toEqualTypeOf<{ left: Pick<Event, 'id'>; right: Event }[]>();
      const maybe = await events.asOf(Event, { on: 'createdAt', inner: either });
      expectTypeOf(maybe).toEqualTypeOf<{ left: Event; right: Event | null }[]>();
      const around = await events.window({ partitionBy: ['state'], orderBy: [{ createdAt: 'asc' }], select: { at: 'createdAt', before: lag('createdAt'), equity: lastValue('equity'), was: lag('state') } }); // prettier-ignore
      expectTypeOf(around).toEqualTypeOf<{ at: Date; before: Date | null; equity: number[]; was: 'a' | 'b' | null }[]>(); // prettier-ignore
      // @ts-expect-error a method is no column
      void events.window({ orderBy: { createdAt: 'asc' }, select: { x: 'method' } });
      // @ts-expect-error a list has no place before another
      void events.asOf(Event, { on: 'equity' });
      // @ts-expect-error a Date is no number
      void events.window({ orderBy: { createdAt: 'asc' }, select: { x: lag('createdAt') }, qualify: { x: gt(1) } });
    };
    expect(compiles).to.be.a('function');
  });
});
