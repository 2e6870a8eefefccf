import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, sql, type BaseDuckDBManager } from '@mysingle/database';
import { Entry } from '../../lib/cache/entry.js';
import { StoredValue } from '../../lib/cache/stored-value.js';
import { CacheTable } from '../../lib/cache/table.js';
import { TableTier, type TableTierOptions } from '../../lib/cache/table-tier.js';
import { Database } from '../../lib/engine/database.js';
import { tagged } from '../../lib/engine/clock.js';
import { resolveOptions } from '../../lib/options.js';
import { clocked, type Clocked } from '../support/clocked.js';
import { failure } from '../support/failure.js';
import { openManager, scratchPath } from '../support/scratch.js';
import { until } from '../support/until.js';

@Table('tiered_price')
class Price {
  @Column('integer', { primaryKey: true }) id!: number;
}

const entities = [Price];
const hour = { ttl: '1h' } as const;

const entry = (value: unknown, fields: Partial<ConstructorParameters<typeof Entry>[0]> = {}): Entry =>
  new Entry({
    value: StoredValue.of(value),
    dependencies: [],
    tick: 0,
    createdAt: 1000,
    expiresAt: 9000,
    graceUntil: 9000,
    ...fields,
  });

/** Of a value with more text than a string can have. */
const textless = (graceUntil = 9000): Entry => {
  const text = (): never => {
    throw new RangeError('Invalid string length');
  };
  return entry(1, { value: Object.assign(StoredValue.of('large'), { text }), graceUntil });
};

interface Bare {
  readonly tier: TableTier;
  readonly table: CacheTable;
  readonly database: Database;
  readonly clock: { now: number };
  readonly failures: unknown[];
  /** the keys of each write to the table: of values, and of deletions */
  readonly writes: (readonly [readonly string[], readonly string[]])[];
  readonly end: () => Promise<void>;
}

/** A tier on a table of its own, without a cache before it. */
async function bare(options: Partial<TableTierOptions> = {}): Promise<Bare> {
  const database = await Database.create(resolveOptions({ path: scratchPath(), logger: false }).database);
  await database.attach('file');
  const table = await CacheTable.open(database);
  const writes: [readonly string[], readonly string[]][] = [];
  const write = table.write.bind(table);
  table.write = (entries, deleted) => {
    writes.push([entries.map(([key]) => key), deleted]);
    return write(entries, deleted);
  };
  const [clock, failures] = [{ now: 1000 }, [] as unknown[]];
  const tier = new TableTier({
    table,
    entities: () => undefined,
    maxBytes: () => 1e9,
    now: () => clock.now,
    holds: () => true,
    failed: (error) => failures.push(error),
    ...options,
  });
  const end = async (): Promise<void> => {
    await tier.close([]);
    await database.close();
  };
  return { tier, table, database, clock, failures, writes, end };
}

const keys = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => `k${from + n}`);

/** What a query on the table gives. */
const rows = (db: BaseDuckDBManager, columns: string, rest = 'order by key'): Promise<object[]> =>
  db.query(sql`select ${sql.raw(columns)} from mysingle_cache where key <> '' ${sql.raw(rest)}`);

/** Makes the next writes to the table fail, until it is mended. */
async function broken(db: BaseDuckDBManager): Promise<() => Promise<void>> {
  await db.execute(sql`alter table mysingle_cache rename column bytes to size`);
  return async () => void (await db.execute(sql`alter table mysingle_cache rename column size to bytes`));
}

