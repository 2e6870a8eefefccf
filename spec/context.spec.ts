import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { withContext } from '@mysingle/database';
import { ReadSet, context, withinContext } from '../lib/context.js';

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
});
