import { expect } from 'chai';
import { describe, it } from 'mocha';
import { folded, tableNameProblem } from '../../lib/cache/table-name.js';

describe('the name of a table of the user', () => {
  it('is none of a table of this library, in whatever case, but for the one that is allowed', () => {
    const why = 'is the name of a table of this library';
    for (const name of ['mysingle_cache', 'mysingle_conflicts', 'mysingle_fallback', 'mysingle_keyv', 'MySingle_KEYV'])
      expect(tableNameProblem(name), name).to.equal(why);
    for (const name of ['mysingle_keyv', 'MYSINGLE_KEYV'])
      expect(tableNameProblem(name, 'mysingle_keyv'), name).to.equal(undefined);
    expect([tableNameProblem('mysingle_cache', 'mysingle_keyv'), tableNameProblem('mysingle_cache2')]).to.deep.equal([why, undefined]); // prettier-ignore
    for (const name of ['', '\uD800', 5, null]) expect(tableNameProblem(name)).to.match(/^(?:is|holds) /);
  });

  it('is another one to DuckDB by all but the case of ASCII letters', () => {
    expect(folded('ÉaBß')).to.equal('Éabß');
  });
});
