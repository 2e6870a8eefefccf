// One open database per real path and process, shared and counted. A second instance on one file in one process would
// lose the first one's commits without an error.
import { DatabaseError } from '../errors.js';
import { Database, type DatabaseOptions } from './database.js';
import { MEMORY, realPath } from './path.js';

interface Shared {
  readonly opening: Promise<Database>;
  /** options that all holders must agree on, each as text */
  readonly agreed: ReadonlyMap<string, string>;
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

/**
 * Opens the database of a path, or joins the one that is open in this process.
 *
 * @throws DatabaseError `E_CONFIG` when it is open here with other options, and every failure to open
 */
export async function acquireDatabase(options: DatabaseOptions): Promise<Lease> {
  if (options.path === MEMORY) {
    const database = await Database.open(options);
    return { database, release: () => database.close() };
  }
  const path = realPath(options.path, !options.readOnly);
  for (let known = registry.get(path); known?.closing !== undefined; known = registry.get(path)) await known.closing;
  const shared = join(path, options);
  shared.holders += 1;
  let database: Database;
  try {
    database = await shared.opening;
  } catch (error) {
    shared.holders -= 1;
    if (registry.get(path) === shared) registry.delete(path);
    throw error;
  }
  const lease = { database, release: () => letGo(path, shared, database) };
  if (database.mode === 'memory' && (options.onLocked === 'error' || options.onLocked === 'wait')) {
    await lease.release();
    throw new DatabaseError(
      'E_LOCKED',
      `Another process held ${options.path} when it was opened here first, and this process works in memory in its place. Close the managers that do, then open it with onLocked: '${options.onLocked}'.`,
      { details: { path: options.path } },
    );
  }
  return lease;
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
  const shared: Shared = { opening: Database.open({ ...options, path }), agreed, holders: 0 };
  registry.set(path, shared);
  return shared;
}

function agreedOptions({
  readOnly,
  settings,
  poolSize,
  acquireTimeoutMs,
}: DatabaseOptions): ReadonlyMap<string, string> {
  return new Map([
    ['readOnly', String(readOnly)],
    ['pool.size', String(poolSize)],
    ['pool.acquireTimeout', String(acquireTimeoutMs)],
    ...Object.entries(settings).map(([name, value]): [string, string] => [`settings.${name}`, value]),
  ]);
}

async function letGo(path: string, shared: Shared, database: Database): Promise<void> {
  shared.holders -= 1;
  if (shared.holders > 0) return;
  const closing = database.close();
  // whoever opens this file now waits for its end, not for its success
  shared.closing = closing.catch(() => {});
  try {
    await closing;
  } finally {
    registry.delete(path);
  }
}
