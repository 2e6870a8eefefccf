// npm run bench: figures of this machine, with its shape and the versions. Asserts nothing; medians of several runs.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { happyPath } from './happy-path.js';

const RUNS = 11;
const here = dirname(fileURLToPath(import.meta.url));

interface Startup {
  readonly import: number;
  readonly declare: number;
  readonly open: number;
  readonly total: number;
}

function machine(): string {
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@duckdb/node-api');
  const binding = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string };
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores, ${gib} GiB, ${process.platform} ${process.arch}, Node ${process.version}, @duckdb/node-api ${binding.version}`;
}

function startup(): Startup {
  return JSON.parse(execFileSync(process.execPath, [join(here, 'startup-child.js')], { encoding: 'utf8' })) as Startup;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Each round by itself, for the machine is another one from second to second. */
function compared(name: string, repository: readonly number[], raw: readonly number[], wanted: number): string {
  const shown = [repository, raw].map(
    (values) =>
      `${median(values).toFixed(0).padStart(5)} us  [${Math.min(...values).toFixed(0)} .. ${Math.max(...values).toFixed(0)}]`,
  );
  const ratios = repository.map((value, round) => value / (raw[round] ?? Number.NaN));
  const ratio = `${median(ratios).toFixed(2)}x [${Math.min(...ratios).toFixed(2)} .. ${Math.max(...ratios).toFixed(2)}]`;
  return `${name.padEnd(18)} repository ${shown[0]}   prepared statement ${shown[1]}   ${ratio}  (wanted: at most ${wanted}x)`;
}

function line(name: string, values: readonly number[], target?: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [middle, min, max] = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map((ms) =>
    (ms ?? 0).toFixed(0).padStart(5),
  );
  return `${name.padEnd(44)} ${middle} ms  [${min} ..${max}]${target === undefined ? '' : `  (wanted: under ${target} ms)`}`;
}

console.log(machine());
startup(); // warms the disk cache
const runs = Array.from({ length: RUNS }, startup);
console.log(`\nCold start, median of ${RUNS} processes [min .. max]`);
console.log(line('  import', runs.map((run) => run.import))); // prettier-ignore
console.log(line('  declare 20 entities of 10 columns', runs.map((run) => run.declare))); // prettier-ignore
console.log(line("  open ':memory:' with them", runs.map((run) => run.open))); // prettier-ignore
console.log(line('  import and open', runs.map((run) => run.total), 400)); // prettier-ignore

const { reads, inserts } = await happyPath();
console.log(`\nOne call after the other on a file, medians of ${reads.raw.length} rounds that take turns [min .. max]`);
console.log(compared('  findById', reads.repository, reads.raw, 1.15));
console.log(compared('  insert', inserts.repository, inserts.raw, 1.15));
