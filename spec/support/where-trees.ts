// Random conditions of any depth over every kind of column, each with what plain JavaScript says of a row.
import {
  Column, Table, all, and, at, between, contains, endsWith, enumOf, eq, gt, gte, has, hasAll, hasAny, ilike, isNotNull, isNull, json,
  like, list, lt, lte, map, ne, noneOf, not, oneOf, or, sql, startsWith, struct, type Operator, type Where,
} from '@mysingle/database'; // prettier-ignore
import { random } from './random.js';

type Mood = 'sad' | 'ok' | 'glad';
interface Doc {
  s?: string | number | boolean | null;
  n?: number | string | null;
  tags?: (string | number | null)[];
}

@Table('leaves')
export class Leaf {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { nullable: true }) n!: number | null;
  @Column('double', { nullable: true }) x!: number | null;
  @Column('bigint', { nullable: true }) big!: bigint | null;
  @Column('decimal(6,2)', { nullable: true }) price!: string | null;
  @Column('varchar', { nullable: true, name: 'the "text"' }) s!: string | null;
  @Column('boolean', { nullable: true }) b!: boolean | null;
  @Column('timestamptz', { nullable: true }) at!: Date | null;
  @Column('date', { nullable: true }) day!: Date | null;
  @Column(enumOf('leaf_mood', ['sad', 'ok', 'glad']), { nullable: true }) mood!: Mood | null;
  @Column(list('integer'), { nullable: true }) tags!: number[] | null;
  @Column(struct({ a: 'integer', 's s': 'varchar' }), { nullable: true }) part!: { a: number; 's s': string } | null;
  @Column(map('varchar', 'integer'), { nullable: true }) sizes!: Map<string, number> | null;
  @Column(json<Doc>(), { nullable: true }) doc!: Doc | null;
}

export type Tree = readonly [where: Where<Leaf>, test: (row: Leaf) => boolean];
type Test<V> = (value: V | null) => boolean;
type Pair<V> = readonly [Operator<V>, Test<V>];

const NUMBERS = [-2, -1, 0, 1, 2, 3];
const REALS = [-Infinity, -1.5, -0, 0, 0.1, 1, 2, Infinity, Number.NaN];
const BIGS = [-(2n ** 63n), -1n, 0n, 1n, 2n ** 53n + 1n, 2n ** 63n - 1n];
const PRICES = ['-1.10', '0.00', '0.01', '1.10', '9999.99'];
const TEXTS = ['', 'a', 'ab', 'aB', 'b%', 'A_', '_', '%', '\\', 'a\\b', `'`, '"', 'é', 'É', '😀', 'a\nb', '$1', '\0'];
const DATES = ['1969-12-31T23:59:59.999Z', '1970-01-01', '2024-02-29', '2024-02-29T00:00:00.001Z', '9999-12-31'].map((text) => new Date(text)); // prettier-ignore
const DAYS = ['0001-01-01', '1969-12-31', '1970-01-01', '2024-02-29'].map((text) => new Date(text));
const MOODS: readonly Mood[] = ['sad', 'ok', 'glad'];

/** DuckDB's order: NaN is the greatest number and equal to itself, -0 is 0; enums go by their place. */
type Compare<V> = (a: V, b: V) => number;
const plainly = <V>(a: V, b: V): number => (a === b ? 0 : a < b ? -1 : 1);
const really: Compare<number> = (a, b) =>
  Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : plainly(a, b);
const byBytes: Compare<string> = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byTime: Compare<Date> = (a, b) => a.getTime() - b.getTime();
const byValue: Compare<string> = (a, b) => Number(a) - Number(b);
const byPlace: Compare<Mood> = (a, b) => MOODS.indexOf(a) - MOODS.indexOf(b);

