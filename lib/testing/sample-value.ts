// The n-th value of a column, by its type: the same each time, and another one for each n as far as the type has so many. Not here:
// which columns want one (factory.ts).
import type { ColumnSchema } from '../index.js';

type SqlType = ColumnSchema['type'];
type As = ColumnSchema['as'];

const START = Date.UTC(2025, 0, 1);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const pad = (n: number, length: number): string => String(n).padStart(length, '0');
const within = (n: number, most: number): number => ((n - 1) % most) + 1;
const date = (n: number): Date => new Date(START + n * DAY_MS);
const instant = (n: number): Date => new Date(START + n * MINUTE_MS);
/** as DuckDB writes it */
const text = (at: Date): string => at.toISOString().slice(0, 19).replace('T', ' ');
const micros = (n: number): bigint => BigInt(instant(n).getTime()) * 1000n;
const time = (n: number): string =>
  `${pad(Math.floor(n / 3600) % 24, 2)}:${pad(Math.floor(n / 60) % 60, 2)}:${pad(n % 60, 2)}`;

const timestamp = (n: number, as: As): unknown =>
  as === 'bigint' ? micros(n) : as === 'string' ? text(instant(n)) : instant(n);
const whole = (n: number, as: As): unknown => (as === 'number' ? n : BigInt(n));

/** One row for each scalar type: the n-th value, from 1 on. */
const SCALARS: Readonly<Record<string, (n: number, as: As, name: string) => unknown>> = {
  boolean: (n) => n % 2 === 1,
  tinyint: (n) => within(n, 127),
  smallint: (n) => within(n, 32_767),
  integer: (n) => n,
  utinyint: (n) => within(n, 255),
  usmallint: (n) => within(n, 65_535),
  uinteger: (n) => n,
  bigint: whole,
  ubigint: whole,
  hugeint: whole,
  uhugeint: whole,
  float: (n) => n,
  double: (n) => n,
  varchar: (n, _as, name) => `${name}-${n}`,
  uuid: (n) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`,
  bit: (n) => n.toString(2),
  blob: (n) => new TextEncoder().encode(String(n)),
  date: (n, as) => (as === 'string' ? date(n).toISOString().slice(0, 10) : date(n)),
  timestamp,
  timestamp_s: timestamp,
  timestamp_ms: timestamp,
  timestamptz: (n, as) => (as === 'string' ? `${text(instant(n))}+00` : timestamp(n, as)),
  timestamp_ns: (n, as) => (as === 'bigint' ? micros(n) * 1000n : text(instant(n))),
  time: (n, as) => (as === 'bigint' ? BigInt(n % 86_400) * 1_000_000n : time(n)),
  timetz: (n, as) => (as === 'bigint' ? BigInt(n % 86_400) * 1_000_000n : `${time(n)}+00`),
  interval: (n) => ({ months: 0, days: n, micros: 0n }),
  json: () => ({}),
};

/** @param name of the property, which texts begin with */
export function sampleValue(type: SqlType, n: number, name: string, as?: As): unknown {
  const scalar = Object.hasOwn(SCALARS, type.name) ? SCALARS[type.name] : undefined;
  if (scalar !== undefined) return scalar(n, as, name);
  if (type.family === 'decimal') return decimal(type.name, n, as);
  // of an enum itself; one within another type stands there, too
  if (type.family === 'text') return type.enums[0]?.values[within(n, type.enums[0].values.length) - 1];
  if (type.item !== undefined) {
    const { item } = type;
    // a list of any length has none; an array has as many as it must
    const length = Number(/, (\d+)\)$/.exec(type.name.startsWith('array(') ? type.name : '')?.[1] ?? 0);
    return Array.from({ length }, (_none, index) => sampleValue(item, n + index, name));
  }
  if (type.entry !== undefined) return new Map();
  const members = [...(type.members ?? [])];
  if (!type.name.startsWith('union('))
    return Object.fromEntries(members.map(([member, own]) => [member, sampleValue(own, n, member)]));
  const [tag, own] = members[0] as [string, SqlType];
  return { tag, value: sampleValue(own, n, tag) };
}

/** As far as its digits before the point go. */
function decimal(name: string, n: number, as: As): unknown {
  const [width = 18, scale = 3] = (/\d+,\d+/.exec(name)?.[0] ?? '').split(',').map(Number);
  const most = 10 ** Math.min(width - scale, 15) - 1;
  const units = most === 0 ? 0 : within(n, most);
  return as === 'number' ? units : `${units}${scale === 0 ? '' : `.${'0'.repeat(scale)}`}`;
}
