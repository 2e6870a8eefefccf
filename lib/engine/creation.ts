// Whether a CREATE ... IF NOT EXISTS has made anything: what the catalog has of its kind before it and behind it. Not here: what
// follows from that (pending-commit.ts, transaction.ts, raw-connection.ts).
import type { DuckDBConnection } from '@duckdb/node-api';
import { isOne } from './statement-effect.js';

const CREATES =
  /^\s*create\s+(?:unique\s+)?(table|index|sequence|schema|view|type|macro|function)\s+if\s+not\s+exists\s/i;

/** Functions of DuckDB that tell what there is of each kind, and their columns with its number. No two ever have one. */
const CATALOG: Readonly<Record<string, readonly [from: string, id: string]>> = {
  table: ['duckdb_tables()', 'table_oid'],
  index: ['duckdb_indexes()', 'index_oid'],
  sequence: ['duckdb_sequences()', 'sequence_oid'],
  schema: ['duckdb_schemas()', 'oid'],
  view: ['duckdb_views()', 'view_oid'],
  type: ['duckdb_types()', 'type_oid'],
  macro: ['duckdb_functions() WHERE NOT internal', 'function_oid'],
  function: ['duckdb_functions() WHERE NOT internal', 'function_oid'],
};

/**
 * What is made where something was missing changes answers: of the catalog, of a view that finds its table in another schema, of
 * a load that has caught that it was missing. What was there already changes none; so what a subclass does in `createTables()` at
 * each start leaves alone what the cache kept. Nothing is asked by name, for which schema a name means is DuckDB's to say.
 */
export class Creation {
  #before: string | undefined;

  private constructor(private readonly kind: string) {}

  /** @returns undefined for any other statement, and for several */
  static of(sql: string): Creation | undefined {
    const kind = CREATES.exec(sql)?.[1]?.toLowerCase();
    return kind === undefined || !isOne(sql) ? undefined : new Creation(kind);
  }

  /** Call before it runs, on its connection. */
  async begins(connection: DuckDBConnection): Promise<void> {
    this.#before = await this.#there(connection);
  }

  /** Whether something was made, by this or by somebody else meanwhile. Call when it has run. */
  async made(connection: DuckDBConnection): Promise<boolean> {
    return this.#before === undefined || this.#before !== (await this.#there(connection));
  }

  async #there(connection: DuckDBConnection): Promise<string | undefined> {
    const [from, id] = CATALOG[this.kind] as readonly [string, string];
    try {
      const result = await connection.run(
        `SELECT coalesce(string_agg(id, ' ' ORDER BY id), '') FROM (SELECT database_oid || '.' || ${id} AS id FROM system.main.${from})`,
      );
      return String(result.getChunk(0).getRowValues(0)[0]);
    } catch {
      // in a transaction that has failed, say: the statement itself will tell, and what is not known may have been made
      return undefined;
    }
  }
}