describe('the tier of the table', () => {
  it('writes many values at once, and each key as it is last, once', async () => {
    const { tier, writes, table, end } = await bare();
    for (const key of keys(0, 50)) tier.keep(key, entry(key));
    for (const value of [1, 2, 3]) tier.keep('k0', entry(value));
    tier.keep('gone', entry(1));
    tier.forget('gone');
    tier.forget('k1');
    tier.keep('k1', entry('again'));
    expect(tier.stats.pending).to.equal(51);
    await tier.flush();
    expect([tier.stats.pending, writes]).to.deep.equal([0, [[keys(0, 50), ['gone']]]]);
    expect([(await table.get('k0'))?.text, (await table.get('k1'))?.text]).to.deep.equal(['3', '"again"']);
    await tier.flush();
    expect(writes).to.have.length(1);
    await end();
  });

  it('waits for more: what comes a little later is written with it', async () => {
    const { tier, writes, end } = await bare();
    for (const key of keys(0, 5)) {
      tier.keep(key, entry(key));
      // no timer can run in these
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    }
    await until(() => tier.stats.pending === 0);
    expect(writes).to.deep.equal([[keys(0, 5), []]]);
    await end();
  });

  it('writes by itself: some 50 ms after the first, and at once where 200 wait', async () => {
    const { tier, writes, end } = await bare();
    tier.keep('k', entry(1));
    expect(tier.stats.pending).to.equal(1);
    await until(() => tier.stats.pending === 0);
    expect(writes).to.deep.equal([[['k'], []]]);
    for (const key of keys(0, 450)) tier.keep(key, entry(key));
    await tier.flush();
    expect(writes.slice(1).map(([kept]) => kept.length)).to.deep.equal([200, 200, 50]);
    await end();
  });

  it('finds what waits to be written, what is being written, and no more what waits to be deleted', async () => {
    const { tier, table, end } = await bare();
    const found = async (key: string): Promise<unknown> => (await tier.find(key))?.value.copy();
    expect(await found('k')).to.equal(undefined);
    tier.keep('k', entry(1));
    expect(await found('k')).to.equal(1);
    const writing = tier.flush();
    await Promise.resolve();
    await Promise.resolve();
    tier.keep('other', entry(2));
    expect([await found('k'), await found('other')]).to.deep.equal([1, 2]);
    await writing;
    expect(await found('k')).to.equal(1);
    tier.forget('k');
    expect([await found('k'), (await table.get('k'))?.text]).to.deep.equal([undefined, '1']);
    tier.keep('k', entry(3));
    expect(await found('k')).to.equal(3);
    tier.forget('k');
    await tier.flush();
    expect([await found('k'), await table.get('k')]).to.deep.equal([undefined, undefined]);
    await end();
  });

  it('finds nothing older than what was deleted, or kept, while it was looking', async () => {
    const { tier, end } = await bare();
    tier.keep('k', entry(1));
    await tier.flush();
    const looking = tier.find('k');
    tier.forget('k');
    expect(await looking).to.equal(undefined);
    tier.keep('k', entry(2));
    await tier.flush();
    const again = tier.find('k');
    tier.keep('k', entry(3));
    expect((await again)?.value.copy()).to.equal(3);
    await end();
  });

  it('gives back what it was given, but as of its session', async () => {
    const { tier, end } = await bare();
    const given = entry({ at: new Date(5) }, { dependencies: ['main.a', tagged('t')], tick: 7, graceUntil: 9500 });
    tier.keep('k', given);
    await tier.flush();
    const found = await tier.find('k');
    expect(found?.value.copy()).to.deep.equal({ at: new Date(5) });
    const { dependencies, tick, createdAt, expiresAt, graceUntil, trustedUntil } = found as Entry;
    expect({ dependencies, tick, createdAt, expiresAt, graceUntil, trustedUntil }).to.deep.equal({
      dependencies: ['main.a', tagged('t')], tick: 7, createdAt: 1000, expiresAt: 9000, graceUntil: 9500, trustedUntil: Infinity,
    }); // prettier-ignore
    await end();
  });

  it('does not write what is over or was written since, but deletes what it replaces', async () => {
    const { tier, table, clock, writes, end } = await bare({ holds: (dependencies) => dependencies.length === 0 });
    for (const key of ['over', 'written', 'good']) tier.keep(key, entry('old'));
    await tier.flush();
    tier.keep('over', entry('new', { graceUntil: 1500 }));
    tier.keep('written', entry('new', { dependencies: ['main.a'] }));
    clock.now = 1500;
    await tier.flush();
    expect(writes[1]).to.deep.equal([[], ['over', 'written']]);
    expect(await Promise.all(['over', 'written', 'good'].map(async (key) => (await table.get(key))?.text))).to.deep.equal([undefined, undefined, '"old"']); // prettier-ignore
    await end();
  });

  it('purges what is over by its grace and what was written since, and tells how many', async () => {
    const { tier, table, clock, end } = await bare({ holds: (dependencies) => dependencies.length === 0 });
    tier.keep('over', entry(1, { expiresAt: 1200, graceUntil: 1500 }));
    tier.keep('grace', entry(1, { expiresAt: 1200, graceUntil: 1501 }));
    tier.keep('good', entry(1));
    await tier.flush();
    await table.write([['written', entry(1, { dependencies: ['main.a'] }), '1'], ['tagged', entry(1, { dependencies: [tagged('t')] }), '1']], []); // prettier-ignore
    clock.now = 1500;
    expect([await tier.purge(), await tier.purge()]).to.deep.equal([3, 0]);
    const left = await Promise.all(['over', 'grace', 'good', 'written', 'tagged'].map(async (key) => (await table.get(key)) !== undefined)); // prettier-ignore
    expect(left).to.deep.equal([false, true, true, false, false]);
    await end();
  });

  it('drops what it has no room for while it waits, and what that replaces', async () => {
    const { tier, table, end } = await bare();
    tier.keep('b', entry('old'));
    await tier.flush();
    const large = entry('x'.repeat(20 * 1024 * 1024));
    for (const key of ['a', 'b']) tier.keep(key, large);
    expect([(await tier.find('a')) === large, await tier.find('b')]).to.deep.equal([true, undefined]);
    tier.forget('a');
    await tier.flush();
    expect(await table.get('b')).to.equal(undefined);
    await end();
  });

  it('is empty after clear, also of what waits', async () => {
    const { tier, end } = await bare();
    tier.keep('a', entry(1));
    await tier.flush();
    tier.keep('b', entry(1));
    const clearing = tier.clear();
    expect(tier.stats.pending).to.equal(0);
    await clearing;
    expect([await tier.find('a'), await tier.find('b')]).to.deep.equal([undefined, undefined]);
    tier.keep('c', entry(1));
    await tier.flush();
    expect((await tier.find('c'))?.value.copy()).to.equal(1);
    await end();
  });

  it('has what was kept after a clear that waits behind a write', async () => {
    const { tier, table, end } = await bare();
    tier.keep('a', entry(1));
    const writing = tier.flush();
    const clearing = tier.clear();
    tier.keep('b', entry(2));
    await Promise.all([writing, clearing, tier.flush()]);
    expect([await table.get('a'), (await table.get('b'))?.text]).to.deep.equal([undefined, '2']);
    await end();
  });

  it('leaves out a value that has no text, with what stood there, and writes the others', async () => {
    const { tier, failures, clock, table, end } = await bare();
    tier.keep('large', entry('before'));
    await tier.flush();
    for (let time = 0; time < 3; time += 1) {
      tier.keep('large', textless());
      tier.keep('larger', textless());
      tier.keep('other', entry(time));
      await tier.flush();
      expect((await tier.find('other'))?.value.copy()).to.equal(time);
    }
    expect([await table.get('large'), failures.map(String)]).to.deep.equal([undefined, ['RangeError: Invalid string length']]);
    clock.now += 60_000;
    tier.keep('large', textless(clock.now + 1));
    await tier.flush();
    expect(failures).to.have.length(2);
    await end();
  }); // prettier-ignore

  it('warns once a minute of rows that cannot be read', async () => {
    const { tier, failures, clock, table, end } = await bare();
    await table.write([['k', entry(1, { graceUntil: 9e9 }), '{"$":["?']], []);
    for (let time = 0; time < 5; time += 1) expect(await tier.find('k')).to.equal(undefined);
    expect(failures).to.have.length(1);
    clock.now += 60_000;
    for (let time = 0; time < 5; time += 1) expect(await tier.find('k')).to.equal(undefined);
    expect(failures).to.have.length(2);
    await end();
  });

  it('never throws: what fails is told, and costs a load', async () => {
    const { tier, table, database, failures } = await bare();
    tier.keep('k', entry(1));
    await tier.flush();
    await table.abandon();
    expect(await tier.find('k')).to.equal(undefined);
    tier.keep('k', entry(2));
    await tier.flush();
    tier.forget('k');
    tier.left('k', Object.assign(entry(1), { hits: 1 }));
    expect(await tier.purge()).to.equal(0);
    await tier.clear();
    await tier.close([]);
    expect(failures.length).to.be.greaterThan(1);
    await database.close();
  });
});

