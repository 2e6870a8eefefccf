// How things are timed: contenders take turns within a round, in reversed order on odd rounds, after a warm-up; ratios are of one
// round. Not here: what is timed, and how it is told (report.ts).

/** One way of doing the work. `prepare` and `finish` are outside the clock. */
export interface Contender<P = unknown> {
  prepare?(): P | Promise<P>;
  /** the work */
  run(prepared: P): unknown;
  /** checks what the work came to, and cleans up */
  finish?(result: unknown, prepared: P): unknown;
  /** calls that one run makes: the sample is the time of one */
  readonly calls?: number;
}

export interface Timing {
  /** rounds that count; default 5 */
  readonly rounds?: number;
  /** rounds before, which do not; default 1 */
  readonly warm?: number;
  /** no further round is begun after so long, once there are two; default no bound */
  readonly budgetMs?: number;
}

/** Samples by contender, one a round. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** The names in the order of a round: who is first changes, for caches, clocks and the garbage of the others. */
export function orderOf<N>(names: readonly N[], round: number): readonly N[] {
  return Math.abs(round) % 2 === 1 ? names.toReversed() : names;
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** `above` divided by `below`, round by round: the machine is another one from second to second. */
export function ratios(above: readonly number[] = [], below: readonly number[] = []): number[] {
  return above.slice(0, below.length).map((value, round) => value / (below[round] as number));
}

/** The contender with the least median among those named. */
export function fastest(samples: Samples, names: readonly string[] = Object.keys(samples)): string {
  const known = names.filter((name) => (samples[name]?.length ?? 0) > 0);
  return known.toSorted((a, b) => median(samples[a] ?? []) - median(samples[b] ?? []))[0] ?? '';
}

/** Runs the contenders in turns. @returns milliseconds for one call, by contender, a sample a round */
export async function interleaved(
  // each contender has a state of its own, which nobody else reads
  // oxlint-disable-next-line typescript/no-explicit-any
  contenders: Readonly<Record<string, Contender<any> | undefined>>,
  { rounds = 5, warm = 1, budgetMs = Number.POSITIVE_INFINITY }: Timing = {},
): Promise<Samples> {
  const running = Object.entries(contenders).flatMap(([name, contender]) =>
    contender === undefined ? [] : [[name, contender] as const],
  );
  const samples = Object.fromEntries(running.map(([name]) => [name, [] as number[]]));
  const began = performance.now();
  for (let round = -warm; round < rounds; round += 1) {
    if (round >= 2 && performance.now() - began > budgetMs) break;
    for (const [name, contender] of orderOf(running, round)) {
      const ms = await once(contender);
      if (round >= 0) samples[name]?.push(ms);
    }
  }
  return samples;
}

async function once(contender: Contender): Promise<number> {
  const prepared = await contender.prepare?.();
  globalThis.gc?.();
  const began = performance.now();
  const result = await contender.run(prepared);
  const ms = performance.now() - began;
  await contender.finish?.(result, prepared);
  return ms / (contender.calls ?? 1);
}

/** A check of what a contender came to: figures of work that was not done are worth nothing. */
export function expectCount(what: string, found: unknown, wanted: number): void {
  if (Number(found) !== wanted) throw new Error(`${what}: ${String(found)} in place of ${wanted}`);
}
