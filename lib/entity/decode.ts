// From DuckDB's vectors to property values: how a column is read is chosen once, by the type of the result and how it is
// declared. Not here: the vectors themselves (vector/), writing (types.ts).
import {
  DuckDBTimeTZValue,
  DuckDBTypeId,
  DuckDBVector,
  type DuckDBArrayType,
  type DuckDBDecimalType,
  type DuckDBEnumType,
  type DuckDBListType,
  type DuckDBMapType,
  type DuckDBStructType,
  type DuckDBType,
  type DuckDBUnionType,
} from '@duckdb/node-api';
import { arrays, lists, maps, structs, unions } from '../vector/nested-reader.js';
import {
  computed,
  huge,
  mapped,
  numbers,
  unsignedHuge,
  wide,
  wideExact,
  words,
  type Items,
  type VectorReader,
} from '../vector/reader.js';
import { bytes, text } from '../vector/text-reader.js';
import { decimalNumber, decimalText, decimalTextOf } from './decimal-text.js';
import { Misfit } from './misfit.js';
import { record } from './record.js';
import { dateOf, instants, nanosOf, type Reading } from './time-form.js';
import { clockText, offsetText, timeText } from './time-text.js';
import { uuidText } from './uuid-text.js';
import { propertyOf } from './variant.js';

type Make = (type: DuckDBType, reading: Reading) => VectorReader;

function safeInteger(value: number): number {
  if (!Number.isSafeInteger(value))
    throw new Misfit('is beyond the integers a number holds exactly; read it as a bigint');
  return value;
}

const asNumber = (value: bigint): number => safeInteger(Number(value));

const signed: Make = (_type, reading) =>
  reading === 'number'
    ? computed(Int32Array, 2, (memory, index) => safeInteger(wide(memory, index)))
    : numbers(BigInt64Array);

const unsigned: Make = (_type, reading) =>
  reading === 'number'
    ? computed(BigUint64Array, 1, (memory, index) => asNumber(memory[index] as bigint))
    : numbers(BigUint64Array);

/** A decimal is an integer of 16, 32, 64 or 128 bits, by its width. */
const decimal: Make = (type, reading) => {
  const { width, scale } = type as DuckDBDecimalType;
  if (reading === 'number') {
    const number = (value: number | bigint): number => decimalNumber(value, scale);
    if (width <= 4) return computed(Int16Array, 1, (memory, index) => number(memory[index] as number));
    if (width <= 9) return computed(Int32Array, 1, (memory, index) => number(memory[index] as number));
    return width > 18 ? huge(number) : computed(Int32Array, 2, (memory, index) => number(wideInteger(memory, index)));
  }
  const digits = (value: number): string => decimalTextOf(value, scale);
  if (width <= 4) return mapped(Int16Array, 1, (memory, index) => digits(memory[index] as number));
  if (width <= 9) return mapped(Int32Array, 1, (memory, index) => digits(memory[index] as number));
  if (width > 18) return huge((value) => decimalText(value, scale));
  return words((memory, index) => {
    const value = wideInteger(memory, index);
    return typeof value === 'number' ? digits(value) : decimalText(value, scale);
  });
};

/** 64 bits as a number where that is exact. */
function wideInteger(memory: Int32Array, index: number): number | bigint {
  const value = wide(memory, index);
  return Number.isSafeInteger(value) ? value : wideExact(memory, index);
}

const varchar: Make = (type) => {
  if (type.alias !== 'JSON') return text;
  return {
    open(vector, count) {
      const items = text.open(vector, count);
      return (index) => {
        const item = items(index) as string | null;
        return item === null ? null : (JSON.parse(item) as unknown);
      };
    },
  };
};

