// What DuckDB says of a file it cannot read, without its advice: that is of options which are not given here. Not here: values that
// do not fit (import.ts).
import { DatabaseError } from '../errors.js';

/** Where its advice begins. */
const ADVICE = /\s*\n\s*(?:Possible (?:fixes|solutions?)|LINE \d+:|file = )[\s\S]*$/i;

/** It repeats the line, which may be long, and secret. What is wrong with it comes behind. */
const REPEATED =
  /CSV Error on Line: \d+\s*Original Line:[\s\S]*?\n(?=Expected Number of Columns|Value with unterminated quote|Invalid unicode|Maximum line size)/;
const UNKNOWN = /CSV Error on Line: \d+\s*Original Line:[\s\S]*$/;

/** It repeats the object. */
const TRANSFORM = /(JSON transform error in file "[\s\S]*?", in (?:line|record\/value) \d+:)[\s\S]*$/;
const STATE = /The CSV Parser state machine reached an invalid state[\s\S]*$/;

export function plainly(error: DatabaseError): DatabaseError {
  const { path, line } = error.details;
  // of something else than a file
  if (typeof path !== 'string') return error;
  const own = error.message
    .replace(REPEATED, '')
    .replace(TRANSFORM, '$1 an object has a key twice, or is none')
    .replace(
      STATE,
      'its lines do not end in one way: write it with a line feed alone, or with a return before, behind each',
    )
    .replace(UNKNOWN, 'The line is no CSV by these options')
    .replace(ADVICE, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/^[A-Z][A-Za-z ]+ Error: /, '')
    .replace(/[\s.!]*$/, '.');
  const where = own.includes(path) ? '' : `${path}${line === undefined ? '' : `, line ${line as number}`}: `;
  if (where + own === error.message) return error;
  return new DatabaseError(error.code, where + own, {
    cause: error,
    details: error.details,
    retryable: error.retryable,
  });
}
