// A manager that works beside a file, because another process holds that; and the moment at which the file is free.
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BaseDuckDBManager, type ManagerOptions } from '@mysingle/database';
import { holdFile } from './child.js';
import { openManager, scratchPath } from './scratch.js';

export interface Beside {
  readonly db: BaseDuckDBManager;
  readonly path: string;
  /** ends the other process, and waits until the manager has gone over to the file */
  readonly free: () => Promise<void>;
  /** ends the other process */
  readonly release: () => Promise<void>;
}

/** @param seed SQL that the file is made by, after the entities */
export async function openBeside(
  seed: readonly string[] = [],
  options: ManagerOptions = {},
  path = scratchPath(),
): Promise<Beside> {
  const { entities = [] } = options;
  const first = await BaseDuckDBManager.open({ path, entities, logger: false });
  for (const text of seed) await first.duckdbConn.run(text);
  await first.close();
  const holder = await holdFile(path);
  const db = await openManager({ path, ...options });
  const release = (): Promise<void> => holder.kill();
  const free = async (): Promise<void> => {
    await release();
    await arrived(db);
  };
  return { db, path, free, release };
}

/** Waits until the manager works in the file. */
export async function arrived(db: BaseDuckDBManager): Promise<void> {
  for (let tries = 0; db.mode !== 'file'; tries += 1) {
    if (tries === 800) throw new Error(`still ${db.mode}: ${JSON.stringify(db.health())}`);
    await sleep(25);
  }
}

export const sideFiles = (path: string): string[] =>
  readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.fallback-`));

/** The rows of some SQL, as text. */
export async function rows(db: BaseDuckDBManager, text: string): Promise<unknown[][]> {
  return (await db.duckdbConn.runAndReadAll(text)).getRowsJson();
}
