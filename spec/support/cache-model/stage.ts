// What the actors of the model share: the ledger, the world, random delays, what happened last. Not here: what they do.
import type { BaseDuckDBManager } from '@mysingle/database';
import { random } from '../random.js';
import { type CachedValue, type Load } from './entities.js';
import { Ledger, Violation, tableName, type View } from './ledger.js';
import { BASES } from './reads.js';
import type { World } from './world.js';

/** Loads that fail on purpose, one of so many. */
const FAILING = 40;
const REMEMBERED = 4_000;

/** A load that failed on purpose. */
export class Bang extends Error {
  /** when nobody may be given it any more */
  goneAt: number | undefined;
}

export class Stage {
  readonly ledger = new Ledger();
  readonly below: (limit: number) => number;
  world!: World;
  steps = 0;
  roundEnd = 0;
  /** the first thing that went wrong */
  wrong: Error | undefined;
  readonly #trace: { readonly moment: number; readonly actor: number; readonly text: string }[] = [];
  /** what was done, by kinds */
  readonly done = new Map<string, number>();

  constructor(
    readonly seed: number,
    private readonly limit: number,
  ) {
    this.below = random(seed).below;
  }

  /** Whether the actors stop here. */
  get over(): boolean {
    return this.finished || this.steps >= this.roundEnd;
  }

  get finished(): boolean {
    return this.wrong !== undefined || this.steps >= this.limit;
  }

  note(actor: number, text: string): void {
    this.#trace.push({ moment: this.ledger.moment(), actor, text });
    if (this.#trace.length > 2 * REMEMBERED) this.#trace.splice(0, REMEMBERED);
  }

  step(actor: number, kind: string, text = kind): void {
    this.steps += 1;
    this.done.set(kind, (this.done.get(kind) ?? 0) + 1);
    this.note(actor, text);
  }

  /** Remembers the first failure, with the last events of its actor and those that tell of the same. */
  fail(actor: number, error: unknown): void {
    if (this.wrong !== undefined) return;
    const about = error instanceof Violation ? error.about : [];
    const words = about.map((each) => new RegExp(`(?<![\\w])${each.replace(/[^\w ]/g, '\\$&')}(?![\\w])`));
    const told = this.#trace.filter((each) => words.some((word) => word.test(each.text))).slice(-25);
    const own = this.#trace.filter((each) => each.actor === actor).slice(-12);
    const lines = [...new Set([...told, ...own])]
      .toSorted((left, right) => left.moment - right.moment)
      .map(({ moment, actor: by, text }) => `  ${moment} actor ${by}: ${text}`);
    const message = error instanceof Error ? error.message : String(error);
    this.wrong = new (error instanceof Violation ? Violation : Error)(
      `CACHE_MODEL_SEED=${this.seed}, step ${this.steps}, actor ${actor}: ${message}\n${lines.join('\n')}`,
      error instanceof Violation ? about : ({ cause: error } as never),
    );
  }

  /** Nothing, for a few turns of the promises or the event loop. */
  async pause(): Promise<void> {
    for (let hops = this.below(4); hops > 0; hops -= 1)
      await (this.below(3) === 0 ? new Promise((resolve) => setImmediate(resolve)) : Promise.resolve());
  }

  /** What the cached calls load. */
  readonly load: Load = (db, key, base, terms, inner) => this.loadOf(db, key, base, terms, inner);

  async loadOf(
    db: BaseDuckDBManager,
    key: string,
    base: string,
    { tags, lifeMs }: { readonly tags: readonly string[]; readonly lifeMs: number },
    inner?: () => Promise<CachedValue[]>,
    signal?: AbortSignal,
  ): Promise<CachedValue> {
    const known = BASES.get(base) as NonNullable<ReturnType<typeof BASES.get>>;
    const { tables } = known;
    // in the turn in which the cache begins it
    const kept = this.ledger.keep({
      key,
      tags: [...tags.map((tag) => `tag ${tag}`), ...tables.map(tableName)],
      lifeMs,
      dependsOn: [],
    });
    this.note(-1, `load ${kept.id} of ${key} begins`);
    await this.pause();
    const first = this.below(2) === 0 ? await inner?.() : undefined;
    const { facts, events, count } = await known.read(db, signal);
    const others = first ?? (await inner?.()) ?? [];
    await this.pause();
    if (this.below(FAILING) === 0) {
      const bang = new Bang(`load ${kept.id}`);
      // its waiters hear of it in the promises of this turn
      setImmediate(() => (bang.goneAt = this.ledger.moment()));
      throw bang;
    }
    kept.endedAt = this.world.now;
    this.note(-1, `load ${kept.id} of ${key} read ${JSON.stringify(facts)}`);
    return {
      loads: [kept.id, ...others.flatMap((each) => each.loads)],
      facts: [...facts, ...others.flatMap((each) => each.facts)],
      ...(events === undefined ? {} : { events: [...events] }),
      ...(count === undefined ? {} : { count }),
      at: new Date(kept.id),
    };
  }

  /** @throws Violation for a value that the reader may not have */
  checkValue(view: View, key: string, value: CachedValue): void {
    if (!(value.at instanceof Date) || value.at.getTime() !== value.loads[0])
      throw new Violation(`${key} has the date ${String(value.at)} for load ${value.loads[0]}: it was changed`, [key]);
    this.ledger.checkKept(view, key, value.loads);
    this.ledger.check(view, value);
    // what the caller does with it is nobody else's
    value.at.setTime(0);
    value.facts.push([0, -1]);
    value.loads.unshift(-1);
    value.events?.push(-1);
    if (value.count !== undefined) value.count = -1;
  }
}
