// All of one attached database into another, empty one, in one transaction. Not here: files.
import type { DuckDBConnection } from '@duckdb/node-api';
import { quote, quoteLiteral } from '../entity/identifier.js';
import { DatabaseError } from '../errors.js';

interface Reference {
  readonly columns: readonly string[];
  readonly table: string;
  readonly to: readonly string[];
}

interface Source {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly computed: boolean }[];
  readonly references: readonly Reference[];
}

/** A table that was copied: what is to be written of its rows, should it be copied again. */
export interface CopiedTable {
  readonly schema: string;
  readonly name: string;
  /** the columns that can be written, quoted */
  readonly list: string;
  /** to the table itself */
  readonly own: readonly Reference[];
  readonly rows: number;
}

const STAGE = 'mysingle_copy_stage';
/** In a stage, the round in which a row can be written. */
const ROUND = 'mysingle_copy_round';

/**
 * Copies every object of `from`: DuckDB's own `COPY FROM DATABASE` does so for all but rows. It writes tables in one go each,
 * where a row that refers to a row of its own table is refused, so the rows are written here.
 */
export function copyDatabase(connection: DuckDBConnection, from: string, to: string): Promise<readonly CopiedTable[]> {
  return copied(connection, from, to, async () => {
    const tables: CopiedTable[] = [];
    for (const table of await sources(connection, from)) tables.push(await copyRows(connection, table, from, to));
    return tables;
  });
}

/** The same for a copy that nobody has changed since: what there is of it is known, and goes to DuckDB as one text. */
export function copyAgain(
  connection: DuckDBConnection,
  tables: readonly CopiedTable[],
  from: string,
  to: string,
): Promise<void> {
  return copied(connection, from, to, async () => {
    const inserts: string[] = [];
    const insert = async (): Promise<void> => {
      if (inserts.length > 0) await connection.run(inserts.splice(0).join(';'));
    };
    for (const table of tables) {
      if (table.rows === 0) continue;
      const place = placeOf(table, from, to);
      if (table.own.length === 0) inserts.push(insertAll(place));
      else {
        await insert();
        await copyTree(connection, table.name, place, table.own);
      }
    }
    await insert();
  });
}

