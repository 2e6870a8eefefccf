import { expect } from 'chai';
import { describe, it } from 'mocha';
import { KeptBuffer, KeptDate, KeptTypedArray, copyOf, encoded, sizeOf, typedArray } from '../../lib/cache/kept.js';

describe('what is kept', () => {
  it('gives itself where it is immutable, else one more each time', () => {
    expect(copyOf('x')).to.equal('x');
    for (const kept of [
      new KeptDate(5),
      new KeptBuffer(Uint8Array.of(1)),
      new KeptTypedArray('Int8Array', Int8Array.of(1)),
    ]) {
      expect(copyOf(kept)).to.deep.equal(copyOf(kept));
      expect(copyOf(kept) === copyOf(kept)).to.equal(false);
    }
  });

  it('is not reached through the memory that Buffers share', () => {
    const bytes = new Uint8Array(Buffer.from('abc'));
    const [one, two] = [new KeptBuffer(bytes).copy(), new KeptBuffer(bytes).copy()];
    expect([one, two].map(String)).to.deep.equal(['abc', 'abc']);
    for (const copy of [one, two]) expect(copy.buffer === bytes.buffer).to.equal(false);
    one.fill(0);
    expect([String(two), bytes[0]]).to.deep.equal(['abc', 97]);
  });

  it('is JSON as far as that goes, and tagged beyond', () => {
    const cases: [unknown, unknown][] = [
      ['x', 'x'], [1.5, 1.5], [null, null], [true, true],
      [-0, { $: ['n', '-0'] }], [NaN, { $: ['n', 'NaN'] }], [undefined, { $: ['u'] }],
      [5n, { $: ['i', 5] }], [2n ** 53n, { $: ['i', '9007199254740992'] }], [-(2n ** 53n), { $: ['i', '-9007199254740992'] }],
      [new KeptDate(5), { $: ['d', 5] }], [new KeptDate(NaN), { $: ['d', null] }],
      [new KeptBuffer(Uint8Array.of(1)), { $: ['b', 'AQ=='] }], [new KeptTypedArray('Uint8Array', Uint8Array.of(1)), { $: ['8', 'AQ=='] }],
      [new KeptTypedArray('Int8Array', Int8Array.of(1)), { $: ['t', 'Int8Array', 'AQ=='] }],
    ]; // prettier-ignore
    for (const [held, text] of cases) expect(encoded(held)).to.deep.equal(text);
  });

  it('has a size', () => {
    expect(sizeOf(1)).to.equal(8);
    expect(sizeOf('xx') - sizeOf('x')).to.equal(2);
    expect(sizeOf(new KeptBuffer(new Uint8Array(9))) - sizeOf(new KeptBuffer(new Uint8Array(2)))).to.equal(7);
  });

  it('knows the typed arrays by name', () => {
    expect(typedArray('Int16Array', Int16Array.of(-1, 2))).to.deep.equal(Int16Array.of(-1, 2));
    expect(typedArray('Int16Array', Uint8Array.of(255, 255).buffer)).to.deep.equal(Int16Array.of(-1));
    for (const name of ['Array', 'toString', 'Buffer'])
      expect(() => typedArray(name, new Int8Array())).to.throw(TypeError, name);
  });
});
