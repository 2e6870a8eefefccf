// The door to class-transformer: what it was told of a class, and the executors of its work. It is loaded by whoever decorates a class
// with it, and never from here before. Not here: members of instances (members.ts), what stands in a property with @Type (typed-value.ts).
import { createHash } from 'node:crypto';
import { isObject, isPlain } from './plain-object.js';
import { require } from './require.js';

/** A class, as decorators know it. */
export type Class = new () => object;

export interface Note {
  readonly target: unknown;
  readonly propertyName: string | undefined;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** What a @Type says of its property. */
export interface TypeNote extends Note {
  /** what the compiler says that the property is, where it was asked to */
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
  findExposeMetadata(target: unknown, property: string): Note | undefined;
}

export interface Executor {
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
  /** what @Transform makes of a property */
  applyCustomTransformations(value: unknown, target: unknown, property: string, object: object, type: number): unknown;
}
type ExecutorClass = new (type: number, options: Readonly<Record<string, unknown>>) => Executor;

let path: string | undefined;

/** undefined where nobody has loaded class-transformer, so that no class is decorated */
export function storage(): Storage | undefined {
  // the module that its main entry itself loads
  path ??= require.resolve('class-transformer/cjs/storage.js');
  const loaded = require.cache[path]?.exports as { readonly defaultMetadataStorage: Storage } | undefined;
  return loaded?.defaultMetadataStorage;
}

const TYPES = '_typeMetadatas';
const maps = (notes: Storage): readonly ReadonlyMap<unknown, ReadonlyMap<string | undefined, unknown>>[] =>
  ([TYPES, '_transformMetadatas', '_exposeMetadatas', '_excludeMetadatas'] as const).map((name) => notes[name]);

/** The class and those that it extends. */
export function* lineOf(type: unknown): Generator<object> {
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
  const add = (type: unknown): void => {
    if (typeof type === 'function' && !isOfTheLanguage(type)) targets.add(type);
  };
  for (const own of notes[TYPES].values())
    for (const note of own.values()) {
      for (const { value } of discriminatorOf(note)?.subTypes ?? []) add(value);
      try {
        add(typeOf(note, { newObject: {}, object: {}, property: '' }));
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

export const isOfTheLanguage = (type: { readonly name: string }): boolean =>
  (globalThis as Record<string, unknown>)[type.name] === type;

/** What a @Type names, as class-transformer asks for it. */
export const typeOf = ({ typeFunction, reflectedType }: TypeNote, about: About): unknown =>
  typeFunction === undefined ? reflectedType : typeFunction(about);

/** What the function of a @Type is called with. */
export interface About {
  readonly newObject: object;
  readonly object: object;
  readonly property: string | undefined;
}

/** A member that tells the class of an object. */
export interface Discriminator {
  readonly property: string;
  readonly subTypes: readonly { readonly name: string; readonly value: Class }[];
}

/** undefined where a @Type has none that class-transformer follows. */
export function discriminatorOf(note: TypeNote): Discriminator | undefined {
  const said = note.options?.['discriminator'] as Partial<Discriminator> | undefined;
  return said?.property && said.subTypes ? (said as Discriminator) : undefined;
}

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

let executors:
  { readonly outwards: () => Executor; readonly inwards: () => Executor; readonly level: () => Executor } | undefined;

function made(): NonNullable<typeof executors> {
  if (executors !== undefined) return executors;
  const { TransformOperationExecutor: Whole } = require('class-transformer/cjs/TransformOperationExecutor.js') as {
    readonly TransformOperationExecutor: ExecutorClass;
  };
  class Inwards extends Whole {
    override transform(...args: Parameters<Executor['transform']>): unknown {
      const [source, value, type, listType, isMap, level] = args;
      const hasNone = Array.isArray(value) && isDiscriminated(type) && value.some(isNone);
      if (!hasNone) return super.transform(...args);
      // a discriminator of nothing is asked for
      const there = value.filter((item) => !isNone(item));
      const items = super.transform(source, there, type, undefined, isMap, level) as unknown[];
      const all = value.map((item: unknown) => (isNone(item) ? item : items.shift()));
      return listType === Set ? new Set(all) : all;
    }
  }
  class Level extends Inwards {
    override transform(...args: Parameters<Executor['transform']>): unknown {
      const [source, value, type, listType, isMap, level = 0] = args;
      if (level === 0) return super.transform(...args);
      if (type === undefined) return value;
      // what was kept as an instance, a Date or a Map is what it was
      if (isDiscriminated(type) && Array.isArray(value))
        return value.map((item) => (isPlain(item) ? (super.transform(source, [item], type, listType, isMap, level) as unknown[])[0] : item)); // prettier-ignore
      return Array.isArray(value) || !isObject(value) || isPlain(value) ? super.transform(...args) : value;
    }
  }
  executors = {
    outwards: () => new Whole(CLASS_TO_PLAIN, DEFAULTS),
    inwards: () => new Inwards(PLAIN_TO_CLASS, DEFAULTS),
    level: () => new Level(PLAIN_TO_CLASS, DEFAULTS),
  };
  return executors;
}

/** What its instanceToPlain is made by. */
export const outwards = (): Executor => made().outwards();

/** Instances of plain data, through and through, as its plainToInstance makes them; but null in a list with a discriminator is null. */
export const instanceThrough = (type: Class, plain: object): object =>
  made().inwards().transform(undefined, plain, type, undefined, undefined) as object;

/** The same with one object, and with what is within it as far as that is plain: its walk takes a Map, bytes and decimals apart. */
export const instanceOfLevel = (type: Class, members: object): object =>
  made().level().transform(undefined, members, type, undefined, undefined) as object;

const isDiscriminated = (type: unknown): boolean => isObject(type) && discriminatorOf(type as TypeNote) !== undefined;

const isNone = (value: unknown): boolean => value === null || value === undefined;