/** The first byte of bits says how many of the second are none. */
const bitText = (all: Uint8Array): string =>
  Array.from(all.subarray(1), (byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(all[0]);

const enumeration: Make = (type) => {
  const { values, internalTypeId } = type as DuckDBEnumType;
  const item = (memory: Uint8Array | Uint16Array | Uint32Array, index: number): unknown =>
    values[memory[index] as number];
  if (internalTypeId === DuckDBTypeId.UTINYINT) return mapped(Uint8Array, 1, item);
  if (internalTypeId === DuckDBTypeId.USMALLINT) return mapped(Uint16Array, 1, item);
  return mapped(Uint32Array, 1, item);
};

const timetz: Make = (_type, reading) =>
  mapped(BigUint64Array, 1, (memory, index) => {
    const { micros, offset } = DuckDBTimeTZValue.fromBits(memory[index] as bigint);
    // as a bigint it is the time of day in UTC, which may lie on the day before or after
    return reading === 'bigint' ? micros - BigInt(offset) * 1_000_000n : timeText(micros) + offsetText(offset);
  });

/** What is inside another type is read in its type's own way. */
const inside = (type: DuckDBType, reading: Reading): VectorReader =>
  readerFor(type, reading === 'raw' ? 'raw' : undefined);

const struct: Make = (type, reading) => {
  const { entryNames, entryTypes } = type as DuckDBStructType;
  return structs(
    entryTypes.map((entry) => inside(entry, reading)),
    (members, index) => record(entryNames, (_name, place) => (members[place] as Items)(index)),
  );
};

const union: Make = (type, reading) => {
  const { memberTags, memberTypes } = type as DuckDBUnionType;
  return unions(
    memberTags,
    memberTypes.map((member) => inside(member, reading)),
  );
};

/** By the binding's own values: for types whose vectors are its secret. */
const bound: Make = (type) => ({
  open(vector, count) {
    const values = DuckDBVector.create(vector, count, type);
    return (index) => propertyOf(values.getItem(index));
  },
});

const BY_TYPE: Partial<Record<DuckDBTypeId, Make>> = {
  [DuckDBTypeId.BOOLEAN]: () => mapped(Uint8Array, 1, (memory, index) => memory[index] !== 0),
  [DuckDBTypeId.TINYINT]: () => numbers(Int8Array),
  [DuckDBTypeId.SMALLINT]: () => numbers(Int16Array),
  [DuckDBTypeId.INTEGER]: () => numbers(Int32Array),
  [DuckDBTypeId.UTINYINT]: () => numbers(Uint8Array),
  [DuckDBTypeId.USMALLINT]: () => numbers(Uint16Array),
  [DuckDBTypeId.UINTEGER]: () => numbers(Uint32Array),
  [DuckDBTypeId.FLOAT]: () => numbers(Float32Array),
  [DuckDBTypeId.DOUBLE]: () => numbers(Float64Array),
  [DuckDBTypeId.BIGINT]: signed,
  [DuckDBTypeId.UBIGINT]: unsigned,
  [DuckDBTypeId.HUGEINT]: (_type, reading) => huge(reading === 'number' ? asNumber : (value) => value),
  [DuckDBTypeId.UHUGEINT]: (_type, reading) => unsignedHuge(reading === 'number' ? asNumber : (value) => value),
  [DuckDBTypeId.DECIMAL]: decimal,
  [DuckDBTypeId.VARCHAR]: varchar,
  [DuckDBTypeId.UUID]: () => mapped(Uint8Array, 16, uuidText),
  [DuckDBTypeId.BIT]: () => bytes(bitText),
  [DuckDBTypeId.BLOB]: () => bytes((all) => all),
  [DuckDBTypeId.ENUM]: enumeration,
  [DuckDBTypeId.DATE]: (_type, reading) =>
    mapped(Int32Array, 1, (memory, index) => dateOf(memory[index] as number, reading)),
  [DuckDBTypeId.TIMESTAMP]: (_type, reading) => instants(1n, '', reading),
  [DuckDBTypeId.TIMESTAMP_TZ]: (_type, reading) => instants(1n, '+00', reading),
  [DuckDBTypeId.TIMESTAMP_MS]: (_type, reading) => instants(1000n, '', reading),
  [DuckDBTypeId.TIMESTAMP_S]: (_type, reading) => instants(1_000_000n, '', reading),
  [DuckDBTypeId.TIMESTAMP_NS]: (_type, reading) => words((memory, index) => nanosOf(wideExact(memory, index), reading)),
  [DuckDBTypeId.TIME]: (_type, reading) =>
    words((memory, index) => (reading === 'bigint' ? wideExact(memory, index) : timeText(wideExact(memory, index)))),
  [DuckDBTypeId.TIME_NS]: () => words((memory, index) => clockText(wideExact(memory, index), 1_000_000_000n)),
  [DuckDBTypeId.TIME_TZ]: timetz,
  [DuckDBTypeId.INTERVAL]: () =>
    mapped(Int32Array, 4, (memory, index) => ({
      months: memory[4 * index] as number,
      days: memory[4 * index + 1] as number,
      micros: wideExact(memory, 2 * index + 1),
    })),
  [DuckDBTypeId.LIST]: (type, reading) => lists(inside((type as DuckDBListType).valueType, reading)),
  [DuckDBTypeId.ARRAY]: (type, reading) => {
    const { valueType, length } = type as DuckDBArrayType;
    return arrays(inside(valueType, reading), length);
  },
  [DuckDBTypeId.STRUCT]: struct,
  [DuckDBTypeId.MAP]: (type, reading) => {
    const { keyType, valueType } = type as DuckDBMapType;
    return maps(inside(keyType, reading), inside(valueType, reading));
  },
  [DuckDBTypeId.UNION]: union,
};

/** How columns of this type are read. Items throw `Misfit` where a value has no exact form. */
export function readerFor(type: DuckDBType, reading: Reading): VectorReader {
  return (BY_TYPE[type.typeId] ?? bound)(type, reading);
}
