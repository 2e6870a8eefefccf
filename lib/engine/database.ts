// One open database: a DuckDB instance of its own with the file attached, its sessions, its clock. Not here: who shares it
// (registry.ts), running statements (engine.ts).
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { quoteLiteral } from '../entity/identifier.js';
import { DatabaseError, classify } from '../errors.js';
import type { Log } from '../log.js';
import { EVERYTHING } from '../sql/statement.js';
import { ALIAS } from './alias.js';
import { TableClock } from './clock.js';
import { detach } from './detach.js';
import { Fallback } from './fallback.js';
import { attachAlone } from './one-instance.js';
import { Orphans } from './orphans.js';
import { MEMORY } from './path.js';
import { Pool } from './pool.js';
import { keptConflicts, type AlongWith } from './replay.js';
import { Recovery } from './recovery.js';
import { lockDown, ownFiles } from './secure.js';
import { SchemaVersion, Session } from './session.js';
import { SideFile } from './side-file.js';
import { refuseForeignLog } from './write-log.js';

/** What to do when another process holds the file. */
export type OnLocked = 'fallback' | 'memory' | 'wait' | 'error';

/** Where the data is now. */
export type Mode = 'file' | 'memory' | 'fallback' | 'readonly';

export interface DatabaseOptions {
  readonly path: string;
  readonly readOnly: boolean;
  readonly secure: boolean;
  readonly onLocked: OnLocked;
  readonly lockTimeoutMs: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly poolSize: number;
  readonly acquireTimeoutMs: number;
  /** what else is done where writes of another process are brought in */
  readonly alongWith?: AlongWith;
  readonly log: Log;
}

/** A connection outside the pool, which is found in another database when the work goes over to it. */
export interface Follower {
  /**
   * Lets nothing more run on it.
   *
   * @returns how to let go; undefined where a transaction is open on it, or something runs for longer than the patience
   */
  hold(patienceMs: number): Promise<(() => void) | undefined>;
}

