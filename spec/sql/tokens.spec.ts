import { expect } from 'chai';
import { describe, it } from 'mocha';
import { statementsOf, tokensOf } from '../../lib/sql/tokens.js';

const brief = (sql: string): string[] => tokensOf(sql).map(({ kind, text }) => `${kind}:${text}`);

describe('the tokens of SQL', () => {
  it('are words in lower case, names as they are, strings, and signs', () => {
    expect(brief(`SELECT "A""b", 'it''s' FROM größe_1`)).to.deep.equal([
      'word:select',
      'name:A"b',
      'sign:,',
      "string:it's",
      'word:from',
      'word:größe_1',
    ]);
  });

  it('leave out comments, which nest, and white space', () => {
    expect(brief('-- insert\nselect /* a /* b */ into */ 1 -- end')).to.deep.equal(['word:select', 'sign:1']);
  });

  it('see nothing inside of dollar quotes', () => {
    expect(brief("select $$ ' ; -- $$, $a$ $$ $b$ $a$, $1")).to.deep.equal([
      'word:select',
      "string: ' ; -- ",
      'sign:,',
      'string: $$ $b$ ',
      'sign:,',
      'sign:$',
      'sign:1',
    ]);
  });

  it('end strings with escapes, comments and white space where DuckDB does', () => {
    expect(brief(String.raw`select e'a\'; b''' c, 'd\' e`)).to.deep.equal([
      'word:select',
      String.raw`string:a\'; b'`,
      'word:c',
      'sign:,',
      'string:d\\',
      'word:e',
    ]);
    expect(brief('-- a\rb\u200Bc\u2060;\uFEFFd')).to.deep.equal(['word:b', 'word:c', 'sign:;', 'word:d']);
  });

  it('know the brackets around them, and where they begin', () => {
    const tokens = tokensOf('a (b (c)) d');
    expect(tokens.filter(({ kind }) => kind === 'word').map(({ text, depth, at }) => [text, depth, at])).to.deep.equal([
      ['a', 0, 0],
      ['b', 1, 3],
      ['c', 2, 6],
      ['d', 0, 10],
    ]);
  });

  it('end where the text ends, whatever is open', () => {
    for (const sql of ["select 'a", 'select "a', 'select /* a /* b */', 'select $$ a', 'select $x$ a $$'])
      expect(tokensOf(sql)[0]?.text, sql).to.equal('select');
    expect(tokensOf('')).to.deep.equal([]);
  });

  it('tell one statement from the next', () => {
    expect(statementsOf('a \';\' b; -- ; c\n ; $$;$$ ";" /*;*/ (;) ;; ')).to.deep.equal([
      "a ';' b",
      ' $$;$$ ";" /*;*/ (;) ',
    ]);
    expect(statementsOf(' -- nothing')).to.deep.equal([]);
  });
});
