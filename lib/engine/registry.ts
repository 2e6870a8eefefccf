// One open database per real path and process, shared and counted. A second instance on one file in one process would
// lose the first one's commits without an error.
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError, isDatabaseError } from '../errors.js';
import type { Limit } from '../limit.js';
import { Database, type DatabaseOptions, type Mode, type OnLocked } from './database.js';
import { MEMORY, realPath } from './path.js';

interface Shared {
  readonly creating: Promise<Database>;
  /** options that all holders must agree on, each as text */
  readonly agreed: ReadonlyMap<string, string>;
  /** those who hold it, and those who still try to open it */
  holders: number;
  closing?: Promise<void>;
}

// on globalThis, so that two copies of this package share it
const REGISTRY = Symbol.for('@mysingle/database.open');
const registry = ((globalThis as { [REGISTRY]?: Map<string, Shared> })[REGISTRY] ??= new Map<string, Shared>());

/** A database in use by one holder, and how to let go of it. */
export interface Lease {
  readonly database: Database;
  release(): Promise<void>;
}

const LOCK_POLL_MS = 50;

/**
 * Opens the database of a path, or joins the one that is open in this process. Several may try one locked file at once, each
 * by its own `onLocked`: they share the attempts, not the patience.
 *
 * @param patience ends a wait for the lock, where `onLocked` has one
 * @throws DatabaseError `E_CONFIG` when it is open here with other options, and every failure to open
 */
export async function acquireDatabase(options: DatabaseOptions, patience?: Limit): Promise<Lease> {
  const inMemory = options.path === MEMORY;
  const path = inMemory ? MEMORY : realPath(options.path, !options.readOnly);
  for (let known = registry.get(path); known?.closing !== undefined; known = registry.get(path)) await known.closing;
  const shared = inMemory ? sharedOf(options) : join(path, options);
  shared.holders += 1;
  try {
    const database = await shared.creating;
    await attach(database, options, patience);
    return { database, release: () => letGo(path, shared) };
  } catch (error) {
    await letGo(path, shared);
    throw error;
  }
}

/** Attaches what the caller's own `onLocked` allows. */
async function attach(database: Database, options: DatabaseOptions, patience: Limit | undefined): Promise<void> {
  const { path, onLocked, lockTimeoutMs, log } = options;
  const began = performance.now();
  for (let announced = false; ; announced = true) {
    try {
      const mode = await database.attach('file');
      const elsewhere = path !== MEMORY && (mode === 'memory' || mode === 'fallback');
      // whoever asked for nothing to be lost must not be given a database in memory
      if (elsewhere && onLocked !== 'memory' && !(onLocked === 'fallback' && mode === 'fallback'))
        throw replaced(path, mode, onLocked);
      return;
    } catch (error) {
      if (!isDatabaseError(error, 'E_LOCKED')) throw error;
      const comesBack = error.details['replaced'] === 'fallback' && onLocked === 'wait';
      if ((error.details['replaced'] !== undefined && !comesBack) || onLocked === 'error') throw error;
      const { pid, sameProcess } = error.details;
      // a mistake of the program: working elsewhere would hide it
      if (sameProcess === true && onLocked !== 'wait') throw error;
      if (onLocked !== 'wait') {
        await beside(database, options, error);
        return;
      }
      if (performance.now() - began >= lockTimeoutMs) throw stillLocked(error, lockTimeoutMs);
      if (!announced) log('waitingForLock', { db_path: path, holder_pid: pid });
    }
    await (patience === undefined ? sleep(LOCK_POLL_MS) : patience.race(sleep(LOCK_POLL_MS)));
  }
}

/** Works on something else than the file. Another caller, who waited, may have got the file just now. */
async function beside(
  database: Database,
  { path, readOnly, onLocked, log }: DatabaseOptions,
  locked: DatabaseError,
): Promise<void> {
  const fields = { reason: 'file_locked', original_db_path: path, holder_pid: locked.details['pid'] };
  if (onLocked === 'memory') {
    const mode = await database.attach('memory');
    if (mode === 'memory') log('fallingBack', fields);
    return;
  }
  // there is nothing to read beside it, and nothing is to be written
  if (readOnly) throw locked;
  const mode = await database.attach('fallback', locked);
  const side = database.fallback?.sidePath;
  if (mode === 'fallback') log('workingBeside', { ...fields, side_path: side, reads: 'what_was_written_in_fallback' });
}

function replaced(path: string, mode: Mode, onLocked: OnLocked): DatabaseError {
  const place = mode === 'memory' ? 'in memory' : 'on a side file';
  return new DatabaseError(
    'E_LOCKED',
    `Another process held ${path} when it was opened here first, and this process works ${place} in its place. Close the managers that do, then open it with onLocked: '${onLocked}'.`,
    { details: { path, replaced: mode } },
  );
}

function stillLocked(error: DatabaseError, waitedMs: number): DatabaseError {
  return new DatabaseError('E_LOCKED', `After ${waitedMs} ms of waiting: ${error.message}`, {
    cause: error,
    details: { ...error.details, waitedMs },
  });
}

// without a wait inside, so that two callers cannot both find nothing
function join(path: string, options: DatabaseOptions): Shared {
  const agreed = agreedOptions(options);
  const known = registry.get(path);
  if (known !== undefined) {
    // by name alone: the value of a setting may be a secret
    const others = [...new Set([...known.agreed.keys(), ...agreed.keys()])].filter(
      (name) => known.agreed.get(name) !== agreed.get(name),
    );
    if (others.length === 0) return known;
    throw new DatabaseError(
      'E_CONFIG',
      `${options.path} is open in this process with other options (${others.join(', ')}). Use the same, or close the other manager first.`,
    );
  }
  const shared = sharedOf({ ...options, path });
  registry.set(path, shared);
  return shared;
}

function sharedOf(options: DatabaseOptions): Shared {
  return { creating: Database.create(options), agreed: agreedOptions(options), holders: 0 };
}

function agreedOptions({
  readOnly,
  secure,
  settings,
  poolSize,
  acquireTimeoutMs,
}: DatabaseOptions): ReadonlyMap<string, string> {
  return new Map([
    ['readOnly', String(readOnly)],
    ['secure', String(secure)],
    ['pool.size', String(poolSize)],
    ['pool.acquireTimeout', String(acquireTimeoutMs)],
    ...Object.entries(settings).map(([name, value]): [string, string] => [`settings.${name}`, value]),
  ]);
}

async function letGo(path: string, shared: Shared): Promise<void> {
  shared.holders -= 1;
  if (shared.holders > 0) return;
  const closing = shared.creating.then(
    (database) => database.close(),
    () => {}, // there is nothing to close
  );
  // whoever opens this file now waits for its end, not for its success
  shared.closing = closing.catch(() => {});
  try {
    await closing;
  } finally {
    if (registry.get(path) === shared) registry.delete(path);
  }
}
