import { expect } from 'chai';
import { describe, it } from 'mocha';
import { gathererFor, interpret } from '../lib/row-gatherer.js';

const properties = ['a', 'b"\n', 'c'];
const rows = [{ a: 1, 'b"\n': 2, c: 3 }, { a: 1 }, { c: null, x: 9 }, null, { a: 5 }];

describe('row gatherers', () => {
  for (const [name, make] of [
    ['compiled', gathererFor],
    ['interpreted', interpret],
  ] as const)
    // prettier-ignore
    it(`${name}, read values into columns up to what is no row, and count what is missing`, () => {
      const run = make(properties);
      const columns: unknown[][] = [[], [], []];
      const missing = new Uint32Array(3);
      const given: number[] = [];
      const done = run?.(rows, 0, 5, columns, missing, 1, (row) => 'x' in (row as object), (_row, count) => given.push(count) < 3); // prettier-ignore
      expect([done, given, [...missing]]).to.deep.equal([3, [3, 1, 1], [1, 2, 1]]);
      expect(columns.map((column) => column.slice(1, 4))).to.deep.equal([
        [1, 1, undefined],
        [2, undefined, undefined],
        [3, undefined, null],
      ]);
    });
});
