// Rows of files into the table of an entity, all or nothing, read by DuckDB. Where keys may exist already, where rules have to look at
// the rows, and in fallback, by way of a stage. Not here: which column goes where (mapping.ts), casts (sql/exact-cast.ts).
import { createStage, mergeStage } from '../bulk.js';
import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import type { Engine } from '../engine/engine.js';
import { shapesOf, type FileShape } from '../engine/file-shape.js';
import { readRows, type Read } from '../engine/result.js';
import {
  CSV_OPTIONS,
  checkedFile,
  kindOf,
  type CsvOptions,
  type FileFormat,
  type FileKind,
} from '../entity/file-source.js';
import { plainHydrate } from '../entity/hydrate.js';
import type { WriteOptions } from '../entity/rule-option.js';
import type { Rules } from '../entity/rules.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { DatabaseError, classify } from '../errors.js';
import type { Limit } from '../limit.js';
import type { RowEncoder } from '../row-encoder.js';
import { literalPath, readCall } from '../sql/file-read.js';
import { checkSql, misfitIn, misfitRowQuery, valueSql, type FileValue } from '../sql/file-rows.js';
import { NoCast, typeSql } from '../sql/exact-cast.js';
import { fileStageStatement, insertFileStatement, stagedRowsStatement } from '../sql/file-insert.js';
import { columnOrderStatement, type OnConflict } from '../sql/write.js';
import { inWordsOf } from '../write-error.js';
import { plainly } from './file-error.js';
import { valuesOf } from './mapping.js';
import { refuseSecure } from './secure-files.js';

/** Options of `importFrom`. */
export interface ImportOptions<K extends string = string> extends CsvOptions, WriteOptions {
  /** as for `insertMany`: `'error'` (default), `'ignore'` or `'update'` */
  readonly onConflict?: 'error' | 'ignore' | 'update';
  /**
   * The column of the file for each property: `{ strategyId: 'Strategy Id' }`. Then these are read and no others. Default: each column
   * of the file goes into the column of that name, else into the property, whatever the case; one that the entity has not is an error
   */
  readonly columns?: { readonly [P in K]?: string };
  /** default: by the end of the path */
  readonly format?: FileFormat;
}

export const IMPORT_OPTIONS: readonly string[] = ['onConflict', 'columns', 'format', ...CSV_OPTIONS];

/** As many rows are looked at by rules at once. */
const PAGE_ROWS = 10_240;

/** One shape of files, and where its values go. */
interface Part {
  readonly shape: FileShape;
  readonly kind: FileKind;
  readonly values: readonly FileValue[];
}

/** @returns rows inserted, or inserted and updated */
export async function importFiles(
  engine: Engine,
  entity: EntitySchema,
  encoder: RowEncoder,
  paths: unknown,
  options: ImportOptions,
  onConflict: OnConflict,
  limit?: Limit,
): Promise<number> {
  refuseSecure(engine.database, 'importFrom');
  const given = (Array.isArray(paths) ? (paths as unknown[]) : [paths]).map((path) => checkedFile(path, 'importFrom'));
  if (given.length === 0) throw new DatabaseError('E_CONFIG', 'importFrom: the list of files is empty.');
  const types = await typesOf(engine, entity, encoder.columns, limit);
  const parts = await aside(engine, limit, (connection) => partsOf(connection, entity, types, given, options, limit));
  const load = async (): Promise<number> => {
    if (onConflict.action === 'error' && engine.database.fallback === undefined && encoder.rules === undefined) {
      let rows = 0;
      for (const { shape, values } of parts)
        rows += (await engine.run(insertFileStatement(entity, values, shape.from), limit)).rowsChanged;
      return rows;
    }
    return byStage(engine, entity, encoder, parts, onConflict, limit);
  };
  try {
    return await inWordsOf(
      entity,
      () => engine.transact(load, {}, limit),
      onConflict.action === 'update' ? onConflict.on : [],
    );
  } catch (error) {
    throw await told(engine, entity, parts, error);
  }
}

async function byStage(
  engine: Engine,
  entity: EntitySchema,
  encoder: RowEncoder,
  parts: readonly Part[],
  onConflict: OnConflict,
  limit: Limit | undefined,
): Promise<number> {
  const stage = await createStage(engine, entity, encoder.columns, limit);
  const shapes: ReadonlySet<Column>[] = [];
  let staged = 0;
  for (const { shape, values } of parts) {
    const given = new Set(values.filter(({ from }) => from !== undefined).map(({ column }) => column));
    const key = (columns: ReadonlySet<Column>): string => [...columns].map(({ property }) => property).join('\0');
    let number = shapes.findIndex((known) => key(known) === key(given));
    if (number < 0) number = shapes.push(given) - 1;
    staged += (await engine.run(fileStageStatement(stage, entity, values, shape.from, number, staged), limit))
      .rowsChanged;
  }
  if (encoder.rules !== undefined) await validate(engine, encoder.rules, encoder.columns, stage, shapes, staged, limit);
  await engine.keepStage(stage);
  return mergeStage(engine, entity, stage, encoder.columns, onConflict, shapes, limit);
}

