// Reads the rows of a window as plain objects. Not here: their SQL (sql/window.ts).
import { readRows } from '../engine/result.js';
import { plainHydrate } from '../entity/hydrate.js';
import { windowStatement } from '../sql/window.js';
import type { ReadOptions, Reader } from './reader.js';

export async function window(reader: Reader, options: ReadOptions): Promise<object[]> {
  const { statement, names } = windowStatement(reader.schema, options);
  return reader.cached('window', statement, options, readRows(plainHydrate(names)), ({ rows }) => rows);
}
