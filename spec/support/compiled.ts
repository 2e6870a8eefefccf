// TypeScript compiled by a spec: the other mode of decorators, and types that must not be accepted.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const TSC = join(root, 'node_modules', '.bin', 'tsc');

/** Compiles a source inside dist/, so that it finds the package by its name; gives what tsc says and where the JS is. */
export async function compiled(
  name: string,
  source: string,
  flags: readonly string[] = [],
): Promise<{ said: string; js: string }> {
  const folder = join(root, 'dist', 'fixtures', name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, source);
  const common = [
    '--ignoreConfig',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--types',
    'node',
    '--strict',
    '--skipLibCheck',
  ];
  const said = await run(TSC, [...common, ...flags, file], { cwd: root }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stdout: string }).stdout,
  );
  return { said, js: join(folder, `${name}.js`) };
}

/** The flags of the legacy decorators. */
export const LEGACY = ['--experimentalDecorators', '--emitDecoratorMetadata'];
