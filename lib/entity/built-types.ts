// Types made from others: enums, JSON, lists, arrays, structs, maps, unions; and the reading of a type as it is written.
// Not here: scalar types (types.ts).
import {
  ARRAY,
  DuckDBArrayValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBUnionValue,
  ENUM,
  LIST,
  MAP,
  STRUCT,
  UNION,
  VARCHAR,
  type DuckDBValue,
} from '@duckdb/node-api';
import { DatabaseError } from '../errors.js';
import { arrayWriter, listWriter, mapWriter } from '../vector/list-writer.js';
import { numberWriter, type NumbersClass } from '../vector/number-writer.js';
import { structWriter, unionWriter } from '../vector/struct-writer.js';
import { identifierProblem, quote } from './identifier.js';
import { jsonText } from './json-text.js';
import { jsonWriter } from './json-writer.js';
import { mapKey } from './map-key.js';
import { Misfit, describe, misfit } from './misfit.js';
import type { BuiltType, ColumnType, PropertyType, UnionValue } from './property-type.js';
import { SCALAR_NAMES, decimalType, scalarType, type EnumType, type SqlType } from './types.js';

/** A built type carries its SqlType under its own class, so that an object from outside is never taken for one. */
class Built implements BuiltType<never> {
  constructor(
    readonly kind: string,
    readonly type: SqlType,
  ) {
    Object.freeze(this);
  }
}

function build<V>(type: Omit<SqlType, 'indexable' | 'as' | 'enums'> & Partial<SqlType>): BuiltType<V> {
  return new Built(type.name, Object.freeze({ indexable: false, as: [], enums: [], ...type }));
}

function fail(message: string): never {
  throw new DatabaseError('E_DECLARATION', message);
}

/**
 * The SqlType of a type as written in a declaration.
 *
 * @throws DatabaseError `E_DECLARATION` naming the types there are
 */
export function sqlType(type: ColumnType): SqlType {
  if (type instanceof Built) return type.type;
  if (typeof type === 'string') {
    if (type.endsWith('[]')) return sqlType(list(type.slice(0, -2) as 'double'));
    const scalar = scalarType(type);
    if (scalar !== undefined) return scalar;
    const decimal = /^decimal(?:\((\d+), ?(\d+)\))?$/.exec(type);
    if (decimal !== null) return checkedDecimal(Number(decimal[1] ?? 18), Number(decimal[2] ?? 3));
  }
  const lower = typeof type === 'string' ? type.toLowerCase() : '';
  const why = Object.hasOwn(UNAVAILABLE, lower) ? UNAVAILABLE[lower] : undefined;
  if (why !== undefined) return fail(`${JSON.stringify(type)} is no type of a column here: ${why}.`);
  const hint =
    (Object.hasOwn(ALIASES, lower) ? ALIASES[lower] : undefined) ??
    (scalarType(lower) === undefined ? undefined : lower);
  return fail(
    `${typeof type === 'string' ? JSON.stringify(type) : describe(type)} is not a column type.` +
      (hint === undefined ? '' : ` Did you mean '${hint}'?`) +
      ` Types: ${SCALAR_NAMES.join(', ')}, decimal(p,s), json(), enumOf(), list(), array(), struct(), map(), union().`,
  );
}

const ALIASES: Readonly<Record<string, string>> = {
  int: 'integer',
  int4: 'integer',
  int8: 'bigint',
  long: 'bigint',
  text: 'varchar',
  string: 'varchar',
  bool: 'boolean',
  number: 'double',
  real: 'float',
  numeric: 'decimal(18,4)',
  datetime: 'timestamp',
  json: 'json()',
  bytea: 'blob',
  short: 'smallint',
  int1: 'tinyint',
  int2: 'smallint',
  int16: 'smallint',
  int32: 'integer',
  int64: 'bigint',
  int128: 'hugeint',
  uint8: 'utinyint',
  uint16: 'usmallint',
  uint32: 'uinteger',
  uint64: 'ubigint',
  uint128: 'uhugeint',
  float4: 'float',
  float8: 'double',
  char: 'varchar',
  bpchar: 'varchar',
  logical: 'boolean',
  guid: 'uuid',
  bitstring: 'bit',
  binary: 'blob',
  varbinary: 'blob',
  bytes: 'blob',
  jsonb: 'json()',
  enum: "enumOf('name', [...])",
  list: "list('double')",
  array: "array('double', 3)",
  struct: "struct({ a: 'integer' })",
  map: "map('varchar', 'integer')",
  union: "union({ n: 'integer', t: 'varchar' })",
  timestamp_us: 'timestamp',
  'timestamp with time zone': 'timestamptz',
  'time with time zone': 'timetz',
};

