// INSERT of the rows of files, into the table or a stage of it. Not here: the expressions (file-rows.ts), what becomes of a stage
// (write.ts).
import { quote } from '../entity/identifier.js';
import { readingOf } from '../entity/related.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { checkSql, valueSql, type FileValue } from './file-rows.js';
import { tableName, type Statement } from './statement.js';
import { stageColumns } from './write.js';

const rowsSql = (entity: EntitySchema, values: readonly FileValue[]): string =>
  values.map((value) => valueSql(entity, value)).join(', ');

const namesSql = (names: readonly string[]): string => names.map(quote).join(', ');

/** Straight into the table. */
export function insertFileStatement(entity: EntitySchema, values: readonly FileValue[], from: string): Statement {
  const names = namesSql(values.map(({ column }) => column.name));
  return {
    text: `INSERT INTO ${tableName(entity)} (${names}) SELECT ${rowsSql(entity, values)} FROM ${from}${checkSql(values)}`,
    parameters: [],
    reads: [],
    writes: [entity.id],
  };
}

/** Into a stage: with the number of their shape, and their places from `first` on. */
export function fileStageStatement(
  stage: string,
  entity: EntitySchema,
  values: readonly FileValue[],
  from: string,
  shape: number,
  first: number,
): Statement {
  const names = namesSql(stageColumns(values.map(({ column }) => column)));
  const place = `row_number() OVER () + ${first - 1}`;
  return {
    text: `INSERT INTO temp.${quote(stage)} (${names}) SELECT ${rowsSql(entity, values)}, ${shape}, ${place} FROM ${from}${checkSql(values)}`,
    parameters: [],
    reads: [],
    writes: [],
  };
}

/** The staged rows at places from `first` up to `end`, as their properties are given, and behind these the number of their shape. */
export function stagedRowsStatement(stage: string, columns: readonly Column[], first: number, end: number): Statement {
  const [shape, place] = stageColumns([]).map(quote);
  return {
    text: `SELECT ${namesSql(columns.map(({ name }) => name))}, ${shape} FROM temp.${quote(stage)} WHERE ${place} >= ${first} AND ${place} < ${end} ORDER BY ${place}`,
    parameters: [],
    reads: [],
    writes: [],
    as: [...columns.map(readingOf), 'number'],
  };
}
