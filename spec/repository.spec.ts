import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { Column, Index, Table, all, avg, count, gt, json, list, lt, max, ne, now, or, sql, uuid7, type BaseDuckDBManager, type Generated, type Insert, type Repository } from '@mysingle/database'; // prettier-ignore
import { failure } from './support/failure.js';
import { openManager } from './support/scratch.js';

@Table('repo_run')
@Index(['strategy', 'day'], { unique: true })
class Run {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar') strategy!: string;
  @Column('date') day!: Date;
  @Column('double', { nullable: true }) profit!: number | null;
  @Column('varchar', { nullable: true, unique: true }) code!: string | null;
  @Column('timestamptz', { default: now() }) createdAt!: Generated<Date>;

  label(): string {
    return `${this.strategy}!`;
  }
}

@Table('repo_price')
class Price {
  @Column('varchar', { primaryKey: true }) symbol!: string;
  @Column('date', { primaryKey: true }) day!: Date;
  @Column('decimal(9,2)') close!: string;
}

@Table('repo_event')
class Event {
  @Column('integer') n!: number;
}

@Table('repo_stranger')
class Stranger {
  @Column('integer') n!: number;
}

@Table('repo_series')
class Series {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('utinyint') tiny!: number;
  @Column('float') float!: number;
  @Column('double') double!: number;
  @Column('bigint', { as: 'number' }) whole!: number;
  @Column('decimal(9,2)', { as: 'number' }) price!: number;
  @Column('bigint') big!: bigint;
  @Column('timestamp', { as: 'bigint' }) micros!: bigint;
  @Column('ubigint') unsigned!: bigint;
  @Column('hugeint') huge!: bigint;
  @Column('varchar') text!: string;
  @Column('date') day!: Date;
  @Column('boolean') truth!: boolean;
  @Column(list('integer')) list!: number[];
  @Column(json<{ n: number }>()) doc!: { n: number };
  @Column('double', { nullable: true }) maybe!: number | null;
  @Column('bigint', { nullable: true }) maybeBig!: bigint | null;
}

const entities = [Run, Price, Event, Series];
const day = new Date('2026-01-02');

/** A manager, and the SQL of each statement since the last look. */
async function watched(): Promise<{ db: BaseDuckDBManager; sqls: () => string[] }> {
  const lines: string[] = [];
  const logger = pino({ level: 'debug', base: null }, { write: (line: string) => void lines.push(line) });
  const db = await openManager({ entities, logger });
  const sqls = (): string[] => lines.splice(0).flatMap((line) => (JSON.parse(line) as { sql?: string }).sql ?? []);
  sqls();
  return { db, sqls };
}

const RUN = '"id", "strategy", "day", "profit", "code", "created_at"';

