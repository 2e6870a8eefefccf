// One run of the model of the cache: rounds of many actors at once, with a restart, a kill or another size between them. Not
// here: what they do.
import { all, BaseDuckDBManager, type Fragment } from '@mysingle/database';
import type { CacheOptions } from '../../../lib/cache/shared-cache.js';
import { scratchPath } from '../scratch.js';
import { Actor } from './actor.js';
import { ModelEvent, entityOf } from './entities.js';
import { Attempt, ROWS, TABLES, cellOf } from './ledger.js';
import { Stage } from './stage.js';
import { Vandal } from './upkeep.js';
import { World } from './world.js';

export interface ModelOptions {
  readonly seed: number;
  readonly steps: number;
  /** steps between restarts; default 1000 */
  readonly round?: number;
  /** SQL that the file is made by */
  readonly before?: Fragment;
  /** whether the table of the cache gets out of order at times; default yes */
  readonly harm?: boolean;
}

export interface Outcome {
  readonly wrong: Error | undefined;
  readonly steps: number;
  readonly stats: World['stats'];
  readonly done: ReadonlyMap<string, number>;
}

const SIZES: readonly CacheOptions[] = [{}, { maxEntries: 25 }, { maxBytes: 8_000 }];

export async function runModel({ seed, steps, round = 1000, before, harm = true }: ModelOptions): Promise<Outcome> {
  const stage = new Stage(seed, steps);
  const size = (): CacheOptions => SIZES[stage.below(SIZES.length)] as CacheOptions;
  const path = scratchPath();
  if (before !== undefined) await made(path, before);
  const world = await World.open(path, stage.load, size());
  stage.world = world;
  const vandal = new Vandal(stage);
  try {
    await fill(stage);
    while (!stage.finished) {
      const actors = 8 + stage.below(23);
      stage.roundEnd = stage.steps + round;
      await Promise.all(Array.from({ length: actors }, (_actor, number) => new Actor(stage, number, harm ? vandal : undefined).act())); // prettier-ignore
      if (stage.wrong !== undefined) break;
      await between(stage, vandal, size());
    }
  } catch (error) {
    // what went wrong first is what to look at
    await world.close().catch(() => {});
    throw error;
  }
  await world.close();
  return { wrong: stage.wrong, steps: stage.steps, stats: world.stats, done: stage.done };
}

async function made(path: string, before: Fragment): Promise<void> {
  const db = await BaseDuckDBManager.open({ path, logger: false, cache: false });
  await db.execute(before);
  await db.close();
}

/** Rows of the first versions. */
async function fill({ world, ledger }: Stage): Promise<void> {
  const attempt = new Attempt();
  ledger.ending(attempt);
  for (const table of TABLES) {
    const rows = Array.from({ length: ROWS }, (_row, id) => ({
      id,
      version: ledger.write(attempt, cellOf(table, id)),
    }));
    await world.db.repository(entityOf(table)).insertMany(rows);
  }
  ledger.committed(attempt);
}

/** Nobody is there: the events begin anew, and the process, in order or not. */
async function between(stage: Stage, vandal: Vandal, size: CacheOptions): Promise<void> {
  const { world, ledger, below } = stage;
  const [kills, restarts] = ['kill', 'restart'].map((name) => stage.done.get(name) ?? 0) as [number, number];
  // of twenty changes of a run now and then none would be a kill
  const killed = below(3) === 0 || (kills === 0 && restarts >= 5);
  const order = below(3) > 0;
  if (order) await vandal.repair();
  if (killed) await world.db.cache.flush();
  // what the table of the cache has is of before
  for (let writes = below(4); writes > 0; writes -= 1) {
    const attempt = new Attempt();
    ledger.ending(attempt);
    const table = TABLES[below(TABLES.length)] as string;
    const row = { id: 0, version: ledger.write(attempt, cellOf(table, 0)) };
    await world.db.repository(entityOf(table)).upsert(row);
    ledger.committed(attempt);
  }
  await world.db.repository(ModelEvent).delete(all());
  ledger.deletedEvents();
  stage.note(-1, killed ? 'kill' : 'restart');
  await (killed ? world.kill(size) : world.restart(size));
  stage.done.set(killed ? 'kill' : 'restart', (killed ? kills : restarts) + 1);
}
