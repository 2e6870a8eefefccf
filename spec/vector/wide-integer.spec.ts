import { BIGINT, HUGEINT, UBIGINT, UHUGEINT } from '@duckdb/node-api';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { put64, putThousandfold, wide, wideWriter, widestWriter } from '../../lib/vector/wide-integer.js';
import { random } from '../support/random.js';
import { WrittenColumn } from '../support/vector.js';

const SAFE = Number.MAX_SAFE_INTEGER;
const HALF = 2 ** 32;
/** whole numbers around every edge of the halves, both ways */
const NUMBERS = [0, 1, HALF - 1, HALF, HALF + 1, HALF * 1000, 2 ** 52, SAFE - 1, SAFE].flatMap((value) => [value, -value]); // prettier-ignore
const exact = (value: unknown): number | bigint => value as number | bigint;

describe('64 bits by halves', () => {
  it('are what a bigint of the same would be, and a thousand times as much', () => {
    const { seed, below } = random();
    const memory = wide(new ArrayBuffer(16));
    const some = Array.from({ length: 2000 }, () => (below(HALF) * 2 ** 21 + below(2 ** 21)) * (below(2) === 0 ? 1 : -1)); // prettier-ignore
    for (const value of [...NUMBERS, ...some]) {
      put64(memory, 1, value);
      expect([memory.wholes[1], memory.wholes[0]], `${value}, seed ${seed}`).to.deep.equal([BigInt(value), 0n]);
    }
    // milliseconds, as a Date has them
    for (const value of [...NUMBERS, ...some, 8.64e15, -8.64e15].filter((each) => Math.abs(each) <= 8.64e15)) {
      putThousandfold(memory, 1, value);
      expect([memory.wholes[1], memory.wholes[0]], `${value}, seed ${seed}`).to.deep.equal([BigInt(value) * 1000n, 0n]);
    }
  });
});

describe('wideWriter', () => {
  it('writes numbers and bigints, with NULLs among them, and memory of its kind as it is', () => {
    const signed = new WrittenColumn(BIGINT, wideWriter(exact, BigInt64Array));
    const big = [-(2n ** 63n), 2n ** 63n - 1n, 0n, -1n];
    expect(signed.write([...NUMBERS, null, ...big])).to.deep.equal([...NUMBERS.map(BigInt), null, ...big]);
    expect(signed.write(BigInt64Array.from(big))).to.deep.equal(big);
    const unsigned = new WrittenColumn(UBIGINT, wideWriter(exact, BigUint64Array));
    expect(unsigned.write([SAFE, 2n ** 64n - 1n, undefined, 0])).to.deep.equal([BigInt(SAFE), 2n ** 64n - 1n, null, 0n]); // prettier-ignore
    expect(unsigned.write(BigUint64Array.of(2n ** 64n - 1n))).to.deep.equal([2n ** 64n - 1n]);
  });
});

describe('widestWriter', () => {
  it('writes numbers and bigints into 128 bits, where another stood before', () => {
    const signed = new WrittenColumn(HUGEINT, widestWriter(exact));
    const big = [-(2n ** 127n), 2n ** 127n - 1n, 2n ** 64n, -(2n ** 64n), 2n ** 63n, -(2n ** 63n) - 1n, -1n];
    expect(signed.write([...big, null, ...NUMBERS])).to.deep.equal([...big, null, ...NUMBERS.map(BigInt)]);
    // where a negative stood, and the other way round
    const turned = NUMBERS.toReversed();
    expect(signed.write([...NUMBERS, ...big])).to.deep.equal([...NUMBERS.map(BigInt), ...big]);
    expect(signed.write([...turned, ...big.toReversed()])).to.deep.equal([...turned.map(BigInt), ...big.toReversed()]);
    const unsigned = new WrittenColumn(UHUGEINT, widestWriter(exact));
    expect(unsigned.write([2n ** 128n - 1n, 5, null, 2n ** 127n])).to.deep.equal([2n ** 128n - 1n, 5n, null, 2n ** 127n]); // prettier-ignore
  });
});
