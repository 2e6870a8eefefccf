// ATTACH by SQL of a file that this process has open is refused: two instances would lose each other's commits, and neither's
// cache would hear of the other's writes. Not here: which files SQL names (sql/attached-path.ts), the database of a manager.
import { homedir } from 'node:os';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quote } from '../entity/identifier.js';
import { attachedPaths } from '../sql/attached-path.js';
import { detach } from './detach.js';
import { rowsOf } from './journal.js';
import { inTurn, openAlready, openNames } from './one-instance.js';
import { realName } from './path.js';

const REMEDY =
  'by a manager, by ATTACH in one, or by DuckDB without this library. ATTACH would make a second instance of it: they would lose the commits of each other, ' +
  'DuckDB would drop its lock at DETACH, and READ_ONLY would never see what is written. Use the manager that has it open, or ATTACH it when that is closed.';

/**
 * Runs SQL that may hold ATTACH statements. What DuckDB itself has a rule for, such as a database that is attached on this
 * instance already, is left to it.
 *
 * @param connection of the instance that `run` is about
 * @throws DatabaseError `E_LOCKED`, with `sameProcess` among the details, where this process has one of the files open
 *   already, in whatever thread; `E_QUERY` where it cannot be told which file is meant
 */
export async function attaching<T>(connection: DuckDBConnection, sql: string, run: () => Promise<T>): Promise<T> {
  const files: string[] = [];
  for (const path of attachedPaths(sql)) if (!inMemory(path)) files.push(await fileOf(connection, path));
  if (files.length === 0) return run();
  return inTurn(files, async () => {
    for (const file of files) {
      const names = openNames(file);
      const another = names.length > 1 || (names.length === 1 && (await attachedAs(connection, file)) === undefined);
      if (another) throw openAlready(file, names, REMEDY);
    }
    const result = await run();
    for (const file of files) await refuseShared(connection, file);
    return result;
  });
}

/** DuckDB without this library, which waits for no turn, may have opened the file meanwhile. */
async function refuseShared(connection: DuckDBConnection, file: string): Promise<void> {
  const names = openNames(file);
  if (names.length < 2) return;
  const name = await attachedAs(connection, file);
  if (name !== undefined) await detach(connection, quote(name));
  throw openAlready(file, names, REMEDY);
}

const inMemory = (path: string): boolean => path === '' || path === ':memory:';

/** The one name of the file that DuckDB takes a path for. */
async function fileOf(connection: DuckDBConnection, path: string): Promise<string> {
  if (path.startsWith('file://')) return realName(path.replace(/^file:\/\/(?:localhost)?/, ''));
  if (!path.startsWith('~')) return realName(path);
  const [home] = rowsOf(await connection.run("SELECT current_setting('home_directory')"))[0] ?? [];
  return realName(`${home === '' ? homedir() : String(home)}${path.slice(1)}`);
}

/** The name under which the connection's instance has the file attached by itself. */
async function attachedAs(connection: DuckDBConnection, file: string): Promise<string | undefined> {
  const all = rowsOf(
    await connection.run('SELECT database_name, path FROM system.main.duckdb_databases() WHERE path IS NOT NULL'),
  ) as [string, string][];
  return all.find(([, path]) => realName(path) === file)?.[0];
}
