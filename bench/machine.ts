// The machine and the versions that figures belong to. Not here: the figures.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** The version of a package as it is installed, in `folder`'s own `node_modules` or where this file finds it. */
export function versionOf(name: string, folder?: string): string | undefined {
  const places = folder === undefined ? (require.resolve.paths(name) ?? []) : [join(folder, 'node_modules')];
  const found = places.map((place) => join(place, name, 'package.json')).find((file) => existsSync(file));
  return found === undefined ? undefined : (JSON.parse(readFileSync(found, 'utf8')) as { version: string }).version;
}

export function versions(): Readonly<Record<string, string>> {
  const own = JSON.parse(readFileSync(require.resolve('@mysingle/database/package.json'), 'utf8')) as { version: string }; // prettier-ignore
  const binding = versionOf('@duckdb/node-api') ?? 'not found';
  return { '@mysingle/database': own.version, '@duckdb/node-api': binding, node: process.version };
}

export function machine(): string {
  const model = cpus()[0]?.model.trim() ?? '';
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores${model === '' ? '' : ` (${model})`}, ${gib} GiB, ${process.platform} ${release()}, ${process.arch}`;
}
