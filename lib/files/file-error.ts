// What DuckDB says of a file it cannot read, without its advice: that is of options which are not given here. Not here: values that
// do not fit (import.ts).
import { DatabaseError } from '../errors.js';

/** Where its advice begins. */
const ADVICE = /\s*\n\s*(?:Possible (?:fixes|solutions)|LINE \d+:|file = )[\s\S]*$/;

export function plainly(error: DatabaseError): DatabaseError {
  const { path, line } = error.details;
  const own = error.message.replace(ADVICE, '').replaceAll(/\s*\n\s*/g, ' ').replace(/^[A-Z][A-Za-z ]+ Error: /, ''); // prettier-ignore
  const named = typeof path === 'string' && !own.includes(path) ? `${path}${line === undefined ? '' : `, line ${line as number}`}: ` : ''; // prettier-ignore
  const message = `${named}${own.replace(/[.!]?$/, '.')}`;
  if (message === error.message) return error;
  return new DatabaseError(error.code, message, { cause: error, details: error.details, retryable: error.retryable });
}
