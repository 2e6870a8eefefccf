// The condition that a primary key is. Not here: finding the row (point-reads.ts, find.ts).
import type { EntitySchema } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';

/** @throws DatabaseError `E_QUERY` for an entity without a key, and for what is none of it */
export function idCondition(schema: EntitySchema, id: unknown): Readonly<Record<string, unknown>> {
  const { primaryKey, className } = schema;
  const [sole, ...others] = primaryKey;
  if (sole === undefined)
    throw new DatabaseError('E_QUERY', `${className} has no primary key: use findOne({ where }).`);
  if (
    others.length === 0 &&
    (typeof id !== 'object' || id === null || id instanceof Date || id instanceof Uint8Array)
  ) {
    if (id === null || id === undefined)
      throw new DatabaseError('E_QUERY', `findById on ${className}: the id is ${id === null ? 'null' : 'undefined'}.`);
    return { [sole.property]: id };
  }
  const given = (typeof id === 'object' && id !== null ? id : {}) as Record<string, unknown>;
  const missing = primaryKey.find((column) => given[column.property] === undefined);
  if (missing !== undefined || Object.keys(given).length !== primaryKey.length) {
    throw new DatabaseError(
      'E_QUERY',
      `The id of ${className} is ${others.length === 0 ? 'a value' : 'an object'} of ${primaryKey.map((column) => column.property).join(', ')}, and of nothing else.`,
    );
  }
  return given;
}
