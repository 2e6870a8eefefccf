import { DOUBLE, FLOAT, INTEGER, SMALLINT, TINYINT, UINTEGER, USMALLINT, UTINYINT } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { numberWriter } from '../../lib/vector/number-writer.js';
import { WrittenColumn } from '../support/vector.js';

const number = (value: unknown): number => value as number;

describe('numberWriter', () => {
  it('writes the edges of every width, given in an array or in memory of its own', () => {
    const cases = [
      [TINYINT, Int8Array, [-128, 127]],
      [UTINYINT, Uint8Array, [0, 255]],
      [SMALLINT, Int16Array, [-32_768, 32_767]],
      [USMALLINT, Uint16Array, [0, 65_535]],
      [INTEGER, Int32Array, [-(2 ** 31), 2 ** 31 - 1]],
      [UINTEGER, Uint32Array, [0, 2 ** 32 - 1]],
      [FLOAT, Float32Array, [-0, Number.NaN, -Infinity, 1.5]],
      [DOUBLE, Float64Array, [-0, Number.NaN, 5e-324, 1.7976931348623157e308]],
    ] as const;
    for (const [type, array, edges] of cases) {
      const column = new WrittenColumn(type, numberWriter(array, number, true));
      expect(column.write([...edges, null, ...edges]), array.name).to.deep.equal([...edges, null, ...edges]);
      const memory = new array(edges.length);
      memory.set(edges);
      expect(column.write(memory), array.name).to.deep.equal([...edges]);
    }
  });

  it('asks the check for each value but NULL, and for none of its own memory where that needs no check', () => {
    const asked: unknown[] = [];
    const check = (value: unknown): number => asked.push(value);
    const [asItIs, checked] = [true, false].map((same) => new WrittenColumn(INTEGER, numberWriter(Int32Array, check, same))) as [WrittenColumn, WrittenColumn]; // prettier-ignore
    expect([asItIs.write(Int32Array.of(7, 8)), asked]).to.deep.equal([[7, 8], []]);
    expect([asItIs.write(Float64Array.of(7, 8)), asked]).to.deep.equal([[1, 2], [7, 8]]); // prettier-ignore
    expect([checked.write(Int32Array.of(9)), checked.write(['x', null]), asked]).to.deep.equal([[3], [4, null], [7, 8, 9, 'x']]); // prettier-ignore
  });
});
