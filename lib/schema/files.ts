// Boot, for entities that are read from files: are the files there, and do they have the columns that the class says. Not here: tables
// (apply.ts).
import { VARCHAR, type DuckDBConnection, type DuckDBType } from '@duckdb/node-api';
import type { Database } from '../engine/database.js';
import { filesOf, partitionsOf, shapesOf, type FileShape } from '../engine/file-shape.js';
import { verifyPacked } from '../engine/packed-file.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { DatabaseError, classify } from '../errors.js';
import { goTogether, standsFor, typeSql } from '../sql/exact-cast.js';
import { declaredType, rememberTypes } from '../sql/file-table.js';

/**
 * @throws DatabaseError `E_SCHEMA_DRIFT` with every difference, `E_NOT_FOUND` for files that are not there, `E_PERMISSION` where the
 *   manager is secure
 */
export async function agreeWithFiles(database: Database, entities: readonly EntitySchema[]): Promise<void> {
  const [first] = entities;
  if (first === undefined) return;
  if (database.secure)
    throw new DatabaseError(
      'E_PERMISSION',
      `${first.className} is read from files, and a secure manager touches no file but its database. Read it by another manager, without secure: true.`,
    );
  const connection = await database.connect();
  try {
    const differences: string[] = [];
    for (const entity of entities) differences.push(...(await differencesOf(connection, entity)));
    if (differences.length > 0)
      throw new DatabaseError(
        'E_SCHEMA_DRIFT',
        `Files differ from the entity classes:\n${differences.map((difference) => `  - ${difference}\n`).join('')}` +
          'Change the classes or the files so that they agree.',
        { details: { differences } },
      );
  } catch (error) {
    throw classify(error, { operation: 'schema' });
  } finally {
    connection.closeSync();
  }
}

async function differencesOf(connection: DuckDBConnection, entity: EntitySchema): Promise<readonly string[]> {
  const { from, className } = entity;
  if (from === undefined) return [];
  // to know all keys would take reading all of JSON, and a missing one is NULL
  if (from.kind.format === 'json') {
    const files = await filesOf(connection, from.resolved, className);
    const [file] = files as [string];
    for (const each of files) await verifyPacked(each, from.kind, className);
    const inPath = partitionsOf(file).map((name) => name.toLowerCase());
    const texts = entity.columns.filter(({ name }) => inPath.includes(name.toLowerCase()));
    rememberTypes(entity, new Map(texts.map((column) => [column, VARCHAR])));
    return [];
  }
  const shapes = await shapesOf(connection, [from.resolved], from.kind, className);
  const types = new Map<Column, DuckDBType>();
  const differences = entity.columns.flatMap((column) => {
    const missing = shapes.find((shape) => typeIn(shape, column) === undefined);
    const what = `${className}.${column.property}`;
    if (missing !== undefined)
      return [`${what}: ${missing.files[0]} has no column "${column.name}". It has: ${missing.columns.map(({ name }) => `"${name}"`).join(', ')}`]; // prettier-ignore
    if (from.kind.format !== 'parquet') return [];
    return typeDifferences(what, column, shapes, types);
  });
  rememberTypes(entity, types);
  return differences;
}

const typeIn = ({ columns }: FileShape, { name }: Column): DuckDBType | undefined =>
  columns.find((own) => own.name.toLowerCase() === name.toLowerCase())?.type;

/** @param types where the type is noted that DuckDB reads the column as, where it is another than declared */
function typeDifferences(
  what: string,
  column: Column,
  shapes: readonly FileShape[],
  types: Map<Column, DuckDBType>,
): string[] {
  const declared = declaredType(column);
  const found = shapes.map((shape) => ({ file: shape.files[0], type: typeIn(shape, column) as DuckDBType, inPath: !ownIn(shape, column) })); // prettier-ignore
  const other = found.find(({ type, inPath }) => !inPath && !standsFor(type, declared));
  if (other !== undefined) return [`${what} is ${typeSql(declared)}, and "${column.name}" of ${other.file} is ${typeSql(other.type)}`]; // prettier-ignore
  const [first] = found as [(typeof found)[number]];
  const apart = found.find(({ type }) => !goTogether(first.type, type));
  if (apart !== undefined)
    return [`${what}: "${column.name}" is ${typeSql(first.type)} in ${first.file} and ${typeSql(apart.type)} in ${apart.file}, which cannot be read together without loss`]; // prettier-ignore
  const differing = found.find(({ type }) => typeSql(type) !== typeSql(declared));
  if (differing !== undefined) types.set(column, differing.type);
  return [];
}

const ownIn = ({ own }: FileShape, { name }: Column): boolean =>
  own.some((each) => each.toLowerCase() === name.toLowerCase());
