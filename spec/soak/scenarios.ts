// The ways in which processes are killed. Each leaves nobody running; the check comes after it. Not here: what they write
// (workload.ts), the check (stage.ts).
import type { Stage, Worker } from './stage.js';
import { KINDS, type Kind } from './workload.js';

export type Scenario = (stage: Stage) => Promise<void>;

/** How long a start of the library takes at most, once the modules are loaded. */
const BOOT_MS = 120;

/** Killed while it writes to the file; now and then the next start is killed too, while it recovers. */
function writing(...kinds: readonly Kind[]): Scenario {
  return async (stage) => {
    const { process } = stage.work(...kinds);
    await stage.expect(process, 'ready');
    await stage.pause(400);
    await stage.kill(process, 'worker');
    if (stage.chance.below(3) === 0) await crashAtBoot(stage);
  };
}

/** Killed between its start and its first writes, wherever that is: also while it brings in what another one left. */
async function crashAtBoot(stage: Stage, withinMs = BOOT_MS): Promise<void> {
  const { process } = stage.work('mark');
  await stage.expect(process, 'imported');
  await stage.pause(withinMs);
  await stage.kill(process, 'worker');
}

/** Killed while the file itself is made. */
const birth: Scenario = async (stage) => {
  await crashAtBoot(stage);
  await crashAtBoot(stage);
};

/** Two workers never write the same rows, but for the accounts. */
async function beside(stage: Stage, kinds: readonly Kind[] = KINDS): Promise<Worker | undefined> {
  const worker = stage.work(...kinds);
  return (await stage.expect(worker.process, 'ready fallback')) ? worker : undefined;
}

/** Killed, or closed, while another process holds the file; that one is killed later, or has brought it in before. */
const fallback: Scenario = async (stage) => {
  const byLibrary = stage.chance.below(2) === 0;
  const holder = await stage.hold(byLibrary);
  const worker = await beside(stage);
  if (worker === undefined) return;
  await stage.pause(700);
  // killed while it makes a side file of its own
  if (stage.chance.below(3) === 0) await crashAtBoot(stage);
  if (stage.chance.below(5) === 0) await stage.close(worker.process);
  else await stage.kill(worker.process, 'worker');
  const left = stage.sideFiles.length > 0;
  if (byLibrary && stage.chance.below(2) === 0) {
    if (!(await stage.adopted())) stage.tally.wrong('stuck', 'the holder never brought in the side file');
    else if (left) stage.tally.adoptions += 1;
  } else if (byLibrary) await stage.pause(2_300);
  await stage.kill(holder, 'holder');
};

/** The holder is killed, and the worker while it goes over, or just before or after; then the next starts, one after the other. */
const promotion: Scenario = async (stage) => {
  const holder = await stage.hold(false);
  const worker = await beside(stage);
  if (worker === undefined) return;
  await stage.pause(1000, 100);
  await stage.kill(holder, 'holder');
  await stage.pause(600);
  await stage.kill(worker.process, 'worker');
  await stage.countMidReplay();
  for (let crashes = stage.chance.below(4); crashes > 0; crashes -= 1) await crashAtBoot(stage);
};

/** The same with more in the journal than is applied in one transaction, so that a part of it is there, and the rest is not. */
const deep: Scenario = async (stage) => {
  const holder = await stage.hold(false);
  const worker = await beside(stage, ['mark', 'step', 'pair', 'mark']);
  if (worker === undefined) return;
  const enough = 300 + stage.chance.below(500);
  while (worker.acknowledged() < enough) await stage.pause(20, 10);
  await stage.kill(holder, 'holder');
  await stage.pause(2500, 300);
  await stage.kill(worker.process, 'worker');
  await stage.countMidReplay();
  for (let crashes = stage.chance.below(4); crashes > 0; crashes -= 1) {
    await crashAtBoot(stage, 1500);
    await stage.countMidReplay();
  }
};

/** Two at once beside the file: one gets in when the holder dies, the other one when the first does. */
const two: Scenario = async (stage) => {
  const holder = await stage.hold(stage.chance.below(2) === 0);
  const pair = await Promise.all([beside(stage), beside(stage)]);
  const [one, other] = pair;
  if (one === undefined || other === undefined) return;
  await stage.pause(500);
  await stage.kill(holder, 'holder');
  const first = await Promise.race(
    [one, other].map(async (worker) => ((await worker.process.line('in', 15_000)) === undefined ? undefined : worker)),
  );
  if (first === undefined) return stage.tally.wrong('stuck', 'neither of two got in');
  const second = first === one ? other : one;
  await stage.pause(300);
  if (stage.chance.below(3) === 0) {
    // the other one never gets in: whoever did brings in what it left, now or at its end
    await stage.kill(second.process, 'worker');
    await stage.pause(300);
    if (stage.chance.below(2) === 0) await stage.close(first.process);
    else await stage.kill(first.process, 'worker');
    return;
  }
  if (stage.chance.below(3) === 0) await stage.close(first.process);
  else await stage.kill(first.process, 'worker');
  if (await stage.expect(second.process, 'in', 15_000)) await stage.pause(200);
  if (stage.chance.below(2) === 0) await stage.close(second.process);
  else await stage.kill(second.process, 'worker');
};

/** By the name for `--mode`; in the order in which they take turns. */
export const SCENARIOS = {
  inserts: writing('step', 'mark', 'step'),
  transactions: writing('transfer', 'transfer', 'transfer'),
  bulk: writing('batch', 'batch'),
  mixed: writing('pair', 'pair', 'transfer', 'mark'),
  fallback,
  promotion,
  deep,
  two,
  birth,
} as const satisfies Record<string, Scenario>;

export type Mode = keyof typeof SCENARIOS;
export const MODES = Object.keys(SCENARIOS) as readonly Mode[];

/** These begin without a file. */
export const WITHOUT_FILE: ReadonlySet<Mode> = new Set(['birth']);