async function copied<T>(
  connection: DuckDBConnection,
  from: string,
  to: string,
  copyAllRows: () => Promise<T>,
): Promise<T> {
  await connection.run('BEGIN TRANSACTION');
  try {
    // sequences go on where they are now: at least as far as the rows of this transaction's view
    await connection.run(`COPY FROM DATABASE ${quote(from)} TO ${quote(to)} (SCHEMA)`);
    const result = await copyAllRows();
    await connection.run('COMMIT');
    return result;
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** In the order of their making, in which a table comes after those that it refers to. */
async function sources(connection: DuckDBConnection, from: string): Promise<readonly Source[]> {
  const rows = async (sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    (await connection.runAndReadAll(sql)).getRowObjectsJS();
  const where = `database_name = ${quoteLiteral(from)} AND NOT t.internal`;
  const tables = await rows(`SELECT schema_name, table_name FROM duckdb_tables() t WHERE ${where} ORDER BY table_oid`);
  const columns = await rows(
    `SELECT schema_name, table_name, column_name, column_default IS NOT NULL AS computed FROM duckdb_columns() t WHERE ${where} ORDER BY column_index`,
  );
  const keys = await rows(
    `SELECT schema_name, table_name, constraint_column_names AS columns, referenced_table AS parent, referenced_column_names AS "to" FROM duckdb_constraints()
     WHERE database_name = ${quoteLiteral(from)} AND constraint_type = 'FOREIGN KEY'`,
  );
  return tables.map((table) => {
    const own = (row: Readonly<Record<string, unknown>>): boolean =>
      row['schema_name'] === table['schema_name'] && row['table_name'] === table['table_name'];
    return {
      schema: table['schema_name'] as string,
      name: table['table_name'] as string,
      columns: columns.filter(own).map((row) => ({ name: row['column_name'] as string, computed: row['computed'] === true })), // prettier-ignore
      references: keys.filter(own).map((row) => ({ columns: row['columns'] as string[], table: row['parent'] as string, to: row['to'] as string[] })), // prettier-ignore
    };
  });
}

const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

interface Place {
  readonly source: string;
  readonly target: string;
  readonly list: string;
}

function placeOf(
  { schema, name, list }: Pick<CopiedTable, 'schema' | 'name' | 'list'>,
  from: string,
  to: string,
): Place {
  const within = (database: string): string => `${quote(database)}.${quote(schema)}.${quote(name)}`;
  return { source: within(from), target: within(to), list };
}

const insertAll = ({ source, target, list }: Place): string =>
  `INSERT INTO ${target} (${list}) SELECT ${list} FROM ${source}`;

async function copyRows(connection: DuckDBConnection, table: Source, from: string, to: string): Promise<CopiedTable> {
  const { schema } = table;
  const { target } = placeOf({ ...table, list: '' }, from, to);
  const names: string[] = [];
  for (const { name, computed } of table.columns)
    if (!computed || !(await isGenerated(connection, target, name))) names.push(quote(name));
  const list = names.join(', ');
  const references = table.references.filter(({ table: parent }) => sameName(parent, table.name));
  const place = placeOf({ schema, name: table.name, list }, from, to);
  const rows =
    references.length === 0
      ? (await connection.run(insertAll(place))).rowsChanged
      : await copyTree(connection, table.name, place, references);
  return { schema, name: table.name, list, own: references, rows };
}

/** DuckDB's catalog shows a generated column as one with a default. */
async function isGenerated(connection: DuckDBConnection, target: string, column: string): Promise<boolean> {
  try {
    const prepared = await connection.prepare(`INSERT INTO ${target} (${quote(column)}) VALUES (NULL)`);
    prepared.destroySync();
    return false;
  } catch (error) {
    if (/Cannot insert into a generated column/.test(String(error))) return true;
    throw error;
  }
}

/** Rows that refer to rows of their own table, after the rows that they refer to: DuckDB checks each statement as a whole. */
async function copyTree(
  connection: DuckDBConnection,
  name: string,
  { source, target, list }: Place,
  own: readonly Reference[],
): Promise<number> {
  const stage = `temp.main.${STAGE}`;
  const ready = own.map(({ columns, to }) => {
    const empty = columns.map((column) => `s.${quote(column)} IS NULL`).join(' OR ');
    const same = columns.map((column, index) => `p.${quote(to[index] as string)} = s.${quote(column)}`).join(' AND ');
    return `(${empty} OR EXISTS (SELECT 1 FROM ${target} AS p WHERE ${same}))`;
  });
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${STAGE} AS SELECT ${list}, NULL::INTEGER AS ${ROUND} FROM ${source}`,
  );
  try {
    let rows = 0;
    for (let round = 0; ; round += 1) {
      const found = await connection.run(
        `UPDATE ${stage} AS s SET ${ROUND} = ${round} WHERE ${ROUND} IS NULL AND ${ready.join(' AND ')}`,
      );
      if (found.rowsChanged === 0) break;
      rows += found.rowsChanged;
      await connection.run(`INSERT INTO ${target} (${list}) SELECT ${list} FROM ${stage} WHERE ${ROUND} = ${round}`);
    }
    const left = (await connection.runAndReadAll(`SELECT 1 FROM ${stage} WHERE ${ROUND} IS NULL LIMIT 1`)).getRows();
    if (left.length > 0)
      throw new DatabaseError(
        'E_UNSUPPORTED',
        `Rows of ${name} refer to each other in a circle, which DuckDB cannot write anew into a copy.`,
      );
    return rows;
  } finally {
    // an aborted transaction refuses, and takes the stage back itself
    await connection.run(`DROP TABLE IF EXISTS ${stage}`).catch(() => {});
  }
}
