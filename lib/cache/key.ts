// The one text of equal arguments, to know a call again by. Nobody reads it back. Not here: values as text (values.ts).
import { Refusal, orRefuse } from './refusal.js';
import { bytesOf, isImmutable, kindOf, propertiesOf, schemaOfInstance, type Kind, type TypedArray } from './kind.js';

/**
 * Equal arguments have one text, others another: keys of objects and members of Map and Set in order, undefined as null.
 *
 * @param what tells what is called, for messages: nothing is made of it where all goes well
 * @throws DatabaseError `E_UNSUPPORTED` naming the argument that has no canonical form
 */
export function canonicalText(args: readonly unknown[], what: () => string): string {
  let text = '[';
  for (let index = 0; index < args.length; index += 1) {
    if (index > 0) text += ',';
    const arg = args[index];
    text += isImmutable(arg)
      ? immutable(arg)
      : orRefuse(arg, () => `${what()}: argument ${index + 1}`, () => new Writer().write(arg), false); // prettier-ignore
  }
  return `${text}]`;
}

/** Of these a string is text as it is. */
const PLAIN = /^[\w .:;,+*/=@#-]*$/;
/** In these JSON writes each character as it is, so that no string has the text of another one. */
const quoted = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

/** The text of every kind begins in a way of its own and tells where it ends, so that no two values have one. */
function immutable(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      return 'null';
  }
}

type Write = (value: unknown) => string;

const TEXT: Readonly<Record<Exclude<Kind, 'none' | 'instance'>, (value: never, write: Write) => string>> = {
  json: immutable,
  number: immutable,
  bigint: immutable,
  undefined: immutable,
  date: (value: Date) => `d${value.getTime()}`,
  bytes: (value: Buffer | TypedArray) => `${Buffer.isBuffer(value) ? 'Buffer' : value[Symbol.toStringTag]}"${bytesOf(value).toString('base64')}"`,
  list: (value: unknown[], write) => `[${Array.from(value, write).join()}]`,
  map: (value: Map<unknown, unknown>, write) => `m{${[...value].map(([key, item]) => `${write(key)}:${write(item)}`).toSorted().join()}}`,
  set: (value: Set<unknown>, write) => `s{${[...value].map(write).toSorted().join()}}`,
  entity: (value: object, write) => {
    const schema = schemaOfInstance(value);
    return `e${quoted(schema.className)}${quoted(`${schema.id}#${schema.shape}`)}${named(propertiesOf(schema, value), value, write)}`;
  },
  object: (value: object, write) => named(Object.keys(value), value, write),
}; // prettier-ignore

const named = (names: string[], value: object, write: Write): string =>
  `{${names.toSorted().map((name) => `${quoted(name)}:${write((value as Record<string, unknown>)[name])}`).join()}}`; // prettier-ignore

class Writer {
  readonly #parents = new Set<unknown>();

  readonly write = (value: unknown): string => {
    if (isImmutable(value)) return immutable(value);
    const kind = kindOf(value);
    // what decorators leave out of an instance would tell two of them apart
    if (kind === 'none' || kind === 'instance' || this.#parents.has(value)) throw new Refusal();
    this.#parents.add(value);
    const text = TEXT[kind](value as never, this.write);
    this.#parents.delete(value);
    return text;
  };
}
