import { ResultReturnType } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { pino } from 'pino';
import { Column, Table, gte, sql, type BaseDuckDBManager, type Fragment } from '@mysingle/database';
import { startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';
import { until } from '../support/until.js';

@Table('ticks')
class Tick {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') symbol!: string;
}

const ROUNDS = Number(process.env['STREAM_ROUNDS'] ?? 10);
const ROWS = 100_000;

async function drain(rows: AsyncIterable<object>): Promise<number> {
  let count = 0;
  for await (const row of rows) if (row !== undefined) count += 1;
  return count;
}

const open = (options: Parameters<typeof openManager>[0] = {}): Promise<BaseDuckDBManager> =>
  openManager({ path: scratchPath(), entities: [Tick], pool: { size: 3 }, ...options });

async function ticks(db: BaseDuckDBManager, rows = ROWS): Promise<void> {
  await db.execute(sql`insert into ticks select i, 's' || i from range(${rows}) r(i)`);
}

const idle = (db: BaseDuckDBManager): void => expect(db.health().pool).to.include({ busy: 0, waiting: 0 }) as never;

describe('a stream', () => {
  it(`gives all ${ROWS} rows in their order while others write, ${ROUNDS} of ${ROUNDS} times`, async () => {
    const db = await open();
    await ticks(db);
    const repository = db.repository(Tick);
    const state = { writing: true };
    let writes = 0;
    const writer = async (): Promise<void> => {
      for (let id = ROWS; state.writing; id += 1) {
        await repository.insert({ id, symbol: 'new' });
        await repository.update({ id: id - ROWS }, { symbol: `w${id}` });
        await repository.delete({ id });
        writes += 3;
      }
    };
    const writing = writer();
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = writes;
      let next = 0;
      for await (const { id } of repository.stream({ orderBy: { id: 'asc' } })) {
        if (id !== next && id < ROWS) expect(id).to.equal(next);
        next += 1;
        // let the writer have its turn
        if (id % 5000 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      // what is written beside may be seen or not, as it was when the stream began
      expect(next).to.be.oneOf([ROWS, ROWS + 1]);
      await until(() => writes > before);
    }
    state.writing = false;
    await writing;
    idle(db);
  }).timeout(20_000 * ROUNDS);

  const failing: Readonly<Record<string, readonly [Fragment, string]>> = {
    'a late error()': [sql`select case when i = 1500000 then error('boom') else 'x' end from range(2000000) r(i)`, 'boom'],
    'a late conversion': [sql`select (case when i = 1500000 then 'x' else '1' end)::integer from range(2000000) r(i)`, "Could not convert string 'x'"],
    'a failure above a sort': [sql`select case when i = 1500000 then error('boom') else 'x' end from (select i from range(2000000) r(i) order by i % 1000, i)`, 'boom'],
    'an early failure': [sql`select error('boom')`, 'boom'],
  }; // prettier-ignore
  for (const ordered of [true, false])
    for (const [what, [statement, message]] of Object.entries(failing))
      it(`throws ${what}, preserve_insertion_order=${ordered}`, async () => {
        const db = await open({ settings: { preserve_insertion_order: ordered } });
        const error = await failure(() => drain(db.stream(statement)));
        expect(error.message).to.contain(message);
        expect(error.details['sql']).to.match(/^select/);
        if (what.startsWith('a late') && ordered)
          expect(error.message).to.match(/^The stream broke off after \d+ rows\. /);
        idle(db);
        await failure(() => db.transaction(() => drain(db.stream(statement))));
        expect(await drain(db.stream(sql`select 1 as n`))).to.equal(1);
        expect(await drain(db.stream(sql`select i from range(1000000) r(i)`))).to.equal(1_000_000);
      });

  it('throws when DuckDB has no memory for it, and needs none for the rows that it has given', async () => {
    const db = await open({ settings: { memory_limit: '60MB', temp_directory: '' } });
    const wide = sql`select repeat(i::varchar, 200) as text from range(300000) r(i)`;
    // some 300 MB, which DuckDB could not keep
    await failure(db.query(sql`create table kept as ${wide}`), 'E_OUT_OF_MEMORY');
    expect(await drain(db.stream(wide))).to.equal(300_000);
    await failure(() => drain(db.stream(sql`select * from (${wide}) order by text desc`)), 'E_OUT_OF_MEMORY');
    idle(db);
  });

  it('ends with the reason of its signal or timeout, between two rows too, and gives the connection back', async () => {
    const db = await open();
    for (const options of [{ timeout: '1s' }, { signal: AbortSignal.timeout(2000) }] as const) {
      let rows = 0;
      const loop = async (): Promise<void> => {
        for await (const row of db.stream(sql`select i from range(100000000) r(i)`, options)) {
          if (row !== undefined) rows += 1;
          if (rows === 5000) {
            // the connection is back before the loop asks again
            await until(() => db.health().pool.busy === 0);
          }
        }
      };
      await failure(loop, 'timeout' in options ? 'E_TIMEOUT' : 'E_ABORTED');
      expect(rows).to.equal(5000);
      idle(db);
    }
  });

  it('ends at close(), in the loop and while DuckDB runs', async () => {
    for (const slow of [true, false]) {
      const db = await open();
      const statement = slow
        ? sql`select sum(a.range + b.range) from range(10000000) a, range(10000000) b`
        : sql`select i from range(100000000) r(i)`;
      let rows = 0;
      const loop = async (): Promise<void> => {
        for await (const row of db.stream(statement)) {
          if (row !== undefined && (rows += 1) === 5000) await new Promise((resolve) => setTimeout(resolve, 100));
        }
      };
      const failed = failure(loop, 'E_CLOSED');
      await until(() => db.health().pool.busy === 1 && (slow || rows >= 5000));
      await db.close();
      await failed;
      await failure(() => drain(db.stream(sql`select 1`)), 'E_CLOSED');
    }
  });

  it('tells its end from an interrupt by what DuckDB says of the result, which the binding does not', async () => {
    const db = await open();
    const kind = await db.withConnection(async (connection) => {
      const result = await connection.stream('select i from range(3000000) r(i)');
      connection.interrupt();
      let chunk = await result.fetchChunk();
      while (chunk !== null && chunk.rowCount > 0) chunk = await result.fetchChunk();
      return result.returnType;
    });
    expect(kind).to.equal(ResultReturnType.INVALID);
  });

  it('starts when the loop does, has one connection until its end, and lets go at break, throw and return()', async () => {
    const db = await open();
    await ticks(db);
    const repository = db.repository(Tick);
    const unused = repository.stream();
    idle(db);
    await unused.return();
    expect(await unused.next()).to.deep.equal({ done: true, value: undefined });
    for await (const row of repository.stream()) {
      expect(row).to.be.instanceOf(Tick);
      expect(db.health().pool.busy).to.equal(1);
      break;
    }
    idle(db);
    const thrown = async (): Promise<void> => {
      for await (const row of repository.stream()) throw new RangeError(String(row.id));
    };
    expect(await thrown().catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    idle(db);
    const rows = repository.stream({
      select: ['id'],
      where: { id: gte(5) },
      orderBy: { id: 'asc' },
      limit: 3,
      offset: 1,
    });
    expect(await rows.next()).to.deep.equal({ done: false, value: { id: 6 } });
    await rows.return();
    idle(db);
    expect(await rows.next()).to.deep.equal({ done: true, value: undefined });
    // while it waits for DuckDB
    const slow = db.stream(sql`select sum(a.range + b.range) from range(10000000) a, range(10000000) b`);
    const first = slow.next();
    await until(() => db.health().pool.busy === 1);
    await slow.return();
    expect(await first).to.deep.equal({ done: true, value: undefined });
    idle(db);
  });

  it('in a transaction sees what that wrote, and lets its other statements run in the loop', async () => {
    const db = await open({ pool: { size: 1 } });
    const repository = db.repository(Tick);
    await ticks(db, 5000);
    await db.transaction(async () => {
      await repository.insert({ id: 5000, symbol: 'mine' });
      let rows = 0;
      for await (const { id } of repository.stream({ orderBy: { id: 'asc' } })) {
        expect(id).to.equal(rows);
        if (rows % 1000 === 0) await repository.update({ id }, { symbol: 'seen' });
        rows += 1;
      }
      expect(rows).to.equal(5001);
      expect(await repository.count({ symbol: 'seen' })).to.equal(6);
      for await (const row of repository.stream()) if (row.id > 0) break;
    });
    expect(await repository.count({ symbol: 'seen' })).to.equal(6);
    const late = await db.transaction(() => {
      const rows = repository.stream();
      return rows.next().then(() => rows);
    });
    await failure(() => drain(late), 'E_TX_ABORTED').catch(() => {});
  });

  it('reads: anything but a SELECT is refused, and nothing is written', async () => {
    const db = await open();
    const insert = sql`insert into ticks values (1, 'x') returning *`;
    await failure(() => drain(db.stream(insert)), 'E_QUERY');
    await failure(() => db.transaction(() => drain(db.stream(insert))), 'E_QUERY');
    await failure(() => db.stream('select 1' as never), 'E_QUERY');
    await failure(() => db.repository(Tick).stream({ cache: false } as object), 'E_QUERY');
    await failure(() => drain(db.stream(sql`select 1 as a, 2 as a`)), 'E_QUERY');
    expect(await db.repository(Tick).count()).to.equal(0);
  });

  it('keeps no file open after close(), when it was left before its end', async () => {
    const path = scratchPath();
    const kept: unknown[] = [];
    for (const way of ['break', 'left', 'return'] as const) {
      const db = await open({ path });
      if (way === 'break') await ticks(db);
      const rows = db.repository(Tick).stream();
      kept.push(rows);
      await rows.next();
      if (way === 'return') await rows.return();
      if (way === 'break') for await (const row of rows) if (row.id > 10) break;
      await db.close();
      const child = await startChild(`
        import { DuckDBInstance } from '@duckdb/node-api';
        await DuckDBInstance.create(${JSON.stringify(path)}).then(() => console.log('open'), () => console.log('locked'));`);
      expect([way, (await child.ended).lines]).to.deep.equal([way, ['open']]);
    }
    expect(kept).to.have.lengthOf(3);
  });

  it('counts as read for a cached value', async () => {
    const db = await open();
    await ticks(db, 3);
    const repository = db.repository(Tick);
    const load = (): Promise<number> => db.cache.getOrLoad('n', { ttl: '5m' }, () => drain(repository.stream()));
    expect([await load(), await load(), db.cache.stats().loads]).to.deep.equal([3, 3, 1]);
    await repository.insert({ id: 3, symbol: 'x' });
    expect(await load()).to.equal(4);
  });

  it('is logged with its rows, as any query', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const db = await open({ logger });
    await drain(db.stream(sql`select i from range(5) r(i)`));
    await failure(() => drain(db.stream(sql`select error('boom')`)));
    const events = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ sql: text }) => /range\(5\)|boom/.test(String(text)));
    expect(events.map(({ msg, row_count: rows }) => [msg, rows])).to.deep.equal([['Query executed', 5], ['Query failed', undefined]]); // prettier-ignore
  });
});
