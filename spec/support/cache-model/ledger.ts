// What a correct cache may answer: which versions were written where, from when to when, and what has ended since. Not here:
// any database, any cache.

/** Rows of each table that holds versions. */
export const ROWS = 3;
/** Those whose rows are updated, and one whose rows are replaced. */
export const UPDATED = ['model_a', 'model_b', 'model_c'] as const;
export const REPLACED = 'model_d';
export const TABLES = [...UPDATED, REPLACED] as const;
const CELLS = TABLES.length * ROWS;
/** The place of versions that are appended, and never replaced. */
const EVENT = -1;

export class Violation extends Error {
  constructor(
    message: string,
    /** the moments that the trace should tell of */
    readonly about: readonly string[] = [],
  ) {
    super(message);
  }
}

/** What a read gave, in the terms of the ledger. */
export interface Reading {
  /** versions by their cells */
  readonly facts: readonly (readonly [cell: number, version: number])[];
  /** all versions that were appended */
  readonly events?: readonly number[];
  /** their number */
  readonly count?: number;
}

type State = 'pending' | 'committed' | 'rolled back';

/** One transaction, or one statement: its writes become visible together, or never. */
export class Attempt {
  state: State = 'pending';
  /** the last moment at which none of it can have been committed */
  startedAt = Infinity;
  /** when its commit was acknowledged */
  ackedAt = Infinity;
  readonly cells = new Map<number, Version>();
  readonly events: Version[] = [];
  /** keys of the cache, and tags, that end with it */
  readonly ends: string[] = [];
  readonly kept: Kept[] = [];
}

interface Version {
  readonly number: number;
  readonly cell: number;
  readonly by: Attempt;
  /** somebody else has seen it before it was acknowledged */
  seen: boolean;
  /** another write of the same attempt came over it, or it was deleted */
  gone: boolean;
}

/** A value of the cache: what was loaded, or set. */
export interface Kept {
  readonly id: number;
  readonly key: string;
  readonly beganAt: number;
  readonly tags: readonly string[];
  /** ttl and grace */
  readonly lifeMs: number;
  /** by the clock of the cache; undefined where that cannot be known */
  endedAt: number | undefined;
  /** by whom it was set; undefined for loads */
  readonly by?: Attempt;
  /** tables whose writes end it, where it was set */
  readonly dependsOn: readonly string[];
  seen: boolean;
}

/** What a reader knows when it starts. */
export interface View {
  readonly at: number;
  readonly clock: number;
  /** per cell: the start of the last write that was acknowledged */
  readonly floors: Float64Array;
  /** appended versions that were acknowledged */
  readonly events: number;
  readonly ended: ReadonlyMap<string, number>;
  /** the transaction of the reader */
  readonly own: Attempt | undefined;
  /** the reader's transaction sees nothing that was started after this */
  readonly until: number;
}

export const keyName = (key: string): string => `key ${key}`;
export const tagName = (tag: string): string => `tag ${tag}`;
/** ended by `invalidate({ entities })` */
export const tableName = (table: string): string => `table ${table}`;
/** ended by a write */
const writtenName = (table: string): string => `written ${table}`;
export const EVERY_KEY = 'every key';

export const cellOf = (table: string, id: number): number => TABLES.indexOf(table as never) * ROWS + id;
const nameOf = (cell: number): string =>
  cell === EVENT ? 'events' : `${TABLES[Math.floor(cell / ROWS)] ?? '?'}[${cell % ROWS}]`;

export class Ledger {
  #moment = 0;
  #next = 0;
  readonly #versions = new Map<number, Version>();
  readonly #kept = new Map<number, Kept>();
  readonly #floors = new Float64Array(CELLS);
  #acked: number[] = [];
  #appended = 0;
  readonly #ended = new Map<string, number>();

