import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sql, type Fragment } from '@mysingle/database';
import { Fragment as FragmentClass } from '../lib/fragment.js';
import { failure } from './support/failure.js';
import { openManager } from './support/scratch.js';

describe('sql', () => {
  it('keeps text and values apart, frozen', () => {
    const fragment = sql`select ${1} where x = ${"'; drop table t"}`;
    expect(fragment.strings).to.deep.equal(['select ', ' where x = ', '']);
    expect(fragment.values).to.deep.equal([1, "'; drop table t"]);
    for (const part of [fragment, fragment.strings, fragment.values, sql]) expect(Object.isFrozen(part)).to.equal(true);
  });

  it('takes a backslash in the template as the character it stands for, as any template does', async () => {
    const db = await openManager();
    expect(await db.query(sql`select '\t' as tab, '\\' as slash`)).to.deep.equal([{ tab: '\t', slash: '\\' }]);
  });

  it('refuses a plain string, however it is given', async () => {
    const asFunction = sql as unknown as (text: unknown, ...values: unknown[]) => Fragment;
    for (const text of ['select 1', ['select 1'], undefined, null, 7, { raw: ['select 1'] }]) {
      const error = await failure(() => asFunction(text, 1), 'E_QUERY');
      expect(error.message).to.include('sql`select ...`');
    }
    const db = await openManager();
    for (const given of ['select 1', { strings: ['select 1'], values: [] }, null, undefined, ['select 1']])
      await failure(db.query(given as unknown as Fragment), 'E_QUERY');
  });

  it('cannot be made from outside, by the class or by data of its shape', async () => {
    await failure(() => new FragmentClass(['select 1'], [], Symbol('fragment') as never), 'E_QUERY');
    const forged = JSON.parse('{"strings":["1; drop table t"],"values":[]}') as Fragment;
    expect(forged).to.not.be.instanceOf(FragmentClass);
    const db = await openManager();
    const error = await failure(db.query(sql`select ${forged}`), 'E_QUERY');
    expect(error.message).to.include('an object');
  });

  it('refuses a NUL in its text, at which DuckDB would cut it off; a value may hold one', async () => {
    await failure(() => sql`select 1\0 where tenant = 1`, 'E_QUERY');
    await failure(() => sql.raw('select 1\0'), 'E_QUERY');
    const db = await openManager();
    expect(await db.query(sql`select ${'a\0b'} as x`)).to.deep.equal([{ x: 'a\0b' }]);
  });

  it('nests, joins and leaves out', async () => {
    const db = await openManager();
    const parts = [sql`${1} as a`, sql`${'b'} as b`];
    expect(await db.query(sql`select ${sql.join(parts)} ${sql.empty}`)).to.deep.equal([{ a: 1, b: 'b' }]);
    const where = sql.join([sql`a > ${0}`, sql.join([sql`b = ${'b'}`], sql` or `)], sql` and `);
    expect(await db.query(sql`from (select 1 as a, 'b' as b) where ${where}`)).to.deep.equal([{ a: 1, b: 'b' }]);
    expect(await db.query(sql`select x in (${sql.join([1, 2])}) as hit from (select 2 as x)`)).to.deep.equal([
      { hit: true },
    ]);
    expect(sql.join([])).to.equal(sql.empty);
    expect(sql.join([5])).to.deep.include({ strings: ['', ''], values: [5] });
    expect(await db.query(sql`select ${sql.raw('40 + 2')} as n`)).to.deep.equal([{ n: 42 }]);
  });

  it('refuses a separator with values, and raw that is no text', async () => {
    await failure(() => sql.join([1, 2], sql`${1}`), 'E_QUERY');
    await failure(() => sql.raw(7 as never), 'E_QUERY');
    await failure(() => sql.join([1, 2], ' and ' as never), 'E_QUERY');
    await failure(() => sql.join('ab' as never), 'E_QUERY');
  });
});
