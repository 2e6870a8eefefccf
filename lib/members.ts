// One level of an instance as the members that it has in plain data, and back. class-transformer's own walk goes through and through: it
// takes a Map, bytes and decimals apart, knows no bigint, and writes into what it is given. Not here: what is within a member
// (typed-value.ts), JSON, the cache.
import { discriminatorOf, instanceOfLevel, isTransformed, outwards, storage, type Class } from './class-transformer.js'; // prettier-ignore
import { classOf, define, isObject, isPlain } from './plain-object.js';
import { instancesIn, shownIn, type TypedBy } from './typed-value.js';

const CLASS_TO_PLAIN = 1;

/**
 * The members of an instance, as @Expose, @Exclude and @Transform have them in plain data; what is in them is as it was, but plain objects
 * are instances of what a @Type says. Of a class without decorators its own.
 */
export const membersOf = (value: object): object => membersBy(value, instancesIn);

/** The same for output: what is in them has the member that tells its class, too. @throws DatabaseError `E_CONVERSION` for a class that none tells */
export const shownMembersOf = (value: object): object => membersBy(value, shownIn);

/** The same for whatever is made of a property with @Type. */
export function membersBy(value: object, typed: TypedBy): object {
  const type = classOf(value);
  return isTransformed(type) ? exposedOf(type, value, typed) : value;
}

/** As instanceToPlain has one level of it, whether its class has decorators or not. */
export function exposedOf(type: unknown, value: object, typed: TypedBy): object {
  const executor = outwards();
  const notes = storage();
  const own = value as Readonly<Record<string, unknown>>;
  const members = {};
  for (const property of executor.getKeys(type, value, false)) {
    if (property === '__proto__' || property === 'constructor') continue;
    const held = own[property];
    const transformed = executor.applyCustomTransformations(held, type, property, value, CLASS_TO_PLAIN);
    const plain = transformed === held && typeof held === 'function' ? (held as () => unknown).call(value) : transformed; // prettier-ignore
    const note = notes?.findTypeMetadata(type, property);
    const name = notes?.findExposeMetadata(type, property)?.options?.['name'] as string | undefined;
    define(members, name || property, note === undefined ? plain : typed(note, plain, { newObject: members, object: value, property })); // prettier-ignore
  }
  return members;
}

/** An instance of these members, as @Expose, @Exclude, @Type and @Transform have them; the constructor is called without arguments. */
export function instanceOf(type: Class, members: object): object {
  const told = toldIn(type, members);
  const instance = instanceOfLevel(type, members);
  // class-transformer deletes it, of instances that are what they are already, too
  for (const [item, property, value] of told) define(item, property, value);
  return instance;
}

/** Members that tell the class of instances, which are these without being told. */
function toldIn(type: Class, members: object): (readonly [item: object, property: string, value: unknown])[] {
  return Object.entries(members).flatMap(([name, member]) => {
    if (!isObject(member)) return [];
    const note = storage()?.findTypeMetadata(type, name);
    const property = note && discriminatorOf(note)?.property;
    // those in a list are left alone
    if (property === undefined || !Object.hasOwn(member, property) || isPlain(member)) return [];
    return [[member, property, (member as Record<string, unknown>)[property]] as const];
  });
}

/** The own members of an instance that no decorator leaves out of plain data, by their own names and as they are. */
export function ownMembersOf(value: object): object {
  const type = classOf(value);
  if (!isTransformed(type)) return value;
  const exposed = new Set(outwards().getKeys(type, value, false));
  const notes = storage();
  return Object.fromEntries(
    Object.entries(value).flatMap(([property, item]) => {
      if (!exposed.has(property)) return [];
      const note = notes?.findTypeMetadata(type, property);
      return [[property, note === undefined ? item : instancesIn(note, item, { newObject: {}, object: value, property })]]; // prettier-ignore
    }),
  );
}

/** An instance with these own members, as they are, behind what its constructor sets. */
export function instanceWith(type: Class, members: object): object {
  const instance = new type();
  for (const [property, value] of Object.entries(members))
    if (property !== 'constructor' && property !== '__proto__') define(instance, property, value);
  return instance;
}
