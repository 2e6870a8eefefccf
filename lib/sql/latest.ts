// SQL of the latest rows of each group. Not here: groups that are one row (aggregate.ts), other windows (window.ts).
import { quote } from '../entity/identifier.js';
import { describe } from '../entity/misfit.js';
import { readingOf } from '../entity/related.js';
import type { ColumnKey } from '../entity/row.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS, type CallOptions } from '../limit.js';
import type { Where } from './operator.js';
import {
  columnOf,
  comparedColumn,
  knownOptions,
  orderInto,
  resolverOf,
  selectedColumns,
  type OrderBy,
} from './select.js';
import { SqlBuilder, type Statement } from './statement.js';
import { whereInto } from './where.js';

/** What `latestBy` takes. */
export interface LatestOptions<E, K extends ColumnKey<E> = ColumnKey<E>> extends CallOptions {
  /** what makes a row the latest: it comes first in this order. A bare property means descending. Of equals the primary key decides */
  readonly orderBy: ColumnKey<E> | OrderBy<ColumnKey<E>>;
  /** which rows count; default all */
  readonly where?: Where<E>;
  /** only these properties; default all */
  readonly select?: readonly K[];
  /** at most this many rows of each group; default 1 */
  readonly limit?: number;
  /** `false` goes to the database even where the entity is `@Cached` */
  readonly cache?: boolean;
}

const OPTIONS = ['orderBy', 'where', 'select', 'limit', 'cache', ...CALL_OPTIONS];

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

/** Properties that something is grouped by, each once. */
export function groupColumns(entity: EntitySchema, properties: unknown, what: string): readonly Column[] {
  if (!Array.isArray(properties)) return fail(`${what} is a list of properties, such as ['symbol'].`);
  return [...new Set(properties as readonly unknown[])].map((property) => comparedColumn(entity, property, what));
}

/**
 * An order as a list of single keys, with the primary key behind it, so that equals always come in one order: in the direction
 * of the last key.
 */
export function decided(
  entity: EntitySchema,
  orderBy: unknown,
  what: string,
  fixed: readonly Column[] = [],
): { readonly given: readonly object[]; readonly decided: readonly object[] } {
  const parts = Array.isArray(orderBy) ? (orderBy as readonly unknown[]) : [orderBy];
  const keys = parts.flatMap((part) => (typeof part === 'object' && part !== null ? Object.entries(part) : fail(`${what}: orderBy is an object such as { at: 'desc' }, or a list of them.`))) as [string, unknown][]; // prettier-ignore
  const last = keys.at(-1);
  if (last === undefined) return fail(`${what}: orderBy names at least one property.`);
  const known = new Set([...fixed, ...keys.map(([key]) => comparedColumn(entity, key, `${what}: orderBy`))]);
  const direction = typeof last[1] === 'object' && last[1] !== null ? (last[1] as { dir?: unknown }).dir : last[1];
  const given = keys.map(([key, way]) => ({ [key]: way }));
  const rest = entity.primaryKey.filter((column) => !known.has(column));
  return { given, decided: [...given, ...rest.map(({ property }) => ({ [property]: direction }))] };
}

export function latestStatement(
  entity: EntitySchema,
  by: unknown,
  options: object,
): { statement: Statement; columns: readonly Column[] } {
  knownOptions(options, OPTIONS, 'latestBy');
  const { orderBy, where, select, limit = 1 } = options as Record<string, unknown>;
  const groups = groupColumns(entity, by, 'latestBy: by');
  if (groups.length === 0) fail("latestBy: name at least one property to group by, such as ['symbol'].");
  if (typeof limit !== 'number' || !Number.isSafeInteger(limit) || limit < 1)
    return fail(`latestBy: limit is a whole number from 1, got ${describe(limit)}.`);
  const columns = selectedColumns(entity, select);
  const order = decided(entity, typeof orderBy === 'string' ? { [orderBy]: 'desc' } : orderBy, 'latestBy', groups);
  const builder = new SqlBuilder().add('SELECT ');
  builder.list(columns, (column) => builder.add(quote(column.name)));
  builder.add(' FROM ').table(entity);
  whereInto(builder, where, resolverOf(entity));
  const partition = groups.map((column) => quote(column.name)).join(', ');
  const ordered = builder.aside(() => orderInto(builder, order.decided, (key) => quote(columnOf(entity, key).name)));
  builder.add(` QUALIFY row_number() OVER (PARTITION BY ${partition}${ordered}) <= ${limit}`);
  builder.add(ordered.replace(' ORDER BY ', ` ORDER BY ${partition}, `));
  return { statement: builder.reading(columns.map(readingOf)), columns };
}
