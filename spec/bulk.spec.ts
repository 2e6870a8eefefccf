import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Index, Table, all, gte, now, sequence, sql, sum, count, uuid4, uuid7, type Generated, type InsertManyOptions, type Repository } from '@mysingle/database'; // prettier-ignore
import { failure } from './support/failure.js';
import { openManager, scratchPath } from './support/scratch.js';

@Table('bulk_item')
class Item {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true }) note!: string | null;
  @Column('varchar', { default: 'new' }) @Index() state!: Generated<string>;
  @Column('double[]', { nullable: true }) curve!: number[] | null;
}

@Table('bulk_made')
class Made {
  @Column('uuid', { primaryKey: true, default: uuid7() }) id!: Generated<string>;
  @Column('varchar', { default: uuid4() }) other!: Generated<string>;
  @Column('timestamptz', { default: now() }) at!: Generated<Date>;
  @Column('bigint', { default: sequence() }) no!: Generated<bigint>;
  @Column('integer', { default: sql`40 + 2` }) answer!: Generated<number>;
  @Column('decimal(9,2)', { default: '1.50' }) price!: Generated<string>;
  @Column('integer') qty!: number;
  @Column('integer', { generated: sql`qty * 2` }) readonly double!: number;
}

@Table('bulk_mail')
class Mail {
  @Column('integer', { default: sequence() }) id!: Generated<number>;
  @Column('varchar', { nullable: true, unique: true }) address!: string | null;
  @Column('integer') n!: number;
}

@Table('bulk_person')
class Person {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar', { nullable: true, unique: true }) mail!: string | null;
}

@Table('bulk_odd')
class Odd {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') later!: number;
  @Column('integer') position!: number;
  @Column('integer') rowid!: number;
}

@Table('bulk_default')
class Default {
  @Column('integer') n!: number;
  @Column('timetz', { default: sql`'12:00:00+09'` }) opens!: Generated<string>;
}

@Table('bulk_endless')
class Endless {
  @Column('integer', { primaryKey: true, default: sequence() }) id!: Generated<number>;
  @Column('timestamp', { as: 'string', default: sql`'infinity'` }) until!: Generated<string>;
}

const entities = [Item, Made, Mail, Person, Odd, Default, Endless];
const items = async (): Promise<Repository<Item>> => (await openManager({ entities })).repository(Item);
const range = (n: number, from = 0): { id: number; note: string }[] =>
  Array.from({ length: n }, (_each, index) => ({ id: from + index, note: `n${from + index}` }));
const plain = (rows: readonly object[]): object[] => rows.map((row) => Object.assign({}, row));

