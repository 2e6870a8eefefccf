// Many rows out at once: find by size, numbers alone, columns, groups, beside the binding at equal work and the bare limits. Not
// here: rows one after another (streaming.ts), single rows (point.ts).
import { deepStrictEqual } from 'node:assert';
import { avg, count, max, type BaseDuckDBManager } from '@mysingle/database';
import {
  bareWalk,
  fetchOnly,
  instancesByColumns,
  instancesByRowObjects,
  rawBacktests,
  takeOnly,
  type Raw,
} from './binding.js';
import { expectCount, fastest, interleaved, type Contender, type Samples, type Timing } from './harness.js';
import { Backtest, COLUMNS, managerWith, rowsOf } from './table.js';
import { atLeast, atMost, type Figure, type Table, type Theme } from './theme.js';

const [OURS, FETCH, TAKE] = ['repository', 'fetch only', 'fetch only, without waiting'] as const;
const [ROW_OBJECTS, BY_COLUMNS] = ['binding, getRowObjectsJS', 'binding, getColumnsJS'] as const;
const LARGE = 1_000_000;

const SIZES: readonly (readonly [rows: number, timing: Timing])[] = [
  [1_000, { rounds: 9, warm: 2 }],
  [10_000, { rounds: 9, warm: 2 }],
  [100_000, { rounds: 5, budgetMs: 12_000 }],
  [LARGE, { rounds: 3, warm: 0, budgetMs: 12_000 }],
];

const NUMBERS = ['totalReturn', 'sharpeRatio', 'maxDrawdown', 'tradeCount', 'price'] as const;
const NUMBERS_SQL = 'SELECT total_return, sharpe_ratio, max_drawdown, trade_count, price FROM backtests';
const DOUBLES = ['totalReturn', 'sharpeRatio', 'maxDrawdown'] as const;
const DOUBLES_SQL = 'SELECT total_return, sharpe_ratio, max_drawdown FROM backtests';

interface Sides {
  readonly db: BaseDuckDBManager;
  readonly raw: Raw;
}

const reader = (rows: number, run: () => Promise<unknown>): Contender => ({
  run,
  finish: (result) => expectCount('rows', Array.isArray(result) ? result.length : result, rows),
});

/** The contenders read the same into the same: otherwise a ratio says nothing. */
async function provenEqual(): Promise<void> {
  const { db, raw } = await sidesWith(1_000);
  const text = `SELECT ${COLUMNS} FROM backtests ORDER BY id`;
  const found = await db.repository(Backtest).find({ orderBy: { id: 'asc' } });
  deepStrictEqual(await instancesByRowObjects(raw.connection, text), found);
  deepStrictEqual(await instancesByColumns(raw.connection, text), found);
  deepStrictEqual(found, rowsOf(1_000).map((row) => Object.assign(new Backtest(), row))); // prettier-ignore
  await closed({ db, raw });
}

async function sidesWith(rows: number): Promise<Sides> {
  return { db: await managerWith(rows), raw: await rawBacktests(rows) };
}

async function closed({ db, raw }: Sides): Promise<void> {
  await db.close();
  raw.close();
}

function finds({ db, raw }: Sides, rows: number, timing: Timing): Promise<Samples> {
  const text = `SELECT ${COLUMNS} FROM backtests`;
  return interleaved(
    {
      [OURS]: reader(rows, () => db.repository(Backtest).find({})),
      [FETCH]: reader(rows, () => fetchOnly(raw.connection, text)),
      // the slower way takes too long over a million
      [ROW_OBJECTS]: rows < LARGE ? reader(rows, () => instancesByRowObjects(raw.connection, text)) : undefined,
      [BY_COLUMNS]: reader(rows, () => instancesByColumns(raw.connection, text)),
    },
    timing,
  );
}

function doubles({ db, raw }: Sides, rows: number): Promise<Samples> {
  return interleaved(
    {
      [OURS]: reader(rows, () => db.repository(Backtest).find({ select: DOUBLES })),
      [FETCH]: reader(rows, () => fetchOnly(raw.connection, DOUBLES_SQL)),
    },
    { rounds: 11, warm: 3 },
  );
}

