// What the documentation of a public symbol has to have. Not here: whether it is true; spec/docs runs and compiles what can be.
import type { Entry, Member, PublicSymbol } from './public-api.js';

/** Members that say nothing beyond their name. */
const PLAIN = new Set(['[Symbol.asyncDispose]', '[Symbol.asyncIterator]', '[Symbol.dispose]']);

/** Classes whose methods other libraries call, by a contract of theirs. */
const CALLED_BY_OTHERS = new Set(['KeyvStore', 'DuckDBExceptionFilter', 'DuckDBJsonInterceptor']);

/** Whether a call may throw at once, or reject: then its comment says with what. */
const mayThrow = ({ signatures }: Member): boolean =>
  signatures.some((text) => /\): (?:Promise|RowStream)</.test(text));

/**
 * What is missing, by name:
 *
 * - every symbol, method and field has a sentence;
 * - every function, decorator, class and method of a class has an example, but methods that other libraries call;
 * - every method of a class that answers later says what it throws.
 */
export function missing(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap(({ symbols }) => symbols.flatMap(missingOf));
}

function missingOf(symbol: PublicSymbol): readonly string[] {
  const { name, kind, comment, members } = symbol;
  const own: string[] = [];
  if (comment.text === '') own.push(`${name}: what it is`);
  if ((kind === 'function' || kind === 'class') && comment.examples.length === 0) own.push(`${name}: an example`);
  for (const member of members) {
    if (PLAIN.has(member.name)) continue;
    const place = `${name}.${member.name}`;
    if (member.comment.text === '') own.push(`${place}: what it is`);
    if (kind !== 'class' || member.kind === 'field' || member.name === 'constructor') continue;
    if (member.comment.examples.length === 0 && !CALLED_BY_OTHERS.has(name)) own.push(`${place}: an example`);
    if (mayThrow(member) && member.comment.throws.length === 0) own.push(`${place}: what it throws`);
  }
  return own;
}
