import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Journal } from '../../lib/engine/journal.js';
import { Replay, keptConflicts, type AlongWith } from '../../lib/engine/replay.js';
import { failure } from '../support/failure.js';

interface Beside {
  readonly side: DuckDBConnection;
  readonly main: DuckDBConnection;
  readonly journal: Journal;
  /** does something in the side database, in a transaction that is written down */
  readonly write: (...statements: readonly string[]) => Promise<void>;
  readonly replay: (alongWith?: AlongWith) => Promise<Replay>;
}

const rows = async (connection: DuckDBConnection, sql: string): Promise<unknown> =>
  (await connection.runAndReadAll(sql)).getRowsJson();

/** Two databases of one instance: one with a journal, one to bring it to. */
async function beside(...main: readonly string[]): Promise<Beside> {
  const instance = await DuckDBInstance.create(':memory:', { errors_as_json: 'true' });
  const connections = [await instance.connect(), await instance.connect()] as const;
  await connections[0].run("ATTACH ':memory:' AS side; ATTACH ':memory:' AS main_db");
  await connections[1].run('USE main_db');
  for (const sql of main) await connections[1].run(sql);
  const journal = await Journal.create(connections[0], 'side', () => 1_000_000n);
  const [side] = connections;
  return {
    side,
    main: connections[1],
    journal,
    write: async (...statements) => {
      const recording = journal.record();
      await recording.transact(side, async () => {
        for (const text of statements) {
          const { statementType: type } = await side.prepare(text);
          await recording.around(side, { type, text, parameters: [] }, () => side.run(text));
        }
      });
    },
    replay: async (alongWith) => {
      const connection = await instance.connect();
      await connection.run('USE main_db');
      return Replay.open(connection, 'a.duckdb.fallback-1-0', 'side', alongWith);
    },
  };
}

const T = 'create table if not exists t (id integer primary key, n integer, noted timestamptz default now())';

describe('a replay', () => {
  it('applies transactions in their order and only once, over any number of attempts', async () => {
    const { write, main, replay } = await beside();
    await write(T);
    for (let id = 0; id < 600; id += 1) await write(`insert into t (id, n) values (${id}, 0)`);
    await write('update t set n = n + 1');
    const first = await replay();
    // killed in between
    expect(await first.next()).to.equal(true);
    const second = await replay();
    expect(second.applied).to.equal(first.applied);
    while (await second.next());
    expect(await rows(main, 'select count(*)::integer, min(n), max(n) from t')).to.deep.equal([[600, 1, 1]]);
    while (await (await replay()).next()) expect.fail('nothing is left');
    expect(await rows(main, 'select count(*)::integer, max(n) from t')).to.deep.equal([[600, 1]]);
  });

  it('brings what was committed although its COMMIT was interrupted, and what came next', async () => {
    const { write, side, main, replay } = await beside(T);
    await write(T);
    const run = side.run.bind(side);
    side.run = async (sql, ...rest) => {
      const result = await run(sql, ...rest);
      if (sql !== 'COMMIT') return result;
      side.run = run;
      throw new Error('INTERRUPT Error: Interrupted!');
    };
    expect(await write('insert into t (id) values (1)').catch(String)).to.contain('Interrupted');
    const again = await replay();
    while (await again.next());
    await write('insert into t (id) values (2)');
    while (await again.next());
    expect(await rows(main, 'select id from t order by id')).to.deep.equal([[1], [2]]);
    expect(await keptConflicts(main)).to.equal(0);
  });

  it('finds what follows on any number of transactions that failed at their end', async () => {
    const { write, side, journal, main, replay } = await beside(T);
    await write(T);
    for (let n = 0; n < 300; n += 1) {
      // its transaction is not there: the number is used up
      await side.run('begin');
      await journal.commit(side, 999n, 0n, true).catch(() => {});
      await side.run(`delete from mysingle_fallback.commits where transaction = 999`);
    }
    await write('insert into t (id) values (2)');
    const again = await replay();
    while (await again.next());
    expect(await rows(main, 'select id from t')).to.deep.equal([[2]]);
  });

  it('gives the time and the values of then', async () => {
    const { write, side, main, replay } = await beside(T);
    await write(T, 'insert into t (id) values (1)');
    await write('update t set noted = now(), n = extract(year from current_date) where id = 1');
    const written = await rows(side, 'select id, n, epoch_us(noted)::varchar from t');
    const again = await replay();
    while (await again.next());
    expect(await rows(main, 'select id, n, epoch_us(noted)::varchar from t')).to.deep.equal(written);
  });

  it('keeps a refused transaction whole, with the reason, and goes on behind it', async () => {
    const { write, main, replay } = await beside(T, 'insert into t (id) values (7)');
    await write(T);
    await write('insert into t (id) values (1)');
    await write('insert into t (id) values (2)', 'insert into t (id) values (7)');
    await write('insert into t (id) values (3)');
    const again = await replay();
    while (await again.next());
    expect(again.counts).to.deep.equal({ transactions: 4, conflicts: 1 });
    expect(await rows(main, 'select id from t order by id')).to.deep.equal([[1], [3], [7]]);
    expect(await keptConflicts(main)).to.equal(1);
    const [kept] = (await rows(main, 'select side, code, json_array_length(operations)::integer from mysingle_conflicts')) as unknown[][]; // prettier-ignore
    expect(kept).to.deep.equal(['a.duckdb.fallback-1-0', 'E_UNIQUE', 2]);
  });

  it('gives up nothing where the failure says nothing about the write', async () => {
    const { write, main, replay } = await beside(T, 'insert into t (id, n) values (1, 1)');
    await write(T);
    await write('update t set n = n + 1 where id = 1');
    await main.run('begin');
    await main.run('update t set n = 10 where id = 1');
    const again = await replay();
    await failure(() => again.next(), 'E_CONFLICT');
    await main.run('commit');
    while (await again.next());
    expect(await rows(main, 'select n from t')).to.deep.equal([[11]]);
    expect(await keptConflicts(main)).to.equal(0);
  });

  it('ends what belongs to the writes of others in the same commit, and forgets a side file', async () => {
    const { write, main, replay } = await beside('create table seen (n integer)', 'insert into seen values (1)');
    await write(T);
    const connection = await replay({ table: 'seen', sql: 'delete from seen' });
    expect(await rows(main, 'from seen'), 'not before').to.deep.equal([[1]]);
    while (await connection.next());
    expect(await rows(main, 'from seen')).to.deep.equal([]);
    expect(await rows(main, 'select side from mysingle_fallback')).to.deep.equal([['a.duckdb.fallback-1-0']]);
    await connection.forget();
    expect(await rows(main, 'select side from mysingle_fallback')).to.deep.equal([]);
  });
});
