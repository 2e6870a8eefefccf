// Repository.of: classes of repositories with methods of their own, and every way to one.
import { expect } from 'chai';
import { expectTypeOf } from 'expect-type';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Cached, Column, InjectRepository, Repository, Table, Transactional, gt, repositoryToken, sql, type RepositoryClass, type RepositoryOwner } from '@mysingle/database'; // prettier-ignore
import { failure } from './support/failure.js';
import { openManager } from './support/scratch.js';

@Table('of_run')
class Run {
  @Column('integer', { primaryKey: true }) id!: number;
  @Column('varchar') strategy!: string;
  @Column('double') profit!: number;
}

@Table('of_other')
class Other {
  @Column('integer', { primaryKey: true }) id!: number;
}

class Runs extends Repository.of(Run) {
  loads = 0;

  @Cached('10m')
  async winners(least: number): Promise<Run[]> {
    this.loads += 1;
    return this.find({ where: { profit: gt(least) }, orderBy: { id: 'asc' } });
  }

  @Cached({ ttl: '10m', key: (strategy: string) => strategy })
  async total(strategy: string) {
    const row = await this.manager.queryOne<{ total: number }>(
      sql`select sum(profit) as total from ${Run} where strategy = ${strategy}`,
    );
    return row?.total ?? 0;
  }

  @Transactional()
  async replace(runs: readonly Run[], fail = false): Promise<number> {
    await this.delete({ id: gt(0) });
    const inserted = await this.insertMany(runs);
    if (fail) throw new Error('no');
    return inserted;
  }
}

class Journal extends Runs {
  readonly since: number;

  constructor(
    readonly db: BaseDuckDBManager,
    since = 7,
  ) {
    super(db);
    this.since = since;
  }
}

class Reports {
  @InjectRepository(Runs) declare readonly runs: Runs;
  @InjectRepository(Runs, 'archive') declare readonly old: Runs;
}

const entities = [Run];
const rows: readonly Run[] = [1, 2, 3].map((id) => ({ id, strategy: id < 3 ? 'carry' : 'trend', profit: id / 2 }));
const ids = (found: readonly Run[]): number[] => found.map((run) => run.id);

