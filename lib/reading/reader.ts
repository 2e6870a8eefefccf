// What all reads of one entity have in common: its schema, the way to its manager, the cache. Not here: any of them, SQL (sql/).
import type { Cache } from '../cache/cache.js';
import { plainTerms } from '../cache/terms.js';
import { encodeValue } from '../cache/values.js';
import type { Call } from '../context.js';
import type { Engine } from '../engine/engine.js';
import { readRows, type Read } from '../engine/result.js';
import { hydrateOf, type Hydrate } from '../entity/hydrate.js';
import type { Column, EntitySchema } from '../entity/schema.js';
import { Limit, limited, within, type CallOptions } from '../limit.js';
import { literal } from '../sql/literal.js';
import type { Statement } from '../sql/statement.js';

/** What reads work with; handed in by the manager, which connects first. */
export interface ReadContext {
  readonly engine: Engine;
  readonly cache: Cache;
}

/** Options of a read. */
export interface ReadOptions extends CallOptions {
  /** false: past the cache, where the entity has `@Cached` */
  readonly cache?: boolean;
}

export class Reader {
  constructor(
    readonly schema: EntitySchema,
    readonly open: () => ReadContext | Promise<ReadContext>,
    readonly queryTimeoutMs: number | undefined,
    /** what cursors are signed with; undefined for that of the process */
    readonly cursorSecret?: string,
  ) {}

  hydrate(columns: readonly Column[]): Hydrate {
    return hydrateOf(
      this.schema,
      columns.map((column) => column.property),
    );
  }

  /** Rows of these columns, as instances of the entity. */
  rows(what: string, statement: Statement, columns: readonly Column[], options: ReadOptions): Promise<object[]> {
    return this.cached(what, statement, options, readRows(this.hydrate(columns)), ({ rows }) => rows);
  }

  /** Runs a read, through the cache where the entity is `@Cached`. `others`: what else it makes instances of. */
  cached<R extends { readonly rowCount: number }, T>(
    what: string,
    statement: Statement,
    options: ReadOptions,
    read: Read<R>,
    shape: (result: R) => T,
    others: readonly EntitySchema[] = [],
  ): Promise<T> {
    return limited(options, what, this.queryTimeoutMs, this.schema, async (limit) => {
      const opened = within(limit, this.open());
      const { engine, cache } = opened instanceof Promise ? await opened : opened;
      const { cachedMs } = this.schema;
      if (cachedMs === undefined || options.cache === false || engine.transaction?.hasWritten)
        return shape(await engine.collect(statement, read, limit));
      const load = async (work: Limit | undefined): Promise<T> => {
        const own = this.queryTimeoutMs === undefined ? work : new Limit([work], this.queryTimeoutMs);
        try {
          return shape(await engine.collect(statement, read, own));
        } finally {
          if (own !== work) own?.dispose();
        }
      };
      // others may wait for the same load: the limit ends this wait alone
      return (await cache.loadThrough(this.#keyOf(statement, others), plainTerms(cachedMs), load, limit)) as T;
    });
  }

  /** One of its calls, for whoever is told of them. */
  call(operation: string): Call {
    return { operation, entity: this.schema.className, table: this.schema.id };
  }

  #keyOf(statement: Statement, others: readonly EntitySchema[]): string {
    // with its type: 1 and 1n read alike, and are two questions where a fragment asks them
    const values = statement.parameters.map(({ value, type }) => `${literal(value)}::${String(type)}`);
    const entities = [this.schema, ...others].map(({ className, shape }) => `${className}#${shape}`).join('+');
    return `${entities}:${encodeValue([statement.text, values])}`;
  }
}
