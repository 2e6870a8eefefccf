// Options of the module: types, and a clear refusal of what is none. Not here: the options of a manager, which it checks itself.
import type { FactoryProvider, InjectionToken, ModuleMetadata, Provider, Type } from '@nestjs/common';
import { BaseDuckDBManager, DatabaseError, type ManagerOptions } from '../index.js';

/** A class of managers: `BaseDuckDBManager`, or one that extends it. */
export type ManagerClass = new (options?: string | ManagerOptions) => BaseDuckDBManager;

/** Options of one manager, without its name. */
export type DuckDBOptions = Omit<ManagerOptions, 'name'>;

/** What stands beside the options, since it must be known before anything is made. */
interface Static {
  /** the name for `@InjectManager(name)`, `@InjectRepository(Entity, name)` and `forFeature(entities, name)`; default `'default'` */
  readonly name?: string;
  /** a class of its own that extends `BaseDuckDBManager`; of the default manager it can be injected by class */
  readonly manager?: ManagerClass;
}

/**
 * Options of `DuckDBModule.forRoot`: those of a manager. `entities` may be left out: those of every `forFeature` of the application
 * that names this manager are added to them.
 */
export interface DuckDBModuleOptions extends ManagerOptions, Static {
  /** for `@InjectManager(name)`, `@InjectRepository(Entity, name)` and `forFeature(entities, name)`; default `'default'` */
  readonly name?: string;
}

/** A class that makes the options of a manager, for `useClass` and `useExisting`. */
export interface DuckDBOptionsFactory {
  /**
   * The options of the manager of this name, once for each application.
   *
   * @throws whatever it fails with is what the application does not start for
   * @example
   * class FromConfig implements DuckDBOptionsFactory {
   *   constructor(private readonly config: Config) {}
   *   createDuckDBOptions(name: string) { return { path: `${this.config.databasePath}/${name}.duckdb` }; }
   * }
   */
  createDuckDBOptions(name: string): DuckDBOptions | Promise<DuckDBOptions>;
}

/** Options of `DuckDBModule.forRootAsync`: one of `useFactory`, `useClass` and `useExisting`. */
export interface DuckDBModuleAsyncOptions extends Static, Pick<ModuleMetadata, 'imports'> {
  /** what `useFactory` is called with */
  readonly inject?: FactoryProvider['inject'];
  /** makes the options */
  readonly useFactory?: (...dependencies: never[]) => DuckDBOptions | Promise<DuckDBOptions>;
  /** a class that is made for it, with what it injects */
  readonly useClass?: Type<DuckDBOptionsFactory>;
  /** the token of one that `imports` have */
  readonly useExisting?: InjectionToken<DuckDBOptionsFactory>;
}

const ASYNC = ['name', 'manager', 'imports', 'inject', 'useFactory', 'useClass', 'useExisting'];
const WAYS = ['useFactory', 'useClass', 'useExisting'] as const;

/** @throws DatabaseError `E_CONFIG` */
export function fail(message: string): never {
  throw new DatabaseError('E_CONFIG', message);
}

/** @throws DatabaseError `E_CONFIG` for what is no object of options */
export function checkedObject<T extends object>(options: T, what: string): T {
  if (typeof options !== 'object' || (options as object | null) === null || Array.isArray(options))
    fail(`${what} takes an object of options, such as { path: 'data/app.duckdb' }.`);
  return options;
}

/** @throws DatabaseError `E_CONFIG` for a name that is none */
export function checkedName(name: unknown, what: string): string {
  if (name === undefined) return 'default';
  if (typeof name !== 'string' || name === '') fail(`${what}: the name of a manager is a string that is not empty.`);
  return name;
}

/** The name and the class of a manager. @throws DatabaseError `E_CONFIG` */
export function checkedStatic({ name, manager = BaseDuckDBManager }: Static, what: string): Required<Static> {
  // a class of another copy of this package would pass for none
  if (
    typeof manager !== 'function' ||
    !(manager === BaseDuckDBManager || manager.prototype instanceof BaseDuckDBManager)
  )
    fail(`${what}: manager is a class that extends BaseDuckDBManager.`);
  return { name: checkedName(name, what), manager };
}

/** The providers that give the options under this token. @throws DatabaseError `E_CONFIG` */
export function asyncOptions(token: symbol, name: string, options: DuckDBModuleAsyncOptions): Provider[] {
  const what = 'DuckDBModule.forRootAsync';
  const unknown = Object.keys(options).find((key) => !ASYNC.includes(key));
  if (unknown !== undefined)
    fail(`${what}: there is no option '${unknown}'; those of the manager are given by useFactory. Options: ${ASYNC.join(', ')}.`); // prettier-ignore
  const { inject = [], useFactory, useClass, useExisting } = options;
  if (WAYS.filter((way) => options[way] !== undefined).length !== 1) fail(`${what}: give one of ${WAYS.join(', ')}.`);
  if (useFactory !== undefined) {
    const make = useFactory as (...dependencies: unknown[]) => unknown;
    const given = async (...dependencies: unknown[]): Promise<DuckDBOptions> =>
      checkedGiven(await make(...dependencies), name);
    return [{ provide: token, inject, useFactory: given }];
  }
  const factory = (useClass ?? useExisting) as InjectionToken;
  const given = async (from: DuckDBOptionsFactory): Promise<DuckDBOptions> =>
    checkedGiven(await from.createDuckDBOptions(name), name);
  return [...(useClass === undefined ? [] : [useClass]), { provide: token, inject: [factory], useFactory: given }];
}

/** What a factory gave. The name is needed before, to tell who asks for this manager. */
function checkedGiven(given: unknown, name: string): DuckDBOptions {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    fail(`DuckDBModule.forRootAsync: the factory of the manager '${name}' gave ${given === null ? 'null' : typeof given}, not its options.`); // prettier-ignore
  for (const key of ['name', 'manager'])
    if (key in given)
      fail(`DuckDBModule.forRootAsync: ${key} stands beside the factory, not in what it gives: forRootAsync({ ${key}, useFactory }).`); // prettier-ignore
  return given;
}
