import { expect } from 'chai';
import { describe, it } from 'mocha';
import { CallQueue } from '../../lib/cache/call-queue.js';

interface Ask {
  readonly kind: string;
  readonly name: string;
  readonly weight?: number;
}

const ask = (kind: string, name: string, weight = 1): Ask => ({ kind, name, weight });

describe('a line of calls', () => {
  it('does what waits together in groups of one kind, in the order of the calls', async () => {
    const groups: string[] = [];
    const queue = new CallQueue<Ask>(
      async (asks) => {
        groups.push(asks.map(({ name }) => name).join(''));
        return asks.map(
          ({ name }) =>
            () =>
              name,
        );
      },
      ({ weight = 1 }) => weight,
      4,
    );
    const answers = await Promise.all(
      [ask('w', 'a'), ask('w', 'b'), ask('r', 'c'), ask('w', 'd'), ask('w', 'e', 3), ask('w', 'f'), ask('w', 'g', 9),
        ask('alone', 'h'), ask('alone', 'i'), ask('w', 'j')].map((each) => queue.ask(each)),
    ); // prettier-ignore
    expect(groups).to.deep.equal(['ab', 'c', 'de', 'f', 'g', 'h', 'i', 'j']);
    expect(answers.join('')).to.equal('abcdefghij');
  });

  it('tells each its own outcome, and goes on after a group that failed', async () => {
    const queue = new CallQueue<Ask>(
      async (asks) => {
        if (asks.some(({ name }) => name === 'bad')) throw new Error('all of it');
        return asks.map(({ name }) => () => {
          if (name === 'own') throw new Error('own');
          return name;
        });
      },
      () => 1,
      10,
    );
    const outcomes = await Promise.allSettled(
      [ask('w', 'a'), ask('w', 'own'), ask('r', 'bad'), ask('r', 'b'), ask('w', 'c')].map((each) => queue.ask(each)),
    );
    expect(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as Error).message)),
    ).to.deep.equal(['a', 'own', 'all of it', 'all of it', 'c']);
    await queue.idle();
    expect(await queue.ask(ask('w', 'd'))).to.equal('d');
  });

  it('lets one go before all that wait, and not before what runs', async () => {
    const done: string[] = [];
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const queue = new CallQueue<Ask>(
      async (asks) => {
        if (asks[0]?.name === 'runs') await held;
        done.push(...asks.map(({ name }) => name));
        return asks.map(() => () => undefined);
      },
      () => 1,
      10,
    );
    const runs = queue.ask(ask('alone', 'runs'));
    await new Promise((resolve) => setImmediate(resolve));
    const rest = [queue.ask(ask('w', 'waits')), queue.first(ask('alone', 'first'))];
    letGo();
    await Promise.all([runs, ...rest]);
    expect(done).to.deep.equal(['runs', 'first', 'waits']);
  });

  it('hears whoever asks as soon as he has his answer, or any number of turns of the promises later', async () => {
    const queue = new CallQueue<Ask>(
      async (asks) =>
        asks.map(
          ({ name }) =>
            () =>
              name,
        ),
      () => 1,
      10,
    );
    for (let turns = 0; turns < 10; turns += 1) {
      await queue.ask(ask('w', 'a'));
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      expect(await queue.ask(ask('w', 'b'))).to.equal('b');
    }
  });
});
