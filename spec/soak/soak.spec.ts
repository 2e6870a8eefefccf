// A short soak in every run of the specs; the long one is `npm run soak`.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { soak } from './soak.js';

describe('processes killed at random', () => {
  it('lose nothing that was acknowledged, double nothing, and leave nothing in part', async () => {
    const seed = Date.now() % 2 ** 31;
    const texts: string[] = [`seed ${seed}`];
    const onRound: NonNullable<Parameters<typeof soak>[0]['onRound']> = (mode, { clean, texts: wrong, faults }) => {
      if (!clean) texts.push(...wrong.map((text) => `${mode}: ${text}`), JSON.stringify(faults));
    };
    await Promise.all([
      soak({ kills: 6, seed, rounds: 1, modes: ['inserts', 'transactions', 'bulk', 'mixed', 'birth'], onRound }),
      soak({ kills: 6, seed: seed + 1, rounds: 1, modes: ['promotion', 'two', 'fallback'], onRound }),
    ]);
    expect(texts).to.deep.equal([`seed ${seed}`]);
  });
});
