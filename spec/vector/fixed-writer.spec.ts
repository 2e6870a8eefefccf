import { DOUBLE } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { fixedWriter } from '../../lib/vector/fixed-writer.js';
import type { VectorWriter } from '../../lib/vector/vector-writer.js';
import { WrittenColumn } from '../support/vector.js';

/** Doubles, each put as twice what is given: what was taken as it is shows. */
const doubled = (same = true): VectorWriter =>
  fixedWriter<Float64Array>({
    width: 8,
    views: (memory) => new Float64Array(memory),
    put(doubles, index, value) {
      if (typeof value !== 'number') throw new RangeError('no number');
      doubles[index] = value * 2;
    },
    ...(same && { same: Float64Array }),
  });
const column = (same?: boolean): WrittenColumn => new WrittenColumn(DOUBLE, doubled(same));

describe('fixedWriter', () => {
  it('puts value by value, chunk after chunk of any size, and counts NULLs, as undefined is', () => {
    const doubles = column();
    for (const count of [3, 2048, 1, 0, 500]) {
      const values = Array.from({ length: count }, (_each, row) => (row % 5 === 1 ? null : row % 5 === 2 ? undefined : row)); // prettier-ignore
      const wanted = values.map((value) => (typeof value === 'number' ? value * 2 : null));
      expect(doubles.write(values), String(count)).to.deep.equal(wanted);
      expect(doubles.nulls).to.equal(wanted.filter((value) => value === null).length);
    }
  });

  it('takes memory of the one kind as it is, from wherever it begins, and puts all else', () => {
    const doubles = column();
    const memory = Float64Array.of(1, 2, 3, 4, 5);
    expect(doubles.write(memory)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(doubles.write(memory.subarray(2))).to.deep.equal([3, 4, 5]);
    expect(doubles.write([1, 2])).to.deep.equal([2, 4]);
    expect(doubles.write(Float32Array.of(1.5, 2))).to.deep.equal([3, 4]);
    const shared = new Float64Array(new SharedArrayBuffer(16)).fill(7);
    expect(doubles.write(shared)).to.deep.equal([14, 14]);
    expect(column(false).write(memory)).to.deep.equal([2, 4, 6, 8, 10]);
    expect(memory).to.deep.equal(Float64Array.of(1, 2, 3, 4, 5));
  });

  it('goes on with the next chunk where a check has thrown', () => {
    const doubles = column();
    expect(() => doubles.write([1, null, 'x'])).to.throw(RangeError);
    expect(doubles.write([1, 2, 3])).to.deep.equal([2, 4, 6]);
    expect(doubles.nulls).to.equal(0);
  });
});
