// A table of the Python module's cache calls: how it looks, and the SQL on it. Not here: the names it may have
// (table-name.ts), when any of it runs (data-cache.ts).
import {
  BIGINT,
  LIST,
  TIMESTAMPTZ,
  VARCHAR,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { Result } from '../engine/result.js';
import { quote } from '../entity/identifier.js';
import { DatabaseError } from '../errors.js';
import { EVERYTHING, type Statement } from '../sql/statement.js';
import { folded, tableNameProblem } from './table-name.js';

export const DEFAULT_TABLE = 'cache_data';

const COLUMNS = [
  'id UUID',
  'cache_key VARCHAR',
  'data_json JSON',
  'created_at TIMESTAMP WITH TIME ZONE',
  'updated_at TIMESTAMP WITH TIME ZONE',
];

export function checkedTable(table: unknown): string {
  const problem = tableNameProblem(table);
  if (problem !== undefined) throw new DatabaseError('E_CONFIG', `The name of a cache table ${problem}.`);
  return table as string;
}

const idOf = (table: string): string => `main.${table}`.toLowerCase();

function statement(
  text: string,
  values: readonly (readonly [DuckDBValue, DuckDBType])[],
  touched: Partial<Pick<Statement, 'reads' | 'writes' | 'internal'>>,
): Statement {
  return { text, parameters: values.map(([value, type]) => ({ value, type })), reads: [], writes: [], ...touched };
}

const indexesOf = (table: string): readonly [byKey: string, byTime: string] => [
  `${table}_cache_key_idx`,
  `${table}_updated_at_idx`,
];

/** The table and its indexes. */
export function tableStatements(table: string): readonly Statement[] {
  const quoted = quote(table);
  const [byKey, byTime] = indexesOf(table);
  return [
    `CREATE TABLE IF NOT EXISTS ${quoted} (id UUID NOT NULL DEFAULT uuid(), cache_key VARCHAR NOT NULL, data_json JSON NOT NULL, created_at TIMESTAMP WITH TIME ZONE NOT NULL, updated_at TIMESTAMP WITH TIME ZONE NOT NULL, PRIMARY KEY (id))`,
    `CREATE UNIQUE INDEX IF NOT EXISTS ${quote(byKey)} ON ${quoted} (cache_key)`,
    `CREATE INDEX IF NOT EXISTS ${quote(byTime)} ON ${quoted} (updated_at)`,
  ].map((text) => statement(text, [], { writes: [EVERYTHING], internal: true }));
}

/** Gives whether both of its indexes are there. */
export function indexesStatement(table: string): Statement {
  return statement(
    `SELECT count(*) = 2 FROM duckdb_indexes() WHERE database_name = current_database() AND schema_name = 'main' AND lower(index_name) IN (lower($1), lower($2))`,
    indexesOf(table).map((name) => [name, VARCHAR]),
    { reads: [idOf(table)], internal: true },
  );
}

/** Gives the columns of what has this name, perhaps in another case. */
export function lookStatement(table: string): Statement {
  return statement(
    `SELECT table_name, column_name || ' ' || data_type, table_oid IN (SELECT table_oid FROM duckdb_tables() WHERE database_name = current_database()) FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = 'main' AND lower(table_name) = lower($1) ORDER BY column_index`,
    [[table, VARCHAR]],
    { reads: [idOf(table)], internal: true },
  );
}

/**
 * Whether a cache table is there, by what `lookStatement` gave.
 *
 * @throws DatabaseError `E_CONFIG` where the name is that of something else
 */
export function isThere(table: string, { columns, rowCount }: Pick<Result, 'columns' | 'rowCount'>): boolean {
  const [names = [], described = [], tables = []] = columns;
  // DuckDB's lower() knows more letters than its catalog does
  const own = Array.from({ length: rowCount }, (_row, index) => index).filter(
    (index) => folded(names[index] as string) === folded(table),
  );
  if (own.length === 0) return false;
  const found = own.map((index) => described[index] as string);
  const isTable = own.every((index) => tables[index] === true);
  if (isTable && found.toSorted().join() === COLUMNS.toSorted().join()) return true;
  const problem = isTable
    ? `Table ${quote(table)} is no cache table: it has the columns ${columnsIn(found)}, and a cache table has ${COLUMNS.join(', ')}. Give another tableName, or drop it, and it is made anew.`
    : `${quote(table)} is a view, and no cache table. Give another tableName, or drop the view, and the table is made.`;
  throw new DatabaseError('E_CONFIG', problem, { details: { table } });
}

const columnsIn = (found: readonly string[]): string =>
  `${found.slice(0, 8).join(', ')}${found.length > 8 ? ', ...' : ''}`;

const micros = (ms: number): bigint => BigInt(Math.floor(ms)) * 1000n;

/** `hours` or any other time before `now`, in microseconds; for ever, where that is longer than a Date reaches back. */
const before = (now: number, ms: number): bigint => micros(Math.max(now - ms, -8.64e15));

const UPDATE = 'ON CONFLICT (cache_key) DO UPDATE SET data_json = excluded.data_json, updated_at = excluded.updated_at';

/** @param entries keys, each of them once, with their JSON */
export function storeStatement(
  table: string,
  entries: readonly (readonly [key: string, json: string])[],
  now: number,
): Statement {
  const insert = `INSERT INTO ${quote(table)} (cache_key, data_json, created_at, updated_at)`;
  const [first] = entries;
  const single = entries.length === 1 && first !== undefined;
  const [keys, texts, type, rows] = single
    ? ([...first, VARCHAR, 'VALUES ($1, $2, $3, $3)'] as const)
    : ([list(entries, 0), list(entries, 1), LIST(VARCHAR), 'SELECT unnest($1), unnest($2), $3, $3'] as const);
  return statement(
    `${insert} ${rows} ${UPDATE}`,
    [
      [keys, type],
      [texts, type],
      [new DuckDBTimestampTZValue(micros(now)), TIMESTAMPTZ],
    ],
    { writes: [idOf(table)] },
  );
}

function list(entries: readonly (readonly [string, string])[], place: 0 | 1): DuckDBListValue {
  return new DuckDBListValue(entries.map((entry) => entry[place]));
}

/** The data of a key that is younger than `ms`. */
export function readStatement(table: string, key: string, now: number, ms: number): Statement {
  return statement(
    `SELECT data_json FROM ${quote(table)} WHERE cache_key = $1 AND epoch_us(updated_at) > $2`,
    [
      [key, VARCHAR],
      [before(now, ms), BIGINT],
    ],
    { reads: [idOf(table)] },
  );
}

/** Deletes what is older than `ms`. */
export function purgeStatement(table: string, now: number, ms: number): Statement {
  return statement(`DELETE FROM ${quote(table)} WHERE epoch_us(updated_at) < $1`, [[before(now, ms), BIGINT]], {
    writes: [idOf(table)],
    internal: true,
  });
}
