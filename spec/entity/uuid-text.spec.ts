import { expect } from 'chai';
import { describe, it } from 'mocha';
import { v4 } from 'uuid';
import { uuidText } from '../../lib/entity/uuid-text.js';
import { mapped } from '../../lib/vector/reader.js';
import { readBy } from '../support/reading.js';

describe('uuidText', () => {
  it('is the text of what DuckDB has stored, at every place, for each digit and both signs', async () => {
    const digits = Array.from({ length: 16 }, (_each, digit) => digit.toString(16));
    const texts = [
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '7fffffff-ffff-ffff-ffff-ffffffffffff',
      '80000000-0000-0000-0000-000000000000',
      '01234567-89ab-cdef-fedc-ba9876543210',
      ...digits.map((digit) => `00000000-0000-0000-0000-000000000000`.replaceAll('0', digit)),
      ...Array.from({ length: 3000 }, () => v4()),
    ];
    const select = `select v from (values (null), ${texts.map((text) => `('${text}'::uuid)`).join(', ')}) t(v)`;
    expect(await readBy(mapped(Uint8Array, 16, uuidText), select)).to.deep.equal([null, ...texts]);
  });
});
