// Reading by the type of a result, as raw SQL does; columns of entities are in types.spec.ts.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { openManager } from '../support/scratch.js';

describe('decode', () => {
  it('gives every type of raw SQL its property type', async () => {
    const cases: readonly (readonly [string, unknown])[] = [
      ['null', null], ['true', true], ['1::utinyint', 1], ['count(*)', 1n], ['sum(1)', 1n], ['avg(1)', 1], ['1.50', '1.50'],
      [`'nan'::float`, Number.NaN], [`'123456789012345678901234567890'::bignum`, 123456789012345678901234567890n],
      [`'{"a":[1,null]}'::json`, { a: [1, null] }], [`'null'::json`, null], [`'x'::blob`, Uint8Array.of(120)],
      [`'101'::bit`, '101'], [`'1970-01-02'::date`, new Date(86_400_000)], [`'12:00:00.000000001'::time_ns`, '12:00:00.000000001'],
      [`'12:00:00'::time`, '12:00:00'], [`'1970-01-01 00:00:01'::timestamp`, new Date(1000)], [`interval '1 month'`, { months: 1, days: 0, micros: 0n }],
      [`'a'::enum('a','b')`, 'a'], ['[[1],[]]', [[1], []]], [`{'a': 1.5, 'b': [null]}`, { a: '1.5', b: [null] }],
      [`map {1: {'x': 2::bigint}}`, new Map([[1, { x: 2n }]])], [`union_value(n := 1)`, { tag: 'n', value: 1 }],
      [`[{'j': '[1]'::json}]`, [{ j: [1] }]],
    ]; // prettier-ignore
    const db = await openManager();
    for (const [expression, value] of cases)
      expect(await db.query(sql`select ${sql.raw(expression)} as v`), expression).to.deep.equal([{ v: value }]);
  });

  it('keeps columns and members named like parts of objects what they are', async () => {
    const db = await openManager();
    const [row] = await db.query(sql`select 1 as "__proto__", 2 as "constructor", {'toString': 3} as s`);
    expect(Object.entries(row ?? {}).slice(0, 2)).to.deep.equal([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
    expect(Object.getPrototypeOf(row)).to.equal(Object.prototype);
    const [inside] = await db.query<{ s: { a: object[] } }>(sql`select {'a': [{'__proto__': {'isAdmin': true}}]} as s`);
    const [struct] = inside?.s.a ?? [];
    expect([Object.keys(struct ?? {}), 'isAdmin' in (struct ?? {})]).to.deep.equal([['__proto__'], false]);
  });

  it('loses no result to a date that no Date can be', async () => {
    const db = await openManager();
    const stamps = sql`select * from (values ('infinity'::timestamptz), ('-infinity'), ('294247-01-10 04:00:54.775806+00')) t(v)`;
    expect(await db.query(stamps)).to.deep.equal([{ v: Infinity }, { v: -Infinity }, { v: '294247-01-10 04:00:54.775806+00' }]); // prettier-ignore
    const days = sql`select * from (values ('infinity'::date), ('5877642-06-25 (BC)'), ('5881580-07-10'), ('0044-03-15 (BC)')) t(v)`;
    expect(await db.query(days)).to.deep.equal([
      { v: Infinity },
      { v: '5877642-06-25 (BC)' },
      { v: '5881580-07-10' },
      { v: new Date(Date.UTC(-43, 2, 15)) },
    ]);
  });
});
