import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  Column, Table, and, array, at, between, contains, endsWith, enumOf, eq, gt, has, hasAll, hasAny, ilike, isNotNull, isNull, json, like,
  list, lt, lte, map, ne, noneOf, not, oneOf, or, sql as raw, startsWith, struct, union, type Repository, type UnionValue, type Where,
} from '@mysingle/database'; // prettier-ignore
import { schemaOf } from '../../lib/entity/schema.js';
import { resolverOf } from '../../lib/sql/select.js';
import { SqlBuilder, type Statement } from '../../lib/sql/statement.js';
import { whereInto } from '../../lib/sql/where.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

interface Doc {
  name: string;
  tags?: string[];
  author?: { name: string; age: number | bigint | null };
  children?: Doc[];
}

type Venue = 'XNAS' | 'XNYS';

@Table('parted')
class Parted {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column(struct({ venue: 'varchar', 'fee "x"': 'double', at: 'timestamp', legs: list('decimal(10,2)'), state: enumOf('part_state', ['on', 'off']) }), { nullable: true })
  route!: { venue: string; 'fee "x"': number; at: Date; legs: string[]; state: 'on' | 'off' } | null;
  @Column(list('double'), { nullable: true }) equity!: number[] | null;
  @Column(array('integer', 2), { nullable: true }) pair!: number[] | null;
  @Column(map('varchar', 'bigint'), { nullable: true }) sizes!: Map<string, bigint> | null;
  @Column(map('date', list('integer')), { nullable: true }) days!: Map<Date, number[]> | null;
  @Column(union({ n: 'integer', s: 'varchar' }), { nullable: true }) either!: UnionValue<{ n: 'integer'; s: 'varchar' }> | null;
  @Column(list(struct({ symbol: 'varchar', qty: 'bigint' })), { nullable: true }) trades!: { symbol: string; qty: bigint }[] | null;
  @Column(json<Doc>(), { nullable: true }) doc!: Doc | null;
  @Column(json(), { nullable: true }) anything!: unknown;
  @Column('varchar', { nullable: true }) text!: string | null;
} // prettier-ignore

const schema = schemaOf(Parted);
const compile = (where: unknown): Statement => whereInto(new SqlBuilder(), where, resolverOf(schema)).reading();

const NONE = { route: null, equity: null, pair: null, sizes: null, days: null, either: null, trades: null, doc: null, anything: null, text: null }; // prettier-ignore
const AT = new Date('2024-02-29T12:00:00.123Z');
const ROWS = [
  { ...NONE, id: 1 },
  {
    ...NONE, id: 2, route: { venue: 'XNAS', 'fee "x"': 0.5, at: AT, legs: ['1.10', '2.20'], state: 'on' as const }, equity: [1, 2, 3], pair: [7, 8],
    sizes: new Map([['a', 2n ** 60n], ['', 0n]]), days: new Map([[new Date('2024-01-01'), [1, 2]]]), either: { tag: 'n' as const, value: 5 },
    trades: [{ symbol: 'AAPL', qty: 10n }, { symbol: 'MSFT', qty: -1n }],
    doc: { name: 'a"b', tags: ['x', 'y'], author: { name: 'Ann', age: 41 }, children: [{ name: 'kid' }] },
    anything: { 'a/b~c': { '': 5 }, $x: 1, n: '1', 1: 'one', on: true, big: 1, list: [1, 'x', null, true] }, text: '50%_\\',
  },
  {
    ...NONE, id: 3, route: { venue: 'XNYS', 'fee "x"': Number.NaN, at: new Date(0), legs: [], state: 'off' as const }, equity: [], pair: [8, 7],
    sizes: new Map(), days: new Map(), either: { tag: 's' as const, value: 'x' }, trades: [],
    doc: { name: 'b', tags: [], author: { name: 'Bob', age: null } }, anything: [1, 2, 3], text: '50 of \\',
  },
  { ...NONE, id: 4, doc: { name: '' }, anything: 7, text: 'A' },
]; // prettier-ignore