/** Types of DuckDB that columns cannot have, and why. */
const UNAVAILABLE: Readonly<Record<string, string>> = {
  variant:
    'a file can hold it from storage version v1.5.0 on alone, and files are made so that older DuckDB versions can read them; use json()',
  geometry: "the DuckDB binding has no parameters of it; keep WKB in a 'blob' or WKT in a 'varchar', and cast in SQL",
  bignum: "no property type stands for it; use 'hugeint' or 'uhugeint', or 'varchar' beyond their 128 bits",
  varint: "it is DuckDB's former name of bignum; use 'hugeint' or 'uhugeint', or 'varchar' beyond their 128 bits",
  time_ns: "no property type stands for it; use 'time', or 'bigint' for nanoseconds",
  sqlnull: 'it has no values but NULL; give the column the type that it will have',
  null: 'it has no values but NULL; give the column the type that it will have',
  any: 'it is a type of parameters; give the column a type of its own, or json()',
};

function checkedDecimal(width: number, scale: number): SqlType {
  if (width < 1 || width > 38 || scale > width) {
    fail(`decimal(${width},${scale}): the width is 1 to 38, and the scale is at most the width.`);
  }
  return decimalType(width, scale);
}

/**
 * A JSON column of a known shape. The shape is the compiler's to check; the text is checked to be JSON.
 *
 * @example \@Column(json<Trade[]>()) trades!: Trade[];
 */
export function json<T = unknown>(): BuiltType<T> {
  return JSON_TYPE as BuiltType<T>;
}

const JSON_TYPE = build<unknown>({
  name: 'json',
  ddl: 'JSON',
  duckdb: VARCHAR,
  family: 'other',
  json: true,
  encode: jsonText,
  writer: () => jsonWriter(true),
});

/**
 * A database enum: created before the tables that use it, shared by its name.
 *
 * @throws DatabaseError `E_DECLARATION` for no values, a value twice, or an unusable name
 * @example \@Column(enumOf('run_state', ['queued', 'done'])) state!: 'queued' | 'done';
 */
export function enumOf<const V extends readonly string[]>(name: string, values: V): BuiltType<V[number]> {
  const problem = identifierProblem(name);
  if (problem !== undefined) fail(`enumOf(${JSON.stringify(name)}): the name ${problem}.`);
  if (!Array.isArray(values) || values.length === 0) fail(`enumOf('${name}'): give at least one value.`);
  for (const [index, value] of values.entries()) {
    if (typeof value !== 'string' || value === '' || value.includes('\0') || !value.isWellFormed()) {
      fail(`enumOf('${name}'): value ${index} is not a usable, non-empty string.`);
    }
    if (values.indexOf(value) !== index) fail(`enumOf('${name}'): ${JSON.stringify(value)} stands there twice.`);
  }
  const numbers = new Map(values.map((value, number) => [value, number]));
  const numberOf = (value: unknown): number => {
    if (typeof value !== 'string') return misfit('a string', value);
    const number = numbers.get(value);
    if (number === undefined)
      throw new Misfit(`expects one of ${values.map((v) => `'${v}'`).join(', ')}, got another string`);
    return number;
  };
  const own: EnumType = Object.freeze({ name, values: Object.freeze([...values]) });
  return build({
    name: `enum ${name}`,
    ddl: quote(name),
    duckdb: ENUM(values),
    family: 'text',
    indexable: true,
    enums: [own],
    encode: (value) => values[numberOf(value)] as string,
    writer: () => numberWriter(numbersOf(values.length), numberOf, false),
  });
}

/** As wide as DuckDB stores the number of a value. */
const numbersOf = (values: number): NumbersClass =>
  values <= 0xff ? Uint8Array : values <= 0xffff ? Uint16Array : Uint32Array;

