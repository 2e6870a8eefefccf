import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, type BaseDuckDBManager, type CacheExplanation } from '@mysingle/database';
import { withinContext } from '../../lib/context.js';
import { clocked } from '../support/clocked.js';
import { gate } from '../support/gate.js';
import { openManager } from '../support/scratch.js';

@Table('explained_price')
class Price {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('explained_other')
class Other {
  @Column('integer', { primaryKey: true }) id!: number;
}

const entities = [Price, Other];
const terms = { ttl: '10ms', grace: '1h', tags: ['t', 'u'] } as const;

const read = ({ cache }: BaseDuckDBManager, load: () => Promise<number>): Promise<number> =>
  cache.getOrLoad('k', terms, load);

const beyond = <T>(work: () => Promise<T>): Promise<T> => withinContext({ transactions: new Map() }, work);

const inShort = ({ state, reason, tier, loading }: CacheExplanation): unknown[] => [state, reason, tier, loading];

describe('explain', () => {
  it('tells all of a value that is fresh, in memory and in the table', async () => {
    const { db, clock } = await clocked({ entities, cache: { maxEntries: 1 } });
    await read(db, () => db.repository(Price).count());
    await db.cache.get('k');
    const { bytes, ...rest } = await db.cache.explain('k');
    const about = {
      state: 'hit',
      reason: 'fresh',
      tables: ['main.explained_price'],
      tags: ['t', 'u'],
      createdAt: new Date(1_000_000),
      expiresAt: new Date(1_000_010),
      loading: false,
    };
    expect(rest).to.deep.equal({ ...about, tier: 'memory', hits: 1 });
    expect(bytes).to.be.greaterThan(0);
    await db.cache.set('other', 1, { ttl: '1h' });
    await db.cache.flush();
    const { bytes: _bytes, ...behind } = await db.cache.explain('k');
    expect(behind).to.deep.equal({ ...about, tier: 'table', hits: 0 });
    // to look changes nothing
    expect(db.cache.stats()).to.include({ entries: 1, tierHits: 0, hits: 1, loads: 1 });
    expect(await db.cache.get('other')).to.equal(1);
    clock.now += 9;
    expect(inShort(await db.cache.explain('k'))).to.deep.equal(['hit', 'fresh', 'table', false]);
  });

  it('tells grace, then that the time is over, then that nothing is there', async () => {
    const { db, clock } = await clocked({ entities });
    expect(await db.cache.explain('k')).to.deep.equal({ state: 'miss', reason: 'absent', loading: false });
    await read(db, () => db.repository(Price).count());
    clock.now += 10;
    expect(inShort(await db.cache.explain('k'))).to.deep.equal(['stale', 'grace', 'memory', false]);
    // to a transaction nothing is given that is over
    await db.transaction(async () =>
      expect(inShort(await db.cache.explain('k'))).to.deep.equal(['miss', 'expired', 'memory', false]),
    );
    clock.now += 3_600_000;
    expect(inShort(await db.cache.explain('k'))).to.deep.equal(['miss', 'expired', 'memory', false]);
    await db.cache.purge();
    expect(inShort(await db.cache.explain('k'))).to.deep.equal(['miss', 'absent', undefined, false]);
  });

  it('tells what was written since: tables, tags, and whatever cannot be known', async () => {
    const db = await openManager({ entities });
    const load = async (): Promise<number> => {
      await db.withConnection((connection) => connection.run('select 1'), { writes: [] });
      return (await db.repository(Price).count()) + (await db.repository(Other).count());
    };
    const written = async (): Promise<readonly string[] | undefined> => {
      const { state, reason, written: since } = await db.cache.explain('k');
      expect([state, reason]).to.deep.equal(['miss', 'written']);
      return since;
    };
    const long = { ...terms, ttl: '1h' } as const;
    await db.cache.getOrLoad('k', long, load);
    await db.cache.invalidate({ tags: ['u'] });
    expect(await written()).to.deep.equal(['tag:u']);
    await db.repository(Price).insert({ id: 1 });
    expect(await written()).to.have.members(['main.explained_price', '*', 'tag:u']);
    await db.cache.getOrLoad('k', long, load);
    await db.withConnection((connection) => connection.run('select 1'));
    expect(await written()).to.have.members(['main.explained_price', 'main.explained_other', '*']);
    expect((await db.cache.explain('k')).tables).to.have.members(['main.explained_price', 'main.explained_other', '*']);
  });

  it('tells a transaction what it will get: the database, from its first write on, and from the last of others', async () => {
    const db = await openManager({ entities });
    const long = { ttl: '1h' } as const;
    const count = (): Promise<number> => db.cache.getOrLoad('k', long, () => db.repository(Price).count());
    await count();
    await db.transaction(async () => {
      expect(inShort(await db.cache.explain('k'))).to.deep.equal(['hit', 'fresh', 'memory', false]);
      await db.repository(Other).insert({ id: 1 });
      expect(await db.cache.explain('k')).to.deep.equal({ state: 'miss', reason: 'transaction', loading: false });
      expect(await beyond(() => db.cache.explain('k'))).to.include({ state: 'hit', reason: 'fresh' });
    });
    await db.transaction(async () => {
      await db.repository(Price).count();
      await beyond(async () => {
        await db.repository(Price).insert({ id: 1 });
        await count();
      });
      expect(await db.cache.explain('k')).to.include({ state: 'miss', reason: 'transaction', tier: 'memory' });
      expect(await beyond(() => db.cache.explain('k'))).to.include({ state: 'hit', reason: 'fresh' });
    });
    await db.transaction(async () => {
      await db.cache.invalidate({ tags: ['whatever'] });
      expect(await db.cache.explain('k')).to.include({ state: 'miss', reason: 'transaction' });
    });
  });

  it('tells that a load is under way, and that a manager has no cache', async () => {
    const { db, path } = await clocked({ entities });
    const { open, passed } = gate();
    const loading = read(db, () => passed.then(() => 1));
    expect(await db.cache.explain('k')).to.deep.equal({ state: 'miss', reason: 'absent', loading: true });
    const off = await openManager({ path, cache: false });
    expect(await off.cache.explain('k')).to.deep.equal({ state: 'miss', reason: 'disabled', loading: true });
    open();
    await loading;
    expect(await off.cache.explain('k')).to.deep.equal({ state: 'miss', reason: 'disabled', loading: false });
    expect(inShort(await db.cache.explain('k'))).to.deep.equal(['hit', 'fresh', 'memory', false]);
  });

  it('knows values of an earlier session, and what was written since this one began', async () => {
    const first = await clocked({ entities });
    await read(first.db, () => first.db.repository(Price).count());
    await first.db.close();
    const { db } = await clocked({ entities, path: first.path }, first.clock);
    expect(await db.cache.explain('k')).to.deep.include({
      state: 'hit', reason: 'fresh', tier: 'table', tables: ['main.explained_price'], tags: ['t', 'u'],
      createdAt: new Date(1_000_000),
    }); // prettier-ignore
    await db.repository(Price).insert({ id: 1 });
    expect(await db.cache.explain('k')).to.deep.include({ reason: 'written', written: ['main.explained_price'] });
  });
});
