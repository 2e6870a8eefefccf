// The table of codes, from which docs/errors.md is made: each example message is what a real cause gives, word for word, and no detail
// is undocumented. Not here: which text of DuckDB is which code (errors.spec).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { IsPositive } from 'class-validator';
import { describe, it } from 'mocha';
import {
  BaseDuckDBManager, Cached, Column, ERROR_CODES, Repository, Table, isDatabaseError, oneOf, sql,
  type DatabaseError, type ErrorCode,
} from '@mysingle/database'; // prettier-ignore
import { CODES, COMMON_DETAILS } from '../lib/error-codes.js';
import { classify } from '../lib/errors.js';
import { failure } from './support/failure.js';
import { openManager, scratchFolder, scratchPath } from './support/scratch.js';

@Table('strategies')
class Strategy {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') name!: string;
}

@Table('trades')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { references: () => [Strategy, 'id'] }) strategyId!: number;
  @Column('varchar') symbol!: string;
  @Column('integer', { check: sql`qty < 1000000` }) @IsPositive() qty!: number;
}

const strategy = { id: 1, name: 'carry' };
const trade = { id: 1, strategyId: 1, symbol: 'AAPL', qty: 10 };

async function open(): Promise<{ db: BaseDuckDBManager; trades: Repository<Trade> }> {
  const db = await openManager({ entities: [Strategy, Trade] });
  await db.repository(Strategy).insert(strategy);
  return { db, trades: db.repository(Trade) };
}

/** What DuckDB says where the cause is not worth making here; each of these has specs of its own with real disks and locks. */
const saidByDuckDB: Partial<Record<ErrorCode, string>> = {
  E_LOCKED: 'IO Error: Could not set lock on file "data/app.duckdb": Conflicting lock is held in /usr/bin/node (PID 8502). See also https://duckdb.org/docs/stable/connect/concurrency',
  E_OUT_OF_MEMORY: 'Out of Memory Error: could not allocate block of size 256.0 KiB (3.9 GiB/4.0 GiB used)',
  E_DISK_FULL: 'TransactionContext Error: Failed to commit: Could not write file "data/app.duckdb.wal": No space left on device',
  E_INVALIDATED: 'IO Error: Checkpoint failed for database "app". The database has been invalidated. Original error: No space left on device',
  E_UNKNOWN: 'Something that DuckDB has never said before',
}; // prettier-ignore

