// From DuckDB's values to property values: a decoder is chosen once per column, by the type of the result. Not here: writing.
import {
  DuckDBTypeId,
  type DuckDBArrayType,
  type DuckDBArrayValue,
  type DuckDBBlobValue,
  type DuckDBDateValue,
  type DuckDBDecimalValue,
  type DuckDBIntervalValue,
  type DuckDBListType,
  type DuckDBListValue,
  type DuckDBMapType,
  type DuckDBMapValue,
  type DuckDBStructType,
  type DuckDBStructValue,
  type DuckDBTimeTZValue,
  type DuckDBTimeValue,
  type DuckDBTimestampMillisecondsValue,
  type DuckDBTimestampNanosecondsValue,
  type DuckDBTimestampSecondsValue,
  type DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBUnionType,
  type DuckDBUnionValue,
  type DuckDBValue,
  type DuckDBVariantValue,
} from '@duckdb/node-api';
import { decimalText } from './decimal-text.js';
import { DatabaseError } from '../errors.js';
import { Misfit } from './misfit.js';
import type { As } from './property-type.js';
import { dateText, floorDiv, offsetText, timeText, timestampText } from './time-text.js';

/** Never sees NULL: that is null for every type. Throws Misfit where the value has no exact form. */
export type Decoder = (value: NonNullable<DuckDBValue>) => unknown;

type Make = (type: DuckDBType, as: As | undefined) => Decoder;

const same: Decoder = (value) => value;
const asText: Decoder = (value) => String(value);

function safeInteger(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new Misfit('is beyond the integers a number holds exactly; read it as a bigint');
  return number;
}

const bigints: Make = (_type, as) => (as === 'number' ? (value) => safeInteger(value as bigint) : same);

const decimal: Make = (_type, as) => {
  if (as !== 'number')
    return (value) => decimalText((value as DuckDBDecimalValue).value, (value as DuckDBDecimalValue).scale);
  return (value) => {
    const { value: digits, scale } = value as DuckDBDecimalValue;
    const text = decimalText(digits, scale);
    const number = Number(text);
    // exact means: the number prints the same digits again
    if (shortest(number) !== trimmed(text)) {
      throw new Misfit('has more digits than a number holds exactly; read it as text');
    }
    return number;
  };
};

const trimmed = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text).replace(/^-0$/, '0');

function shortest(number: number): string {
  const text = String(number);
  const small = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text);
  if (small === null) return text;
  return `${small[1]}0.${'0'.repeat(Number(small[4]) - 1)}${small[2]}${small[3] ?? ''}`;
}

const INFINITE_DAYS = 2 ** 31 - 1;
const INFINITE = 2n ** 63n - 1n;

/** 'infinity' and '-infinity', which dates and timestamps of DuckDB may be. */
function infinity(count: bigint | number): string | undefined {
  const limit = typeof count === 'bigint' ? INFINITE : INFINITE_DAYS;
  return count === limit ? 'infinity' : count === -limit ? '-infinity' : undefined;
}

function dateOfMillis(millis: number): Date {
  const date = new Date(millis);
  if (Number.isNaN(date.getTime()))
    throw new Misfit("is infinite or outside the years of a Date; read it as: 'string'");
  return date;
}

const date: Make = (_type, as) =>
  as === 'string'
    ? (value) => infinity((value as DuckDBDateValue).days) ?? dateText((value as DuckDBDateValue).days)
    : (value) => dateOfMillis((value as DuckDBDateValue).days * 86_400_000);

/** `count` reads the value's own field; `unit` is how many micros one count is. */
function instant(count: (value: DuckDBValue) => bigint, unit: bigint, zone: string): Make {
  return (_type, as) => {
    if (as === 'bigint') return (value) => (infinity(count(value)) === undefined ? count(value) * unit : count(value));
    if (as === 'string')
      return (value) => infinity(count(value)) ?? timestampText(count(value) * unit, 1_000_000n) + zone;
    return (value) =>
      dateOfMillis(infinity(count(value)) === undefined ? Number(floorDiv(count(value) * unit, 1000n)) : Number.NaN);
  };
}

const micros = (value: DuckDBValue): bigint => (value as DuckDBTimestampValue).micros;

const list: Make = (type) => {
  const item = decoderFor((type as DuckDBListType | DuckDBArrayType).valueType);
  return (value) =>
    (value as DuckDBListValue | DuckDBArrayValue).items.map((each) => (each === null ? null : item(each)));
};

const struct: Make = (type) => {
  const { entryNames, entryTypes } = type as DuckDBStructType;
  // the binding assigns it, so that what it gives for the field is the prototype of all objects
  if (entryNames.includes('__proto__'))
    throw new DatabaseError(
      'E_UNSUPPORTED',
      'A struct of the result has a field "__proto__", which the binding loses. Give the field another name in the SQL.',
    );
  const decoders = entryTypes.map((entry) => decoderFor(entry));
  return (value) => {
    const { entries } = value as DuckDBStructValue;
    return record(entryNames, (name, index) => {
      const entry = entries[name];
      return entry === null || entry === undefined ? null : (decoders[index] as Decoder)(entry);
    });
  };
};

