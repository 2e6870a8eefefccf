import { expect } from 'chai';
import { describe, it } from 'mocha';
import { freshVersion, readVersion, timeOf, versionsOf, versionsWrittenBy } from '../../lib/cache/version-names.js';

describe('the versions that a value carries', () => {
  it('are those of its tables and tags, and of all', () => {
    expect(versionsOf([])).to.deep.equal(['all']);
    expect(versionsOf(['main.a', 'main.b'], ['t', 'u'])).to.deep.equal(['all', '*', 'main.a', 'main.b', '#t', '#u']);
    expect(versionsOf(['*'])).to.deep.equal(['all', '*', 'any']);
    expect(versionsOf(['main.a', '\0t'], ['\0t'])).to.deep.equal(['all', '*', 'main.a', '#t']);
  });

  it('are changed by what is written: each value meets one of them that it depends on', () => {
    expect(versionsWrittenBy([])).to.deep.equal([]);
    expect(versionsWrittenBy(['main.a', '\0t'])).to.deep.equal(['main.a', 'any', '#t']);
    expect(versionsWrittenBy(['*'])).to.deep.equal(['*', 'any']);
    const meets = (tables: string[], tags: string[], deps: string[]): boolean =>
      versionsOf(tables, tags).some((name) => versionsWrittenBy(deps).includes(name));
    expect([meets(['main.a'], [], ['*']), meets(['*'], [], ['main.a']), meets(['*'], [], ['*'])]).to.deep.equal([true, true, true]); // prettier-ignore
    expect([meets(['main.a'], ['t'], ['main.b', '\0main.a']), meets([], ['t'], ['*', 't'])]).to.deep.equal([false, false]); // prettier-ignore
  });

  it('are new each time, and later than what was there, whatever the clock says', () => {
    const first = freshVersion(5_000.7, undefined);
    const second = freshVersion(4_000, first);
    expect([timeOf(first), timeOf(second)]).to.deep.equal([5_000, 5_001]);
    expect(freshVersion(5_000, undefined)).to.not.equal(freshVersion(5_000, undefined));
    for (const version of [first, second]) expect(readVersion(version)).to.equal(version);
    for (const other of [undefined, null, 7, '', '5000', `x${first}`, `${first} `, {}]) expect(readVersion(other)).to.equal(undefined); // prettier-ignore
  });
});
