// class-validator and class-transformer are loaded by whoever decorates a class with them, and by nobody else. Not here: what their
// decorators do (entity/rules.spec.ts, entity/document.spec.ts).
import { Exclude } from 'class-transformer';
import { Min } from 'class-validator';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Column, Table, json } from '@mysingle/database';
import { rulesOf } from '../../lib/entity/rules.js';
import { schemaOf } from '../../lib/entity/schema.js';
import { startChild } from '../support/child.js';

/** An entity and all that is done with it, in a process that says which of the two libraries it has loaded. */
const work = (decorate: string): string => `
  import { createRequire } from 'node:module';
  import { BaseDuckDBManager, Column, Table, json, toJsonSerializable } from '@mysingle/database';
  const require = createRequire(import.meta.url);
  const loaded = () => ['class-validator', 'class-transformer'].filter((name) =>
    Object.keys(require.cache).some((path) => path.includes('/node_modules/' + name + '/')));
  class Row {}
  Column('integer', { primaryKey: true })(Row.prototype, 'id');
  Column(json(), { nullable: true })(Row.prototype, 'doc');
  ${decorate}
  Table('rows')(Row);
  class Own { constructor() { this.at = new Date(0); } }
  const db = await BaseDuckDBManager.open({ path: ':memory:', entities: [Row], logger: false });
  const rows = db.repository(Row);
  await rows.insert({ id: 1, doc: { a: 1 } });
  await rows.insertMany(Array.from({ length: 200 }, (_each, id) => ({ id: id + 10, doc: [id] })));
  await rows.insertMany({ id: [2, 3], doc: [{}, {}] });
  await rows.upsert([{ id: 1, doc: null }]);
  await rows.update({ id: 1 }, { doc: { b: 2 } });
  await db.cache.set('rows', await rows.find(), { ttl: '1h' });
  await db.cache.get('rows');
  await db.cache.set('own', new Own(), { ttl: '1h' }).catch(() => {});
  toJsonSerializable([await rows.findById(1), new Own()]);
  await db.close();
  console.log(JSON.stringify(loaded()));
`;

async function loadedBy(decorate: string): Promise<unknown> {
  const { ended } = await startChild(work(decorate));
  const { lines, stderr } = await ended;
  if (lines.length === 0) throw new Error(stderr);
  return JSON.parse(lines.at(-1) as string);
}

describe('the libraries whose decorators are honoured', () => {
  it('are not loaded where no class has any of them, whatever is written, read, cached and made JSON', async () => {
    expect(await loadedBy('')).to.deep.equal([]);
  });

  it('are loaded by whoever uses them', async () => {
    expect(await loadedBy(`(await import('class-validator')).IsInt()(Row.prototype, 'id');`)).to.deep.equal([
      'class-validator',
    ]);
    expect(await loadedBy(`(await import('class-transformer')).Exclude()(Row.prototype, 'id');`)).to.deep.equal(['class-transformer']); // prettier-ignore
  });

  it('change nothing about a class that has none of them', () => {
    @Table('decorated')
    class Decorated {
      @Column(json()) @Exclude() @Min(1) n!: unknown;
    }
    @Table('undecorated')
    class Undecorated {
      @Column(json()) n!: unknown;
    }
    expect([Decorated, Undecorated].map((type) => rulesOf(schemaOf(type), {}) === undefined)).to.deep.equal([false, true]); // prettier-ignore
    // documents have a class by @Type alone
    expect([Decorated, Undecorated].map((type) => schemaOf(type).columns[0]?.type)).to.satisfy(([one, other]: unknown[]) => one === other); // prettier-ignore
  });
});