export class Database {
  readonly clock = new TableClock();
  readonly #schema = new SchemaVersion();
  readonly pool: Pool;
  /** run when the last manager has let go and no session is left, before the instance is closed */
  readonly beforeClose: (() => Promise<void>)[] = [];
  readonly followers = new Set<Follower>();
  /** called when the work has gone over from a side file to the file */
  readonly arrivals = new Set<() => void>();
  #alias = ALIAS;
  #mode: Mode | undefined;
  #attaching: Promise<unknown> = Promise.resolve();
  #fallback: Fallback | undefined;
  readonly #orphans: Orphans;
  #conflicts = 0;
  #closing = false;
  #empty = false;
  readonly recovery: Recovery;
  /** nobody has looked whether entities are tables: a write to a table may change what was read of one that is a view */
  entitiesMayBeViews = false;

  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly options: DatabaseOptions,
    /** where work goes on when the file is locked: named beforehand, for a secure instance must know all its files */
    private readonly side: SideFile,
  ) {
    this.pool = new Pool(
      options.poolSize,
      options.acquireTimeoutMs,
      async () => new Session(await this.connect(), this.#schema, options.secure),
    );
    this.recovery = new Recovery({
      path: options.path,
      log: options.log,
      still: (patienceMs, work) => this.#still(patienceMs, (sessions) => work(() => this.#reattach(sessions))),
      recovered: () => this.#written(),
    });
    this.#orphans = new Orphans({
      path: options.path,
      log: options.log,
      alongWith: options.alongWith,
      connect: () => this.connect(),
      writing: () => this.clock.commits([EVERYTHING]),
      changed: async () => {
        this.#written();
        await this.countConflicts();
      },
    });
  }

  /** Makes the instance; `attach` gives it its database. */
  static async create(options: DatabaseOptions): Promise<Database> {
    const side = SideFile.fresh(options.path);
    return new Database(await createInstance(options, side), options, side);
  }

  /**
   * Attaches the file, or what is worked on in its place. What is attached stays: who comes later gets that, which `mode`
   * tells.
   *
   * @param locked why it is not the file
   * @throws DatabaseError `E_LOCKED` when another process holds the file, after which it may be tried again
   */
  attach(place: 'file' | 'memory'): Promise<Mode>;
  attach(place: 'fallback', locked: DatabaseError): Promise<Mode>;
  attach(place: 'file' | 'memory' | 'fallback', locked?: DatabaseError): Promise<Mode> {
    // one at a time: two would attach two databases under one name
    const turn = this.#attaching.then(async () => (this.#mode ??= await this.#attach(place, locked)));
    this.#attaching = turn.catch(() => {});
    return turn;
  }

  async #attach(place: 'file' | 'memory' | 'fallback', locked: DatabaseError | undefined): Promise<Mode> {
    const { path, readOnly } = this.options;
    if (place === 'fallback' && locked !== undefined) return this.#attachSide(locked);
    const connection = await this.instance.connect();
    try {
      if (place === 'memory' || path === MEMORY) {
        await connection.run(`ATTACH '${MEMORY}' AS ${ALIAS}`);
        this.#empty = true;
        return 'memory';
      }
      await attachFile(connection, path, readOnly);
    } finally {
      connection.closeSync();
    }
    if (readOnly) return 'readonly';
    try {
      await this.#orphans.bringIn();
      await this.countConflicts();
    } catch (error) {
      await this.#detachFile();
      throw error;
    }
    this.#orphans.watch();
    return 'file';
  }

  /** Gives the lock back, also where a result that was never read to its end keeps the instance alive. */
  async #detachFile(): Promise<void> {
    const connection = await this.instance.connect();
    try {
      await detach(connection, ALIAS);
    } finally {
      connection.closeSync();
    }
  }

  async #attachSide(locked: DatabaseError): Promise<Mode> {
    const { path, log, alongWith } = this.options;
    this.#fallback = await Fallback.open(
      {
        path,
        log,
        alongWith,
        bareConnection: () => this.instance.connect(),
        attachFile: async (connection) => {
          await attachFile(connection, path, false);
          await connection.run(`USE ${ALIAS}`);
        },
        detachFile: () => this.#detachFile(),
        goOver: (patienceMs, last, leave) => this.#goOver(patienceMs, last, leave),
      },
      this.side,
      locked,
    );
    this.#alias = this.#fallback.alias;
    this.#fallback.start();
    return 'fallback';
  }

  async #goOver(patienceMs: number, last: () => Promise<number>, leave: () => Promise<void>): Promise<boolean> {
    const go = async (sessions: readonly Session[]): Promise<true> => {
      this.#conflicts = await last();
      for (const session of sessions) await session.use(ALIAS);
      this.#alias = ALIAS;
      this.#fallback = undefined;
      await leave();
      this.#mode = 'file';
      this.#written();
      this.#orphans.watch();
      for (const arrived of this.arrivals) arrived();
      return true;
    };
    // nothing is left that could run
    if (this.#closing) return go([]);
    return this.#still(patienceMs, async (sessions) => {
      await go(sessions);
    });
  }

  /** Runs `work` while nothing else runs, on whatever connection. @returns whether it could */
  async #still(patienceMs: number, work: (sessions: readonly Session[]) => Promise<void>): Promise<boolean> {
    // at once: what is asked for from here on waits behind this
    const holds = [...this.followers].map((follower) => follower.hold(patienceMs));
    try {
      const done = await this.pool.still(patienceMs, async (sessions) => {
        const held = await Promise.race([Promise.all(holds), sleep(patienceMs, [undefined], { ref: false })]);
        if (held.includes(undefined)) return false;
        await work(sessions);
        return true;
      });
      return done === true;
    } finally {
      for (const hold of holds) void hold.then((letGo) => letGo?.());
    }
  }

  /** By a connection of its own: those that have the database in use can do nothing while it is given up. */
  async #reattach(sessions: readonly Session[]): Promise<void> {
    const { path, readOnly } = this.options;
    const connection = await this.instance.connect();
    try {
      await detach(connection, this.#alias);
      if (this.#fallback === undefined) await attachFile(connection, path, readOnly);
      else await connection.run(`ATTACH ${quoteLiteral(this.side.path)} AS ${this.side.alias} (TYPE duckdb)`);
    } finally {
      connection.closeSync();
    }
    for (const session of sessions) await session.use(this.#alias);
  }

  /** A connection that uses none of the databases that are attached. */
  bareConnection(): Promise<DuckDBConnection> {
    return this.instance.connect();
  }

  /**
   * Goes on in another database, which is attached already, while nothing runs; the one that was worked on is taken off.
   *
   * @param moved called before anything runs again
   * @returns whether everything came to its end within the patience
   */
  async moveTo(alias: string, patienceMs: number, moved: () => void): Promise<boolean> {
    const before = this.#alias;
    const done = await this.#still(patienceMs, async (sessions) => {
      for (const session of sessions) await session.use(alias);
      this.#alias = alias;
      this.#written();
      moved();
    });
    if (!done) return false;
    const connection = await this.bareConnection();
    try {
      await detach(connection, before);
    } finally {
      connection.closeSync();
    }
    return true;
  }

  /** What was read before counts for nothing: it was read elsewhere, or others have written since. */
  #written(): void {
    this.clock.wrote([EVERYTHING]);
    this.schemaChanged();
  }

  /** Looks how many writes made in fallback the database keeps as refused. */
  async countConflicts(): Promise<void> {
    const connection = await this.connect();
    try {
      this.#conflicts = await keptConflicts(connection);
    } finally {
      connection.closeSync();
    }
  }

  /** Where the data is: known once attached, which it is for whoever got it from the registry. */
  get mode(): Mode {
    return this.#mode as Mode;
  }

  /** The name under which the database that is worked on is attached. */
  get alias(): string {
    return this.#alias;
  }

  /** The same, where a table that raw SQL names is all that it writes. */
  get aliasOfWrites(): string | undefined {
    return this.entitiesMayBeViews ? undefined : this.#alias;
  }

  /** The side file, where that is worked on. */
  get fallback(): Fallback | undefined {
    return this.#fallback;
  }

  /** Transactions made in fallback that the database refused, as of the last look. */
  get conflicts(): number {
    return this.#conflicts;
  }

  /** The real path of the file, or `:memory:`. */
  get path(): string {
    return this.options.path;
  }

  /** Whether SQL is kept from everything but the database's own files, and from settings. */
  get secure(): boolean {
    return this.options.secure;
  }

  /** Whether there is nothing in it yet, so that nobody need look: DuckDB's catalog of a new instance takes its time. */
  get empty(): boolean {
    return this.#empty;
  }

  /** From here on somebody may make something in it. */
  opened(): void {
    this.#empty = false;
  }

  /** A new connection that sees the attached database. */
  async connect(): Promise<DuckDBConnection> {
    const connection = await this.instance.connect();
    await connection.run(`USE ${this.#alias}`);
    return connection;
  }

  /** Statements prepared before a schema change made elsewhere are not used again. */
  schemaChanged(): void {
    this.#schema.value += 1;
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#orphans.stop();
    try {
      await this.recovery.close();
      await this.pool.close();
      // when nothing can be written any more
      for (const hook of this.beforeClose.splice(0)) await hook();
      await this.#fallback?.close();
      // what another process left since the last look
      if (this.#mode === 'file') await this.#orphans.look();
    } finally {
      // what this fails with, closing the instance would fail with in silence: a checkpoint, whose log stays
      await this.#detachFile().catch(() => {});
      this.instance.closeSync();
    }
  }
}

