import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  Column, Table, all, and, array, at, between, column, contains, endsWith, enumOf, eq, gt, gte, has, hasAll, hasAny, ilike,
  isNotNull, isNull, json, like, list, lt, lte, ne, noneOf, not, oneOf, or, sql, startsWith, struct, type Operator,
  type Repository, type Where,
} from '@mysingle/database'; // prettier-ignore
import { schemaOf } from '../../lib/entity/schema.js';
import { Combination } from '../../lib/sql/operator.js';
import { resolverOf } from '../../lib/sql/select.js';
import { SqlBuilder, type Statement } from '../../lib/sql/statement.js';
import { whereInto } from '../../lib/sql/where.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('items')
class Item {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { nullable: true }) n!: number | null;
  @Column('varchar', { nullable: true, name: 'the "text"' }) s!: string | null;
  @Column('double', { nullable: true }) x!: number | null;
  @Column('boolean', { nullable: true }) b!: boolean | null;
  @Column('bigint', { nullable: true, as: 'number' }) big!: number | null;
  @Column('decimal(10,2)', { nullable: true }) price!: string | null;
  @Column('timestamptz', { nullable: true }) at!: Date | null;
  @Column('date', { nullable: true }) day!: Date | null;
  @Column('uuid', { nullable: true }) key!: string | null;
  @Column('blob', { nullable: true }) bytes!: Uint8Array | null;
  @Column('timestamp_ns', { nullable: true }) nanos!: string | null;
  @Column(enumOf('mood', ['sad', 'ok']), { nullable: true }) mood!: 'sad' | 'ok' | null;
  @Column(list('integer'), { nullable: true }) tags!: number[] | null;
  @Column(array('double', 2), { nullable: true }) pair!: number[] | null;
  @Column(struct({ a: 'integer' }), { nullable: true }) part!: { a: number } | null;
  @Column(json<object>(), { nullable: true }) doc!: object | null;
}

const schema = schemaOf(Item);
const compile = (where: unknown): Statement => whereInto(new SqlBuilder(), where, resolverOf(schema)).reading();

const DAY = new Date('2024-02-29');
const UUID = '0190a000-0000-7000-8000-0000000000ff';
const NONE = { n: null, s: null, x: null, b: null, big: null, price: null, at: null, day: null, key: null, bytes: null, nanos: null, mood: null, tags: null, pair: null, part: null, doc: null }; // prettier-ignore
const ROWS = [
  { ...NONE, id: 1 },
  { ...NONE, id: 2, n: 1, s: 'abc', x: 1.5, b: true, big: 2 ** 40, price: '1.10', at: DAY, day: DAY, key: UUID, bytes: new Uint8Array([1, 0]), nanos: '2024-01-01 00:00:00.000000001', mood: 'ok' as const, tags: [1, 2], pair: [1, 2], part: { a: 1 }, doc: { a: 1 } },
  { ...NONE, id: 3, n: 2, s: '100%_"\'\\', x: Number.NaN, b: false, big: -1, price: '-0.05', at: new Date(0), day: new Date(0), mood: 'sad' as const, tags: [], pair: [0, 0] },
  { ...NONE, id: 4, n: 3, s: 'ABC\nü😀', x: Infinity, price: '9.99', tags: [2, 3] },
  { ...NONE, id: 5, n: -1, s: '', x: -0 },
]; // prettier-ignore

async function items(): Promise<Repository<Item>> {
  const repository = (await openManager({ entities: [Item] })).repository(Item);
  await repository.insertMany(ROWS);
  return repository;
}

const idsOf = async (repository: Repository<Item>, where: Where<Item>): Promise<number[]> =>
  (await repository.find({ where, orderBy: { id: 'asc' }, select: ['id'] })).map(({ id }) => id);

