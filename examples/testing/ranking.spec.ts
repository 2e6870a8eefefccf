// A whole test file, for mocha. Another runner differs in its first lines alone: see docs/testing.md.
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import type { BaseDuckDBManager, DatabaseSnapshot } from '@mysingle/database';
import { createTestManager, factory, manualClock, seed } from '@mysingle/database/testing';
import { Ranking, Run, Strategy } from './market.js';

describe('the ranking', () => {
  const clock = manualClock();
  const runs = factory(Run);
  let db: BaseDuckDBManager;
  let seeded: DatabaseSnapshot;

  // one boot for the file, and every test begins with the same rows
  before(async () => {
    db = await createTestManager({ entities: [Strategy, Run], clock });
    await seed(db, [
      [Strategy, 2],
      [Run, [{ strategyId: 1, totalReturn: 0.1 }]],
    ]);
    seeded = await db.snapshot();
  });
  afterEach(() => seeded.restore());
  after(() => db.close());

  it('knows the best strategy', async () => {
    await runs.insert(db, { strategyId: 2, totalReturn: 0.2 });
    expect(await new Ranking(db.repository(Run)).best()).to.equal(2);
  });

  it('begins where the other test began', async () => {
    expect(await db.repository(Run).count()).to.equal(1);
    expect(await new Ranking(db.repository(Run)).best()).to.equal(1);
  });

  it('asks again after ten minutes', async () => {
    const ranking = new Ranking(db.repository(Run));
    for (const pause of ['0s', '9m', '2h'] as const) {
      clock.advance(pause);
      await ranking.best();
    }
    expect(ranking.asked).to.equal(2);
  });
});
