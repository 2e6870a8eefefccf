// Single inserts that wait together, as one statement and one commit; each caller gets his row or his error. Not here: what a
// row is (row-encoder.ts), the statements (sql/row-insert.ts).
import type { DuckDBValue } from '@duckdb/node-api';
import type { Call as Origin } from './context.js';
import type { Engine, RunTogether } from './engine/engine.js';
import { readResult, type Result } from './engine/result.js';
import type { Hydrate } from './entity/hydrate.js';
import type { EntitySchema } from './entity/schema.js';
import { isDatabaseError, type ErrorCode } from './errors.js';
import { Limit } from './limit.js';
import type { RowInsert } from './sql/row-insert.js';
import { WaitingCall, afterTurn, sharedIds, stillWaiting, waitedBy } from './waiting-call.js';
import { inWordsOf } from './write-error.js';

interface Row {
  readonly insert: RowInsert;
  readonly values: readonly DuckDBValue[];
}

type Call = WaitingCall<Row, object>;

/** Rows of one statement; DuckDB gives back up to 2,048 in their order. */
const MOST_ROWS = 256;

/** What one row can be refused for: nothing of its group is written then, and the others may go in. */
const OF_A_ROW: ReadonlySet<ErrorCode> = new Set([
  'E_UNIQUE',
  'E_NOT_NULL',
  'E_CHECK',
  'E_FOREIGN_KEY',
  'E_CONVERSION',
  'E_CONFLICT',
  'E_OUT_OF_MEMORY',
  'E_QUERY',
  'E_UNKNOWN',
]);

export class GroupCommit {
  readonly #origin: Origin;
  #waiting: Call[] = [];
  /** one group at a time, so that rows get into the table in the order of their calls */
  #busy = false;

  constructor(
    private readonly engine: Engine,
    private readonly schema: EntitySchema,
    private readonly hydrate: Hydrate,
  ) {
    this.#origin = { operation: 'insert', entity: schema.className, table: schema.id };
  }

  /** The row as stored, once it is committed. */
  insert(insert: RowInsert, values: readonly DuckDBValue[], limit: Limit | undefined): Promise<object> {
    const call: Call = new WaitingCall({ insert, values }, limit, this.#origin);
    if (call.asked !== undefined) call.left = (reason) => this.engine.neverRan(call, reason);
    this.#waiting.push(call);
    this.#ask();
    return call.answer;
  }

  #ask(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    this.#busy = true;
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
          taken = this.#take();
          await this.#commit(run, taken);
        },
      );
    } catch (error) {
      // there was no session for them; who came later has waited less
      for (const call of asking) if (!call.settled) call.failToo(error);
      this.#waiting = this.#waiting.filter((call) => !call.settled);
    }
    this.#busy = false;
    for (const call of taken ?? asking) call.tell();
    this.#ask();
  }

  /** Those who wait first and can go together, in the order of their calls. */
  #take(): Call[] {
    const calls: Call[] = [];
    const most = this.#alone ? 1 : MOST_ROWS;
    let taken = 0;
    for (const call of this.#waiting) {
      if (!call.settled) {
        const [first] = calls;
        if (first !== undefined && (calls.length === most || !together(first, call))) break;
        call.started();
        calls.push(call);
      }
      taken += 1;
    }
    this.#waiting = this.#waiting.slice(taken);
    return calls;
  }

  /**
   * In fallback an INSERT is written down as the rows that it added, or, where DuckDB cannot tell these from others, as it is:
   * of a generated column it cannot.
   */
  get #alone(): boolean {
    return (
      this.engine.database.fallback !== undefined &&
      this.schema.columns.some((column) => column.generated !== undefined)
    );
  }

  /** Nothing of a group that fails is written: its halves are tried then, in their order, down to the rows that are to blame. */
  async #commit(run: RunTogether, calls: readonly Call[]): Promise<void> {
    const [first, another] = calls;
    if (first === undefined) return;
    if (another === undefined) return this.#one(run, first);
    const limit = Limit.ofAll(
      calls.map((call) => call.limit),
      first.limit?.statementMs,
    );
    let written = false;
    try {
      const statement = first.question.insert.several(calls.map((call) => call.question.values));
      const { columns } = await first.within(sharedIds(calls), () =>
        inWordsOf(this.schema, () => run(statement, readResult, limit, waitedBy(calls), () => (written = true))),
      );
      for (const [index, call] of calls.entries()) this.#give(call, columns, index);
    } catch (error) {
      if (written || !isDatabaseError(error) || !OF_A_ROW.has(error.code)) {
        for (const call of calls) call.failToo(error);
        return;
      }
      limit?.dispose();
      const half = calls.length >> 1;
      await this.#commit(run, calls.slice(0, half));
      await this.#commit(run, calls.slice(half));
    } finally {
      limit?.dispose();
    }
  }

  /** As if nobody else had come. */
  async #one(run: RunTogether, call: Call): Promise<void> {
    const { insert, values } = call.question;
    try {
      const { columns } = await call.within(call.log, () =>
        inWordsOf(this.schema, () => run(insert.one(values), readResult, call.limit, call)),
      );
      this.#give(call, columns, 0);
    } catch (error) {
      call.fail(error);
    }
  }

  /** What the class itself throws is its caller's alone. */
  #give(call: Call, columns: Result['columns'], row: number): void {
    try {
      const rows: object[] = [];
      this.hydrate(
        columns.map((column) => [column[row]]),
        1,
        rows,
      );
      call.succeed(rows[0] as object);
    } catch (error) {
      call.fail(error);
    }
  }
}

/** Of the same columns, and under the same bound of a statement; rows without values have no list to come from. */
function together(one: Call, other: Call): boolean {
  const { insert } = one.question;
  return (
    insert === other.question.insert && insert.columns.length > 0 && one.limit?.statementMs === other.limit?.statementMs
  );
}
