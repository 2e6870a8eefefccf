// A column of an entity as a part of raw SQL.
import type { ColumnKey, EntityClass } from '../entity/row.js';
import { schemaOf, type Column } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';

/**
 * Made by `column`.
 *
 * @example const price: ColumnRef = column(Trade, 'price');
 */
export class ColumnRef {
  /** @internal */
  constructor(
    /** @internal */
    readonly target: Column,
  ) {
    Object.freeze(this);
  }
}

/**
 * The database name of a column, for `sql`. It is the bare name: put an alias before it where two tables are joined.
 *
 * @throws DatabaseError `E_QUERY` when the entity has no such property
 * @example await db.query(sql`select t.${column(Trade, 'price')} from ${Trade} t`);
 */
export function column<E extends object>(entity: EntityClass<E>, property: ColumnKey<E>): ColumnRef {
  const schema = schemaOf(entity);
  const found = schema.byProperty.get(property);
  if (found === undefined) {
    throw new DatabaseError(
      'E_QUERY',
      `${schema.className} has no column '${property}'. Columns: ${[...schema.byProperty.keys()].join(', ')}.`,
    );
  }
  return new ColumnRef(found);
}
