// Numbers for randomized specs, repeatable by the seed that a failing spec prints.

/** mulberry32: small, and good enough to pick test values. */
export function random(seed: number = Date.now() % 2 ** 31): {
  seed: number;
  below: (limit: number) => number;
  bits: (count: number) => bigint;
} {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const bits = (count: number): bigint => {
    let value = 0n;
    for (let bit = 0; bit < count; bit += 16) value = (value << 16n) | BigInt(below(65_536));
    return BigInt.asUintN(count, value);
  };
  return { seed, below, bits };
}
