// Guides show code that runs: each block of TypeScript in them stands in an example, word for word.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import * as library from '@mysingle/database';

const root = join(import.meta.dirname, '..', '..');
const GUIDES = ['aggregates.md', 'observability.md', 'reading.md', 'sql.md', 'time-series.md'];
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

describe('the guides', () => {
  const examples = readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read('examples', file))
    // what stands in a block of an example stands at the margin in a guide
    .flatMap((text) => [text, text.replaceAll(/^ {2}/gm, '')]);

  for (const guide of GUIDES)
    it(`${guide} shows code of the examples`, () => {
      const blocks = [...read('docs', guide).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code as string);
      expect(blocks).to.have.length.above(3);
      const strange = blocks.filter((code) => !examples.some((example) => example.includes(code.trimEnd())));
      expect(strange).to.deep.equal([]);
    });

  it('name every line that is ever logged', () => {
    const table = read('lib', 'log.ts').split('const EVENTS')[1]?.split('satisfies')[0] ?? '';
    const events = [...table.matchAll(/: \['(\w+)', '([^']+)'\]/g)];
    expect(events).to.have.length.above(30);
    const rows = read('docs', 'observability.md')
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const wrong = events
      .map(([, level, text]) => [`\`${level === 'warn' ? 'warning' : level}\``, text])
      .filter(([level, text]) => !rows.some(([, first, second]) => first === level && second === text));
    expect(wrong).to.deep.equal([]);
    expect(rows.filter(([, level]) => /^`(?:debug|info|warning|error)`$/.test(level ?? ''))).to.have.length(
      events.length,
    );
  });

  it('name every function for aggregates and windows', () => {
    const text = GUIDES.map((guide) => read('docs', guide)).join('\n');
    const functions = [
      'count', 'countDistinct', 'sum', 'avg', 'min', 'max', 'median', 'quantile', 'stddev', 'first', 'last', 'argMin', 'argMax', 'collect', 'grouping', 'timeBucket', 'datePart',
      'lag', 'lead', 'firstValue', 'lastValue', 'runningSum', 'movingAvg', 'movingSum', 'movingMin', 'movingMax', 'rowNumber', 'rank', 'denseRank', 'percentRank',
    ]; // prettier-ignore
    expect(functions.filter((name) => !(name in library))).to.deep.equal([]);
    expect(functions.filter((name) => !text.includes(`\`${name}`))).to.deep.equal([]);
  });
});
