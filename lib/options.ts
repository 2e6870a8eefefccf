// Options of a manager: defaults, and a clear refusal of everything that is not one. Not here: what they do.
import type { Logger } from 'pino';
import { CACHE_TIMES, type CacheOptions } from './cache/shared-cache.js';
import { ENDED_BY_OTHERS } from './cache/table.js';
import { durationMs, type Duration } from './duration.js';
import type { DatabaseOptions, OnLocked } from './engine/database.js';
import { MEMORY, checkedPath } from './engine/path.js';
import type { EntityClass } from './entity/row.js';
import { checkedValidate, type ValidateOption } from './entity/rule-option.js';
import { schemaOf } from './entity/schema.js';
import { DatabaseError } from './errors.js';
import { createLog, type Log } from './log.js';
import type { SchemaMode } from './schema/apply.js';

/** What time it is: that of a test, or of a replay. */
export interface Clock {
  /**
   * in ms since 1970, UTC
   *
   * @example const clock: Clock = { now: () => Date.UTC(2024, 0, 1) };
   */
  now(): number;
}

/** Options of a manager. All but `path` have defaults; `path` may come from `DUCKDB_PATH`. */
export interface ManagerOptions {
  /** the database file, made where missing; `':memory:'` for a database in memory; default the env `DUCKDB_PATH` */
  readonly path?: string;
  /** the name for `@InjectRepository(Entity, name)` and `managerToken(name)`; default `'default'` */
  readonly name?: string;
  /** the entity classes; their tables are created */
  readonly entities?: readonly EntityClass[];
  /**
   * `'create'` (default): create what is missing, refuse to start where a table differs from its class; `'verify'`: refuse
   * also where something is missing; `'off'`: do not look
   */
  readonly schema?: SchemaMode;
  /**
   * When another process holds the file: `'fallback'` (default): work on a side file beside it, and bring every write to the
   * database when its lock is free; `'memory'`: work on an empty database in memory, which is lost at close; `'wait'` up to
   * `lockTimeout`; `'error'`. All are logged. With `readOnly` a fallback makes no sense and is an error.
   */
  readonly onLocked?: OnLocked;
  /** how long `'wait'` waits; default `'30s'` */
  readonly lockTimeout?: Duration;
  /** open the file for reading alone; default false */
  readonly readOnly?: boolean;
  /**
   * keep SQL from everything but the database: no other file, no network, no extension, no settings; default false. All
   * managers of a file in this process must agree
   */
  readonly secure?: boolean;
  /** `size`: connections, default 3, always below UV_THREADPOOL_SIZE; `acquireTimeout`: default `'30s'` */
  readonly pool?: { readonly size?: number; readonly acquireTimeout?: Duration };
  /** DuckDB's own options, such as `{ memory_limit: '4GB', threads: 2 }` */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /**
   * bounds of the cache, or false: `@Cached` then always loads. Managers of one file share its cache, with the logger of the one
   * that opened it first; they must not ask for different bounds
   */
  readonly cache?: CacheOptions | false;
  /** a pino logger, or false for none; default one JSON object a line on standard output, level by `LOG_LEVEL` */
  readonly logger?: Logger | false;
  /**
   * how long one statement of a repository, `query`, `execute` or `stream` may take before it is interrupted, `E_TIMEOUT`;
   * default none. A call with a `timeout` has that in its place
   */
  readonly queryTimeout?: Duration;
  /** queries that take longer are logged as a warning; default `'1s'` */
  readonly slowQuery?: Duration;
  /**
   * enforce class-validator rules of entities on writes; default true. `{ groups: ['create'] }`: those of these groups. A call may say
   * otherwise
   */
  readonly validate?: ValidateOption;
  /**
   * what time it is, for the lives of cached values, of `storeCacheData` and of `keyvStore`, and for the defaults `now()` and `uuid7()`;
   * default the machine's. Waits and timeouts go by the machine's in any case, and so does what SQL calls `now()`. The cache of a
   * file goes by that of the manager that opens it first
   */
  readonly clock?: Clock;
  /**
   * Signs the cursors of `findPage`: a string of at least 16 characters that nobody else knows; default the env
   * `DUCKDB_CURSOR_SECRET`. Where neither is there, one that is made at random for this process: cursors then end with it, and
   * another process refuses them. Processes that serve each other's cursors need the same.
   */
  readonly cursorSecret?: string;
}

/** Options checked, with their defaults. */
export interface Resolved {
  readonly name: string;
  readonly entities: readonly EntityClass[];
  readonly schema: SchemaMode;
  readonly cache: CacheOptions | false | undefined;
  /** of the data of `storeCacheData`, which is there without a cache, too */
  readonly retentionMs: number;
  readonly slowQueryMs: number;
  readonly queryTimeoutMs: number | undefined;
  readonly validate: ValidateOption;
  /** undefined for the machine's */
  readonly now: (() => number) | undefined;
  /** undefined for that of the process */
  readonly cursorSecret: string | undefined;
  readonly log: Log;
  readonly database: DatabaseOptions;
}

