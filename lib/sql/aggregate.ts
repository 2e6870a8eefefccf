// SQL of aggregates over one entity. Not here: the functions that name them (aggregate-functions.ts), their types
// (aggregate-types.ts), keys made of times (group-key.ts), gaps (gap-fill.ts), windows (window.ts).
import type { DuckDBDecimalType } from '@duckdb/node-api';
import { quote, quoteLiteral } from '../entity/identifier.js';
import type { As } from '../entity/property-type.js';
import { readingOf } from '../entity/related.js';
import type { EntitySchema } from '../entity/schema.js';
import { decimalType, scalarType, type Family, type SqlType } from '../entity/types.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS } from '../limit.js';
import { Aggregate, Grouping } from './aggregate-functions.js';
import { fillInto } from './gap-fill.js';
import { groupOperand } from './group-key.js';
import { checkNames, finder, type ResultColumn } from './result-column.js';
import { columnOf, knownOptions, limitInto, operandOf, orderInto, resolverOf } from './select.js';
import { SqlBuilder, type Statement } from './statement.js';
import { comparable, type Operand } from './operand.js';
import { whereInto } from './where.js';

const OPTIONS = ['groupBy', 'select', 'where', 'having', 'rollup', 'fill', 'orderBy', 'limit', 'offset', 'cache', ...CALL_OPTIONS]; // prettier-ignore
const MEANS: ReadonlySet<string> = new Set(['avg', 'movingAvg']);
const NUMERIC: readonly Family[] = ['integer', 'bigint', 'real', 'decimal'];

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

export const DOUBLE = scalarType('double') as SqlType;
export const HUGEINT = scalarType('hugeint') as SqlType;
const BOOLEAN = scalarType('boolean') as SqlType;

/** The columns of the result, group keys first. Parameters of filters are the first of the statement. */
function aggregateColumns(
  builder: SqlBuilder,
  entity: EntitySchema,
  { groupBy = [], select, rollup }: Record<string, unknown>,
): { keys: ResultColumn[]; values: ResultColumn[] } {
  if (typeof select !== 'object' || select === null || Array.isArray(select))
    return fail('aggregate: select names the aggregates, such as { runs: count() }.');
  if (typeof groupBy !== 'object' || groupBy === null)
    return fail(
      "aggregate: groupBy is a list of properties, or an object that names them, such as { hour: timeBucket('1h', 'at') }.",
    );
  const groups: [string, unknown][] = Array.isArray(groupBy)
    ? groupBy.map((property) => [String(property), property])
    : Object.entries(groupBy);
  const keys = groups.map(([name, given]) => ({ name, given, operand: groupOperand(entity, given) }));
  const values = Object.entries(select).map(([name, given]: [string, unknown]) => ({
    name,
    given,
    operand:
      given instanceof Grouping
        ? groupingOperand(name, given, keys, rollup)
        : aggregateOperand(builder, entity, name, given),
  }));
  const all = [...keys, ...values].map((column) => column.name);
  checkNames('aggregate', all);
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice !== undefined) fail(`aggregate: '${twice}' is both a group key and an aggregate. Rename one.`);
  if (all.length === 0) fail('aggregate: select at least one aggregate, or group by something.');
  return { keys, values };
}

