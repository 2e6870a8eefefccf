// A manager whose log lines a spec can look at.
import { pino } from 'pino';
import type { BaseDuckDBManager, ManagerOptions } from '@mysingle/database';
import { openManager } from './scratch.js';

export interface Watched {
  readonly db: BaseDuckDBManager;
  /** the lines about statements since the last look */
  readonly lines: () => Record<string, unknown>[];
}

export async function watched(options: ManagerOptions): Promise<Watched> {
  const written: string[] = [];
  const logger = pino({ level: 'debug', base: null }, { write: (line: string) => void written.push(line) });
  const db = await openManager({ ...options, logger });
  const lines = (): Record<string, unknown>[] =>
    written
      .splice(0)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => 'sql' in line);
  lines();
  return { db, lines };
}
