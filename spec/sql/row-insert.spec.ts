import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, json, list, map, sequence, sql, struct, type Generated } from '@mysingle/database';
import { schemaOf, type Column as SchemaColumn } from '../../lib/entity/schema.js';
import { FROM_DATABASE, RowEncoder } from '../../lib/row-encoder.js';
import { RowInsert } from '../../lib/sql/row-insert.js';
import type { Statement } from '../../lib/sql/statement.js';
import { EVERY_KIND, EveryKind } from '../support/every-kind.js';
import { openManager } from '../support/scratch.js';

@Table('numbered')
class Numbered {
  @Column('bigint', { primaryKey: true, default: sequence(), as: 'number' }) id!: Generated<number>;
  @Column('integer') n!: number;
  @Column('varchar', { nullable: true }) text!: string | null;
}

@Table('nested')
class Nested {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column(list(list('integer')), { nullable: true }) lists!: number[][] | null;
  @Column(json(), { nullable: true }) doc!: unknown;
  @Column(map('varchar', list('integer')), { nullable: true }) counts!: Map<string, number[]> | null;
  @Column(struct({ a: 'decimal(9,3)', b: 'date' }), { nullable: true }) pair!: { a: string; b: Date } | null;
  @Column('decimal(38,10)', { nullable: true }) exact!: string | null;
}

const NESTED: readonly Nested[] = [
  { id: 1, lists: [[1, 2], [], [3]], doc: { a: [1, null] }, counts: new Map([['x', [1]], ['y', []]]), pair: { a: '1.500', b: new Date(0) }, exact: '1.5000000000' }, // prettier-ignore
  { id: 2, lists: null, doc: null, counts: null, pair: null, exact: null },
  { id: 3, lists: [], doc: [], counts: new Map(), pair: { a: '-0.001', b: new Date(86_400_000) }, exact: '-9999999999999999999999999999.9999999999' }, // prettier-ignore
  { id: 4, lists: [[]], doc: 'text', counts: new Map([['', [7, 8]]]), pair: null, exact: '0.0000000000' },
];

describe('RowInsert', () => {
  const schema = schemaOf(Numbered);
  const [id, n, text] = schema.columns as [SchemaColumn, SchemaColumn, SchemaColumn];

  it('makes one text for one row, and one for any number of rows', () => {
    const insert = new RowInsert(schema, [n, text]);
    expect(insert.one([1, 'a']).text).to.equal(
      'INSERT INTO "numbered" ("n", "text") VALUES ($1, $2) RETURNING "id", "n", "text"',
    );
    const both = insert.several([[1, 'a'], [2, null]]); // prettier-ignore
    expect(both.text).to.equal(
      'INSERT INTO "numbered" ("n", "text") SELECT unnest($1), unnest($2) RETURNING "id", "n", "text"',
    );
    expect(both).to.deep.include({ writes: [schema.id], as: ['number', undefined, undefined] });
    expect(both.parameters.map(({ type }) => String(type))).to.deep.equal(['INTEGER[]', 'VARCHAR[]']);
    expect(new RowInsert(schema, []).one([]).text).to.equal(
      'INSERT INTO "numbered" DEFAULT VALUES RETURNING "id", "n", "text"',
    );
    expect(new RowInsert(schema, [id, n, text]).columns).to.have.lengthOf(3);
  });

  it('gives rows back in their order, with keys in that order', async () => {
    const db = await openManager({ entities: [Numbered], pool: { size: 1 } });
    const insert = new RowInsert(schema, [n, text]);
    let last = 0;
    for (const count of [2, 7, 256, 2048])
      for (let round = 0; round < 4; round += 1) {
        const rows = Array.from({ length: count }, (_row, index) => [count - index, index % 3 === 0 ? null : `t${index}`] as const); // prettier-ignore
        const got = await db.query<{ id: bigint; n: number; text: string | null }>(
          sqlOf(insert.several(rows), (index) => rows.map((row) => row[index as 0])),
        );
        expect(got.map((row) => [row.n, row.text])).to.deep.equal(rows);
        expect(got.map((row) => Number(row.id))).to.deep.equal(rows.map((_row, index) => last + index + 1));
        last += count;
      }
  });

  it('stores of several rows what it stores of each, nested values and NULLs among them', async () => {
    const db = await openManager({ entities: [Nested] });
    const nested = db.repository(Nested);
    const together = await Promise.all(NESTED.map((row) => nested.insert(row)));
    expect(together.map((row) => Object.assign({}, row))).to.deep.equal(NESTED);
    expect((await nested.find({ orderBy: { id: 'asc' } })).map((row) => Object.assign({}, row))).to.deep.equal(NESTED);
  });

  it('can be given a list of any type', () => {
    const kind = schemaOf(EveryKind);
    expect(EVERY_KIND).to.include(EveryKind);
    const encoder = new RowEncoder(kind, undefined, () => 0);
    const { values } = encoder.encoded({}, undefined);
    const given = encoder.columns.filter((_column, index) => values[index] !== FROM_DATABASE);
    const row = values.filter((value) => value !== FROM_DATABASE);
    expect(new RowInsert(kind, given).several([row, row]).parameters).to.have.lengthOf(given.length);
  });
});

/** The same text by `sql`, which numbers its own parameters. */
function sqlOf({ text }: Statement, listOf: (index: number) => unknown): ReturnType<typeof sql> {
  const parts = text.split(/\$\d+/);
  return sql(Object.assign([...parts], { raw: parts }), ...parts.slice(1).map((_part, index) => listOf(index)));
}
