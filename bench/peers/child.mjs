// One peer beside the library, in a process of its own: the same rows in and out of both, in turns. Not here: how a peer is used
// (the file of its name).
import { expectCount, interleaved } from '../../dist/bench/harness.js';
import { together } from '../../dist/bench/point.js';
import { Backtest, managerWith, rowsOf, idOf, rowOf } from '../../dist/bench/table.js';

const [INSERTED, FOUND, CALLERS, EACH] = [10_000, 100_000, 64, 16];
const { open } = await import(`./${process.argv[2]}.mjs`);

const ours = async (count) => {
  const db = await managerWith(count);
  const repository = db.repository(Backtest);
  return {
    insertAll: (rows) => repository.insertMany(rows),
    findAll: () => repository.find({}),
    insertOne: (row) => repository.insert(row),
    count: () => repository.count(),
    close: () => db.close(),
  };
};

/** A contender that fills an empty table. */
const inserts = (opener, rows) => ({
  prepare: () => opener(0),
  run: (side) => side.insertAll(rows),
  finish: async (_result, side) => {
    expectCount('rows', await side.count(), rows.length);
    await side.close();
  },
});

const finds = (side) => ({
  run: () => side.findAll(),
  finish: (rows) => {
    expectCount('rows', rows.length, FOUND);
    // its JSON and its dates may be what the peer makes of them; its numbers and texts are the same
    const { id, totalReturn, maxDrawdown } = rows.find((row) => row.id === idOf(77)) ?? {};
    if (id !== idOf(77) || totalReturn !== 0.77 || maxDrawdown !== -0.27)
      throw new Error(`not the row that was stored: ${JSON.stringify({ id, totalReturn, maxDrawdown })}`);
  },
});

const result = {
  insert: await interleaved(
    { repository: inserts(ours, rowsOf(INSERTED)), peer: inserts(open, rowsOf(INSERTED)) },
    { rounds: 5, budgetMs: 5_000 },
  ),
};

const [found, foundByPeer] = [await ours(FOUND), await open(FOUND)];
result.find = await interleaved({ repository: finds(found), peer: finds(foundByPeer) }, { rounds: 5, budgetMs: 5_000 });

if (foundByPeer.insertOne !== undefined) {
  const load = (side) => {
    let n = FOUND;
    return together(CALLERS, EACH, () => {
      n += 1;
      return side.insertOne(rowOf(n));
    });
  };
  result.load = await interleaved({ repository: load(found), peer: load(foundByPeer) }, { rounds: 11, warm: 5 });
}

process.stdout.write(JSON.stringify(result), () => process.exit(0));
