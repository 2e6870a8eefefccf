// Rows of several entities into a database, in an order in which every row finds the one that it refers to. Not here: what a row lacks
// (factory.ts).
import { columnsOf, type BaseDuckDBManager, type ColumnSchema, type EntityClass, type Insert } from '../index.js'; // prettier-ignore
import { factory, type Factory } from './factory.js';
import { refuse } from './known-options.js';

/** Rows of one entity, whose missing values are filled in as by `factory`; or how many of them. */
export type SeedRows<E> = readonly Partial<Insert<E>>[] | number;

interface Rows {
  readonly entity: EntityClass;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Inserts rows, all or none. Entities may stand in any order: those that others refer to come first, also rows of one entity that refer
 * to each other.
 *
 * @throws DatabaseError `E_CONFIG` for a foreign key that is missing, and as `insertMany`; `E_FOREIGN_KEY` where what a row refers to is
 *   neither here nor there
 * @example await seed(db, [[Trade, [{ strategyId: 's1' }, { strategyId: 's1', price: '12.50' }]], [Strategy, [{ id: 's1' }]], [Price, 10]]);
 */
export async function seed<E extends readonly object[]>(
  db: BaseDuckDBManager,
  sets: readonly [...{ [K in keyof E]: readonly [entity: EntityClass<E[K]>, rows: SeedRows<E[K]>] }],
): Promise<void> {
  const factories = new Map<EntityClass, Factory<object>>();
  const factoryOf = (entity: EntityClass): Factory<object> => {
    const known = factories.get(entity) ?? factory(entity);
    factories.set(entity, known);
    return known;
  };
  const given = (sets as readonly (readonly [EntityClass, SeedRows<object>])[]).map(([entity, rows]): Rows => {
    const made = factoryOf(entity);
    return { entity, rows: typeof rows === 'number' ? made.rows(rows) : rows.map((each) => made.row(each)) };
  });
  await db.transaction(async () => {
    for (const { entity, rows } of parentsFirst(given))
      for (const some of ownParentsFirst(entity, rows)) await db.repository(entity).insertMany(some as never[]);
  });
}

interface Reference {
  readonly property: string;
  readonly target: EntityClass;
  readonly key: string;
}

const referencesOf = (entity: EntityClass): Reference[] =>
  columnsOf(entity).flatMap(({ property, references }: ColumnSchema) => {
    if (references === undefined) return [];
    const [target, key] = references();
    return [{ property, target, key }];
  });

function parentsFirst(sets: readonly Rows[]): Rows[] {
  const ordered = new Map<Rows, true>();
  const visit = (own: Rows): void => {
    if (ordered.has(own)) return;
    // circles cannot be: DuckDB makes no tables that refer to each other
    for (const { target } of referencesOf(own.entity))
      for (const other of sets) if (other.entity === target && target !== own.entity) visit(other);
    ordered.set(own, true);
  };
  for (const own of sets) visit(own);
  return [...ordered.keys()];
}

/** Rows in rounds: those of one refer to rows of earlier ones alone, for DuckDB checks each statement as a whole. */
function ownParentsFirst(entity: EntityClass, rows: Rows['rows']): Rows['rows'][] {
  const own = referencesOf(entity).filter(({ target }) => target === entity);
  if (own.length === 0) return rows.length === 0 ? [] : [rows];
  const rounds: Rows['rows'][] = [];
  let left = rows;
  while (left.length > 0) {
    const waiting = own.map(({ property, key }) => ({ property, keys: new Set(left.map((row) => row[key])) }));
    const waits = (row: Rows['rows'][number]): boolean =>
      waiting.some(({ property, keys }) => row[property] !== undefined && row[property] !== null && keys.has(row[property])); // prettier-ignore
    const ready = left.filter((row) => !waits(row));
    if (ready.length === 0)
      refuse(`seed: rows of ${entity.name} refer to each other in a circle, which DuckDB refuses.`);
    rounds.push(ready);
    left = left.filter(waits);
  }
  return rounds;
}
