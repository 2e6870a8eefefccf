// A cold start, in a process for each run: import the package, declare 20 entities, open a database in memory. Not here: what the
// process does (startup-child.ts).
import { inChild } from './child.js';
import type { Theme } from './theme.js';

const RUNS = 11;
const PARTS = {
  import: 'import',
  declare: 'declare 20 entities of 10 columns',
  open: "open ':memory:' with them",
  total: 'import and open',
} as const;

export async function startup(): Promise<Theme> {
  const samples: Record<string, number[]> = Object.fromEntries(Object.values(PARTS).map((part) => [part, []]));
  // the first one warms the disk's cache
  for (let run = -1; run < RUNS; run += 1) {
    const measured = JSON.parse(await inChild(new URL('startup-child.js', import.meta.url))) as Record<keyof typeof PARTS, number>; // prettier-ignore
    if (run < 0) continue;
    for (const part of Object.keys(PARTS) as (keyof typeof PARTS)[]) samples[PARTS[part]]?.push(measured[part]);
  }
  const total = samples[PARTS.total] ?? [];
  return {
    title: 'Cold start',
    tables: [{ title: `${RUNS} processes`, unit: 'ms', samples, against: PARTS.total }],
    figures: [
      { path: 'cold start: import and open', bound: 'under', wanted: 400, unit: 'ms', of: '', measured: total },
    ],
  };
}
