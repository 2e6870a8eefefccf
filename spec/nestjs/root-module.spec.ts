// When a manager is open: before the hooks of others, until after them, and never beyond a boot that fails.
import { existsSync, writeFileSync } from 'node:fs';
import {
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { BaseDuckDBManager, Column, Repository, Table, managerToken, type Mode } from '@mysingle/database';
import { DuckDBModule, InjectManager, InjectRepository } from '@mysingle/database/nestjs';
import { openManagers } from '../../lib/cache/source.js';
import { startChild } from '../support/child.js';
import { failure } from '../support/failure.js';
import { boot, bootFailure, isFree, moduleOf } from '../support/nest.js';
import { scratchPath } from '../support/scratch.js';

@Table('hook_note')
class Note {
  @Column('varchar', { primaryKey: true }) text!: string;
}

@Injectable()
class Hooked implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  readonly modes: (Mode | undefined)[] = [];
  /** what the cache said when it was first there */
  entries = -1;

  constructor(
    readonly db: BaseDuckDBManager,
    @InjectRepository(Note) readonly notes: Repository<Note>,
  ) {
    this.modes.push(db.health().mode);
  }

  async onModuleInit(): Promise<void> {
    this.modes.push(this.db.mode);
    this.entries = this.db.cache.stats().entries;
    await this.notes.insert({ text: 'init' });
  }

  onApplicationBootstrap(): void {
    this.modes.push(this.db.mode);
  }

  async onModuleDestroy(): Promise<void> {
    await this.notes.insert({ text: 'destroy' });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.notes.insert({ text: 'before' });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.notes.insert({ text: 'shutdown' });
  }
}

const rootOf = (path: string, name?: string) =>
  DuckDBModule.forRoot({ path, logger: false, onLocked: 'error', ...(name === undefined ? {} : { name }) });
const features = DuckDBModule.forFeature([Note]);

describe('the manager of a Nest application', () => {
  it('is open when the hooks of others are called, the first and the last', async () => {
    const path = scratchPath();
    const feature = moduleOf({ imports: [features], providers: [Hooked], exports: [Hooked] });
    const { app, get } = await boot({ imports: [feature, rootOf(path)] });
    const hooked = get<Hooked>(Hooked);
    expect([hooked.modes, hooked.entries]).to.deep.equal([[undefined, 'file', 'file'], 0]);
    await app.close();
    await using db = await BaseDuckDBManager.open({ path, entities: [Note], logger: false });
    const notes = await db.repository(Note).find({ orderBy: { text: 'asc' } });
    expect(notes.map((note) => note.text)).to.deep.equal(['before', 'destroy', 'init', 'shutdown']);
  });

  it('is open so also for a global module, wherever that imports it from', async () => {
    const hooks = { imports: [features], providers: [Hooked], exports: [Hooked] };
    const global = (imports: readonly unknown[]) => ({ ...hooks, module: class CoreModule {}, global: true, imports: [...imports, features] }) as DynamicModule; // prettier-ignore
    // prettier-ignore
    const ways: readonly ((root: DynamicModule) => DynamicModule[])[] = [
      (root) => [global([root])],
      (root) => [global([]), root],
      (root) => [root, global([])],
      (root) => [global([]), rootOf(':memory:', 'other'), root],
    ];
    for (const [index, imports] of ways.entries()) {
      const path = scratchPath();
      const { app, get } = await boot({ imports: imports(rootOf(path)) });
      expect([index, get<Hooked>(Hooked).modes]).to.deep.equal([index, [undefined, 'file', 'file']]);
      await app.close();
      await using db = await BaseDuckDBManager.open({ path, entities: [Note], logger: false });
      expect((await db.repository(Note).distinct(['text'])).map(({ text }) => text).toSorted()).to.deep.equal(['before', 'destroy', 'init', 'shutdown']); // prettier-ignore
    }
  });

  it('is closed with the application, once for all, and lets go of its file', async () => {
    const path = scratchPath();
    const { app, get } = await boot({ imports: [rootOf(path), rootOf(path, 'archive')] });
    const managers = ['default', 'archive'].map((name) => get<BaseDuckDBManager>(managerToken(name)));
    expect(await isFree(path)).to.equal(false);
    await Promise.all([app.close(), app.close()]);
    await app.close();
    for (const db of managers) await failure(() => db.mode, 'E_CLOSED');
    expect(await isFree(path)).to.equal(true);
  });

  it('may be closed by hand before', async () => {
    const { app, get } = await boot({ imports: [rootOf(scratchPath())] });
    await get<BaseDuckDBManager>(managerToken()).close();
    await app.close();
  });

  it('is closed, too, where it was used without init()', async () => {
    const path = scratchPath();
    const tested = await Test.createTestingModule({ imports: [rootOf(path), features], providers: [Hooked] }).compile();
    await tested.get(Hooked).notes.insert({ text: 'test' });
    expect(await isFree(path)).to.equal(false);
    await tested.close();
    expect(await isFree(path)).to.equal(true);
  });

  it('closes at SIGTERM, with the shutdown hooks of the application', async () => {
    const path = scratchPath();
    await using child = await startChild(`
      import 'reflect-metadata';
      import { NestFactory } from '@nestjs/core';
      import { Module } from '@nestjs/common';
      import { managerToken, sql } from '@mysingle/database';
      import { DuckDBModule } from '@mysingle/database/nestjs';
      class AppModule {}
      Module({ imports: [DuckDBModule.forRoot({ path: ${JSON.stringify(path)}, logger: false })] })(AppModule);
      const app = await NestFactory.create(AppModule, { logger: false });
      app.enableShutdownHooks();
      await app.listen(0);
      await app.get(managerToken()).execute(sql\`create table written (n integer)\`);
      console.log('ready');
    `);
    // what a close brings into the file
    expect(existsSync(`${path}.wal`)).to.equal(true);
    process.kill(child.pid, 'SIGTERM');
    expect(await child.ended).to.deep.equal({ code: null, stderr: '', lines: ['ready'] });
    expect(existsSync(`${path}.wal`)).to.equal(false);
    expect(await isFree(path)).to.equal(true);
  });
});

