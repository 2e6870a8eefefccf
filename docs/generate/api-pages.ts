// The pages of the API as Markdown: one for each topic, and an index. Not here: what there is (public-api.ts), which page it is on
// (topics.ts).
import { format } from 'prettier';
import type { DocComment } from './doc-comment.js';
import type { Entry, Member, PublicSymbol } from './public-api.js';
import { ENTRIES, TOPICS, topicOf } from './topics.js';

interface Page {
  readonly file: string;
  readonly title: string;
  readonly about: string;
  readonly specifier: string;
  readonly symbols: readonly PublicSymbol[];
}

const NOTICE = '<!-- Made by `npm run docs` from the comments in lib/. Change those, and run it. -->';
const KINDS = { function: 'function', class: 'class', interface: 'interface', type: 'type', value: 'value' } as const;

/** Text of each page by its place under `docs`. */
export async function apiPages(entries: readonly Entry[]): Promise<ReadonlyMap<string, string>> {
  const pages = entries.flatMap(pagesOf);
  const targets = new Map<string, string>();
  for (const page of pages)
    for (const [name, anchor] of anchorsOf(page)) if (!targets.has(name)) targets.set(name, `${page.file}#${anchor}`);
  const texts = new Map([['api/README.md', indexText(pages, targets)]]);
  for (const page of pages) texts.set(`api/${page.file}`, await pageText(page, targets));
  return texts;
}

function pagesOf({ specifier, symbols }: Entry): readonly Page[] {
  const sub = specifier.split('/').slice(2).join('-');
  if (sub !== '') {
    const { title, about } = ENTRIES[sub] ?? { title: specifier, about: '' };
    return [{ file: `${sub}.md`, title, about, specifier, symbols: inOrder(symbols) }];
  }
  const placed = symbols.map((symbol) => ({ symbol, topic: topicOf(symbol.name, symbol.file) }));
  return TOPICS.map((topic) => ({
    ...topic,
    file: `${topic.page}.md`,
    specifier,
    symbols: inOrder(placed.filter((each) => each.topic === topic).map(({ symbol }) => symbol)),
  })).filter((page) => page.symbols.length > 0);
}

/** What is called first, then what it takes and gives. */
const inOrder = (symbols: readonly PublicSymbol[]): readonly PublicSymbol[] => [...symbols.filter(isCalled), ...symbols.filter((symbol) => !isCalled(symbol))]; // prettier-ignore
const isCalled = ({ kind }: PublicSymbol): boolean => kind === 'function' || kind === 'class' || kind === 'value';

const slug = (heading: string): string => heading.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-'); // prettier-ignore

/** Anchors as GitHub makes them: of equal ones the later have a number. By symbol. */
function anchorsOf({ title, symbols }: Page): ReadonlyMap<string, string> {
  const taken = new Map<string, number>();
  const anchor = (heading: string): string => {
    const base = slug(heading);
    const before = taken.get(base) ?? 0;
    taken.set(base, before + 1);
    return before === 0 ? base : `${base}-${before}`;
  };
  anchor(title);
  const anchors = new Map<string, string>();
  for (const symbol of symbols) {
    anchors.set(symbol.name, anchor(symbol.name));
    for (const method of methodsOf(symbol)) anchors.set(`${symbol.name}.${method.name}`, anchor(method.name));
  }
  return anchors;
}

const methodsOf = ({ members }: PublicSymbol): readonly Member[] => members.filter(({ kind }) => kind === 'method');

function indexText(pages: readonly Page[], targets: ReadonlyMap<string, string>): string {
  const rows = pages.map(({ file, title, symbols }) => {
    const names = symbols.map(({ name }) => `[\`${name}\`](${targets.get(name) ?? file})`);
    return `## [${title}](${file})\n\n${names.join(' ')}\n`;
  });
  return `${NOTICE}\n\n# The API\n\nEvery symbol that the package exports, by topic: its signature, what it does, defaults, what it throws, an example. The examples compile\nin CI. Guides, which tell what to use when: [docs/README.md](../README.md).\n\n${rows.join('\n')}`;
}

async function pageText(page: Page, targets: ReadonlyMap<string, string>): Promise<string> {
  const parts = [
    NOTICE,
    `# ${page.title}`,
    page.about,
    `From \`${page.specifier}\`. All pages: [README.md](README.md).`,
  ];
  parts.push(contents(page, targets));
  for (const symbol of page.symbols) parts.push(await symbolText(symbol, page, targets));
  return parts.filter((part) => part !== '').join('\n\n');
}

