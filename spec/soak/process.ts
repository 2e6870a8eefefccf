// A child process of the soak: its lines as they come, and kill -9. Not here: what it does (worker.ts, holder.ts).
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

export class Process {
  readonly lines: string[] = [];
  #stderr = '';
  #over = false;
  #heard: (() => void) | undefined;
  readonly #closed: Promise<unknown>;

  constructor(
    private readonly child: ChildProcess,
    onLine: (line: string) => void,
  ) {
    createInterface(child.stdout as NodeJS.ReadableStream).on('line', (line) => {
      this.lines.push(line);
      onLine(line);
      this.#heard?.();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    child.once('close', () => {
      this.#over = true;
      this.#heard?.();
    });
    this.#closed = once(child, 'close');
  }

  static start(script: 'worker' | 'holder', argument: string, onLine: (line: string) => void): Process {
    const child = spawn(process.execPath, [join(here, `${script}.js`), argument], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new Process(child, onLine);
  }

  /** Waits for a line that begins so. @returns it; undefined when the process ends, or the time is over, without it */
  async line(start: string, patienceMs = 30_000): Promise<string | undefined> {
    const until = performance.now() + patienceMs;
    for (;;) {
      const found = this.lines.find((line) => line.startsWith(start));
      const leftMs = until - performance.now();
      if (found !== undefined || this.#over || leftMs <= 0) return found;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  has(start: string): boolean {
    return this.lines.some((line) => line.startsWith(start));
  }

  /** kill -9. @returns whether it was alive; all of its lines are there then */
  async kill(): Promise<boolean> {
    const alive = !this.#over && this.child.exitCode === null && this.child.kill('SIGKILL');
    await this.#closed;
    return alive;
  }

  /** Asks it to close in order, and waits for its end. */
  async close(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.#closed;
  }

  /** What it complained of. */
  get complaints(): readonly string[] {
    const failed = this.lines.filter((line) => line.startsWith('failed'));
    return this.#stderr.trim() === '' ? failed : [...failed, this.#stderr.trim()];
  }
}
