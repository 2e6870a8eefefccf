import { existsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager } from '@mysingle/database';
import { temporaryPath } from '@mysingle/database/testing';

describe('temporaryPath', () => {
  it('is of a file that is not there yet, in a folder that is gone with its scope', async () => {
    let folder: string;
    {
      using file = temporaryPath();
      using other = temporaryPath();
      folder = dirname(file.path);
      expect([existsSync(folder), existsSync(file.path), dirname(other.path) === folder]).to.deep.equal([true, false, false]); // prettier-ignore
      await using db = await BaseDuckDBManager.open({ path: file.path, logger: false });
      expect(db.mode).to.equal('file');
      writeFileSync(`${folder}/beside.csv`, 'x');
    }
    expect(existsSync(folder)).to.equal(false);
  });

  it('may be removed by hand, and twice', () => {
    const file = temporaryPath();
    file.remove();
    file.remove();
    expect(existsSync(dirname(file.path))).to.equal(false);
  });
});
