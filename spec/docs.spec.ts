// Guides show code that runs: each block of TypeScript in them stands in an example, word for word. Pages that are made are what the
// comments and tables make of them, and links lead somewhere.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import * as library from '@mysingle/database';
import { pages } from '../docs/generate/pages.js';

const root = join(import.meta.dirname, '..', '..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');
const markdown = (folder: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file).replaceAll('\\', '/'));
const GUIDES = markdown('docs');
const ALL = ['README.md', ...GUIDES, ...markdown('docs/adr'), ...markdown('docs/api')];

/** Code without its indentation: a method is shown without its class. */
const flush = (code: string): string => code.replaceAll(/^ +/gm, '').trimEnd();

/** Text without blocks of code, whose brackets are no links. */
const prose = (text: string): string => text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '`');

/** Headings as GitHub names their anchors: of equal ones the later have a number. */
function anchorsOf(file: string): ReadonlySet<string> {
  const text = read(file).replaceAll(/^```[\s\S]*?^```$/gm, '');
  const taken = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.matchAll(/^#+ (.*)$/gm)) {
    const plain = heading.replaceAll(/\]\([^)]*\)/g, '').toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const earlier = taken.get(slug) ?? 0;
    taken.set(slug, earlier + 1);
    anchors.add(earlier === 0 ? slug : `${slug}-${earlier}`);
  }
  return anchors;
}

describe('the guides', () => {
  const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => flush(read('examples', file)));

  for (const guide of GUIDES)
    it(`${guide} shows code of the examples`, () => {
      const blocks = [...read(guide).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code as string);
      const strange = blocks.filter((code) => !examples.some((example) => example.includes(flush(code))));
      expect(strange).to.deep.equal([]);
    });

  it('compilers.md shows code of the projects that consume the package', () => {
    const blocks = [...read('docs', 'compilers.md').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(
      ([, code]) => code as string,
    );
    expect(blocks).to.have.lengthOf(1);
    expect(read('spec', 'consumers', 'commonjs', 'main.js')).to.include(blocks[0]);
  });

  it('are all in the index', () => {
    const index = read('docs', 'README.md');
    const own = GUIDES.map((guide) => guide.slice('docs/'.length)).filter((guide) => guide !== 'README.md');
    expect(own.filter((guide) => !index.includes(`](${guide})`))).to.deep.equal([]);
  });

  it('name every function for aggregates and windows', () => {
    const text = GUIDES.map((guide) => read(guide)).join('\n');
    const functions = [
      'count', 'countDistinct', 'sum', 'avg', 'min', 'max', 'median', 'quantile', 'stddev', 'first', 'last', 'argMin', 'argMax', 'collect', 'grouping', 'timeBucket', 'datePart',
      'lag', 'lead', 'firstValue', 'lastValue', 'runningSum', 'movingAvg', 'movingSum', 'movingMin', 'movingMax', 'rowNumber', 'rank', 'denseRank', 'percentRank',
    ]; // prettier-ignore
    expect(functions.filter((name) => !(name in library))).to.deep.equal([]);
    expect(functions.filter((name) => !text.includes(`\`${name}`))).to.deep.equal([]);
  });
});

describe('the documents', function () {
  // the pages are made by the compiler, on machines that may be slow
  this.timeout(240_000);

  for (const file of ALL)
    it(`${file} has links that lead somewhere`, () => {
      const targets = [...prose(read(file)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target as string);
      const broken = targets.filter((target) => {
        if (/^[a-z]+:/.test(target)) return false;
        const [path = '', anchor] = target.split('#');
        const place = path === '' ? file : normalize(join(dirname(file), path));
        if (!existsSync(join(root, place))) return true;
        return anchor !== undefined && place.endsWith('.md') && !anchorsOf(place).has(anchor);
      });
      expect(broken).to.deep.equal([]);
    });

  describe('that are made', () => {
    let made: ReadonlyMap<string, string>;
    before(async () => {
      made = await pages(root);
    });

    it('are what `npm run docs` makes of the comments and the table of codes', () => {
      const stale = [...made].filter(
        ([place, text]) => !existsSync(join(root, 'docs', place)) || read('docs', place) !== text,
      );
      expect(stale.map(([place]) => `docs/${place}: run npm run docs`)).to.deep.equal([]);
    });

    it('are all that is there', () => {
      const there = readdirSync(join(root, 'docs', 'api')).map((file) => `api/${file}`);
      expect(there.filter((place) => !made.has(place))).to.deep.equal([]);
    });
  });
});
