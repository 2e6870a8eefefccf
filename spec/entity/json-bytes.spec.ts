import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { JsonBytes } from '../../lib/entity/json-bytes.js';
import { hold } from '../support/property.js';

const SLACK = 12;

/** What is written of a value, if it is. */
function written(bytes: JsonBytes, value: unknown): string | undefined {
  const start = bytes.at;
  return bytes.write(value) ? bytes.memory.toString('utf8', start, bytes.at) : undefined;
}

describe('JsonBytes', () => {
  it('writes what JSON.stringify does, one document behind the other', async () => {
    const bytes = new JsonBytes(16, SLACK);
    const values = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 });
    await hold(
      fc.asyncProperty(values, async (value) => {
        if (bytes.at > 2 ** 20) bytes.at = 0;
        const text = JSON.stringify(value);
        // what is left to json-text.ts: lone surrogates, and what may look like one
        expect(written(bytes, value)).to.equal(text.includes(String.raw`\ud`) ? undefined : text);
        expect(bytes.memory.length - bytes.at).to.be.at.least(SLACK);
        await Promise.resolve();
      }),
      30,
    );
    for (const value of [
      -0,
      1e21,
      5e-324,
      10,
      -1,
      0.1,
      2 ** 53,
      'ü\u2028😀\0"\\/',
      { a: undefined, '"': 1 },
      Object.assign(Object.create(null) as object, { a: 1 }),
      JSON.parse('{"__proto__":[1]}'),
      'x'.repeat(1e5),
    ])
      // prettier-ignore
      expect(written(bytes, value)).to.equal(JSON.stringify(value));
  });

  it('leaves what is not plain, and writes nothing of it', () => {
    const bytes = new JsonBytes(16, SLACK);
    bytes.write('before');
    const { at } = bytes;
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const value of [
      undefined,
      NaN,
      Infinity,
      1n,
      () => 1,
      Symbol('x'),
      new Date(0),
      new Map(),
      new Set(),
      Uint8Array.of(1),
      [undefined],
      { a: [{ b: NaN }] },
      { toJSON: () => 1 },
      Object(1),
      cycle,
      '\ud800',
      { '\udc00': 1 },
    ])
      // prettier-ignore
      expect([written(bytes, value), bytes.at], typeof value).to.deep.equal([undefined, at]);
  });
});