const S = '"the ""text"""';
/** Condition, its SQL, its rows. */
const CASES: readonly (readonly [Where<Item>, string, readonly number[]])[] = [
  [{ n: 1 }, ' WHERE "n" = $1', [2]],
  [{ n: eq(1) }, ' WHERE "n" = $1', [2]],
  [{ n: null }, ' WHERE "n" IS NULL', [1]],
  [{ n: eq(null) }, ' WHERE "n" IS NULL', [1]],
  [{ n: ne(null) }, ' WHERE "n" IS NOT NULL', [2, 3, 4, 5]],
  [{ n: ne(1) }, ' WHERE "n" IS DISTINCT FROM $1', [1, 3, 4, 5]],
  [{ n: gt(1) }, ' WHERE "n" > $1', [3, 4]],
  [{ n: gte(1) }, ' WHERE "n" >= $1', [2, 3, 4]],
  [{ n: lt(1) }, ' WHERE "n" < $1', [5]],
  [{ n: lte(1) }, ' WHERE "n" <= $1', [2, 5]],
  [{ n: between(1, 2) }, ' WHERE "n" BETWEEN $1 AND $2', [2, 3]],
  [{ n: between(2, 1) }, ' WHERE "n" BETWEEN $1 AND $2', []],
  [{ n: oneOf([1, 3, 9]) }, ' WHERE "n" IN (SELECT unnest($1))', [2, 4]],
  [{ n: oneOf([]) }, ' WHERE "n" IN (SELECT unnest($1))', []],
  [{ n: noneOf([1, 3]) }, ' WHERE ("n" IN (SELECT unnest($1))) IS NOT TRUE', [1, 3, 5]],
  [{ n: noneOf([]) }, ' WHERE ("n" IN (SELECT unnest($1))) IS NOT TRUE', [1, 2, 3, 4, 5]],
  [{ n: isNull() }, ' WHERE "n" IS NULL', [1]],
  [{ n: isNotNull() }, ' WHERE "n" IS NOT NULL', [2, 3, 4, 5]],
  [{ n: not(gt(1)) }, ' WHERE ("n" > $1) IS NOT TRUE', [1, 2, 5]],
  [{ n: not(not(gt(1))) }, ' WHERE (("n" > $1) IS NOT TRUE) IS NOT TRUE', [3, 4]],
  [{ n: and(gt(0), lt(3)) }, ' WHERE ("n" > $1 AND "n" < $2)', [2, 3]],
  [{ n: or(lt(0), gt(2), isNull()) }, ' WHERE ("n" < $1 OR "n" > $2 OR "n" IS NULL)', [1, 4, 5]],
  [{ n: not(or(eq(1), and(gt(1), lt(3)))) }, ' WHERE (("n" = $1 OR ("n" > $2 AND "n" < $3))) IS NOT TRUE', [1, 4, 5]],
  [{ n: 1, s: 'abc' }, ` WHERE ("n" = $1 AND ${S} = $2)`, [2]],
  [{}, '', [1, 2, 3, 4, 5]],
  [all(), '', [1, 2, 3, 4, 5]],
  [or({ n: 1 }, { n: 2, s: startsWith('100') }), ` WHERE ("n" = $1 OR ("n" = $2 AND starts_with(${S}, $3)))`, [2, 3]],
  [and({ n: gt(0) }, not({ s: contains('b') })), ` WHERE ("n" > $1 AND (contains(${S}, $2)) IS NOT TRUE)`, [3, 4]],
  [not({ n: 1, s: 'abc' }), ` WHERE (("n" = $1 AND ${S} = $2)) IS NOT TRUE`, [1, 3, 4, 5]],
  [not(all()), ' WHERE (TRUE) IS NOT TRUE', []],
  [not({}), ' WHERE (TRUE) IS NOT TRUE', []],
  [or({}, { n: 1 }), ' WHERE (TRUE OR "n" = $1)', [1, 2, 3, 4, 5]],
  [and(sql`${column(Item, 'n')} % ${2} = 1`, { n: lt(3) }), ' WHERE (("n" % $1 = 1) AND "n" < $2)', [2]],
  [sql`n = 1 or n = 2`, ' WHERE (n = 1 or n = 2)', [2, 3]],
  [and(sql`n = 1 or n = 2`, { s: 'abc' }), ` WHERE ((n = 1 or n = 2) AND ${S} = $1)`, [2]],
  [not(sql`n = 1`), ' WHERE ((n = 1)) IS NOT TRUE', [1, 3, 4, 5]],
  [{ s: like('%b_') }, ` WHERE ${S} LIKE $1`, [2]],
  [{ s: like('100%') }, ` WHERE ${S} LIKE $1`, [3]],
  [{ s: ilike('abc%') }, ` WHERE ${S} ILIKE $1`, [2, 4]],
  [{ s: startsWith('100%') }, ` WHERE starts_with(${S}, $1)`, [3]],
  [{ s: startsWith('1%') }, ` WHERE starts_with(${S}, $1)`, []],
  [{ s: endsWith('\\') }, ` WHERE suffix(${S}, $1)`, [3]],
  [{ s: contains('%_"\'') }, ` WHERE contains(${S}, $1)`, [3]],
  [{ s: contains('') }, ` WHERE contains(${S}, $1)`, [2, 3, 4, 5]],
  [{ s: endsWith('😀') }, ` WHERE suffix(${S}, $1)`, [4]],
  [{ s: '' }, ` WHERE ${S} = $1`, [5]],
  [{ s: gt('a') }, ` WHERE ${S} > $1`, [2]],
  [{ x: NaN }, ' WHERE "x" = $1', [3]],
  [{ x: 0 }, ' WHERE "x" = $1', [5]],
  [{ x: oneOf([NaN, Infinity]) }, ' WHERE "x" IN (SELECT unnest($1))', [3, 4]],
  [{ x: gt(1.5) }, ' WHERE "x" > $1', [3, 4]],
  [{ b: false }, ' WHERE "b" = $1', [3]],
  [{ b: ne(true) }, ' WHERE "b" IS DISTINCT FROM $1', [1, 3, 4, 5]],
  [{ big: 2 ** 40 }, ' WHERE "big" = $1', [2]],
  [{ big: lt(0) }, ' WHERE "big" < $1', [3]],
  [{ price: '1.1' }, ' WHERE "price" = $1', [2]],
  [{ price: gt('1.09') }, ' WHERE "price" > $1', [2, 4]],
  [{ price: oneOf(['-0.05', '9.99']) }, ' WHERE "price" IN (SELECT unnest($1))', [3, 4]],
  [{ at: DAY }, ' WHERE "at" = $1', [2]],
  [{ at: between(new Date(0), new Date(1)) }, ' WHERE "at" BETWEEN $1 AND $2', [3]],
  [{ day: lt(DAY) }, ' WHERE "day" < $1', [3]],
  [{ day: oneOf([DAY, new Date(0)]) }, ' WHERE "day" IN (SELECT unnest($1))', [2, 3]],
  [{ key: UUID.toUpperCase() }, ' WHERE "key" = $1', [2]],
  [{ bytes: new Uint8Array([1, 0]) }, ' WHERE "bytes" = $1', [2]],
  [{ nanos: '2024-01-01 00:00:00.000000001' }, ' WHERE "nanos" = $1', [2]],
  [{ mood: 'ok' }, ' WHERE "mood" = $1', [2]],
  [{ mood: oneOf(['ok', 'sad']) }, ' WHERE "mood" IN (SELECT unnest($1))', [2, 3]],
  [{ mood: noneOf(['ok']) }, ' WHERE ("mood" IN (SELECT unnest($1))) IS NOT TRUE', [1, 3, 4, 5]],
  [{ tags: has(2) }, ' WHERE list_contains("tags", $1)', [2, 4]],
  [{ tags: hasAny([3, 9]) }, ' WHERE list_has_any("tags", $1)', [4]],
  [{ tags: hasAny([]) }, ' WHERE list_has_any("tags", $1)', []],
  [{ tags: hasAll([1, 2]) }, ' WHERE list_has_all("tags", $1)', [2]],
  [{ tags: hasAll([]) }, ' WHERE list_has_all("tags", $1)', [2, 3, 4]],
  [{ tags: not(has(2)) }, ' WHERE (list_contains("tags", $1)) IS NOT TRUE', [1, 3, 5]],
  [{ tags: eq([1, 2]) }, ' WHERE "tags" = $1', [2]],
  [{ tags: [] }, ' WHERE "tags" = $1', [3]],
  [{ tags: ne([1, 2]) }, ' WHERE "tags" IS DISTINCT FROM $1', [1, 3, 4, 5]],
  [{ pair: has(0) }, ' WHERE list_contains("pair", $1)', [3]],
  [{ pair: [1, 2] }, ' WHERE "pair" = $1', [2]],
  [{ pair: hasAll([1, 2]) }, ' WHERE list_has_all("pair", $1)', [2]],
  [{ part: { a: 1 } }, ' WHERE "part" = $1', [2]],
  [{ doc: isNotNull() }, ' WHERE "doc" IS NOT NULL', [2]],
  [sql`${column(Item, 'doc')} ->> '$.a' = ${'1'}`, ` WHERE ("doc" ->> '$.a' = $1)`, [2]],
]; // prettier-ignore

