// Columns of a result that have names of their own: aggregates, group keys, windows. Not here: what they compute.
import { identifierProblem } from '../entity/identifier.js';
import { DatabaseError } from '../errors.js';
import type { Operand } from './operand.js';

/** One column of the result. */
export interface ResultColumn {
  readonly name: string;
  readonly operand: Operand;
  /** what it was made of, as given */
  readonly given: unknown;
}

function fail(message: string): never {
  throw new DatabaseError('E_QUERY', message);
}

/** Refuses names that DuckDB or an object cannot have. */
export function checkNames(what: string, names: readonly string[]): void {
  const odd = names.find((name) => identifierProblem(name) !== undefined);
  if (odd !== undefined) fail(`${what}: the name ${JSON.stringify(odd)} ${identifierProblem(odd)}. Choose another.`);
}

/** Finds a column by its name, or throws. */
export function named(what: string, among: readonly ResultColumn[], name: unknown): ResultColumn {
  return (
    among.find((column) => column.name === name) ??
    fail(`${what}: there is no '${String(name)}'. There is: ${among.map((column) => column.name).join(', ')}.`)
  );
}

/** Finds an operand by its name, or throws. */
export const finder =
  (what: string, among: readonly ResultColumn[]) =>
  (name: string): Operand =>
    named(what, among, name).operand;
