// Databases for one test: managers that are closed after it, files that are removed after it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BaseDuckDBManager, type ManagerOptions } from '@mysingle/database';

const managers: BaseDuckDBManager[] = [];
const folders: string[] = [];

/** A new folder, removed after the test. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mysingle-spec-'));
  folders.push(folder);
  return folder;
}

/** A path for a database file in a new folder. */
export function scratchPath(): string {
  return join(scratchFolder(), 'test.duckdb');
}

/** An open manager, in memory and silent unless told otherwise, closed after the test. */
export async function openManager(options: ManagerOptions = {}): Promise<BaseDuckDBManager> {
  const manager = await BaseDuckDBManager.open({ path: ':memory:', logger: false, ...options });
  managers.push(manager);
  return manager;
}

export async function removeScratch(): Promise<void> {
  for (const manager of managers.splice(0)) await manager.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
