// The difference between what a database holds and what the entities say: what is missing, and what differs. Pure.
import type { Catalog } from '../entity/catalog.js';
import type { Definition } from '../engine/definition.js';
import type { EntitySchema } from '../entity/schema.js';
import { comments, createEnum, createIndexes, createSchema, createSequence, createTable } from '../sql/ddl.js';
import { keyOf, type Found, type FoundColumn, type FoundTable } from './inspect.js';

const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** An object that is not there. */
export interface Missing {
  readonly what: string;
  /** the DDL that makes it */
  readonly ddl: readonly Definition[];
}

/** What it takes to make a database what its entities say. */
export interface Plan {
  /** objects that are not there, with the DDL that makes them, in order */
  readonly missing: readonly Missing[];
  /** objects that are there and not as declared, each in a sentence */
  readonly differences: readonly string[];
}

/** Whether any declared table is there already, so that shapes must be compared. */
export function touchesExisting(catalog: Catalog, found: Found): boolean {
  return catalog.tables.some((entity) => found.tables.has(keyOf(entity.schema, entity.table)));
}

/**
 * @param expected the same catalog created in an empty database and inspected, so that DuckDB itself does the
 *   normalising of defaults, checks and types; needed only where something exists already
 */
export function planSchema(catalog: Catalog, found: Found, expected: Found | undefined): Plan {
  const missing: Missing[] = [];
  const differences: string[] = [];
  for (const schema of catalog.schemas) {
    if (!found.schemas.has(schema.toLowerCase()))
      missing.push({ what: `schema "${schema}"`, ddl: [{ text: createSchema(schema) }] });
  }
  for (const own of catalog.enums) {
    const values = found.enums.get(keyOf(undefined, own.name));
    if (values === undefined) missing.push({ what: `enum "${own.name}"`, ddl: [{ text: createEnum(own) }] });
    else if (JSON.stringify(values) !== JSON.stringify(own.values)) {
      differences.push(
        `enum "${own.name}" is (${values.join(', ')}) in the database and (${own.values.join(', ')}) in the class`,
      );
    }
  }
  for (const sequence of catalog.sequences) {
    if (!found.sequences.has(keyOf(sequence.schema, sequence.name)))
      missing.push({
        what: `sequence "${sequence.name}"`,
        ddl: [
          {
            text: createSequence(sequence),
            beside: (farStart) => createSequence(sequence, farStart(sequence.bits)),
          },
        ],
      });
  }
  for (const entity of catalog.tables) planTable(entity, found, expected, missing, differences);
  return { missing, differences };
}

function planTable(
  entity: EntitySchema,
  found: Found,
  expected: Found | undefined,
  missing: Missing[],
  differences: string[],
): void {
  const key = keyOf(entity.schema, entity.table);
  const what = `table "${entity.table}"`;
  if (found.views.has(key)) differences.push(`${what} is a view in the database`);
  const table = found.tables.get(key);
  if (table === undefined || found.views.has(key)) {
    if (table === undefined)
      missing.push({
        what,
        ddl: [
          { text: createTable(entity), beside: () => createTable(entity, true) },
          ...[...createIndexes(entity).map((index) => index.ddl), ...comments(entity)].map((text) => ({ text })),
        ],
      });
    return;
  }
  const wanted = expected?.tables.get(key);
  if (wanted !== undefined)
    differences.push(...tableDifferences(entity, table, wanted).map((difference) => `${what}: ${difference}`));
  for (const index of createIndexes(entity)) {
    const indexKey = keyOf(entity.schema, index.name);
    const [there, declared] = [found.indexes.get(indexKey), expected?.indexes.get(indexKey)];
    if (there === undefined) missing.push({ what: `index "${index.name}"`, ddl: [{ text: index.ddl }] });
    else if (
      declared !== undefined &&
      (!sameName(there.text, declared.text) || !sameName(there.table, declared.table))
    ) {
      differences.push(
        `index "${index.name}" is ${there.text} of "${there.table}" in the database and ${declared.text} of "${declared.table}" in the class`,
      );
    }
  }
  const declaredIndexes = new Set(entity.indexes.map((index) => keyOf(entity.schema, index.name)));
  for (const [indexKey, index] of found.indexes) {
    // an index that only makes reads faster is nobody's business; a unique one refuses rows
    if (keyOf(index.schema, index.table) === key && index.text.startsWith('unique') && !declaredIndexes.has(indexKey)) {
      differences.push(`${what}: unique index "${index.name}" ${index.text} is in the database and not in the class`);
    }
  }
}

function tableDifferences(entity: EntitySchema, table: FoundTable, wanted: FoundTable): string[] {
  const differences: string[] = [];
  const there = new Map(table.columns.map((column) => [column.name.toLowerCase(), column]));
  for (const column of wanted.columns) {
    const found = there.get(column.name.toLowerCase());
    const own = entity.columns.find((each) => each.name === column.name);
    if (found !== undefined) differences.push(...columnDifferences(found, column, own?.generated !== undefined));
    else {
      const former = own?.renamedFrom;
      const renamed =
        former !== undefined && there.has(former.toLowerCase()) ? ` (there is "${former}", its former name)` : '';
      differences.push(`column "${column.name}" ${column.type} is not in the database${renamed}`);
    }
  }
  const declared = new Set(wanted.columns.map((column) => column.name.toLowerCase()));
  for (const column of table.columns) {
    if (!declared.has(column.name.toLowerCase()))
      differences.push(`column "${column.name}" ${column.type} is in the database and not in the class`);
  }
  for (const constraint of wanted.constraints)
    if (!table.constraints.includes(constraint)) differences.push(`${constraint} is not in the database`);
  for (const constraint of table.constraints)
    if (!wanted.constraints.includes(constraint))
      differences.push(`${constraint} is in the database and not in the class`);
  return differences;
}

function columnDifferences(found: FoundColumn, wanted: FoundColumn, generated: boolean): string[] {
  const name = `column "${wanted.name}"`;
  const differences: string[] = [];
  if (found.type !== wanted.type)
    differences.push(`${name} is ${found.type} in the database and ${wanted.type} in the class`);
  if (found.nullable !== wanted.nullable) {
    differences.push(
      `${name} is ${found.nullable ? 'nullable' : 'NOT NULL'} in the database and ${wanted.nullable ? 'nullable' : 'NOT NULL'} in the class`,
    );
  }
  if (found.expression !== wanted.expression) {
    const kind = generated ? 'expression' : 'default';
    const said = (expression: string | undefined): string =>
      expression === undefined ? `no ${kind}` : `the ${kind} ${expression}`;
    differences.push(
      `${name} has ${said(found.expression)} in the database and ${said(wanted.expression)} in the class`,
    );
  }
  return differences;
}
