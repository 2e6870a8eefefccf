// Instances of entity classes from stored values. Not here: reading (engine/), or caching (cache/).
import type { EntitySchema } from './schema.js';

/**
 * An instance with these properties. A whole row goes through the constructor, which is called without arguments, so that
 * initializers and private fields are there; a row of some columns has these alone.
 */
export function instantiate(
  schema: EntitySchema,
  properties: readonly string[],
  valueOf: (index: number) => unknown,
): object {
  const whole = schema.accessors || properties.length === schema.columns.length;
  const instance = (
    whole ? new (schema.target as unknown as new () => object)() : Object.create(schema.target.prototype as object)
  ) as Record<string, unknown>;
  for (let index = 0; index < properties.length; index += 1) instance[properties[index] as string] = valueOf(index);
  return instance;
}

/** The entity class of a value, where it is an instance of one. */
export function entityOf(value: object): unknown {
  return (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor;
}
