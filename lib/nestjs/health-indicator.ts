// The state of a manager in the words of @nestjs/terminus, without it. Not here: the state itself (manager.health()).
import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { managerToken, type BaseDuckDBManager, type Health } from '../index.js';
import { checkedName, fail } from './options.js';

/** Options of `isHealthy`. */
export interface DuckDBHealthOptions {
  /** of the manager; default `'default'` */
  readonly name?: string;
  /**
   * What working elsewhere than on the file counts as, while another process holds it: `'up'` (default), since every write is kept and
   * comes to the file; or `'down'`, where reads that see only what was written since are worse than none
   */
  readonly degraded?: 'up' | 'down';
}

/** What `isHealthy` gives: a health indicator result of terminus. */
export type DuckDBHealthResult<Key extends string = string> = Record<
  Key,
  { readonly status: 'up' | 'down' } & Partial<Pick<Health, 'mode' | 'problem' | 'pool' | 'pending' | 'conflicts'>>
>;

/**
 * Tells whether a manager can do its work: a health indicator for `@nestjs/terminus` 11, or for a controller of your own.
 *
 * `'down'`: closed, or with a `problem`, as when DuckDB gave the database up. In fallback, or in memory in place of the file, it is
 * `'up'` unless `degraded: 'down'` is asked for, with `mode`, and `pending` and `conflicts` of the fallback. The database is not
 * asked, and its path not told.
 *
 * @example
 * \@Controller()
 * class HealthController {
 *   constructor(private readonly health: HealthCheckService, private readonly duckdb: DuckDBHealthIndicator) {}
 *
 *   \@Get('health') \@HealthCheck()
 *   check() { return this.health.check([() => this.duckdb.isHealthy('database')]); }
 * }
 */
@Injectable()
export class DuckDBHealthIndicator {
  readonly #modules: ModuleRef;

  /** @internal */
  constructor(@Inject(ModuleRef) modules: ModuleRef) {
    this.#modules = modules;
  }

  /**
   * The state of a manager, under this key, `'duckdb'` by default.
   *
   * @throws DatabaseError `E_CONFIG` for a wrong option, and a manager that is not there
   * @example
   * class Probe {
   *   constructor(private readonly duckdb: DuckDBHealthIndicator) {}
   *   archive() { return this.duckdb.isHealthy('archive', { name: 'archive', degraded: 'down' }); }
   * }
   */
  async isHealthy<Key extends string = 'duckdb'>(
    key: Key = 'duckdb' as Key,
    options: DuckDBHealthOptions = {},
  ): Promise<DuckDBHealthResult<Key>> {
    const { name, degraded = 'up', ...rest } = options;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) fail(`isHealthy: there is no option '${unknown}'. Options: name, degraded.`);
    if (degraded !== 'up' && degraded !== 'down') fail("isHealthy: degraded is 'up' or 'down'.");
    const { status, mode, problem, pool, pending, conflicts } = this.#manager(checkedName(name, 'isHealthy')).health();
    const works = status === 'ok' || (status === 'degraded' && problem === undefined && degraded === 'up');
    const details = { ...(mode === undefined ? {} : { mode }), ...(problem === undefined ? {} : { problem }) };
    const result = { status: works ? 'up' : 'down', ...details, pool, pending, conflicts } as const;
    return { [key]: result } as DuckDBHealthResult<Key>;
  }

  #manager(name: string): BaseDuckDBManager {
    try {
      return this.#modules.get<BaseDuckDBManager>(managerToken(name), { strict: false });
    } catch {
      return fail(`isHealthy: the application has no manager '${name}'. Import DuckDBModule.forRoot for it.`);
    }
  }
}
