import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { Column, Table, count, datePart, lt, sql, sum, timeBucket, type BaseDuckDBManager, type DatePartName, type Duration, type Repository } from '@mysingle/database'; // prettier-ignore
import { schemaOf } from '../../lib/entity/schema.js';
import { aggregateStatement } from '../../lib/sql/aggregate.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('ticks')
class Tick {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('timestamptz', { nullable: true }) at!: Date | null;
  @Column('timestamp') plain!: Date;
  @Column('timestamp_ms') ms!: Date;
  @Column('timestamp_s') s!: Date;
  @Column('timestamp_ns') ns!: string;
  @Column('date') day!: Date;
  @Column('timestamp', { as: 'bigint' }) micros!: bigint;
  @Column('time') clock!: string;
  @Column('varchar') name!: string;
}

const TIMES = ['2024-12-30T23:59:59.000Z', '2025-01-05T00:00:00.000Z', '2024-02-29T12:34:56.000Z', '1969-12-31T23:00:01.000Z', '2021-01-03T05:06:07.000Z']; // prettier-ignore

async function ticks(): Promise<{ db: BaseDuckDBManager; repository: Repository<Tick> }> {
  const db = await openManager({ entities: [Tick] });
  const repository = db.repository(Tick);
  const row = (time: string, id: number) => {
    const at = new Date(time);
    return { id, at, micros: BigInt(at.getTime()) * 1000n, plain: at, ms: at, s: at, ns: time.replace('T', ' ').replace('Z', ''), day: new Date(Math.floor(at.getTime() / 864e5) * 864e5), clock: time.slice(11, 19), name: 'x' }; // prettier-ignore
  };
  await repository.insertMany([...TIMES.map(row), { ...row(TIMES[0] as string, 9), at: null }]);
  return { db, repository };
}

const compile = (groupBy: object): string => aggregateStatement(schemaOf(Tick), { groupBy, select: {} }).statement.text;

