// Names that mean something to JavaScript's objects are names like any other in what is read, and refused in what is
// declared: no returned object has another prototype, and the prototype of all objects never changes.
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Cached, Column, Table, count, json, map, sql, toJsonSerializable } from '@mysingle/database';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__'];
const HOSTILE =
  '{"__proto__":{"isAdmin":true,"deep":{"__proto__":[1]}},"constructor":{"prototype":{"isAdmin":true}},"a":1}';

@Table('documents')
class Document {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column(json()) doc!: unknown;
  @Column(map('varchar', 'integer')) counts!: Map<string, number>;
}

/** The names of every object's prototype, and what they lead to. */
const pristine = (): string =>
  JSON.stringify(Object.getOwnPropertyNames(Object.prototype).toSorted((a, b) => a.localeCompare(b)));

/** That no object in it has a prototype but those that plain data has. */
function expectPlain(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const own: unknown = Object.getPrototypeOf(value);
  expect(
    own === Object.prototype || own === Array.prototype || own === Map.prototype,
    'a prototype of its own',
  ).to.equal(true);
  const inner: unknown[] =
    value instanceof Map ? [...value.values()] : Object.getOwnPropertyNames(value).map((name) => Object.getOwnPropertyDescriptor(value, name)?.value as unknown); // prettier-ignore
  for (const each of inner) expectPlain(each);
}

describe('names that objects have of their own', () => {
  let before: string;
  beforeEach(() => {
    before = pristine();
  });
  afterEach(() => {
    expect(pristine()).to.equal(before);
    expect(({} as { isAdmin?: boolean }).isAdmin).to.equal(undefined);
  });

  it('are columns, fields of structs, keys of maps and of JSON as any other', async () => {
    const db = await openManager();
    for (const name of NAMES) {
      const quoted = sql.raw(
        `select 1 as "${name}", {'x': {'y': 2}} as s, map {'${name}': 3} as m, '${HOSTILE}'::json as j`,
      );
      const [row] = await db.query(quoted);
      expectPlain(row);
      expect(Object.keys(row ?? {})).to.deep.equal([name, 's', 'm', 'j']);
      expect(Object.getOwnPropertyDescriptor(row, name)?.value).to.equal(1);
      expect((row as { m: Map<string, number> }).m.get(name)).to.equal(3);
      expect(JSON.stringify(row?.['j'])).to.equal(HOSTILE);
      expect((row as { isAdmin?: boolean }).isAdmin).to.equal(undefined);
    }
  });

  it('as a field of a struct are kept, or refused and never lost', async () => {
    const db = await openManager();
    for (const name of NAMES)
      for (const value of ['1', "'x'", '[1]', "{'isAdmin': true}"]) {
        let row: Record<string, unknown> | undefined;
        try {
          [row] = await db.query(sql.raw(`select {'${name}': ${value}, 'b': 2} as s`));
        } catch (error) {
          expect((error as { code?: string }).code, `${name} ${value} ${String(error)}`).to.be.oneOf([
            'E_UNSUPPORTED',
            'E_CONVERSION',
          ]);
          continue;
        }
        const struct = row?.['s'] as object;
        expectPlain(struct);
        const kept: unknown = Object.getOwnPropertyDescriptor(struct, name)?.value;
        expect(kept, `${name}: ${value}`).to.deep.equal(
          { 1: 1, "'x'": 'x', '[1]': [1], "{'isAdmin': true}": { isAdmin: true } }[value],
        );
      }
  });

  it('come back from entities, caches and toJsonSerializable as they went in', async () => {
    const db = await openManager({ entities: [Document] });
    const doc: unknown = JSON.parse(HOSTILE);
    const counts = new Map(NAMES.map((name, index) => [name, index]));
    await db.repository(Document).insert({ id: 1, doc, counts });
    await db.repository(Document).insertMany([{ id: 2, doc, counts }]);
    for (const row of await db.repository(Document).find()) {
      expect(JSON.stringify(row.doc)).to.equal(HOSTILE);
      expectPlain(row.doc);
      expect(row.counts).to.deep.equal(counts);
    }
    await db.storeCacheData('__proto__', doc);
    const data = await db.getCacheData('__proto__');
    expect(JSON.stringify(data)).to.equal(HOSTILE);
    expectPlain(data);
    expect(await db.getCacheData('constructor')).to.equal(null);
    class Service {
      readonly db = db;
      @Cached({ ttl: '1h' })
      async load(_key: unknown): Promise<unknown> {
        return JSON.parse(HOSTILE) as unknown;
      }
    }
    for (let time = 0; time < 2; time += 1) {
      const loaded = await new Service().load(JSON.parse(HOSTILE));
      expect(JSON.stringify(loaded)).to.equal(HOSTILE);
      expectPlain(loaded);
    }
    expect(JSON.stringify(toJsonSerializable(doc))).to.equal(HOSTILE);
    expectPlain(toJsonSerializable(doc));
  });

  it('are refused or plain in rows, conditions and aggregates that came as JSON', async () => {
    const documents = (await openManager({ entities: [Document] })).repository(Document);
    await failure(documents.insert(JSON.parse('{"id":1,"doc":1,"counts":{},"__proto__":{"id":7}}') as never));
    await failure(documents.find({ where: JSON.parse('{"__proto__":{"id":1}}') as never }), 'E_QUERY');
    for (const name of NAMES) {
      const select = Object.defineProperty({}, name, { value: count(), enumerable: true });
      let rows: object;
      try {
        rows = await documents.aggregate({ select: select as never });
      } catch (error) {
        expect((error as { code?: string }).code, name).to.equal('E_QUERY');
        continue;
      }
      const [row] = [rows].flat();
      expectPlain(row);
      expect(Object.getOwnPropertyDescriptor(row, name)?.value, name).to.equal(0);
    }
  });
});
