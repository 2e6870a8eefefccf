// A write that DuckDB refused, told in the entity's words. Not here: what this library refuses itself (row-encoder.ts).
import { foreignKeysOf } from './entity/catalog.js';
import type { Column, EntitySchema } from './entity/schema.js';
import { DatabaseError, KEY_TAKEN, isDatabaseError, type ErrorCode } from './errors.js';

const CONSTRAINTS: Partial<Record<ErrorCode, string>> = {
  E_UNIQUE: KEY_TAKEN,
  E_FOREIGN_KEY:
    'Write the row it refers to first; delete the rows that refer to it in a transaction before. DuckDB also refuses to update lists and indexed columns of a row that others refer to.',
  E_NOT_NULL: 'Give the value, or declare a default or nullable: true.',
  E_CHECK: 'Mend the value, or the check in the class.',
  E_CONVERSION: 'Give a value of the type of the column.',
};

/** Runs a write; what DuckDB refuses is thrown with the entity, the columns and a remedy. */
export async function inWordsOf<T>(
  schema: EntitySchema,
  write: () => Promise<T>,
  upsertOn: readonly Column[] = [],
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw told(schema, error, upsertOn);
  }
}

function told(schema: EntitySchema, error: unknown, upsertOn: readonly Column[]): unknown {
  if (!isDatabaseError(error) || error.details['entity'] !== undefined) return error;
  const remedy = CONSTRAINTS[error.code];
  if (remedy === undefined) return error;
  const { columns } = columnsOf(schema, error);
  const details = {
    ...error.details,
    entity: schema.className,
    table: schema.table,
    ...(columns === undefined ? {} : { columns, ...propertyOf(schema, columns) }),
  };
  // the upsert itself takes care of this key: only a row committed meanwhile can be in the way
  if (error.code === 'E_UNIQUE' && upsertOn.length > 0 && isKey(details['columns'], upsertOn)) {
    return new DatabaseError(
      'E_CONFLICT',
      `${schema.className}: another transaction inserted the same key meanwhile. Run the upsert again.`,
      { cause: error, details },
    );
  }
  const reason = error.message.replace(/^[A-Za-z ]+ Error: /, '').replace(/[.!]?$/, '.');
  // of a COMMIT it is said already
  const message = reason.endsWith(remedy) ? reason : `${reason} ${remedy}`;
  return new DatabaseError(error.code, `${schema.className}: ${message}`, {
    cause: error,
    details,
    retryable: error.retryable,
  });
}

/** DuckDB's text names columns and values in one string, so only names that the entity has are believed. */
function columnsOf(schema: EntitySchema, error: DatabaseError): { columns?: readonly string[] } {
  const named = error.details['columns'];
  if (!Array.isArray(named)) return {};
  if (error.code === 'E_FOREIGN_KEY') return { columns: referring(schema, named as readonly string[]) };
  return {
    columns: (named as readonly string[]).filter((name) => schema.columns.some((column) => column.name === name)),
  };
}

/** The one property that is to blame, where it is one. */
function propertyOf(schema: EntitySchema, columns: readonly string[]): { property?: string } {
  const [column, ...others] = schema.columns.filter(({ name }) => columns.includes(name));
  return column === undefined || others.length > 0 ? {} : { property: column.property };
}

/** Of a row whose parent is missing DuckDB names the parent's column; what the caller wrote is the one that refers to it. */
function referring(schema: EntitySchema, names: readonly string[]): readonly string[] {
  return foreignKeysOf(schema)
    .filter(({ targetColumn }) => names.includes(targetColumn.name))
    .map(({ column }) => column.name);
}

function isKey(columns: unknown, key: readonly Column[]): boolean {
  return (
    Array.isArray(columns) && columns.length === key.length && key.every((column) => columns.includes(column.name))
  );
}
