// What a statement did, judged by DuckDB's type for it and its first words: which tables it wrote, whether it reaches more than
// the database. Not here: running it (session.ts).
import { StatementType } from '@duckdb/node-api';
import { EVERYTHING, SEQUENCES, type Statement } from '../sql/statement.js';
import { transactionOpenAfter } from '../sql/write-kind.js';
import { writtenTable } from '../sql/written-table.js';

/** The one type that changes no table: EXPLAIN ANALYZE runs what it explains. */
export const READING: ReadonlySet<StatementType> = new Set([StatementType.SELECT]);
export const DATA: ReadonlySet<StatementType> = new Set([
  StatementType.INSERT,
  StatementType.UPDATE,
  StatementType.DELETE,
  StatementType.MERGE_INTO,
]);

const SELECTS = /^\s*(?:select|from|values|table|describe|show|summarize)\b/i;

/** Whether a text is one SELECT, as far as its first word tells; there are others. */
export const readsOnly = (sql: string): boolean => SELECTS.test(sql) && isOne(sql);

const NEXTVAL = /\bnextval\s*\(/i;

/** As far as that is sure. */
export const isOne = (sql: string): boolean => !/;\s*\S/.test(sql);

/**
 * What a statement of this type wrote, once it is done.
 *
 * @param alias of the database that it ran in; undefined where what it names may be something else
 */
export function writesOf(statement: Statement, type: StatementType, alias: string | undefined): readonly string[] {
  const { writes, text } = statement;
  if (READING.has(type)) return writes.includes(EVERYTHING) && NEXTVAL.test(text) ? [SEQUENCES] : [];
  if (alias === undefined || !writes.includes(EVERYTHING)) return writes;
  return writtenTable(type, text, alias) ?? writes;
}

/** EXPLAIN ANALYZE of a COMMIT commits. */
export const controlsTransaction = (type: StatementType, sql: string): boolean =>
  type === StatementType.TRANSACTION || (type === StatementType.EXPLAIN && transactionOpenAfter(sql) !== undefined);

export const GLOBAL = /^\s*(?:set|reset)\s+global\s/i;

/** PRAGMAs that read are SELECTs to DuckDB; the others set something, but for this one. */
export const changesConnection = (type: StatementType, sql: string): boolean =>
  type === StatementType.PRAGMA
    ? !/^\s*pragma\s+force_checkpoint\b/i.test(sql)
    : type === StatementType.CALL && /\b(?:enable|disable)_profil(?:ing|e)\b/i.test(sql);
