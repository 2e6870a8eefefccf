// Repositories for classes without a container, and tokens for classes with one. Not here: any container.
import { INJECTED, openManagers } from './cache/source.js';
import { isContext } from './entity/draft.js';
import { emptyFieldsOf } from './entity/own-field.js';
import type { EntityClass } from './entity/row.js';
import { schemaOf } from './entity/schema.js';
import { DatabaseError } from './errors.js';
import { define } from './plain-object.js';
import { isRepositoryClass, type Repository, type RepositoryClass, type RowClass } from './repository.js';

const tokens = new WeakMap<EntityClass, Map<string, symbol>>();

/**
 * The token of an entity's repository, or of that of a class which extends `Repository.of(Entity)`, of the named manager, for any
 * container: one symbol for each pair. Its description says what to do where a container has nothing for it.
 *
 * @throws DatabaseError `E_DECLARATION` for a class that is neither
 * @example container.register(repositoryToken(Trade), { useFactory: () => db.repository(Trade) });
 */
export function repositoryToken(entity: EntityClass, name = 'default'): symbol {
  const className = nameOf(entity);
  let own = tokens.get(entity);
  if (own === undefined) tokens.set(entity, (own = new Map()));
  let token = own.get(name);
  if (token === undefined) {
    const [where, manager] = name === 'default' ? ['', ''] : [` in '${name}'`, `, '${name}'`];
    const remedy = `in Nest: import DuckDBModule.forFeature([${className}]${manager})`;
    own.set(name, (token = Symbol(`the repository of ${className}${where} (${remedy})`)));
  }
  return token;
}

/**
 * The token of a manager, for any container. Its description says what to do where a container has nothing for it.
 *
 * @example container.register(managerToken('market'), { useFactory: () => db });
 */
export function managerToken(name = 'default'): symbol {
  const options = name === 'default' ? '' : `{ name: '${name}' }`;
  return Symbol.for(`the manager '${name}' of @mysingle/database (in Nest: import DuckDBModule.forRoot(${options}))`);
}

/** The name of an entity, or of a class of repositories. @throws DatabaseError `E_DECLARATION` for any other */
function nameOf(target: EntityClass): string {
  return isRepositoryClass(target) ? target.name : schemaOf(target).className;
}

interface InjectDecorator<R extends object> {
  <This, P extends R | undefined>(
    value: undefined,
    context: ClassFieldDecoratorContext<This, P>,
  ): (this: This, value: P) => P;
  <This, P extends R>(
    value: ClassAccessorDecoratorTarget<This, P>,
    context: ClassAccessorDecoratorContext<This, P>,
  ): ClassAccessorDecoratorResult<This, P>;
  (target: object, key: string): void;
}

/**
 * A repository on a property of a plain class, found at first use: that of the named manager, or of the one that is open; of an
 * entity, or of a class that extends `Repository.of(Entity)`.
 *
 * With legacy decorators the property must not be a field of its own, which would hide it: compile with
 * `"useDefineForClassFields": false`, or write `declare`.
 *
 * @throws DatabaseError `E_DECLARATION` where the class makes such a field; `E_CONFIG` at first use, when there is no such
 *   manager, or several
 * @example class Reports { \@InjectRepository(Trade) declare readonly trades: Repository<Trade>; }
 */
export function InjectRepository<R extends object>(repository: RepositoryClass<R>, name?: string): InjectDecorator<R>;
export function InjectRepository<E extends object>(entity: RowClass<E>, name?: string): InjectDecorator<Repository<E>>;
export function InjectRepository(entity: RepositoryClass | EntityClass, name?: string): never {
  nameOf(entity);
  return ((target: unknown, key: unknown, third?: unknown): unknown => {
    if (isContext(key)) return injectStandard(entity, name, key);
    if (typeof third === 'number')
      throw new DatabaseError(
        'E_DECLARATION',
        "@InjectRepository on a parameter is that of a container: import it from '@mysingle/database/nestjs', or inject repositoryToken(Entity).",
      );
    if (typeof target !== 'object' || target === null || typeof key !== 'string') {
      throw new DatabaseError('E_DECLARATION', '@InjectRepository decorates a property of a class that is not static.');
    }
    refuseHidden(target, key, entity);
    defineInjected(target, key, entity, name);
    noteInjected(target, key);
    // Babel defines what it is given back, and the field itself otherwise
    return third === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
  }) as never;
}

