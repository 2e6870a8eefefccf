// Two processes that share cached values through a Redis. What they read is a number in a file, in the place of a database.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { startRedis, type Redis } from '../support/redis.js';
import { scratchFolder } from '../support/scratch.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

const STORES = {
  "a storage adapter of Keyv's": 'new KeyvRedis(process.env.REDIS_URL)',
  'a Keyv': 'new Keyv({ store: new KeyvRedis(process.env.REDIS_URL) })',
};

const code = (store: string): string => `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { Keyv } from 'keyv';
  import KeyvRedis from '@keyv/redis';
  import { StoreTier } from './dist/lib/cache/store-tier.js';
  // rests and times are a hundredth as long
  const now = () => performance.now() * 100;
  let [warnings, writes] = [0, 0];
  const tier = new StoreTier({ store: ${store}, namespace: 'db', timeoutMs: 1_000, now, warn: () => (warnings += 1) });
  const does = {
    async load() {
      const found = await tier.find('k');
      if (found !== undefined) return [found.text, 'hit'];
      const mark = tier.mark(), before = writes;
      const text = readFileSync(process.env.DATA, 'utf8');
      const times = { createdAt: now(), expiresAt: now() + 1e9, graceUntil: now() + 1e9 };
      await tier.keep('k', { text, tables: ['main.t'], tags: [], ...times }, mark, () => before === writes);
      return [text, 'load'];
    },
    async write(text) {
      writeFileSync(process.env.DATA, text);
      writes += 1;
      tier.wrote(['main.t']);
    },
    forget: () => tier.forget('k'),
    warnings: () => warnings,
    close: () => tier.close(),
  };
  process.on('message', async ([name, ...args]) => process.send([await does[name](...args)]));
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
`;

/** A service on a database of its own file, which shares its cache. */
const SERVICE = `
  import KeyvRedis from '@keyv/redis';
  import { BaseDuckDBManager, Column, Table } from './dist/lib/index.js';
  class Price {}
  Column('integer', { primaryKey: true })(Price.prototype, 'id');
  Table('prices')(Price);
  let db;
  let loads = 0;
  const load = async (key, options, value) => {
    const before = loads;
    const given = await db.cache.getOrLoad(key, { ttl: '1h', ...options }, () => ((loads += 1), value()));
    return [given, loads === before ? 'hit' : 'load'];
  };
  const does = {
    async open() {
      const cache = { store: new KeyvRedis(process.env.REDIS_URL), localTtl: '20ms' };
      db = await BaseDuckDBManager.open({ path: process.env.DATA, entities: [Price], cache, logger: false });
      return db.mode;
    },
    rates: () => load('rates', { tags: ['fx'] }, () => process.env.NAME + loads),
    count: () => load('count', {}, () => db.repository(Price).count()),
    insert: (id) => db.repository(Price).insert({ id: Number(id) }).then(() => true),
    invalidate: () => db.cache.invalidate({ tags: ['fx'] }).then(() => true),
    close: () => db.close().then(() => true),
  };
  process.on('message', async ([name, ...args]) => process.send([await does[name](...args)]));
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
`;

interface Peer extends AsyncDisposable {
  ask(name: string, ...args: string[]): Promise<unknown>;
}

async function startPeer(script: string, env: Readonly<Record<string, string>>): Promise<Peer> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(child, 'close').then(() => {
    throw new Error('the other process has ended');
  });
  ended.catch(() => {});
  await Promise.race([once(child, 'message'), ended]);
  return {
    async ask(name, ...args) {
      const answer = once(child, 'message');
      child.send([name, ...args]);
      const [[value]] = (await Promise.race([answer, ended])) as [[unknown]];
      return value;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended.catch(() => {});
    },
  };
}

/** Until a load gives a value of the tier. */
async function hit(peer: Peer): Promise<unknown> {
  return (await answered(peer, 'load', ([, how]) => how === 'hit'))[0];
}

/** Until a peer's answer is as it should be. */
async function answered(peer: Peer, name: string, is: (answer: unknown[]) => boolean): Promise<unknown[]> {
  for (let tries = 0; tries < 400; tries += 1) {
    const answer = (await peer.ask(name)) as unknown[];
    if (is(answer)) return answer;
    await sleep(25);
  }
  throw new Error('nothing is shared');
}