/** An object with these own keys, whatever they are called: assigning to `__proto__` would change the prototype. */
export function record<T>(names: readonly string[], valueOf: (name: string, index: number) => T): Record<string, T> {
  const object: Record<string, T> = {};
  for (const [index, name] of names.entries()) {
    const value = valueOf(name, index);
    if (name === '__proto__')
      Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
    else object[name] = value;
  }
  return object;
}

const map: Make = (type) => {
  const { keyType, valueType } = type as DuckDBMapType;
  const [key, item] = [decoderFor(keyType), decoderFor(valueType)];
  return (value) =>
    new Map(
      (value as DuckDBMapValue).entries.map((entry) => [
        key(entry.key as NonNullable<DuckDBValue>),
        entry.value === null ? null : item(entry.value),
      ]),
    );
};

const union: Make = (type) => {
  const { memberTags, memberTypes } = type as DuckDBUnionType;
  const decoders = new Map(memberTags.map((tag, index) => [tag, decoderFor(memberTypes[index] as DuckDBType)]));
  return (value) => {
    const { tag, value: inner } = value as DuckDBUnionValue;
    return { tag, value: inner === null ? null : (decoders.get(tag) as Decoder)(inner) };
  };
};

const text: Make = (type) => (type.alias === 'JSON' ? (value) => JSON.parse(value as string) as unknown : same);

const BY_TYPE: Partial<Record<DuckDBTypeId, Make>> = {
  [DuckDBTypeId.BIGINT]: bigints,
  [DuckDBTypeId.UBIGINT]: bigints,
  [DuckDBTypeId.HUGEINT]: bigints,
  [DuckDBTypeId.UHUGEINT]: bigints,
  [DuckDBTypeId.BIGNUM]: bigints,
  [DuckDBTypeId.DECIMAL]: decimal,
  [DuckDBTypeId.VARCHAR]: text,
  [DuckDBTypeId.UUID]: () => asText,
  [DuckDBTypeId.BIT]: () => asText,
  [DuckDBTypeId.BLOB]: () => (value) => Uint8Array.from((value as DuckDBBlobValue).bytes),
  [DuckDBTypeId.DATE]: date,
  [DuckDBTypeId.TIMESTAMP]: instant(micros, 1n, ''),
  [DuckDBTypeId.TIMESTAMP_TZ]: instant(micros, 1n, '+00'),
  [DuckDBTypeId.TIMESTAMP_MS]: instant((value) => (value as DuckDBTimestampMillisecondsValue).millis, 1000n, ''),
  [DuckDBTypeId.TIMESTAMP_S]: instant((value) => (value as DuckDBTimestampSecondsValue).seconds, 1_000_000n, ''),
  [DuckDBTypeId.TIMESTAMP_NS]: (_type, as) => {
    const nanos = (value: DuckDBValue): bigint => (value as DuckDBTimestampNanosecondsValue).nanos;
    return as === 'bigint' ? nanos : (value) => infinity(nanos(value)) ?? timestampText(nanos(value), 1_000_000_000n);
  },
  [DuckDBTypeId.TIME]: (_type, as) =>
    as === 'bigint'
      ? (value) => (value as DuckDBTimeValue).micros
      : (value) => timeText((value as DuckDBTimeValue).micros),
  [DuckDBTypeId.TIME_NS]: () => (value) => String(value),
  [DuckDBTypeId.TIME_TZ]: (_type, as) => (value) => {
    const { micros: local, offset } = value as DuckDBTimeTZValue;
    // as a bigint it is the time of day in UTC, which may lie on the day before or after
    return as === 'bigint' ? local - BigInt(offset) * 1_000_000n : timeText(local) + offsetText(offset);
  },
  [DuckDBTypeId.INTERVAL]: () => (value) => {
    const { months, days, micros: rest } = value as DuckDBIntervalValue;
    return { months, days, micros: rest };
  },
  [DuckDBTypeId.LIST]: list,
  [DuckDBTypeId.ARRAY]: list,
  [DuckDBTypeId.STRUCT]: struct,
  [DuckDBTypeId.MAP]: map,
  [DuckDBTypeId.UNION]: union,
  [DuckDBTypeId.VARIANT]: () => (value) => {
    const { value: inner, type } = value as DuckDBVariantValue;
    return inner === null || type === undefined ? inner : decoderFor(type)(inner);
  },
};

/** The decoder for results of this type. Types without a row of their own are what the binding gives. */
export function decoderFor(type: DuckDBType, as?: As): Decoder {
  return BY_TYPE[type.typeId]?.(type, as) ?? same;
}