describe('a class that extends Repository.of', () => {
  it('is made by the manager, the same one at each call, beside the plain repository', async () => {
    const db = await openManager({ entities });
    const runs = db.repository(Runs);
    expect(runs).to.be.instanceOf(Runs).and.instanceOf(Repository);
    expect(db.repository(Runs)).to.equal(runs);
    expect(db.repository(Run)).to.be.instanceOf(Repository).and.not.instanceOf(Runs);
    expect([runs.entity, Runs.entity, runs.manager]).to.deep.equal([Run, Run, db]);
    await runs.insertMany(rows);
    expect(await db.repository(Run).count()).to.equal(3);
    expect(await runs.findById(2)).to.be.instanceOf(Run);
  });

  it('is made by `new` and a manager, connected or not', async () => {
    await using db = new BaseDuckDBManager({ path: ':memory:', entities, logger: false });
    const runs = new Runs(db);
    expect(await runs.insertMany(rows)).to.equal(3);
    expect(ids(await runs.winners(1))).to.deep.equal([3]);
  });

  it('may have a constructor of its own, which the manager calls with itself', async () => {
    const db = await openManager({ entities });
    const journal = db.repository(Journal);
    expect([journal.since, new Journal(db, 1).since, journal.db]).to.deep.equal([7, 1, db]);
    await journal.insertMany(rows);
    expect(ids(await journal.winners(0.5))).to.deep.equal([2, 3]);
  });

  it('has its methods cached in its own database, whatever else is open, until a write ends that', async () => {
    const db = await openManager({ entities });
    await openManager({ entities });
    const runs = db.repository(Runs);
    await runs.insertMany(rows);
    for (let call = 0; call < 2; call += 1) expect(ids(await runs.winners(0.5))).to.deep.equal([2, 3]);
    expect([await runs.total('carry'), await runs.total('trend')]).to.deep.equal([1.5, 1.5]);
    expect(runs.loads).to.equal(1);
    const { hits } = db.cache.stats();
    expect(await runs.total('carry')).to.equal(1.5);
    expect(db.cache.stats().hits).to.equal(hits + 1);
    await db.repository(Run).insert({ id: 4, strategy: 'carry', profit: 2 });
    expect(ids(await runs.winners(0.5))).to.deep.equal([2, 3, 4]);
    expect([await runs.total('carry'), runs.loads]).to.deep.equal([3.5, 2]);
  });

  it('keeps what two databases cache apart', async () => {
    const [one, two] = [await openManager({ entities }), await openManager({ entities })];
    await one.repository(Runs).insertMany(rows);
    expect(ids(await one.repository(Runs).winners(0))).to.deep.equal([1, 2, 3]);
    expect(ids(await two.repository(Runs).winners(0))).to.deep.equal([]);
  });

  it('has its @Transactional methods in a transaction of its own database, whatever else is open', async () => {
    const db = await openManager({ entities });
    await openManager({ entities });
    const runs = db.repository(Runs);
    expect(await runs.replace(rows)).to.equal(3);
    const error = await runs.replace([], true).catch((reason: unknown) => reason);
    expect((error as Error).message).to.equal('no');
    expect(await runs.count()).to.equal(3);
    await db.transaction(async () => {
      await runs.replace([]);
      expect(await runs.count()).to.equal(0);
      await runs.insertMany(rows);
    });
    expect(await runs.count()).to.equal(3);
  });

  it('joins the transactions of its manager, by whatever repository', async () => {
    const db = await openManager({ entities });
    const [runs, plain] = [new Runs(db), db.repository(Run)];
    await runs.manager
      .transaction(async () => {
        await runs.insertMany(rows);
        expect(await plain.count()).to.equal(3);
        throw new Error('back');
      })
      .catch(() => {});
    expect(await runs.count()).to.equal(0);
  });

  it('is found by @InjectRepository on plain classes, and has a token of its own', async () => {
    const archive = await openManager({ entities, name: 'archive' });
    expect(new Reports().runs).to.equal(archive.repository(Runs));
    await openManager({ entities });
    expect(new Reports().old).to.equal(archive.repository(Runs));
    const tokens = [repositoryToken(Runs), repositoryToken(Run), repositoryToken(Journal), repositoryToken(Runs, 'archive')]; // prettier-ignore
    expect(new Set(tokens).size).to.equal(4);
    expect(repositoryToken(Runs)).to.equal(tokens[0]);
    expect(String(tokens[0])).to.equal('Symbol(the repository of Runs (in Nest: import DuckDBModule.forFeature([Runs])))'); // prettier-ignore
  });

  it('is refused where there is no entity, or one of another manager, or no manager', async () => {
    class Plain {
      id = 1;
    }
    expect((await failure(() => Repository.of(Plain), 'E_DECLARATION')).message).to.include('Plain is not an entity');
    const db = await openManager({ entities: [Other] });
    expect((await failure(() => db.repository(Runs), 'E_CONFIG')).message).to.equal('Run is not among the entities of this manager. Add it: entities: [Run].'); // prettier-ignore
    for (const nothing of [undefined, null, {}, 'data.duckdb'])
      expect((await failure(() => new Runs(nothing as never), 'E_CONFIG')).message).to.equal(
        'Runs takes its manager: manager.repository(Runs) makes one, or new Runs(manager). In Nest, DuckDBModule.forFeature([Runs]) does, and the class is not among the providers.',
      );
    class Clocked extends Repository.of(Run) {
      constructor(
        manager: BaseDuckDBManager,
        readonly clock: () => number,
      ) {
        super(manager);
      }
    }
    const mine = await openManager({ entities });
    expect((await failure(() => mine.repository(Clocked as never), 'E_DECLARATION')).message).to.equal(
      'Clocked takes more than its manager: make it by new Clocked(manager, ...). In Nest, list it among the providers, and its entity in DuckDBModule.forFeature([Run]).',
    );
    expect(new Clocked(mine, () => 7).clock()).to.equal(7);
    class Optional extends Repository.of(Run) {
      constructor(
        manager: BaseDuckDBManager,
        readonly clock = () => 8,
      ) {
        super(manager);
      }
    }
    expect(mine.repository(Optional).clock()).to.equal(8);
    await failure(() => repositoryToken(Repository), 'E_DECLARATION');
    await failure(() => openManager({ entities: [Runs] }), 'E_DECLARATION');
  });

  it('shows no more than a repository does where it is listed', async () => {
    const db = await openManager({ entities });
    expect(Object.keys(db.repository(Run))).to.deep.equal(['entity']);
    expect(Object.keys(db.repository(Runs))).to.deep.equal(['entity', 'loads']);
  });

  it('is typed: by the manager, in its methods, in what is injected', async () => {
    const db = await openManager({ entities });
    expectTypeOf(db.repository(Runs)).toEqualTypeOf<Runs>();
    expectTypeOf(db.repository(Journal)).toEqualTypeOf<Journal>();
    expectTypeOf(db.repository(Run)).toEqualTypeOf<Repository<Run>>();
    expectTypeOf(new Runs(db).manager).toEqualTypeOf<RepositoryOwner>();
    expectTypeOf(new Runs(db).manager.repository(Runs)).toEqualTypeOf<Runs>();
    expectTypeOf<ReturnType<Runs['findById']>>().toEqualTypeOf<Promise<Run | null>>();
    expectTypeOf(Runs).toExtend<RepositoryClass<Runs>>();
    const generic = <E extends object>(entity: new () => E): Repository<E> => db.repository(entity);
    expect(generic(Run)).to.equal(db.repository(Run));
    class More extends Repository.of(Run) {
      constructor(
        manager: BaseDuckDBManager,
        readonly clock: () => number,
      ) {
        super(manager);
      }
      // @ts-expect-error: the entity has no such property
      wrong = () => this.find({ where: { strategie: 'carry' } });
    }
    expect(new More(db, Date.now).clock()).to.be.a('number');
    // @ts-expect-error: the manager has no clock to give it
    await failure(() => db.repository(More), 'E_DECLARATION');
  });
});
