import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Entry, type EntryFields } from '../../lib/cache/entry.js';
import { StoredValue } from '../../lib/cache/stored-value.js';
import { TableClock, tagged } from '../../lib/engine/clock.js';
import { EVERYTHING } from '../../lib/sql/statement.js';

const made = (fields: Partial<EntryFields> = {}): Entry =>
  new Entry({
    value: StoredValue.of('v'),
    dependencies: ['main.a', tagged('t'), EVERYTHING],
    tick: 0,
    createdAt: 1,
    expiresAt: 10,
    graceUntil: 20,
    ...fields,
  });

describe('an entry of the cache', () => {
  it('is fresh up to its time, then stale up to its grace, then expired', () => {
    const [entry, clock] = [made(), new TableClock()];
    expect([1, 9, 10, 19, 20, 30].map((now) => entry.stateAt(now, clock))).to.deep.equal([
      'fresh', 'fresh', 'stale', 'stale', 'expired', 'expired',
    ]); // prettier-ignore
    expect(made({ graceUntil: 10 }).stateAt(10, clock)).to.equal('expired');
  });

  it('is written, at whatever time, once something was written since its load began', () => {
    for (const what of ['main.a', tagged('t'), EVERYTHING, 'main.other']) {
      const [entry, clock] = [made(), new TableClock()];
      clock.wrote([what]);
      expect([1, 10, 20].map((now) => entry.stateAt(now, clock))).to.deep.equal(['written', 'written', 'written']);
      expect(made({ tick: 1 }).stateAt(1, clock)).to.equal('fresh');
    }
    const clock = new TableClock();
    clock.wrote(['main.b', tagged('u')]);
    expect(made({ dependencies: ['main.a', tagged('t')] }).stateAt(1, clock)).to.equal('fresh');
  });

  it('holds until a write to it, however often it was asked before', () => {
    const [entry, clock] = [made({ dependencies: ['main.a'] }), new TableClock()];
    expect([entry.holds(clock), entry.holds(clock)]).to.deep.equal([true, true]);
    clock.wrote(['main.b']);
    expect([entry.holds(clock), entry.holds(clock)]).to.deep.equal([true, true]);
    clock.wrote(['main.a']);
    expect([entry.holds(clock), entry.holds(clock)]).to.deep.equal([false, false]);
  });

  it('is unsure while a write to it is being committed, and then written, or what it was', () => {
    const [entry, clock] = [made({ dependencies: ['main.a'] }), new TableClock()];
    const states = (): string[] => [1, 10, 20].map((now) => entry.stateAt(now, clock));
    expect(states()).to.deep.equal(['fresh', 'stale', 'expired']);
    const failing = clock.commits(['main.a']);
    expect(states()).to.deep.equal(['unsure', 'unsure', 'unsure']);
    failing();
    expect(states()).to.deep.equal(['fresh', 'stale', 'expired']);
    const over = clock.commits(['main.a']);
    clock.wrote(['main.a']);
    expect(states()).to.deep.equal(['written', 'written', 'written']);
    over();
    expect(states()).to.deep.equal(['written', 'written', 'written']);
  });

  it('may be served without a second thought while it is fresh and memory need not ask behind', () => {
    expect([made().freshUntil, made({ trustedUntil: 5 }).freshUntil, made({ trustedUntil: 15 }).freshUntil]).to.deep.equal([10, 5, 10]); // prettier-ignore
    expect([made().trustedUntil, made({ trustedUntil: 5 }).trustedUntil]).to.deep.equal([Infinity, 5]);
  });

  it('tells tables and tags apart', () => {
    const entry = made();
    expect([entry.tables, entry.tags]).to.deep.equal([['main.a', EVERYTHING], ['t']]);
  });

  it('gives each answer to be counted once', () => {
    const entry = made();
    entry.hits += 2;
    expect([entry.takeHits(), entry.takeHits()]).to.deep.equal([2, 0]);
    entry.hits += 1;
    expect([entry.takeHits(), entry.hits]).to.deep.equal([1, 3]);
  });
});
