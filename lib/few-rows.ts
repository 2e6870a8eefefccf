// A few rows as one INSERT: below a hundred rows or so an appender with its transaction costs more than they do. Not here: more of
// them (bulk.ts), rows that are inserted one by one (point-operations.ts).
import type { Engine } from './engine/engine.js';
import type { Limit } from './limit.js';
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
  const encoded = (await inOrder(engine, encoder, rows, limit)).map(({ values }) => values);
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

/** All of them read at once; of those that fail the first is told. */
async function inOrder(
  engine: Engine,
  encoder: RowEncoder,
  rows: readonly unknown[],
  limit: Limit | undefined,
): Promise<readonly EncodedRow[]> {
  const encoding: (EncodedRow | Promise<EncodedRow>)[] = [];
  let waits = false;
  let refused: { readonly error: unknown } | undefined;
  // by number, for what is missing from the array is a row that is none
  for (let position = 0; position < rows.length && refused === undefined; position += 1) {
    try {
      const row = encoder.row(rows[position], position);
      if (row instanceof Promise) {
        waits = true;
        // one before it may fail, too
        row.catch(() => {});
      }
      encoding.push(row);
    } catch (error) {
      refused = { error };
    }
  }
  const encoded = waits ? await engine.judged(inTurn(encoding), limit) : (encoding as EncodedRow[]);
  if (refused !== undefined) throw refused.error;
  return encoded;
}

async function inTurn(rows: readonly (EncodedRow | Promise<EncodedRow>)[]): Promise<EncodedRow[]> {
  const encoded: EncodedRow[] = [];
  for (const row of rows) encoded.push(row instanceof Promise ? await row : row);
  return encoded;
}
