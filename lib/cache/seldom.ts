// Warnings of what every read may come upon: one of them in a while, so that the log is not full of them. Not here: tiers that are left
// alone after a failure, which warn once by that (table-tier.ts, store-calls.ts).

export const PAUSE_MS = 60_000;

export class Seldom {
  #silentUntil = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly tell: (error: unknown) => void,
    private readonly now: () => number,
  ) {}

  readonly warn = (error: unknown): void => {
    const now = this.now();
    if (now < this.#silentUntil) return;
    this.#silentUntil = now + PAUSE_MS;
    this.tell(error);
  };
}
