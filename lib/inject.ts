// Repositories for classes without a container, and tokens for classes with one. Not here: any container.
import { INJECTED, openManagers } from './cache/source.js';
import { isContext } from './entity/draft.js';
import type { EntityClass } from './entity/row.js';
import { schemaOf } from './entity/schema.js';
import { DatabaseError } from './errors.js';
import type { Repository } from './repository.js';

const tokens = new WeakMap<EntityClass, Map<string, symbol>>();

/**
 * The token of an entity's repository, of the named manager, for any container: one symbol for each pair.
 *
 * @throws DatabaseError `E_DECLARATION` for a class that is no entity
 * @example container.register(repositoryToken(Trade), { useFactory: () => db.repository(Trade) });
 */
export function repositoryToken(entity: EntityClass, name = 'default'): symbol {
  const { className } = schemaOf(entity);
  let own = tokens.get(entity);
  if (own === undefined) tokens.set(entity, (own = new Map()));
  let token = own.get(name);
  if (token === undefined) own.set(name, (token = Symbol(`${className}Repository(${name})`)));
  return token;
}

/**
 * The token of a manager, for any container.
 *
 * @example container.register(managerToken('market'), { useFactory: () => db });
 */
export function managerToken(name = 'default'): symbol {
  return Symbol.for(`@mysingle/database.manager(${name})`);
}

interface InjectDecorator<E extends object> {
  <This, P extends Repository<E> | undefined>(
    value: undefined,
    context: ClassFieldDecoratorContext<This, P>,
  ): (this: This, value: P) => P;
  <This, P extends Repository<E>>(
    value: ClassAccessorDecoratorTarget<This, P>,
    context: ClassAccessorDecoratorContext<This, P>,
  ): ClassAccessorDecoratorResult<This, P>;
  (target: object, key: string): void;
}

/**
 * A repository on a property of a plain class, found at first use: that of the named manager, or of the one that is open.
 *
 * With legacy decorators the property must not be a field of its own, which would hide it: compile with
 * `"useDefineForClassFields": false`, or write `declare`.
 *
 * @throws DatabaseError `E_CONFIG` at first use, when there is no such manager, or several
 * @example class Reports { \@InjectRepository(Trade) declare readonly trades: Repository<Trade>; }
 */
export function InjectRepository<E extends object>(entity: EntityClass<E>, name?: string): InjectDecorator<E> {
  schemaOf(entity);
  return ((target: unknown, key: unknown): unknown => {
    if (isContext(key)) return injectStandard(entity, name, key);
    if (typeof target !== 'object' || target === null || typeof key !== 'string') {
      throw new DatabaseError('E_DECLARATION', '@InjectRepository decorates a property of a class that is not static.');
    }
    defineInjected(target, key, entity, name);
    noteInjected(target, key);
    return undefined;
  }) as never;
}

function injectStandard<E extends object>(
  entity: EntityClass<E>,
  name: string | undefined,
  context: DecoratorContext,
): unknown {
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
  context.addInitializer(function (this: unknown) {
    // after the field itself is there, so that the accessor takes its place
    defineInjected(this as object, property, entity, name);
  });
  return undefined;
}

function defineInjected<E extends object>(
  on: object,
  property: string,
  entity: EntityClass<E>,
  name: string | undefined,
): void {
  Object.defineProperty(on, property, {
    configurable: true,
    enumerable: true,
    get: () => resolve(entity, name),
    // a test may put its own repository there
    set(this: object, value: unknown) {
      Object.defineProperty(this, property, { value, writable: true, configurable: true, enumerable: true });
    },
  });
}

/** Accessors do not show among an object's own properties, where @Cached looks for a repository. */
function noteInjected(on: object, property: string): void {
  const held = on as { [INJECTED]?: readonly string[] };
  Object.defineProperty(on, INJECTED, { value: [...(held[INJECTED] ?? []), property], configurable: true });
}

function resolve<E extends object>(entity: EntityClass<E>, name: string | undefined): Repository<E> {
  const open = [...openManagers].filter((manager) => name === undefined || manager.name === name);
  const [only, ...others] = open;
  const what = `@InjectRepository(${schemaOf(entity).className}${name === undefined ? '' : `, '${name}'`})`;
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
  return only.repository(entity) as Repository<E>;
}
