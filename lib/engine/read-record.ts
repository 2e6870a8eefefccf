// What one statement adds to the read set of the cached load that it runs in: its tables, or everything where they are not
// known. Not here: how they become known (tables-read.ts).
import { context, type ReadSet } from '../context.js';
import { EVERYTHING, type Statement } from '../sql/statement.js';
import type { Database } from './database.js';
import type { Reader } from './session.js';
import type { TablesOrUnknown } from './tables-read.js';

export class ReadRecord {
  readonly reader: Reader;
  #told = false;

  private constructor(
    private readonly reads: ReadSet,
    private readonly database: Database,
    private readonly known: readonly string[],
  ) {
    this.reader = { alias: database.alias, told: (tables) => this.#tell(tables) };
  }

  /** Where a load is recorded and the statement does not know its tables itself; what it does know is added at once. */
  static of(database: Database, statement: Statement): ReadRecord | undefined {
    const { reads } = context();
    if (reads === undefined) return undefined;
    if (statement.reads.includes(EVERYTHING))
      return new ReadRecord(
        reads,
        database,
        statement.reads.filter((table) => table !== EVERYTHING),
      );
    reads.add(database, statement.reads);
    return undefined;
  }

  /** An error may depend on anything. */
  failed(): void {
    this.#tell(undefined);
  }

  /** What has not been told by now is not known. */
  end(): void {
    if (!this.#told) this.#tell(undefined);
  }

  #tell(tables: TablesOrUnknown): void {
    this.#told = true;
    this.reads.add(this.database, tables === undefined ? [EVERYTHING] : [...this.known, ...tables]);
  }
}
