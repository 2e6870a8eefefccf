// Round after round of killing, until enough processes were killed. Not here: one round (scenarios.ts).
import { random } from '../support/random.js';
import { MODES, SCENARIOS, WITHOUT_FILE, type Mode } from './scenarios.js';
import { Stage } from './stage.js';
import { Tally } from './tally.js';

export interface SoakOptions {
  /** workers to kill */
  readonly kills: number;
  readonly seed: number;
  readonly modes?: readonly Mode[];
  /** a database goes through as many rounds, so that each begins with what the one before left; default 6 */
  readonly rounds?: number;
  /** told after each round */
  readonly onRound?: (mode: Mode, round: Tally) => void;
}

/** @returns the counts of each mode */
export async function soak({
  kills,
  seed,
  modes = MODES,
  rounds = 6,
  onRound,
}: SoakOptions): Promise<ReadonlyMap<Mode, Tally>> {
  const chance = random(seed);
  const tallies = new Map(modes.map((mode) => [mode, new Tally()]));
  const killed = (): number => [...tallies.values()].reduce((sum, tally) => sum + tally.kills.worker, 0);
  for (let round = 0; killed() < kills; round += 1) {
    const mode = modes[round % modes.length] as Mode;
    const tally = new Tally();
    const stage = new Stage(chance, tally);
    try {
      if (!WITHOUT_FILE.has(mode)) await stage.prepare();
      for (let again = 0; again < rounds && killed() + tally.kills.worker < kills; again += 1) {
        await SCENARIOS[mode](stage);
        const brought = await stage.check();
        if (brought > 0) tally.adoptions += 1;
        if (WITHOUT_FILE.has(mode)) break;
      }
    } finally {
      await stage.end();
    }
    tallies.get(mode)?.add(tally);
    onRound?.(mode, tally);
  }
  return tallies;
}
