import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Index, Table, all, isDatabaseError, sequence, sql, withContext, type BaseDuckDBManager, type Generated, type Repository } from '@mysingle/database'; // prettier-ignore
import { startChild } from './support/child.js';
import { failure } from './support/failure.js';
import { openBeside, rows as rowsOf } from './support/beside.js';
import { random } from './support/random.js';
import { openManager, scratchPath } from './support/scratch.js';
import { until } from './support/until.js';
import { watched } from './support/watched.js';

@Table('group_item')
@Index(['code'], { unique: true })
class Item {
  @Column('bigint', { primaryKey: true, default: sequence(), as: 'number' }) id!: Generated<number>;
  @Column('integer', { check: sql`n >= 0` }) n!: number;
  @Column('varchar', { nullable: true }) code!: string | null;
  @Column('varchar', { default: sql`'made ' || 'up'` }) text!: Generated<string>;
}

@Table('group_node')
class Node {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { nullable: true, references: () => [Node, 'id'] }) parent!: number | null;
}

@Table('group_bare')
class Bare {
  @Column('bigint', { primaryKey: true, default: sequence(), as: 'number' }) id!: Generated<number>;
}

@Table('group_generated')
class WithGenerated {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer', { nullable: true, generated: sql`id * 2` }) readonly twice!: number | null;
}

@Table('group_unreadable')
class Unreadable {
  @Column('integer') n!: number;
  @Column('timestamptz', { default: sql`'infinity'` }) at!: Generated<Date>;
}

const entities = [Unreadable, Item, Node, Bare, WithGenerated];
const INTO = 'INSERT INTO "group_item" ("n", "code")';
const BACK = 'RETURNING "id", "n", "code", "text"';

const stored = (db: BaseDuckDBManager): Promise<{ n: number; id: bigint }[]> =>
  db.query(sql`select n, id from group_item order by id`);

/** Keeps all connections until it is let go. */
async function hold(db: BaseDuckDBManager): Promise<() => Promise<unknown>> {
  let letGo = (): void => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const { size } = db.health().pool ?? { size: 0 };
  let there = 0;
  let arrived: () => void = () => {};
  const allThere = new Promise<void>((resolve) => (arrived = resolve));
  const holders = Array.from({ length: size }, () =>
    db.withConnection(() => {
      there += 1;
      if (there === size) arrived();
      return held;
    }),
  );
  await allThere;
  return () => {
    letGo();
    return Promise.all(holders);
  };
}

const inserted = (items: Repository<Item>, ns: readonly number[]): Promise<PromiseSettledResult<Item>[]> =>
  Promise.allSettled(ns.map((n) => items.insert({ n, code: n === 3 ? null : `c${n}` })));

const codeOf = (result: PromiseSettledResult<unknown> | undefined): unknown =>
  result?.status === 'rejected' && isDatabaseError(result.reason) ? result.reason.code : result?.status;