function itemsOf(value: unknown): ArrayLike<unknown> {
  if (!Array.isArray(value) && !(ArrayBuffer.isView(value) && !(value instanceof DataView)))
    return misfit('an array', value);
  return value as ArrayLike<unknown>;
}

const items = (type: SqlType, value: ArrayLike<unknown>): DuckDBValue[] =>
  Array.from(value, (item, index) => member(type, item, `item ${index}`));

function member(type: SqlType, value: unknown, where: string): DuckDBValue {
  if (value === null) return null;
  try {
    return type.encode(value);
  } catch (error) {
    throw error instanceof Misfit ? new Misfit(`${where} ${error.message}`) : error;
  }
}

/**
 * A list of any length: `list('double')`, also written `'double[]'`. Numeric lists take typed arrays too.
 *
 * @throws DatabaseError `E_DECLARATION` for an item type that there is not
 * @example \@Column(list('double')) equity!: number[];
 */
export function list<const T extends ColumnType>(item: T): BuiltType<(PropertyType<T> | null)[]> {
  const type = sqlType(item);
  return build({
    name: `list(${type.name})`,
    ddl: `${type.ddl}[]`,
    duckdb: LIST(type.duckdb),
    family: 'list',
    item: type,
    enums: type.enums,
    encode: (value) => new DuckDBListValue(items(type, itemsOf(value))),
    writer: () => listWriter(type.writer(), itemsOf),
  });
}

/**
 * A list of exactly `length` items.
 *
 * @throws DatabaseError `E_DECLARATION` for a length that is not a whole number from 1 to 100,000
 * @example \@Column(array('float', 3)) direction!: number[];
 */
export function array<const T extends ColumnType>(item: T, length: number): BuiltType<(PropertyType<T> | null)[]> {
  const type = sqlType(item);
  if (!Number.isInteger(length) || length < 1 || length > 100_000)
    fail(`array(${type.name}, ${length}): the length is 1 to 100000.`);
  const whole = (value: unknown): ArrayLike<unknown> => {
    const own = itemsOf(value);
    if (own.length !== length) throw new Misfit(`holds ${length} items, got ${own.length}`);
    return own;
  };
  return build({
    name: `array(${type.name}, ${length})`,
    ddl: `${type.ddl}[${length}]`,
    duckdb: ARRAY(type.duckdb, length),
    family: 'list',
    item: type,
    enums: type.enums,
    encode: (value) => new DuckDBArrayValue(items(type, whole(value))),
    writer: () => arrayWriter(type.writer(), length, whole),
  });
}

function members(of: Readonly<Record<string, ColumnType>>, what: string): [string, SqlType][] {
  const entries = Object.entries(of).map(([name, type]): [string, SqlType] => {
    const problem = identifierProblem(name);
    if (problem !== undefined) fail(`${what}: the member name ${JSON.stringify(name)} ${problem}.`);
    return [name, sqlType(type)];
  });
  if (entries.length === 0) fail(`${what}: give at least one member.`);
  if (new Set(entries.map(([name]) => name.toLowerCase())).size < entries.length) {
    fail(`${what}: DuckDB folds case in member names, and two of these differ only by case.`);
  }
  return entries;
}

const membersDdl = (entries: readonly [string, SqlType][]): string =>
  entries.map(([name, type]) => `${quote(name)} ${type.ddl}`).join(', ');

/**
 * A fixed set of named values.
 *
 * @throws DatabaseError `E_DECLARATION` for no members, unusable names, and names that differ by case alone
 * @example \@Column(struct({ venue: 'varchar', fee: 'double' })) route!: { venue: string; fee: number };
 */
