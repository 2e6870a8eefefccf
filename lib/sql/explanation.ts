// EXPLAIN of a statement, and DuckDB's plan as text without the values that it has. Not here: running it (reading/explain.ts,
// manager.ts).
import { DatabaseError } from '../errors.js';
import type { Statement } from './statement.js';
import { tokensOf } from './tokens.js';

/** How DuckDB would run a statement, or has run it. Nothing in it is a value of the statement's. */
export interface Explanation {
  /** the statement, its values as `$1`, `$2` ... */
  readonly sql: string;
  /** the types of its values */
  readonly parameters: readonly string[];
  /**
   * an operator a line, what it reads from below it; each value is a `?`. Where the name of a table or column has a single quote
   * in it, the operators alone: DuckDB does not tell such a name from a value
   */
  readonly plan: string;
}

export function explainStatement({ text, parameters, reads }: Statement, analyze: boolean): Statement {
  return { text: `EXPLAIN (${analyze ? 'ANALYZE, ' : ''}FORMAT json) ${text}`, parameters, reads, writes: [] };
}

/** What stays though it looks like a value, and values: DuckDB plans with those of a statement, and folds them into others. */
const PARTS =
  /(?<kept>\bIS (?:NOT )?NULL\b|"(?:[^"]|"")*"|#\[?\d+(?:\.\d+)?\]?)|(?<value>'(?:[^']|'')*(?:'|$)|\b(?:true|false|inf|infinity|nan|null)\b|(?<![\p{L}\p{N}_$])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)/giu;

/**
 * Text without values; names, functions, types and the numbers of columns (`#0`) stay. What has no end was cut off by DuckDB at a NUL.
 * Names stand there without quotes: none of them may have a quote in it.
 */
export function masked(text: string): string {
  return text.replace(PARTS, (_part, kept: string | undefined) => kept ?? '?');
}

interface Operator {
  readonly name?: string;
  readonly operator_name?: string;
  readonly operator_timing?: number;
  readonly operator_cardinality?: number;
  readonly extra_info?: Readonly<Record<string, string | readonly string[]>>;
  readonly children?: readonly Operator[];
}

const ESTIMATE = 'Estimated Cardinality';

/** What to tell of a plan. */
export interface Told {
  /** how many rows DuckDB expects: of raw SQL that may be a value itself, such as of LIMIT $1 */
  readonly estimates: boolean;
  /** of what an operator works with */
  readonly details: boolean;
}

export function planText(json: string, { estimates, details }: Told): string {
  const root = JSON.parse(json) as Operator | readonly Operator[];
  const lines: string[] = [];
  const visit = (operator: Operator, depth: number): void => {
    const { name, operator_name: analyzed, extra_info: info = {}, children = [] } = operator;
    const indent = '  '.repeat(depth);
    const facts = [
      ...(estimates && info[ESTIMATE] !== undefined ? [`~${String(info[ESTIMATE])} rows`] : []),
      ...(operator.operator_cardinality === undefined ? [] : [`${operator.operator_cardinality} rows`]),
      ...(operator.operator_timing === undefined ? [] : [`${(operator.operator_timing * 1000).toFixed(3)} ms`]),
    ];
    lines.push(`${indent}${String(name ?? analyzed).trim()}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`);
    for (const [key, value] of Object.entries(info))
      if (details && key !== ESTIMATE && value.length > 0)
        lines.push(`${indent}  ${key}: ${masked(typeof value === 'string' ? value : value.join(', '))}`);
    for (const child of children) visit(child, depth + 1);
  };
  const tops = Array.isArray(root) ? (root as readonly Operator[]) : ((root as Operator).children ?? []);
  // of one that was run, EXPLAIN itself is the first
  for (const top of tops)
    if (top.operator_name === 'EXPLAIN_ANALYZE') for (const child of top.children ?? []) visit(child, 0);
    else visit(top, 0);
  return lines.join('\n');
}

export function explanationOf({ text, parameters }: Statement, plan: unknown, told: Told): Explanation {
  if (typeof plan !== 'string') throw new DatabaseError('E_UNKNOWN', 'explain: DuckDB gave no plan.');
  return { sql: text, parameters: parameters.map(({ type }) => String(type)), plan: planText(plan, told) };
}

/** Whether a name in some SQL has a quote in it. */
export const mentionsQuoted = (text: string): boolean =>
  tokensOf(text).some((token) => token.kind === 'name' && token.text.includes("'"));

/** SQL with all names of the database that may have one: of its tables and columns, and within its views. */
export const NAMES = `SELECT concat('"', replace(concat(table_name, column_name), '"', ''), '"') FROM duckdb_columns()
  WHERE NOT internal AND contains(concat(table_name, column_name), chr(39))
  UNION ALL SELECT sql FROM duckdb_views() WHERE NOT internal AND contains(sql, chr(39))`;
