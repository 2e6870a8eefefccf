// Real data: the 3 million flights of vega-datasets, read and written beside the binding at equal work. Not here: the table with JSON
// and a key (reading.ts, inserting.ts).
import { fileURLToPath } from 'node:url';
import { INTEGER, TIMESTAMP, VARCHAR } from '@duckdb/node-api';
import { BaseDuckDBManager, Column, Table, avg, count, ddlOf, type Repository } from '@mysingle/database';
import { appendColumns, bareWalk, countOf, inTransaction, rawWith, timestampValue, type Raw } from './binding.js';
import { expectCount, interleaved, type Contender, type Samples } from './harness.js';
import type { Theme } from './theme.js';

@Table('flights')
class Flight {
  @Column('timestamp') date!: Date;
  @Column('integer') delay!: number;
  @Column('integer') distance!: number;
  @Column('varchar') origin!: string;
  @Column('varchar') destination!: string;
}

const [ALL, FROM_ORD, AIRPORTS, WRITTEN] = [3_000_000, 166_341, 229, 200_000] as const;
const COLUMNS = 'date, delay, distance, origin, destination';
const OURS = 'repository';

type Cells = Readonly<Record<string, unknown>>;

function flightOf(row: Cells): Flight {
  const made = new Flight();
  made.date = row['date'] as Date;
  made.delay = row['delay'] as number;
  made.distance = row['distance'] as number;
  made.origin = row['origin'] as string;
  made.destination = row['destination'] as string;
  return made;
}

const reader = (rows: number, run: () => Promise<number>): Contender => ({
  run,
  finish: (seen) => expectCount('flights', seen, rows),
});

const opened = (): Promise<BaseDuckDBManager> =>
  BaseDuckDBManager.open({ path: ':memory:', entities: [Flight], logger: false });

function found(repository: Repository<Flight>, { connection }: Raw): Promise<Samples> {
  const text = `SELECT ${COLUMNS} FROM flights WHERE origin = 'ORD'`;
  return interleaved({
    [OURS]: reader(FROM_ORD, async () => (await repository.find({ where: { origin: 'ORD' } })).length),
    'binding, getRowObjectsJS': reader(FROM_ORD, async () => (await (await connection.run(text)).getRowObjectsJS()).map(flightOf).length), // prettier-ignore
  });
}

function columns(repository: Repository<Flight>, { connection }: Raw): Promise<Samples> {
  const text = 'SELECT delay, distance FROM flights';
  return interleaved({
    [OURS]: reader(ALL, async () => (await repository.findColumns({ select: ['delay', 'distance'] })).distance.length),
    'bare walk': reader(ALL, async () => (await bareWalk(connection, text, [Int32Array, Int32Array]))[1]?.length ?? 0),
    'binding, getColumns': reader(ALL, async () => (await (await connection.run(text)).getColumns())[1]?.length ?? 0),
  });
}

function streamed(repository: Repository<Flight>, { connection }: Raw): Promise<Samples> {
  const text = `SELECT ${COLUMNS} FROM flights`;
  return interleaved(
    {
      [OURS]: reader(ALL, async () => {
        let rows = 0;
        for await (const flight of repository.stream({})) rows += flight.origin === '' ? 0 : 1;
        return rows;
      }),
      'binding, yieldRowObjectJs': reader(ALL, async () => {
        let rows = 0;
        for await (const some of (await connection.stream(text)).yieldRowObjectJs())
          for (const row of some) rows += flightOf(row).origin === '' ? 0 : 1;
        return rows;
      }),
      'repository, streamColumns': reader(ALL, async () => {
        let rows = 0;
        for await (const { date, delay } of repository.streamColumns({ select: ['date', 'delay'] }))
          rows += Math.min(date.length, delay.length);
        return rows;
      }),
    },
    { rounds: 3, budgetMs: 25_000 },
  );
}

