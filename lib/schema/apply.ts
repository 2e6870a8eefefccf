// Boot: look, compare, create what is missing, refuse what differs. Not here: changing tables that exist.
import type { DuckDBConnection } from '@duckdb/node-api';
import { catalogOf, type Catalog } from '../entity/catalog.js';
import type { EntityClass } from '../entity/row.js';
import type { Database } from '../engine/database.js';
import type { Engine } from '../engine/engine.js';
import { DatabaseError, classify, isDatabaseError } from '../errors.js';
import { createAll } from '../sql/ddl.js';
import { EVERYTHING } from '../sql/statement.js';
import { agreeWithFiles } from './files.js';
import { EMPTY, inspect, type Found } from './inspect.js';
import { planSchema, touchesExisting, type Plan } from './plan.js';

/**
 * - `create`: create missing schemas, enums, sequences, tables and indexes; refuse to start where a table differs;
 * - `verify`: refuse to start where anything is missing or differs;
 * - `off`: do not look.
 */
export type SchemaMode = 'create' | 'verify' | 'off';

const EXPECTED = 'mysingle_expected';
const ATTEMPTS = 5;

/**
 * @returns what was created
 * @throws DatabaseError `E_SCHEMA_DRIFT` with every difference, `E_DECLARATION` for entities that do not go together
 */
export async function applySchema(
  engine: Engine,
  entities: readonly EntityClass[],
  mode: SchemaMode,
): Promise<readonly string[]> {
  const catalog = catalogOf(entities);
  const { empty } = engine.database;
  engine.database.opened();
  if (mode !== 'off') await agreeWithFiles(engine.database, catalog.files);
  if (catalog.tables.length === 0) return [];
  if (mode === 'off') {
    engine.database.entitiesMayBeViews = true;
    return [];
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      const created = await agree(engine, catalog, mode, empty && attempt === 1);
      // a boot that only looks ends no cached value: those of the last session would never be of use
      if (created.length > 0) {
        engine.database.clock.wrote([EVERYTHING]);
        engine.database.schemaChanged();
      }
      return created;
    } catch (error) {
      // two managers of one process may boot on one file at once; the second one finds the tables there
      if (!wasOvertaken(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Another boot was faster: in the same moment, or between this one's look and its DDL. */
function wasOvertaken(error: unknown): boolean {
  return isDatabaseError(error) && (error.code === 'E_CONFLICT' || error.details['reason'] === 'exists');
}

async function agree(engine: Engine, catalog: Catalog, mode: SchemaMode, empty: boolean): Promise<readonly string[]> {
  const { database } = engine;
  // one of its own, which nobody writes down: it looks, and makes a database to compare with
  const connection = await database.connect();
  try {
    const found = empty ? EMPTY : await inspect(connection, database.alias);
    const expected = touchesExisting(catalog, found) ? await inspectExpected(connection, catalog, database) : undefined;
    const plan = planSchema(catalog, found, expected);
    refuseDrift(plan, mode);
    const definitions = plan.missing.flatMap((missing) => missing.ddl);
    if (definitions.length === 0) return [];
    await engine.define(definitions);
    if (database.mode !== 'memory') await checkpoint(connection, database.alias);
    return plan.missing.map((missing) => missing.what);
  } catch (error) {
    throw classify(error, { operation: 'schema' });
  } finally {
    connection.closeSync();
  }
}

/** The catalog as DuckDB would make it, from an empty database in memory. */
async function inspectExpected(connection: DuckDBConnection, catalog: Catalog, database: Database): Promise<Found> {
  // beside another boot of this process, which has one of its own
  const name = `${EXPECTED}_${(expectedCount += 1)}`;
  await connection.run(`ATTACH ':memory:' AS ${name}`);
  try {
    await connection.run(`USE ${name}`);
    for (const statement of createAll(catalog, database.fallback !== undefined)) await connection.run(statement);
    return await inspect(connection, name);
  } finally {
    await connection.run(`USE ${database.alias}`);
    await connection.run(`DETACH ${name}`);
  }
}

let expectedCount = 0;

function refuseDrift(plan: Plan, mode: SchemaMode): void {
  const differences = [
    ...plan.differences,
    ...(mode === 'verify' ? plan.missing.map(({ what }) => `${what} is not in the database`) : []),
  ];
  if (differences.length === 0) return;
  throw new DatabaseError(
    'E_SCHEMA_DRIFT',
    `The database differs from the entity classes:\n${differences.map((difference) => `  - ${difference}\n`).join('')}` +
      "Nothing was changed. Change the classes or the tables so that they agree, or open with schema: 'off' to look at the data as it is.",
    { details: { differences } },
  );
}

/**
 * DDL that waits in the WAL can keep other programs from opening the file after a crash, so it is brought into the file.
 * Other transactions of this process may forbid it for now; then the next checkpoint does it.
 */
async function checkpoint(connection: DuckDBConnection, alias: string): Promise<void> {
  try {
    await connection.run(`CHECKPOINT ${alias}`);
  } catch (error) {
    const classified = classify(error);
    if (classified.code !== 'E_QUERY') throw classified;
  }
}
