// The module of one forFeature: its repositories, out of the manager that it names. Not here: how that gets their entities
// (root-module.ts).
import { Module, type DynamicModule, type FactoryProvider, type Provider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { DatabaseError, Repository, managerToken, repositoryToken, type BaseDuckDBManager, type EntityClass, type RepositoryClass } from '../index.js'; // prettier-ignore
import { Application, FEATURE, type FeatureNote } from './application.js';
import { checkedName, fail } from './options.js';

/** @internal */
@Module({})
export class DuckDBFeatureModule {}

const isRepositoryClass = (given: EntityClass): given is EntityClass & RepositoryClass =>
  given.prototype instanceof Repository;

/** The dynamic module of these classes. @throws DatabaseError `E_DECLARATION` for one that is no entity and no repository */
export function featureModule(classes: readonly EntityClass[], given?: string): DynamicModule {
  const what = 'DuckDBModule.forFeature';
  if (!Array.isArray(classes)) fail(`${what}: give an array of entity classes: forFeature([Trade]).`);
  const name = checkedName(given, what);
  for (const [index, each] of classes.entries()) checkDefined(each, `${what}: item ${index + 1}`);
  const tokens = classes.map((each) => repositoryToken(each, name));
  const entities = classes.map((each) => (isRepositoryClass(each) ? each.entity : each));
  const note: FeatureNote = { name, classes, entities };
  const repositories = classes.map((each) => repositoryProvider(each, name));
  const byClass = classes.filter(isRepositoryClass).map((each) => classProvider(each, name));
  const providers: Provider[] = [{ provide: FEATURE, useValue: note }, ...repositories, ...byClass];
  return { module: DuckDBFeatureModule, providers, exports: [...tokens, ...byClass.map(({ provide }) => provide)] };
}

/** @throws DatabaseError `E_DECLARATION` for a class whose file is not done yet */
export function checkDefined(given: unknown, what: string): void {
  if (given === undefined || given === null)
    throw new DatabaseError(
      'E_DECLARATION',
      `${what} is ${String(given)}. Its file is still being imported, by a circle of imports: import it from a file that does not lead back here.`,
    );
}

function repositoryProvider(given: EntityClass, name: string): FactoryProvider {
  return {
    provide: repositoryToken(given, name),
    // optional, so that what is missing is told in our words
    inject: [{ token: managerToken(name), optional: true }, ModulesContainer],
    useFactory: (manager: BaseDuckDBManager | undefined, modules: ModulesContainer) =>
      (manager ?? missing(given, name, Application.of(modules).names)).repository(given),
  };
}

function missing(given: EntityClass, name: string, names: readonly string[]): never {
  const [manager, options] = name === 'default' ? ['', '{ path }'] : [`, '${name}'`, `{ name: '${name}', path }`];
  const known = names.length === 0 ? 'it has none' : `it has ${names.map((each) => `'${each}'`).join(', ')}`;
  if (names.includes(name)) return fail(`DuckDBModule.forFeature([${given.name}]${manager}): the manager '${name}' could not be made.`); // prettier-ignore
  return fail(
    `DuckDBModule.forFeature([${given.name}]${manager}): the application has no manager '${name}', ${known}. Import DuckDBModule.forRoot(${options}) in its root module.`,
  );
}

/** A repository by its class alone, where that leaves no doubt which manager is meant. */
function classProvider(given: EntityClass & RepositoryClass, name: string): FactoryProvider {
  return {
    provide: given,
    inject: [repositoryToken(given, name), ModulesContainer],
    useFactory: (repository: object, modules: ModulesContainer) => {
      const features = Application.of(modules).features.filter(({ classes }) => classes.includes(given));
      const names = [...new Set(features.map((feature) => feature.name))];
      return names.length > 1 ? ambiguous(given, names) : repository;
    },
  };
}

/** Stands where nobody may have asked for it, so that only its use fails. */
function ambiguous(given: EntityClass & RepositoryClass, names: readonly string[]): object {
  return new Proxy(Object.create(given.prototype) as object, {
    get(target, key) {
      const known = key in given.prototype && !(key in Object.prototype);
      return known
        ? fail(
            `${given.name} is a repository of the managers ${names.map((each) => `'${each}'`).join(' and ')}, so its class does not tell which is meant. Name one: @InjectRepository(${given.name}, '${names[0] as string}').`,
          )
        : (Reflect.get(target, key) as unknown);
    },
  });
}
