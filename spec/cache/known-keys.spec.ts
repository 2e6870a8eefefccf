import { expect } from 'chai';
import { describe, it } from 'mocha';
import { canonicalText } from '../../lib/cache/key.js';
import { KnownKeys } from '../../lib/cache/known-keys.js';
import { random } from '../support/random.js';

const textOf = (args: readonly unknown[]): string => canonicalText(args, () => 'f');

describe('keys that are known', () => {
  it('are made once for plain arguments, of whatever number', () => {
    const keys = new KnownKeys();
    let made = 0;
    const of = (...args: unknown[]): string => keys.of(args, () => ((made += 1), textOf(args)));
    for (const args of [[], [7], ['7', true, null], [7, undefined], [10n ** 30n, NaN]]) {
      made = 0;
      expect([of(...args), of(...args), made]).to.deep.equal([textOf(args), textOf(args), 1]);
    }
  });

  it('are made each time for what can change, and for long texts', () => {
    const keys = new KnownKeys();
    const list = [1];
    const of = (...args: unknown[]): string => keys.of(args, () => textOf(args));
    expect(of(1, list)).to.equal('[1,[1]]');
    list.push(2);
    expect(of(1, list)).to.equal('[1,[1,2]]');
    let made = 0;
    for (let time = 0; time < 2; time += 1) keys.of(['x'.repeat(101)], () => ((made += 1), 'k'));
    expect(made).to.equal(2);
  });

  it('are none where there is none to make, now as then', () => {
    const keys = new KnownKeys();
    const refuse = (): never => {
      throw new Error('no form');
    };
    for (let time = 0; time < 2; time += 1) expect(() => keys.of([1], refuse)).to.throw('no form');
    expect(keys.of([1], () => 'k')).to.equal('k');
  });

  it('are what they would be without, for arguments at random, also beyond what is remembered', () => {
    const seed = Date.now() % 2 ** 31;
    const { below } = random(seed);
    const keys = new KnownKeys();
    const plain = [0, -0, 1, '1', 1n, true, 'true', null, undefined, NaN, 'null', '', '[', '],[', Infinity];
    for (let step = 0; step < 30_000; step += 1) {
      const args = Array.from({ length: below(4) }, () => (below(3) === 0 ? below(1_000) : plain[below(plain.length)]));
      expect(
        keys.of(args, () => textOf(args)),
        `seed ${seed}, step ${step}`,
      ).to.equal(textOf(args));
    }
  });
});
