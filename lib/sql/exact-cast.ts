// Values of files as values of columns, exactly: the cast, and the condition under which it keeps every digit. DuckDB's own casts
// round 1.5 to 2 and cut a time off a date without a word. Not here: what is done about a value that does not fit.
import {
  DuckDBArrayType,
  DuckDBDecimalType,
  DuckDBEnumType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBTypeId as Id,
  DuckDBVarCharType,
  VARCHAR,
  type DuckDBType,
} from '@duckdb/node-api';
import { quote, quoteLiteral } from '../entity/identifier.js';

/** How a value of one type becomes one of another. */
export interface ExactCast {
  readonly sql: string;
  /** true for a value that is kept; undefined where all are. Of NULL it says nothing */
  readonly fits: string | undefined;
}

/** Two types between which no value is the same. */
export class NoCast extends Error {
  override readonly name = 'NoCast';
}

export const JSON_TYPE = DuckDBVarCharType.create('JSON');

const isJson = (type: DuckDBType): boolean => type.alias === 'JSON';

/** A type as SQL, with the values of an enum in place of its name. */
export function typeSql(type: DuckDBType): string {
  if (isJson(type)) return 'JSON';
  if (type instanceof DuckDBListType) return `${typeSql(type.valueType)}[]`;
  if (type instanceof DuckDBArrayType) return `${typeSql(type.valueType)}[${type.length}]`;
  if (type instanceof DuckDBMapType) return `MAP(${typeSql(type.keyType)}, ${typeSql(type.valueType)})`;
  if (type instanceof DuckDBStructType) return structSql(type, typeSql);
  if (type instanceof DuckDBEnumType) return `ENUM(${type.values.map(quoteLiteral).join(', ')})`;
  return String(type);
}

function structSql(type: DuckDBStructType, field: (type: DuckDBType) => string): string {
  return `STRUCT(${type.entryNames.map((name, index) => `${quote(name)} ${field(type.entryTypes[index] as DuckDBType)}`).join(', ')})`;
}

const INTEGERS: ReadonlySet<Id> = new Set([
  Id.TINYINT, Id.SMALLINT, Id.INTEGER, Id.BIGINT, Id.HUGEINT, Id.UTINYINT, Id.USMALLINT, Id.UINTEGER, Id.UBIGINT, Id.UHUGEINT,
]); // prettier-ignore
const REALS: ReadonlySet<Id> = new Set([Id.FLOAT, Id.DOUBLE]);
const NUMBERS: ReadonlySet<Id> = new Set([...INTEGERS, ...REALS, Id.DECIMAL, Id.BOOLEAN]);
const NESTED: ReadonlySet<Id> = new Set([Id.LIST, Id.ARRAY, Id.STRUCT, Id.MAP, Id.UNION]);

/** How many digits of a second each has. */
const FRACTION: ReadonlyMap<Id, number> = new Map([
  [Id.TIMESTAMP_S, 0], [Id.TIMESTAMP_MS, 3], [Id.TIMESTAMP, 6], [Id.TIMESTAMP_NS, 9], [Id.TIMESTAMP_TZ, 6],
  [Id.TIME, 6], [Id.TIME_TZ, 6], [Id.INTERVAL, 6],
]); // prettier-ignore
const DATES: ReadonlySet<Id> = new Set([
  Id.DATE, Id.TIMESTAMP_S, Id.TIMESTAMP_MS, Id.TIMESTAMP, Id.TIMESTAMP_NS, Id.TIMESTAMP_TZ,
]); // prettier-ignore

/** A number of JSON has come through a double, which keeps as many digits of any. */
const DOUBLE_DIGITS = 15;

/**
 * @param value an expression of the type `from`
 * @throws NoCast
 */
export function exactCast(value: string, from: DuckDBType, to: DuckDBType): ExactCast {
  return { sql: castSql(value, from, to), fits: fitting(value, from, to, 0) };
}

