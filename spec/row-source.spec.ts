import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, json, type Columns, type Generated, type Repository } from '@mysingle/database';
import { failure } from './support/failure.js';
import { openManager } from './support/scratch.js';

@Table('source_ticks')
class Tick {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('double', { nullable: true }) price!: number | null;
  @Column('bigint', { default: 7n }) volume!: Generated<bigint>;
  @Column('timestamp', { nullable: true }) at!: Date | null;
  @Column('double[]', { nullable: true }) curve!: number[] | null;
  @Column(json<{ n: number }>(), { nullable: true }) doc!: { n: number } | null;
  @Column('blob', { nullable: true }) bytes!: Uint8Array | null;
}

const ticks = async (): Promise<Repository<Tick>> => (await openManager({ entities: [Tick] })).repository(Tick);
const found = async (rows: Repository<Tick>): Promise<object[]> =>
  (await rows.find({ orderBy: { id: 'asc' } })).map((row) => Object.assign({}, row));

describe('an object of columns', () => {
  it('is many rows: typed arrays as they are, what is missing by its default', async () => {
    const rows = await ticks();
    const n = 5000;
    const columns: Columns<Tick> = {
      id: Int32Array.from({ length: n }, (_each, index) => index),
      price: Array.from({ length: n }, (_each, index) => (index % 3 === 0 ? null : index / 2)),
      volume: Array.from({ length: n }, (_each, index) => (index % 2 === 0 ? undefined : BigInt(index))),
    };
    const told: number[] = [];
    expect(await rows.insertMany(columns, { onProgress: (count) => told.push(count) })).to.equal(n);
    expect(told).to.deep.equal([2048, 4096, 5000]);
    const stored = await found(rows);
    expect(stored[4998]).to.deep.equal({ id: 4998, price: null, volume: 7n, at: null, curve: null, doc: null, bytes: null }); // prettier-ignore
    expect(stored[4999]).to.include({ id: 4999, price: 2499.5, volume: 4999n });
    expect(await rows.insertMany({ id: [] })).to.equal(0);
    expect(await rows.insertMany({ id: Float64Array.of(-1), volume: BigInt64Array.of(-(2n ** 63n)) })).to.equal(1);
    expect(await rows.upsert({ id: [4999, 6000], price: Float64Array.of(Infinity, -0) })).to.equal(2);
    const after = await found(rows);
    expect(after.slice(-2)).to.deep.equal([
      { id: 4999, price: Infinity, volume: 4999n, at: null, curve: null, doc: null, bytes: null },
      { id: 6000, price: -0, volume: 7n, at: null, curve: null, doc: null, bytes: null },
    ]);
  });

  it('is refused as a whole where it has no such columns, or says which row', async () => {
    const rows = await ticks();
    const cases: readonly (readonly [unknown, string])[] = [
      [{}, 'Tick: an object of columns has at least one column; this one is empty.'],
      [{ id: undefined }, 'Tick: an object of columns has at least one column; this one is empty.'],
      [{ id: [1], nope: [2] }, "Tick: an object of columns has no column 'nope'. Columns: id, price, volume, at, curve, doc, bytes."], // prettier-ignore
      [
        { id: [1, 2], price: [1] },
        "Tick: an object of columns has columns of one length: 'id' has 2 values, 'price' 1.",
      ],
      [{ id: 1 }, "Tick: an object of columns takes an array or a typed array for each property, and 'id' is none."],
    ];
    for (const [columns, message] of cases)
      expect((await failure(rows.insertMany(columns as never), 'E_VALIDATION')).message).to.equal(message);
    const late = { id: Float64Array.from({ length: 3000 }, (_each, index) => (index === 2900 ? 0.5 : index)) };
    expect((await failure(rows.insertMany(late), 'E_CONVERSION')).message).to.equal(
      'Row 2900: Tick.id (integer) expects an integer, got a fraction.',
    );
    expect((await failure(rows.insertMany({ price: [1] } as never), 'E_NOT_NULL')).message).to.contain(
      'Row 0: Tick.id',
    );
    expect(await rows.count()).to.equal(0);
  });
});

describe('rows from an iterable', () => {
  it('are as they were when they came, though the source gives one object again and again', async () => {
    const rows = await ticks();
    function* same(): Generator<never> {
      const row = {
        id: 0,
        price: 0,
        at: new Date(0),
        curve: new Float64Array(2),
        doc: { n: 0 },
        bytes: Buffer.alloc(1),
      };
      for (let id = 0; id < 3; id += 1) {
        Object.assign(row, { id, price: id });
        row.at.setTime(id);
        row.curve.fill(id);
        row.doc.n = id;
        row.bytes.fill(id);
        yield row as never;
      }
    }
    async function* later(): AsyncGenerator<never> {
      for (const row of same()) yield await Promise.resolve(row);
    }
    const expected = [0, 1, 2].map((id) => ({ id, price: id, volume: 7n, at: new Date(id), curve: [id, id], doc: { n: id }, bytes: Uint8Array.of(id) })); // prettier-ignore
    await rows.insertMany(same());
    expect(await found(rows)).to.deep.equal(expected);
    expect(await rows.upsert(later())).to.equal(3);
    expect(await found(rows)).to.deep.equal(expected);
  });

  it('are looked at up to the row where the source fails, and closed where a row is wrong', async () => {
    const rows = await ticks();
    let closed = 0;
    function* bad(): Generator<never> {
      try {
        yield { id: 1 } as never;
        yield { id: 'x' } as never;
        yield { id: 2, nope: 1 } as never;
      } finally {
        closed += 1;
      }
    }
    expect((await failure(rows.insertMany(bad()), 'E_CONVERSION')).message).to.contain('Row 1: Tick.id');
    expect(closed).to.equal(1);
    const unknown = await failure(rows.insertMany([{ id: 1 }, { id: 2, nope: 1 } as never]), 'E_VALIDATION');
    expect(unknown.message).to.contain("Row 1: Tick has no column 'nope'");
    await failure(rows.insertMany([Promise.resolve({ id: 1 })] as never), 'E_VALIDATION');
  });
});
