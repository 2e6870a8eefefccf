import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, all, sql, withContext, type BaseDuckDBManager } from '@mysingle/database';
import { context, withinContext, ReadSet } from '../lib/context.js';
import { failure } from './support/failure.js';
import { openBeside } from './support/beside.js';
import { random } from './support/random.js';
import { openManager, scratchPath } from './support/scratch.js';
import { watched } from './support/watched.js';

@Table('read_item')
class Item {
  @Column('varchar', { primaryKey: true }) id!: string;
  @Column('integer') n!: number;
  @Column('varchar[]') tags!: string[];
}

@Table('read_uuid')
class Uuid {
  @Column('uuid', { primaryKey: true }) id!: string;
}

@Table('read_decimal')
class Decimal {
  @Column('decimal(9,2)', { primaryKey: true }) id!: string;
}

@Table('read_double')
class Double {
  @Column('double', { primaryKey: true }) id!: number;
}

@Table('read_float')
class Float {
  @Column('float', { primaryKey: true }) id!: number;
}

@Table('read_date')
class Day {
  @Column('date', { primaryKey: true }) id!: Date;
}

@Table('read_moment')
class Moment {
  @Column('timestamptz', { primaryKey: true }) id!: Date;
  @Column('timestamptz') at!: Date;
}

const item = (n: number): Item => ({ id: `k${n}`, n, tags: [`t${n}`] });
const fill = async (db: BaseDuckDBManager, count = 10): Promise<void> =>
  void (await db.repository(Item).insertMany(Array.from({ length: count }, (_row, n) => item(n))));

const ONE = 'SELECT "id", "n", "tags" FROM "read_item" WHERE "id" = $1 LIMIT 1';

