import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Backlog } from '../../lib/cache/backlog.js';

/** What was done, and how each step goes. */
function backlog(step: (item: string) => boolean | Promise<boolean> = () => true): { log: Backlog; done: string[] } {
  const done: string[] = [];
  const run = async (item: string): Promise<boolean> => {
    done.push(item);
    return step(item);
  };
  const log = new Backlog('all', {
    bump: (name) => run(`v ${name}`),
    remove: (key) => run(`e ${key}`),
    collapsed: () => done.push('collapsed'),
  });
  return { log, done };
}

describe('what a store has still to be told', () => {
  it('is in it until it is done', async () => {
    const { log, done } = backlog();
    log.add(['a', 'b']);
    log.add(['a']);
    log.addKey('k');
    expect([log.hasAny(['x', 'a']), log.hasAny(['x']), log.hasAny([]), log.hasKey('k'), log.hasKey('a')]).to.deep.equal([true, false, false, true, false]); // prettier-ignore
    await log.flush();
    expect([done, log.empty, log.hasAny(['a']), log.hasKey('k')]).to.deep.equal([['v a', 'v b', 'e k'], true, false, false]); // prettier-ignore
  });

  it('does not wait for one that cannot be done now, and stops where the store fails', async () => {
    const names = Array.from({ length: 100 }, (_name, index) => `n${index}`);
    const { log, done } = backlog((item) => item !== 'v n0');
    log.add(names);
    log.addKey('k');
    await log.flush();
    expect([log.hasAny(['n0']), log.hasAny(names.slice(1)), log.hasKey('k'), done.length]).to.deep.equal([true, false, false, 101]); // prettier-ignore
    expect(await log.close()).to.equal(false);

    const failing = backlog(() => Promise.reject(new Error('down')));
    failing.log.add(names);
    await failing.log.flush();
    expect(failing.done.length).to.equal(32);
    // what comes now waits for the next attempt
    failing.log.add(['later']);
    expect(failing.done.length).to.equal(32);
    expect(await failing.log.close()).to.equal(false);
    expect(failing.done.length).to.equal(64);
  });

  it('is tried again by itself, and at once when the store is back', async () => {
    let [fails, tried]: [boolean, () => void] = [true, () => {}];
    const again = new Promise<void>((resolve) => (tried = resolve));
    const { log, done } = backlog(() => {
      if (done.length === 2) tried();
      if (fails) throw new Error('down');
      return true;
    });
    log.add(['a']);
    await again;
    await log.flush();
    fails = false;
    log.again();
    await log.flush();
    expect(log.empty).to.equal(true);
  });

  it('stays in it where it is entered again while it is done', async () => {
    let entered = 0;
    const { log, done } = backlog(() => {
      if ((entered += 1) < 3) log.add(['a']);
      return true;
    });
    log.add(['a']);
    await log.flush();
    expect([done, log.empty]).to.deep.equal([['v a', 'v a', 'v a'], true]);
  });

  it('is one change of everything where it is too much', async () => {
    for (const what of ['add', 'addKey'] as const) {
      const { log, done } = backlog(() => Promise.reject(new Error('down')));
      for (let index = 0; index <= 10_000; index += 1) {
        if (what === 'add') log.add([`n${index}`]);
        else log.addKey(`k${index}`);
      }
      expect([log.hasAny(['all']), log.hasAny(['n5']), log.hasKey('k5'), done.includes('collapsed')]).to.deep.equal([true, false, false, true]); // prettier-ignore
      expect(await log.close()).to.equal(false);
    }
  });
});
