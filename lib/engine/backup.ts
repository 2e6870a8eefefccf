// A copy of the whole database as it is at one moment, while others go on writing. Not here: restoring, which is opening it.
import { randomUUID } from 'node:crypto';
import {
  closeSync, copyFileSync, existsSync, fsyncSync, linkSync, lstatSync, openSync, readSync, renameSync, rmSync, statSync,
} from 'node:fs'; // prettier-ignore
import { dirname } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quote, quoteLiteral } from '../entity/identifier.js';
import { DatabaseError, classify } from '../errors.js';
import { copyDatabase } from './copy-database.js';
import type { Engine } from './engine.js';
import { openNames } from './one-instance.js';
import { MEMORY, checkedPath, realPath } from './path.js';
import { backupBeside } from './secure.js';

/** Options of `backup`. */
export interface BackupOptions {
  /** replace a database that is there already; default false */
  readonly overwrite?: boolean;
}

/** @throws DatabaseError as `BaseDuckDBManager.backup` */
export async function backup(engine: Engine, path: string, overwrite: boolean): Promise<void> {
  if (engine.transaction !== undefined)
    throw new DatabaseError('E_CONFIG', 'backup copies what is committed. Call it outside of transaction().');
  const { database } = engine;
  if (database.fallback !== undefined)
    throw new DatabaseError(
      'E_LOCKED',
      `backup: another process holds ${database.path}, and what was written here is beside it. Call it when mode is 'file' again.`,
      { details: { path: database.path } },
    );
  const target = checkedTarget(engine, path);
  // the exact place of the work is one of the few that a secure manager may touch
  const work =
    database.secure && database.path !== MEMORY ? backupBeside(database.path) : `${target}.${randomUUID()}.backup`;
  if (database.secure && database.path === MEMORY)
    throw new DatabaseError('E_PERMISSION', 'backup: a secure database in memory may touch no file at all.');
  try {
    refuseTaken(target, overwrite);
    // of an attempt that was killed
    remove(work);
    await engine.lend((connection) => copyTo(connection, database.alias, work), []);
    if (existsSync(`${work}.wal`)) throw new Error('the copy was not closed in order');
    sync(work);
    refuseTaken(target, overwrite);
    move(work, target, overwrite);
  } catch (error) {
    throw failed(error, target);
  } finally {
    remove(work);
  }
}

/** What is not to be written to, whatever the options. */
function checkedTarget(engine: Engine, path: string): string {
  const checked = checkedPath(path);
  if (checked === MEMORY) throw new DatabaseError('E_CONFIG', 'backup: give the path of a file.');
  const target = realPath(checked, true);
  const own = engine.database.path;
  const open = openNames(target);
  if (target === own || target === `${own}.wal` || open.length > 0)
    throw new DatabaseError(
      'E_CONFIG',
      `backup: ${path} is ${target === own ? 'the database itself' : 'open in this process'}. Give another path.`,
    );
  if (target === `${own}.tmp` || /\.wal(?:\.checkpoint|\.recovery)?$|\.fallback-\d+-[0-9a-f]{12}$/.test(target))
    throw new DatabaseError(
      'E_CONFIG',
      `backup: ${path} is named as a part of a database, and DuckDB or a fallback would take it for one. Give another name.`,
    );
  return target;
}

function refuseTaken(target: string, overwrite: boolean): void {
  // DuckDB would replay it into the copy
  if (existsSync(`${target}.wal`))
    throw new DatabaseError(
      'E_CONFIG',
      `backup: ${target}.wal is there: that database is in use, or was not closed in order. Give another path.`,
    );
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!overwrite)
    throw new DatabaseError(
      'E_CONFIG',
      `backup: ${target} exists. Give another path, or { overwrite: true } to replace it.`,
    );
  if (!isDatabase(target))
    throw new DatabaseError(
      'E_CONFIG',
      `backup: ${target} is no DuckDB database, and is not overwritten. Give another path, or remove it.`,
    );
}

