import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { withContext } from '@mysingle/database';
import { ReadSet, context, withinContext, withinSharedContext } from '../lib/context.js';
import { gate } from './support/gate.js';

describe('context', () => {
  it('gives the value of its function, promise or not, and passes errors on', async () => {
    expect(withContext({}, () => 5)).to.equal(5);
    expect(await withContext({}, async () => 6)).to.equal(6);
    expect(() =>
      withContext({}, () => {
        throw new RangeError('x');
      }),
    ).to.throw(RangeError);
  });

  it('adds nested ids to the outer ones, and is gone outside', async () => {
    await withContext({ correlationId: 'c', userId: 'u' }, async () => {
      await withContext({ userId: 'v', requestId: 'r' }, async () => {
        await sleep(1);
        expect(context().log).to.deep.equal({ correlationId: 'c', userId: 'v', requestId: 'r' });
      });
      expect(context().log).to.deep.equal({ correlationId: 'c', userId: 'u' });
    });
    expect(context()).to.deep.equal({});
  });

  it('keeps the ids of parallel work apart, across awaits, timers and events', async () => {
    const seen = await Promise.all(
      ['a', 'b', 'c'].map((id, index) =>
        withContext({ requestId: id }, async () => {
          await sleep(3 - index);
          await new Promise((resolve) => setImmediate(resolve));
          return context().log?.requestId;
        }),
      ),
    );
    expect(seen).to.deep.equal(['a', 'b', 'c']);
  });

  it('changes only what it is told to', () => {
    const reads = new ReadSet();
    withinContext({ reads }, () =>
      withContext({ userId: 'u' }, () => expect(context()).to.deep.equal({ reads, log: { userId: 'u' } })),
    );
  });
});

describe('a context that is shared', () => {
  it('has the ids alone, and nothing else of any caller', () => {
    const [reads, log] = [new ReadSet(), { correlationId: 'c' }];
    withinContext({ reads, transactions: new Map(), log: { userId: 'u' } }, () => {
      withinSharedContext(log, () => expect(context()).to.deep.equal({ log }));
      withinSharedContext(undefined, () => expect(context()).to.deep.equal({}));
      expect(context().reads).to.equal(reads);
    });
  });
});

describe('ReadSet', () => {
  it('tells what was read of each database', () => {
    const [a, b, reads] = [{}, {}, new ReadSet()];
    reads.add(a, ['x', 'y']);
    reads.add(a, ['y', 'z']);
    expect([...reads.of(a)]).to.deep.equal(['x', 'y', 'z']);
    expect([...reads.of(b)]).to.deep.equal([]);
    expect(reads.readsBeyond(a)).to.equal(false);
    expect(reads.readsBeyond(b)).to.equal(true);
    expect(new ReadSet().readsBeyond(a)).to.equal(false);
  });

  it('tells the outer load too, for what is read within a load is read by the one around it', () => {
    const outer = new ReadSet();
    const middle = new ReadSet(outer);
    const database = {};
    new ReadSet(middle).add(
      database,
      // an iterator can be read only once
      ['x', 'y'],
    );
    middle.add(database, ['z']);
    expect([...outer.of(database)]).to.deep.equal(['x', 'y', 'z']);
    expect([...middle.of(database)]).to.deep.equal(['x', 'y', 'z']);
  });

  it('leaves out what was said to be nothing, here and further out, whoever read it', () => {
    const [outer, database] = [new ReadSet(), {}];
    const middle = new ReadSet(outer, '*');
    const inner = new ReadSet(middle);
    inner.add(database, ['*', 'a']);
    expect([inner, middle, outer].map((each) => [...each.of(database)])).to.deep.equal([['*', 'a'], ['a'], ['a']]);
    outer.add(database, ['*']);
    expect([...outer.of(database)]).to.deep.equal(['a', '*']);
  });

  it('takes what another load read, of every database', () => {
    const [a, b, outer] = [{}, {}, new ReadSet()];
    const [reads, other] = [new ReadSet(outer), new ReadSet()];
    other.add(a, ['x']);
    other.add(b, ['y']);
    reads.addAll(other);
    expect([[...reads.of(a)], [...outer.of(b)], outer.readsBeyond(a)]).to.deep.equal([['x'], ['y'], true]);
  });

  it('knows whom it waits for, itself and through others, while the wait lasts', async () => {
    const [a, b, c] = [new ReadSet(), new ReadSet(), new ReadSet()];
    const inA = new ReadSet(a);
    const [ab, bc] = [gate(), gate()];
    expect([a.isAwaitedBy(a), inA.isAwaitedBy(a), a.isAwaitedBy(inA), a.isAwaitedBy(b)]).to.deep.equal([true, true, false, false]); // prettier-ignore
    const first = inA.waiting(b, async () => ab.passed);
    const second = b.waiting(c, async () => bc.passed);
    // what waits within `a` holds up `a`
    expect([b.isAwaitedBy(a), c.isAwaitedBy(a), c.isAwaitedBy(inA), a.isAwaitedBy(c)]).to.deep.equal([true, true, true, false]); // prettier-ignore
    ab.open();
    await first;
    expect([c.isAwaitedBy(a), c.isAwaitedBy(b)]).to.deep.equal([false, true]);
    bc.open();
    await second;
    expect(c.isAwaitedBy(b)).to.equal(false);
    const failed = a.waiting(b, () => Promise.reject(new RangeError('x')));
    expect(await failed.catch((error: unknown) => error)).to.be.instanceOf(RangeError);
    expect(b.isAwaitedBy(a)).to.equal(false);
  });
});
