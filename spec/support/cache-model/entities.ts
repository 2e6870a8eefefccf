// The tables of the model of the cache, and a service whose methods are cached. Not here: what is read of them.
import { Cached, Column, Table, type BaseDuckDBManager, type EntityClass } from '@mysingle/database';
import { TABLES } from './ledger.js';

@Table('model_a')
export class ModelA {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') version!: number;
}

/** Its reads are cached by themselves. */
@Cached('1h')
@Table('model_b')
export class ModelB {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') version!: number;
}

@Table('model_c')
export class ModelC {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') version!: number;
}

@Table('model_d')
export class ModelD {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('integer') version!: number;
}

/** Rows are added, and all deleted at once. */
@Table('model_events')
export class ModelEvent {
  @Column('integer', { primaryKey: true }) version!: number;
}

export const EVENTS = 'model_events';
export const ENTITIES = [ModelA, ModelB, ModelC, ModelD, ModelEvent];
export const VIEW = `create or replace view model_view as
  select a.id as id, a.version as a, d.version as d from model_a a join model_d d on d.id = a.id`;

const BY_TABLE: readonly EntityClass<ModelA>[] = [ModelA, ModelB, ModelC, ModelD];

export function entityOf(table: string): EntityClass<ModelA> {
  return BY_TABLE[TABLES.indexOf(table as never)] as EntityClass<ModelA>;
}

/** What the cache keeps: versions, and which loads they came of. */
export interface CachedValue {
  loads: number[];
  facts: (readonly [number, number])[];
  events?: number[];
  count?: number;
  at: Date;
}

/** A load of a base, under a key. */
export type Load = (
  db: BaseDuckDBManager,
  key: string,
  base: string,
  terms: { readonly tags: readonly string[]; readonly lifeMs: number },
  inner?: () => Promise<CachedValue[]>,
) => Promise<CachedValue>;

export const TAGS = ['red', 'green', 'blue'] as const;
export const tagOf = (text: string): string =>
  TAGS[Buffer.from(text).reduce((sum, byte) => sum + byte, 0) % TAGS.length] as string;

export class ModelService {
  readonly #load: Load;

  constructor(
    readonly db: BaseDuckDBManager,
    load: Load,
  ) {
    this.#load = load;
  }

  @Cached('1m')
  plain(base: string): Promise<CachedValue> {
    return this.#load(this.db, keyOf('plain', base), base, { tags: [], lifeMs: 60_000 });
  }

  @Cached({ ttl: '10s', grace: '1m', tags: (base: string) => [tagOf(base)] })
  graced(base: string): Promise<CachedValue> {
    return this.#load(this.db, keyOf('graced', base), base, { tags: [tagOf(base)], lifeMs: 70_000 });
  }

  /** Cached calls within a cached one. */
  @Cached('1h')
  pair(left: string, right: string): Promise<CachedValue> {
    return this.#load(this.db, keyOf('pair', left, right), left, { tags: [], lifeMs: 3_600_000 }, async () => [
      await this.graced(left),
      await this.plain(right),
    ]);
  }
}

/** The key of a cached call. */
export const keyOf = (method: string, ...args: readonly string[]): string =>
  `ModelService.${method}:${JSON.stringify(args)}`;
