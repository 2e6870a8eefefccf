import { DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { bytes, text } from '../../lib/vector/text-reader.js';
import { NullMask } from '../../lib/vector/null-mask.js';
import { readBy } from '../support/reading.js';
import { scratchPath } from '../support/scratch.js';

const range = <T>(item: (row: number) => T, rows: number): T[] => Array.from({ length: rows }, (_each, row) => item(row)); // prettier-ignore
const literal = (value: string | null): string => (value === null ? 'null' : `'${value}'`);
const valuesOf = (values: readonly (string | null)[]): string =>
  `select v from (values ${values.map((value) => `(${literal(value)}::varchar)`).join(', ')}) t(v)`;

/** what `LABEL` makes in SQL */
const label = (row: number): string | null =>
  row % 5 === 0
    ? null
    : row % 5 === 1
      ? ''
      : row % 5 === 2
        ? `short ${row}`
        : row % 5 === 3
          ? `é한😀 ${row} and long`
          : `plain and long ${row}`;
const LABEL = `case i % 5 when 0 then null when 1 then '' when 2 then 'short ' || i when 3 then 'é한😀 ' || i || ' and long' else 'plain and long ' || i end`;
const setup = [`create table t as select i, ${LABEL} as s from range(9000) r(i)`];

describe('text', () => {
  it('is read at every length around what a slot holds, of characters of every width, beside any other', async () => {
    for (const character of ['x', 'é', '한', '😀', '\u{7f}', '\u{80}', '\u{10ffff}']) {
      const lengths = range((length) => character.repeat(length), 20);
      expect(await readBy(text, valuesOf(lengths))).to.deep.equal(lengths);
      expect(await readBy(text, valuesOf(lengths.toReversed()))).to.deep.equal(lengths.toReversed());
    }
    // 11, 12 and 13 bytes, the last of them in two bytes or one, between NULLs
    const edge = ['', 'x'.repeat(11), 'x'.repeat(12), 'x'.repeat(13), `${'x'.repeat(10)}é`, `${'x'.repeat(11)}é`, `é${'x'.repeat(11)}`, `${'x'.repeat(9)}한`]; // prettier-ignore
    for (const values of [edge, edge.flatMap((value) => [null, value]), edge.flatMap((value) => [value, null, null])])
      expect(await readBy(text, valuesOf(values))).to.deep.equal(values);
    expect(await readBy(text, `select chr(0) || 'a' || chr(0) || repeat(chr(0), i::integer) from range(14) r(i)`)).to.deep.equal(range((row) => `\0a\0${'\0'.repeat(row)}`, 14)); // prettier-ignore
    expect(await readBy(text, 'select null::varchar from range(3000)')).to.deep.equal(range(() => null, 3000));
    expect(await readBy(text, `select chr(65279) || 'x'`)).to.deep.equal(['\u{feff}x']);
  });

  it('is read out of several chunks, and the same where a row beside it is left out', async () => {
    expect(await readBy(text, 'select s from t', { setup })).to.deep.equal(range(label, 9000));
    for (const [where, keeps] of [
      ['i % 2 = 1', (row: number) => row % 2 === 1],
      ['i % 5 in (3, 4)', (row: number) => row % 5 > 2],
      ['i % 1000 = 4', (row: number) => row % 1000 === 4],
      [`s like '%long%' and i % 3 <> 0`, (row: number) => row % 5 > 2 && row % 3 !== 0],
    ] as const)
      expect(await readBy(text, `select s from t where ${where}`, { setup }), where).to.deep.equal(
        range((row) => row, 9000)
          .filter(keeps)
          .map(label),
      );
  });

  it('is read where texts do not stand behind each other, or stand in one place', async () => {
    const some = range(label, 9000);
    const sorted = (values: readonly unknown[]): unknown[] => values.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)); // prettier-ignore
    expect(sorted(await readBy(text, 'select s from t order by hash(i)', { setup }))).to.deep.equal(sorted(some));
    expect(sorted(await readBy(text, 'select distinct s from t order by hash(s)', { setup }))).to.deep.equal(sorted([...new Set(some)])); // prettier-ignore
    expect(await readBy(text, 'select s from t order by i desc', { setup })).to.deep.equal(some.toReversed());
    // one constant for all, and each text twice in one place of memory
    expect(await readBy(text, `select 'a constant that is long, é' from range(4000)`)).to.deep.equal(range(() => 'a constant that is long, é', 4000)); // prettier-ignore
    const twice = 'select s from t join (values (0), (1)) twice(n) on true where i < 2000 order by i, n';
    expect(await readBy(text, twice, { setup })).to.deep.equal(range(label, 2000).flatMap((value) => [value, value]));
    // repeated values that the file holds once
    const stored = [`pragma force_compression = 'dictionary'`, `create table d as select (case i % 4 when 0 then null else 'wert number ' || i % 4 || ' ä and long' end) as s from range(9000) r(i)`, 'checkpoint']; // prettier-ignore
    const repeated = range((row) => (row % 4 === 0 ? null : `wert number ${row % 4} ä and long`), 9000);
    expect(await readBy(text, 'select s from d', { setup: stored, path: scratchPath() })).to.deep.equal(repeated);
    expect(await readBy(text, 'select s from d where s is not null', { setup: stored, path: scratchPath() })).to.deep.equal(repeated.filter(Boolean)); // prettier-ignore
  });

  it('is read of 5 MB each, between short ones, and where all of it together is more than is looked at as one', async () => {
    const large = (character: string): string => character.repeat(5_000_000 / Buffer.byteLength(character));
    const select = (parts: readonly string[]): string => `select v from (values ${parts.map((part) => `(${part})`).join(', ')}) t(v)`; // prettier-ignore
    const parts = [
      `''`,
      `repeat('x', 5000000)`,
      `'between'`,
      'null',
      `repeat('é', 2500000)`,
      `'é and more than a slot'`,
    ];
    const read = await readBy(text, select(parts));
    const wanted = ['', large('x'), 'between', null, large('é'), 'é and more than a slot'];
    expect(read.map((value, row) => value === wanted[row])).to.deep.equal(wanted.map(() => true));
    const many = (await readBy(text, `select repeat(chr(97 + i::integer), 5000000) from range(14) r(i)`)) as string[];
    expect(many.map((value, row) => value === String.fromCodePoint(97 + row).repeat(5_000_000))).to.deep.equal(many.map(() => true)); // prettier-ignore
  });
});