describe('whereInto', () => {
  it('makes the SQL and finds the rows of every operator and nesting', async () => {
    const repository = await items();
    for (const [where, text, ids] of CASES) {
      expect(compile(where).text).to.equal(text);
      expect(await idsOf(repository, where), text).to.deep.equal(ids);
      expect(await repository.count(where), text).to.equal(ids.length);
      expect(await repository.exists(where), text).to.equal(ids.length > 0);
    }
  });

  it('keeps every value out of the text, whatever it holds', async () => {
    const repository = await items();
    const hostile = [
      `' OR 1=1 --`,
      `"; DROP TABLE items; --`,
      '$1',
      '?',
      '\0',
      '%',
      '_',
      '\\',
      '{"$gt":""}',
      'null',
      '\n',
      '𝒳',
    ];
    for (const [index, s] of hostile.entries()) await repository.insert({ ...NONE, id: 100 + index, s });
    for (const [index, s] of hostile.entries()) {
      for (const where of [
        { s },
        { s: oneOf([s]) },
        { s: and(startsWith(s), endsWith(s), contains(s), ne('x')) },
      ] as Where<Item>[])
        expect(await idsOf(repository, and(where, { id: gte(100), s: between(s, s) })), s).to.deep.equal([100 + index]);
      expect(compile({ s }).text).to.equal(` WHERE ${S} = $1`);
    }
  });

  it('takes none, one or 100,000 values as one parameter', async () => {
    const repository = await items();
    const many = Array.from({ length: 100_000 }, (_item, index) => index);
    for (const [values, found, others] of [[[], [], [1, 2, 3, 4, 5]], [[2], [3], [1, 2, 4, 5]], [many, [2, 3, 4], [1, 5]]] as const) {
      for (const where of [{ n: oneOf(values) }, { n: noneOf(values) }]) expect(compile(where).parameters).to.have.lengthOf(1);
      expect([await idsOf(repository, { n: oneOf(values) }), await idsOf(repository, { n: noneOf(values) })]).to.deep.equal([found, others]);
    }
    const texts = many.map((n) => `${n}'"`);
    expect(await idsOf(repository, { s: noneOf(texts), id: oneOf([1, 2]) })).to.deep.equal([1, 2]);
  }); // prettier-ignore

  it('refuses what a request body can hold where a value is meant', async () => {
    const bodies: unknown[] = [
      { s: { $gt: '' } }, { s: { gt: '' } }, { s: { kind: 'gt', operands: [''] } }, { n: { kind: 'isNull', operands: [] } },
      { s: { constructor: 'x' } }, { s: {} }, { s: ['a'] }, { n: [1] }, { n: '1' }, { s: 1 }, { s: true }, { b: 'true' }, { b: 1 }, { b: 0 },
      { n: 1.5 }, { n: 2 ** 31 }, { n: NaN }, { big: 2 ** 60 }, { price: 1.5 }, { price: '1.555' }, { price: '1; drop' }, { at: '2024-01-01' }, { at: 5 },
      { at: new Date(NaN) }, { day: new Date(1) }, { key: 'x' }, { mood: 'happy' }, { tags: 1 }, { tags: ['1'] }, { tags: { 0: 1 } }, { pair: [1] },
      { part: { a: 1, b: 2 } }, { part: { a: '1' } }, { doc: { a: 1 } }, { doc: 'x' }, { s: 'lone \ud800' },
      { constructor: 1 }, { constructor: { name: 'x' } }, { toString: 'x' }, { hasOwnProperty: null }, { $where: '1' }, { $or: [{ n: 1 }] }, { nope: 1 }, { ID: 1 },
      JSON.parse('{"__proto__": {"n": 1}}'), JSON.parse('{"__proto__": 1, "n": 1}'), JSON.parse('{"kind": "all", "parts": []}'),
      JSON.parse('{"strings": ["1=1"], "values": []}'), JSON.parse('{"n": {"__proto__": {"kind": "isNull"}}}'),
      [], [{ n: 1 }], 'n = 1', 1, true, null, new Map([['n', 1]]), new Date(0), () => true, { n: undefined }, { s: undefined, n: 1 }, { n: Symbol('x') }, { n: () => 1 },
      { n: new (class { kind = 'isNull'; operands = []; })() },
    ]; // prettier-ignore
    for (const body of bodies) {
      const what = JSON.stringify(body) ?? typeof body;
      for (const where of [body, new Combination('not', [body]), new Combination('or', [{ n: 1 }, body])])
        expect((await failure(() => compile(where), 'E_QUERY')).message, what)
          .to.be.a('string')
          .and.not.contain('undefined is not');
    }
    const own = Object.assign(Object.create({ n: 1 }) as object, { s: 'x' });
    await failure(() => compile(own), 'E_QUERY');
    expect(compile(Object.assign(Object.create(null) as object, { n: 1 })).text).to.equal(' WHERE "n" = $1');
  });

  it('says what is wrong, and what to write', async () => {
    for (const [where, says] of [
      [{ n: undefined }, 'Item.n is undefined. Leave the property out, or write isNull() for NULL.'],
      [{ n: gt(null as never) }, 'Item.n: null stands alone or in eq() and ne(); write isNull() or isNotNull().'],
      [{ n: oneOf([1, null as never]) }, 'Item.n: null stands alone'],
      [{ n: [1, 2] }, 'For several values write oneOf([...]).'],
      [{ n: oneOf(1 as never) }, 'Item.n: oneOf() takes an array.'],
      [{ nope: 1 }, 'Item has no column "nope". Columns: id, n, s,'],
      [{ n: like('1%') }, 'Item.n is integer: like() is for varchar.'],
      [{ mood: contains('o') }, 'Item.mood is enum mood: contains() is for varchar.'],
      [{ s: has('x') }, 'Item.s is varchar: has() is for lists.'],
      [{ b: gt(true as never) }, 'Item.b is boolean, which has no order for gt().'],
      [{ tags: gt([1] as never) }, 'Item.tags is list(integer), which has no order for gt().'],
      [{ tags: has('1' as never) }, 'an item of Item.tags (integer) expects an integer, got a string.'],
      [{ s: not('s1' as never) }, 'Item.s: not() on a column takes operators. For a value in it write eq(value).'],
      [
        { s: or('s1' as never, like('x')) },
        'Item.s: or() on a column takes operators. For a value in it write eq(value).',
      ],
      [{ doc: at('a', not('x' as never)) }, 'a part of Item.doc: not() on a column takes operators.'],
      [{ doc: eq({}) }, 'Item.doc is json: eq() would compare its text.'],
      [{ doc: between({} as never, {} as never) }, 'Item.doc is json: between()'],
      [{ price: 1 }, "Item.price (decimal(10,2)) expects a decimal number as text, such as '12.50'"],
    ] as const)
      expect((await failure(() => compile(where), 'E_QUERY')).message).to.contain(says);
  });

  it('tells a value that does not fit its column from other mistakes, for it may come from outside', async () => {
    const detailsOf = async (where: object) => (await failure(() => compile(where), 'E_QUERY')).details;
    for (const where of [{ n: 'x' }, { n: gt('x') }, { n: oneOf([1, 'x']) }, { n: { x: 1 } }])
      expect(await detailsOf(where)).to.deep.equal({ reason: 'misfit', property: 'n' });
    expect(await detailsOf({ tags: has('1') })).to.deep.equal({ reason: 'misfit', property: 'tags' });
    expect(await detailsOf({ tags: at(0, 'x' as never) })).to.deep.equal({ reason: 'misfit', property: 'tags' });
    for (const where of [{ nope: 1 }, { n: undefined }, { b: gt(true as never) }]) expect(await detailsOf(where)).to.deep.equal({}); // prettier-ignore
  });

  it('refuses what is nested deeper than DuckDB takes, in its own words', async () => {
    const repository = (await openManager({ entities: [Item] })).repository(Item);
    const nested = <T>(start: T, times: number, wrap: (inner: T) => T): T => {
      let condition = start;
      for (let level = 0; level < times; level += 1) condition = wrap(condition);
      return condition;
    };
    const ways: readonly ((times: number) => Where<Item>)[] = [
      (times) => nested<Where<Item>>({ id: 1 }, times, (inner) => not<Item>(inner)),
      (times) => ({ id: nested(eq(1), times, (inner) => not(inner)) }),
      (times) => nested<Where<Item>>({ id: 1 }, times / 2, (inner) => and<Item>({ n: 1 }, or<Item>({ n: 2 }, inner))),
    ];
    for (const way of ways) {
      expect(await repository.find({ where: way(200) })).to.deep.equal([]);
      for (const times of [202, 1_000, 50_000]) {
        expect((await failure(() => compile(way(times)), 'E_QUERY')).message).to.contain('nested too deeply. Give and() and or() all');
        await failure(repository.delete(way(times)), 'E_QUERY');
      }
    }
    // what is combined one by one is one level to DuckDB
    const one = nested<Where<Item>>({ id: 1 }, 1_000, (inner) => and<Item>(inner, { n: 1 }));
    expect(await repository.find({ where: one })).to.deep.equal([]);
    await failure(() => compile(nested<Where<Item>>({}, 50_000, (inner) => not<Item>(not<Item>(inner)))), 'E_QUERY');
  }); // prettier-ignore

  it('refuses operators and combinations of nothing', async () => {
    for (const make of [() => and(), () => or(), () => and(...([] as unknown as [Operator]))])
      await failure(make, 'E_QUERY');
  });
});
