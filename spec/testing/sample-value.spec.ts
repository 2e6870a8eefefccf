import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, array, enumOf, json, list, map, struct, union } from '@mysingle/database';
import { createTestManager, factory } from '@mysingle/database/testing';

const SCALARS = [
  'boolean', 'tinyint', 'smallint', 'integer', 'utinyint', 'usmallint', 'uinteger', 'bigint', 'ubigint', 'hugeint', 'uhugeint', 'float', 'double',
  'decimal(18,4)', 'decimal(38,0)', 'decimal(2,2)', 'decimal(3,1)', 'varchar', 'uuid', 'bit', 'blob', 'date', 'timestamp', 'timestamp_s', 'timestamp_ms', 'timestamp_ns', 'timestamptz',
  'time', 'timetz', 'interval',
] as const; // prettier-ignore
const AS: Readonly<Record<string, readonly string[]>> = {
  bigint: ['number'], ubigint: ['number'], hugeint: ['number'], uhugeint: ['number'], 'decimal(18,4)': ['number'], date: ['string'],
  timestamp: ['bigint', 'string'], timestamp_s: ['bigint', 'string'], timestamp_ms: ['bigint', 'string'], timestamptz: ['bigint', 'string'],
  timestamp_ns: ['bigint'], time: ['bigint'], timetz: ['bigint'],
}; // prettier-ignore
const state = enumOf('sample_state', ['a', 'b']);
const BUILT = {
  state,
  doc: json(),
  numbers: list('double'),
  states: list(state),
  triple: array('integer', 3),
  route: struct({ venue: 'varchar', fee: 'decimal(5,2)', at: struct({ day: 'date' }) }),
  tags: map('varchar', 'integer'),
  either: union({ n: 'integer', t: 'varchar' }),
} as const;

/** An entity with one column of each type, and of each way to read it. */
function everyType(): new () => object {
  class Every {
    declare readonly key: number;
  }
  const add = (name: string, type: never, options = {}): void =>
    (Column(type, options) as (target: object, key: string) => void)(Every.prototype, name);
  add('key', 'integer' as never, { primaryKey: true });
  let number = 0;
  for (const type of SCALARS)
    for (const as of [undefined, ...(AS[type] ?? [])]) add(`c${(number += 1)}`, type as never, as === undefined ? {} : { as }); // prettier-ignore
  for (const [name, type] of Object.entries(BUILT)) add(name, type as never);
  Table('sample_every')(Every);
  return Every;
}

describe('the values of a factory', () => {
  it('fit every type of a column, read in every way, and come back as they went in', async () => {
    const Every = everyType();
    await using db = await createTestManager({ entities: [Every] });
    const rows = factory(Every).rows(300);
    expect(await db.repository(Every).insertMany(rows as never)).to.equal(300);
    const found = await db.repository(Every).find({ orderBy: { key: 'asc' } as never });
    for (const n of [0, 1, 126, 127, 255, 299]) expect({ ...found[n] }).to.deep.equal(rows[n]);
    expect(rows[0]).to.include({ key: 1, c1: true, state: 'a' });
    expect(rows[0]).to.deep.include({
      triple: [1, 2, 3],
      route: { venue: 'venue-1', fee: '1.00', at: { day: new Date('2025-01-02') } },
      either: { tag: 'n', value: 1 },
    });
  });

  it('differ from row to row, as far as the type has so many', () => {
    const Every = everyType();
    const rows = factory(Every).rows(100) as Record<string, unknown>[];
    const few = Object.keys(rows[0] ?? {}).filter(
      (key) => new Set(rows.map((row) => JSON.stringify(row[key], (_k, v) => (typeof v === 'bigint' ? `${v}` : v) as unknown))).size < 99, // prettier-ignore
    );
    // boolean, decimal(2,2), and what has a few values or none to begin with
    expect(few).to.deep.equal(['c1', 'c21', 'state', 'doc', 'numbers', 'states', 'tags']);
  });
});