describe('a repository', () => {
  it('inserts a row and gives it back as stored, as an instance', async () => {
    const { db, sqls } = await watched();
    const run = await db.repository(Run).insert({ strategy: 's', day });
    expect(sqls()).to.deep.equal([`INSERT INTO "repo_run" (${RUN}) VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${RUN}`]);
    expect(run).to.be.instanceOf(Run).and.include({ strategy: 's', profit: null, code: null });
    expect([run.label(), run.day, run.id.length]).to.deep.equal(['s!', day, 36]);
    expect(await db.repository(Run).find()).to.deep.equal([run]);
    await failure(db.repository(Run).insert({ strategy: 's', day }), 'E_UNIQUE');
    await failure(db.repository(Run).insert({ strategy: 's', dya: day } as never), 'E_VALIDATION');
  });

  it('finds rows: all of them, some of them, some columns, the first, none', async () => {
    const { db, sqls } = await watched();
    const runs = db.repository(Run);
    for (const [strategy, profit] of [['a', 1], ['b', null], ['c', 3]] as const) await runs.insert({ strategy, day, profit }); // prettier-ignore
    sqls();
    const found = await runs.find({ where: { profit: ne(1) }, orderBy: { strategy: 'desc' }, limit: 2, offset: 0 });
    expect(found.map(({ strategy }) => strategy)).to.deep.equal(['c', 'b']);
    const some = await runs.find({ select: ['strategy', 'profit'], where: or<Run>({ strategy: 'a' }, { profit: gt(2) }), orderBy: { strategy: 'asc' } }); // prettier-ignore
    expect(some.map((row) => Object.assign({}, row))).to.deep.equal([{ strategy: 'a', profit: 1 }, { strategy: 'c', profit: 3 }]); // prettier-ignore
    expect((await runs.findOne({ where: { strategy: 'b' } }))?.profit).to.equal(null);
    expect(await runs.findOne({ where: { strategy: 'z' } })).to.equal(null);
    expect(sqls()).to.deep.equal([
      `SELECT ${RUN} FROM "repo_run" WHERE "profit" IS DISTINCT FROM $1 ORDER BY "strategy" DESC LIMIT 2 OFFSET 0`,
      'SELECT "strategy", "profit" FROM "repo_run" WHERE ("strategy" = $1 OR "profit" > $2) ORDER BY "strategy" ASC',
      `SELECT ${RUN} FROM "repo_run" WHERE "strategy" = $1 LIMIT 1`,
      `SELECT ${RUN} FROM "repo_run" WHERE "strategy" = $1 LIMIT 1`,
    ]);
    expect(await runs.findOneOrFail({ where: { strategy: 'a' } })).to.be.instanceOf(Run);
    const error = await failure(runs.findOneOrFail({ where: { strategy: 'z' } }), 'E_NOT_FOUND');
    expect([error.message, error.details]).to.deep.equal(['No Run matches.', { entity: 'Run' }]);
    await failure(runs.find({ limt: 1 } as never), 'E_QUERY');
    await failure(runs.find({ where: { nope: 1 } as never }), 'E_QUERY');
    await failure(runs.find({ select: ['nope'] as never }), 'E_QUERY');
  });

  it('finds by the primary key, of one column or of several, and refuses what is none', async () => {
    const { db } = await watched();
    const run = await db.repository(Run).insert({ strategy: 's', day });
    expect(await db.repository(Run).findById(run.id)).to.deep.equal(run);
    expect(await db.repository(Run).findById({ id: run.id })).to.deep.equal(run);
    expect(await db.repository(Run).findById('00000000-0000-0000-0000-000000000000')).to.equal(null);
    const prices = db.repository(Price);
    await prices.insert({ symbol: 'A', day, close: '1.00' });
    expect((await prices.findById({ symbol: 'A', day }))?.close).to.equal('1.00');
    for (const id of ['A', { symbol: 'A' }, { symbol: 'A', day, close: '1.00' }, null, undefined] as never[])
      expect((await failure(() => prices.findById(id), 'E_QUERY')).message).to.equal('The id of Price is an object of symbol, day, and of nothing else.'); // prettier-ignore
    expect((await failure(() => db.repository(Event).findById(1), 'E_QUERY')).message).to.equal('Event has no primary key: use findOne({ where }).'); // prettier-ignore
    for (const id of [null, undefined, {}, { id: ne('x'), more: 1 }] as never[])
      // prettier-ignore
      await failure(() => db.repository(Run).findById(id), 'E_QUERY');
  });

  it('counts, and looks whether there is any', async () => {
    const { db, sqls } = await watched();
    const events = db.repository(Event);
    await events.insertMany([{ n: 1 }, { n: 2 }, { n: 2 }]);
    sqls();
    expect([await events.count(), await events.count({ n: 2 }), await events.count(all())]).to.deep.equal([3, 2, 3]);
    expect([await events.exists(), await events.exists({ n: 2 }), await events.exists({ n: 3 })]).to.deep.equal([true, true, false]); // prettier-ignore
    expect(sqls().slice(0, 2)).to.deep.equal([
      'SELECT count(*) FROM "repo_event"',
      'SELECT count(*) FROM "repo_event" WHERE "n" = $1',
    ]);
  });

  it('updates by values and fragments, deletes, and gives the number of rows', async () => {
    const { db, sqls } = await watched();
    const events = db.repository(Event);
    await events.insertMany([{ n: 1 }, { n: 2 }, { n: 3 }]);
    sqls();
    expect(await events.update({ n: gt(1) }, { n: sql`n * ${10}` })).to.equal(2);
    expect(await events.update({ n: 1 }, { n: 5 })).to.equal(1);
    expect(await events.update({ n: 77 }, { n: 5 })).to.equal(0);
    expect(await events.delete({ n: 20 })).to.equal(1);
    expect((await events.find({ orderBy: { n: 'asc' } })).map(({ n }) => n)).to.deep.equal([5, 30]);
    expect([await events.update(all(), { n: 1 }), await events.delete(all())]).to.deep.equal([2, 2]);
    expect(sqls()).to.deep.equal([
      'UPDATE "repo_event" SET "n" = (n * $1) WHERE "n" > $2',
      'UPDATE "repo_event" SET "n" = $1 WHERE "n" = $2',
      'UPDATE "repo_event" SET "n" = $1 WHERE "n" = $2',
      'DELETE FROM "repo_event" WHERE "n" = $1',
      'SELECT "n" FROM "repo_event" ORDER BY "n" ASC',
      'UPDATE "repo_event" SET "n" = $1',
      'DELETE FROM "repo_event"',
    ]);
  });

  it('refuses an update or delete of every row that does not say all(), and an update of nothing', async () => {
    const events = (await watched()).db.repository(Event);
    await events.insert({ n: 1 });
    for (const where of [{}, undefined as never]) {
      expect((await failure(events.delete(where), 'E_QUERY')).message).to.equal('delete on Event: the condition is empty. To delete every row, write all().'); // prettier-ignore
      await failure(events.update(where, { n: 2 }), 'E_QUERY');
    }
    await failure(events.delete({ n: undefined as never }), 'E_QUERY');
    expect((await failure(events.update(all(), { n: undefined }), 'E_QUERY')).message).to.equal('update on Event: the patch sets nothing.'); // prettier-ignore
    expect(await events.count()).to.equal(1);
  });

  it('upserts by the primary key, a unique column, or a unique index', async () => {
    const { db, sqls } = await watched();
    const prices = db.repository(Price);
    expect(await prices.upsert({ symbol: 'A', day, close: '1.00' })).to.equal(1);
    expect(await prices.upsert({ symbol: 'A', day, close: '2.00' })).to.equal(1);
    expect(sqls().at(-1)).to.equal('INSERT INTO "repo_price" ("symbol", "day", "close") VALUES ($1, $2, $3) ON CONFLICT ("symbol", "day") DO UPDATE SET "close" = excluded."close"'); // prettier-ignore
    expect((await prices.find()).map(({ close }) => close)).to.deep.equal(['2.00']);
    const runs = db.repository(Run);
    const { id, createdAt } = await runs.insert({ strategy: 's', day, code: 'c', profit: 1 });
    await runs.upsert({ strategy: 's', day, profit: 2 }, { on: ['strategy', 'day'] });
    await runs.upsert([{ strategy: 'other', day, code: 'c' }], { on: ['code'], update: ['strategy'] });
    expect((await runs.find()).map((row) => Object.assign({}, row))).to.deep.equal([{ id, createdAt, strategy: 'other', day, code: 'c', profit: 2 }]); // prettier-ignore
    for (const on of [['profit'], ['strategy'], []] as const)
      await failure(runs.upsert({ strategy: 's', day }, { on }), 'E_QUERY');
    expect((await failure(db.repository(Event).upsert({ n: 1 }), 'E_QUERY')).message).to.include('it has no primary key, so name a unique key'); // prettier-ignore
    await failure(runs.upsert({ strategy: 's', day }, { onn: ['id'] } as never), 'E_QUERY');
    await failure(runs.insertMany([], { onConflict: 'merge' as never }), 'E_QUERY');
    await failure(runs.insertMany([], { onConflikt: 'update' } as never), 'E_QUERY');
  });

  it('aggregates', async () => {
    const { db, sqls } = await watched();
    const runs = db.repository(Run);
    for (const [strategy, profit, date] of [
      ['a', 1, '2026-01-01'],
      ['a', 3, '2026-01-02'],
      ['b', 9, '2026-01-01'],
      ['c', null, '2026-01-01'],
    ] as const)
      // prettier-ignore
      await runs.insert({ strategy, profit, day: new Date(date) });
    sqls();
    const rows = await runs.aggregate({
      groupBy: ['strategy'],
      select: { runs: count(), mean: avg('profit'), last: max('day') },
      having: { mean: gt(1) },
      orderBy: { mean: 'desc' },
      limit: 5,
    });
    expect(rows).to.deep.equal([
      { strategy: 'b', runs: 1, mean: 9, last: new Date('2026-01-01') },
      { strategy: 'a', runs: 2, mean: 2, last: day },
    ]);
    expect(sqls()).to.deep.equal([
      'SELECT "strategy" AS "strategy", count(*) AS "runs", avg("profit") AS "mean", max("day") AS "last" FROM "repo_run" GROUP BY "strategy" HAVING avg("profit") > $1 ORDER BY avg("profit") DESC LIMIT 5',
    ]);
    expectTypeOf(rows).toEqualTypeOf<{ strategy: string; runs: number; mean: number | null; last: Date | null }[]>();
  });

  it('is one for each entity, and refuses a class that is not the manager’s', async () => {
    const { db } = await watched();
    expect(db.repository(Run)).to.equal(db.repository(Run));
    expect((await failure(() => db.repository(Stranger), 'E_CONFIG')).message).to.equal('Stranger is not among the entities of this manager. Add it: entities: [Stranger].'); // prettier-ignore
    await failure(
      () =>
        db.repository(
          class {
            id = 1;
          },
        ),
      'E_DECLARATION',
    );
  });

  it('types rows, selections, inserts, patches and conditions', async () => {
    const runs = (await watched()).db.repository(Run);
    expectTypeOf(runs.find()).resolves.toEqualTypeOf<Run[]>();
    expectTypeOf(runs.find({ select: ['id', 'profit'] })).resolves.toEqualTypeOf<Pick<Run, 'id' | 'profit'>[]>();
    expectTypeOf(runs.findOne({ select: ['day'] })).resolves.toEqualTypeOf<Pick<Run, 'day'> | null>();
    expectTypeOf<Insert<Run>>().toEqualTypeOf<{ strategy: string; day: Date; id?: string | undefined; profit?: number | null | undefined; code?: string | null | undefined; createdAt?: Date | undefined }>(); // prettier-ignore
    const wrong = [
      // @ts-expect-error strategy is missing
      () => runs.insert({ day }),
      // @ts-expect-error a date is no text
      () => runs.insert({ strategy: 's', day: '2026-01-01' }),
      // @ts-expect-error there is no such column
      () => runs.find({ where: { nope: 1 } }),
      // @ts-expect-error a number is compared with a number
      () => runs.find({ where: { profit: gt('1') } }),
      // @ts-expect-error methods are no columns
      () => runs.find({ select: ['label'] }),
      // @ts-expect-error there is no such order
      () => runs.find({ orderBy: { day: 'up' } }),
      // @ts-expect-error strategy is not nullable
      () => runs.update({ strategy: 's' }, { strategy: null }),
      // @ts-expect-error text has no mean
      () => runs.aggregate({ select: { mean: avg('day') } }),
      // @ts-expect-error having speaks of aggregates
      () => runs.aggregate({ select: { n: count() }, having: { profit: 1 } }),
    ];
    for (const call of wrong) await failure(async () => call());
  });
});

