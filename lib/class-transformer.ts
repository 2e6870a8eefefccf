// The door to class-transformer: one level of an instance as its members and back, and what stands in a property with @Type. It is
// loaded by whoever decorates a class with it, and never from here before. Not here: JSON, the cache, columns.
import { createHash } from 'node:crypto';
import { require } from './require.js';

/** A class, as decorators know it. */
export type Class = new () => object;

interface Note {
  readonly target: unknown;
  readonly propertyName: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

interface TypeNote extends Note {
  readonly reflectedType: unknown;
  readonly typeFunction?: ((options?: unknown) => unknown) | undefined;
}

type Notes<N> = ReadonlyMap<unknown, ReadonlyMap<string | undefined, N>>;

/** What class-transformer keeps, of which it shows nothing: a spec holds to it. */
interface Storage {
  readonly _typeMetadatas: Notes<TypeNote>;
  readonly _transformMetadatas: Notes<readonly Note[]>;
  readonly _exposeMetadatas: Notes<Note>;
  readonly _excludeMetadatas: Notes<Note>;
  addTypeMetadata(note: TypeNote): void;
  findTypeMetadata(target: unknown, property: string): TypeNote | undefined;
}

interface Executor {
  transform(
    source: unknown,
    value: unknown,
    targetType: unknown,
    arrayType: unknown,
    isMap: unknown,
    level?: number,
  ): unknown;
  /** the properties that are exposed, before they are renamed */
  getKeys(targetType: unknown, value: object, isMap: boolean): readonly string[];
}
type ExecutorClass = new (type: number, options: Readonly<Record<string, unknown>>) => Executor;

const classTransformer = (): typeof import('class-transformer') =>
  require('class-transformer') as typeof import('class-transformer');

let path: string | undefined;

/** undefined where nobody has loaded class-transformer, so that no class is decorated */
function storage(): Storage | undefined {
  // the module that its main entry itself loads
  path ??= require.resolve('class-transformer/cjs/storage.js');
  const loaded = require.cache[path]?.exports as { readonly defaultMetadataStorage: Storage } | undefined;
  return loaded?.defaultMetadataStorage;
}

const TYPES = '_typeMetadatas';
const maps = (notes: Storage): readonly ReadonlyMap<unknown, ReadonlyMap<string | undefined, unknown>>[] =>
  ([TYPES, '_transformMetadatas', '_exposeMetadatas', '_excludeMetadatas'] as const).map((name) => notes[name]);

/** The class and those that it extends. */
function* lineOf(type: unknown): Generator<object> {
  for (let each = type; typeof each === 'function' && each !== Function.prototype; each = Object.getPrototypeOf(each))
    yield each;
}

const decorated = new WeakSet<object>();

/** Whether a class, or one that it extends, has any decorator of class-transformer. */
export function isTransformed(type: unknown): type is Class {
  if (typeof type !== 'function') return false;
  if (decorated.has(type)) return true;
  const notes = storage();
  if (notes === undefined) return false;
  for (const each of lineOf(type))
    if (maps(notes).some((map) => map.has(each))) {
      decorated.add(type);
      return true;
    }
  return false;
}

/** Whether class-transformer can tell what the data of a class is: it has decorators, or is what a @Type says. */
export const isTold = (type: unknown): type is Class =>
  typeof type === 'function' && (isTransformed(type) || typeTargets().has(type));

interface Known {
  readonly stamp: number;
  readonly targets: ReadonlySet<unknown>;
  readonly byName: Map<string, Class | undefined>;
}
let known: Known = { stamp: -1, targets: new Set(), byName: new Map() };

/** What all notes say, made anew where there are more of them. */
function knownNow(): Known {
  const notes = storage();
  if (notes === undefined) return known;
  let stamp = 0;
  for (const map of maps(notes)) for (const own of map.values()) stamp += own.size + 1;
  if (stamp === known.stamp) return known;
  const targets = new Set<unknown>();
  let sure = true;
  for (const own of notes[TYPES].values())
    for (const { typeFunction } of own.values()) {
      try {
        const type = typeFunction?.({ newObject: {}, object: {}, property: '' });
        if (typeof type === 'function' && !isOfTheLanguage(type)) targets.add(type);
      } catch {
        // its module is not there yet, or it asks for more than there is: to be asked again
        sure = false;
      }
    }
  const found = { stamp, targets, byName: new Map<string, Class | undefined>() };
  if (sure) known = found;
  return found;
}

const typeTargets = (): ReadonlySet<unknown> => knownNow().targets;

const isOfTheLanguage = (type: { readonly name: string }): boolean =>
  (globalThis as Record<string, unknown>)[type.name] === type;

/** The class of this name that class-transformer has been told of; undefined for none, and for several. */
export function classNamed(name: string): Class | undefined {
  const notes = storage();
  if (notes === undefined || name === '') return undefined;
  const { targets, byName } = knownNow();
  if (byName.has(name)) return byName.get(name);
  const all = new Set([...maps(notes).flatMap((map) => [...map.keys()]), ...targets]);
  const found = [...all].filter((type) => typeof type === 'function' && type.name === name);
  const only = found.length === 1 ? (found[0] as Class) : undefined;
  byName.set(name, only);
  return only;
}

const prints = new WeakMap<object, string>();

/** Tells what the decorators of a class say: what was written by others is of no use. */
export function printOf(type: Class): string {
  let print = prints.get(type);
  if (print === undefined) {
    const notes = storage();
    const said = [...lineOf(type)].map((each) =>
      (notes === undefined ? [] : maps(notes)).map((map) =>
        [...(map.get(each) ?? [])].map(([property, own]) => [
          property ?? null,
          [own].flat().map((note) => (note as Note).options ?? null),
        ]),
      ),
    );
    // options hold data; functions among them are left out
    print = createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 12);
    prints.set(type, print);
  }
  return print;
}