/** One cause of each of the others. */
const causes: Partial<Record<ErrorCode, () => Promise<unknown>>> = {
  E_CONFIG: () => BaseDuckDBManager.open({ path: ':memory:', pool: { size: 0 } }),
  async E_DECLARATION() {
    class Fill {
      price!: number;
    }
    Column('money' as 'double')(Fill.prototype, 'price');
    return Table('fills')(Fill);
  },
  async E_SCHEMA_DRIFT() {
    const path = scratchPath();
    const before = await openManager({ path });
    await before.execute(sql`create table strategies (id integer primary key, name varchar)`);
    await before.close();
    await openManager({ path, entities: [Strategy] });
  },
  async E_NOT_FOUND() {
    const { trades } = await open();
    return trades.findOneOrFail({ where: { symbol: 'TSLA' } });
  },
  async E_UNIQUE() {
    const { trades } = await open();
    await trades.insert(trade);
    return trades.insert(trade);
  },
  async E_NOT_NULL() {
    const { trades } = await open();
    return trades.insert({ ...trade, symbol: null as unknown as string });
  },
  async E_CHECK() {
    const { trades } = await open();
    return trades.insert({ ...trade, qty: 1_000_000 });
  },
  async E_FOREIGN_KEY() {
    const { trades } = await open();
    return trades.insert({ ...trade, strategyId: 7 });
  },
  async E_CONVERSION() {
    const { trades } = await open();
    return trades.insertMany([trade, { ...trade, id: 2, qty: 1.5 }]);
  },
  async E_VALIDATION() {
    const { trades } = await open();
    return trades.insert({ ...trade, qty: -1 });
  },
  async E_QUERY() {
    const { trades } = await open();
    return trades.find({ where: { ticker: oneOf(['AAPL']) } as never });
  },
  async E_CONFLICT() {
    const { db, trades } = await open();
    await trades.insert(trade);
    let change: () => void = () => {};
    const changed = new Promise<void>((resolve) => (change = resolve));
    const first = db.transaction(async () => {
      await trades.update({ id: 1 }, { qty: 11 });
      await changed;
    });
    const second = db.transaction(() => trades.update({ id: 1 }, { qty: 12 }));
    await second.catch(() => {}).finally(change);
    await first;
    return second;
  },
  async E_TX_ABORTED() {
    const { db, trades } = await open();
    return db.transaction(async () => {
      await trades.insert({ ...trade, strategyId: 7 }).catch(() => {});
      return trades.count();
    });
  },
  async E_TIMEOUT() {
    const { db } = await open();
    return db.query(sql`select count(*) from range(1000000000000) a`, { timeout: '50ms' });
  },
  async E_ABORTED() {
    const { trades } = await open();
    return trades.find({ signal: AbortSignal.abort() });
  },
  async E_CORRUPT() {
    const path = join(scratchFolder(), 'app.duckdb');
    writeFileSync(path, 'no database at all, but long enough to be looked at'.repeat(1000));
    return openManager({ path });
  },
  async E_READ_ONLY() {
    const path = scratchPath();
    await (await openManager({ path, entities: [Strategy] })).close();
    const db = await openManager({ path, entities: [Strategy], readOnly: true });
    return db.repository(Strategy).insert(strategy);
  },
  async E_CLOSED() {
    const { db, trades } = await open();
    await db.close();
    return trades.count();
  },
  async E_PERMISSION() {
    const db = await openManager({ secure: true });
    return db.query(sql`select * from 'data/trades.parquet'`);
  },
  async E_UNSUPPORTED() {
    const { db } = await open();
    return db.execute(sql`alter table trades drop column strategy_id`);
  },
  async E_CACHE_UNBOUND() {
    class Rates {
      @Cached('5m') async today(): Promise<number> {
        return 1;
      }
    }
    return new Rates().today();
  },
};

async function caused(code: ErrorCode): Promise<DatabaseError> {
  const said = saidByDuckDB[code];
  return said === undefined ? await failure((causes[code] as () => Promise<unknown>)()) : classify(new Error(said));
}

/** Without the folder of this run. */
const portable = (message: string): string => message.replaceAll(/(?<=["' ])\/[^"']*\/(?=app\.duckdb)/g, 'data/');

describe('the table of codes', () => {
  it('is frozen, and says everything of each', () => {
    expect(Object.isFrozen(CODES)).to.equal(true);
    expect([...ERROR_CODES.keys()]).to.deep.equal(Object.keys(CODES));
    for (const [code, { when, remedy, summary }] of Object.entries(CODES)) {
      expect(when, code).to.have.length.above(0);
      for (const sentence of [...when, remedy]) expect(sentence, code).to.match(/^[A-Z`].*[.]$/s);
      expect(summary, code).to.match(/^[a-z@D].*[^.]$/);
    }
  });

  for (const code of ERROR_CODES.keys())
    it(`${code}: its example is what a real cause gives, and its details are documented`, async () => {
      const error = await caused(code);
      expect(isDatabaseError(error, code), `${error.code}: ${error.message}`).to.equal(true);
      const { example, details, retryable } = CODES[code];
      expect(portable(error.message)).to.equal(example);
      expect(error.retryable).to.equal(retryable === true);
      expect(
        Object.keys(error.details).filter((name) => !Object.hasOwn({ ...COMMON_DETAILS, ...details }, name)),
      ).to.deep.equal([]);
    });
});