/** Until both have one value, and not of their own memory. Before that each may have loaded one, and put it over the other's. */
async function agreed(one: Peer, other: Peer, name: string, is: (value: unknown) => boolean): Promise<unknown> {
  for (let tries = 0; tries < 400; tries += 1) {
    const answers = [await one.ask(name), await other.ask(name)] as [unknown, unknown][];
    const [[value]] = answers as [[unknown, unknown]];
    if (is(value) && answers.every((answer) => answer[0] === value && answer[1] === 'hit')) return value;
    await sleep(25);
  }
  throw new Error('nothing is shared');
}

describe('two processes on one Redis', () => {
  for (const [what, store] of Object.entries(STORES))
    it(`share values, see each other's writes, and lose no more than speed when it is killed, through ${what}`, async function () {
      await using redis: Redis | undefined = await startRedis();
      if (redis === undefined) {
        console.log('      no redis-server is installed: what is shared through a Redis is not tested');
        this.skip();
      }
      const data = join(scratchFolder(), 'data');
      writeFileSync(data, '1');
      const env = { REDIS_URL: redis.url, DATA: data };
      await using one = await startPeer(code(store), env);
      await using other = await startPeer(code(store), env);

      expect([await hit(one), await hit(other)]).to.deep.equal(['1', '1']);
      for (let text = 2; text < 20; text += 1) {
        const [writer, reader] = text % 2 === 0 ? [one, other] : [other, one];
        await writer.ask('write', String(text));
        // its own at once
        expect(((await writer.ask('load')) as string[])[0]).to.equal(String(text));
        // the other's when the store has been told, which it then has: a value came from there
        expect(await hit(writer)).to.equal(String(text));
        expect(await reader.ask('load')).to.deep.equal([String(text), 'hit']);
      }
      await one.ask('forget');
      expect(await one.ask('load')).to.deep.equal(['19', 'load']);

      await redis.kill();
      await one.ask('write', '20');
      for (const peer of [one, other, one, other]) expect(await peer.ask('load')).to.deep.equal(['20', 'load']);
      await other.ask('write', '21');
      for (const peer of [one, other]) expect(await peer.ask('load')).to.deep.equal(['21', 'load']);
      expect([await one.ask('warnings'), await other.ask('warnings')]).to.deep.equal([1, 1]);

      await redis.start();
      expect([await hit(one), await hit(other)]).to.deep.equal(['21', '21']);
      await one.ask('write', '22');
      expect(await hit(one)).to.equal('22');
      expect(await other.ask('load')).to.deep.equal(['22', 'hit']);
      expect([await one.ask('close'), await other.ask('close')]).to.deep.equal([true, true]);
    });

  it('share what managers cache: of no table at once, of tables one after another', async function () {
    await using redis: Redis | undefined = await startRedis();
    if (redis === undefined) this.skip();
    const env = { REDIS_URL: redis.url, DATA: join(scratchFolder(), 'shared.duckdb') };
    await using one = await startPeer(SERVICE, { ...env, NAME: 'one' });
    await using other = await startPeer(SERVICE, { ...env, NAME: 'other' });
    expect([await one.ask('open'), await other.ask('open')]).to.deep.equal(['file', 'fallback']);

    expect(await one.ask('rates')).to.deep.equal(['one1', 'load']);
    const before = await agreed(one, other, 'rates', () => true);
    // ended here at once, there when its memory asks again; whoever is first then loads for both
    await one.ask('invalidate');
    expect(await one.ask('rates')).to.have.property('1', 'load');
    await agreed(one, other, 'rates', (value) => value !== before);

    // who works beside the file has other rows than the file: what was read of tables is not for him
    await one.ask('insert', '1');
    await answered(one, 'count', ([value, from]) => value === 1 && from === 'hit');
    expect(await other.ask('count')).to.deep.equal([0, 'load']);
    await other.ask('close');
    await one.ask('close');
    expect(await other.ask('open')).to.equal('file');
    expect(await other.ask('count')).to.deep.equal([1, 'hit']);
    await other.ask('insert', '2');
    expect(await other.ask('count')).to.deep.equal([2, 'load']);
    await other.ask('close');
    expect(await one.ask('open')).to.equal('file');
    expect(await one.ask('count')).to.have.property('0', 2);
    await one.ask('close');
  });
});
