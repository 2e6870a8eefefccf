// A folder outside of the repository, with the packed package and everything that it is consumed with installed by npm. Not
// here: what is done in it.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository; this file runs in its dist/spec/consumers. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));
const sources = join(root, 'spec', 'consumers');

const LIMIT_MS = 300_000;

/** What a shell of a user would have: nothing of the npm that started this. */
function userEnvironment(): NodeJS.ProcessEnv {
  const own =
    /^(?:npm_(?:package|lifecycle)_|npm_config_local_prefix$|INIT_CWD$|NODE_OPTIONS$|FORCE_COLOR$|DUCKDB_PATH$|LOG_LEVEL$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

/** What a command line prints, on standard output and error together. @throws Error with all of it where it fails */
export async function run(command: string, cwd: string): Promise<string> {
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', command], {
    cwd,
    env: userEnvironment(),
    timeout: LIMIT_MS,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject).on('close', (status, signal) => resolve(status ?? signal ?? 'nothing'));
  });
  if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${output}`);
  return output.trimEnd();
}

export class Workshop {
  private constructor(
    readonly folder: string,
    /** the package, as `npm publish` would send it */
    readonly tarball: string,
  ) {}

  static async open(): Promise<Workshop> {
    const folder = mkdtempSync(join(tmpdir(), 'mysingle-consumers-'));
    // it was built by the command that runs this, from whose files this comes
    const packed = await run(`npm pack --silent --ignore-scripts --pack-destination '${folder}'`, root);
    // where npm looks for packages may be said in the repository
    cpSync(join(root, '.npmrc'), join(folder, '.npmrc'));
    return new Workshop(folder, join(folder, basename(packed)));
  }

  /** Compilers, runtimes and frameworks in the versions of package.json, and the package, in one install. */
  async install(): Promise<void> {
    cpSync(join(sources, 'package.json'), join(this.folder, 'package.json'));
    await run(
      `npm install --no-save --prefer-offline --no-audit --no-fund --loglevel=error '${this.tarball}'`,
      this.folder,
    );
  }

  /** A folder of its own with the files of a project, and programs under the names that they have in it. */
  project(name: string, programs: Readonly<Record<string, string>> = {}, as = name): string {
    const folder = this.empty(as);
    cpSync(join(sources, name), folder, { recursive: true });
    for (const [program, file] of Object.entries(programs))
      cpSync(join(sources, 'programs', program), join(folder, file));
    return folder;
  }

  empty(name: string): string {
    const folder = join(this.folder, 'projects', name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
