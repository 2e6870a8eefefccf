// A sample of an entity's rows. Not here: its SQL (sql/sample.ts).
import { sampleStatement, type SampleOptions } from '../sql/sample.js';
import { selectedColumns } from '../sql/select.js';
import type { ReadOptions, Reader } from './reader.js';

/** Without a seed each call is to give others, so that nothing is kept of it. */
export async function sample(reader: Reader, size: object, options: ReadOptions): Promise<object[]> {
  const { select, seed } = (options ?? {}) as SampleOptions<never>;
  const columns = selectedColumns(reader.schema, select);
  const statement = sampleStatement(reader.schema, columns, size, options);
  return reader.rows('sample', statement, columns, seed === undefined ? { ...options, cache: false } : options);
}
