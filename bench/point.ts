// One row at a time, one caller after another and 64 at once: findById and insert beside prepared statements. Not here: what is
// shared with the happy path of a file (happy-path.ts).
import type { DuckDBPreparedStatement } from '@duckdb/node-api';
import type { BaseDuckDBManager } from '@mysingle/database';
import { TYPES, instanceOf, rawBacktests, valuesOf } from './binding.js';
import { happyPath } from './happy-path.js';
import { expectCount, interleaved, type Contender, type Samples } from './harness.js';
import { Backtest, COLUMNS, idOf, managerWith, rowOf } from './table.js';
import { atLeast, atMost, type Theme } from './theme.js';

const [ROWS, CALLERS, EACH, ALONE] = [1_000_000, 64, 16, 100] as const;
const [ONE, EXECUTE] = ['findById', 'execute only'] as const;
const TIMING = { rounds: 9, warm: 3, budgetMs: 12_000 } as const;
const LOAD = `${CALLERS} callers`;

/** One call after another. */
export function alone(calls: number, call: () => Promise<unknown>): Contender {
  return {
    calls,
    run: async () => {
      let done = 0;
      for (let n = 0; n < calls; n += 1) if ((await call()) !== null) done += 1;
      return done;
    },
    finish: (done) => expectCount('answers', done, calls),
  };
}

/** So many callers at once, each waiting for its own answer before it asks again: the time of one call is the whole by all. */
export function together(callers: number, each: number, call: () => Promise<unknown>): Contender {
  const calls = callers * each;
  const caller = alone(each, call);
  return {
    calls,
    run: async () => {
      const done = await Promise.all(Array.from({ length: callers }, () => caller.run(undefined)));
      return done.reduce<number>((sum, some) => sum + Number(some), 0);
    },
    finish: (done) => expectCount('answers', done, calls),
  };
}

/** Ids from all over the table, the same ones for every contender in their order. */
function ids(): () => string {
  let n = 0;
  return () => idOf((n = (n + 611_953) % ROWS));
}

function rows(): () => Backtest {
  let n = ROWS;
  return () => rowOf((n += 1));
}

async function reads(db: BaseDuckDBManager, select: DuckDBPreparedStatement): Promise<Samples> {
  const repository = db.repository(Backtest);
  const [ours, many, executed, hydrated] = [ids(), ids(), ids(), ids()];
  const execute = (id: string) => {
    select.bind([id], [TYPES[0]]);
    return select.run();
  };
  return interleaved(
    {
      'findById, one after another': alone(ALONE, () => repository.findById(ours())),
      'execute only, one after another': alone(ALONE, () => execute(executed())),
      'binding, one after another': alone(ALONE, async () => {
        const [row] = await (await execute(hydrated())).getRowObjectsJS();
        return row === undefined ? null : instanceOf(row);
      }),
      [`findById, ${LOAD}`]: together(CALLERS, EACH, () => repository.findById(many())),
    },
    TIMING,
  );
}

/** By short turns, for the machine is another one from second to second. */
function inTurns(db: BaseDuckDBManager, select: DuckDBPreparedStatement): Promise<Samples> {
  const repository = db.repository(Backtest);
  const [ours, executed] = [ids(), ids()];
  return interleaved(
    {
      [ONE]: alone(20, () => repository.findById(ours())),
      [EXECUTE]: alone(20, () => {
        select.bind([executed()], [TYPES[0]]);
        return select.run();
      }),
    },
    { rounds: 80, warm: 20 },
  );
}

async function inserts(db: BaseDuckDBManager, insert: DuckDBPreparedStatement): Promise<Samples> {
  const repository = db.repository(Backtest);
  const next = rows();
  return interleaved(
    {
      'insert, one after another': alone(ALONE, () => repository.insert(next())),
      'binding, one after another': alone(ALONE, async () => {
        insert.bind(valuesOf(next()), [...TYPES]);
        const [row] = await (await insert.run()).getRowObjectsJS();
        return row === undefined ? null : instanceOf(row);
      }),
      [`insert, ${LOAD}`]: together(CALLERS, EACH, () => repository.insert(next())),
    },
    TIMING,
  );
}

export async function point(): Promise<Theme> {
  const db = await managerWith(ROWS);
  const raw = await rawBacktests(ROWS);
  const places = TYPES.map((_type, index) => `$${index + 1}`).join(', ');
  const select = await raw.connection.prepare(`SELECT ${COLUMNS} FROM backtests WHERE id = $1 LIMIT 1`);
  const insert = await raw.connection.prepare(
    `INSERT INTO backtests (${COLUMNS}) VALUES (${places}) RETURNING ${COLUMNS}`,
  );
  const read = await reads(db, select);
  const turns = await inTurns(db, select);
  const inserted = await inserts(db, insert);
  await db.close();
  raw.close();
  const happy = await happyPath();
  const [oneRead, oneInsert] = ['findById, one after another', 'insert, one after another'] as const;
  return {
    title: 'One row at a time',
    notes: [
      'In memory on a million rows, then on files of 20,000 rows of 10 columns. Times are of one call; under load the whole time by all calls.',
      'Execute only: the id bound to the same prepared statement and executed, its result not looked at. The binding binds by type, reads the row and makes an instance.',
    ],
    tables: [
      { title: 'findById, 13 columns, 1,000,000 rows in memory', unit: 'µs', samples: read, against: oneRead },
      { title: 'findById by turns of 20 calls, the same table', unit: 'µs', samples: turns, against: EXECUTE },
      { title: 'insert, 13 columns, in memory, the row given back', unit: 'µs', samples: inserted, against: oneInsert },
      { title: 'findById, on a file', unit: 'µs', samples: happy.reads, against: 'prepared statement' },
      { title: 'insert, on a file', unit: 'µs', samples: happy.inserts, against: 'prepared statement' },
    ],
    figures: [
      atMost('findById, one after another', 1.25, 'execute only', turns[ONE], turns[EXECUTE]),
      atLeast(`${CALLERS} callers of findById`, 10, 'one after another', read[oneRead], read[`findById, ${LOAD}`]),
      atLeast(
        `${CALLERS} callers of insert`,
        10,
        'one after another',
        inserted[oneInsert],
        inserted[`insert, ${LOAD}`],
      ),
      atMost(
        'findById, on a file',
        1.15,
        'a prepared statement',
        happy.reads['repository'],
        happy.reads['prepared statement'],
      ),
      atMost(
        'insert, on a file',
        1.15,
        'a prepared statement',
        happy.inserts['repository'],
        happy.inserts['prepared statement'],
      ),
    ],
  };
}
