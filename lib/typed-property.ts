// A property with @Type by itself, as a column has it: plain data of what it holds, and back. Not here: one value of it (typed-value.ts),
// JSON as text.
import { types } from 'node:util';
import { instanceThrough, isTold, storage, type About, type Class, type TypeNote } from './class-transformer.js'; // prettier-ignore
import { exposedOf } from './members.js';
import { classOf, define, isObject, isPlain } from './plain-object.js';
import { instancesIn, storedIn } from './typed-value.js';

/** What a property with @Type holds, as plain data and back. */
export class TypedProperty {
  readonly #Holder: Class;

  private constructor(
    private readonly note: TypeNote,
    notes: NonNullable<ReturnType<typeof storage>>,
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

  /** As instanceToPlain has it, also of plain objects; but each instance by its own class, and nothing is written into it. */
  toPlain(value: unknown): unknown {
    return plainOf(storedIn(this.note, value, this.#about));
  }

  /** As plainToInstance has it. */
  toInstance(value: unknown): unknown {
    return (instanceThrough(this.#Holder, { value }) as { readonly value: unknown }).value;
  }

  /** Instances, also of plain objects, to be looked at. */
  asInstances(value: unknown): unknown {
    return instancesIn(this.note, value, this.#about);
  }

  get #about(): About {
    return { newObject: {}, object: {}, property: this.note.propertyName };
  }
}

/** Instances as plain data, through and through; what JSON has no form for is left to whoever writes it. */
function plainOf(value: unknown): unknown {
  if (!isObject(value) || isLeaf(value)) return value;
  if (Array.isArray(value)) return Array.from(value, plainOf);
  if (types.isSet(value)) return [...value].map(plainOf);
  if (types.isMap(value)) return plainObject([...value].map(([key, item]) => [String(key), item]));
  if (isPlain(value)) return plainObject(Object.entries(value));
  const type = classOf(value);
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function' && !isTold(type)) return plainOf(toJSON.call(value));
  return plainObject(Object.entries(exposedOf(type, value, storedIn)));
}

function plainObject(entries: readonly (readonly [string, unknown])[]): object {
  const plain = {};
  for (const [key, item] of entries) define(plain, key, plainOf(item));
  return plain;
}

/** What has no members that are data. */
const isLeaf = (value: object): boolean =>
  types.isDate(value) || ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || types.isPromise(value) || types.isRegExp(value) ||
  types.isNativeError(value) || types.isWeakMap(value) || types.isWeakSet(value) || types.isBoxedPrimitive(value); // prettier-ignore
