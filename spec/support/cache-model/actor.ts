// One of many who read, write and upset the cache at once, step by step. Not here: how these steps are done.
import { sql, type BaseDuckDBManager } from '@mysingle/database';
import { ModelEvent } from './entities.js';
import { Attempt, type View } from './ledger.js';
import { lookUp } from './lookups.js';
import { Bang, type Stage } from './stage.js';
import { CHORES, EFFECTS, EFFECT_NAMES, isExpected, type Vandal } from './upkeep.js';
import { LONE_WRITES, WRITES } from './writes.js';

const ALONE = { ...WRITES, ...LONE_WRITES };
/** SQL ends all that was read: it comes less often than what ends what was read of one table. */
const oftener = (names: readonly string[]): string[] =>
  names.flatMap((name) => (/^(?:up|insert(?:Many)?|lent for)/.test(name) ? [name, name, name] : [name]));
const WRITE_NAMES = oftener(Object.keys(WRITES));
const ALONE_NAMES = oftener(Object.keys(ALONE));

/** A transaction that ends by this is rolled back on purpose. */
class Undone extends Error {}

export class Actor {
  constructor(
    private readonly stage: Stage,
    private readonly number: number,
    private readonly vandal: Vandal | undefined,
  ) {}

  async act(): Promise<void> {
    while (!this.stage.over) {
      try {
        await this.#step();
      } catch (error) {
        this.stage.fail(this.number, error);
      }
      await this.stage.pause();
    }
  }

  #step(): Promise<void> {
    const { stage, number: actor } = this;
    const chance = stage.below(1000);
    if (chance < 945) return lookUp({ stage, actor });
    if (chance < 967) return this.#write();
    if (chance < 985) return this.#transaction();
    if (chance < 993) return this.#effect();
    return this.#chore();
  }

  #manager(): BaseDuckDBManager {
    const { below, world } = this.stage;
    return world.managers[below(3)] as BaseDuckDBManager;
  }

  /** Work that commits by itself, or fails for the work of others. */
  async #alone(kind: string, work: (attempt: Attempt) => Promise<unknown>): Promise<void> {
    const { stage, number } = this;
    const attempt = new Attempt();
    stage.ledger.ending(attempt);
    try {
      const working = work(attempt);
      stage.step(number, kind, `${kind} from ${attempt.startedAt}: ${told(attempt)}`);
      await working;
    } catch (error) {
      if (!isExpected(error)) throw error;
      stage.note(number, `${kind} failed: ${told(attempt)}`);
      stage.ledger.rolledBack(attempt);
      return;
    }
    stage.ledger.committed(attempt);
    stage.note(number, `${kind} acknowledged: ${told(attempt)}`);
  }

  #write(): Promise<void> {
    const { ledger, below } = this.stage;
    const kind = ALONE_NAMES[below(ALONE_NAMES.length)] as string;
    const db = this.#manager();
    return this.#alone(kind, async (attempt) => ALONE[kind]?.({ db, ledger, attempt, below }));
  }

  #effect(): Promise<void> {
    const { stage } = this;
    const kind = EFFECT_NAMES[stage.below(EFFECT_NAMES.length)] as string;
    const db = stage.world.managers[stage.below(2)] as BaseDuckDBManager;
    return this.#alone(kind, async (attempt) => {
      await EFFECTS[kind]?.(stage, db, attempt);
      const { now } = stage.world;
      for (const kept of attempt.kept) (kept as { endedAt: number | undefined }).endedAt = now;
    });
  }

  async #chore(): Promise<void> {
    const { stage, number, vandal } = this;
    const names = Object.keys(CHORES);
    const chance = stage.below(100);
    if (chance < 15 && vandal !== undefined) return stage.step(number, 'harm', await vandal.act());
    const kind = chance < 18 ? 'let much time pass' : chance < 30 ? 'clear' : (names[1 + stage.below(3)] as string);
    return this.#alone(kind, async (attempt) => CHORES[kind]?.(stage, attempt));
  }

  /** Some reads, writes and effects that come true together, or not at all. */
  async #transaction(): Promise<void> {
    const { stage, number } = this;
    const { ledger, below } = stage;
    const [db, retries, steps] = [this.#manager(), below(4), 1 + below(6)];
    const end = below(10);
    let attempt: Attempt | undefined;
    try {
      const beginning = ledger.view(stage.world.now);
      await db.transaction(
        async () => {
          if (attempt !== undefined) ledger.rolledBack(attempt);
          attempt = new Attempt();
          // of a later attempt it may see more: what it must see is the same
          await this.#inside(db, attempt, { ...beginning, own: attempt }, steps);
          if (end === 0) throw new Undone();
          if (end === 1) await db.execute(sql`insert into ${ModelEvent} select 1 from (values (1), (1))`);
          if (end === 2) await db.execute(sql`insert into model_a values (0, 0)`).catch(() => {});
          ledger.ending(attempt);
          stage.note(number, `transaction ends: ${told(attempt)}`);
        },
        { retries },
      );
    } catch (error) {
      if (attempt !== undefined) ledger.rolledBack(attempt);
      stage.note(number, `transaction rolled back: ${attempt === undefined ? '' : told(attempt)}`);
      if (error instanceof Undone || error instanceof Bang || isExpected(error)) return;
      throw error;
    }
    ledger.committed(attempt as unknown as Attempt);
    stage.note(number, `transaction acknowledged: ${told(attempt as unknown as Attempt)}`);
  }

  async #inside(db: BaseDuckDBManager, attempt: Attempt, beginning: View, steps: number): Promise<void> {
    const { stage, number: actor } = this;
    const { ledger, below, world } = stage;
    let transaction = beginning;
    if (below(2) === 0) {
      // from here on DuckDB shows it one state
      await db.query(sql`select 1 from model_a limit 1`);
      transaction = { ...beginning, until: ledger.moment() };
      stage.note(actor, 'transaction has its state');
    }
    for (let step = 0; step < steps; step += 1) {
      await stage.pause();
      const chance = below(10);
      if (chance < 5) await lookUp({ stage, actor, transaction });
      else if (chance < 9) {
        const kind = WRITE_NAMES[below(WRITE_NAMES.length)] as string;
        const writing = WRITES[kind]?.({ db, ledger, attempt, below });
        stage.step(actor, `${kind} inside`, `${kind} inside: ${told(attempt)}`);
        await writing;
      } else {
        const kind = EFFECT_NAMES[below(EFFECT_NAMES.length)] as string;
        stage.step(actor, `${kind} inside`);
        await EFFECTS[kind]?.(stage, world.managers[below(2)] as BaseDuckDBManager, attempt);
      }
    }
  }
}

/** What an attempt does, for the trace. */
function told({ cells, events, ends, kept }: Attempt): string {
  return [...[...cells.values()].map((each) => each.number), ...events.map((each) => each.number), ...ends, ...kept.map((each) => each.id)].join(' '); // prettier-ignore
}
