// What a store has still to be told: versions that changed, keys that were forgotten. Tried until it is done, for nothing that
// depends on them may be believed before. Not here: how it is told (store-tier.ts).

export interface BacklogSteps {
  /** Both: whether the store has it now; where it failed they throw, and the others wait, too. */
  readonly bump: (name: string) => Promise<boolean>;
  readonly remove: (key: string) => Promise<boolean>;
  /** there are too many of them: one version of everything takes their place */
  readonly collapsed: () => void;
}

interface Item {
  readonly id: string;
  readonly name: string;
  readonly entered: number;
  readonly left: Map<string, number>;
  readonly step: (name: string) => Promise<boolean>;
}

const MOST = 10_000;
const AT_ONCE = 32;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

export class Backlog {
  // each with the number of its last entry: what is entered again while it is under way is not done by that
  readonly #names = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  #entered = 0;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryMs = FIRST_RETRY_MS;
  #closed = false;

  /** @param everything the name of the version that every value carries */
  constructor(
    private readonly everything: string,
    private readonly steps: BacklogSteps,
  ) {}

  get empty(): boolean {
    return this.#names.size === 0 && this.#keys.size === 0;
  }

  hasAny(names: readonly string[]): boolean {
    return this.#names.size > 0 && names.some((name) => this.#names.has(name));
  }

  hasKey(key: string): boolean {
    return this.#keys.has(key);
  }

  add(names: readonly string[]): void {
    for (const name of names) this.#names.set(name, (this.#entered += 1));
    this.#start();
  }

  addKey(key: string): void {
    this.#keys.set(key, (this.#entered += 1));
    this.#start();
  }

  /** In place of all that is in it: the version of everything. */
  collapse(): void {
    this.#names.clear();
    this.#keys.clear();
    this.add([this.everything]);
  }

  #start(): void {
    if (this.#names.size > MOST || this.#keys.size > MOST) {
      this.steps.collapsed();
      return this.collapse();
    }
    // one that has failed is tried again in its time, not with each write
    if (this.#timer === undefined) void this.flush();
  }

  /** The store answers again, or what a key waited for is over. */
  again(): void {
    if (!this.empty) void this.flush();
  }

  /** Tells the store of all, or of as much as it takes. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return (this.#running ??= this.#flush().finally(() => (this.#running = undefined)));
  }

  /** One more attempt at what is left, and no more after it. @returns whether nothing is left */
  async close(): Promise<boolean> {
    this.#closed = true;
    await this.#running;
    if (!this.empty) await this.flush();
    clearTimeout(this.#timer);
    return this.empty;
  }

  async #flush(): Promise<void> {
    // what is entered in the same turn goes along
    await Promise.resolve();
    const later = new Set<string>();
    let failed = false;
    for (let some = this.#next(later); some.length > 0 && !failed; some = this.#next(later)) {
      const outcomes = await Promise.allSettled(some.map((item) => this.#do(item)));
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.status === 'rejected') failed = true;
        else if (outcome.value) this.#retryMs = FIRST_RETRY_MS;
        else later.add((some[index] as Item).id);
      }
    }
    if (this.empty || this.#closed) return;
    this.#timer = setTimeout(() => void this.flush(), this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
  }

  /** A few that are left, but for those that cannot be done now. */
  #next(later: ReadonlySet<string>): Item[] {
    const items: Item[] = [];
    for (const [left, step, prefix] of [
      [this.#names, this.steps.bump, 'v'],
      [this.#keys, this.steps.remove, 'e'],
    ] as const) {
      for (const [name, entered] of left) {
        if (items.length === AT_ONCE) return items;
        const id = `${prefix}${name}`;
        if (!later.has(id)) items.push({ id, name, entered, left, step });
      }
    }
    return items;
  }

  async #do({ name, entered, left, step }: Item): Promise<boolean> {
    const well = await step(name);
    if (well && left.get(name) === entered) left.delete(name);
    return well;
  }
}