describe('inserts that wait together', () => {
  it('are one statement and one commit, in the order of their calls; one alone is what it was', async () => {
    const { db, lines } = await watched({ entities });
    const items = db.repository(Item);
    const alone = await items.insert({ n: 1 });
    expect(alone).to.be.instanceOf(Item).and.deep.include({ id: 1, n: 1, code: null, text: 'made up' });
    expect(lines().map(({ sql: text, callers }) => [text, callers])).to.deep.equal([[`${INTO} VALUES ($1, $2) ${BACK}`, undefined]]); // prettier-ignore
    const rows = await Promise.all(Array.from({ length: 70 }, (_row, n) => items.insert({ n, code: `c${n}` })));
    expect(lines().map(({ sql: text, callers, row_count }) => [text, callers, row_count])).to.deep.equal([
      [`${INTO} SELECT unnest($1), unnest($2) ${BACK}`, 70, 70],
    ]);
    expect(rows.map(({ id, n, code }) => [id, n, code])).to.deep.equal(rows.map((_row, n) => [n + 2, n, `c${n}`]));
    expect(rows.every((row) => row instanceof Item)).to.equal(true);
    // nobody waits for the first ones
    for (let n = 100; n < 120; n += 1) void items.insert({ n });
    await items.insert({ n: 120 });
    expect((await stored(db)).slice(-21).map(({ n }) => n)).to.deep.equal(Array.from({ length: 21 }, (_n, n) => 100 + n)); // prettier-ignore
  });

  it('write the values of the time of the call', async () => {
    const db = await openManager({ entities });
    const row = { n: 1 };
    const first = db.repository(Item).insert(row);
    row.n = 2;
    const second = db.repository(Item).insert(row);
    row.n = 3;
    expect((await Promise.all([first, second])).map(({ n }) => n)).to.deep.equal([1, 2]);
  });

  it('give each his own error or row, as if each had come alone', async () => {
    const { db, lines } = await watched({ entities });
    const items = db.repository(Item);
    await items.insert({ n: 0, code: 'c5' });
    lines();
    const results = await inserted(items, [1, 2, -1, 3, 2, 4, 5, 6]);
    expect(results.map(codeOf)).to.deep.equal(['fulfilled', 'fulfilled', 'E_CHECK', 'fulfilled', 'E_UNIQUE', 'fulfilled', 'E_UNIQUE', 'fulfilled']); // prettier-ignore
    const ns = results.map((result) => (result.status === 'fulfilled' ? result.value.n : undefined));
    expect(ns).to.deep.equal([1, 2, undefined, 3, undefined, 4, undefined, 6]);
    expect((await stored(db)).map(({ n }) => n)).to.deep.equal([0, 1, 2, 3, 4, 6]);
    const [check, twin, taken] = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
    expect(check).to.have.nested.property('details.entity', 'Item');
    expect(twin).to.have.deep.nested.property('details.columns', ['code']);
    expect(twin).to.not.equal(taken);
    // what this library refuses never comes to a group
    const [good, bad] = await Promise.allSettled([items.insert({ n: 7 }), items.insert({ n: 1.5 })]);
    expect([codeOf(good), codeOf(bad)]).to.deep.equal(['fulfilled', 'E_CONVERSION']);
  });

  it('that are written are not written again because they cannot be read', async () => {
    const db = await openManager({ entities });
    const results = await Promise.allSettled([1, 2, 3].map((n) => db.repository(Unreadable).insert({ n })));
    expect(results.map(codeOf)).to.deep.equal(['E_CONVERSION', 'E_CONVERSION', 'E_CONVERSION']);
    expect(await db.query(sql`select n from group_unreadable order by n`)).to.deep.equal([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
  });

  it('may refer to one another, in the order of their calls', async () => {
    const db = await openManager({ entities });
    const nodes = db.repository(Node);
    const results = await Promise.allSettled([{ id: 1 }, { id: 2, parent: 1 }, { id: 3, parent: 9 }, { id: 4, parent: 2 }, { id: 9 }].map((row) => nodes.insert(row))); // prettier-ignore
    expect(results.map(codeOf)).to.deep.equal(['fulfilled', 'fulfilled', 'E_FOREIGN_KEY', 'fulfilled', 'fulfilled']);
  });

  it('go with their like, and those without values alone', async () => {
    const { db, lines } = await watched({ entities });
    const items = db.repository(Item);
    const rows = await Promise.all([{ n: 1 }, { n: 2 }, { n: 3, text: 'x' }, { n: 4, text: 'y' }, { n: 5 }].map((row) => items.insert(row))); // prettier-ignore
    expect(rows.map(({ id, text }) => [id, text])).to.deep.equal([[1, 'made up'], [2, 'made up'], [3, 'x'], [4, 'y'], [5, 'made up']]); // prettier-ignore
    expect(lines().map(({ callers }) => callers)).to.deep.equal([2, 2, undefined]);
    const bare = await Promise.all([1, 2, 3].map(() => db.repository(Bare).insert({})));
    expect(bare.map(({ id }) => id)).to.deep.equal([1, 2, 3]);
    expect(lines().every(({ sql: text }) => String(text).includes('DEFAULT VALUES'))).to.equal(true);
  });

  it('leave out whoever stopped before, and do not stop for one of those who are in', async () => {
    const db = await openManager({ path: scratchPath(), entities, pool: { size: 2 } });
    const items = db.repository(Item);
    const letGo = await hold(db);
    const stop = new AbortController();
    const calls = [
      items.insert({ n: 1 }),
      items.insert({ n: 2 }, { signal: stop.signal }),
      items.insert({ n: 3 }, { timeout: '5ms' }),
      items.insert({ n: 4 }, { timeout: '1h' }),
      items.insert({ n: 5 }),
    ];
    stop.abort();
    await failure(calls[1] as Promise<unknown>, 'E_ABORTED');
    await failure(calls[2] as Promise<unknown>, 'E_TIMEOUT');
    await letGo();
    expect((await Promise.allSettled(calls)).map(codeOf)).to.deep.equal(['fulfilled', 'E_ABORTED', 'E_TIMEOUT', 'fulfilled', 'fulfilled']); // prettier-ignore
    expect((await stored(db)).map(({ n }) => n)).to.deep.equal([1, 4, 5]);
    // all at once, each with a signal, whenever it comes: who was told a row has it, who was told an error has none
    for (let round = 0; round < 10; round += 1) {
      await items.delete(all());
      const each = new AbortController();
      const settled = Promise.allSettled([1, 2, 3, 4].map((n) => items.insert({ n }, { signal: each.signal })));
      await new Promise((resolve) => setTimeout(resolve, round % 4));
      each.abort();
      const told = (await settled).flatMap((result) => (result.status === 'fulfilled' ? [result.value.n] : []));
      expect((await stored(db)).map(({ n }) => n)).to.deep.equal(told);
    }
  });

  it('fail each by himself when no connection becomes free, or the manager is closed', async () => {
    const db = await openManager({ path: scratchPath(), entities, pool: { size: 2, acquireTimeout: '50ms' } });
    const items = db.repository(Item);
    const letGo = await hold(db);
    const results = await inserted(items, [1, 2, 4]);
    expect(results.map(codeOf)).to.deep.equal(['E_TIMEOUT', 'E_TIMEOUT', 'E_TIMEOUT']);
    await letGo();
    const later = inserted(
      items,
      Array.from({ length: 600 }, (_row, n) => n),
    );
    const closing = db.close();
    const told = await later;
    for (const result of told) expect(codeOf(result)).to.be.oneOf(['fulfilled', 'E_CLOSED', 'E_ABORTED']);
    await closing;
    await db.connect();
    const there = (await stored(db)).length;
    expect(there).to.equal(told.filter(({ status }) => status === 'fulfilled').length);
    expect((await inserted(items, [1001, 1002])).map(codeOf)).to.deep.equal(['fulfilled', 'fulfilled']);
  });

  it('are told in logs by the ids that they share', async () => {
    const { db, lines } = await watched({ entities });
    const items = db.repository(Item);
    await Promise.all(['a', 'b'].map((correlationId, n) => withContext({ correlationId }, () => items.insert({ n }))));
    await withContext({ correlationId: 'c' }, () => inserted(items, [1, 2]));
    expect(lines().map((line) => [line['callers'], line['correlation_id'], line['correlation_ids']])).to.deep.equal([
      [2, undefined, ['a', 'b']],
      [2, 'c', undefined],
    ]);
  });

  it('come out as one after another, whatever fails among them', async () => {
    const db = await openManager({ path: scratchPath(), entities });
    const items = db.repository(Item);
    const { seed, below } = random();
    const accepted = new Set<string>();
    const said = new Map<string, number>();
    const callers = Array.from({ length: 24 }, async () => {
      for (let round = 0; round < 15; round += 1) {
        const n = below(12) === 0 ? -1 : below(100);
        const code = `c${below(150)}`;
        const result = await items.insert({ n, code, ...(below(3) === 0 ? { text: 'own' } : {}) }).catch((error: unknown) => error); // prettier-ignore
        if (result instanceof Item) {
          expect([result.n, result.code], `seed ${seed}`).to.deep.equal([n, code]);
          expect(accepted.has(code), `seed ${seed}`).to.equal(false);
          accepted.add(code);
          said.set(code, result.id);
        } else {
          expect(result, `seed ${seed}`).to.have.property('code').oneOf(['E_CHECK', 'E_UNIQUE']);
        }
      }
    });
    await Promise.all(callers);
    const there = await db.query<{ code: string; id: bigint }>(sql`select code, id from group_item`);
    expect(new Map(there.map(({ code, id }) => [code, Number(id)])), `seed ${seed}`).to.deep.equal(said);
  });

  it('written beside a locked file come to it with the keys that were given out', async () => {
    const { db, free } = await openBeside([], { entities });
    const items = db.repository(Item);
    const results = await inserted(items, [1, 2, 2, -1, 4]);
    expect([db.mode, ...results.map(codeOf)]).to.deep.equal(['fallback', 'fulfilled', 'fulfilled', 'E_UNIQUE', 'E_CHECK', 'fulfilled']); // prettier-ignore
    const many = await Promise.all(Array.from({ length: 100 }, (_row, n) => items.insert({ n })));
    const generated = await Promise.all([1, 2].map((id) => db.repository(WithGenerated).insert({ id })));
    expect(generated.map(({ twice }) => twice)).to.deep.equal([2, 4]);
    await free();
    const ids = [...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])), ...many];
    const there = await items.find({ orderBy: { id: 'asc' } });
    expect(there.map(({ id, n }) => [id, n])).to.deep.equal(ids.map(({ id, n }) => [id, n]));
    expect(await rowsOf(db, 'select twice from group_generated order by id')).to.deep.equal([[2], [4]]);
    expect(db.health().conflicts).to.equal(0);
    await db.close();
  });

  it('are there after kill -9 once their callers were told', async () => {
    const path = scratchPath();
    await using child = await startChild(`
      import { BaseDuckDBManager, Column, Table } from '@mysingle/database';
      class Kept {}
      Column('integer', { primaryKey: true })(Kept.prototype, 'id');
      Table('group_kept')(Kept);
      const db = await BaseDuckDBManager.open({ path: ${JSON.stringify(path)}, entities: [Kept], logger: false });
      let next = 0;
      console.log('ready');
      const loop = async () => {
        for (;;) {
          const { id } = await db.repository(Kept).insert({ id: (next += 1) });
          console.log('done ' + id);
        }
      };
      for (let caller = 0; caller < 16; caller += 1) void loop();
    `);
    await until(() => child.lines.length > 100);
    await child.kill();
    const told = (await child.ended).lines.flatMap((line) => (/^done \d+$/.test(line) ? [Number(line.slice(5))] : []));
    const db = await openManager({ path });
    const there = new Set((await db.query<{ id: number }>(sql`select id from group_kept`)).map(({ id }) => id));
    expect(told.length).to.be.greaterThan(16);
    expect(told.filter((id) => !there.has(id))).to.deep.equal([]);
  });
});
