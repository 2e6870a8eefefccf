// A file with its managers and its cache, whose clock is the model's; closed, opened, and killed as a process is. Not here:
// what is done with it.
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { BaseDuckDBManager } from '@mysingle/database';
import { Cache } from '../../../lib/cache/cache.js';
import type { CacheOptions } from '../../../lib/cache/shared-cache.js';
import { Engine } from '../../../lib/engine/engine.js';
import { acquireDatabase, type Lease } from '../../../lib/engine/registry.js';
import { resolveOptions } from '../../../lib/options.js';
import { ENTITIES, ModelService, VIEW, type Load } from './entities.js';

export class World {
  /** the clock of the cache, in ms */
  now = 1_700_000_000_000;
  readonly stats = { hits: 0, stale: 0, tierHits: 0, loads: 0, joined: 0, evicted: 0 };
  #lease!: Lease;
  #engine!: Engine;
  /** a cached one, another on the same cache, and one without */
  managers!: readonly [BaseDuckDBManager, BaseDuckDBManager, BaseDuckDBManager];
  services!: readonly ModelService[];
  /** a connection that no clock knows of: another program in the database */
  outside!: DuckDBConnection;

  private constructor(
    private path: string,
    private readonly load: Load,
  ) {}

  static async open(path: string, load: Load, options: CacheOptions): Promise<World> {
    const world = new World(path, load);
    await world.#open(options);
    return world;
  }

  async #open(options: CacheOptions): Promise<void> {
    const { path } = this;
    const { database, log } = resolveOptions({ path, logger: false });
    this.#lease = await acquireDatabase(database);
    this.#engine = new Engine(this.#lease.database, log, 1000);
    await Cache.open(this.#engine, options, log, () => this.now);
    const open = (cache: CacheOptions | false): Promise<BaseDuckDBManager> =>
      BaseDuckDBManager.open({ path, entities: ENTITIES, logger: false, cache });
    this.managers = [await open(options), await open({}), await open(false)];
    this.services = this.managers.slice(0, 2).map((db) => new ModelService(db, this.load));
    this.outside = await this.#lease.database.connect();
    await this.outside.run(VIEW);
  }

  get db(): BaseDuckDBManager {
    return this.managers[0];
  }

  async close(): Promise<void> {
    const counted = this.db.cache.stats();
    for (const name of Object.keys(this.stats) as (keyof typeof this.stats)[]) this.stats[name] += counted[name];
    this.outside.closeSync();
    for (const manager of this.managers) await manager.close();
    await this.#engine.close();
    await this.#lease.release();
  }

  async restart(options: CacheOptions): Promise<void> {
    await this.close();
    await this.#open(options);
  }

  /** Goes on with the file as it is now, as after a process that was killed. */
  async kill(options: CacheOptions): Promise<void> {
    const [old, path] = [this.path, this.path.replace(/(?:-\d+)?\.duckdb$/, `-${(this.#kills += 1)}.duckdb`)];
    for (const end of ['', '.wal']) if (existsSync(old + end)) copyFileSync(old + end, path + end);
    await this.close();
    for (const end of ['', '.wal']) rmSync(old + end, { force: true });
    this.path = path;
    await this.#open(options);
  }

  #kills = 0;
}
