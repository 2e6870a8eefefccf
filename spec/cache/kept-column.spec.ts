import { expect } from 'chai';
import { describe, it } from 'mocha';
import { KeptDate, KeptTypedArray } from '../../lib/cache/kept.js';
import { DateColumn, ImmutableColumn, MixedColumn, columnOf } from '../../lib/cache/kept-column.js';

const bytes = new KeptTypedArray('Int8Array', Int8Array.of(1));

describe('a column', () => {
  it('is of what all its items are', () => {
    expect(columnOf([])).to.be.instanceOf(ImmutableColumn);
    expect(columnOf([1, 'x', null, undefined, 5n])).to.be.instanceOf(ImmutableColumn);
    expect(columnOf([null, new KeptDate(1)])).to.be.instanceOf(DateColumn);
    for (const other of [1, undefined, bytes]) expect(columnOf([new KeptDate(1), other])).to.be.instanceOf(MixedColumn);
  });

  it('hands out what is immutable as it is, and copies the rest', () => {
    const items = [1, 2];
    expect(columnOf(items).read()).to.equal(items);
    expect(columnOf(items).copy()).to.deep.equal(items);
    expect(columnOf(items).copy() === items).to.equal(false);
    for (const column of [columnOf([new KeptDate(1), null]), columnOf([bytes, 1])]) {
      expect(column.read()).to.deep.equal(column.copy());
      expect(column.read()[0] === column.read()[0]).to.equal(false);
      expect(column.length).to.equal(2);
    }
  });

  it('has bare items where one tag says what all of them are', () => {
    const cases: [unknown[], unknown][] = [
      [[], []], [[null], [null]], [[1, 'x', null, true], [1, 'x', null, true]],
      [[1, NaN, null, -0], { $: ['n', [1, 'NaN', null, '-0']] }],
      [[1n, null, 2n ** 64n], { $: ['i', [1, null, '18446744073709551616']] }],
      [[new KeptDate(1), null, new KeptDate(NaN)], { $: ['d', [1, null, 'NaN']] }],
      [[1, undefined], { $: ['x', [1, { $: ['u'] }]] }], [[1n, 1], { $: ['x', [{ $: ['i', 1] }, 1]] }], [['x', NaN], { $: ['x', ['x', { $: ['n', 'NaN'] }]] }],
      [[bytes, 1], { $: ['x', [{ $: ['t', 'Int8Array', 'AQ=='] }, 1]] }],
    ]; // prettier-ignore
    for (const [items, text] of cases) expect(columnOf(items).encode()).to.deep.equal(text);
  });

  it('has the size of its items', () => {
    for (const item of [1, new KeptDate(1), bytes])
      expect(columnOf([item, item, item]).size()).to.be.greaterThan(columnOf([item, item]).size());
  });
});
