// What a database holds, read from DuckDB's own catalog. Not here: what it should hold.
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteLiteral } from '../entity/identifier.js';

export interface FoundColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  /** SQL text of the default, or of the expression of a generated column */
  readonly expression: string | undefined;
}

export interface FoundTable {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly FoundColumn[];
  /** PRIMARY KEY, UNIQUE, CHECK and FOREIGN KEY, as normalised text, sorted */
  readonly constraints: readonly string[];
}

export interface FoundIndex {
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  /** unique or not, and on what; DuckDB folds the case of its names */
  readonly text: string;
}

/** Everything by `schema.name` in lower case, as DuckDB folds it. */
export interface Found {
  readonly schemas: ReadonlySet<string>;
  readonly tables: ReadonlyMap<string, FoundTable>;
  readonly views: ReadonlySet<string>;
  readonly indexes: ReadonlyMap<string, FoundIndex>;
  readonly sequences: ReadonlySet<string>;
  readonly enums: ReadonlyMap<string, readonly string[]>;
}

export const keyOf = (schema: string | undefined, name: string): string => `${schema ?? 'main'}.${name}`.toLowerCase();

/** What a database has that nobody has made anything in. */
export const EMPTY: Found = {
  schemas: new Set(['main']),
  tables: new Map(),
  views: new Set(),
  indexes: new Map(),
  sequences: new Set(),
  enums: new Map(),
};

type Row = Readonly<Record<string, unknown>>;

/** Reads the catalog of one attached database. */
export async function inspect(connection: DuckDBConnection, database: string): Promise<Found> {
  const rows = async (columns: string, from: string, more = ''): Promise<readonly Row[]> =>
    (
      await connection.runAndReadAll(
        `SELECT ${columns} FROM ${from}() WHERE database_name = ${quoteLiteral(database)}${more}`,
      )
    ).getRowObjectsJS();
  const schemas = await rows('schema_name', 'duckdb_schemas');
  const columns = await rows(
    'schema_name, table_name, column_name, data_type, is_nullable, column_default',
    'duckdb_columns',
    ' ORDER BY column_index',
  );
  const constraints = await rows(
    'schema_name, table_name, constraint_type, constraint_text',
    'duckdb_constraints',
    " AND constraint_type <> 'NOT NULL'",
  );
  const indexes = await rows('schema_name, table_name, index_name, is_unique, expressions', 'duckdb_indexes');
  const sequences = await rows('schema_name, sequence_name', 'duckdb_sequences');
  const views = await rows('schema_name, view_name', 'duckdb_views', ' AND NOT internal');
  const enums = await rows(
    'schema_name, type_name, labels',
    'duckdb_types',
    " AND logical_type = 'ENUM' AND NOT internal",
  );
  return {
    schemas: new Set(schemas.map((row) => String(row['schema_name']).toLowerCase())),
    tables: tablesOf(columns, constraints),
    views: new Set(views.map((row) => keyOf(row['schema_name'] as string, row['view_name'] as string))),
    indexes: new Map(
      indexes.map((row) => [keyOf(row['schema_name'] as string, row['index_name'] as string), indexOf(row)]),
    ),
    sequences: new Set(sequences.map((row) => keyOf(row['schema_name'] as string, row['sequence_name'] as string))),
    enums: new Map(
      enums.map((row) => [keyOf(row['schema_name'] as string, row['type_name'] as string), row['labels'] as string[]]),
    ),
  };
}

function indexOf(row: Row): FoundIndex {
  return {
    schema: row['schema_name'] as string,
    table: row['table_name'] as string,
    name: row['index_name'] as string,
    text: `${row['is_unique'] === true ? 'unique ' : ''}on ${bareColumns(String(row['expressions']))}`,
  };
}

/**
 * DuckDB prints a column of an index as `qty` or `'"Sym Bol"'`, and as `'(trades.qty)'` where the table was named in
 * another case than it has.
 */
function bareColumns(expressions: string): string {
  return expressions
    .replaceAll(new RegExp(String.raw`'\(${NAME}\.(${NAME})\)'`, 'g'), '$1')
    .replaceAll(/'("(?:[^"]|"")*")'/g, '$1');
}

const NAME = String.raw`(?:"(?:[^"]|"")*"|[\w$]+)`;

/**
 * DuckDB prints an expression in one way before it was ever stored and in another afterwards: `CAST(x AS "DOUBLE")` and
 * `CAST(x AS DOUBLE)`, `DECIMAL(18, 4)`, `BIT(1)`. The quotes of names and the spaces outside of literals and names are
 * what differs; a literal or a quoted name is taken whole, for either may hold the other's quotes.
 */
export function normalised(expression: string): string {
  return expression
    .split(/('(?:[^']|'')*'|"(?:[^"]|"")*")/)
    .map((part, index) => {
      if (index % 2 === 1) return part.startsWith('"') ? part.slice(1, -1) : part;
      return part
        .replaceAll(/\s+/g, ' ')
        .replaceAll(/ ?, ?/g, ', ')
        .replaceAll(/\bBIT\(\d+\)/g, 'BIT');
    })
    .join('')
    .trim();
}

function tablesOf(columns: readonly Row[], constraints: readonly Row[]): Map<string, FoundTable> {
  const tables = new Map<string, { schema: string; name: string; columns: FoundColumn[]; constraints: string[] }>();
  for (const row of columns) {
    const [schema, name] = [row['schema_name'] as string, row['table_name'] as string];
    const key = keyOf(schema, name);
    let table = tables.get(key);
    if (table === undefined) tables.set(key, (table = { schema, name, columns: [], constraints: [] }));
    table.columns.push({
      name: row['column_name'] as string,
      type: row['data_type'] as string,
      nullable: row['is_nullable'] as boolean,
      expression: row['column_default'] === null ? undefined : normalised(row['column_default'] as string),
    });
  }
  for (const row of constraints) {
    tables
      .get(keyOf(row['schema_name'] as string, row['table_name'] as string))
      ?.constraints.push(normalised(row['constraint_text'] as string));
  }
  for (const table of tables.values()) table.constraints.sort();
  return tables;
}
