// Groups and what is computed of them, as plain objects. Not here: their SQL (sql/aggregate.ts).
import { readRows } from '../engine/result.js';
import { plainHydrate } from '../entity/hydrate.js';
import { aggregateStatement } from '../sql/aggregate.js';
import type { ReadOptions, Reader } from './reader.js';

export async function aggregate(reader: Reader, options: ReadOptions): Promise<object[]> {
  const { statement, names } = aggregateStatement(reader.schema, options);
  return reader.cached('aggregate', statement, options, readRows(plainHydrate(names)), ({ rows }) => rows);
}
