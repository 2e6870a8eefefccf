// Types of numbers: integers of all widths, floats, decimals. Not here: decimals as text (decimal-text.ts).
import {
  BIGINT,
  DECIMAL,
  DOUBLE,
  DuckDBDecimalValue,
  FLOAT,
  HUGEINT,
  INTEGER,
  SMALLINT,
  TINYINT,
  UBIGINT,
  UHUGEINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  type DuckDBType,
} from '@duckdb/node-api';
import { numberWriter, type NumbersClass } from '../vector/number-writer.js';
import type { NumberArrayClass, VectorWriter } from '../vector/vector-writer.js';
import { wideWriter, widestWriter } from '../vector/wide-integer.js';
import { scaled, scaledNumber, scaledPlain } from './decimal-text.js';
import { Misfit, misfit } from './misfit.js';
import type { As } from './property-type.js';
import type { Scalar, SqlType } from './sql-type.js';

function integer(duckdb: DuckDBType, array: NumbersClass, min: number, max: number): Scalar {
  const exact = (value: unknown): number => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return misfit('an integer', value);
    if (value < min || value > max) throw new Misfit(`holds ${min} to ${max}, got an integer outside`);
    return value + 0;
  };
  return { duckdb, family: 'integer', encode: exact, writer: () => numberWriter(array, exact, true) };
}

function big(
  duckdb: DuckDBType,
  min: bigint,
  max: bigint,
  write: (check: (value: unknown) => number | bigint) => VectorWriter,
): Scalar {
  const exact = (value: unknown, as: As | undefined): number | bigint => {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) return misfit('a bigint or a safe integer', value);
      // a safe integer is only ever too small
      if (value >= 0 || min < 0n) return value;
    } else if (typeof value !== 'bigint' || (as === 'number' && !Number.isSafeInteger(Number(value))))
      return misfit(as === 'number' ? 'a safe integer' : 'a bigint', value);
    if (value < min || value > max) throw new Misfit(`holds ${min} to ${max}, got an integer outside`);
    return value;
  };
  return {
    duckdb,
    family: 'bigint',
    as: ['number'],
    encode: (value, as) => BigInt(exact(value, as)),
    writer: (as) => write((value) => exact(value, as)),
  };
}

const in64 =
  (same: NumberArrayClass) =>
  (check: (value: unknown) => number | bigint): VectorWriter =>
    wideWriter(check, same);

const I64 = 2n ** 63n;
const I128 = 2n ** 127n;
const FLOAT_MAX = 3.4028235677973366e38; // from here on, float32 rounds to infinity

const single = (value: unknown): number => {
  if (typeof value !== 'number') return misfit('a number', value);
  if (Number.isFinite(value) && Math.abs(value) >= FLOAT_MAX)
    throw new Misfit('is outside the range of float; use double');
  return Math.fround(value);
};

const double = (value: unknown): number => (typeof value === 'number' ? value : misfit('a number', value));

export const NUMBERS = {
  tinyint: integer(TINYINT, Int8Array, -128, 127),
  smallint: integer(SMALLINT, Int16Array, -32_768, 32_767),
  integer: integer(INTEGER, Int32Array, -2_147_483_648, 2_147_483_647),
  utinyint: integer(UTINYINT, Uint8Array, 0, 255),
  usmallint: integer(USMALLINT, Uint16Array, 0, 65_535),
  uinteger: integer(UINTEGER, Uint32Array, 0, 4_294_967_295),
  bigint: big(BIGINT, -I64, I64 - 1n, in64(BigInt64Array)),
  ubigint: big(UBIGINT, 0n, 2n * I64 - 1n, in64(BigUint64Array)),
  hugeint: big(HUGEINT, -I128, I128 - 1n, widestWriter),
  uhugeint: big(UHUGEINT, 0n, 2n * I128 - 1n, widestWriter),
  float: { duckdb: FLOAT, family: 'real', encode: single, writer: () => numberWriter(Float32Array, single, true) },
  double: { duckdb: DOUBLE, family: 'real', encode: double, writer: () => numberWriter(Float64Array, double, true) },
} as const satisfies Record<string, Scalar>;

/** `decimal(width,scale)`, exact, as text. */
export function decimalType(width: number, scale: number): SqlType {
  const exact = (value: unknown, as: As | undefined): number | bigint => {
    if (as === 'number') {
      if (typeof value !== 'number' || !Number.isFinite(value)) return misfit('a finite number', value);
      return scaledNumber(value, width, scale) ?? scaled(String(value), width, scale);
    }
    if (typeof value !== 'string')
      return misfit("a decimal number as text, such as '12.50' (or declare as: 'number')", value);
    return scaledPlain(value, width, scale) ?? scaled(value, width, scale);
  };
  return Object.freeze({
    name: `decimal(${width},${scale})`,
    ddl: `DECIMAL(${width},${scale})`,
    duckdb: DECIMAL(width, scale),
    family: 'decimal',
    indexable: true,
    as: ['number'] as const,
    enums: [],
    encode: (value: unknown, as?: As) => new DuckDBDecimalValue(BigInt(exact(value, as)), width, scale),
    writer(as?: As) {
      const check = (value: unknown): number | bigint => exact(value, as);
      // as wide as DuckDB stores it
      if (width > 18) return widestWriter(check);
      if (width > 9) return wideWriter(check);
      return numberWriter(width > 4 ? Int32Array : Int16Array, (value) => Number(check(value)), false);
    },
  });
}