/** What LIKE says, with a backslash as its escape. */
function isLike(text: string, pattern: string, anyCase: boolean): boolean {
  const source = pattern.replaceAll(/\\(.)|([%_])|([^%_\\])/gsu, (_all, escaped: string | undefined, wild: string | undefined, plain: string | undefined) =>
    wild === undefined ? ((escaped ?? plain) as string).replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') : wild === '%' ? '.*' : '.');
  return new RegExp(`^${source}$`, anyCase ? 'sui' : 'su').test(text);
} // prettier-ignore

export function trees(seed?: number): { seed: number; rows: () => Leaf[]; tree: (depth: number) => Tree } {
  const { below, seed: own } = random(seed);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const chance = (of: number): boolean => below(1000) < of * 1000;
  const few = <T>(from: readonly T[]): T[] => Array.from({ length: below(4) }, () => pick(from));
  const known =
    <V>(test: (value: V) => boolean): Test<V> =>
    (value) =>
      value !== null && test(value);
  const nullable = <T>(from: readonly T[]): T | null => (chance(0.25) ? null : pick(from));

  const rows = (): Leaf[] =>
    Array.from({ length: 80 }, (_row, id) =>
      Object.assign(new Leaf(), {
        id, n: nullable(NUMBERS), x: nullable(REALS), big: nullable(BIGS), price: nullable(PRICES), s: nullable(TEXTS), b: nullable([true, false]),
        at: nullable(DATES), day: nullable(DAYS), mood: nullable(MOODS), tags: chance(0.2) ? null : few(NUMBERS),
        part: chance(0.2) ? null : { a: pick(NUMBERS), 's s': pick(TEXTS) },
        sizes: chance(0.2) ? null : new Map(few(TEXTS).map((key) => [key, pick(NUMBERS)])),
        doc: chance(0.2) ? null : docOf(),
      }),
    ); // prettier-ignore
  const docOf = (): Doc => ({
    ...(chance(0.3) ? {} : { s: pick<string | number | boolean | null>([...TEXTS, 1, true, null]) }),
    ...(chance(0.3) ? {} : { n: pick<number | string | null>([...NUMBERS, 0.1, '1', null]) }),
    ...(chance(0.3) ? {} : { tags: few<string | number | null>([...TEXTS, 1, null]) }),
  });

  /** What every column can be asked that has an order. */
  const ordered = <V>(from: readonly V[], compare: Compare<V>, nulls = true) => (): Pair<V> => {
    const [low, high, values] = [pick(from), pick(from), few(from)];
    const within = (v: V): boolean => values.some((value) => compare(v, value) === 0);
    return pick<Pair<V>>([
      [eq(low), known((v) => compare(v, low) === 0)], [ne(low), (v) => v === null || compare(v, low) !== 0], [gt(low as never) as never, known((v) => compare(v, low) > 0)],
      [gte(low as never) as never, known((v) => compare(v, low) >= 0)], [lt(low as never) as never, known((v) => compare(v, low) < 0)], [lte(low as never) as never, known((v) => compare(v, low) <= 0)],
      [between(low as never, high as never) as never, known((v) => compare(v, low) >= 0 && compare(v, high) <= 0)], [oneOf(values), known(within)],
      [noneOf(values), (v) => v === null || !within(v)], ...(nulls ? ([[isNull() as never, (v) => v === null], [isNotNull() as never, (v) => v !== null]] as Pair<V>[]) : []),
    ]);
  }; // prettier-ignore
  const onPattern = (): Pair<string> => {
    const value = pick(TEXTS);
    const pattern = Array.from({ length: 1 + below(3) }, () => pick(['a', 'b', 'B', '%', '_', '\\%', '\\_', '\\\\', 'é', '😀', `'`])).join('');
    return pick<Pair<string>>([
      [startsWith(value), known((v) => v.startsWith(value))], [endsWith(value), known((v) => v.endsWith(value))], [contains(value), known((v) => v.includes(value))],
      [like(pattern), known((v) => isLike(v, pattern, false))], [ilike(pattern), known((v) => isLike(v, pattern, true))],
    ]);
  }; // prettier-ignore
  const onTexts = ordered(TEXTS, byBytes);
  const onText = (): Pair<string> => (chance(0.5) ? onTexts() : onPattern());
  const onNumber = ordered(NUMBERS, plainly);
  const onList = (): Pair<number[]> => {
    const [value, values, place] = [pick(NUMBERS), few(NUMBERS), below(5) - 2];
    const same = (v: number[] | null): boolean => v !== null && JSON.stringify(v) === JSON.stringify(values);
    const [item, test] = nested(onNumber, 1);
    return pick<Pair<number[]>>([
      [has(value), known((v) => v.includes(value))], [hasAny(values), known((v) => values.some((each) => v.includes(each)))],
      [hasAll(values), known((v) => values.every((each) => v.includes(each)))], [eq(values), same], [ne(values), (v) => !same(v)],
      [isNull() as never, (v) => v === null], [at(place, item) as never, (v) => test(v?.at(place) ?? null)],
    ]);
  }; // prettier-ignore
  const onPart = (): Pair<Leaf['part']> => {
    const [[a, testA], [s, testS]] = [nested(onNumber, 1), nested(onText, 1)];
    return pick<Pair<Leaf['part']>>([
      [at('a', a) as never, (v) => testA(v?.a ?? null)], [at('s s', s) as never, (v) => testS(v?.['s s'] ?? null)], [isNull(), (v) => v === null],
    ]);
  }; // prettier-ignore
  const onMap = (): Pair<Map<string, number>> => {
    const [key, [size, test]] = [pick(TEXTS), nested(onNumber, 1)];
    return [at(key, size) as never, (v) => test(v?.get(key) ?? null)];
  };
  const onDoc = (): Pair<Doc> => {
    // isNull() asks for what is not there, and any other operator takes another kind of value for NULL
    const [[s, testS], [n, testN]] = [nested(ordered(TEXTS, byBytes, false), 1), nested(ordered(NUMBERS, plainly, false), 1)];
    const [tag, tags] = [pick(TEXTS), few(TEXTS)];
    const only = <V>(kind: string, value: unknown): V | null => (typeof value === kind ? (value as V) : null);
    const blank = (value: unknown): boolean => value === undefined || value === null;
    const strings = (v: Doc | null): unknown[] | undefined => v?.tags;
    return pick<Pair<Doc>>([
      [at('s', s) as never, (v) => testS(only<string>('string', v?.s))], [at('$.n', n) as never, (v) => testN(only<number>('number', v?.n))],
      [at('s', isNull()) as never, (v) => blank(v?.s)], [at('n', isNotNull()) as never, (v) => !blank(v?.n)],
      [at('tags', has(tag)) as never, (v) => strings(v)?.includes(tag) ?? false], [at('tags', hasAny(tags)) as never, (v) => tags.some((each) => strings(v)?.includes(each))],
      [at('tags', at(0, tag)) as never, (v) => v?.tags?.[0] === tag],
    ]);
  }; // prettier-ignore
  const nested = <V>(make: () => Pair<V>, depth: number): Pair<V> => {
    if (depth === 0 || chance(0.5)) return make();
    const [a, testA] = nested(make, depth - 1);
    if (chance(0.4)) return [not(a), (v) => !testA(v)];
    const [b, testB] = nested(make, depth - 1);
    return chance(0.5) ? [and(a, b), (v) => testA(v) && testB(v)] : [or(a, b), (v) => testA(v) || testB(v)];
  };

  const kinds: { readonly [K in keyof Leaf]?: () => Pair<never> } = {
    n: onNumber, x: ordered(REALS, really), big: ordered(BIGS, plainly), price: ordered(PRICES, byValue), s: onText, at: ordered(DATES, byTime),
    day: ordered(DAYS, byTime), mood: ordered(MOODS, byPlace), tags: onList, part: onPart, sizes: onMap, doc: onDoc,
  } as never; // prettier-ignore
  const names = Object.keys(kinds) as (keyof Leaf)[];
  const column = (): readonly [keyof Leaf, unknown, (row: Leaf) => boolean] => {
    const name = pick(names);
    const [operator, test] = nested(kinds[name] as unknown as () => Pair<unknown>, 2);
    return [name, operator, (row) => test(row[name])];
  };
  const leaf = (): Tree => {
    const [first, second] = [column(), column()];
    const b = pick([true, false, null]);
    return pick<Tree>([
      [{ [first[0]]: first[1] }, first[2]],
      [{ [first[0]]: first[1] }, first[2]],
      [{ [first[0]]: first[1], [second[0]]: second[1] }, (row) => (first[0] === second[0] || first[2](row)) && second[2](row)],
      [{ b }, (row) => row.b === b], [{ b: ne(b) }, (row) => row.b !== b], [{ b: oneOf([true]) }, (row) => row.b === true],
      [sql`n > x`, (row) => row.n !== null && row.x !== null && really(row.n, row.x) > 0], [sql`"n" = ${first[0].length}`, (row) => row.n === first[0].length],
      [{}, () => true], [all(), () => true],
    ]);
  }; // prettier-ignore
  const tree = (depth: number): Tree => {
    if (depth === 0 || chance(0.3)) return leaf();
    const [a, testA] = tree(depth - 1);
    if (chance(0.35)) return [not<Leaf>(a), (row) => !testA(row)];
    const [b, testB] = tree(depth - 1);
    return chance(0.5)
      ? [and<Leaf>(a, b), (row) => testA(row) && testB(row)]
      : [or<Leaf>(a, b), (row) => testA(row) || testB(row)];
  };
  return { seed: own, rows, tree };
}