export function aggregateStatement(
  entity: EntitySchema,
  options: object,
): { statement: Statement; names: readonly string[] } {
  knownOptions(options, OPTIONS, 'aggregate');
  const { where, having, rollup = false, fill = false, orderBy, limit, offset } = options as Record<string, unknown>;
  const builder = new SqlBuilder();
  const { keys, values } = aggregateColumns(builder, entity, options as Record<string, unknown>);
  const columns = [...keys, ...values];
  checkRollup(rollup, keys);
  const grouped = (): void => {
    builder.add('SELECT ').list(columns, ({ name, operand }) => builder.add(`${operand.sql} AS ${quote(name)}`));
    builder.add(' FROM ').table(entity);
    whereInto(builder, where, resolverOf(entity));
    if (keys.length === 0) return;
    builder.add(rollup === true ? ' GROUP BY ROLLUP (' : ' GROUP BY ');
    builder.list(keys, ({ operand }) => builder.add(operand.sql));
    if (rollup === true) builder.add(')');
  };
  if (fill !== false) {
    if (rollup === true) fail('aggregate: fill and rollup do not go together. Ask twice.');
    fillInto(builder, { entity, keys, values, fill, having, orderBy }, grouped);
  } else {
    grouped();
    // by expression and not by alias: an alias that is also a column would mean the column
    whereInto(builder, having, finder('having', values), 'HAVING');
    orderInto(builder, orderBy, (name) => {
      const { sql } = comparable('aggregate: orderBy', finder('orderBy', columns)(name));
      // and a bare column would mean the alias, were an aggregate named like it: a group key goes by its place
      const place = keys.findIndex((key) => key.name === name) + 1;
      return place === 0 ? sql : String(place);
    });
  }
  const statement = limitInto(builder, limit, offset).reading(columns.map(({ operand }) => readingOf(operand)));
  return { statement, names: columns.map((column) => column.name) };
}

function checkRollup(rollup: unknown, keys: readonly ResultColumn[]): void {
  if (typeof rollup !== 'boolean') return fail('aggregate: rollup is true or false.');
  if (!rollup) return;
  if (keys.length === 0) fail('aggregate: rollup makes totals of groups: give groupBy too.');
  const twice = keys.find(({ operand }, index) => keys.findIndex((key) => key.operand.sql === operand.sql) !== index);
  // DuckDB would show its value in the rows that are totals over it
  if (twice !== undefined)
    fail(`aggregate: with rollup, '${twice.name}' groups by what another key groups by. Drop one.`);
}

function groupingOperand(label: string, { key }: Grouping, keys: readonly ResultColumn[], rollup: unknown): Operand {
  if (rollup !== true) fail(`aggregate: '${label}' is grouping('${key}'), which is for rollup: true.`);
  const { sql } = finder('grouping', keys)(key);
  return { label, sql: `(grouping(${sql}) = 1)`, type: BOOLEAN, as: undefined };
}

function aggregateOperand(builder: SqlBuilder, entity: EntitySchema, alias: string, value: unknown): Operand {
  if (!(value instanceof Aggregate))
    return fail(`aggregate: '${alias}' is no aggregate. Write one of count(), sum('...'), avg('...') ...`);
  const { where } = value as Aggregate;
  const operand = unfiltered(entity, alias, value as Aggregate);
  if (where === undefined) return operand;
  const filter = builder.aside(() => whereInto(builder, where, resolverOf(entity)));
  return filter === '' ? operand : { ...operand, sql: `${operand.sql} FILTER (${filter.trimStart()})` };
}

