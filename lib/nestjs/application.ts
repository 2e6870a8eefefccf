// What one Nest application says of its databases, read off its own modules: two applications in a process know nothing of each
// other. Not here: what is made of it.
import type { ModulesContainer } from '@nestjs/core';
import type { BaseDuckDBManager, EntityClass } from '../index.js';
import { guardBoot } from './boot-guard.js';

/** The token of the note that each `forRoot` leaves in its module. */
export const ROOT = Symbol('DuckDBModule.forRoot');
/** The token of the note that each `forFeature` leaves in its module. */
export const FEATURE = Symbol('DuckDBModule.forFeature');

/** The note of a `forRoot`. */
export interface RootNote {
  readonly name: string;
}

/** The note of a `forFeature`. */
export interface FeatureNote {
  readonly name: string;
  /** entities and classes of repositories, as they were given */
  readonly classes: readonly EntityClass[];
  readonly entities: readonly EntityClass[];
}

const applications = new WeakMap<ModulesContainer, Application>();

export class Application {
  readonly #modules: ModulesContainer;
  readonly #managers = new Set<BaseDuckDBManager>();
  #guarded = false;

  private constructor(modules: ModulesContainer) {
    this.#modules = modules;
  }

  static of(modules: ModulesContainer): Application {
    let application = applications.get(modules);
    if (application === undefined) applications.set(modules, (application = new Application(modules)));
    return application;
  }

  /** The names of its managers, one for each module of a `forRoot`. */
  get names(): readonly string[] {
    return this.#notes<RootNote>(ROOT).map((note) => note.name);
  }

  get features(): readonly FeatureNote[] {
    return this.#notes(FEATURE);
  }

  /** Takes note of a manager that was made for it. */
  add(manager: BaseDuckDBManager): void {
    this.#managers.add(manager);
  }

  /**
   * Connects one of its managers. Where that fails, or anything else does until the application is up, all are closed: Nest tells
   * nobody of a boot that fails, and may never call the hooks of a shutdown then.
   */
  async connect(manager: BaseDuckDBManager): Promise<void> {
    if (!this.#guarded) guardBoot(this.#modules, () => this.#close());
    this.#guarded = true;
    try {
      await manager.connect();
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  /** A failure to close is logged by the manager; what made the boot fail is told. */
  async #close(): Promise<void> {
    this.#guarded = false;
    await Promise.allSettled([...this.#managers].map(async (manager) => manager.close()));
  }

  #notes<T>(token: symbol): T[] {
    return [...this.#modules.values()].flatMap((module) => {
      const note = module.providers.get(token);
      return note === undefined ? [] : [note.instance as T];
    });
  }
}
