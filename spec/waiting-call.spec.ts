import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DatabaseError, withContext, type LogContext } from '@mysingle/database';
import { Limit } from '../lib/limit.js';
import { WaitingCall, sharedIds, toldOf } from '../lib/waiting-call.js';
import { failure } from './support/failure.js';

const CALL = { operation: 'findById' };
const stopped = (): DatabaseError => new DatabaseError('E_ABORTED', 'stopped');

describe('WaitingCall', () => {
  it('has its answer or its error once', async () => {
    const call = new WaitingCall<number, string>(1, undefined, CALL);
    expect(call.settled).to.equal(false);
    call.succeed('a');
    call.tell();
    expect([call.settled, await call.answer]).to.deep.equal([true, 'a']);
  });

  it('is ended by its limit while it waits, and not when it has started', async () => {
    const [waits, runs] = [new Limit(), new Limit()];
    const waiting = new WaitingCall<number, string>(1, waits, CALL);
    const running = new WaitingCall<number, string>(1, runs, CALL);
    running.started();
    waits.stop(stopped());
    runs.stop(stopped());
    await failure(waiting.answer, 'E_ABORTED');
    expect([waiting.settled, running.settled]).to.deep.equal([true, false]);
    running.succeed('a');
    running.tell();
    expect(await running.answer).to.equal('a');
  });

  it('fails with what others fail with by an error of its own', async () => {
    const error = new DatabaseError('E_DISK_FULL', 'full', { details: { a: 1 }, retryable: true });
    const calls = [1, 2].map((n) => new WaitingCall<number, string>(n, undefined, CALL));
    for (const call of calls) {
      call.failToo(error);
      call.tell();
    }
    const [one, other] = await Promise.all(calls.map((call) => failure(call.answer, 'E_DISK_FULL')));
    expect(one).to.not.equal(other);
    expect([one?.message, one?.details, one?.retryable, one?.cause]).to.deep.equal(['full', { a: 1 }, true, error]);
    const limit = new Limit();
    const call = new WaitingCall<number, string>(1, limit, CALL);
    call.started();
    limit.stop(stopped());
    call.failToo(error);
    call.tell();
    await failure(call.answer, 'E_ABORTED');
  });

  it('tells what calls share', () => {
    const made = (correlationId: string): WaitingCall<number, number> =>
      withContext({ correlationId }, () => new WaitingCall(1, undefined, CALL));
    const [a, b] = [made('a'), made('b')];
    const pair = withContext({ correlationId: 'c' }, () => [1, 2].map((n) => new WaitingCall(n, undefined, CALL)));
    expect([sharedIds(pair), sharedIds([a, b])]).to.deep.equal([{ correlationId: 'c' }, undefined]);
    expect(toldOf(pair)).to.deep.equal({ callers: 2 });
    expect(toldOf([a, b, a])).to.deep.equal({ callers: 3, correlation_ids: ['a', 'b'] });
    const of = (ids: LogContext): WaitingCall<number, number> =>
      withContext(ids, () => new WaitingCall(1, undefined, CALL));
    const [c, d] = [1, 2].map(() => of({ correlationId: 'c', userId: 'u' })) as [typeof a, typeof a];
    const [e, nobody] = [
      of({ correlationId: 'e', userId: 'u', requestId: 'r' }),
      new WaitingCall<number, number>(1, undefined, CALL),
    ];
    // however many times they were said
    expect([sharedIds([c, d]), toldOf([c, d])]).to.deep.equal([{ correlationId: 'c', userId: 'u' }, { callers: 2 }]);
    expect([sharedIds([c, e]), toldOf([c, e])]).to.deep.equal([{ userId: 'u' }, { callers: 2, correlation_ids: ['c', 'e'] }]); // prettier-ignore
    expect([sharedIds([c, nobody]), toldOf([c, nobody])]).to.deep.equal([undefined, { callers: 2, correlation_ids: ['c'] }]); // prettier-ignore
    expect([sharedIds([nobody, nobody]), toldOf([nobody])]).to.deep.equal([undefined, { callers: 1 }]);
  });
});
