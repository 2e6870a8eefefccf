// npm run check:consumers [-- part of a name]: the packed package in the hands of others. A line for each check, then counts.
import { availableParallelism } from 'node:os';
import { quickStart } from './quick-start.js';
import { compilers, projects } from './projects.js';
import { tarballChecks } from './tarball.js';
import { Workshop } from './workshop.js';

const [wanted = ''] = process.argv.slice(2);
let passed = 0;
const failed: string[] = [];

async function check(name: string, act: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  const problem = await act().then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${problem === undefined ? 'ok  ' : 'FAIL'} ${name}, ${seconds} s`);
  if (problem === undefined) passed++;
  else {
    failed.push(name);
    console.log(problem.message.replace(/^/gm, '       '));
  }
}

const began = performance.now();
{
  using workshop = await Workshop.open();
  // both wait for the network more than for the machine
  await Promise.all([
    check("the README's quick start, from an empty folder", () => quickStart(workshop)),
    check('npm install', () => workshop.install()),
  ]);
  const rest = [...tarballChecks(workshop), ...projects(workshop), ...compilers(workshop)].filter(([name]) =>
    name.includes(wanted),
  );
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) await check(...next);
  };
  // where that failed, so would everything else
  if (failed.length === 0) await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
}
console.log(
  `consumers: ${passed} passed, ${failed.length} failed, ${((performance.now() - began) / 1000).toFixed(0)} s`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
