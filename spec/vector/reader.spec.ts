import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { NumberArray } from '../../lib/vector/number-array.js';
import { huge, mapped, none, numbers, roomFor, unsignedHuge, validityOf, wide, wideExact, words, isValid, type VectorReader } from '../../lib/vector/reader.js'; // prettier-ignore
import { lookAt, readBy } from '../support/reading.js';

const same = (value: bigint): bigint => value;
const ROWS = 5000;
const range = <T>(item: (row: number) => T, rows = ROWS): T[] =>
  Array.from({ length: rows }, (_each, row) => item(row));

describe('numbers', () => {
  it('are read as they are, of every width, with NULLs in every place of a word', async () => {
    const cases: readonly (readonly [string, VectorReader, unknown, unknown])[] = [
      ['tinyint', numbers(Int8Array), -128, 127],
      ['utinyint', numbers(Uint8Array), 0, 255],
      ['smallint', numbers(Int16Array), -32_768, 32_767],
      ['usmallint', numbers(Uint16Array), 0, 65_535],
      ['integer', numbers(Int32Array), -(2 ** 31), 2 ** 31 - 1],
      ['uinteger', numbers(Uint32Array), 0, 2 ** 32 - 1],
      ['bigint', numbers(BigInt64Array), -(2n ** 63n), 2n ** 63n - 1n],
      ['ubigint', numbers(BigUint64Array), 0n, 2n ** 64n - 1n],
      ['float', numbers(Float32Array), -Infinity, 1.5],
      ['double', numbers(Float64Array), Number.NaN, 5e-324],
    ];
    for (const [type, reader, low, high] of cases) {
      const [a, b] = [low, high].map((value) => `'${String(value)}'::${type}`);
      const select = `select case when i % 3 = 0 then null when i % 2 = 0 then ${a} else ${b} end from range(${ROWS}) r(i)`;
      expect(await readBy(reader, select), type).to.deep.equal(range((i) => (i % 3 === 0 ? null : i % 2 === 0 ? low : high))); // prettier-ignore
      expect(await readBy(reader, `select ${a} from range(3)`), type).to.deep.equal([low, low, low]);
    }
    // one NULL, at the edges of bytes and words of the mask
    for (const place of [0, 7, 8, 31, 63, 64, 127])
      expect(await readBy(numbers(Int32Array), `select nullif(i, ${place})::integer from range(128) r(i)`)).to.deep.equal(range((i) => (i === place ? null : i), 128)); // prettier-ignore
  });

  it('are there as memory too, which holds the very values', async () => {
    const raw = (vector: never, count: number): NumberArray =>
      (numbers(Float64Array).raw as (vector: never, count: number) => NumberArray)(vector, count).slice();
    const { streamed, whole } = await lookAt(`select i / 2 from range(${ROWS}) r(i)`, raw as never);
    for (const chunks of [streamed, whole] as Float64Array[][]) {
      expect(chunks[0]).to.be.instanceOf(Float64Array);
      expect(chunks.flatMap((chunk) => [...chunk])).to.deep.equal(range((i) => i / 2));
    }
  });
});

describe('readers of fixed width', () => {
  it('never ask for what a NULL is made of', async () => {
    const asked: number[] = [];
    const reader = mapped(Int32Array, 1, (memory, index) => void asked.push(memory[index] as number));
    const select = 'select case when i % 2 = 0 then i end::integer from range(6) r(i)';
    const { whole } = await lookAt(select, (vector, count) =>
      range((row) => reader.open(vector, count)(row) === null, count),
    );
    expect([whole, asked]).to.deep.equal([[[false, true, false, true, false, true]], [0, 2, 4, 0, 2, 4]]);
  });

  it('read 64 bits by halves, exactly as bigint, as number as near as it can be', async () => {
    const values = [0n, 1n, -1n, 2n ** 32n - 1n, 2n ** 32n, -(2n ** 32n), 2n ** 53n - 1n, 1n - 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]; // prettier-ignore
    const select = `select v from (values (null), ${values.map((value) => `('${value}'::bigint)`).join(', ')}) t(v)`;
    expect(await readBy(words(wideExact), select)).to.deep.equal([null, ...values]);
    const near = (await readBy(words(wide), select)) as (number | null)[];
    expect(near).to.deep.equal([null, ...values.map(Number)]);
    // what is beyond 2^53 stays beyond it
    expect(near.slice(1).map(Number.isSafeInteger)).to.deep.equal(values.map((value) => Number.isSafeInteger(Number(value)))); // prettier-ignore
  });

  it('read 128 bits, signed and not', async () => {
    const signed = [0n, -1n, 2n ** 64n, -(2n ** 64n), 2n ** 63n, 2n ** 127n - 1n, -(2n ** 127n), -(2n ** 63n) - 1n];
    const of = (values: readonly bigint[], type: string): string =>
      `select v from (values ${values.map((value) => `('${value}'::${type})`).join(', ')}, (null)) t(v)`;
    expect(await readBy(huge(same), of(signed, 'hugeint'))).to.deep.equal([...signed, null]);
    const unsigned = [0n, 1n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 127n, 2n ** 128n - 1n];
    expect(await readBy(unsignedHuge(same), of(unsigned, 'uhugeint'))).to.deep.equal([...unsigned, null]);
  });

  it('know which are NULL, have nothing to look at where none is, and make nothing of no items', async () => {
    const nulls = await lookAt('select nullif(i, 65) from range(70) r(i)', (vector, count) => {
      const validity = validityOf(vector, count) as Uint8Array;
      return range((row) => isValid(validity, row), count).indexOf(false);
    });
    expect(nulls).to.deep.equal({ streamed: [65], whole: [65] });
    const empty = await lookAt('select i from range(70) r(i)', (vector, count) => [
      validityOf(vector, count),
      numbers(Int32Array).open(vector, 0) === none,
      huge(same).open(vector, 0)(0),
    ]);
    expect(empty.whole).to.deep.equal([[null, true, null]]);
    expect([roomFor(3).length, roomFor(0)]).to.deep.equal([3, []]);
  });
});
