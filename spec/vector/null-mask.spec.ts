import { DuckDBDataChunk, INTEGER, type DuckDBValue } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { NullMask } from '../../lib/vector/null-mask.js';

const chunk = DuckDBDataChunk.create([INTEGER]);

/** The values of a vector of zeros, after the mask was written to it. */
function masked(mask: NullMask, count: number, ...nulls: number[]): [number, DuckDBValue[]] {
  chunk.reset();
  chunk.rowCount = count;
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, 0);
  duckdb.copy_data_to_vector(vector, 0, new ArrayBuffer(count * 4), 0, count * 4);
  mask.begin(count);
  for (const index of nulls) mask.add(index);
  const told = mask.writeTo(vector, count);
  return [told, new DuckDBDataChunk(chunk.chunk).getColumnValues(0)];
}

describe('NullMask', () => {
  it('makes NULL what was added and nothing else, in each place of bytes and words', () => {
    const mask = new NullMask();
    for (const count of [1, 8, 63, 64, 65, 128, 2048])
      for (const index of [0, 1, 7, 8, 63, 64, count - 1].filter((each) => each < count)) {
        const values = Array.from({ length: count }, (_each, at) => (at === index ? null : 0));
        expect(masked(mask, count, index), `${index} of ${count}`).to.deep.equal([1, values]);
      }
    const all = Array.from({ length: 100 }, (_each, index) => index);
    expect(masked(mask, 100, ...all)).to.deep.equal([100, all.map(() => null)]);
  });

  it('forgets what was NULL when it begins anew, with fewer or with more values than before', () => {
    const mask = new NullMask();
    masked(mask, 70, 0, 5, 69);
    expect(masked(mask, 70)).to.deep.equal([0, Array.from({ length: 70 }, () => 0)]);
    masked(mask, 70, 1);
    expect(masked(mask, 3, 2)).to.deep.equal([1, [0, 0, null]]);
    expect(masked(mask, 70, 69)[1].indexOf(null)).to.equal(69);
    expect(masked(mask, 200, 199)[1].indexOf(null)).to.equal(199);
    expect(masked(mask, 200)).to.deep.equal([0, Array.from({ length: 200 }, () => 0)]);
  });

  it('forgets also what was begun and never written, as where a check has thrown', () => {
    const mask = new NullMask();
    mask.begin(3);
    mask.add(1);
    expect(masked(mask, 3)).to.deep.equal([0, [0, 0, 0]]);
  });
});