describe('NULL in a vector of text', () => {
  it('is null whatever stands in its place, between long texts too', () => {
    const values = ['a text that is long', 'another one that is long', 'short', 'the last one that is long', 'x'];
    const nulls = new NullMask();
    for (const missing of [[], [0], [1], [2], [1, 3], [0, 1, 3], [4], [0, 1, 2, 3, 4]]) {
      const chunk = DuckDBDataChunk.create([VARCHAR], values.length);
      chunk.setColumnValues(0, values);
      const vector = duckdb.data_chunk_get_vector(chunk.chunk, 0);
      nulls.begin(values.length);
      for (const index of missing) nulls.add(index);
      nulls.writeTo(vector, values.length);
      const items = text.open(vector, values.length);
      expect(values.map((_value, index) => items(index))).to.deep.equal(values.map((value, index) => (missing.includes(index) ? null : value))); // prettier-ignore
    }
  });
});

describe('bytes', () => {
  const read = bytes((value) => value);
  const of = (row: number): Uint8Array | null => (row % 4 === 0 ? null : Uint8Array.from({ length: row % 30 }, () => 0xff)); // prettier-ignore

  it('are read of every length, with NULLs, of several chunks, and are copies', async () => {
    const select = `select case when i % 4 = 0 then null else unhex(repeat('FF', (i % 30)::integer)) end from range(5000) r(i)`;
    const seen = (await readBy(read, select)) as (Uint8Array | null)[];
    expect(seen).to.deep.equal(range(of, 5000));
    for (const value of [seen[5], seen[29]] as Uint8Array[])
      expect([value.buffer.byteLength, Object.getPrototypeOf(value)]).to.deep.equal([
        value.length,
        Uint8Array.prototype,
      ]);
    const [large] = (await readBy(read, `select unhex(repeat('00FE', 2500000))`)) as Uint8Array[];
    expect([large?.length, large?.[4_999_999], large?.[0]]).to.deep.equal([5_000_000, 0xfe, 0]);
  });

  it('are given to what makes values of them, but for NULL', async () => {
    const lengths = bytes((value) => value.length);
    expect(await readBy(lengths, `select v from (values (''::blob), (null), ('abc'::blob)) t(v)`)).to.deep.equal([0, null, 3]); // prettier-ignore
    expect(await readBy(lengths, 'select null::blob where false')).to.deep.equal([]);
  });
});
