import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DatabaseError } from '@mysingle/database';
import { StoreCalls, UNREADABLE, loggableOfStore, type KeyvLike } from '../../lib/cache/store-calls.js';
import { ReadSet, context, withContext, withinContext } from '../../lib/context.js';

interface Made {
  readonly calls: StoreCalls;
  readonly warnings: unknown[];
  readonly backs: { count: number };
  readonly clock: { now: number };
}

function callsOf(store: Partial<KeyvLike>, timeoutMs = 2_000): Made {
  const [warnings, backs, clock] = [[] as unknown[], { count: 0 }, { now: 0 }];
  const whole = { get: () => undefined, set: () => true, delete: () => true, ...store };
  const calls = new StoreCalls(whole, timeoutMs, () => clock.now, (error) => warnings.push(error), () => (backs.count += 1)); // prettier-ignore
  return { calls, warnings, backs, clock };
}

const nameOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error as Error).name,
  );

describe('calls of a store', () => {
  it('take answers that are there at once, and those that come', async () => {
    const { calls } = callsOf({ get: (key) => (key === 'now' ? 1 : Promise.resolve(2)) });
    expect([await calls.get('now'), await calls.get('later'), await calls.getMany(['now', 'x'])]).to.deep.equal([1, 2, [1, 2]]); // prettier-ignore
  });

  it('ask for several at once where the store can, and take nothing but as many for an answer', async () => {
    let answer: unknown = [1, undefined];
    const { calls } = callsOf({ getMany: () => answer });
    expect(await calls.getMany(['a', 'b'])).to.deep.equal([1, undefined]);
    for (answer of [[1], {}, 'ab', null]) expect(await calls.getMany(['a', 'b'])).to.deep.equal([undefined, undefined]);
  });

  it('are no part of the load that they are made for, and carry its ids', async () => {
    const reads = new ReadSet();
    const seen = callsOf({ get: () => (context().reads?.add({}, ['main.t']), context().log) });
    const got = await withContext({ userId: 'u' }, () => withinContext({ reads }, () => seen.calls.get('k')));
    expect([got, reads.readsBeyond(reads)]).to.deep.equal([{ userId: 'u' }, false]);
  });

  it('fail by errors, in whatever way they come, and by their time', async () => {
    const error = new Error('no');
    const throws = (): never => {
      throw error;
    };
    for (const get of [throws, () => Promise.reject(error)]) {
      const { calls, warnings } = callsOf({ get });
      expect([await nameOf(calls.get('k')), warnings]).to.deep.equal(['StoreFailure', [error]]);
    }
    const { calls, warnings } = callsOf({ set: () => new Promise(() => {}) }, 5);
    expect([await nameOf(calls.set('k', 'v')), warnings.length]).to.deep.equal(['StoreFailure', 1]);
    const unparsed = callsOf({ get: () => JSON.parse('{') as unknown });
    expect([await unparsed.calls.get('k'), unparsed.warnings]).to.deep.equal([UNREADABLE, []]);
  });

  it('say when the store has come to an end with a set, also after its time', async () => {
    let finish = (): void => {};
    const { calls } = callsOf({ set: () => new Promise<void>((resolve) => (finish = resolve)) }, 5);
    let settled = false;
    expect(await nameOf(calls.set('k', 'v', 1, () => (settled = true)))).to.equal('StoreFailure');
    expect(settled).to.equal(false);
    finish();
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).to.equal(true);
  });

  it('rest after a failure, each kind by itself, for longer and longer, and say once that the store fails', async () => {
    let fails = true;
    const { calls, warnings, backs, clock } = callsOf({
      set: () => {
        if (fails) throw new Error('full');
        return true;
      },
    });
    for (const rest of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      await nameOf(calls.set('k', 'v'));
      // one that was under way, too
      await nameOf(calls.set('k', 'v'));
      await calls.get('k');
      expect([calls.resting('read'), calls.resting('write')]).to.deep.equal([false, true]);
      clock.now += rest - 1;
      expect(calls.resting('write'), String(rest)).to.equal(true);
      clock.now += 1;
      expect(calls.resting('write'), String(rest)).to.equal(false);
    }
    expect([warnings.length, backs.count]).to.deep.equal([1, 0]);
    fails = false;
    await calls.set('k', 'v');
    expect([calls.resting('write'), backs.count]).to.deep.equal([false, 1]);
    await calls.set('k', 'v');
    fails = true;
    await nameOf(calls.set('k', 'v'));
    expect([warnings.length, backs.count]).to.deep.equal([2, 1]);
  });

  it("take an 'error' event for the failure of what came to nothing meanwhile, and of nothing else", async () => {
    const store = Object.assign(new EventEmitter(), {
      get: (key: string) => {
        store.emit('error', new Error('cut off'));
        return key === 'there' ? 'v' : undefined;
      },
      set: () => store.emit('error', new Error('cut off')),
      delete: () => true,
    });
    const warnings: unknown[] = [];
    const make = (): StoreCalls => new StoreCalls(store, 2_000, () => 0, (error) => warnings.push(error), () => {}); // prettier-ignore
    const [calls] = [make(), make()];
    // several that use one store listen once
    expect(store.listenerCount('error')).to.equal(1);
    expect([await calls.get('there'), warnings]).to.deep.equal(['v', []]);
    expect([await nameOf(calls.get('k')), await nameOf(calls.set('k', 'v'))]).to.deep.equal(['StoreFailure', 'StoreFailure']); // prettier-ignore
    expect(warnings.map(String)).to.deep.equal(['Error: cut off']);
    expect(await nameOf(calls.delete('k'))).to.equal('done');
  });

  it("are told of by the code and the class of the store's error, and never in its own words", () => {
    const failed = 'the store failed';
    const cases: [unknown, string, string][] = [
      [new TypeError("SET user:s3cr3t '{...}'"), failed, 'TypeError'],
      [Object.assign(new Error('s3cr3t'), { code: 'ECONNRESET' }), `${failed}: ECONNRESET`, 'Error'],
      [Object.assign(new Error('s3cr3t'), { code: 's3cr3t' }), failed, 'Error'],
      [Object.assign(new Error('s3cr3t'), { code: 23_505 }), failed, 'Error'],
      [Object.assign(new Error('s3cr3t'), { name: 's3cr3t here' }), failed, 'Error'],
      [new AggregateError([Object.assign(new Error('s3cr3t'), { code: 'ECONNREFUSED' })]), `${failed}: ECONNREFUSED`, 'AggregateError'],
      ['s3cr3t', failed, 'string'],
      [{ message: 's3cr3t' }, failed, 'object'],
      [undefined, failed, 'undefined'],
      [null, failed, 'object'],
      [new DatabaseError('E_UNIQUE', 's3cr3t'), 'a unique or primary key exists already', 'E_UNIQUE'],
    ];
    for (const [thrown, error, error_type] of cases)
      expect(loggableOfStore(thrown)).to.deep.equal({ error, error_type });
  }); // prettier-ignore
});
