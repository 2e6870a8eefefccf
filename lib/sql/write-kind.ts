// What a statement does to a database, judged by DuckDB's type for it and by its words. Not here: running it.
import { StatementType } from '@duckdb/node-api';
import { tokensOf, type Token } from './tokens.js';

/** A table as SQL names it. */
export interface TableReference {
  readonly schema: string | undefined;
  readonly table: string;
}

/**
 * - `none`: the database stays as it is;
 * - `rows`: adds rows to `target` and touches no others, so that the rows themselves say what was done;
 * - `statement`: any other change.
 */
export type WriteKind =
  | { readonly kind: 'none' }
  | { readonly kind: 'rows'; readonly target: TableReference }
  | { readonly kind: 'statement'; readonly definesSequence: boolean };

const NONE: WriteKind = { kind: 'none' };
const STATEMENT: WriteKind = { kind: 'statement', definesSequence: false };

const CHANGING: ReadonlySet<StatementType> = new Set([
  StatementType.INSERT,
  StatementType.UPDATE,
  StatementType.DELETE,
  StatementType.MERGE_INTO,
  StatementType.CREATE,
  StatementType.CREATE_FUNC,
  StatementType.ALTER,
  StatementType.DROP,
  StatementType.COPY_DATABASE,
  StatementType.MULTI,
]);

/**
 * @param readsTables whether a query reads any table; unknown counts as reading
 */
export function writeKind(type: StatementType, sql: string, readsTables: (query: string) => boolean): WriteKind {
  const tokens = tokensOf(sql);
  const has = (word: string): boolean => tokens.some((token) => token.kind === 'word' && token.text === word);
  switch (type) {
    case StatementType.EXPLAIN:
      // EXPLAIN ANALYZE does what it explains
      return has('analyze') ? STATEMENT : NONE;
    case StatementType.COPY: {
      const target = copiedInto(tokens);
      return target === undefined ? NONE : { kind: 'rows', target };
    }
    case StatementType.INSERT: {
      const plain = plainInsert(tokens, sql);
      return plain === undefined || readsTables(plain.query) ? STATEMENT : { kind: 'rows', target: plain.target };
    }
    case StatementType.CREATE:
      // a secret belongs to the instance
      return ofSecret(tokens) ? NONE : { kind: 'statement', definesSequence: has('sequence') };
    case StatementType.DROP:
      return tokens[0]?.text === 'deallocate' || ofSecret(tokens) ? NONE : STATEMENT;
    default:
      return CHANGING.has(type) ? STATEMENT : NONE;
  }
}

/** Settings of a connection by which statements mean something else. */
const MEANINGS: ReadonlySet<string> = new Set([
  'schema', 'search_path', 'variable', 'timezone', 'time', 'calendar', 'collation', 'default_collation', 'default_order', 'default_null_order',
  'null_order', 'integer_division', 'ieee_floating_point_ops', 'old_implicit_casting', 'scalar_subquery_error_on_multiple_rows', 'file_search_path',
]); // prettier-ignore

/** Whether a SET, RESET or USE gives later statements on the connection another meaning than they have elsewhere. */
export function changesMeaning(sql: string): boolean {
  const [first, ...rest] = tokensOf(sql);
  if (isWord(first, 'use')) return true;
  if (!isWord(first, 'set', 'reset')) return false;
  const [name, ...value] = rest.filter((token) => !isWord(token, 'session', 'local'));
  const zone = name?.text === 'timezone' || name?.text === 'time';
  // times without a zone mean UTC anyway
  if (zone && /^utc$/i.test(value.at(value.at(-1)?.text === ';' ? -2 : -1)?.text ?? '')) return false;
  return name !== undefined && MEANINGS.has(name.text.toLowerCase());
}

/** COPY of a table FROM somewhere; undefined for COPY TO. */
function copiedInto(tokens: readonly Token[]): TableReference | undefined {
  const direction = tokens.find(
    ({ kind, text, depth }) => kind === 'word' && depth === 0 && (text === 'to' || text === 'from'),
  );
  return direction?.text === 'from' ? reference(tokens, 1) : undefined;
}

const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);

/** CREATE or DROP of a SECRET, not of a table of that name. */
function ofSecret(tokens: readonly Token[]): boolean {
  const what = tokens.slice(1).find((token) => !isWord(token, 'or', 'replace', 'persistent', 'temporary', 'temp'));
  return isWord(what, 'secret');
}

