// The counts of a soak. Not here: counting (stage.ts, ledger.ts).
import { WRONGS, type Wrong } from './ledger.js';
import { KINDS, type Kind } from './workload.js';

/** What else can be wrong: failing to open, processes that fail or never get on, writes refused, files left behind. */
const FAULTS = [...WRONGS, 'open', 'failed', 'stuck', 'conflicts', 'sideFiles'] as const;
type Fault = Wrong | (typeof FAULTS)[number];

const SHOWN = 20;

export class Tally {
  readonly kills = { worker: 0, holder: 0 };
  readonly acknowledged = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  checks = 0;
  /** a start or a holder brought in a side file */
  adoptions = 0;
  /** killed when a part of its journal was in the database, and the rest was not */
  midReplay = 0;
  readonly #faults = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Record<Fault, number>;
  readonly #texts: string[] = [];

  wrong(fault: Fault, text: string): void {
    this.#faults[fault] += 1;
    if (this.#texts.length < SHOWN) this.#texts.push(`${fault}: ${text}`);
  }

  /** The first things that were wrong, in words. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  get faults(): Readonly<Record<Fault, number>> {
    return this.#faults;
  }

  get clean(): boolean {
    return Object.values(this.#faults).every((count) => count === 0);
  }

  add(other: Tally): void {
    this.kills.worker += other.kills.worker;
    this.kills.holder += other.kills.holder;
    this.checks += other.checks;
    this.adoptions += other.adoptions;
    this.midReplay += other.midReplay;
    for (const kind of KINDS) this.acknowledged[kind] += other.acknowledged[kind];
    for (const fault of FAULTS) this.#faults[fault] += other.faults[fault];
    this.#texts.push(...other.texts.slice(0, SHOWN - this.#texts.length));
  }
}