describe('a part of a date', () => {
  const PARTS: Record<DatePartName, (date: Date) => number> = {
    year: (d) => d.getUTCFullYear(), quarter: (d) => Math.floor(d.getUTCMonth() / 3) + 1, month: (d) => d.getUTCMonth() + 1, day: (d) => d.getUTCDate(),
    dayOfWeek: (d) => d.getUTCDay(), isoDayOfWeek: (d) => d.getUTCDay() || 7, dayOfYear: (d) => Math.floor((d.getTime() - Date.UTC(d.getUTCFullYear(), 0, 1)) / 864e5) + 1,
    hour: (d) => d.getUTCHours(), minute: (d) => d.getUTCMinutes(), second: (d) => d.getUTCSeconds(),
    isoyear: (d) => thursday(d).getUTCFullYear(), week: (d) => Math.ceil((thursday(d).getTime() - Date.UTC(thursday(d).getUTCFullYear(), 0, 1)) / 864e5 / 7 + 1e-9),
  }; // prettier-ignore
  const thursday = (d: Date): Date => new Date(d.getTime() + (4 - (d.getUTCDay() || 7)) * 864e5);

  it('is what JavaScript says of the time in UTC, for every part and type', async () => {
    const { repository } = await ticks();
    for (const [part, of] of Object.entries(PARTS) as [DatePartName, (date: Date) => number][])
      for (const property of ['at', 'plain', 'ms', 's', 'ns', 'micros', 'day', 'clock'] as const) {
        const ofDay = ['hour', 'minute', 'second'].includes(part);
        if (property === 'clock' ? !ofDay : property === 'day' && ofDay) continue;
        const rows = await repository.aggregate({ groupBy: { id: 'id', part: datePart(part, property) }, select: {}, orderBy: { id: 'asc' } }); // prettier-ignore
        const want = [...TIMES, property === 'at' ? null : TIMES[0]].map((time) => (time === null || time === undefined ? null : of(new Date(time)))); // prettier-ignore
        expect(rows.map((row) => row.part), `${part} of ${property}`).to.deep.equal(want); // prettier-ignore
      }
  });

  it('is a number, null where the column may be, and orders', async () => {
    const { db, repository } = await ticks();
    expect(compile({ month: datePart('month', 'at'), year: datePart('year', 'plain') })).to.equal(
      'SELECT date_part(\'month\', "at") AS "month", date_part(\'year\', "plain") AS "year" FROM "ticks" GROUP BY date_part(\'month\', "at"), date_part(\'year\', "plain")',
    );
    const rows = await repository.aggregate({ groupBy: { month: datePart('month', 'at'), year: datePart('year', 'plain') }, select: { n: count() }, orderBy: { month: 'desc', year: 'asc' } }); // prettier-ignore
    expectTypeOf(rows).toEqualTypeOf<{ month: number | null; year: number; n: number }[]>();
    const byHand = await db.query(sql`select month("at")::int "month", year(plain)::int "year", count(*)::int n from ticks group by all order by 1 desc, 2`); // prettier-ignore
    expect(rows.map((row) => ({ ...row }))).to.deep.equal(byHand.map((row) => ({ ...row })));
  });

  it('refuses what has no such part', async () => {
    for (const [work, says] of [
      [() => datePart('decade' as never, 'at'), 'datePart: the part is one of year, quarter'],
      [() => datePart('toString' as never, 'at'), 'datePart: the part is one of'],
      [() => compile({ x: datePart('month', 'name') }), 'datePart: Tick.name is varchar, which has no month'],
      [() => compile({ x: datePart('hour', 'day') }), 'datePart: Tick.day is date, which has no hour'],
      [() => compile({ x: datePart('day', 'clock') }), 'datePart: Tick.clock is time, which has no day'],
      [() => compile({ x: datePart('day', 'nope') }), 'Tick has no column "nope"'],
    ] as const)
      // prettier-ignore
      expect((await failure(work, 'E_QUERY')).message).to.contain(says);
    const compiles = (repository: Repository<Tick>): void => {
      // @ts-expect-error no part
      datePart('decade', 'at');
      // @ts-expect-error no date
      void repository.aggregate({ groupBy: { x: datePart('month', 'id') }, select: { n: count() } });
      // @ts-expect-error no property
      void repository.aggregate({ groupBy: { x: datePart('month', 'nope') }, select: { n: count() } });
    };
    expect(compiles).to.be.a('function');
  });
});

