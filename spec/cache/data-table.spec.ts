import { expect } from 'chai';
import { describe, it } from 'mocha';
import { checkedTable, isThere, purgeStatement, readStatement, storeStatement } from '../../lib/cache/data-table.js';
import { failure } from '../support/failure.js';

const COLUMNS = [
  'id UUID',
  'cache_key VARCHAR',
  'data_json JSON',
  'created_at TIMESTAMP WITH TIME ZONE',
  'updated_at TIMESTAMP WITH TIME ZONE',
];

/** What DuckDB says of tables, by name. */
function catalog(tables: Readonly<Record<string, readonly string[]>>, isTable = true) {
  const rows = Object.entries(tables).flatMap(([name, columns]) => columns.map((column) => [name, column, isTable]));
  return { rowCount: rows.length, columns: [0, 1, 2].map((place) => rows.map((row) => row[place])) };
}

describe('a table of the cache calls', () => {
  it('is there where all its columns are, in any order, and no others', async () => {
    expect(isThere('c', catalog({}))).to.equal(false);
    expect(isThere('c', catalog({ C: COLUMNS }))).to.equal(true);
    expect(isThere('c', catalog({ c: COLUMNS.toReversed() }))).to.equal(true);
    // DuckDB's lower() holds them equal, its catalog does not
    expect(isThere('É', catalog({ é: ['n INTEGER'] }))).to.equal(false);
    for (const columns of [COLUMNS.slice(1), [...COLUMNS, 'more INTEGER'], COLUMNS.with(4, 'updated_at TIMESTAMP')])
      await failure(() => isThere('c', catalog({ c: columns })), 'E_CONFIG');
    expect((await failure(() => isThere('c', catalog({ c: COLUMNS }, false)), 'E_CONFIG')).message).to.equal(
      '"c" is a view, and no cache table. Give another tableName, or drop the view, and the table is made.',
    );
    const wide = catalog({ c: Array.from({ length: 50 }, (_each, n) => `c${n} INTEGER`) });
    expect((await failure(() => isThere('c', wide), 'E_CONFIG')).message).to.include('c7 INTEGER, ..., and');
  });

  it('has no name of a table of this library', async () => {
    expect(checkedTable('mysingle_cache2')).to.equal('mysingle_cache2');
    expect((await failure(() => checkedTable('MYSINGLE_cache'), 'E_CONFIG')).message).to.equal(
      'The name of a cache table is the name of a table of this library.',
    );
    for (const name of ['', '\uD800', 5]) await failure(() => checkedTable(name), 'E_CONFIG');
  });

  it('is written one row at a time by VALUES, which stays prepared, and several by lists', () => {
    expect(storeStatement('c', [['k', '1']], 0).text).to.match(/^INSERT INTO "c" \([a-z_, ]+\) VALUES \(\$1, \$2, \$3, \$3\) ON CONFLICT/); // prettier-ignore
    expect(
      storeStatement(
        'c',
        [
          ['k', '1'],
          ['l', '2'],
        ],
        0,
      ).text,
    ).to.match(/SELECT unnest\(\$1\), unnest\(\$2\), \$3, \$3 ON CONFLICT/);
  });

  it('is asked for times that go back no further than a Date', () => {
    const [, young] = readStatement('c', 'k', 1000, 400).parameters;
    expect(young?.value).to.equal(600_000n);
    for (const { value } of [readStatement('c', 'k', 0, 1e300).parameters[1], purgeStatement('c', 0, 1e300).parameters[0]] as never[] as { value: bigint }[])
      expect(value).to.equal(-8_640_000_000_000_000_000n);
  }); // prettier-ignore
});