/** Whether some SQL makes what one connection alone has: temporary tables, views, macros and the like, prepared statements. */
export function staysOnConnection(sql: string): boolean {
  if (!/\b(?:temp|temporary|prepare)\b/i.test(sql)) return false;
  const tokens = tokensOf(sql);
  if (isWord(tokens[0], 'prepare')) return true;
  const what = tokens[isWord(tokens[1], 'or') ? 3 : 1];
  return isWord(tokens[0], 'create') && isWord(what, 'temp', 'temporary') && !ofSecret(tokens);
}

const QUERIES = ['values', 'select', 'from', 'with', 'table', 'default'] as const;

/**
 * The table of an INSERT that adds rows and touches no others, and the query that makes them. DuckDB tells of a query alone
 * which tables it reads, through views and macros too; of the whole INSERT it does not.
 */
function plainInsert(tokens: readonly Token[], sql: string): { target: TableReference; query: string } | undefined {
  const insert = tokens.findIndex((token) => token.depth === 0 && isWord(token, 'insert'));
  // INSERT OR REPLACE, INSERT OR IGNORE
  if (insert < 0 || !isWord(tokens[insert + 1], 'into')) return undefined;
  const target = reference(tokens, insert + 2);
  const places = tokens.map((token, index) => ({ token, next: tokens[index + 1], index })).slice(insert + 3);
  // a list of columns stands in brackets too
  const first = places.find(({ token, next }) =>
    token.text === '(' && token.kind === 'sign'
      ? isWord(next, ...QUERIES)
      : token.depth === 0 && isWord(token, ...QUERIES),
  );
  const conflicts = places.some(
    ({ token, next }) => token.depth === 0 && isWord(token, 'on') && isWord(next, 'conflict'),
  );
  if (target === undefined || first === undefined || conflicts) return undefined;
  const ends = places.find(
    ({ token, index }) =>
      index > first.index && token.depth === 0 && (isWord(token, 'returning') || token.text === ';'),
  );
  // whether it parses cannot be seen from the answer, which would be: no tables
  if (tokens.some((token) => isWord(token, 'pivot', 'unpivot', 'pivot_wider', 'pivot_longer'))) return undefined;
  const common = sql.slice(0, tokens[insert]?.at);
  return { target, query: `${common}${sql.slice(first.token.at, ends?.token.at)}` };
}

/** `t`, `s.t` at a place; a name of three parts is somebody else's database. */
function reference(tokens: readonly Token[], at: number): TableReference | undefined {
  const parts: string[] = [];
  for (let index = at; ; index += 2) {
    const token = tokens[index];
    if (token === undefined || (token.kind !== 'word' && token.kind !== 'name')) return undefined;
    parts.push(token.text);
    if (tokens[index + 1]?.text !== '.' || tokens[index + 1]?.kind !== 'sign') break;
  }
  const [table, schema, ...more] = parts.toReversed();
  return table === undefined || more.length > 0 ? undefined : { schema, table };
}

const CONTROL: readonly string[] = ['begin', 'start', 'commit', 'end', 'rollback', 'abort'];

/** Whether some SQL leaves a transaction open; undefined where it neither begins nor ends one. */
export function transactionOpenAfter(sql: string): boolean | undefined {
  if (!/begin|start|commit|end|rollback|abort/i.test(sql)) return undefined;
  const tokens = tokensOf(sql);
  const control = tokens.findLast((token, index) => isWord(token, ...CONTROL) && isDone(tokens, index));
  return control === undefined ? undefined : isWord(control, 'begin', 'start');
}

/** Whether some SQL runs scripts, in which anything may stand. */
export function runsScripts(sql: string): boolean {
  if (!/import/i.test(sql)) return false;
  const tokens = tokensOf(sql);
  return tokens.some(
    (token, index) =>
      (isWord(token, 'import') && isFirst(tokens, index)) ||
      (token.text.toLowerCase() === 'import_database' && isWord(tokens[index - 1], 'pragma')),
  );
}

const isFirst = (tokens: readonly Token[], index: number): boolean =>
  index === 0 || (tokens[index - 1]?.kind === 'sign' && tokens[index - 1]?.text === ';');

/** Whether a statement begins here, by itself or behind EXPLAIN ANALYZE, which does what it explains: a COMMIT too. */
function isDone(tokens: readonly Token[], index: number): boolean {
  if (isFirst(tokens, index)) return true;
  const before = tokens[index - 1];
  if (isWord(before, 'analyze')) return isWord(tokens[index - 2], 'explain');
  if (before?.text !== ')') return false;
  const open = tokens.findLastIndex(({ text, depth }, at) => at < index && text === '(' && depth === before.depth);
  return isWord(tokens[open - 1], 'explain') && tokens.slice(open, index).some((token) => isWord(token, 'analyze'));
}
