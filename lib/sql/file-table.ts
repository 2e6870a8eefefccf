// Files in place of a table: the FROM of an entity with `from`. Values are cast exactly, or end the query. Not here: whether the
// files are what the class says (schema/files.ts), files that are imported (file-rows.ts).
import { existsSync } from 'node:fs';
import { VARCHAR, type DuckDBType } from '@duckdb/node-api';
import type { FileSource } from '../entity/file-source.js';
import { quote, quoteLiteral } from '../entity/identifier.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { JSON_TYPE, NoCast, alwaysFits, exactCast, typeSql, type ExactCast } from './exact-cast.js';
import { literalPath, manyCall } from './file-read.js';

/** Of each entity, the types that its files were found to have, of columns that have another than is to be expected. */
const others = new WeakMap<EntitySchema, ReadonlyMap<Column, DuckDBType>>();

export function rememberTypes(entity: EntitySchema, types: ReadonlyMap<Column, DuckDBType>): void {
  others.set(entity, types);
}

/** The type of a column, as values are read out of files. */
export const declaredType = ({ type }: Column): DuckDBType => (type.json === true ? JSON_TYPE : type.duckdb);

/** The table of an entity, in brackets. */
export function fileTable(entity: EntitySchema, { kind, resolved }: FileSource): string {
  const found = others.get(entity);
  const usual = { parquet: undefined, csv: VARCHAR, json: JSON_TYPE, ndjson: JSON_TYPE }[kind.format];
  // the names of folders are not in the files
  const names = entity.columns.filter((column) => found?.has(column) !== true).map(({ name }) => name);
  const columns = entity.columns.map((column) => {
    const from = found?.get(column) ?? usual;
    const value = quote(column.name);
    return from === undefined ? value : `${checked(entity, column, from)} AS ${value}`;
  });
  return `(SELECT ${columns.join(', ')} FROM ${manyCall(kind, existsSync(resolved) ? literalPath(resolved) : resolved, names)})`;
}

function castOf(entity: EntitySchema, column: Column, from: DuckDBType): ExactCast {
  try {
    return exactCast(quote(column.name), from, declaredType(column));
  } catch (error) {
    if (!(error instanceof NoCast)) throw error;
    throw new DatabaseError('E_UNSUPPORTED', `${entity.className}.${column.property} (${column.type.name}) cannot be read from ${typeSql(from)}. Declare it varchar, or keep it in Parquet.`, { cause: error }); // prettier-ignore
  }
}

function checked(entity: EntitySchema, column: Column, from: DuckDBType): string {
  const value = quote(column.name);
  const to = declaredType(column);
  const { fits, sql } = castOf(entity, column, from);
  if (fits === undefined || alwaysFits(from, to)) return sql;
  const why = `: ${entity.className}.${column.property} (${column.type.name}) cannot hold the ${typeSql(from)} in ${value} exactly. Mend the file, or the type in the class.`;
  const refused = `CAST(error(filename || ${quoteLiteral(why)}) AS ${typeSql(from)})`;
  return exactCast(`CASE WHEN ${value} IS NULL OR ${fits} THEN ${value} ELSE ${refused} END`, from, to).sql;
}