describe('many rows at once', () => {
  it('wait for an async onProgress, whose error fails the whole', async () => {
    const rows = await items();
    const told: number[] = [];
    const onProgress = async (each: number): Promise<void> => {
      await sleep(1);
      told.push(each);
      if (each === 3000) throw new Error('could not tell');
    };
    expect(await rows.insertMany(range(10), { onProgress })).to.equal(10);
    const failed: unknown = await rows.insertMany(range(3000, 100), { onProgress }).catch((error: unknown) => error);
    expect([told, String(failed), await rows.count()]).to.deep.equal([[10, 2048, 3000], 'Error: could not tell', 10]);
  });

  for (const onConflict of ['error', 'ignore', 'update'] as const) {
    it(`arrive whole in any number, with onConflict '${onConflict}'`, async () => {
      const rows = await items();
      for (const n of [0, 1, 2047, 2048, 2049, 10_000]) {
        const told: number[] = [];
        expect(await rows.insertMany(range(n), { onConflict, onProgress: (each) => told.push(each) })).to.equal(n);
        const [totals] = await rows.aggregate({ select: { n: count(), ids: sum('id') } });
        expect(totals).to.deep.equal({ n, ids: n === 0 ? null : (n * (n - 1)) / 2 });
        const chunks = Array.from({ length: Math.ceil(n / 2048) }, (_each, index) => Math.min(n, (index + 1) * 2048));
        expect(told).to.deep.equal(chunks);
        await rows.delete(all());
      }
    });
  }

  it('come from arrays, sets, generators and async ones', async () => {
    const rows = await items();
    function* some(): Generator<{ id: number }> {
      yield* range(2);
    }
    async function* later(): AsyncGenerator<{ id: number }> {
      for (const row of range(2, 2)) yield await Promise.resolve(row);
    }
    expect(await rows.insertMany(some())).to.equal(2);
    expect(await rows.insertMany(later())).to.equal(2);
    expect(await rows.insertMany(new Set(range(1, 4)))).to.equal(1);
    expect(await rows.upsert(later())).to.equal(2);
    expect(await rows.count()).to.equal(5);
    for (const wrong of [null, 5, 'abc', { id: 1 }]) await failure(rows.insertMany(wrong as never), 'E_VALIDATION');
  });

  it('are all or nothing: a bad row, a taken key or a source that throws leaves nothing', async () => {
    const rows = await items();
    await rows.insert({ id: 2500, note: 'mine' });
    const bad = [...range(2500), { id: 'x' as never }];
    const error = await failure(rows.insertMany(bad), 'E_CONVERSION');
    expect(error.message).to.equal('Row 2500: Item.id (integer) expects an integer, got a string.');
    await failure(rows.insertMany(range(3000)), 'E_UNIQUE');
    await failure(rows.insertMany([{ id: 1 }, { id: 1 }]), 'E_UNIQUE');
    async function* broken(): AsyncGenerator<{ id: number }> {
      yield* range(2100);
      throw new RangeError('the source ended badly');
    }
    for (const onConflict of ['error', 'update'] as const) {
      const outcome: unknown = await rows.insertMany(broken(), { onConflict }).catch((thrown: unknown) => thrown);
      expect(outcome).to.be.instanceOf(RangeError);
    }
    expect(plain(await rows.find())).to.deep.equal([{ id: 2500, note: 'mine', state: 'new', curve: null }]);
    expect(await rows.insertMany(range(1))).to.equal(1);
  });

  it('of which several have one key end as the last of them', async () => {
    const rows = await items();
    for (const twice of [false, true]) {
      const given = [
        ...range(5000),
        ...(twice
          ? [
              { id: 17, note: 'again' },
              { id: 4000, note: 'again' },
            ]
          : []),
      ];
      expect(await rows.upsert(given)).to.equal(5000);
      const notes = new Map((await rows.find()).map(({ id, note }) => [id, note]));
      expect(notes.size).to.equal(5000);
      expect([notes.get(17), notes.get(18), notes.get(4000)]).to.deep.equal(
        twice ? ['again', 'n18', 'again'] : ['n17', 'n18', 'n4000'],
      );
      await rows.delete(all());
    }
  });

  it('stop between two chunks at a signal, and leave nothing', async () => {
    const rows = await items();
    const stop = new AbortController();
    const reason = new Error('enough');
    const work = rows.insertMany(range(10_000), { signal: stop.signal, onProgress: () => stop.abort(reason) });
    const { message, cause } = await failure(work, 'E_ABORTED');
    expect([message, cause]).to.deep.equal(['insertMany was stopped by its signal.', reason]);
    await failure(rows.insertMany([], { signal: AbortSignal.abort() }), 'E_ABORTED');
    expect(await rows.count()).to.equal(0);
  });

  it('may come from the same database, within the same transaction', async () => {
    const db = await openManager({ path: scratchPath(), entities, pool: { size: 1 } });
    const rows = db.repository(Item);
    await rows.insertMany(range(3000));
    async function* copies(): AsyncGenerator<{ id: number; note: string }> {
      for (let from = 0; from < 3000; from += 1000)
        for (const { id } of await rows.find({ where: { id: gte(from) }, orderBy: { id: 'asc' }, limit: 1000 }))
          yield { id: id + 10_000, note: 'copy' };
    }
    expect(await rows.insertMany(copies())).to.equal(3000);
    expect(await rows.count({ note: 'copy' })).to.equal(3000);
  });

  it("skip rows whose key is there with 'ignore', also twice in one call: the first is kept", async () => {
    const rows = await items();
    await rows.insert({ id: 1, note: 'old' });
    const batch = [{ id: 1, note: 'x' }, { id: 2, note: 'first' }, { id: 2, note: 'second' }]; // prettier-ignore
    expect(await rows.insertMany(batch, { onConflict: 'ignore' })).to.equal(1);
    expect((await rows.find({ orderBy: { id: 'asc' } })).map(({ note }) => note)).to.deep.equal(['old', 'first']);
  });

  it("update rows whose key is there with 'update': the last of a key wins, what it leaves out stays or is made", async () => {
    const rows = await items();
    await rows.insertMany([{ id: 1, note: 'old', state: 'kept', curve: [1] }, { id: 2, note: 'old', state: 'kept' }]); // prettier-ignore
    const batch = [
      { id: 1, note: 'first' }, { id: 1, state: 'done' }, // the last of 1 sets the state alone
      { id: 2, note: null, curve: [2, 3] },
      { id: 3, note: 'new' }, { id: 4, state: 'given' }, { id: 4, note: 'last' },
    ]; // prettier-ignore
    expect(await rows.insertMany(batch, { onConflict: 'update' })).to.equal(4);
    expect(plain(await rows.find({ orderBy: { id: 'asc' } }))).to.deep.equal([
      { id: 1, note: 'old', state: 'done', curve: [1] },
      { id: 2, note: null, state: 'kept', curve: [2, 3] },
      { id: 3, note: 'new', state: 'new', curve: null },
      { id: 4, note: 'last', state: 'new', curve: null },
    ]);
    expect(await rows.upsert([{ id: 1 }, { id: 5 }])).to.equal(1); // nothing to update in 1
  });

  it('keep the order of a million-to-one duplicates: the last one over chunks', async () => {
    const rows = await items();
    const batch = Array.from({ length: 5000 }, (_each, n) => ({ id: n % 3, note: `n${n}` }));
    expect(await rows.upsert(batch)).to.equal(3);
    expect((await rows.find({ orderBy: { id: 'asc' } })).map(({ note }) => note)).to.deep.equal(['n4998', 'n4999', 'n4997']); // prettier-ignore
  });

  it("keep every row without a key with 'ignore', and still skip those whose other key is there", async () => {
    const db = await openManager({ entities });
    const people = db.repository(Person);
    const batch = [{ id: 1, mail: null }, { id: 2, mail: null }, { id: 3, mail: 'a' }, { id: 4, mail: 'a' }, { id: 2, mail: null }]; // prettier-ignore
    expect(await people.insertMany(batch, { onConflict: 'ignore' })).to.equal(3);
    const more = [...batch, { id: 5, mail: null }, { id: 6, mail: 'a' }, { id: 1, mail: 'b' }];
    expect(await people.insertMany(more, { onConflict: 'ignore' })).to.equal(1);
    const rows = await people.find({ orderBy: { id: 'asc' } });
    expect(rows.map(({ id, mail }) => [id, mail])).to.deep.equal([[1, null], [2, null], [3, 'a'], [5, null]]); // prettier-ignore
    const mails = db.repository(Mail);
    const nulls = Array.from({ length: 3000 }, (_each, n) => ({ address: null, n }));
    expect(await mails.insertMany(nulls, { onConflict: 'ignore' })).to.equal(3000);
  });

  it('go by a unique column, where NULL is nobody’s key', async () => {
    const mails = (await openManager({ entities })).repository(Mail);
    await mails.insert({ address: 'a', n: 1 });
    const batch = [{ address: 'a', n: 2 }, { address: null, n: 3 }, { address: null, n: 4 }, { address: 'b', n: 5 }, { address: 'b', n: 6 }]; // prettier-ignore
    expect(await mails.upsert(batch, { on: ['address'], update: ['n'] })).to.equal(4);
    expect((await mails.find({ orderBy: { n: 'asc' } })).map(({ address, n }) => [address, n])).to.deep.equal([['a', 2], [null, 3], [null, 4], ['b', 6]]); // prettier-ignore
  });

  for (const options of [{}, { onConflict: 'ignore' }, { onConflict: 'update' }] as InsertManyOptions[]) {
    it(`get every kind of default, ${options.onConflict ?? 'straight in'}`, async () => {
      const made = (await openManager({ entities })).repository(Made);
      const started = Date.now();
      const given = { id: '00000000-0000-4000-8000-000000000000', other: 'o', at: new Date(5), no: 99n, answer: 0, price: '2.00' }; // prettier-ignore
      const batch = [{ qty: 1 }, { qty: 2, ...given }, ...Array.from({ length: 3000 }, () => ({ qty: 3 }))];
      expect(await made.insertMany(batch, options)).to.equal(3002);
      expect(plain(await made.find({ where: { qty: 2 } }))).to.deep.equal([{ ...given, qty: 2, double: 4 }]);
      const others = (await made.find()).filter(({ qty }) => qty !== 2);
      expect(others.every(({ answer, price, double, qty }) => answer === 42 && price === '1.50' && double === 2 * qty)).to.equal(true); // prettier-ignore
      expect(others.every(({ at }) => at.getTime() >= started && at.getTime() <= Date.now())).to.equal(true);
      for (const key of ['id', 'other', 'no'] as const)
        expect(new Set(others.map((row) => row[key])).size).to.equal(3001);
      expect(others.every(({ id }) => /^.{14}7/.test(id))).to.equal(true);
    });
  }

  it('fit a table whose columns stand in another order, or that has more of them', async () => {
    const db = await openManager({ entities: [Item], schema: 'off' });
    const rows = db.repository(Item);
    const tables = [
      sql`create table bulk_item (curve double[], state varchar not null, NOTE varchar, id integer primary key)`,
      sql`create or replace table bulk_item (extra integer default 7, note varchar, id integer primary key, curve double[], state varchar not null)`,
    ];
    for (const [extra, table] of tables.entries()) {
      await db.execute(table);
      expect(await rows.insertMany([...range(2500), { id: -1, curve: [1, 2] }])).to.equal(2501);
      expect(await rows.insertMany([{ id: -1, state: 'x' }], { onConflict: 'update' })).to.equal(1);
      expect(Object.assign({}, await rows.findById(-1))).to.deep.equal({
        id: -1,
        note: null,
        state: 'x',
        curve: [1, 2],
      });
      expect((await rows.findById(2499))?.note).to.equal('n2499');
      if (extra) expect(await db.query(sql`select distinct extra from bulk_item`)).to.deep.equal([{ extra: 7 }]);
    }
  });

  it('join the transaction around them, and leave no stage behind', async () => {
    const db = await openManager({ entities });
    const rows = db.repository(Item);
    const work = db.transaction(async () => {
      await rows.insertMany(range(10));
      await rows.upsert(range(10));
      expect(await rows.count()).to.equal(10);
      throw new Error('no');
    });
    expect(await work.catch((error: Error) => error.message)).to.equal('no');
    await rows.upsert(range(3));
    expect(await rows.count()).to.equal(3);
    expect(await db.query(sql`select table_name from duckdb_tables() where table_name like 'mysingle_stage%'`)).to.deep.equal([]); // prettier-ignore
  });

  it('may be written by several at once', async () => {
    const rows = (await openManager({ path: scratchPath(), entities })).repository(Item);
    await Promise.all([0, 1, 2, 3, 4].map((n) => rows.insertMany(range(2500, n * 10_000))));
    expect(await rows.count()).to.equal(12_500);
  });
});

