// Names of tables, columns and the like: which are usable, how they are quoted, how they are made from a class's names.

/** Why DuckDB or this library cannot use the name, as the end of a sentence; undefined where it can. */
export function identifierProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'is not a string';
  if (name.trim() === '') return 'is empty';
  if (name.includes('\0')) return 'holds a NUL character';
  if (!name.isWellFormed()) return 'holds a lone surrogate';
  if (name === '__proto__') return 'would collide with the prototype of every object';
  return undefined;
}

/** The one quoting function: `"` doubled, in double quotes. NUL is refused, for DuckDB cuts SQL off at it. */
export function quote(name: string): string {
  if (name.includes('\0')) throw new TypeError('a name holds a NUL character');
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal, for the places that take no parameter (DDL, ATTACH, COMMENT). */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new TypeError('a string for SQL text holds a NUL character');
  return `'${text.replaceAll("'", "''")}'`;
}

/** `BacktestResult` and `backtestResult` to `backtest_result`, `HTTPServer` to `http_server`. */
export function snakeCase(name: string): string {
  return name
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase();
}
