// Names that a table of the user's naming may have, beside the tables of this library. Not here: what such tables look like
// (data-table.ts, keyv-table.ts).
import { identifierProblem } from '../entity/identifier.js';

/** Where Keyv's values are by default. */
export const KEYV_TABLE = 'mysingle_keyv';

/** Tables of this library: one of another shape in their place would cost the cache, or the writes that a database refused. */
const RESERVED: ReadonlySet<string> = new Set([
  'mysingle_cache',
  'mysingle_conflicts',
  'mysingle_fallback',
  KEYV_TABLE,
]);

/** A name as DuckDB tells it from others: the case of ASCII letters alone makes no difference. */
export function folded(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * Why a table cannot have the name, as the end of a sentence; undefined where it can.
 *
 * @param own the one table of this library that it may be
 */
export function tableNameProblem(name: unknown, own?: string): string | undefined {
  const problem = identifierProblem(name);
  if (problem !== undefined) return problem;
  const id = folded(name as string);
  return RESERVED.has(id) && id !== own ? 'is the name of a table of this library' : undefined;
}