const KNOWN = [
  'path', 'name', 'entities', 'schema', 'onLocked', 'lockTimeout', 'readOnly', 'secure', 'pool', 'settings', 'cache', 'logger', 'slowQuery', 'queryTimeout', 'validate', 'clock', 'cursorSecret',
]; // prettier-ignore

/** Settings that belong to the library, with what to use instead. */
const RESERVED: Readonly<Record<string, string>> = {
  access_mode: 'use readOnly: true',
  errors_as_json: 'errors are read by this library',
  timezone: 'times are UTC here; convert where they are shown',
};

function fail(message: string): never {
  throw new DatabaseError('E_CONFIG', message);
}

/** @throws DatabaseError `E_CONFIG` naming the option, `E_DECLARATION` for a class that is no entity */
export function resolveOptions(given: string | ManagerOptions | undefined): Resolved {
  const options = typeof given === 'string' ? { path: given } : (given ?? {});
  if (typeof options !== 'object' || Array.isArray(options)) fail('The options are a path or an object.');
  known(options, KNOWN, 'the manager');
  const path = checkedPath(options.path ?? process.env['DUCKDB_PATH']);
  const { entities = [], name = 'default' } = options;
  if (!Array.isArray(entities)) fail('entities: give an array of entity classes.');
  for (const entity of entities) schemaOf(entity);
  if (typeof name !== 'string' || name === '') fail('name: give a string that is not empty.');
  const readOnly = flag(options.readOnly, 'readOnly', false);
  if (readOnly && path === MEMORY)
    fail('readOnly: a database in memory is empty, so reading alone makes no sense. Give a file.');
  if ((options.logger as unknown) === null) fail('logger: give a pino logger, or false for no logs.');
  const log = createLog(options.logger);
  return {
    name,
    entities,
    schema: oneOf(options.schema, 'schema', ['create', 'verify', 'off'] as const),
    cache: checkedCache(options.cache),
    retentionMs: durationMs((options.cache || {}).retention ?? CACHE_TIMES.retention, 'cache.retention'),
    slowQueryMs: durationMs(options.slowQuery ?? '1s', 'slowQuery'),
    queryTimeoutMs:
      options.queryTimeout === undefined ? undefined : positiveDuration(options.queryTimeout, 'queryTimeout'),
    validate: checkedValidate(options.validate === undefined ? true : options.validate, '', 'E_CONFIG'),
    now: options.clock === undefined ? undefined : checkedClock(options.clock),
    cursorSecret:
      options.cursorSecret === undefined
        ? secret(process.env['DUCKDB_CURSOR_SECRET'], 'The environment variable DUCKDB_CURSOR_SECRET')
        : secret(options.cursorSecret, 'cursorSecret'),
    log,
    database: {
      path,
      readOnly,
      secure: flag(options.secure, 'secure', false),
      onLocked: oneOf(options.onLocked, 'onLocked', ['fallback', 'memory', 'wait', 'error'] as const),
      lockTimeoutMs: durationMs(options.lockTimeout ?? '30s', 'lockTimeout'),
      settings: checkedSettings(options.settings),
      ...checkedPool(options.pool),
      alongWith: ENDED_BY_OTHERS,
      log,
    },
  };
}

