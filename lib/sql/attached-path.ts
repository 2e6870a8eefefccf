// Which files ATTACH statements name. Not here: whether these may be attached (engine/attach-statement.ts).
import { DatabaseError } from '../errors.js';
import { tokensOf, type Token } from './tokens.js';

/**
 * What DuckDB is to attach as databases of its own kind: DuckDB takes literals alone here. What is no file, such as `:memory:`
 * or an address, stands among them.
 *
 * @throws DatabaseError `E_QUERY` for a literal with escapes
 */
export function attachedPaths(sql: string): readonly string[] {
  if (!/attach/i.test(sql)) return [];
  const tokens = tokensOf(sql);
  return tokens.flatMap((token, index) => {
    const starts = index === 0 || isSign(tokens[index - 1], ';');
    if (!starts || !isWord(token, 'attach')) return [];
    const end = tokens.findIndex((each, at) => at > index && isSign(each, ';'));
    return pathIn(tokens.slice(index, end < 0 ? undefined : end), sql);
  });
}

function pathIn(statement: readonly Token[], sql: string): readonly string[] {
  const start = statement.findIndex(({ kind }) => kind === 'string');
  if (start < 0 || isOfAnotherKind(statement.slice(start))) return [];
  const behind = statement.findIndex(({ kind }, at) => at > start && kind !== 'string');
  // literals in lines below each other are one
  const parts = statement.slice(start, behind < 0 ? undefined : behind);
  if (parts.some(({ text, at }) => /[eE]/.test(sql.charAt(at)) && text.includes('\\')))
    throw new DatabaseError(
      'E_QUERY',
      "ATTACH: which file this is cannot be told from a path with escapes. Write it in plain quotes: ATTACH 'path'.",
      { details: { sql } },
    );
  const path = parts.map(({ text }) => text).join('');
  // the kind may stand before the path; one letter is a drive of Windows
  const prefix = /^([a-z]\w+):(?!\/\/)/i.exec(path);
  if (prefix === null) return [path];
  return prefix[1]?.toLowerCase() === 'duckdb' ? [path.slice(prefix[0].length)] : [];
}

/** ATTACH ... (TYPE sqlite): other programs' files, about which DuckDB's extensions know better. */
function isOfAnotherKind(tokens: readonly Token[]): boolean {
  const type = tokens.findIndex(
    ({ kind, text, depth }) => depth > 0 && kind !== 'string' && text.toLowerCase() === 'type',
  );
  return type >= 0 && tokens[type + 1]?.text.toLowerCase() !== 'duckdb';
}

const isWord = (token: Token | undefined, word: string): boolean => token?.kind === 'word' && token.text === word;

const isSign = (token: Token | undefined, sign: string): boolean => token?.kind === 'sign' && token.text === sign;
