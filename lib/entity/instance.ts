// Which entity class a value is an instance of. Not here: making instances (hydrate.ts).

/** The entity class of a value, where it is an instance of one. */
export function entityOf(value: object): unknown {
  return (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor;
}
