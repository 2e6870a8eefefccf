// Strings that mean something to somebody on the way: SQL, patterns, paths, JSON, prototypes, terminals.
import { random } from './random.js';

const PIECES = [
  `'`, `''`, `"`, `""`, ';', '--', '/*', '*/', '\\', '\\\\', '%', '_', '$1', '$0', '?', ':a', '@', '#', '`', '(', ')', '[', ']', '{', '}', '<', '>', '|', '&', '~', '^',
  '\n', '\r', '\t', '\0', '\u0001', '\u001B[31m', '\u00A0', '\u200B', '\u202E', '\uFEFF', '\uFFFD', 'é', 'e\u0301', 'ß', 'İ', '語', '😀', '👨‍👩‍👧', '𝒳',
  ' ', '', '.', '..', '/', '//', '../../etc/passwd', '*', '**', '$', '$.a', '$[*]', '/a/~1', '~0',
  ' OR 1=1', '; DROP TABLE hostile', ` UNION SELECT 1`, `'); attach 'x' as y; --`, 'select', 'NULL', 'null', 'true', '1', '-1', '1e309', 'NaN', 'Infinity', '0x10',
  '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'length', '{"$gt":""}', '[1]', '"x"', '{}', 'id', 'ID', 'value',
  '.parquet', 'read_csv(', '.csv', ':memory:', 'http://127.0.0.1:1/x', 's3://b/k', 'file:///etc/passwd', 'CON', 'a'.repeat(300),
]; // prettier-ignore

/** Different from each other, by a seed that a failing spec prints. */
export function hostileStrings(count: number, seed?: number): { seed: number; strings: readonly string[] } {
  const { below, seed: own } = random(seed);
  const strings = new Set(PIECES);
  while (strings.size < count)
    strings.add(Array.from({ length: 1 + below(5) }, () => PIECES[below(PIECES.length)]).join(''));
  return { seed: own, strings: [...strings].slice(0, count) };
}
