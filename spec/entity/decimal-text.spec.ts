import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { decimalText, scaled, scaledPlain } from '../../lib/entity/decimal-text.js';
import { Misfit } from '../../lib/entity/misfit.js';
import { random } from '../support/random.js';
import { openManager } from '../support/scratch.js';

describe('decimal-text', () => {
  it('scales every way of writing a number, and refuses what does not fit', () => {
    const fits: readonly (readonly [string, bigint])[] = [
      ['0', 0n], ['-0', 0n], ['1', 100n], ['+1', 100n], ['.5', 50n], ['5.', 500n], ['-12.50', -1250n], ['0012', 1200n],
      ['1.2300000', 123n], ['1e2', 10_000n], ['1.5E-1', 15n], ['12e-2', 12n], ['100e-4', 1n], ['9999.99', 999_999n],
    ]; // prettier-ignore
    for (const [text, value] of fits) expect(scaled(text, 6, 2), text).to.equal(value);
    const refused = [
      '',
      '.',
      '-',
      'e5',
      '1e',
      '1,0',
      ' 1',
      '1 ',
      '1\n',
      '0x1',
      'NaN',
      'Infinity',
      '1.005',
      '10000',
      '1e4',
      '1e9999',
      '1e99999',
      '1e-3',
      '١',
    ];
    for (const text of refused) expect(() => scaled(text, 6, 2), text).to.throw(Misfit);
  });

  it("writes and reads what DuckDB's own casts do", async () => {
    const { seed, bits, below } = random();
    const db = await openManager();
    for (let round = 0; round < 25; round += 1) {
      const width = 1 + below(38);
      const scale = below(width + 1);
      const value = (bits(140) % 10n ** BigInt(width)) * (below(2) === 0 ? 1n : -1n);
      const text = decimalText(value, scale);
      expect(scaled(text, width, scale), `seed ${seed}: ${text}`).to.equal(value);
      const [row] = await db.query(sql`select ${text}::decimal(${sql.raw(`${width},${scale}`)})::varchar as text`);
      // DuckDB leaves out the zero before the point where no digit can stand there
      expect(String(row?.['text']).replace(/^(-?)\./, '$10.'), `seed ${seed}`).to.equal(text);
    }
  });

  it('takes plain texts of few digits the short way, to the same integer', () => {
    const { seed, below } = random();
    const texts = ['0', '-0', '0.0', '12.50', '-12.5', '999999999999999', '1000000000000000', '.5', '5.', '1e3', '+1', '', '-', '-.5', ' 1', '1 ', '1.2.3', '١', '0.00000000000001'];
    for (let round = 0; round < 500; round += 1)
      texts.push(`${below(2) === 0 ? '' : '-'}${below(10 ** below(9))}${below(2) === 0 ? '' : `.${String(below(10 ** (1 + below(6)))).padStart(below(6), '0')}`}`);
    let short = 0;
    for (const text of texts)
      for (const [width, scale] of [[4, 2], [9, 0], [18, 4], [18, 18], [38, 10]] as const) {
        const plain = scaledPlain(text, width, scale);
        if (plain === undefined) continue;
        short += 1;
        expect(Object.is(plain, -0), text).to.equal(false);
        expect(BigInt(plain), `seed ${seed}: ${text} as decimal(${width},${scale})`).to.equal(scaled(text, width, scale));
      }
    expect(short).to.be.greaterThan(500);
  }); // prettier-ignore
});