  moment(): number {
    return (this.#moment += 1);
  }

  /** A version for a cell, that nothing had before. */
  write(by: Attempt, cell: number): number {
    const before = by.cells.get(cell);
    if (before !== undefined) before.gone = true;
    const version = this.#version(by, cell);
    by.cells.set(cell, version);
    return version.number;
  }

  append(by: Attempt): number {
    const version = this.#version(by, EVENT);
    by.events.push(version);
    this.#appended += 1;
    return version.number;
  }

  #version(by: Attempt, cell: number): Version {
    const version = { number: (this.#next += 1), cell, by, seen: false, gone: false };
    this.#versions.set(version.number, version);
    return version;
  }

  /** A load begins, or a value is set. */
  keep(kept: Omit<Kept, 'id' | 'beganAt' | 'endedAt' | 'seen'>): Kept {
    const made = { ...kept, id: (this.#next += 1), beganAt: this.moment(), endedAt: undefined, seen: false };
    this.#kept.set(made.id, made);
    kept.by?.kept.push(made);
    return made;
  }

  /** Its commit is asked for from here on. */
  ending(attempt: Attempt): void {
    attempt.startedAt = this.moment();
  }

  committed(attempt: Attempt): void {
    attempt.state = 'committed';
    attempt.ackedAt = this.moment();
    const ends = [...attempt.ends];
    for (const cell of attempt.cells.keys()) {
      this.#floors[cell] = Math.max(this.#floors[cell] ?? 0, attempt.startedAt);
      ends.push(writtenName(TABLES[Math.floor(cell / ROWS)] ?? '?'));
    }
    for (const { number } of attempt.events) this.#acked.push(number);
    for (const each of ends) this.#ended.set(each, Math.max(this.#ended.get(each) ?? 0, attempt.startedAt));
  }

  rolledBack(attempt: Attempt): void {
    attempt.state = 'rolled back';
    for (const version of [...attempt.cells.values(), ...attempt.events])
      if (version.seen)
        throw new Violation(`${nameOf(version.cell)} = ${version.number} was read, and was rolled back`, [
          String(version.number),
        ]);
    for (const kept of attempt.kept)
      if (kept.seen) throw new Violation(`${kept.key} = ${kept.id} was read, and was rolled back`, [kept.key]);
  }

  /** All that was appended is deleted, while nobody reads. */
  deletedEvents(): void {
    for (const number of this.#acked) (this.#versions.get(number) as Version).gone = true;
    this.#acked = [];
    this.#appended = 0;
  }

  /** @param transaction what its transaction knew at its beginning */
  view(clock: number, transaction?: View): View {
    return {
      at: this.moment(),
      clock,
      floors: transaction?.floors ?? this.#floors.slice(),
      events: transaction?.events ?? this.#acked.length,
      ended: new Map(this.#ended),
      own: transaction?.own,
      until: transaction?.until ?? Infinity,
    };
  }

  /** @throws Violation where no correct cache would have answered this */
  check(view: View, { facts, events, count }: Reading): void {
    for (const [cell, number] of facts) this.#checkFact(view, cell, number);
    const own = view.own?.events.length ?? 0;
    if (events !== undefined) {
      for (const number of events) this.#checkVersion(view, EVENT, number);
      const given = new Set(events);
      if (given.size !== events.length) throw new Violation('an event was read twice');
      const expected = [
        ...this.#acked.slice(0, view.events),
        ...(view.own?.events ?? []).map((version) => version.number),
      ];
      const lost = expected.find((number) => !given.has(number));
      if (lost !== undefined) throw new Violation(`event ${lost} was committed before, and not read`, [String(lost)]);
    }
    if (count !== undefined && (count < view.events + own || count > this.#appended))
      throw new Violation(`${count} events were counted, of ${view.events + own} to ${this.#appended}`);
  }

  #checkFact(view: View, cell: number, number: number): void {
    const version = this.#checkVersion(view, cell, number);
    const own = view.own?.cells.get(cell);
    if (own !== undefined) {
      if (own !== version)
        throw new Violation(`${nameOf(cell)} = ${number} in a transaction that has written ${own.number}`, [
          String(number),
        ]);
      return;
    }
    const floor = view.floors[cell] ?? 0;
    if (version.by.ackedAt < floor)
      throw new Violation(
        `stale: ${nameOf(cell)} = ${number}, acknowledged at ${version.by.ackedAt}, was read at ${view.at}, after a later write that began at ${floor} was acknowledged`,
        [String(number), nameOf(cell)],
      );
  }

  #checkVersion(view: View, cell: number, number: number): Version {
    const version = this.#versions.get(number);
    const what = `${nameOf(cell)} = ${String(number)}`;
    if (version === undefined || version.cell !== cell)
      throw new Violation(`${what} was never written there`, [String(number)]);
    if (version.gone) throw new Violation(`${what} was replaced or deleted before`, [String(number)]);
    if (version.by === view.own) return version;
    if (version.by.state === 'rolled back') throw new Violation(`${what} was rolled back`, [String(number)]);
    if (version.by.startedAt === Infinity)
      throw new Violation(`${what} was read while its transaction was not done`, [String(number)]);
    if (version.by.startedAt > view.until)
      throw new Violation(
        `${what}, begun at ${version.by.startedAt}, was read in a transaction that sees what was at ${view.until}`,
        [String(number)],
      );
    if (version.by.state === 'pending') version.seen = true;
    return version;
  }

  /** @param loads the value that was read under the key, first, and those that went into it */
  checkKept(view: View, key: string, loads: readonly number[]): void {
    for (const [index, id] of loads.entries()) {
      const kept = this.#kept.get(id);
      const what = `the value ${String(id)} of ${key}`;
      if (kept === undefined || (index === 0 && kept.key !== key))
        throw new Violation(`${what} is not one of it`, [key]);
      if (kept.by?.state === 'rolled back') throw new Violation(`${what} was set, and rolled back`, [key]);
      if (kept.by?.state === 'pending' && kept.by !== view.own) {
        if (kept.by.startedAt === Infinity)
          throw new Violation(`${what} was read while its transaction was not done`, [key]);
        kept.seen = true;
      }
      const ends = [...kept.tags, ...kept.dependsOn.map(writtenName)];
      for (const end of ends)
        if (kept.beganAt < (view.ended.get(end) ?? 0))
          throw new Violation(
            `${what}, begun at ${kept.beganAt}, was read at ${view.at}: '${end}' had ended it at ${view.ended.get(end)}`,
            [key, end],
          );
      if (index === 0) this.#checkOwn(view, what, kept);
    }
  }

  #checkOwn(view: View, what: string, kept: Kept): void {
    for (const name of [keyName(kept.key), EVERY_KEY]) {
      const endedAt = view.ended.get(name) ?? 0;
      if ((kept.by === undefined ? kept.beganAt : kept.by.ackedAt) < endedAt)
        throw new Violation(
          `${what}, begun at ${kept.beganAt}, was read at ${view.at}: '${name}' was ended at ${endedAt}`,
          [kept.key],
        );
    }
    if (kept.endedAt !== undefined && kept.endedAt + kept.lifeMs <= view.clock)
      throw new Violation(
        `${what} was read ${view.clock - kept.endedAt} ms after it was made, and lives ${kept.lifeMs}`,
        [kept.key],
      );
  }
}