describe('columns of any name', () => {
  it('do not get in the way of an upsert of many', async () => {
    const odd = (await openManager({ entities })).repository(Odd);
    const row = (id: number, n: number): Odd => ({ id, later: n, position: n, rowid: n });
    expect(await odd.upsert([row(1, 9), row(2, 5), row(1, 3)])).to.equal(2);
    expect(plain(await odd.find({ orderBy: { id: 'asc' } }))).to.deep.equal([row(1, 3), row(2, 5)]);
  });
});

describe('upsert', () => {
  it('refuses an empty key, and to update what the database generates', async () => {
    const made = (await openManager({ entities })).repository(Made);
    expect((await failure(made.upsert({ qty: 1 }, { on: [] }), 'E_QUERY')).message).to.contain('on is empty');
    const error = await failure(made.upsert([{ qty: 1 }], { update: ['double'] }), 'E_QUERY');
    expect(error.message).to.equal('upsert on Made: double is generated by the database. Leave it out of update.');
  });
});

describe('defaults that only the database makes', () => {
  it('keep the offset of a time with its zone', async () => {
    const rows = (await openManager({ entities })).repository(Default);
    const alone = await rows.insert({ n: 1 });
    await rows.insertMany([{ n: 2 }]);
    expect((await rows.find({ orderBy: { n: 'asc' } })).map(({ opens }) => opens)).to.deep.equal(['12:00:00+09', alone.opens]); // prettier-ignore
  });

  it('may be infinite', async () => {
    const rows = (await openManager({ entities })).repository(Endless);
    expect((await rows.insert({})).until).to.equal('infinity');
    expect(await rows.insertMany([{}])).to.equal(1);
    expect((await rows.find()).map(({ until }) => until)).to.deep.equal(['infinity', 'infinity']);
  });

  it('are all there is to an upsert of a row that says nothing', async () => {
    const rows = (await openManager({ entities })).repository(Endless);
    expect(await rows.upsert({})).to.equal(1);
  });
});

describe('a source that is left before its end', () => {
  it('is not waited for where its return() hangs, and its own error does not hide the first', async () => {
    const rows = await items();
    const hanging = async function* (): AsyncGenerator<never> {
      try {
        for (let id = 0; id < 5000; id += 1) yield { id: id === 3 ? 'x' : id } as never;
      } finally {
        await new Promise(() => {});
      }
    };
    await failure(rows.insertMany(hanging(), { timeout: '100ms' }), 'E_TIMEOUT');
    const throwing = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ value: { id: 'x' } as never, done: false }),
        return: () => Promise.reject(new TypeError('from return')),
      }),
    };
    expect((await failure(rows.insertMany(throwing), 'E_CONVERSION')).message).to.match(/^Row 0: Item\.id /);
    expect(await rows.count()).to.equal(0);
  });

  it('has the items that its typed arrays have in memory, whatever they say', async () => {
    class Long extends Int32Array {
      override get length(): number {
        return 1000;
      }
    }
    const rows = await items();
    const error = await failure(rows.insertMany({ id: new Long(2), note: ['a'] } as never), 'E_VALIDATION');
    expect(error.message).to.contain("'id' has 2 values, 'note' 1");
  });
});
