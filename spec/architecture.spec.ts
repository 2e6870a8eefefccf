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
    'error-codes',
    'errors',
    'duration',
    'limit',
    'context',
    'log',
    'diagnostic-events',
    'diagnostics',
    'fragment',
    'plain-object',
    'require',
    'class-transformer',
    'typed-value',
    'members',
    'typed-property',
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
  ['reads', 'upsert', 'raw-sql', 'data-calls'],
  ['repository'],
  ['lifetime', 'manager', 'database-snapshot'],
  ['inject', 'transactional', 'close-on-signals'],
  ['index'],
  ['nestjs/', 'testing/'],
];

/** What users import beside the package itself: on its public API alone. */
const SUBPATHS = ['nestjs', 'testing'];

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

  it('lets subpaths import the public API and their own folder alone, and nothing else import the public API', () => {
    const wrong = files().flatMap((file) => {
      const subpath = SUBPATHS.includes(folderOf(file));
      return importsOf(file)
        .filter((target) =>
          subpath ? target !== 'index.js' && folderOf(target) !== folderOf(file) : target === 'index.js',
        )
        .map((target) => `${file} -> ${target}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('has an entry in package.json for every subpath', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
    expect(Object.keys(exports)).to.deep.equal(['.', ...SUBPATHS.map((name) => `./${name}`), './package.json']);
    expect(readdirSync(lib, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files().filter((file) => file === `${entry.name}/index.ts`) : []))).to.deep.equal(SUBPATHS.map((name) => `${name}/index.ts`)); // prettier-ignore
  });

  it('keeps Nest and rxjs within their subpath', () => {
    const users = files().filter((file) => /from '(?:@nestjs\/|rxjs)/.test(readFileSync(join(lib, file), 'utf8')));
    expect(users.filter((file) => !file.startsWith('nestjs/'))).to.deep.equal([]);
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
      files().filter((file) => new RegExp(`'${name}['/]`).test(readFileSync(join(lib, file), 'utf8')));
    expect(users('class-validator')).to.deep.equal(['entity/class-validator.ts']);
    expect(users('class-transformer')).to.deep.equal(['class-transformer.ts']);
    expect(users('reflect-metadata')).to.deep.equal(['entity/draft.ts']);
  });

  it('opens every file with what it is for', () => {
    expect(files().filter((file) => !readFileSync(join(lib, file), 'utf8').startsWith('// '))).to.deep.equal([]);
  });
});
