import type { DuckDBConnection } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, isDatabaseError, sql, type BaseDuckDBManager, type Repository } from '@mysingle/database';
import { context, withinContext } from '../../lib/context.js';
import type { Transaction } from '../../lib/engine/transaction.js';
import { DatabaseError } from '../../lib/errors.js';
import { openBeside } from '../support/beside.js';
import { failure } from '../support/failure.js';
import { gate } from '../support/gate.js';
import { openManager, scratchPath } from '../support/scratch.js';

@Table('counters')
class Counter {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') n!: number;
}

async function counters(): Promise<{ db: BaseDuckDBManager; repository: Repository<Counter> }> {
  const db = await openManager({ path: scratchPath(), entities: [Counter] });
  const repository = db.repository(Counter);
  await repository.insert({ id: 0, n: 0 });
  return { db, repository };
}

describe('transaction', () => {
  it('commits what it did, and gives the value', async () => {
    const { db, repository } = await counters();
    expect(await db.transaction(async () => (await repository.insert({ id: 1, n: 1 })).id)).to.equal(1);
    expect(await db.transaction(() => 5)).to.equal(5);
    expect(await repository.count()).to.equal(2);
  });

  it('says at its commit that another one has committed the key meanwhile, and what to do', async () => {
    const { db, repository } = await counters();
    const [inserted, committed] = [gate(), gate()];
    const slow = db.transaction(async () => {
      await repository.insert({ id: 1, n: 1 });
      inserted.open();
      await committed.passed;
    });
    await inserted.passed;
    await db.transaction(() => repository.insert({ id: 1, n: 2 }));
    committed.open();
    const error = await failure(slow, 'E_UNIQUE');
    expect(error.message).to.match(
      /duplicate key "1"\. Another transaction has committed it meanwhile\. Update the row/,
    );
    expect(error.details).to.deep.include({ key: '1', operation: 'commit' });
  });

  it('rolls back and throws on what its function throws', async () => {
    const { db, repository } = await counters();
    const mine = new Error('mine');
    const thrown: unknown = await db
      .transaction(async () => {
        await repository.insert({ id: 1, n: 1 });
        throw mine;
      })
      .catch((error: unknown) => error);
    expect(thrown).to.equal(mine);
    expect(await repository.count()).to.equal(1);
    expect(db.health().pool.busy).to.equal(0);
  });

  const broken: Readonly<Record<string, (db: BaseDuckDBManager, repository: Repository<Counter>) => Promise<unknown>>> = {
    'a constraint': (_db, repository) => repository.insert({ id: 0, n: 1 }),
    'wrong SQL': (db) => db.query(sql`selec 1`),
    'a missing table': (db) => db.execute(sql`insert into nope values (1)`),
    'a conversion': (db) => db.query(sql`select 'x'::integer`),
    'a bulk load': (_db, repository) => repository.insertMany([{ id: 5, n: 1 }, { id: 0, n: 1 }]),
    'a lent connection': (db) => db.withConnection((connection) => connection.run('selec 1')),
  }; // prettier-ignore
  for (const [what, work] of Object.entries(broken))
    it(`is rolled back as a whole by ${what} that failed and was caught`, async () => {
      const { db, repository } = await counters();
      const error = await failure(
        db.transaction(async () => {
          await repository.insert({ id: 1, n: 1 });
          await work(db, repository).catch(() => {});
        }),
        'E_TX_ABORTED',
      );
      expect(error.message).to.contain('failed and was caught: ');
      expect(error.cause).to.be.instanceOf(Error);
      expect((await repository.find()).map(({ id }) => id)).to.deep.equal([0]);
      await repository.insert({ id: 1, n: 1 });
    });

  it('is joined by nested calls', async () => {
    const { db, repository } = await counters();
    await failure(() =>
      db.transaction(async () => {
        await db.transaction(async () => void (await repository.insert({ id: 1, n: 1 })));
        expect(await repository.count()).to.equal(2);
        await repository.insert({ id: 0, n: 1 });
      }), 'E_UNIQUE'); // prettier-ignore
    expect(await repository.count()).to.equal(1);
  });

  it('is failed by a nested call that threw, even where that was caught', async () => {
    const { db, repository } = await counters();
    const error = await failure(
      db.transaction(async () => {
        await repository.insert({ id: 1, n: 1 });
        await db.transaction(() => Promise.reject(new Error('inner'))).catch(() => {});
      }),
      'E_TX_ABORTED',
    );
    expect(error.message).to.contain('inner');
    expect(await repository.count()).to.equal(1);
  });

  it('runs again on conflict alone, so that contended increments add up', async () => {
    const { db, repository } = await counters();
    let runs = 0;
    const increment = (): Promise<void> =>
      db.transaction(
        async () => {
          runs += 1;
          const { n } = await repository.findOneOrFail({ where: { id: 0 } });
          await repository.update({ id: 0 }, { n: n + 1 });
        },
        { retries: 50 },
      );
    const loop = async (): Promise<void> => {
      for (let turn = 0; turn < 40; turn += 1) await increment();
    };
    await Promise.all([loop(), loop()]);
    expect((await repository.findById(0))?.n).to.equal(80);
    expect(runs).to.be.at.least(80);

    let attempts = 0;
    const attempt = (): Promise<void> =>
      db.transaction(
        async () => {
          attempts += 1;
          await repository.insert({ id: 0, n: 0 });
        },
        { retries: 5 },
      );
    await failure(attempt, 'E_UNIQUE');
    expect(attempts).to.equal(1);
  });

  it('throws E_CONFLICT, retryable, when there are no retries left', async () => {
    const { db, repository } = await counters();
    const [first, second] = [gate(), gate()];
    const slow = db.transaction(async () => {
      await repository.update({ id: 0 }, { n: 1 });
      first.open();
      await second.passed;
    });
    await first.passed;
    const error = await failure(
      db.transaction(() => repository.update({ id: 0 }, { n: 2 })),
      'E_CONFLICT',
    );
    expect(error.retryable).to.equal(true);
    // caught inside, the whole is still worth another run
    const caught = await failure(
      db.transaction(() => repository.update({ id: 0 }, { n: 2 }).catch(() => 0)),
      'E_TX_ABORTED',
    );
    expect(caught.retryable).to.equal(true);
    second.open();
    await slow;
    expect((await repository.findById(0))?.n).to.equal(1);
  });

  it('refuses writes where it is read-only', async () => {
    const { db, repository } = await counters();
    await failure(
      db.transaction(() => repository.update({ id: 0 }, { n: 1 }), { readOnly: true }),
      'E_READ_ONLY',
    );
    expect(await db.transaction(() => repository.count(), { readOnly: true })).to.equal(1);
    await repository.update({ id: 0 }, { n: 1 });
  });

  it('waits for statements that were started in it and not awaited', async () => {
    const { db, repository } = await counters();
    await db.transaction(() => {
      for (let id = 1; id <= 20; id += 1) void repository.insert({ id, n: id });
    });
    expect(await repository.count()).to.equal(21);
    await failure(
      db.transaction(() => {
        void repository.insert({ id: 100, n: 0 });
        repository.insert({ id: 0, n: 0 }).catch(() => {});
      }),
      'E_TX_ABORTED',
    );
    expect(await repository.count({ id: 100 })).to.equal(0);
  });

  it('refuses what comes after its end', async () => {
    const { db, repository } = await counters();
    const over = gate();
    let late: Promise<unknown> = Promise.resolve();
    await db.transaction(() => {
      late = over.passed.then(() => repository.insert({ id: 1, n: 1 }));
      late.catch(() => {});
    });
    over.open();
    const error = await failure(late, 'E_TX_ABORTED');
    expect(error.message).to.contain('is over. Await everything');
    expect(await repository.count()).to.equal(1);
  });

  it('keeps parallel transactions apart, and what is outside from what is inside', async () => {
    const { db, repository } = await counters();
    const [written, seen] = [gate(), gate()];
    const one = db.transaction(async () => {
      await repository.insert({ id: 1, n: 1 });
      written.open();
      await seen.passed;
      expect(await repository.count()).to.equal(2);
    });
    await written.passed;
    expect(await repository.count()).to.equal(1);
    await db.transaction(async () => {
      expect(await repository.count()).to.equal(1);
      await repository.insert({ id: 2, n: 2 });
      seen.open();
      await one;
      // as it was when it began
      expect(await repository.count()).to.equal(2);
    });
    expect(await repository.count()).to.equal(3);
  });

  it('refuses options that it does not have', async () => {
    const { db } = await counters();
    for (const options of [{ retry: 1 }, { retries: -1 }, { retries: 1.5 }, { retries: '3' }])
      await failure(
        db.transaction(() => 1, options as object),
        'E_CONFIG',
      );
  });

  it('spans one database, and leaves another to itself', async () => {
    const [{ db, repository }, other] = [await counters(), await counters()];
    const caught: unknown = await db
      .transaction(async () => {
        await repository.insert({ id: 1, n: 1 });
        await other.repository.insert({ id: 1, n: 1 });
        await other.db.transaction(async () => void (await other.repository.insert({ id: 2, n: 1 })));
        throw new Error('back');
      })
      .catch((error: unknown) => error);
    expect(isDatabaseError(caught)).to.equal(false);
    expect([await repository.count(), await other.repository.count()]).to.deep.equal([1, 3]);
  });
});

