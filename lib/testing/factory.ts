// Rows for tests: what a test is about it says itself, the rest is filled in. Not here: the values (sample-value.ts).
import { columnsOf, type BaseDuckDBManager, type EntityClass, type Insert } from '../index.js';
import { refuse } from './known-options.js';
import { sampleValue } from './sample-value.js';

/** What a row is to have: values, or a function that makes them for the n-th row, from 1 on. */
export type Overrides<E> = Partial<Insert<E>> | ((n: number) => Partial<Insert<E>>);

/** What `factory` gives. */
export interface Factory<E extends object> {
  /** the next row, to be inserted */
  row(overrides?: Overrides<E>): Insert<E>;
  /** so many rows */
  rows(count: number, overrides?: Overrides<E>): Insert<E>[];
  /** Inserts the next row. @returns it as an instance */
  insert(db: BaseDuckDBManager, overrides?: Overrides<E>): Promise<E>;
  /** Inserts so many, all or none, in their order. @returns them as instances; for thousands `insertMany(rows(n))` is faster */
  insertMany(db: BaseDuckDBManager, count: number, overrides?: Overrides<E>): Promise<E[]>;
  /** The next row is the first one again. */
  reset(): void;
}

/**
 * Makes rows of an entity. Columns that must be given and are not get a value by their type and the number of the row, the same in each
 * run: `'name-1'`, `1`, `'1.0000'`, 2025-01-02, the first value of an enum, an empty list. Columns with a default and nullable ones are left
 * out. A foreign key is never made up: say which row is meant.
 *
 * @param defaults what each row has, unless a call says otherwise
 * @throws DatabaseError `E_DECLARATION` for a class that is no entity; from its methods `E_CONFIG` for a foreign key that is missing
 * @example const trades = factory(Trade, { symbol: 'AAPL' }); await db.repository(Trade).insertMany(trades.rows(1000));
 * @example
 * const closes = factory(Price, { symbol: 'AAPL' });
 * await closes.insert(db, { close: 12.5 });
 * const days = closes.rows(3, (n) => ({ day: new Date(Date.UTC(2026, 0, n)) }));
 */
export function factory<E extends object>(entity: EntityClass<E>, defaults: Overrides<E> = {}): Factory<E> {
  const wanted = columnsOf(entity).filter(
    (column) => !column.nullable && column.default === undefined && column.generated === undefined,
  );
  let count = 0;

  const row = (overrides: Overrides<E> = {}): Insert<E> => {
    const n = (count += 1);
    const given: Record<string, unknown> = { ...said(defaults, n), ...said(overrides, n) };
    for (const { property, type, as, references } of wanted) {
      if (given[property] !== undefined) continue;
      if (references !== undefined) {
        const [target, key] = references();
        refuse(`${entity.name}.${property} refers to ${target.name}.${key}. Say which row is meant: { ${property}: ... }.`); // prettier-ignore
      }
      given[property] = sampleValue(type, n, property, as);
    }
    return given as Insert<E>;
  };

  const rows = (length: number, overrides?: Overrides<E>): Insert<E>[] => {
    if (!Number.isSafeInteger(length) || length < 0) refuse(`factory: give a number of rows, got ${String(length)}.`);
    return Array.from({ length }, () => row(overrides));
  };

  return {
    row,
    rows,
    insert: (db, overrides) => db.repository(entity).insert(row(overrides)),
    insertMany: (db, length, overrides) =>
      db.transaction(async () => {
        const inserted: E[] = [];
        for (const each of rows(length, overrides)) inserted.push(await db.repository(entity).insert(each));
        return inserted;
      }),
    reset() {
      count = 0;
    },
  };
}

const said = <E>(overrides: Overrides<E>, n: number): object =>
  typeof overrides === 'function' ? overrides(n) : overrides;
