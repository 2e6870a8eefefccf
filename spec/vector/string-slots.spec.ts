import { DuckDBDataChunk, VARCHAR, type DuckDBValue } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SLACK, StringSlots } from '../../lib/vector/string-slots.js';

/** Strings in one memory, with whatever may stand behind them. */
function run(texts: readonly string[]): { bytes: Uint8Array; length: number; lengths: number[] } {
  const own = Buffer.from(texts.join(''));
  const bytes = new Uint8Array(own.length + SLACK).fill(0xee);
  bytes.set(own);
  return { bytes, length: own.length, lengths: texts.map((text) => Buffer.byteLength(text)) };
}

const chunk = DuckDBDataChunk.create([VARCHAR]);
const slots = new StringSlots();

/** Writes runs of strings into one vector, and reads it back by the binding; `words` are its slots. */
function written(...runs: readonly string[][]): { values: DuckDBValue[]; words: Uint32Array } {
  const count = runs.flat().length;
  chunk.reset();
  chunk.rowCount = count;
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, 0);
  slots.begin(count);
  let first = 0;
  for (const texts of runs) {
    const { bytes, length, lengths } = run(texts);
    const all = new Int32Array(count);
    all.set(lengths, first);
    slots.place(vector, bytes, length, all, first, first + texts.length);
    first += texts.length;
  }
  slots.writeTo(vector, count);
  const { buffer, byteOffset } = duckdb.vector_get_data(vector, count * 16);
  const words = new Uint32Array(buffer, byteOffset, count * 4).slice();
  return { values: new DuckDBDataChunk(chunk.chunk).getColumnValues(0), words };
}

describe('StringSlots', () => {
  it('places short strings in the slots, with zeros behind them, whatever stood there and stands behind the run', () => {
    written(['a long one that leaves its pointer', 'abcdefghijkl', 'abcdefghijkl']);
    for (let length = 0; length <= 12; length += 1) {
      const text = 'abcdefghijkl'.slice(0, length);
      const { values, words } = written([text, '', text]);
      expect(values).to.deep.equal([text, '', text]);
      const wanted = Buffer.alloc(12);
      wanted.write(text);
      for (const row of [0, 2]) {
        const slot = words.subarray(row * 4, row * 4 + 4);
        expect(slot[0]).to.equal(length);
        expect(Buffer.from(slot.slice(1).buffer)).to.deep.equal(wanted);
      }
      expect([...words.subarray(4, 8)]).to.deep.equal([0, 0, 0, 0]);
    }
  });

  it('points of long ones to one copy of the run, each to its part, and keeps their first four bytes', () => {
    const texts = ['thirteen byte', 'short', 'é한😀 longer than a slot', '', 'the last one of the run'];
    const { values, words } = written(texts);
    expect(values).to.deep.equal(texts);
    const pointer = (row: number): number => (words[row * 4 + 3] as number) * 2 ** 32 + (words[row * 4 + 2] as number);
    const begin = (row: number): number => Buffer.byteLength(texts.slice(0, row).join(''));
    for (const row of [0, 2, 4]) {
      expect(pointer(row) - pointer(0)).to.equal(begin(row));
      expect(words[row * 4 + 1]).to.equal(Buffer.from(texts[row] as string).readInt32LE() >>> 0);
    }
  });

  it('has several runs in one vector, and what is cleared is empty', () => {
    const runs = [['first run, which is long', 'a'], ['b'], ['second run, which is long', ''], ['x'.repeat(100_000)]];
    expect(written(...runs).values).to.deep.equal(runs.flat());
    const vector = duckdb.data_chunk_get_vector(chunk.chunk, 0);
    slots.clear(0);
    slots.clear(5);
    slots.writeTo(vector, 6);
    expect(new DuckDBDataChunk(chunk.chunk).getColumnValues(0)).to.deep.equal(runs.flat().with(0, '').with(5, ''));
  });
});
