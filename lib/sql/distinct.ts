// SELECT DISTINCT of some columns of an entity. Not here: groups with aggregates (aggregate.ts).
import { quote } from '../entity/identifier.js';
import { readingOf } from '../entity/related.js';
import type { ColumnKey } from '../entity/row.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { CALL_OPTIONS, type CallOptions } from '../limit.js';
import type { Where } from './operator.js';
import { comparable } from './operand.js';
import { columnOf, knownOptions, limitInto, operandOf, orderInto, resolverOf, type OrderBy } from './select.js';
import { SqlBuilder, type Statement } from './statement.js';
import { whereInto } from './where.js';

/** What `distinct` takes beside its properties. */
export interface DistinctOptions<E, K extends ColumnKey<E>> extends CallOptions {
  /** which rows count; default all */
  readonly where?: Where<E>;
  /** by the properties that are asked for: others have no one value for each row */
  readonly orderBy?: OrderBy<K>;
  /** at most this many rows */
  readonly limit?: number;
  /** after skipping this many */
  readonly offset?: number;
  /** `false` goes to the database even where the entity is `@Cached` */
  readonly cache?: boolean;
}

const DISTINCT_OPTIONS = ['where', 'orderBy', 'limit', 'offset', 'cache', ...CALL_OPTIONS];

export function distinctStatement(entity: EntitySchema, columns: readonly Column[], options: object): Statement {
  knownOptions(options, DISTINCT_OPTIONS, 'distinct');
  const { where, orderBy, limit, offset } = options as DistinctOptions<never, never>;
  for (const column of columns) comparable('distinct', operandOf(entity, column));
  const builder = new SqlBuilder().add('SELECT DISTINCT ');
  builder.list(columns, ({ name }) => builder.add(quote(name)));
  builder.add(' FROM ').table(entity);
  whereInto(builder, where, resolverOf(entity));
  orderInto(builder, orderBy, (property) => {
    const column = columnOf(entity, property);
    if (columns.includes(column)) return quote(column.name);
    throw new DatabaseError(
      'E_QUERY',
      `distinct: orderBy ${property} is not among the properties that are asked for. There is: ${columns.map((each) => each.property).join(', ')}.`,
    );
  });
  return limitInto(builder, limit, offset).reading(columns.map(readingOf));
}
