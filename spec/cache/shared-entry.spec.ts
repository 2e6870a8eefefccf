import { expect } from 'chai';
import { describe, it } from 'mocha';
import { TOMBSTONE, entryText, isForeign, readEntry } from '../../lib/cache/shared-entry.js';

const entry = {
  text: '"\u{1F600}\\"',
  tables: ['main.a', '*'],
  tags: ['\0t'],
  createdAt: 1.5,
  expiresAt: 2,
  graceUntil: 3,
};
const versions = { all: '1.x', 'main.a': '2.y' };

describe('a value as it stands in a shared store', () => {
  it('is read as it was written, by its own key alone', () => {
    const text = entryText("k'\0", entry, versions);
    expect(readEntry("k'\0", text)).to.deep.equal({ entry, versions });
    // a store that cuts keys off has another's value under it
    expect(readEntry("k'", text)).to.equal(undefined);
  });

  it('is nothing else: no tombstone, no other text, no entry that lacks something', () => {
    const good = JSON.parse(entryText('k', entry, versions)) as Record<string, unknown>;
    const bad: unknown[] = [TOMBSTONE, '', '{', '[]', 'null', undefined, null, 7, good];
    for (const field of Object.keys(good)) bad.push(JSON.stringify({ ...good, [field]: undefined }));
    for (const changed of [{ format: 2 }, { tables: [7] }, { tags: 'x' }, { versions: { all: 7 } }, { versions: null }, { graceUntil: '3' }])
      bad.push(JSON.stringify({ ...good, ...changed })); // prettier-ignore
    for (const value of bad) expect(readEntry('k', value), JSON.stringify(value)).to.equal(undefined);
    expect(readEntry('k', JSON.stringify(good))?.entry).to.deep.equal(entry);
  });

  it('is foreign where no version of the library has put it there', () => {
    const good = JSON.parse(entryText('k', entry, versions)) as Record<string, unknown>;
    for (const value of [undefined, null, TOMBSTONE, JSON.stringify(good), JSON.stringify({ format: 2 })])
      expect(isForeign('k', value), String(value)).to.equal(false);
    for (const value of ['', 'x', '[]', '{}', 7, good, Symbol('unreadable'), JSON.stringify({ ...good, text: 1 }), JSON.stringify({ ...good, key: 'l' })])
      expect(isForeign('k', value), JSON.stringify(value)).to.equal(true);
  }); // prettier-ignore
});
