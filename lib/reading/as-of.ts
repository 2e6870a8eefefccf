// Reads each row with its match in another table. Not here: the join (sql/as-of.ts).
import { readResult } from '../engine/result.js';
import { hydrateOf } from '../entity/hydrate.js';
import { schemaOf } from '../entity/schema.js';
import type { EntityClass } from '../entity/row.js';
import { asOfStatement } from '../sql/as-of.js';
import type { ReadOptions, Reader } from './reader.js';

export async function asOf(reader: Reader, other: EntityClass, options: ReadOptions): Promise<object[]> {
  const schema = schemaOf(other);
  const { statement, left, right } = asOfStatement(reader.schema, schema, options);
  const hydrateLeft = reader.hydrate(left);
  const hydrateRight = hydrateOf(schema, right.map((column) => column.property)); // prettier-ignore
  return reader.cached(
    'asOf',
    statement,
    options,
    readResult,
    ({ columns, rowCount }) => {
      const matched = columns.at(-1) as readonly unknown[];
      // no instance is made of NULLs
      const there = matched.flatMap((match, row) => (match === true ? [row] : []));
      const rows: object[] = [];
      const matches: object[] = [];
      hydrateLeft(columns.slice(0, left.length), rowCount, rows);
      const own = columns.slice(left.length, -1).map((column) => there.map((row) => column[row]));
      hydrateRight(own, there.length, matches);
      const found = matches.values();
      return rows.map((row, index) => ({ left: row, right: matched[index] === true ? found.next().value : null }));
    },
    [schema],
  );
}