function injectStandard(entity: EntityClass, name: string | undefined, context: DecoratorContext): unknown {
  const property = String(context.name);
  if ((context.kind !== 'field' && context.kind !== 'accessor') || context.static || context.private) {
    throw new DatabaseError(
      'E_DECLARATION',
      `@InjectRepository on ${property}: it decorates a public field or accessor.`,
    );
  }
  if (context.kind === 'accessor') {
    context.addInitializer(function (this: unknown) {
      noteInjected(this as object, property);
    });
    // what a test puts there in its place
    const own = new WeakMap<object, unknown>();
    return {
      get(this: object) {
        return own.has(this) ? own.get(this) : resolve(entity, name);
      },
      set(this: object, value: unknown) {
        own.set(this, value);
      },
    };
  }
  /** instances that are about to get the field itself */
  const begun = new WeakSet<object>();
  context.addInitializer(function (this: unknown) {
    // after the field itself is there, so that the accessor takes its place
    if (!begun.delete(this as object)) {
      throw new DatabaseError(
        'E_DECLARATION',
        `@InjectRepository on ${property}: this build follows an early draft of the standard decorators, whose fields hide what they ` +
          `are given. Take that of 2023-11 (swc: "decoratorVersion": "2023-11"), or write it as an accessor: accessor ${property}.`,
      );
    }
    defineInjected(this as object, property, entity, name);
  });
  return function (this: unknown, value: unknown) {
    begun.add(this as object);
    return value;
  };
}

/** A field of its own would hide the accessor, and be undefined wherever it is read. */
function refuseHidden(target: object, property: string, entity: EntityClass): void {
  const { constructor: made } = target;
  if (typeof made !== 'function' || !emptyFieldsOf(made).has(property)) return;
  const name = nameOf(entity);
  const type = isRepositoryClass(entity) ? name : `Repository<${name}>`;
  throw new DatabaseError(
    'E_DECLARATION',
    `${made.name}.${property}: this build makes a field of it, which would hide the repository and stay undefined. ` +
      `Set "useDefineForClassFields": false, or write it with declare: @InjectRepository(${name}) declare ${property}: ${type}.`,
  );
}

function defineInjected(on: object, property: string, entity: EntityClass, name: string | undefined): void {
  Object.defineProperty(on, property, {
    configurable: true,
    enumerable: true,
    get: () => resolve(entity, name),
    // a test may put its own repository there
    set(this: object, value: unknown) {
      define(this, property, value);
    },
  });
}

/** Accessors do not show among an object's own properties, where @Cached looks for a repository. */
function noteInjected(on: object, property: string): void {
  const held = on as { [INJECTED]?: readonly string[] };
  Object.defineProperty(on, INJECTED, { value: [...(held[INJECTED] ?? []), property], configurable: true });
}

function resolve(entity: EntityClass, name: string | undefined): unknown {
  const open = [...openManagers].filter((manager) => name === undefined || manager.name === name);
  const [only, ...others] = open;
  const what = `@InjectRepository(${nameOf(entity)}${name === undefined ? '' : `, '${name}'`})`;
  if (only === undefined) {
    throw new DatabaseError(
      'E_CONFIG',
      `${what}: ${name === undefined ? 'no manager' : `no manager named '${name}'`} is open. Connect it before the first use.`,
    );
  }
  if (others.length > 0) {
    throw new DatabaseError(
      'E_CONFIG',
      `${what}: ${open.length} managers ${name === undefined ? 'are open' : `named '${name}' are open`}. Give each a name of its own and name it here.`,
    );
  }
  return only.repository(entity);
}
