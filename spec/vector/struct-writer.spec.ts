import { INTEGER, LIST, STRUCT, UNION, VARCHAR, type DuckDBStructValue, type DuckDBUnionValue, type DuckDBValue } from '@duckdb/node-api'; // prettier-ignore
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { listWriter } from '../../lib/vector/list-writer.js';
import { numberWriter } from '../../lib/vector/number-writer.js';
import { textWriter } from '../../lib/vector/string-writer.js';
import { structWriter, unionWriter } from '../../lib/vector/struct-writer.js';
import type { VectorWriter } from '../../lib/vector/vector-writer.js';
import { WrittenColumn } from '../support/vector.js';

const integers = (): VectorWriter => numberWriter(Int32Array, (value) => value as number, true);
const texts = (): VectorWriter => textWriter({ text: (value) => value as string });
const members = (value: unknown): unknown[] => value as unknown[];
const membersOf = (value: DuckDBValue): unknown =>
  value === null ? null : Object.values((value as DuckDBStructValue).entries);

describe('structWriter', () => {
  it('writes each member into its own vector, chunk after chunk, NULL told apart from NULL members', () => {
    const column = new WrittenColumn(STRUCT({ n: INTEGER, s: VARCHAR }), structWriter([integers(), texts()], members));
    for (const count of [3, 2048, 10]) {
      const values = Array.from({ length: count }, (_each, row) =>
        [null, undefined, [row, null], [null, `text number ${row}, é`], [null, null], [-row, '']].at(row % 6),
      );
      expect(column.write(values).map(membersOf)).to.deep.equal(values.map((value) => value ?? null));
      expect(column.nulls).to.equal(values.filter((value) => (value ?? null) === null).length);
    }
    expect(column.write([null, undefined]).map(membersOf)).to.deep.equal([null, null]);
  });

  it('writes structs in structs, whose members are NULL where the whole is', () => {
    const inner = structWriter([integers()], members);
    const column = new WrittenColumn(STRUCT({ i: STRUCT({ n: INTEGER }), n: INTEGER }), structWriter([inner, integers()], members)); // prettier-ignore
    const read = column.write([[[1], 2], null, [null, 3], [[null], null]]);
    expect(read.map((value) => value && Object.values((value as DuckDBStructValue).entries).map((each) => (typeof each === 'object' ? membersOf(each) : each)))).to.deep.equal([[[1], 2], null, [null, 3], [[null], null]]); // prettier-ignore
  });

  it('tells that it grows where a member does', () => {
    const list = listWriter(integers(), (value) => value as number[]);
    expect([structWriter([integers(), list], members).grows, unionWriter([list], () => [0, null]).grows]).to.deep.equal([true, true]); // prettier-ignore
    expect(structWriter([integers(), texts()], members).grows).to.equal(false);
    const column = new WrittenColumn(STRUCT({ l: LIST(INTEGER) }), structWriter([list], members));
    for (const most of [3000, 2]) {
      const values = Array.from({ length: 50 }, (_each, row) => (row % 7 === 0 ? null : [Array.from({ length: (row * 97) % most }, (_item, index) => index)])); // prettier-ignore
      const read = column.write(values).map((value) => value && [(((value as DuckDBStructValue).entries['l'] as { items: unknown } | null)?.items ?? null)]); // prettier-ignore
      expect(read).to.deep.equal(values);
    }
  });
});

describe('unionWriter', () => {
  it('writes the member that is chosen, its NULL, and none at all', () => {
    const choice = (value: unknown): [number, unknown] => value as [number, unknown];
    const column = new WrittenColumn(UNION({ n: INTEGER, s: VARCHAR }), unionWriter([integers(), texts()], choice));
    const tags = ['n', 's'];
    for (const count of [4, 2048, 7]) {
      const values = Array.from({ length: count }, (_each, row) =>
        [[0, row], [1, `text number ${row}, é`], null, [1, null], [0, null]].at(row % 5),
      ) as ([number, unknown] | null)[];
      const read = column.write(values) as (DuckDBUnionValue | null)[];
      expect(read.map((value) => value && [tags.indexOf(value.tag), value.value])).to.deep.equal(values);
    }
  });
});
