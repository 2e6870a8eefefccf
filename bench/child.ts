// A process of its own for one measurement; what it writes to standard output comes back. Not here: what runs in it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** @throws when it fails, with what it said on standard error */
export async function inChild(script: URL, given: readonly string[] = [], node = process.execPath): Promise<string> {
  const { stdout } = await run(node, ['--expose-gc', fileURLToPath(script), ...given], { maxBuffer: 2 ** 26 });
  return stdout;
}
