import { expect } from 'chai';
import { describe, it } from 'mocha';
import { KeptDate } from '../../lib/cache/kept.js';
import { columnOf } from '../../lib/cache/kept-column.js';
import { KeptList, KeptMap, KeptSet } from '../../lib/cache/kept-list.js';
import { RowsColumn } from '../../lib/cache/kept-object.js';

describe('a kept list, map or set', () => {
  const [keys, dates] = [columnOf(['a', 'b']), columnOf([new KeptDate(1), new KeptDate(2)])];

  it('is made of its columns, in their order', () => {
    expect(new KeptList(dates).copy()).to.deep.equal([new Date(1), new Date(2)]);
    expect([...new KeptMap(keys, dates).copy()]).to.deep.equal([['a', new Date(1)], ['b', new Date(2)]]); // prettier-ignore
    expect([...new KeptSet(dates).copy()]).to.deep.equal([new Date(1), new Date(2)]);
  });

  it('is an array as text where its items are read one by one, and else its column', () => {
    const rows = new RowsColumn(undefined, ['k'], [keys], 2);
    expect(new KeptList(keys).encode()).to.deep.equal(['a', 'b']);
    expect(new KeptList(columnOf([1, undefined])).encode()).to.deep.equal([1, { $: ['u'] }]);
    expect(new KeptList(dates).encode()).to.deep.equal({ $: ['list', { $: ['d', [1, 2]] }] });
    expect(new KeptList(rows).encode()).to.deep.equal(rows.encode());
    expect(new KeptMap(keys, dates).encode()).to.deep.equal({ $: ['map', ['a', 'b'], { $: ['d', [1, 2]] }] });
    expect(new KeptSet(rows).encode()).to.deep.equal({ $: ['set', rows.encode()] });
  });

  it('has the size of its columns and more', () => {
    expect(new KeptList(dates).size()).to.be.greaterThan(dates.size());
    expect(new KeptSet(dates).size()).to.be.greaterThan(dates.size());
    expect(new KeptMap(keys, dates).size()).to.be.greaterThan(keys.size() + dates.size());
  });
});
