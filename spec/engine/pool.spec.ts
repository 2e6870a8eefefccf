import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { Pool } from '../../lib/engine/pool.js';
import { SchemaVersion, Session } from '../../lib/engine/session.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';
import { until } from '../support/until.js';

const gate = (): { open: () => void; passed: Promise<void> } => {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
};

describe('Pool', () => {
  it('gives the place of a connection that could not be opened to whoever waits', async () => {
    const db = await openManager();
    const { passed, open } = gate();
    let opened = 0;
    const pool = new Pool(1, 5_000, async () => {
      opened += 1;
      await passed;
      if (opened === 1) throw new RangeError('no memory');
      return db.withConnection((connection) => new Session(connection, new SchemaVersion()));
    });
    const first = pool.use(() => Promise.resolve('first')).catch((error: Error) => error.message);
    const second = pool.use(() => Promise.resolve('second'));
    open();
    expect(await Promise.all([first, second])).to.deep.equal(['no memory', 'second']);
    expect(pool.stats).to.deep.equal({ size: 1, busy: 0, waiting: 0 });
  });

  it('lends no connection that was being opened when it closed', async () => {
    const { passed, open } = gate();
    let closed = false;
    const session = { close: () => Promise.resolve(void (closed = true)) } as never as Session;
    const pool = new Pool(1, 5_000, () => passed.then(() => session));
    const late = failure(
      pool.use(() => Promise.resolve()),
      'E_CLOSED',
    );
    await pool.close();
    open();
    await late;
    expect(closed).to.equal(true);
  });

  it('lends a connection to one borrower at a time, first come first served', async () => {
    const db = await openManager({ pool: { size: 1 } });
    const order: number[] = [];
    let inside = 0;
    await Promise.all(
      Array.from({ length: 12 }, (_item, n) =>
        db.withConnection(async (connection) => {
          expect((inside += 1)).to.equal(1);
          order.push(n);
          await connection.run('select 1');
          inside -= 1;
        }),
      ),
    );
    expect(order).to.deep.equal(Array.from({ length: 12 }, (_item, n) => n));
  });

  it('tells how many are lent and wait, and refuses one that waits too long', async () => {
    const db = await openManager({ pool: { size: 2, acquireTimeout: '300ms' } });
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const holders = [db.withConnection(() => held), db.transaction(() => held)];
    const late = failure(db.query(sql`select 1`), 'E_TIMEOUT');
    await until(() => db.health().pool.busy === 2);
    expect(db.health().pool).to.deep.equal({ size: 2, busy: 2, waiting: 1 });
    const error = await late;
    expect(error.message).to.contain('within 300 ms: all 2 are lent').and.contain('pool: { size, acquireTimeout }');
    letGo();
    await Promise.all(holders);
    expect(await db.query(sql`select 1 as n`)).to.deep.equal([{ n: 1 }]);
    expect(db.health().pool).to.deep.equal({ size: 2, busy: 0, waiting: 0 });
  });

  it('refuses those who wait when it closes', async () => {
    const db = await openManager({ pool: { size: 1 } });
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let started = (): void => {};
    const running = new Promise<void>((resolve) => (started = resolve));
    const holder = db.withConnection(() => {
      started();
      return held;
    });
    await running;
    const waiting = failure(db.query(sql`select 1`), 'E_CLOSED');
    const closing = db.close();
    letGo();
    await Promise.all([holder, closing, waiting]);
  });
});