function numbers({ db, raw }: Sides, rows: number): Promise<Samples> {
  return interleaved(
    {
      [OURS]: reader(rows, () => db.repository(Backtest).find({ select: NUMBERS })),
      [FETCH]: reader(rows, () => fetchOnly(raw.connection, NUMBERS_SQL)),
      [TAKE]: reader(rows, () => takeOnly(raw.connection, NUMBERS_SQL)),
      [ROW_OBJECTS]: reader(rows, async () => (await raw.connection.run(NUMBERS_SQL)).getRowObjectsJS()),
    },
    { rounds: 11, warm: 3 },
  );
}

function columns({ db, raw }: Sides, rows: number): Promise<Samples> {
  const text = 'SELECT total_return FROM backtests';
  const found = db.repository(Backtest);
  return interleaved(
    {
      [OURS]: reader(rows, async () => (await found.findColumns({ select: ['totalReturn'] })).totalReturn.length),
      'bare walk': reader(rows, async () => (await bareWalk(raw.connection, text, [Float64Array]))[0]?.length),
      'binding, getColumns': reader(rows, async () => (await (await raw.connection.run(text)).getColumns())[0]?.length),
    },
    { rounds: 11, warm: 3 },
  );
}

function groups({ db, raw }: Sides): Promise<Samples> {
  const select = {
    runs: count(),
    avgReturn: avg('totalReturn'),
    avgSharpe: avg('sharpeRatio'),
    last: max('createdAt'),
  };
  const text =
    'SELECT strategy_id, count(*), avg(total_return), avg(sharpe_ratio), max(created_at) FROM backtests GROUP BY strategy_id';
  return interleaved(
    {
      [OURS]: reader(500, () => db.repository(Backtest).aggregate({ groupBy: ['strategyId'], select })),
      'raw SQL': reader(500, async () => (await raw.connection.run(text)).getRowObjectsJS()),
    },
    { rounds: 15, warm: 3 },
  );
}

export async function reading(): Promise<Theme> {
  await provenEqual();
  const tables: Table[] = [];
  const figures: Figure[] = [];
  const table = (title: string, samples: Samples, against: string): Samples => {
    tables.push({ title, unit: 'ms', samples, against });
    return samples;
  };
  for (const [rows, timing] of SIZES) {
    const sides = await sidesWith(rows);
    const size = rows.toLocaleString('en-US');
    const found = table(`find, ${size} instances with Date and JSON`, await finds(sides, rows, timing), OURS);
    if (rows === 100_000) {
      const binding = fastest(found, [ROW_OBJECTS, BY_COLUMNS]);
      figures.push(atLeast('find, 100k instances', 1.9, 'the binding at equal work', found[binding], found[OURS]));
      const some = table(`find, ${size} rows of 5 numeric columns`, await numbers(sides, rows), FETCH);
      figures.push(atMost('find, 100k rows of 5 numeric columns', 2, 'fetch only', some[OURS], some[FETCH]));
      const alone = table(`find, ${size} rows of 3 doubles`, await doubles(sides, rows), FETCH);
      figures.push(atMost('find, 100k rows of 3 doubles', 2, 'fetch only', alone[OURS], alone[FETCH]));
    }
    if (rows === LARGE) {
      const walked = table(`findColumns, ${size} doubles`, await columns(sides, rows), 'bare walk');
      figures.push(atMost('findColumns, 1M doubles', 1.2, 'a bare walk', walked[OURS], walked['bare walk']));
      const grouped = table(`aggregate, ${size} rows into 500 groups`, await groups(sides), 'raw SQL');
      figures.push(atMost('group-by over 1M', 1.05, 'raw SQL', grouped[OURS], grouped['raw SQL']));
    }
    await closed(sides);
  }
  return {
    title: 'Many rows out',
    notes: [
      'Instances are equal, checked before the first round: the class, its Dates, numbers and parsed JSON. The binding is given two of its ways; the faster one counts.',
      'Fetch only: the same SQL executed and every chunk fetched as the binding does, with nothing read in it; without waiting, the chunks are taken off the result at once. Bare walk: the chunks of a result copied into one typed array.',
    ],
    tables,
    figures,
  };
}
