import { expect } from 'chai';
import { describe, it } from 'mocha';
import { openManager, scratchPath } from '../support/scratch.js';

describe('the shared cache', () => {
  it('is one for all managers of a file, and apart for others', async () => {
    const path = scratchPath();
    const [one, two, other] = [await openManager({ path }), await openManager({ path }), await openManager()];
    await one.cache.set('k', { n: 1n }, { ttl: '1h' });
    expect(await two.cache.get('k')).to.deep.equal({ n: 1n });
    expect(await other.cache.get('k')).to.equal(undefined);
    await two.cache.delete('k');
    expect(await one.cache.get('k')).to.equal(undefined);
  });

  it('counts keys and tags into what it holds at most', async () => {
    const maxBytes = 1_000_000;
    const tags = (n: number): string[] => Array.from({ length: 100 }, (_each, tag) => `${n} ${tag} ${'x'.repeat(40)}`);
    const shapes: [what: string, key: (n: number) => string, tags: (n: number) => string[]][] = [
      ['keys', (n) => `${n} ${'x'.repeat(4_000)}`, () => []],
      ['tags', (n) => `k${n}`, tags],
    ];
    for (const [what, key, tagsOf] of shapes) {
      const db = await openManager({ cache: { maxBytes } });
      for (let n = 0; n < 300; n += 1) await db.cache.set(key(n), n, { ttl: '1h', tags: tagsOf(n) });
      const { entries, bytes, evicted } = db.cache.stats();
      // 8 to 12 KB each
      expect([entries > 50 && entries < 150, bytes <= maxBytes, evicted], what).to.deep.equal([true, true, 300 - entries]);
      expect(await db.cache.get(key(299))).to.equal(299);
    }
  }); // prettier-ignore
});
