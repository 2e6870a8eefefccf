import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Cached, Column, Table, keyvStore, now, uuid7, type Duration, type Generated, type Repository } from '@mysingle/database'; // prettier-ignore
import { createTestManager, manualClock } from '@mysingle/database/testing';
import { failure } from '../support/failure.js';

@Table('timed_event')
class Event {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('integer') n!: number;
  @Column('timestamptz', { default: now() }) at!: Generated<Date>;
  @Column('date', { default: now() }) day!: Generated<Date>;
}

class Service {
  loads = 0;
  constructor(private readonly events: Repository<Event>) {}
  @Cached({ ttl: '5m', grace: '1h' })
  async count(): Promise<number> {
    this.loads += 1;
    return this.events.count();
  }
}

describe('manualClock', () => {
  it('stands still until it is moved, forth and back', () => {
    const clock = manualClock();
    expect([clock.now(), clock.date.toISOString()]).to.deep.equal([Date.UTC(2025, 0, 1), '2025-01-01T00:00:00.000Z']);
    clock.advance('1.5h');
    clock.advance('250ms');
    expect(clock.date.toISOString()).to.equal('2025-01-01T01:30:00.250Z');
    for (const start of ['2020-02-29T00:00:00Z', new Date(0), -1]) {
      clock.set(start);
      expect([clock.now(), manualClock(start).now()]).to.deep.equal(Array(2).fill(new Date(start).getTime()));
    }
  });

  it('refuses what is no moment and no duration, and stays where it is', async () => {
    for (const start of ['soon', Number.NaN, new Date(Number.NaN), 1e99, null, true, 5n, {}])
      await failure(() => manualClock(start as never), 'E_CONFIG');
    const clock = manualClock(7);
    for (const by of ['-5m', '5', 5, undefined, '9000000000000000ms']) await failure(() => clock.advance(by as Duration), 'E_CONFIG'); // prettier-ignore
    await failure(() => clock.set('never'), 'E_CONFIG');
    expect(clock.now()).to.equal(7);
  });

  it('moves the ends of what is cached, by ttl and grace, without any pause', async () => {
    const clock = manualClock();
    await using db = await createTestManager({ entities: [Event], clock });
    const service = new Service(db.repository(Event));
    await service.count();
    clock.advance('4.9m');
    await service.count();
    expect(service.loads).to.equal(1);
    clock.advance('6s');
    // over, and within grace: the answer is the old one, and the refresh is done by then
    await service.count();
    expect([service.loads, db.cache.stats().stale]).to.deep.equal([2, 1]);
    await service.count();
    expect(service.loads).to.equal(2);
    clock.advance('2h');
    await service.count();
    expect([service.loads, db.cache.stats().stale]).to.deep.equal([3, 1]);
  });

  it('moves what the Python module and Keyv keep, and the defaults of rows', async () => {
    const clock = manualClock('2026-03-01T12:00:00Z');
    await using db = await createTestManager({ entities: [Event], clock });
    await db.storeCacheData('k', [1]);
    await keyvStore(db).set('k', 1, 1000);
    const events = db.repository(Event);
    await events.insertMany([{ n: 1 }, { n: 2 }]);
    clock.advance('1d');
    const third = await events.insert({ n: 3 });
    expect([await db.getCacheData('k', { ttlHours: 24.1 }), await db.getCacheData('k', { ttlHours: 24 })]).to.deep.equal([[1], null]); // prettier-ignore
    expect(await keyvStore(db).get('k')).to.equal(undefined);
    const rows = await events.find({ orderBy: { id: 'asc' } });
    expect(rows.map(({ n, at }) => [n, at.toISOString()])).to.deep.equal([
      [1, '2026-03-01T12:00:00.000Z'],
      [2, '2026-03-01T12:00:00.000Z'],
      [3, '2026-03-02T12:00:00.000Z'],
    ]);
    expect(third.day).to.deep.equal(new Date('2026-03-02'));
  });
});
