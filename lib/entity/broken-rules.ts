// What class-validator says of a row as one error: every property that breaks a rule, and no value. Not here: judging (rules.ts).
import { DatabaseError, isTooDeep } from '../errors.js';
import { RuleThrew, type ValidationError } from './class-validator.js';

/** One property of a row that breaks rules, in `details.problems` of `E_VALIDATION`. */
export interface BrokenRules {
  /** with its path, where it is inside a value: `home.country`, `fills.0.price` */
  readonly property: string;
  /** the message of each rule that is broken, by the rule's name */
  readonly constraints: Readonly<Record<string, string>>;
  /** what the decorators of these rules have as `context`, by the rule's name */
  readonly contexts?: Readonly<Record<string, unknown>>;
}

/** A list within one row can break as many rules as it has items. */
const MOST_PROBLEMS = 100;
const MOST_TOLD = 10;

/** Which class, and the number of its row among several. */
export interface RowPlace {
  readonly entity: string;
  readonly row: number | undefined;
}

const placeOf = ({ entity, row }: RowPlace): string => (row === undefined ? entity : `Row ${row}: ${entity}`);
const detailsOf = ({ entity, row }: RowPlace): object => ({ entity, ...(row === undefined ? {} : { row }) });

export function brokenRules(errors: readonly ValidationError[], place: RowPlace): DatabaseError {
  const problems: BrokenRules[] = [];
  collect(errors, '', problems);
  const [first] = problems as [BrokenRules];
  const more = problems.length > MOST_TOLD ? `; and ${problems.length - MOST_TOLD} more` : '';
  const told = problems.slice(0, MOST_TOLD).map(textOf).join('; ');
  return new DatabaseError('E_VALIDATION', `${placeOf(place)}: ${told}${more}.`, {
    details: {
      ...detailsOf(place),
      property: first.property,
      rules: Object.keys(first.constraints),
      problems: problems.slice(0, MOST_PROBLEMS),
    },
  });
}

/** @returns what was thrown, where it is an error of the database, whose code others may act upon */
export function ruleError(error: unknown, place: RowPlace): unknown {
  const cause = error instanceof RuleThrew ? error.cause : error;
  const isDeep = isTooDeep(cause);
  if (!(error instanceof RuleThrew) && !isDeep) return error;
  if (cause instanceof DatabaseError) return cause;
  const property = error instanceof RuleThrew ? error.property : undefined;
  const at = property === undefined ? placeOf(place) : `${placeOf(place)}.${property}`;
  const why = isDeep
    ? 'is nested too deep, or leads back to itself: its rules ask what is in it without end. Leave out what leads back, or keep it as a list of its parts'
    : 'a rule of class-validator could not be asked, for its validator or a condition threw; the cause says what. A condition sees no more of an update than what it sets';
  return new DatabaseError('E_VALIDATION', `${at}${isDeep ? ' ' : ': '}${why}.`, {
    cause,
    details: { ...detailsOf(place), ...(property === undefined ? {} : { property }) },
  });
}

function collect(errors: readonly ValidationError[], prefix: string, into: BrokenRules[]): void {
  for (const { property, constraints, contexts, children } of errors) {
    // without a name it is the value itself
    const path = property === '' ? prefix.slice(0, -1) : `${prefix}${property}`;
    if (constraints !== undefined && Object.keys(constraints).length > 0)
      into.push({ property: path, constraints, ...(contexts === undefined ? {} : { contexts }) });
    collect(children ?? [], `${path}.`, into);
  }
}

/** A message names its property as a rule; inside a value it does not say where that is. */
function textOf({ property, constraints }: BrokenRules): string {
  const said = Object.values(constraints).join('; ');
  const isInside = property.includes('.') || 'unknownValue' in constraints;
  return isInside ? `${property}: ${said}` : said;
}
