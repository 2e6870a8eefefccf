// One stream over a million rows, in a process of its own: how long, and how far the resident memory rose above what it was with the
// table loaded. Not here: the comparison (streaming.ts).
import { readFileSync, writeFileSync } from 'node:fs';
import { fetchStream, instanceOf, rawBacktests } from './binding.js';
import { expectCount } from './harness.js';
import { Backtest, COLUMNS, managerWith } from './table.js';

export type StreamMode = 'repository' | 'repository, streamColumns' | 'binding, yieldRowObjectJs' | 'fetch only';

const ROWS = 1_000_000;
const MIB = 2 ** 20;
const text = `SELECT ${COLUMNS} FROM backtests`;

/** Linux forgets the peak so far when told; elsewhere the peak is what the samples see. */
let peak = 0;
function peakFromHere(): () => number {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  } catch {
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5).unref();
    return () => {
      clearInterval(timer);
      return Math.max(peak, process.memoryUsage.rss());
    };
  }
}

/** Made ready outside the clock. @returns the stream, which gives the rows it saw */
async function ready(mode: StreamMode): Promise<() => Promise<number>> {
  if (mode.startsWith('repository')) {
    const repository = (await managerWith(ROWS)).repository(Backtest);
    return mode === 'repository'
      ? async () => {
          let rows = 0;
          for await (const row of repository.stream({})) rows += row.trades.length / 2;
          return rows;
        }
      : async () => {
          let rows = 0;
          for await (const { totalReturn } of repository.streamColumns({ select: ['totalReturn'] }))
            rows += totalReturn.length;
          return rows;
        };
  }
  const { connection } = await rawBacktests(ROWS);
  if (mode === 'fetch only') return () => fetchStream(connection, text);
  return async () => {
    let rows = 0;
    for await (const some of (await connection.stream(text)).yieldRowObjectJs())
      for (const row of some) rows += instanceOf(row).trades.length / 2;
    return rows;
  };
}

const stream = await ready(process.argv[2] as StreamMode);
globalThis.gc?.();
const before = process.memoryUsage.rss();
const peakSoFar = peakFromHere();
const began = performance.now();
const rows = await stream();
const ms = performance.now() - began;
const mib = (peakSoFar() - before) / MIB;
expectCount('rows', rows, ROWS);
process.stdout.write(JSON.stringify({ ms, mib }), () => process.exit(0));
