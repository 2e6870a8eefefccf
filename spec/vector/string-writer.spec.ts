import { blobValue, BLOB, LIST, STRUCT, VARCHAR, DuckDBBlobValue } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { listWriter } from '../../lib/vector/list-writer.js';
import { bytesWriter, textWriter } from '../../lib/vector/string-writer.js';
import { structWriter } from '../../lib/vector/struct-writer.js';
import { random as seeded } from '../support/random.js';
import { WrittenColumn } from '../support/vector.js';

const text = (value: unknown): string => value as string;
const texts = (): WrittenColumn => new WrittenColumn(VARCHAR, textWriter({ text }));
/** one, two, three and four bytes for each character; the last are two units */
const CHARACTERS = ['a', 'Z', '\0', '\u{7f}', '\u{80}', 'é', '\u{7ff}', '\u{800}', '한', '\u{ffff}', '\u{10000}', '😀', '\u{10ffff}']; // prettier-ignore

describe('textWriter', () => {
  it('writes strings of every length around what a slot holds, of characters of every width', () => {
    const column = texts();
    for (const character of CHARACTERS) {
      const values = Array.from({ length: 40 }, (_each, length) => character.repeat(length));
      expect(column.write(values)).to.deep.equal(values);
      // exactly 12 and 13 bytes, between others
      const edge = ['x'.repeat(11), 'x'.repeat(12), 'x'.repeat(13), '', '\0', '\0'.repeat(13), `é${'x'.repeat(10)}`, `é${'x'.repeat(11)}`]; // prettier-ignore
      expect(column.write(edge)).to.deep.equal(edge);
    }
  });

  it('leaves zeros behind a short string, where another stood: DuckDB compares all of the slot', async () => {
    const { DuckDBInstance, DuckDBDataChunk } = await import('@duckdb/node-api');
    const { default: duckdb } = await import('@duckdb/node-bindings');
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run('CREATE TABLE t (v VARCHAR)');
    const writer = textWriter({ text });
    const chunk = DuckDBDataChunk.create([VARCHAR]);
    const appender = await connection.createAppender('t');
    for (const values of [
      ['abcdefghijkl', 'a long one that is kept elsewhere'],
      ['a', 'abcde'],
      ['abcdefghi', ''],
    ]) {
      chunk.reset();
      chunk.rowCount = 2;
      writer.write(duckdb.data_chunk_get_vector(chunk.chunk, 0), values, 2);
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
    for (const value of ['a', 'abcde', 'abcdefghi', '', 'abcdefghijkl', 'a long one that is kept elsewhere']) {
      const reader = await connection.runAndReadAll('SELECT count(*) FROM t WHERE v = $1', [value]);
      expect(Number(reader.getRows()[0]?.[0]), value).to.equal(1);
    }
    connection.closeSync();
  });

  it('writes chunk after chunk into the same memory, with NULLs or without', () => {
    const { seed, below } = seeded();
    const random = (): number => below(2 ** 30) / 2 ** 30;
    const column = texts();
    for (let round = 0; round < 60; round += 1) {
      const nulls = random() < 0.5 ? random() : 0;
      const longest = [4, 12, 13, 40, 300][Math.floor(random() * 5)] as number;
      const wide = random() < 0.5;
      const values = Array.from({ length: 1 + Math.floor(random() * 2048) }, () =>
        random() < nulls
          ? null
          : Array.from({ length: Math.floor(random() * longest) }, () =>
              wide ? CHARACTERS[Math.floor(random() * CHARACTERS.length)] : 'x',
            ).join(''),
      );
      expect(column.write(values), `seed ${seed}, round ${round}`).to.deep.equal(values);
      expect(column.nulls).to.equal(values.filter((value) => value === null).length);
    }
  });

  it('writes what is longer than all that is encoded at once', () => {
    const column = texts();
    const long = 'long '.repeat(2 ** 20);
    const wide = '한국😀é'.repeat(2 ** 19);
    const values = ['before', long, 'between', wide, null, 'after', 'after it all, and long', long, ''];
    expect(column.write(values)).to.deep.equal(values);
    // many that together are more than one run
    const many = Array.from(
      { length: 2048 },
      (_each, index) => `${index} ${'y'.repeat(700)}${index % 7 === 0 ? 'é' : ''}`,
    );
    expect(column.write(many)).to.deep.equal(many);
  });

  it('asks once more about text beyond ASCII, and about no other', () => {
    const asked: unknown[] = [];
    const column = new WrittenColumn(VARCHAR, textWriter({ text, beyondAscii: (value) => asked.push(value) }));
    column.write(['plain', null, 'text']);
    expect(asked).to.deep.equal([]);
    column.write(['plain', null, 'é']);
    expect(asked).to.deep.equal(['plain', 'é']);
  });

  it('writes within lists and structs, more than a vector holds at first', () => {
    const lists = new WrittenColumn(
      LIST(VARCHAR),
      listWriter(textWriter({ text }), (value) => value as string[]),
    );
    const list = (length: number): (string | null)[] =>
      Array.from({ length }, (_each, index) => (index % 5 === 0 ? null : `${'é'.repeat(index % 9)}${index}-${'z'.repeat(index % 30)}`)); // prettier-ignore
    for (let round = 0; round < 5; round += 1) {
      const values = Array.from({ length: 500 }, (_each, index) => (index % 11 === 0 ? null : list(index % 97)));
      const read = lists.write(values).map((value) => (value as { items: unknown[] } | null)?.items ?? null);
      expect(read).to.deep.equal(values);
    }
    const structs = new WrittenColumn(
      STRUCT({ a: VARCHAR, b: VARCHAR }),
      structWriter([textWriter({ text }), textWriter({ text })], (value) => value as string[]),
    );
    const pairs = Array.from({ length: 2048 }, (_each, index) => (index % 3 === 0 ? null : [`a${'한'.repeat(index % 20)}`, null])); // prettier-ignore
    for (let round = 0; round < 3; round += 1)
      expect(
        structs.write(pairs).map((value) => (value === null ? null : Object.values((value as never)['entries']))),
      ).to.deep.equal(pairs);
  });
});

describe('bytesWriter', () => {
  it('writes bytes of every length, and more than fits at once', () => {
    const column = new WrittenColumn(
      BLOB,
      bytesWriter((value) => value as Uint8Array),
    );
    const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_each, index) => (index * 7) % 256);
    for (const lengths of [
      [0, 1, 11, 12, 13, 100],
      [400_000, 13, 400_000, 12, 400_000],
      [5_000_000, 3, 800_000, 20],
    ]) {
      const values = [...lengths.map(bytes), null];
      const read = column.write(values);
      expect(read.map((value) => (value === null ? null : Buffer.from((value as DuckDBBlobValue).bytes).equals(bytes((value as DuckDBBlobValue).bytes.length))))).to.deep.equal([...lengths.map(() => true), null]); // prettier-ignore
      expect(read.map((value) => (value as DuckDBBlobValue | null)?.bytes.length ?? null)).to.deep.equal([...lengths, null]); // prettier-ignore
    }
    expect(column.write([Uint8Array.of(0xff, 0xfe, 0)])).to.deep.equal([blobValue(Uint8Array.of(0xff, 0xfe, 0))]);
  });
});
