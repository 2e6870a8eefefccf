// The comments of the public API: each symbol has one, it says what the policy asks for, and its examples compile.
import { join } from 'node:path';
import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { examplesOf, wrongExamples } from '../docs/generate/example-check.js';
import { missing } from '../docs/generate/policy.js';
import { publicApi, type Entry, type PublicSymbol } from '../docs/generate/public-api.js';

const root = join(import.meta.dirname, '..', '..');

describe('the comments of the public API', function () {
  // the compiler reads the whole library, on machines that may be slow
  this.timeout(240_000);
  let entries: readonly Entry[];
  before(() => {
    entries = publicApi(root);
  });

  it('say what the policy asks for: what it is, an example, what it throws', () => {
    expect(entries.flatMap(({ symbols }) => symbols)).to.have.length.above(150);
    expect(missing(entries)).to.deep.equal([]);
  });

  it('have examples that compile', () => {
    expect(examplesOf(entries)).to.have.length.above(150);
    expect(wrongExamples(root, entries)).to.deep.equal([]);
  });

  it('name what is missing, and an example that is wrong', () => {
    const silent = { text: '', params: [], returns: undefined, throws: [], examples: [], internal: false };
    const told = { ...silent, text: 'Something.', examples: ['const wrong: string = gt(1);'] };
    const method = { name: 'find', kind: 'method', signatures: ['find(): Promise<void>'], comment: silent } as const;
    const symbol: PublicSymbol = {
      name: 'Reader', kind: 'class', file: 'reader', signatures: ['class Reader {}'], comment: told, extends: [],
      members: [{ ...method, from: undefined }, { ...method, name: 'limit', kind: 'field', signatures: ['limit?: number'], from: undefined }],
    }; // prettier-ignore
    const entry: Entry = { specifier: '@mysingle/database', symbols: [symbol] };
    expect(missing([entry])).to.deep.equal([
      'Reader.find: what it is',
      'Reader.find: an example',
      'Reader.find: what it throws',
      'Reader.limit: what it is',
    ]);
    const known = entries[0]?.symbols.find(({ name }) => name === 'gt') as PublicSymbol;
    const [wrong] = wrongExamples(root, [{ ...entry, symbols: [symbol, known] }]);
    expect(wrong).to.match(/^Reader: Type 'Operator<1>' is not assignable to type 'string'/);
  });
});
