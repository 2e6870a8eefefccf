// Each combination of some properties once. Not here: its SQL (sql/distinct.ts).
import { distinctStatement } from '../sql/distinct.js';
import { selectedColumns } from '../sql/select.js';
import { DatabaseError } from '../errors.js';
import type { ReadOptions, Reader } from './reader.js';

export async function distinct(reader: Reader, properties: unknown, options: ReadOptions): Promise<object[]> {
  if (!Array.isArray(properties) || properties.length === 0)
    throw new DatabaseError('E_QUERY', "distinct takes a list of at least one property: distinct(['symbol']).");
  const columns = selectedColumns(reader.schema, properties);
  return reader.rows('distinct', distinctStatement(reader.schema, columns, options), columns, options);
}
