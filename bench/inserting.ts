// Many rows in: insertMany and upsert by size, beside the binding's chunks and SQL that makes the rows itself. Not here: one row at
// a time (point.ts).
import type { BaseDuckDBManager } from '@mysingle/database';
import { appendRows, countOf, inTransaction, rawBacktests, type Raw } from './binding.js';
import { expectCount, interleaved, type Contender, type Samples, type Timing } from './harness.js';
import { Backtest, COLUMNS, insertRows, managerWith, rowsOf, selectRows } from './table.js';
import { atLeast, atMost, type Table, type Theme } from './theme.js';

const [OURS, LIMIT, CHUNKS] = ['repository', 'SQL limit', 'binding, setColumns'] as const;
const BASE = 100_000;

const SIZES: readonly (readonly [count: number, timing: Timing])[] = [
  [1_000, { rounds: 7, warm: 2 }],
  [10_000, { rounds: 7 }],
  [100_000, { rounds: 5, budgetMs: 9_000 }],
  [1_000_000, { rounds: 3, warm: 0, budgetMs: 8_000 }],
];

const UPDATES = COLUMNS.split(', ').slice(1).map((name) => `${name} = excluded.${name}`).join(', '); // prettier-ignore
const onConflict = `ON CONFLICT (id) DO UPDATE SET ${UPDATES}`;

/** A contender on a database of its own, new each time. */
function onRaw(before: number, after: number, work: (raw: Raw) => Promise<unknown>): Contender<Raw> {
  return {
    prepare: () => rawBacktests(before),
    run: work,
    finish: async (_result, raw) => {
      expectCount('rows', await countOf(raw.connection, 'backtests'), after);
      raw.close();
    },
  };
}

function onManager(
  before: number,
  after: number,
  work: (db: BaseDuckDBManager) => Promise<unknown>,
): Contender<BaseDuckDBManager> {
  return {
    prepare: () => managerWith(before),
    run: work,
    finish: async (_result, db) => {
      expectCount('rows', await db.repository(Backtest).count(), after);
      await db.close();
    },
  };
}

function inserts(count: number, timing: Timing): Promise<Samples> {
  const rows = rowsOf(count);
  return interleaved(
    {
      [OURS]: onManager(0, count, (db) => db.repository(Backtest).insertMany(rows)),
      [LIMIT]: onRaw(0, count, ({ connection }) => connection.run(insertRows(count))),
      [CHUNKS]: onRaw(0, count, ({ connection }) =>
        inTransaction(connection, () => appendRows(connection, 'backtests', rows)),
      ),
    },
    timing,
  );
}

/** Into 100,000 rows; half of the keys are there. */
function upserts(count: number): Promise<Samples> {
  const shift = BASE - count / 2;
  const rows = rowsOf(count, shift);
  const after = BASE + count / 2;
  return interleaved(
    {
      [OURS]: onManager(BASE, after, (db) => db.repository(Backtest).upsert(rows)),
      [LIMIT]: onRaw(BASE, after, ({ connection }) =>
        connection.run(`INSERT INTO backtests (${COLUMNS}) ${selectRows(count, shift)} ${onConflict}`),
      ),
      [`${CHUNKS} and a stage`]: onRaw(BASE, after, ({ connection }) =>
        inTransaction(connection, async () => {
          await connection.run('CREATE TEMP TABLE stage AS FROM backtests LIMIT 0');
          await appendRows(connection, 'stage', rows);
          await connection.run(`INSERT INTO backtests (${COLUMNS}) SELECT ${COLUMNS} FROM stage ${onConflict}`);
          await connection.run('DROP TABLE stage');
        }),
      ),
    },
    { rounds: 5, budgetMs: 6_000 },
  );
}

export async function inserting(): Promise<Theme> {
  const tables: Table[] = [];
  for (const [count, timing] of SIZES) {
    const title = `insertMany, ${count.toLocaleString('en-US')} rows of 13 columns, primary key`;
    tables.push({ title, unit: 'ms', samples: await inserts(count, timing), against: LIMIT });
  }
  const hundred = tables[2]?.samples ?? {};
  for (const [count] of SIZES.slice(0, 3)) {
    const title = `upsert, ${count.toLocaleString('en-US')} rows into ${BASE.toLocaleString('en-US')}, half of them there`;
    tables.push({ title, unit: 'ms', samples: await upserts(count), against: LIMIT });
  }
  const upserted = tables.at(-1)?.samples ?? {};
  return {
    title: 'Many rows in',
    notes: [
      'Each run has a new database in memory. The SQL limit makes the rows within DuckDB, on all of its threads: no value comes from JavaScript.',
      'The binding is written well: columns of 2,048 values into chunks, an appender, one transaction; upserts through a temporary table.',
    ],
    tables,
    figures: [
      atMost('insertMany, 100k', 1.4, 'the SQL limit', hundred[OURS], hundred[LIMIT]),
      atLeast('insertMany, 100k', 1, "faster than the binding's setColumns", hundred[CHUNKS], hundred[OURS]),
      atMost('upsert, 100k, half of them there', 1.6, 'the SQL limit', upserted[OURS], upserted[LIMIT]),
    ],
  };
}
