import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { SideFile } from '../../lib/engine/side-file.js';
import { scratchPath } from '../support/scratch.js';

describe('a side file', () => {
  it('is beside its database, of its process, and has an alias of its own', () => {
    const path = scratchPath();
    const [one, other] = [SideFile.fresh(path), SideFile.fresh(path)];
    expect(one.path).to.match(new RegExp(`^${path}\\.fallback-${process.pid}-[0-9a-f]{12}$`));
    expect(one.alias).to.match(/^mysingle_side_[0-9a-f]{12}$/);
    expect(one.alias).not.to.equal(other.alias);
    expect([one.exists, one.unborn]).to.deep.equal([false, true]);
  });

  it('is found among the files beside its database, and nothing else is', () => {
    const path = scratchPath();
    const side = SideFile.fresh(path);
    const others = [
      `${path}.fallback-1`, `${path}.fallback-1-xyz`, `${side.path}.wal`, `${side.path}.bak`, `${path}x.fallback-1-0123456789ab`,
      join(dirname(path), 'fallback-1-0123456789ab'),
    ]; // prettier-ignore
    for (const name of [side.path, ...others]) writeFileSync(name, 'x'.repeat(20_000));
    expect(SideFile.of(path).map((found) => found.path)).to.deep.equal([side.path]);
    expect([side.exists, side.unborn]).to.deep.equal([true, false]);
    side.remove();
    expect([side.path, `${side.path}.wal`].filter((name) => existsSync(name))).to.deep.equal([]);
    expect(others.filter((name) => name !== `${side.path}.wal` && !existsSync(name))).to.deep.equal([]);
  });
});
