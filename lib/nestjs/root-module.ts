// The module of one manager: made with the application, open before the hooks of others run, closed after theirs. Not here: what it
// is asked for (module.ts).
import {
  Inject,
  Module,
  Scope,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { BaseDuckDBManager, managerToken, type ManagerOptions } from '../index.js';
import { Application, ROOT, type RootNote } from './application.js';
import { DuckDBHealthIndicator } from './health-indicator.js';
import { fail, type DuckDBModuleAsyncOptions, type ManagerClass } from './options.js';

/** The token of the options, within the module. */
export const OPTIONS = Symbol('the options of a manager');
const OWN = Symbol('the manager of a module');

/** The manager that one module of one application has made; none where a test has put another in its place. */
class Own {
  #manager: BaseDuckDBManager | undefined;

  constructor(
    readonly application: Application,
    readonly token: symbol,
    /** the classes that stand for the token */
    readonly byClass: readonly ManagerClass[],
  ) {}

  /** It is not opened here: a provider that fails now would leave it open for ever, and nobody would hear of it. */
  make(Manager: ManagerClass, name: string, options: ManagerOptions): BaseDuckDBManager {
    const { application } = this;
    if (application.names.filter((each) => each === name).length > 1)
      fail(
        `DuckDBModule.forRoot: two managers have the name '${name}'. Give each one of its own, forRoot({ name: 'archive', ... }), and name it: forFeature([Entity], 'archive'), @InjectRepository(Entity, 'archive'), @InjectManager('archive').`,
      );
    const named = application.features.filter((feature) => feature.name === name).flatMap(({ entities }) => entities);
    const { entities } = options;
    // what is no array is for the manager to refuse
    const all = Array.isArray(entities ?? []) ? [...new Set([...(entities ?? []), ...named])] : entities;
    this.#manager = new Manager({ ...options, name, ...(all === undefined ? {} : { entities: all }) });
    application.add(this.#manager);
    return this.#manager;
  }

  async open(): Promise<void> {
    if (this.#manager !== undefined) await this.application.connect(this.#manager);
  }

  async close(): Promise<void> {
    await this.#manager?.close();
  }
}

/** @internal */
@Module({})
export class DuckDBRootModule implements OnModuleInit, OnApplicationShutdown {
  readonly #own: Own;
  readonly #ref: ModuleRef;

  constructor(@Inject(OWN) own: Own, @Inject(ModuleRef) ref: ModuleRef) {
    this.#own = own;
    this.#ref = ref;
  }

  /** It comes first here, and last in a shutdown: `comeFirst`. */
  async onModuleInit(): Promise<void> {
    if (this.#ref.introspect(this.#own.token).scope !== Scope.DEFAULT)
      fail(
        'DuckDBModule.forRootAsync: what the factory injects is made for each request, and so the manager would be. Let it inject what is made once.',
      );
    if (this.#own.byClass.some((each) => this.#ref.get<unknown>(each) !== this.#ref.get<unknown>(this.#own.token)))
      fail(
        'The manager is another one by its class than by its token, by which repositories have it: a test has replaced the class. Replace the token, which stands for both: overrideProvider(managerToken()).useValue(db).',
      );
    await this.#own.open();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#own.close();
  }
}

/**
 * Nest calls the hooks of the most distant modules first in a boot and last in a shutdown. All global modules have one distance, and
 * then it goes by the order in which they were scanned: a global module that imports this one would come before it.
 */
function comeFirst(modules: ModulesContainer): void {
  for (const module of modules.values()) if (module.providers.has(ROOT)) module.distance = Infinity;
}

/** The dynamic module of a manager. It may serve several applications, so it holds nothing itself. */
export function rootModule(
  { name, manager }: { readonly name: string; readonly manager: ManagerClass },
  options: readonly Provider[],
  imports: DuckDBModuleAsyncOptions['imports'] = [],
): DynamicModule {
  const token = managerToken(name);
  const note: RootNote = { name };
  // by class where there can be no doubt which is meant
  const classes = name === 'default' ? [...new Set([BaseDuckDBManager, manager])] : [];
  const providers: Provider[] = [
    ...options,
    { provide: ROOT, useValue: note },
    {
      provide: OWN,
      inject: [ModulesContainer],
      useFactory: (modules: ModulesContainer) => {
        comeFirst(modules);
        return new Own(Application.of(modules), token, classes);
      },
    },
    {
      provide: token,
      inject: [OWN, OPTIONS],
      useFactory: (own: Own, given: ManagerOptions) => own.make(manager, name, given),
    },
    ...classes.map((provide) => ({ provide, useExisting: token })),
    DuckDBHealthIndicator,
  ];
  return {
    module: DuckDBRootModule,
    global: true,
    imports,
    providers,
    exports: [token, ...classes, DuckDBHealthIndicator],
  };
}
