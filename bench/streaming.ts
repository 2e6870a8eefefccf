// A million rows one after another, each round in a process of its own so that memory can be told. Not here: what the process does
// (stream-child.ts).
import { inChild } from './child.js';
import { interleaved, type Contender } from './harness.js';
import type { StreamMode } from './stream-child.js';
import { atLeast, type Theme } from './theme.js';

const ALONE_AGAIN = 3;
const MODES = ['repository', 'repository, streamColumns', 'binding, yieldRowObjectJs', 'fetch only'] as const;

export async function streaming(): Promise<Theme> {
  const ms: Record<string, number[]> = {};
  const mib: Record<string, number[]> = {};
  const contender = (mode: StreamMode): Contender => ({
    run: async () => {
      const measured = JSON.parse(await inChild(new URL('stream-child.js', import.meta.url), [mode])) as Record<'ms' | 'mib', number>; // prettier-ignore
      (ms[mode] ??= []).push(measured.ms);
      // chunks that are fetched and left alone pile up until the next collection: that says nothing
      if (mode !== 'fetch only') (mib[mode] ??= []).push(measured.mib);
    },
  });
  // what the harness times is the whole process; the child knows better
  await interleaved(Object.fromEntries(MODES.map((mode) => [mode, contender(mode)])), {
    rounds: 3,
    warm: 0,
    budgetMs: 22_000,
  });
  // when garbage is collected is chance: more peaks of the library, which have to keep to the bound each
  for (let more = 0; more < ALONE_AGAIN; more += 1) {
    const { mib: again } = JSON.parse(await inChild(new URL('stream-child.js', import.meta.url), [MODES[0]])) as Record<
      'mib',
      number
    >;
    mib[MODES[0]]?.push(again);
  }
  return {
    title: 'A stream of a million rows',
    notes: [
      'Memory is the peak of the resident set during the stream, above what it was with the table loaded, in a process for each run.',
      'The binding does equal work: its row stream, into instances, with the JSON parsed. streamColumns reads one column of doubles.',
    ],
    tables: [
      { title: 'stream, 1,000,000 rows of 13 columns', unit: 'ms', samples: ms, against: MODES[0] },
      { title: 'memory above the baseline', unit: 'MB', samples: mib, against: MODES[0] },
    ],
    figures: [
      {
        path: 'stream, 1M',
        bound: 'at most',
        wanted: 60,
        unit: 'MB',
        of: 'over the baseline',
        measured: mib[MODES[0]] ?? [],
      },
      atLeast('stream, 1M', 1.7, "the binding's row stream", ms[MODES[2]], ms[MODES[0]]),
    ],
  };
}