describe('columns of a repository', () => {
  it('are errors by column and row where the table is not what its class says', async () => {
    class Drift {
      id!: number;
      size!: number;
      count!: bigint;
    }
    Column('integer', { primaryKey: true })(Drift.prototype, 'id');
    Column('double')(Drift.prototype, 'size');
    Column('bigint')(Drift.prototype, 'count');
    Table('drift')(Drift);
    const db = await openManager({ entities: [Drift], schema: 'off' });
    await db.execute(sql`create table drift (id integer, size varchar, "count" integer)`);
    await db.execute(sql`insert into drift values (1, '2', 3), (2, null, null)`);
    const drift = db.repository(Drift);
    for (const [select, message] of [
      ['size', 'Column "size", row 0: the value is a string, and its class says a number; declare what the table has.'],
      ['count', 'Column "count", row 0: the value is an integer, and its class says a bigint; declare what the table has.'],
    ] as const)
      expect((await failure(drift.findColumns({ select: [select] }), 'E_CONVERSION')).message).to.equal(message);
    await db.execute(sql`alter table drift alter size type double`);
    expect((await failure(drift.findColumns({ select: ['size'] }), 'E_CONVERSION')).message).to.match(/row 1: the value is null, and its class says a number/);
  }); // prettier-ignore

  const N = 5000;
  const at = (id: number): Insert<Series> => ({
    id, tiny: id % 256, float: id / 2, double: -id / 7, whole: id * 2 ** 40, price: id / 4, big: BigInt(id) - 2n ** 63n, micros: BigInt(id),
    unsigned: 2n ** 64n - 1n - BigInt(id), huge: 2n ** 100n + BigInt(id), text: `text number ${id}, é`, day: new Date(id * 864e5), truth: id % 2 === 0,
    list: [id, id + 1], doc: { n: id }, maybe: id % 3 === 0 ? null : id, maybeBig: id % 3 === 1 ? null : BigInt(id),
  }); // prettier-ignore
  const range = <T>(item: (id: number) => T, rows = N): T[] => Array.from({ length: rows }, (_each, id) => item(id));
  async function series(rows = N): Promise<{ db: BaseDuckDBManager; series: Repository<Series> }> {
    const db = await openManager({ entities });
    await db.repository(Series).insertMany(range(at, rows));
    return { db, series: db.repository(Series) };
  }
  const FLOATS = ['id', 'tiny', 'float', 'double', 'whole', 'price'] as const;
  const OTHERS = ['huge', 'text', 'day', 'truth', 'list', 'doc', 'maybe', 'maybeBig'] as const;
  const ids = { orderBy: { id: 'asc' } } as const;

  it('come as typed arrays of numbers and bigints, and as arrays of all else, over several chunks', async () => {
    const { series: all5000 } = await series();
    const columns = await all5000.findColumns(ids);
    const wanted = range(at) as unknown as Record<string, unknown>[];
    const own = (property: string): unknown[] => wanted.map((row) => row[property]);
    expect(Object.keys(columns)).to.deep.equal(Object.keys(at(0)));
    for (const property of FLOATS) expect(columns[property], property).to.deep.equal(Float64Array.from(own(property) as number[])); // prettier-ignore
    for (const property of ['big', 'micros'] as const) expect(columns[property], property).to.deep.equal(BigInt64Array.from(own(property) as bigint[])); // prettier-ignore
    // the type says BigInt64Array of every bigint
    expect(columns.unsigned).to.deep.equal(BigUint64Array.from(own('unsigned') as bigint[]));
    for (const property of OTHERS) expect(columns[property], property).to.deep.equal(own(property));
  });

  it('are those that are asked for, of the rows that match, in their order', async () => {
    const { series: some } = await series();
    const found = await some.findColumns({ select: ['text', 'double', 'maybe'], where: { id: gt(10), tiny: lt(100) }, orderBy: { id: 'desc' }, limit: 3, offset: 1 }); // prettier-ignore
    const kept = range((id) => id).filter((id) => id > 10 && id % 256 < 100).toReversed().slice(1, 4); // prettier-ignore
    expect(found).to.deep.equal({
      text: kept.map((id) => `text number ${id}, é`),
      double: Float64Array.from(kept, (id) => -id / 7),
      maybe: kept.map((id) => (id % 3 === 0 ? null : id)),
    });
    // a nullable column is an array also where nothing in it is NULL
    const full = await some.findColumns({ select: ['maybe'], where: { id: 1 } });
    expect(full).to.deep.equal({ maybe: [1] });
    const none = await some.findColumns({ where: { id: -1 } });
    expect([none.id, none.big, none.unsigned, none.text, none.maybe]).to.deep.equal([new Float64Array(0), new BigInt64Array(0), new BigUint64Array(0), [], []]); // prettier-ignore
    const chunks = [];
    for await (const chunk of some.streamColumns({ where: { id: -1 } })) chunks.push(chunk);
    expect(chunks).to.deep.equal([]);
  });

  it('come chunk by chunk as they come whole, and are nobody else’s memory', async () => {
    const { series: streamed } = await series();
    const whole = (await streamed.findColumns(ids)) as unknown as Record<string, ArrayLike<unknown>>;
    const chunks: Record<string, ArrayLike<unknown>>[] = [];
    for await (const chunk of streamed.streamColumns(ids)) chunks.push(chunk);
    expect(chunks.length).to.be.greaterThan(1);
    for (const [property, array] of Object.entries(whole)) {
      const own = chunks.map((chunk) => chunk[property] as ArrayLike<unknown>);
      expect(new Set(own.map((each) => each.constructor)), property).to.deep.equal(new Set([array.constructor]));
      expect(own.flatMap((each) => Array.from(each)), property).to.deep.equal(Array.from(array)); // prettier-ignore
    }
    let sum = 0;
    for await (const { id } of streamed.streamColumns({ select: ['id'], where: { id: lt(3000) } })) {
      for (const each of id) sum += each;
      if (sum > 0) break;
    }
    expect(sum).to.equal((2047 * 2048) / 2);
  });

  it('are those of the transaction that they are read in', async () => {
    const { db, series: rows } = await series(3);
    await db
      .transaction(async () => {
        await rows.update({ id: 1 }, { double: 77 });
        await rows.insert(at(9));
        const read = { select: ['double'], ...ids } as const;
        expect((await rows.findColumns(read)).double).to.deep.equal(Float64Array.of(-0, 77, -2 / 7, -9 / 7));
        for await (const { double } of rows.streamColumns(read)) expect(double.length).to.equal(4);
        throw new RangeError('back');
      })
      .catch((error: unknown) => expect(error).to.be.instanceOf(RangeError));
    expect((await rows.findColumns({ select: ['double'], where: { id: 1 } })).double).to.deep.equal(Float64Array.of(-1 / 7)); // prettier-ignore
    expect((await rows.findColumns()).id.length).to.equal(3);
  });

  it('are refused for options that there are not, at once, and name what no array can hold', async () => {
    const { db, series: rows } = await series(3);
    for (const options of [
      { limt: 1 },
      { cache: '1h' },
      { select: ['nope'] },
      { where: { nope: 1 } },
      { where: { id: 'x' } },
      { orderBy: { id: 'up' } },
      { limit: -1 },
      { timeout: 'soon' },
    ]) {
      // prettier-ignore
      const code = 'timeout' in options ? 'E_CONFIG' : 'E_QUERY';
      await failure(() => rows.findColumns(options as never), code);
      await failure(() => rows.streamColumns(options as never), code);
    }
    await db.execute(sql`update repo_series set whole = 9007199254740993 where id = 2`);
    const error = await failure(rows.findColumns({ select: ['id', 'whole'], ...ids }), 'E_CONVERSION');
    expect(error.details).to.include({ column: 'whole', row: 2 });
    await failure(rows.streamColumns({ select: ['whole'] }).next(), 'E_CONVERSION');
    const stop = AbortSignal.abort('enough');
    await failure(async () => rows.findColumns({ signal: stop }), 'E_ABORTED');
  });

  it('have types by the properties that are asked for', async () => {
    const { series: rows } = await series(1);
    expectTypeOf(rows.findColumns({ select: ['double', 'big', 'text', 'maybe', 'doc'] })).resolves.toEqualTypeOf<{ double: Float64Array; big: BigInt64Array; text: string[]; maybe: (number | null)[]; doc: { n: number }[] }>(); // prettier-ignore
    expectTypeOf(rows.findColumns()).resolves.toHaveProperty('list').toEqualTypeOf<number[][]>();
    for await (const chunk of rows.streamColumns({ select: ['id', 'truth'] }))
      expectTypeOf(chunk).toEqualTypeOf<{ id: Float64Array; truth: boolean[] }>();
    // @ts-expect-error there is no such column
    await failure(async () => rows.findColumns({ select: ['nope'] }), 'E_QUERY');
    // @ts-expect-error a stream is never from the cache
    await failure(async () => rows.streamColumns({ cache: '1h' }), 'E_QUERY');
  });
});