describe('reads of one turn', () => {
  it('are one statement, of which each caller gets his own; one alone is what it was', async () => {
    const { db, lines } = await watched({ entities: [Item] });
    await fill(db);
    lines();
    const items = db.repository(Item);
    expect(await items.findById('k1'))
      .to.be.instanceOf(Item)
      .and.deep.include(item(1));
    expect(lines().map(({ sql: text, callers }) => [text, callers])).to.deep.equal([[ONE, undefined]]);
    const rows = await Promise.all(['k2', 'none', 'k1', 'k2', 'k3', 'none'].map((id) => items.findById(id)));
    expect(rows.map((row) => row?.n ?? null)).to.deep.equal([2, null, 1, 2, 3, null]);
    expect(lines().map(({ sql: text, callers, row_count }) => [text, callers, row_count])).to.deep.equal([
      ['SELECT "id", "n", "tags" FROM "read_item" WHERE "id" IN ($1, $2, $3, $4)', 6, 3],
    ]);
    // also those whose own path to it takes some steps
    await Promise.all([items.findById('k1'), Promise.resolve().then(async () => items.findById('k2'))]);
    expect(lines()).to.have.lengthOf(1);
    const same = await Promise.all([1, 2, 3].map(() => items.findById('k1')));
    expect(lines().map(({ sql: text, callers }) => [text, callers])).to.deep.equal([[ONE, 3]]);
    same[0]?.tags.push('mine');
    expect(same.map((row) => row?.tags)).to.deep.equal([['t1', 'mine'], ['t1'], ['t1']]);
    expect(new Set(same).size).to.equal(3);
  });

  it('find keys however they are written, and each his own', async () => {
    const db = await openManager({ entities: [Uuid, Decimal, Double, Float, Day, Item] });
    const uuid = '0a000000-0000-4000-8000-00000000000b';
    await db.repository(Uuid).insert({ id: uuid });
    const uuids = await Promise.all([uuid, uuid.toUpperCase(), uuid.replace('0b', '0c')].map((id) => db.repository(Uuid).findById(id))); // prettier-ignore
    expect(uuids.map((row) => row?.id)).to.deep.equal([uuid, uuid, undefined]);
    await db.repository(Decimal).insertMany([{ id: '1.50' }, { id: '2.00' }]);
    const decimals = await Promise.all(['1.5', '1.50', '2', '3'].map((id) => db.repository(Decimal).findById(id)));
    expect(decimals.map((row) => row?.id)).to.deep.equal(['1.50', '1.50', '2.00', undefined]);
    for (const entity of [Double, Float]) {
      await db.repository(entity).insertMany([{ id: -0 }, { id: Number.NaN }, { id: 0.1 }, { id: Infinity }]);
      const reals = await Promise.all([0, -0, Number.NaN, 0.1, Infinity, -1].map((id) => db.repository(entity).findById(id))); // prettier-ignore
      const tenth = entity === Float ? Math.fround(0.1) : 0.1;
      expect(
        reals.map((row) => row?.id),
        entity.name,
      ).to.deep.equal([-0, -0, Number.NaN, tenth, Infinity, undefined]);
    }
    await db.repository(Day).insertMany([{ id: new Date(0) }, { id: new Date(86_400_000) }]);
    const days = await Promise.all([0, 86_400_000, -86_400_000].map((ms) => db.repository(Day).findById(new Date(ms))));
    expect(days.map((row) => row?.id.getTime())).to.deep.equal([0, 86_400_000, undefined]);
    const texts = ['', 'ä', 'a\u0308', '\0', "'", '日本', 'A', 'a'];
    await db.repository(Item).insertMany(texts.map((id, n) => ({ id, n, tags: [] })));
    const found = await Promise.all(texts.map((id) => db.repository(Item).findById(id)));
    expect(found.map((row) => row?.n)).to.deep.equal(texts.map((_id, n) => n));
  });

  it('are as many statements as their number needs, and answer all', async () => {
    const { db, lines } = await watched({ entities: [Item] });
    await fill(db, 1000);
    lines();
    const rows = await Promise.all(Array.from({ length: 1000 }, (_row, n) => db.repository(Item).findById(`k${n}`)));
    expect(rows.map((row) => row?.n)).to.deep.equal(Array.from({ length: 1000 }, (_row, n) => n));
    expect(lines()).to.have.lengthOf(Math.ceil(1000 / 128));
    expect(db.health().pool).to.include({ busy: 0, waiting: 0 });
  });

  it('do not harm each other: an id that is none, a row that cannot be read', async () => {
    const db = await openManager({ entities: [Item, Moment] });
    await fill(db);
    const items = db.repository(Item);
    const [good, bad, none] = await Promise.allSettled([items.findById('k1'), items.findById(7), items.findById(null as never)]); // prettier-ignore
    expect(good).to.have.nested.property('value.n', 1);
    expect([bad, none].map((each) => (each as PromiseRejectedResult).reason.code)).to.deep.equal(['E_QUERY', 'E_QUERY']); // prettier-ignore
    await db.execute(sql`insert into read_moment values ('1970-01-01 00:00:00+00', '1970-01-01 00:00:00+00'), ('1970-01-01 00:00:01+00', 'infinity')`); // prettier-ignore
    const moments = db.repository(Moment);
    const [first, second, third] = await Promise.allSettled(
      [0, 1000, 2000].map((ms) => moments.findById(new Date(ms))),
    );
    expect(first).to.have.nested.property('value.at').that.deep.equals(new Date(0));
    expect((second as PromiseRejectedResult).reason).to.include({ code: 'E_CONVERSION' });
    expect(third).to.have.property('value', null);
    await db.execute(sql`drop table read_item`);
    const lost = await Promise.all(['k1', 'k2'].map((id) => failure(items.findById(id), 'E_QUERY')));
    expect(lost[0]).to.not.equal(lost[1]);
  });

  it('that DuckDB holds equal and this does not are read one by one', async () => {
    const { db, lines } = await watched({ entities: [Item], settings: { default_collation: 'nocase' } });
    await fill(db);
    lines();
    const items = db.repository(Item);
    const rows = await Promise.all([items.findById('K1'), items.findById('k2')]);
    expect(rows.map((row) => row?.n)).to.deep.equal([1, 2]);
    expect(lines().length).to.equal(3);
  });

  it('are in the read set of each caller, and in logs by the ids that they share', async () => {
    const { db, lines } = await watched({ entities: [Item] });
    await fill(db);
    lines();
    const items = db.repository(Item);
    const sets = [new ReadSet(), new ReadSet()];
    await Promise.all(sets.map((reads, n) => withinContext({ reads }, async () => {
      await items.findById(`k${n}`);
      expect(context().reads).to.equal(reads);
    }))); // prettier-ignore
    for (const reads of sets) expect(reads.readsBeyond({})).to.equal(true);
    lines();
    await withContext({ correlationId: 'one' }, () => Promise.all(['k1', 'k2'].map((id) => items.findById(id))));
    await Promise.all(
      ['a', 'b'].map((correlationId, n) => withContext({ correlationId }, () => items.findById(`k${n}`))),
    );
    await withContext({ correlationId: 'alone' }, () => items.findById('k1'));
    expect(lines().map((line) => [line['callers'], line['correlation_id'], line['correlation_ids']])).to.deep.equal([
      [2, 'one', undefined],
      [2, undefined, ['a', 'b']],
      [undefined, 'alone', undefined],
    ]);
  });

  it("end with a caller's own limit for him alone", async () => {
    const db = await openManager({ path: scratchPath(), entities: [Item], pool: { size: 2 } });
    await fill(db);
    const items = db.repository(Item);
    const stop = new AbortController();
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const holders = [1, 2].map(() => db.withConnection(() => held));
    const stopped = failure(items.findById('k1', { signal: stop.signal }), 'E_ABORTED');
    const late = failure(items.findById('k2', { timeout: '5ms' }), 'E_TIMEOUT');
    const other = items.findById('k1');
    stop.abort();
    await Promise.all([stopped, late]);
    letGo();
    await Promise.all(holders);
    expect((await other)?.n).to.equal(1);
    expect(db.health().pool).to.include({ busy: 0, waiting: 0 });
    await failure(items.findById('k1', { signal: AbortSignal.abort() }), 'E_ABORTED');
  });

  it('end when no connection becomes free, and go on when one is', async () => {
    const db = await openManager({ entities: [Item], pool: { size: 2, acquireTimeout: '50ms' } });
    await fill(db);
    const items = db.repository(Item);
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const holders = [1, 2].map(() => db.withConnection(() => held));
    const errors = await Promise.all(['k1', 'k2'].map((id) => failure(items.findById(id), 'E_TIMEOUT')));
    expect(errors[0]).to.not.equal(errors[1]);
    const later = items.findById('k1');
    letGo();
    await Promise.all(holders);
    expect((await later)?.n).to.equal(1);
  });

  it('end at close, each with an error, and work again after it', async () => {
    const db = await openManager({ path: scratchPath(), entities: [Item] });
    await fill(db, 200);
    const items = db.repository(Item);
    const reads = Array.from({ length: 300 }, (_read, n) => items.findById(`k${n % 200}`));
    const closing = db.close();
    for (const result of await Promise.allSettled(reads))
      if (result.status === 'rejected') expect(result.reason).to.have.property('code').oneOf(['E_CLOSED', 'E_ABORTED']);
    await closing;
    await failure(items.findById('k1'), 'E_CLOSED');
    await db.connect();
    expect((await Promise.all([items.findById('k1'), items.findById('k2')])).map((row) => row?.n)).to.deep.equal([
      1, 2,
    ]);
  });

  it('see what was committed before they were asked for, whatever goes on beside', async () => {
    const db = await openManager({ path: scratchPath(), entities: [Item] });
    const items = db.repository(Item);
    await fill(db, 20);
    await items.update(all(), { n: 0 });
    const { seed, below } = random();
    const committed = Array.from({ length: 20 }, () => 0);
    const writers = Array.from({ length: 2 }, async (_writer, which) => {
      for (let round = 1; round <= 30; round += 1) {
        const n = below(10) * 2 + which;
        await items.update({ id: `k${n}` }, { n: (committed[n] ?? 0) + 1 });
        committed[n] = (committed[n] ?? 0) + 1;
      }
    });
    const readers = Array.from({ length: 16 }, async () => {
      for (let round = 0; round < 30; round += 1) {
        const n = below(20);
        const least = committed[n];
        const row = await items.findById(`k${n}`);
        expect(row?.id, `seed ${seed}`).to.equal(`k${n}`);
        expect(row?.n, `seed ${seed}`).to.be.at.least(least ?? 0);
        if (below(4) === 0) await sleep(below(3));
      }
    });
    await Promise.all([...writers, ...readers]);
  });

  it('work beside a locked file as in it', async () => {
    const { db, free } = await openBeside([], { entities: [Item] });
    const items = db.repository(Item);
    await Promise.all([1, 2, 3].map((n) => items.insert(item(n))));
    const both = (): Promise<(number | undefined)[]> =>
      Promise.all(['k1', 'k3', 'k4'].map(async (id) => (await items.findById(id))?.n));
    expect([db.mode, await both()]).to.deep.equal(['fallback', [1, 3, undefined]]);
    await free();
    expect([db.mode, await both()]).to.deep.equal(['file', [1, 3, undefined]]);
    await db.close();
  });
});
