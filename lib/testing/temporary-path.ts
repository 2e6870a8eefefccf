// A path for a database file that is gone afterwards, whatever becomes of the test. Not here: opening it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What `temporaryPath` gives. */
export interface TemporaryPath extends Disposable {
  /** of a database file that is not there yet, in a folder of its own */
  readonly path: string;
  /** Removes the folder with all that is in it. Close the managers on it before. */
  remove(): void;
}

/** Those that nobody has removed yet: a test that fails or is stopped does not. */
const folders = new Set<string>();

/**
 * A path in a new folder of the system's temporary one, which is removed by `using`, by `remove()`, or at the end of the process.
 *
 * @example using file = temporaryPath(); await using db = await BaseDuckDBManager.open({ path: file.path });
 */
export function temporaryPath(): TemporaryPath {
  const folder = mkdtempSync(join(tmpdir(), 'mysingle-database-test-'));
  if (folders.size === 0) process.once('exit', removeAll);
  folders.add(folder);
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
    folders.delete(folder);
    if (folders.size === 0) process.off('exit', removeAll);
  };
  return { path: join(folder, 'test.duckdb'), remove, [Symbol.dispose]: remove };
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
