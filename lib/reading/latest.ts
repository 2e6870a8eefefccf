// Reads the latest rows of each group. Not here: their SQL (sql/latest.ts).
import { latestStatement } from '../sql/latest.js';
import type { ReadOptions, Reader } from './reader.js';

export async function latestBy(reader: Reader, by: unknown, options: ReadOptions): Promise<object[]> {
  const { statement, columns } = latestStatement(reader.schema, by, options);
  return reader.rows('latestBy', statement, columns, options);
}