/** The type is said, for DuckDB would look into the file and ask for an extension where it is another program's. */
async function attachFile(connection: DuckDBConnection, path: string, readOnly: boolean): Promise<void> {
  const how = readOnly ? 'TYPE duckdb, READ_ONLY' : 'TYPE duckdb';
  try {
    refuseForeignLog(path);
    await attachAlone(
      path,
      () => connection.run(`ATTACH ${quoteLiteral(path)} AS ${ALIAS} (${how})`),
      () => connection.run(`DETACH ${ALIAS}`),
    );
  } catch (error) {
    throw classify(error, { path });
  }
}

async function createInstance(options: DatabaseOptions, side: SideFile): Promise<DuckDBInstance> {
  const spill =
    options.path === MEMORY ? join(tmpdir(), `mysingle-database-${process.pid}.tmp`) : `${options.path}.tmp`;
  let instance: DuckDBInstance;
  try {
    instance = await DuckDBInstance.create(MEMORY, {
      temp_directory: spill,
      // nothing is ever fetched from the network unless the settings ask for it
      autoinstall_known_extensions: 'false',
      ...options.settings,
      errors_as_json: 'true',
    });
  } catch (error) {
    const cause = classify(error);
    const names = Object.keys(options.settings).join(', ');
    throw names === ''
      ? cause
      : new DatabaseError('E_CONFIG', `settings (${names}): ${cause.message}`, { cause: error });
  }
  const connection = await instance.connect();
  try {
    // times without a zone mean UTC, whatever the machine's zone
    await connection.run("SET GLOBAL TimeZone = 'UTC'");
    if (options.secure) await lockDown(connection, options.path === MEMORY ? [] : ownFiles(options.path, [side.path]));
    return instance;
  } catch (error) {
    instance.closeSync();
    throw error;
  } finally {
    connection.closeSync();
  }
}
