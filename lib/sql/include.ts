// Rows with what is related to them, in one statement: related rows come as structs, many of them as a list. Not here: how
// they are read (entity/related.ts).
import { foreignKeysOf } from '../entity/catalog.js';
import { hydrateOf } from '../entity/hydrate.js';
import { identifierProblem, quote, quoteLiteral } from '../entity/identifier.js';
import { Related, readingOf, type ColumnReading } from '../entity/related.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { schemaOf } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import { Relation } from './relation.js';
import { comparedColumn, orderInto, orderKeys, resolverOf, selectedColumns, wholeNumber } from './select.js';
import type { SqlBuilder } from './statement.js';
import { whereInto } from './where.js';

/** One relation, resolved. */
export interface Included {
  /** the property that it becomes */
  readonly name: string;
  readonly relation: Relation;
  readonly rows: Rows;
  /** of the row that it is related to, and of the related rows: what is equal */
  readonly from: Column;
  readonly to: Column;
}

/** Rows of an entity: which columns, and what is related to them. */
export interface Rows {
  readonly entity: EntitySchema;
  readonly columns: readonly Column[];
  readonly includes: readonly Included[];
}

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

/** @throws DatabaseError `E_QUERY` for relations that there are not, and names that are taken */
export function rowsOf(entity: EntitySchema, select: unknown, include: unknown): Rows {
  return { entity, columns: selectedColumns(entity, select), includes: includesOf(entity, include) };
}

function includesOf(entity: EntitySchema, include: unknown): readonly Included[] {
  if (include === undefined) return [];
  if (typeof include !== 'object' || include === null || Array.isArray(include))
    return fail('include is an object of relations, such as { trades: many(Trade) }.');
  return Object.entries(include).map(([name, relation]: [string, unknown]) => {
    const what = `include on ${entity.className}: '${name}'`;
    const problem = identifierProblem(name);
    if (problem !== undefined) fail(`include on ${entity.className}: the name ${JSON.stringify(name)} ${problem}.`);
    if (!(relation instanceof Relation)) fail(`${what} is no relation. Write many(Entity) or one(Entity).`);
    if (entity.byProperty.has(name)) fail(`${what} is a column of the entity. Choose another name.`);
    if (name in (entity.target.prototype as object))
      fail(`${what} is a method or an accessor of the class. Choose another name.`);
    const { select, include: further } = relation.options;
    const rows = rowsOf(schemaOf(relation.entity), select, further);
    return { name, relation, rows, ...equalOf(entity, relation, rows.entity) };
  });
}

/** The columns of the foreign key, this side first. */
function equalOf(entity: EntitySchema, { kind, options }: Relation, other: EntitySchema): { from: Column; to: Column } {
  const [child, parent] = kind === 'many' ? [other, entity] : [entity, other];
  const what = `include on ${entity.className}: ${kind}(${other.className})`;
  const keys = foreignKeysOf(child).filter(({ target }) => target.target === parent.target);
  const properties = keys.map(({ column }) => column.property);
  if (keys.length === 0)
    return fail(
      `${what} needs a foreign key from ${child.className} to ${parent.className}: give a column of ${child.className} { references: () => [${parent.className}, '...'] }.`,
    );
  const { by } = options;
  if (by === undefined && keys.length > 1)
    fail(`${what}: ${child.className} refers to ${parent.className} by several columns. Say which: { by: '${properties.join("' | '")}' }.`); // prettier-ignore
  const key = by === undefined ? keys[0] : keys.find(({ column }) => column.property === by);
  if (key === undefined)
    return fail(
      `${what}: by is no column of ${child.className} that refers to ${parent.className}. There is: ${properties.join(', ')}.`,
    );
  return kind === 'many' ? { from: key.targetColumn, to: key.column } : { from: key.column, to: key.targetColumn };
}

/** The properties of rows, in the order of their columns. */
export const propertiesOf = ({ columns, includes }: Rows): readonly string[] => [
  ...columns.map((column) => column.property),
  ...includes.map(({ name }) => name),
];

/** How the columns of rows are read. */
export const readingsOf = ({ columns, includes }: Rows): readonly ColumnReading[] => [
  ...columns.map(readingOf),
  ...includes.map(
    ({ relation, rows }) =>
      new Related(
        relation.kind === 'one' ? 'one' : isOrdered(relation) ? 'in order' : 'many',
        readingsOf(rows),
        hydrateOf(rows.entity, propertiesOf(rows)),
      ),
  ),
];