describe('the table of the cache, as a query sees it', () => {
  it('has the key, the value, tags, tables, size, times and hits of each', async () => {
    const { db, clock } = await clocked({ entities });
    const load = (): Promise<number> => db.repository(Price).count();
    await db.cache.getOrLoad('count', { ttl: '10s', grace: '1m', tags: ['t', 'u'] }, load);
    await db.cache.set('text', 'ü', hour);
    await db.cache.get('text');
    await db.cache.get('count');
    clock.now += 1;
    await db.cache.flush();
    expect(await rows(db, 'key, split_part(value, chr(10), 2) as value, tags, tables, bytes, hits, created_at, expires_at, grace_until')).to.deep.equal([
      {
        key: 'count', value: '0', tags: ['t', 'u'], tables: ['main.tiered_price'], bytes: 1n, hits: 1n,
        created_at: new Date(1_000_000), expires_at: new Date(1_010_000), grace_until: new Date(1_070_000),
      },
      {
        key: 'text', value: '"ü"', tags: [], tables: [], bytes: 4n, hits: 1n,
        created_at: new Date(1_000_000), expires_at: new Date(4_600_000), grace_until: new Date(4_600_000),
      },
    ]); // prettier-ignore
  });

  it('counts the hits of what stays in memory, of what leaves it, and over a restart; a new value begins anew', async () => {
    const { db, path, clock } = await clocked({ cache: { maxEntries: 2 } });
    const hits = (manager: BaseDuckDBManager): Promise<object[]> => rows(manager, 'key, hits::integer as hits');
    for (const key of ['a', 'b']) await db.cache.set(key, key, hour);
    await db.cache.flush();
    for (const key of ['a', 'a', 'b', 'a']) await db.cache.get(key);
    expect(await hits(db)).to.deep.equal([{ key: 'a', hits: 0 }, { key: 'b', hits: 0 }]); // prettier-ignore
    await db.cache.purge();
    expect(await hits(db)).to.deep.equal([{ key: 'a', hits: 3 }, { key: 'b', hits: 1 }]); // prettier-ignore
    await db.cache.get('b');
    for (const key of ['c', 'd']) await db.cache.set(key, key, hour); // both others leave
    await db.cache.get('a');
    await db.cache.purge();
    expect((await hits(db)).slice(0, 2)).to.deep.equal([{ key: 'a', hits: 4 }, { key: 'b', hits: 2 }]); // prettier-ignore
    await db.cache.get('a');
    await db.close();
    const { db: again } = await clocked({ path }, clock);
    expect((await hits(again)).slice(0, 2)).to.deep.equal([{ key: 'a', hits: 5 }, { key: 'b', hits: 2 }]); // prettier-ignore
    await again.cache.get('a');
    await again.cache.purge();
    await again.cache.set('b', 'new', hour);
    await again.cache.get('b');
    await again.cache.flush();
    expect((await hits(again)).slice(0, 2)).to.deep.equal([{ key: 'a', hits: 6 }, { key: 'b', hits: 1 }]); // prettier-ignore
  });

  it('counts no hits of a value for the one that took its place, and those of one that left before it was written', async () => {
    const { db } = await clocked({ cache: { maxEntries: 1 } });
    const hits = (): Promise<object[]> => rows(db, 'key, hits::integer as hits');
    await db.cache.set('a', 'old', hour);
    await db.cache.get('a');
    await db.cache.set('b', 1, hour); // `a` leaves
    await db.cache.flush();
    expect(await hits()).to.deep.equal([{ key: 'a', hits: 1 }, { key: 'b', hits: 0 }]); // prettier-ignore
    for (let time = 0; time < 5; time += 1) await db.cache.get('a');
    await db.cache.get('b'); // and again, counted, but not yet written
    await db.cache.set('a', 'new', hour);
    await db.cache.flush();
    await db.cache.purge();
    expect(await hits()).to.deep.equal([{ key: 'a', hits: 0 }, { key: 'b', hits: 1 }]); // prettier-ignore
  });

  it('keeps within maxTableBytes by itself: the oldest go', async () => {
    const { db, clock } = await clocked({ cache: { maxTableBytes: 1000 } });
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      clock.now += 1;
      await db.cache.set(key, 'x'.repeat(298), hour);
      await db.cache.flush();
    }
    expect(await rows(db, 'key')).to.deep.equal([{ key: 'c' }, { key: 'd' }, { key: 'e' }]);
    await db.cache.set('huge', 'x'.repeat(2000), hour);
    await db.cache.flush();
    expect(await rows(db, 'sum(bytes) <= 1000 as within', '')).to.deep.include({ within: true });
    expect(await db.cache.get('e')).to.equal('x'.repeat(298));
  });

  it('keeps within the bounds that a later manager gives, where the first had no cache', async () => {
    const path = scratchPath();
    const off = await openManager({ path, cache: false });
    const on = await openManager({ path, cache: { maxTableBytes: 1000, maxEntries: 2 } });
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      await on.cache.set(key, 'x'.repeat(298), hour);
      await on.cache.flush();
    }
    expect(on.cache.stats()).to.include({ entries: 2, evicted: 3 });
    expect(await rows(on, 'count(*)::integer as n', '')).to.deep.equal([{ n: 3 }]);
    expect(await off.cache.get('e')).to.equal(undefined);
    await failure(openManager({ path, cache: { maxTableBytes: 2000 } }), 'E_CONFIG');
  });

  it('has bounds that managers of one database agree on', async () => {
    const path = scratchPath();
    const first = await openManager({ path, cache: { maxEntries: 5 } });
    await first.cache.set('k', 1, hour);
    const { message } = await failure(openManager({ path, cache: { maxEntries: 6 } }), 'E_CONFIG');
    expect(message).to.match(
      /^cache\.maxEntries: managers of one database share its cache, .* with 5\. Give both the same/,
    );
    expect((await failure(openManager({ path, cache: { maxBytes: 6 } }), 'E_CONFIG')).message).to.match(/^cache\.maxBytes: .*with the default/); // prettier-ignore
    for (const cache of [{ maxEntries: 5 }, {}, undefined, false] as const) await openManager({ path, ...(cache === undefined ? {} : { cache }) }); // prettier-ignore
    expect(await first.cache.get('k')).to.equal(1);
    await first.close();
  });
});