async function parted(): Promise<Repository<Parted>> {
  const repository = (await openManager({ entities: [Parted] })).repository(Parted);
  await repository.insertMany(ROWS);
  return repository;
}

const idsOf = async (repository: Repository<Parted>, where: Where<Parted>): Promise<number[]> =>
  (await repository.find({ where, orderBy: { id: 'asc' }, select: ['id'] })).map(({ id }) => id);

const text = (sql: string): string => `CASE WHEN json_type(${sql}) = 'VARCHAR' THEN ${sql} ->> '$' END`;
const number = (sql: string): string =>
  `CASE WHEN json_type(${sql}) IN ('UBIGINT', 'BIGINT', 'DOUBLE') THEN CAST(${sql} AS DOUBLE) END`;
const [NAME, AUTHOR] = ['json_extract("doc", $1)', 'json_extract(json_extract("doc", $1), $2)'];

const CASES: readonly (readonly [Where<Parted>, string, readonly number[]])[] = [
  [{ route: at('venue', 'XNAS') }, `struct_extract("route", 'venue') = $1`, [2]],
  [{ route: at('venue', ne('XNAS')) }, `struct_extract("route", 'venue') IS DISTINCT FROM $1`, [1, 3, 4]],
  [{ route: at('fee "x"', lt(1)) }, `struct_extract("route", 'fee "x"') < $1`, [2]],
  [{ route: at('at', AT) }, `struct_extract("route", 'at') = $1`, [2]],
  [{ route: at('state', oneOf(['on', 'off'])) }, `struct_extract("route", 'state') IN (SELECT unnest($1))`, [2, 3]],
  [{ route: at('state', eq('on')) }, `struct_extract("route", 'state') = $1`, [2]],
  [{ route: at('legs', at(0, '1.1')) }, `list_extract(struct_extract("route", 'legs'), 1) = $1`, [2]],
  [{ route: at('legs', has('2.2')) }, `list_contains(struct_extract("route", 'legs'), $1)`, [2]],
  [{ route: at('venue', isNull()) }, `struct_extract("route", 'venue') IS NULL`, [1, 4]],
  [{ route: and(at('venue', startsWith('X')), at('state', 'off')) }, `(starts_with(struct_extract("route", 'venue'), $1) AND struct_extract("route", 'state') = $2)`, [3]],
  [{ route: not(at('venue', 'XNAS')) }, `(struct_extract("route", 'venue') = $1) IS NOT TRUE`, [1, 3, 4]],
  [{ route: or(isNull(), at('venue', 'XNAS')) }, `("route" IS NULL OR struct_extract("route", 'venue') = $1)`, [1, 2, 4]],
  [{ equity: at(0, 1) }, 'list_extract("equity", 1) = $1', [2]],
  [{ equity: at(-1, gt(2)) }, 'list_extract("equity", -1) > $1', [2]],
  [{ equity: at(0, isNotNull()) }, 'list_extract("equity", 1) IS NOT NULL', [2]],
  [{ equity: at(10, isNull()) }, 'list_extract("equity", 11) IS NULL', [1, 2, 3, 4]],
  [{ pair: at(-2, 8) }, 'list_extract("pair", -2) = $1', [3]],
  [{ sizes: at('a', 2n ** 60n) }, 'map_extract_value("sizes", $1) = $2', [2]],
  [{ sizes: at('', lte(0n)) }, 'map_extract_value("sizes", $1) <= $2', [2]],
  [{ sizes: at('b', isNull()) }, 'map_extract_value("sizes", $1) IS NULL', [1, 2, 3, 4]],
  [{ days: at(new Date('2024-01-01'), at(1, 2)) }, 'list_extract(map_extract_value("days", $1), 2) = $2', [2]],
  [{ trades: at(0, at('qty', gt(5n))) }, `struct_extract(list_extract("trades", 1), 'qty') > $1`, [2]],
  [{ trades: at(1, { symbol: 'MSFT', qty: -1n }) }, 'list_extract("trades", 2) = $1', [2]],
  [{ doc: at('name', 'a"b') }, `${text(NAME)} = $2`, [2]],
  [{ doc: at('name', ne('b')) }, `${text(NAME)} IS DISTINCT FROM $2`, [1, 2, 4]],
  [{ doc: at('name', contains('"')) }, `contains(${text(NAME)}, $2)`, [2]],
  [{ doc: at('name', oneOf(['b', ''])) }, `${text(NAME)} IN (SELECT unnest($2))`, [3, 4]],
  [{ doc: at('author', at('name', ilike('ann'))) }, `${text(AUTHOR)} ILIKE $3`, [2]],
  [{ doc: at('author', at('age', gt(40))) }, `${number(AUTHOR)} > $3`, [2]],
  [{ doc: at('$.author.age', between(41, 41.5)) }, `${number(NAME)} BETWEEN $2 AND $3`, [2]],
  [{ doc: at('$.author.age', 41n) }, `CASE WHEN regexp_full_match(CAST(${NAME} AS VARCHAR), '-?[0-9]+') THEN TRY_CAST(${NAME} AS HUGEINT) WHEN json_type(${NAME}) = 'DOUBLE' AND trunc(CAST(${NAME} AS DOUBLE)) = CAST(${NAME} AS DOUBLE) THEN TRY_CAST(CAST(${NAME} AS DOUBLE) AS HUGEINT) END = $2`, [2]],
  [{ doc: at('$.author.age', isNull()) }, `(${NAME} ->> '$') IS NULL`, [1, 3, 4]],
  [{ doc: at('author', isNull()) }, `(${NAME} ->> '$') IS NULL`, [1, 4]],
  [{ doc: at('author', eq(null)) }, `(${NAME} ->> '$') IS NULL`, [1, 4]],
  [{ doc: at('children', at(0, at('name', 'kid'))) }, `${text('json_extract(json_extract(json_extract("doc", $1), 0), $2)')} = $3`, [2]],
  [{ doc: at('tags', has('y')) }, `list_contains(list_transform(CASE WHEN json_type(${NAME}) = 'ARRAY' THEN CAST(${NAME} AS JSON[]) END, lambda x: ${text('x')}), $2)`, [2]],
  [{ doc: at('tags', hasAll(['y', 'x'])) }, `list_has_all(list_transform(CASE WHEN json_type(${NAME}) = 'ARRAY' THEN CAST(${NAME} AS JSON[]) END, lambda x: ${text('x')}), $2)`, [2]],
  [{ anything: at('list', hasAny([true, false])) as never }, `list_has_any(list_transform(CASE WHEN json_type(json_extract("anything", $1)) = 'ARRAY' THEN CAST(json_extract("anything", $1) AS JSON[]) END, lambda x: CASE WHEN json_type(x) = 'BOOLEAN' THEN CAST(x AS BOOLEAN) END), $2)`, [2]],
  [{ anything: has(2) as never }, `list_contains(list_transform(CASE WHEN json_type("anything") = 'ARRAY' THEN CAST("anything" AS JSON[]) END, lambda x: ${number('x')}), $1)`, [3]],
  [{ anything: at(-1, 3) }, `${number('json_extract("anything", -1)')} = $1`, [3]],
  [{ anything: at('a/b~c', at('', 5)) }, `${number('json_extract(json_extract("anything", $1), $2)')} = $3`, [2]],
  [{ anything: at('$."$x"', 1) }, `${number('json_extract("anything", $1)')} = $2`, [2]],
  [{ anything: at('1', 'one') }, `${text('json_extract("anything", $1)')} = $2`, [2]],
  // another kind of value does not match, whatever its text
  [{ anything: at('n', 1) }, `${number('json_extract("anything", $1)')} = $2`, []],
  [{ anything: at('n', '1') }, `${text('json_extract("anything", $1)')} = $2`, [2]],
  [{ anything: at('on', true) }, `CASE WHEN json_type(json_extract("anything", $1)) = 'BOOLEAN' THEN CAST(json_extract("anything", $1) AS BOOLEAN) END = $2`, [2]],
  [{ anything: at('on', noneOf(['true'])) }, `(${text('json_extract("anything", $1)')} IN (SELECT unnest($2))) IS NOT TRUE`, [1, 2, 3, 4]],
  [{ anything: at('$', 7) }, `${number('json_extract("anything", $1)')} = $2`, [4]],
  [{ text: like('50\\%%') }, `"text" LIKE $1 ESCAPE '\\'`, [2]],
  [{ text: like('%\\\\') }, `"text" LIKE $1 ESCAPE '\\'`, [2, 3]],
  [{ text: ilike('a') }, '"text" ILIKE $1', [4]],
  [{ text: ilike('%\\_\\\\') }, `"text" ILIKE $1 ESCAPE '\\'`, [2]],
  [{ text: endsWith('\\') }, 'suffix("text", $1)', [2, 3]],
]; // prettier-ignore

