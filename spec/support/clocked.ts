// A manager whose cache goes by a clock of the spec's, and whose log lines the spec can look at.
import { pino } from 'pino';
import type { BaseDuckDBManager, ManagerOptions } from '@mysingle/database';
import { Cache } from '../../lib/cache/cache.js';
import { Engine } from '../../lib/engine/engine.js';
import { acquireDatabase } from '../../lib/engine/registry.js';
import { resolveOptions } from '../../lib/options.js';
import { openManager, scratchPath } from './scratch.js';

export interface Clocked {
  readonly db: BaseDuckDBManager;
  readonly path: string;
  readonly clock: { now: number };
  /** the log lines with this text, and those from a warning on where none is given, since the last look */
  readonly said: (text?: string) => Record<string, unknown>[];
}

/** Managers that are opened on the file meanwhile share its cache, and the clock with it. */
export async function clocked(options: ManagerOptions = {}, clock = { now: 1_000_000 }): Promise<Clocked> {
  const path = options.path ?? scratchPath();
  const written: string[] = [];
  const logger = pino({ level: 'debug', base: null }, { write: (line: string) => void written.push(line) });
  const { database, log, cache } = resolveOptions({ ...options, path, logger });
  const lease = await acquireDatabase(database);
  const engine = new Engine(lease.database, log, 1000);
  // whoever opens the cache first says by what clock it goes
  await Cache.open(engine, cache, log, () => clock.now);
  const db = await openManager({ ...options, path, logger });
  await engine.close();
  await lease.release();
  const said = (text?: string): Record<string, unknown>[] =>
    written
      .splice(0)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ level, msg }) => (text === undefined ? (level as number) > 30 : msg === text));
  return { db, path, clock, said };
}
