import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Misfit } from '../../lib/entity/misfit.js';
import { dateOf, infinityText, instantOf, instants, nanosOf } from '../../lib/entity/time-form.js';
import { readBy } from '../support/reading.js';

const INFINITE = 2n ** 63n - 1n;
const DAYS = 2 ** 31 - 1;
/** the last and the first day of a Date, by its count */
const LAST = 100_000_000;

describe('dates and instants as properties', () => {
  it('tell infinity from the last count that is none, of 32 and of 64 bits', () => {
    expect([DAYS, -DAYS, DAYS - 1, -DAYS - 1, 0].map(infinityText)).to.deep.equal(['infinity', '-infinity', undefined, undefined, undefined]); // prettier-ignore
    expect([INFINITE, -INFINITE, INFINITE - 1n, BigInt(DAYS), 0n].map(infinityText)).to.deep.equal(['infinity', '-infinity', undefined, undefined, undefined]); // prettier-ignore
  });

  it('make a Date of days up to the last that it can be; beyond are an error, text or an infinity, as it is read', () => {
    for (const days of [0, -1, 19_000, LAST, -LAST]) {
      expect(dateOf(days, undefined)).to.deep.equal(new Date(days * 864e5));
      expect(dateOf(days, 'raw')).to.deep.equal(new Date(days * 864e5));
    }
    for (const days of [LAST + 1, -LAST - 1, DAYS, -DAYS]) expect(() => dateOf(days, undefined)).to.throw(Misfit, /read it as: 'string'/); // prettier-ignore
    expect([LAST + 1, DAYS, -DAYS].map((days) => dateOf(days, 'raw'))).to.deep.equal(['275760-09-14', Infinity, -Infinity]); // prettier-ignore
    expect([0, DAYS, -DAYS].map((days) => dateOf(days, 'string'))).to.deep.equal(['1970-01-01', 'infinity', '-infinity']); // prettier-ignore
  });

  it('make instants of their unit, the millisecond before where there is a part of one', () => {
    expect(instantOf(1999n, 1n, '', undefined)).to.deep.equal(new Date(1));
    expect(instantOf(-1n, 1n, '', undefined)).to.deep.equal(new Date(-1));
    expect(instantOf(-1n, 1000n, '', undefined)).to.deep.equal(new Date(-1));
    expect(instantOf(2n, 1_000_000n, '', 'raw')).to.deep.equal(new Date(2000));
    expect([instantOf(-1n, 1n, '+00', 'string'), instantOf(7n, 1_000_000n, '', 'string')]).to.deep.equal(['1969-12-31 23:59:59.999999+00', '1970-01-01 00:00:07']); // prettier-ignore
    // as a bigint always microseconds, but for what is infinite
    expect([instantOf(7n, 1000n, '', 'bigint'), instantOf(-INFINITE, 1000n, '', 'bigint')]).to.deep.equal([7000n, -INFINITE]); // prettier-ignore
    const beyond = 8_640_000_000_000_001n;
    expect(instantOf(beyond - 1n, 1000n, '', undefined)).to.deep.equal(new Date(8.64e15));
    for (const count of [beyond, -beyond, INFINITE, -INFINITE]) expect(() => instantOf(count, 1000n, '', undefined)).to.throw(Misfit); // prettier-ignore
    expect([beyond, INFINITE, -INFINITE].map((count) => instantOf(count, 1000n, '+00', 'raw'))).to.deep.equal(['275760-09-13 00:00:00.001+00', Infinity, -Infinity]); // prettier-ignore
    expect([0n, INFINITE, -INFINITE].map((nanos) => nanosOf(nanos, undefined))).to.deep.equal(['1970-01-01 00:00:00', 'infinity', '-infinity']); // prettier-ignore
    expect([nanosOf(-1n, 'raw'), nanosOf(-1n, 'bigint')]).to.deep.equal(['1969-12-31 23:59:59.999999999', -1n]);
  });

  it('are the same out of a vector, whether their count is within 2^53 or beyond it', async () => {
    const edge = 2n ** 53n;
    const counts = [0n, 1n, -1n, 999n, -999n, -1000n, -1001n, edge - 1n, edge, edge + 1n, -edge, -edge - 1n, 8_640_000_000_000_000_000n, -8_640_000_000_000_000_000n, INFINITE, -INFINITE]; // prettier-ignore
    for (const unit of [1n, 1000n, 1_000_000n]) {
      const own = counts.filter((count) => unit === 1n || count === INFINITE || count === -INFINITE || (count * unit) / unit === count); // prettier-ignore
      const select = `select v from (values (null), ${own.map((count) => `('${count}'::bigint)`).join(', ')}) t(v)`;
      for (const reading of ['raw', 'bigint', 'string'] as const)
        expect(await readBy(instants(unit, '', reading), select), `${unit} ${reading}`).to.deep.equal([null, ...own.map((count) => instantOf(count, unit, '', reading))]); // prettier-ignore
    }
    const dates = `select v from (values (0::bigint), (-1), (-1001), (${edge}), (-8640000000000000000), (null)) t(v)`;
    expect(await readBy(instants(1n, '', undefined), dates)).to.deep.equal([new Date(0), new Date(-1), new Date(-2), new Date(Number(edge / 1000n)), new Date(-8.64e15), null]); // prettier-ignore
  });
});
