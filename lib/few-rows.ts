// A few rows as one INSERT: below a hundred rows or so an appender with its transaction costs more than they do. Not here: more of
// them (bulk.ts), rows that are inserted one by one (point-operations.ts).
import type { Engine } from './engine/engine.js';
import { within, type Limit } from './limit.js';
import { FROM_DATABASE, type EncodedRow, type RowEncoder } from './row-encoder.js';
import { RowInsert } from './sql/row-insert.js';

/** Of 13 columns with a primary key, in memory and on a file, 1 row takes half as long so, 64 four fifths, 100 as long. */
const FEW = 64;

/** Whether these rows are few, and nothing of theirs needs the appender. */
export function areFew(rows: unknown, encoder: RowEncoder, engine: Engine): rows is readonly unknown[] {
  return (
    Array.isArray(rows) &&
    rows.length > 0 &&
    rows.length <= FEW &&
    rows[Symbol.iterator] === Array.prototype[Symbol.iterator] &&
    // what is written down there are rows, which not every INSERT tells
    engine.database.fallback === undefined &&
    // a union whose value is NULL cannot be bound
    !encoder.columns.some((column) => column.type.ddl.includes('UNION('))
  );
}

/**
 * Inserts them, all or none.
 *
 * @returns undefined, with nothing done, where rows leave different columns to the database
 * @throws DatabaseError as `RowEncoder.row`; what DuckDB refuses
 */
export async function insertFew(
  engine: Engine,
  encoder: RowEncoder,
  rows: readonly unknown[],
  limit: Limit | undefined,
): Promise<number | undefined> {
  // not map(), which leaves out what is missing from the array
  const judged = Array.from(rows, (row, position) => encoder.row(row, position));
  const encoded = (await inOrder(judged, limit)).map(({ values }) => values);
  const [first] = encoded;
  const given = encoder.columns.filter((_column, index) => first?.[index] !== FROM_DATABASE);
  const alike = encoded.every((values) =>
    values.every((value, index) => (value === FROM_DATABASE) === (first?.[index] === FROM_DATABASE)),
  );
  if (!alike || given.length === 0) return undefined;
  const values = encoded.map((row) => row.filter((value) => value !== FROM_DATABASE));
  const { rowsChanged } = await engine.run(new RowInsert(encoder.schema, given).unseen(values), limit);
  return rowsChanged;
}

/** The first that fails is told; the others may fail, too, which nobody hears of then. */
async function inOrder(
  rows: readonly (EncodedRow | Promise<EncodedRow>)[],
  limit: Limit | undefined,
): Promise<EncodedRow[]> {
  for (const row of rows) if (row instanceof Promise) row.catch(() => {});
  const encoded: EncodedRow[] = [];
  for (const row of rows) encoded.push(row instanceof Promise ? await within(limit, row) : row);
  return encoded;
}
