// A part of a column as something that conditions stand on: a member of a struct or union, an item of a list, the value of a key of
// a map, whatever JSON has at a path. Not here: the conditions (where.ts), the function `at` (operator.ts).
import { sqlType } from '../entity/built-types.js';
import { quoteLiteral } from '../entity/identifier.js';
import { Misfit, describe } from '../entity/misfit.js';
import type { SqlType } from '../entity/types.js';
import { DatabaseError } from '../errors.js';
import type { Operand } from './operand.js';
import type { Operator } from './operator.js';
import type { SqlBuilder } from './statement.js';

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

/** What `at(key)` of an operand is. Missing members, items and keys are NULL. */
export function partOf(builder: SqlBuilder, operand: Operand, key: unknown): Operand {
  const { type, sql, label } = operand;
  if (type.json) return { ...operand, sql: jsonPart(builder, operand, key), label: `a part of ${label}` };
  if (type.item !== undefined) {
    const place = indexOf(key) ?? fail(`${label} is ${type.name}: at() takes the index of an item, got ${describe(key)}.`);
    return own(`list_extract(${sql}, ${place < 0 ? place : place + 1})`, type.item, `an item of ${label}`);
  } // prettier-ignore
  if (type.members !== undefined) {
    const member = typeof key === 'string' ? type.members.get(key) : undefined;
    if (member === undefined)
      return fail(`${label} is ${type.name}: it has no member ${JSON.stringify(key) ?? describe(key)}.`);
    // a NULL member of a union and another member in its place are both NULL
    const extract = type.name.startsWith('union') ? 'union_extract' : 'struct_extract';
    return own(`${extract}(${sql}, ${quoteLiteral(key as string)})`, member, `${label}.${key as string}`);
  }
  if (type.entry !== undefined) {
    const { key: keys, value } = type.entry;
    try {
      const name = builder.bind(keys.encode(key), keys.duckdb);
      return own(`map_extract_value(${sql}, ${name})`, value, `a value of ${label}`);
    } catch (error) {
      if (error instanceof Misfit) return fail(`a key of ${label} (${keys.name}) ${error.message}.`);
      throw error;
    }
  }
  return fail(`${label} is ${type.name}: at() is for lists, structs, maps, unions and json.`);
}

const own = (sql: string, type: SqlType, label: string): Operand => ({ sql, type, label, as: undefined });

function indexOf(key: unknown): number | undefined {
  return typeof key === 'number' && Number.isSafeInteger(key) ? key : undefined;
}

/** A number is an index, a string from `$` on a JSONPath, any other string a key. Whatever it is, it travels as a parameter. */
function jsonPart(builder: SqlBuilder, { sql, label, type }: Operand, key: unknown): string {
  const index = indexOf(key);
  if (index !== undefined) return `json_extract(${sql}, ${index})`;
  if (typeof key !== 'string') return fail(`${label} is json: at() takes a key, an index, or a path such as '$.a.b', got ${describe(key)}.`); // prettier-ignore
  if (key.startsWith('$') && /\*|\.\./.test(key))
    return fail(`${label}: the path of at() leads to several values. Name one, or write has() on the list.`);
  const path = key.startsWith('$') ? key : `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  try {
    return `json_extract(${sql}, ${builder.bind(sqlType('varchar').encode(path), type.duckdb)})`;
  } catch (error) {
    if (error instanceof Misfit) return fail(`${label}: the key of at() ${error.message}.`);
    throw error;
  }
}

/** What JSON values are compared as: each by what `JSON.parse` would make of it, and those of another kind not at all. */
const KINDS: Readonly<Record<string, { readonly type: SqlType; readonly sql: (json: string) => string }>> = {
  string: {
    type: sqlType('varchar'),
    sql: (json) => `CASE WHEN json_type(${json}) = 'VARCHAR' THEN ${json} ->> '$' END`,
  },
  number: {
    type: sqlType('double'),
    sql: (json) => `CASE WHEN json_type(${json}) IN ('UBIGINT', 'BIGINT', 'DOUBLE') THEN CAST(${json} AS DOUBLE) END`,
  },
  bigint: {
    type: sqlType('hugeint'),
    // 1.0 and 1e3 are whole numbers to JSON.parse; what is written in digits alone is taken exactly
    sql: (json) =>
      `CASE WHEN regexp_full_match(CAST(${json} AS VARCHAR), '-?[0-9]+') THEN TRY_CAST(${json} AS HUGEINT) WHEN json_type(${json}) = 'DOUBLE' AND trunc(CAST(${json} AS DOUBLE)) = CAST(${json} AS DOUBLE) THEN TRY_CAST(CAST(${json} AS DOUBLE) AS HUGEINT) END`,
  },
  boolean: {
    type: sqlType('boolean'),
    sql: (json) => `CASE WHEN json_type(${json}) = 'BOOLEAN' THEN CAST(${json} AS BOOLEAN) END`,
  },
};

const LISTS: ReadonlySet<string> = new Set(['has', 'hasAny', 'hasAll']);

/** JSON as an operand of this operator: by the kind of the values that it is compared with. */
export function jsonOperand(operand: Operand, { kind, operands }: Operator): Operand {
  const { sql, label } = operand;
  const [first] = operands;
  // missing, and JSON null
  if (kind === 'isNull' || kind === 'isNotNull' || first === null)
    return { ...operand, sql: `(${sql} ->> '$')`, type: sqlType('varchar') };
  const values = (Array.isArray(first) ? [...(first as readonly unknown[]), ...operands.slice(1)] : operands) as unknown[];
  // whoever encodes them says what is wrong with these
  const names = [...new Set(values.filter((value) => value !== undefined && value !== null).map((value) => typeof value))];
  const [name = 'string'] = names;
  const form = names.length > 1 ? undefined : KINDS[name];
  if (form === undefined)
    return fail(`${label}: ${kind}() compares json with strings, numbers, bigints or booleans, one kind at a time${values.some((value) => value instanceof Date) ? '; JSON has no Date: give its text' : ''}.`); // prettier-ignore
  if (!LISTS.has(kind)) return { ...operand, sql: form.sql(sql), type: form.type };
  const list = `CASE WHEN json_type(${sql}) = 'ARRAY' THEN CAST(${sql} AS JSON[]) END`;
  return { ...operand, sql: `list_transform(${list}, lambda x: ${form.sql('x')})`, type: sqlType(listOf(name)) };
} // prettier-ignore

const listOf = (kind: string): 'varchar[]' | 'double[]' | 'hugeint[]' | 'boolean[]' =>
  kind === 'string' ? 'varchar[]' : kind === 'number' ? 'double[]' : kind === 'bigint' ? 'hugeint[]' : 'boolean[]';
