import { AssertionError } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { BaseDuckDBManager, Cached, Column, Table, many, sql, type Repository } from '@mysingle/database';
import { expectQueries, recordQueries } from '@mysingle/database/testing';
import { failure } from '../support/failure.js';
import { gate } from '../support/gate.js';
import { listen, listeners } from '../support/listening.js';
import { openManager } from '../support/scratch.js';
import { until } from '../support/until.js';

@Table('rec_strategies')
class Strategy {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('rec_trades')
class Trade {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { references: () => [Strategy, 'id'] }) strategyId!: number;
}

const ENTITIES = [Strategy, Trade];

/** The assertion that `work` fails with. */
async function complaint(work: () => unknown): Promise<AssertionError> {
  try {
    await work();
  } catch (error) {
    expect(error).to.be.instanceOf(AssertionError);
    return error as AssertionError;
  }
  throw new AssertionError({ message: 'nothing was complained of' });
}

describe('recordQueries', () => {
  let db: BaseDuckDBManager;
  let strategies: Repository<Strategy>;
  let trades: Repository<Trade>;

  beforeEach(async () => {
    db = await openManager({ entities: ENTITIES });
    [strategies, trades] = [db.repository(Strategy), db.repository(Trade)];
    await strategies.insertMany([1, 2, 3].map((id) => ({ id })));
    await trades.insertMany([1, 2, 3].map((id) => ({ id, strategyId: id })));
  });
  afterEach(() => expect(listeners()).to.deep.equal([]));

  it('leaves out what is deleted behind a store of cache data', async () => {
    using told = listen(db);
    const recorder = recordQueries(db);
    await db.storeCacheData('k', [1]);
    await until(() => told.queries.some(({ sql: text }) => text?.startsWith('DELETE') === true));
    recorder.stop();
    expect(recorder.queries.map(({ operation }) => operation)).to.deep.equal(['storeCacheData']);
  });

  it('has what was asked for, in that order, with its rows and its time', async () => {
    using recorder = recordQueries(db);
    await strategies.find({ where: { id: 2 } });
    await failure(strategies.insert({ id: 1 }), 'E_UNIQUE');
    await trades.insertMany(Array.from({ length: 100 }, (_row, n) => ({ id: n + 10, strategyId: 1 })));
    await Promise.all([trades.findById(1), trades.findById(2)]);
    await db.query(sql`select 1 as x`);
    const told = recorder.queries;
    expect(told.map(({ operation, entity, rows, batch, error }) => [operation, entity, rows, batch, error])).to.deep.equal([
      ['find', 'Strategy', 1, 1, undefined],
      ['insert', 'Strategy', undefined, 1, 'E_UNIQUE'],
      ['insertMany', 'Trade', 100, 1, undefined],
      ['findById', 'Trade', 2, 2, undefined],
      ['query', undefined, 1, 1, undefined],
    ]);
    expect(told.map((query) => query.sql)).to.deep.equal([
      'SELECT "id" FROM "rec_strategies" WHERE "id" = $1',
      'INSERT INTO "rec_strategies" ("id") VALUES ($1) RETURNING "id"',
      undefined,
      'SELECT "id", "strategy_id" FROM "rec_trades" WHERE "id" IN ($1, $2)',
      'select 1 as x',
    ]);
    for (const { durationMs } of told) expect(durationMs).to.be.above(0);
  }); // prettier-ignore

  it('has a query while it runs', async () => {
    using recorder = recordQueries(db);
    const running = db.query(sql`select sleep_ms(20) as x`);
    expect(recorder.queries).to.deep.equal([{ sql: 'select sleep_ms($1) as x'.replace('$1', '20'), operation: 'query', entity: undefined, batch: 1, cached: false, rows: undefined, durationMs: undefined, error: undefined }]); // prettier-ignore
    await running;
    expect(recorder.queries[0]?.rows).to.equal(1);
  });

  it('counts no hit of the cache, and says of a query that it was for a miss', async () => {
    class Service {
      constructor(readonly own: Repository<Strategy>) {}
      @Cached('1h') all(): Promise<number> {
        return this.own.count();
      }
    }
    const service = new Service(strategies);
    using recorder = recordQueries(db);
    await service.all();
    await service.all();
    await strategies.count();
    expect(recorder.queries.map(({ operation, cached }) => [operation, cached])).to.deep.equal([['count', true], ['count', false]]); // prettier-ignore
  });

  it('forgets at clear(), and hears nothing more after stop(), of which there may be two', async () => {
    const [one, other] = [recordQueries(db), recordQueries(db)];
    await strategies.count();
    one.clear();
    await strategies.count();
    one.stop();
    one.stop();
    await strategies.count();
    expect([one.queries.length, other.queries.length]).to.deep.equal([1, 3]);
    other.stop();
    await strategies.count();
    expect(other.queries).to.have.length(3);
    one.expectQueries(1);
  });

  it('hears of its own manager alone, while others of the same name are at work', async () => {
    const twin = await openManager({ entities: ENTITIES });
    using recorder = recordQueries(twin);
    const busy = async (manager: BaseDuckDBManager, times: number): Promise<void> => {
      for (let n = 0; n < times; n += 1) await Promise.all([manager.repository(Strategy).count(), sleep(0)]);
    };
    await Promise.all([busy(db, 20), busy(twin, 5)]);
    recorder.expectQueries(5);
  });

  it('refuses what is no manager, and what is no number', async () => {
    await failure(() => recordQueries({} as BaseDuckDBManager), 'E_CONFIG');
    await failure(
      expectQueries({} as BaseDuckDBManager, 1, () => {}),
      'E_CONFIG',
    );
    let ran = false;
    for (const wrong of [-1, 0.5, Number.NaN, '1']) {
      await failure(
        expectQueries(db, wrong as number, () => void (ran = true)),
        'E_CONFIG',
      );
      using recorder = recordQueries(db);
      await failure(() => recorder.expectQueries(wrong as number), 'E_CONFIG');
    }
    expect(ran).to.equal(false);
  });

  describe('expectQueries', () => {
    it('gives what the code gives where it asks for no more', async () => {
      const rows = await expectQueries(db, 1, () => strategies.find({ include: { trades: many(Trade) } }));
      expect(rows).to.have.length(3);
      await expectQueries(db, 0, () => {});
      await expectQueries(db, 2, () => db.transaction(() => Promise.all([strategies.count(), trades.count()])));
    });

    it('lists what ran, and says what a loop looks like', async () => {
      const loop = async (): Promise<void> => {
        for (const { id } of await strategies.find()) await trades.find({ where: { strategyId: id } });
      };
      const error = await complaint(() => expectQueries(db, 1, loop));
      expect(error.message).to.equal(
        [
          '4 queries ran, and 1 was expected:',
          '  1 x find Strategy: SELECT "id" FROM "rec_strategies"',
          '  3 x find Trade: SELECT "id", "strategy_id" FROM "rec_trades" WHERE "strategy_id" = $1',
          'One statement ran more than once: where that is for each row of another, ask for all of them at once, by include or oneOf.',
        ].join('\n'),
      );
      expect([error.actual, error.expected, error.operator]).to.deep.equal([4, 1, 'expectQueries']);
      using recorder = recordQueries(db);
      const direct = await complaint(() => recorder.expectQueries(1));
      expect(direct.stack?.split('\n').find((line) => line.includes(' at '))).to.include('record-queries.spec');
    });

    it('says so where too few ran', async () => {
      expect((await complaint(() => expectQueries(db, 2, () => {}))).message).to.equal(
        '0 queries ran, and 2 were expected.',
      );
      const bulk = (): Promise<number> => trades.insertMany(Array.from({ length: 100 }, (_row, n) => ({ id: n + 10, strategyId: 1 }))); // prettier-ignore
      expect((await complaint(() => expectQueries(db, 2, bulk))).message).to.equal(
        '1 query ran, and 2 were expected:\n  1 x insertMany Trade: (rows loaded in bulk)',
      );
    });

    it('passes on what the code throws, and listens no more', async () => {
      const error = new RangeError('mine');
      let seen: unknown;
      await expectQueries(db, 0, () => Promise.reject(error)).catch((thrown: unknown) => (seen = thrown));
      expect(seen).to.equal(error);
      expect(listeners()).to.deep.equal([]);
    });

    it('counts what is asked for meanwhile by whomever, as a server that is called does', async () => {
      const [asked, answered] = [gate(), gate()];
      const server = (async () => {
        await asked.passed;
        await strategies.count();
        answered.open();
      })();
      await expectQueries(db, 1, async () => {
        asked.open();
        await answered.passed;
      });
      await server;
    });
  });
});
