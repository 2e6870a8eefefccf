// Versions of what cached values depend on: which of them a value carries, and which a write changes. Not here: where they are
// kept and compared (store-tier.ts).
import { randomUUID } from 'node:crypto';
import { EVERYTHING } from '../sql/statement.js';

/** Of whatever is cached. */
export const ALL = 'all';
/** Changed by a write to any table: what was read of everything carries it. */
export const ANY = 'any';
/** What a tag begins with among dependencies. */
const TAG = '\0';

// not every store takes a NUL
const nameOf = (tag: string): string => `#${tag.replace(/^\0/, '')}`;

/** The versions that a value carries which was read from these tables and has these tags. */
export function versionsOf(tables: readonly string[], tags: readonly string[] = []): readonly string[] {
  const own = tables.filter((dep) => !dep.startsWith(TAG));
  const marked = [...tags, ...tables.filter((dep) => dep.startsWith(TAG))];
  return [
    ...new Set([
      ALL,
      ...(own.length > 0 ? [EVERYTHING, ...own] : []),
      ...(own.includes(EVERYTHING) ? [ANY] : []),
      ...marked.map(nameOf),
    ]),
  ];
}

/** The versions that change when these are written. */
export function versionsWrittenBy(deps: readonly string[]): readonly string[] {
  return [...new Set(deps.flatMap((dep) => (dep.startsWith(TAG) ? [nameOf(dep)] : [dep, ANY])))];
}

/**
 * A version that never was before. It begins with its time, so that one that a store brings back from long ago, which it has
 * lost newer ones since, can be told from a new one.
 */
export function freshVersion(now: number, after: string | undefined): string {
  const time = Math.max(Math.floor(now), after === undefined ? 0 : timeOf(after) + 1);
  return `${time}.${randomUUID()}`;
}

/** The version in what a store gave; undefined for anything else. */
export function readVersion(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{1,16}\.[0-9a-f-]{36}$/.test(value) ? value : undefined;
}

export function timeOf(version: string): number {
  return Number(version.slice(0, version.indexOf('.')));
}
