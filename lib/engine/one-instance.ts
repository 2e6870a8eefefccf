// One DuckDB instance per file in the whole process, whoever opens it: another thread, another name of the file, DuckDB
// without this library. A second one would lose the first one's commits. Not here: sharing within a thread (registry.ts).
import { createHash } from 'node:crypto';
import { fstatSync, readFileSync, readdirSync, readlinkSync, statSync, type BigIntStats } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from '../errors.js';

/**
 * Where the system lists what this process has open, in all its threads. DuckDB's lock is no help: it is the process's, not
 * the thread's. Windows has neither, and needs none: there DuckDB's own lock holds within a process too.
 */
const OPEN_FILES = ['/proc/self/fd', '/dev/fd'] as const;

/** O_CLOEXEC of Linux, which Node does not name */
const CLOSE_ON_EXEC = 0o2000000;

const POLL_MS = 3;
/** After that long a turn is not waited for: the thread that has it may be blocked by code of its own. */
const TURN_PATIENCE_MS = 10_000;
/** After that long what is open is no longer taken for what is being closed. */
const CLOSING_PATIENCE_MS = 250;

/**
 * The names under which this process, in whatever thread, has the file open; an empty name where the system does not tell.
 * The file itself is never opened: closing it again would drop DuckDB's lock.
 */
export function openNames(path: string): readonly string[] {
  const file = identityOf(path);
  if (file === undefined) return [];
  const names: string[] = [];
  const [folder, numbers] = openFiles();
  for (const number of numbers) {
    try {
      const { dev, ino } = fstatSync(Number(number), { bigint: true });
      if (dev === file.dev && ino === file.ino && !isInherited(number)) names.push(nameOf(`${folder}/${number}`));
    } catch {
      // closed meanwhile, as the listing's own is
    }
  }
  return names;
}

/**
 * Whether a parent process left this open. DuckDB lets a file that it reads alone go on to child processes, while its lock stays
 * with the parent: what has neither a lock nor the flag that keeps it from children was opened by nobody here.
 */
function isInherited(number: string): boolean {
  let text: string;
  try {
    text = readFileSync(`/proc/self/fdinfo/${number}`, 'utf8');
  } catch {
    return false;
  }
  const flags = /^flags:\s*([0-7]+)/m.exec(text)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0 && !/^lock:/m.test(text);
}

function openFiles(): readonly [folder: string, numbers: readonly string[]] {
  for (const folder of OPEN_FILES) {
    try {
      return [folder, readdirSync(folder)];
    } catch {
      // not on this system
    }
  }
  return ['', []];
}

function identityOf(path: string): BigIntStats | undefined {
  try {
    const stats = statSync(path, { bigint: true });
    return stats.isFile() ? stats : undefined;
  } catch {
    return undefined;
  }
}

function nameOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

/**
 * Runs `attach` where nothing in this process has the file open, and undoes it by `detach` where something else opened it in
 * the same moment.
 *
 * @throws DatabaseError `E_LOCKED`, with `sameProcess` among the details, when this process has the file open already
 */
export async function attachAlone(
  path: string,
  attach: () => Promise<unknown>,
  detach: () => Promise<unknown>,
): Promise<void> {
  await inTurn([path], async () => {
    const before = await openNamesThatStay(path);
    if (before.length > 0) throw openAlready(path, before, ELSEWHERE);
    await attach();
    // DuckDB holds a file by one handle; whoever came in between is another instance
    const after = openNames(path);
    if (after.length < 2) return;
    await detach();
    throw openAlready(path, after, ELSEWHERE);
  });
}

/** One that is being closed is gone in a moment: DuckDB lets go of a file when the last of its own threads has. */
async function openNamesThatStay(path: string): Promise<readonly string[]> {
  let names = openNames(path);
  // by looks and not by time: a process that gets little of the processor closes a file late, and looks late, too
  for (let looks = 0; names.length > 0 && looks < CLOSING_PATIENCE_MS / POLL_MS; looks += 1) {
    await sleep(POLL_MS);
    names = openNames(path);
  }
  return names;
}

const ELSEWHERE =
  'by another thread, under another name, by ATTACH in another manager, by DuckDB without this library, or by a stream of an earlier connection that was not read to its end. ' +
  'A second instance would lose the commits of the first. Open it once, in one thread, and let the others ask that one by messages.';

/**
 * @param names under which it is open
 * @param more by what, and what to do
 */
export function openAlready(path: string, names: readonly string[], more: string): DatabaseError {
  const other = names.find((name) => name !== '' && name !== path);
  return new DatabaseError(
    'E_LOCKED',
    `${path} is open in this process already${other === undefined ? '' : `, as ${other}`}: ${more}`,
    { details: { path, pid: process.pid, sameProcess: true, ...(other === undefined ? {} : { openAs: other }) } },
  );
}

/** Runs `work` while nobody else in this process looks whether one of these files is open, and opens it. */
export async function inTurn<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
  // all in one order, so that no two wait for each other
  const [path, ...rest] = [...new Set(paths)].toSorted((one, other) => (one < other ? -1 : 1));
  if (path === undefined) return work();
  const done = await turnFor(path);
  try {
    return await inTurn(rest, work);
  } finally {
    await done();
  }
}

/**
 * One thread of the process at a time looks and opens. On Linux by a socket without a file, which the kernel frees with its
 * thread or process however that ends; elsewhere the second look has to do.
 */
async function turnFor(path: string): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return async () => {};
  const name = `\0mysingle-database:${process.pid}:${startOfProcess()}:${createHash('sha1').update(path).digest('hex')}`;
  const began = performance.now();
  while (performance.now() - began < TURN_PATIENCE_MS) {
    const server = await listen(name);
    if (server === 'refused') break;
    if (server !== 'taken') return () => new Promise((resolve) => server.close(() => resolve()));
    await sleep(POLL_MS);
  }
  return async () => {};
}

function listen(name: string): Promise<Server | 'taken' | 'refused'> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE' ? 'taken' : 'refused'));
    // exclusive: in a worker of `cluster` the socket would be its primary's
    server.listen({ path: name, exclusive: true }, () => resolve(server));
  });
}

/** Two containers may share the network, and number their processes alike. */
function startOfProcess(): string {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8');
    return fields.slice(fields.lastIndexOf(')')).split(' ')[20] ?? '';
  } catch {
    return '';
  }
}
