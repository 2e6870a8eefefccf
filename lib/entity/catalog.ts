// Several entities together: what their database holds, in the order it must be created, and the checks that need more
// than one class. Not here: SQL text.
import { DatabaseError } from '../errors.js';
import { DefaultValue } from './default.js';
import type { EntityClass } from './row.js';
import { schemaOf, type Column, type EntitySchema } from './schema.js';
import type { EnumType } from './types.js';

export interface Sequence {
  readonly schema: string | undefined;
  readonly name: string;
  /** how many bits its positive numbers may have in the column that it fills; where there are several, in the narrowest */
  readonly bits: number;
}

export interface ForeignKey {
  readonly column: Column;
  readonly target: EntitySchema;
  readonly targetColumn: Column;
}

/** All objects of a database, parents before children. */
export interface Catalog {
  readonly schemas: readonly string[];
  readonly enums: readonly EnumType[];
  readonly sequences: readonly Sequence[];
  readonly tables: readonly EntitySchema[];
  /** entities that are read from files: nothing of them is in the database */
  readonly files: readonly EntitySchema[];
}

function fail(what: string, why: string): never {
  throw new DatabaseError('E_DECLARATION', `${what}: ${why}`);
}

/** The sequence of a column whose default is `sequence()`. */
export function sequenceOf(entity: EntitySchema, column: Column): Sequence | undefined {
  if (!(column.default instanceof DefaultValue) || column.default.sequenceName === undefined) return undefined;
  if (entity.schema?.includes('"')) {
    const what = `${entity.className}.${column.property}`;
    fail(
      what,
      `DuckDB's nextval() cannot reach a sequence in the schema ${entity.schema}, whose name holds a double quote.`,
    );
  }
  return {
    schema: entity.schema,
    name: column.default.sequenceName || `${entity.table}_${column.name}_seq`.replaceAll('"', '_'),
    bits: KEY_BITS[column.type.name] ?? SAFE_BITS,
  };
}

const KEY_BITS: Readonly<Record<string, number>> = {
  tinyint: 7, utinyint: 8, smallint: 15, usmallint: 16, integer: 31, uinteger: 32, float: 24,
}; // prettier-ignore
/** what a number of JavaScript holds exactly */
const SAFE_BITS = 53;

/** The foreign keys of an entity, resolved and checked. */
export function foreignKeysOf(entity: EntitySchema): readonly ForeignKey[] {
  return entity.columns.flatMap((column) => {
    if (column.references === undefined) return [];
    const what = `${entity.className}.${column.property}`;
    const reference: unknown = column.references();
    if (!Array.isArray(reference) || reference.length !== 2)
      fail(what, "references gives a pair: () => [Strategy, 'id'].");
    const [targetClass, property] = reference as [unknown, string];
    const target = schemaOf(targetClass);
    const targetColumn = target.byProperty.get(property);
    if (targetColumn === undefined) fail(what, `references ${target.className}.${property}, which is no column.`);
    const found = targetColumn;
    const solePrimaryKey = found.primaryKey && target.primaryKey.length === 1;
    if (!solePrimaryKey && !found.unique)
      fail(what, `references ${target.className}.${property}, which is neither the primary key nor unique.`);
    if (found.type.ddl !== column.type.ddl)
      fail(what, `is ${column.type.name}, but ${target.className}.${property} is ${found.type.name}.`);
    if (target.from !== undefined)
      fail(what, `references ${target.className}, whose rows are read from files, which have no keys.`);
    if (target.schema !== entity.schema)
      fail(what, 'references a table in another schema, which DuckDB has no foreign keys for.');
    return [{ column, target, targetColumn: found }];
  });
}

/**
 * @throws DatabaseError `E_DECLARATION` for two entities with one table, two enums or indexes with one name, and foreign
 *   keys that cannot be
 */
export function catalogOf(entities: readonly EntityClass[]): Catalog {
  if (!Array.isArray(entities)) fail('entities', 'give an array of entity classes.');
  const given = [...new Set(entities)].map((entity) => schemaOf(entity));
  const schemas = given.filter((entity) => entity.from === undefined);
  unique(schemas, (entity) => [entity.id], 'table');
  unique(
    schemas,
    (entity) => entity.indexes.map((index) => `${entity.schema ?? 'main'}.${index.name}`.toLowerCase()),
    'index',
  );
  const sequences = new Map<string, Sequence>();
  for (const entity of schemas) {
    for (const column of entity.columns) {
      const sequence = sequenceOf(entity, column);
      if (sequence === undefined) continue;
      const key = `${sequence.schema ?? 'main'}.${sequence.name}`.toLowerCase();
      if (sequence.bits < (sequences.get(key)?.bits ?? Infinity)) sequences.set(key, sequence);
    }
  }
  return {
    schemas: [...new Set(schemas.flatMap((entity) => entity.schema ?? []))].filter(
      (schema) => schema.toLowerCase() !== 'main',
    ),
    enums: enumsOf(schemas),
    sequences: [...sequences.values()],
    tables: parentsFirst(schemas),
    files: given.filter((entity) => entity.from !== undefined),
  };
}

function unique(
  entities: readonly EntitySchema[],
  names: (entity: EntitySchema) => readonly string[],
  kind: string,
): void {
  const owners = new Map<string, EntitySchema>();
  for (const entity of entities) {
    for (const name of names(entity)) {
      const owner = owners.get(name);
      if (owner !== undefined) {
        fail(
          `${owner.className} and ${entity.className}`,
          `both declare the ${kind} '${name.replace(/^main\./, '')}' (DuckDB folds case). Rename one.`,
        );
      }
      owners.set(name, entity);
    }
  }
}

function enumsOf(entities: readonly EntitySchema[]): readonly EnumType[] {
  const enums = new Map<string, EnumType>();
  for (const entity of entities) {
    for (const column of entity.columns) {
      for (const own of column.type.enums) {
        const known = enums.get(own.name.toLowerCase());
        if (known !== undefined && JSON.stringify(known) !== JSON.stringify(own)) {
          fail(
            `${entity.className}.${column.property}`,
            `the enum '${own.name}' is declared twice with different values or case. Declare it once and share it.`,
          );
        }
        enums.set(own.name.toLowerCase(), own);
      }
    }
  }
  return [...enums.values()];
}

/** Parents before the tables that refer to them; cycles cannot be created in DuckDB. */
function parentsFirst(entities: readonly EntitySchema[]): readonly EntitySchema[] {
  const ordered = new Set<EntitySchema>();
  const visit = (entity: EntitySchema, path: readonly EntitySchema[]): void => {
    if (ordered.has(entity)) return;
    if (path.includes(entity)) {
      fail(
        entity.className,
        `its foreign keys form a circle (${[...path, entity].map((each) => each.className).join(' -> ')}), which DuckDB cannot create. Drop one.`,
      );
    }
    for (const { target } of foreignKeysOf(entity)) {
      if (target === entity) continue;
      if (!entities.includes(target))
        fail(entity.className, `refers to ${target.className}, which is not among the entities. Add it.`);
      visit(target, [...path, entity]);
    }
    ordered.add(entity);
  };
  for (const entity of entities) visit(entity, []);
  return [...ordered];
}
