import { expect } from 'chai';
import { describe, it } from 'mocha';
import { PAUSE_MS, Seldom } from '../../lib/cache/seldom.js';

describe('a warning of what every read may come upon', () => {
  it('is one in a while, whatever it is of', () => {
    let now = 0;
    const told: unknown[] = [];
    const { warn } = new Seldom(
      (error) => told.push(error),
      () => now,
    );
    for (const at of [0, 1, PAUSE_MS - 1, PAUSE_MS, PAUSE_MS + 1, 3 * PAUSE_MS]) {
      now = at;
      for (const part of ['a', 'b']) warn(`${part} at ${at}`);
    }
    expect(told).to.deep.equal(['a at 0', `a at ${PAUSE_MS}`, `a at ${3 * PAUSE_MS}`]);
  });
});
