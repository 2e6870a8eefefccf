import { AsyncResource } from 'node:async_hooks';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Keyv } from 'keyv';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Table, keyvStore, sql } from '@mysingle/database';
import { KeyvStore } from '../../lib/cache/keyv-store.js';
import { openBeside, rows } from '../support/beside.js';
import { startChild } from '../support/child.js';
import { fillDisk, smallDisk } from '../support/disk.js';
import { failure } from '../support/failure.js';
import { random } from '../support/random.js';
import { openManager, scratchPath } from '../support/scratch.js';

@Table('beside_keyv')
class Beside {
  @Column('integer', { primaryKey: true }) id!: number;
}

const count = async (db: BaseDuckDBManager): Promise<number> =>
  Number((await db.query<{ n: bigint }>(sql`select count(*) as n from mysingle_keyv`))[0]?.n);

describe('the table of Keyv', () => {
  it('answers calls that were not awaited in their order, as a map would', async () => {
    const { seed, below } = random();
    const db = await openManager();
    const stores = [keyvStore(db), keyvStore(db)];
    const model = new Map<string, number>();
    const expected: unknown[] = [];
    const given: Promise<unknown>[] = [];
    for (let step = 0; step < 2_000; step += 1) {
      const store = stores[below(2)] as KeyvStore;
      const key = `k${below(8)}`;
      const kind = below(10);
      if (kind < 4) {
        given.push(store.set(key, step));
        model.set(key, step);
        expected.push(true);
      } else if (kind < 7) {
        given.push(store.get(key));
        expected.push(model.get(key));
      } else if (kind < 9) {
        given.push(store.delete(key));
        expected.push(model.delete(key));
      } else if (below(10) > 0) {
        given.push(store.hasMany(['k0', key]));
        expected.push([model.has('k0'), model.has(key)]);
      } else {
        given.push(store.clear());
        model.clear();
        expected.push(undefined);
      }
      // now and then it catches up, so that groups are of all sizes
      if (below(50) === 0) await given.at(-1);
    }
    expect(await Promise.all(given), `seed ${seed}`).to.deep.equal(expected);
  });

  it('writes what waits together as one statement', async () => {
    const db = await openManager();
    const store = keyvStore(db);
    await store.set('first', 0);
    await Promise.all(Array.from({ length: 200 }, (_set, index) => store.set(`k${index}`, index)));
    // a statement has one time for all its rows
    const times = await db.query(sql`select distinct created_at from mysingle_keyv where key <> 'first'`);
    expect(times.length).to.equal(1);
    expect(await count(db)).to.equal(201);
  });

  it('tells each caller of a group what became of his own rows', async () => {
    const db = await openManager();
    const store = keyvStore(db);
    await db.execute(sql`create table mysingle_keyv (key varchar primary key, value varchar not null check (value <> 'no'),
      bytes bigint not null, created_at timestamptz not null, expires_at timestamptz)`);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, (_set, index) => store.set(`k${index}`, index % 20 === 7 ? 'no' : 'yes')),
    );
    const refused = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []));
    expect(refused).to.deep.equal([7, 27, 47]);
    expect(await count(db)).to.equal(47);
    await failure(store.setMany([{ key: 'a', value: 'yes' }, { key: 'b', value: 'no' }]), 'E_CHECK'); // prettier-ignore
    expect(await store.has('a')).to.equal(false);
  });

  it('tries again where somebody has changed a row by SQL, and says so when that does not end', async () => {
    const db = await openManager();
    const store = keyvStore(db);
    await store.set('k', 0);
    let set: Promise<unknown> | undefined;
    const outside = AsyncResource.bind(() => store.set('k', 1));
    const change = (until: () => Promise<unknown>): Promise<void> =>
      db.transaction(async () => {
        await db.execute(sql`update mysingle_keyv set bytes = bytes + 1`);
        set = outside();
        set.catch(() => {});
        await until();
      });
    await change(() => sleep(10));
    expect(await set).to.equal(true);
    await change(() => Promise.allSettled([set]));
    await failure(set as Promise<unknown>, 'E_CONFLICT');
    await store.set('k', 2);
    expect(await store.get('k')).to.equal(2);
  });

  it('is seen as it is by SQL, and sees what SQL does, whatever was planned before', async () => {
    const path = scratchPath();
    const first = await openManager({ path });
    await keyvStore(first).set('k0', 0);
    await first.close();
    // of what stands in the file, DuckDB's plans hold what it knows of its rows
    const db = await openManager({ path, pool: { size: 1 } });
    const store = keyvStore(db);
    for (let size = 0; size < 4; size += 1) {
      await store.set(`k${size}`, 0);
      expect(await count(db)).to.equal(size + 1);
    }
    const keys = async (): Promise<string[]> => {
      const seen: string[] = [];
      for await (const [key] of store.iterator()) seen.push(key);
      return seen;
    };
    expect(await keys()).to.deep.equal(['k0', 'k1', 'k2', 'k3']);
    await db.execute(sql`insert into mysingle_keyv values ('z', 'v', 1, now(), null)`);
    expect(await keys()).to.deep.equal(['k0', 'k1', 'k2', 'k3', 'z']);
    await db.execute(sql`delete from mysingle_keyv`);
    expect([await store.get('k0'), await store.delete('k1'), await keys()]).to.deep.equal([undefined, false, []]);
    await db.execute(sql`insert into mysingle_keyv select 'k' || i, 'v', 1, now(), null from range(3) r(i)`);
    expect(await keys()).to.deep.equal(['k0', 'k1', 'k2']);
    expect([await store.getMany(['k0', 'k3']), await store.delete('k1')]).to.deep.equal([['v', undefined], true]);
  });

  it('is made anew where SQL dropped it', async () => {
    const db = await openManager();
    const store = keyvStore(db);
    for (const call of [() => store.set('k', 1), () => store.get('k'), () => store.delete('k'), () => store.clear()]) {
      await store.set('k', 0);
      await db.execute(sql`drop table mysingle_keyv`);
      await call();
    }
    await store.set('k', 2);
    expect(await store.get('k')).to.equal(2);
    await db.execute(sql`drop table mysingle_keyv`);
    await db.execute(sql`create table mysingle_keyv (whose varchar)`);
    await failure(store.set('k', 3), 'E_QUERY');
    await failure(store.get('k'), 'E_QUERY');
  });

  it('deletes what is over after each thousand rows written, and at clear', async () => {
    const db = await openManager();
    let now = 1_000_000;
    const store = new KeyvStore(db, {}, () => now);
    const set = (from: number, length: number, ttl?: number): Promise<void> =>
      store.setMany(Array.from({ length }, (_row, index) => ({ key: `k${from + index}`, value: 0, ttl })));
    await set(0, 900, 10);
    now += 10;
    expect(await count(db)).to.equal(900);
    await set(1_000, 99);
    expect(await count(db)).to.equal(999);
    await set(2_000, 1);
    expect(await count(db)).to.equal(100);
    await store.set('over', 1, 5);
    now += 5;
    store.namespace = 'nobody';
    await store.clear();
    expect(await count(db)).to.equal(100);
  });

  it('keeps what was acknowledged when the process is killed', async () => {
    const path = scratchPath();
    const child = await startChild(`
      import { BaseDuckDBManager, keyvStore } from '@mysingle/database';
      const store = keyvStore(new BaseDuckDBManager({ path: ${JSON.stringify(path)}, logger: false }));
      await store.set('deleted', 0);
      await Promise.all(Array.from({ length: 300 }, (_, index) => store.set('k' + index, index)));
      await store.delete('deleted');
      console.log('ready');
      for (let index = 0; ; index += 1) await store.set('later', index);
    `);
    await child.kill();
    const db = await openManager({ path });
    const store = keyvStore(db);
    const keys = Array.from({ length: 300 }, (_key, index) => `k${index}`);
    expect(await store.getMany(keys)).to.deep.equal(keys.map((_key, index) => index));
    expect(await store.has('deleted')).to.equal(false);
  });

  it('is there again after a checkpoint that failed', async function () {
    using disk = smallDisk(14);
    if (disk === undefined) this.skip();
    const db = await openManager({ path: join(disk.folder, 'test.duckdb') });
    const store = keyvStore(db);
    await store.setMany(Array.from({ length: 10_000 }, (_row, index) => ({ key: `k${index}`, value: `${'x'.repeat(150)}${Math.random()}` }))); // prettier-ignore
    fillDisk(join(disk.folder, 'fill'));
    await failure(() => db.checkpoint(), 'E_INVALIDATED');
    expect(await store.has('k9999')).to.equal(true);
    rmSync(join(disk.folder, 'fill'));
    await store.set('k', 'after');
    expect(await store.getMany(['k', 'k1x'])).to.deep.equal(['after', undefined]);
    await db.close();
  });

  it('reads what a read-only database has, and refuses to write there', async () => {
    const path = scratchPath();
    const first = await openManager({ path });
    await keyvStore(first).set('k', 1);
    await first.close();
    const db = await openManager({ path, readOnly: true });
    const keyv = keyvStore(db);
    expect(await keyv.get('k')).to.equal(1);
    await failure(keyv.set('k', 2), 'E_READ_ONLY');
    await failure(keyv.delete('k'), 'E_READ_ONLY');
  });

  it('shares one line among managers of one database, until the last of them closes', async () => {
    const path = scratchPath();
    const one = await openManager({ path });
    const other = await openManager({ path });
    const [here, there] = [keyvStore(one), keyvStore(other)];
    await Promise.all(Array.from({ length: 400 }, (_set, index) => (index % 2 === 0 ? here : there).set('k', index)));
    expect(await here.get('k')).to.equal(399);
    await one.close();
    await failure(here.get('k'), 'E_CLOSED');
    expect(await there.get('k')).to.equal(399);
  });

  it('of a fallback comes to the database: what was set, deleted and cleared there', async () => {
    const path = scratchPath();
    const first = await BaseDuckDBManager.open({ path, entities: [Beside], logger: false });
    for (const namespace of ['a', 'b']) {
      const keyv = new Keyv({ store: keyvStore(first), namespace });
      for (const key of ['old', 'changed', 'deleted']) await keyv.set(key, 'before');
    }
    await first.close();
    const { db, free } = await openBeside([], { entities: [Beside] }, path);
    const a = new Keyv({ store: keyvStore(db), namespace: 'a', throwOnErrors: true });
    const b = new Keyv({ store: keyvStore(db), namespace: 'b', throwOnErrors: true });
    await a.delete('deleted');
    await Promise.all([
      a.set('changed', 'after'),
      a.set("new'\0\u{1F600}\ufeff", 'after'),
      a.set('changed', 'at last'),
    ]);
    await b.clear();
    await b.set('own', 1);
    expect([await a.get('changed'), await a.get('old'), await b.get('own')]).to.deep.equal(['at last', undefined, 1]);
    expect((await db.repository(Beside).count()) + db.health().conflicts).to.equal(0);
    // it goes on while the work goes over
    const stop = new AbortController();
    const written: string[] = [];
    const writing = (async () => {
      for (let index = 0; !stop.signal.aborted; index += 1) {
        await a.set(`going${index}`, index);
        written.push(`going${index}`);
      }
    })();
    await free();
    stop.abort();
    await writing;
    expect(db.health().conflicts).to.equal(0);
    expect(await a.getMany(['changed', 'old', "new'\0\u{1F600}\ufeff", 'deleted'])).to.deep.equal(['at last', 'before', 'after', undefined]); // prettier-ignore
    expect(await a.getMany(written)).to.deep.equal(written.map((_key, index) => index));
    expect(await rows(db, "select key from mysingle_keyv where starts_with(key, 'b')")).to.deep.equal([['b:own']]);
    await db.close();
    const again = await openManager({ path });
    expect(await new Keyv({ store: keyvStore(again), namespace: 'a' }).get('changed')).to.equal('at last');
  });

  it('says that a view is in its place, at every call, and is made when that is gone', async () => {
    const db = await openManager();
    await db.execute(sql`create view mysingle_keyv as select 1 as x`);
    const store = keyvStore(db);
    const calls = [() => store.get('k'), () => store.set('k', 1), () => store.delete('k'), () => store.clear()];
    for (const call of calls)
      expect((await failure(call, 'E_CONFIG')).message).to.equal(
        'keyvStore: "mysingle_keyv" is a view, in the place of the table of the store. Give another table, or drop the view, and the table is made.',
      );
    await db.execute(sql`drop view mysingle_keyv`);
    await store.set('k', 1);
    expect(await store.get('k')).to.equal(1);
  });
});
