import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, InjectRepository, Table, type Repository } from '@mysingle/database';
import { CACHE, entitiesOf, isCacheSource, openManagers, sourceOf } from '../../lib/cache/source.js';
import { failure } from '../support/failure.js';
import { openManager } from '../support/scratch.js';

@Table('source_row')
class Row {
  @Column('integer', { primaryKey: true }) id!: number;
}

@Table('source_other')
class Other {
  @Column('integer', { primaryKey: true }) id!: number;
}

class Injected {
  @InjectRepository(Row) declare readonly rows: Repository<Row>;
}

const ownerOf = (self: object, using?: (self: never) => unknown): object =>
  sourceOf(self, using, '@Cached S.m')[CACHE].owner;

describe('the source of a cache', () => {
  it('is a manager or a repository, whose symbol shows in no listing', async () => {
    const db = await openManager({ entities: [Row] });
    const rows = db.repository(Row);
    expect([db, rows, {}, null, 'db', undefined].map(isCacheSource)).to.deep.equal([true, true, false, false, false, false]); // prettier-ignore
    expect(rows[CACHE].owner).to.equal(db);
    for (const each of [db, rows]) expect(Object.getOwnPropertySymbols(Object.assign({}, each))).to.deep.equal([]);
  });

  it('is looked for by `using`, then among the properties, then among the open managers', async () => {
    const db = await openManager({ entities: [Row] });
    expect(ownerOf({})).to.equal(db);
    const other = await openManager({ entities: [Row] });
    expect(ownerOf({ n: 1, db })).to.equal(db);
    expect(ownerOf({ rows: other.repository(Row), nothing: null })).to.equal(other);
    // several that belong to one manager are no question
    expect(ownerOf({ db, rows: db.repository(Row) })).to.equal(db);
    expect(ownerOf({ db }, () => other)).to.equal(other);
    expect(ownerOf({ inner: { db } }, (self: { inner: { db: unknown } }) => self.inner.db)).to.equal(db);
    // a class, for static methods
    expect(
      ownerOf(
        Object.assign(
          class {
            id = 1;
          },
          { db },
        ),
      ),
    ).to.equal(db);
  });

  it('is found behind @InjectRepository, whose property is an accessor of the prototype', async () => {
    const db = await openManager({ entities: [Row] });
    expect(ownerOf(new Injected())).to.equal(db);
  });

  it('is for the entities of its repositories and of its properties, each once', async () => {
    const db = await openManager({ entities: [Row, Other] });
    const [rows, others] = [db.repository(Row), db.repository(Other)];
    const owners = [{}, { db }, { rows }, { others, rows, again: db.repository(Row) }, { db, entity: Other }, new Injected(), { rows: 'rows', date: Date }];
    expect(owners.map(entitiesOf)).to.deep.equal([
      [], [], ['main.source_row'], ['main.source_other', 'main.source_row'], ['main.source_other'], ['main.source_row'], [],
    ]);
  }); // prettier-ignore

  it('is an error with its remedy where there is none, or more than one', async () => {
    const message = async (self: object, using?: () => unknown): Promise<string> =>
      (await failure(() => sourceOf(self, using, '@Cached S.m'), 'E_CACHE_UNBOUND')).message;
    const remedy = 'Say which: @Cached({ ttl, using: (self) => self.db }).';
    expect(await message({})).to.equal(
      `@Cached S.m: no property is a manager or repository, and no manager is open. Connect one first. ${remedy}`,
    );
    const [a, b] = [await openManager(), await openManager()];
    expect(await message({})).to.equal(
      `@Cached S.m: no property is a manager or repository, and 2 managers are open. ${remedy}`,
    );
    expect(await message({ a, b })).to.equal(`@Cached S.m: the instance has properties of 2 managers. ${remedy}`);
    expect(await message({ a }, () => ({}))).to.equal('@Cached S.m: using gave no manager and no repository.');
  });

  it('counts managers as open from connect() to close()', async () => {
    const db = new BaseDuckDBManager({ path: ':memory:', logger: false });
    expect(openManagers.has(db)).to.equal(false);
    await db.connect();
    expect(openManagers.has(db)).to.equal(true);
    await db.close();
    expect(openManagers.has(db)).to.equal(false);
  });
});
