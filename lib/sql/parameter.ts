// JavaScript values in raw SQL as typed parameters. Columns know their types; here only the value speaks.
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  HUGEINT,
  INTEGER,
  LIST,
  SQLNULL,
  TIMESTAMPTZ,
  UHUGEINT,
  VARCHAR,
  type DuckDBType,
} from '@duckdb/node-api';
import { describe } from '../entity/misfit.js';
import { DatabaseError } from '../errors.js';
import type { Parameter } from './statement.js';

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

const within = (value: bigint, bits: bigint): boolean => value >= -(2n ** (bits - 1n)) && value < 2n ** (bits - 1n);

/**
 * - number: INTEGER or BIGINT where it is a safe integer, else DOUBLE (-0 too); bigint: BIGINT, HUGEINT or UHUGEINT;
 * - string VARCHAR, boolean BOOLEAN, Date TIMESTAMPTZ, Uint8Array BLOB, null NULL;
 * - an array of one kind: a LIST of it; where it has no items, or NULLs alone, DuckDB takes the type from what stands beside it.
 *
 * @throws DatabaseError `E_QUERY` for undefined, objects and whatever else has no type of its own
 */
export function parameterOf(value: unknown, where = 'sql'): Parameter {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) fail(`${where}: a string with a lone surrogate is no Unicode text.`);
      return { value, type: VARCHAR };
    case 'boolean':
      return { value, type: BOOLEAN };
    case 'number':
      return numberOf(value);
    case 'bigint':
      if (within(value, 64n)) return { value, type: BIGINT };
      if (within(value, 128n)) return { value, type: HUGEINT };
      if (value > 0n && value < 2n ** 128n) return { value, type: UHUGEINT };
      return fail(`${where}: the bigint is beyond the 128 bits of DuckDB's largest integer.`);
    default:
  }
  if (value === null) return { value: null, type: SQLNULL };
  if (value instanceof Date) {
    const ms = value.getTime();
    if (Number.isNaN(ms)) fail(`${where}: an invalid Date has no SQL value.`);
    return { value: new DuckDBTimestampTZValue(BigInt(ms) * 1000n), type: TIMESTAMPTZ };
  }
  if (value instanceof Uint8Array) return { value: new DuckDBBlobValue(value), type: BLOB };
  if (Array.isArray(value)) return listOf(value, where);
  return fail(
    `${where}: ${describe(value)} cannot be a value in SQL.` +
      (value === undefined ? ' Pass null for NULL.' : ' Pass JSON.stringify(...) for JSON, or its parts one by one.'),
  );
}

function numberOf(value: number): Parameter {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return { value, type: DOUBLE };
  return (value | 0) === value ? { value, type: INTEGER } : { value: BigInt(value), type: BIGINT };
}

/** Integer kinds widen to the widest among the items, any integer beside a fraction to DOUBLE. */
const WIDTH: readonly DuckDBType[] = [SQLNULL, INTEGER, BIGINT, HUGEINT, UHUGEINT];

/** Whether only NULLs, or lists of nothing, are in one whose items are of another type: `[[], [1]]`. */
const isBareOf = (bare: DuckDBType, type: DuckDBType): boolean =>
  bare === SQLNULL ||
  (bare instanceof DuckDBListType && type instanceof DuckDBListType && isBareOf(bare.valueType, type.valueType));

function listOf(items: readonly unknown[], where: string): Parameter {
  const parameters = items.map((item) => parameterOf(item, where));
  const types = [...new Set(parameters.map((parameter) => String(parameter.type)))].filter(
    (type) => type !== String(SQLNULL),
  );
  const type = parameters.reduce<DuckDBType>((wide, { type: own }) => {
    if (isBareOf(wide, own)) return own;
    if (isBareOf(own, wide) || String(wide) === String(own)) return wide;
    const numbers = items.every((item) => item === null || typeof item === 'number');
    if (numbers && (own === DOUBLE || wide === DOUBLE)) return DOUBLE;
    const [a, b] = [WIDTH.indexOf(wide), WIDTH.indexOf(own)];
    if (a < 0 || b < 0)
      fail(`${where}: the items of a list are of one kind, not ${types.join(' and ').replaceAll('SQLNULL', 'NULL')}.`);
    return a > b ? wide : own;
  }, SQLNULL);
  const values = parameters.map((parameter) =>
    typeof parameter.value === 'number' && [BIGINT, HUGEINT, UHUGEINT].includes(type as never)
      ? BigInt(parameter.value)
      : typeof parameter.value === 'bigint' && type === DOUBLE
        ? Number(parameter.value)
        : parameter.value,
  );
  if (type === UHUGEINT && values.some((value) => typeof value === 'bigint' && value < 0n))
    fail(`${where}: no integer type of DuckDB holds both a negative number and one beyond 127 bits.`);
  return { value: new DuckDBListValue(values), type: LIST(type) };
}
