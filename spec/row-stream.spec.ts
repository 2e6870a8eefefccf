import { expect } from 'chai';
import { describe, it } from 'mocha';
import { RowStream } from '../lib/row-stream.js';
import { failure } from './support/failure.js';

async function* chunks(events: string[]): AsyncGenerator<number[]> {
  events.push('begun');
  try {
    yield [1, 2];
    yield [3];
  } finally {
    events.push('ended');
  }
}

const rowsOf = (events: string[], options = {}): RowStream<number> =>
  new RowStream({ options, what: 'stream', statementMs: undefined, chunks: () => chunks(events) });

describe('RowStream', () => {
  it('gives rows out of chunks, begins at the first next() and ends with the loop', async () => {
    const events: string[] = [];
    const rows = rowsOf(events);
    expect(events).to.deep.equal([]);
    const seen: number[] = [];
    for await (const row of rows) seen.push(row);
    expect([seen, events]).to.deep.equal([
      [1, 2, 3],
      ['begun', 'ended'],
    ]);
    expect(await rows.next()).to.deep.equal({ done: true, value: undefined });
  });

  it('ends at await using, and before it has begun', async () => {
    const events: string[] = [];
    {
      await using rows = rowsOf(events);
      expect((await rows.next()).value).to.equal(1);
    }
    expect(events).to.deep.equal(['begun', 'ended']);
    const unused = rowsOf(events);
    await unused.return();
    expect([await unused.next(), events.length]).to.deep.equal([{ done: true, value: undefined }, 2]);
  });

  it('answers several next() at once in their order', async () => {
    const rows = rowsOf([]);
    expect(await Promise.all([rows.next(), rows.next(), rows.next(), rows.next()])).to.deep.equal([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: false, value: 3 },
      { done: true, value: undefined },
    ]);
  });

  it('refuses wrong options at once, and stops between two rows at its signal', async () => {
    await failure(() => rowsOf([], { timeout: 5 }), 'E_CONFIG');
    const stop = new AbortController();
    const events: string[] = [];
    const rows = rowsOf(events, { signal: stop.signal });
    await rows.next();
    stop.abort('enough');
    expect((await failure(rows.next(), 'E_ABORTED')).cause).to.equal('enough');
    expect(events).to.deep.equal(['begun', 'ended']);
  });
});
