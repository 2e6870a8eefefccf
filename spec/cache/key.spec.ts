import * as fc from 'fast-check';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { canonicalText } from '../../lib/cache/key.js';
import { shown } from '../support/exact.js';
import { failure } from '../support/failure.js';
import { Quote, immutables, keptValues } from '../support/kept-arbitraries.js';
import { hold } from '../support/property.js';
import { random } from '../support/random.js';

const quote = (id: number): Quote => Object.assign(new Quote(), { id, at: new Date(id), note: null });

/** Whether two values are one as arguments, told without any text. */
function alike(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return Object.is(a ?? null, b ?? null);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime());
  if (ArrayBuffer.isView(a)) return Buffer.compare(bytes(a), bytes(b as ArrayBufferView)) === 0;
  if (Array.isArray(a)) return a.length === (b as unknown[]).length && a.every((each, n) => alike(each, (b as unknown[])[n])); // prettier-ignore
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left.length !== right.length) return false;
  return left.every((part) => {
    const at = right.findIndex((other) => alike(part, other));
    if (at >= 0) right.splice(at, 1);
    return at >= 0;
  });
}
const bytes = (view: ArrayBufferView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
const partsOf = (value: object): unknown[] => (value instanceof Map || value instanceof Set ? [...value] : Object.entries(value)); // prettier-ignore

/** The same value with its keys and members in any order. */
function shuffled(value: unknown, below: (limit: number) => number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((item) => shuffled(item, below));
  const parts = partsOf(value).map((part) => shuffled(part, below));
  for (let left = parts.length; left > 1; left -= 1) parts.push(...parts.splice(below(left), 1));
  if (value instanceof Map) return new Map(parts as [unknown, unknown][]);
  if (value instanceof Set) return new Set(parts);
  const own = Object.getOwnPropertyDescriptors(Object.fromEntries(parts as [string, unknown][]));
  return Object.defineProperties(Object.create(Object.getPrototypeOf(value) as object) as object, own);
}

describe('the canonical text of arguments', () => {
  const text = (...args: unknown[]): string => canonicalText(args, () => 'S.m');

  it('is one for equal arguments, in whatever order their parts come', () => {
    const same: [unknown, unknown][] = [
      [
        { a: 1, b: { c: 2, d: 3 } },
        { b: { d: 3, c: 2 }, a: 1 },
      ],
      [new Map([['a', { x: 1, y: 2 }], ['b', { x: 0, y: 0 }]]), new Map([['b', { y: 0, x: 0 }], ['a', { y: 2, x: 1 }]])], // prettier-ignore
      [new Set([1, 2, '1']), new Set(['1', 2, 1])],
      [undefined, null],
      [{ a: undefined }, { a: null }],
      [quote(1), Object.assign(new Quote(), { note: null, at: new Date(1), id: 1 })],
      [
        { $: 1, a: 2 },
        { a: 2, $: 1 },
      ],
    ];
    for (const [a, b] of same) expect(text(a)).to.equal(text(b));
  });

  it('is another for everything else', () => {
    const different: unknown[][] = [
      [1], ['1'], [1n], [true], ['true'], [null], ['null'], [0], [-0], ['-0'], [NaN], ['NaN'], [Infinity],
      [new Date(0)], [new Date(0).toISOString()], [new Date(NaN)], [{ $: ['d', 0] }], [{ $: ['i', '1'] }],
      [[]], [{}], [new Map()], [new Set()], [[1, 2]], [[2, 1]], [1, 2], [[1], 2], [new Set([1, 2])], [new Map([[1, 2]])],
      [Buffer.from([1])], [new Uint8Array([1])], [new Int8Array([1])], [new Float32Array([1])], ['AQ=='],
      [{ a: 1 }], [{ A: 1 }], [quote(1)], [Object.fromEntries(Object.entries(quote(1)))], ['a,b'], ['a', 'b'], [['a', 'b']], [],
    ]; // prettier-ignore
    const texts = different.map((args) => text(...args));
    const twin = texts.findIndex((each, index) => texts.indexOf(each) !== index);
    expect(twin === -1 ? undefined : texts[twin], 'two arguments with one text').to.equal(undefined);
  });

  it('is the same for equal arguments, whatever they are and in whatever order their parts come', async () => {
    await hold(
      fc.asyncProperty(fc.array(keptValues(3), { maxLength: 3 }), fc.nat(), async (args, seed) => {
        const { below } = random(seed);
        const others = args.map((arg) => shuffled(arg, below));
        if (text(...args) !== text(...others)) throw new Error(`${shown(args)} and ${shown(others)} are told apart`);
        if (!text(...args).isWellFormed()) throw new Error(`the text of ${shown(args)} is not well-formed`);
      }),
      1500,
    );
  });

  it('tells apart what differs, and only that', async () => {
    // few things, so that they are often nearly the same
    const leaves = fc.constantFrom<unknown[]>('1', 1, 1n, true, 'true', null, undefined, 0, -0, 'a', ',', '"', '","', ':', '', '[1]', '{}', 'd1', '1n', '\ud800', '\\ud800', '\udc00'); // prettier-ignore
    const dates = fc.constantFrom(0, 1, NaN).map((ms) => new Date(ms));
    const views = fc.constantFrom<ArrayBufferView[]>(Buffer.of(1), Uint8Array.of(1), Int8Array.of(1), new Uint8Array());
    const small = (depth: number): fc.Arbitrary<unknown> => {
      if (depth === 0) return fc.oneof({ weight: 6, arbitrary: leaves }, dates, views);
      const parts = small(depth - 1);
      const keys = fc.constantFrom('a', 'b', '"', '$', '__proto__', 'a":1,"b', ',', '1');
      return fc.oneof(
        parts,
        fc.array(parts, { maxLength: 2 }),
        fc.dictionary(keys, parts, { maxKeys: 2, noNullPrototype: true }),
        fc.array(fc.tuple(parts, parts), { maxLength: 2 }).map((entries) => new Map(entries)),
        fc.array(parts, { maxLength: 2 }).map((items) => new Set(items)),
        fc.record({ id: leaves, at: dates }, { requiredKeys: [], noNullPrototype: true }).map((own) => Object.assign(new Quote(), own)),
      );
    }; // prettier-ignore
    const calls = fc.array(fc.oneof(small(0), small(1), small(2)), { maxLength: 2 });
    await hold(
      fc.asyncProperty(fc.array(calls, { minLength: 40, maxLength: 40 }), async (all) => {
        const texts = all.map((args) => text(...args));
        for (const [one, a] of all.entries()) {
          for (const [two, b] of all.entries()) {
            if ((texts[one] === texts[two]) !== alike(a, b))
              throw new Error(`${shown(a)} and ${shown(b)} have the texts ${texts[one]} and ${texts[two]}`);
          }
        }
      }),
      150,
    );
  });

  it('tells texts apart that are made of what it is made of', async () => {
    const pieces = fc.array(fc.constantFrom('"', ',', '\\', 'a', '\ud800'), { maxLength: 4 });
    const args = fc.array(fc.oneof(fc.constant(''), pieces.map((each) => each.join(''))), { maxLength: 3 }); // prettier-ignore
    await hold(
      fc.asyncProperty(fc.array(args, { minLength: 200, maxLength: 200 }), async (all) => {
        const byText = new Map<string, string>();
        for (const each of all) {
          const own = JSON.stringify(each);
          const other = byText.get(text(...each)) ?? own;
          if (other !== own) throw new Error(`${own} and ${other} have one text`);
          byText.set(text(...each), own);
        }
      }),
      100,
    );
    expect(text('","')).not.to.equal(text('', ''));
  });

  it('of immutable arguments is that which they have within others', async () => {
    await hold(
      fc.asyncProperty(fc.array(immutables, { maxLength: 4 }), async (args) => {
        if (text(args) !== `[${text(...args)}]`) throw new Error(`${shown(args)} have two texts`);
      }),
      1000,
    );
  });

  it('counts arguments that are left out, and not those that are undefined', () => {
    expect(text(1)).not.to.equal(text(1, undefined));
    expect(text({})).not.to.equal(text({ a: undefined }));
    expect(text(1, null)).to.equal(text(1, undefined));
    // oxlint-disable-next-line no-sparse-arrays
    expect(text([1, , 2])).to.equal(text([1, undefined, 2]));
    expect(text(Object.assign(Object.create(null) as object, { a: 1 }))).to.equal(text({ a: 1 }));
  });

  it('tells what differs in a long text, whatever there is in it', () => {
    const long = 'x'.repeat(10_000);
    expect(text(`${long}"`)).not.to.equal(text(`${long}\\"`));
    expect(text(`${long}\n`)).not.to.equal(text(`${long}\\n`));
  });

  it('is refused by argument and place, with the remedy', async () => {
    class Unknown {
      x = 1;
    }
    const cycle: unknown[] = [];
    cycle.push({ me: cycle });
    const cases: [unknown, string][] = [
      [() => 1, 'S.m: argument 2 is a function, which'],
      [Symbol('s'), 'S.m: argument 2 is a symbol, which'],
      [{ a: [new Unknown()] }, 'S.m: argument 2.a[0] is a Unknown, which'],
      [new Map([['k', /x/]]), 'S.m: argument 2.get(k) is a RegExp, which'],
      [new Set([new (class Money extends Date {})()]), 'S.m: argument 2.item is a Money, which'],
      [{ [Symbol('s')]: 1 }, 'S.m: argument 2 is an object with symbols as keys, which'],
    ];
    for (const [value, message] of cases) {
      const error = await failure(() => text(1, value), 'E_UNSUPPORTED');
      expect(error.message).to.include(message).and.include('give @Cached a key option');
    }
    const { message } = await failure(() => text(1, cycle), 'E_UNSUPPORTED');
    expect(message).to.include('S.m: argument 2[0].me leads back to itself');
  });
});
