// The one table that an INSERT, UPDATE, DELETE or MERGE changes, read off its first words. Not here: whether it is there.
import { StatementType } from '@duckdb/node-api';
import { tokensOf, type Token } from './tokens.js';

/** The words before the table. What begins otherwise, such as WITH, is left alone. */
const BEFORE: ReadonlyMap<StatementType, RegExp> = new Map([
  [StatementType.INSERT, /^insert (?:or (?:replace|ignore) )?into $/],
  [StatementType.UPDATE, /^update $/],
  [StatementType.DELETE, /^(?:delete from|truncate) $/],
  [StatementType.MERGE_INTO, /^merge into $/],
]);

/** Words that a table is not named by: something stands between. */
const NO_NAME: ReadonlySet<string> = new Set([
  'only',
  'or',
  'into',
  'table',
  'from',
  'with',
  'values',
  'select',
  'set',
]);

/** As much of a statement as is looked at: its values may be long. */
const BEGINNING = 400;

/** Signs after which DuckDB might see other words here than we do. */
const UNSURE = /[^\p{ASCII}\p{L}\p{N}]|\r(?!\n)/u;

/**
 * The ids that the table may have: `a.t` is a table `t` of the schema `a`, or of the database `a`. What a temporary table or
 * another database's has as its id beside is nobody's, or one too many.
 *
 * @param type what DuckDB takes the statement for
 * @param alias of our database
 * @returns undefined where that is not sure
 */
export function writtenTable(type: StatementType, sql: string, alias: string): readonly string[] | undefined {
  const before = BEFORE.get(type);
  if (before === undefined) return undefined;
  const tokens = tokensOf(sql.slice(0, BEGINNING));
  let words = '';
  let at = 0;
  while (at < 4 && !before.test(words)) {
    const token = tokens[at];
    if (token?.kind !== 'word') return undefined;
    words += `${token.text} `;
    at += 1;
  }
  // TRUNCATE has its table with TABLE before it and without
  if (words === 'truncate ' && tokens[at]?.kind === 'word' && tokens[at]?.text === 'table') at += 1;
  const name = before.test(words) ? nameAt(tokens, at) : undefined;
  if (name === undefined) return undefined;
  const { parts, next } = name;
  // the last token of a beginning may be half of one
  if (next === undefined && sql.length > BEGINNING) return undefined;
  if (next?.kind === 'sign' && next.text !== '(' && next.text !== ';') return undefined;
  if (next?.kind === 'string' || UNSURE.test(sql.slice(0, (next?.at ?? sql.length) + 1))) return undefined;
  return idsOf(parts, alias);
}

function nameAt(
  tokens: readonly Token[],
  start: number,
): { readonly parts: readonly string[]; readonly next: Token | undefined } | undefined {
  const parts: string[] = [];
  for (let at = start; ; at += 2) {
    const token = tokens[at];
    if (token === undefined || token.kind === 'string' || token.kind === 'sign') return undefined;
    if (token.kind === 'word' && (NO_NAME.has(token.text) || token.text.includes('$'))) return undefined;
    parts.push(token.text.toLowerCase());
    const next = tokens[at + 1];
    if (next?.kind !== 'sign' || next.text !== '.') return { parts, next };
  }
}

function idsOf(parts: readonly string[], alias: string): readonly string[] | undefined {
  const [table = '', schema, ...catalog] = parts.toReversed();
  // tables of this library mean more than their rows
  if (catalog.length > 1 || table.startsWith('mysingle_') || schema?.startsWith('mysingle_fallback') === true)
    return undefined;
  const own = alias.toLowerCase();
  // USE of a database finds a schema of the same name first
  if (schema === undefined || (catalog.length === 0 && schema === own)) return [`main.${table}`, `${own}.${table}`];
  return [`${schema}.${table}`];
}