describe('what counts from the commit of a transaction on', () => {
  const inside = (db: BaseDuckDBManager): Transaction => {
    const [transaction] = context().transactions?.values() ?? [];
    expect(db.health().pool.busy).to.equal(1);
    return transaction as Transaction;
  };

  it('is done then, once and in its order, before anybody hears of the commit', async () => {
    const { db, repository } = await counters();
    const seen: unknown[] = [];
    await db.transaction(async () => {
      const transaction = inside(db);
      await db.afterCommit(() => seen.push('after'));
      transaction.whenCommitted(() => seen.push('one'));
      await db.transaction(() => inside(db).whenCommitted(() => seen.push('nested')));
      await repository.insert({ id: 1, n: 1 });
      transaction.whenCommitted(() => seen.push('two'));
      expect(seen).to.deep.equal([]);
    });
    expect(seen).to.deep.equal(['one', 'nested', 'two', 'after']);
  });

  it('is not done where it is rolled back, by an error, by one that was caught, or by a failed commit', async () => {
    const { db, repository } = await counters();
    const seen: unknown[] = [];
    const attempts: (() => Promise<unknown>)[] = [
      () => Promise.reject(new Error('no')),
      () => repository.insert({ id: 0, n: 1 }).catch(() => {}),
      async () => {
        await repository.insert({ id: 1, n: 1 });
        await withinContext({ transactions: new Map() }, () => repository.insert({ id: 1, n: 2 }));
      },
    ];
    for (const attempt of attempts) {
      const work = db.transaction(async () => {
        inside(db).whenCommitted(() => seen.push('committed'));
        inside(db).invalidates(['main.counters']);
        await attempt();
      });
      expect(await work.catch(() => 'rolled back')).to.equal('rolled back');
    }
    expect(seen).to.deep.equal([]);
  });

  it('is done once where the whole was run again', async () => {
    const { db, repository } = await counters();
    let [runs, done] = [0, 0];
    await db.transaction(
      async () => {
        inside(db).whenCommitted(() => (done += 1));
        await repository.update({ id: 0 }, { n: 1 });
        runs += 1;
        if (runs === 1) throw new DatabaseError('E_CONFLICT', 'again', { retryable: true });
      },
      { retries: 1 },
    );
    expect([runs, done]).to.deep.equal([2, 1]);
  });

  it('makes it one that has written, where it ends what was read, and is refused behind its end', async () => {
    const { db } = await counters();
    const over = await db.transaction(() => {
      const transaction = inside(db);
      transaction.whenCommitted(() => {});
      expect(transaction.hasWritten).to.equal(false);
      transaction.invalidates(['main.counters']);
      expect(transaction.hasWritten).to.equal(true);
      return transaction;
    });
    await failure(() => over.whenCommitted(() => {}), 'E_TX_ABORTED');
    await failure(() => over.invalidates(['main.counters']), 'E_TX_ABORTED');
  });
});