const isText = (type: DuckDBType): boolean => type.typeId === Id.VARCHAR && !isJson(type);

function castSql(value: string, from: DuckDBType, to: DuckDBType): string {
  const type = typeSql(to);
  if (typeSql(from) === type) return value;
  if (isJson(to)) return `CAST(CAST(${value} AS VARCHAR) AS JSON)`;
  if (isJson(from) && !NESTED.has(to.typeId)) return textCast(`(${value} ->> '$')`, to, 'CAST');
  if (isText(from) && !NESTED.has(to.typeId)) return textCast(value, to, 'CAST');
  if (!NESTED.has(to.typeId) || (!isText(from) && !isJson(from))) return `CAST(${value} AS ${type})`;
  // texts within JSON are read as such, so that each is cast as the text of its type
  const json = isJson(from) ? value : `CAST(${value} AS JSON)`;
  return `CAST(CAST(${json} AS ${typeSql(textual(to))}) AS ${type})`;
}

/** Up to so many digits a decimal is an integer of 64 bits. */
const SHORT_WIDTH = 18;

/** DuckDB takes 200 times as long for the texts of longer decimals; most of them fit into a short one. */
function textCast(text: string, to: DuckDBType, cast: 'CAST' | 'TRY_CAST'): string {
  const whole = `${cast}(${text} AS ${typeSql(to)})`;
  if (!(to instanceof DuckDBDecimalType) || to.width <= SHORT_WIDTH || to.scale > SHORT_WIDTH) return whole;
  return `coalesce(CAST(TRY_CAST(${text} AS DECIMAL(${SHORT_WIDTH},${to.scale})) AS ${typeSql(to)}), ${whole})`;
}

/** The same type with texts in it. */
function textual(type: DuckDBType): DuckDBType {
  if (type instanceof DuckDBListType) return new DuckDBListType(textual(type.valueType));
  if (type instanceof DuckDBArrayType) return new DuckDBArrayType(textual(type.valueType), type.length);
  if (type instanceof DuckDBMapType) return new DuckDBMapType(textual(type.keyType), textual(type.valueType));
  if (type instanceof DuckDBStructType) return new DuckDBStructType(type.entryNames, type.entryTypes.map(textual));
  return isJson(type) ? type : VARCHAR;
}

function fitting(value: string, from: DuckDBType, to: DuckDBType, depth: number): string | undefined {
  const target = typeSql(to);
  if (typeSql(from) === target || from.typeId === Id.SQLNULL) return undefined;
  if (from instanceof DuckDBEnumType) return fitting(`CAST(${value} AS VARCHAR)`, VARCHAR, to, depth);
  if (to.typeId === Id.UNION || from.typeId === Id.UNION) throw new NoCast();
  if (isJson(from)) return jsonFits(value, to, depth);
  if (isJson(to)) {
    if (!isText(from)) throw new NoCast();
    return `json_valid(${value})`;
  }
  if (isText(to)) {
    if (NESTED.has(from.typeId) || from.typeId === Id.BLOB) throw new NoCast();
    return undefined;
  }
  if (isText(from)) return textFits(value, to, depth);
  if (NESTED.has(to.typeId)) return nestedFits(value, from, to, depth);
  if (to.typeId === Id.FLOAT && REALS.has(from.typeId)) return `TRY_CAST(${value} AS FLOAT) IS NOT NULL`;
  if ((NUMBERS.has(from.typeId) && NUMBERS.has(to.typeId)) || (DATES.has(from.typeId) && DATES.has(to.typeId)))
    return `TRY_CAST(TRY_CAST(${value} AS ${target}) AS ${typeSql(from)}) IS NOT DISTINCT FROM ${value}`;
  throw new NoCast();
}

