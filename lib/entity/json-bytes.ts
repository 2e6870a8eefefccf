// JSON of plain values straight into bytes: JSON.stringify, a look at each value before it, and the encoding of its text take 92 ms
// for 100,000 documents of 90 characters, this 40 (2 cores, Node 20). Not here: what JSON would lose, and the words for it
// (json-text.ts), which whatever is not plain is left to.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const ZERO = 0x30;

/** Deeper ones, and cycles, are left. */
const MOST_DEPTH = 50;
const MOST_KEYS = 1000;
const UTF8_MOST = 3;
const SURROGATE = String.raw`\ud`;
const [TRUE, FALSE, NULL] = ['true', 'false', 'null'].map((word) => Buffer.from(word)) as [Buffer, Buffer, Buffer];

export class JsonBytes {
  memory: Buffer;
  /** where the next document begins */
  at = 0;
  /** `"key":` of keys that were met */
  readonly #keys = new Map<string, Uint8Array>();

  /** @param slack bytes that are always there behind the last document */
  constructor(
    size: number,
    private readonly slack: number,
  ) {
    this.memory = Buffer.allocUnsafeSlow(size);
  }

  /** Puts a document behind those before it. @returns false, and puts nothing, where it is not plain */
  write(value: unknown): boolean {
    const start = this.at;
    if (this.#value(value, MOST_DEPTH)) return true;
    this.at = start;
    return false;
  }

  /** Puts text as it is. */
  text(text: string): void {
    this.#room(text.length * UTF8_MOST);
    this.at += this.memory.write(text, this.at);
  }

  #value(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'string':
        return this.#string(value);
      case 'number':
        return this.#number(value);
      case 'boolean':
        return this.#bytes(value ? TRUE : FALSE);
      case 'object':
        break;
      default:
        return false;
    }
    if (value === null) return this.#bytes(NULL);
    if (depth === 0 || (value as { toJSON?: unknown }).toJSON !== undefined) return false;
    if (Array.isArray(value)) return this.#array(value, depth - 1);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    return this.#object(value as Record<string, unknown>, depth - 1);
  }

  #array(items: readonly unknown[], depth: number): boolean {
    this.#byte(0x5b);
    for (let index = 0; index < items.length; index += 1) {
      if (index > 0) this.#byte(COMMA);
      if (!this.#value(items[index], depth)) return false;
    }
    this.#byte(0x5d);
    return true;
  }

  #object(object: Record<string, unknown>, depth: number): boolean {
    this.#byte(0x7b);
    let first = true;
    for (const key of Object.keys(object)) {
      const member = object[key];
      // left out by JSON, too
      if (member === undefined) continue;
      if (!first) this.#byte(COMMA);
      first = false;
      if (!this.#key(key) || !this.#value(member, depth)) return false;
    }
    this.#byte(0x7d);
    return true;
  }

  #key(key: string): boolean {
    const known = this.#keys.get(key);
    if (known !== undefined) return this.#bytes(known);
    const start = this.at;
    if (!this.#string(key)) return false;
    this.#byte(COLON);
    if (this.#keys.size < MOST_KEYS) this.#keys.set(key, Uint8Array.from(this.memory.subarray(start, this.at)));
    return true;
  }

  #string(text: string): boolean {
    const { length } = text;
    this.#room(length + 2);
    const { memory, at } = this;
    memory[at] = QUOTE;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code === QUOTE || code === BACKSLASH || code > 0x7e) return this.#escaped(text);
      memory[at + 1 + index] = code;
    }
    memory[at + 1 + length] = QUOTE;
    this.at = at + length + 2;
    return true;
  }

  #escaped(text: string): boolean {
    const escaped = JSON.stringify(text);
    // a lone surrogate; or a backslash before these letters, which json-text.ts finds harmless
    if (escaped.includes(SURROGATE)) return false;
    this.text(escaped);
    return true;
  }

  #number(value: number): boolean {
    if (!Number.isFinite(value)) return false;
    if (value >= 0 && value < 10 && Number.isInteger(value)) {
      // -0 is 0 in JSON
      this.#byte(ZERO + value);
      return true;
    }
    const text = String(value);
    const { length } = text;
    this.#room(length);
    const { memory, at } = this;
    for (let index = 0; index < length; index += 1) memory[at + index] = text.charCodeAt(index);
    this.at = at + length;
    return true;
  }

  #bytes(bytes: Uint8Array): true {
    const { length } = bytes;
    this.#room(length);
    const { memory, at } = this;
    for (let index = 0; index < length; index += 1) memory[at + index] = bytes[index] as number;
    this.at = at + length;
    return true;
  }

  #byte(byte: number): void {
    this.#room(1);
    this.memory[this.at] = byte;
    this.at += 1;
  }

  #room(bytes: number): void {
    const needed = this.at + bytes + this.slack;
    if (needed <= this.memory.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.memory.length * 2));
    this.memory.copy(grown, 0, 0, this.at);
    this.memory = grown;
  }
}
