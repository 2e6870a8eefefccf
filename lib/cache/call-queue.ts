// A line of calls: one group of a kind at a time, in the order of the calls, and each hears its own outcome. Not here: what a
// group does (keyv-table.ts).

interface Waiting<Ask> {
  readonly ask: Ask;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class CallQueue<Ask extends { readonly kind: string }> {
  #waiting: Waiting<Ask>[] = [];
  #running: Promise<void> | undefined;

  /**
   * @param perform does what a group asks for, and gives how each hears of it: a function that gives the answer or throws
   * @param weight calls of one kind go together up to `most` of it; kind 'alone' goes with nothing
   */
  constructor(
    private readonly perform: (asks: readonly Ask[]) => Promise<readonly (() => unknown)[]>,
    private readonly weight: (ask: Ask) => number,
    private readonly most: number,
  ) {}

  ask(ask: Ask): Promise<unknown> {
    return this.#add(ask, (waiting) => this.#waiting.push(waiting));
  }

  /** Before whatever waits. */
  first(ask: Ask): Promise<unknown> {
    return this.#add(ask, (waiting) => this.#waiting.unshift(waiting));
  }

  /** When nothing runs or waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #add(ask: Ask, place: (waiting: Waiting<Ask>) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      place({ ask, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    // whoever comes in the same turn of the event loop goes along
    await new Promise<void>((resolve) => process.nextTick(resolve));
    while (this.#waiting.length > 0) await this.#next();
    // in the same breath as the look: whoever comes from here on starts anew
    this.#running = undefined;
  }

  async #next(): Promise<void> {
    const group = this.#take();
    const outcomes = await this.perform(group.map(({ ask }) => ask)).catch((error: unknown) =>
      group.map(() => () => {
        throw error;
      }),
    );
    for (const [index, { resolve, reject }] of group.entries()) {
      try {
        resolve(outcomes[index]?.());
      } catch (error) {
        reject(error);
      }
    }
  }

  /** Those who wait first and can go together. */
  #take(): readonly Waiting<Ask>[] {
    const [{ ask: first }] = this.#waiting as [Waiting<Ask>];
    let taken = 1;
    let weight = this.weight(first);
    if (first.kind !== 'alone') {
      for (; taken < this.#waiting.length; taken += 1) {
        const { ask } = this.#waiting[taken] as Waiting<Ask>;
        weight += this.weight(ask);
        if (ask.kind !== first.kind || weight > this.most) break;
      }
    }
    return this.#waiting.splice(0, taken);
  }
}
