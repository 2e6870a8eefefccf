// A key as logs and events may show it. Not here: making keys (key.ts).
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Whoever listens to hits is told the same few keys again and again, and a hash takes longer than a hit. */
const known = new LRUCache<string, string>({
  max: 1_000,
  maxSize: 1024 * 1024,
  sizeCalculation: (_shown, key) => key.length + 64,
});

/** A key holds arguments and bound values, which nobody may read there: its name, and enough to tell it from others. */
export function loggableKey(key: string): string {
  const name = /^[\p{L}\p{N}_.$-]*/u.exec(key)?.[0] ?? '';
  if (name === key) return key;
  let shown = known.get(key);
  if (shown === undefined) {
    shown = `${name}#${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
    known.set(key, shown);
  }
  return shown;
}
