// Values compared to the last bit: NaN is NaN, -0 is not 0, bytes, moments, the order of keys. Not here: what to compare.
import { inspect } from 'node:util';

/** Where and how a value is another one than expected, or undefined. */
export function difference(actual: unknown, expected: unknown, at = 'it'): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  const other = `${at} is ${shown(actual)}, not ${shown(expected)}`;
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) return other;
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return other;
  if (actual instanceof Date) return Object.is(actual.getTime(), (expected as Date).getTime()) ? undefined : other;
  if (actual instanceof Uint8Array) return Buffer.compare(actual, expected as Uint8Array) === 0 ? undefined : other;
  const [own, wanted] = [partsOf(actual), partsOf(expected)];
  if (own.length !== wanted.length) return other;
  for (const [index, [key, value]] of wanted.entries()) {
    const [ownKey, ownValue] = own[index] as [unknown, unknown];
    const found =
      difference(ownKey, key, `key ${index} of ${at}`) ?? difference(ownValue, value, `${at}[${shown(key)}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

const partsOf = (value: object): [unknown, unknown][] =>
  value instanceof Map ? [...value] : Object.entries(value instanceof Set ? [...value] : value);

/** A value on one line, told apart from any other of these specs. */
export const shown = (value: unknown): string =>
  inspect(value, { depth: 12, breakLength: Infinity, maxArrayLength: 40, maxStringLength: 120 });

/** A text that two values share where DuckDB holds them to be equal: -0 is 0 there. */
export const equalityKey = (value: unknown): string =>
  inspect(value, { depth: 12, breakLength: Infinity, maxArrayLength: null, maxStringLength: null }).replace(
    /(?<![\w.'-])-0(?![\w.:])/g,
    '0',
  );
