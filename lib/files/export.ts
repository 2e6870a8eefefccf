// The rows of a query into a file. Not here: the query, the file's place (file-target.ts).
import { DuckDBTypeId as Id, type DuckDBType } from '@duckdb/node-api';
import type { Engine } from '../engine/engine.js';
import type { Read } from '../engine/result.js';
import { quote, quoteLiteral } from '../entity/identifier.js';
import { DatabaseError } from '../errors.js';
import type { Limit } from '../limit.js';
import { copyStatement, queryText } from '../sql/copy-to.js';
import { NoCast, typeSql } from '../sql/exact-cast.js';
import { portable } from '../sql/portable.js';
import { FILES, type Statement } from '../sql/statement.js';
import { FileTarget, type ExportOptions } from './file-target.js';
import { refuseSecure } from './secure-files.js';

interface Columns {
  readonly names: readonly string[];
  readonly types: readonly DuckDBType[];
  readonly rowCount: number;
}

const readColumns: Read<Columns> = (result) => ({
  names: result.columnNames(),
  types: result.columnTypes(),
  rowCount: 0,
});

/**
 * @param partitionBy names of columns of the query
 * @returns rows written
 */
export async function exportQuery(
  engine: Engine,
  query: Statement,
  path: unknown,
  options: ExportOptions,
  partitionBy: readonly string[],
  limit?: Limit,
): Promise<number> {
  const { database } = engine;
  refuseSecure(database, 'exportTo');
  const target = FileTarget.at(path, options, [database.path, `${database.path}.wal`]);
  const { names, types } = await engine.collect(
    { ...query, text: `SELECT * FROM (${queryText(query.text)}) LIMIT 0`, writes: [], as: [], internal: true },
    readColumns,
    limit,
  );
  refuseTwice(names);
  const missing = partitionBy.find((name) => !names.includes(name));
  if (missing !== undefined)
    throw new DatabaseError('E_QUERY', `exportTo: partitionBy: there is no column ${JSON.stringify(missing)} among what is exported: ${names.join(', ')}.`); // prettier-ignore
  if (partitionBy.length === names.length)
    throw new DatabaseError('E_QUERY', 'exportTo: partitionBy leaves no column for the files. Export one more.');
  const columns = names.map((name, index) => {
    try {
      return partitionBy.includes(name)
        ? folderValue(name, types[index] as DuckDBType)
        : portable(quote(name), types[index] as DuckDBType, target.format);
    } catch (error) {
      if (!(error instanceof NoCast)) throw error;
      throw new DatabaseError('E_UNSUPPORTED', `exportTo: the column ${JSON.stringify(name)} is ${String(types[index])}, which no file keeps as it is. Leave it out by select.`); // prettier-ignore
    }
  });
  const asIs = columns.every((column, index) => column === quote(names[index] as string));
  const text = asIs
    ? query.text
    : `SELECT ${columns.map((column, index) => `${column} AS ${quote(names[index] as string)}`).join(', ')} FROM (${queryText(query.text)})`;
  const copy = async (): Promise<number> => {
    try {
      return (await engine.run(copyStatement({ ...query, text }, target.to(partitionBy)), limit)).rowsChanged;
    } catch (error) {
      throw inWordsOf(error);
    }
  };
  return target.filled(copy, () => database.clock.wrote([FILES]));
}

/** Types whose text may be any. */
const ANY_TEXT: ReadonlySet<Id> = new Set([Id.VARCHAR, Id.ENUM, Id.BLOB]);

const MARK = 'mysingle_no_folder:';

/** What the name of a folder says for NULL: readers take it for that, and text that is the same is lost. */
const NULLS = ['null', '__hive_default_partition__'];

/** The value of a column that folders are made of, or an error: their names are texts by themselves. */
function folderValue(name: string, type: DuckDBType): string {
  const value = quote(name);
  if (!ANY_TEXT.has(type.typeId)) return value;
  const refused = `CAST(error(${quoteLiteral(MARK + name)}) AS ${typeSql(type)})`;
  return `CASE WHEN lower(CAST(${value} AS VARCHAR)) IN (${NULLS.map(quoteLiteral).join(', ')}) THEN ${refused} ELSE ${value} END`;
}

function inWordsOf(error: unknown): unknown {
  if (!(error instanceof DatabaseError)) return error;
  const name = error.message.split(MARK)[1];
  if (name === undefined) return error;
  return new DatabaseError('E_UNSUPPORTED', `exportTo: partitionBy: ${JSON.stringify(name)} holds a text such as 'NULL' or '__HIVE_DEFAULT_PARTITION__', which a folder has for no value at all: it would come back as NULL. Leave such rows out by where, or the column out of partitionBy.`, { cause: error, details: { columns: [name] } }); // prettier-ignore
}

function refuseTwice(names: readonly string[]): void {
  const lower = names.map((name) => name.toLowerCase());
  const twice = names.find((_name, index) => lower.indexOf(lower[index] as string) !== index);
  if (twice !== undefined)
    throw new DatabaseError('E_QUERY', `exportTo: two columns are named ${JSON.stringify(twice)}. Rename one: select a.x as b.`); // prettier-ignore
}