export function struct<const M extends Readonly<Record<string, ColumnType>>>(
  of: M,
): BuiltType<{ -readonly [K in keyof M]: PropertyType<M[K]> | null }> {
  const entries = members(of, 'struct');
  const own = (value: unknown): unknown[] => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return misfit('an object', value);
    const object = value as Record<string, unknown>;
    const unknown = Object.keys(object).find((key) => !entries.some(([name]) => name === key));
    if (unknown !== undefined) throw new Misfit(`has no member ${JSON.stringify(unknown)}`);
    return entries.map(([name]) => {
      if (!Object.hasOwn(object, name) || object[name] === undefined)
        throw new Misfit(`expects its member '${name}', which is missing`);
      return object[name];
    });
  };
  return build({
    name: `struct(${entries.map(([name, type]) => `${name} ${type.name}`).join(', ')})`,
    ddl: `STRUCT(${membersDdl(entries)})`,
    duckdb: STRUCT(Object.fromEntries(entries.map(([name, type]) => [name, type.duckdb]))),
    family: 'other',
    members: new Map(entries),
    enums: entries.flatMap(([, type]) => type.enums),
    encode(value) {
      const values = own(value);
      return new DuckDBStructValue(
        Object.fromEntries(
          entries.map(([name, type], index) => [name, member(type, values[index], `member '${name}'`)]),
        ),
      );
    },
    writer: () =>
      structWriter(
        entries.map(([, type]) => type.writer()),
        own,
      ),
  });
}

/**
 * Any number of keys with values, as a `Map`.
 *
 * @throws DatabaseError `E_DECLARATION` for a type that there is not
 * @example \@Column(map('varchar', 'double')) weights!: Map<string, number>;
 */
export function map<const K extends ColumnType, const V extends ColumnType>(
  key: K,
  value: V,
): BuiltType<Map<PropertyType<K>, PropertyType<V> | null>> {
  const [keys, values] = [sqlType(key), sqlType(value)];
  const pairs = (given: unknown): [unknown, unknown][] => {
    const own = given instanceof Map ? [...(given as Map<unknown, unknown>)] : misfit('a Map', given);
    // strings that differ for a Map differ as text, too; whatever else may become the same
    const seen = keys.name === 'varchar' ? undefined : new Set<string>();
    for (const [index, [each]] of own.entries()) {
      if (each === null || each === undefined) throw new Misfit(`key ${index} is missing: a map key is never NULL`);
      if (seen === undefined) continue;
      const encoded = mapKey(member(keys, each, `key ${index}`));
      if (seen.has(encoded)) throw new Misfit(`key ${index} is the same as one before it once it is ${keys.name}`);
      seen.add(encoded);
    }
    return own;
  };
  return build({
    name: `map(${keys.name}, ${values.name})`,
    ddl: `MAP(${keys.ddl}, ${values.ddl})`,
    duckdb: MAP(keys.duckdb, values.duckdb),
    family: 'other',
    entry: { key: keys, value: values },
    enums: [...keys.enums, ...values.enums],
    encode: (given) =>
      new DuckDBMapValue(
        pairs(given).map(([k, v], index) => ({
          key: member(keys, k, `key ${index}`),
          value: member(values, v, `value ${index}`),
        })),
      ),
    writer: () => mapWriter(keys.writer(), values.writer(), pairs),
  });
}

/**
 * One of several types, as `{ tag, value }`.
 *
 * @throws DatabaseError `E_DECLARATION` for no members, unusable names, and names that differ by case alone
 * @example \@Column(union({ n: 'integer', t: 'varchar' })) setting!: UnionValue<{ n: 'integer'; t: 'varchar' }>;
 */
export function union<const M extends Readonly<Record<string, ColumnType>>>(of: M): BuiltType<UnionValue<M>> {
  const entries = members(of, 'union');
  const choice = (given: unknown): readonly [number, unknown] => {
    const { tag, value } = Object(given) as { tag?: unknown; value?: unknown };
    const number = entries.findIndex(([name]) => name === tag);
    if (number < 0 || value === undefined) {
      return misfit(`{ tag, value } with a tag of ${entries.map(([name]) => `'${name}'`).join(', ')}`, given);
    }
    return [number, value];
  };
  return build({
    name: `union(${entries.map(([name, type]) => `${name} ${type.name}`).join(', ')})`,
    ddl: `UNION(${membersDdl(entries)})`,
    duckdb: UNION(Object.fromEntries(entries.map(([name, type]) => [name, type.duckdb]))),
    family: 'other',
    members: new Map(entries),
    enums: entries.flatMap(([, type]) => type.enums),
    encode(given) {
      const [number, value] = choice(given);
      const [tag, type] = entries[number] as [string, SqlType];
      return new DuckDBUnionValue(tag, member(type, value, `member '${tag}'`));
    },
    writer: () =>
      unionWriter(
        entries.map(([, type]) => type.writer()),
        choice,
      ),
  });
}
