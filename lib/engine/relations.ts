// What a connection finds under a name: tables, views, functions, as of one look into DuckDB's catalog. Not here: what a query
// makes of it (tables-read.ts).
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { rowsOf } from './journal.js';

export interface View {
  readonly schema: string;
  readonly sql: string;
}

/** Names, all in lower case, in the database that is worked on and around it. */
export interface Relations {
  /** ids of tables */
  readonly tables: ReadonlySet<string>;
  /** by id */
  readonly views: ReadonlyMap<string, View>;
  /** names that mean something else than they say: of what is temporary, and of what DuckDB has itself */
  readonly elsewhere: ReadonlySet<string>;
  /** other databases */
  readonly databases: ReadonlySet<string>;
}

// by their full names, for a macro may have the short one
const RELATIONS = `SELECT 'table', database_name, schema_name, table_name, NULL, internal FROM system.main.duckdb_tables()
  UNION ALL SELECT 'view', database_name, schema_name, view_name, sql, internal FROM system.main.duckdb_views()
  UNION ALL SELECT 'database', database_name, NULL, NULL, NULL, false FROM system.main.duckdb_databases()`;

export const idOf = (schema: string, table: string): string => `${schema}.${table}`.toLowerCase();

/** @param alias of the database that is worked on */
export async function relationsOf(connection: DuckDBConnection, alias: string): Promise<Relations> {
  const tables = new Set<string>();
  const views = new Map<string, View>();
  const elsewhere = new Set<string>();
  const databases = new Set<string>();
  const found = rowsOf(await connection.run(RELATIONS)) as [string, string, string, string, string | null, boolean][];
  for (const [kind, database, schema, name, sql, internal] of found) {
    const own = database === alias;
    if (kind === 'database') {
      if (database !== alias) databases.add(database.toLowerCase());
    } else if (internal) {
      // found by its schema's name alone
      if (schema !== 'information_schema') elsewhere.add(name.toLowerCase());
    } else if (database === 'temp') elsewhere.add(name.toLowerCase());
    else if (own && kind === 'table') tables.add(idOf(schema, name));
    else if (own) views.set(idOf(schema, name), { schema, sql: sql ?? '' });
  }
  return { tables, views, elsewhere, databases };
}

/** What is no function of its arguments, but of nothing in a table either. */
const OF_TIME_AND_CHANCE: ReadonlySet<string> = new Set([
  'now', 'today', 'current_date', 'get_current_time', 'get_current_timestamp', 'transaction_timestamp', 'random', 'uuid', 'gen_random_uuid',
  'uuidv4', 'uuidv7', 'error',
]); // prettier-ignore

/** What DuckDB calls consistent, though it looks at settings, variables or the catalog. */
const OF_STATE: ReadonlySet<string> = new Set([
  'current_setting', 'getvariable', 'json_serialize_plan', 'json_execute_serialized_sql', 'pg_sleep', 'sleep_ms',
]); // prettier-ignore

/** Table functions that make their rows of their arguments, and what is unnested within an expression. */
const MAKING = ['range', 'generate_series', 'unnest', 'repeat', 'repeat_row'];

interface OwnFunctions {
  readonly names: ReadonlySet<string>;
  readonly harmless: ReadonlySet<string>;
}

let own: Promise<OwnFunctions> | undefined;

/** Those that DuckDB comes with; what an extension brings is in no list here, and so never taken for harmless. */
function ownFunctions(): Promise<OwnFunctions> {
  own ??= inNewInstance().catch((error: unknown) => {
    own = undefined;
    throw error;
  });
  return own;
}

/** Not in the one at hand: `duckdb_extensions()`, which would tell what was loaded there, reads a folder, which may be forbidden. */
async function inNewInstance(): Promise<OwnFunctions> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', autoload_known_extensions: 'false' });
  const connection = await instance.connect();
  try {
    const names = new Set<string>();
    const harmless = new Set(MAKING);
    const harmful = new Set<string>();
    const found = rowsOf(
      await connection.run('SELECT function_name, function_type, stability, macro_definition FROM duckdb_functions()'),
    ) as [string, string, string | null, string | null][];
    for (const [spelt, type, stability, macro] of found) {
      const name = spelt.toLowerCase();
      names.add(name);
      // one name may stand for several functions
      if (isHarmless(name, type, stability, macro)) harmless.add(name);
      else if (SCALAR.has(type)) harmful.add(name);
    }
    for (const name of harmful) harmless.delete(name);
    return { names, harmless };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/**
 * Names of functions that look at no table. None at all where somebody's macro has the name of one of DuckDB's own, by which
 * the others mean something else too.
 */
export async function harmlessFunctions(connection: DuckDBConnection): Promise<ReadonlySet<string>> {
  const { names, harmless } = await ownFunctions();
  const made = await connection.run('SELECT function_name FROM system.main.duckdb_functions() WHERE NOT internal');
  return rowsOf(made).some(([name]) => names.has(String(name).toLowerCase())) ? new Set() : harmless;
}

const SCALAR: ReadonlySet<string> = new Set(['scalar', 'aggregate', 'macro']);

function isHarmless(name: string, type: string, stability: string | null, macro: string | null): boolean {
  if (OF_STATE.has(name) || !SCALAR.has(type)) return false;
  if (OF_TIME_AND_CHANCE.has(name)) return true;
  if (type === 'macro') return !/select|from|query|setting|getvariable|nextval|currval|sleep/i.test(macro ?? 'from');
  return stability === 'CONSISTENT';
}