/** How many bits of a number each integer has. */
const BITS: ReadonlyMap<Id, number> = new Map([
  [Id.TINYINT, 7], [Id.SMALLINT, 15], [Id.INTEGER, 31], [Id.BIGINT, 63], [Id.HUGEINT, 127],
  [Id.UTINYINT, 8], [Id.USMALLINT, 16], [Id.UINTEGER, 32], [Id.UBIGINT, 64], [Id.UHUGEINT, 128],
]); // prettier-ignore
const UNSIGNED: ReadonlySet<Id> = new Set([Id.UTINYINT, Id.USMALLINT, Id.UINTEGER, Id.UBIGINT, Id.UHUGEINT]);

/** Whether one type holds every value of the other, as far as that is plain to see. */
export function alwaysFits(from: DuckDBType, to: DuckDBType): boolean {
  if (typeSql(from) === typeSql(to)) return true;
  const bits = BITS.get(from.typeId);
  if (bits !== undefined) {
    if (to.typeId === Id.DOUBLE) return bits <= 53;
    if (to.typeId === Id.FLOAT) return bits <= 24;
    if (to instanceof DuckDBDecimalType) return Math.ceil(bits * Math.log10(2)) <= to.width - to.scale;
    const room = BITS.get(to.typeId);
    if (room !== undefined) return bits <= room && (UNSIGNED.has(from.typeId) || !UNSIGNED.has(to.typeId));
  }
  if (from instanceof DuckDBDecimalType && to instanceof DuckDBDecimalType)
    return from.scale <= to.scale && from.width - from.scale <= to.width - to.scale;
  if (from instanceof DuckDBListType && to instanceof DuckDBListType) return alwaysFits(from.valueType, to.valueType);
  return (from.typeId === Id.FLOAT && to.typeId === Id.DOUBLE) || (from instanceof DuckDBEnumType && isText(to));
}

/** What a file has as text, having no type for it; and times, of which Parquet has fewer. */
const AS_TEXT: ReadonlySet<Id> = new Set([
  Id.UUID, Id.ENUM, Id.HUGEINT, Id.UHUGEINT, Id.INTERVAL, Id.TIME_TZ, Id.BIT,
]); // prettier-ignore

/** Whether a column of Parquet may stand for a declared one: it is that, a part of it, or the form that an export gives it. */
export function standsFor(from: DuckDBType, to: DuckDBType): boolean {
  if (alwaysFits(from, to)) return true;
  if (isText(from)) return isJson(to) || AS_TEXT.has(to.typeId);
  if (isJson(from)) return isText(to);
  if (from.typeId === Id.DATE || from.typeId === Id.TIMESTAMP)
    return DATES.has(to.typeId) && to.typeId !== Id.DATE && to.typeId !== Id.TIMESTAMP_TZ;
  if (from instanceof DuckDBListType && (to instanceof DuckDBListType || to instanceof DuckDBArrayType))
    return standsFor(from.valueType, to.valueType);
  if (from instanceof DuckDBMapType && to instanceof DuckDBMapType)
    return standsFor(from.keyType, to.keyType) && standsFor(from.valueType, to.valueType);
  if (!(from instanceof DuckDBStructType && to instanceof DuckDBStructType)) return false;
  return (
    from.entryCount === to.entryCount &&
    to.entryNames.every((name, index) => {
      const at = from.entryNames.indexOf(name);
      return at >= 0 && standsFor(from.entryTypes[at] as DuckDBType, to.entryTypes[index] as DuckDBType);
    })
  );
}

/** Whether files with a column of both types can be read together: DuckDB finds one for both, and a double loses digits of others. */
export function goTogether(one: DuckDBType, other: DuckDBType): boolean {
  if (typeSql(one) === typeSql(other)) return true;
  if (isText(one) || isText(other)) return false;
  return alwaysFits(one, other) || alwaysFits(other, one) || (BITS.has(one.typeId) && BITS.has(other.typeId));
}

const all = (conditions: readonly (string | undefined)[]): string | undefined => {
  const said = conditions.filter((condition) => condition !== undefined);
  return said.length === 0 ? undefined : `(${said.join(' AND ')})`;
};

