import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const lib = join(root, 'lib');

/** The rooms from left to right. An import points to the left, or stays inside its own folder. */
const ARROW = [
  [
    'errors',
    'duration',
    'limit',
    'context',
    'log',
    'diagnostic-events',
    'diagnostics',
    'fragment',
    'json-serializable',
  ],
  ['vector/'],
  ['entity/'],
  ['sql/'],
  ['engine/'],
  ['schema/', 'cache/'],
  [
    'snapshot',
    'batch',
    'row-encoder',
    'row-gatherer',
    'row-source',
    'chunk-encoder',
    'few-rows',
    'write-error',
    'bulk',
  ],
  ['row-stream', 'options', 'files/'],
  ['waiting-call', 'point-reads', 'group-commit', 'point-operations'],
  ['reading/'],
  ['reads', 'upsert', 'raw-sql'],
  ['repository'],
  ['lifetime', 'manager'],
  ['inject', 'transactional', 'close-on-signals'],
  ['index'],
  ['testing/'],
];

function files(): string[] {
  return readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replaceAll('\\', '/'));
}

function roomOf(file: string): number {
  const name = file.replace(/\.[jt]s$/, '');
  return ARROW.findIndex((rooms) => rooms.some((room) => (room.endsWith('/') ? name.startsWith(room) : name === room)));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(lib, file), 'utf8');
  return [...text.matchAll(/from '(\.[^']+)'/g)].map((match) =>
    relative('.', normalize(join(dirname(file), match[1] as string))).replaceAll('\\', '/'),
  );
}

const folderOf = (file: string): string => (file.includes('/') ? file.slice(0, file.indexOf('/')) : '');

describe('the house', () => {
  it('has a place for every file', () => {
    expect(files().filter((file) => roomOf(file) < 0)).to.deep.equal([]);
  });

  it('lets imports point only to the left, or inside their own folder', () => {
    const wrong = files().flatMap((file) =>
      importsOf(file)
        .filter((target) => {
          const sameFolder = folderOf(file) !== '' && folderOf(file) === folderOf(target);
          const sameGroup = roomOf(target) === roomOf(file) && folderOf(file) === '' && folderOf(target) === '';
          return !(roomOf(target) < roomOf(file) || sameFolder || sameGroup);
        })
        .map((target) => `${file} -> ${target}`),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('lets subpaths of the package import nothing but the package and their own folder', () => {
    const wrong = files()
      .filter((file) => file.startsWith('testing/'))
      .flatMap((file) => importsOf(file).map((target) => [file, target] as const))
      .filter(([, target]) => target !== 'index.js' && !target.startsWith('testing/'));
    expect(wrong).to.deep.equal([]);
  });

  it('has no circles', () => {
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (path.includes(file) || done.has(file)) return;
      for (const target of importsOf(file)) visit(target.replace(/\.js$/, '.ts'), [...path, file]);
      done.add(file);
    };
    for (const file of files()) visit(file, []);
    expect(circles).to.deep.equal([]);
  });

  it('keeps class-validator, class-transformer and reflect-metadata behind one file each', () => {
    const users = (name: string): string[] =>
      files().filter((file) => readFileSync(join(lib, file), 'utf8').includes(`'${name}'`));
    expect(users('class-validator')).to.deep.equal(['entity/validate.ts']);
    expect(users('class-transformer')).to.deep.equal(['json-serializable.ts']);
    expect(users('reflect-metadata')).to.deep.equal(['entity/draft.ts']);
  });

  it('opens every file with what it is for', () => {
    expect(files().filter((file) => !readFileSync(join(lib, file), 'utf8').startsWith('// '))).to.deep.equal([]);
  });
});
