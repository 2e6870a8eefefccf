// Gaps between time buckets, filled: a row for each bucket of each series, over what was grouped. Not here: grouping (aggregate.ts).
import { quote, quoteLiteral } from '../entity/identifier.js';
import { describe } from '../entity/misfit.js';
import type { EntitySchema } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { Aggregate } from './aggregate-functions.js';
import { TimeBucket, bucketSql, instantSql, isZoned, scaleOf, type Scale } from './group-key.js';
import { comparable } from './operand.js';
import { finder, named, type ResultColumn } from './result-column.js';
import { columnOf, knownOptions, orderInto } from './select.js';
import type { SqlBuilder } from './statement.js';
import { whereInto } from './where.js';

/** More than these are a mistake more often than a wish, and would not fit into memory. */
export const MAX_FILLED = 10_000_000;

const TOO_MANY = `fill: there would be more than ${MAX_FILLED.toLocaleString('en-US')} buckets. Take wider buckets, or fewer rows and groups (where, from, to).`;

interface Filling {
  readonly entity: EntitySchema;
  readonly keys: readonly ResultColumn[];
  readonly values: readonly ResultColumn[];
  readonly fill: unknown;
  readonly having: unknown;
  readonly orderBy: unknown;
}

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

/** Whether it is null in a gap, and not 0. */
const isCount = ({ given }: ResultColumn): boolean =>
  given instanceof Aggregate && (given.name === 'count' || given.name === 'countDistinct');

/** The grouped rows with those that there are not, up to ORDER BY. */
export function fillInto(builder: SqlBuilder, filling: Filling, grouped: () => void): void {
  const { entity, keys, values, having, orderBy } = filling;
  const columns = [...keys, ...values];
  const buckets = keys.filter(({ given }) => given instanceof TimeBucket);
  const [bucket] = buckets;
  if (bucket === undefined || buckets.length > 1)
    return fail("aggregate: fill needs one timeBucket in groupBy, such as { hour: timeBucket('1h', 'at') }.");
  const others = keys.filter((key) => key !== bucket);
  const { carry, span, scale } = plan(filling, entity, bucket);
  const { width } = scale;
  const names = (of: readonly ResultColumn[]): string => of.map(({ name }) => quote(name)).join(', ');

  // names with a #, which the tables that a fragment may name do not have
  builder.add('WITH "#rows" AS (');
  grouped();
  builder.add('), ');
  if (others.length > 0) builder.add(`"#series" AS (SELECT DISTINCT ${names(others)} FROM "#rows"), `);
  const series = others.length > 0 ? '(SELECT count(*) FROM "#series")' : '1';
  builder.add(
    `"#span" AS (SELECT ${span[0]} AS "from", ${span[1]} AS "to"), ` +
      // counted before they are made
      `"#buckets" AS (SELECT ${scale.at(`unnest(range("from", CASE WHEN (CAST("to" AS DOUBLE) - "from" + ${width}) / ${width} * ${series} > ${MAX_FILLED} THEN error(${quoteLiteral(TOO_MANY)}) ELSE "to" + 1 END, ${width}))`)} AS ${quote(bucket.name)} FROM "#span"), `,
  );
  const grid = others.length > 0 ? '(SELECT * FROM "#series" CROSS JOIN "#buckets")' : '"#buckets"';
  const key = ({ name }: ResultColumn): string => `coalesce(g.${quote(name)}, r.${quote(name)})`;
  const partition = others.length > 0 ? `PARTITION BY ${others.map(key).join(', ')} ` : '';
  const value = (column: ResultColumn): string => {
    const own = `r.${quote(column.name)}`;
    return isCount(column) ? `coalesce(${own}, 0)` : own;
  };
  const carried = values.filter(({ name }) => carry.includes(name));
  const stretch = stretches(columns);
  builder.add(`${carried.length === 0 ? '"#filled"' : '"#joined"'} AS (SELECT `);
  builder.list(keys, (column) => builder.add(`${key(column)} AS ${quote(column.name)}`));
  for (const column of values) builder.add(`, ${value(column)} AS ${quote(column.name)}`);
  // a value and the buckets without one behind it have one number. last_value(... IGNORE NULLS) would look back over all of them
  for (const { name } of carried)
    builder.add(`, count(r.${quote(name)}) OVER (${partition}ORDER BY ${key(bucket)}) AS ${stretch(name)}`);
  // buckets outside of the span stay, and those that are NULL or infinite
  const on = keys.map(({ name }) => `g.${quote(name)} IS NOT DISTINCT FROM r.${quote(name)}`).join(' AND ');
  builder.add(` FROM ${grid} AS g FULL JOIN "#rows" AS r ON ${on})`);
  if (carried.length > 0) {
    const of = others.map(({ name }) => `${quote(name)}, `).join('');
    builder.add(', "#filled" AS (SELECT ').list(columns, ({ name }) => {
      const whole = carried.some((column) => column.name === name);
      builder.add(whole ? `any_value(${quote(name)}) OVER (PARTITION BY ${of}${stretch(name)}) AS ${quote(name)}` : quote(name)); // prettier-ignore
    });
    builder.add(' FROM "#joined")');
  }
  builder.add(` SELECT ${names(columns)} FROM "#filled"`);

  const filled = columns.map((column) => ({ ...column, operand: { ...column.operand, sql: quote(column.name) } }));
  whereInto(builder, having, finder('having', filled.slice(keys.length)));
  const inOrder = [...others, bucket].map(({ name }) => ({ [name]: 'asc' }));
  orderInto(
    builder,
    orderBy ?? inOrder,
    (name) => comparable('aggregate: orderBy', finder('orderBy', filled)(name)).sql,
  );
}

