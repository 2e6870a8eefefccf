// What a Date, an array, a Map, a Set or bytes have besides what they are made of: properties that somebody gave them. No copy has
// them, and no text. Not here: what becomes of such a value (kind.ts, refusal.ts).
import { inspect } from 'node:util';

/** Up to here names are looked at one by one: each item has one, made for the look, and 1,000 of them take 10 µs. */
const FEW = 500;

/** Of a value that is no plain object and no instance of a class of one's own. */
export function hasExtras(value: object): boolean {
  if (Object.getOwnPropertySymbols(value).length > 0) return true;
  if (!isIndexed(value)) return hasNames(value);
  return value.length > FEW ? isShown(value) : hasNamesBehind(value);
}

type Indexed = unknown[] | Uint8Array;

const isIndexed = (value: object): value is Indexed => Array.isArray(value) || ArrayBuffer.isView(value);

function hasNames(value: object): boolean {
  for (const name in value) if (Object.hasOwn(value, name)) return true;
  return false;
}

/** Names come behind the places of items. */
function hasNamesBehind(value: Indexed): boolean {
  const last = Object.keys(value).at(-1);
  return last !== undefined && !(String(Number(last) >>> 0) === last && Number(last) < value.length);
}

/** Nothing in the language tells names without making one of each place; this shows them, and no item. */
const NAMES_ALONE = { maxArrayLength: 0, depth: 0, customInspect: false, maxStringLength: 0, getters: false, breakLength: Infinity } as const; // prettier-ignore

const LENGTH = FEW + 1;
/** By class: how one of this length is shown that has no extras. */
const bare = new Map<unknown, string>();

function isShown(value: Indexed): boolean {
  const { constructor: Class } = Object.getPrototypeOf(value) as { constructor: new (length: number) => Indexed };
  let shown = bare.get(Class);
  if (shown === undefined) bare.set(Class, (shown = inspect(new Class(LENGTH), NAMES_ALONE)));
  return inspect(value, NAMES_ALONE) !== shown.replaceAll(String(LENGTH), String(value.length));
}
