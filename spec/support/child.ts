// Another process: what needs a second holder of a file, a kill -9, or a natural exit. Its code is a module that runs in the
// package's root, so that it imports '@mysingle/database' and './dist/...' as a spec does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** Those of the test under way: one that fails before it ends its child would keep the whole run from its end. */
const running = new Set<Child>();

export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** what it has printed so far */
  readonly lines: readonly string[];
  /** all of its standard error, once it has ended */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string; readonly lines: readonly string[] }>;
  /** kill -9, and wait for its end */
  kill(): Promise<void>;
}

/** Starts `code`, and waits until it has printed the line `ready`, or has ended. Killed when it goes out of scope. */
export async function startChild(code: string, env: Readonly<Record<string, string>> = {}): Promise<Child> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, stderr, lines }));
  await new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      if (line === 'ready') resolve();
    });
    void ended.then(() => resolve());
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const started: Child = { pid: child.pid as number, lines, ended, kill, [Symbol.asyncDispose]: kill };
  running.add(started);
  void ended.then(() => running.delete(started));
  return started;
}

/** Ends what a test left running. */
export async function endChildren(): Promise<void> {
  for (const child of running) await child.kill();
}

/** Starts a child that opens `path` by DuckDB alone and holds it, for `heldMs` or until it is killed. */
export async function holdFile(path: string, heldMs = 60_000): Promise<Child> {
  const child = await startChild(`
    import { DuckDBInstance } from '@duckdb/node-api';
    const instance = await DuckDBInstance.create(${JSON.stringify(path)});
    const connection = await instance.connect();
    await connection.run('create table if not exists held (n integer)');
    console.log('ready');
    // a variable that nobody uses any more is no reason to keep them: collected, they would let go of the file
    globalThis.held = [instance, connection];
    setTimeout(() => process.exit(0), ${heldMs});
  `);
  return child;
}