/** By the mark that every file of DuckDB has; the target is open nowhere in this process, so that reading drops no lock. */
function isDatabase(path: string): boolean {
  if (!statSync(path).isFile()) return false;
  const file = openSync(path, 'r');
  try {
    const mark = Buffer.alloc(4);
    return readSync(file, mark, 0, 4, 8) === 4 && mark.toString('latin1') === 'DUCK';
  } finally {
    closeSync(file);
  }
}

async function copyTo(connection: DuckDBConnection, alias: string, work: string): Promise<void> {
  const name = `mysingle_backup_${randomUUID()}`;
  const copy = quote(name);
  const version = await storageVersion(connection, alias);
  await connection.run(
    `ATTACH ${quoteLiteral(work)} AS ${copy} (TYPE duckdb, STORAGE_VERSION ${quoteLiteral(version)})`,
  );
  try {
    await copyDatabase(connection, alias, name);
    // which DETACH does too, but without an error where it cannot
    await connection.run(`CHECKPOINT ${copy}`);
  } finally {
    // what did not become a backup is removed anyway
    await connection.run(`DETACH ${copy}`).catch(() => {});
  }
}

/** The copy can hold what the database can, and be read by whoever can read the database. */
async function storageVersion(connection: DuckDBConnection, alias: string): Promise<string> {
  const reader = await connection.runAndReadAll(
    `SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = ${quoteLiteral(alias)}`,
  );
  const version = reader.getRows()[0]?.[0];
  // of a database in memory there is none
  return typeof version === 'string' ? version.replace(/\+$/, '') : 'latest';
}

/** On the disk before it gets its name. */
function sync(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** In one step, so that there is a whole backup of that name or none. */
function move(work: string, target: string, overwrite: boolean): void {
  try {
    if (overwrite) renameSync(work, target);
    // other than renaming, it does not replace what has come meanwhile
    else linkSync(work, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EXDEV') return moveAcross(work, target, overwrite);
    if (overwrite || code === 'EEXIST') throw error;
    // a file system without links
    renameSync(work, target);
  }
  syncFolder(dirname(target));
}

/** To another file system: first beside the target. */
function moveAcross(work: string, target: string, overwrite: boolean): void {
  const beside = `${target}.${randomUUID()}.backup`;
  try {
    copyFileSync(work, beside);
    sync(beside);
    move(beside, target, overwrite);
  } finally {
    rmSync(beside, { force: true });
  }
}

function syncFolder(folder: string): void {
  try {
    const file = openSync(folder, 'r');
    try {
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch {
    // Windows has no such thing
  }
}

function remove(work: string): void {
  try {
    for (const end of ['', '.wal', '.wal.checkpoint', '.wal.recovery']) rmSync(`${work}${end}`, { force: true });
  } catch {
    // what keeps it there is what the backup has failed with, or will
  }
}

/** What the file system says, and what DuckDB says of a disk that is full, in this library's words. */
function failed(error: unknown, target: string): DatabaseError {
  const classified = classify(error, { path: target });
  const { code } = error as NodeJS.ErrnoException;
  const options = { cause: error, details: { ...classified.details, path: target } };
  if (code === 'ENOSPC' || /No space left on device/.test(classified.message))
    return new DatabaseError(
      'E_DISK_FULL',
      `backup: no space is left for ${target}. Free some and call it again: nothing of this attempt is left.`,
      options,
    );
  if (code === 'EEXIST')
    return new DatabaseError(
      'E_CONFIG',
      `backup: ${target} exists. Give another path, or { overwrite: true }.`,
      options,
    );
  if (code === 'EACCES' || code === 'EPERM')
    return new DatabaseError('E_PERMISSION', `backup: ${target} cannot be written: ${classified.message}.`, options);
  if (code === 'EROFS')
    return new DatabaseError('E_READ_ONLY', `backup: ${target} cannot be written: ${classified.message}.`, options);
  return classified;
}
