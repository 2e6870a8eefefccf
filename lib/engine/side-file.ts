// The side files of a database: `<database>.fallback-<pid>-<id>`, beside it. Not here: what is in them (journal.ts).
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const MARK = '.fallback-';
/** What DuckDB writes first of all. A file that is shorter was never opened, so nothing can be in it. */
const HEADERS_BYTES = 12_288;

export class SideFile {
  private constructor(readonly path: string) {}

  /** A new one, not made yet. */
  static fresh(database: string): SideFile {
    return new SideFile(`${database}${MARK}${process.pid}-${randomBytes(6).toString('hex')}`);
  }

  /** Those that are there, the oldest first. */
  static of(database: string): readonly SideFile[] {
    const start = `${basename(database)}${MARK}`;
    return readdirSync(dirname(database))
      .filter((name) => name.startsWith(start) && /^\d+-[0-9a-f]{12}$/.test(name.slice(start.length)))
      .map((name) => new SideFile(join(dirname(database), name)))
      .toSorted((one, other) => one.#madeMs - other.#madeMs);
  }

  get name(): string {
    return basename(this.path);
  }

  /** The name it is attached under, in every process the same. */
  get alias(): string {
    return `mysingle_side_${this.path.slice(-12)}`;
  }

  get exists(): boolean {
    return this.#stat() !== undefined;
  }

  /** Whether it is no database yet: nobody wrote to it. Whoever makes it has its lock, so that is looked at before. */
  get unborn(): boolean {
    return (this.#stat()?.size ?? 0) < HEADERS_BYTES;
  }

  get #madeMs(): number {
    return this.#stat()?.birthtimeMs ?? 0;
  }

  #stat(): Stats | undefined {
    return statSync(this.path, { throwIfNoEntry: false });
  }

  /** The file last: without it nobody would look for the other. */
  remove(): void {
    rmSync(`${this.path}.wal`, { force: true });
    rmSync(this.path, { force: true });
  }
}
