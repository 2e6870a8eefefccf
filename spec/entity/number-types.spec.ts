// What number types take and refuse, value by value and in writers of many, which are two ways of one rule.
import { DuckDBDecimalValue, type DuckDBValue } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Misfit } from '../../lib/entity/misfit.js';
import { decimalType } from '../../lib/entity/number-types.js';
import type { As } from '../../lib/entity/property-type.js';
import { scalarType, type SqlType } from '../../lib/entity/types.js';
import { WrittenColumn } from '../support/vector.js';

const typeOf = (name: string): SqlType => scalarType(name) as SqlType;

/** Whether both ways take the value and make the same of it, or refuse it with the same words. */
function both(type: SqlType, value: unknown, as?: As): DuckDBValue | Misfit {
  const attempt = (work: () => DuckDBValue): DuckDBValue | Misfit => {
    try {
      return work();
    } catch (error) {
      if (error instanceof Misfit) return error;
      throw error;
    }
  };
  const single = attempt(() => type.encode(value, as));
  // among others, and where another stood
  const column = new WrittenColumn(type.duckdb, type.writer(as));
  const many = attempt(() => column.write([value, null, value])[0] as DuckDBValue);
  const message = `${type.name} ${as} ${String(value)}`;
  if (single instanceof Misfit) expect((many as Misfit).message, message).to.equal(single.message);
  else expect(many, message).to.deep.equal(single);
  return single;
}

const I = [2n ** 63n, 2n ** 64n, 2n ** 127n, 2n ** 128n] as const;

describe('integers', () => {
  it('take all within their range, and refuse what is outside and what is no integer', () => {
    const ranges: Record<string, readonly [number, number]> = {
      tinyint: [-128, 127],
      smallint: [-32_768, 32_767],
      integer: [-(2 ** 31), 2 ** 31 - 1],
      utinyint: [0, 255],
      usmallint: [0, 65_535],
      uinteger: [0, 2 ** 32 - 1],
    };
    for (const [name, [min, max]] of Object.entries(ranges)) {
      const type = typeOf(name);
      for (const value of [min, max, 1, 0]) expect(both(type, value)).to.equal(value);
      // which is no integer of DuckDB
      expect(Object.is(type.encode(-0), 0)).to.equal(true);
      for (const value of [min - 1, max + 1]) expect((both(type, value) as Misfit).message).to.equal(`holds ${min} to ${max}, got an integer outside`); // prettier-ignore
      for (const value of [0.5, Number.NaN, Infinity, '1', 1n, true, new Date(0), [1]]) expect(both(type, value), name).to.be.instanceOf(Misfit); // prettier-ignore
    }
  });

  it('of 64 and 128 bits take bigints and safe integers; declared as numbers, nothing beyond these', () => {
    const ranges: Record<string, readonly [bigint, bigint]> = {
      bigint: [-I[0], I[0] - 1n],
      ubigint: [0n, I[1] - 1n],
      hugeint: [-I[2], I[2] - 1n],
      uhugeint: [0n, I[3] - 1n],
    };
    const SAFE = Number.MAX_SAFE_INTEGER;
    for (const [name, [min, max]] of Object.entries(ranges)) {
      const type = typeOf(name);
      for (const value of [min, max, 1n, I[0] - 1n]) expect(both(type, value)).to.equal(value);
      for (const value of [SAFE, 0, min < 0n ? -SAFE : 1]) {
        expect(both(type, value)).to.equal(BigInt(value));
        expect(both(type, value, 'number')).to.equal(BigInt(value));
        expect(both(type, BigInt(value), 'number')).to.equal(BigInt(value));
      }
      for (const value of [min - 1n, max + 1n]) expect((both(type, value) as Misfit).message).to.equal(`holds ${min} to ${max}, got an integer outside`); // prettier-ignore
      if (min === 0n) for (const as of [undefined, 'number'] as const) expect(both(type, -1, as)).to.be.instanceOf(Misfit); // prettier-ignore
      for (const value of [2 ** 53, 0.5, Number.NaN, '1', true, null]) if (value !== null) expect(both(type, value), name).to.be.instanceOf(Misfit); // prettier-ignore
      for (const value of [2n ** 53n, 2 ** 53, '1']) expect(both(type, value, 'number')).to.be.instanceOf(Misfit);
    }
  });
});

describe('floats', () => {
  it('take every number; float none that would become infinite', () => {
    for (const value of [0, -0, 5e-324, 1.7976931348623157e308, Number.NaN, Infinity, -Infinity])
      expect(Object.is(both(typeOf('double'), value), value)).to.equal(true);
    for (const value of [1.5, -0, Number.NaN, -Infinity, 3.4028234663852886e38, 1e-46, 3.4028235677973362e38, 0.1])
      expect(Object.is(both(typeOf('float'), value), Math.fround(value)), String(value)).to.equal(true);
    for (const value of [3.4028235677973366e38, -1e39, 1e308]) expect(both(typeOf('float'), value)).to.be.instanceOf(Misfit); // prettier-ignore
    for (const name of ['float', 'double']) for (const value of ['1', 1n, true]) expect(both(typeOf(name), value)).to.be.instanceOf(Misfit); // prettier-ignore
  });
});

describe('decimals', () => {
  it('are integers of 16, 32, 64 or 128 bits by their width, given as text or as numbers', () => {
    for (const width of [1, 4, 5, 9, 10, 18, 19, 38])
      for (const scale of [0, 1, width].filter((each) => each <= width)) {
        const type = decimalType(width, scale);
        expect([type.name, type.ddl]).to.deep.equal([`decimal(${width},${scale})`, `DECIMAL(${width},${scale})`]);
        const most = '9'.repeat(width);
        const texts = [`${most.slice(scale) || '0'}${scale > 0 ? `.${most.slice(0, scale)}` : ''}`, '0'];
        for (const text of texts.flatMap((each) => [each, `-${each}`])) {
          const digits = BigInt(text.replace('.', ''));
          expect(both(type, text), `${type.name} ${text}`).to.deep.equal(new DuckDBDecimalValue(digits, width, scale));
        }
        for (const value of [`1${'0'.repeat(width - scale)}`, `0.${'0'.repeat(scale)}1`, '', 'x', '1e2x'])
          expect(both(type, value), `${type.name} ${value}`).to.be.instanceOf(Misfit);
        for (const value of [1, 1n, null, true]) if (value !== null) expect(both(type, value)).to.be.instanceOf(Misfit);
      }
  });

  it('as numbers are what the number says by its digits, or refused', () => {
    const type = decimalType(9, 2);
    for (const [value, digits] of [
      [0.1, 10n],
      [-0.29, -29n],
      [1.15, 115n],
      [9_999_999.99, 999_999_999n],
      [-0, 0n],
      [5, 500n],
    ] as const)
      // prettier-ignore
      expect(both(type, value, 'number'), String(value)).to.deep.equal(new DuckDBDecimalValue(digits, 9, 2));
    for (const value of [0.001, 10_000_000, Number.NaN, Infinity, '1.00', 1n]) expect(both(type, value, 'number'), String(value)).to.be.instanceOf(Misfit); // prettier-ignore
  });
});