/** Names for the numbers of stretches, which no column of the result has. */
function stretches(columns: readonly ResultColumn[]): (name: string) => string {
  let mark = '#';
  while (columns.some(({ name }) => name.startsWith(mark))) mark += '#';
  return (name) => quote(mark + columns.findIndex((column) => column.name === name));
}

/** What is carried, and the first and last bucket on their scale. */
function plan(
  { fill, values }: Filling,
  entity: EntitySchema,
  bucket: ResultColumn,
): { carry: readonly string[]; span: readonly [string, string]; scale: Scale } {
  if (fill !== true) {
    if (typeof fill !== 'object' || fill === null) fail('aggregate: fill is true, or { from, to, carry }.');
    knownOptions(fill, ['from', 'to', 'carry'], 'aggregate: fill');
  }
  const { from, to, carry = [] } = (fill === true ? {} : fill) as Record<string, unknown>;
  const key = bucket.given as TimeBucket;
  const column = columnOf(entity, key.property);
  const scale = scaleOf(column, key);
  const bound = (name: string, value: unknown, otherwise: string): string => {
    if (value === undefined) return `(SELECT ${otherwise}(${scale.of(quote(bucket.name))}) FROM "#rows")`;
    if (!(value instanceof Date) || Number.isNaN(value.getTime()))
      return fail(`aggregate: fill.${name} is a valid Date, got ${describe(value)}.`);
    return scale.of(bucketSql(entity, column, key, instantSql(value, isZoned(column))));
  };
  if (from instanceof Date && to instanceof Date && from > to) fail('aggregate: fill.from is later than fill.to.');
  if (!Array.isArray(carry)) return fail('aggregate: fill.carry is a list of aggregates, by their names in select.');
  for (const name of carry as readonly unknown[]) {
    const found = named('aggregate: fill.carry', values, name);
    if (isCount(found)) fail(`aggregate: fill.carry: '${found.name}' is a count, which is 0 in a gap.`);
  }
  return {
    carry: carry as readonly string[],
    span: [bound('from', from, 'min'), bound('to', to, 'max')],
    scale,
  };
}
