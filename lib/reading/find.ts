// Rows of an entity with what is related to them: the statement, and how its rows are made. Not here: its SQL (sql/find.ts),
// pages (page.ts).
import { readRows } from '../engine/result.js';
import { hydrateOf, type Hydrate } from '../entity/hydrate.js';
import { findStatement } from '../sql/find.js';
import { propertiesOf, rowsOf } from '../sql/include.js';
import type { FindOptions } from '../sql/select.js';
import type { Statement } from '../sql/statement.js';
import type { ReadOptions, Reader } from './reader.js';

/** What `find` runs, and what makes instances of its rows. */
export function found({ schema }: Reader, options: object): { statement: Statement; hydrate: Hydrate } {
  const { select, include } = options as FindOptions<never>;
  const rows = rowsOf(schema, select, include);
  return { statement: findStatement(rows, options), hydrate: hydrateOf(schema, propertiesOf(rows)) };
}

/** @param what the call that it is */
export async function find(reader: Reader, options: ReadOptions, what = 'find'): Promise<object[]> {
  const { statement, hydrate } = found(reader, options);
  return reader.cached(what, statement, options, readRows(hydrate), ({ rows }) => rows);
}
