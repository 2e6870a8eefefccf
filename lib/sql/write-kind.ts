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
 * @param readsTables whether it reads any table; unknown counts as reading
 */
export function writeKind(type: StatementType, sql: string, readsTables: boolean): WriteKind {
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
      const target = insertTarget(tokens);
      const plain = target !== undefined && !has('conflict') && !has('replace') && !has('ignore');
      return plain && !readsTables ? { kind: 'rows', target } : STATEMENT;
    }
    case StatementType.CREATE:
      // a secret belongs to the instance
      return tokens.slice(0, 6).some((token) => token.text === 'secret')
        ? NONE
        : { kind: 'statement', definesSequence: has('sequence') };
    case StatementType.DROP:
      return has('deallocate') || has('secret') ? NONE : STATEMENT;
    default:
      return CHANGING.has(type) ? STATEMENT : NONE;
  }
}

/** COPY of a table FROM somewhere; undefined for COPY TO. */
function copiedInto(tokens: readonly Token[]): TableReference | undefined {
  const direction = tokens.find(
    ({ kind, text, depth }) => kind === 'word' && depth === 0 && (text === 'to' || text === 'from'),
  );
  return direction?.text === 'from' ? reference(tokens, 1) : undefined;
}

function insertTarget(tokens: readonly Token[]): TableReference | undefined {
  const insert = tokens.findIndex(({ kind, text, depth }) => kind === 'word' && depth === 0 && text === 'insert');
  if (insert < 0) return undefined;
  const into = tokens.findIndex(({ kind, text }, index) => index > insert && kind === 'word' && text === 'into');
  return into < 0 ? undefined : reference(tokens, into + 1);
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