/** Within a value NULL is one. */
const orNull = (value: string, fits: string | undefined): string | undefined =>
  fits === undefined ? undefined : `(${value} IS NULL OR coalesce(${fits}, false))`;

function everyItem(list: string, depth: number, fits: (item: string) => string | undefined): string | undefined {
  const item = `mysingle_${depth}`;
  const condition = orNull(item, fits(item));
  return condition === undefined
    ? undefined
    : `len(list_filter(${list}, lambda ${item}: NOT coalesce(${condition}, false))) = 0`;
}

function nestedFits(value: string, from: DuckDBType, to: DuckDBType, depth: number): string | undefined {
  if (
    (to instanceof DuckDBListType || to instanceof DuckDBArrayType) &&
    (from instanceof DuckDBListType || from instanceof DuckDBArrayType)
  ) {
    const items = `CAST(${value} AS ${typeSql(from.valueType)}[])`;
    return all([
      to instanceof DuckDBArrayType ? `len(${items}) = ${to.length}` : undefined,
      everyItem(items, depth, (item) => fitting(item, from.valueType, to.valueType, depth + 1)),
    ]);
  }
  if (to instanceof DuckDBMapType && from instanceof DuckDBMapType)
    return all([
      everyItem(`map_keys(${value})`, depth, (item) => fitting(item, from.keyType, to.keyType, depth + 1)),
      everyItem(`map_values(${value})`, depth, (item) => fitting(item, from.valueType, to.valueType, depth + 1)),
    ]);
  if (to instanceof DuckDBStructType && from instanceof DuckDBStructType) {
    const types = new Map(from.entryNames.map((name, index) => [name.toLowerCase(), from.entryTypes[index]]));
    if (types.size !== to.entryCount) throw new NoCast();
    return all(
      to.entryNames.map((name, index) => {
        const own = types.get(name.toLowerCase());
        if (own === undefined) throw new NoCast();
        const field = `struct_extract(${value}, ${quoteLiteral(name)})`;
        return orNull(field, fitting(field, own, to.entryTypes[index] as DuckDBType, depth));
      }),
    );
  }
  throw new NoCast();
}

const UNZONED: ReadonlySet<Id> = new Set([Id.DATE, Id.TIMESTAMP_S, Id.TIMESTAMP_MS, Id.TIMESTAMP, Id.TIMESTAMP_NS]);

/** An offset from UTC behind a date or a time, which DuckDB leaves out; `Z` and ` UTC` are none. */
const OFFSET = String.raw`\+|\S\s+-|:.*-`;

/** DuckDB also takes the time out of a date and time, without its offset. */
const CLOCK = String.raw`\s*[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]*)?)?\s*`;

/** What some text says, in a type. */
function textFits(text: string, to: DuckDBType, depth: number): string | undefined {
  if (NESTED.has(to.typeId)) return jsonFits(`TRY_CAST(${text} AS JSON)`, to, depth);
  const cast = textCast(text, to, 'TRY_CAST');
  return all([`${cast} IS NOT NULL`, ...digitsKept(text, cast, to)]);
}

