// The cache against a model of what it may answer: many actors at once on a file, at random. `CACHE_MODEL_SEED` runs one seed
// alone, `CACHE_MODEL_STEPS` another number of steps for each.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { DOUBLES } from '../support/cache-model/doubles.js';
import { Violation } from '../support/cache-model/ledger.js';
import { runModel, type ModelOptions, type Outcome } from '../support/cache-model/run.js';

const ONE_SEED = process.env['CACHE_MODEL_SEED'];
const FIRST = Number(ONE_SEED ?? Date.now() % 2 ** 31);
const STEPS = Number(process.env['CACHE_MODEL_STEPS'] ?? 3_000);
const SEEDS = Array.from({ length: ONE_SEED === undefined ? 5 : 1 }, (_seed, index) => FIRST + index);
/** Within so many a broken double must be seen. */
const STEPS_OF_DOUBLES = 20_000;

/** A run in which nothing goes wrong. @throws Error with its seed */
async function holds(options: ModelOptions): Promise<Outcome> {
  const outcome = await runModel(options);
  if (outcome.wrong !== undefined) throw outcome.wrong;
  return outcome;
}

describe('the cache among many who read, write and upset it at random', () => {
  for (const seed of SEEDS) {
    it(`never answers with what is over, and does answer (seed ${seed}, ${STEPS} steps)`, async function () {
      this.timeout(60_000 + 10 * STEPS);
      const { stats, steps, done } = await holds({ seed, steps: STEPS });
      expect(steps).to.be.at.least(STEPS);
      // the model is of no use where nothing is ever kept
      const reads = stats.hits + stats.loads;
      expect(stats.hits / reads, `seed ${seed}: ${JSON.stringify(stats)}`).to.be.above(0.2);
      if (STEPS < 20_000) return;
      const counts = { ...stats, kills: done.get('kill') ?? 0, restarts: done.get('restart') ?? 0 };
      for (const [name, count] of Object.entries(counts))
        expect(count, `${name} of seed ${seed}: ${JSON.stringify(counts)}`).to.be.above(0);
    });
  }

  it(`does the same without a table of its own (seed ${FIRST})`, async () => {
    const before = sql`create table mysingle_cache (key varchar, something integer)`;
    const { stats } = await holds({ seed: FIRST, steps: 2_000, before, harm: false });
    expect(stats.hits).to.be.above(0);
  });

  for (const [what, double] of DOUBLES) {
    it(`would show a cache that ${what}`, async function () {
      this.timeout(300_000);
      for (const seed of [FIRST, FIRST + 1, FIRST + 2]) {
        const { wrong } = await double(() => runModel({ seed, steps: STEPS_OF_DOUBLES, harm: false }));
        expect(wrong, `seed ${seed}`).to.be.instanceOf(Violation);
      }
    });
  }
});
