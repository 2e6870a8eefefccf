import { pino } from 'pino';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Table, afterCommit, sql, withContext } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';

@Table('orders')
class Order {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') n!: number;
}

const open = (): Promise<BaseDuckDBManager> =>
  openManager({ path: scratchPath(), entities: [Order], pool: { size: 1 } });

describe('afterCommit', () => {
  it('runs after the commit, in order, outside of the transaction, before its value is given', async () => {
    const db = await open();
    const orders = db.repository(Order);
    const events: string[] = [];
    const value = await db.transaction(async () => {
      await orders.insert({ id: 1, n: 1 });
      await db.afterCommit(async () => {
        // one connection: it would wait for ever if the transaction still had it
        await db.transaction(() => orders.insert({ id: 2, n: 2 }));
        events.push(`first sees ${await orders.count()}`);
      });
      await db.transaction(async () => afterCommit(() => void events.push('nested')));
      await afterCommit(() => void events.push('last'));
      events.push('in it');
      return 5;
    });
    expect([value, events]).to.deep.equal([5, ['in it', 'first sees 2', 'nested', 'last']]);
  });

  it('never runs after a rollback, whatever it was for', async () => {
    const db = await open();
    const events: string[] = [];
    const note = (): Promise<void> => db.afterCommit(() => void events.push('wrong'));
    await db.transaction(async () => (await note(), Promise.reject(new Error('mine')))).catch(() => {});
    await failure(db.transaction(async () => (await note(), await db.query(sql`selec 1`).catch(() => 0))));
    await failure(
      db.transaction(async () => (await note(), new Promise(() => {})), { timeout: '20ms' }),
      'E_TIMEOUT',
    );
    expect(events).to.deep.equal([]);
  });

  it('runs once with retries: what the attempt that committed has asked for', async () => {
    const db = await openManager({ path: scratchPath(), entities: [Order] });
    const orders = db.repository(Order);
    await orders.insert({ id: 1, n: 0 });
    const events: number[] = [];
    let attempts = 0;
    await db.transaction(
      async () => {
        attempts += 1;
        const attempt = attempts;
        await db.afterCommit(() => void events.push(attempt));
        await orders.findById(1);
        // another connection changes the same row in between
        if (attempt === 1) await db.duckdbConn.run('update orders set n = 9');
        await orders.update({ id: 1 }, { n: attempt });
      },
      { retries: 3 },
    );
    expect([attempts, events]).to.deep.equal([2, [2]]);
  });

  it('runs at once outside a transaction, and gives its error', async () => {
    const db = await open();
    const events: string[] = [];
    await db.afterCommit(() => void events.push('manager'));
    await afterCommit(() => void events.push('function'));
    expect(events).to.deep.equal(['manager', 'function']);
    const thrown = new Error('mine');
    expect(await afterCommit(() => Promise.reject(thrown)).catch((error: unknown) => error)).to.equal(thrown);
    await failure(afterCommit(1 as never), 'E_CONFIG');
    await failure(db.afterCommit(undefined as never), 'E_CONFIG');
  });

  it('logs its error, under the ids it was registered with, and lets the transaction be what it is', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
    const db = await openManager({ path: scratchPath(), entities: [Order], logger });
    const events: string[] = [];
    await db.transaction(async () => {
      await db.repository(Order).insert({ id: 1, n: 1 });
      await afterCommit(() => Promise.reject(new Error('secret')));
      await withContext({ correlationId: 'c1' }, () => afterCommit(() => db.query(sql`selec 1`)));
      await afterCommit(() => void events.push('all the same'));
    });
    expect([await db.repository(Order).count(), events]).to.deep.equal([1, ['all the same']]);
    expect(lines.map((line) => JSON.parse(line) as object)).to.have.lengthOf(2);
    expect(lines[0])
      .to.contain('A callback after commit failed; the transaction is committed')
      .and.not.contain('secret');
  });

  it('is refused when the transaction is over', async () => {
    const db = await open();
    let late: Promise<unknown> = Promise.resolve();
    let settle = (): void => {};
    const over = new Promise<void>((resolve) => (settle = resolve));
    await db.transaction(() => {
      late = over.then(() => afterCommit(() => {}));
      late.catch(() => {});
    });
    settle();
    await failure(late, 'E_TX_ABORTED');
  });
});
