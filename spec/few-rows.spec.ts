import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Index, Table, sequence, sql, union, uuid7, type Generated, type UnionValue } from '@mysingle/database';
import { failure } from './support/failure.js';
import { openManager } from './support/scratch.js';
import { watched } from './support/watched.js';

@Table('few')
class Few {
  @Column('integer', { primaryKey: true, default: sequence() }) id!: Generated<number>;
  @Column('varchar') @Index({ unique: true }) name!: string;
  @Column('double', { nullable: true }) size!: number | null;
  @Column('uuid', { default: uuid7() }) token!: Generated<string>;
  @Column('varchar', { default: sql`'x' || 1` }) note!: Generated<string>;
}

@Table('few_unions')
class FewUnions {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column(union({ n: 'integer', t: 'varchar' })) either!: UnionValue<{ n: 'integer'; t: 'varchar' }>;
}

const ONE_INSERT = 'INSERT INTO "few" ("name", "size", "token") SELECT unnest($1), unnest($2), unnest($3)';

const inserts = (lines: readonly Record<string, unknown>[]): string[] =>
  lines.map(({ sql: text }) => String(text)).filter((text) => text.startsWith('INSERT'));

describe('a few rows', () => {
  it('are one INSERT, in their order, with the defaults of each', async () => {
    const { db, lines } = await watched({ entities: [Few] });
    const few = db.repository(Few);
    const names = Array.from({ length: 64 }, (_row, n) => `n${n}`);
    expect(await few.insertMany(names.map((name, n) => ({ name, size: n % 2 === 0 ? null : -0 })))).to.equal(64);
    expect(inserts(lines())).to.deep.equal([ONE_INSERT]);
    const rows = await few.find({ orderBy: { id: 'asc' } });
    expect(rows.map(({ name }) => name)).to.deep.equal(names);
    expect(rows.map(({ size }) => size).slice(0, 2)).to.deep.equal([null, -0]);
    expect([new Set(rows.map(({ token }) => token)).size, rows[0]?.note]).to.deep.equal([64, 'x1']);
  });

  it('go in by the appender where they differ, are told of, bring unions, or come from elsewhere', async () => {
    const { db, lines } = await watched({ entities: [Few, FewUnions] });
    const few = db.repository(Few);
    await few.insertMany([{ name: 'a' }, { name: 'b', note: 'own' }]);
    await few.insertMany([{ name: 'c' }], { onProgress: () => {} });
    await few.insertMany(new Set([{ name: 'd' }]));
    await few.insertMany(Array.from({ length: 65 }, (_row, n) => ({ name: `n${n}` })));
    await db.repository(FewUnions).insertMany([{ id: 1, either: { tag: 'n', value: null } }]);
    expect(inserts(lines())).to.deep.equal([]);
    expect([await few.count(), await db.repository(FewUnions).count()]).to.deep.equal([69, 1]);
  });

  it('are all in or none, each complaint with its row; and a part of the transaction they are in', async () => {
    const db = await openManager({ entities: [Few] });
    const few = db.repository(Few);
    await failure(few.insertMany([{ name: 'a' }, { name: 'b' }, { name: 'a' }]), 'E_UNIQUE');
    const wrong = await failure(few.insertMany([{ name: 'a' }, { name: 5 as never }]), 'E_CONVERSION');
    expect([wrong.details['row'], wrong.details['property']]).to.deep.equal([1, 'name']);
    // eslint-disable-next-line no-sparse-arrays -- that is what it is about
    const sparse = [{ name: 'a' }, , { name: 'b' }] as never; // prettier-ignore
    expect((await failure(few.insertMany(sparse), 'E_VALIDATION')).message).to.match(/^Row 1: Few expects an object/);
    const undone = db.transaction(async () => {
      await few.insertMany([{ name: 'a' }]);
      throw new TypeError('changed its mind');
    });
    expect(await undone.catch((error: unknown) => error)).to.be.instanceOf(TypeError);
    expect(await few.insertMany([])).to.equal(0);
    expect(await few.count()).to.equal(0);
    // an index on name: the same again goes in once
    expect(await few.insertMany([{ name: 'a' }])).to.equal(1);
  });
});
