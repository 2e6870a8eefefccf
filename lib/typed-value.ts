// What stands in a property with @Type: plain objects as instances of the class that it names, or that its discriminator tells; and how
// class-transformer would have them written. Not here: which members instances have in plain data (members.ts).
import { types } from 'node:util';
import { discriminatorOf, isOfTheLanguage, lineOf, storage, typeOf, type About, type Class, type Discriminator, type TypeNote } from './class-transformer.js'; // prettier-ignore
import { DatabaseError } from './errors.js';
import { classOf, define, isObject, isPlain } from './plain-object.js';

/** What is made of a value in a property with @Type. */
export type TypedBy = (note: TypeNote, value: unknown, about: About) => unknown;

/** Plain objects in the place of instances of a class as such, through and through; nothing of them is changed or left out. */
export function asInstances(type: Class, value: unknown): unknown {
  return isOfTheLanguage(type) ? value : each(value, (item) => (isPlain(item) ? asInstance(type, item) : item));
}

/** The same of what a property holds; an object that a property of type Map holds is the Map that it is read as. */
export const instancesIn: TypedBy = (note, value, about) => {
  if (!isObject(value)) return value;
  const type = typeOf(note, about);
  const discriminator = discriminatorOf(note);
  if (typeof type !== 'function' || (discriminator === undefined && isOfTheLanguage(type))) return value;
  return each(asMap(note, value), (item) => {
    if (!isPlain(item)) return item;
    const told = discriminator && classTold(discriminator, item);
    return asInstances(told ?? (type as Class), item);
  });
};

/** As output has it: instances with the member that tells their class, which they need not have themselves. */
export const shownIn: TypedBy = (note, value, about) => {
  const discriminator = discriminatorOf(note);
  const instances = instancesIn(note, value, about);
  if (discriminator === undefined || !isObject(instances)) return instances;
  return each(instances, (item) => (isObject(item) && !isPlain(item) ? labelled(item, note, discriminator, about) : item));
}; // prettier-ignore

const LANGUAGE = new Map<unknown, (value: never) => unknown>([
  [Date, (value: Date | string) => (value instanceof Date ? value : new Date(value))],
  [String, (value: unknown) => String(value)],
  [Number, (value: unknown) => Number(value)],
  [Boolean, (value: unknown) => Boolean(value)],
]);

/** As a document has it, which is read again: also texts and numbers as the type that it names. */
export const storedIn: TypedBy = (note, value, about) => {
  const shown = shownIn(note, value, about);
  const type = typeOf(note, about);
  if (discriminatorOf(note) !== undefined && types.isMap(shown))
    throw new DatabaseError('E_CONVERSION', `${placeOf(note, about)} is a Map, in which class-transformer reads no discriminator. Store an array.`); // prettier-ignore
  const convert = LANGUAGE.get(type) as ((value: unknown) => unknown) | undefined;
  if (convert === undefined) return shown;
  return each(asMap(note, shown), (item) => (item === null || item === undefined ? item : convert(item)));
};

const asMap = ({ reflectedType }: TypeNote, value: unknown): unknown =>
  reflectedType === Map && isPlain(value) ? new Map(Object.entries(value)) : value;

/** What a list, a Set or a Map holds, each made something else; the same object where nothing of it is. */
function each(value: unknown, make: (item: unknown) => unknown): unknown {
  let isOther = false;
  const made = (item: unknown): unknown => {
    const other = each(item, make);
    if (other !== item) isOther = true;
    return other;
  };
  if (Array.isArray(value)) {
    const items = value.map(made);
    return isOther ? items : value;
  }
  if (types.isMap(value)) {
    const entries = [...value].map(([key, item]) => [key, made(item)] as const);
    return isOther ? alike(value, new Map(entries)) : value;
  }
  if (types.isSet(value)) {
    const items = [...value].map(made);
    return isOther ? alike(value, new Set(items)) : value;
  }
  return make(value);
}

/** Of the class of the other, and with what was given to it. */
function alike<T extends object>(other: object, made: T): T {
  Object.defineProperties(made, Object.getOwnPropertyDescriptors(other));
  const prototype = Object.getPrototypeOf(other) as object | null;
  return Object.getPrototypeOf(made) === prototype ? made : (Object.setPrototypeOf(made, prototype) as T);
}

function asInstance(type: Class, value: object): object {
  const instance = Object.create(type.prototype as object) as object;
  const notes = storage();
  for (const [property, item] of Object.entries(value)) {
    // the class alone says what class it is
    if (property === 'constructor') continue;
    const note = notes?.findTypeMetadata(type, property);
    define(instance, property, note === undefined ? item : instancesIn(note, item, { newObject: instance, object: value, property })); // prettier-ignore
  }
  return instance;
}

/** The class that a plain object says it is of. */
function classTold({ property, subTypes }: Discriminator, value: object): Class | undefined {
  const name = Object.hasOwn(value, property) ? (value as Record<string, unknown>)[property] : undefined;
  return subTypes.find((known) => known.name === name)?.value;
}

/**
 * What stands for an instance in output: a copy with the member that tells its class. The instance is left as it is, and may be frozen.
 *
 * @throws DatabaseError `E_CONVERSION` for an instance of a class that the discriminator does not know
 */
function labelled(instance: object, note: TypeNote, { property, subTypes }: Discriminator, about: About): object {
  const type = classOf(instance);
  const name = [...lineOf(type)].flatMap((line) => subTypes.find(({ value }) => value === line)?.name ?? [])[0];
  if (name === undefined) {
    // what no other class is said of is read as this one
    if (type === typeOf(note, about)) return instance;
    const known = subTypes.map(({ value }) => value.name).join(', ');
    throw new DatabaseError('E_CONVERSION', `${placeOf(note, about)} holds an instance of ${(type as { name?: string } | undefined)?.name || 'no class'}, of which its discriminator '${property}' knows nothing. subTypes: ${known}.`); // prettier-ignore
  }
  const own = instance as Readonly<Record<string, unknown>>;
  if (Object.hasOwn(own, property) && own[property] === name) return instance;
  const copy = Object.create(Object.getPrototypeOf(instance) as object) as object;
  for (const [key, value] of Object.entries(own)) define(copy, key, value);
  define(copy, property, name);
  // a getter may ask for what is private
  return new Proxy(copy, { get: (_copy, key) => (Object.hasOwn(copy, key) ? (copy as Record<PropertyKey, unknown>)[key] : Reflect.get(instance, key, instance)) as unknown }); // prettier-ignore
}

const placeOf = ({ target, propertyName }: TypeNote, { property }: About): string =>
  typeof target === 'function' && target.name !== ''
    ? `${target.name}.${propertyName ?? ''}`
    : (property ?? 'The value');
