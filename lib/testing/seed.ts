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
 * Inserts rows, all or none. Entities may stand in any order, and one entity several times: what others refer to comes first, also among
 * rows of one entity that refer to each other. Of these, such as leave their key to the database come in the order given, one by one.
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
    for (const { entity, rows } of parentsFirst(merged(given)))
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

/** One set for each entity, since rows of one may refer to those of another. */
function merged(sets: readonly Rows[]): Rows[] {
  const rows = new Map<EntityClass, Rows['rows']>();
  for (const { entity, rows: more } of sets) rows.set(entity, [...(rows.get(entity) ?? []), ...more]);
  return [...rows].map(([entity, all]) => ({ entity, rows: all }));
}

/** A key as what a Map finds again, whichever of its forms it is given in; undefined where there is none. */
function canonical(key: unknown): unknown {
  if (key === null) return undefined;
  if (typeof key === 'bigint' || typeof key === 'number') return `number ${key}`;
  if (key instanceof Date) return `date ${key.getTime()}`;
  if (key instanceof Uint8Array) return `bytes ${Buffer.from(key).toString('hex')}`;
  return key;
}

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
  const unknown = rows.some((row) => own.some(({ key }) => canonical(row[key]) === undefined));
  let left = rows;
  while (left.length > 0) {
    const waiting = own.map(({ property, key }) => ({
      property,
      keys: new Set(left.map((row) => canonical(row[key]))),
    }));
    const waits = (row: Rows['rows'][number]): boolean =>
      waiting.some(({ property, keys }) => {
        const wanted = canonical(row[property]);
        return wanted !== undefined && keys.has(wanted);
      });
    const ready = left.filter((row) => !waits(row));
    if (ready.length === 0)
      refuse(`seed: rows of ${entity.name} refer to each other in a circle, which DuckDB refuses.`);
    // whom a key belongs to that the database makes shows only when it is there
    rounds.push(...(unknown ? ready.map((row) => [row]) : [ready]));
    left = left.filter(waits);
  }
  return rounds;
}
