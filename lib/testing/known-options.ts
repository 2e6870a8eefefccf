// Options of the kit: an unknown one is refused by its name, since a typing error would test something else. Not here: their values.
import { DatabaseError } from '../index.js';

/** @throws DatabaseError `E_CONFIG` */
export function refuse(message: string): never {
  throw new DatabaseError('E_CONFIG', message);
}

/** @throws DatabaseError `E_CONFIG` for what is no object, and for an option that there is not */
export function knownOptions(options: unknown, names: readonly string[], what: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    refuse(`${what}: give an object of ${names.join(', ')}.`);
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown !== undefined) refuse(`There is no option '${unknown}' of ${what}. Options: ${names.join(', ')}.`);
}
