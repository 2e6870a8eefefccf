// Why the cache cannot keep a value, and where in it: looked for when it is known that there is something to find. Not here:
// what a value is (kind.ts).
import { classNameOf, describe } from '../entity/misfit.js';
import { DatabaseError, isTooDeep, placeIn, tooDeep } from '../errors.js';
import { membersOf } from '../members.js';
import { hasExtras } from './extras.js';
import { isBuiltIn, kindOf, propertiesOf, schemaOfInstance, type Kind } from './kind.js';

/** Something in a value has no kind, or leads back to itself. Whoever knows what the value is calls `refuse`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/**
 * What `work` makes of a value; where it meets a Refusal, the place is found and named.
 *
 * @param instances whether instances that class-transformer knows have a form there
 */
export function orRefuse<T>(value: unknown, where: () => string, work: () => T, instances = true): T {
  try {
    return work();
  } catch (error) {
    throw explained(error, value, where(), instances);
  }
}

function explained(error: unknown, value: unknown, at: string, instances: boolean): unknown {
  if (isTooDeep(error)) return tooDeep(placeIn(at), error);
  if (!(error instanceof Refusal)) return error;
  try {
    return problemIn(value, at, new Set(), instances) ?? unsupported(at, 'a value that changes while it is read');
  } catch (other) {
    // to look for it takes more of the stack
    return isTooDeep(other) ? tooDeep(placeIn(at), other) : other;
  }
}

function unsupported(where: string, what: string): DatabaseError {
  return new DatabaseError(
    'E_UNSUPPORTED',
    `${placeIn(where)} is ${what}, which the cache has no form for. It keeps plain data, Date, bigint, Map, Set, bytes, entities and, as values, instances of classes that class-transformer decorates; ` +
      'for an argument, give @Cached a key option that makes plain data of it.',
  );
}

function problemIn(value: unknown, where: string, parents: Set<object>, instances: boolean): DatabaseError | undefined {
  const kind = kindOf(value);
  if (kind === 'none' || (kind === 'instance' && !instances)) return unsupported(where, described(value));
  if (typeof value !== 'object' || value === null) return undefined;
  if (parents.has(value))
    return new DatabaseError(
      'E_UNSUPPORTED',
      `${placeIn(where)} leads back to itself: the cache has no form for a cycle.`,
    );
  parents.add(value);
  for (const [at, part] of partsOf(value, kind)) {
    const problem = problemIn(part, `${where}${at}`, parents, instances);
    if (problem !== undefined) return problem;
  }
  parents.delete(value);
  return undefined;
}

function described(value: unknown): string {
  if (typeof value !== 'object' || value === null) return describe(value);
  if (isBuiltIn(value) && hasExtras(value)) return `${describe(value)} with properties of its own`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return 'an object with symbols as keys';
  const name = classNameOf(value);
  return name === '' ? `${isBuiltIn(value) ? describe(value) : 'an object'} of a class without a name` : `a ${name}`;
}

/** What a value is made of, each with its place. */
function* partsOf(value: object, kind: Kind): Generator<[at: string, part: unknown]> {
  if (kind === 'list') for (const [index, item] of (value as unknown[]).entries()) yield [`[${index}]`, item];
  if (kind === 'set') for (const item of value as Set<unknown>) yield ['.item', item];
  if (kind === 'map') {
    for (const [key, item] of value as Map<unknown, unknown>) {
      yield ['.key', key];
      yield [`.get(${typeof key === 'object' && key !== null ? describe(key) : String(key)})`, item];
    }
  }
  const keys =
    kind === 'entity' ? propertiesOf(schemaOfInstance(value), value) : kind === 'object' ? Object.keys(value) : [];
  for (const key of keys) yield [`.${key}`, (value as Record<string, unknown>)[key]];
  if (kind === 'instance') for (const [key, part] of Object.entries(membersOf(value))) yield [`.${key}`, part];
}