const CLASS_TO_PLAIN = 1;
const PLAIN_TO_CLASS = 0;

/** Its own defaults. */
const DEFAULTS = {
  enableCircularCheck: false,
  enableImplicitConversion: false,
  excludeExtraneousValues: false,
  exposeDefaultValues: false,
  exposeUnsetFields: true,
  ignoreDecorators: false,
} as const;

let executors: { readonly outwards: () => Executor; readonly inwards: () => Executor } | undefined;

/**
 * What class-transformer does with one object, and nothing of what is within it: its walk takes a Map, bytes and decimals apart, and
 * knows no bigint.
 */
function made(): NonNullable<typeof executors> {
  if (executors !== undefined) return executors;
  const { TransformOperationExecutor: Whole } = require('class-transformer/cjs/TransformOperationExecutor.js') as {
    readonly TransformOperationExecutor: ExecutorClass;
  };
  class Outwards extends Whole {
    override transform(...args: Parameters<Executor['transform']>): unknown {
      const [, value, type, , , level = 0] = args;
      if (level === 0) return super.transform(...args);
      if (typeof type === 'function') return asInstances(type as Class, value);
      // a discriminator, which it alone can read
      return type === undefined ? value : super.transform(...args);
    }
  }
  class Inwards extends Whole {
    override transform(...args: Parameters<Executor['transform']>): unknown {
      const [, value, type, , , level = 0] = args;
      if (level === 0) return super.transform(...args);
      if (type === undefined) return value;
      // what was kept as an instance, a Date or a Map is what it was
      return Array.isArray(value) || !isObject(value) || isPlain(value) ? super.transform(...args) : value;
    }
  }
  executors = {
    outwards: () => new Outwards(CLASS_TO_PLAIN, DEFAULTS),
    inwards: () => new Inwards(PLAIN_TO_CLASS, DEFAULTS),
  };
  return executors;
}

/**
 * The members of an instance, as @Expose, @Exclude and @Transform have them in plain data; what is in them is as it was. Of a class
 * without decorators its own.
 */
export function membersOf(value: object): object {
  // not value.constructor, which data may bring along
  const { constructor: type } = (Object.getPrototypeOf(value) ?? {}) as { readonly constructor?: unknown };
  if (!isTransformed(type)) return value;
  return made().outwards().transform(undefined, value, type, undefined, undefined) as object;
}

