import { ARRAY, DOUBLE, INTEGER, LIST, MAP, type DuckDBValue } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { arrayWriter, listWriter, mapWriter } from '../../lib/vector/list-writer.js';
import { numberWriter } from '../../lib/vector/number-writer.js';
import { WrittenColumn } from '../support/vector.js';

const integers = () => numberWriter(Int32Array, (value) => value as number, true); // prettier-ignore
const doubles = () => numberWriter(Float64Array, (value) => value as number, true); // prettier-ignore
const items = (value: unknown): ArrayLike<unknown> => value as number[];
const itemsOf = (read: readonly DuckDBValue[]): unknown[] =>
  read.map((value) => (value as { items: unknown } | null)?.items ?? null);

describe('listWriter', () => {
  it('writes far more items than a vector holds at first, NULLs among them, again and again', () => {
    const column = new WrittenColumn(LIST(INTEGER), listWriter(integers(), items));
    for (const most of [3000, 3, 700]) {
      const values = Array.from({ length: 300 }, (_each, row) =>
        row % 7 === 0
          ? null
          : Array.from({ length: (row * 13) % most }, (_item, index) => (index % 3 === 0 ? null : index)),
      );
      expect(itemsOf(column.write(values))).to.deep.equal(values);
    }
  });

  it('takes typed arrays as they are where all of a chunk are of the kind', () => {
    const column = new WrittenColumn(LIST(DOUBLE), listWriter(doubles(), items));
    const typed = [Float64Array.of(1, -0, Number.NaN), null, Float64Array.of(), Float64Array.of(Infinity)];
    expect(itemsOf(column.write(typed))).to.deep.equal([[1, -0, Number.NaN], null, [], [Infinity]]);
    expect(itemsOf(column.write([Float64Array.of(1), [2, null], Float32Array.of(3)]))).to.deep.equal([[1], [2, null], [3]]); // prettier-ignore
  });

  it('writes lists of lists, and none at all', () => {
    const column = new WrittenColumn(LIST(LIST(INTEGER)), listWriter(listWriter(integers(), items), items));
    const read = column.write([[[1], null, [2, 3]], [], null]);
    expect(itemsOf(read).map((each) => each && itemsOf(each as DuckDBValue[]))).to.deep.equal([[[1], null, [2, 3]], [], null]); // prettier-ignore
    expect(itemsOf(column.write([null, null]))).to.deep.equal([null, null]);
  });

  it('refuses an item that is undefined, which is not NULL', () => {
    const column = new WrittenColumn(LIST(INTEGER), listWriter(integers(), items));
    expect(() => column.write([[1, undefined]])).to.throw(TypeError);
  });
});

describe('arrayWriter', () => {
  it('writes arrays of one length, chunk after chunk', () => {
    const column = new WrittenColumn(ARRAY(INTEGER, 5), arrayWriter(integers(), 5, items));
    for (let round = 0; round < 3; round += 1) {
      const values = Array.from({ length: 2048 }, (_each, row) =>
        (row + round) % 4 === 0 ? null : [row, null, round, -1 - row, row % 2 === 0 ? null : 1],
      );
      expect(itemsOf(column.write(values))).to.deep.equal(values);
    }
  });
});

describe('mapWriter', () => {
  it('writes keys and values, and none at all', () => {
    const column = new WrittenColumn(
      MAP(INTEGER, DOUBLE),
      mapWriter(integers(), doubles(), (value) => value as Map<unknown, unknown>),
    );
    const maps = Array.from({ length: 1000 }, (_each, row) =>
      row % 5 === 0
        ? null
        : new Map(Array.from({ length: row % 9 }, (_item, key) => [key, key % 2 === 0 ? null : key / 2])),
    );
    const read = column.write(maps) as ({ entries: { key: number; value: number | null }[] } | null)[];
    expect(read.map((map) => map && new Map(map.entries.map(({ key, value }) => [key, value])))).to.deep.equal(maps);
  });
});
