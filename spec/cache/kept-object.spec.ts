import { expect } from 'chai';
import { describe, it } from 'mocha';
import { KeptDate } from '../../lib/cache/kept.js';
import { columnOf } from '../../lib/cache/kept-column.js';
import { KeptEntity, KeptObject, RowsColumn } from '../../lib/cache/kept-object.js';
import { schemaOf } from '../../lib/entity/schema.js';
import { Quote } from '../support/kept-arbitraries.js';

describe('kept objects', () => {
  const schema = schemaOf(Quote);
  const columns = [columnOf([1]), columnOf([new KeptDate(5)]), columnOf([null])];
  const names = ['id', 'at', 'note'];

  it('of one shape are made of columns: plain ones, or instances', () => {
    const rows = new RowsColumn(undefined, ['a', '__proto__'], [columnOf([1, 2]), columnOf(['x', 'y'])], 2);
    expect(rows.copy().map((row) => Object.entries(row))).to.deep.equal([[['a', 1], ['__proto__', 'x']], [['a', 2], ['__proto__', 'y']]]); // prettier-ignore
    const [quote] = new RowsColumn(schema, names, columns, 1).copy() as Quote[];
    expect([quote?.secret(), Object.entries(quote as Quote)]).to.deep.equal([42, [['id', 1], ['at', new Date(5)], ['note', null]]]); // prettier-ignore
  });

  it('say their class and shape in their text, and their names once', () => {
    const told = ['Quote', `${schema.id}#${schema.shape}`, 1, names, [[1], { $: ['d', [5]] }, [null]]];
    const row = new RowsColumn(schema, names, columns, 1);
    expect(row.encode()).to.deep.equal({ $: ['rows', ...told] });
    expect(new KeptEntity(row).encode()).to.deep.equal({ $: ['one', ...told] });
    expect(new KeptEntity(row).copy()).to.be.instanceOf(Quote);
  });

  it('keep their keys in order, whatever they are called', () => {
    const held = JSON.parse('{"b":1,"__proto__":2,"$":3,"a":4}') as Record<string, unknown>;
    held['__proto__'] = new KeptDate(1);
    const kept = new KeptObject(held);
    const [one, two] = [kept.copy(), kept.copy()];
    expect(Object.entries(one)).to.deep.equal([['b', 1], ['__proto__', new Date(1)], ['$', 3], ['a', 4]]); // prettier-ignore
    expect([Object.getPrototypeOf(one), one['__proto__'] === two['__proto__']]).to.deep.equal([Object.prototype, false]); // prettier-ignore
    expect(kept.encode()).to.deep.equal({ $: ['$', ['b', '__proto__', '$', 'a'], [1, { $: ['d', 1] }, 3, 4]] });
    expect(new KeptObject({ a: undefined }).encode()).to.deep.equal({ a: { $: ['u'] } });
  });

  it('grow with what is in them', () => {
    expect(new KeptObject({ a: 'xx' }).size() - new KeptObject({ a: 'x' }).size()).to.equal(2);
    expect(new KeptObject({ a: new KeptDate(1) }).size()).to.be.greaterThan(new KeptObject({ a: null }).size());
    expect(new KeptEntity(new RowsColumn(schema, names, columns, 1)).size()).to.be.greaterThan(100);
  });
});