/** An instance of these members, as @Expose, @Exclude, @Type and @Transform have them; the constructor is called without arguments. */
export const instanceOf = (type: Class, members: object): object =>
  made().inwards().transform(undefined, members, type, undefined, undefined) as object;

/** The own members of an instance that no decorator leaves out of plain data, by their own names and as they are. */
export function ownMembersOf(value: object): object {
  const { constructor: type } = (Object.getPrototypeOf(value) ?? {}) as { readonly constructor?: unknown };
  if (!isTransformed(type)) return value;
  const exposed = made().outwards().getKeys(type, value, false);
  return Object.fromEntries(Object.entries(value).filter(([name]) => exposed.includes(name)));
}

/** An instance with these own members, as they are, behind what its constructor sets. */
export function instanceWith(type: Class, members: object): object {
  const instance = new type();
  for (const [property, value] of Object.entries(members))
    if (property !== 'constructor' && property !== '__proto__') define(instance, property, value);
  return instance;
}

/** Not assigned: '__proto__' is a key like any other, and setters have their own mind. */
const define = (object: object, property: string, value: unknown): void => {
  Object.defineProperty(object, property, { value, enumerable: true, writable: true, configurable: true });
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Plain objects in the place of instances of a class as such, through and through; nothing of them is changed or left out. */
export function asInstances(type: Class, value: unknown): unknown {
  if (!isObject(value) || isOfTheLanguage(type)) return value;
  if (Array.isArray(value)) return value.map((item) => asInstances(type, item));
  if (!isPlain(value)) return value;
  const instance = Object.create(type.prototype as object) as object;
  const notes = storage();
  for (const [property, item] of Object.entries(value)) {
    // the class alone says what class it is
    if (property === 'constructor') continue;
    const note = notes?.findTypeMetadata(type, property);
    const of = note?.options?.['discriminator'] === undefined ? note?.typeFunction?.({ newObject: instance, object: value, property }) : undefined; // prettier-ignore
    const member = typeof of === 'function' ? asInstances(of as Class, item) : item;
    define(instance, property, member);
  }
  return instance;
}

/** What a property with @Type holds, as plain data and back. */
export class TypedProperty {
  readonly #Holder: new () => { value?: unknown };

  private constructor(
    private readonly note: TypeNote,
    notes: Storage,
  ) {
    // without a name, so that it is nobody's namesake
    this.#Holder = (() => class { value?: unknown; })(); // prettier-ignore
    const { typeFunction, reflectedType, options } = note;
    const own = typeFunction === undefined ? undefined : (about: unknown) => typeFunction({ ...(about as object), property: note.propertyName }); // prettier-ignore
    notes.addTypeMetadata({
      target: this.#Holder,
      propertyName: 'value',
      reflectedType,
      typeFunction: own,
      ...(options === undefined ? {} : { options }),
    });
  }

  /** undefined where a property of a class has no @Type */
  static of(target: unknown, property: string): TypedProperty | undefined {
    const notes = storage();
    const note = notes?.findTypeMetadata(target, property);
    return notes === undefined || note?.typeFunction === undefined ? undefined : new TypedProperty(note, notes);
  }

  /** As instanceToPlain has it, also of plain objects. */
  toPlain(value: unknown): unknown {
    const holder = new this.#Holder();
    holder.value = value;
    return (classTransformer().instanceToPlain(holder) as { readonly value: unknown }).value;
  }

  /** As plainToInstance has it. */
  toInstance(value: unknown): unknown {
    return classTransformer().plainToInstance(this.#Holder, { value }).value;
  }

  /** Instances, also of plain objects, to be looked at. */
  asInstances(value: unknown): unknown {
    const { typeFunction, options } = this.note;
    if (options?.['discriminator'] !== undefined) return value;
    const type = typeFunction?.({ newObject: {}, object: {}, property: this.note.propertyName });
    return typeof type === 'function' ? asInstances(type as Class, value) : value;
  }
}