function digitsKept(text: string, cast: string, to: DuckDBType): string[] {
  const says = (pattern: string): string => `regexp_full_match(${text}, '${pattern}')`;
  if (INTEGERS.has(to.typeId)) return [says(String.raw`\s*[+-]?[0-9]+(\.0*)?\s*`)];
  if (to instanceof DuckDBDecimalType) {
    const fraction = to.scale === 0 ? '' : String.raw`|\.[0-9]{1,${to.scale}}0*`;
    return [says(String.raw`\s*[+-]?([0-9]+(\.[0-9]{0,${to.scale}}0*)?${fraction})\s*`)];
  }
  const finite = `(NOT isinf(${cast}) OR contains(lower(${text}), 'inf'))`;
  if (to.typeId === Id.FLOAT) return [finite];
  if (to.typeId === Id.DOUBLE)
    return [
      `(NOT ${says(String.raw`\s*[+-]?[0-9]{16,}\s*`)} OR TRY_CAST(${cast} AS HUGEINT) IS NOT DISTINCT FROM TRY_CAST(${text} AS HUGEINT))`,
      finite,
      `(${cast} <> 0 OR NOT regexp_matches(${text}, '^[^eE]*[1-9]'))`,
    ];
  const has = (pattern: string): string => `regexp_matches(${text}, '${pattern}')`;
  const conditions = UNZONED.has(to.typeId) ? [`NOT ${has(OFFSET)}`] : [];
  if (to.typeId === Id.DATE)
    return [...conditions, `TRY_CAST(${text} AS TIMESTAMP) IS NOT DISTINCT FROM TRY_CAST(${cast} AS TIMESTAMP)`];
  if (to.typeId === Id.TIME) conditions.push(says(CLOCK));
  const digits = FRACTION.get(to.typeId);
  return digits === undefined ? conditions : [...conditions, `NOT ${has(String.raw`\.[0-9]{${digits}}[0-9]*[1-9]`)}`];
}

/** What some JSON says, in a type. Its null is NULL. */
function jsonFits(json: string, to: DuckDBType, depth: number): string | undefined {
  if (isJson(to)) return undefined;
  const text = `(${json} ->> '$')`;
  if (!NESTED.has(to.typeId)) {
    if (isText(to)) return undefined;
    // its number has lost what a double does not keep; its text has not
    const digits = `length(regexp_replace(regexp_replace(${text}, '\\.0$', ''), '[^0-9]', '', 'g'))`;
    const exact = INTEGERS.has(to.typeId) || to.typeId === Id.DECIMAL;
    const kept = exact ? `(json_type(${json}) <> 'DOUBLE' OR ${digits} <= ${DOUBLE_DIGITS})` : undefined;
    return orNull(text, all([textFits(text, to, depth), kept]));
  }
  const cast = (type: string): string => `TRY_CAST(${json} AS ${type})`;
  const isNull = `json_type(${json}) = 'NULL'`;
  if (to instanceof DuckDBListType || to instanceof DuckDBArrayType) {
    const items = cast('JSON[]');
    const checks = all([
      `${items} IS NOT NULL`,
      to instanceof DuckDBArrayType ? `len(${items}) = ${to.length}` : undefined,
      everyItem(items, depth, (item) => jsonFits(item, to.valueType, depth + 1)),
    ]);
    return `(${isNull} OR ${checks})`;
  }
  if (to instanceof DuckDBMapType) {
    // keys of JSON are texts, of which DuckDB makes no lists
    if (NESTED.has(to.keyType.typeId)) throw new NoCast();
    const pairs = cast('MAP(VARCHAR, JSON)');
    const checks = all([
      `${pairs} IS NOT NULL`,
      everyItem(`map_keys(${pairs})`, depth, (item) => fitting(item, VARCHAR, to.keyType, depth + 1)),
      everyItem(`map_values(${pairs})`, depth, (item) => jsonFits(item, to.valueType, depth + 1)),
    ]);
    return `(${isNull} OR ${checks})`;
  }
  if (!(to instanceof DuckDBStructType)) throw new NoCast();
  // a cast of an object with another key is an error, TRY or not
  const keys = `json_keys(${json})`;
  const names = `[${to.entryNames.map(quoteLiteral).join(', ')}]`;
  const checks = to.entryNames.map((name, index) => {
    const field = `(${json} -> ${quoteLiteral(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)})`;
    return orNull(field, jsonFits(field, to.entryTypes[index] as DuckDBType, depth));
  });
  const isObject = `json_type(${json}) = 'OBJECT'`;
  return `(${isNull} OR ${all([isObject, `len(${keys}) = ${to.entryCount}`, `list_has_all(${keys}, ${names})`, ...checks])})`;
}
