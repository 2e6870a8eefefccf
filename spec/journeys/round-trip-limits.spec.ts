// Where the round trip has its limits: what DuckDB or its binding makes of a few values. Each is left out of the properties of
// round-trip.spec.ts and round-trip-nested.spec.ts by name; what could be mended waits here and says so when it works.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { json, list, map, sql, struct, union, type ColumnType, type Repository } from '@mysingle/database';
import { nameOf, type TypeCase } from '../support/arbitraries.js';
import { wideEntity } from '../support/every-way.js';
import { difference } from '../support/exact.js';
import { openManager } from '../support/scratch.js';

type Row = { id: number; v0: unknown; n0: unknown };

/** A repository of one type, as `v0` and the nullable `n0`. */
async function repositoryOf(type: ColumnType, as?: 'number'): Promise<Repository<Row>> {
  const one = { type, name: nameOf(type), ...(as === undefined ? {} : { as }) } as TypeCase;
  const Wide = wideEntity([one]);
  return (await openManager({ entities: [Wide] })).repository(Wide) as unknown as Repository<Row>;
}

const row = (id: number, value: unknown): Row => ({ id, v0: value, n0: null });

async function expectStored(rows: Repository<Row>, values: readonly unknown[]): Promise<void> {
  const found = await rows.find({ orderBy: { id: 'asc' } });
  expect(difference(found.map((each) => each.v0), values)).to.equal(undefined); // prettier-ignore
}

describe('the round trip, at its limits', () => {
  it('keeps the sign of a zero in every way but over the other zero', async () => {
    const rows = await repositoryOf('double');
    await rows.insert(row(0, -0));
    await rows.insertMany([row(1, -0), row(2, 0)]);
    await rows.upsert(row(3, -0));
    await rows.upsert([row(4, -0), row(5, 1)]);
    await rows.update({ id: 5 }, { v0: -0 });
    await expectStored(rows, [-0, -0, 0, -0, -0, -0]);
  });

  // DuckDB's UPDATE leaves what is equal to the new value
  it('leaves a zero that is written over the other zero as it was', async () => {
    const rows = await repositoryOf('double');
    await rows.insertMany([row(0, 0), row(1, -0), row(2, 0)]);
    await rows.update({ id: 0 }, { v0: -0 });
    await rows.upsert([row(1, 0), row(2, -0)]);
    await expectStored(rows, [0, -0, 0]);
  }); // prettier-ignore

  it('keeps a -0 within a value in insert, insertMany and update', async () => {
    for (const [type, value] of [[list('double'), [-0, 0]], [struct({ f: 'float' }), { f: -0 }], [map('integer', 'double'), new Map([[1, -0]])]] as const) {
      const rows = await repositoryOf(type);
      await rows.insert(row(0, value));
      await rows.insertMany([row(1, value)]);
      await rows.insertMany([row(2, value)]);
      await rows.update({ id: 2 }, { v0: value });
      await expectStored(rows, [value, value, value]);
    }
  }); // prettier-ignore

  // ON CONFLICT of DuckDB takes rows through sort keys, in which both zeros are one
  it('makes a -0 within a value a 0 in upsert, and where conflicts are ignored', async () => {
    const rows = await repositoryOf(list('double'));
    await rows.upsert(row(0, [-0]));
    await rows.upsert([row(1, [-0])]);
    await rows.insertMany([row(2, [-0])], { onConflict: 'ignore' });
    await expectStored(rows, [[0], [0], [0]]);
  }); // prettier-ignore

  it('finds a union within another value that insertMany wrote', async () => {
    const type = union({ x: 'float', inner: union({ a: 'integer', b: 'varchar' }) });
    const rows = await repositoryOf(type);
    const value = { tag: 'x', value: 1.5 };
    await rows.insert(row(0, value));
    await rows.insertMany([row(1, value)]);
    expect(await rows.count({ v0: value })).to.equal(2);
  }); // prettier-ignore

  it('takes text that begins with U+FEFF', async () => {
    const rows = await repositoryOf('varchar');
    await rows.insert(row(0, '\u{feff}a'));
    await rows.insertMany([row(1, '\u{feff}')]);
    await expectStored(rows, ['\u{feff}a', '\u{feff}']);
  });

  it('has text that begins with U+FEFF in documents, in bytes, and after any other character', async () => {
    const documents = await repositoryOf(json());
    await documents.insert(row(0, { '\u{feff}': ['\u{feff}a'] }));
    await expectStored(documents, [{ '\u{feff}': ['\u{feff}a'] }]);
    const bytes = await repositoryOf('blob');
    await bytes.insert(row(0, Buffer.from('\u{feff}a')));
    await expectStored(bytes, [Uint8Array.from(Buffer.from('\u{feff}a'))]);
  });

  it('reads numbers from 1e21 on out of decimals as numbers', async () => {
    const rows = await repositoryOf('decimal(38,0)', 'number');
    await rows.insert(row(0, 1e21));
    await expectStored(rows, [1e21]);
  });

  it('keeps keys of a map apart that only their text could mix up', async () => {
    const cases: readonly (readonly [ColumnType, readonly [unknown, unknown]])[] = [
      ['varchar', ['a', 'A']],
      ['blob', [Uint8Array.of(0), Uint8Array.from(Buffer.from('\\x00'))]],
      [list('varchar'), [['a, b'], ['a', 'b']]],
      [list('varchar'), [['NULL'], [null]]],
      [
        struct({ a: 'varchar', b: 'varchar' }),
        [
          { a: "x', 'b': 'y", b: 'z' },
          { a: 'x', b: "y', 'b': 'z" },
        ],
      ],
    ];
    for (const [type, [one, other]] of cases) {
      const rows = await repositoryOf(map(type as 'varchar', 'integer'));
      const value = new Map([[one, 1], [other, 2]]); // prettier-ignore
      await rows.insertMany([row(0, value)]);
      await rows.insert(row(1, value));
      await expectStored(rows, [value, value]);
    }
  });

  it('knows keys of a map that DuckDB holds to be one', async () => {
    for (const [type, one, other] of [
      ['float', 0.1, Math.fround(0.1)],
      ['decimal(4,1)', '1', '1.0'],
      ['uuid', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
      ['date', new Date(0), new Date(0)],
      [list('double'), [0], [-0]],
      ['interval', { months: 1, days: 0, micros: 0n }, { months: 0, days: 30, micros: 0n }],
      ['timetz', '12:00:00+00', '12:00:00Z'],
    ] as const) {
      const rows = await repositoryOf(map(type as 'varchar', 'integer'));
      const value = new Map<unknown, number>([[one, 1], [other, 2]]); // prettier-ignore
      for (const write of [() => rows.insert(row(0, value)), () => rows.insertMany([row(0, value)])])
        await write().then(
          () => expect.fail(`${nameOf(type)}: nothing failed`),
          (error: Error) => expect(error.message, nameOf(type)).to.contain('Wide.v0').and.contain('key 1 is the same'),
        );
      expect(await rows.count()).to.equal(0);
    }
  });

  it('floors microseconds in Dates towards the past, and has them whole as a bigint and as text', async () => {
    const db = await openManager();
    const [found] = await db.query(sql`select '1969-12-31 23:59:59.999999'::timestamp as v`);
    expect(found).to.deep.equal({ v: new Date(-1) });
  });
});