function grouped(repository: Repository<Flight>, { connection }: Raw): Promise<Samples> {
  const select = { flights: count(), late: avg('delay') };
  const text = 'SELECT origin, count(*), avg(delay) FROM flights GROUP BY origin';
  return interleaved(
    {
      [OURS]: reader(AIRPORTS, async () => (await repository.aggregate({ groupBy: ['origin'], select })).length),
      'raw SQL': reader(AIRPORTS, async () => (await (await connection.run(text)).getRowObjectsJS()).length),
    },
    { rounds: 11, warm: 2 },
  );
}

/** The same flights as objects and as columns. */
async function written(from: Repository<Flight>): Promise<Samples> {
  const rows = await from.find({ limit: WRITTEN });
  const byColumn = {
    date: rows.map((row) => row.date),
    delay: Int32Array.from(rows, (row) => row.delay),
    distance: Int32Array.from(rows, (row) => row.distance),
    origin: rows.map((row) => row.origin),
    destination: rows.map((row) => row.destination),
  };
  const ours = (given: Parameters<Repository<Flight>['insertMany']>[0]): Contender<BaseDuckDBManager> => ({
    prepare: opened,
    run: (db) => db.repository(Flight).insertMany(given),
    finish: async (_result, db) => {
      expectCount('flights', await db.repository(Flight).count(), WRITTEN);
      await db.close();
    },
  });
  const binding: Contender<Raw> = {
    prepare: () => rawWith(ddlOf(Flight)),
    run: ({ connection }) =>
      inTransaction(connection, () =>
        appendColumns(connection, 'flights', [TIMESTAMP, INTEGER, INTEGER, VARCHAR, VARCHAR], WRITTEN, (start, end) => {
          const some = rows.slice(start, end);
          return [
            some.map((row) => timestampValue(row.date)),
            some.map((row) => row.delay),
            some.map((row) => row.distance),
            some.map((row) => row.origin),
            some.map((row) => row.destination),
          ];
        }),
      ),
    finish: async (_result, raw) => {
      expectCount('flights', await countOf(raw.connection, 'flights'), WRITTEN);
      raw.close();
    },
  };
  return interleaved({
    [OURS]: ours(rows),
    'repository, columns': (await takesColumns()) ? ours(byColumn as never) : undefined,
    'binding, setColumns': binding,
  });
}

/** Whether this version takes columns in place of rows. */
async function takesColumns(): Promise<boolean> {
  const db = await opened();
  const empty = { date: [], delay: [], distance: [], origin: [], destination: [] };
  try {
    await db.repository(Flight).insertMany(empty as never);
    return true;
  } catch {
    return false;
  } finally {
    await db.close();
  }
}

export async function flights(): Promise<Theme> {
  const file = fileURLToPath(new URL('../data/flights-3m.parquet', import.meta.resolve('vega-datasets')));
  const load = `INSERT INTO flights (${COLUMNS}) SELECT ${COLUMNS} FROM read_parquet('${file.replaceAll("'", "''")}')`;
  const db = await opened();
  await db.withConnection(async (connection) => void (await connection.run(load)), { writes: [Flight] });
  const raw = await rawWith(ddlOf(Flight));
  await raw.connection.run(load);
  const repository = db.repository(Flight);

  const rows = await found(repository, raw);
  const walked = await columns(repository, raw);
  const groups = await grouped(repository, raw);
  const streams = await streamed(repository, raw);
  const inserts = await written(repository);
  await db.close();
  raw.close();
  return {
    title: 'Three million flights',
    notes: ['flights-3m.parquet of vega-datasets: when, delay, distance, from, to; no key, no JSON.'],
    tables: [
      { title: 'find, the 166,341 flights from ORD', unit: 'ms', samples: rows, against: OURS },
      { title: 'findColumns, delay and distance of all', unit: 'ms', samples: walked, against: 'bare walk' },
      { title: 'aggregate, all by origin', unit: 'ms', samples: groups, against: 'raw SQL' },
      { title: 'stream, all', unit: 'ms', samples: streams, against: OURS },
      { title: `insertMany, ${WRITTEN.toLocaleString('en-US')} of them`, unit: 'ms', samples: inserts, against: OURS },
    ],
    figures: [],
  };
}
