// Keys of calls whose arguments are plain, found again by the arguments themselves: making a text and hashing it anew costs more than
// all the rest of a hit. Not here: what the text is (key.ts).

/** Of one method; beyond it all are forgotten and made anew as they are asked for. */
const MOST = 10_000;
/** Of a string among the arguments, which is held as long as its key is. */
const LONGEST = 100;

class Node {
  key: string | undefined;
  next: Map<unknown, Node> | undefined;
}

export class KnownKeys {
  #root = new Node();
  #count = 0;

  /** Where the key of these arguments stands, or is to stand; undefined for arguments that are not looked up. */
  #nodeOf(args: readonly unknown[]): Node | undefined {
    let node = this.#root;
    for (let index = 0; index < args.length; index += 1) {
      const arg = args[index];
      if (!isPlain(arg)) return undefined;
      node.next ??= new Map<unknown, Node>();
      let next = node.next.get(arg);
      if (next === undefined) {
        node.next.set(arg, (next = new Node()));
        this.#count += 1;
      }
      node = next;
    }
    return node;
  }

  /** @param make the key of these arguments, always the same; throws for arguments that have none */
  of(args: readonly unknown[], make: () => string): string {
    const node = this.#nodeOf(args);
    if (node?.key !== undefined) return node.key;
    const key = make();
    if (node !== undefined) node.key = key;
    if (this.#count > MOST) {
      this.#root = new Node();
      this.#count = 0;
    }
    return key;
  }
}

/** Whether a Map tells it from all others as keys do: 0 and -0 are one to a Map. */
function isPlain(arg: unknown): boolean {
  switch (typeof arg) {
    case 'string':
      return arg.length <= LONGEST;
    case 'number':
      return arg !== 0 || !Object.is(arg, -0);
    case 'boolean':
    case 'bigint':
    case 'undefined':
      return true;
    default:
      return arg === null;
  }
}
