// findById and insert of one entity: by statements that are kept, and together with others who wait. Not here: how they wait
// (point-reads.ts, group-commit.ts).
import type { DuckDBValue } from '@duckdb/node-api';
import { context } from './context.js';
import type { Engine } from './engine/engine.js';
import { readRows, type Read } from './engine/result.js';
import type { Hydrate } from './entity/hydrate.js';
import type { Column, EntitySchema } from './entity/schema.js';
import { GroupCommit } from './group-commit.js';
import type { Limit } from './limit.js';
import { PointReads } from './point-reads.js';
import { FROM_DATABASE } from './row-encoder.js';
import { PointSelect, type Key } from './sql/point-select.js';
import { RowInsert } from './sql/row-insert.js';
import { inWordsOf } from './write-error.js';

interface Together {
  readonly engine: Engine;
  readonly reads: PointReads;
  readonly inserts: GroupCommit;
}

/** Which columns a row leaves to the database rarely differs. */
const INSERTS_MAX = 64;

export class PointOperations {
  readonly #select: PointSelect;
  readonly #inserts = new Map<string, RowInsert>();
  readonly #read: Read<{ readonly rows: object[]; readonly rowCount: number }>;
  #together: Together | undefined;

  constructor(
    private readonly schema: EntitySchema,
    private readonly hydrate: Hydrate,
    private readonly statementMs: number | undefined,
  ) {
    this.#select = new PointSelect(schema);
    this.#read = readRows(hydrate);
  }

  /** An id as a key; undefined where it is none, or more than a value. */
  keyOf(id: unknown): Key | undefined {
    return this.#select.keyOf(id);
  }

  /** The row of a key, or null. */
  find(engine: Engine, key: Key, limit: Limit | undefined): Promise<object | null> {
    // a batch by several columns is a scan of the table: DuckDB has no index for it
    if (key.length === 1 && mayWait(engine)) {
      context().reads?.add(engine.database, [this.schema.id]);
      return this.#of(engine).reads.find(key, limit);
    }
    return engine.collect(this.#select.one(key), this.#read, limit).then(({ rows }) => rows[0] ?? null);
  }

  /** A row as stored, committed unless in a transaction. `values` are those of the columns, in their order. */
  insert(
    engine: Engine,
    columns: readonly Column[],
    values: readonly (DuckDBValue | typeof FROM_DATABASE)[],
    limit: Limit | undefined,
  ): Promise<object> {
    const insert = this.#insertOf(columns, values);
    const given = values.filter((value) => value !== FROM_DATABASE);
    if (mayWait(engine)) {
      // what an INSERT gives back was read, too
      context().reads?.add(engine.database, [this.schema.id]);
      return this.#of(engine).inserts.insert(insert, given, limit);
    }
    return inWordsOf(this.schema, () => engine.collect(insert.one(given), this.#read, limit)).then(
      ({ rows }) => rows[0] as object,
    );
  }

  #insertOf(columns: readonly Column[], values: readonly (DuckDBValue | typeof FROM_DATABASE)[]): RowInsert {
    let left = '';
    for (let index = 0; index < values.length; index += 1) if (values[index] === FROM_DATABASE) left += `${index},`;
    let insert = this.#inserts.get(left);
    if (insert === undefined) {
      const given = columns.filter((_column, index) => values[index] !== FROM_DATABASE);
      insert = new RowInsert(this.schema, given);
      if (this.#inserts.size === INSERTS_MAX) this.#inserts.clear();
      this.#inserts.set(left, insert);
    }
    return insert;
  }

  /** A manager that is closed and connected again has another engine. */
  #of(engine: Engine): Together {
    if (this.#together?.engine !== engine) {
      this.#together = {
        engine,
        reads: new PointReads(engine, this.schema, this.#select, this.hydrate, this.statementMs),
        inserts: new GroupCommit(engine, this.schema, this.hydrate),
      };
    }
    return this.#together;
  }
}

/**
 * Not inside a transaction, which is one caller's. And not on one connection alone: there, calls that nobody awaits take effect
 * in their order, of whatever kind they are.
 */
function mayWait(engine: Engine): boolean {
  return engine.transaction === undefined && engine.database.pool.size > 1;
}
