import { expect } from 'chai';
import { describe, it } from 'mocha';
import { lengthOf } from '../../lib/vector/vector-writer.js';

describe('lengthOf', () => {
  it('is what there is: of typed arrays what they have in memory, whatever they say', () => {
    class Long extends Float64Array {
      override get length(): number {
        return 1000;
      }
    }
    const told = Object.defineProperty(Int32Array.of(1, 2, 3), 'length', { value: 1000 });
    expect([[1, 2], { length: 4 }, Uint8Array.of(1), BigInt64Array.of(), new Long(2), told].map((each) => lengthOf(each))).to.deep.equal([2, 4, 1, 0, 2, 3]); // prettier-ignore
  });
});