function unfiltered(entity: EntitySchema, label: string, { name, property, by, quantile: q }: Aggregate): Operand {
  if (property === undefined) {
    if (name !== 'count') fail(`aggregate: ${name} needs a property.`);
    return { label, sql: 'count(*)', type: HUGEINT, as: 'number' };
  }
  const column = columnOf(entity, property);
  const own = operandOf(entity, column);
  const byColumn = by === undefined ? undefined : columnOf(entity, by);
  const order = byColumn === undefined ? undefined : comparable(`aggregate: ${name}`, operandOf(entity, byColumn)).sql;
  // what has no time is not the last
  const nulls = name === 'last' && byColumn?.nullable === true ? ' NULLS FIRST' : '';
  // of equals the primary key decides, as in windows
  const rest = entity.primaryKey.filter((key) => key !== byColumn).map((key) => `, ${quote(key.name)}`);
  const ordered = order === undefined ? '' : ` ORDER BY ${order}${nulls}${rest.join('')}`;
  const result = (sql: string, type: SqlType = own.type, as: As | undefined = own.as): Operand => ({
    label,
    sql,
    type,
    as,
  });
  switch (name) {
    case 'count':
      return result(`count(${own.sql})`, HUGEINT, 'number');
    case 'countDistinct':
      return result(`count(DISTINCT ${comparable(`aggregate: ${name}`, own).sql})`, HUGEINT, 'number');
    case 'min':
    case 'max':
      return result(`${name}(${comparable(`aggregate: ${name}`, own).sql})`);
    case 'argMin':
    case 'argMax':
      if (order === undefined) return fail(`aggregate: ${name} needs the property to order by.`);
      // the plain functions pass over rows where the property is NULL, which then is of another row
      return result(`${name === 'argMin' ? 'arg_min' : 'arg_max'}${column.nullable ? '_null' : ''}(${own.sql}, ${order})`); // prettier-ignore
    case 'first':
    case 'last':
      return result(order === undefined ? storedSql(entity, name, own) : `${name}(${own.sql}${ordered})`);
    case 'collect':
      if (own.as !== undefined)
        fail(
          `aggregate: collect of ${own.label}, which is read as: '${own.as}', is not supported. Collect a column without 'as'.`,
        );
      return result(`list(${own.sql}${ordered})`);
    case 'sum':
      return { ...sumOperand('aggregate', own), label };
    default:
  }
  const real = realSql('aggregate', name, own);
  if (name === 'quantile') {
    if (typeof q !== 'number' || !(q >= 0 && q <= 1)) fail('aggregate: quantile takes a number from 0 to 1.');
    return { label, sql: `quantile_cont(${real}, ${quoteLiteral(String(q))}::DOUBLE)`, type: DOUBLE, as: undefined };
  }
  return { label, sql: `${name === 'stddev' ? 'stddev_samp' : name}(${real})`, type: DOUBLE, as: undefined };
}

/** The first or last value as stored: in which order threads come to rows says nothing. Files have no such order. */
function storedSql(entity: EntitySchema, name: 'first' | 'last', { label, sql }: Operand): string {
  if (entity.from !== undefined) return `${name}(${sql})`;
  if (entity.columns.some((column) => column.name.toLowerCase() === 'rowid'))
    return fail(
      `aggregate: ${name} of ${label} needs a property to order by: a column 'rowid' hides how rows are stored.`,
    );
  // faster than an ORDER BY of first
  return `${name === 'first' ? 'arg_min' : 'arg_max'}_null(${sql}, rowid)`;
}

function numeric(what: string, name: string, { label, type }: Operand): void {
  if (!NUMERIC.includes(type.family)) fail(`${what}: ${name} of ${label} needs a number, and it is ${type.name}.`);
}

/** The sum of a column, in a type that holds it. */
export function sumOperand(what: string, own: Operand, name = 'sum'): Operand {
  numeric(what, name, own);
  const { type, sql } = own;
  // a sum is wider than its items
  if (type.family === 'integer') return { ...own, sql: `sum(${sql})`, type: HUGEINT, as: 'number' };
  // DuckDB would sum it as a DOUBLE; what is too large for HUGEINT is an error, as every sum beyond it
  if (type.name === 'uhugeint') return { ...own, sql: `sum(CAST(${sql} AS HUGEINT))`, type: HUGEINT };
  if (type.family === 'bigint') return { ...own, sql: `sum(${sql})`, type: HUGEINT };
  if (type.family === 'decimal')
    return { ...own, sql: `sum(${sql})`, type: decimalType(38, (type.duckdb as DuckDBDecimalType).scale) };
  return { ...own, sql: `sum(${sql})` };
}

/** A column as a DOUBLE, where an aggregate of it would be something else. */
export function realSql(what: string, name: string, own: Operand): string {
  numeric(what, name, own);
  // a mean of decimals is a DOUBLE of their exact sum
  if (own.type.family === 'decimal' && MEANS.has(name)) return own.sql;
  // of floats DuckDB gives a median in their own 24 bits
  return own.type.family === 'decimal' || own.type.name === 'float' ? `CAST(${own.sql} AS DOUBLE)` : own.sql;
}