/** Rules are JavaScript: they look at each row as an object. What they looked at is what is written. */
async function validate(
  engine: Engine,
  rules: Rules,
  columns: readonly Column[],
  stage: string,
  shapes: readonly ReadonlySet<Column>[],
  count: number,
  limit: Limit | undefined,
): Promise<void> {
  const properties = columns.map((column) => column.property);
  const read = readRows(plainHydrate([...properties, SHAPE]));
  // what a file has no column for was not given, as in a row that leaves it out
  const absent = shapes.map((given) => columns.filter((column) => !given.has(column)).map(({ property }) => property));
  for (let from = 0; from < count; from += PAGE_ROWS) {
    const statement = stagedRowsStatement(stage, columns, from, from + PAGE_ROWS);
    const { rows } = await engine.collect(statement, read, limit);
    for (const [index, row] of (rows as Record<string, unknown>[]).entries()) {
      for (const property of absent[row[SHAPE] as number] ?? []) row[property] = undefined;
      const judging = rules.judge(rules.lookedAt(row, row, from + index), from + index);
      if (judging !== undefined) await engine.judged(judging, limit);
    }
  }
}

/** No property is called so. */
const SHAPE = '#shape';

/** By a connection of its own: an error there fails no transaction, and what it looks at is none of its tables. */
async function aside<T>(
  engine: Engine,
  limit: Limit | undefined,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const connection = await engine.database.connect();
  const off = limit?.onStop(() => connection.interrupt());
  try {
    return await work(connection);
  } catch (error) {
    throw limit?.reason ?? plainly(classify(error, { operation: 'importFrom' }));
  } finally {
    off?.();
    connection.closeSync();
  }
}

const readTypes: Read<{ names: readonly string[]; types: readonly DuckDBType[]; rowCount: number }> = (result) => ({
  names: result.columnNames(),
  types: result.columnTypes(),
  rowCount: 0,
});

/** As the database has them: JSON within lists, and the values of enums. */
async function typesOf(
  engine: Engine,
  entity: EntitySchema,
  columns: readonly Column[],
  limit: Limit | undefined,
): Promise<ReadonlyMap<Column, DuckDBType>> {
  const { names, types } = await engine.collect(columnOrderStatement(entity), readTypes, limit);
  const byName = new Map(names.map((name, index) => [name.toLowerCase(), types[index]]));
  return new Map(
    columns.map((column) => [column, byName.get(column.name.toLowerCase()) ?? column.type.duckdb] as const),
  );
}

async function partsOf(
  connection: DuckDBConnection,
  entity: EntitySchema,
  types: ReadonlyMap<Column, DuckDBType>,
  paths: readonly string[],
  { format, delimiter, header, nullString, columns }: ImportOptions,
  limit: Limit | undefined,
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const path of paths) {
    const kind = kindOf(path, { format, delimiter, header, nullString }, 'importFrom');
    for (const shape of await shapesOf(connection, [path], kind, 'importFrom', limit)) {
      const values = valuesOf(entity, types, shape, columns);
      refuseOtherTypes(entity, shape, values);
      parts.push({ shape, kind, values });
    }
  }
  return parts;
}

function refuseOtherTypes(entity: EntitySchema, { files }: FileShape, values: readonly FileValue[]): void {
  for (const value of values) {
    try {
      valueSql(entity, value);
      checkSql([value]);
    } catch (error) {
      if (!(error instanceof NoCast) || value.from === undefined) throw error;
      const { column, from } = value;
      throw new DatabaseError(
        'E_CONVERSION',
        `${entity.className}.${column.property} is ${column.type.name}, and the column ${JSON.stringify(from.name)} of ${files[0]} is ${typeSql(from.type)}, which is none. Write it as ${column.type.name}, or as text.`,
        { details: { entity: entity.className, table: entity.table, property: column.property, columns: [column.name], path: files[0] } },
      ); // prettier-ignore
    }
  }
}

/** The error with the file, the row and the column. */
async function told(engine: Engine, entity: EntitySchema, parts: readonly Part[], error: unknown): Promise<unknown> {
  if (!(error instanceof DatabaseError)) return error;
  const misfit = misfitIn(error.message);
  if (misfit === undefined) return plainly(error);
  const part = parts.find(({ shape }) => shape.files.some((file) => literalOf(file) === literalOf(misfit.file)));
  const value = (part ?? parts[0])?.values[misfit.column];
  if (value?.from === undefined) return error;
  const { column, from } = value;
  const row = part === undefined ? undefined : await rowOf(engine, part, value, misfit.file);
  const where = `${misfit.file}${row === undefined ? '' : `, row ${row}`}`;
  const why = misfit.isNull
    ? `is NOT NULL, and ${JSON.stringify(from.name)} is NULL`
    : `(${column.type.name}) cannot hold the ${typeSql(from.type)} in ${JSON.stringify(from.name)} exactly`;
  return new DatabaseError(
    misfit.isNull ? 'E_NOT_NULL' : 'E_CONVERSION',
    `${where}: ${entity.className}.${column.property} ${why}. Nothing was imported. Mend the file, or the type in the class.`,
    {
      cause: error,
      details: { entity: entity.className, table: entity.table, property: column.property, columns: [column.name], path: misfit.file, ...(row === undefined ? {} : { row }) },
    },
  ); // prettier-ignore
}

const literalOf = (file: string): string => file.replace(/^\.\//, '');

/** Counted by reading the file once more, up to there. */
async function rowOf(
  engine: Engine,
  { kind, shape }: Part,
  value: FileValue,
  file: string,
): Promise<number | undefined> {
  const own = shape.files.length === 1 ? shape.from : readCall(kind, [literalPath(file)], shape.own);
  try {
    return await aside(engine, undefined, async (connection) => {
      const result = await connection.runAndReadAll(misfitRowQuery(value, own));
      const found = result.getRowsJS()[0]?.[0];
      return found === undefined || found === null ? undefined : Number(found);
    });
  } catch {
    // it is gone by now, or another one: the first error is told without
    return undefined;
  }
}
