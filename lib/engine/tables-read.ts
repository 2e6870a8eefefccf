// Which tables a query reads, as far as that is sure: DuckDB's parser tells its names, the catalog what stands behind them.
// Not here: who wants to know (engine.ts).
import { VARCHAR, type DuckDBConnection } from '@duckdb/node-api';
import { mentionsIn, type MentionedTable, type Mentions } from '../sql/query-mentions.js';
import { tokensOf } from '../sql/tokens.js';
import { rowsOf } from './journal.js';
import { harmlessFunctions, idOf, relationsOf, type Relations } from './relations.js';

const ANSWERS_MAX = 200;

/** Ids of tables; undefined where it may be any. */
export type TablesOrUnknown = readonly string[] | undefined;

interface Answer {
  readonly mentions: Mentions | undefined;
  /** what the catalog made of the names; of an older look at it, not there */
  tables?: TablesOrUnknown;
  known: boolean;
}

/** Of one connection, which has temporary tables of its own, and in a transaction a catalog of its own. */
export class TablesRead {
  readonly #answers = new Map<string, Answer>();
  #version: string | undefined;
  #relations: Relations | undefined;
  #harmless: ReadonlySet<string> | undefined;

  constructor(private readonly connection: DuckDBConnection) {}

  /** What was found in the catalog may not be there any more. */
  forget(): void {
    this.#version = undefined;
  }

  /**
   * @param alias of the database whose tables have ids
   * @param version changes with the catalog; what was found is believed as long as it stays
   * @returns undefined, too, for what is no query, and for a query of no table at all
   */
  async of(sql: string, alias: string, version: string): Promise<TablesOrUnknown> {
    const current = `${alias} ${version}`;
    if (this.#version !== current) {
      for (const answer of this.#answers.values()) answer.known = false;
      this.#relations = this.#harmless = undefined;
      this.#version = current;
    }
    const answer = await this.#mentions(sql);
    if (answer.known) return answer.tables;
    this.#relations ??= await relationsOf(this.connection, alias);
    answer.tables = await this.#resolve(answer.mentions, alias, this.#relations);
    // told meanwhile to forget
    answer.known = this.#version === current;
    return answer.tables;
  }

  async #mentions(sql: string): Promise<Answer> {
    const kept = this.#answers.get(sql);
    if (kept !== undefined) {
      this.#answers.delete(sql);
      this.#answers.set(sql, kept);
      return kept;
    }
    const answer: Answer = { mentions: await this.#parse(sql), known: false };
    this.#answers.set(sql, answer);
    if (this.#answers.size > ANSWERS_MAX) this.#answers.delete(this.#answers.keys().next().value as string);
    return answer;
  }

  async #parse(sql: string): Promise<Mentions | undefined> {
    const result = await this.connection.run(
      'SELECT system.main.json_serialize_sql($1::VARCHAR, skip_null := true, skip_empty := true)',
      [sql],
      [VARCHAR],
    );
    return mentionsIn(String(rowsOf(result)[0]?.[0]));
  }

  async #resolve(mentions: Mentions | undefined, alias: string, relations: Relations): Promise<TablesOrUnknown> {
    const tables = new Set<string>();
    const seen = new Set<string>();
    // views are looked into one after the other
    const open: { readonly mentions: Mentions | undefined; readonly schema: string }[] = [{ mentions, schema: 'main' }];
    for (const { mentions: within, schema } of open) {
      if (within === undefined || !(await this.#allHarmless(within))) return undefined;
      for (const mention of within.tables) {
        const ids = candidates(mention, schema, alias, relations, within.common);
        if (ids === undefined) return undefined;
        for (const id of ids) {
          if (relations.tables.has(id)) tables.add(id);
          const view = relations.views.get(id);
          if (view === undefined || seen.has(id)) continue;
          seen.add(id);
          const { mentions: behind } = await this.#mentions(queryOf(view.sql));
          open.push({ mentions: behind, schema: view.schema.toLowerCase() });
        }
      }
    }
    // of no table: a view of nothing can be made anew all the same
    return tables.size === 0 ? undefined : [...tables];
  }

  async #allHarmless({ functions }: Mentions): Promise<boolean> {
    if (functions.size === 0) return true;
    const harmless = (this.#harmless ??= await harmlessFunctions(this.connection));
    return [...functions].every((name) => harmless.has(name));
  }
}

/**
 * The ids that a name may have, one of which is there; undefined where it may mean something else.
 *
 * @param schema where a view is, which finds its tables there first
 */
function candidates(
  mention: MentionedTable,
  schema: string,
  alias: string,
  relations: Relations,
  common: ReadonlySet<string>,
): readonly string[] | undefined {
  const { catalog } = mention;
  const table = mention.table.toLowerCase();
  const within = mention.schema?.toLowerCase();
  const own = alias.toLowerCase();
  // tables of this library change without a word
  if (relations.elsewhere.has(table) || table.startsWith('mysingle_')) return undefined;
  // USE of a database finds a schema of the same name first
  const around = ['main', own];
  const schemas =
    within === undefined ? [schema, ...around] : catalog === undefined && within === own ? around : [within];
  if (catalog !== undefined && catalog.toLowerCase() !== own) return undefined;
  if (catalog === undefined && within !== undefined && relations.databases.has(within)) return undefined;
  const ids = [...new Set(schemas)].map((each) => idOf(each, table));
  const there = ids.filter((id) => relations.tables.has(id) || relations.views.has(id));
  if (there.length > 0) return there;
  // what has a dot may be a file
  return within === undefined && common.has(table) && /^\w+$/.test(table) ? [] : undefined;
}

/** The query of a view, out of its `CREATE VIEW name (columns) AS ...`. */
function queryOf(sql: string): string {
  const as = tokensOf(sql).find(({ kind, text, depth }) => kind === 'word' && text === 'as' && depth === 0);
  return as === undefined ? '' : sql.slice(as.at + 2);
}