/** What is on a page, with the methods of its classes. */
function contents(page: Page, targets: ReadonlyMap<string, string>): string {
  const lines = page.symbols.filter((symbol) => methodsOf(symbol).length > 0).map((symbol) => `- ${link(symbol.name, page, targets)}: ${methodsOf(symbol).map(({ name }) => link(`${symbol.name}.${name}`, page, targets, name)).join(' ')}`); // prettier-ignore
  const called = page.symbols.filter((symbol) => isCalled(symbol) && methodsOf(symbol).length === 0);
  const types = page.symbols.filter((symbol) => !isCalled(symbol) && methodsOf(symbol).length === 0);
  for (const [what, symbols] of [
    ['Functions and values', called],
    ['Types', types],
  ] as const)
    // prettier-ignore
    if (symbols.length > 0) lines.push(`- ${what}: ${symbols.map(({ name }) => link(name, page, targets)).join(' ')}`);
  return lines.join('\n');
}

async function symbolText(symbol: PublicSymbol, page: Page, targets: ReadonlyMap<string, string>): Promise<string> {
  const { name, kind, signatures, comment, members } = symbol;
  const fields = members.filter((member) => member.kind === 'field');
  const parts = [`## ${name}`, `_${KINDS[kind]}_`];
  // of an interface its members say all
  if (kind !== 'interface') parts.push(await code(signatures, kind === 'class' ? 'class' : 'statement'));
  parts.push(...told(comment));
  if (fields.length > 0)
    parts.push(
      fields.map((field) => `- ${field.signatures.map(inline).join(', ')}: ${flat(field.comment.text)}`).join('\n'),
    );
  if (symbol.extends.length > 0)
    parts.push(`Also what ${symbol.extends.map((each) => link(each, page, targets)).join(' and ')} has.`);
  parts.push(seeAlso([...signatures, ...fields.flatMap((field) => field.signatures)], name, page, targets));
  for (const method of methodsOf(symbol)) {
    parts.push(`### ${method.name}`, await code(method.signatures, 'member'), ...told(method.comment));
    parts.push(seeAlso(method.signatures, name, page, targets));
  }
  return parts.filter((part) => part !== '').join('\n\n');
}

const GUIDES = /(?<![[(/])docs\/([a-z-]+\.md)/g;
const flat = (text: string): string => linked(text).replaceAll('\n\n', ' ').replaceAll('\n', ' ');
const linked = (text: string): string => text.replaceAll(GUIDES, '[$1](../$1)');

function told({ text, params, returns, throws, examples }: DocComment): readonly string[] {
  const parts = [linked(text)];
  if (params.length > 0) parts.push(params.map((each) => `- \`${each.name}\`: ${flat(each.text)}`).join('\n'));
  if (returns !== undefined) parts.push(`**Gives** ${flat(returns)}`);
  if (throws.length > 0) parts.push(`**Throws** ${throws.map(flat).join('; ')}`);
  if (examples.length > 0) parts.push(examples.map((each) => `\`\`\`ts\n${each}\n\`\`\``).join('\n\n'));
  return parts;
}

function inline(signature: string): string {
  const text = signature
    .replaceAll(/\s+/g, ' ')
    .replace(/^get (\w+)\(\)/, '$1')
    .replace(/^(?:protected|static) /, '');
  const marks = text.includes('`') ? '``' : '`';
  return `${marks}${text}${marks}`;
}

function link(name: string, page: Page, targets: ReadonlyMap<string, string>, shown = name): string {
  const target = targets.get(name);
  if (target === undefined) return `\`${shown}\``;
  return `[\`${shown}\`](${target.startsWith(`${page.file}#`) ? target.slice(page.file.length) : target})`;
}

/** Symbols of the package that signatures name. */
function seeAlso(
  signatures: readonly string[],
  self: string,
  page: Page,
  targets: ReadonlyMap<string, string>,
): string {
  const names = new Set(signatures.join('\n').match(/(?<![.'"\w])[A-Z]\w+/g) ?? []);
  names.delete(self);
  const links = [...names].filter((name) => targets.has(name)).map((name) => link(name, page, targets));
  return links.length === 0 ? '' : `Types: ${links.join(' ')}`;
}

/** Signatures laid out by prettier, which takes whole declarations alone. */
async function code(signatures: readonly string[], what: 'statement' | 'member' | 'class'): Promise<string> {
  const options = { parser: 'typescript', printWidth: 100, singleQuote: true } as const;
  const inClass = what === 'member';
  const text = inClass
    ? `declare class X {\n${signatures.join(';\n')};\n}`
    : signatures.map((each) => (each.startsWith('type') ? each : `declare ${each}`)).join(';\n');
  const laid = (await format(text, options)).trimEnd();
  const lines = inClass
    ? laid
        .split('\n')
        .slice(1, -1)
        .map((line) => line.slice(2))
    : laid.split('\n');
  const plain = lines.map((line) => line.replace(/^declare /, '')).join('\n');
  return `\`\`\`ts\n${what === 'class' ? plain.replace(/ \{\s*\}$/, '') : plain}\n\`\`\``;
}
