import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql } from '@mysingle/database';
import { parameterOf } from '../../lib/sql/parameter.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

/** A value, the type it is bound as, and what comes back where that is not the value. */
const CASES: readonly (readonly [unknown, string, unknown?])[] = [
  [0, 'INTEGER'], [-0, 'DOUBLE'], [1, 'INTEGER'], [2 ** 31 - 1, 'INTEGER'], [-(2 ** 31), 'INTEGER'], [2 ** 31, 'BIGINT', 2n ** 31n], [2 ** 53 - 1, 'BIGINT', 2n ** 53n - 1n],
  [2 ** 53, 'DOUBLE'], [1e300, 'DOUBLE'], [0.1, 'DOUBLE'], [5e-324, 'DOUBLE'], [NaN, 'DOUBLE'], [Infinity, 'DOUBLE'], [-Infinity, 'DOUBLE'],
  [0n, 'BIGINT'], [2n ** 63n - 1n, 'BIGINT'], [-(2n ** 63n), 'BIGINT'], [2n ** 63n, 'HUGEINT'], [-(2n ** 127n), 'HUGEINT'], [2n ** 127n - 1n, 'HUGEINT'], [2n ** 127n, 'UHUGEINT'], [2n ** 128n - 1n, 'UHUGEINT'],
  ['', 'VARCHAR'], ["it's; -- \"x\" $1 ?", 'VARCHAR'], ['\0', 'VARCHAR'], ['ü😀\n', 'VARCHAR'], [true, 'BOOLEAN'], [false, 'BOOLEAN'],
  [new Date(0), 'TIMESTAMP WITH TIME ZONE'], [new Date(-1), 'TIMESTAMP WITH TIME ZONE'], [new Date('9999-12-31T23:59:59.999Z'), 'TIMESTAMP WITH TIME ZONE'], [new Date(-62_135_596_800_000), 'TIMESTAMP WITH TIME ZONE'],
  [new Uint8Array([0, 255, 39, 92]), 'BLOB'], [new Uint8Array(), 'BLOB'], [Buffer.from('ab'), 'BLOB', new Uint8Array([97, 98])],
  [[1, 2, 3], 'INTEGER[]'], [[1, 2 ** 40], 'BIGINT[]', [1n, 2n ** 40n]], [[1, 0.5, 2 ** 40], 'DOUBLE[]'], [[1n, 2n ** 100n], 'HUGEINT[]'], [[1, 5n], 'BIGINT[]', [1n, 5n]], [['a', "b'"], 'VARCHAR[]'],
  [[null, 1], 'INTEGER[]'], [[1, null, 0.5], 'DOUBLE[]'], [[null, 'a'], 'VARCHAR[]'], [[true, null], 'BOOLEAN[]'], [[new Date(5)], 'TIMESTAMP WITH TIME ZONE[]'], [[], '"NULL"[]'], [[null], '"NULL"[]'], [[[], [1]], 'INTEGER[][]'], [[['a'], []], 'VARCHAR[][]'], [[[], null, [[]]], '"NULL"[][][]'],
  [[new Uint8Array([1])], 'BLOB[]'], [[[1], [2, 3]], 'INTEGER[][]'], [[-0, 1], 'DOUBLE[]'], [[NaN, 1], 'DOUBLE[]'],
]; // prettier-ignore

describe('parameterOf', () => {
  it('sends every JavaScript value with its type, and gets it back equal', async () => {
    const db = await openManager();
    for (const [value, type, back = value] of CASES) {
      const [row] = await db.query<{ v: unknown; type: string }>(sql`select ${value} as v, typeof(${value}) as type`);
      const found = row?.v;
      expect(row?.type).to.equal(type);
      if (found instanceof Uint8Array) expect([...found]).to.deep.equal([...(back as Uint8Array)]);
      else if (typeof back === 'number') expect(Object.is(found, back), String(back)).to.equal(true);
      else expect(JSON.stringify(found, plain)).to.equal(JSON.stringify(back, plain));
    }
    expect(await db.query(sql`select ${null} as v`)).to.deep.equal([{ v: null }]);
  });

  it('takes a list where SQL takes one', async () => {
    const db = await openManager();
    const rows = await db.query(
      sql`select range::int as n from range(10) where range in (select unnest(${[1, 3, 99]})) or range = any(${[5n]}) order by 1`,
    );
    expect(rows).to.deep.equal([{ n: 1 }, { n: 3 }, { n: 5 }]);
  });

  it('sends a list of nothing where one of any type is taken', async () => {
    const db = await openManager();
    await db.execute(sql`create table t (a integer, s varchar, d date, m decimal(9, 2), ts timestamptz, u uuid, b blob, on_ boolean, l varchar[], j json, st struct(a integer))`);
    await db.execute(sql`insert into t values (1, 'x', '2020-01-01', 1.5, '2020-01-01 00:00:00+00', uuid(), 'x', true, ['a'], '1', {'a': 1})`);
    const none: readonly (readonly unknown[])[] = [[], [null]];
    for (const name of ['a', 's', 'd', 'm', 'ts', 'u', 'b', 'on_', 'l', 'j', 'st'].map(sql.raw))
      for (const list of none)
        for (const found of [sql`${name} in ${list}`, sql`${name} = any(${list})`, sql`list_contains(${list}, ${name})`, sql`${name} in (select unnest(${list}))`])
          expect(await db.query(sql`select a from t where ${found}`), `${found.strings.join('')} ${name.strings.join('')}`).to.deep.equal([]);
    expect(await db.query(sql`select a from t where a not in ${[]} and a <> all(${[]}) and l <> ${[]}`)).to.deep.equal([{ a: 1 }]);
    expect(await db.query(sql`select unnest(${[]}) as x`)).to.deep.equal([]);
    await db.execute(sql`insert into t (l) values (${[]})`);
    await db.execute(sql`update t set l = ${[]} where a = 1`);
    expect(await db.query(sql`select coalesce(l, ${[]}) as l, len(${[]})::integer as n from t`)).to.deep.equal([{ l: [], n: 0 }, { l: [], n: 0 }]);
  }); // prettier-ignore

  it('refuses what has no type of its own, naming the kind and never the value', async () => {
    const refused = [
      undefined, {}, { secret: 'hush' }, new Map(), new Set([1]), Symbol('hush'), () => 'hush', new Date(NaN), 2n ** 128n, -(2n ** 127n) - 1n, 'lone \ud800', ['lone \ud800'],
      [1, 'a'], [true, 1], [1n, 0.5], [[], 1], [undefined], [{}], [[1], ['a']], new URL('x:hush'), /x/, new Float64Array(1), [-1n, 2n ** 128n - 1n],
    ]; // prettier-ignore
    for (const value of refused) {
      const error = await failure(() => parameterOf(value), 'E_QUERY');
      expect(error.message)
        .to.match(/^sql: /)
        .and.not.contain('hush');
    }
  });
});

/** Values that JSON has no form for, by a text of their own. */
function plain(this: unknown, _key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
    ? `${Object.is(value, -0) ? '-0' : value}`
    : value;
}
