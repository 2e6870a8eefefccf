// A cached value as it stands in a store that several processes share: its text, and reading whatever is found there. Not here:
// whether it still holds (store-tier.ts).
import { DatabaseError } from '../errors.js';

/** A cached value, and what it depends on. Times are in ms. */
export interface SharedEntry {
  readonly text: string;
  /** ids of the tables it was read from */
  readonly tables: readonly string[];
  readonly tags: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number;
  /** until when it may be given though it is over */
  readonly graceUntil: number;
}

/** By name, the versions of what it depends on that were in force all the time that it was loaded. */
export type Versions = Readonly<Record<string, string>>;

/** Of another format nothing is believed, neither older nor newer. */
const FORMAT = 1;

export function entryText(key: string, entry: SharedEntry, versions: Versions): string {
  const { text, tables, tags, createdAt, expiresAt, graceUntil } = entry;
  return JSON.stringify({ format: FORMAT, key, text, tables, tags, createdAt, expiresAt, graceUntil, versions });
}

/** What stands in the place of an entry that was forgotten, until it is deleted. */
export const TOMBSTONE = '{"gone":true}';

const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);

/** The entry of this key in what a store gave; undefined for anything else. */
export function readEntry(key: string, value: unknown): { entry: SharedEntry; versions: Versions } | undefined {
  const found = parsed(value);
  if (found === undefined || found['format'] !== FORMAT || found['key'] !== key) return undefined;
  const { text, tables, tags, versions } = found;
  const times = [found['createdAt'], found['expiresAt'], found['graceUntil']];
  if (!isText(text) || !isTexts(tables) || !isTexts(tags) || !times.every(Number.isFinite)) return undefined;
  if (typeof versions !== 'object' || versions === null || !Object.values(versions).every(isText)) return undefined;
  const [createdAt, expiresAt, graceUntil] = times as [number, number, number];
  return { entry: { text, tables, tags, createdAt, expiresAt, graceUntil }, versions: versions as Versions };
}

/** Whether there is something in a store that no version of this library has put there under this key. */
export function isForeign(key: string, value: unknown): boolean {
  if (value === undefined || value === null || value === TOMBSTONE) return false;
  const found = parsed(value);
  if (found === undefined || typeof found['format'] !== 'number') return true;
  return found['format'] === FORMAT && readEntry(key, value) === undefined;
}

/** The error of it. */
export const foreign = (cause?: unknown): DatabaseError =>
  new DatabaseError(
    'E_CONFIG',
    'Under keys of the cache there is something else in its store: another program writes there. Give cache.namespace a name of its own, or delete what is there.',
    cause === undefined ? {} : { cause },
  );

function parsed(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    const found = JSON.parse(value) as unknown;
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : undefined;
  } catch {
    // not ours, or cut off
    return undefined;
  }
}
