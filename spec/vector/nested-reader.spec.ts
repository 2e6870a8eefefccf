import { expect } from 'chai';
import { describe, it } from 'mocha';
import { arrays, lists, maps, structs, unions } from '../../lib/vector/nested-reader.js';
import { numbers, type Items } from '../../lib/vector/reader.js';
import { text } from '../../lib/vector/text-reader.js';
import { readBy } from '../support/reading.js';

const integers = numbers(Int32Array);
const row = (members: readonly Items[], index: number): unknown => members.map((member) => member(index));
const range = <T>(item: (row: number) => T, rows = 5000): T[] => Array.from({ length: rows }, (_each, at) => item(at));
/** A text that no slot holds. */
const long = (n: number): string => `text number ${n}, é`;
const LONG = `'text number ' || i || ', é'`;
const from = (rows = 5000): string => `from (select i::integer as i, ${LONG} as s from range(${rows}) r(i)) t`;

describe('lists', () => {
  const select = `select case i % 4 when 0 then null when 1 then [] when 2 then [s, null, ''] else [null, s] end as v, i ${from()}`;
  const list = (i: number): unknown => [null, [], [long(i), null, ''], [null, long(i)]][i % 4];

  it('are read with NULL and empty ones among them, of several chunks', async () => {
    expect(await readBy(lists(text), select)).to.deep.equal(range(list));
    expect(await readBy(lists(integers), `select [] :: integer[] from range(3)`)).to.deep.equal([[], [], []]);
    expect(await readBy(lists(integers), `select null :: integer[] from range(3000)`)).to.deep.equal(range(() => null, 3000)); // prettier-ignore
    const [large] = (await readBy(lists(integers), 'select range(300000)::integer[]')) as number[][];
    expect([large?.length, large?.[299_999]]).to.deep.equal([300_000, 299_999]);
  });

  it('are read right where the vector of all members has those of rows that are left out', async () => {
    for (const [where, keeps] of [
      ['i % 4 = 3', (i: number) => i % 4 === 3],
      ['i % 500 = 2', (i: number) => i % 500 === 2],
      ['i > 4990', (i: number) => i > 4990],
    ] as const) {
      const wanted = range((i) => i)
        .filter(keeps)
        .map(list);
      expect(await readBy(lists(text), `select v from (${select}) where ${where}`), where).to.deep.equal(wanted);
      const stored = { setup: [`create table t as ${select}`] };
      expect(await readBy(lists(text), `select v from t where ${where} order by i desc`, stored), where).to.deep.equal(wanted.toReversed()); // prettier-ignore
    }
    // the members of both, once each, in another order than the lists
    const reversed = `select list_reverse(v) from (${select})`;
    expect(await readBy(lists(text), reversed)).to.deep.equal(range((i) => (list(i) as unknown[] | null)?.toReversed() ?? null)); // prettier-ignore
    const filtered = `select list_filter(v, x -> x is not null and x <> '') from (${select})`;
    expect(await readBy(lists(text), filtered)).to.deep.equal(range((i) => (list(i) as unknown[] | null)?.filter(Boolean) ?? null)); // prettier-ignore
    const same = `select ['a constant that is long', null] from range(2500)`;
    expect(await readBy(lists(text), same)).to.deep.equal(range(() => ['a constant that is long', null], 2500));
  });

  it('of lists are read, whole, empty, NULL and half NULL', async () => {
    const nested = `select case i % 3 when 0 then [[i], [], null, [i, null]] when 1 then [] else null end ${from()}`;
    expect(await readBy(lists(lists(integers)), nested)).to.deep.equal(range((i) => [[[i], [], null, [i, null]], [], null][i % 3])); // prettier-ignore
    const deep = `select [[[s], []], null] ${from(3000)}`;
    expect(await readBy(lists(lists(lists(text))), deep)).to.deep.equal(range((i) => [[[long(i)], []], null], 3000));
  });
});

describe('arrays', () => {
  it('are read, NULL and with NULLs in them, and in lists and structs', async () => {
    const one = `select if(i % 3 = 0, null, [i, null, -i])::integer[3] ${from()}`;
    const array = (i: number): unknown => (i % 3 === 0 ? null : [i, null, -i]);
    expect(await readBy(arrays(integers, 3), one.replace('-i', 'nullif(-i, 0)'))).to.deep.equal(range(array));
    expect(await readBy(arrays(text, 2), `select array_value(s, null) ${from()} where i % 7 = 5`)).to.deep.equal(range((i) => i).filter((i) => i % 7 === 5).map((i) => [long(i), null])); // prettier-ignore
    // rows that have none, as an outer join makes them
    const joined = `select a from range(3000) l(k) left join (select i, array_value(s, s) as a ${from()} where i % 2 = 0) on i = k order by k`;
    expect(await readBy(arrays(text, 2), joined)).to.deep.equal(range((i) => (i % 2 === 0 ? [long(i), long(i)] : null), 3000)); // prettier-ignore
    expect(await readBy(lists(arrays(text, 2)), `select [array_value(s, 'x'), null] ${from(2500)}`)).to.deep.equal(range((i) => [[long(i), 'x'], null], 2500)); // prettier-ignore
    expect(await readBy(arrays(arrays(integers, 2), 2), `select array_value(array_value(i, 1), array_value(null, i)) ${from(2500)}`)).to.deep.equal(range((i) => [[i, 1], [null, i]], 2500)); // prettier-ignore
    const inside = `select a from range(3000) l(k) left join (select i, {'a': array_value(s, null), 'b': i} as a ${from()} where i % 2 = 0) on i = k order by k`;
    expect(await readBy(structs([arrays(text, 2), integers], row), inside)).to.deep.equal(range((i) => (i % 2 === 0 ? [[long(i), null], i] : null), 3000)); // prettier-ignore
  });
});

