import { expect } from 'chai';
import { describe, it } from 'mocha';
import { TableClock } from '../../lib/engine/clock.js';
import { EVERYTHING } from '../../lib/sql/statement.js';

describe('TableClock', () => {
  it('ticks once for each committed write, and not for none', () => {
    const clock = new TableClock();
    const ticks = [[], ['a'], ['a', 'b'], [], [EVERYTHING]].map((tables) => {
      clock.wrote(tables);
      return clock.tick;
    });
    expect(ticks).to.deep.equal([0, 1, 2, 2, 3]);
  });

  it('holds for what was read until one of its tables is written', () => {
    const clock = new TableClock();
    clock.wrote(['a']);
    const { tick } = clock;
    expect(clock.holds(['a', 'b'], tick)).to.equal(true);
    expect(clock.holds(['a'], tick - 1)).to.equal(false);
    clock.wrote(['b']);
    expect([
      clock.holds(['a'], tick),
      clock.holds(['b'], tick),
      clock.holds(['a', 'b'], tick),
      clock.holds([], tick),
    ]).to.deep.equal([true, false, false, true]);
  });

  it('takes the unknown for everything, read or written, and nothing for nothing', () => {
    const clock = new TableClock();
    expect(clock.holds([EVERYTHING], 0)).to.equal(true);
    clock.wrote(['a']);
    expect([clock.holds([EVERYTHING], 0), clock.holds([EVERYTHING], 1), clock.holds(['b'], 0)]).to.deep.equal([
      false,
      true,
      true,
    ]);
    clock.wrote([EVERYTHING]);
    expect([clock.holds(['b'], 1), clock.holds(['b'], 2)]).to.deep.equal([false, true]);
    expect(clock.holds([], 0)).to.equal(true);
  });
});
