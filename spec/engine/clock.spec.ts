import { expect } from 'chai';
import { describe, it } from 'mocha';
import { TableClock, isTag, tagged } from '../../lib/engine/clock.js';
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

  it('has tags beside tables: each ends by its own name alone, and is no write to anything', () => {
    const clock = new TableClock();
    const [a, b] = [tagged('a'), tagged(EVERYTHING)];
    clock.wrote([a]);
    expect([a, b, 'a', EVERYTHING].map((each) => clock.lastWrite(each))).to.deep.equal([1, 0, 0, 0]);
    clock.wrote([EVERYTHING]);
    expect([a, b, 'a', EVERYTHING].map((each) => clock.lastWrite(each))).to.deep.equal([1, 0, 2, 2]);
    clock.wrote(['a']);
    expect([a, b, 'a', 'b', EVERYTHING].map((each) => clock.lastWrite(each))).to.deep.equal([1, 0, 3, 2, 3]);
    expect([a, b, 'a', '', EVERYTHING].map(isTag)).to.deep.equal([true, true, false, false, false]);
  });

  it('tells watchers what was written, once it counts, until they are taken back', () => {
    const clock = new TableClock();
    const seen: unknown[] = [];
    const stop = clock.watch((what) => seen.push([what, clock.holds(what, clock.tick - 1)]));
    clock.wrote(new Set(['a', tagged('t')]));
    clock.wrote([]);
    stop();
    clock.wrote(['b']);
    expect(seen).to.deep.equal([[['a', tagged('t')], false]]);
  });

  it('forgets what was written when that is too much, and then takes all of it for just written', () => {
    const clock = new TableClock();
    clock.wrote(['a']);
    for (let n = 0; n < 99_999; n += 1) clock.wrote([tagged(`user:${n}`)]);
    expect([clock.tick, clock.lastWrite('a'), clock.lastWrite('b'), clock.lastWrite(tagged('user:5'))]).to.deep.equal([100_000, 1, 0, 7]); // prettier-ignore
    clock.wrote([tagged('one more')]);
    const { tick } = clock;
    const after = ['a', 'b', tagged('user:5'), tagged('never')].map((each) => clock.lastWrite(each));
    expect(after).to.deep.equal([tick, tick, tick, tick]);
    clock.wrote(['b']);
    expect([clock.holds(['a', tagged('never')], tick), clock.holds(['b'], tick)]).to.deep.equal([true, false]);
  });

  it('vouches for nothing that is being committed, as often as it is, until that is over', () => {
    const clock = new TableClock();
    const held = (): boolean[] => [['a'], ['b'], [EVERYTHING], [tagged('t')], []].map((what) => clock.holds(what, clock.tick));
    const [all, none] = [[true, true, true, true, true], [false, false, false, true, true]];
    expect([held(), clock.committing]).to.deep.equal([all, false]);
    const over = [clock.commits(['a']), clock.commits(new Set(['a', tagged('t')]))];
    expect([held(), clock.committing]).to.deep.equal([[false, true, false, false, true], true]);
    over[1]?.();
    expect(held()).to.deep.equal([false, true, false, true, true]);
    over[0]?.();
    expect([held(), clock.committing]).to.deep.equal([all, false]);
    const everything = clock.commits([EVERYTHING]);
    expect(held()).to.deep.equal(none);
    everything();
    const tag = clock.commits([tagged('t')]);
    // a tag is no table
    expect(held()).to.deep.equal([true, true, true, false, true]);
    tag();
    expect([held(), clock.tick]).to.deep.equal([all, 0]);
  }); // prettier-ignore

  it('tells what was written from what is being committed', () => {
    const clock = new TableClock();
    clock.wrote(['a']);
    const over = clock.commits(['b']);
    expect([['a'], ['b'], ['a', 'b'], []].map((what) => clock.wroteSince(what, 0))).to.deep.equal([true, false, true, false]); // prettier-ignore
    expect([clock.wroteSince(['a'], 1), clock.holds(['b'], 1)]).to.deep.equal([false, false]);
    over();
  });

  it('has another moment whenever something may hold no more, or again', () => {
    const clock = new TableClock();
    const moments = [clock.moment];
    const steps = [(): unknown => clock.wrote(['a']), () => clock.commits(['b']), () => clock.wrote([tagged('t')])];
    for (const step of steps) {
      const over = step();
      moments.push(clock.moment);
      if (typeof over === 'function') moments.push(((over as () => void)(), clock.moment));
    }
    expect(new Set(moments).size).to.equal(5);
    clock.wrote([]);
    expect(clock.moment).to.equal(moments.at(-1));
  });
});
