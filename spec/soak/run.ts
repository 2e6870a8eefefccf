// npm run soak -- [--kills 200] [--seed N] [--mode inserts,fallback]: kills processes at random and counts what that broke.
import { parseArgs } from 'node:util';
import { MODES, type Mode } from './scenarios.js';
import { soak } from './soak.js';
import { Tally } from './tally.js';
import { KINDS } from './workload.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    mode: { type: 'string', default: MODES.join(',') },
  },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
const modes = values.mode.split(',') as Mode[];
const unknown = modes.find((mode) => !MODES.includes(mode));
if (unknown !== undefined) throw new Error(`--mode ${unknown}: it is any of ${MODES.join(', ')}`);

function line(name: string, tally: Tally): string {
  const acknowledged = KINDS.reduce((sum, kind) => sum + tally.acknowledged[kind], 0);
  const cells = [tally.kills.worker, tally.kills.holder, tally.checks, acknowledged, tally.adoptions, tally.midReplay, ...Object.values(tally.faults)]; // prettier-ignore
  return `${name.padEnd(14)}${cells.map((cell) => String(cell).padStart(11)).join('')}`;
}

console.log(`seed ${seed}, ${kills} kills, ${modes.join(' ')}`);
const began = performance.now();
const tallies = await soak({
  kills,
  seed,
  modes,
  onRound: (mode, tally) => {
    for (const text of tally.texts) console.log(`${mode}: ${text}`);
  },
});
const total = new Tally();
for (const tally of tallies.values()) total.add(tally);
const heads = ['kills', 'holders', 'checks', 'acked', 'adoptions', 'midReplay', ...Object.keys(total.faults)];
console.log(`${''.padEnd(14)}${heads.map((head) => head.padStart(11)).join('')}`);
for (const [mode, tally] of tallies) console.log(line(mode, tally));
console.log(line('total', total));
const acknowledged = KINDS.map((kind) => `${kind} ${total.acknowledged[kind]}`).join(', ');
console.log(`acknowledged: ${acknowledged}`);
console.log(
  `${total.clean ? 'clean' : 'WRONG'} after ${Math.round((performance.now() - began) / 1000)} s, seed ${seed}`,
);
process.exitCode = total.clean ? 0 : 1;
