// SELECT of rows of files as rows of an entity: each column cast exactly, or an error that says which value of which file does not
// fit. Not here: which columns a file has (engine/file-shape.ts), what is done with the rows.
import type { DuckDBType } from '@duckdb/node-api';
import { quote, quoteLiteral } from '../entity/identifier.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { defaultDdl } from './ddl.js';
import { exactCast } from './exact-cast.js';

/** Where the value of a column comes from. */
export interface FileValue {
  readonly column: Column;
  readonly type: DuckDBType;
  /** the column of the file; undefined where it has none */
  readonly from: { readonly name: string; readonly type: DuckDBType } | undefined;
}

const MARK = 'mysingle_misfit';

/** What the error of a value says: which column, why, and the file. */
export function misfitIn(message: string): { column: number; isNull: boolean; file: string } | undefined {
  const [, column, why, file] = /mysingle_misfit:(\d+):(null|value):([\s\S]*)$/.exec(message) ?? [];
  return column === undefined ? undefined : { column: Number(column), isNull: why === 'null', file: file ?? '' };
}

/**
 * The value of a column, where it has passed `checkSql`.
 *
 * @throws NoCast for a column of the file that cannot be one of the entity
 */
export function valueSql(entity: EntitySchema, { column, type, from }: FileValue): string {
  if (from === undefined) return `CAST(${defaultDdl(entity, column) ?? 'NULL'} AS ${column.type.ddl})`;
  return exactCast(quote(from.name), from.type, type).sql;
}

/** Conditions under which a value is refused. */
function refusals({ column, type, from }: FileValue): readonly { readonly when: string; readonly why: string }[] {
  if (from === undefined) return [];
  const value = quote(from.name);
  const { fits } = exactCast(value, from.type, type);
  const isNull = column.nullable ? [] : [{ when: `${value} IS NULL`, why: 'null' }];
  if (fits === undefined) return isNull;
  return [...isNull, { when: `${value} IS NOT NULL AND NOT coalesce(${fits}, false)`, why: 'value' }];
}

/** A condition that is true, or an error: the casts of a row come behind it. Empty where no value can be wrong. */
export function checkSql(values: readonly FileValue[]): string {
  const cases = values.flatMap((value, index) =>
    refusals(value).map(
      ({ when, why }) =>
        `WHEN ${when} THEN CAST(error(${quoteLiteral(`${MARK}:${index}:${why}:`)} || filename) AS BOOLEAN)`,
    ),
  );
  return cases.length === 0 ? '' : ` WHERE CASE ${cases.join(' ')} ELSE true END`;
}

/** The number of the first row, from 1, whose value does not fit. */
export function misfitRowQuery(value: FileValue, from: string): string {
  const wrong = refusals(value).map(({ when }) => `(${when})`);
  const row = quote('mysingle row');
  return `SELECT ${row} FROM (SELECT *, row_number() OVER () AS ${row} FROM ${from}) WHERE ${wrong.join(' OR ') || 'false'} ORDER BY 1 LIMIT 1`;
}
