// Types made of others, themselves at random: lists, arrays, structs, maps and unions of anything, and values of them. Not here:
// the types that they end in (arbitraries.ts).
import * as fc from 'fast-check';
import { array, list, map, struct, union, type ColumnType } from '@mysingle/database';
import { SCALAR_CASES, nameOf, type Pair, type TypeCase } from './arbitraries.js';
import { equalityKey } from './exact.js';

// One thing is left out, with a spec of its own in round-trip-limits.spec.ts: a -0 within something else. DuckDB's ON CONFLICT
// goes by sort keys, in which -0 is 0; alone, in a column, it is kept.

/** What every type ends in; the variants of `as` are for columns alone. */
const LEAVES = SCALAR_CASES.filter(({ as }) => as === undefined).map((each): TypeCase => {
  if (each.name !== 'double' && each.name !== 'float') return each;
  return { ...each, pairs: each.pairs.filter(({ stored }) => !Object.is(stored, -0)) };
});
/** Kept as they are by an object: a map's keys are told apart by their text here. */
const KEYS = LEAVES.filter(({ name }) => /^(?:boolean|.*int|integer|double|decimal.*|varchar|uuid|date|timestamp.*|time|enum.*|blob)$/.test(name)); // prettier-ignore
const NAMES = ['a', 'b c', 'the "x"', "it's", 'constructor', 'toString', 'Ä', 'value', 'tag', 'key', 'entries', 'select'] as const; // prettier-ignore

const made = (type: ColumnType, pairs: fc.Arbitrary<Pair>, parts: readonly TypeCase[]): TypeCase => ({
  name: nameOf(type),
  type,
  pairs,
  where: whereOf(parts),
});

function whereOf(parts: readonly TypeCase[]): TypeCase['where'] {
  return parts.some(({ where }) => where === 'includes') ? 'includes' : 'exact';
}

/** Of seven items one is NULL. */
const orNull = (pairs: fc.Arbitrary<Pair>): fc.Arbitrary<Pair> =>
  fc.oneof({ weight: 6, arbitrary: pairs }, { weight: 1, arbitrary: fc.constant({ given: null, stored: null }) });

const both = (of: (side: 'given' | 'stored') => unknown): Pair => ({ given: of('given'), stored: of('stored') });

const listOf = (part: TypeCase): TypeCase => {
  const items = fc
    .array(orNull(part.pairs), { maxLength: 4 })
    .map((of) => both((side) => of.map((each) => each[side])));
  const numbers = fc.array(part.pairs, { maxLength: 4 }).map((of): Pair => {
    const stored = of.map((each) => each.stored as number);
    return { given: Float64Array.from(stored), stored };
  });
  return made(list(part.type), part.name === 'double' ? fc.oneof(items, numbers) : items, [part]);
};

const arrayOf = (part: TypeCase, length: number): TypeCase => {
  const items = fc.array(orNull(part.pairs), { minLength: length, maxLength: length });
  return made(array(part.type, length), items.map((of) => both((side) => of.map((each) => each[side]))), [part]); // prettier-ignore
};

const byName = <T>(names: readonly string[], of: (index: number) => T): Record<string, T> =>
  Object.fromEntries(names.map((name, index) => [name, of(index)]));

const structOf = (names: readonly string[], parts: readonly TypeCase[]): TypeCase =>
  made(
    struct(byName(names, (index) => (parts[index] as TypeCase).type)),
    fc
      .tuple(...parts.map(({ pairs }) => orNull(pairs)))
      .map((values) => both((side) => byName(names, (index) => values[index]?.[side]))),
    parts,
  );

const mapOf = (key: TypeCase, value: TypeCase): TypeCase => {
  const entries = fc.uniqueArray(fc.tuple(key.pairs, orNull(value.pairs)), {
    maxLength: 4,
    selector: ([each]) => equalityKey(each.stored),
  });
  return made(
    map(key.type, value.type),
    entries.map((of) => both((side) => new Map(of.map(([k, v]) => [k[side], v[side]])))),
    [key, value],
  );
};

/** Without NULL in it, which DuckDB's binding cannot take as a parameter. */
const unionOf = (names: readonly string[], parts: readonly TypeCase[]): TypeCase =>
  made(
    union(byName(names, (index) => (parts[index] as TypeCase).type)),
    fc.oneof(...parts.map(({ pairs }, index) => pairs.map((pair) => both((side) => ({ tag: names[index], value: pair[side] }))))), // prettier-ignore
    parts,
  );

/** Types of up to so many levels above the types that they end in. */
export function nestedCases(depth: number): fc.Arbitrary<TypeCase> {
  if (depth === 0) return fc.constantFrom(...LEAVES);
  const inner = fc.oneof({ weight: 1, arbitrary: nestedCases(0) }, { weight: depth === 1 ? 0 : 2, arbitrary: nestedCases(depth - 1) }); // prettier-ignore
  const named = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 });
  const members = named.chain((names) => fc.tuple(fc.constant(names), fc.tuple(...names.map(() => inner))));
  return fc.oneof(
    inner.map(listOf),
    fc.tuple(inner, fc.integer({ min: 1, max: 3 })).map(([part, length]) => arrayOf(part, length)),
    members.map(([names, parts]) => structOf(names, parts)),
    fc.tuple(fc.constantFrom(...KEYS), inner).map(([key, value]) => mapOf(key, value)),
    members.map(([names, parts]) => unionOf(names, parts)),
  );
}