describe('a table of the cache that fails', () => {
  /** A value in the table that is not in memory. */
  async function stored(): Promise<Clocked> {
    const made = await clocked({ entities, cache: { maxEntries: 1 } });
    await made.db.cache.set('k', 'old', hour);
    await made.db.cache.set('other', 1, hour);
    await made.db.cache.flush();
    return made;
  }

  it('is believed in nothing from a failed write on, and starts anew, empty, 10 s later by the clock', async () => {
    const { db, clock, said } = await stored();
    const mend = await broken(db);
    said();
    await db.cache.set('k', 'new', hour);
    await db.cache.set('other', 2, hour);
    await db.cache.flush();
    expect(said().map(({ msg, table_name }) => [msg, table_name])).to.deep.equal([['Cache tier failed', 'mysingle_cache']]); // prettier-ignore
    await mend();
    expect([await db.cache.get('k'), await db.cache.get('other')]).to.deep.equal([undefined, 2]);
    clock.now += 9_999;
    await db.cache.set('rested', 1, hour);
    expect(db.cache.stats().pending).to.equal(0);
    await db.cache.flush();
    expect(await rows(db, 'key, split_part(value, chr(10), 2) as value')).to.deep.equal([{ key: 'k', value: '"old"' }, { key: 'other', value: '1' }]); // prettier-ignore
    clock.now += 1;
    await db.cache.set('anew', 1, hour);
    await db.cache.flush();
    expect(await rows(db, 'key')).to.deep.equal([{ key: 'anew' }]);
    await db.cache.set('pad', 1, hour);
    expect([await db.cache.get('k'), await db.cache.get('anew')]).to.deep.equal([undefined, 1]);
    expect(said()).to.deep.equal([]);
  });

  it('rests twice as long after each further failure, and as at first once it has been well', async () => {
    const { db, clock, said } = await stored();
    const attempt = async (): Promise<number> => {
      await db.cache.set('x', 1, hour);
      await db.cache.flush();
      return said('Cache tier failed').length;
    };
    await db.execute(sql`alter table mysingle_cache rename to away`);
    expect(await attempt()).to.equal(1);
    for (const rest of [10_000, 20_000, 40_000]) {
      clock.now += rest - 1;
      expect(await attempt()).to.equal(0);
      clock.now += 1;
      expect(await attempt()).to.equal(1);
    }
    await db.execute(sql`alter table away rename to mysingle_cache`);
    clock.now += 80_000;
    expect(await attempt()).to.equal(0);
    expect(await rows(db, 'key')).to.deep.equal([{ key: 'x' }]);
    await db.execute(sql`alter table mysingle_cache rename to away`);
    expect(await attempt()).to.equal(1);
    clock.now += 10_000;
    expect(await attempt()).to.equal(1);
  });

  it('is not believed at the next start, where it failed and nothing was well since', async () => {
    const { db, path, clock } = await stored();
    const mend = await broken(db);
    await db.cache.delete('k');
    await db.cache.flush(); // a deletion needs no column of it
    await db.cache.set('x', 1, hour);
    await db.cache.flush();
    await mend();
    await db.close();
    const { db: next } = await clocked({ path }, clock);
    expect([await next.cache.get('other'), await next.cache.get('x')]).to.deep.equal([undefined, undefined]);
    expect(await rows(next, 'key')).to.deep.equal([]);
  });

  it('costs a load, and a warning, for a row that cannot be read, and is written over', async () => {
    const { db, path, clock, said } = await stored();
    const garbage = '{"$":"no such thing';
    await db.execute(sql`update mysingle_cache set value = ${garbage} where key = 'k'`);
    said();
    expect([await db.cache.get('k'), said().map(({ msg }) => msg)]).to.deep.equal([undefined, ['Cache tier failed']]); // prettier-ignore
    expect(await db.cache.getOrLoad('k', hour, () => 'loaded')).to.equal('loaded');
    await db.close();
    const { db: next } = await clocked({ path }, clock);
    expect([await next.cache.get('k'), await next.cache.get('other')]).to.deep.equal(['loaded', 1]);
  });

  it('of an earlier version is made anew, without a warning', async () => {
    const path = scratchPath();
    const older = await openManager({ path });
    await older.execute(
      sql`create table mysingle_cache (key varchar primary key, value varchar not null, tables varchar[] not null, session varchar not null, tick bigint not null, bytes bigint not null, created_at timestamptz not null, expires_at timestamptz not null)`,
    );
    await older.execute(
      sql`insert into mysingle_cache values ('', 'closed', [], '', 0, 0, now(), now()), ('k', '1', [], '', 0, 1, now(), now() + interval 1 day)`,
    );
    await older.close();
    const { db, said } = await clocked({ path });
    expect(await db.cache.get('k')).to.equal(undefined);
    await db.cache.set('k', 2, hour);
    await db.cache.flush();
    expect(await rows(db, 'key, split_part(value, chr(10), 2) as value, hits::integer as hits')).to.deep.equal([
      { key: 'k', value: '2', hits: 0 },
    ]);
    expect(said()).to.deep.equal([]);
    await db.close();
    const { db: next } = await clocked({ path });
    expect(await next.cache.get('k')).to.equal(2);
  });

  it('of somebody else stays as it is, with one warning, and the cache lives in memory', async () => {
    const path = scratchPath();
    const theirs = await openManager({ path });
    await theirs.execute(sql`create table mysingle_cache (key varchar, session varchar)`);
    await theirs.execute(sql`insert into mysingle_cache values ('', 'theirs')`);
    await theirs.close();
    const { db, said } = await clocked({ path });
    expect(said().map(({ msg, error_type }) => [msg, error_type])).to.deep.equal([['Cache tier failed', 'E_SCHEMA_DRIFT']]); // prettier-ignore
    await db.cache.set('k', 1, hour);
    await db.cache.flush();
    expect([await db.cache.get('k'), await db.cache.purge(), db.cache.stats().pending]).to.deep.equal([1, 0, 0]);
    await db.close();
    expect(said()).to.deep.equal([]);
    const after = await openManager({ path });
    expect(await after.query(sql`select * from mysingle_cache`)).to.deep.equal([{ key: '', session: 'theirs' }]);
    expect(await after.cache.get('k')).to.equal(undefined);
  });

  it('is not believed at the next start after a session that could not open it', async () => {
    const path = scratchPath();
    const count = (db: BaseDuckDBManager): Promise<number> =>
      db.cache.getOrLoad('n', hour, () => db.repository(Price).count());
    const first = await openManager({ path, entities });
    expect(await count(first)).to.equal(0);
    await first.cache.flush();
    await first.execute(sql`alter table mysingle_cache rename to away`);
    await first.close();
    // closed in order, as far as the table that is away can tell
    const second = await openManager({ path, entities });
    await second.execute(sql`update away set value = 'closed ' where key = ''`);
    await second.execute(sql`alter table away rename column tick to tock`);
    await second.execute(sql`alter table away rename to mysingle_cache`);
    await second.close();
    const third = await openManager({ path, entities });
    await third.repository(Price).insert({ id: 1 });
    await third.execute(sql`alter table mysingle_cache rename column tock to tick`);
    await third.close();
    const fourth = await openManager({ path, entities });
    expect(await count(fourth)).to.equal(1);
  });
});
