// The quick start of README.md, followed word for word in an empty folder. Not here: the README's words.
import { equal } from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, type Workshop } from './workshop.js';

/** What the README says to do: commands, files by their names, commands, and what they print. */
export function quickStartOf(readme: string): {
  setUp: string;
  files: Record<string, string>;
  start: string;
  prints: string;
} {
  const section = /^## Quick start\n([\s\S]*?)(?=^## )/m.exec(readme)?.[1] ?? '';
  const blocks = [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, language, code]) => [language, code] as const,
  );
  const [setUp, config, program, start, prints] = blocks.map(([, code]) => code as string);
  equal(blocks.map(([language]) => language).join(' '), 'sh json ts sh text', 'the blocks of the quick start');
  return {
    setUp: setUp as string,
    files: { 'tsconfig.json': config as string, 'main.ts': program as string },
    start: start as string,
    prints: prints as string,
  };
}

export async function quickStart(workshop: Workshop): Promise<void> {
  const { setUp, files, start, prints } = quickStartOf(readFileSync(join(root, 'README.md'), 'utf8'));
  const folder = workshop.empty('readme');
  // the one word that is not the README's: the package is not published yet
  const install = setUp.replace('npm install @mysingle/database', `npm install ${workshop.tarball}`);
  await run(`${install}\npwd > "${join(folder, 'where')}"`, folder);
  const own = readFileSync(join(folder, 'where'), 'utf8').trim();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), text);
  equal(`${await run(start, own)}\n`, prints);
}
