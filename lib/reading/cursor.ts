// A place in an order as text that goes out and comes back: signed, so that nobody can make one. Not here: what rows are
// beyond it (sql/page.ts).
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { decodeValue, encodeValue } from '../cache/values.js';
import { describe } from '../entity/misfit.js';
import type { EntitySchema } from '../entity/schema.js';
import { DatabaseError } from '../errors.js';
import type { Place, SortKey } from '../sql/page.js';

/** A cursor longer than this is none of ours, or of keys that nobody should send around. */
const CURSOR_MAX = 65_536;
const MAC_BYTES = 32;

// on globalThis, so that two copies of this package share it
const SECRET = Symbol.for('@mysingle/database.cursors');
const ofProcess = (): string =>
  ((globalThis as { [SECRET]?: string })[SECRET] ??= randomBytes(MAC_BYTES).toString('base64'));

/** What a cursor says: entity, order, the values of the keys, whether the row of these is meant too. */
type Said = readonly [entity: string, order: string, values: readonly unknown[], inclusive: boolean];

/** Cursors of one entity in one order. */
export class Cursors {
  readonly #entity: EntitySchema;
  readonly #order: string;
  readonly #secret: string | undefined;
  readonly #keys: number;

  constructor(entity: EntitySchema, keys: readonly SortKey[], secret: string | undefined) {
    this.#entity = entity;
    const order = keys.map(({ column, dir, nulls }) => [column.property, String(column.type.duckdb), dir, nulls]);
    this.#order = createHash('sha256').update(JSON.stringify(order)).digest('base64url').slice(0, 16);
    this.#secret = secret;
    this.#keys = keys.length;
  }

  encode({ values, inclusive }: Place): string {
    const said: Said = [this.#entity.id, this.#order, values, inclusive];
    const text = Buffer.from(encodeValue(said), 'utf8');
    const cursor = Buffer.concat([this.#mac(text), text]).toString('base64url');
    if (cursor.length > CURSOR_MAX)
      throw new DatabaseError(
        'E_QUERY',
        `findPage on ${this.#entity.className}: a row's keys make a cursor of more than ${CURSOR_MAX / 1024} KB. Order by shorter columns.`,
      );
    return cursor;
  }

  /** @throws DatabaseError `E_QUERY` for what is no cursor, or one of something else; it does not repeat it */
  decode(cursor: unknown): Place {
    if (typeof cursor !== 'string') return this.#refuse(`is ${describe(cursor)}, not the text that findPage gave`);
    if (cursor.length > CURSOR_MAX)
      return this.#refuse(`is longer than ${CURSOR_MAX / 1024} KB: findPage gave no such`);
    const bytes = Buffer.from(cursor, 'base64url');
    const [mac, text] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)];
    // of one text there is one form alone: the decoder skips what is no base64url
    const whole = mac.length === MAC_BYTES && bytes.toString('base64url') === cursor;
    if (!whole || !timingSafeEqual(mac, this.#mac(text)))
      return this.#refuse('is damaged, or was signed with another cursorSecret (without one it ends with its process)');
    const [entity, order, values, inclusive] = decodeValue(text.toString('utf8'), () => undefined) as Said;
    if (entity !== this.#entity.id) return this.#refuse('is of another entity');
    if (order !== this.#order || values.length !== this.#keys)
      return this.#refuse('is of another order: give the orderBy that it came from');
    return { values, inclusive };
  }

  #mac(text: Uint8Array): Buffer {
    return createHmac('sha256', `${this.#secret ?? ofProcess()}#cursor 1`)
      .update(text)
      .digest();
  }

  #refuse(why: string): never {
    throw new DatabaseError(
      'E_QUERY',
      `findPage on ${this.#entity.className}: the cursor ${why}. Without a cursor it starts again.`,
    );
  }
}
