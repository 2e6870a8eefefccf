// DuckDBModule: the door. Not here: what becomes of a manager (root-module.ts) and of repositories (feature-module.ts).
import { Module, type DynamicModule } from '@nestjs/common';
import type { EntityClass } from '../index.js';
import { featureModule } from './feature-module.js';
import {
  asyncOptions,
  checkedObject,
  checkedStatic,
  type DuckDBModuleAsyncOptions,
  type DuckDBModuleOptions,
} from './options.js';
import { OPTIONS, rootModule } from './root-module.js';

/**
 * Managers and repositories for NestJS.
 *
 * @example
 * \@Module({ imports: [DuckDBModule.forFeature([Trade])], providers: [TradeService] })
 * class TradesModule {}
 *
 * \@Module({ imports: [DuckDBModule.forRoot({ path: 'data/app.duckdb' }), TradesModule] })
 * class AppModule {}
 */
@Module({})
export class DuckDBModule {
  /**
   * A manager for the whole application: by `@InjectManager(name)`, the default one also by `BaseDuckDBManager`. Its entities are
   * those given here and those of every `forFeature` that names it. Several stand side by side by their names.
   *
   * It is open before `onModuleInit` of other modules is called, or at its first use where that is earlier, and closed after their
   * `onApplicationShutdown`. Where the boot fails, none is left open, but for one that a constructor or a factory has asked for rows.
   *
   * @throws DatabaseError `E_CONFIG` for a wrong name or class. When the application starts: as the manager's constructor and
   *   `connect()`; `E_CONFIG` for two of one name
   * @example DuckDBModule.forRoot({ path: 'data/app.duckdb' })
   * @example DuckDBModule.forRoot({ name: 'archive', path: 'data/archive.duckdb', readOnly: true })
   */
  static forRoot(options: DuckDBModuleOptions = {}): DynamicModule {
    const { name, manager, ...rest } = checkedObject(options, 'DuckDBModule.forRoot');
    const own = checkedStatic({ ...(name === undefined ? {} : { name }), ...(manager === undefined ? {} : { manager }) }, 'DuckDBModule.forRoot'); // prettier-ignore
    return rootModule(own, [{ provide: OPTIONS, useValue: rest }]);
  }

  /**
   * As `forRoot`, with options that are made when the application starts. `name` and `manager` stand beside the factory.
   *
   * @throws DatabaseError as `forRoot`; `E_CONFIG` unless there is one of `useFactory`, `useClass` and `useExisting`
   * @example
   * DuckDBModule.forRootAsync({
   *   imports: [ConfigModule], inject: [Config],
   *   useFactory: (config: Config) => ({ path: config.databasePath }),
   * })
   */
  static forRootAsync(options: DuckDBModuleAsyncOptions): DynamicModule {
    const own = checkedStatic(checkedObject(options, 'DuckDBModule.forRootAsync'), 'DuckDBModule.forRootAsync');
    return rootModule(own, asyncOptions(OPTIONS, own.name, options), options.imports);
  }

  /**
   * Repositories for the module that imports this, and their entities for the manager. For an entity: by
   * `@InjectRepository(Entity, name)`. For a class that extends `Repository.of(Entity)`: by the class alone, too, unless it is given
   * to several managers.
   *
   * @param name of the manager; default `'default'`
   * @throws DatabaseError `E_DECLARATION` for a class that is neither, at import; `E_CONFIG` when the application starts without
   *   that manager; `E_DECLARATION` then for a class whose constructor takes more than a manager
   * @example DuckDBModule.forFeature([Trade, Quote], 'archive')
   */
  static forFeature(classes: readonly EntityClass[], name?: string): DynamicModule {
    return featureModule(classes, name);
  }
}
