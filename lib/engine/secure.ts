// The option `secure`: SQL reaches the database's own files and nothing else of the machine or the network, and cannot
// change that. Not here: opening.
import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteLiteral } from '../entity/identifier.js';
import { DatabaseError } from '../errors.js';
import { tokensOf } from '../sql/tokens.js';

/** What DuckDB opens beside a database: its log, and two more while a checkpoint is under way or was interrupted. */
const LOGS = ['', '.wal', '.wal.checkpoint', '.wal.recovery'] as const;

/** Side files of a fallback, beside the database. */
const SIDE = '.fallback-';

/** Where a secure manager writes a backup before it is moved to its place: one name, for it must be allowed beforehand. */
export const backupBeside = (path: string): string => `${path}.backup-${process.pid}`;

/**
 * The files that a manager of the database at `path` may touch: the database, its backup in the making, and the side files
 * that are there now or are named in `sides`; each with its logs. DuckDB takes exact paths or whole directories alone.
 */
export function ownFiles(path: string, sides: readonly string[] = []): readonly string[] {
  const databases = new Set([path, backupBeside(path), ...sides, ...sidesBeside(path)]);
  return [...databases].flatMap((database) => LOGS.map((end) => `${database}${end}`));
}

function sidesBeside(path: string): readonly string[] {
  const folder = dirname(path);
  const start = `${basename(path)}${SIDE}`;
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith(start) && !name.slice(start.length).includes('.'))
      .map((name) => join(folder, name));
  } catch {
    // whatever is wrong with the folder, opening the database will say
    return [];
  }
}

/** Calls that change the whole process or a connection, whatever is locked, and those that run SQL made at run time. */
const REACHING: ReadonlySet<string> = new Set([
  'enable_logging', 'disable_logging', 'enable_profiling', 'disable_profiling', 'enable_profile', 'disable_profile', 'query',
  'json_execute_serialized_sql',
]); // prettier-ignore

/** Before a bracket a name is no call: columns follow. */
const NAMING: ReadonlySet<string> = new Set(['into', 'table', 'exists', 'references', 'on', 'with', 'recursive']);

/**
 * DuckDB lets SQL turn on logging to a file that it may not touch: each statement fails from then on, and closing ends the
 * process.
 *
 * @throws DatabaseError `E_PERMISSION` for SQL that calls such a function
 */
export function refuseReaching(sql: string): void {
  const tokens = tokensOf(sql);
  const call = tokens.find(
    ({ kind, text }, index) =>
      (kind === 'word' || kind === 'name') &&
      REACHING.has(text.toLowerCase()) &&
      tokens[index + 1]?.text === '(' &&
      !NAMING.has(tokens[index - 1]?.text ?? ''),
  );
  if (call !== undefined)
    throw new DatabaseError(
      'E_PERMISSION',
      `${call.text}() reaches settings, which \`secure\` locks, or runs SQL that cannot be looked at before. Write the statement itself.`,
      { details: { sql } },
    );
}

/** Allows these files and nothing else, for the whole instance and for good. Whatever else is to be set, set it before. */
export async function lockDown(connection: DuckDBConnection, files: readonly string[]): Promise<void> {
  // in this order: DuckDB refuses to allow anything once access is off
  await connection.run(`SET GLOBAL allowed_paths = [${files.map(quoteLiteral).join(', ')}]`);
  await connection.run('SET GLOBAL enable_external_access = false');
  await connection.run('SET GLOBAL lock_configuration = true');
}
