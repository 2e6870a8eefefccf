// The DDL of entities as text. Not here: what is there already (schema/).
import { catalogOf, foreignKeysOf, sequenceOf, type Catalog, type Sequence } from '../entity/catalog.js';
import { DefaultValue } from '../entity/default.js';
import { quote, quoteLiteral } from '../entity/identifier.js';
import type { EntityClass } from '../entity/row.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import type { EnumType } from '../entity/types.js';
import { Fragment } from '../fragment.js';
import { literal } from './literal.js';
import { renderDdl } from './render.js';
import { tableName } from './statement.js';

const qualified = ({ schema, name }: Pick<Sequence, 'schema' | 'name'>): string => tableName({ schema, table: name });

export const createSchema = (schema: string): string => `CREATE SCHEMA ${quote(schema)}`;
export const createSequence = (sequence: Sequence, start?: bigint): string =>
  `CREATE SEQUENCE ${qualified(sequence)}${start === undefined ? '' : ` START ${start}`}`;
export const createEnum = ({ name, values }: EnumType): string =>
  `CREATE TYPE ${quote(name)} AS ENUM (${values.map(quoteLiteral).join(', ')})`;

/**
 * CREATE TABLE with all its constraints.
 *
 * @param alone without foreign keys, for a database that does not hold the rows they refer to
 */
export function createTable(entity: EntitySchema, alone = false): string {
  const lines = entity.columns.map((column) => columnDdl(entity, column));
  const names = (columns: readonly Column[]): string => columns.map((column) => quote(column.name)).join(', ');
  if (entity.primaryKey.length > 0) lines.push(`PRIMARY KEY (${names(entity.primaryKey)})`);
  for (const column of entity.columns) if (column.unique) lines.push(`UNIQUE (${names([column])})`);
  for (const { column, target, targetColumn } of alone ? [] : foreignKeysOf(entity)) {
    lines.push(`FOREIGN KEY (${names([column])}) REFERENCES ${tableName(target)} (${names([targetColumn])})`);
  }
  for (const [name, check] of Object.entries(entity.checks))
    lines.push(`CONSTRAINT ${quote(name)} CHECK (${renderDdl(check)})`);
  return `CREATE TABLE ${tableName(entity)} (\n  ${lines.join(',\n  ')}\n)`;
}

function columnDdl(entity: EntitySchema, column: Column): string {
  const parts = [quote(column.name), column.type.ddl];
  if (column.generated !== undefined) parts.push(`GENERATED ALWAYS AS (${renderDdl(column.generated)}) VIRTUAL`);
  else {
    if (!column.nullable) parts.push('NOT NULL');
    const value = defaultDdl(entity, column);
    if (value !== undefined) parts.push(`DEFAULT ${value}`);
    if (column.check !== undefined) parts.push(`CHECK (${renderDdl(column.check)})`);
  }
  return parts.join(' ');
}

/** The SQL of a column's default. */
export function defaultDdl(entity: EntitySchema, column: Column): string | undefined {
  const value = column.default;
  if (value === undefined) return undefined;
  if (value instanceof Fragment) return `(${renderDdl(value)})`;
  if (!(value instanceof DefaultValue)) return literal(value.literal);
  const sequence = sequenceOf(entity, column);
  return value.ddl(column.type, sequence === undefined ? '' : qualified(sequence));
}

/** CREATE INDEX for each index of an entity, with its name. */
export function createIndexes(entity: EntitySchema): readonly { readonly name: string; readonly ddl: string }[] {
  return entity.indexes.map(({ name, columns, unique }) => ({
    name,
    ddl: `CREATE ${unique ? 'UNIQUE ' : ''}INDEX ${quote(name)} ON ${tableName(entity)} (${columns.map((column) => quote(column.name)).join(', ')})`,
  }));
}

/** COMMENT ON for the table and its columns. */
export function comments(entity: EntitySchema): readonly string[] {
  const own =
    entity.comment === undefined ? [] : [`COMMENT ON TABLE ${tableName(entity)} IS ${quoteLiteral(entity.comment)}`];
  const columns = entity.columns.flatMap((column) =>
    column.comment === undefined
      ? []
      : [`COMMENT ON COLUMN ${tableName(entity)}.${quote(column.name)} IS ${quoteLiteral(column.comment)}`],
  );
  return [...own, ...columns];
}

/** Everything a catalog needs, in order; tables `alone` where asked for. */
export function createAll(catalog: Catalog, alone = false): readonly string[] {
  return [
    ...catalog.schemas.map(createSchema),
    ...catalog.enums.map(createEnum),
    ...catalog.sequences.map((sequence) => createSequence(sequence)),
    ...catalog.tables.flatMap((entity) => [
      createTable(entity, alone),
      ...createIndexes(entity).map((index) => index.ddl),
      ...comments(entity),
    ]),
  ];
}

/**
 * The DDL of one or several entities, in the order it must run, each statement ended by `;`. Needs no database.
 *
 * @throws DatabaseError `E_DECLARATION` for what only shows when classes are seen together (two tables with one name, ...)
 * @example console.log(ddlOf([Strategy, Trade]));
 */
export function ddlOf(entities: EntityClass | readonly EntityClass[]): string {
  return createAll(
    catalogOf(Array.isArray(entities) ? (entities as readonly EntityClass[]) : [entities as EntityClass]),
  )
    .map((statement) => `${statement};\n`)
    .join('');
}
