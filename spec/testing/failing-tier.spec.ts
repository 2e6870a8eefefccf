import { expect } from 'chai';
import { Keyv } from 'keyv';
import { describe, it } from 'mocha';
import { Cached, Column, Table, type BaseDuckDBManager, type Repository } from '@mysingle/database';
import { createTestManager, failingTier, manualClock, recordLogs, type FailureKind } from '@mysingle/database/testing';
import { failure } from '../support/failure.js';

@Table('failing_item')
class Item {
  @Column('integer', { primaryKey: true }) id!: number;
}

class Service {
  loads = 0;
  constructor(private readonly items: Repository<Item>) {}
  @Cached('1h')
  async count(): Promise<number> {
    this.loads += 1;
    return this.items.count();
  }
}

async function stage(): Promise<
  { db: BaseDuckDBManager; service: Service } & Record<'tier', ReturnType<typeof failingTier>> &
    Record<'logs', ReturnType<typeof recordLogs>> &
    Record<'clock', ReturnType<typeof manualClock>>
> {
  const [tier, logs, clock] = [failingTier(), recordLogs(), manualClock()];
  const db = await createTestManager({
    entities: [Item],
    clock,
    logger: logs.logger,
    cache: { store: tier, storeTimeout: '30ms' },
  });
  return { db, tier, logs, clock, service: new Service(db.repository(Item)) };
}

describe('failingTier', () => {
  it('works as a store until it is told to fail', async () => {
    const { db, tier, service, logs } = await stage();
    await using closing = db;
    expect(closing.mode).to.equal('memory');
    await service.count();
    expect([...tier.values.keys()].some((key) => key.includes('Service.count'))).to.equal(true);
    expect(tier.calls.every(({ failed }) => !failed)).to.equal(true);
    expect(logs.of({ from: 'warning' })).to.deep.equal([]);
    expect(db.cache.stats()).to.include({ loads: 1 });
  });

  for (const how of ['error', 'hang', 'garbage', { slow: '80ms' }] as const)
    it(`leaves answers right, and costs loads and a warning, by ${JSON.stringify(how)}`, async () => {
      const { db, tier, service, logs, clock } = await stage();
      await using closing = db;
      expect(closing.mode).to.equal('memory');
      tier.fail(how);
      await db.repository(Item).insert({ id: 1 });
      expect(await service.count()).to.equal(1);
      await db.repository(Item).insert({ id: 2 });
      expect(await service.count()).to.equal(2);
      expect([await service.count(), service.loads], 'memory goes on').to.deep.equal([2, 2]);
      expect(tier.calls.some(({ failed }) => failed)).to.equal(true);
      expect(logs.of('Cache tier failed')).to.have.length(1);
      tier.heal();
      clock.advance('10m');
      await db.repository(Item).insert({ id: 3 });
      expect(await service.count()).to.equal(3);
    });

  it('fails the calls that were meant: by method, from the nth on, so many', async () => {
    const tier = failingTier();
    tier.fail('error', { of: 'set', from: 2, times: 1 });
    const came: string[] = [];
    for (let n = 1; n <= 3; n += 1) {
      came.push(await tier.set(`k${n}`, 'v').then(() => 'set', (error: Error) => error.message)); // prettier-ignore
      came.push(String(await tier.get(`k${n}`)));
    }
    expect(came).to.deep.equal(['set', 'v', 'failingTier: set was told to fail', 'undefined', 'set', 'v']);
    expect(tier.calls.filter(({ failed }) => failed)).to.deep.equal([{ method: 'set', key: 'k2', failed: true }]);
    tier.fail('garbage');
    expect([await tier.set('k1', 'new'), await tier.delete('k1'), typeof (await tier.get('k1'))]).to.deep.equal([true, false, 'string']); // prettier-ignore
    tier.heal();
    expect(await tier.get('k1')).to.equal('v');
    tier.fail({ slow: '1ms' });
    expect(await tier.get('k1')).to.equal('v');
    tier.fail('hang');
    const still = new Promise((resolve) => setTimeout(resolve, 5, 'still'));
    expect(await Promise.race([tier.get('k1'), still])).to.equal('still');
  });

  it('stands behind a Keyv, too', async () => {
    const tier = failingTier();
    const keyv = new Keyv({ store: tier as never });
    await keyv.set('k', 1);
    expect(await keyv.get('k')).to.equal(1);
    await keyv.clear();
    expect(await keyv.get('k')).to.equal(undefined);
  });

  it('refuses what it does not know', async () => {
    const tier = failingTier();
    for (const how of ['explode', null, {}, { slow: 5 }])
      await failure(() => tier.fail(how as FailureKind), 'E_CONFIG');
    for (const which of [{ nth: 1 }, { of: 'has' }, { from: 0 }, { times: Number.NaN }])
      await failure(() => tier.fail('error', which as never), 'E_CONFIG');
    expect(await tier.get('k')).to.equal(undefined);
  });
});