describe('the end of a transaction, on a connection that is lent in it', () => {
  const CONTROLS = [
    'commit', 'COMMIT TRANSACTION;', 'end', 'rollback', 'abort', 'begin', 'start transaction', 'commit; begin', 'select 1; commit; begin transaction',
    'explain analyze commit', 'explain (analyze, format json) commit', "import database 'x'", "pragma import_database('x')", '-- x\rcommit',
  ]; // prettier-ignore
  const ways: Readonly<Record<string, (c: DuckDBConnection, text: string) => Promise<unknown>>> = {
    run: (c, text) => c.run(text),
    runAndReadAll: (c, text) => c.runAndReadAll(text),
    stream: (c, text) => c.stream(text),
    start: (c, text) => c.start(text),
    startThenReadAll: (c, text) => c.startThenReadAll(text),
    prepare: async (c, text) => (await c.prepare(text)).run(),
    extractStatements: async (c, text) => (await (await c.extractStatements(text)).prepare(0)).run(),
  };

  it('is not to be had by SQL, whichever way: the whole is rolled back, caught or not, and nothing is stale', async () => {
    const { db, repository } = await counters();
    let loads = 0;
    const count = (): Promise<number> => db.cache.getOrLoad('count', { ttl: '1h' }, () => { loads += 1; return repository.count(); }); // prettier-ignore
    expect(await count()).to.equal(1);
    const attempts = CONTROLS.flatMap((text) => Object.keys(ways).map((way) => [text, way] as const));
    for (const [text, way] of attempts) {
      const told: unknown[] = [];
      const attempt = db.transaction(async () => {
        await repository.insert({ id: 1, n: 1 });
        await db
          .withConnection((c) =>
            (ways[way] as (typeof ways)[string])(c, text).catch((error: unknown) => told.push(error)),
          )
          .catch(() => {});
      });
      const error = await failure(attempt, 'E_TX_ABORTED');
      expect(told[0], `${way}: ${text}`).to.equal(error.cause);
      expect((await failure(Promise.reject(error.cause), 'E_QUERY')).message).to.contain('belongs to transaction()');
      expect(await repository.count(), `${way}: ${text}`).to.equal(1);
    }
    const thrown = db.transaction(() => db.withConnection((c) => c.run('insert into counters values (2, 2); commit')));
    expect((await failure(thrown, 'E_QUERY')).message).to.contain('return from its function to commit');
    expect([await count(), await repository.count(), loads]).to.deep.equal([1, 1, 1]);
  });

  it('is not to be had by query or execute either', async () => {
    const { db, repository } = await counters();
    for (const text of CONTROLS) {
      const attempt = db.transaction(async () => {
        await repository.insert({ id: 1, n: 1 });
        await db.execute(sql.raw(text)).catch(() => {});
      });
      await failure(attempt, 'E_TX_ABORTED');
      expect(await repository.count(), text).to.equal(1);
    }
  });

  it('leaves alone what has only such words in it, and connections outside', async () => {
    const { db, repository } = await counters();
    await db.execute(sql`create table "commit" ("end" integer)`);
    await db.transaction(() =>
      db.withConnection(async (c) => {
        await c.run(`insert into "commit" select case when true then 1 end -- ; rollback`);
        const appender = await c.createAppender('commit');
        appender.appendInteger(2);
        appender.endRow();
        appender.closeSync();
        expect((await c.runAndReadAll(`explain analyze select 'commit; begin' as "import"`)).currentRowCount).to.equal(
          1,
        );
      }),
    );
    expect(await db.query(sql`select sum("end")::int as n from "commit"`)).to.deep.equal([{ n: 3 }]);
    await db.withConnection(async (c) => {
      await c.run('begin; insert into counters values (7, 7); commit');
      await c.run('begin');
      await c.run('insert into counters values (8, 8)');
      await c.run('rollback');
    });
    expect((await repository.find()).map(({ id }) => id)).to.deep.equal([0, 7]);
  });

  it('is not to be had beside a locked file either', async () => {
    const { db, free } = await openBeside(['create table t (n integer)']);
    await db.execute(sql`create table if not exists t (n integer)`);
    for (const text of ['commit', 'rollback', 'explain analyze commit'])
      await failure(db.transaction(() => db.withConnection((c) => c.run(`insert into t values (1); ${text}`))), 'E_QUERY'); // prettier-ignore
    await db.transaction(() => db.withConnection((c) => c.run('insert into t values (2)')));
    await free();
    expect(await db.query(sql`select n from t`)).to.deep.equal([{ n: 2 }]);
  });
});
