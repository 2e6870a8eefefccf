// INSERT, upsert, UPDATE, DELETE over one entity. Not here: encoding of rows (row-encoder.ts), bulk
// loading (bulk.ts).
import type { DuckDBValue } from '@duckdb/node-api';
import { quote } from '../entity/identifier.js';
import type { As } from '../entity/property-type.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { defaultDdl } from './ddl.js';
import { DatabaseError } from '../errors.js';
import { Fragment } from '../fragment.js';
import { renderInto } from './render.js';
import { resolverOf } from './select.js';
import { SqlBuilder, tableName, type Statement } from './statement.js';
import { isEmpty, whereInto } from './where.js';

/** What to do with a row whose key exists already. */
export type OnConflict =
  | { readonly action: 'error' }
  | { readonly action: 'ignore'; readonly on?: readonly Column[] }
  | { readonly action: 'update'; readonly on: readonly Column[]; readonly update: readonly Column[] };

const names = (columns: readonly Column[]): string => columns.map((column) => quote(column.name)).join(', ');

function insertInto(entity: EntitySchema, values: ReadonlyMap<Column, DuckDBValue>): SqlBuilder {
  const builder = new SqlBuilder().add('INSERT INTO ').table(entity);
  if (values.size === 0) return builder.add(' DEFAULT VALUES');
  builder.add(` (${names([...values.keys()])}) VALUES (`);
  return builder.list(values, ([column, value]) => builder.parameter(value, column.type.duckdb)).add(')');
}

/** INSERT of one row, with what to do on conflict. */
export function upsertStatement(
  entity: EntitySchema,
  values: ReadonlyMap<Column, DuckDBValue>,
  onConflict: OnConflict,
): Statement {
  return insertInto(entity, values).add(conflictSql(onConflict)).writing(entity.id);
}

// Beside the entity's own columns, which may be called anything, a stage has two (and a query of it a third): which
// properties a row set, and its place among the rows. Not rowid, for a column of that name hides it.
const [SHAPE_NAME, PLACE_NAME] = ['mysingle shape', 'mysingle place'] as const;
const SHAPE = quote(SHAPE_NAME);
const PLACE = quote(PLACE_NAME);
const LATER = quote('mysingle later');

/** The names of all columns of a stage. */
export const stageColumns = (columns: readonly Column[]): readonly string[] => [
  ...columns.map((column) => column.name),
  SHAPE_NAME,
  PLACE_NAME,
];

/** An empty temporary table of the columns' types, a shape and a place, to stage rows in. */
export function createStageStatement(stage: string, entity: EntitySchema, columns: readonly Column[]): Statement {
  return internal(
    `CREATE TEMP TABLE ${quote(stage)} AS SELECT ${names(columns)}, 0::INTEGER AS ${SHAPE}, 0::BIGINT AS ${PLACE} FROM ${tableName(entity)} LIMIT 0`,
  );
}

export function dropStageStatement(stage: string): Statement {
  return internal(`DROP TABLE temp.${quote(stage)}`);
}

/** Whether a key stands twice among the staged rows: a row if it does. */
export function stagedTwiceStatement(stage: string, key: readonly Column[]): Statement {
  return internal(`SELECT 1 FROM temp.${quote(stage)} GROUP BY ${names(key)} HAVING count(*) > 1 LIMIT 1`);
}

/** Which staged rows: those in which these keys are whole, and these hold a NULL. */
export interface StagedPart {
  readonly whole: readonly (readonly Column[])[];
  readonly withNull: readonly (readonly Column[])[];
}

const holdsNull = (key: readonly Column[]): string => key.map((column) => `${quote(column.name)} IS NULL`).join(' OR ');

/**
 * INSERT of the staged rows of one shape; of rows with one key the last. An order is none of it: ON CONFLICT mixes rows anyway.
 *
 * @param twice whether a key may stand there twice: to look for the last of each takes a third of the time
 */
