// The rows of a query into a file. Not here: the query, the file's place (file-target.ts).
import type { DuckDBType } from '@duckdb/node-api';
import type { Engine } from '../engine/engine.js';
import type { Read } from '../engine/result.js';
import { quote } from '../entity/identifier.js';
import { DatabaseError } from '../errors.js';
import type { Limit } from '../limit.js';
import { copyStatement, queryText } from '../sql/copy-to.js';
import { NoCast } from '../sql/exact-cast.js';
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
    { ...query, text: `SELECT * FROM (${queryText(query.text)}) LIMIT 0`, writes: [], as: [] },
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
      // the names of folders are texts by themselves
      return partitionBy.includes(name)
        ? quote(name)
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
  return target.filled(
    async () => (await engine.run(copyStatement({ ...query, text }, target.to(partitionBy)), limit)).rowsChanged,
    () => database.clock.wrote([FILES]),
  );
}

function refuseTwice(names: readonly string[]): void {
  const lower = names.map((name) => name.toLowerCase());
  const twice = names.find((_name, index) => lower.indexOf(lower[index] as string) !== index);
  if (twice !== undefined)
    throw new DatabaseError('E_QUERY', `exportTo: two columns are named ${JSON.stringify(twice)}. Rename one: select a.x as b.`); // prettier-ignore
}
