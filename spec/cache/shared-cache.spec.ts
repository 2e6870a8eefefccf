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
});