export function insertStagedStatement(
  stage: string,
  entity: EntitySchema,
  columns: readonly Column[],
  shape: number,
  onConflict: OnConflict,
  part: StagedPart,
  twice: boolean,
): Statement {
  const builder = new SqlBuilder()
    .add('INSERT INTO ')
    .table(entity)
    .add(` (${names(columns)}) SELECT ${names(columns)} FROM `);
  const conditions = [
    ...part.whole.filter((key) => key.some((column) => column.nullable)).map((key) => `NOT (${holdsNull(key)})`),
    ...part.withNull.map((key) => `(${holdsNull(key)})`),
  ];
  if (onConflict.action === 'update') conditions.unshift(`${SHAPE} = ${shape}`);
  const from = `temp.${quote(stage)}`;
  if (onConflict.action === 'update' && twice) {
    const last = `row_number() OVER (PARTITION BY ${names(onConflict.on)} ORDER BY ${PLACE} DESC)`;
    conditions.unshift(`${LATER} = 1`);
    builder.add(`(SELECT *, ${last} AS ${LATER} FROM ${from}) WHERE ${conditions.join(' AND ')} ORDER BY ${PLACE}`);
  } else builder.add(`${from}${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`);
  return builder.add(conflictSql(onConflict)).writing(entity.id);
}

function internal(text: string): Statement {
  return { text, parameters: [], reads: [], writes: [], internal: true };
}

/** The table's columns in their own order, which the appender follows. */
export function columnOrderStatement(entity: EntitySchema): Statement {
  return internal(`SELECT * FROM ${tableName(entity)} LIMIT 0`);
}

function conflictSql(conflict: OnConflict): string {
  if (conflict.action === 'error') return '';
  if (conflict.action === 'ignore')
    return ` ON CONFLICT${conflict.on === undefined ? '' : ` (${names(conflict.on)})`} DO NOTHING`;
  const target = ` ON CONFLICT (${names(conflict.on)})`;
  if (conflict.update.length === 0) return `${target} DO NOTHING`;
  const set = conflict.update.map((column) => `${quote(column.name)} = excluded.${quote(column.name)}`);
  return `${target} DO UPDATE SET ${set.join(', ')}`;
}

function refuseEmpty(entity: EntitySchema, where: unknown, verb: string): void {
  if (isEmpty(where)) {
    throw new DatabaseError(
      'E_QUERY',
      `${verb} on ${entity.className}: the condition is empty. To ${verb} every row, write all().`,
    );
  }
}

/** UPDATE by a patch of encoded values and fragments. */
export function updateStatement(
  entity: EntitySchema,
  where: unknown,
  patch: ReadonlyMap<Column, { value: DuckDBValue } | Fragment>,
): Statement {
  refuseEmpty(entity, where, 'update');
  if (patch.size === 0) throw new DatabaseError('E_QUERY', `update on ${entity.className}: the patch sets nothing.`);
  const builder = new SqlBuilder().add('UPDATE ').table(entity).add(' SET ');
  builder.list(patch, ([column, change]) => {
    builder.add(`${quote(column.name)} = `);
    if (change instanceof Fragment) renderInto(builder.add('('), change).add(')');
    else builder.parameter(change.value, column.type.duckdb);
  });
  return whereInto(builder, where, resolverOf(entity)).writing(entity.id);
}

export function deleteStatement(entity: EntitySchema, where: unknown): Statement {
  refuseEmpty(entity, where, 'delete');
  return whereInto(new SqlBuilder().add('DELETE FROM ').table(entity), where, resolverOf(entity)).writing(entity.id);
}

/** `count` values of an SQL default, for rows whose value only the database can make. */
export function defaultValuesStatement(entity: EntitySchema, column: Column, count: number): Statement {
  const expression = defaultDdl(entity, column) ?? 'NULL';
  return {
    ...internal(`SELECT CAST(${expression} AS ${column.type.ddl}) FROM range(${count})`),
    as: [exactAs(column)],
  };
}

/** How to read a column so that nothing is lost: instants by their microseconds, a timetz by its text, which has the offset. */
export function exactAs(column: Column): As | undefined {
  if (column.type.name === 'timetz') return undefined;
  return column.type.as.includes('bigint') ? 'bigint' : column.as;
}
