// What a query names: tables and functions, out of the tree that DuckDB's own parser makes of it (`json_serialize_sql`). Not
// here: what stands behind the names (engine/tables-read.ts).

/** A table or view as a query names it. */
export interface MentionedTable {
  readonly catalog: string | undefined;
  readonly schema: string | undefined;
  readonly table: string;
}

export interface Mentions {
  readonly tables: readonly MentionedTable[];
  /** names of functions, operators that are functions, and macros; lower case */
  readonly functions: ReadonlySet<string>;
  /** names that WITH gives, somewhere in the query; lower case */
  readonly common: ReadonlySet<string>;
}

/** Kinds of nodes that read nothing but what their own nodes and names say. A kind that is new here is not known. */
const NODES: ReadonlySet<string> = new Set([
  'SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE', 'CTE_NODE',
  'BASE_TABLE', 'SUBQUERY', 'JOIN', 'TABLE_FUNCTION', 'EXPRESSION_LIST', 'EMPTY', 'PIVOT',
  'ORDER_MODIFIER', 'LIMIT_MODIFIER', 'LIMIT_PERCENT_MODIFIER', 'DISTINCT_MODIFIER',
  'ASCENDING', 'DESCENDING', 'ORDER_DEFAULT',
]); // prettier-ignore
const EXPRESSIONS: ReadonlySet<string> = new Set([
  'FUNCTION', 'WINDOW', 'COLUMN_REF', 'CONSTANT', 'STAR', 'CAST', 'COMPARISON', 'CONJUNCTION', 'OPERATOR', 'CASE', 'BETWEEN', 'SUBQUERY',
  'LAMBDA', 'LAMBDA_REF', 'PARAMETER', 'COLLATE', 'POSITIONAL_REFERENCE', 'DEFAULT', 'TYPE',
]); // prettier-ignore

/** Table functions that make their rows of their arguments. */
const MAKING: ReadonlySet<string> = new Set(['range', 'generate_series', 'unnest', 'repeat', 'repeat_row']);

/** Bare words that DuckDB makes a call of where no column has the name. */
const CALLED_BARE =
  /^(?:current_(?:catalog|date|role|schema|time|timestamp|user)|localtime|localtimestamp|session_user|user)$/;

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/**
 * @param serialized what `json_serialize_sql` gave
 * @returns undefined where something may be read that has no name here: no query, several, or words that are new to us
 */
export function mentionsIn(serialized: string): Mentions | undefined {
  const parsed = JSON.parse(serialized) as { readonly error: boolean; readonly statements?: readonly Node[] };
  if (parsed.error || parsed.statements?.length !== 1) return undefined;
  const collected = new Collector();
  return collected.visit(parsed.statements[0]) ? collected : undefined;
}

class Collector implements Mentions {
  readonly tables: MentionedTable[] = [];
  readonly functions = new Set<string>();
  readonly common = new Set<string>();

  /** @returns whether all of it is known */
  visit(value: unknown): boolean {
    if (Array.isArray(value)) return value.every((item) => this.visit(item));
    if (!isNode(value)) return true;
    return (
      this.#named(value) &&
      Object.entries(value).every(([key, item]) => (key === 'value' && isValue(value) ? true : this.visit(item)))
    );
  }

  #named(node: Node): boolean {
    const type = text(node['type']);
    const kind = text(node['class']);
    if (kind !== undefined) {
      if (!EXPRESSIONS.has(kind)) return false;
      return this.#expression(kind, node);
    }
    if (isNode(node['cte_map'])) this.#commonTables(node['cte_map']);
    const common = text(node['cte_name']);
    if (common !== undefined) this.common.add(common.toLowerCase());
    if (type === undefined) return true;
    if (!NODES.has(type)) return type.endsWith('_TYPE_INFO');
    // DuckDB adds calls of its own to it
    if (type === 'PIVOT') this.functions.add('count');
    if (type === 'BASE_TABLE') return this.#table(node);
    return type !== 'TABLE_FUNCTION' || this.#tableFunction(node['function']);
  }

  #expression(kind: string, node: Node): boolean {
    if (kind === 'COLUMN_REF') {
      const names = node['column_names'];
      const name = Array.isArray(names) && names.length === 1 ? String(names[0]).toLowerCase() : '';
      if (CALLED_BARE.test(name)) this.functions.add('now');
    }
    if (kind !== 'FUNCTION' && kind !== 'WINDOW') return true;
    const name = text(node['function_name']);
    if (name === undefined) return false;
    this.functions.add(name.toLowerCase());
    return true;
  }

  #tableFunction(call: unknown): boolean {
    return isNode(call) && MAKING.has(String(call['function_name']).toLowerCase());
  }

  #table(node: Node): boolean {
    const table = text(node['table_name']);
    if (table === undefined || node['at_clause'] !== undefined) return false;
    this.tables.push({ catalog: text(node['catalog_name']), schema: text(node['schema_name']), table });
    return true;
  }

  #commonTables(map: Node): void {
    const entries = Array.isArray(map['map']) ? (map['map'] as readonly Node[]) : [];
    for (const entry of entries) this.common.add(String(entry['key']).toLowerCase());
  }
}

/** A constant, with a type beside it and no node in it. */
const isValue = (node: Node): boolean => 'is_null' in node;
