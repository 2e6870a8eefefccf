// The package as a list of files: what is in it leads to something that is in it, too. Not here: its types (publint and attw).
import { deepEqual } from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { run, type Workshop } from './workshop.js';

/** In bytes: what each install downloads of it. */
const LARGEST = 1_500_000;

/** Links, source maps and their sources of the packed files that lead nowhere in the package. */
function deadEnds(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const targets = (file: string): string[] => {
    const text = readFileSync(join(folder, file), 'utf8');
    if (file.endsWith('.map')) return (JSON.parse(text) as { sources: string[] }).sources;
    if (file.endsWith('.md')) {
      const links = [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] as string);
      return links.filter((link) => !/^\w+:/.test(link));
    }
    return /\.(?:js|d\.ts)$/.test(file)
      ? [...text.matchAll(/^\/\/# sourceMappingURL=(.*)$/gm)].map((match) => match[1] as string)
      : [];
  };
  return files
    .filter((file) => /\.(?:map|md|js|d\.ts)$/.test(file))
    .flatMap((file) =>
      targets(file)
        .filter((target) => !existsSync(join(folder, normalize(join(dirname(file), target)))))
        .map((target) => `${file} -> ${target}`),
    );
}

export function tarballChecks(workshop: Workshop): [name: string, check: () => Promise<void>][] {
  return [
    [
      'the files of the package',
      async () => {
        const folder = workshop.empty('tarball');
        await run(`tar -xzf '${workshop.tarball}'`, folder);
        const size = readFileSync(workshop.tarball).length;
        if (size > LARGEST) throw new Error(`${size} bytes, of ${LARGEST}`);
        const top = readdirSync(join(folder, 'package')).toSorted();
        deepEqual(top, [
          'CHANGELOG.md',
          'LICENSE',
          'README.md',
          'bench',
          'dist',
          'docs',
          'examples',
          'lib',
          'package.json',
        ]);
        deepEqual(deadEnds(join(folder, 'package')), []);
      },
    ],
  ];
}
