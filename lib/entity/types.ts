// The scalar SQL types by their names: how a property value becomes a DuckDB value. Here those of text, bytes and booleans.
// Not here: numbers (number-types.ts), times (time-types.ts), types built from others (built-types.ts), reading (decode.ts).
import { BIT, BLOB, BOOLEAN, DuckDBBitValue, DuckDBBlobValue, DuckDBUUIDValue, UUID, VARCHAR } from '@duckdb/node-api';
import { fixedWriter } from '../vector/fixed-writer.js';
import { numberWriter } from '../vector/number-writer.js';
import { bytesWriter, textWriter } from '../vector/string-writer.js';
import { Misfit, misfit } from './misfit.js';
import { NUMBERS } from './number-types.js';
import type { ScalarName } from './property-type.js';
import type { Scalar, SqlType } from './sql-type.js';
import { TIMES } from './time-types.js';

export { decimalType } from './number-types.js';
export type { EnumType, Family, SqlType } from './sql-type.js';

const text = (value: unknown): string => (typeof value === 'string' ? value : misfit('a string', value));

const truth = (value: unknown): boolean => (typeof value === 'boolean' ? value : misfit('a boolean', value));

const bytes = (value: unknown): Uint8Array => (value instanceof Uint8Array ? value : misfit('a Uint8Array', value));

/** What there is to say against a string beyond ASCII. */
function unicode(value: unknown): string {
  const own = text(value);
  if (!own.isWellFormed()) throw new Misfit('holds Unicode text, got a lone surrogate');
  return own;
}

const UUID_TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function uuid(value: unknown): string {
  const own = text(value);
  if (!UUID_TEXT.test(own)) throw new Misfit('expects a UUID as text, got another string');
  return own;
}

/** DuckDB turns the first bit around, so that UUIDs sort as signed integers. */
const FIRST_BIT = 0x8000_0000;
const hex = (digits: string): number => Number.parseInt(digits, 16);

function bits(value: unknown): DuckDBBitValue {
  const own = text(value);
  if (!/^[01]+$/.test(own)) throw new Misfit("expects bits as text, such as '10101', got another string");
  return DuckDBBitValue.fromString(own);
}

const SCALARS: Readonly<Record<ScalarName, Scalar>> = {
  boolean: {
    duckdb: BOOLEAN,
    family: 'boolean',
    encode: truth,
    writer: () => numberWriter(Uint8Array, (value) => (truth(value) ? 1 : 0), false),
  },
  ...NUMBERS,
  varchar: {
    duckdb: VARCHAR,
    family: 'text',
    encode: unicode,
    writer: () => textWriter({ text, beyondAscii: unicode }),
  },
  uuid: {
    duckdb: UUID,
    family: 'text',
    encode: (value) => DuckDBUUIDValue.fromUint128(BigInt(`0x${uuid(value).replaceAll('-', '')}`)),
    writer: () =>
      fixedWriter<Uint32Array>({
        width: 16,
        views: (memory) => new Uint32Array(memory),
        put(words, index, value) {
          const own = uuid(value);
          // 8-4-4-4-12 digits, the last first
          words[index * 4] = hex(own.slice(28));
          words[index * 4 + 1] = hex(own.slice(19, 23) + own.slice(24, 28));
          words[index * 4 + 2] = hex(own.slice(9, 13) + own.slice(14, 18));
          words[index * 4 + 3] = hex(own.slice(0, 8)) ^ FIRST_BIT;
        },
      }),
  },
  bit: { duckdb: BIT, family: 'text', encode: bits, writer: () => bytesWriter((value) => bits(value).data) },
  blob: {
    duckdb: BLOB,
    family: 'other',
    encode: (value) => new DuckDBBlobValue(Uint8Array.from(bytes(value))),
    writer: () => bytesWriter(bytes),
  },
  ...TIMES,
};

/** DDL names that differ from the declared name. */
const DDL_NAMES: Partial<Record<ScalarName, string>> = {
  timestamptz: 'TIMESTAMP WITH TIME ZONE',
  timetz: 'TIME WITH TIME ZONE',
};

const scalars = new Map<string, SqlType>(
  Object.entries(SCALARS).map(([name, row]) => [
    name,
    Object.freeze({
      indexable: true,
      as: [],
      ddl: DDL_NAMES[name as ScalarName] ?? name.toUpperCase(),
      enums: [],
      name,
      ...row,
    }),
  ]),
);

/** Names of all types that need no arguments. */
export const SCALAR_NAMES: readonly string[] = [...scalars.keys()];

export function scalarType(name: string): SqlType | undefined {
  return scalars.get(name);
}
