import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const root = join(import.meta.dirname, '..', '..', '..');

describe('docs/reading.md', () => {
  it('has its snippets from the example that runs', () => {
    const example = readFileSync(join(root, 'examples', 'reading.ts'), 'utf8');
    const guide = readFileSync(join(root, 'docs', 'reading.md'), 'utf8');
    const snippets = [...guide.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
    expect(snippets).to.have.length(3);
    expect(snippets.filter((snippet) => !example.includes(snippet))).to.deep.equal([]);
  });
});
