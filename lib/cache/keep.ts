// Taking a value in: what its kind is kept as. Not here: what a kind is (kind.ts), what is done with what is kept (kept*.ts),
// values that were text (values.ts).
import type { Class } from '../class-transformer.js';
import { entityOf } from '../entity/instance.js';
import { record } from '../entity/record.js';
import type { EntitySchema } from '../entity/schema.js';
import { placeIn, tooDeep } from '../errors.js';
import { membersOf, ownMembersOf } from '../members.js';
import { type Kept, KeptBuffer, KeptDate, KeptTypedArray, typedArray, type Held } from './kept.js';
import { columnOf, type KeptColumn } from './kept-column.js';
import { KeptInstance } from './kept-instance.js';
import { KeptList, KeptMap, KeptSet } from './kept-list.js';
import { KeptEntity, KeptObject, RowsColumn } from './kept-object.js';
import { isImmutable, kindOf, propertiesOf, schemaOfInstance, type MutableKind, type TypedArray } from './kind.js';
import { Refusal, orRefuse } from './refusal.js';

/**
 * @param asIs whether it is what a table gave, so that no decorator transforms it once more
 * @throws DatabaseError `E_UNSUPPORTED` naming the place of a value that has no form; for one nested too deeply
 */
export function keep(value: unknown, asIs = false): Held {
  if (isImmutable(value)) return value;
  return orRefuse(value, () => '$', () => { const { hold } = new Keeper(); return (asIs ? hold.asIs : hold)(value); }); // prettier-ignore
}

interface Hold {
  (value: unknown): Held;
  /** of what is in an entity, and in whatever else a table gave: instances are as they are */
  readonly asIs: Hold;
}

/** What each kind is kept as; `hold` takes in what a value is made of. */
const KEEP: Readonly<Record<MutableKind, (value: never, hold: Hold) => Kept>> = {
  date: (value: Date) => new KeptDate(value.getTime()),
  bytes: (value: Buffer | TypedArray) =>
    Buffer.isBuffer(value)
      ? new KeptBuffer(new Uint8Array(value))
      : new KeptTypedArray(value[Symbol.toStringTag], typedArray(value[Symbol.toStringTag], value)),
  map: (value: Map<unknown, unknown>, hold) => new KeptMap(column([...value.keys()], hold), column([...value.values()], hold)),
  set: (value: Set<unknown>, hold) => new KeptSet(column([...value], hold)),
  list: (value: unknown[], hold) => new KeptList(column(Array.from(value), hold)),
  entity: (value: object, hold) => {
    const schema = schemaOfInstance(value);
    return new KeptEntity(rowsWith(schema, propertiesOf(schema, value), [value], hold));
  },
  instance: (value: object, hold) => {
    const asIs = hold === hold.asIs;
    const own = asIs ? ownMembersOf(value) : membersOf(value);
    return KeptInstance.of(entityOf(value) as Class, members(own as Record<string, unknown>, hold), asIs);
  },
  object: (value: Record<string, unknown>, hold) => members(value, hold),
}; // prettier-ignore

const members = (value: Record<string, unknown>, hold: Hold): KeptObject =>
  new KeptObject(record(Object.keys(value), (name) => hold(value[name])));

/** Of a value: whatever is done with it later, with however little of the stack that is left then, can go so deep. */
const MOST_LEVELS = 250;

class Keeper {
  /** what the value in hand stands in */
  readonly #parents = new Set<object>();

  readonly hold: Hold;

  constructor() {
    const asIs = ((value: unknown) => this.#hold(value, asIs)) as Hold & { asIs: Hold };
    asIs.asIs = asIs;
    const hold: Hold = Object.assign((value: unknown) => this.#hold(value, hold), { asIs });
    this.hold = hold;
  }

  #hold(value: unknown, hold: Hold): Held {
    if (isImmutable(value)) return value;
    const kind = kindOf(value);
    if (kind === 'none' || this.#parents.has(value as object)) throw new Refusal();
    const keepKind = KEEP[kind as MutableKind];
    if (kind === 'date') return keepKind(value as never, hold);
    if (this.#parents.size >= MOST_LEVELS) throw tooDeep(placeIn('$'));
    this.#parents.add(value as object);
    const kept = keepKind(value as never, hold);
    this.#parents.delete(value as object);
    return kept;
  }
}

const column = (values: readonly unknown[], hold: Hold): KeptColumn =>
  rowsOf(values, hold) ?? columnOf(values.map(hold));

/** Plain objects with more keys than these are not rows: it takes longer to make a function of them than it ever saves. */
const NAMES_MAX = 200;

/** Values as rows, where they are objects of one shape. */
function rowsOf(items: readonly unknown[], hold: Hold): RowsColumn | undefined {
  const [first] = items;
  const kind = kindOf(first);
  if (kind !== 'entity' && kind !== 'object') return undefined;
  const own = Object.keys(first as object);
  const schema = kind === 'entity' ? schemaOfInstance(first as object) : undefined;
  const names = schema === undefined ? own : propertiesOf(schema, first as object);
  if (names.length === 0 || (schema === undefined && (items.length === 1 || names.length > NAMES_MAX)))
    return undefined;
  const prototype: unknown = Object.getPrototypeOf(first);
  // columns that are none of the first one's own enumerable properties: accessors, or not selected
  const others = schema?.columns.map(({ property }) => property).filter((property) => !own.includes(property)) ?? [];
  for (let index = 1; index < items.length; index += 1) {
    const item = items[index];
    if (typeof item !== 'object' || item === null || Object.getPrototypeOf(item) !== prototype) return undefined;
    if (kindOf(item) !== kind || !sameNames(Object.keys(item), own)) return undefined;
    for (const name of others) if (name in item !== names.includes(name)) return undefined;
  }
  return rowsWith(schema, names, items as readonly object[], hold);
}

function sameNames(names: readonly string[], others: readonly string[]): boolean {
  if (names.length !== others.length) return false;
  for (let index = 0; index < names.length; index += 1) if (names[index] !== others[index]) return false;
  return true;
}

function rowsWith(
  schema: EntitySchema | undefined,
  names: readonly string[],
  items: readonly object[],
  hold: Hold,
): RowsColumn {
  const columns = names.map((name) =>
    column(
      items.map((item) => (item as Record<string, unknown>)[name]),
      schema === undefined ? hold : hold.asIs,
    ),
  );
  return new RowsColumn(schema, names, columns, items.length);
}
