// Reads by primary key that wait in the same turn of the event loop, as one statement; each caller gets a row of its own.
// Not here: what an id is (repository.ts), the statements (sql/point-select.ts).
import type { Call as Origin } from './context.js';
import type { Engine, RunTogether } from './engine/engine.js';
import { readResult, readRows, type Result } from './engine/result.js';
import type { Hydrate } from './entity/hydrate.js';
import type { Column, EntitySchema } from './entity/schema.js';
import { Limit } from './limit.js';
import { keyText, type Key, type PointSelect } from './sql/point-select.js';
import { WaitingCall, afterTurn, sharedIds, stillWaiting, waitedBy } from './waiting-call.js';

type Call = WaitingCall<Key, object | null>;

/** Keys of one statement: beyond that each costs the same again. */
const MOST_KEYS = 128;

/** Statements that run at once; who comes meanwhile waits for the next one, which takes all of them. */
const AT_ONCE = 2;

export class PointReads {
  readonly #key: Column;
  readonly #origin: Origin;
  readonly #place: number;
  #waiting: Call[] = [];
  /** whether a session is asked for that takes in whoever waits when it comes */
  #asked = false;
  #running = 0;

  constructor(
    private readonly engine: Engine,
    schema: EntitySchema,
    private readonly select: PointSelect,
    private readonly hydrate: Hydrate,
    /** what each statement may take, by the manager's queryTimeout */
    private readonly statementMs: number | undefined,
  ) {
    this.#key = schema.primaryKey[0] as Column;
    this.#origin = { operation: 'findById', entity: schema.className, table: schema.id };
    this.#place = schema.columns.indexOf(this.#key);
  }

  /** The row of a key, or null. Whoever asks in the same turn shares the statement, and nothing else. */
  find(key: Key, limit: Limit | undefined): Promise<object | null> {
    const call: Call = new WaitingCall(key, limit, this.#origin);
    if (call.asked !== undefined) call.left = (reason) => this.engine.neverRan(call, reason);
    this.#waiting.push(call);
    this.#ask();
    return call.answer;
  }

  #ask(): void {
    if (this.#asked || this.#running >= AT_ONCE || this.#waiting.length === 0) return;
    this.#asked = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    let asking = [...this.#waiting];
    let taken: readonly Call[] | undefined;
    // who comes in the same turn has waited as long
    afterTurn(() => {
      if (taken === undefined) asking = [...this.#waiting];
    });
    try {
      await this.engine.together(
        () => stillWaiting(asking),
        async (run) => {
          this.#asked = false;
          this.#running += 1;
          const byKey = this.#take();
          taken = [...byKey.values()].flat();
          // more than one statement takes
          this.#ask();
          await this.#answer(run, byKey, taken);
        },
      );
    } catch (error) {
      // there was no session for them; who came later has waited less
      for (const call of asking) if (!call.settled) call.failToo(error);
      this.#waiting = this.#waiting.filter((call) => !call.settled);
    }
    if (taken === undefined) this.#asked = false;
    else this.#running -= 1;
    for (const call of taken ?? asking) call.tell();
    this.#ask();
  }

  /** Those who wait, by what they ask for. */
  #take(): Map<string, Call[]> {
    const calls = new Map<string, Call[]>();
    let taken = 0;
    for (const call of this.#waiting) {
      if (call.settled) {
        taken += 1;
        continue;
      }
      const text = keyText(this.#key, call.question[0] as never);
      const same = calls.get(text);
      if (same !== undefined) same.push(call);
      else if (calls.size === MOST_KEYS) break;
      else calls.set(text, [call]);
      taken += 1;
    }
    this.#waiting = this.#waiting.slice(taken);
    return calls;
  }

  async #answer(run: RunTogether, byKey: ReadonlyMap<string, Call[]>, calls: readonly Call[]): Promise<void> {
    const [first] = calls;
    if (first === undefined) return;
    if (calls.length === 1) return this.#one(run, first);
    const limit = Limit.ofAll(
      calls.map((call) => call.limit),
      this.statementMs,
    );
    try {
      const keys = [...byKey.values()].map(([call]) => (call as Call).question);
      const statement = keys.length === 1 ? this.select.one(keys[0] as Key) : this.select.several(keys);
      const { columns, rowCount } = await first.within(sharedIds(calls), () =>
        run(statement, readResult, limit, waitedBy(calls)),
      );
      this.#deal(byKey, columns, rowCount);
    } catch {
      // whichever it was that it failed with: each gets what he would have got alone
    } finally {
      limit?.dispose();
    }
    await Promise.all(calls.filter((call) => !call.settled).map((call) => this.#one(run, call)));
  }

  /** Each his row, or null. A row that nobody asked for says that keys are told apart here that DuckDB holds equal. */
  #deal(byKey: ReadonlyMap<string, Call[]>, columns: Result['columns'], rowCount: number): void {
    const { type, as } = this.#key;
    const rows: object[] = [];
    this.hydrate(columns, rowCount, rows);
    const missing = new Set(byKey.keys());
    for (const [index, row] of rows.entries()) {
      const text = keyText(this.#key, type.encode(columns[this.#place]?.[index], as));
      const [first, ...others] = byKey.get(text) ?? [];
      if (first === undefined) return;
      missing.delete(text);
      if (!first.settled) first.succeed(row);
      for (const call of others) {
        const values = columns.map((column) => [copyOf(column[index])]);
        const own: object[] = [];
        this.hydrate(values, 1, own);
        if (!call.settled) call.succeed(own[0] as object);
      }
    }
    for (const text of missing) for (const call of byKey.get(text) ?? []) if (!call.settled) call.succeed(null);
  }

  /** As if nobody else had asked. */
  async #one(run: RunTogether, call: Call): Promise<void> {
    call.started();
    try {
      const { rows } = await call.within(call.log, () =>
        run(this.select.one(call.question), readRows(this.hydrate), call.limit, call),
      );
      call.succeed(rows[0] ?? null);
    } catch (error) {
      call.fail(error);
    }
  }
}

/** What one caller changes in his row must not change in another's. */
function copyOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? structuredClone(value) : value;
}
