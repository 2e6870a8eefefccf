// One page of an entity's rows, and the cursors to those beside it. Not here: its SQL (sql/page.ts), cursors as text (cursor.ts).
import { readRows, type Read } from '../engine/result.js';
import { hydrateOf, itemOf, type Hydrate } from '../entity/hydrate.js';
import { propertiesOf, rowsOf } from '../sql/include.js';
import { pageLimit, pageStatement, sortKeysOf, type FindPageOptions } from '../sql/page.js';
import { Cursors } from './cursor.js';
import type { ReadOptions, Reader } from './reader.js';

/** A page of rows. */
export interface Page<R> {
  /** in the order that was asked for, whichever way the page was reached */
  readonly rows: R[];
  /** for `after`: the page behind these rows. null where there was none when this page was read */
  readonly next: string | null;
  /** for `before`: the page ahead of these rows. null where there was none when this page was read */
  readonly previous: string | null;
}

/** As it was read: on its way, with the keys of the first and the last row. What is cached has no cursors, whose key may change. */
interface Stretch {
  readonly rows: object[];
  readonly ends: readonly (readonly unknown[])[];
  readonly more: boolean;
}

export async function findPage(reader: Reader, options: ReadOptions): Promise<Page<object>> {
  const { schema } = reader;
  const limit = pageLimit(options);
  const { where, select, include, orderBy, after, before } = options as FindPageOptions<never>;
  const wanted = rowsOf(schema, select, include);
  const keys = sortKeysOf(schema, orderBy);
  const cursors = new Cursors(schema, keys, reader.cursorSecret);
  const backwards = before !== undefined;
  const cursor = backwards ? before : after;
  const place = cursor === undefined ? undefined : cursors.decode(cursor);
  const statement = pageStatement(wanted, where, { keys, place, backwards, limit });
  const read = readStretch(hydrateOf(schema, propertiesOf(wanted)), wanted.columns.length, keys.length);
  const { rows, ends, more } = await reader.cached('findPage', statement, options, read, (stretch): Stretch => {
    const beyond = stretch.rows.length > limit;
    const kept = beyond ? stretch.rows.slice(0, limit) : stretch.rows;
    const [first, last] = [stretch.keys[0], stretch.keys[kept.length - 1]];
    return { rows: kept, ends: first === undefined || last === undefined ? [] : [first, last], more: beyond };
  });
  const [nearest, farthest] = ends;
  const onwards = more && farthest !== undefined ? cursors.encode({ values: farthest, inclusive: false }) : null;
  // where there is nothing beyond the place any more, what lies behind it begins with its own row
  const back =
    place === undefined
      ? null
      : nearest === undefined
        ? cursors.encode({ values: place.values, inclusive: !place.inclusive })
        : cursors.encode({ values: nearest, inclusive: false });
  return backwards
    ? { rows: rows.toReversed(), next: back, previous: onwards }
    : { rows, next: onwards, previous: back };
}

type Keyed = { readonly rows: object[]; readonly keys: readonly (readonly unknown[])[]; readonly rowCount: number };

/** Rows, and the keys that stand between their columns and what is related to them. */
function readStretch(hydrate: Hydrate, columns: number, keys: number): Read<Keyed> {
  const own = <T>(each: readonly T[]): T[] => [...each.slice(0, columns), ...each.slice(columns + keys)];
  return (result, shape) => {
    const found: unknown[][] = [];
    const both: Hydrate = (items, count, rows, masks = []) => {
      hydrate(own(items), count, rows, own(masks));
      for (let row = 0; row < count; row += 1)
        found.push(Array.from({ length: keys }, (_key, key) => itemOf(items, masks, columns + key, row)));
    };
    return { ...readRows(both)(result, shape), keys: found };
  };
}
