import { VARCHAR } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { jsonWriter } from '../../lib/entity/json-writer.js';
import { Misfit } from '../../lib/entity/misfit.js';
import { WrittenColumn } from '../support/vector.js';

const written = (nullable: boolean): WrittenColumn => new WrittenColumn(VARCHAR, jsonWriter(nullable));

describe('jsonWriter', () => {
  it('writes documents of every size, plain or not, one run behind the other', () => {
    const column = written(false);
    const large = { text: 'ü'.repeat(700_000), n: [1, 2] };
    const values = [
      1, 'x', [], { a: [1.5, null, true] }, 'twelve chars', '한글 😀', new Date(0), { at: new Date(0) }, large,
      ...Array.from({ length: 2000 }, (_each, n) => ({ n, text: 'y'.repeat(n % 300) })), large, { after: large.n },
    ]; // prettier-ignore
    for (let round = 0; round < 2; round += 1)
      expect(column.write(values)).to.deep.equal(values.map((value) => JSON.stringify(value)));
  });

  it('takes null for NULL where the column is nullable, else for JSON, and what is missing for NULL', () => {
    const values = [null, { a: null }, undefined, 0];
    const nullable = written(true);
    expect([nullable.write(values), nullable.nulls]).to.deep.equal([[null, '{"a":null}', null, '0'], 2]);
    const strict = written(false);
    expect([strict.write(values), strict.nulls]).to.deep.equal([['null', '{"a":null}', null, '0'], 1]);
  });

  it('refuses what JSON would lose, and is whole after it', () => {
    const column = written(true);
    for (const value of [Number.NaN, 1n, { a: [undefined] }, new Map(), '\ud800'])
      expect(() => column.write([{ a: 1 }, value])).to.throw(Misfit);
    expect(column.write([{ a: 1 }])).to.deep.equal(['{"a":1}']);
  });
});
