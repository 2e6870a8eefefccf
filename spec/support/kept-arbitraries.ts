// Values of every kind that the cache keeps, nested at random, lists of one shape among them; and changing all that can be
// changed in one. Not here: values of columns (arbitraries.ts).
import * as fc from 'fast-check';
import { Column, Table, type EntityClass } from '@mysingle/database';
import type { Entities } from '../../lib/cache/values.js';
import { schemaOf } from '../../lib/entity/schema.js';
import { moments, doubles } from './arbitraries.js';

@Table('kept_quote')
export class Quote {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('timestamptz') at!: Date;
  @Column('varchar', { nullable: true }) note!: string | null;
  #private = 41;

  constructor() {
    this.#private += 1;
  }

  secret(): number {
    return this.#private;
  }
}

const known = schemaOf(Quote);
export const entities: Entities = (className, table): EntityClass | undefined =>
  className === known.className && table === `${known.id}#${known.shape}` ? Quote : undefined;

const TEXTS = [
  '',
  '$',
  '"',
  '\\',
  '","',
  '{"$":["i","1"]}',
  '\ud800',
  '\udc00x',
  '\\ud800',
  '\0',
  'é',
  '😀',
  'null',
  '1',
  '1n',
  'd0',
];
export const texts = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'binary', maxLength: 12 }), fc.string({ maxLength: 8 })); // prettier-ignore
const names = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', 'id', 'at') },
  { weight: 1, arbitrary: fc.constantFrom('$', '__proto__', '1', 'constructor', 'toJSON', 'a\0b', '') },
  { weight: 1, arbitrary: texts },
);
export const immutables: fc.Arbitrary<unknown> = fc.oneof(
  texts,
  doubles,
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined, 0n, 2n ** 53n, -(2n ** 53n)),
);
const dates = fc.oneof({ weight: 5, arbitrary: moments.map((ms) => new Date(ms)) }, { weight: 1, arbitrary: fc.constant(0).map(() => new Date(Number.NaN)) }); // prettier-ignore
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }).map((each) => Buffer.from(each)), fc.int8Array({ maxLength: 3 }), fc.uint8ClampedArray({ maxLength: 3 }),
  fc.int16Array({ maxLength: 3 }), fc.uint16Array({ maxLength: 3 }), fc.int32Array({ maxLength: 3 }), fc.uint32Array({ maxLength: 3 }), fc.float32Array({ maxLength: 3 }),
  fc.float64Array({ maxLength: 3 }), fc.bigInt64Array({ maxLength: 3 }), fc.bigUint64Array({ maxLength: 3 }),
); // prettier-ignore

/** An object with these own keys, `__proto__` among them. */
const objectOf = (pairs: readonly (readonly [string, unknown])[]): object => Object.fromEntries(pairs);

/** An instance as the cache gives it: first its columns, in their order. */
const instance = (of: object, own: object, extra: object): object => {
  const columns = known.columns.map(({ property }) => property);
  const all = Object.entries(Object.getOwnPropertyDescriptors({ ...own, ...extra }));
  const place = ([name]: [string, unknown]): number =>
    columns.includes(name) ? columns.indexOf(name) : columns.length;
  return Object.defineProperties(of, Object.fromEntries(all.toSorted((a, b) => place(a) - place(b))));
};

/** Objects of one shape: the names of all of them, and for each a value, of one kind or of any. */
const rows = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> =>
  fc
    .tuple(fc.uniqueArray(names, { maxLength: 4 }), fc.boolean())
    .chain(([keys, alike]) =>
      fc.array(
        fc.tuple(...keys.map((_key, index) => (alike ? [dates, fc.bigInt(), doubles, fc.oneof(dates, fc.constant(null))][index % 4] as fc.Arbitrary<unknown> : values)))
          .map((items) => objectOf(items.map((item, index) => [keys[index] as string, item]))),
        { minLength: 1, maxLength: 4 },
      ),
    ); // prettier-ignore

const quotes = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => {
  const columns = fc.record({ id: fc.integer(), at: dates, note: fc.option(texts) }, { noNullPrototype: true });
  const extra = fc.oneof(fc.constant({}), fc.dictionary(names, values, { maxKeys: 2, noNullPrototype: true }));
  const whole = fc.tuple(columns, extra).map(([own, more]) => instance(new Quote(), own, more));
  const part = fc.tuple(fc.record({ id: fc.integer(), at: dates }, { requiredKeys: [], noNullPrototype: true }), extra)
    .map(([own, more]) => instance(Object.create(Quote.prototype) as object, own, more)); // prettier-ignore
  const alike = fc.array(columns, { maxLength: 4 }).map((all) => all.map((own) => Object.assign(new Quote(), own)));
  return fc.oneof(whole, part, alike, fc.array(fc.oneof(whole, part), { maxLength: 3 }));
};

/** Any value, down to this depth. */
export function keptValues(depth: number): fc.Arbitrary<unknown> {
  const leaves = fc.oneof({ weight: 4, arbitrary: immutables }, { weight: 1, arbitrary: dates }, { weight: 1, arbitrary: bytes }); // prettier-ignore
  if (depth === 0) return leaves;
  const parts = keptValues(depth - 1);
  return fc.oneof(
    leaves,
    fc.array(parts, { maxLength: 4 }),
    fc.array(dates, { maxLength: 3 }),
    fc.array(fc.bigInt(), { maxLength: 3 }),
    fc.array(doubles, { maxLength: 3 }),
    fc.dictionary(names, parts, { maxKeys: 4, noNullPrototype: true }),
    rows(parts),
    fc.array(fc.tuple(parts, parts), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(parts, { maxLength: 3 }).map((items) => new Set(items)),
    quotes(parts),
  );
}

/** Changes everything in a value that can be changed. */
export function spoil(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Date) value.setTime(Number.isNaN(value.getTime()) ? 1 : value.getTime() / 2 + 1);
  else if (ArrayBuffer.isView(value)) new Uint8Array(value.buffer, value.byteOffset, value.byteLength).fill(77);
  else {
    const parts = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
    for (const part of parts) spoil(part, seen);
    if (value instanceof Map) value.clear();
    else if (value instanceof Set) value.add('spoilt');
    else {
      for (const key of Object.keys(value)) Object.defineProperty(value, key, { value: 'spoilt' });
      if (Array.isArray(value)) value.push('spoilt');
      else Object.assign(value, { spoilt: true });
    }
  }
}
