// Closing managers when the process is told to end. Nothing here is done unless it is asked for: what a signal means is the
// application's to say.
import { durationMs, type Duration } from './duration.js';
import { DatabaseError } from './errors.js';

/** Options of `closeOnSignals`. */
export interface CloseOnSignalsOptions {
  /** default `['SIGTERM', 'SIGINT']` */
  readonly signals?: readonly NodeJS.Signals[];
  /** how long to wait for `close()` before the process ends all the same; default `'10s'` */
  readonly deadline?: Duration;
}

/** What is closed: a manager. */
interface Closable {
  close(): Promise<void>;
}

/**
 * Closes managers at SIGTERM and SIGINT, and then lets the signal do what it does by default, so that the process ends with
 * the exit status that its parent expects. Without this a signal ends the process at once: nothing committed is lost, but the
 * WAL is left for the next start to read.
 *
 * The second signal, and the deadline, end the process at once, also under a query that DuckDB does not stop. Where the
 * application listens to the signal too, closing is all that the first one does here, and the application ends itself.
 *
 * @returns a function that takes the handlers off again; also for `using`
 * @throws DatabaseError `E_CONFIG` for what is no manager, no signal or no duration
 * @example closeOnSignals(db);
 * @example using handlers = closeOnSignals([db, market], { signals: ['SIGTERM'], deadline: '5s' });
 */
export function closeOnSignals(
  managers: Closable | readonly Closable[],
  options: CloseOnSignalsOptions = {},
): (() => void) & Disposable {
  const all = [managers].flat() as readonly Closable[];
  const { signals, deadlineMs } = checked(all, options);
  let closing = false;
  // asked here and at the signal: a listener of `once` is gone when it has been called
  const shared = new Set(signals.filter((signal) => process.listenerCount(signal) > 0));
  // close() logs its own failure
  const closeAll = (): Promise<unknown> => Promise.allSettled(all.map(async (manager) => manager.close()));
  const onSignal = (signal: NodeJS.Signals): void => {
    if (closing) return end(signal);
    closing = true;
    const deadline = setTimeout(() => end(signal), deadlineMs);
    if (process.listenerCount(signal) > 1) shared.add(signal);
    const ended = async (): Promise<void> => {
      await closeAll();
      clearTimeout(deadline);
      off();
      if (!shared.has(signal)) process.kill(process.pid, signal);
    };
    void ended();
  };
  const off = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return Object.assign(off, { [Symbol.dispose]: off });
}

/** By the signal's default and not by process.exit(), which waits for running queries however long they take. */
function end(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

function checked(
  managers: readonly Closable[],
  options: CloseOnSignalsOptions,
): { signals: readonly NodeJS.Signals[]; deadlineMs: number } {
  const fail = (message: string): never => {
    throw new DatabaseError('E_CONFIG', `closeOnSignals: ${message}`);
  };
  if (
    managers.length === 0 ||
    managers.some((manager) => typeof (manager as Partial<Closable> | null)?.close !== 'function')
  )
    fail('give a manager, or a list of managers.');
  if (typeof options !== 'object' || options === null) fail('the options are an object.');
  const { signals = ['SIGTERM', 'SIGINT'], deadline = '10s', ...rest } = options;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) fail(`there is no option '${unknown}'. Options: signals, deadline.`);
  if (
    !Array.isArray(signals) ||
    signals.length === 0 ||
    signals.some((signal) => !/^SIG[A-Z0-9]+$/.test(String(signal)))
  )
    fail("signals is a list such as ['SIGTERM', 'SIGINT'].");
  if (signals.some((signal) => signal === 'SIGKILL' || signal === 'SIGSTOP'))
    fail('no program hears of SIGKILL and SIGSTOP.');
  return { signals, deadlineMs: durationMs(deadline, 'closeOnSignals: deadline') };
}