/** Compiles, or does not: nothing runs. */
const where = (_condition: Where<Parted>): void => {};

describe('at', () => {
  it('makes the SQL and finds the rows of every kind of part', async () => {
    const repository = await parted();
    for (const [condition, sql, ids] of CASES) {
      expect(compile(condition).text).to.equal(` WHERE ${sql}`);
      expect(await idsOf(repository, condition), sql).to.deep.equal(ids);
    }
  });

  it('knows the members of a union that a value has not as NULL', async () => {
    const repository = await parted();
    expect(await idsOf(repository, { either: at('n', gt(4)) })).to.deep.equal([2]);
    expect(await idsOf(repository, { either: at('s', isNull()) })).to.deep.equal([1, 2, 4]);
  });

  it('takes JSON for what it says, however it is written', async () => {
    const db = await openManager({ entities: [Parted] });
    const repository = db.repository(Parted);
    const texts = ['{"n":1}', '{"n":1.0}', '{"n":1e20}', '{"n":1.5}', '{"n":9007199254740993}', '{"n":"1"}', '{"n":1e999}', '{"n":3,"n":4}', '[5,6]', '{"0":5}', 'null', null];
    for (const [id, written] of texts.entries()) await db.execute(raw`insert into parted (id, anything) values (${id}, ${written})`);
    for (const [condition, ids] of [
      [at('n', 1), [0, 1]], [at('n', 1n), [0, 1]], [at('n', 10n ** 20n), [2]], [at('n', 9_007_199_254_740_993n), [4]], [at('n', 9_007_199_254_740_992n), []], [at('n', gt(1n)), [2, 4, 7]],
      // of a key that is there twice, DuckDB takes the first, JSON.parse the last
      [at('n', 3), [7]], [at('n', 4), []],
      [at('0', 5), [8, 9]], [at(0, 5), [8]],
      [isNull(), [11]], [at('$', isNull()), [10, 11]], [at('$', isNotNull()), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
    ] as const) expect(await idsOf(repository, { anything: condition }), String(condition.operands.map(String))).to.deep.equal(ids);
  }); // prettier-ignore

  it('says what a column has no part for', async () => {
    for (const [condition, says] of [
      [{ text: at(0, 'x') }, 'Parted.text is varchar: at() is for lists, structs, maps, unions and json.'],
      [{ equity: at('0', 1) }, 'Parted.equity is list(double): at() takes the index of an item, got a string.'],
      [{ equity: at(0.5, 1) }, 'takes the index of an item, got a fraction.'],
      [{ route: at('nope', 1) }, 'it has no member "nope".'],
      [{ route: at('venue', 1) }, 'Parted.route.venue (varchar) expects a string, got an integer.'],
      [{ route: at('venue', undefined) }, 'Parted.route.venue is undefined.'],
      [{ sizes: at(1, 1n) }, 'a key of Parted.sizes (varchar) expects a string, got an integer.'],
      [{ sizes: at('a', '1') }, 'a value of Parted.sizes (bigint) expects a bigint'],
      [
        { doc: at(Symbol('x'), 1) },
        "Parted.doc is json: at() takes a key, an index, or a path such as '$.a.b', got a symbol.",
      ],
      [{ doc: at('$.tags[*]', 'x') }, 'the path of at() leads to several values.'],
      [{ doc: at('name', new Date(0)) }, 'JSON has no Date: give its text.'],
      [
        { doc: at('name', { a: 1 }) },
        'eq() compares json with strings, numbers, bigints or booleans, one kind at a time.',
      ],
      [{ doc: at('name', oneOf(['a', 1])) }, 'one kind at a time'],
      [{ doc: at('name', undefined) }, 'is undefined. Leave the property out'],
      [{ doc: at('name', gt(null as never)) }, 'null stands alone'],
      [{ doc: at('lone \ud800', 1) }, 'Parted.doc: the key of at() holds Unicode text, got a lone surrogate.'],
      [{ doc: eq({ name: 'a' }) }, "Compare a part of it: at('$.path', ...)."],
      [{ text: like('50\\') }, 'Parted.text: the pattern of like() ends with a backslash, which escapes nothing.'],
      [{ text: like('\\\\\\') }, 'ends with a backslash'],
    ] as const)
      expect((await failure(() => compile(condition), 'E_QUERY')).message, says).to.contain(says);
    const repository = await parted();
    await failure(repository.find({ where: { doc: at('$[', 'x') } }), 'E_QUERY');
  });

  it('takes keys and paths as values, whatever they hold', async () => {
    const repository = await parted();
    const hostile = [`' OR 1=1 --`, `"; DROP TABLE parted; --`, '$1', '"', '\\', "')", '\n', '~', '/', '~1', '𝒳', '', '\0', '#-1', '[0]', '*', '..'];
    for (const [index, key] of hostile.entries()) {
      await repository.insert({ ...NONE, id: 100 + index, anything: { [key]: { [key]: 'found' } }, sizes: new Map([[key, 9n]]) });
      const found = (condition: Where<Parted>): Promise<number[]> => idsOf(repository, and(condition, { id: gt(99) }));
      if (!key.startsWith('$')) expect(await found({ anything: at(key, at(key, 'found')) }), key).to.deep.equal([100 + index]);
      expect(await found({ sizes: at(key, 9n) }), key).to.deep.equal([100 + index]);
    }
  }); // prettier-ignore

  it('is typed by the parts that a column has', () => {
    where({ route: at('venue', 'x'), equity: at(0, gt(1)), sizes: at('a', 1n), trades: at(0, at('qty', 1n)) });
    where({
      route: and(at('venue', 'x'), at('state', 'on')),
      doc: or(at('name', 'x'), at('author', at('age', gt(1)))),
    });
    where({ route: not(at('venue', like('x'))), doc: at('$.anywhere', 5), anything: at('x', at('y', 1)) });
    const venue: Venue = 'XNAS';
    where({ route: at('venue', venue), days: at(new Date(), has(1)), doc: at('children', at(0, at('name', 'x'))) });
    // @ts-expect-error no such member
    where({ route: at('nope', 1) });
    // @ts-expect-error a member of another type
    where({ route: at('venue', 1) });
    // @ts-expect-error an operator of another type
    where({ route: at('venue', gt(1)) });
    // @ts-expect-error not one of the enum
    where({ route: at('state', 'out') });
    // @ts-expect-error an index is a number
    where({ equity: at('0', 1) });
    // @ts-expect-error an item of another type
    where({ equity: at(0, '1') });
    // @ts-expect-error a key of another type
    where({ sizes: at(1, 1n) });
    // @ts-expect-error a value of another type
    where({ sizes: at('a', 1) });
    where({ either: or(at('n', 5), at('s', like('x'))) });
    // @ts-expect-error no such member of the union
    where({ either: at('tag', 'n') });
    // @ts-expect-error a member of another type
    where({ either: at('n', 'x') });
    // @ts-expect-error a varchar has no parts
    where({ text: at(0, 'x') });
    // @ts-expect-error an integer has no parts
    where({ id: at('x', 1) });
    // @ts-expect-error no such property of the document
    where({ doc: at('nope', 'x') });
    // @ts-expect-error a property of another type
    where({ doc: at('name', 1) });
    // @ts-expect-error two levels down, too
    where({ doc: at('author', at('name', 1)) });
    // @ts-expect-error one of several
    where({ route: and(at('venue', 'x'), at('nope', 1)) });
  });
});