/** Names for the rows of each level that no table and no column of them has, so that a bare name never means another one's. */
export function aliasesOf(rows: Rows): (level: number) => string {
  const names = new Set<string>();
  const visit = ({ entity, includes }: Rows): void => {
    for (const name of [entity.table, ...entity.columns.map((column) => column.name)]) names.add(name.toLowerCase());
    for (const included of includes) visit(included.rows);
  };
  visit(rows);
  let prefix = 'r';
  while ([...names].some((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))) prefix += '_';
  return (level) => `${prefix}${level}`;
}

/** The related rows of a row that is called by the alias of a level, as one expression. */
export function relatedInto(
  builder: SqlBuilder,
  { relation, rows, from, to }: Included,
  alias: (level: number) => string,
  level: number,
): void {
  const [outer, inner] = [alias(level), alias(level + 1)];
  const { kind, options } = relation;
  const equal = `${quote(to.name)} = ${outer}.${quote(from.name)}`;
  const fields = (): void => {
    builder.list(rows.columns, ({ name }) => builder.add(`${quoteLiteral(name)}: ${inner}.${quote(name)}`));
    for (const [index, included] of rows.includes.entries()) {
      builder.add(`, '${freeName(rows, `with ${index}`)}': `);
      relatedInto(builder, included, alias, level + 1);
    }
    builder.add('}');
  };
  if (kind === 'one') {
    builder.add('(SELECT {');
    fields();
    builder.add(' FROM ').table(rows.entity).add(` AS ${inner} WHERE ${inner}.${equal})`);
    return;
  }
  const place = freeName(rows, 'place');
  builder.add('(SELECT list({');
  if (isOrdered(relation)) builder.add(`'${place}': ${inner}.${quote(place)}, `);
  fields();
  builder.add(') FROM (SELECT *');
  if (isOrdered(relation)) {
    builder.add(', row_number() OVER (');
    orderInto(builder, options.orderBy, (property) => quote(comparedColumn(rows.entity, property).name));
    builder.add(`) AS ${quote(place)}`);
  }
  builder.add(' FROM ').table(rows.entity).add(` WHERE ${equal}`);
  whereInto(builder, options.where, resolverOf(rows.entity), 'AND');
  if (options.limit !== undefined) {
    const limit = wholeNumber('limit', options.limit);
    builder.add(isOrdered(relation) ? ` QUALIFY ${quote(place)} <= ${limit}` : ` LIMIT ${limit}`);
  }
  builder.add(`) AS ${inner})`);
}

/** By a number of each row: `list(... ORDER BY ...)` sorts within each list by itself, which takes five times as long. */
const isOrdered = ({ kind, options }: Relation): boolean => kind === 'many' && orderKeys(options.orderBy).length > 0;

/** A name that no column of the rows has. */
function freeName({ entity }: Rows, name: string): string {
  while (entity.columns.some((column) => column.name.toLowerCase() === name)) name += '_';
  return name;
}

/**
 * Appends a SELECT: the columns, whatever `more` are behind them, and what is related; `which` appends WHERE, ORDER BY and LIMIT.
 * With relations the rows are found first, and only to these the others; `order` appends their order again.
 */
export function rowsInto(
  builder: SqlBuilder,
  rows: Rows,
  more: readonly Column[],
  which: () => void,
  order: (sql: (column: Column) => string) => void,
): SqlBuilder {
  const columns = [...rows.columns, ...more];
  builder.add('SELECT ');
  if (rows.includes.length === 0) {
    builder.list(columns, ({ name }) => builder.add(quote(name)));
    builder.add(' FROM ').table(rows.entity);
    which();
    return builder;
  }
  const alias = aliasesOf(rows);
  const sql = ({ name }: Column): string => `${alias(1)}.${quote(name)}`;
  builder.list(columns, (column) => builder.add(sql(column)));
  for (const included of rows.includes) {
    builder.add(', ');
    relatedInto(builder, included, alias, 1);
    builder.add(` AS ${quote(included.name)}`);
  }
  builder.add(' FROM (SELECT * FROM ').table(rows.entity);
  which();
  builder.add(`) AS ${alias(1)}`);
  order(sql);
  return builder;
}
