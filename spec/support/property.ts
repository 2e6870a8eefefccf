// How the properties of these specs run: how often, from which seed, and what a failure says.
import * as fc from 'fast-check';

/** `ROUND_TRIP_RUNS` times as many runs as usual; it may be a fraction. */
const SCALE = Number(process.env['ROUND_TRIP_RUNS'] ?? 1);
/** Every property of a process begins with the same seed, which `ROUND_TRIP_SEED` sets. */
export const SEED = Number(process.env['ROUND_TRIP_SEED'] ?? Date.now() % 2 ** 31);
/** `ROUND_TRIP_SHRINK=1` looks for the smallest failing example, which takes its time. */
const SHRINKS = process.env['ROUND_TRIP_SHRINK'] === '1';

/** @throws Error with the seed to run it again with, and what failed */
export async function hold<T>(property: fc.IAsyncProperty<T>, runs: number): Promise<void> {
  const numRuns = Math.max(1, Math.round(runs * SCALE));
  const result = await fc.check(property, { seed: SEED, numRuns, endOnFailure: !SHRINKS });
  if (!result.failed) return;
  const error = result.errorInstance as Error | null;
  const example = SHRINKS ? ` Smallest example: ${fc.stringify(result.counterexample).slice(0, 2000)}` : '';
  throw new Error(
    `ROUND_TRIP_SEED=${SEED}, run ${result.numRuns} (TZ ${process.env['TZ'] ?? 'as it is'}): ${error?.message}${example}`,
    { cause: error },
  );
}
