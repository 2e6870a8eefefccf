// The SELECT of find, with what is related to the rows. Not here: their relations (include.ts), pages (page.ts).
import { quote } from '../entity/identifier.js';
import type { Column } from '../entity/schema.js';
import { readingsOf, rowsInto, type Rows } from './include.js';
import {
  FIND_OPTIONS,
  comparedColumn,
  knownOptions,
  limitInto,
  orderInto,
  resolverOf,
  selectStatement,
  type FindOptions,
} from './select.js';
import { SqlBuilder, type Statement } from './statement.js';
import { whereInto } from './where.js';

export function findStatement(rows: Rows, options: FindOptions<never>): Statement {
  const { entity, includes } = rows;
  if (includes.length === 0) return selectStatement(entity, rows.columns, options);
  knownOptions(options, FIND_OPTIONS, 'find');
  const { where, orderBy, limit, offset } = options;
  const builder = new SqlBuilder();
  const order = (sql: (column: Column) => string): void =>
    orderInto(builder, orderBy, (property) => sql(comparedColumn(entity, property)));
  const which = (): void => {
    whereInto(builder, where, resolverOf(entity));
    // where none is left out, one order is enough
    if (limit !== undefined || offset !== undefined) order(({ name }) => quote(name));
    limitInto(builder, limit, offset);
  };
  return rowsInto(builder, rows, [], which, order).reading(readingsOf(rows));
}