describe('a boot that fails', () => {
  const no = (): never => {
    throw new Error('no');
  };
  const later = async (): Promise<never> => {
    await new Promise((resolve) => setImmediate(resolve));
    return no();
  };
  @Injectable()
  class InConstructor {
    constructor(@InjectRepository(Note) readonly notes: Repository<Note>) {
      no();
    }
  }
  @Injectable()
  class InInit {
    constructor(@InjectRepository(Note) readonly notes: Repository<Note>) {}
    async onModuleInit(): Promise<void> {
      await this.notes.count();
      no();
    }
  }
  @Injectable()
  class InBootstrap {
    onApplicationBootstrap(): void {
      no();
    }
  }
  @Module({ providers: [] })
  class ModuleInit {
    readonly onModuleInit = later;
  }
  const NEEDED = Symbol('needed');

  // prettier-ignore
  const ways: readonly (readonly [string, (path: string) => object])[] = [
    ['a constructor that throws', () => ({ providers: [InConstructor] })],
    ['a factory that fails later', () => ({ providers: [{ provide: NEEDED, useFactory: later }] })],
    ['a factory that fails later and has the manager', () => ({ providers: [{ provide: NEEDED, inject: [managerToken()], useFactory: later }] })],
    ['a provider that is not there', () => ({ providers: [{ provide: NEEDED, inject: ['missing', managerToken()], useFactory: later }] })],
    ['an onModuleInit that fails, after it has used the database', () => ({ providers: [InInit] })],
    ['an onApplicationBootstrap that fails', () => ({ providers: [InBootstrap] })],
    ['an onModuleInit of a global module that comes first', () => ({ imports: [{ module: class Core {}, global: true, imports: [features], providers: [InInit] }], late: true })],
    ['an onModuleInit of a module', () => ({ imports: [ModuleInit] })],
    ['an onModuleInit of a value', () => ({ providers: [{ provide: NEEDED, useValue: { onModuleInit: later } }] })],
    ['an onModuleInit that stands on the instance alone', () => ({ providers: [{ provide: NEEDED, useFactory: () => Object.defineProperty({}, 'onModuleInit', { value: no, configurable: true }) }] })],
  ];
  for (const [what, more] of ways)
    it(`leaves no manager open: ${what}`, async () => {
      const path = scratchPath();
      const { imports = [], late = false, ...rest } = more(path) as { imports?: []; late?: boolean };
      const roots = [rootOf(path), rootOf(scratchPath(), 'other'), features];
      const error = await bootFailure({ imports: late ? [...imports, ...roots] : [...roots, ...imports], ...rest });
      expect(error.message).to.match(/^no$|can't resolve dependencies/);
      expect(openManagers.size).to.equal(0);
      expect(await isFree(path)).to.equal(true);
    });

  it('leaves none open where another manager cannot be opened, and tells of that', async () => {
    const [path, damaged] = [scratchPath(), scratchPath()];
    writeFileSync(damaged, 'no database'.repeat(1000));
    // one that is in use before its module comes to open it
    const early = { provide: NEEDED, inject: [managerToken()], useFactory: (db: BaseDuckDBManager) => db.repository(Note).count() }; // prettier-ignore
    for (const order of [0, 1]) {
      const roots = [rootOf(path), rootOf(damaged, 'other')];
      const error = await bootFailure({ imports: [...(order === 0 ? roots : roots.toReversed()), features], providers: [early] }); // prettier-ignore
      expect(error).to.include({ name: 'DatabaseError', code: 'E_CORRUPT' });
      expect(openManagers.size).to.equal(0);
    }
    expect(await isFree(path)).to.equal(true);
  });

  it('leaves none open in an application without a server, which nobody gets', async () => {
    const path = scratchPath();
    const module = moduleOf({ imports: [rootOf(path), features], providers: [InInit] });
    const failed = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false }).catch((error: unknown) => error); // prettier-ignore
    expect((failed as Error).message).to.equal('no');
    expect(openManagers.size).to.equal(0);
    expect(await isFree(path)).to.equal(true);
  });

  it('can be tried again', async () => {
    let fails = 2;
    const flaky = { onModuleInit: () => (fails-- > 0 ? no() : undefined) };
    const module = moduleOf({ imports: [rootOf(':memory:'), features], providers: [{ provide: NEEDED, useValue: flaky }, Hooked] }); // prettier-ignore
    const app = await NestFactory.create(module, { logger: false, abortOnError: false });
    for (const left of [1, 0]) {
      expect(await app.init().catch((error: unknown) => (error as Error).message)).to.equal('no');
      expect([fails, openManagers.size]).to.deep.equal([left, 0]);
    }
    await app.init();
    expect(await app.get(Hooked).notes.count()).to.equal(1);
    await app.close();
    expect(openManagers.size).to.equal(0);
  });

  it('leaves hooks as they were, of what cannot be changed too', async () => {
    const calls: string[] = [];
    const frozen = Object.freeze({ onModuleInit: () => void calls.push('frozen') });
    class Counted {
      onModuleInit(): void {
        calls.push('counted');
      }
    }
    const spied = new Counted();
    const spy = (): void => void calls.push('spy');
    spied.onModuleInit = spy;
    const counted = new Counted();
    const providers = [frozen, spied, counted].map((useValue, index) => ({ provide: `hook ${index}`, useValue }));
    await using app = await boot({ imports: [rootOf(':memory:')], providers });
    expect(calls.toSorted()).to.deep.equal(['counted', 'frozen', 'spy']);
    expect(Object.getOwnPropertyDescriptor(spied, 'onModuleInit')).to.include({ value: spy, enumerable: true });
    expect(Object.keys(counted)).to.deep.equal([]);
    expect(app.get(managerToken())).to.be.instanceOf(BaseDuckDBManager);
  });
});

describe('a manager by InjectManager', () => {
  it('is there in a constructor, not yet open, and opens at its first use', async () => {
    @Injectable()
    class Early {
      constructor(@InjectManager() readonly db: BaseDuckDBManager) {}
    }
    const early = { provide: 'rows', inject: [managerToken()], useFactory: (db: BaseDuckDBManager) => db.repository(Note).count() }; // prettier-ignore
    await using app = await boot({ imports: [rootOf(':memory:'), features], providers: [Early, early] });
    expect(app.get('rows')).to.equal(0);
    expect(app.get<Early>(Early).db.mode).to.equal('memory');
  });
});
