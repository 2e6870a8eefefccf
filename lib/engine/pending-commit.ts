// What a statement outside of any transaction commits, as the clock is told of it: from before it runs until it is done. Not
// here: running it (run-alone.ts), what transactions commit (transaction.ts).
import type { DuckDBConnection, StatementType } from '@duckdb/node-api';
import { isDatabaseError } from '../errors.js';
import { EVERYTHING, type Statement } from '../sql/statement.js';
import { Creation } from './creation.js';
import type { Database } from './database.js';
import type { Watcher } from './session.js';
import { writesOf } from './statement-effect.js';
import { isStatementUndone } from './undone.js';

export class PendingCommit implements Watcher {
  #writes: readonly string[] = [];
  #over: (() => void) | undefined;
  #creation: Creation | undefined;

  /** @param written called when DuckDB has done it */
  constructor(
    private readonly database: Database,
    private readonly statement: Statement,
    private readonly written?: () => void,
  ) {}

  starts(type: StatementType, connection: DuckDBConnection): void | Promise<void> {
    const { clock, aliasOfWrites } = this.database;
    this.#writes = writesOf(this.statement, type, aliasOfWrites);
    if (this.#writes.length > 0) this.#over = clock.commits(this.#writes);
    if (!this.#writes.includes(EVERYTHING)) return;
    this.#creation = Creation.of(this.statement.text);
    return this.#creation?.begins(connection);
  }

  done(_type: StatementType, connection: DuckDBConnection): void | Promise<void> {
    if (this.#creation === undefined) return this.#done(true);
    return this.#creation.made(connection).then((made) => this.#done(made));
  }

  #done(wrote: boolean): void {
    this.#end(wrote);
    this.written?.();
  }

  failed(error: unknown): void {
    this.#end(!isDatabaseError(error) || !isStatementUndone(error.code));
  }

  #end(committed: boolean): void {
    const over = this.#over;
    this.#over = undefined;
    if (over === undefined) return;
    if (committed) this.database.clock.wrote(this.#writes);
    over();
  }
}
