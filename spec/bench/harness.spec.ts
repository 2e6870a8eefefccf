import { expect } from 'chai';
import { describe, it } from 'mocha';
import { expectCount, fastest, interleaved, median, orderOf, ratios } from '../../bench/harness.js';
import { atLeast, atMost, reached } from '../../bench/theme.js';

describe('the harness of the benchmarks', () => {
  it('takes the middle sample, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).to.equal(5);
    expect(median([4, 1, 2, 9])).to.equal(3);
    expect(median([])).to.be.NaN;
  });

  it('divides round by round, as far as both go', () => {
    expect(ratios([10, 20, 30], [5, 5, 10])).to.deep.equal([2, 4, 3]);
    expect(ratios([10, 20, 30], [5])).to.deep.equal([2]);
    expect(ratios(undefined, [1])).to.deep.equal([]);
  });

  it('reverses the order on odd rounds', () => {
    expect([-1, 0, 1, 2].map((round) => orderOf(['a', 'b', 'c'], round).join(''))).to.deep.equal(['cba', 'abc', 'cba', 'abc']); // prettier-ignore
  });

  it('runs contenders in turns, warm-up not counted, each prepared and finished', async () => {
    const done: string[] = [];
    const contender = (name: string) => ({
      prepare: () => name.toUpperCase(),
      run: (prepared: string) => done.push(name) && prepared,
      finish: (result: unknown, prepared: string) => expect([result, prepared]).to.deep.equal([prepared, name.toUpperCase()]), // prettier-ignore
    });
    const samples = await interleaved(
      { a: contender('a'), b: contender('b'), none: undefined },
      { rounds: 3, warm: 1 },
    );
    expect(done.join('')).to.equal('baabbaab');
    expect(Object.keys(samples)).to.deep.equal(['a', 'b']);
    expect(samples['a']).to.have.length(3);
    expect(samples['b']).to.have.length(3);
  });

  it('begins no round beyond the budget once there are two', async () => {
    const samples = await interleaved({ a: { run: () => undefined } }, { rounds: 50, warm: 0, budgetMs: -1 });
    expect(samples['a']).to.have.length(2);
  });

  it('gives the time of one call, and names the fastest', async () => {
    const wait = () => new Promise((resolve) => setTimeout(resolve, 40));
    const { one, ten } = await interleaved(
      { one: { run: wait }, ten: { calls: 10, run: wait } },
      { rounds: 1, warm: 0 },
    );
    expect(ten?.[0]).to.be.lessThan((one?.[0] ?? 0) / 2);
    expect(fastest({ slow: [3, 4], quick: [1, 9, 1], never: [] })).to.equal('quick');
    expect(fastest({ slow: [3], quick: [1] }, ['slow'])).to.equal('slow');
  });

  it('judges a ratio by its median, memory by its worst round, and none that was not measured', () => {
    expect(reached(atMost('p', 2, 'q', [2, 9, 4], [1, 9, 4]))).to.equal(true);
    expect(reached(atMost('p', 1.5, 'q', [2, 4], [1, 2]))).to.equal(false);
    expect(reached(atLeast('p', 3, 'q', [3], [1]))).to.equal(true);
    expect(reached(atLeast('p', 3, 'q'))).to.equal(undefined);
    const memory = { path: 'p', bound: 'at most', wanted: 60, unit: 'MB', of: '', measured: [40, 40, 70] } as const;
    expect(reached(memory)).to.equal(false);
  });

  it('refuses figures of work that was not done', () => {
    expect(() => expectCount('rows', 3n, 3)).not.to.throw();
    expect(() => expectCount('rows', 2, 3)).to.throw('rows: 2 in place of 3');
  });
});
