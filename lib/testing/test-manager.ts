// A manager for one test: in memory, silent, deterministic. Not here: the clock, rows, and what else a test wants of it.
import { BaseDuckDBManager, type ManagerOptions } from '../index.js';
import { refuse } from './known-options.js';
import { callerOf, watch } from './open-managers.js';
import { temporaryPath } from './temporary-path.js';

/** Options of `createTestManager`: those of the manager, with other defaults. */
export interface TestManagerOptions<M extends BaseDuckDBManager = BaseDuckDBManager> extends Omit<
  ManagerOptions,
  'path' | 'cache'
> {
  /** the class; default `BaseDuckDBManager` */
  readonly manager?: new (options?: string | ManagerOptions) => M;
  /**
   * `':memory:'` (default); `'file'`: a file of its own at `db.dbPath`, for tests of restarts and locks. It is there after `close()`, and
   * removed by `await using` or at the end of the process
   */
  readonly path?: ':memory:' | 'file';
  /** as of the manager, with `background: false`: what is kept is in the table when a call is done. False for no cache */
  readonly cache?: ManagerOptions['cache'];
}

/**
 * A manager for one test, open. Each has a database of its own: two at once see nothing of each other. In memory, without logs (give
 * `recordLogs().logger` to see them), and with a cache that does nothing behind the test's back, unless the options say otherwise.
 *
 * Close it by `await using`, or by `close()` after the test: what is left open is told at the end of the process, with its place.
 *
 * @throws DatabaseError as `BaseDuckDBManager.open`
 * @example await using db = await createTestManager({ entities: [Trade], clock: manualClock() });
 * @example
 * class Analytics extends BaseDuckDBManager {}
 * await using db = await createTestManager({ manager: Analytics }); // a class of your own
 */
export async function createTestManager<M extends BaseDuckDBManager = BaseDuckDBManager>(
  options: TestManagerOptions<M> = {},
): Promise<M> {
  const place = callerOf(createTestManager);
  const { manager: Manager = BaseDuckDBManager, path = ':memory:', cache, ...rest } = options;
  if (path !== ':memory:' && path !== 'file')
    refuse(`createTestManager: path is ':memory:' or 'file', got ${JSON.stringify(path)}. A path of your own: open the manager itself.`); // prettier-ignore
  const file = path === 'file' ? temporaryPath() : undefined;
  try {
    const manager = new Manager({
      logger: false,
      ...rest,
      path: file?.path ?? ':memory:',
      cache: cache === false ? false : { background: false, ...cache },
    }) as M;
    if (file !== undefined) removeWith(manager, file);
    await manager.connect();
    watch(manager, place);
    return manager;
  } catch (error) {
    file?.remove();
    throw error;
  }
}

/** A restart is close() and connect(), which needs the file; at the end of its scope nobody does. */
function removeWith(manager: BaseDuckDBManager, file: { remove(): void }): void {
  const own = manager[Symbol.asyncDispose].bind(manager);
  const dispose = async (): Promise<void> => {
    try {
      await own();
    } finally {
      file.remove();
    }
  };
  Object.defineProperty(manager, Symbol.asyncDispose, { value: dispose });
}