describe('a time bucket', () => {
  it('is in the form that its column is read in', async () => {
    const { repository } = await ticks();
    const groupBy = { month: timeBucket('month', 'micros'), text: timeBucket('1d', 'ns') };
    const [row] = await repository.aggregate({ groupBy, select: { n: count() }, where: { id: 1 } });
    expectTypeOf(row).toEqualTypeOf<{ month: bigint; text: string; n: number } | undefined>();
    expect(row).to.deep.equal({ month: BigInt(Date.UTC(2025, 0)) * 1000n, text: '2025-01-05 00:00:00', n: 1 });
  });

  it('begins where its origin says, and on Mondays without one', async () => {
    const { repository } = await ticks();
    const starts = async (width: Duration, property: 'at' | 'plain' | 'ms' | 's' | 'ns' | 'day', origin?: string) => {
      const key = timeBucket(width, property, origin === undefined ? {} : { origin: new Date(origin) });
      const rows = await repository.aggregate({ groupBy: { id: 'id', start: key }, select: {}, where: { id: 2 } });
      expectTypeOf(rows[0]?.start).toEqualTypeOf<Date | string | null | undefined>();
      return rows.map(({ start }) => (start instanceof Date ? start.toISOString().slice(0, 19) : String(start).slice(0, 19).replace(' ', 'T')))[0]; // prettier-ignore
    };
    for (const property of ['at', 'plain', 'ms', 's', 'ns'] as const) {
      expect(await starts('7d', property), property).to.equal('2024-02-26T00:00:00');
      expect(await starts('1d', property, '2030-01-01T21:00:00Z'), property).to.equal('2024-02-28T21:00:00');
      expect(await starts('7d', property, '2024-03-03T00:00:00Z'), property).to.equal('2024-02-25T00:00:00');
    }
    expect(await starts('7d', 'day', '2024-03-03T00:00:00Z')).to.equal('2024-02-25T00:00:00');
    expect(compile({ x: timeBucket('1d', 'at', { origin: new Date(5) }) })).to.contain(
      'time_bucket(to_microseconds(86400000000), "at", make_timestamptz(5000))',
    );
    expect(compile({ x: timeBucket('1d', 'day', { origin: new Date(0) }) })).to.contain(
      'CAST(time_bucket(to_microseconds(86400000000), "day", make_timestamp(0)) AS DATE)',
    );
  });

  it('begins with the month, the quarter and the year of the calendar', async () => {
    const { repository } = await ticks();
    const starts = { month: ['2024-12-01', '2025-01-01', '2024-02-01', '1969-12-01', '2021-01-01'], quarter: ['2024-10-01', '2025-01-01', '2024-01-01', '1969-10-01', '2021-01-01'], year: ['2024-01-01', '2025-01-01', '2024-01-01', '1969-01-01', '2021-01-01'] } as const;
    for (const width of ['month', 'quarter', 'year'] as const)
      for (const property of ['at', 'plain', 'ms', 's', 'ns', 'day'] as const) {
        const rows = await repository.aggregate({ where: { id: lt(5) }, groupBy: { id: 'id', start: timeBucket(width, property) }, select: {}, orderBy: { id: 'asc' } });
        const texts = rows.map(({ start }) => (start instanceof Date ? start.toISOString() : String(start).replace(' ', 'T')));
        expect(texts.map((text) => text.slice(0, 19)), `${width} of ${property}`).to.deep.equal(starts[width].map((day) => `${day}T00:00:00`));
      }
    expect(compile({ x: timeBucket('month', 'at') })).to.contain(`SELECT date_trunc('month', "at") AS "x"`);
    expect(compile({ x: timeBucket('year', 'day') })).to.contain(`SELECT CAST(date_trunc('year', "day") AS DATE) AS "x"`);
    expect((await failure(() => timeBucket('month', 'at', { origin: new Date(0) }), 'E_CONFIG')).message).to.equal('timeBucket: buckets of a month begin with it, and take no origin.');
    // @ts-expect-error no width
    await failure(() => timeBucket('week', 'at'), 'E_CONFIG');
    await failure(() => compile({ x: timeBucket('month', 'clock') }), 'E_QUERY');
  }); // prettier-ignore

  it('refuses a start that its column cannot hold', async () => {
    for (const [key, says] of [
      [
        timeBucket('1500ms', 's'),
        "Tick.s is a timestamp_s: buckets of '1500ms' would begin within one of its units. Give whole seconds.",
      ],
      [timeBucket('0.5ms', 'ms'), 'Give whole milliseconds'],
      [timeBucket('36h', 'day'), 'Give whole days'],
      [timeBucket('1d', 'day', { origin: new Date(1) }), 'begin at whole days, and the origin does not'],
      [timeBucket('1d', 's', { origin: new Date(1) }), 'begin at whole seconds'],
      [timeBucket('1d', 'clock'), 'Tick.clock is time, not a date or timestamp'],
    ] as const)
      // prettier-ignore
      expect((await failure(() => compile({ key }), 'E_QUERY')).message).to.contain(says);
    await failure(() => timeBucket('1d', 'at', { origin: new Date(Number.NaN) }), 'E_CONFIG');
    await failure(() => timeBucket('1d', 'at', { origin: 0 as never }), 'E_CONFIG');
  });

  it('is null where its time is, by its type too', async () => {
    const { repository } = await ticks();
    const rows = await repository.aggregate({ groupBy: { at: timeBucket('1d', 'at'), day: timeBucket('1d', 'day') }, select: { ids: sum('id') }, orderBy: { at: { dir: 'asc', nulls: 'first' } }, limit: 1 }); // prettier-ignore
    expectTypeOf(rows).toEqualTypeOf<{ at: Date | null; day: Date; ids: number | null }[]>();
    expect(rows[0]).to.include({ at: null, ids: 9 });
  });
});
