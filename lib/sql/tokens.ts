// SQL text cut into words, names, strings and signs, for the few questions that DuckDB's own parser does not answer to a
// client: which table an INSERT names, whether a COPY reads or writes. Not here: grammar.

export interface Token {
  /** `word`: a keyword or a bare name, in lower case; `name`: in double quotes, unquoted here; `string`: what was in quotes, escapes left as they are */
  readonly kind: 'word' | 'name' | 'string' | 'sign';
  readonly text: string;
  /** how many brackets are open around it */
  readonly depth: number;
  /** where it begins */
  readonly at: number;
}

// of white space DuckDB has two signs more, of which JavaScript knows nothing
const PATTERN =
  /[\s\u200B\u2060]+|--[^\n\r]*|(?<block>\/\*)|(?<dollar>\$(?:[A-Za-z_]\w*)?\$)|[eE]'(?<escaped>(?:[^'\\]|''|\\[\s\S])*)'|'(?<string>(?:[^']|'')*)'|"(?<name>(?:[^"]|"")*)"|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<sign>[\s\S])/uy;

/** The tokens of some SQL; comments and white space are left out. What never ends, ends with the text. */
export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(PATTERN);
  let depth = 0;
  for (let match = pattern.exec(sql); match !== null; match = pattern.exec(sql)) {
    const at = match.index;
    const {
      block,
      dollar,
      escaped,
      string = escaped,
      name,
      word,
      sign,
    } = match.groups as Record<string, string | undefined>;
    if (block !== undefined) pattern.lastIndex = endOfComment(sql, pattern.lastIndex);
    else if (dollar !== undefined) {
      const start = pattern.lastIndex;
      const end = sql.indexOf(dollar, start);
      pattern.lastIndex = end < 0 ? sql.length : end + dollar.length;
      tokens.push({ kind: 'string', text: sql.slice(start, end < 0 ? undefined : end), depth, at });
    } else if (string !== undefined) tokens.push({ kind: 'string', text: string.replaceAll("''", "'"), depth, at });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name.replaceAll('""', '"'), depth, at });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word.toLowerCase(), depth, at });
    else if (sign !== undefined) {
      if (sign === ')') depth -= 1;
      tokens.push({ kind: 'sign', text: sign, depth, at });
      if (sign === '(') depth += 1;
    }
  }
  return tokens;
}

/** Comments nest, as in PostgreSQL. */
function endOfComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  let open = 1;
  for (let mark = marks.exec(sql); mark !== null; mark = marks.exec(sql)) {
    open += mark[0] === '/*' ? 1 : -1;
    if (open === 0) return marks.lastIndex;
  }
  return sql.length;
}

/** The statements of a text with several; brackets and quotes hold theirs together. */
export function statementsOf(sql: string): readonly string[] {
  const tokens = tokensOf(sql);
  const ends = tokens.filter(({ kind, text, depth }) => kind === 'sign' && text === ';' && depth === 0);
  const bounds = [-1, ...ends.map(({ at }) => at), sql.length];
  return bounds
    .slice(1)
    .map((end, index) => [(bounds[index] as number) + 1, end] as const)
    .filter(([start, end]) => tokens.some(({ at }) => at >= start && at < end))
    .map(([start, end]) => sql.slice(start, end));
}
