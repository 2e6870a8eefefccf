// Where a database file is: checked before DuckDB sees it, and one name for each file. Not here: opening it.
import { existsSync, lstatSync, mkdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DatabaseError } from '../errors.js';

export const MEMORY = ':memory:';

/** As many links in a row as Linux follows. */
const LINKS_MAX = 40;

function fail(message: string): never {
  throw new DatabaseError('E_CONFIG', message);
}

/**
 * The path as DuckDB may have it.
 *
 * @throws DatabaseError `E_CONFIG` for what DuckDB would silently turn into another database: an empty path (in memory,
 *   all data lost), a NUL (cut off there), a URL, ':memory:name' (a file of that name)
 */
export function checkedPath(path: unknown): string {
  if (typeof path !== 'string' || path.trim() === '') {
    fail(
      "path: give the path of the database file, or ':memory:', or set DUCKDB_PATH. An empty path would lose all data at exit.",
    );
  }
  const text = path;
  if (text.includes('\0')) fail('path: it holds a NUL character, at which DuckDB would cut it off.');
  if (text !== MEMORY && text.startsWith(':memory:'))
    fail(`path: ${JSON.stringify(text)} would be a file of that name. Write ':memory:' for a database in memory.`);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
    fail(`path: ${JSON.stringify(text)} is a URL. Give the path of a local file.`);
  return text;
}

/**
 * The one name of a file, whatever links and relative ways lead to it. Makes the parent directory.
 *
 * @throws DatabaseError `E_CONFIG` for a path with a '?': DuckDB takes what follows for options, and puts the log elsewhere
 */
export function realPath(path: string, makeParent: boolean): string {
  refuseMark(resolve(path));
  const real = followed(path, makeParent, 0);
  refuseMark(real);
  return real;
}

/** The same name of what DuckDB is to attach by SQL, whatever it makes of the signs in it. Makes nothing. */
export const realName = (path: string): string => followed(path, false, 0);

function refuseMark(path: string): void {
  // a long path of Windows begins with one
  if (path.includes('?') && !path.startsWith('\\\\?\\'))
    fail(`path: ${path} holds a '?', at which DuckDB cuts it to name its log. Give a path without.`);
}

function followed(path: string, makeParent: boolean, links: number): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    // not there yet: the name follows from its directory, or from where a dangling link points
  }
  if (isLink(absolute)) {
    if (links === LINKS_MAX) fail(`path: ${path} is a symbolic link that leads to itself.`);
    return followed(resolve(dirname(absolute), readlinkSync(absolute)), makeParent, links + 1);
  }
  const parent = dirname(absolute);
  if (makeParent) makeDirectory(parent, path);
  try {
    return join(realpathSync(parent), basename(absolute));
  } catch {
    return absolute;
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** One level after the other: `recursive` of Node never comes back from a place such as /proc, where nothing can be made. */
function makeMissing(directory: string): void {
  if (existsSync(directory)) return;
  makeMissing(dirname(directory));
  try {
    mkdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function makeDirectory(parent: string, path: string): void {
  try {
    makeMissing(parent);
    if (!statSync(parent).isDirectory()) fail(`path: ${parent} is not a directory.`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DatabaseError(
      code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'E_PERMISSION' : 'E_CONFIG',
      `path: the directory of ${path} cannot be made: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}