function known(options: unknown, names: readonly string[], what: string): void {
  if (!isObject(options)) fail(`${what}: give an object of ${names.join(', ')}.`);
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown !== undefined) fail(`There is no option '${unknown}' of ${what}. Options: ${names.join(', ')}.`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function flag(value: unknown, name: string, otherwise: boolean): boolean {
  if (value !== undefined && typeof value !== 'boolean') fail(`${name}: give true or false.`);
  return value ?? otherwise;
}

/** One function for each clock, by which two managers with the same one know it. */
const clocks = new WeakMap<Clock, () => number>();

function checkedClock(clock: Clock): () => number {
  if (typeof (clock as Partial<Clock> | null)?.now !== 'function')
    fail('clock: give an object with a function now(), which gives the milliseconds since 1970.');
  let now = clocks.get(clock);
  if (now === undefined) {
    now = () => {
      const ms = clock.now();
      if (!(Math.abs(ms) <= LAST_MS)) fail(`clock: now() gives the milliseconds since 1970, and gave ${String(ms)}.`);
      return ms;
    };
    clocks.set(clock, now);
  }
  return now;
}

/** The last millisecond that a `Date` has. */
const LAST_MS = 8.64e15;

const SECRET_LENGTH = 16;

/** Says nothing of what was given. */
function secret(value: unknown, name: string): string | undefined {
  if (value !== undefined && (typeof value !== 'string' || value.length < SECRET_LENGTH))
    fail(`${name}: give a string of at least ${SECRET_LENGTH} characters, or leave it out for one of this process.`);
  return value;
}

/** The first of the choices is the default. */
function oneOf<const T extends readonly string[]>(value: unknown, name: string, choices: T): T[number] {
  if (value === undefined) return choices[0] as T[number];
  if (!choices.includes(value as string))
    fail(
      `${name}: give one of ${choices.map((choice) => `'${choice}'`).join(', ')}, got ${JSON.stringify(value) ?? typeof value}.`,
    );
  return value as T[number];
}

function positive(value: unknown, name: string): void {
  if (value !== undefined && (!Number.isSafeInteger(value) || (value as number) < 1))
    fail(`${name}: give a whole number from 1.`);
}

function positiveDuration(duration: Duration, name: string, otherwise = 'none'): number {
  const ms = durationMs(duration, name);
  if (ms === 0) fail(`${name}: give more than 0, or leave it out for ${otherwise}.`);
  return ms;
}

const CACHE_OPTIONS = [
  'maxEntries',
  'maxBytes',
  'maxTableBytes',
  'store',
  'namespace',
  'localTtl',
  'storeTimeout',
  'retention',
  'background',
];

function isStore(store: unknown): boolean {
  const { get, set, delete: remove } = (store ?? {}) as Record<string, unknown>;
  return [get, set, remove].every((method) => typeof method === 'function');
}

function checkedCache(cache: ManagerOptions['cache']): CacheOptions | false | undefined {
  if (cache === undefined || cache === false) return cache;
  if (!isObject(cache)) fail(`cache: give an object of ${CACHE_OPTIONS.join(', ')}, or false.`);
  known(cache, CACHE_OPTIONS, 'cache');
  for (const name of ['maxEntries', 'maxBytes', 'maxTableBytes'] as const) positive(cache[name], `cache.${name}`);
  for (const name of Object.keys(CACHE_TIMES) as (keyof typeof CACHE_TIMES)[])
    if (cache[name] !== undefined) positiveDuration(cache[name], `cache.${name}`, `'${CACHE_TIMES[name]}'`);
  flag(cache.background, 'cache.background', true);
  const { store, namespace } = cache;
  if (store !== undefined && !isStore(store))
    fail('cache.store: give a Keyv, or a store adapter of Keyv such as KeyvRedis: an object with get, set and delete.');
  if (namespace !== undefined && (typeof namespace !== 'string' || namespace === ''))
    fail('cache.namespace: give a string that is not empty.');
  const alone = (['namespace', 'localTtl', 'storeTimeout'] as const).find((name) => cache[name] !== undefined);
  if (store === undefined && alone !== undefined)
    fail(`cache.${alone} is about a store, and there is none: give cache.store too.`);
  return cache;
}

function checkedSettings(settings: ManagerOptions['settings'] = {}): Record<string, string> {
  if (!isObject(settings)) fail("settings: give an object of DuckDB's own options.");
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    const lower = name.toLowerCase();
    const reason = Object.hasOwn(RESERVED, lower) ? RESERVED[lower] : undefined;
    if (reason !== undefined) fail(`settings.${name} is set by this library: ${reason}.`);
    if (!['string', 'number', 'boolean'].includes(typeof value))
      fail(`settings.${name}: give a string, a number or a boolean.`);
    checked[name] = String(value);
  }
  return checked;
}

/** Each running query keeps one of libuv's threads busy; the rest of the process needs one too. */
function checkedPool(pool: ManagerOptions['pool'] = {}): { poolSize: number; acquireTimeoutMs: number } {
  known(pool, ['size', 'acquireTimeout'], 'pool');
  positive(pool.size, 'pool.size');
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) || 4;
  const most = Math.max(1, threads - 1);
  if (pool.size !== undefined && pool.size > most) {
    fail(
      `pool.size: ${pool.size} queries at once would leave no thread for files and DNS. Give at most ${most}, or start Node with UV_THREADPOOL_SIZE=${pool.size + 1} or more.`,
    );
  }
  return {
    poolSize: pool.size ?? Math.min(3, most),
    acquireTimeoutMs: durationMs(pool.acquireTimeout ?? '30s', 'pool.acquireTimeout'),
  };
}

/**
 * A path from an environment variable, or the fallback where it is not set.
 *
 * @throws DatabaseError `E_CONFIG` where the variable is set and empty: a path left blank would lose all data
 * @example const db = new BaseDuckDBManager(pathFromEnv('BACKTEST_DB_PATH', './data/backtests.duckdb'));
 */
export function pathFromEnv(name: string, fallback?: string): string {
  const value = process.env[name];
  if (value === undefined)
    return checkedPath(fallback ?? fail(`The environment variable ${name} is not set, and there is no fallback.`));
  if (value.trim() === '') fail(`The environment variable ${name} is empty. Set it to a path, or unset it.`);
  return checkedPath(value);
}