describe('structs', () => {
  it('are read by their members, NULL itself told apart from NULL members', async () => {
    const struct = `case i % 3 when 0 then null when 1 then {'s': null, 'l': null} else {'s': s, 'l': [i, null]} end`;
    const wanted = (i: number): unknown => [null, [null, null], [long(i), [i, null]]][i % 3];
    const reader = structs([text, lists(integers)], row);
    expect(await readBy(reader, `select ${struct} ${from()}`)).to.deep.equal(range(wanted));
    expect(await readBy(reader, `select ${struct} ${from()} where i % 3 <> 1`)).to.deep.equal(range((i) => i).filter((i) => i % 3 !== 1).map(wanted)); // prettier-ignore
    expect(await readBy(lists(reader), `select [${struct}, null] ${from(2500)}`)).to.deep.equal(range((i) => [wanted(i), null], 2500)); // prettier-ignore
    expect(await readBy(structs([structs([text], row)], row), `select {'o': {'i': s}} ${from(10)}`)).to.deep.equal(range((i) => [[long(i)]], 10)); // prettier-ignore
  });
});

describe('maps', () => {
  it('are read with their keys and values in order, NULL, empty, and of rows that a filter keeps', async () => {
    const map = `case i % 4 when 0 then null when 1 then map([]::varchar[], []::integer[]) else map([s, 'z'], [i, null]) end`;
    const wanted = (i: number): unknown => [null, new Map(), new Map([[long(i), i], ['z', null]] as never), new Map([[long(i), i], ['z', null]] as never)][i % 4]; // prettier-ignore
    const select = `select ${map} as v, i ${from()}`;
    expect(await readBy(maps(text, integers), `select v from (${select})`)).to.deep.equal(range(wanted));
    expect(await readBy(maps(text, integers), `select v from (${select}) where i % 50 = 3`)).to.deep.equal(range((i) => i).filter((i) => i % 50 === 3).map(wanted)); // prettier-ignore
    const [read] = (await readBy(maps(integers, lists(text)), `select map([3, 1, 2], [['c'], null, []])`)) as Map<number, unknown>[]; // prettier-ignore
    expect([...(read as Map<number, unknown>)]).to.deep.equal([[3, ['c']], [1, null], [2, []]]); // prettier-ignore
    expect(await readBy(lists(maps(integers, integers)), 'select [map([1], [2]), null, map([]::integer[], []::integer[])]')).to.deep.equal([[new Map([[1, 2]]), null, new Map()]]); // prettier-ignore
  });
});

describe('unions', () => {
  it('are read as the member that they are, and its NULL told apart from none', async () => {
    const type = 'union(n integer, t varchar)';
    const union = `case i % 4 when 0 then union_value(n := i)::${type} when 1 then union_value(t := s)::${type} when 2 then union_value(t := null::varchar)::${type} else null end`;
    const wanted = (i: number): unknown => [{ tag: 'n', value: i }, { tag: 't', value: long(i) }, { tag: 't', value: null }, null][i % 4]; // prettier-ignore
    const reader = unions(['n', 't'], [integers, text]);
    expect(await readBy(reader, `select ${union} ${from()}`)).to.deep.equal(range(wanted));
    expect(await readBy(reader, `select ${union} ${from()} where i % 100 in (1, 3)`)).to.deep.equal(range((i) => i).filter((i) => [1, 3].includes(i % 100)).map(wanted)); // prettier-ignore
    const joined = `select u from range(3000) l(k) left join (select i, ${union} as u ${from()} where i % 2 = 0) on i = k order by k`;
    expect(await readBy(reader, joined)).to.deep.equal(range((i) => (i % 2 === 0 ? wanted(i) : null), 3000));
    expect(await readBy(lists(reader), `select [${union}] ${from(2500)}`)).to.deep.equal(range((i) => [wanted(i)], 2500)); // prettier-ignore
  });
});

describe('nested readers', () => {
  it('make nothing of no items', async () => {
    for (const reader of [lists(text), arrays(text, 2), structs([text], row), maps(text, text), unions(['t'], [text])])
      expect(reader.open(undefined as never, 0)(0)).to.equal(null);
  });
});
