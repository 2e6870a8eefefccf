// Managers that a test has made, and the word about those that it has left open. Not here: making them (test-manager.ts).
import type { BaseDuckDBManager } from '../index.js';

/** With the line of the test that made it. */
const made = new Map<BaseDuckDBManager, string>();

/** Once for the process, however often all are closed meanwhile. */
let listening = false;

const isOpen = (manager: BaseDuckDBManager): boolean => manager.health().status !== 'closed';

/** Tells of the manager at the end of the process, where it is open then. @param maker whose caller is told */
export function watch(manager: BaseDuckDBManager, place: string): void {
  // those that were closed meanwhile need not be kept
  for (const each of made.keys()) if (!isOpen(each)) made.delete(each);
  if (!listening) process.once('exit', tell);
  listening = true;
  made.set(manager, place);
}

/** The first line of the caller's stack that is not of this kit. */
export function callerOf(maker: (...args: never[]) => unknown): string {
  const at: { stack?: string } = {};
  Error.captureStackTrace(at, maker);
  return (at.stack ?? '').split('\n')[1]?.trim() ?? '';
}

function tell(): void {
  const left = [...made].filter(([manager]) => isOpen(manager));
  if (left.length === 0) return;
  const places = left.map(([manager, place]) => `  - '${manager.name}' (${manager.dbPath}) ${place}\n`).join('');
  // at the end of a process nothing else is written any more
  process.stderr.write(
    `@mysingle/database/testing: left open at the end of the process. Close them, or write 'await using db = await createTestManager(...)':\n${places}`,
  );
}
