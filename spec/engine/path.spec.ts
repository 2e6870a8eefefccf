import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { MEMORY, checkedPath, realPath } from '../../lib/engine/path.js';
import { failure } from '../support/failure.js';
import { openManager, scratchFolder } from '../support/scratch.js';

describe('checkedPath', () => {
  for (const [what, path, says] of [
    ['an empty path', '', /DUCKDB_PATH/],
    ['blanks', ' \t\n', /DUCKDB_PATH/],
    ['no path', undefined, /DUCKDB_PATH/],
    ['null', null, /DUCKDB_PATH/],
    ['an object', { toString: () => 'x.duckdb' }, /DUCKDB_PATH/],
    ['a NUL', 'a.duckdb\0.txt', /NUL/],
    [':memory:x', ':memory:x', /a file of that name/],
    ['a URL', 'https://x.org/a.duckdb', /URL/],
    ['a URL of a bucket', 'S3://bucket/a.duckdb', /URL/],
    ['a file URL', 'file:///tmp/a.duckdb', /URL/],
  ] as const)
    it(`refuses ${what}`, async () => {
      expect((await failure(() => checkedPath(path), 'E_CONFIG')).message).to.match(says);
    });

  it('lets through what names a file, and :memory:', () => {
    for (const path of [MEMORY, 'a', './a b.duckdb', '/x/ü.duckdb', 'C:\\data\\a.duckdb', "it's.duckdb", ' a'])
      expect(checkedPath(path)).to.equal(path);
  });
});

describe('realPath', () => {
  it('gives one name to a file, by whatever way, before and after it is there', () => {
    const folder = realpathSync(scratchFolder());
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    symlinkSync(join('real', 'db'), join(folder, 'to-db'));
    symlinkSync('to-db', join(folder, 'to-link'));
    const ways = ['real/db', 'link/db', 'link/../real/db', './real//db', 'to-db', 'to-link'].flatMap((way) => [
      join(folder, way),
      `${folder}/${way}`,
      relative(process.cwd(), join(folder, way)),
    ]);
    for (const moment of ['before', 'after']) {
      if (moment === 'after') writeFileSync(join(folder, 'real', 'db'), '');
      expect(new Set(ways.map((way) => realPath(way, false))), moment).to.deep.equal(
        new Set([join(folder, 'real', 'db')]),
      );
    }
  });

  it('makes the directory where it may, and only there', () => {
    const folder = realpathSync(scratchFolder());
    const path = join(folder, 'a', 'b', 'c.duckdb');
    expect(realPath(path, false)).to.equal(path);
    expect(existsSync(join(folder, 'a'))).to.equal(false);
    expect(realPath(path, true)).to.equal(path);
    expect(existsSync(join(folder, 'a', 'b'))).to.equal(true);
    expect(existsSync(path)).to.equal(false);
  });

  it('makes the directory that a dangling link leads to', () => {
    const folder = realpathSync(scratchFolder());
    symlinkSync(join('later', 'db'), join(folder, 'link'));
    expect(realPath(join(folder, 'link'), true)).to.equal(join(folder, 'later', 'db'));
    expect(existsSync(join(folder, 'later'))).to.equal(true);
  });

  it('does not run in circles', async () => {
    const folder = scratchFolder();
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    expect((await failure(() => realPath(join(folder, 'a'), true), 'E_CONFIG')).message).to.contain('link');
  });

  it('refuses a directory that cannot be made', async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'file'), '');
    for (const path of ['file/db', 'file/x/db'])
      expect((await failure(() => realPath(join(folder, path), true), 'E_CONFIG')).message).to.contain('file');
  });

  it('says so where access is not permitted', async () => {
    // not even root may make a directory there
    await failure(() => realPath('/sys/mysingle/test.duckdb', true), 'E_PERMISSION');
  });

  it('opens the file it names: one behind a dangling link, in a directory not there yet', async () => {
    const folder = scratchFolder();
    symlinkSync(join('later', 'db'), join(folder, 'link'));
    const db = await openManager({ path: join(folder, 'link') });
    expect(db.mode).to.equal('file');
    expect(existsSync(join(folder, 'later', 'db'))).to.equal(true);
  });
});

describe('a path with a question mark', () => {
  it('is refused, also behind a link: DuckDB would put the log of it elsewhere', async () => {
    const folder = scratchFolder();
    for (const path of [join(folder, 'what?.duckdb'), join(folder, 'no?', 'x.duckdb')]) {
      const error = await failure(() => openManager({ path }), 'E_CONFIG');
      expect(error.message).to.contain(`holds a '?'`);
    }
    expect(existsSync(join(folder, 'no?'))).to.equal(false);
    mkdirSync(join(folder, 'a?'));
    symlinkSync(join(folder, 'a?'), join(folder, 'link'));
    await failure(() => openManager({ path: join(folder, 'link', 'x.duckdb') }), 'E_CONFIG');
    const db = await openManager({ path: join(folder, 'x.duckdb') });
    await failure(db.backup(join(folder, 'y?.duckdb')), 'E_CONFIG');
  });
});
